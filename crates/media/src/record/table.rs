//! The sealed table of a record: the format where it starts a file, then each track's samples (docs/segment-format.md).

use std::sync::Arc;

use bytes::Bytes;

use super::fragment::{Fragment, Run};
use crate::au::{AudioCodec, AudioFormat, Format, VideoCodec, VideoFormat};
use crate::mp4::Sample;

/// Parameter sets of one stream: VPS, SPS, PPS, several of each at most.
const PARAMETER_SETS_MAX: u64 = 64;

/// Fewest bytes that a sample takes in a table.
const SAMPLE_LEN_MIN: usize = 3;

/// Writes a record's table. The format goes first where `with_format`.
pub(crate) fn encode(out: &mut Vec<u8>, fragment: &Fragment, with_format: bool) {
    if with_format {
        put_format(out, &fragment.format);
    }
    put_run(out, &fragment.video);
    put_run(out, &fragment.audio);
}

fn put_run(out: &mut Vec<u8>, run: &Run) {
    put(out, run.samples.len() as u64);
    if run.samples.is_empty() {
        return;
    }
    put_signed(out, run.first_dts);
    let (mut duration, mut cts) = (0, 0);
    for sample in &run.samples {
        put(out, u64::from(sample.size) << 1 | u64::from(sample.key));
        put_signed(out, i64::from(sample.duration) - duration);
        put_signed(out, i64::from(sample.cts) - cts);
        (duration, cts) = (i64::from(sample.duration), i64::from(sample.cts));
    }
}

fn put_format(out: &mut Vec<u8>, format: &Format) {
    let video = &format.video;
    out.push(match video.codec {
        VideoCodec::H264 => 1,
        VideoCodec::H265 => 2,
    });
    put(out, video.width.into());
    put(out, video.height.into());
    put_bytes(out, video.rfc6381.as_bytes());
    put(out, video.parameter_sets.len() as u64);
    video.parameter_sets.iter().for_each(|set| put_bytes(out, set));
    put_bytes(out, &video.sample_entry);
    let Some(audio) = &format.audio else { return out.push(0) };
    out.push(match audio.codec {
        AudioCodec::Aac => 1,
        AudioCodec::Pcmu => 2,
        AudioCodec::Pcma => 3,
        // No camera's: what is recorded never has it.
        AudioCodec::Opus => return out.push(0),
    });
    put(out, audio.sample_rate.into());
    put(out, audio.channels.into());
    put_bytes(out, audio.rfc6381.as_bytes());
    put_bytes(out, &audio.config);
    put_bytes(out, &audio.sample_entry);
}

/// Seven bits a byte, the lowest first, the top bit set on all but the last (unsigned LEB128).
fn put(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Signed values in turns: 0, -1, 1, -2, ...
fn put_signed(out: &mut Vec<u8>, value: i64) {
    put(out, (value << 1 ^ value >> 63).cast_unsigned());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// What is known of a track's samples in one record without walking them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunInfo {
    /// Decoding time of the first sample in track ticks; 0 where there is none.
    pub first_dts: i64,
    /// Samples.
    pub count: u32,
    /// Sum of their sizes.
    pub bytes: u32,
    /// Sum of their durations in track ticks.
    pub ticks: u64,
    /// Where they start in the table.
    at: u32,
}

/// An opened table, kept as compact as it came: about 4 bytes a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    bytes: Bytes,
    pub(crate) video: RunInfo,
    pub(crate) audio: RunInfo,
}

impl Table {
    /// Reads a whole table. `None` where it is malformed, or its samples are not `samples_len` bytes.
    pub(crate) fn decode(bytes: Bytes, with_format: bool, samples_len: u32) -> Option<(Self, Option<Arc<Format>>)> {
        let mut reader = Reader { bytes: &bytes };
        let format = if with_format { Some(Arc::new(reader.format(&bytes)?)) } else { None };
        let video = reader.run(bytes.len())?;
        let audio = reader.run(bytes.len())?;
        let whole = reader.bytes.is_empty() && video.bytes.checked_add(audio.bytes)? == samples_len;
        whole.then_some((Self { bytes, video, audio }, format))
    }

