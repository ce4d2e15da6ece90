//! Opening a segment file with its media key.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::cipher::{FileCipher, Part, Tag};
use super::index::{Record, RecordAt, SegmentIndex};
use super::table::Table;
use super::wire::{
    FOOTER_LEN, Footer, HEADER_LEN, RECORD_HEADER_LEN, RECORDS_MAX, RecordHeader, SegmentHeader, TAG_LEN, trailer_header,
};
use super::{MediaKey, SegmentError};
use crate::au::Format;

/// Bytes that one step of a scan reads: the link, a record's header and nearly every table.
const SCAN_WINDOW: u64 = 4096;

/// Opens the sealed samples of one file.
#[derive(Debug)]
pub struct SegmentReader {
    header: SegmentHeader,
    cipher: FileCipher,
}

impl SegmentReader {
    /// A reader from the first [`HEADER_LEN`] bytes of a file.
    ///
    /// # Errors
    /// [`SegmentError::NotASegment`], [`SegmentError::WrongKey`].
    pub fn new(header: &[u8], key: &MediaKey) -> Result<Self, SegmentError> {
        let header = SegmentHeader::decode(header).ok_or(SegmentError::NotASegment)?;
        Ok(Self { header, cipher: FileCipher::new(&header, key)? })
    }

    /// The file's clear header.
    #[must_use]
    pub fn header(&self) -> &SegmentHeader {
        &self.header
    }

    /// Opens one record's samples where they lie. `sealed` holds the bytes of [`RecordAt::sealed`]; returned are the pictures'
    /// bytes, then the sound's, as [`Record::bytes_of`] divides them.
    ///
    /// # Errors
    /// [`SegmentError::Torn`] for fewer bytes, [`SegmentError::Forged`] where they are not what was written there.
    pub fn open_samples<'a>(&self, at: &RecordAt, sealed: &'a mut [u8]) -> Result<&'a mut [u8], SegmentError> {
        let (clear, rest) = sealed.split_first_chunk_mut::<RECORD_HEADER_LEN>().ok_or(SegmentError::Torn)?;
        let header = RecordHeader::decode(clear).ok_or(SegmentError::Forged)?;
        if RecordAt::new(at.offset, &header) != *at {
            return Err(SegmentError::Forged);
        }
        let (_, rest) = rest.split_at_mut_checked(at.table_len as usize).ok_or(SegmentError::Torn)?;
        let (link, rest) = rest.split_first_chunk_mut::<TAG_LEN>().ok_or(SegmentError::Torn)?;
        let samples = rest.get_mut(..at.samples_len as usize + TAG_LEN).ok_or(SegmentError::Torn)?;
        self.cipher.open(Part::Samples(at.number), clear, link, samples)
    }

    /// Opens a record's table from `bytes`, which start with the link. `None` where they are too few.
    pub(super) fn open_table(&self, header: &RecordHeader, bytes: &mut [u8]) -> Option<Result<Bytes, SegmentError>> {
        let (link, rest) = bytes.split_first_chunk_mut::<TAG_LEN>()?;
        let link = if header.number == 0 { [0; TAG_LEN] } else { *link };
        let (clear, rest) = rest.split_first_chunk_mut::<RECORD_HEADER_LEN>()?;
        let table = rest.get_mut(..header.table_len as usize + TAG_LEN)?;
        Some(self.cipher.open(Part::Table(header.number), clear, &link, table).map(|table| Bytes::copy_from_slice(table)))
    }

    pub(super) fn open_trailer(&self, footer: &Footer, bytes: Vec<u8>) -> Result<(Arc<Format>, Vec<Record>), SegmentError> {
        let mut bytes = bytes;
        let (link, rest) = bytes.split_first_chunk_mut::<TAG_LEN>().ok_or(SegmentError::Torn)?;
        let link: Tag = if footer.records == 0 { [0; TAG_LEN] } else { *link };
        let clear = trailer_header(footer.records, footer.body_len);
        if rest.first_chunk() != Some(&clear) {
            return Err(SegmentError::Forged);
        }
        self.cipher.open(Part::Trailer(footer.records), &clear, &link, &mut rest[RECORD_HEADER_LEN..])?;
        let start = TAG_LEN + RECORD_HEADER_LEN;
        let body = Bytes::from(bytes).slice(start..start + footer.body_len as usize);
        read_trailer(footer, self.header.encoded_len() as u64, body).ok_or(SegmentError::Forged)?.ok_or(SegmentError::Empty)
    }
}

