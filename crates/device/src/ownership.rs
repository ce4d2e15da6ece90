//! Whose a camera is: nobody's, invited, or somebody's. One owner at a time, kept in the state folder.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use cameras::pair::wire::{Octets, written};
use domain::onboarding::{Fingerprint, Invitation, ServerUrl};
use domain::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::folder;
use crate::identity::{Identity, unusable};
use crate::onboarding;

const FILE: &str = "owner.json";

/// Whose a camera is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whose {
    Nobodys,
    Invited(Invitation),
    Owned(Owner),
}

/// The server that a camera belongs to, how it is known, and what the camera is called there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) server: ServerUrl,
    pub(crate) certificate: Fingerprint,
    pub(crate) camera_id: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnerJson {
    server: String,
    certificate: Octets<32>,
    device_id: String,
    camera_id: String,
}

/// Whose this camera is. What changes it writes it down first.
#[derive(Debug)]
pub(crate) struct Ownership {
    identity: Identity,
    whose: watch::Sender<Whose>,
    changing: Mutex<()>,
}

impl Ownership {
    /// As the state folder says. Blocks.
    pub(crate) fn open(identity: Identity) -> Result<Self> {
        let dir = identity.dir();
        let whose = match read(dir)? {
            Some(owner) => Whose::Owned(owner),
            None => onboarding::kept(dir)?.map_or(Whose::Nobodys, Whose::Invited),
        };
        Ok(Self { identity, whose: watch::Sender::new(whose), changing: Mutex::default() })
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Whose> {
        self.whose.subscribe()
    }

    pub(crate) fn is_owned(&self) -> bool {
        matches!(*self.whose.borrow(), Whose::Owned(_))
    }

    /// Keeps an invitation, in place of one before. `Conflict` (`device.owned`) where the camera belongs to somebody.
    pub(crate) async fn invite(self: &Arc<Self>, invitation: Invitation) -> Result<()> {
        let owned =
            || Error::new(Kind::Conflict, "device.owned", "this camera belongs to somebody: it must be released or reset first");
        self.change(move |dir, whose| {
            if matches!(whose, Whose::Owned(_)) {
                return Err(owned());
            }
            onboarding::keep(dir, &invitation)?;
            *whose = Whose::Invited(invitation);
            Ok(())
        })
        .await
    }

    /// A server took the claim: it owns the camera, and the token is deleted.
    pub(crate) async fn take(self: &Arc<Self>, owner: Owner) -> Result<()> {
        let device_id = self.identity.id().to_string();
        self.change(move |dir, whose| {
            let Owner { server, certificate, camera_id } = owner.clone();
            let json = OwnerJson {
                server: server.as_str().to_owned(),
                certificate: Octets(certificate.to_bytes()),
                device_id,
                camera_id,
            };
            folder::write(dir, FILE, &written(&json)).map_err(|error| unusable(dir, error))?;
            onboarding::forget(dir)?;
            *whose = Whose::Owned(owner);
            Ok(())
        })
        .await
    }

    /// An invitation is of no use any more. Another one that came meanwhile stays.
    pub(crate) async fn withdraw(self: &Arc<Self>, invitation: Invitation) -> Result<()> {
        self.change(move |dir, whose| {
            if *whose == Whose::Invited(invitation) {
                onboarding::forget(dir)?;
                *whose = Whose::Nobodys;
            }
            Ok(())
        })
        .await
    }

    /// The owner let the camera go, and plays it no more: the password is a new one.
    pub(crate) async fn release(self: &Arc<Self>) -> Result<()> {
        let identity = self.identity.clone();
        self.change(move |dir, whose| {
            identity.renew()?;
            onboarding::forget(dir)?;
            forget(dir)?;
            *whose = Whose::Nobodys;
            Ok(())
        })
        .await
    }

    /// One change at a time: the folder and what is told of it do not part.
    async fn change(self: &Arc<Self>, how: impl FnOnce(&Path, &mut Whose) -> Result<()> + Send + 'static) -> Result<()> {
        let this = Arc::clone(self);
        let change = move || {
            let _one = this.changing.lock().unwrap_or_else(PoisonError::into_inner);
            let before = this.whose.borrow().clone();
            let mut after = before.clone();
            how(this.identity.dir(), &mut after)?;
            if after != before {
                this.whose.send_replace(after);
            }
            Ok(())
        };
        tokio::task::spawn_blocking(change).await.map_err(Error::internal)?
    }
}

fn read(dir: &Path) -> Result<Option<Owner>> {
    let damaged = || Error::new(Kind::Invalid, "device.state_damaged", format!("{FILE} in {} is damaged", dir.display()));
    let Some(json) = folder::read(dir, FILE).map_err(|error| unusable(dir, error))? else { return Ok(None) };
    let OwnerJson { server, certificate, camera_id, .. } = serde_json::from_slice(&json).map_err(|_| damaged())?;
    let server = ServerUrl::new(&server).map_err(|_| damaged())?;
    Ok(Some(Owner { server, certificate: Fingerprint::from_bytes(certificate.0), camera_id }))
}

/// Forgets the owner that a folder keeps, if any. Blocks.
pub(crate) fn forget(dir: &Path) -> Result<()> {
    folder::remove(dir, FILE).map_err(|error| unusable(dir, error))
}
