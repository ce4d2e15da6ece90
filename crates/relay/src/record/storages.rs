//! Where footage is kept: the data directory's own folder first, then others, each with its writer and its health.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{CameraId, Clock, Error, Kind, Mono, Result, SegmentId, StorageId, Timestamp};
use serde::Serialize;
use tokio::sync::watch;

use super::disk::Disk;
use super::marker::{self, Notes};
use crate::archive::Root;

/// Where segments lie while they are written: a small folder, so that what a crash left behind is found at once.
pub(crate) const OPEN_FOLDER: &str = "open";

/// The notes of storages, beside the databases.
const NOTES: &str = "storages";

/// Bytes that no answer came for in this time are taken elsewhere. A disk that spins up or empties its cache may take longer; then
/// it was one that could be waited for in memory, too.
pub(super) const SLOW: Duration = Duration::from_secs(4);

/// A storage that failed is tried again after this, and after twice as long each time that it fails again.
const REST: Duration = Duration::from_secs(2);

/// The longest rest of a storage that keeps failing.
const REST_MAX: Duration = Duration::from_secs(60);

/// A storage that went well for so long is as good as one that never failed.
const FORGIVEN: Duration = Duration::from_secs(600);

/// A folder for footage besides the data directory's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorageConfig {
    /// The folder, or the root of a disk that holds nothing else.
    pub path: PathBuf,
    /// Bytes that footage may take there; as much as there is room for where none is given.
    pub quota_bytes: Option<u64>,
}

/// The folders of further storages that are there, for whoever looks at the footage without a server.
#[must_use]
pub fn roots(storages: &[StorageConfig]) -> Vec<Root> {
    let root = |config: &StorageConfig| Some(Root { storage: Some(marker::look(&config.path).ok()?), dir: config.path.clone() });
    storages.iter().filter_map(root).collect()
}

/// How a storage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It takes footage.
    Ok,
    /// There is no room.
    Full,
    /// Writing or reading fails.
    Failing,
    /// It can be read, not written.
    ReadOnly,
    /// Writing takes seconds.
    Slow,
    /// It is not where it was.
    Missing,
}

impl Health {
    /// The stable code of what is wrong.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok => "storage.ok",
            Self::Full => "storage.full",
            Self::Failing => "storage.failed",
            Self::ReadOnly => "storage.read_only",
            Self::Slow => "storage.slow",
            Self::Missing => "storage.missing",
        }
    }

    /// The same as a sentence.
    const fn detail(self) -> &'static str {
        match self {
            Self::Ok => "the disk takes footage again",
            Self::Full => "the disk is full",
            Self::Failing => "the disk does not take footage",
            Self::ReadOnly => "the disk has become read-only",
            Self::Slow => "the disk takes seconds to write",
            Self::Missing => "the disk is not mounted",
        }
    }

    /// What an error of the filesystem says about it.
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::TimedOut => Self::Slow,
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::StaleNetworkFileHandle => Self::Missing,
            _ => Self::Failing,
        }
    }

    /// The problem that a camera has with it.
    pub(crate) fn error(self) -> Error {
        Error::new(Kind::Unavailable, self.code(), self.detail())
    }
}

/// One folder of footage.
#[derive(Debug)]
pub(crate) struct Storage {
    /// `None` for the data directory's own.
    id: Option<StorageId>,
    /// What its marker says.
    mark: Mutex<Option<StorageId>>,
    folder: PathBuf,
    quota_bytes: Option<u64>,
    disk: Disk,
    state: Mutex<State>,
    moves: watch::Sender<u64>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    health: Health,
    since: Timestamp,
    /// The same, or when it was last tried, in the process's own time.
    moved: Mono,
    /// Failures in a row, without a time of [`FORGIVEN`] between them.
    failures: u32,
}