/// The trailer's records, which must fill the file up to the trailer. Inner `None`: there are none.
fn read_trailer(footer: &Footer, header_len: u64, mut body: Bytes) -> Option<Option<(Arc<Format>, Vec<Record>)>> {
    let (mut records, mut format) = (Vec::with_capacity(footer.records as usize), None);
    let mut offset = header_len;
    for number in 0..footer.records {
        let header =
            RecordHeader::decode(&body).filter(|header| header.number == number && header.flags.format == (number == 0))?;
        let end = RECORD_HEADER_LEN + header.table_len as usize;
        if body.len() < end {
            return None;
        }
        let (table, found) = Table::decode(body.slice(RECORD_HEADER_LEN..end), header.flags.format, header.samples_len)?;
        format = format.or(found);
        records.push(Record { header, offset, table });
        offset = offset.checked_add(header.record_len())?;
        body = body.slice(end..);
    }
    (body.is_empty() && offset == footer.offset).then(|| format.map(|format| (format, records)))
}

/// What a loader found.
#[derive(Debug)]
pub struct Loaded {
    /// Opens samples.
    pub reader: SegmentReader,
    /// The records.
    pub index: SegmentIndex,
    /// The file was closed cleanly: its trailer holds. Where the recorder closed it and this is false, it was damaged or cut.
    pub clean: bool,
    /// The tag of the last record's samples: what the next segment's header says of this one.
    pub tail: [u8; TAG_LEN],
}

#[derive(Debug)]
enum Step {
    Header,
    Footer,
    Trailer(Footer),
    /// Reads the record at `offset`; `window` bytes from the link on.
    Scan {
        offset: u64,
        window: u64,
    },
    /// Tries the samples of the last record, which a crash may have torn although its length is there.
    Tail,
    Done,
}

/// Loads the index of a file of a given length: from its trailer, else by a scan of its records up to the last whole and
/// authentic one. The caller reads: as long as [`wants`](Self::wants) names a range, it gives those bytes to
/// [`feed`](Self::feed); then [`finish`](Self::finish).
#[derive(Debug)]
pub struct IndexLoader<'k> {
    key: &'k MediaKey,
    file_len: u64,
    step: Step,
    reader: Option<SegmentReader>,
    format: Option<Arc<Format>>,
    records: Vec<Record>,
    clean: bool,
    tail: Tag,
}

impl<'k> IndexLoader<'k> {
    /// A loader for a file of `file_len` bytes.
    #[must_use]
    pub fn new(file_len: u64, key: &'k MediaKey) -> Self {
        let (step, records, tail) = (Step::Header, Vec::new(), [0; TAG_LEN]);
        Self { key, file_len, step, reader: None, format: None, records, clean: false, tail }
    }

    /// The bytes that must be fed next; `None` when all is known.
    #[must_use]
    pub fn wants(&self) -> Option<Range<u64>> {
        match &self.step {
            Step::Header => Some(0..HEADER_LEN as u64),
            Step::Footer => Some(self.file_len - FOOTER_LEN as u64..self.file_len),
            Step::Trailer(footer) => Some(footer.offset - TAG_LEN as u64..footer.offset + footer.trailer_len()),
            Step::Scan { offset, window } => {
                let start = offset - TAG_LEN as u64;
                Some(start..self.file_len.min(start + window))
            }
            Step::Tail => self.records.last().map(|record| record.at().sealed()),
            Step::Done => None,
        }
    }

