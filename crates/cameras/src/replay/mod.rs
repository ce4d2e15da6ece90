//! What a camera kept, fetched from it: RTSP with ONVIF's replay (Streaming Specification, section 6).
//!
//! One connection, interleaved, as quickly as it goes: who reads slowly slows the camera down. Whatever a camera sends is bounded;
//! what it says wrongly is an error with a code.

mod track;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Kind, TimeRange};
use media::au::{AccessUnit, Format, VideoCodec, VideoFormat};
use media::rtsp::replay::{OPTION, clock_range_text};
use tokio::time::timeout;

use self::track::{Track, Unit};
use crate::rtsp::connection::{Connection, Refusal};
use crate::rtsp::picture::{Picture, picture};
use crate::rtsp::reorder::Reorder;
use crate::rtsp::sets::Sets;
use crate::rtsp::wire::{Response, WireError};
use crate::rtsp::{Target, format, video_track};
use crate::{CameraError, Phase};

/// A recorder that looks for a file takes longer to answer than a camera that plays.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(8);

/// Without a byte for that long, the camera has stalled: it may have to find a file first.
const STALL_TIME_MAX: Duration = Duration::from_secs(15);

/// After the last picture of what it kept, a camera that says no farewell is waited for so long.
const END_TIME_MAX: Duration = Duration::from_secs(3);

/// Pictures without their parameter sets that are passed over, at the most: a GOP of the longest that there are.
const UNDECODABLE_MAX: u32 = 500;

/// Why there is nothing to fetch, or nothing more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The connection or the sign-in.
    #[error(transparent)]
    Camera(#[from] CameraError),
    /// It kept nothing of that time.
    #[error("the camera kept nothing of that time")]
    NotKept,
    /// It does not replay.
    #[error("the camera does not replay")]
    Unsupported,
    /// What it sends cannot be used.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Pictures without the time at which they were taken.
    #[error("it does not say when its pictures were taken")]
    NoTime,
    /// Parameter sets that cannot be read, or none.
    #[error("its parameter sets are missing or cannot be used")]
    Format,
}

impl ReplayError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Camera(error) => error.code(),
            Self::NotKept => "replay.not_kept",
            Self::Unsupported => "replay.unsupported",
            Self::Wire(WireError::TooLarge | WireError::ParameterSets) => "replay.too_large",
            Self::Wire(_) | Self::NoTime => "replay.protocol",
            Self::Format => "replay.format",
        }
    }
}

impl From<ReplayError> for domain::Error {
    fn from(error: ReplayError) -> Self {
        let kind = match &error {
            ReplayError::Camera(error) => error.kind(),
            ReplayError::NotKept => Kind::NotFound,
            ReplayError::Unsupported => Kind::Unsupported,
            ReplayError::Wire(_) | ReplayError::NoTime | ReplayError::Format => Kind::Unavailable,
        };
        Self::new(kind, error.code(), error.to_string())
    }
}

/// A replay that runs. Dropped, the connection is closed.
pub struct Replay {
    connection: Connection,
    clock: Arc<dyn Clock>,
    track: Track,
    codec: VideoCodec,
    sets: Sets,
    /// Whose parameter sets these pictures likely have.
    known: Option<Arc<Format>>,
    format: Option<Arc<Format>>,
    reorder: Reorder,
    range: TimeRange,
    undecodable: u32,
    /// The newest picture was the last that was kept.
    end: bool,
    over: bool,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("range", &self.range).finish_non_exhaustive()
    }
}

