//! One WebRTC viewer: WHEP's offer and answer (RFC 9725), then ICE lite, DTLS 1.2 and SRTP on one UDP port.
//!
//! Sans-IO: the engine hands in datagrams, units and the time, and drains [`Session::poll`] until it says when to come back.
//! Payloads are shared by all viewers; this adds headers, pace and encryption, straight into what is sent. ICE, DTLS and SDP
//! are str0m's; RTP and RTCP never pass through it.

mod handshake;
mod lanes;
mod offer;
mod rtcp;
mod source;
mod srtp;
mod time;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::ice::StunMessage;
use str0m::net::{Protocol, Receive};
use str0m::{IceConnectionState, Input, Rtc};

use self::lanes::{Pictures, Sound};
pub use self::offer::{Identity, OfferError};
use self::rtcp::Feedback;
use self::source::{Burst, WallClock};
use self::srtp::Keys;
use super::Unit;
use crate::au::{AudioCodec, Track, VIDEO_TIMESCALE, VideoFormat};

/// A viewer that asks for a key picture gets a replay at most this often.
const REPLAY_INTERVAL: Duration = Duration::from_secs(1);

/// How often the viewer is told what has left, by which it joins sound to pictures; the first time sooner.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
const FIRST_REPORT: Duration = Duration::from_millis(100);

/// How often the engine is told how the way to the viewer is.
const HEARD_INTERVAL: Duration = Duration::from_secs(2);

/// A viewer that has nothing to do is looked at this often.
const IDLE: Duration = Duration::from_secs(60);

/// A session that could be called again at once is called again this much later.
const REST_MIN: Duration = Duration::from_micros(250);

/// What a session wants done.
#[derive(Debug)]
pub enum Output {
    /// Send what [`Session::poll`] has written.
    Send(Datagrams),
    /// Nothing more until this moment, or until something is handed in.
    Wake(Instant),
    /// Something happened that the engine acts on.
    Event(Event),
}

/// Datagrams to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagrams {
    /// The local address that they leave from.
    pub from: SocketAddr,
    /// Where they go.
    pub to: SocketAddr,
    /// Bytes of each but the last, which may have fewer.
    pub segment: usize,
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

/// One viewer.
#[derive(Debug)]
pub struct Session {
    /// 10 KB, which nobody should have to move.
    rtc: Box<Rtc>,
    ufrag: String,
    state: State,
    /// `Rtc` wants to be told the time again at this moment.
    wake: Instant,
    /// Something was handed to `Rtc` that it may have an answer to.
    stirred: bool,
    agreed: handshake::Agreed,
    keys: Option<Keys>,
    path: Path,
    pictures: Pictures,
    sound: Option<Sound>,
    clock: WallClock,
    /// When the next sender report leaves.
    report_at: Instant,
    heard: Heard,
    replayed_at: Option<Instant>,
    replay_wanted: bool,
    /// Room for RTCP that was opened.
    scratch: Vec<u8>,
}

/// From which local address to which of the viewer's, by what the viewer nominated (RFC 8445, section 7.3.1.5).
#[derive(Debug, Default)]
struct Path {
    chosen: Option<(SocketAddr, SocketAddr)>,
    /// Nominated by a request that has not been answered yet: `Rtc` answers those alone that the viewer's password made.
    nominated: Option<(SocketAddr, SocketAddr)>,
}

/// What the viewer has said since it was last told on.
#[derive(Debug)]
struct Heard {
    since: Instant,
    reports: u32,
    /// In 256ths, of all reports together.
    lost: u32,
    round_trip: Option<Duration>,
}

