//! One camera's sound, from AAC to Opus.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use domain::Timestamp;
use media::au::{AccessUnit, AudioCodec, AudioFormat, Format, Track};

use crate::aac::Aac;
use crate::clock::{Clock, ticks};
use crate::opus::{OPUS_RATE, Opus};

/// Sound that cannot be transcoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// There is none, or it is not AAC.
    #[error("there is no AAC")]
    Codec,
    /// Its configuration cannot be read, or asks for a kind of AAC that no camera sends.
    #[error("the AudioSpecificConfig cannot be used")]
    Config,
}

/// A unit that could not be decoded. Those after it are none the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a unit of AAC could not be decoded")]
pub struct Unreadable;

/// Turns the units of one AAC track into Opus packets of 20 ms.
pub struct Transcoder {
    rate: u32,
    /// What leaves: the source's pictures, and Opus.
    format: Arc<Format>,
    aac: Aac,
    /// Made for the first samples; the decoder alone knows how many a second there really are.
    opus: Option<Opus>,
    clock: Clock,
    pcm: Vec<f32>,
    discontinuity: bool,
}

impl std::fmt::Debug for Transcoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transcoder").field("rate", &self.rate).finish_non_exhaustive()
    }
}

impl Transcoder {
    /// For units of this format. Another format takes another transcoder.
    ///
    /// # Errors
    /// Sound that is not AAC, or whose configuration cannot be used.
    pub fn new(format: &Format) -> Result<Self, Unsupported> {
        let audio = format.audio.as_ref().filter(|audio| audio.codec == AudioCodec::Aac).ok_or(Unsupported::Codec)?;
        let aac = guarded(|| Aac::new(&audio.config)).unwrap_or(Err(Unsupported::Config))?;
        let opus = AudioFormat {
            codec: AudioCodec::Opus,
            sample_rate: OPUS_RATE,
            channels: audio.channels,
            rfc6381: "opus".into(),
            config: Bytes::new(),
            sample_entry: Bytes::new(),
        };
        Ok(Self {
            rate: audio.sample_rate,
            format: Arc::new(Format { video: format.video.clone(), audio: Some(opus) }),
            aac,
            opus: None,
            clock: Clock::default(),
            pcm: Vec::new(),
            discontinuity: true,
        })
    }

    /// Takes the next unit of sound and gives the packets that are now complete, none to four. Their `dts` is in 1/48000 s of
    /// the source's own time; a listener hears each sound at the time at which the source has it.
    ///
    /// # Errors
    /// A unit that cannot be decoded, as hostile as it may be: go on with the next.
    pub fn push(&mut self, au: &AccessUnit) -> Result<Vec<AccessUnit>, Unreadable> {
        let done = guarded(|| self.transcode(au)).unwrap_or(Err(Unreadable));
        if done.is_err() {
            self.restart();
        }
        done
    }

    fn transcode(&mut self, au: &AccessUnit) -> Result<Vec<AccessUnit>, Unreadable> {
        if au.discontinuity {
            self.restart();
        }
        self.pcm.clear();
        let shape = self.aac.decode(&au.data, &mut self.pcm)?;
        let same = self.opus.take().filter(|opus| opus.shape() == shape);
        let remade = same.is_none();
        let opus = self.opus.insert(same.or_else(|| Opus::new(shape)).ok_or(Unreadable)?);
        let time = ticks(au.dts, self.rate);
        if remade {
            self.clock.anchor(time);
            self.discontinuity = true;
        } else if self.clock.unit(time, opus.waiting()) {
            opus.restart();
            self.discontinuity = true;
        }
        opus.push(&self.pcm);
        let mut packets = Vec::new();
        while let Some(data) = opus.packet() {
            let dts = self.clock.packet(opus.delay());
            packets.push(AccessUnit {
                track: Track::Audio,
                format: Arc::clone(&self.format),
                dts,
                cts: 0,
                wall: Timestamp::from_micros(au.wall.micros().saturating_add(micros(dts.saturating_sub(time)))),
                arrived: au.arrived,
                key: true,
                discontinuity: std::mem::take(&mut self.discontinuity),
                data,
            });
        }
        Ok(packets)
    }

    /// What comes next does not join up with what came before.
    fn restart(&mut self) {
        self.aac.restart();
        self.opus = None;
        self.discontinuity = true;
    }
}

/// Ticks of 1/48000 s.
fn micros(ticks: i64) -> i64 {
    ticks.saturating_mul(125) / 6
}

/// Runs a step that reads what a camera sent. A panic in a decoder is a unit that could not be read.
fn guarded<T>(step: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(step)).ok()
}
