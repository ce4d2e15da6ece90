//! Sealing fragments into the bytes of a segment file.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::limits::{SEGMENT_BYTES_MAX, SEGMENT_TIME_MAX};
use domain::{CameraId, FootageClass, Origin, SegmentId, StreamName, Timestamp};

use super::cipher::{FileCipher, Part, Tag};
use super::fragment::Fragment;
use super::index::{Record, SegmentIndex};
use super::table::{self, Table};
use super::wire::{
    Footer, Previous, RECORD_HEADER_LEN, RECORDS_MAX, RecordFlags, RecordHeader, SAMPLES_BYTES_MAX, SegmentHeader,
    TABLE_BYTES_MAX, TAG_LEN, TRAILER_BYTES_MAX, Version, trailer_header,
};
use super::{Cipher, JOIN_MAX, MediaKey, SegmentError};
use crate::au::Format;

/// What a new file is for.
#[derive(Debug, Clone)]
pub struct SegmentParams {
    /// Whose footage.
    pub camera: CameraId,
    /// Which stream.
    pub stream: StreamName,
    /// How to seal it.
    pub cipher: Cipher,
    /// What all its fragments carry; another format needs another file.
    pub format: Arc<Format>,
    /// Why it is kept, as far as is known now.
    pub class: FootageClass,
    /// How it came.
    pub origin: Origin,
    /// What it follows: the segment before of the same stream, camera and origin, and the tag that was its
    /// [`tail`](SegmentWriter::tail).
    pub previous: Option<Previous>,
}

/// Makes the bytes of one segment file, in order, each once.
///
/// A file is never appended to after a restart or a failed write: drop the writer and start another file under another id.
#[derive(Debug)]
pub struct SegmentWriter {
    header: SegmentHeader,
    format: Arc<Format>,
    cipher: FileCipher,
    link: Tag,
    offset: u64,
    records: u32,
    /// Clear headers and tables of all records, for the trailer.
    trailer: Vec<u8>,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl SegmentWriter {
    /// A writer and the file's header. `segment` must be fresh: the file's key is derived from it.
    ///
    /// # Errors
    /// Only [`SegmentError::Crypto`].
    pub fn new(params: SegmentParams, key: &MediaKey, segment: SegmentId) -> Result<(Self, Bytes), SegmentError> {
        let SegmentParams { camera, stream, cipher, format, class, origin, previous } = params;
        let (key_id, version) = (key.id(), Version::V2);
        let header = SegmentHeader { segment, camera, stream, key: key_id, cipher, version, class, origin, previous };
        Self::begin(header, format, key)
    }

    /// As [`new`](Self::new), for a header of any version.
    pub(super) fn begin(header: SegmentHeader, format: Arc<Format>, key: &MediaKey) -> Result<(Self, Bytes), SegmentError> {
        let writer = Self {
            header,
            format,
            cipher: FileCipher::new(&header, key)?,
            link: [0; TAG_LEN],
            offset: header.encoded_len() as u64,
            records: 0,
            trailer: Vec::new(),
            start: None,
            end: None,
        };
        Ok((writer, Bytes::copy_from_slice(&header.encode()[..header.encoded_len()])))
    }

    /// The file's clear header.
    #[must_use]
    pub fn header(&self) -> &SegmentHeader {
        &self.header
    }

    /// The index of the file as it is before its first record.
    #[must_use]
    pub fn index(&self) -> SegmentIndex {
        SegmentIndex::new(self.header, Arc::clone(&self.format))
    }

    /// Bytes of the file so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.offset
    }

    /// Whether there is no record yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// The tag of the last record's samples, for the segment that follows; none before the first record.
    #[must_use]
    pub fn tail(&self) -> Option<[u8; TAG_LEN]> {
        (self.records > 0).then_some(self.link)
    }

    /// Whether `fragment` must go into a new file: another format, a hole or step in wall-clock time of more than
    /// [`JOIN_MAX`] (so that a file is one unbroken span), a full file, or a key picture after [`SEGMENT_TIME_MAX`].
    #[must_use]
    pub fn must_roll(&self, fragment: &Fragment) -> bool {
        let (Some(start), Some(end)) = (self.start, self.end) else { return false };
        let age = end.since(start);
        let hole = fragment.wall.since(end).max(end.since(fragment.wall)) > JOIN_MAX;
        let full = self.offset + fragment.bytes() as u64 > SEGMENT_BYTES_MAX
            || self.records >= RECORDS_MAX
            || self.trailer.len() + (TABLE_BYTES_MAX as usize) > TRAILER_BYTES_MAX as usize;
        // A GOP that outlasts two segments is cut rather than followed for ever.
        let old = age >= SEGMENT_TIME_MAX && fragment.key || age >= 2 * SEGMENT_TIME_MAX;
        self.format != fragment.format || hole || full || old
    }

