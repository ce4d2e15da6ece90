//! Pulling: one task a camera stream, from the camera to its feed, for as long as the camera is configured.

mod backoff;
mod demand;
mod ingest;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use cameras::rtsp::{Source, Target, Transport};
use cameras::{CameraError, Facts, Meter};
use domain::onboarding::link;
use domain::{CameraId, Clock, Secret, StreamName, Timestamp};
use futures::FutureExt;
use media::au::{AudioCodec, VideoCodec};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::backoff::Backoff;
pub(crate) use self::demand::Demand;
pub use self::demand::Presence;
pub(crate) use self::ingest::Ingest;
use crate::feed::Feed;
use crate::link::{Forwarder, Line, Links, Service, no_link};
use crate::state::{Board, Playable, Problem, RecordingStatus, Status, StreamState};

/// How long a stopped pull waits for the camera's answer to `TEARDOWN`; all of it ends within a second.
const CLOSE_TIME_MAX: Duration = Duration::from_millis(800);

/// What to pull.
pub(crate) struct Config {
    /// Whose stream.
    pub(crate) camera: CameraId,
    /// Which of its streams.
    pub(crate) stream: StreamName,
    /// Its address; may hold a user name and a password, which count where `username` is `None`.
    pub(crate) url: String,
    /// Whom to sign in as.
    pub(crate) username: Option<String>,
    /// With which password.
    pub(crate) password: Option<Secret>,
    /// Whether sound is wanted.
    pub(crate) audio: bool,
}

/// Without the address and the sign-in.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("camera", &self.camera)
            .field("stream", &self.stream)
            .field("audio", &self.audio)
            .finish_non_exhaustive()
    }
}

/// Pulls one stream of one camera.
#[derive(Debug)]
pub(crate) struct Puller {
    config: Config,
    feed: Arc<Feed>,
    board: Board,
    demand: Demand,
    links: Links,
    clock: Arc<dyn Clock>,
}

impl Puller {
    /// A pull that has not begun: see [`Puller::run`].
    #[must_use]
    pub(crate) fn new(
        config: Config,
        feed: Arc<Feed>,
        board: Board,
        demand: Demand,
        links: Links,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { config, feed, board, demand, links, clock }
    }

    /// Pulls until `cancel`; then ends within a second. Connects again after every failure, and after a panic, which one
    /// camera's bytes must not turn into everybody's.
    pub(crate) async fn run(self, cancel: CancellationToken) {
        let Config { url, username, password, audio, .. } = &self.config;
        let (way, url) = match self.way(url) {
            Ok(way) => way,
            Err(error) => {
                self.failed(&error);
                return cancel.cancelled().await;
            }
        };
        let mut line = way.as_ref().map(|way| way.line.clone());
        let target = match Target::parse(&url, username.as_deref(), password.as_ref(), *audio) {
            Ok(target) => target,
            Err(error) => {
                self.failed(&error);
                return cancel.cancelled().await;
            }
        };
        let mut source = Source::new(target, Arc::clone(&self.clock));
        let mut backoff = Backoff::new(seed(self.config.camera, self.config.stream));
        loop {
            let work = AssertUnwindSafe(self.pull(&mut source, &mut backoff, line.as_mut())).catch_unwind();
            let ended = tokio::select! {
                () = cancel.cancelled() => break,
                ended = work => ended,
            };
            let Err(panic) = ended;
            drop(panic);
            tracing::error!(camera = %self.config.camera, stream = self.config.stream.as_str(), "a pull panicked and starts again");
            let error = CameraError::Protocol { phase: cameras::Phase::Picture, cause: "its packets make no sense".into() };
            self.failed(&error);
            tokio::select! {
                () = cancel.cancelled() => break,
                () = tokio::time::sleep(backoff.after(&error, Duration::ZERO)) => {}
            }
        }
        source.close(CLOSE_TIME_MAX).await;
    }

    /// The address to connect to; where the camera calls in by itself, a door of ours into its link.
    fn way(&self, url: &str) -> Result<(Option<Way>, String), CameraError> {
        let Some((device, path)) = link::parse(url) else { return Ok((None, url.to_owned())) };
        let door = Forwarder::start(self.links.clone(), device, Service::Rtsp);
        let door =
            door.map_err(|error| CameraError::Unreachable { address: "its link".into(), cause: error.to_string().into() })?;
        let url = door.url("rtsp", path);
        Ok((Some(Way { line: self.links.line(device), _door: door }), url))
    }

