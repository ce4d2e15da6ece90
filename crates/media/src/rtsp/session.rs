use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Mono, Timestamp};

use super::auth::{self, Credentials};
use super::batch::Batch;
use super::replay::{self, NoReplay, Replay};
use super::reply::{Reply, Status};
use super::rtp::TrackStart;
use super::sdp::{self, Presentation};
use super::transport::{self, Transport};
use super::uri::{base, target};
use super::wire::{Incoming, Parser, Request, WireError};
use crate::au::Track;

/// What clients are told: be heard from within this time, or the session ends (RFC 2326 12.37).
const TIMEOUT: Duration = Duration::from_secs(60);

/// What they are granted beyond it, for those that send on the very second.
const TIMEOUT_GRACE: Duration = Duration::from_secs(5);

const METHODS: &str = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN";

/// What a session needs to know of the connection it serves. The random texts come from the caller.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who may play.
    pub access: Access,
    /// Digest realm; no quotes.
    pub realm: String,
    /// Digest nonce, random a connection; no quotes.
    pub nonce: String,
    /// Session id, random a connection; letters and digits.
    pub session_id: String,
    /// Where the connection comes from, and so where UDP packets go.
    pub peer: IpAddr,
    /// The server's RTP and RTCP ports; `None` refuses UDP.
    pub udp_ports: Option<(u16, u16)>,
}

/// Who may play.
#[derive(Debug, Clone)]
pub enum Access {
    /// Anybody.
    Anybody,
    /// Who knows these.
    Only(Credentials),
    /// Who knows what the caller tells for a user name and a path: see [`Action::Identify`].
    Ask {
        /// Whether `Basic`, which sends the password readable, is offered beside `Digest`.
        basic: bool,
    },
}

/// How one track's packets reach the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Inside the connection, on this RTP channel and the RTCP channel after it.
    Interleaved(u8),
    /// To two UDP ports.
    Udp {
        /// Where RTP goes.
        rtp: SocketAddr,
        /// Where RTCP goes.
        rtcp: SocketAddr,
    },
}

/// Which of the server's two UDP sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UdpPort {
    /// Media.
    Rtp,
    /// Reports.
    Rtcp,
}

/// What the caller does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Write to the connection.
    Send(Bytes),
    /// Send from one of the UDP sockets.
    Datagram {
        /// From which.
        from: UdpPort,
        /// Where to.
        to: SocketAddr,
        /// The packet.
        bytes: Bytes,
    },
    /// Look up what `user` must know to play `path`, and call [`Session::identify`].
    Identify {
        /// Who the client says it is. Nothing is proven yet.
        user: String,
        /// The path, without track and query; empty where the request names none.
        path: String,
    },
    /// The client showed what is wrong; it has been told so.
    Refused,
    /// Look up a path, always with a leading slash, and call [`Session::present`].
    Present {
        /// The path, without track and query.
        path: String,
    },
    /// Call [`Session::play`] with where the tracks stand, then feed batches from there on.
    Play {
        /// The path that was presented.
        path: String,
    },
    /// Call [`Session::replay`] with where the tracks stand, or [`Session::not_kept`]; then feed what was kept, in place of what
    /// was fed before. Only of sessions that offer replay.
    Replay {
        /// The path that was presented.
        path: String,
        /// What of it.
        what: Replay,
    },
    /// Stop feeding.
    Stop,
    /// Close the connection; nothing follows.
    Close,
}

/// One client's connection.
#[derive(Debug)]
pub struct Session {
    config: Config,
    parser: Parser,
    actions: VecDeque<Action>,
    heard: Mono,
    /// The request that waits for the caller's answer; those behind it wait in the parser.
    waiting: Option<Request>,
    /// What was proven, and for which path, where the caller is asked.
    proven: Option<(String, Credentials)>,
    presented: Option<(String, Arc<Presentation>)>,
    video: Option<Transport>,
    audio: Option<Transport>,
    playing: bool,
    closed: bool,
    offers_replay: bool,
}

