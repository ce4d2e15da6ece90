//! Walking a file's clear record headers, without a key: which bytes are whole records, and when they were recorded.

use std::ops::Range;

use domain::Timestamp;

use super::SegmentError;
use super::index::RecordAt;
use super::wire::{Footer, HEADER_LEN, RECORD_HEADER_LEN, RECORDS_MAX, RecordHeader, SegmentHeader, TAG_LEN};

/// One record as the scanner saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scanned {
    /// Where its clear header starts.
    pub offset: u64,
    /// The clear header.
    pub header: RecordHeader,
}

impl Scanned {
    /// Where it is.
    #[must_use]
    pub const fn at(&self) -> RecordAt {
        RecordAt::new(self.offset, &self.header)
    }
}

/// Walks a file of a given length. The caller reads: as long as [`wants`](Self::wants) names a range, it gives those bytes to
/// [`feed`](Self::feed). One read of 32 bytes a record.
///
/// What is clear is not proven: only a reader with the key can tell that a record is what the recorder wrote.
#[derive(Debug)]
pub struct SegmentScanner {
    file_len: u64,
    header: Option<SegmentHeader>,
    records: Vec<Scanned>,
    /// First byte behind the last whole record.
    end: u64,
    ended: bool,
}

impl SegmentScanner {
    /// A scanner of a file of `file_len` bytes.
    #[must_use]
    pub fn new(file_len: u64) -> Self {
        Self { file_len, header: None, records: Vec::new(), end: 0, ended: false }
    }

    /// The bytes that must be fed next; `None` when the walk is over.
    #[must_use]
    pub fn wants(&self) -> Option<Range<u64>> {
        let length = if self.header.is_none() { HEADER_LEN } else { RECORD_HEADER_LEN } as u64;
        let range = self.end..self.end.checked_add(length)?;
        (!self.ended && (self.header.is_none() || range.end <= self.file_len)).then_some(range)
    }

    /// Takes the bytes that were wanted. Fewer than that mean that the file ends there. A record that is cut short or no record
    /// ends the walk; that is no error.
    ///
    /// # Errors
    /// [`SegmentError::NotASegment`] for the file header.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), SegmentError> {
        if self.header.is_none() {
            let header = SegmentHeader::decode(bytes).ok_or(SegmentError::NotASegment)?;
            (self.header, self.end) = (Some(header), header.encoded_len() as u64);
            return Ok(());
        }
        let number = self.records.len() as u32;
        let whole = RecordHeader::decode(bytes)
            .filter(|header| header.number == number && header.flags.format == (number == 0))
            .and_then(|header| Some((header, self.end.checked_add(header.record_len())?)))
            .filter(|&(_, end)| end <= self.file_len);
        match whole {
            Some((header, end)) => {
                self.records.push(Scanned { offset: self.end, header });
                (self.end, self.ended) = (end, number + 1 == RECORDS_MAX);
            }
            None => self.ended = true,
        }
        Ok(())
    }

    /// Walks a file that is in memory.
    ///
    /// # Errors
    /// As [`feed`](Self::feed).
    pub fn walk(file: &[u8]) -> Result<Self, SegmentError> {
        let mut scanner = Self::new(file.len() as u64);
        while let Some(range) = scanner.wants() {
            scanner.feed(slice(file, &range))?;
        }
        Ok(scanner)
    }

    /// The file's clear header, once fed.
    #[must_use]
    pub fn header(&self) -> Option<&SegmentHeader> {
        self.header.as_ref()
    }

    /// The whole records, in order.
    #[must_use]
    pub fn records(&self) -> &[Scanned] {
        &self.records
    }

    /// First byte behind the last whole record.
    #[must_use]
    pub fn valid_len(&self) -> u64 {
        self.end
    }

    /// Wall-clock time from the first record's start to the last one's end.
    #[must_use]
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let (first, last) = (self.records.first()?, self.records.last()?);
        let end = last.header.wall + std::time::Duration::from_micros(last.header.duration_us.into());
        Some((first.header.wall, end))
    }

    /// Where the tag of the last record's samples lies: the tail of the chain. None where there is no record.
    #[must_use]
    pub fn tail(&self) -> Option<Range<u64>> {
        (!self.records.is_empty()).then(|| self.end - TAG_LEN as u64..self.end)
    }

    /// Whether the last bytes of the file, at least 24 of them, say that a trailer follows right behind the last record.
    #[must_use]
    pub fn closed_by(&self, last_bytes: &[u8]) -> bool {
        let footer = Footer::decode(last_bytes, self.file_len);
        footer.is_some_and(|footer| footer.offset == self.end && footer.records as usize == self.records.len())
    }
}

/// As much of a range as a file in memory has.
pub(crate) fn slice<'a>(file: &'a [u8], range: &Range<u64>) -> &'a [u8] {
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(file.len());
    &file[at(range.start)..at(range.end)]
}
