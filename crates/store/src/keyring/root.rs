//! The root key: one small file, readable by the server alone, or given by the environment.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Error, Kind, Result};
use sea_orm::prelude::Uuid;
use zeroize::Zeroizing;

use super::Wrapping;
use crate::seal::{Key, SecretBytes, random_secret};

/// The environment variable that may give the root key.
const VARIABLE: &str = "ATIPCAM_ROOT_KEY";

/// A root key that is kept elsewhere than in the keyring's folder. Its `Debug` shows nothing.
pub struct RootKey(SecretBytes);

impl RootKey {
    /// Reads 64 hexadecimal digits, or base64 of 32 bytes.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let mut secret = Zeroizing::new([0; 32]);
        let known = if text.len() == 64 {
            secret.iter_mut().zip(text.as_bytes().chunks_exact(2)).all(|(byte, digits)| match digits {
                [high, low] => match (digit(*high), digit(*low)) {
                    (Some(high), Some(low)) => {
                        *byte = high << 4 | low;
                        true
                    }
                    _ => false,
                },
                _ => false,
            })
        } else {
            let bytes = STANDARD.decode(text).map(Zeroizing::new).unwrap_or_default();
            let fits = bytes.len() == secret.len();
            if fits {
                secret.copy_from_slice(&bytes);
            }
            fits
        };
        let detail = format!("{VARIABLE}: expected 64 hexadecimal digits, or base64 of 32 bytes");
        if known { Ok(Self(secret)) } else { Err(refused("keyring.root_invalid", detail)) }
    }

    /// What `ATIPCAM_ROOT_KEY` holds; `None` where it is not set.
    pub fn from_env() -> Result<Option<Self>> {
        match std::env::var(VARIABLE) {
            Ok(text) => Self::parse(&text).map(Some),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Self::parse("").map(Some),
        }
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(..)")
    }
}

fn digit(c: u8) -> Option<u8> {
    char::from(c).to_digit(16).and_then(|digit| digit.try_into().ok())
}

/// The key that wraps the keys of the server, of subjects and of homes.
#[derive(Debug)]
pub(super) struct Root {
    key: Key,
    id: Uuid,
    given: bool,
}

impl Root {
    fn new(secret: &SecretBytes) -> Result<Self> {
        // Names the key without telling it, so that a wrong file is known for what it is.
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice()), b"atipcam root key id");
        let (id, _) = tag.as_ref().split_first_chunk().ok_or_else(|| Error::internal("a short digest"))?;
        Ok(Self { key: Key::new(secret)?, id: Uuid::from_bytes(*id), given: false })
    }

    fn of(given: &RootKey) -> Result<Self> {
        Ok(Self { given: true, ..Self::new(&given.0)? })
    }

    /// Whether it is kept elsewhere.
    pub(super) fn is_given(&self) -> bool {
        self.given
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

/// Where the next root key waits until every row is wrapped under it.
fn next_path(dir: &Path) -> PathBuf {
    dir.join("root.key.next")
}

/// Finds the root key `expected` of a keyring that has keys already; a missing one is an error, never a reason to make a new
/// one.
pub(super) fn load(dir: &Path, given: Option<RootKey>, expected: Uuid) -> Result<Root> {
    if let Some(given) = given {
        return Some(Root::of(&given)?).filter(|root| root.id == expected).ok_or_else(wrong);
    }
    if let Some(root) = adopt_pending(dir, expected)? {
        return Ok(root);
    }
    let path = path(dir);
    let detail = || format!("{}: missing, and nothing here opens without it", path.display());
    let secret = read(&path)?.ok_or_else(|| refused("keyring.root_missing", detail()))?;
    let root = Some(Root::new(&secret)?).filter(|root| root.id == expected).ok_or_else(wrong)?;
    // What a rotation that was cut short left: no row is wrapped under it.
    remove(&next_path(dir))?;
    Ok(root)
}

/// The root key of an empty keyring: the given one, or that of its file, which is made where it is missing.
pub(super) fn load_or_create(dir: &Path, given: Option<RootKey>) -> Result<Root> {
    if let Some(given) = given {
        return Root::of(&given);
    }
    let path = path(dir);
    if let Some(secret) = read(&path)? {
        return Root::new(&secret);
    }
    let secret = random_secret()?;
    let beside = dir.join("root.key.new");
    write(&beside, &secret).and_then(|()| rename(dir, &beside, &path)).map_err(|e| failed(&path, e))?;
    Root::new(&secret)
}

/// Makes a root key beside the one in use.
pub(super) fn create_next(dir: &Path) -> Result<Root> {
    let (secret, path) = (random_secret()?, next_path(dir));
    write(&path, &secret).and_then(|()| File::open(dir)?.sync_all()).map_err(|e| failed(&path, e))?;
    Root::new(&secret)
}

/// Where the next root key is the one in use, puts it in its place; the one before it is overwritten first.
pub(super) fn adopt_pending(dir: &Path, in_use: Uuid) -> Result<Option<Root>> {
    let (path, next) = (path(dir), next_path(dir));
    // One that cannot be read may be what a power cut left, and is no reason to refuse the one that stands.
    let Ok(Some(secret)) = read(&next) else { return Ok(None) };
    let root = Root::new(&secret)?;
    if root.id != in_use {
        return Ok(None);
    }
    match OpenOptions::new().write(true).open(&path) {
        Ok(mut old) => old.write_all(&[0; 32]).and_then(|()| old.sync_all()).map_err(|e| failed(&path, e))?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(failed(&path, e)),
    }
    rename(dir, &next, &path).map_err(|e| failed(&path, e))?;
    Ok(Some(root))
}

/// The error for a change of a root key that is not the keyring's own.
pub(super) fn given() -> Error {
    let detail = format!("the root key is given by {VARIABLE}, and only its keeper can change it");
    Error::new(Kind::Unsupported, "keyring.root_given", detail)
}

/// The error for a file that holds another root key than this keyring's.
pub(super) fn wrong() -> Error {
    refused("keyring.root_wrong", "the root key is not the key of this keyring".to_owned())
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

/// Written and synced, at a name that nothing reads until it is renamed or its time has come.
fn write(path: &Path, secret: &SecretBytes) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(secret.as_slice())?;
    file.sync_all()
}

/// A power cut leaves the one or the other, and both are whole.
fn rename(dir: &Path, from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    File::open(dir)?.sync_all()
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(failed(path, e)),
        _ => Ok(()),
    }
}

fn refused(code: &'static str, detail: String) -> Error {
    Error::new(Kind::Conflict, code, detail)
}

fn failed(path: &Path, e: io::Error) -> Error {
    Error::internal(io::Error::new(e.kind(), format!("{}: {e}", path.display())))
}
