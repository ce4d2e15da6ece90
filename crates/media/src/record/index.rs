//! What a segment file holds, without its samples.

use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;

use super::table::{RunInfo, Samples, Table};
use super::wire::{RecordHeader, SegmentHeader};
use crate::au::{Format, Track};

/// Where a record's sealed bytes lie in its file, and how to tell that they are the right ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordAt {
    /// Counts from 0 within the file.
    pub number: u32,
    /// Where its clear header starts.
    pub offset: u64,
    /// Bytes of the table before sealing.
    pub table_len: u32,
    /// Bytes of the samples before sealing.
    pub samples_len: u32,
}

impl RecordAt {
    pub(crate) const fn new(offset: u64, header: &RecordHeader) -> Self {
        Self { number: header.number, offset, table_len: header.table_len, samples_len: header.samples_len }
    }

    /// The whole record in its file: what [`super::SegmentReader::open_samples`] wants.
    #[must_use]
    pub const fn sealed(&self) -> std::ops::Range<u64> {
        let overhead = (super::wire::RECORD_HEADER_LEN + 2 * super::wire::TAG_LEN) as u64;
        self.offset..self.offset + overhead + self.table_len as u64 + self.samples_len as u64
    }
}

/// One record of a file: a fragment without its samples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub(crate) header: RecordHeader,
    pub(crate) offset: u64,
    pub(crate) table: Table,
}

impl Record {
    /// What stands in clear.
    #[must_use]
    pub fn header(&self) -> &RecordHeader {
        &self.header
    }

    /// Where it is.
    #[must_use]
    pub fn at(&self) -> RecordAt {
        RecordAt::new(self.offset, &self.header)
    }

    /// Wall-clock time of its first picture, or first sound where it has no picture.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.header.wall
    }

    /// When its media time is over.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.header.wall + self.duration()
    }

    /// Its media time.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.header.duration_us.into())
    }

    /// Whether its first picture can be decoded without any other.
    #[must_use]
    pub fn key(&self) -> bool {
        self.header.flags.key
    }

    /// One track's samples in sum.
    #[must_use]
    pub fn run(&self, track: Track) -> &RunInfo {
        match track {
            Track::Video => &self.table.video,
            Track::Audio => &self.table.audio,
        }
    }

    /// One track's samples one by one.
    #[must_use]
    pub fn samples(&self, track: Track) -> Samples<'_> {
        self.table.samples(self.run(track))
    }

    /// Where one track's bytes lie in the opened samples: the pictures first, then the sound.
    #[must_use]
    pub fn bytes_of(&self, track: Track) -> std::ops::Range<usize> {
        let video = self.table.video.bytes as usize;
        match track {
            Track::Video => 0..video,
            Track::Audio => video..video + self.table.audio.bytes as usize,
        }
    }
}

/// All records of one file in order, with what a decoder needs for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentIndex {
    header: SegmentHeader,
    format: Arc<Format>,
    records: Vec<Record>,
}

impl SegmentIndex {
    /// The index of a file that has no records yet; the recorder fills it as they reach the disk.
    #[must_use]
    pub fn new(header: SegmentHeader, format: Arc<Format>) -> Self {
        Self { header, format, records: Vec::new() }
    }

    /// Adds the record that was written last.
    pub fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Keeps the first `records` records: those behind them are not sound.
    pub fn truncate(&mut self, records: usize) {
        self.records.truncate(records);
    }

    /// The file's clear header.
    #[must_use]
    pub fn header(&self) -> &SegmentHeader {
        &self.header
    }

    /// What all its records carry.
    #[must_use]
    pub fn format(&self) -> &Arc<Format> {
        &self.format
    }

    /// The records, in order.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Wall-clock time of the first picture.
    #[must_use]
    pub fn start(&self) -> Option<Timestamp> {
        self.records.first().map(Record::start)
    }

    /// When the last record's media time is over.
    #[must_use]
    pub fn end(&self) -> Option<Timestamp> {
        self.records.last().map(Record::end)
    }

    /// Number of the last record that starts with a key picture not after `t`: where decoding must begin to show `t`.
    #[must_use]
    pub fn key_before(&self, t: Timestamp) -> Option<usize> {
        self.records.iter().rposition(|record| record.key() && record.start() <= t)
    }

    /// Whether any record has sound.
    #[must_use]
    pub fn has_audio(&self) -> bool {
        self.records.iter().any(|record| record.header.flags.audio)
    }
}