impl Storage {
    pub(crate) fn id(&self) -> Option<StorageId> {
        self.id
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn disk(&self) -> &Disk {
        &self.disk
    }

    pub(super) fn quota_bytes(&self) -> Option<u64> {
        self.quota_bytes
    }

    /// What people call it: the folder's own name, without the way there.
    pub(super) fn name(&self) -> String {
        self.folder.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// The file of a segment. Its folder may have to be made.
    pub(crate) fn segment_path(&self, camera: CameraId, id: SegmentId) -> PathBuf {
        self.folder.join(camera.to_string()).join(format!("{id}.seg"))
    }

    /// The same while it is written.
    pub(super) fn open_path(&self, id: SegmentId) -> PathBuf {
        self.folder.join(OPEN_FOLDER).join(format!("{id}.seg"))
    }

    pub(crate) fn health(&self) -> Health {
        self.state().health
    }

    pub(super) fn since(&self) -> (Health, Timestamp) {
        let state = self.state();
        (state.health, state.since)
    }

    /// Whether what is there can be read.
    pub(crate) fn is_there(&self) -> bool {
        self.health() != Health::Missing
    }

    /// Whether it can be asked to write, at `now`, after it could not.
    pub(super) fn may_try(&self, now: Mono) -> bool {
        let state = self.state();
        let rest = REST.saturating_mul(1 << state.failures.saturating_sub(1).min(8)).min(REST_MAX);
        now.since(state.moved) >= rest
    }

    /// A trial went wrong: the next one is later.
    pub(super) fn failed_again(&self, now: Mono) {
        let mut state = self.state();
        (state.moved, state.failures) = (now, state.failures.saturating_add(1));
    }

    /// Writes down how it is, and tells where that is another than before. Whether it is.
    pub(super) fn found(&self, health: Health, clock: &dyn Clock) -> bool {
        let (now, at) = (clock.mono(), clock.now());
        {
            let mut state = self.state();
            if state.health == health {
                return false;
            }
            let forgiven = state.health == Health::Ok && now.since(state.moved) >= FORGIVEN;
            let failures = if forgiven { 0 } else { state.failures };
            let failures = if health == Health::Ok { failures } else { failures.saturating_add(1) };
            *state = State { health, since: at, moved: now, failures };
        }
        let name = self.name();
        if health == Health::Ok {
            tracing::info!(storage = name, "the storage takes footage again");
        } else {
            tracing::error!(storage = name, code = health.code(), "{}", health.detail());
        }
        self.measure();
        self.moves.send_modify(|moves| *moves += 1);
        true
    }

    /// Says in numbers how it is.
    pub(super) fn measure(&self) {
        let healthy = if self.health() == Health::Ok { 1.0 } else { 0.0 };
        metrics::gauge!("atipcam_storage_healthy", "storage" => self.label()).set(healthy);
    }

    fn label(&self) -> String {
        self.id.map_or_else(|| "own".to_owned(), |id| id.to_string())
    }

    /// Makes sure that the folder is the one that it was. Blocks.
    pub(super) fn recognize(&self) -> io::Result<()> {
        let seen = marker::look(&self.folder)?;
        let mark = *self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        if mark == Some(seen) { Ok(()) } else { Err(io::Error::new(io::ErrorKind::NotFound, "another disk is in its place")) }
    }

    /// The same for tasks: in no time, or it is taken for slow.
    pub(super) async fn recognized(self: &Arc<Self>) -> io::Result<()> {
        let storage = Arc::clone(self);
        blocking(move || storage.recognize()).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Assigned in one go.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All storages of the process, in the order in which they fill. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Storages {
    all: Arc<[Arc<Storage>]>,
    clock: Arc<dyn Clock>,
    moves: watch::Sender<u64>,
}

impl Storages {
    /// Finds the storages and starts their writers. One that is not there is no reason not to start. `own` is the data directory's
    /// folder of footage. Blocks a moment.
    pub(crate) fn start(own: &Path, more: &[StorageConfig], quota: Option<u64>, clock: &Arc<dyn Clock>) -> Result<Self> {
        Self::start_with(own, more, quota, clock, |_| Disk::start())
    }

    /// As [`Storages::start`] with other writers; told the number of the storage.
    pub(super) fn start_with(
        own: &Path,
        more: &[StorageConfig],
        quota_bytes: Option<u64>,
        clock: &Arc<dyn Clock>,
        disk: impl Fn(usize) -> Disk,
    ) -> Result<Self> {
        let mut notes = Notes::read(own.with_file_name(NOTES)).map_err(Error::internal)?;
        let first = StorageConfig { path: own.to_owned(), quota_bytes };
        let moves = watch::Sender::new(0);
        let mut all = Vec::new();
        for (number, StorageConfig { path, quota_bytes }) in std::iter::once(&first).chain(more).enumerate() {
            let found = notes.enrol(path, number == 0);
            let mark = found.as_ref().ok().copied().or_else(|| notes.id_of(path, number == 0));
            let (health, failures) = match &found {
                Ok(_) => (Health::Ok, 0),
                Err(error) => (Health::of(error), 1),
            };
            if let Err(error) = found {
                tracing::error!(storage = %path.display(), %error, code = health.code(), "a storage cannot be used");
            }
            // A folder that never had a marker has no rows; the id only tells it from the others.
            let id = (number > 0).then(|| mark.unwrap_or_else(StorageId::random));
            let state = State { health, since: clock.now(), moved: clock.mono(), failures };
            let storage = Storage {
                id,
                mark: Mutex::new(mark),
                folder: path.clone(),
                quota_bytes: *quota_bytes,
                disk: disk(number),
                state: Mutex::new(state),
                moves: moves.clone(),
            };
            storage.measure();
            all.push(Arc::new(storage));
        }
        Ok(Self { all: all.into(), clock: Arc::clone(clock), moves })
    }

    pub(crate) fn all(&self) -> &[Arc<Storage>] {
        &self.all
    }

    /// The storage that a row names; `None` for one that is no longer set.
    pub(crate) fn get(&self, id: Option<StorageId>) -> Option<&Arc<Storage>> {
        self.all.iter().find(|storage| storage.id == id)
    }

    /// The file of a segment; `storage.missing` where its storage is not there.
    pub(crate) fn segment_path(&self, storage: Option<StorageId>, camera: CameraId, id: SegmentId) -> Result<PathBuf> {
        let storage = self.get(storage).filter(|storage| storage.is_there()).ok_or_else(|| Health::Missing.error())?;
        Ok(storage.segment_path(camera, id))
    }

    /// Whether what lies there can be read.
    pub(crate) fn readable(&self, storage: Option<StorageId>) -> bool {
        self.get(storage).is_some_and(|storage| storage.is_there())
    }

    /// Where a new file goes: the first that takes footage.
    pub(super) fn taker(&self) -> Option<Arc<Storage>> {
        self.all.iter().find(|storage| storage.health() == Health::Ok).cloned()
    }

    /// The same, once it is certain that it is the one that it was.
    pub(super) async fn ready(&self) -> Option<Arc<Storage>> {
        loop {
            let storage = self.taker()?;
            match storage.recognized().await {
                Ok(()) => return Some(storage),
                Err(error) => drop(storage.found(Health::of(&error), self.clock())),
            }
        }
    }

    /// What is wrong where there is no taker: the first storage's trouble, for that is the one to mend.
    pub(super) fn trouble(&self) -> Health {
        self.all.first().map_or(Health::Missing, |storage| storage.health())
    }

    /// Moves with each change of a storage's health.
    pub(crate) fn moves(&self) -> watch::Receiver<u64> {
        self.moves.subscribe()
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

/// Work on a disk that may never answer: after [`SLOW`] it is `TimedOut`, and goes on by itself.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    match tokio::time::timeout(SLOW, tokio::task::spawn_blocking(work)).await {
        Ok(done) => done.map_err(io::Error::other)?,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the disk does not answer")),
    }
}

#[cfg(test)]
#[path = "storages_tests.rs"]
mod tests;
