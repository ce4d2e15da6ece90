//! Segments that are being written: served from memory until their row is in the index.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CameraId, FootageClass, SegmentId, TimeRange};
use media::record::{Record, SegmentIndex};

/// A segment that is being written, as far as it has reached the disk.
#[derive(Debug, Clone)]
pub(crate) struct OpenSegment {
    pub(crate) index: SegmentIndex,
    /// Where it lies while it is open.
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// Why it is kept.
    pub(crate) class: FootageClass,
}

/// All segments that are being written. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenSegments(Arc<Mutex<HashMap<SegmentId, OpenSegment>>>);

impl OpenSegments {
    pub(crate) fn start(&self, segment: OpenSegment) {
        self.map().insert(segment.index.header().segment, segment);
    }

    /// Adds a record that was written.
    pub(crate) fn push(&self, id: SegmentId, record: Record, bytes: u64) {
        if let Some(segment) = self.map().get_mut(&id) {
            segment.index.push(record);
            segment.bytes = bytes;
        }
    }

    /// The segment is in the index from now on, or gone.
    pub(crate) fn end(&self, id: SegmentId) -> Option<OpenSegment> {
        self.map().remove(&id)
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

    /// Bytes of all open segments.
    pub(crate) fn bytes(&self) -> u64 {
        self.map().values().map(|segment| segment.bytes).sum()
    }

    fn map(&self) -> MutexGuard<'_, HashMap<SegmentId, OpenSegment>> {
        // Each change under the lock is one call that does not panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
