//! Reading segment files.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use domain::{Error, Kind};
use media::record::{HEADER_LEN, IndexLoader, Loaded, MediaKey, SegmentError, SegmentHeader};

/// Why a segment file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Segment(#[from] SegmentError),
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::Io(io) if io.kind() == io::ErrorKind::NotFound => {
                Self::new(Kind::NotFound, "recording.none", "the footage is no longer kept")
            }
            ReadError::Io(_) => {
                Self::new(Kind::Unavailable, "storage.failed", "the footage's disk cannot be read").with_source(error)
            }
            ReadError::Segment(_) => Self::internal(error),
        }
    }
}

/// The clear header of a file; `None` for a file that is no segment. Blocks.
pub(crate) fn header(path: &Path) -> io::Result<Option<SegmentHeader>> {
    let file = File::open(path)?;
    Ok(SegmentHeader::decode(&read_at(&file, &(0..HEADER_LEN as u64))?))
}

/// Opens a file and loads its index; of a file whose disk failed only the first `bytes` count. Blocks.
pub(crate) fn load(path: &Path, key: &MediaKey, bytes: Option<u64>) -> Result<(File, Loaded), ReadError> {
    let file = File::open(path)?;
    let there = file.metadata()?.len();
    let mut loader = IndexLoader::new(bytes.map_or(there, |bytes| bytes.min(there)), key);
    while let Some(range) = loader.wants() {
        loader.feed(read_at(&file, &range)?)?;
    }
    Ok((file, loader.finish()?))
}

/// Reads a range of a file, or as much of it as there is. Blocks.
pub(crate) fn read_at(file: &File, range: &Range<u64>) -> io::Result<Vec<u8>> {
    let length = usize::try_from(range.end.saturating_sub(range.start)).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], range.start + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
