//! A range of a recording as one progressive .mp4 that exists nowhere: its head in memory, its samples in segment files.
//!
//! The sample bytes lie in `mdat` record by record (pictures, then sound), so that one opened record is one run of the file.
//! Holes are closed up. A player starts at the range's start through the edit list, although the file starts at the key
//! picture before it.

mod moov;
mod track;

use std::ops::Range;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use domain::{SegmentId, TimeRange, Timestamp};

use self::track::TrackOut;
use super::index::{Record, RecordAt, SegmentIndex};
use super::select::{Join, Selection};
use crate::au::{Format, Track, VIDEO_TIMESCALE};
use crate::mp4::Mp4Error;
use crate::mp4::boxes::check_sample_entry;

/// Samples of one download: a day of 120 pictures and 80 sounds a second. Their index takes about 12 bytes each.
const SAMPLES_MAX: usize = 24 * 3600 * 200;

/// Changes when the same footage would be laid out in another way, so that no tag of an older layout matches.
const LAYOUT_VERSION: u8 = 1;

/// One record in the file.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Where its samples start in the payload of `mdat`.
    start: u64,
    at: RecordAt,
    /// Which of [`VirtualMp4::segments`].
    segment: u32,
    /// Wall-clock time of its first picture.
    wall: Timestamp,
}

/// A run of records that join up.
#[derive(Debug, Clone, Copy)]
struct RunStart {
    /// Wall-clock time of its first picture.
    wall: Timestamp,
    /// Decoding time of that picture in the file, in video ticks.
    out: i64,
    /// Recorded decoding time minus decoding time in the file, in video ticks.
    shift: i64,
}

/// Lays a file out from the indices of a range's segments, one at a time, so that no more than one need be in memory.
#[derive(Debug)]
pub struct DownloadBuilder {
    selection: Selection,
    video: TrackOut,
    audio: Option<TrackOut>,
    run: Option<RunStart>,
    first_wall: Option<Timestamp>,
    last_end: Option<Timestamp>,
    gaps: Vec<TimeRange>,
    entries: Vec<Entry>,
    segments: Vec<SegmentId>,
    payload: u64,
    size: (u16, u16),
}

impl DownloadBuilder {
    /// A file of `range` without samples.
    #[must_use]
    pub fn new(range: TimeRange) -> Self {
        Self {
            selection: Selection::new(range),
            video: TrackOut::new(Track::Video, VIDEO_TIMESCALE),
            audio: None,
            run: None,
            first_wall: None,
            last_end: None,
            gaps: Vec::new(),
            entries: Vec::new(),
            segments: Vec::new(),
            payload: 0,
            size: (0, 0),
        }
    }

    /// Adds what the next file, in order of time, holds of the range.
    ///
    /// # Errors
    /// A sample entry that is not one box; more samples than a file of ours may have.
    pub fn add(&mut self, index: &SegmentIndex) -> Result<(), Mp4Error> {
        if self.selection.restarts_at(index) {
            *self = Self::new(self.selection.range());
        }
        let mut chosen = Vec::new();
        self.selection.select(index, |record, join| chosen.push((record, join)));
        if chosen.is_empty() {
            return Ok(());
        }
        self.set_format(index.format())?;
        let segment = u32::try_from(self.segments.len()).map_err(|_| Mp4Error::TooLarge)?;
        self.segments.push(index.header().segment);
        for (record, join) in chosen {
            self.add_record(index.format(), segment, record, join)?;
        }
        Ok(())
    }

    fn set_format(&mut self, format: &Format) -> Result<(), Mp4Error> {
        check_sample_entry(&format.video.sample_entry)?;
        self.video.use_entry(&format.video.sample_entry);
        if self.segments.is_empty() {
            self.size = (format.video.width, format.video.height);
        }
        if let Some(audio) = &format.audio {
            check_sample_entry(&audio.sample_entry)?;
            let track = self.audio.get_or_insert_with(|| TrackOut::new(Track::Audio, audio.sample_rate));
            track.use_entry(&audio.sample_entry);
        }
        Ok(())
    }

    fn add_record(&mut self, format: &Format, segment: u32, record: &Record, join: Join) -> Result<(), Mp4Error> {
        let video = record.run(Track::Video);
        let run = match self.run.filter(|_| join == Join::Continues) {
            Some(run) => run,
            None => {
                let out = self.video.end();
                self.gaps.extend(self.last_end.and_then(|end| TimeRange::new(end, record.start())));
                *self.run.insert(RunStart { wall: record.start(), out, shift: video.first_dts.saturating_sub(out) })
            }
        };
        self.first_wall = self.first_wall.or(Some(record.start()));
        self.last_end = Some(record.end());

        let start = self.payload;
        self.video.add(start, video.first_dts.saturating_sub(run.shift), VIDEO_TIMESCALE, record.samples(Track::Video));
        if let Some(track) = self.audio.as_mut() {
            let info = record.run(Track::Audio);
            let timescale = format.timescale(Track::Audio);
            let shift = rescale(run.shift, VIDEO_TIMESCALE, timescale);
            track.add(
                start + u64::from(video.bytes),
                info.first_dts.saturating_sub(shift),
                timescale,
                record.samples(Track::Audio),
            );
        }
        let samples = self.video.len() + self.audio.as_ref().map_or(0, TrackOut::len);
        if samples > SAMPLES_MAX {
            return Err(Mp4Error::TooLarge);
        }
        self.entries.push(Entry { start, at: record.at(), segment, wall: record.start() });
        self.payload += u64::from(record.at().samples_len);
        Ok(())
    }