impl Heard {
    fn new(since: Instant) -> Self {
        Self { since, reports: 0, lost: 0, round_trip: None }
    }
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

/// Whether a datagram is DTLS (RFC 7983).
fn is_dtls(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| (20..64).contains(first))
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
        let session = Self {
            rtc: Box::new(agreed.rtc),
            ufrag: agreed.ufrag,
            state: State::Connecting,
            wake: now,
            stirred: true,
            agreed: agreed.keys,
            keys: None,
            path: Path::default(),
            pictures: Pictures::new(agreed.video, now),
            sound: agreed.audio.map(Sound::new),
            clock: WallClock::new(now),
            report_at: now,
            heard: Heard::new(now),
            replayed_at: None,
            replay_wanted: false,
            scratch: Vec::new(),
        };
        Ok((session, agreed.answer))
    }

    /// Whether the viewer takes sound of this codec.
    #[must_use]
    pub fn takes(&self, codec: AudioCodec) -> bool {
        self.sound.as_ref().is_some_and(|sound| sound.takes(codec))
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
        if rtcp::is_rtp(datagram) {
            return self.hear(now, datagram);
        }
        let Ok(receive) = Receive::new(Protocol::Udp, from, to, datagram) else { return };
        self.stirred = true;
        if is_stun(datagram) && StunMessage::parse(datagram).is_ok_and(|m| m.is_binding_request() && m.use_candidate()) {
            self.path.nominated = Some((to, from));
        }
        // An error means a datagram that anyone could have sent; a session that it really broke ends in `poll`.
        let _ = self.rtc.handle_input(Input::Receive(now, receive));
    }

    /// Sends from a key picture on, whatever was sent before: for a viewer that has no picture. Sound is left out.
    pub fn replay(&mut self, now: Instant, gop: &[Arc<Unit>]) {
        if self.state == State::Connected {
            self.replay_wanted = false;
            self.replayed_at = Some(now);
            self.pictures.replay(gop);
        }
    }

    /// Takes the newest unit.
    pub fn push(&mut self, unit: &Arc<Unit>) {
        match (self.state, unit.au.track, &mut self.sound) {
            (State::Connected, Track::Video, _) => {
                self.pictures.push(unit);
                // A key picture is what the viewer asked for.
                self.replay_wanted &= !unit.au.key;
            }
            (State::Connected, Track::Audio, Some(sound)) => sound.push(unit),
            _ => {}
        }
    }

    /// Says goodbye to the viewer; [`Session::poll`] has the datagrams that do so.
    pub fn close(&mut self) {
        self.pictures.clear();
        self.stirred = true;
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
    }

    /// What to do next; `out` is overwritten with what is to be sent. To be called after everything that was handed in, until
    /// it says [`Output::Wake`].
    pub fn poll(&mut self, now: Instant, out: &mut Vec<u8>) -> Output {
        if self.wake <= now {
            self.tell_time(now);
        }
        while self.stirred {
            match self.rtc.poll_output() {
                // What protects media has two writers nowhere: whatever the stack would send there is not sent.
                Ok(str0m::Output::Transmit(t)) if rtcp::is_rtp(&t.contents) => {}
                Ok(str0m::Output::Transmit(t)) => {
                    out.clear();
                    out.extend_from_slice(&t.contents);
                    self.path.answered((t.source, t.destination), out);
                    return Output::Send(Datagrams { from: t.source, to: t.destination, segment: out.len() });
                }
                Ok(str0m::Output::Event(event)) => {
                    if let Some(event) = self.event(event, now) {
                        return Output::Event(event);
                    }
                }
                Ok(str0m::Output::Timeout(at)) if self.rtc.is_alive() => (self.wake, self.stirred) = (at, false),
                Ok(str0m::Output::Timeout(_)) | Err(_) => return self.end(now),
            }
        }
        if self.state == State::Connected {
            if let Some(send) = self.media(now, out) {
                return Output::Send(send);
            }
            if let Some(report) = self.report(now) {
                return Output::Event(Event::Report(report));
            }
        }
        self.rest(now)
    }

    /// The next packets that may leave, and now and then a report of what did.
    fn media(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Datagrams> {
        let (keys, (from, to)) = (self.keys.as_mut()?, self.path.chosen?);
        if self.report_at <= now {
            self.report_at = now + REPORT_INTERVAL;
            let ntp = self.clock.at(now);
            let sound = self.sound.as_ref().and_then(|sound| sound.sent(now, ntp));
            let sent: Vec<_> = self.pictures.sent(now, ntp).into_iter().chain(sound).collect();
            out.clear();
            rtcp::write(&sent, out);
            if !sent.is_empty() && keys.outgoing.seal_rtcp(out).is_ok() {
                return Some(Datagrams { from, to, segment: out.len() });
            }
        }
        let mut burst = Burst::new(out);
        let sync = self.pictures.sync();
        let sound = self.sound.as_mut().is_some_and(|sound| sound.write(now, sync, &keys.outgoing, &mut burst));
        if sound || self.pictures.write(now, &keys.outgoing, &mut burst) {
            return Some(Datagrams { from, to, segment: burst.segment });
        }
        None
    }

    /// Takes RTCP; a viewer has no other RTP to send.
    fn hear(&mut self, now: Instant, datagram: &[u8]) {
        let Some(keys) = self.keys.as_mut().filter(|_| rtcp::is_rtcp(datagram)) else { return };
        let mut opened = std::mem::take(&mut self.scratch);
        if keys.incoming.open_rtcp(datagram, &mut opened).is_ok() {
            let own = self.pictures.ssrc();
            rtcp::read(&opened, |feedback| match feedback {
                Feedback::Missing { ssrc, sequence } if ssrc == own => self.pictures.missing(sequence),
                Feedback::KeyWanted { ssrc } if ssrc == own => self.replay_wanted = true,
                Feedback::Report(block) if block.ssrc == own => {
                    let jitter = u64::from(block.jitter) * 1_000_000 / u64::from(VIDEO_TIMESCALE);
                    self.pictures.reported(Duration::from_micros(jitter));
                    self.heard.reports += 1;
                    self.heard.lost += u32::from(block.lost);
                    self.heard.round_trip = self.clock.round_trip(now, &block).or(self.heard.round_trip);
                }
                _ => {}
            });
        }
        self.scratch = opened;
    }

    /// What the viewer's reports say together, at most every [`HEARD_INTERVAL`].
    fn report(&mut self, now: Instant) -> Option<Report> {
        if self.heard.reports == 0 || now.saturating_duration_since(self.heard.since) < HEARD_INTERVAL {
            return None;
        }
        let Heard { reports, lost, round_trip, .. } = std::mem::replace(&mut self.heard, Heard::new(now));
        Some(Report { loss: lost as f32 / 256.0 / reports as f32, round_trip })
    }

    fn event(&mut self, event: str0m::Event, now: Instant) -> Option<Event> {
        match event {
            str0m::Event::Connected => {
                self.keys = self.agreed.take();
                if self.keys.is_none() {
                    self.rtc.disconnect();
                    return None;
                }
                self.state = State::Connected;
                // The first report follows the first picture, so that sound joins it soon.
                self.report_at = now + FIRST_REPORT;
                Some(Event::Connected)
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
    fn rest(&mut self, now: Instant) -> Output {
        let replay_at = self.replayed_at.map_or(now, |at| at + REPLAY_INTERVAL);
        if self.replay_wanted && replay_at <= now {
            self.replay_wanted = false;
            self.replayed_at = Some(now);
            return Output::Event(Event::ReplayWanted);
        }
        let replay = self.replay_wanted.then_some(replay_at);
        let report = (self.state == State::Connected).then_some(self.report_at);
        let others = [self.pictures.next(), replay, report, Some(now + IDLE)];
        let at = others.into_iter().flatten().fold(self.wake, Instant::min);
        // `Rtc` was told the time already: if it still asks for now, a little later must do.
        Output::Wake(at.max(now + REST_MIN))
    }

    fn end(&mut self, now: Instant) -> Output {
        self.pictures.clear();
        self.wake = now + IDLE;
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Closed => Output::Wake(self.wake),
            State::Connecting | State::Connected => Output::Event(Event::Closed),
        }
    }

    fn tell_time(&mut self, now: Instant) {
        self.stirred = true;
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            self.rtc.disconnect();
        }
    }
}

impl Path {
    /// Notes what `Rtc` sends: the handshake goes where the viewer nominated, and an answer makes a nomination good.
    fn answered(&mut self, path: (SocketAddr, SocketAddr), datagram: &[u8]) {
        let answer = is_stun(datagram) && StunMessage::parse(datagram).is_ok_and(|m| m.is_successful_binding_response());
        if (answer && self.nominated == Some(path)) || is_dtls(datagram) {
            self.chosen = Some(path);
            self.nominated = None;
        }
    }
}

#[cfg(test)]
#[path = "../whep_tests.rs"]
mod tests;
