//! The two tracks on their way to one viewer: pictures at a pace, sound at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::media::{MediaTime, Mid, Pt};
use str0m::rtp::{ExtensionValues, RtpWrite, Ssrc};

use super::offer::AgreedAudio;
use super::time::RtpTime;
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

/// Unevenness of arrival (RFC 3550, section 6.4.1) above which the browser is left to buffer, and below which it no longer is.
const JITTER_HIGH: Duration = Duration::from_millis(30);
const JITTER_LOW: Duration = Duration::from_millis(10);

/// Both tracks' wall-clock times are put this far back, so that sound ahead of its picture is not in the future.
const WALL_LAG: Duration = Duration::from_secs(1);

/// The clocks of G.711 (RFC 3551) and Opus (RFC 7587) over RTP.
const G711_RATE: u32 = 8000;
const OPUS_RATE: u32 = 48_000;

/// Where one track goes, and how far it has come.
#[derive(Debug)]
struct Lane {
    mid: Mid,
    sequence: u64,
    time: RtpTime,
}

impl Lane {
    fn new(mid: Mid, rate: u32) -> Self {
        // Sequence numbers begin in the lower half, which leaves no doubt about the rollover counter (RFC 3711, section 3.3.1).
        // Timestamps begin far from 0, which RTCP reports until the first packet: receivers take that report for an outlier.
        let (sequence, start) = (*Ssrc::new() & 0x7fff, *Ssrc::new() & 0x3fff_ffff | 0x4000_0000);
        Self { mid, sequence: sequence.into(), time: RtpTime::new(rate, start) }
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
}

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
    lane: Lane,
    payload_type: Pt,
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
    pub(super) fn new(mid: Mid, payload_type: Pt, now: Instant) -> Self {
        Self {
            lane: Lane::new(mid, VIDEO_TIMESCALE),
            payload_type,
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

    pub(super) fn mid(&self) -> Mid {
        self.lane.mid
    }

    #[cfg(test)]
    pub(super) fn payload_type(&self) -> Pt {
        self.payload_type
    }

    /// `None` until the viewer has caught up for the first time.
    pub(super) fn sync(&self) -> Option<Sync> {
        self.sync
    }

    /// When the next packets may leave, if any wait.
    pub(super) fn next(&self) -> Option<Instant> {
        (!self.queue.is_empty()).then_some(self.next_burst)
    }

    /// How unevenly packets reach the viewer.
    pub(super) fn reported(&mut self, jitter: Duration) {
        self.uneven = jitter > if self.uneven { JITTER_LOW } else { JITTER_HIGH };
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

    /// Hands `rtc` as many payloads as may leave now. False if none.
    pub(super) fn write(&mut self, now: Instant, rtc: &mut Rtc) -> bool {
        if now < self.next_burst {
            return false;
        }
        let Some(unit) = self.queue.front().map(Arc::clone) else { return false };
        if self.sent == 0 {
            self.begin(now, &unit);
        }
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(self.lane.mid, None) else { return false };
        let payloads = unit.payloads();
        let burst = payloads.get(self.sent..).unwrap_or_default();
        let burst = &burst[..burst.len().min(BURST_PACKETS)];
        let wall = now.checked_sub(WALL_LAG).unwrap_or(now);
        for payload in burst {
            let sequence = self.lane.next_sequence();
            let write = RtpWrite::new(self.payload_type, sequence.into(), self.timestamp, wall, Arc::clone(&payload.data));
            stream.write_rtp(write.marker(payload.marker).nackable(true).ext_vals(playout_delay(self.uneven)));
        }
        self.sent += burst.len();
        let mut charge = BURST_TIME * burst.len() as u32 / BURST_PACKETS as u32;
        if self.sent >= payloads.len() {
            self.sent = 0;
            self.queue.pop_front();
            if self.backlog {
                charge = charge.max(BACKLOG_GAP);
                self.backlog = !self.queue.is_empty();
            }
        }
        self.next_burst = self.next_burst.max(now.checked_sub(LATE_MAX).unwrap_or(now)) + charge;
        true
    }

    fn begin(&mut self, now: Instant, unit: &Unit) {
        if self.backlog {
            self.timestamp = self.lane.time.backlog(now);
        } else {
            self.timestamp = self.lane.time.live(now, unit.au.dts).wrapping_add_signed(unit.au.cts);
            self.sync = micros(unit).map(|micros| Sync { micros, at: now });
        }
    }
}

/// The sound track.
#[derive(Debug)]
pub(super) struct Sound {
    lane: Lane,
    agreed: AgreedAudio,
}

impl Sound {
    pub(super) fn new(agreed: AgreedAudio) -> Self {
        Self { lane: Lane::new(agreed.mid, G711_RATE), agreed }
    }

    /// Whether the viewer takes sound of this codec.
    pub(super) fn takes(&self, codec: AudioCodec) -> bool {
        self.agreed.payload_type(codec).is_some()
    }

    /// Hands `rtc` a unit, which leaves at once; nothing before the pictures are live. False if nothing was handed.
    pub(super) fn write(&mut self, now: Instant, unit: &Unit, sync: Option<Sync>, rtc: &mut Rtc) -> bool {
        let format = unit.au.format.audio.as_ref().filter(|format| sendable(format));
        let payload_type = format.and_then(|format| self.agreed.payload_type(format.codec));
        let (Some(payload_type), Some(sync)) = (payload_type, sync) else { return false };
        self.lane.time.tick_at(unit.au.timescale());
        let mut api = rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(self.lane.mid, None) else { return false };
        let timestamp = self.lane.time.live(now, unit.au.dts);
        let wall = wall(now, micros(unit), sync);
        for payload in unit.payloads() {
            let sequence = self.lane.next_sequence();
            let timestamp = timestamp.wrapping_add(payload.ticks);
            stream.write_rtp(RtpWrite::new(payload_type, sequence.into(), timestamp, wall, Arc::clone(&payload.data)));
        }
        true
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

/// When a sound belongs on the clock that pictures are stamped by. `Rtc` takes no moment later than `now`.
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

/// Asks the browser to show pictures as soon as they are decoded, or leaves it to buffer against the network's jitter.
fn playout_delay(uneven: bool) -> ExtensionValues {
    // The largest that the extension can say: no limit.
    let most = if uneven { MediaTime::from_hundredths(0xfff) } else { MediaTime::ZERO };
    ExtensionValues { play_delay_min: Some(MediaTime::ZERO), play_delay_max: Some(most), ..ExtensionValues::default() }
}
