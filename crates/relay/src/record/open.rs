//! Segments that are being written: served from memory until their row is in the index.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CameraId, SegmentId, StorageId, TimeRange};
use media::record::{Record, SegmentIndex, TAG_LEN};

/// A segment that is being written, as far as it has reached the disk.
#[derive(Debug, Clone)]
pub(crate) struct OpenSegment {
    pub(crate) index: SegmentIndex,
    /// Where it lies while it is open.
    pub(crate) path: PathBuf,
    /// The storage that it is on.
    pub(crate) storage: Option<StorageId>,
    /// Bytes up to the last durable record; 0 where the whole file counts.
    pub(crate) bytes: u64,
    /// The tag of its last record's samples.
    pub(crate) tail: Option<[u8; TAG_LEN]>,
    /// Nobody writes it or files it.
    left: bool,
}

impl OpenSegment {
    pub(crate) fn new(index: SegmentIndex, storage: Option<StorageId>, path: PathBuf, bytes: u64) -> Self {
        Self { index, path, storage, bytes, tail: None, left: false }
    }

    /// Whether somebody still writes it.
    pub(crate) fn grows(&self) -> bool {
        !self.left
    }

    /// How many of a file's bytes count.
    pub(super) fn valid_bytes(&self, there: u64) -> u64 {
        if self.bytes == 0 { there } else { self.bytes.min(there) }
    }
}

/// A record that is on its way, and what the file is with it.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) record: Record,
    /// Bytes of the file.
    pub(crate) length: u64,
    /// The tag of its samples.
    pub(crate) tail: [u8; TAG_LEN],
}

/// All segments that are being written. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenSegments(Arc<Mutex<HashMap<SegmentId, OpenSegment>>>);

impl OpenSegments {
    pub(crate) fn start(&self, segment: OpenSegment) {
        self.map().insert(segment.index.header().segment, segment);
    }

    /// Adds a record that was written.
    pub(crate) fn push(&self, id: SegmentId, written: Written) {
        if let Some(segment) = self.map().get_mut(&id) {
            segment.index.push(written.record);
            (segment.bytes, segment.tail) = (written.length, Some(written.tail));
        }
    }

    /// The segment is in the index from now on, or gone.
    pub(crate) fn end(&self, id: SegmentId) -> Option<OpenSegment> {
        self.map().remove(&id)
    }

    /// The segment could not be filed: whoever looks after its storage does it.
    pub(super) fn leave(&self, id: SegmentId) {
        if let Some(segment) = self.map().get_mut(&id) {
            segment.left = true;
        }
    }

    /// The segments of a storage that could not be filed.
    pub(super) fn left_on(&self, storage: Option<StorageId>) -> Vec<SegmentId> {
        let left = self.map();
        let left = left.iter().filter(|(_, segment)| segment.left && segment.storage == storage);
        left.map(|(id, _)| *id).collect()
    }

    /// One segment as it is now.
    pub(crate) fn get(&self, id: SegmentId) -> Option<OpenSegment> {
        self.map().get(&id).cloned()
    }

    /// A camera's open segments that hold something of `range`.
    pub(crate) fn of(&self, camera: CameraId, range: TimeRange) -> Vec<OpenSegment> {
        let overlaps = |segment: &&OpenSegment| {
            let span = segment.index.start().zip(segment.index.end()).and_then(|(from, to)| TimeRange::new(from, to));
            segment.index.header().camera == camera && span.is_some_and(|span| span.overlaps(range))
        };
        self.map().values().filter(overlaps).cloned().collect()
    }

    /// Bytes of a storage's open segments.
    pub(super) fn bytes_on(&self, storage: Option<StorageId>) -> u64 {
        self.map().values().filter(|segment| segment.storage == storage).map(|segment| segment.bytes).sum()
    }

    fn map(&self) -> MutexGuard<'_, HashMap<SegmentId, OpenSegment>> {
        // Each change under the lock is one call that does not panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
