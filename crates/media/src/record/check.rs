//! Holding a file against itself, part by part: what in it is not what was written, and where.
//!
//! A loader ([`super::IndexLoader`]) stops at what it cannot trust. A checker goes on, and names every part that does not open.

use std::ops::Range;
use std::sync::Arc;

use super::index::Record;
use super::reader::SegmentReader;
use super::scan::Scanned;
use super::wire::{
    FOOTER_LEN, Footer, HEADER_LEN, RECORD_HEADER_LEN, RECORDS_MAX, RecordHeader, SegmentHeader, TAG_LEN, trailer_lengths,
};
use super::{MediaKey, SegmentError};
use crate::au::Format;

/// How much of a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Headers, tables and the trailer: a hundredth of the bytes.
    Tables,
    /// The samples as well: everything.
    Samples,
}

/// A part that is not what was written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing in the file opens: its clear header was changed, or it is sealed with another secret under the key's name.
    Header,
    /// The clear header of a record.
    RecordHeader(u32),
    /// A record's table, or the tag behind it, or the tag before it.
    Table(u32),
    /// A record's samples.
    Samples(u32),
    /// Another record lies where this one should: some were swapped or taken out.
    Order {
        /// Which should be there.
        number: u32,
        /// Which is.
        found: u32,
    },
    /// The trailer does not open.
    Trailer,
    /// The trailer opens, and the footer does not lead to it.
    Footer,
}

/// How a file ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With its trailer: all that was written is there.
    Closed,
    /// With a whole record: it was not closed, or cut.
    Open,
    /// Within a record, or with bytes that are none: a crash leaves it so, or a cut.
    Torn,
}

/// A record that was walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedRecord {
    /// Where it is, and what it should say in clear.
    pub record: Scanned,
    /// The tag of its samples.
    pub tag: [u8; TAG_LEN],
}

/// What a checker found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The file's clear header.
    pub header: SegmentHeader,
    /// The records, in order, up to the last that can be told from noise.
    pub records: Vec<CheckedRecord>,
    /// How the file ends.
    pub ending: Ending,
    /// What is wrong, in the order of the file. A part that fails only because the one before it does is not in it.
    pub faults: Vec<Fault>,
}

impl Checked {
    /// The tag of the last record's samples.
    #[must_use]
    pub fn tail(&self) -> Option<[u8; TAG_LEN]> {
        self.records.last().map(|record| record.tag)
    }
}

#[derive(Debug)]
enum Step {
    Header,
    Footer,
    /// `footer`: it led here. Otherwise the trailer was found behind the records.
    Trailer {
        at: Footer,
        footer: bool,
    },
    /// The clear header at this offset.
    Head(u64),
    /// The record at this offset, whose clear header should be this.
    Record(u64, RecordHeader),
    /// What follows the last record.
    Rest(u64),
    Done,
}

/// Checks a file of a given length. The caller reads: as long as [`wants`](Self::wants) names a range, it gives those bytes to
/// [`feed`](Self::feed); then [`finish`](Self::finish). At most one record is in memory.
#[derive(Debug)]
pub struct SegmentChecker<'k> {
    key: &'k MediaKey,
    file_len: u64,
    depth: Depth,
    step: Step,
    reader: Option<SegmentReader>,
    /// The trailer's records, where it opened.
    known: Option<Vec<Record>>,
    records: Vec<CheckedRecord>,
    faults: Vec<Fault>,
    /// Whether anything sealed opened.
    opened: bool,
    /// Whether what follows the last record is nothing, or a trailer.
    ends_well: bool,
}

impl<'k> SegmentChecker<'k> {
    /// A checker of a file of `file_len` bytes.
    #[must_use]
    pub fn new(file_len: u64, key: &'k MediaKey, depth: Depth) -> Self {
        let (step, records, faults) = (Step::Header, Vec::new(), Vec::new());
        Self { key, file_len, depth, step, reader: None, known: None, records, faults, opened: false, ends_well: false }
    }

