//! The two tracks on their way to one viewer: pictures at a pace, sound at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::offer::{AgreedAudio, AgreedVideo};
use super::rtcp;
use super::source::{Burst, Packet, Source};
use super::srtp::Outgoing;
use crate::au::{AudioCodec, AudioFormat, Track, VIDEO_TIMESCALE, VideoCodec};
use crate::live::Unit;

/// Packets that leave together, and the time that they are charged: 150 Mbit/s, which no receiver's socket buffer overflows at.
const BURST_PACKETS: usize = 16;
const BURST_TIME: Duration = Duration::from_millis(1);

/// A backlog's pictures leave at least this far apart, about as fast as a browser decodes them: 50 pictures take 100 ms.
const BACKLOG_GAP: Duration = Duration::from_millis(2);

/// A late wake-up is made good for at most this long.
const LATE_MAX: Duration = Duration::from_millis(10);

/// Pictures that wait to be sent. The ring's bytes bound it first, but for a stream of empty pictures.
const QUEUE_MAX: usize = 4096;

/// Sound units that wait for their turn, which is the next one: some seconds of the shortest frames.
const SOUND_QUEUE_MAX: usize = 64;

/// Unevenness of arrival (RFC 3550, section 6.4.1) above which the browser is left to buffer, and below which it no longer is.
const JITTER_HIGH: Duration = Duration::from_millis(30);
const JITTER_LOW: Duration = Duration::from_millis(10);

/// Both tracks' wall-clock times are put this far back, so that sound ahead of its picture is not in the future.
const WALL_LAG: Duration = Duration::from_secs(1);

/// The clocks of G.711 (RFC 3551) and Opus (RFC 7587) over RTP.
const G711_RATE: u32 = 8000;
const OPUS_RATE: u32 = 48_000;

/// The newest live picture: its decoding time in microseconds, and when it left. By this both tracks' times become wall-clock
/// times, which RTCP tells the browser so that lips match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sync {
    micros: i64,
    at: Instant,
}

/// The picture track.
#[derive(Debug)]
pub(super) struct Pictures {
    source: Source,
    agreed: AgreedVideo,
    queue: VecDeque<Arc<Unit>>,
    /// Payloads of the first picture in the queue that have left, and that picture's timestamp.
    sent: usize,
    timestamp: u32,
    /// The queue holds pictures older than they should be, until it is empty.
    backlog: bool,
    needs_key: bool,
    next_burst: Instant,
    /// Packets reach the viewer so unevenly that pictures shown as they come would stutter.
    uneven: bool,
    sync: Option<Sync>,
}

impl Pictures {
    pub(super) fn new(agreed: AgreedVideo, now: Instant) -> Self {
        Self {
            source: Source::new(&agreed.way(false), VIDEO_TIMESCALE),
            agreed,
            queue: VecDeque::new(),
            sent: 0,
            timestamp: 0,
            backlog: false,
            needs_key: true,
            next_burst: now,
            uneven: false,
            sync: None,
        }
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.source.ssrc()
    }

    #[cfg(test)]
    pub(super) fn payload_type(&self) -> u8 {
        self.agreed.payload_type
    }

    /// `None` until the viewer has caught up for the first time.
    pub(super) fn sync(&self) -> Option<Sync> {
        self.sync
    }

    /// When the next packets may leave, if any wait.
    pub(super) fn next(&self) -> Option<Instant> {
        (!self.queue.is_empty() || self.source.is_wanted()).then_some(self.next_burst)
    }

    /// The viewer has not got this packet.
    pub(super) fn missing(&mut self, sequence: u16) {
        self.source.missing(sequence);
    }

    pub(super) fn sent(&self, now: Instant, ntp: u64) -> Option<rtcp::Sent> {
        self.source.sent(now, ntp)
    }

    /// How unevenly packets reach the viewer.
    pub(super) fn reported(&mut self, jitter: Duration) {
        let uneven = jitter > if self.uneven { JITTER_LOW } else { JITTER_HIGH };
        if uneven != self.uneven {
            self.uneven = uneven;
            self.source.say(&self.agreed.way(uneven).extensions);
        }
    }

    /// Forgets what waits, but for a picture that has begun to leave: half a picture would stall the viewer's decoder.
    pub(super) fn clear(&mut self) {
        self.queue.truncate(usize::from(self.sent > 0));
        self.backlog = false;
    }

    /// Begins again with these units, which are older than now.
    pub(super) fn replay(&mut self, gop: &[Arc<Unit>]) {
        self.clear();
        self.needs_key = true;
        gop.iter().filter(|unit| unit.au.track == Track::Video).for_each(|unit| self.push(unit));
        self.backlog = !self.queue.is_empty();
    }

    /// Queues a picture, unless it is of no use without one before it that this viewer has not got.
    pub(super) fn push(&mut self, unit: &Arc<Unit>) {
        if self.queue.len() >= QUEUE_MAX || unit.au.format.video.codec != VideoCodec::H264 {
            self.clear();
            self.needs_key = true;
        }
        self.needs_key &= !unit.au.key;
        if !self.needs_key && !unit.payloads().is_empty() {
            self.queue.push_back(Arc::clone(unit));
        }
    }

