//! One WebRTC viewer: WHEP's offer and answer (RFC 9725), then ICE lite, DTLS 1.2 and SRTP on one UDP port.
//!
//! Sans-IO: the engine hands in datagrams, units and the time, and drains [`Session::poll`] until it says when to come back.
//! Payloads are shared by all viewers; this adds sequence numbers, timestamps, pace and encryption.

mod offer;
mod time;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::ice::StunMessage;
use str0m::media::{MediaTime, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpWrite, Ssrc};
use str0m::{IceConnectionState, Input, Rtc};

use self::offer::AgreedAudio;
pub use self::offer::{Identity, OfferError};
use self::time::RtpTime;
use super::Unit;
use crate::au::{Track, VIDEO_TIMESCALE, VideoCodec, VideoFormat};

/// Packets that leave together, and the time that they are charged: 150 Mbit/s, which no receiver's socket buffer overflows at.
const BURST_PACKETS: usize = 16;
const BURST_TIME: Duration = Duration::from_millis(1);

/// A backlog's pictures leave at least this far apart, about as fast as a browser decodes them: 50 pictures take 100 ms.
const BACKLOG_GAP: Duration = Duration::from_millis(2);

/// A late wake-up is made good for at most this long.
const LATE_MAX: Duration = Duration::from_millis(10);

/// Pictures that wait to be sent. The ring's bytes bound it first, but for a stream of empty pictures.
const QUEUE_MAX: usize = 4096;

/// A viewer that asks for a key picture gets a replay at most this often.
const REPLAY_INTERVAL: Duration = Duration::from_secs(1);

/// Both tracks' wall-clock times are put this far back, so that sound ahead of its picture is not in the future.
const WALL_LAG: Duration = Duration::from_secs(1);

/// The clock of G.711 over RTP (RFC 3551), the only sound a viewer is sent.
const AUDIO_RATE: u32 = 8000;

/// Unevenness of arrival (RFC 3550, section 6.4.1) above which the browser is left to buffer, and below which it no longer is.
const JITTER_HIGH: Duration = Duration::from_millis(30);
const JITTER_LOW: Duration = Duration::from_millis(10);

/// A viewer that has nothing to do is looked at this often.
const IDLE: Duration = Duration::from_secs(60);

/// What a session wants done.
#[derive(Debug)]
pub enum Output {
    /// Send this datagram.
    Send(Datagram),
    /// Nothing more until this moment, or until something is handed in.
    Wake(Instant),
    /// Something happened that the engine acts on.
    Event(Event),
}

/// A datagram to send.
#[derive(Debug)]
pub struct Datagram {
    /// The local address that it leaves from.
    pub from: SocketAddr,
    /// Where it goes.
    pub to: SocketAddr,
    /// What it carries.
    pub bytes: Vec<u8>,
}

/// What the engine acts on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// Media can flow: [`Session::replay`] the cached GOP.
    Connected,
    /// The viewer lost the picture: [`Session::replay`] the cached GOP, if there is one.
    ReplayWanted,
    /// How the way to the viewer is, from its receiver reports.
    Report(Report),
    /// The viewer is gone. Nothing follows.
    Closed,
}

/// How the way to a viewer is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Share of packets lost since the last report, 0 to 1.
    pub loss: f32,
    /// Round trip, where it could be measured.
    pub round_trip: Option<Duration>,
}

/// One track on its way to one viewer.
#[derive(Debug)]
struct Lane {
    mid: Mid,
    sequence: u64,
    time: RtpTime,
}

/// One viewer.
#[derive(Debug)]
pub struct Session {
    rtc: Rtc,
    ufrag: String,
    state: State,
    /// `Rtc` wants to be told the time again at this moment.
    wake: Instant,
    /// Something was written that `Rtc` sends when it is told the time.
    written: bool,

    video: Lane,
    video_type: Pt,
    queue: VecDeque<Arc<Unit>>,
    /// Payloads of the first picture in the queue that have left, and that picture's timestamp.
    sent: usize,
    timestamp: u32,
    /// The queue holds pictures older than they should be, until it is empty.
    backlog: bool,
    needs_key: bool,
    next_burst: Instant,
    replayed_at: Option<Instant>,
    replay_wanted: bool,
    /// Packets reach the viewer so unevenly that pictures shown as they come would stutter.
    uneven: bool,

    audio: Option<(Lane, AgreedAudio)>,
    /// Media time of the newest picture in microseconds, and when it left: by this both tracks' times become wall-clock times.
    sync: Option<(i64, Instant)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Connected,
    Closed,
}

/// The user fragment that a STUN binding request is addressed to: tells whose session a new remote address belongs to.
#[must_use]
pub fn stun_ufrag(datagram: &[u8]) -> Option<&str> {
    let message = is_stun(datagram).then(|| StunMessage::parse(datagram).ok())??;
    Some(message.username()?.split_once(':')?.0)
}

/// Whether a datagram is STUN rather than DTLS or SRTP (RFC 7983).
#[must_use]
pub fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| *first < 4)
}

