use std::time::{Duration, UNIX_EPOCH};

use domain::{Clock as _, SystemClock};
use media::au::VIDEO_TIMESCALE;
use str0m::rtp::RtpPacket;

/// Delays that a median is taken of, at most: some seconds of pictures, or of sound.
const DELAYS_MAX: usize = 4096;

/// What a viewer received. Counts only grow, so that a stretch of time is the difference of two copies.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// From before the offer was made until media could flow.
    pub connected: Option<Duration>,
    /// From then until the last packet of the first key picture that came whole.
    pub key_picture: Option<Duration>,
    /// Pictures of which something came.
    pub pictures: u64,
    /// The picture track.
    pub video: Lane,
    /// The sound track.
    pub audio: Lane,
    /// What came by UDP, of all kinds.
    pub datagram_bytes: u64,
    /// Why nothing comes any more.
    pub ended: Option<&'static str>,
    picture: KeyPicture,
}

/// One track.
#[derive(Debug, Clone, Default)]
pub struct Lane {
    /// RTP packets, with those that came only after the viewer had asked again.
    pub packets: u64,
    /// What they carried.
    pub payload_bytes: u64,
    /// First and highest sequence number, extended beyond 16 bits.
    span: Option<(u64, u64)>,
    /// How much later than the sender's reports say, in microseconds of two clocks that may be apart.
    delays: Vec<i64>,
}

impl Seen {
    pub(super) fn take(&mut self, packet: &RtpPacket, since_asked: Duration) {
        let (sequence, header) = (*packet.seq_no, &packet.header);
        let rate = packet.time.frequency().get();
        let lane = if rate == VIDEO_TIMESCALE { &mut self.video } else { &mut self.audio };
        lane.count(sequence, packet.payload.len());
        let first_of_picture = self.picture.timestamp != Some(header.timestamp);
        if rate != VIDEO_TIMESCALE || first_of_picture {
            lane.delays.extend((lane.delays.len() < DELAYS_MAX).then(|| delay(packet, rate)).flatten());
        }
        if rate != VIDEO_TIMESCALE {
            return;
        }
        self.pictures += u64::from(first_of_picture);
        let whole_key = self.picture.ends_whole_key(header.timestamp, sequence, header.marker, &packet.payload);
        if whole_key && self.key_picture.is_none() {
            self.key_picture = Some(since_asked);
        }
    }
}

impl Lane {
    /// Packets that never came: holes in the sequence numbers. One that is sent again fills its hole.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.span.map_or(0, |(first, last)| (last + 1 - first).saturating_sub(self.packets))
    }

    /// Packets that came although all numbers up to the highest had come already: at least so many came twice.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.span.map_or(0, |(first, last)| self.packets.saturating_sub(last + 1 - first))
    }

    fn count(&mut self, sequence: u64, bytes: usize) {
        let (first, last) = self.span.unwrap_or((sequence, sequence));
        self.span = Some((first.min(sequence), last.max(sequence)));
        self.packets += 1;
        self.payload_bytes += bytes as u64;
    }

    /// The median delay since the last call, in milliseconds.
    pub(super) fn take_delay_ms(&mut self) -> Option<f64> {
        let mut delays = std::mem::take(&mut self.delays);
        delays.sort_unstable();
        Some(*delays.get(delays.len() / 2)? as f64 / 1000.0)
    }
}

/// How much later a packet comes than it should be heard or seen by the last report (RFC 3550, section 6.4.1).
fn delay(packet: &RtpPacket, rate: u32) -> Option<i64> {
    let report = packet.last_sender_info.as_ref()?;
    let reported = i64::try_from(report.ntp_time.duration_since(UNIX_EPOCH).ok()?.as_micros()).ok()?;
    // Both are 32 bits wide on the wire: the difference tells which is ahead.
    let ticks = packet.header.timestamp.wrapping_sub(report.rtp_time.numer() as u32).cast_signed();
    Some(SystemClock.now().micros() - (reported + i64::from(ticks) * 1_000_000 / i64::from(rate)))
}

