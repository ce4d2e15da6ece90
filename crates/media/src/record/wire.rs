//! The clear parts of a segment file: header, record headers, footer (docs/segment-format.md). Big-endian.

use domain::{CameraId, FootageClass, Origin, SegmentId, StreamName, Timestamp};

use super::{Cipher, MediaKeyId};

/// Bytes of the file header, as it is written now: the most that one has.
pub const HEADER_LEN: usize = 96;
/// Bytes of the file header of version 1, which had no link.
const HEADER_LEN_1: usize = 64;
/// Bytes of a record's clear header.
pub const RECORD_HEADER_LEN: usize = 32;
/// Bytes of the footer of a cleanly closed file.
pub const FOOTER_LEN: usize = 24;
/// Bytes of an authentication tag, with both ciphers.
pub const TAG_LEN: usize = 16;

/// Most bytes of one record's samples: two of the largest access units.
pub(crate) const SAMPLES_BYTES_MAX: u32 = 16 * 1024 * 1024;
/// Most bytes of one record's table: half a second has under 1 KiB; the first one's parameter sets a few more.
pub(crate) const TABLE_BYTES_MAX: u32 = 256 * 1024;
/// Most bytes of a trailer: a minute has about 25 KiB.
pub(crate) const TRAILER_BYTES_MAX: u32 = 8 * 1024 * 1024;
/// Most records of one file: two minutes of 120 key pictures a second.
pub(crate) const RECORDS_MAX: u32 = 16 * 1024;

const MAGIC: [u8; 8] = *b"ATIPSEG\0";
const RECORD_MAGIC: [u8; 4] = *b"ATRE";
const TRAILER_MAGIC: [u8; 4] = *b"ATTR";
const FOOTER_MAGIC: [u8; 8] = *b"ATIPEND\0";

/// Header flag: event footage, from when it was begun.
const EVENT: u8 = 1;
/// Header flag: fetched from the camera after an outage.
const BACKFILLED: u8 = 2;

/// Which layout of the clear header a file has; all else is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// Without a link to the segment before.
    V1,
    /// With one; what is written now.
    V2,
}

impl Version {
    const fn number(self) -> u16 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    /// Bytes of its file header.
    const fn header_len(self) -> usize {
        match self {
            Self::V1 => HEADER_LEN_1,
            Self::V2 => HEADER_LEN,
        }
    }
}

/// The segment that a segment follows, and how that one ended: the link of the chain across files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Previous {
    /// The camera's segment before, of the same stream.
    pub segment: SegmentId,
    /// The tag of its last record's samples, as its recorder knew it.
    pub tail: [u8; TAG_LEN],
}

/// What stands in clear at the start of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// The file's random id; its key is derived from it, so no two files may share one.
    pub segment: SegmentId,
    /// Whose footage.
    pub camera: CameraId,
    /// Which stream.
    pub stream: StreamName,
    /// Which media key the file's key is derived from.
    pub key: MediaKeyId,
    /// How it is sealed.
    pub cipher: Cipher,
    /// Which layout the header has.
    pub version: Version,
    /// Why it is kept, as far as was known when the file was begun.
    pub class: FootageClass,
    /// How it came: what was fetched afterwards is in a chain of its own.
    pub origin: Origin,
    /// What it follows; none for the first of a chain and in version 1.
    pub previous: Option<Previous>,
}