    /// The bytes that must be fed next; `None` when all was seen.
    #[must_use]
    pub fn wants(&self) -> Option<Range<u64>> {
        const LINK: u64 = TAG_LEN as u64;
        const CLEAR: u64 = RECORD_HEADER_LEN as u64;
        let range = match &self.step {
            Step::Header => 0..HEADER_LEN as u64,
            Step::Footer => self.file_len.saturating_sub(FOOTER_LEN as u64)..self.file_len,
            Step::Trailer { at, .. } => at.offset - LINK..at.offset + at.trailer_len(),
            Step::Head(offset) | Step::Rest(offset) => offset - LINK..offset + CLEAR,
            Step::Record(offset, header) => {
                let table = offset + CLEAR + u64::from(header.table_len) + LINK;
                let end = if self.depth == Depth::Samples { offset + header.record_len() } else { table };
                offset - LINK..end
            }
            Step::Done => return None,
        };
        Some(range.start..range.end.min(self.file_len))
    }

    /// Takes the bytes that were wanted. Fewer than that mean that the file was cut meanwhile.
    ///
    /// # Errors
    /// [`SegmentError::NotASegment`], [`SegmentError::WrongKey`].
    pub fn feed(&mut self, bytes: &mut [u8]) -> Result<(), SegmentError> {
        // Records end where the next one's link does, whatever the depth.
        if let (Step::Head(_) | Step::Record(..) | Step::Rest(_), Some(last), Some(link)) =
            (&self.step, self.records.last_mut(), bytes.first_chunk())
        {
            last.tag = *link;
        }
        let Some(reader) = &self.reader else {
            self.reader = Some(SegmentReader::new(bytes, self.key)?);
            self.step = Step::Footer;
            return Ok(());
        };
        let first = reader.header().encoded_len() as u64;
        self.step = match std::mem::replace(&mut self.step, Step::Done) {
            Step::Footer => match Footer::decode(bytes, self.file_len).filter(|at| at.offset >= first) {
                Some(at) => Step::Trailer { at, footer: true },
                None => self.next(first),
            },
            Step::Trailer { at, footer } => self.trailer(&at, footer, bytes.to_vec(), first),
            Step::Head(offset) => self.head(offset, bytes),
            Step::Record(offset, header) => {
                self.record(offset, &header, bytes);
                self.next(offset + header.record_len())
            }
            Step::Rest(offset) => self.rest(offset, bytes),
            Step::Header | Step::Done => Step::Done,
        };
        Ok(())
    }

    /// What to look at behind the records so far.
    fn next(&self, offset: u64) -> Step {
        let number = self.records.len();
        match &self.known {
            Some(known) => known.get(number).map_or(Step::Rest(offset), |record| Step::Record(offset, *record.header())),
            None if number < RECORDS_MAX as usize && offset + RECORD_HEADER_LEN as u64 <= self.file_len => Step::Head(offset),
            None => Step::Rest(offset),
        }
    }

    fn trailer(&mut self, at: &Footer, footer: bool, bytes: Vec<u8>, first: u64) -> Step {
        let opened: Result<Vec<Record>, SegmentError> = match &self.reader {
            Some(reader) => match reader.open_trailer(at, bytes) {
                Ok::<(Arc<Format>, _), _>((_, records)) => Ok(records),
                Err(SegmentError::Empty) => Ok(Vec::new()),
                Err(error) => Err(error),
            },
            None => Err(SegmentError::Torn),
        };
        self.opened |= opened.is_ok();
        match (opened, footer) {
            (Ok(records), true) => self.known = Some(records),
            (Ok(_), false) => {
                self.faults.retain(|fault| *fault != Fault::Trailer);
                self.faults.push(Fault::Footer);
            }
            (Err(_), _) if self.faults.contains(&Fault::Trailer) => {}
            (Err(_), _) => self.faults.push(Fault::Trailer),
        }
        if footer { self.next(first) } else { Step::Done }
    }

    /// The clear header of the next record, where no trailer told it.
    fn head(&mut self, offset: u64, bytes: &[u8]) -> Step {
        let number = self.records.len() as u32;
        let Some(header) = bytes.get(TAG_LEN..).and_then(RecordHeader::decode) else { return self.rest(offset, bytes) };
        if header.number != number {
            self.faults.push(Fault::Order { number, found: header.number });
            return Step::Done;
        }
        if header.flags.format != (number == 0) {
            self.faults.push(Fault::RecordHeader(number));
            return Step::Done;
        }
        match offset.checked_add(header.record_len()) {
            Some(end) if end <= self.file_len => Step::Record(offset, header),
            _ => Step::Done,
        }
    }

