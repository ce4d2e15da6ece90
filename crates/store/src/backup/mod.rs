//! Copies of the data, and the way back that cannot bring an erased person back.
//!
//! A backup holds `accounts.db`, `index.db` and a manifest with the hash of each and the log's newest head. The keyring is
//! never among them: without it they open nothing. A copy of the keyring goes to a place of its own, and opens only with the
//! root key that was in use when it was made: whoever keeps the one keeps the other, and neither beside the backup.
//!
//! What was erased since is told by the tombstones, which the server writes to a file that is kept apart from all copies
//! ([`write_tombstones`]). [`restore`] reads them first, destroys in the keyring what they name, takes what they name out of
//! the rows, and only then puts either into its place. Without them it refuses.

mod restore;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use domain::{Error, Kind, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::accounts::newest_note;
use crate::db;
use crate::keyring::{read_stones, stones_text};

pub use restore::{Restore, Restored, restore};

const MANIFEST: &str = "manifest.json";
const TOMBSTONES: &str = "tombstones.txt";
const ACCOUNTS: &str = "accounts.db";
const INDEX: &str = "index.db";
const KEYRING: &str = "keyring.db";

/// What to copy, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The data directory. A server may have it open.
    pub dir: PathBuf,
    /// A folder that is empty or not there yet.
    pub out: PathBuf,
    /// A folder for a copy of the keyring, likewise, and apart from `out`.
    pub keyring_out: Option<PathBuf>,
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this form: 1.
    pub v: u8,
    /// When it was made.
    pub made: Timestamp,
    /// Its files.
    pub files: Vec<Copied>,
    /// The newest head of the log in it, where the log has entries.
    pub checkpoint: Option<String>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// Its name in the backup's folder.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// Copies the data, consistently and beside a running server. The manifest is written last: a folder without one is no
/// backup.
pub async fn backup(backup: &Backup, now: Timestamp) -> Result<Manifest> {
    if let Some(keyring) = &backup.keyring_out
        && (keyring.starts_with(&backup.out) || backup.out.starts_with(keyring))
    {
        return Err(invalid("backup.not_apart", "the copy of the keyring must be apart from the backup".to_owned()));
    }
    for out in [Some(&backup.out), backup.keyring_out.as_ref()].into_iter().flatten() {
        empty_dir(out)?;
    }
    for name in [ACCOUNTS, INDEX] {
        db::copy(&backup.dir.join(name), &backup.out.join(name)).await?;
    }
    let accounts = db::attach(&backup.out.join(ACCOUNTS)).await?;
    let checkpoint = newest_note(&accounts).await;
    accounts.close_by_ref().await.map_err(db::error)?;
    let checkpoint = checkpoint?;
    let files = [ACCOUNTS, INDEX].map(|name| measured(&backup.out.join(name), name));
    let files = files.into_iter().collect::<Result<_>>()?;
    let manifest = Manifest { v: 1, made: now, files, checkpoint };
    if let Some(out) = &backup.keyring_out {
        // After the rows: keys are made before what they seal, so every row finds its key.
        db::copy(&backup.dir.join("keyring").join(KEYRING), &out.join(KEYRING)).await?;
        write_tombstones(&backup.dir, &out.join(TOMBSTONES), now).await?;
        synced(out)?;
    }
    let text = serde_json::to_string_pretty(&manifest).map_err(Error::internal)?;
    write(&backup.out.join(MANIFEST), text.as_bytes())?;
    synced(&backup.out)?;
    Ok(manifest)
}

/// Writes every tombstone of a data directory to `file`, complete up to `now`. Kept apart from backups and written often, it
/// is what keeps an old backup from bringing an erased person back.
pub async fn write_tombstones(dir: &Path, file: &Path, now: Timestamp) -> Result<()> {
    let text = tombstones(dir, now).await?;
    // Whole or not at all: a list that was cut short would be believed.
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    write(&beside, text.as_bytes())?;
    fs::rename(&beside, file).map_err(|e| failed(file, &e))
}

/// What [`write_tombstones`] writes. A server may have the data directory open.
pub async fn tombstones(dir: &Path, now: Timestamp) -> Result<String> {
    let keyring = db::attach(&dir.join("keyring").join(KEYRING)).await?;
    let stones = read_stones(&keyring).await;
    keyring.close_by_ref().await.map_err(db::error)?;
    Ok(stones_text(&stones?, now))
}

fn measured(path: &Path, name: &str) -> Result<Copied> {
    let mut file = File::open(path).map_err(|e| failed(path, &e))?;
    let (mut context, mut bytes, mut buffer) = (Context::new(&SHA256), 0, vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut buffer).map_err(|e| failed(path, &e))?;
        if read == 0 {
            break;
        }
        context.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
    let sha256 = context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Copied { name: name.to_owned(), bytes, sha256 })
}

fn empty_dir(dir: &Path) -> Result<()> {
    private_dir(dir)?;
    match fs::read_dir(dir).map_err(|e| failed(dir, &e))?.next() {
        None => Ok(()),
        Some(_) => Err(invalid("backup.not_empty", format!("{}: is not empty", dir.display()))),
    }
}

fn private_dir(dir: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| failed(dir, &e))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let done = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    done.map_err(|e| failed(path, &e))
}

/// Makes the names in a folder durable.
fn synced(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|e| failed(dir, &e))
}

fn invalid(code: &'static str, detail: String) -> Error {
    Error::new(Kind::Conflict, code, detail)
}

fn failed(path: &Path, e: &io::Error) -> Error {
    Error::new(Kind::Unavailable, "storage.failed", format!("{}: {e}", path.display()))
}
