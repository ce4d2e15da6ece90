//! The way back: tombstones first, then the keyring without what they name, then the rows without it.

use std::fs;
use std::path::{Path, PathBuf};

use domain::{Result, Timestamp};

use super::{ACCOUNTS, INDEX, KEYRING, MANIFEST, Manifest, failed, invalid, measured, private_dir, synced};
use crate::accounts::{self, bury_rows};
use crate::db::{Db, Durability};
use crate::keyring::{self, Stone, parse_stones, read_stones};
use crate::store::lock;

/// What to put back, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restore {
    /// The backup's folder.
    pub backup: PathBuf,
    /// A copy of the keyring: a `keyring.db`. `None` where `into` still has its own.
    pub keyring: Option<PathBuf>,
    /// The list of tombstones; needed with a copy of the keyring.
    pub tombstones: Option<PathBuf>,
    /// The data directory; it must have no accounts. An index that is there stays: it is newer, and files can rebuild it. The root key is put into its `keyring/` by whoever keeps it.
    pub into: PathBuf,
}

/// What was put back, and what was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made: later changes are lost.
    pub made: Timestamp,
    /// Up to when the list of tombstones is complete, where one was given: what was erased later is back.
    pub erased_until: Option<Timestamp>,
    /// Keys that the copy of the keyring still had and that were destroyed again.
    pub keys_destroyed: u64,
    /// People, homes and cameras of the backup that were erased since and were taken out again.
    pub rows_removed: u64,
}

/// Puts a backup back. Nothing of it is in its place before what was erased since is out of it.
///
/// `restore.tombstones_missing` where a copy of the keyring comes without the list of what was erased since,
/// `restore.tombstones_old` where the list is older than the backup, `restore.damaged` where a file is not as the manifest
/// says, `restore.not_empty` where there are accounts or a keyring already.
pub async fn restore(restore: &Restore, now: Timestamp) -> Result<Restored> {
    let manifest = read_manifest(&restore.backup)?;
    let list = restore.tombstones.as_deref().map(|file| read_list(file, &manifest)).transpose()?;
    let keyring_dir = restore.into.join("keyring");
    private_dir(&keyring_dir)?;
    let held = lock(&restore.into.join("lock"))?;
    let (accounts, keyring) = (restore.into.join(ACCOUNTS), keyring_dir.join(KEYRING));
    if accounts.exists() {
        return Err(invalid("restore.not_empty", format!("{}: is there already", accounts.display())));
    }
    match (&restore.keyring, keyring.exists(), &list) {
        (Some(_), true, _) => {
            return Err(invalid("restore.not_empty", format!("{}: is there already", keyring.display())));
        }
        (Some(_), false, None) => {
            let detail = "a copy of the keyring brings back what was erased since it was made: give the list of tombstones";
            return Err(invalid("restore.tombstones_missing", detail.to_owned()));
        }
        (None, false, _) => {
            let detail = format!("{}: missing, and nothing opens without it: give a copy", keyring.display());
            return Err(invalid("restore.keyring_missing", detail));
        }
        _ => {}
    }
    let given = list.as_ref().map_or(&[][..], |(stones, _)| stones);

    // 1. The keyring, without what is dead.
    let beside = keyring_dir.join("keyring.db.restoring");
    let at = match &restore.keyring {
        Some(copy) => {
            fetch(copy, &beside)?;
            &beside
        }
        None => &keyring,
    };
    let db = Db::open::<keyring::Migrator>(at, Durability::Full).await?;
    let keys_destroyed = keyring::replay(&db, given, now).await?;
    let stones = read_stones(db.read()).await?;
    db.close().await?;
    if restore.keyring.is_some() {
        settle(&beside, &keyring)?;
        synced(&keyring_dir)?;
    }

    // 2. The rows, likewise. Accounts last: with them the directory counts as one.
    let index = restore.into.join(INDEX);
    if !index.exists() {
        fetch(&restore.backup.join(INDEX), &index)?;
    }
    let beside = restore.into.join("accounts.db.restoring");
    fetch(&restore.backup.join(ACCOUNTS), &beside)?;
    let db = Db::open::<accounts::Migrator>(&beside, Durability::Full).await?;
    let rows_removed = bury_rows(&db, &stones).await?;
    db.checkpoint().await?;
    db.close().await?;
    settle(&beside, &accounts)?;
    synced(&restore.into)?;
    held.unlock().map_err(|e| failed(&restore.into, &e))?;
    Ok(Restored { made: manifest.made, erased_until: list.map(|(_, until)| until), keys_destroyed, rows_removed })
}

fn read_manifest(backup: &Path) -> Result<Manifest> {
    let path = backup.join(MANIFEST);
    let damaged = |what: &str| invalid("restore.damaged", format!("{}: {what}", backup.display()));
    let text = fs::read_to_string(&path).map_err(|e| failed(&path, &e))?;
    let manifest: Manifest = serde_json::from_str(&text).map_err(|_| damaged("the manifest cannot be read"))?;
    if manifest.v != 1 {
        return Err(damaged("the manifest is of a later version"));
    }
    for name in [ACCOUNTS, INDEX] {
        let listed = manifest.files.iter().find(|file| file.name == name).ok_or_else(|| damaged("the manifest lacks a file"))?;
        if measured(&backup.join(name), name)? != *listed {
            return Err(damaged(&format!("{name} is not the file that was written")));
        }
    }
    Ok(manifest)
}

fn read_list(file: &Path, manifest: &Manifest) -> Result<(Vec<Stone>, Timestamp)> {
    let text = fs::read_to_string(file).map_err(|e| failed(file, &e))?;
    let (stones, until) = parse_stones(&text)?;
    if until < manifest.made {
        let detail = format!("{}: complete up to {until}, and the backup is of {}", file.display(), manifest.made);
        return Err(invalid("restore.tombstones_old", detail));
    }
    Ok((stones, until))
}

/// Copies a file to where nothing reads it yet, for the server alone, and clears what an earlier try left beside it.
fn fetch(from: &Path, to: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm"] {
        remove(&with(to, suffix))?;
    }
    let bytes = fs::read(from).map_err(|e| failed(from, &e))?;
    super::write(to, &bytes)
}

/// Puts a closed database into its place.
fn settle(from: &Path, to: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm"] {
        remove(&with(from, suffix))?;
    }
    fs::rename(from, to).map_err(|e| failed(to, &e))
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(path, &e)),
        _ => Ok(()),
    }
}
