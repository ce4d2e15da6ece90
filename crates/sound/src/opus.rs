//! Samples to Opus packets.

use bytes::Bytes;
use ropus::{Application, Bitrate, Channels, Encoder};

use crate::aac::Shape;
use crate::resample::Resampler;

/// Ticks a second of Opus over RTP, whatever the rate that it was made from (RFC 7587, section 4.1).
pub(crate) const OPUS_RATE: u32 = 48_000;

/// One packet lasts 20 ms, in ticks of 1/48000 s.
pub const PACKET_TICKS: u32 = OPUS_RATE / 50;

/// Bits a second and channel: wide-band speech without a flaw, and a street as it sounds.
const BITRATE: u32 = 32_000;

/// From 0 to 10. At 3 a mono minute takes 0.3 s of a core, at 5 half as much again, and no camera's microphone shows the difference.
const COMPLEXITY: u8 = 3;

/// Bytes of a packet at most (RFC 6716, section 3.4: a frame has 1275); the bit rate keeps it near 80 a channel.
const PACKET_BYTES_MAX: usize = 1276;

/// An encoder for samples of one shape.
pub(crate) struct Opus {
    shape: Shape,
    encoder: Encoder,
    /// Where the encoder does not take the source's rate.
    resampler: Option<Resampler>,
    /// Interleaved samples at the encoder's rate that wait for a packet to be full.
    waiting: Vec<f32>,
    packet: [u8; PACKET_BYTES_MAX],
}

impl Opus {
    /// `None` where no encoder can be made for the shape.
    pub(crate) fn new(shape: Shape) -> Option<Self> {
        let resampler = match shape.rate {
            8_000 | 12_000 | 16_000 | 24_000 | OPUS_RATE => None,
            rate => Some(Resampler::new(rate, OPUS_RATE, shape.channels)?),
        };
        let channels = if shape.channels == 1 { Channels::Mono } else { Channels::Stereo };
        let rate = if resampler.is_some() { OPUS_RATE } else { shape.rate };
        let encoder = Encoder::builder(rate, channels, Application::Voip)
            .bitrate(Bitrate::try_bits(BITRATE * channels.count() as u32).ok()?)
            .complexity(COMPLEXITY)
            .build()
            .ok()?;
        Some(Self { shape, encoder, resampler, waiting: Vec::new(), packet: [0; PACKET_BYTES_MAX] })
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// How many ticks the packets' sound lags behind the samples that were pushed.
    pub(crate) fn delay(&self) -> i64 {
        i64::from(self.encoder.lookahead()) + self.resampler.as_ref().map_or(0, Resampler::delay)
    }

    /// Ticks of sound that wait.
    pub(crate) fn waiting(&self) -> i64 {
        let samples = self.waiting.len() / self.shape.channels;
        samples as i64 * i64::from(OPUS_RATE / self.encoder.sample_rate())
    }

    /// Forgets what waits.
    pub(crate) fn restart(&mut self) {
        self.waiting.clear();
        if let Some(resampler) = &mut self.resampler {
            resampler.restart();
        }
    }

    pub(crate) fn push(&mut self, pcm: &[f32]) {
        match &mut self.resampler {
            Some(resampler) => resampler.push(pcm, &mut self.waiting),
            None => self.waiting.extend_from_slice(pcm),
        }
    }

    /// The next packet, once 20 ms are there.
    pub(crate) fn packet(&mut self) -> Option<Bytes> {
        let samples = self.encoder.sample_rate() as usize / 50 * self.shape.channels;
        let pcm = self.waiting.get(..samples)?;
        // The sizes are right by construction; whatever it may have against these 20 ms, they are lost, and the next ones come.
        let length = self.encoder.encode_float(pcm, &mut self.packet).unwrap_or(0);
        self.waiting.drain(..samples);
        self.packet.get(..length).map(Bytes::copy_from_slice)
    }
}
