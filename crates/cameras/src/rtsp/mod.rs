//! RTSP (RFC 2326) on retina: one [`Source`] a camera stream, one [`RtspStream`] a connection.
//!
//! A source outlives its connections, so that its line of time and its format go on across them.

pub(crate) mod format;
pub(crate) mod picture;
pub(crate) mod reorder;
mod sps;
mod stream;
mod target;
mod timeline;
mod wall;

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use futures::FutureExt as _;
use media::au::{AudioFormat, Format, VideoCodec};
use retina::client::{
    Described, InitialTimestampPolicy, PlayOptions, Session, SessionGroup, SessionOptions, SetupOptions, Stream,
    TcpTransportOptions, UdpTransportOptions,
};
use retina::codec::FrameFormat;
use tokio::net::TcpStream;
use tokio::time::timeout;

pub use self::stream::{Arrival, RtspStream};
pub use self::target::{Target, Transport};
use self::timeline::Timeline;
use crate::{CameraError, Phase};

/// A host that has not taken a connection by then is not there: three SYNs on a local network.
pub(crate) const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// Answers of cameras that wake up, or ask an encoder first.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

/// How long a look takes whether a host that did not answer is there at all.
const LOOK_TIME_MAX: Duration = Duration::from_secs(1);

/// How long a new connection waits for the farewell to the one before. Some cameras serve only one.
const FAREWELL_TIME_MAX: Duration = Duration::from_millis(500);

/// A camera's stream, connected or not.
pub struct Source {
    target: Target,
    clock: Arc<dyn Clock>,
    sessions: Arc<SessionGroup>,
    carry: Carry,
}

/// What goes on across connections.
#[derive(Debug, Default)]
struct Carry {
    timeline: Timeline,
    reorder: reorder::Reorder,
    format: Option<Arc<Format>>,
    /// The sound track broke a connection: not asked for again.
    audio_broken: bool,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("target", &self.target).finish_non_exhaustive()
    }
}

/// A sound track that was set up, or why there is none.
#[derive(Debug, Default)]
struct Sound {
    track: Option<(usize, AudioFormat)>,
    problem: Option<CameraError>,
}

impl Source {
    /// A stream that is not connected yet.
    #[must_use]
    pub fn new(target: Target, clock: Arc<dyn Clock>) -> Self {
        Self { target, clock, sessions: Arc::default(), carry: Carry::default() }
    }

