//! The root key: one small file, readable by the server alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use domain::{Error, Kind, Result};
use sea_orm::prelude::Uuid;
use zeroize::Zeroizing;

use super::Wrapping;
use crate::seal::{Key, SecretBytes, random_secret};

/// The key that wraps subject, home and index keys.
#[derive(Debug)]
pub(super) struct Root {
    key: Key,
    id: Uuid,
}

impl Root {
    fn new(secret: &SecretBytes) -> Result<Self> {
        // Names the key without telling it, so that a wrong file is known for what it is.
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice()), b"atipcam root key id");
        let (id, _) = tag.as_ref().split_first_chunk().ok_or_else(|| Error::internal("a short digest"))?;
        Ok(Self { key: Key::new(secret)?, id: Uuid::from_bytes(*id) })
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn wrapping(&self) -> Wrapping<'_> {
        Wrapping { key: &self.key, id: self.id }
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("root.key")
}

/// Reads the root key of a keyring that has keys already; a missing file is an error, never a reason to make a new one.
pub(super) fn load(dir: &Path) -> Result<Root> {
    let path = path(dir);
    match read(&path)? {
        Some(secret) => Root::new(&secret),
        None => Err(refused("keyring.root_missing", format!("{}: missing, and nothing here opens without it", path.display()))),
    }
}

/// Reads the root key of an empty keyring, or makes it.
pub(super) fn load_or_create(dir: &Path) -> Result<Root> {
    let path = path(dir);
    if let Some(secret) = read(&path)? {
        return Root::new(&secret);
    }
    let secret = random_secret()?;
    write(dir, &path, &secret).map_err(|e| failed(&path, e))?;
    Root::new(&secret)
}

/// The error for a file that holds another root key than this keyring's.
pub(super) fn wrong() -> Error {
    refused("keyring.root_wrong", "root.key is not the key of this keyring".to_owned())
}

fn read(path: &Path) -> Result<Option<SecretBytes>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failed(path, e)),
    };
    let about = file.metadata().map_err(|e| failed(path, e))?;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let detail = format!("{}: mode {mode:03o} lets others read it; set it to 600", path.display());
        return Err(refused("keyring.root_permissions", detail));
    }
    let mut secret = Zeroizing::new([0; 32]);
    match file.read_exact(secret.as_mut_slice()) {
        Ok(()) if about.len() == 32 => Ok(Some(secret)),
        Ok(()) => Err(refused("keyring.root_invalid", format!("{}: must be 32 bytes", path.display()))),
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
            Err(refused("keyring.root_invalid", format!("{}: must be 32 bytes", path.display())))
        }
        Err(e) => Err(failed(path, e)),
    }
}

/// Written beside, synced, renamed: a power cut leaves a whole key or none.
fn write(dir: &Path, path: &Path, secret: &SecretBytes) -> io::Result<()> {
    let beside = dir.join("root.key.new");
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(secret.as_slice())?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(dir)?.sync_all()
}

fn refused(code: &'static str, detail: String) -> Error {
    Error::new(Kind::Conflict, code, detail)
}

fn failed(path: &Path, e: io::Error) -> Error {
    Error::internal(io::Error::new(e.kind(), format!("{}: {e}", path.display())))
}
