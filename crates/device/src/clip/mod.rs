//! A loop of coded pictures and sound, as samples of an .mp4 in memory.

mod demux;
mod format;
mod mux;
mod sound;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::{Error, Kind, Result};
use media::au::{AudioCodec, Format, Track, VIDEO_TIMESCALE, VideoCodec, nal_units};

pub(crate) use mux::write as write_mp4;

/// Largest file that is loaded: it is played from memory.
pub(crate) const FILE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// One loop.
#[derive(Debug)]
pub(crate) struct Clip {
    pub(crate) format: Arc<Format>,
    pub(crate) video: TrackSamples,
    pub(crate) audio: Option<TrackSamples>,
    /// Ticks of video until it begins again.
    pub(crate) length: i64,
    /// Bytes of each NAL unit's length in the samples.
    nal_length: usize,
}

/// One track's samples and the memory they lie in.
#[derive(Debug, Clone)]
pub(crate) struct TrackSamples {
    data: Bytes,
    pub(crate) samples: Arc<[Sample]>,
}

/// One sample; times in track ticks from the loop's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) offset: usize,
    pub(crate) size: usize,
    pub(crate) dts: i64,
    pub(crate) duration: i64,
    pub(crate) cts: i32,
    pub(crate) key: bool,
}

pub(crate) fn unusable(detail: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Kind::Unsupported, "device.file_unusable", detail)
}

impl Clip {
    /// Reads an .mp4.
    pub(crate) fn parse(file: &Bytes) -> Result<Self> {
        demux::parse(file)
    }

    /// The same pictures without sound.
    pub(crate) fn silent(self) -> Self {
        let format = Format { video: self.format.video.clone(), audio: None };
        Self { format: Arc::new(format), audio: None, ..self }
    }

    /// The same pictures with generated sound.
    pub(crate) fn with_sound(self, codec: AudioCodec) -> Self {
        let seconds = self.length as f64 / f64::from(VIDEO_TIMESCALE);
        let (audio, samples) = sound::chime(codec, seconds);
        let format = Format { video: self.format.video.clone(), audio: Some(audio) };
        Self { format: Arc::new(format), audio: Some(samples), ..self }
    }

    /// The pictures of `self` for a stream whose sound goes on as `format` says.
    pub(crate) fn under_sound_of(self, format: &Format) -> Self {
        let format = Format { video: self.format.video.clone(), audio: format.audio.clone() };
        Self { format: Arc::new(format), audio: None, ..self }
    }

    /// The first key picture as a JPEG; `None` where it cannot be decoded. Blocks for some 30 ms.
    pub(crate) fn still(&self) -> Option<Bytes> {
        let sample = self.video.samples.iter().find(|sample| sample.key)?;
        media::still::jpeg(&self.format.video, &self.unit_data(Track::Video, *sample), u16::MAX).ok()
    }

    pub(crate) fn track(&self, track: Track) -> Option<&TrackSamples> {
        match track {
            Track::Video => Some(&self.video),
            Track::Audio => self.audio.as_ref(),
        }
    }

    /// A sample as access units have it: 4-byte lengths, no parameter sets. Shares the file's memory where it already is so.
    pub(crate) fn unit_data(&self, track: Track, sample: Sample) -> Bytes {
        let Some(samples) = self.track(track) else { return Bytes::new() };
        let data = samples.data.slice(sample.offset..sample.offset + sample.size);
        if track == Track::Audio {
            return data;
        }
        let data = if self.nal_length == 4 { data } else { with_long_lengths(&data, self.nal_length) };
        let codec = self.format.video.codec;
        if !nal_units(&data).any(|nal| is_parameter_set(codec, &nal)) {
            return data;
        }
        let mut bare = BytesMut::with_capacity(data.len());
        nal_units(&data).filter(|nal| !is_parameter_set(codec, nal)).for_each(|nal| put_nal(&mut bare, &nal));
        bare.freeze()
    }
}

impl TrackSamples {
    /// Samples that lie in `data`; the caller has checked that they do.
    pub(crate) fn new(data: Bytes, samples: Vec<Sample>) -> Self {
        Self { data, samples: samples.into() }
    }
}

pub(crate) fn put_nal(out: &mut BytesMut, nal: &[u8]) {
    out.extend_from_slice(&u32::try_from(nal.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(nal);
}

fn with_long_lengths(mut data: &[u8], nal_length: usize) -> Bytes {
    let mut out = BytesMut::with_capacity(data.len() + 64);
    while let Some((head, rest)) = data.split_at_checked(nal_length) {
        let length = head.iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
        let Some((nal, rest)) = rest.split_at_checked(length) else { break };
        put_nal(&mut out, nal);
        data = rest;
    }
    out.freeze()
}

fn is_parameter_set(codec: VideoCodec, nal: &[u8]) -> bool {
    let Some(first) = nal.first() else { return true };
    match codec {
        VideoCodec::H264 => matches!(first & 0x1f, 7 | 8),
        VideoCodec::H265 => matches!(first >> 1 & 0x3f, 32..=34),
    }
}

#[cfg(test)]
#[path = "../clip_tests.rs"]
mod tests;
