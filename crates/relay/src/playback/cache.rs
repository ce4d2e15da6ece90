//! Segments opened lately, so that a player's next request does not read their tables again.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CameraId, Error, Result, SegmentId};
use media::record::{HEADER_LEN, MediaKey, SegmentIndex, SegmentReader};

use crate::record::OpenSegment;
use crate::segment::{ReadError, load, read_at};

/// Segments kept open: four hours of one camera, about 10 MiB of tables and as many file descriptors.
const OPENED_MAX: usize = 256;

/// A segment that can be read.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) reader: SegmentReader,
    pub(super) index: SegmentIndex,
}

impl Opened {
    /// A segment that is still being written, as far as it is.
    pub(super) async fn growing(open: OpenSegment, key: MediaKey) -> Result<Self> {
        blocking(move || {
            let file = File::open(&open.path)?;
            let reader = SegmentReader::new(&read_at(&file, &(0..HEADER_LEN as u64))?, &key)?;
            Ok(Self { file, reader, index: open.index })
        })
        .await
    }

    async fn filed(path: PathBuf, bytes: u64, key: MediaKey) -> Result<Self> {
        blocking(move || {
            let (file, loaded) = load(&path, &key, Some(bytes))?;
            Ok(Self { file, reader: loaded.reader, index: loaded.index })
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, ReadError> + Send + 'static) -> Result<T> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(Error::internal)??)
}

/// The least recently used one leaves first. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cache(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    opened: HashMap<SegmentId, (Arc<Opened>, u64)>,
    uses: u64,
}

impl Cache {
    /// A filed segment; its key has just been asked for.
    pub(super) async fn open(&self, id: SegmentId, path: PathBuf, bytes: u64, key: MediaKey) -> Result<Arc<Opened>> {
        if let Some(opened) = self.entries().get(id) {
            return Ok(opened);
        }
        let opened = Arc::new(Opened::filed(path, bytes, key).await?);
        self.entries().put(id, Arc::clone(&opened));
        Ok(opened)
    }

    /// Lets go of a segment that was deleted: an open file keeps its room on the disk.
    pub(crate) fn forget(&self, id: SegmentId) {
        self.entries().opened.remove(&id);
    }

    /// The same for all.
    pub(crate) fn clear(&self) {
        self.entries().opened.clear();
    }

    /// The same for all of a camera's.
    pub(crate) fn forget_camera(&self, camera: CameraId) {
        self.entries().opened.retain(|_, (opened, _)| opened.index.header().camera != camera);
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        // A map that a panic left behind still maps ids to what they name.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn get(&mut self, id: SegmentId) -> Option<Arc<Opened>> {
        self.uses += 1;
        let (opened, used) = self.opened.get_mut(&id)?;
        *used = self.uses;
        Some(Arc::clone(opened))
    }

    fn put(&mut self, id: SegmentId, opened: Arc<Opened>) {
        self.uses += 1;
        self.opened.insert(id, (opened, self.uses));
        if self.opened.len() > OPENED_MAX {
            let oldest = self.opened.iter().min_by_key(|(_, (_, used))| *used).map(|(id, _)| *id);
            oldest.and_then(|id| self.opened.remove(&id));
        }
    }
}
