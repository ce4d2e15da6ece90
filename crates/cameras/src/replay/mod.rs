//! What a camera kept, fetched from it: RTSP with ONVIF's replay (Streaming Specification, section 6), which retina does not speak.
//!
//! One connection, interleaved, as quickly as it goes: who reads slowly slows the camera down. Whatever a camera sends is bounded;
//! what it says wrongly is an error with a code.

mod connection;
pub mod wire;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Kind, TimeRange};
use media::au::{AccessUnit, Format, Track, VideoCodec, VideoFormat};
use tokio::time::Instant;

use self::connection::Connection;
use self::wire::{Assembler, Incoming, Unit, WireError, is_farewell, packet};
use crate::rtsp::picture::{Picture, picture};
use crate::rtsp::reorder::Reorder;
use crate::rtsp::{Target, format};
use crate::{CameraError, Phase};

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
            Self::Wire(WireError::TooLarge) => "replay.too_large",
            Self::Wire(_) => "replay.protocol",
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
            ReplayError::Wire(_) | ReplayError::Format => Kind::Unavailable,
        };
        Self::new(kind, error.code(), error.to_string())
    }
}

/// A replay that runs. Dropped, the connection is closed.
pub struct Replay {
    connection: Connection,
    clock: Arc<dyn Clock>,
    codec: VideoCodec,
    payload_type: u8,
    assembler: Assembler,
    /// Whose parameter sets these pictures likely have.
    known: Option<Arc<Format>>,
    format: Option<Arc<Format>>,
    reorder: Reorder,
    range: TimeRange,
    undecodable: u32,
    /// The newest picture was the last that was kept.
    end: bool,
    over: bool,
    units: VecDeque<Unit>,
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
        let (connection, description) = Connection::open(target, range).await?;
        let mut replay = Self {
            connection,
            clock,
            codec: description.codec,
            payload_type: description.payload_type,
            assembler: Assembler::new(description.codec),
            known,
            format: None,
            reorder: Reorder::default(),
            range,
            undecodable: 0,
            end: false,
            over: false,
            units: VecDeque::new(),
        };
        if !description.parameter_sets.is_empty() {
            // They may be wrong; those that come with the pictures count.
            let _ = replay.learn(description.parameter_sets);
        }
        Ok(replay)
    }

    /// The next picture, beginning with the key picture at or before the range; `None` at the end. Its decoding time counts from
    /// where the replay began, its wall-clock time is the camera's. Cancel safe.
    ///
    /// # Errors
    /// [`ReplayError`]: what came so far is good, and nothing more comes.
    pub async fn next(&mut self) -> Result<Option<AccessUnit>, ReplayError> {
        loop {
            while let Some(unit) = self.units.pop_front() {
                if let Some(unit) = self.picture(unit)? {
                    return Ok(Some(unit));
                }
            }
            if self.over {
                return Ok(None);
            }
            self.receive().await?;
        }
    }

    async fn receive(&mut self) -> Result<(), ReplayError> {
        let patience = if self.end { END_TIME_MAX } else { STALL_TIME_MAX };
        match self.connection.next(Instant::now() + patience).await {
            Ok(Incoming::Interleaved { channel, data }) if channel == self.connection.channel() => {
                let packet = packet(data).ok_or(WireError::Packets)?;
                if packet.payload_type == self.payload_type {
                    self.assembler.push(packet)?;
                }
            }
            Ok(Incoming::Interleaved { channel, data }) if channel == self.connection.channel() + 1 => {
                if is_farewell(&data) {
                    self.finish()?;
                }
            }
            // Other tracks, and answers to signs of life.
            Ok(_) => {}
            Err(_) if self.end => self.finish()?,
            Err(error) => return Err(error),
        }
        self.units.extend(std::iter::from_fn(|| self.assembler.poll()));
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ReplayError> {
        self.over = true;
        Ok(self.assembler.finish()?)
    }

    fn picture(&mut self, unit: Unit) -> Result<Option<AccessUnit>, ReplayError> {
        self.end = unit.end;
        self.over |= unit.terminal || unit.wall >= self.range.to();
        if !unit.parameter_sets.is_empty() {
            self.learn(unit.parameter_sets)?;
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
            track: Track::Video,
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
    fn learn(&mut self, sets: Vec<bytes::Bytes>) -> Result<(), ReplayError> {
        let same = |format: &Arc<Format>| (format.video.codec, &format.video.parameter_sets) == (self.codec, &sets);
        if self.format.as_ref().is_some_and(same) {
            return Ok(());
        }
        let format = match self.known.as_ref().filter(|known| same(known)) {
            Some(known) => Arc::clone(known),
            None => Arc::new(Format { video: video_format(self.codec, &sets)?, audio: None }),
        };
        self.reorder.restart(format::reorder_depth(&format.video));
        self.format = Some(format);
        Ok(())
    }
}

/// The format of pictures with these parameter sets. Of H.265 only those are read that were seen live before.
fn video_format(codec: VideoCodec, sets: &[bytes::Bytes]) -> Result<VideoFormat, ReplayError> {
    match (codec, sets) {
        (VideoCodec::H264, [sps, pps]) => format::of_h264(sps, pps).map_err(|_| ReplayError::Format),
        _ => Err(ReplayError::Format),
    }
}

/// What a status means while a replay is set up.
fn refused(status: u16, signed_in: bool, phase: Phase) -> ReplayError {
    match status {
        457 => ReplayError::NotKept,
        501 | 551 => ReplayError::Unsupported,
        _ => CameraError::from_status(status, phase, signed_in).into(),
    }
}