impl SegmentHeader {
    /// Bytes of this header in its file.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        self.version.header_len()
    }

    /// The header as it stands in the file: the first [`encoded_len`](Self::encoded_len) bytes of this.
    pub(crate) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[..8].copy_from_slice(&MAGIC);
        out[8..10].copy_from_slice(&self.version.number().to_be_bytes());
        out[10] = self.cipher.to_byte();
        out[11] = match self.stream {
            StreamName::Main => 0,
            StreamName::Sub => 1,
        };
        out[16..32].copy_from_slice(&self.segment.to_bytes());
        out[32..48].copy_from_slice(&self.camera.to_bytes());
        out[48..64].copy_from_slice(&self.key.to_bytes());
        if self.version == Version::V2 {
            let (event, backfilled) = (self.class == FootageClass::Event, self.origin == Origin::Backfill);
            out[12] = u8::from(event) * EVENT + u8::from(backfilled) * BACKFILLED;
            if let Some(previous) = &self.previous {
                out[64..80].copy_from_slice(&previous.segment.to_bytes());
                out[80..].copy_from_slice(&previous.tail);
            }
        }
        out
    }

    /// Reads the first [`HEADER_LEN`] bytes of a file, or as many as it has. `None` for anything that no version wrote.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let version = match array(bytes, 8).map(u16::from_be_bytes)? {
            1 => Version::V1,
            2 => Version::V2,
            _ => return None,
        };
        let bytes = bytes.get(..version.header_len())?;
        let (flags, previous) = match version {
            Version::V1 => (0, None),
            Version::V2 => (bytes[12], previous(bytes)?),
        };
        let rest = if version == Version::V1 { 12..16 } else { 13..16 };
        if bytes[..8] != MAGIC || flags & !(EVENT | BACKFILLED) != 0 || bytes[rest].iter().any(|&byte| byte != 0) {
            return None;
        }
        Some(Self {
            version,
            class: if flags & EVENT == 0 { FootageClass::Continuous } else { FootageClass::Event },
            origin: if flags & BACKFILLED == 0 { Origin::Live } else { Origin::Backfill },
            previous,
            segment: SegmentId::from_bytes(array(bytes, 16)?),
            camera: CameraId::from_bytes(array(bytes, 32)?),
            stream: match bytes[11] {
                0 => StreamName::Main,
                1 => StreamName::Sub,
                _ => return None,
            },
            key: MediaKeyId::from_bytes(array(bytes, 48)?),
            cipher: Cipher::from_byte(bytes[10])?,
        })
    }
}

/// Whether a file begins as a segment file of a version to come. One that ends within its header, or has zeros there, is a file that
/// a power cut tore.
#[must_use]
pub fn is_newer(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC) && array(bytes, 8).map(u16::from_be_bytes).is_some_and(|version| version > 2)
}

/// What a record says in clear, for whoever scans without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordFlags {
    /// The first picture is a key picture.
    pub key: bool,
    /// What came before does not join up.
    pub discontinuity: bool,
    /// The sealed table starts with the format.
    pub format: bool,
    /// There are pictures in it.
    pub video: bool,
    /// There is sound in it.
    pub audio: bool,
}

impl RecordFlags {
    fn to_bits(self) -> u32 {
        let bits = [self.key, self.discontinuity, self.format, self.video, self.audio];
        bits.iter().enumerate().map(|(bit, &set)| u32::from(set) << bit).sum()
    }

    fn from_bits(bits: u32) -> Option<Self> {
        let has = |bit: u32| bits & 1 << bit != 0;
        let flags = Self { key: has(0), discontinuity: has(1), format: has(2), video: has(3), audio: has(4) };
        (flags.to_bits() == bits).then_some(flags)
    }
}

/// What stands in clear before each record's sealed parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHeader {
    /// Counts from 0 within the file.
    pub number: u32,
    /// See there.
    pub flags: RecordFlags,
    /// Bytes of the table before sealing.
    pub table_len: u32,
    /// Bytes of the samples before sealing.
    pub samples_len: u32,
    /// Media time in it, in microseconds.
    pub duration_us: u32,
    /// Wall-clock time of its first picture, or first sound where it has no picture.
    pub wall: Timestamp,
}

impl RecordHeader {
    pub(crate) fn encode(&self) -> [u8; RECORD_HEADER_LEN] {
        let flags = self.flags.to_bits();
        sealed_header(RECORD_MAGIC, [self.number, flags, self.table_len, self.samples_len, self.duration_us], self.wall.micros())
    }