    /// The samples of one run.
    pub(crate) fn samples(&self, run: &RunInfo) -> Samples<'_> {
        Samples {
            reader: Reader { bytes: self.bytes.get(run.at as usize..).unwrap_or_default() },
            left: run.count,
            duration: 0,
            cts: 0,
        }
    }
}

/// Walks a run's samples.
#[derive(Debug, Clone)]
pub struct Samples<'a> {
    reader: Reader<'a>,
    left: u32,
    duration: i64,
    cts: i64,
}

impl Samples<'_> {
    fn read(&mut self) -> Option<Sample> {
        let head = self.reader.unsigned()?;
        self.duration = self.duration.checked_add(self.reader.signed()?)?;
        self.cts = self.cts.checked_add(self.reader.signed()?)?;
        Some(Sample {
            size: u32::try_from(head >> 1).ok()?,
            duration: u32::try_from(self.duration).ok()?,
            cts: i32::try_from(self.cts).ok()?,
            key: head & 1 == 1,
        })
    }
}

impl Iterator for Samples<'_> {
    type Item = Sample;

    fn next(&mut self) -> Option<Sample> {
        self.left = self.left.checked_sub(1)?;
        self.read()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left as usize))
    }
}

#[derive(Debug, Clone)]
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(byte)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn prefixed(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.unsigned()?).ok()?;
        let (bytes, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<String> {
        std::str::from_utf8(self.prefixed()?).ok().map(str::to_owned)
    }

    /// The run that starts here in a table of `table_len` bytes; moves behind it.
    fn run(&mut self, table_len: usize) -> Option<RunInfo> {
        let count = u32::try_from(self.unsigned()?).ok()?;
        if count == 0 {
            return Some(RunInfo::default());
        }
        let first_dts = self.signed()?;
        if count as usize > self.bytes.len() / SAMPLE_LEN_MIN {
            return None;
        }
        let at = u32::try_from(table_len - self.bytes.len()).ok()?;
        let mut samples = Samples { reader: self.clone(), left: count, duration: 0, cts: 0 };
        let (mut bytes, mut ticks) = (0_u32, 0_u64);
        for _ in 0..count {
            let sample = samples.read()?;
            bytes = bytes.checked_add(sample.size)?;
            ticks += u64::from(sample.duration);
        }
        self.bytes = samples.reader.bytes;
        Some(RunInfo { first_dts, count, bytes, ticks, at })
    }

    fn format(&mut self, whole: &Bytes) -> Option<Format> {
        let codec = match self.byte()? {
            1 => VideoCodec::H264,
            2 => VideoCodec::H265,
            _ => return None,
        };
        let (width, height) = (u16::try_from(self.unsigned()?).ok()?, u16::try_from(self.unsigned()?).ok()?);
        let rfc6381 = self.text()?;
        let sets = Some(self.unsigned()?).filter(|&sets| sets <= PARAMETER_SETS_MAX)?;
        let parameter_sets = (0..sets).map(|_| self.prefixed().map(|set| whole.slice_ref(set))).collect::<Option<_>>()?;
        let sample_entry = whole.slice_ref(self.prefixed()?);
        let video = VideoFormat { codec, width, height, rfc6381, parameter_sets, sample_entry };
        let codec = match self.byte()? {
            0 => return Some(Format { video, audio: None }),
            1 => AudioCodec::Aac,
            2 => AudioCodec::Pcmu,
            3 => AudioCodec::Pcma,
            _ => return None,
        };
        let audio = AudioFormat {
            codec,
            sample_rate: u32::try_from(self.unsigned()?).ok().filter(|&rate| rate > 0)?,
            channels: u8::try_from(self.unsigned()?).ok()?,
            rfc6381: self.text()?,
            config: whole.slice_ref(self.prefixed()?),
            sample_entry: whole.slice_ref(self.prefixed()?),
        };
        Some(Format { video, audio: Some(audio) })
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