impl Session {
    /// Answers an offer. `local` are the addresses at which viewers can reach this server; the answer is SDP.
    ///
    /// # Errors
    /// An offer that cannot be answered, or a stream that cannot be sent.
    pub fn accept(
        now: Instant,
        identity: &Identity,
        local: &[SocketAddr],
        video: &VideoFormat,
        offer: &str,
    ) -> Result<(Self, String), OfferError> {
        let agreed = offer::answer(now, identity, local, video, offer)?;
        let (mid, video_type) = agreed.video;
        let session = Self {
            rtc: agreed.rtc,
            ufrag: agreed.ufrag,
            state: State::Connecting,
            wake: now,
            written: false,
            video: Lane::new(mid, VIDEO_TIMESCALE),
            video_type,
            queue: VecDeque::new(),
            sent: 0,
            timestamp: 0,
            backlog: false,
            needs_key: true,
            next_burst: now,
            replayed_at: None,
            replay_wanted: false,
            uneven: false,
            audio: agreed.audio.map(|audio| (Lane::new(audio.mid, AUDIO_RATE), audio)),
            sync: None,
        };
        Ok((session, agreed.answer))
    }

    /// What STUN requests for this session are addressed to.
    #[must_use]
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// Whether a datagram from a new address proves to be this viewer's.
    #[must_use]
    pub fn accepts(&self, now: Instant, from: SocketAddr, to: SocketAddr, datagram: &[u8]) -> bool {
        Receive::new(Protocol::Udp, from, to, datagram).is_ok_and(|receive| self.rtc.accepts(&Input::Receive(now, receive)))
    }

    /// Takes a datagram that came from `from` to the local address `to`. What makes no sense is dropped.
    pub fn handle_datagram(&mut self, now: Instant, from: SocketAddr, to: SocketAddr, datagram: &[u8]) {
        let Ok(receive) = Receive::new(Protocol::Udp, from, to, datagram) else { return };
        // An error means a datagram that anyone could have sent; a session that it really broke ends in `poll`.
        let _ = self.rtc.handle_input(Input::Receive(now, receive));
    }

    /// Sends from a key picture on, whatever was sent before: for a viewer that has no picture. Sound is left out.
    pub fn replay(&mut self, now: Instant, gop: &[Arc<Unit>]) {
        if self.state != State::Connected {
            return;
        }
        self.drop_queue();
        self.replayed_at = Some(now);
        self.needs_key = true;
        for unit in gop.iter().filter(|unit| unit.au.track == Track::Video) {
            self.push_picture(unit);
        }
        self.backlog = !self.queue.is_empty();
    }

    /// Takes the newest unit.
    pub fn push(&mut self, now: Instant, unit: &Arc<Unit>) {
        match (self.state, unit.au.track) {
            (State::Connected, Track::Video) => self.push_picture(unit),
            (State::Connected, Track::Audio) => self.write_sound(now, unit),
            _ => {}
        }
    }

    /// Says goodbye to the viewer; [`Session::poll`] has the datagrams that do so.
    pub fn close(&mut self) {
        self.drop_queue();
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
    }

    /// What to do next. To be called after everything that was handed in, until it says [`Output::Wake`].
    pub fn poll(&mut self, now: Instant) -> Output {
        if self.written || self.wake <= now {
            self.tell_time(now);
        }
        loop {
            match self.rtc.poll_output() {
                Ok(str0m::Output::Transmit(t)) => {
                    return Output::Send(Datagram { from: t.source, to: t.destination, bytes: t.contents.into() });
                }
                Ok(str0m::Output::Event(event)) => {
                    if let Some(event) = self.event(event) {
                        return Output::Event(event);
                    }
                }
                Ok(str0m::Output::Timeout(at)) if self.rtc.is_alive() => {
                    if self.write_burst(now) {
                        self.tell_time(now);
                        continue;
                    }
                    return self.rest(now, at);
                }
                Ok(str0m::Output::Timeout(_)) | Err(_) => return self.end(now),
            }
        }
    }

    fn event(&mut self, event: str0m::Event) -> Option<Event> {
        match event {
            str0m::Event::Connected => {
                self.state = State::Connected;
                Some(Event::Connected)
            }
            str0m::Event::KeyframeRequest(request) if request.mid == self.video.mid => {
                self.replay_wanted = true;
                None
            }
            str0m::Event::MediaEgressStats(stats) if stats.mid == self.video.mid => {
                if let Some(remote) = &stats.remote {
                    let jitter = Duration::from_micros(u64::from(remote.jitter) * 1_000_000 / u64::from(VIDEO_TIMESCALE));
                    self.uneven = jitter > if self.uneven { JITTER_LOW } else { JITTER_HIGH };
                }
                stats.loss.map(|loss| Event::Report(Report { loss, round_trip: stats.rtt }))
            }
            str0m::Event::IceConnectionStateChange(IceConnectionState::Disconnected) | str0m::Event::Closed => {
                // `poll` finds it dead next.
                self.rtc.disconnect();
                None
            }
            _ => None,
        }
    }