    /// Reads a record's header. `None` for what is no record or larger than one may be.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; RECORD_HEADER_LEN] = bytes.first_chunk()?;
        let header = Self {
            number: u32_at(bytes, 4)?,
            flags: RecordFlags::from_bits(u32_at(bytes, 8)?)?,
            table_len: u32_at(bytes, 12)?,
            samples_len: u32_at(bytes, 16)?,
            duration_us: u32_at(bytes, 20)?,
            wall: Timestamp::from_micros(i64::from_be_bytes(array(bytes, 24)?)),
        };
        let fits = header.number < RECORDS_MAX && header.table_len <= TABLE_BYTES_MAX && header.samples_len <= SAMPLES_BYTES_MAX;
        (bytes[..4] == RECORD_MAGIC && fits).then_some(header)
    }

    /// Bytes of the whole record in the file: this header, and both sealed parts with their tags.
    #[must_use]
    pub const fn record_len(&self) -> u64 {
        (RECORD_HEADER_LEN + 2 * TAG_LEN) as u64 + self.table_len as u64 + self.samples_len as u64
    }
}

/// What stands in clear before the sealed trailer.
pub(crate) fn trailer_header(records: u32, body_len: u32) -> [u8; RECORD_HEADER_LEN] {
    sealed_header(TRAILER_MAGIC, [records, 0, body_len, 0, 0], 0)
}

/// The number of records and the length of the body of a trailer whose clear header this is.
pub(crate) fn trailer_lengths(bytes: &[u8]) -> Option<(u32, u32)> {
    let (records, body_len) = (u32_at(bytes, 4)?, u32_at(bytes, 12)?);
    let sound = body_len <= TRAILER_BYTES_MAX && bytes.get(..RECORD_HEADER_LEN)? == trailer_header(records, body_len);
    sound.then_some((records, body_len))
}

fn sealed_header(magic: [u8; 4], words: [u32; 5], wall: i64) -> [u8; RECORD_HEADER_LEN] {
    let mut out = [0; RECORD_HEADER_LEN];
    out[..4].copy_from_slice(&magic);
    for (slot, word) in out[4..24].chunks_exact_mut(4).zip(words) {
        slot.copy_from_slice(&word.to_be_bytes());
    }
    out[24..].copy_from_slice(&wall.to_be_bytes());
    out
}

/// The last bytes of a cleanly closed file: where its trailer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Footer {
    /// Where the trailer's clear header starts.
    pub(crate) offset: u64,
    /// Bytes of the trailer before sealing.
    pub(crate) body_len: u32,
    /// Records in the file.
    pub(crate) records: u32,
}

impl Footer {
    pub(crate) fn encode(&self) -> [u8; FOOTER_LEN] {
        let mut out = [0; FOOTER_LEN];
        out[..8].copy_from_slice(&FOOTER_MAGIC);
        out[8..16].copy_from_slice(&self.offset.to_be_bytes());
        out[16..20].copy_from_slice(&self.body_len.to_be_bytes());
        out[20..].copy_from_slice(&self.records.to_be_bytes());
        out
    }

    /// Reads the last [`FOOTER_LEN`] bytes of a file of `file_len` bytes. `None` where it was not closed cleanly.
    pub(crate) fn decode(bytes: &[u8], file_len: u64) -> Option<Self> {
        let bytes: &[u8; FOOTER_LEN] = bytes.last_chunk()?;
        let footer =
            Self { offset: u64::from_be_bytes(array(bytes, 8)?), body_len: u32_at(bytes, 16)?, records: u32_at(bytes, 20)? };
        let fits = footer.body_len <= TRAILER_BYTES_MAX && footer.records <= RECORDS_MAX && footer.offset >= HEADER_LEN_1 as u64;
        let end = footer.offset.checked_add(footer.trailer_len())?.checked_add(FOOTER_LEN as u64)?;
        (bytes[..8] == FOOTER_MAGIC && fits && end == file_len).then_some(footer)
    }

    /// Bytes of the trailer in the file, with its clear header and tag.
    pub(crate) const fn trailer_len(&self) -> u64 {
        (RECORD_HEADER_LEN + TAG_LEN) as u64 + self.body_len as u64
    }
}

/// The link of a header of version 2. Outer `None`: a tag without a segment, which nobody writes.
fn previous(bytes: &[u8]) -> Option<Option<Previous>> {
    let (segment, tail) = (array(bytes, 64)?, array(bytes, 80)?);
    if segment == [0; 16] {
        return (tail == [0; TAG_LEN]).then_some(None);
    }
    Some(Some(Previous { segment: SegmentId::from_bytes(segment), tail }))
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}
