//! RTSP (RFC 2326): one [`Source`] a camera stream, one [`RtspStream`] a connection.
//!
//! A source outlives its connections, so that its line of time and its format go on across them.

pub(crate) mod connection;
mod datagrams;
pub(crate) mod format;
mod life;
pub(crate) mod picture;
pub(crate) mod reorder;
mod session;
pub(crate) mod sets;
mod sps;
mod stream;
mod target;
mod timeline;
mod wall;
pub mod wire;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use media::au::{AudioFormat, Format, VideoCodec};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(crate) use self::connection::CONNECT_TIME_MAX;
use self::connection::{Connection, Refusal};
use self::session::Session;
pub use self::stream::{Arrival, RtspStream};
pub use self::target::{Target, Transport};
use self::timeline::Timeline;
use self::wire::{Description, Media};
use crate::{CameraError, Phase};

/// Answers of cameras that wake up, or ask an encoder first.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

/// How long a new connection waits for the farewell to the one before. Some cameras serve only one.
const FAREWELL_TIME_MAX: Duration = Duration::from_millis(500);

/// A camera's stream, connected or not.
pub struct Source {
    target: Target,
    clock: Arc<dyn Clock>,
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
    /// Says to the camera that the connection before is over.
    farewell: Option<JoinHandle<()>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("target", &self.target).finish_non_exhaustive()
    }
}

/// A sound track that was set up, or why there is none.
#[derive(Debug, Default)]
struct Sound {
    /// What the camera calls its coding, and what it is.
    track: Option<(String, AudioFormat)>,
    problem: Option<CameraError>,
}

impl Source {
    /// A stream that is not connected yet.
    #[must_use]
    pub fn new(target: Target, clock: Arc<dyn Clock>) -> Self {
        Self { target, clock, carry: Carry::default() }
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
        self.wait_farewell(FAREWELL_TIME_MAX).await;
        let mut connection = Connection::open(&self.target).await?;
        let signs_in = connection.signs_in();
        let described = async { connection.describe().await.map_err(|refusal| refusal.into_error(Phase::Describe, signs_in)) };
        let description = within(Phase::Describe, described).await?;
        let (video, codec) = video_track(&description)?;
        let mut session = Session::new(connection);
        within(Phase::Setup, session.set_up_video(video, codec, self.target.transport())).await?;
        let sound = self.set_up_sound(&mut session, &description).await?;
        within(Phase::Play, session.play(&description)).await?;
        tracing::debug!(address = %self.target.address(), ?codec, sound = sound.track.is_some(), "playing");
        let sets = format::described_sets(codec, video);
        Ok(RtspStream::new(session, &mut self.carry, &*self.clock, self.target.address(), (codec, sets), sound))
    }

    /// Waits until the camera has heard that its sessions are over, at most `deadline`.
    pub async fn close(mut self, deadline: Duration) {
        self.wait_farewell(deadline).await;
    }

    async fn wait_farewell(&mut self, deadline: Duration) {
        if let Some(farewell) = self.carry.farewell.take()
            && timeout(deadline, farewell).await.is_err()
        {
            tracing::debug!(address = %self.target.address(), "no answer to TEARDOWN in time");
        }
    }

    /// Sets up the sound track where one is wanted, there, and understood. The picture goes on without it.
    async fn set_up_sound(&self, session: &mut Session, description: &Description) -> Result<Sound, CameraError> {
        if !self.target.audio() {
            return Ok(Sound::default());
        }
        let tracks = || description.media.iter().filter(|media| media.kind == "audio");
        let understood = || tracks().find_map(|media| Some((media, format::sound(media)?)));
        let Some(first) = tracks().next() else { return Ok(Sound::default()) };
        let without = |media: &Media| {
            let problem = CameraError::AudioUnsupported(CameraError::codec_name(&media.encoding));
            Ok(Sound { track: None, problem: Some(problem) })
        };
        let Some((media, format)) = understood().filter(|_| !self.carry.audio_broken) else { return without(first) };
        match timeout(ANSWER_TIME_MAX, session.set_up_audio(media, &format, self.target.transport())).await {
            Ok(Ok(())) => Ok(Sound { track: Some((CameraError::codec_name(&media.encoding), format)), problem: None }),
            // The camera said no; the connection stands.
            Ok(Err(Refusal::Status(_))) => without(media),
            Ok(Err(Refusal::Lost(error))) => Err(error),
            Err(_) => Err(CameraError::Timeout(Phase::Setup)),
        }
    }
}

async fn within<T>(phase: Phase, work: impl Future<Output = Result<T, CameraError>>) -> Result<T, CameraError> {
    timeout(ANSWER_TIME_MAX, work).await.unwrap_or(Err(CameraError::Timeout(phase)))
}

/// The first picture track that is understood.
pub(crate) fn video_track(description: &Description) -> Result<(&Media, VideoCodec), CameraError> {
    let pictures = || description.media.iter().filter(|media| media.kind == "video");
    let understood = |media: &&Media| media.clock_rate == media::au::VIDEO_TIMESCALE;
    let mut known = pictures().filter(understood).filter_map(|media| Some((media, format::video_codec(&media.encoding)?)));
    known.next().ok_or_else(|| match pictures().next() {
        Some(media) => CameraError::CodecUnsupported(CameraError::codec_name(&media.encoding)),
        None => CameraError::NoVideo,
    })
}
