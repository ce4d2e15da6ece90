//! One track of a progressive file: its tables in the making.

use bytes::Bytes;

use super::rescale;
use crate::au::Track;
use crate::mp4::Sample;

/// A value and how often it follows itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeated<T> {
    pub(super) count: u32,
    pub(super) value: T,
}

fn push_repeated<T: PartialEq>(runs: &mut Vec<Repeated<T>>, value: T) {
    match runs.last_mut().filter(|run| run.value == value && run.count < u32::MAX) {
        Some(run) => run.count += 1,
        None => runs.push(Repeated { count: 1, value }),
    }
}

/// A duration that `stts` can say; no sample takes no time, for then the next one could not be sought.
fn clamp(ticks: i64) -> u32 {
    u32::try_from(ticks.max(1)).unwrap_or(u32::MAX)
}

/// Chunks from `first` (counted from 1) on: samples each, and their sample entry (counted from 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChunkRun {
    pub(super) first: u32,
    pub(super) samples: u32,
    pub(super) entry: u32,
}

/// A track's samples as the boxes of `stbl` will say them.
#[derive(Debug)]
pub(super) struct TrackOut {
    pub(super) track: Track,
    pub(super) timescale: u32,
    pub(super) entries: Vec<Bytes>,
    entry: u32,
    /// Decoding time of the first and of the last sample in the file, in the track's timescale.
    pub(super) first: i64,
    last: i64,
    last_duration: u32,
    first_cts: i32,
    /// All but the last sample's duration.
    pub(super) durations: Vec<Repeated<u32>>,
    pub(super) offsets: Vec<Repeated<i32>>,
    pub(super) sizes: Vec<u32>,
    /// Numbers of the key pictures, counted from 1.
    pub(super) keys: Vec<u32>,
    pub(super) chunk_runs: Vec<ChunkRun>,
    /// Where each chunk starts in the payload of `mdat`.
    pub(super) chunks: Vec<u64>,
}

impl TrackOut {
    pub(super) fn new(track: Track, timescale: u32) -> Self {
        Self {
            track,
            timescale: timescale.max(1),
            entries: Vec::new(),
            entry: 0,
            first: 0,
            last: 0,
            last_duration: 0,
            first_cts: 0,
            durations: Vec::new(),
            offsets: Vec::new(),
            sizes: Vec::new(),
            keys: Vec::new(),
            chunk_runs: Vec::new(),
            chunks: Vec::new(),
        }
    }

    /// The samples to come are described by this sample entry.
    pub(super) fn use_entry(&mut self, entry: &Bytes) {
        let known = self.entries.iter().position(|known| known == entry);
        let index = known.unwrap_or_else(|| {
            self.entries.push(entry.clone());
            self.entries.len() - 1
        });
        self.entry = index as u32 + 1;
    }

    /// Samples so far.
    pub(super) fn len(&self) -> usize {
        self.sizes.len()
    }

    /// Decoding time in the file at which the last sample ends; 0 before the first.
    pub(super) fn end(&self) -> i64 {
        self.last.saturating_add(self.last_duration.into())
    }

    /// Composition offset of the first sample.
    pub(super) fn first_cts(&self) -> i64 {
        self.first_cts.into()
    }

    /// Adds one record's samples, whose bytes start at `at` in the payload and whose decoding times start at `dts` in the file, both
    /// in `timescale`. Each sample goes where its own time says; a sample never goes before the one before it.
    pub(super) fn add(&mut self, at: u64, dts: i64, timescale: u32, samples: impl Iterator<Item = Sample>) {
        let (mut at, mut dts) = (at, dts);
        let mut in_chunk = 0_u32;
        for sample in samples {
            let time = rescale(dts, timescale, self.timescale);
            dts = dts.saturating_add(sample.duration.into());
            let duration = rescale(dts, timescale, self.timescale).saturating_sub(time);
            // Sound from before a hole's far edge, or from before the first picture, has no place in the file.
            let early = self.track == Track::Audio && time.saturating_add(duration / 2) < self.end();
            if early && in_chunk == 0 {
                at += u64::from(sample.size);
                continue;
            }
            if in_chunk == 0 {
                self.chunks.push(at);
            }
            in_chunk += 1;
            self.push(time, duration, sample);
        }
        if in_chunk > 0 {
            let run = ChunkRun { first: self.chunks.len() as u32, samples: in_chunk, entry: self.entry };
            let same = self.chunk_runs.last().is_some_and(|last| (last.samples, last.entry) == (run.samples, run.entry));
            if !same {
                self.chunk_runs.push(run);
            }
        }
    }

    fn push(&mut self, time: i64, duration: i64, sample: Sample) {
        if self.sizes.is_empty() {
            (self.first, self.last, self.first_cts) = (time, time, sample.cts);
        } else {
            let lasted = clamp(time.saturating_sub(self.last));
            push_repeated(&mut self.durations, lasted);
            self.last = self.last.saturating_add(lasted.into());
        }
        self.last_duration = clamp(duration);
        self.sizes.push(sample.size);
        push_repeated(&mut self.offsets, sample.cts);
        if sample.key {
            self.keys.push(self.sizes.len() as u32);
        }
    }

    /// Completes the tables: nothing follows the last sample.
    pub(super) fn close(&mut self) {
        if !self.sizes.is_empty() {
            push_repeated(&mut self.durations, self.last_duration);
        }
    }

    /// Whether each sample is a key sample, so that `stss` says nothing.
    pub(super) fn all_keys(&self) -> bool {
        self.keys.len() == self.sizes.len()
    }

    /// Whether no sample is shown at another time than it is decoded, so that `ctts` says nothing.
    pub(super) fn no_offsets(&self) -> bool {
        self.offsets.iter().all(|run| run.value == 0)
    }
}