/// The H.264 picture under way (RFC 6184): the packets of one timestamp.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyPicture {
    timestamp: Option<u32>,
    next: u64,
    key: bool,
    whole: bool,
}

impl KeyPicture {
    /// True at the last packet of a key picture of which nothing is missing since its first packet.
    pub(crate) fn ends_whole_key(&mut self, timestamp: u32, sequence: u64, marker: bool, payload: &[u8]) -> bool {
        if self.timestamp != Some(timestamp) {
            *self = Self { timestamp: Some(timestamp), next: sequence, key: false, whole: true };
        }
        self.whole &= sequence == self.next;
        self.next = sequence + 1;
        self.key |= begins_key_picture(payload);
        marker && self.key && self.whole
    }
}

/// Whether a payload begins a coded slice of a picture that needs no other (NAL unit type 5), alone, aggregated or as a fragment.
fn begins_key_picture(payload: &[u8]) -> bool {
    const IDR: u8 = 5;
    let kind = |byte: u8| byte & 0x1f;
    match payload {
        [] => false,
        [head, fragment, ..] if kind(*head) == 28 => fragment & 0x80 != 0 && kind(*fragment) == IDR,
        [head, units @ ..] if kind(*head) == 24 => {
            let mut units = units;
            while let [high, low, rest @ ..] = units {
                if rest.first().is_some_and(|first| kind(*first) == IDR) {
                    return true;
                }
                units = rest.get(usize::from(u16::from_be_bytes([*high, *low]))..).unwrap_or_default();
            }
            false
        }
        [head, ..] => kind(*head) == IDR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_counted_until_they_are_filled() {
        let mut lane = Lane::default();
        assert_eq!(lane.lost(), 0);
        for sequence in [65_534, 65_535, 65_538] {
            lane.count(sequence, 10);
        }
        assert_eq!((lane.lost(), lane.packets, lane.payload_bytes), (2, 3, 30));
        lane.count(65_536, 10);
        assert_eq!((lane.lost(), lane.repeated()), (1, 0));
        lane.count(65_537, 10);
        lane.count(65_537, 10);
        assert_eq!((lane.lost(), lane.repeated()), (0, 1));
    }

    #[test]
    fn a_key_picture_counts_when_all_of_it_came() {
        let (first, last, other) = (&[0x7c, 0x85, 0][..], &[0x7c, 0x45, 0][..], &[0x41, 0x9a][..]);
        let mut picture = KeyPicture::default();
        assert!(!picture.ends_whole_key(1, 10, true, other));
        assert!(!picture.ends_whole_key(2, 11, false, first));
        assert!(picture.ends_whole_key(2, 12, true, last));
        assert!(!picture.ends_whole_key(3, 13, false, first));
        assert!(!picture.ends_whole_key(3, 15, true, last), "one is missing inside");
        assert!(!picture.ends_whole_key(4, 16, true, last), "its beginning was not seen");
    }

    #[test]
    fn key_pictures_are_known_by_how_they_begin() {
        let rows: &[(&[u8], bool)] = &[
            (&[0x65, 0x88], true),
            (&[0x7c, 0x85, 0], true),
            (&[0x7c, 0x05, 0], false),
            (&[0x7c, 0x81, 0], false),
            (&[0x78, 0, 2, 0x67, 1, 0, 2, 0x65, 1], true),
            (&[0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1], false),
            (&[0x78, 0xff, 0xff, 0x67], false),
            (&[0x41, 0x9a], false),
            (&[], false),
        ];
        for (payload, wanted) in rows {
            assert_eq!(begins_key_picture(payload), *wanted, "{payload:x?}");
        }
    }

    #[test]
    fn a_delay_is_the_median_since_the_last_look() {
        let mut lane = Lane { delays: vec![9000, 1000, 2000], ..Lane::default() };
        assert_eq!((lane.take_delay_ms(), lane.take_delay_ms()), (Some(2.0), None));
    }
}
