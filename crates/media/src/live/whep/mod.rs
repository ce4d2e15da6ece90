//! One WebRTC viewer: WHEP's offer and answer (RFC 9725), then ICE lite, DTLS 1.2 and SRTP on one UDP port.
//!
//! Sans-IO: the engine hands in datagrams, units and the time, and drains [`Session::poll`] until it says when to come back.
//! Payloads are shared by all viewers; this adds sequence numbers, timestamps, pace and encryption.

mod lanes;
mod offer;
mod time;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::ice::StunMessage;
use str0m::net::{Protocol, Receive};
use str0m::{IceConnectionState, Input, Rtc};

use self::lanes::{Pictures, Sound};
pub use self::offer::{Identity, OfferError};
use super::Unit;
use crate::au::{AudioCodec, Track, VIDEO_TIMESCALE, VideoFormat};

/// A viewer that asks for a key picture gets a replay at most this often.
const REPLAY_INTERVAL: Duration = Duration::from_secs(1);

/// A viewer that has nothing to do is looked at this often.
const IDLE: Duration = Duration::from_secs(60);

/// A session that could be called again at once is called again this much later.
const REST_MIN: Duration = Duration::from_micros(250);

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

/// One viewer.
#[derive(Debug)]
pub struct Session {
    /// 10 KB, which nobody should have to move.
    rtc: Box<Rtc>,
    ufrag: String,
    state: State,
    /// `Rtc` wants to be told the time again at this moment.
    wake: Instant,
    /// Something was written that `Rtc` sends when it is told the time.
    written: bool,
    pictures: Pictures,
    sound: Option<Sound>,
    replayed_at: Option<Instant>,
    replay_wanted: bool,
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
        let (mid, payload_type) = agreed.video;
        let session = Self {
            rtc: Box::new(agreed.rtc),
            ufrag: agreed.ufrag,
            state: State::Connecting,
            wake: now,
            written: false,
            pictures: Pictures::new(mid, payload_type, now),
            sound: agreed.audio.map(Sound::new),
            replayed_at: None,
            replay_wanted: false,
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
        let Ok(receive) = Receive::new(Protocol::Udp, from, to, datagram) else { return };
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
    pub fn push(&mut self, now: Instant, unit: &Arc<Unit>) {
        match (self.state, unit.au.track, &mut self.sound) {
            (State::Connected, Track::Video, _) => {
                self.pictures.push(unit);
                // A key picture is what the viewer asked for.
                self.replay_wanted &= !unit.au.key;
            }
            (State::Connected, Track::Audio, Some(sound)) => {
                self.written |= sound.write(now, unit, self.pictures.sync(), &mut self.rtc)
            }
            _ => {}
        }
    }

    /// Says goodbye to the viewer; [`Session::poll`] has the datagrams that do so.
    pub fn close(&mut self) {
        self.pictures.clear();
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
                    if self.state == State::Connected && self.pictures.write(now, &mut self.rtc) {
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
            str0m::Event::KeyframeRequest(request) if request.mid == self.pictures.mid() => {
                self.replay_wanted = true;
                None
            }
            str0m::Event::MediaEgressStats(stats) if stats.mid == self.pictures.mid() => {
                if let Some(remote) = &stats.remote {
                    let jitter = u64::from(remote.jitter) * 1_000_000 / u64::from(VIDEO_TIMESCALE);
                    self.pictures.reported(Duration::from_micros(jitter));
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
        let replay = self.replay_wanted.then_some(replay_at);
        let at = [self.pictures.next(), replay, Some(now + IDLE)].into_iter().flatten().fold(rtc_wake, Instant::min);
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
        self.written = false;
        if self.rtc.handle_input(Input::Timeout(now)).is_err() {
            self.rtc.disconnect();
        }
    }
}

#[cfg(test)]
#[path = "../whep_tests.rs"]
mod tests;
