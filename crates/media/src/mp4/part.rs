//! `moof` and `mdat` (ISO/IEC 14496-12, 8.8): one access unit for live views, a record's runs for playback.

use bytes::Bytes;

use super::boxes::{boxed, full, put_u32, put_u64, put_words};
use super::{Mp4Error, Sample, track_id};
use crate::au::{AccessUnit, Track};

/// Sample flags: depends on nothing.
const KEY: u32 = 0x0200_0000;
/// Sample flags: depends on others, is not a sync sample.
const DELTA: u32 = 0x0101_0000;
/// `trun` flags: data offset, then each sample's duration, size, flags and composition offset.
const TRUN_FLAGS: u32 = 0x000f01;
/// `tfhd` flags: offsets count from the `moof`.
const DEFAULT_BASE_IS_MOOF: u32 = 0x02_0000;

/// Length of the `moof` of a live part, and of the `mdat` head behind it.
const LIVE_MOOF: u32 = 104;
const MDAT_HEAD: u32 = 8;

/// One access unit as `moof` and `mdat`: 112 bytes and the unit. `duration` is in track ticks, `sequence` counts a viewer's parts.
#[must_use]
pub fn live_part(sequence: u32, au: &AccessUnit, duration: u32) -> Bytes {
    // Ingest bounds a unit at 8 MiB, so 32 bits hold every size here.
    let size = u32::try_from(au.data.len()).unwrap_or(u32::MAX - LIVE_MOOF - MDAT_HEAD);
    let mut out = Vec::with_capacity((LIVE_MOOF + MDAT_HEAD) as usize + au.data.len());
    put_words(&mut out, &[LIVE_MOOF, kind(b"moof"), 16, kind(b"mfhd"), 0, sequence]);
    put_words(&mut out, &[80, kind(b"traf"), 16, kind(b"tfhd"), DEFAULT_BASE_IS_MOOF, track_id(au.track)]);
    put_words(&mut out, &[20, kind(b"tfdt"), 1 << 24]);
    put_u64(&mut out, decode_time(au.dts));
    put_words(&mut out, &[36, kind(b"trun"), 1 << 24 | TRUN_FLAGS, 1, LIVE_MOOF + MDAT_HEAD]);
    put_words(&mut out, &[duration, size, flags(au.key), au.cts.cast_unsigned()]);
    put_words(&mut out, &[size + MDAT_HEAD, kind(b"mdat")]);
    out.extend_from_slice(&au.data);
    out.into()
}

/// Consecutive samples of one track whose bytes lie in one run.
#[derive(Debug, Clone)]
pub struct RunHead<I> {
    /// Which track.
    pub track: Track,
    /// Decoding time of the first sample, in track ticks.
    pub first_dts: i64,
    /// The samples.
    pub samples: I,
}

/// Appends the `moof` and the `mdat` head of a part; the runs' bytes follow, in the order of `runs`.
///
/// # Errors
/// More than 32 bits can count.
pub fn fragment_head<I>(sequence: u32, runs: &[RunHead<I>], out: &mut Vec<u8>) -> Result<(), Mp4Error>
where
    I: Iterator<Item = Sample> + Clone,
{
    let moof = out.len();
    let mut offsets = Vec::with_capacity(runs.len());
    boxed(out, *b"moof", |out| {
        full(out, *b"mfhd", 0, 0, |out| put_u32(out, sequence));
        for run in runs {
            boxed(out, *b"traf", |out| {
                full(out, *b"tfhd", 0, DEFAULT_BASE_IS_MOOF, |out| put_u32(out, track_id(run.track)));
                full(out, *b"tfdt", 1, 0, |out| put_u64(out, decode_time(run.first_dts)));
                full(out, *b"trun", 1, TRUN_FLAGS, |out| offsets.push(trun(out, run)));
            });
        }
    });
    let mut at = (out.len() - moof) as u64 + u64::from(MDAT_HEAD);
    let bytes: u64 = offsets.iter().map(|run| run.bytes).sum();
    if at + bytes > u64::from(u32::MAX) {
        return Err(Mp4Error::TooLarge);
    }
    for run in offsets {
        out[run.offset_at..run.offset_at + 4].copy_from_slice(&(at as u32).to_be_bytes());
        at += run.bytes;
    }
    put_u32(out, bytes as u32 + MDAT_HEAD);
    out.extend_from_slice(b"mdat");
    Ok(())
}

/// Where a `trun` wants its data offset, and how many bytes it speaks of.
struct Run {
    offset_at: usize,
    bytes: u64,
}

fn trun<I: Iterator<Item = Sample> + Clone>(out: &mut Vec<u8>, run: &RunHead<I>) -> Run {
    let count_at = out.len();
    out.extend_from_slice(&[0; 8]);
    let (mut count, mut bytes) = (0_u32, 0);
    for sample in run.samples.clone() {
        put_words(out, &[sample.duration, sample.size, flags(sample.key), sample.cts.cast_unsigned()]);
        count += 1;
        bytes += u64::from(sample.size);
    }
    out[count_at..count_at + 4].copy_from_slice(&count.to_be_bytes());
    Run { offset_at: count_at + 4, bytes }
}

/// `tfdt` cannot go below zero; ingest's times do so only for a moment after its origin.
fn decode_time(dts: i64) -> u64 {
    u64::try_from(dts).unwrap_or(0)
}

const fn kind(kind: &[u8; 4]) -> u32 {
    u32::from_be_bytes(*kind)
}

const fn flags(key: bool) -> u32 {
    if key { KEY } else { DELTA }
}