impl Session {
    /// A session on a connection that was accepted at `now`.
    #[must_use]
    pub fn new(config: Config, now: Mono) -> Self {
        Self {
            config,
            parser: Parser::default(),
            actions: VecDeque::new(),
            heard: now,
            waiting: None,
            proven: None,
            presented: None,
            video: None,
            audio: None,
            playing: false,
            closed: false,
            offers_replay: false,
        }
    }

    /// The same with replay (ONVIF Streaming Specification, section 6).
    #[must_use]
    pub fn offering_replay(self) -> Self {
        Self { offers_replay: true, ..self }
    }

    /// What to do next; to be asked after every other call until `None`.
    pub fn poll(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Self::tick`] must be called at the latest.
    #[must_use]
    pub fn deadline(&self) -> Mono {
        self.heard + TIMEOUT + TIMEOUT_GRACE
    }

    /// Ends the session where nothing was heard for too long.
    pub fn tick(&mut self, now: Mono) {
        if now >= self.deadline() {
            self.close();
        }
    }

    /// The client gave another sign of life: RTCP over UDP.
    pub fn heard(&mut self, now: Mono) {
        self.heard = self.heard.max(now);
    }

    /// Whether the client is to be fed.
    #[must_use]
    pub fn playing(&self) -> bool {
        self.playing
    }

    /// Whether the client has proven who it is.
    #[must_use]
    pub fn proven(&self) -> bool {
        self.proven.is_some()
    }

    /// How a track's packets reach the client; `None` where it was not set up.
    #[must_use]
    pub fn route(&self, track: Track) -> Option<Route> {
        let to = |port| SocketAddr::new(self.config.peer, port);
        Some(match self.transport(track)? {
            Transport::Interleaved { rtp } => Route::Interleaved(rtp),
            Transport::Udp { rtp, rtcp } => Route::Udp { rtp: to(rtp), rtcp: to(rtcp) },
        })
    }

    /// Takes what the connection received.
    pub fn receive(&mut self, bytes: &[u8], now: Mono) {
        if let Err(error) = self.parser.push(bytes) {
            return self.refuse(error);
        }
        self.advance(now);
    }

    /// Answers [`Action::Identify`]; `None`: that user may not play that path, whatever it knows.
    pub fn identify(&mut self, credentials: Option<Credentials>, now: Mono) {
        let Some(request) = self.waiting.take() else { return };
        let path = self.path_of(&request);
        match credentials.filter(|credentials| self.proves(&request, credentials)) {
            Some(credentials) => {
                self.proven = Some((path, credentials));
                self.allowed(request);
            }
            None => self.refused(&request),
        }
        self.advance(now);
    }

    /// Answers [`Action::Present`]; `None`: there is no such path.
    pub fn present(&mut self, presentation: Option<Arc<Presentation>>, now: Mono) {
        let Some(request) = self.waiting.take() else { return };
        match (presentation, target(&request.uri)) {
            (Some(presentation), Some((path, track))) => {
                self.presented = Some((path.to_owned(), Arc::clone(&presentation)));
                match request.method.as_str() {
                    "DESCRIBE" => self.describe(&request, &presentation),
                    _ => self.set_up(&request, &presentation, track),
                }
            }
            _ => self.status(Status::NOT_FOUND, &request),
        }
        self.advance(now);
    }

    /// Answers [`Action::Play`]: where each track stands. What [`Self::media`] gets next must begin there.
    pub fn play(&mut self, starts: &[TrackStart], now: Mono) {
        self.start("npt=now-", starts, now);
    }

    /// Answers [`Action::Replay`] likewise; `from` is the time of the first unit.
    pub fn replay(&mut self, from: Timestamp, to: Option<Timestamp>, starts: &[TrackStart], now: Mono) {
        self.start(&replay::clock_range_text(from, to), starts, now);
    }

    /// Answers [`Action::Replay`]: nothing was kept of that time.
    pub fn not_kept(&mut self, now: Mono) {
        if let Some(request) = self.waiting.take() {
            self.status(Status::INVALID_RANGE, &request);
            self.advance(now);
        }
    }

    fn start(&mut self, range: &str, starts: &[TrackStart], now: Mono) {
        let Some(request) = self.waiting.take() else { return };
        let base = base(&request.uri);
        let infos: Vec<_> = starts
            .iter()
            .filter(|start| self.transport(start.track).is_some())
            .map(|s| format!("url={base}{};seq={};rtptime={}", sdp::control(s.track), s.sequence, s.rtptime))
            .collect();
        self.playing = true;
        let reply = self.in_session(Status::OK, &request).header("Range", range).header("RTP-Info", infos.join(","));
        self.send(reply);
        self.advance(now);
    }

    /// Takes packets of a track; those of a track that was not set up go nowhere.
    pub fn media(&mut self, batch: &Batch) {
        let Some(transport) = self.transport(batch.track()).filter(|_| self.playing) else { return };
        match transport {
            Transport::Interleaved { rtp } => self.actions.push_back(Action::Send(batch.framed(rtp))),
            Transport::Udp { rtp, rtcp } => {
                let (from, port) = if batch.rtcp { (UdpPort::Rtcp, rtcp) } else { (UdpPort::Rtp, rtp) };
                let to = SocketAddr::new(self.config.peer, port);
                self.actions.extend(batch.packets().map(|bytes| Action::Datagram { from, to, bytes }));
            }
        }
    }

    fn transport(&self, track: Track) -> Option<Transport> {
        match track {
            Track::Video => self.video,
            Track::Audio => self.audio,
        }
    }

    /// Whether a `SETUP` succeeded: the session has an id that the client knows.
    fn established(&self) -> bool {
        self.video.is_some() || self.audio.is_some()
    }

    fn advance(&mut self, now: Mono) {
        while self.waiting.is_none() && !self.closed {
            match self.parser.poll() {
                Ok(None) => break,
                Ok(Some(Incoming::Interleaved { .. })) => self.heard(now),
                Ok(Some(Incoming::Request(request))) => {
                    self.heard(now);
                    self.request(request);
                }
                Err(error) => self.refuse(error),
            }
        }
    }

    fn request(&mut self, request: Request) {
        if request.cseq().is_none() {
            return self.status(Status::BAD_REQUEST, &request);
        }
        if let Some(option) = request.header("require").filter(|_| !self.replays(&request)) {
            let reply = Reply::new(Status::OPTION_NOT_SUPPORTED, request.cseq()).header("Unsupported", option);
            return self.send(reply);
        }
        if request.method == "OPTIONS" {
            return self.send(Reply::new(Status::OK, request.cseq()).header("Public", METHODS));
        }
        self.admit(request);
    }

    /// Asks who it is, as far as the access to this server takes that.
    fn admit(&mut self, request: Request) {
        let proven = match &self.config.access {
            Access::Anybody => true,
            Access::Only(credentials) => self.proves(&request, credentials),
            Access::Ask { .. } => {
                let Some(user) = auth::user(&request) else { return self.challenge(&request) };
                let path = self.path_of(&request);
                let known = self.proven.as_ref().filter(|(for_path, known)| *for_path == path && known.user == user);
                match known.map(|(_, known)| self.proves(&request, known)) {
                    None => return self.wait(Action::Identify { user, path }, request),
                    Some(false) => return self.refused(&request),
                    Some(true) => true,
                }
            }
        };
        if proven { self.allowed(request) } else { self.challenge(&request) }
    }

    /// The path that a request is about: what it names, or else what was proven before.
    fn path_of(&self, request: &Request) -> String {
        let named = target(&request.uri).map(|(path, _)| path.to_owned());
        named.or_else(|| self.proven.as_ref().map(|(path, _)| path.clone())).unwrap_or_default()
    }

    fn refused(&mut self, request: &Request) {
        self.challenge(request);
        self.actions.push_back(Action::Refused);
    }

    fn allowed(&mut self, request: Request) {
        let said = request.header("session").map(|value| value.split(';').next().unwrap_or_default().trim());
        if said.is_some_and(|id| !self.established() || id != self.config.session_id) {
            return self.status(Status::SESSION_NOT_FOUND, &request);
        }
        match request.method.as_str() {
            "DESCRIBE" => self.ask_to_describe(request),
            "SETUP" => self.ask_to_set_up(request),
            "PLAY" => self.ask_to_play(request),
            "PAUSE" => self.pause(&request),
            "TEARDOWN" => self.tear_down(&request),
            "GET_PARAMETER" | "SET_PARAMETER" if request.body.is_empty() => {
                let reply = self.in_session(Status::OK, &request);
                self.send(reply);
            }
            "GET_PARAMETER" | "SET_PARAMETER" => self.status(Status::PARAMETER_UNKNOWN, &request),
            _ => self.status(Status::NOT_IMPLEMENTED, &request),
        }
    }

    fn ask_to_describe(&mut self, request: Request) {
        let accepts = |kinds: &str| kinds.split(',').any(|k| matches!(k.trim(), "application/sdp" | "application/*" | "*/*"));
        match target(&request.uri) {
            None => self.status(Status::NOT_FOUND, &request),
            Some(_) if !request.header("accept").is_none_or(accepts) => self.status(Status::NOT_ACCEPTABLE, &request),
            // What a session plays is fixed by its first `SETUP`.
            Some((path, _)) if self.established() && self.path() != Some(path) => {
                self.status(Status::AGGREGATE_NOT_ALLOWED, &request)
            }
            Some((path, _)) => self.wait(Action::Present { path: path.to_owned() }, request),
        }
    }

    fn describe(&mut self, request: &Request, presentation: &Presentation) {
        let reply = Reply::new(Status::OK, request.cseq()).header("Content-Base", base(&request.uri));
        self.send(reply.body("application/sdp", &presentation.sdp));
    }

    fn ask_to_set_up(&mut self, request: Request) {
        let Some((path, track)) = target(&request.uri) else { return self.status(Status::NOT_FOUND, &request) };
        if self.playing {
            return self.status(Status::WRONG_STATE, &request);
        }
        match &self.presented {
            Some((presented, presentation)) if presented == path => {
                let presentation = Arc::clone(presentation);
                self.set_up(&request, &presentation, track);
            }
            _ if self.established() => self.status(Status::AGGREGATE_NOT_ALLOWED, &request),
            _ => self.wait(Action::Present { path: path.to_owned() }, request),
        }
    }

    fn set_up(&mut self, request: &Request, presentation: &Presentation, track: Option<Track>) {
        // A presentation of one track may be set up by its own URL (RFC 2326 C.3).
        let track = match track {
            None if presentation.format.audio.is_some() => return self.status(Status::AGGREGATE_NOT_ALLOWED, request),
            Some(Track::Audio) if presentation.format.audio.is_none() => return self.status(Status::NOT_FOUND, request),
            track => track.unwrap_or(Track::Video),
        };
        let other = self.transport(if track == Track::Video { Track::Audio } else { Track::Video });
        let usable = |transport: &Transport| match (transport, other) {
            // What is replayed comes as quickly as it goes: datagrams would be lost.
            (Transport::Udp { .. }, _) => self.config.udp_ports.is_some() && !self.replays(request),
            (Transport::Interleaved { rtp }, Some(Transport::Interleaved { rtp: taken })) => rtp.abs_diff(taken) > 1,
            (Transport::Interleaved { .. }, _) => true,
        };
        let offered = request.header("transport").unwrap_or_default();
        let Some(chosen) = transport::proposals(offered, Batch::default_channel(track)).find(usable) else {
            return self.status(Status::BAD_TRANSPORT, request);
        };
        match track {
            Track::Video => self.video = Some(chosen),
            Track::Audio => self.audio = Some(chosen),
        }
        let text = match (chosen, self.config.udp_ports) {
            (Transport::Udp { rtp, rtcp }, Some((server_rtp, server_rtcp))) => {
                format!("RTP/AVP;unicast;client_port={rtp}-{rtcp};server_port={server_rtp}-{server_rtcp}")
            }
            (Transport::Interleaved { rtp }, _) => format!("RTP/AVP/TCP;unicast;interleaved={rtp}-{}", rtp + 1),
            (Transport::Udp { .. }, None) => return self.status(Status::BAD_TRANSPORT, request),
        };
        let reply = self.in_session(Status::OK, request).header("Transport", text);
        self.send(reply);
    }

    /// Whether a request asks for replay, where that is offered.
    fn replays(&self, request: &Request) -> bool {
        self.offers_replay && request.header("require").is_some_and(|option| option.trim() == replay::OPTION)
    }

    fn ask_to_replay(&mut self, request: Request) {
        let Some(path) = self.path().filter(|_| self.established()).map(str::to_owned) else {
            return self.status(Status::WRONG_STATE, &request);
        };
        match Replay::read(&request) {
            Ok(what) => {
                // What ran before gives way at once, whatever `Immediate` says.
                self.playing = false;
                self.wait(Action::Replay { path, what }, request);
            }
            Err(NoReplay::Range) => self.status(Status::INVALID_RANGE, &request),
            Err(NoReplay::Unsupported) => self.status(Status::NOT_IMPLEMENTED, &request),
        }
    }

    fn ask_to_play(&mut self, request: Request) {
        if self.replays(&request) {
            return self.ask_to_replay(request);
        }
        match self.path() {
            Some(path) if self.established() && !self.playing => {
                let path = path.to_owned();
                self.wait(Action::Play { path }, request);
            }
            _ if self.playing => {
                let reply = self.in_session(Status::OK, &request);
                self.send(reply);
            }
            _ => self.status(Status::WRONG_STATE, &request),
        }
    }

    fn pause(&mut self, request: &Request) {
        if !self.established() {
            return self.status(Status::WRONG_STATE, request);
        }
        self.stop();
        let reply = self.in_session(Status::OK, request);
        self.send(reply);
    }

    fn tear_down(&mut self, request: &Request) {
        if !self.established() {
            return self.status(Status::SESSION_NOT_FOUND, request);
        }
        self.stop();
        (self.video, self.audio, self.presented) = (None, None, None);
        self.status(Status::OK, request);
    }

    fn stop(&mut self) {
        if std::mem::take(&mut self.playing) {
            self.actions.push_back(Action::Stop);
        }
    }

    fn close(&mut self) {
        if !std::mem::replace(&mut self.closed, true) {
            self.stop();
            self.actions.push_back(Action::Close);
        }
    }

    fn path(&self) -> Option<&str> {
        self.presented.as_ref().map(|(path, _)| path.as_str())
    }

    fn wait(&mut self, action: Action, request: Request) {
        self.waiting = Some(request);
        self.actions.push_back(action);
    }

    fn proves(&self, request: &Request, credentials: &Credentials) -> bool {
        auth::proves(request, credentials, &self.config.realm, &self.config.nonce)
    }

    fn challenge(&mut self, request: &Request) {
        let Config { access, realm, nonce, .. } = &self.config;
        let basic = match access {
            Access::Anybody => return,
            Access::Only(credentials) => credentials.basic,
            Access::Ask { basic } => *basic,
        };
        let reply = Reply::new(Status::UNAUTHORIZED, request.cseq());
        let challenges = auth::challenges(basic, realm, nonce);
        let reply = challenges.into_iter().fold(reply, |reply, value| reply.header("WWW-Authenticate", value));
        self.send(reply);
    }

    /// A reply that names the session, where there is one.
    fn in_session(&self, status: Status, request: &Request) -> Reply {
        let reply = Reply::new(status, request.cseq());
        if !self.established() {
            return reply;
        }
        reply.header("Session", format_args!("{};timeout={}", self.config.session_id, TIMEOUT.as_secs()))
    }

    fn status(&mut self, status: Status, request: &Request) {
        self.send(Reply::new(status, request.cseq()));
    }

    /// The bytes make no sense: says why and hangs up.
    fn refuse(&mut self, error: WireError) {
        let status = match error {
            WireError::BadVersion => Status::BAD_VERSION,
            WireError::HeadTooLarge | WireError::BodyTooLarge | WireError::Overrun => Status::TOO_LARGE,
            WireError::BadRequestLine | WireError::BadHeader | WireError::BadLength => Status::BAD_REQUEST,
        };
        if !self.closed {
            self.send(Reply::new(status, None));
            self.close();
        }
    }

    fn send(&mut self, reply: Reply) {
        self.actions.push_back(Action::Send(reply.finish()));
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