    /// Nothing more to do at `now`.
    fn rest(&mut self, now: Instant, rtc_wake: Instant) -> Output {
        self.wake = rtc_wake;
        let replay_at = self.replayed_at.map_or(now, |at| at + REPLAY_INTERVAL);
        if self.replay_wanted && replay_at <= now {
            self.replay_wanted = false;
            self.replayed_at = Some(now);
            return Output::Event(Event::ReplayWanted);
        }
        let burst = (!self.queue.is_empty()).then_some(self.next_burst);
        let replay = self.replay_wanted.then_some(replay_at);
        let at = [burst, replay, Some(now + IDLE)].into_iter().flatten().fold(rtc_wake, Instant::min);
        // `Rtc` was told the time already: if it still asks for now, a little later must do.
        Output::Wake(at.max(now + BURST_TIME / 4))
    }

    fn end(&mut self, now: Instant) -> Output {
        self.drop_queue();
        self.wake = now + IDLE;
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Closed => Output::Wake(self.wake),
            State::Connecting | State::Connected => Output::Event(Event::Closed),
        }
    }

    fn tell_time(&mut self, now: Instant) {
        self.written = false;
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            self.rtc.disconnect();
        }
    }

    /// Forgets what waits, but for a picture that has begun to leave: half a picture would stall the viewer's decoder.
    fn drop_queue(&mut self) {
        self.queue.truncate(usize::from(self.sent > 0));
        self.backlog = false;
    }

    fn push_picture(&mut self, unit: &Arc<Unit>) {
        if self.queue.len() >= QUEUE_MAX || unit.au.format.video.codec != VideoCodec::H264 {
            self.drop_queue();
            self.needs_key = true;
        }
        if unit.au.key {
            self.needs_key = false;
            // What the viewer asked for is on its way.
            self.replay_wanted = false;
        }
        if !self.needs_key && !unit.payloads().is_empty() {
            self.queue.push_back(Arc::clone(unit));
        }
    }

    /// Hands `Rtc` as many payloads as may leave now. False if none.
    fn write_burst(&mut self, now: Instant) -> bool {
        if now < self.next_burst || self.state != State::Connected {
            return false;
        }
        let Some(unit) = self.queue.front().map(Arc::clone) else { return false };
        if self.sent == 0 {
            self.begin_picture(now, &unit);
        }
        let payloads = unit.payloads();
        let burst = &payloads[self.sent.min(payloads.len())..payloads.len().min(self.sent + BURST_PACKETS)];
        let wall = now.checked_sub(WALL_LAG).unwrap_or(now);
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(self.video.mid, None) else { return false };
        for payload in burst {
            let sequence = self.video.next_sequence();
            let write = RtpWrite::new(self.video_type, sequence.into(), self.timestamp, wall, Arc::clone(&payload.data));
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

    fn begin_picture(&mut self, now: Instant, unit: &Unit) {
        self.timestamp = if self.backlog {
            self.video.time.backlog(now)
        } else {
            self.video.time.live(now, unit.au.dts).wrapping_add_signed(unit.au.cts)
        };
        self.sync = micros(unit).map(|media| (media, now));
    }

    /// Sound leaves at once, but never before the first picture.
    fn write_sound(&mut self, now: Instant, unit: &Unit) {
        let (Some((lane, agreed)), Some((picture, left))) = (&mut self.audio, self.sync) else { return };
        let Some(format) = unit.au.format.audio.as_ref().filter(|f| f.sample_rate == AUDIO_RATE && f.channels == 1) else {
            return;
        };
        let Some(payload_type) = agreed.payload_type(format.codec) else { return };
        let ahead = micros(unit).map_or(0, |media| media.saturating_sub(picture));
        let lag = i64::try_from(WALL_LAG.as_micros()).unwrap_or(0).saturating_sub(ahead).max(0);
        let wall = left.checked_sub(Duration::from_micros(lag.unsigned_abs())).unwrap_or(left).min(now);
        let timestamp = lane.time.live(now, unit.au.dts);
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(lane.mid, None) else { return };
        for payload in unit.payloads() {
            let sequence = lane.next_sequence();
            let timestamp = timestamp.wrapping_add(payload.ticks);
            stream.write_rtp(RtpWrite::new(payload_type, sequence.into(), timestamp, wall, Arc::clone(&payload.data)));
        }
        self.written = true;
    }
}

impl Lane {
    fn new(mid: Mid, rate: u32) -> Self {
        // Sequence numbers begin in the lower half (RFC 3711, section 3.3.1, leaves no doubt about the rollover counter then).
        // Timestamps begin far from 0, which RTCP reports until the first packet: receivers take that report for an outlier.
        let (sequence, start) = (*Ssrc::new() & 0x7fff, *Ssrc::new() & 0x3fff_ffff | 0x4000_0000);
        Self { mid, sequence: sequence.into(), time: RtpTime::new(rate, start) }
    }

    fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }
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

#[cfg(test)]
#[path = "../whep_tests.rs"]
mod tests;