    /// Appends the sealed record to `out` and returns its index entry. Each sample is copied once, into `out`, and sealed there.
    /// On an error nothing was appended.
    ///
    /// # Errors
    /// [`SegmentError::Format`] for another format, [`SegmentError::TooLarge`] where a limit of the format is passed.
    pub fn record(&mut self, fragment: &Fragment, out: &mut Vec<u8>) -> Result<Record, SegmentError> {
        if !Arc::ptr_eq(&self.format, &fragment.format) && self.format != fragment.format {
            return Err(SegmentError::Format);
        }
        let mut clear_table = Vec::with_capacity(16 + 8 * (fragment.video.samples.len() + fragment.audio.samples.len()));
        table::encode(&mut clear_table, fragment, self.records == 0);
        let header = RecordHeader {
            number: self.records,
            flags: RecordFlags {
                key: fragment.key,
                discontinuity: fragment.discontinuity,
                format: self.records == 0,
                video: !fragment.video.samples.is_empty(),
                audio: !fragment.audio.samples.is_empty(),
            },
            table_len: bounded(clear_table.len(), TABLE_BYTES_MAX)?,
            samples_len: bounded(fragment.bytes(), SAMPLES_BYTES_MAX)?,
            duration_us: u32::try_from(fragment.duration().as_micros()).unwrap_or(u32::MAX),
            wall: fragment.wall,
        };
        let trailer_len = self.trailer.len() + RECORD_HEADER_LEN + clear_table.len();
        if self.records >= RECORDS_MAX || trailer_len > TRAILER_BYTES_MAX as usize {
            return Err(SegmentError::TooLarge);
        }
        let clear = header.encode();
        let start = out.len();
        let link = self.seal(&header, &clear, &clear_table, fragment, out).inspect_err(|_| out.truncate(start))?;

        self.trailer.extend_from_slice(&clear);
        self.trailer.extend_from_slice(&clear_table);
        let with_format = header.flags.format;
        let (table, _) = Table::decode(clear_table.into(), with_format, header.samples_len).ok_or(SegmentError::TooLarge)?;
        let record = Record { header, offset: self.offset, table };
        self.link = link;
        self.offset += header.record_len();
        self.records += 1;
        self.start = self.start.or(Some(record.start()));
        self.end = Some(record.end());
        Ok(record)
    }

    fn seal(
        &self,
        header: &RecordHeader,
        clear: &[u8; RECORD_HEADER_LEN],
        table: &[u8],
        fragment: &Fragment,
        out: &mut Vec<u8>,
    ) -> Result<Tag, SegmentError> {
        out.reserve(usize::try_from(header.record_len()).map_err(|_| SegmentError::TooLarge)?);
        out.extend_from_slice(clear);
        let at = out.len();
        out.extend_from_slice(table);
        let tag = self.cipher.seal(Part::Table(header.number), clear, &self.link, &mut out[at..])?;
        out.extend_from_slice(&tag);
        let at = out.len();
        fragment.video.data.iter().chain(&fragment.audio.data).for_each(|sample| out.extend_from_slice(sample));
        let tag = self.cipher.seal(Part::Samples(header.number), clear, &tag, &mut out[at..])?;
        out.extend_from_slice(&tag);
        Ok(tag)
    }

    /// Appends the sealed trailer and the footer that finds it: the file is closed cleanly. Returns its final length.
    ///
    /// # Errors
    /// Only [`SegmentError::Crypto`].
    pub fn finish(self, out: &mut Vec<u8>) -> Result<u64, SegmentError> {
        let body_len = bounded(self.trailer.len(), TRAILER_BYTES_MAX)?;
        let footer = Footer { offset: self.offset, body_len, records: self.records };
        let clear = trailer_header(self.records, body_len);
        let start = out.len();
        out.extend_from_slice(&clear);
        out.extend_from_slice(&self.trailer);
        let tag = self.cipher.seal(Part::Trailer(self.records), &clear, &self.link, &mut out[start + RECORD_HEADER_LEN..])?;
        out.extend_from_slice(&tag);
        out.extend_from_slice(&footer.encode());
        Ok(self.offset + (out.len() - start) as u64)
    }

    /// Media time in the file so far.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.start.zip(self.end).map_or(Duration::ZERO, |(start, end)| end.since(start))
    }
}

fn bounded(length: usize, max: u32) -> Result<u32, SegmentError> {
    u32::try_from(length).ok().filter(|&length| length <= max).ok_or(SegmentError::TooLarge)
}