    /// Takes the bytes that were wanted. Fewer than that mean that the file was cut meanwhile.
    ///
    /// # Errors
    /// [`SegmentError::NotASegment`], [`SegmentError::WrongKey`]; [`SegmentError::Forged`] where not even the first record opens.
    pub fn feed(&mut self, mut bytes: Vec<u8>) -> Result<(), SegmentError> {
        let Some(reader) = &self.reader else {
            let reader = self.reader.insert(SegmentReader::new(&bytes, self.key)?);
            let offset = reader.header.encoded_len() as u64;
            let footer = self.file_len > offset + FOOTER_LEN as u64;
            self.step = if footer { Step::Footer } else { Step::Scan { offset, window: SCAN_WINDOW } };
            return Ok(());
        };
        let scan = Step::Scan { offset: reader.header.encoded_len() as u64, window: SCAN_WINDOW };
        match &self.step {
            Step::Header | Step::Done => {}
            Step::Footer => self.step = Footer::decode(&bytes, self.file_len).map_or(scan, Step::Trailer),
            Step::Trailer(footer) => {
                let tail = bytes.first_chunk().copied();
                match (reader.open_trailer(footer, bytes), tail) {
                    (Ok((format, records)), Some(tail)) => {
                        (self.format, self.records, self.clean, self.tail) = (Some(format), records, true, tail);
                        self.step = Step::Done;
                    }
                    (Err(SegmentError::Empty), _) => self.step = Step::Done,
                    _ => self.step = scan,
                }
            }
            &Step::Scan { offset, window } => self.step = self.scan(offset, window, &mut bytes)?,
            Step::Tail => {
                self.tail = bytes.last_chunk().copied().unwrap_or_default();
                let torn = self.records.last().is_some_and(|record| reader.open_samples(&record.at(), &mut bytes).is_err());
                self.step = if torn { Step::Tail } else { Step::Done };
                if torn {
                    self.records.pop();
                }
            }
        }
        Ok(())
    }

    /// Takes in the record at `offset` and says what comes next.
    fn scan(&mut self, offset: u64, window: u64, bytes: &mut [u8]) -> Result<Step, SegmentError> {
        let number = self.records.len() as u32;
        let header = bytes.get(TAG_LEN..).and_then(RecordHeader::decode);
        let header = header.filter(|header| header.number == number && header.flags.format == (number == 0));
        let end = header.and_then(|header| offset.checked_add(header.record_len()));
        let (Some(reader), Some(header), Some(end)) = (&self.reader, header, end.filter(|&end| end <= self.file_len)) else {
            return Ok(Step::Tail);
        };
        let Some(table) = reader.open_table(&header, bytes) else {
            let whole = (2 * TAG_LEN + RECORD_HEADER_LEN) as u64 + u64::from(header.table_len);
            return Ok(if window < whole { Step::Scan { offset, window: whole } } else { Step::Tail });
        };
        let opened =
            table.and_then(|table| Table::decode(table, header.flags.format, header.samples_len).ok_or(SegmentError::Forged));
        match opened {
            Ok((table, format)) => {
                self.format = self.format.take().or(format);
                self.records.push(Record { header, offset, table });
                Ok(if number + 1 < RECORDS_MAX { Step::Scan { offset: end, window: SCAN_WINDOW } } else { Step::Tail })
            }
            Err(error) if number == 0 => Err(error),
            Err(_) => Ok(Step::Tail),
        }
    }

    /// Loads a file that is in memory.
    ///
    /// # Errors
    /// As [`feed`](Self::feed) and [`finish`](Self::finish).
    pub fn load(file: &[u8], key: &'k MediaKey) -> Result<Loaded, SegmentError> {
        let mut loader = Self::new(file.len() as u64, key);
        while let Some(range) = loader.wants() {
            loader.feed(super::scan::slice(file, &range).to_vec())?;
        }
        loader.finish()
    }

    /// What was found, once nothing more is wanted.
    ///
    /// # Errors
    /// [`SegmentError::Empty`] where there is not one whole record.
    pub fn finish(self) -> Result<Loaded, SegmentError> {
        let (Some(reader), Some(format)) = (self.reader, self.format.filter(|_| !self.records.is_empty())) else {
            return Err(SegmentError::Empty);
        };
        let mut index = SegmentIndex::new(reader.header, format);
        self.records.into_iter().for_each(|record| index.push(record));
        Ok(Loaded { reader, index, clean: self.clean, tail: self.tail })
    }
}