    /// Where it is.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Connects, signs in and plays. Takes at most about 25 s; drop the future to stop earlier.
    ///
    /// # Errors
    /// Why the camera gives no picture. Sound that cannot be had is no error: see [`RtspStream::audio_problem`].
    pub async fn open(&mut self) -> Result<RtspStream<'_>, CameraError> {
        // An error here is the old connection's; the new one will show its own.
        let _ = timeout(FAREWELL_TIME_MAX, self.sessions.await_teardown()).await;
        let mut session = self.describe().await?;
        let (video, codec) = video_track(session.streams())?;
        self.within(Phase::Setup, session.setup(video, self.options())).await?;
        let sound = self.set_up_sound(&mut session).await?;
        // Sender reports and arrivals say how tracks belong together; many cameras' RTP-Info is wrong or missing.
        let options = PlayOptions::default().initial_timestamp(InitialTimestampPolicy::Ignore);
        let session = self.within(Phase::Play, session.play(options)).await?;
        let session = session.demuxed().map_err(|_| CameraError::SdpInvalid)?;
        tracing::debug!(address = %self.target.address(), ?codec, sound = sound.track.is_some(), "playing");
        RtspStream::new(session, &mut self.carry, &*self.clock, self.target.address(), (video, codec), sound)
    }

    /// Waits until the camera has heard that its sessions are over, at most `deadline`.
    pub async fn close(self, deadline: Duration) {
        if timeout(deadline, self.sessions.await_teardown()).await.is_err() {
            tracing::debug!(address = %self.target.address(), "no answer to TEARDOWN in time");
        }
    }

    async fn describe(&self) -> Result<Session<Described>, CameraError> {
        let options = SessionOptions::default()
            .creds(self.target.credentials())
            .user_agent(concat!("atipcam/", env!("CARGO_PKG_VERSION")).to_owned())
            .session_group(Arc::clone(&self.sessions));
        let described = unpanicked(Session::describe(self.target.url().clone(), options));
        match timeout(CONNECT_TIME_MAX + ANSWER_TIME_MAX, described).await {
            Ok(Ok(result)) => result.map_err(|error| self.error(&error, Phase::Describe)),
            Ok(Err(_)) => Err(CameraError::SdpInvalid),
            Err(_) => Err(self.silence().await),
        }
    }

    /// Why there was no answer: nobody is there, or somebody who says nothing.
    async fn silence(&self) -> CameraError {
        match timeout(LOOK_TIME_MAX, TcpStream::connect((self.target.host(), self.target.port()))).await {
            Ok(Ok(_)) => CameraError::Timeout(Phase::Describe),
            Ok(Err(error)) => CameraError::from_io(&error.to_string(), &self.target.address()),
            Err(_) => CameraError::Unreachable { address: self.target.address(), cause: "no answer".into() },
        }
    }

    /// Sets up the sound track where one is wanted, there, and understood. The picture goes on without it.
    async fn set_up_sound(&self, session: &mut Session<Described>) -> Result<Sound, CameraError> {
        if !self.target.audio() {
            return Ok(Sound::default());
        }
        let tracks = || session.streams().iter().enumerate().filter(|(_, stream)| stream.media() == "audio");
        let Some((index, stream)) = tracks().find(|(_, stream)| format::audio(stream).is_ok()).or_else(|| tracks().next()) else {
            return Ok(Sound::default());
        };
        let name = CameraError::codec_name(stream.encoding_name());
        let without = |problem| Ok(Sound { track: None, problem: Some(problem) });
        if self.carry.audio_broken {
            return without(CameraError::AudioUnsupported(name));
        }
        let format = match format::audio(stream) {
            Ok(format) => format,
            Err(problem) => return without(problem),
        };
        match timeout(ANSWER_TIME_MAX, session.setup(index, self.options())).await {
            Ok(Ok(())) => Ok(Sound { track: Some((index, format)), problem: None }),
            // The camera said no; the connection stands.
            Ok(Err(error)) if error.status_code().is_some() => without(CameraError::AudioUnsupported(name)),
            Ok(Err(error)) => Err(self.error(&error, Phase::Setup)),
            Err(_) => Err(CameraError::Timeout(Phase::Setup)),
        }
    }

    fn options(&self) -> SetupOptions {
        let transport = match self.target.transport() {
            Transport::Tcp => retina::client::Transport::Tcp(TcpTransportOptions::default()),
            Transport::Udp => retina::client::Transport::Udp(UdpTransportOptions::default()),
        };
        SetupOptions::default().transport(transport).frame_format(FrameFormat::MP4)
    }

    async fn within<T>(&self, phase: Phase, work: impl Future<Output = Result<T, retina::Error>>) -> Result<T, CameraError> {
        match timeout(ANSWER_TIME_MAX, unpanicked(work)).await {
            Ok(Ok(result)) => result.map_err(|error| self.error(&error, phase)),
            Ok(Err(_)) => Err(CameraError::Protocol { phase, cause: "its answers make no sense".into() }),
            Err(_) => Err(CameraError::Timeout(phase)),
        }
    }

    fn error(&self, error: &retina::Error, phase: Phase) -> CameraError {
        CameraError::from_retina(error, phase, &self.target.address(), self.target.credentials().is_some())
    }
}

/// What retina and its parsers do with a camera's bytes. They assert what a camera need not keep; the session is dropped with the
/// panic, so nothing of it is seen half done.
fn unpanicked<T>(work: impl Future<Output = T>) -> impl Future<Output = std::thread::Result<T>> {
    AssertUnwindSafe(work).catch_unwind()
}

/// The first picture track that is understood.
fn video_track(streams: &[Stream]) -> Result<(usize, VideoCodec), CameraError> {
    let pictures = || streams.iter().enumerate().filter(|(_, stream)| stream.media() == "video");
    let understood = pictures().find_map(|(index, stream)| Some((index, format::video_codec(stream.encoding_name())?)));
    understood.ok_or_else(|| match pictures().next() {
        Some((_, stream)) => CameraError::CodecUnsupported(CameraError::codec_name(stream.encoding_name())),
        None => CameraError::NoVideo,
    })
}