    /// Seals as many packets as may leave now, in one call; what is to be sent again goes first. False if none.
    pub(super) fn write(&mut self, now: Instant, keys: &Outgoing, burst: &mut Burst<'_>) -> bool {
        if now < self.next_burst {
            return false;
        }
        self.source.add_wanted(keys, burst, BURST_PACKETS);
        let mut gap = Duration::ZERO;
        if burst.packets == 0 {
            let Some(unit) = self.queue.front().map(Arc::clone) else { return false };
            if self.sent == 0 {
                self.begin(now, &unit);
            }
            gap = self.write_picture(&unit, keys, burst);
        }
        let charge = (BURST_TIME * burst.packets as u32 / BURST_PACKETS as u32).max(gap);
        self.next_burst = self.next_burst.max(now.checked_sub(LATE_MAX).unwrap_or(now)) + charge;
        true
    }

    /// Goes on with the first picture. Returns how far from it the next one stays at least.
    fn write_picture(&mut self, unit: &Unit, keys: &Outgoing, burst: &mut Burst<'_>) -> Duration {
        let (payload_type, timestamp) = (self.agreed.payload_type, self.timestamp);
        let payloads = unit.payloads();
        for payload in payloads.iter().skip(self.sent).take(BURST_PACKETS) {
            let packet = Packet { payload_type, marker: payload.marker, timestamp, payload: &payload.data };
            if !self.source.add(keys, packet, burst) {
                break;
            }
        }
        self.sent += burst.packets;
        if self.sent < payloads.len() {
            return Duration::ZERO;
        }
        self.sent = 0;
        self.queue.pop_front();
        let gap = if self.backlog { BACKLOG_GAP } else { Duration::ZERO };
        self.backlog &= !self.queue.is_empty();
        gap
    }

    fn begin(&mut self, now: Instant, unit: &Unit) {
        if self.backlog {
            self.timestamp = self.source.time.backlog(now);
        } else {
            self.timestamp = self.source.time.live(now, unit.au.dts).wrapping_add_signed(unit.au.cts);
            self.sync = micros(unit).map(|micros| Sync { micros, at: now });
        }
        self.source.set_clock(now.checked_sub(WALL_LAG).unwrap_or(now), self.timestamp);
    }
}

/// The sound track.
#[derive(Debug)]
pub(super) struct Sound {
    source: Source,
    agreed: AgreedAudio,
    queue: VecDeque<Arc<Unit>>,
}

impl Sound {
    pub(super) fn new(agreed: AgreedAudio) -> Self {
        Self { source: Source::new(&agreed.way, G711_RATE), agreed, queue: VecDeque::new() }
    }

    /// Whether the viewer takes sound of this codec.
    pub(super) fn takes(&self, codec: AudioCodec) -> bool {
        self.agreed.payload_type(codec).is_some()
    }

    pub(super) fn sent(&self, now: Instant, ntp: u64) -> Option<rtcp::Sent> {
        self.source.sent(now, ntp)
    }

    /// Queues a unit, which leaves with the next turn.
    pub(super) fn push(&mut self, unit: &Arc<Unit>) {
        if self.queue.len() >= SOUND_QUEUE_MAX {
            self.queue.pop_front();
        }
        self.queue.push_back(Arc::clone(unit));
    }

    /// Seals the next unit that can be sent; none is before the pictures are live. False if there is none.
    pub(super) fn write(&mut self, now: Instant, sync: Option<Sync>, keys: &Outgoing, burst: &mut Burst<'_>) -> bool {
        while let Some(unit) = self.queue.pop_front() {
            let format = unit.au.format.audio.as_ref().filter(|format| sendable(format));
            let payload_type = format.and_then(|format| self.agreed.payload_type(format.codec));
            let (Some(payload_type), Some(sync)) = (payload_type, sync) else { continue };
            self.source.time.tick_at(unit.au.timescale());
            let timestamp = self.source.time.live(now, unit.au.dts);
            self.source.set_clock(wall(now, micros(&unit), sync), timestamp);
            for payload in unit.payloads() {
                let timestamp = timestamp.wrapping_add(payload.ticks);
                let packet = Packet { payload_type, marker: false, timestamp, payload: &payload.data };
                // The parts of a long frame have one size but for the last.
                self.source.add(keys, packet, burst);
            }
            return burst.packets > 0;
        }
        false
    }
}

/// Whether RTP has a payload format for exactly this sound.
fn sendable(format: &AudioFormat) -> bool {
    match format.codec {
        AudioCodec::Pcmu | AudioCodec::Pcma => format.sample_rate == G711_RATE && format.channels == 1,
        AudioCodec::Opus => format.sample_rate == OPUS_RATE,
        AudioCodec::Aac => false,
    }
}

/// When a sound belongs on the clock that pictures are stamped by. No later than `now`.
fn wall(now: Instant, micros: Option<i64>, sync: Sync) -> Instant {
    let ahead = micros.map_or(0, |micros| micros.saturating_sub(sync.micros));
    let lag = i64::try_from(WALL_LAG.as_micros()).unwrap_or(0).saturating_sub(ahead);
    let lag = Duration::from_micros(u64::try_from(lag).unwrap_or(0));
    sync.at.checked_sub(lag).unwrap_or(sync.at).min(now)
}

/// Decoding time in microseconds, comparable between the tracks of a stream.
fn micros(unit: &Unit) -> Option<i64> {
    Some(unit.au.dts.checked_mul(1_000_000)? / i64::from(unit.au.timescale().max(1)))
}
