//! The order of a track's packets (RFC 3550, appendix A.1), and its line of time without wraps.

use super::Packet;

/// Packets that come so far behind the newest are late ones, of UDP; further behind, the camera counts anew.
const LATE_MAX: u16 = 100;

/// Packets in a row from another source until it is believed: a camera that sends what was left over from a session before sends its
/// own between.
const STRANGERS_MAX: u32 = 100;

/// Where a packet stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Packets that are missing before it.
    pub lost: u16,
    /// The camera counts anew: what came before does not join up.
    pub anew: bool,
    /// Its RTP time, unwrapped.
    pub time: i64,
}

/// Follows one track.
#[derive(Debug, Default)]
pub struct Order {
    source: Option<u32>,
    strangers: u32,
    next: Option<u16>,
    /// The number after that of a packet that came far behind.
    behind: Option<u16>,
    time: Option<i64>,
}

impl Order {
    /// Takes a packet; `None` where it is late, or somebody else's.
    pub fn take(&mut self, packet: &Packet<'_>) -> Option<Place> {
        let stranger = self.source.is_some_and(|source| source != packet.source);
        if stranger {
            self.strangers += 1;
            if self.strangers < STRANGERS_MAX {
                return None;
            }
        }
        let step = packet.sequence.wrapping_sub(self.next.unwrap_or(packet.sequence));
        let back = step.wrapping_neg();
        let anew = stranger || (step >= 0x8000 && self.behind == Some(packet.sequence));
        if step >= 0x8000 && !anew {
            if back > LATE_MAX {
                self.behind = Some(packet.sequence.wrapping_add(1));
            }
            return None;
        }
        (self.source, self.strangers, self.behind) = (Some(packet.source), 0, None);
        self.next = Some(packet.sequence.wrapping_add(1));
        let time = self.place(packet.timestamp);
        self.time = Some(time);
        Some(Place { lost: if anew { 0 } else { step }, anew, time })
    }

    /// Whether a report is of this track's source; before the first packet anybody's is.
    #[must_use]
    pub fn is_from(&self, source: u32) -> bool {
        self.source.is_none_or(|known| known == source)
    }

    /// An RTP time, unwrapped: the one nearest to the newest packet's.
    pub fn place(&mut self, timestamp: u32) -> i64 {
        let newest = *self.time.get_or_insert(i64::from(timestamp));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the lower half is what RTP counts in")]
        let step = timestamp.wrapping_sub(newest as u32).cast_signed();
        newest.saturating_add(i64::from(step))
    }
}
