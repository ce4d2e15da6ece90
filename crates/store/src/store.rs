//! The data directory as one thing.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{CameraId, Clock, Error, HomeId, Kind, Result, SegmentId, Timestamp};
use media::record::{MediaKey, MediaKeyId};
use policy::act::RecordCamera;
use policy::{Act, Permit};

use crate::db::{Db, Durability};
use crate::keyring::{Keyring, RootKey};
use crate::{Bus, accounts, footage};

/// Everything that is kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    segments: PathBuf,
    clock: Arc<dyn Clock>,
    bus: Bus,
    accounts: Db,
    index: Db,
    index_is_new: bool,
    keyring: Keyring,
    /// Held locked: two processes on one directory would each believe in their own facts and keys. Not by who only looks.
    lock: Option<File>,
}

/// Room on the filesystem of the footage, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Size of the filesystem.
    pub total: u64,
    /// What this process may still write.
    pub free: u64,
}

impl Store {
    /// Opens the data directory, and makes what is missing in it. The root key is what `ATIPCAM_ROOT_KEY` holds, or the
    /// keyring's own file.
    ///
    /// Refuses a directory that another process has open (`store.in_use`), a root key that others can read, is missing, or
    /// belongs to another keyring (`keyring.…`), and data whose keyring is gone.
    pub async fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_with(dir, clock, RootKey::from_env()?).await
    }

    /// As [`Store::open`], with a root key from elsewhere, or the keyring's own file.
    pub async fn open_with(dir: &Path, clock: Arc<dyn Clock>, root: Option<RootKey>) -> Result<Self> {
        let (keyring_dir, segments) = (dir.join("keyring"), dir.join("segments"));
        for dir in [dir, &keyring_dir, &segments] {
            private_dir(dir).map_err(|e| failed(dir, e))?;
        }
        // Whoever copied the directory may have widened it.
        let mode = fs::Permissions::from_mode(0o700);
        fs::set_permissions(&keyring_dir, mode).map_err(|e| failed(&keyring_dir, e))?;
        let lock = lock(&dir.join("lock"))?;

        let accounts = dir.join("accounts.db");
        if accounts.exists() && !keyring_dir.join("keyring.db").exists() {
            let detail = format!("{}: missing, and nothing here opens without it", keyring_dir.display());
            return Err(Error::new(Kind::Conflict, "keyring.missing", detail));
        }
        let sealed = async {
            // The keyring first: accounts are never there without it.
            let keyring = Keyring::open(&keyring_dir, clock.clone(), root).await?;
            Ok((keyring, Db::open::<accounts::Migrator>(&accounts, Durability::Full).await?))
        };
        let index = dir.join("index.db");
        let index = Db::open_or_renew::<footage::Migrator>(&index, Durability::Normal);
        let ((keyring, accounts), (index, index_is_new)) = tokio::try_join!(sealed, index)?;
        let bus = Bus::new();
        let store =
            Self { inner: Arc::new(Inner { segments, clock, bus, accounts, index, index_is_new, keyring, lock: Some(lock) }) };
        store.take_up().await?;
        Ok(store)
    }

    /// Opens the data directory to look at it, beside a server that has it open: whatever would write fails.
    pub async fn look(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        let keyring = Keyring::look(&dir.join("keyring"), clock.clone(), RootKey::from_env()?).await?;
        let (accounts, index) = (Db::look(&dir.join("accounts.db")).await?, Db::look(&dir.join("index.db")).await?);
        let (segments, bus) = (dir.join("segments"), Bus::new());
        let inner = Inner { segments, clock, bus, accounts, index, index_is_new: false, keyring, lock: None };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Finishes what a crash interrupted: keys whose rows are gone, and disclosures of which nobody knows the end.
    async fn take_up(&self) -> Result<()> {
        self.destroy_doomed().await?;
        // These only write down what is so already: a server that cannot still has cameras to show, and tries again next time.
        if let Err(e) = self.finish_restore().await {
            tracing::error!(error = %e, "what a restore took out is not yet in the log");
        }
        if let Err(e) = self.end_interrupted_disclosures().await {
            tracing::error!(error = %e, "interrupted disclosures are not yet ended");
        }
        Ok(())
    }

    /// Wraps every key under a new root key and destroys the old one, so that a copy of the keyring that somebody made
    /// before opens nothing any more, with whatever root key was copied beside it.
    pub async fn rotate_root(&self) -> Result<()> {
        self.keyring().rotate().await
    }

    /// What never gets a key again: ids of owners and keys, and since when, oldest first.
    pub async fn tombstones(&self) -> Result<Vec<(String, Timestamp)>> {
        let stones = self.keyring().stones().await?;
        Ok(stones.into_iter().map(|stone| (stone.id.to_string(), Timestamp::from_micros(stone.at))).collect())
    }

    /// Closes files and gives the directory free. Calls after it fail.
    pub async fn close(&self) -> Result<()> {
        self.inner.accounts.close().await?;
        self.inner.index.close().await?;
        self.inner.keyring.close().await?;
        self.inner.lock.as_ref().map_or(Ok(()), File::unlock).map_err(Error::internal)
    }

    /// Where changes are told.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.inner.bus
    }

    /// The key of a camera's footage at a moment: one a camera and UTC month, made where it is missing.
    ///
    /// `recording.key_destroyed` where the camera was removed: its key never comes back.
    pub async fn media_key(
        &self,
        permit: &Permit<RecordCamera>,
        home: HomeId,
        camera: CameraId,
        at: Timestamp,
    ) -> Result<MediaKey> {
        if permit.object() != camera || permit.home() != Some(home) {
            return Err(Error::internal(format!("camera {camera}: the permit is for another")));
        }
        self.inner.keyring.media_key(home, camera, at).await
    }

    /// A key of the permit's camera by its id; `None` where it was destroyed or is another camera's.
    pub async fn media_key_by_id<A: Act<Object = CameraId>>(
        &self,
        permit: &Permit<A>,
        id: MediaKeyId,
    ) -> Result<Option<MediaKey>> {
        self.inner.keyring.media_key_by_id(permit.object(), id).await
    }

    /// The folder of all footage.
    #[must_use]
    pub fn segments_dir(&self) -> &Path {
        &self.inner.segments
    }

    /// The file of a segment. Its folder may have to be made.
    #[must_use]
    pub fn segment_path(&self, camera: CameraId, id: SegmentId) -> PathBuf {
        self.inner.segments.join(camera.to_string()).join(format!("{id}.seg"))
    }

    /// Room on the filesystem of the footage.
    pub fn space(&self) -> Result<Space> {
        let stat = rustix::fs::statvfs(&self.inner.segments).map_err(|e| failed(&self.inner.segments, e.into()))?;
        Ok(Space { total: stat.f_blocks.saturating_mul(stat.f_frsize), free: stat.f_bavail.saturating_mul(stat.f_frsize) })
    }

    /// Whether the index was made anew at this start, so that footage files must be scanned into it.
    #[must_use]
    pub fn index_is_new(&self) -> bool {
        self.inner.index_is_new
    }

    pub(crate) fn accounts(&self) -> &Db {
        &self.inner.accounts
    }

    pub(crate) fn index(&self) -> &Db {
        &self.inner.index
    }

    pub(crate) fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    /// Now, as a column holds it.
    pub(crate) fn now(&self) -> i64 {
        self.inner.clock.now().micros()
    }
}

fn private_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

pub(crate) fn lock(path: &Path) -> Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(|e| failed(path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let detail = format!("{}: another process has this data directory open", path.display());
            Err(Error::new(Kind::Conflict, "store.in_use", detail))
        }
        Err(TryLockError::Error(e)) => Err(failed(path, e)),
    }
}

fn failed(path: &Path, e: io::Error) -> Error {
    let detail = format!("{}: {e}", path.display());
    Error::new(Kind::Unavailable, "storage.failed", detail).with_source(e)
}