    /// The laid-out file.
    ///
    /// # Errors
    /// [`Mp4Error::Empty`] where nothing in the range can be shown, [`Mp4Error::TooLarge`].
    pub fn finish(self) -> Result<VirtualMp4, Mp4Error> {
        let (Some(run), Some(first_wall)) = (self.run, self.first_wall) else { return Err(Mp4Error::Empty) };
        let range = self.selection.range();
        // Presentation times in video ticks: the first picture shows at its composition offset.
        let first = self.video.first_cts();
        let end = self.video.end().saturating_add(first);
        let from = first.saturating_add(ticks(first_wall, range.from())).min(end - 1);
        let to = run.out.saturating_add(first).saturating_add(ticks(run.wall, range.to())).min(end);
        let head =
            moov::Head { size: self.size, from, length: to.saturating_sub(from).max(1).unsigned_abs(), payload: self.payload };
        let etag = self.etag();
        let head = head.write(self.video, self.audio)?;
        let len = head.len() as u64 + self.payload;
        let (entries, segments, gaps) = (self.entries, self.segments, self.gaps);
        Ok(VirtualMp4 { head, entries, segments, gaps, len, etag })
    }

    /// Files do not change and the layout follows from range and records, so these name the bytes.
    fn etag(&self) -> String {
        let mut context = Context::new(&SHA256);
        let range = self.selection.range();
        context.update(&[LAYOUT_VERSION]);
        context.update(&range.from().micros().to_be_bytes());
        context.update(&range.to().micros().to_be_bytes());
        for entry in &self.entries {
            context.update(&entry.segment.to_be_bytes());
            context.update(&entry.at.offset.to_be_bytes());
        }
        self.segments.iter().for_each(|segment| context.update(&segment.to_bytes()));
        context.finish().as_ref()[..16].iter().fold(String::with_capacity(32), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// Video ticks from `from` to `to`, at least 0.
fn ticks(from: Timestamp, to: Timestamp) -> i64 {
    let micros = i64::try_from(to.since(from).as_micros()).unwrap_or(i64::MAX);
    rescale(micros, 1_000_000, VIDEO_TIMESCALE)
}

/// A time in another timescale, rounded down; saturates.
fn rescale(time: i64, from: u32, to: u32) -> i64 {
    if from == to {
        return time;
    }
    let scaled = (i128::from(time) * i128::from(to)).div_euclid(i128::from(from.max(1)));
    i64::try_from(scaled).unwrap_or(if scaled < 0 { i64::MIN } else { i64::MAX })
}

/// A piece of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Bytes),
    /// A record's opened samples.
    Samples {
        /// The file it is in.
        segment: SegmentId,
        /// Where it is there.
        at: RecordAt,
        /// Which of the opened bytes.
        bytes: Range<u32>,
    },
}

impl Piece {
    /// Its length in the file.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a piece is never empty")]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Samples { bytes, .. } => u64::from(bytes.end - bytes.start),
        }
    }
}

/// A laid-out file: made by [`DownloadBuilder`].
#[derive(Debug)]
pub struct VirtualMp4 {
    /// `ftyp`, `moov` and the head of `mdat`.
    head: Bytes,
    entries: Vec<Entry>,
    segments: Vec<SegmentId>,
    gaps: Vec<TimeRange>,
    len: u64,
    etag: String,
}

impl VirtualMp4 {
    /// Bytes of the whole file.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a file is never empty: it has a head")]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// A strong entity tag without its quotes: the same bytes, and only they, have the same.
    #[must_use]
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// The holes that were closed up.
    #[must_use]
    pub fn gaps(&self) -> &[TimeRange] {
        &self.gaps
    }

    /// The files it reads from, in order.
    #[must_use]
    pub fn segments(&self) -> &[SegmentId] {
        &self.segments
    }

    /// The time of the footage that lies at an offset of the file; of its head, when it begins.
    #[must_use]
    pub fn time_at(&self, offset: u64) -> Option<Timestamp> {
        let from = offset.saturating_sub(self.head.len() as u64);
        let entry = self.entries.partition_point(|entry| entry.start <= from).saturating_sub(1);
        self.entries.get(entry).map(|entry| entry.wall)
    }

    /// The piece at `range.start`, no longer than `range` and the file.
    #[must_use]
    pub fn piece_at(&self, range: Range<u64>) -> Option<Piece> {
        let end = range.end.min(self.len);
        if range.start >= end {
            return None;
        }
        let head = self.head.len() as u64;
        let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        if range.start < head {
            return Some(Piece::Bytes(self.head.slice(index(range.start)..index(end.min(head)))));
        }
        let (from, to) = (range.start - head, end - head);
        let entry = self.entries.partition_point(|entry| entry.start <= from).checked_sub(1);
        let entry = self.entries.get(entry?)?;
        let length = u64::from(entry.at.samples_len);
        let bytes = (from - entry.start) as u32..(to - entry.start).min(length) as u32;
        Some(Piece::Samples { segment: *self.segments.get(entry.segment as usize)?, at: entry.at, bytes })
    }

    /// The pieces of a range of the file, in order.
    pub fn pieces(&self, range: Range<u64>) -> impl Iterator<Item = Piece> + '_ {
        let (mut at, end) = (range.start, range.end);
        std::iter::from_fn(move || {
            let piece = self.piece_at(at..end)?;
            at += piece.len();
            Some(piece)
        })
    }
}

#[cfg(test)]
#[path = "../download_tests.rs"]
mod tests;