    fn record(&mut self, offset: u64, header: &RecordHeader, bytes: &mut [u8]) {
        let number = header.number;
        let tag = bytes.last_chunk().copied().unwrap_or_default();
        self.records.push(CheckedRecord { record: Scanned { offset, header: *header }, tag });
        let Some(clear) = bytes.get_mut(TAG_LEN..TAG_LEN + RECORD_HEADER_LEN) else {
            return self.faults.push(Fault::RecordHeader(number));
        };
        let found = RecordHeader::decode(clear);
        // What lies behind a changed header is opened with the one that should be there.
        clear.copy_from_slice(&header.encode());
        let Some(reader) = &self.reader else { return };
        // The samples first: opening the table would take their link.
        let samples = match self.depth {
            Depth::Samples => reader.open_samples(&Scanned { offset, header: *header }.at(), &mut bytes[TAG_LEN..]).is_ok(),
            Depth::Tables => true,
        };
        let table = matches!(reader.open_table(header, bytes), Some(Ok(_)));
        self.opened |= table || samples && self.depth == Depth::Samples;
        let damaged_link = || match self.faults.last() {
            Some(Fault::Samples(before) | Fault::Order { number: before, .. }) => before + 1 == number,
            _ => false,
        };
        let fault = match found {
            Some(found) if found.number != number => Fault::Order { number, found: found.number },
            Some(found) if found == *header && table && samples => return,
            Some(found) if found == *header && samples && damaged_link() => return,
            Some(found) if found == *header && !table => Fault::Table(number),
            Some(found) if found == *header => Fault::Samples(number),
            _ => Fault::RecordHeader(number),
        };
        self.faults.push(fault);
    }

    /// What follows the last record: the trailer that is known, one that the footer did not lead to, or a torn record.
    fn rest(&mut self, offset: u64, bytes: &[u8]) -> Step {
        if self.known.is_some() || offset >= self.file_len {
            self.ends_well = true;
            return Step::Done;
        }
        let Some((records, body_len)) = bytes.get(TAG_LEN..).and_then(trailer_lengths) else { return Step::Done };
        if records as usize != self.records.len() {
            return Step::Done;
        }
        self.ends_well = true;
        Step::Trailer { at: Footer { offset, body_len, records }, footer: false }
    }

    /// Checks a file that is in memory.
    ///
    /// # Errors
    /// As [`feed`](Self::feed) and [`finish`](Self::finish).
    pub fn check(file: &[u8], key: &'k MediaKey, depth: Depth) -> Result<Checked, SegmentError> {
        let mut checker = Self::new(file.len() as u64, key, depth);
        while let Some(range) = checker.wants() {
            checker.feed(&mut super::scan::slice(file, &range).to_vec())?;
        }
        checker.finish()
    }

    /// What was found, once nothing more is wanted.
    ///
    /// # Errors
    /// [`SegmentError::Torn`] before the header was fed.
    pub fn finish(self) -> Result<Checked, SegmentError> {
        let Self { reader, known, mut records, mut faults, opened, ends_well, .. } = self;
        let header = *reader.ok_or(SegmentError::Torn)?.header();
        let last = (records.len() as u32).checked_sub(1);
        let of_last = |fault: &Fault| last.is_some_and(|n| [Fault::Table(n), Fault::Samples(n)].contains(fault));
        let trailer = faults.iter().any(|fault| matches!(fault, Fault::Trailer | Fault::Footer));
        let mut ending = match (known.is_some() || trailer, ends_well) {
            (true, _) => Ending::Closed,
            (false, true) => Ending::Open,
            (false, false) => Ending::Torn,
        };
        if !records.is_empty() && !opened {
            faults = vec![Fault::Header];
        } else if ending != Ending::Closed && faults.last().is_some_and(of_last) {
            // The lengths of a write reach the disk before its bytes.
            ending = Ending::Torn;
            faults.pop();
            records.pop();
        } else if faults.iter().any(of_last) {
            // The trailer's link is the last record's tag.
            faults.retain(|fault| *fault != Fault::Trailer);
        }
        // Found first, as the footer is read first; it lies behind all records.
        if let Some(at) = faults.iter().position(|fault| *fault == Fault::Trailer) {
            faults[at..].rotate_left(1);
        }
        Ok(Checked { header, records, ending, faults })
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
