//! The files of a ring.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use domain::Timestamp;
use media::record::{MediaKeyId, SegmentScanner};

use super::Ring;

/// A file, as far as it is written.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) path: PathBuf,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) bytes: u64,
}

impl Ring {
    /// Deletes the oldest files until `more` bytes fit. The one that is written stays.
    pub(super) fn make_room(&self, more: u64) {
        let mut files = self.files();
        let mut used: u64 = files.iter().map(|file| file.bytes).sum();
        while used + more > self.keep.bytes && files.len() > 1 {
            let Some(oldest) = files.pop_front() else { return };
            used -= oldest.bytes;
            remove(&oldest.path);
        }
    }
}

/// What a folder holds, oldest first. What was cut short is taken as far as it is whole; what another key sealed, or is empty, is
/// deleted.
pub(super) fn scan(dir: &Path, key: MediaKeyId) -> io::Result<VecDeque<Kept>> {
    fs::create_dir_all(dir)?;
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "seg") {
            continue;
        }
        match look(&path, key) {
            Ok(Some(file)) => files.push(file),
            Ok(None) => remove(&path),
            Err(error) => tracing::warn!(file = ?path.file_name(), %error, "what was kept cannot be read"),
        }
    }
    files.sort_by_key(|file| file.start);
    Ok(files.into())
}

fn look(path: &Path, key: MediaKeyId) -> io::Result<Option<Kept>> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut scanner = SegmentScanner::new(bytes);
    while let Some(range) = scanner.wants() {
        if scanner.feed(&read_at(&file, &range)?).is_err() {
            return Ok(None);
        }
    }
    let is_ours = scanner.header().is_some_and(|header| header.key == key);
    let span = scanner.span().filter(|_| is_ours);
    Ok(span.map(|(start, end)| Kept { path: path.to_owned(), start, end, bytes }))
}

/// Reads a range of a file, or as much of it as there is.
pub(super) fn read_at(file: &File, range: &Range<u64>) -> io::Result<Vec<u8>> {
    let length = usize::try_from(range.end.saturating_sub(range.start)).map_err(io::Error::other)?;
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        match file.read_at(&mut bytes[filled..], range.start + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(file = ?path.file_name(), %error, "what was kept cannot be deleted");
    }
}