    /// Connects again and again.
    async fn pull(
        &self,
        source: &mut Source,
        backoff: &mut Backoff,
        mut line: Option<&mut watch::Receiver<Line>>,
    ) -> std::convert::Infallible {
        loop {
            self.until_wanted().await;
            self.until_linked(line.as_deref_mut()).await;
            let begun = self.clock.mono();
            let error = tokio::select! {
                error = self.connection(source) => error,
                () = self.until_cold() => {
                    self.board.stream(self.config.camera, self.config.stream, self.clock.now(), None);
                    continue;
                }
            };
            let wait = backoff.after(&error, self.clock.mono().since(begun));
            let (camera, stream) = (self.config.camera, self.config.stream.as_str());
            tracing::info!(%camera, stream, code = error.code(), detail = %error, wait_ms = wait.as_millis(), "no picture");
            self.failed(&error);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                // The camera called in anew, or its link is cut: no reason to wait for the former.
                () = moved(line.as_deref_mut()) => {}
            }
        }
    }

    /// Waits until a camera that calls in by itself has done so.
    async fn until_linked(&self, line: Option<&mut watch::Receiver<Line>>) {
        let Some(line) = line else { return };
        if line.borrow_and_update().is_up() {
            return;
        }
        self.trouble(no_link());
        if line.wait_for(Line::is_up).await.is_err() {
            // The camera is being removed.
            std::future::pending::<()>().await;
        }
    }

    /// One connection, until it fails.
    async fn connection(&self, source: &mut Source) -> CameraError {
        // Handshakes take a dozen round trips, and the line of time is anchored where the first packets arrive.
        let mut awake = Some(self.demand.breath().awake());
        // Datagrams do not wait for long before some are dropped.
        let hasty = source.target().transport() == Transport::Udp;
        let mut stream = match source.open().await {
            Ok(stream) => stream,
            Err(error) => return error,
        };
        if let Some(problem) = stream.audio_problem() {
            tracing::warn!(camera = %self.config.camera, code = problem.code(), detail = %problem, "no sound");
        }
        let mut meter: Option<Meter> = None;
        loop {
            let arrival = match stream.next().await {
                Ok(arrival) => arrival,
                Err(error) => return error,
            };
            let meter = meter.get_or_insert_with(|| Meter::new(Arc::clone(&arrival.unit.format), arrival.unit.arrived));
            let first = arrival.unit.discontinuity && arrival.unit.key;
            let told = meter.count(&arrival);
            if told && !hasty {
                // The first figures are those of the first two seconds.
                drop(awake.take());
            }
            self.feed.push(arrival.unit, arrival.duration);
            if told || first {
                self.online(meter.facts());
            }
        }
    }

    fn online(&self, facts: &Facts) {
        let (camera, now) = (self.config.camera, self.clock.now());
        let state = stream_state(facts, self.feed.newest_key().is_none());
        if self.config.stream == StreamName::Main {
            let still_at = self.still_at();
            self.board.update(camera, now, |board| {
                (board.status, board.problem, board.main, board.still_at) = (Status::Online, None, Some(state), still_at);
            });
        } else {
            self.board.stream(camera, self.config.stream, now, Some(state));
        }
    }

    /// A camera is as its main stream is; its sub stream is there or not.
    fn failed(&self, error: &CameraError) {
        self.trouble(Problem { code: error.code(), detail: error.to_string() });
    }

    fn trouble(&self, problem: Problem) {
        let (camera, now) = (self.config.camera, self.clock.now());
        if self.config.stream == StreamName::Main {
            let still_at = self.still_at();
            self.board.update(camera, now, |board| {
                (board.status, board.problem, board.still_at) = (Status::Offline, Some(problem), still_at.or(board.still_at));
                // Its recorder has nothing to write now, and says so itself only after a while.
                if board.recording == RecordingStatus::On {
                    board.recording = RecordingStatus::Waiting;
                }
            });
        } else {
            self.board.stream(camera, self.config.stream, now, None);
        }
    }

    /// When the picture was taken that a still would show.
    fn still_at(&self) -> Option<Timestamp> {
        self.feed.newest_key().map(|unit| unit.au.wall)
    }

    async fn until_wanted(&self) {
        if self.config.stream == StreamName::Sub {
            self.demand.wanted().await;
        }
    }

    async fn until_cold(&self) {
        match self.config.stream {
            StreamName::Main => std::future::pending().await,
            StreamName::Sub => self.demand.cold().await,
        }
    }
}

/// The way to a camera that calls in by itself.
struct Way {
    line: watch::Receiver<Line>,
    _door: Forwarder,
}

/// Resolves when something happens on the line.
async fn moved(line: Option<&mut watch::Receiver<Line>>) {
    if let Some(line) = line
        && line.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// What people are told of a stream.
pub(crate) fn stream_state(facts: &Facts, long_gop: bool) -> StreamState {
    let video = &facts.format.video;
    let audio = facts.format.audio.as_ref().map(|audio| audio.codec);
    let h264 = video.codec == VideoCodec::H264;
    StreamState {
        codec: if h264 { "h264" } else { "h265" },
        width: video.width,
        height: video.height,
        fps: facts.fps,
        bitrate_bps: facts.bitrate_bps,
        gop_s: facts.gop_s,
        audio: audio.map(|codec| match codec {
            AudioCodec::Aac => "aac",
            AudioCodec::Pcmu => "pcmu",
            AudioCodec::Pcma => "pcma",
            AudioCodec::Opus => "opus",
        }),
        loss_percent: facts.loss_percent,
        long_gop,
        playable: Playable { webrtc: h264, mse: true },
        // Browsers take G.711 by WebRTC only. AAC goes into MP4 as it is, and becomes Opus for WebRTC.
        audio_in: match audio {
            Some(AudioCodec::Aac) if h264 => "both",
            Some(AudioCodec::Aac) => "mse",
            Some(AudioCodec::Pcmu | AudioCodec::Pcma | AudioCodec::Opus) => "webrtc",
            None => "none",
        },
    }
}

/// Different for each stream, and the same after a restart.
fn seed(camera: CameraId, stream: StreamName) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = camera.to_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) ^ stream as u64
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
