//! From access units to sealed segments, and back to timelines, playlists, parts and downloads.
//!
//! Writing: [`Fragmenter`] cuts, [`SegmentWriter`] seals. Reading: [`SegmentScanner`] walks a file without a key,
//! [`IndexLoader`] opens its index with one, [`SegmentReader`] its samples, [`SegmentChecker`] holds every part against the rest.
//! What is served is made from indices: [`Timeline`], [`Playlist`] and [`VirtualMp4`]. All of it is bytes in, bytes out; the
//! caller does the file I/O.

mod check;
mod cipher;
mod download;
mod fragment;
mod index;
mod key;
mod playlist;
mod reader;
mod scan;
mod select;
mod table;
mod timeline;
mod wire;
mod writer;

use std::time::Duration;

pub use check::{Checked, CheckedRecord, Depth, Ending, Fault, SegmentChecker};
pub use cipher::Cipher;
pub use download::{DownloadBuilder, Piece, VirtualMp4};
pub use fragment::{Fragment, Fragmenter, Run};
pub use index::{Record, RecordAt, SegmentIndex};
pub use key::{MediaKey, MediaKeyId};
pub use playlist::{Playlist, media_part};
pub use reader::{IndexLoader, Loaded, SegmentReader};
pub use scan::{Scanned, SegmentScanner};
pub use table::{RunInfo, Samples};
pub use timeline::{Cause, Gap, Timeline};
pub use wire::{
    FOOTER_LEN, HEADER_LEN, Previous, RECORD_HEADER_LEN, RecordFlags, RecordHeader, SegmentHeader, TAG_LEN, Version, is_newer,
};
pub use writer::{SegmentParams, SegmentWriter};

/// Recordings whose ends are at most this far apart join up: a longer hole is shown, and starts a new file.
pub const JOIN_MAX: Duration = Duration::from_secs(1);

/// Why a segment file cannot be written or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentError {
    /// Not the header of a segment file, or of a version to come.
    #[error("not a segment file of a known version")]
    NotASegment,
    /// Sealed under another media key.
    #[error("sealed under another media key")]
    WrongKey,
    /// Sealed bytes do not open: changed, swapped, cut or from another file.
    #[error("sealed bytes do not open: they are not what was written here")]
    Forged,
    /// The bytes are fewer than the record.
    #[error("the bytes end before the record does")]
    Torn,
    /// Not one whole record.
    #[error("no whole record in the file")]
    Empty,
    /// The fragment's format is not the file's.
    #[error("another format needs another file")]
    Format,
    /// A limit of the format is passed.
    #[error("larger than a record or file may be")]
    TooLarge,
    /// The cipher refused to work.
    #[error("the cipher failed")]
    Crypto,
}

#[cfg(test)]
pub(crate) mod test_footage;
#[cfg(test)]
#[path = "segment_tests.rs"]
mod tests;
