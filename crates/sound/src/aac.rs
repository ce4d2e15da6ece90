//! AAC access units to samples.

use bytes::Bytes;
use syom::{DecodeOptions, Decoder};

use crate::transcoder::{Unreadable, Unsupported};

/// Bytes of one access unit at most: 6144 bits a channel (ISO/IEC 14496-3, 4.5.3.3), eight channels, and as much again for
/// what stands beside the channels.
const UNIT_BYTES_MAX: usize = 2 * 8 * 6144 / 8;

/// Samples a second that a configuration may ask for; no camera has a microphone beyond.
const RATE_MAX: u32 = 96_000;

/// How decoded samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Samples a second: twice what the format says where the stream has spectral band replication.
    pub(crate) rate: u32,
    /// 1, or 2 interleaved.
    pub(crate) channels: usize,
}

/// A decoder that is whole again after whatever it was fed.
pub(crate) struct Aac {
    /// AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
    config: Bytes,
    decoder: Option<Decoder>,
}

impl Aac {
    pub(crate) fn new(config: &Bytes) -> Result<Self, Unsupported> {
        let mut aac = Self { config: config.clone(), decoder: None };
        aac.decoder = Some(aac.fresh().ok_or(Unsupported::Config)?);
        Ok(aac)
    }

    fn fresh(&self) -> Option<Decoder> {
        let mut options = DecodeOptions::unbounded();
        options.max_sample_rate = RATE_MAX;
        Decoder::from_asc(&self.config, options).ok()
    }

    /// Forgets what came before: the next unit does not join up with it.
    pub(crate) fn restart(&mut self) {
        self.decoder = None;
    }

    /// Decodes one access unit onto `pcm`, interleaved. More than two channels become one.
    pub(crate) fn decode(&mut self, unit: &[u8], pcm: &mut Vec<f32>) -> Result<Shape, Unreadable> {
        if unit.len() > UNIT_BYTES_MAX {
            return Err(Unreadable);
        }
        // Out of its place until it has done well: after an error, or a panic that the caller caught, a fresh one is made.
        let mut decoder = self.decoder.take().or_else(|| self.fresh()).ok_or(Unreadable)?;
        let mut shape = None;
        let done = decoder.decode_au(unit, |frame| {
            shape = interleave(frame.planar, frame.samples, pcm).map(|channels| Shape { rate: frame.sample_rate, channels });
            Ok(())
        });
        let shape = shape.filter(|shape| done.is_ok() && (1..=RATE_MAX).contains(&shape.rate)).ok_or(Unreadable)?;
        self.decoder = Some(decoder);
        Ok(shape)
    }
}

fn interleave(planes: &[&[f32]], samples: usize, pcm: &mut Vec<f32>) -> Option<usize> {
    let planes: Vec<&[f32]> = planes.iter().map(|plane| plane.get(..samples)).collect::<Option<_>>()?;
    match planes.as_slice() {
        [] => return None,
        [one] => pcm.extend(one.iter().map(|sample| tame(*sample))),
        [left, right] => pcm.extend(left.iter().zip(*right).flat_map(|(left, right)| [tame(*left), tame(*right)])),
        many => {
            let mean = |n: usize| many.iter().filter_map(|plane| plane.get(n)).map(|s| tame(*s)).sum::<f32>() / many.len() as f32;
            pcm.extend((0..samples).map(mean));
        }
    }
    Some(if planes.len() == 2 { 2 } else { 1 })
}

/// A sample within full scale: a broken stream may decode to anything.
fn tame(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}
