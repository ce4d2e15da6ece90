//! What a camera keeps of its main stream for a server that could not be reached: a ring of sealed files, the oldest making room.
//!
//! The files are segments as a server writes them (docs/segment-format.md), under a key of the camera's own. Of sound nothing is kept.
//! Times are those of the camera's clock.

mod files;
mod read;
mod write;

use std::collections::VecDeque;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use domain::{CameraId, Error, Kind, Result, Timestamp};
use media::au::AccessUnit;
use media::record::{MediaKey, MediaKeyId};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use self::files::Kept;
pub(crate) use self::read::Recalled;
use self::write::Writer;
use crate::folder;

/// The file with the ring's key, in the state folder or, without one, beside the footage.
const KEY: &str = "store.key";

/// Units that wait for the disk: some 20 s of pictures. What does not fit is lost, and the camera goes on.
const UNITS_MAX: usize = 512;

/// The least that a ring may have: two files of a stream of 8 Mbit/s.
pub(crate) const BYTES_MIN: u64 = 64 * 1024 * 1024;

/// Where a camera keeps what it saw, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// A folder of its own.
    pub dir: PathBuf,
    /// Bytes of all files; at least 64 MiB.
    pub bytes: u64,
}

/// The ring of one camera.
pub(crate) struct Ring {
    keep: Keep,
    key_dir: PathBuf,
    camera: CameraId,
    key: RwLock<MediaKey>,
    /// Oldest first. The last is the one that is written, where one is.
    files: Mutex<VecDeque<Kept>>,
    /// Units were lost since the writer last looked.
    missed: AtomicBool,
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring").field("keep", &self.keep).finish_non_exhaustive()
    }
}

/// What the writer is told.
#[derive(Debug)]
enum Told {
    Unit(AccessUnit),
    Forget,
}

/// The way into a ring.
#[derive(Debug, Clone)]
pub(crate) struct Tap {
    ring: Arc<Ring>,
    told: mpsc::Sender<Told>,
}

impl Tap {
    /// Keeps a unit, unless the disk is too far behind.
    pub(crate) fn unit(&self, unit: AccessUnit) {
        if self.told.try_send(Told::Unit(unit)).is_err() {
            self.ring.missed.store(true, Ordering::Relaxed);
        }
    }

    /// Deletes all that was kept, and the key with it.
    pub(crate) async fn forget(&self) {
        let _ = self.told.send(Told::Forget).await;
    }
}

impl Ring {
    /// What a folder holds already, and a writer on a thread of its own that ends with the last [`Tap`]. `key_dir` is where the key
    /// is kept. Blocks. `Invalid` (`device.store_small`), `Unavailable` (`device.store_unusable`).
    pub(crate) fn open(keep: Keep, key_dir: Option<&Path>, camera: CameraId, tasks: &TaskTracker) -> Result<(Arc<Self>, Tap)> {
        if keep.bytes < BYTES_MIN {
            return Err(Error::new(Kind::Invalid, "device.store_small", "a camera's store has at least 64 MiB"));
        }
        let unusable = |error: std::io::Error| {
            let detail = format!("the store {} cannot be used: {error}", keep.dir.display());
            Error::new(Kind::Unavailable, "device.store_unusable", detail).with_source(error)
        };
        let key_dir = key_dir.unwrap_or(&keep.dir).to_owned();
        let key = open_key(&key_dir).map_err(unusable)?;
        let files = files::scan(&keep.dir, key.id()).map_err(unusable)?;
        tracing::info!(files = files.len(), bytes = files.iter().map(|file| file.bytes).sum::<u64>(), "what this camera kept");
        let ring = Arc::new(Self {
            keep,
            key_dir,
            camera,
            key: RwLock::new(key),
            files: Mutex::new(files),
            missed: AtomicBool::new(false),
        });
        let (told, heard) = mpsc::channel(UNITS_MAX);
        let writer = Writer::new(Arc::clone(&ring), heard);
        tasks.spawn_blocking(move || writer.run());
        Ok((Arc::clone(&ring), Tap { ring, told }))
    }

    /// When the oldest and the newest of it was taken.
    pub(crate) fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let files = self.files();
        Some((files.front()?.start, files.back()?.end))
    }

    /// Whether it has a moment of that time.
    pub(crate) fn has(&self, from: Option<Timestamp>, to: Option<Timestamp>) -> bool {
        let within = |file: &Kept| from.is_none_or(|from| file.end > from) && to.is_none_or(|to| file.start < to);
        self.files().iter().any(within)
    }

    fn key(&self) -> MediaKey {
        self.key.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn files(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        // Whole after every step.
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The owner of a camera with that state folder is forgotten: what the camera kept can be opened by nobody. Blocks.
pub(crate) fn forget_key(dir: &Path) -> std::io::Result<()> {
    folder::remove(dir, KEY)
}

/// The key that a folder keeps, or a new one where there is none or half a one.
fn open_key(dir: &Path) -> std::io::Result<MediaKey> {
    let kept = folder::read(dir, KEY)?;
    let kept = kept.as_deref().and_then(|bytes| Some((*bytes.first_chunk::<16>()?, *bytes.get(16..)?.first_chunk::<32>()?)));
    match kept {
        Some((id, secret)) => Ok(MediaKey::new(MediaKeyId::from_bytes(id), secret)),
        None => new_key(dir),
    }
}

fn new_key(dir: &Path) -> std::io::Result<MediaKey> {
    let mut bytes = [0; 48];
    aws_lc_rs::rand::fill(&mut bytes).map_err(std::io::Error::other)?;
    folder::write(dir, KEY, &bytes)?;
    open_key(dir)
}

#[cfg(test)]
#[path = "../ring_tests.rs"]
mod tests;
