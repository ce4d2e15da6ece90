use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cameras::pair::wire::{Octets, device_id, written};
use domain::onboarding::{DeviceId, Label, PairingSecret};
use domain::{Error, Kind, Result, Secret};
use serde::{Deserialize, Serialize};

use crate::folder;
use crate::onboarding;
use crate::ownership;
use crate::ring;

const KEY: &str = "identity.key";
const LABEL: &str = "label.json";
const ACCESS: &str = "access.json";
const USER: &str = "atipcam";
/// Random bytes of a password: 144 bits, 24 letters of base64url.
const PASSWORD_BYTES: usize = 18;

/// Who a camera is, for ever: a key that never leaves its state folder, the secret on its label, and the password that its owner
/// plays it by. All of it is made at the first start; there is no default password.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    key: Ed25519KeyPair,
    public: [u8; 32],
    label: Label,
    /// User and password.
    access: RwLock<(String, Secret)>,
}

/// Who may play a camera, and ask it by ONVIF.
#[derive(Debug, Clone)]
pub(crate) enum SignIn {
    /// Whom the configuration names; `None`: anybody.
    Given(Option<(String, Secret)>),
    /// Who has its own password.
    Own(Identity),
}

impl SignIn {
    pub(crate) fn now(&self) -> Option<(String, Secret)> {
        match self {
            Self::Given(given) => given.clone(),
            Self::Own(identity) => Some(identity.credentials()),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LabelJson {
    secret: Octets<16>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessJson {
    username: String,
    password: String,
}

impl From<AccessJson> for (String, Secret) {
    fn from(access: AccessJson) -> Self {
        (access.username, Secret::new(access.password))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.id()).finish()
    }
}

impl Identity {
    /// The identity that a folder keeps; a new one where there is none. Blocks. `Invalid` (`device.state_damaged`) where a file
    /// is damaged or missing beside the key, `Unavailable` (`device.state_unusable`) where the folder cannot be used.
    pub fn open(dir: &Path) -> Result<Self> {
        let unusable = |error| unusable(dir, error);
        let kept = match folder::read(dir, KEY).map_err(unusable)? {
            Some(pkcs8) => Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| damaged(dir, KEY))?,
            None => {
                // The key comes last: an identity that was made by half is made anew, before anybody knew it.
                folder::write(dir, LABEL, &written(&LabelJson { secret: Octets(random()?) })).map_err(unusable)?;
                let key = Ed25519KeyPair::generate().map_err(Error::internal)?;
                let pkcs8 = key.to_pkcs8().map_err(Error::internal)?;
                folder::write(dir, KEY, pkcs8.as_ref()).map_err(unusable)?;
                key
            }
        };
        let label = folder::read(dir, LABEL).map_err(unusable)?.ok_or_else(|| damaged(dir, LABEL))?;
        let label: LabelJson = serde_json::from_slice(&label).map_err(|_| damaged(dir, LABEL))?;
        let access = match folder::read(dir, ACCESS).map_err(unusable)? {
            Some(access) => serde_json::from_slice(&access).map_err(|_| damaged(dir, ACCESS))?,
            None => new_access(dir)?,
        };
        let public: [u8; 32] = kept.public_key().as_ref().try_into().map_err(Error::internal)?;
        let label = Label { device: device_id(&public), secret: PairingSecret::from_bytes(label.secret.0) };
        let access = RwLock::new(access.into());
        Ok(Self(Arc::new(Inner { dir: dir.to_owned(), key: kept, public, label, access })))
    }

    /// Forgets the owner of the camera whose folder that is and makes a new password; key and label stay. Blocks.
    pub fn reset(dir: &Path) -> Result<Self> {
        ownership::forget(dir)?;
        onboarding::forget(dir)?;
        ring::forget_key(dir).map_err(|error| unusable(dir, error))?;
        new_access(dir)?;
        Self::open(dir)
    }

    /// The device's id.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        self.0.label.device
    }

    /// What stands on its label: id and secret.
    #[must_use]
    pub fn label(&self) -> &Label {
        &self.0.label
    }

    /// User and password of its own, until its owner lets it go.
    #[must_use]
    pub fn credentials(&self) -> (String, Secret) {
        self.0.access.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A serial number that is the same at every start.
    #[must_use]
    pub fn serial(&self) -> String {
        self.id().to_string().chars().take(12).collect()
    }

    /// Makes a new password: who knew the one before plays it no more. Blocks.
    pub(crate) fn renew(&self) -> Result<()> {
        let access = new_access(&self.0.dir)?;
        *self.0.access.write().unwrap_or_else(PoisonError::into_inner) = access.into();
        Ok(())
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.0.dir
    }

    pub(crate) fn key(&self) -> &Ed25519KeyPair {
        &self.0.key
    }

    pub(crate) fn public(&self) -> &[u8; 32] {
        &self.0.public
    }
}

fn new_access(dir: &Path) -> Result<AccessJson> {
    let password = URL_SAFE_NO_PAD.encode(random::<PASSWORD_BYTES>()?);
    let access = AccessJson { username: USER.to_owned(), password };
    folder::write(dir, ACCESS, &written(&access)).map_err(|error| unusable(dir, error))?;
    Ok(access)
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(Error::internal)?;
    Ok(bytes)
}

fn damaged(dir: &Path, file: &str) -> Error {
    Error::new(Kind::Invalid, "device.state_damaged", format!("{file} in {} is damaged or missing", dir.display()))
}

pub(crate) fn unusable(dir: &Path, error: io::Error) -> Error {
    let detail = format!("the state folder {} cannot be used: {error}", dir.display());
    Error::new(Kind::Unavailable, "device.state_unusable", detail).with_source(error)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn an_identity_survives_restarts_and_its_files_are_its_owners_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("camera");
        let first = Identity::open(&dir).unwrap();
        let again = Identity::open(&dir).unwrap();
        assert_eq!(first.label(), again.label());
        assert_eq!(first.public(), again.public());
        assert_eq!(first.credentials(), again.credentials());
        assert_eq!(first.credentials().1.expose().len(), 24);
        for file in [KEY, LABEL, ACCESS] {
            assert_eq!(mode(&dir.join(file)), 0o600, "{file}");
        }
        let other = Identity::open(&root.path().join("other")).unwrap();
        assert_ne!(first.id(), other.id());
        assert_ne!(first.label().secret, other.label().secret);
        assert_ne!(first.credentials(), other.credentials());
        let shown = format!("{first:?}");
        assert!(shown.contains(&first.id().to_string()) && !shown.contains(first.credentials().1.expose()), "{shown}");
    }

    #[test]
    fn a_reset_makes_a_new_password_and_keeps_key_and_label() {
        let dir = tempfile::tempdir().unwrap();
        let first = Identity::open(dir.path()).unwrap();
        let reset = Identity::reset(dir.path()).unwrap();
        assert_eq!((first.public(), first.label()), (reset.public(), reset.label()));
        assert_ne!(first.credentials(), reset.credentials());
        assert_eq!(Identity::open(dir.path()).unwrap().credentials(), reset.credentials());
    }

    #[test]
    fn a_damaged_folder_is_told_and_never_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        Identity::open(dir.path()).unwrap();
        for file in [ACCESS, LABEL, KEY] {
            fs::write(dir.path().join(file), "{").unwrap();
            assert_eq!(Identity::open(dir.path()).unwrap_err().code(), "device.state_damaged", "{file}");
        }
    }
}