impl Replay {
    /// Connects, signs in and asks for `range` by the camera's clock. `known` is the format of footage beside it: pictures with its
    /// parameter sets are given out in it.
    ///
    /// # Errors
    /// [`ReplayError`]; at the latest after some 30 s.
    pub async fn open(
        target: &Target,
        range: TimeRange,
        known: Option<Arc<Format>>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ReplayError> {
        let mut connection = Connection::open(target).await?;
        let signs_in = connection.signs_in();
        let described = within(Phase::Describe, connection.describe()).await?;
        let description = described.map_err(|refusal| refused(refusal, signs_in, Phase::Describe))?;
        let (media, codec) = video_track(&description)?;
        let url = media.control.as_ref().map(|control| control.at(connection.url()));
        let headers = format!("Require: {OPTION}\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
        let answer = ask(&mut connection, "SETUP", url.as_deref(), &headers, Phase::Setup, None).await?;
        let mut track = Track::new(channel(&answer), media.payload_type, codec);
        let wanted = clock_range_text(range.from(), Some(range.to()));
        let headers = format!("Require: {OPTION}\r\nRange: {wanted}\r\nRate-Control: no\r\nImmediate: yes\r\n");
        let url = description.control.as_ref().map(|control| control.at(connection.url()));
        ask(&mut connection, "PLAY", url.as_deref(), &headers, Phase::Play, Some(&mut track)).await?;
        let mut replay = Self {
            connection,
            clock,
            track,
            codec,
            sets: Sets::new(codec),
            known,
            format: None,
            reorder: Reorder::default(),
            range,
            undecodable: 0,
            end: false,
            over: false,
        };
        // They may be wrong; those that come with the pictures count.
        let _ = replay.learn(&format::described_sets(codec, media));
        Ok(replay)
    }

    /// The next picture, beginning with the key picture at or before the range; `None` at the end. Its decoding time counts from
    /// where the replay began, its wall-clock time is the camera's. Cancel safe.
    ///
    /// # Errors
    /// [`ReplayError`]: what came so far is good, and nothing more comes.
    pub async fn next(&mut self) -> Result<Option<AccessUnit>, ReplayError> {
        loop {
            while let Some(unit) = self.track.poll()? {
                if let Some(unit) = self.picture(unit)? {
                    return Ok(Some(unit));
                }
            }
            if self.over || self.track.is_over() {
                return Ok(None);
            }
            self.receive().await?;
        }
    }

    async fn receive(&mut self) -> Result<(), ReplayError> {
        let patience = if self.end { END_TIME_MAX } else { STALL_TIME_MAX };
        let Self { connection, track, .. } = self;
        let each = &mut |channel, data: &[u8]| track.take(channel, data);
        match timeout(patience, connection.receive(Phase::Picture, each)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) if self.end => track.finish(),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => return Err(CameraError::Stalled("nothing more came of a replay").into()),
        }
        Ok(())
    }

    fn picture(&mut self, unit: Unit) -> Result<Option<AccessUnit>, ReplayError> {
        self.end = unit.end;
        self.over |= unit.terminal || unit.wall >= self.range.to();
        if !unit.parameter_sets.is_empty() {
            self.learn(&unit.parameter_sets)?;
        }
        let Some(kind) = picture(self.codec, &unit.data) else { return Ok(None) };
        let Some(format) = &self.format else {
            self.undecodable += 1;
            return if self.undecodable > UNDECODABLE_MAX { Err(ReplayError::Format) } else { Ok(None) };
        };
        if unit.discontinuity {
            self.reorder.jump();
        }
        let (dts, cts) = self.reorder.place(unit.pts);
        Ok(Some(AccessUnit {
            track: media::au::Track::Video,
            format: Arc::clone(format),
            dts,
            cts,
            wall: unit.wall,
            arrived: self.clock.mono(),
            key: kind == Picture::Key,
            discontinuity: unit.discontinuity,
            data: unit.data,
        }))
    }

    /// Takes parameter sets: those of the format at hand, of the known one, or of a new one.
    fn learn(&mut self, sets: &[bytes::Bytes]) -> Result<(), ReplayError> {
        let Some(sets) = self.sets.take(sets).then(|| self.sets.all()).flatten() else { return Ok(()) };
        let same = |format: &&Arc<Format>| (format.video.codec, &format.video.parameter_sets) == (self.codec, &sets);
        let format = match self.known.as_ref().filter(same) {
            Some(known) => Arc::clone(known),
            None => Arc::new(Format { video: video_format(self.codec, &sets)?, audio: None }),
        };
        self.reorder.restart(format::reorder_depth(&format.video));
        self.format = Some(format);
        Ok(())
    }
}

fn video_format(codec: VideoCodec, sets: &[bytes::Bytes]) -> Result<VideoFormat, ReplayError> {
    format::video(codec, sets).map_err(|_| ReplayError::Format)
}

/// Asks, about all tracks where there is no `url`, and gives what comes meanwhile to `track`.
async fn ask(
    connection: &mut Connection,
    method: &str,
    url: Option<&str>,
    headers: &str,
    phase: Phase,
    mut track: Option<&mut Track>,
) -> Result<Response, ReplayError> {
    let (url, signs_in) = (url.unwrap_or(connection.url()).to_owned(), connection.signs_in());
    let each = &mut |channel, data: &[u8]| {
        if let Some(track) = &mut track {
            track.take(channel, data);
        }
    };
    let asked = within(phase, connection.ask(method, &url, headers, phase, each)).await?;
    asked.map_err(|refusal| refused(refusal, signs_in, phase))
}

async fn within<T>(phase: Phase, work: impl Future<Output = T>) -> Result<T, ReplayError> {
    timeout(ANSWER_TIME_MAX, work).await.map_err(|_| CameraError::Timeout(phase).into())
}

/// The channel that a camera chose; reports come on the next.
fn channel(answer: &Response) -> u8 {
    let chosen = answer.transport("interleaved").and_then(|pair| pair.split('-').next()?.parse().ok());
    chosen.filter(|channel| *channel < u8::MAX).unwrap_or(0)
}

/// What a refusal means while a replay is set up.
fn refused(refusal: Refusal, signed_in: bool, phase: Phase) -> ReplayError {
    match refusal {
        Refusal::Status(457) => ReplayError::NotKept,
        Refusal::Status(501 | 551) => ReplayError::Unsupported,
        refusal => refusal.into_error(phase, signed_in).into(),
    }
}
