//! What a person can see of what is kept about them, and the end of an account.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use domain::{CameraId, Error, HomeId, Kind, Result, Role, Secret, SubjectId, Timestamp};
use policy::Permit;
use policy::act::{CancelAccount, ReadAccessHistory, ReadPrivacy};
use store::{DisclosureRow, EventId, EventKind, EventRow, How};

use crate::limiter::Target;
use crate::{Control, Health};

/// Rows of one answer: a few screens, and some hundred kilobytes at most.
const ROWS_MAX: u64 = 200;

/// How much of a category is kept about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// The category's id.
    pub category: &'static str,
    /// How many items.
    pub count: u64,
    /// How many bytes, where that says more.
    pub bytes: Option<u64>,
}

/// A home of a person, and what cancelling the account would do to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HomeAfter {
    /// Which.
    pub id: HomeId,
    /// The person's role.
    pub role: Role,
    /// It has no other owner, so it ends with the account.
    pub ends: bool,
    /// Its cameras.
    pub cameras: u64,
}

/// What is kept about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredData {
    /// By category, those that the product writes.
    pub categories: Vec<Stored>,
    /// By home.
    pub homes: Vec<HomeAfter>,
}

/// Somebody looked at a camera.
#[derive(Clone, PartialEq, Eq)]
pub struct Look {
    /// Its number in the log, for paging.
    pub leaf: u64,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who.
    pub subject: SubjectId,
    /// The person's e-mail address, while they are of the home.
    pub email: Option<String>,
    /// At which camera.
    pub camera: CameraId,
    /// What it is called, while it is there.
    pub camera_name: Option<String>,
    /// How.
    pub how: How,
    /// What the stream key is called that was shown, while it stands.
    pub key_name: Option<String>,
}

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Look({}, {} at {}, ..)", self.leaf, self.subject, self.camera)
    }
}

impl Control {
    /// What is kept about the permit's person.
    pub async fn stored_data(&self, permit: Permit<ReadPrivacy>) -> Result<StoredData> {
        let (person, store) = (permit.object(), &self.inner.store);
        let snapshot = self.inner.facts.snapshot().await?;
        let homes: Vec<HomeAfter> = snapshot
            .homes_of(person)
            .into_iter()
            .map(|(id, role)| HomeAfter {
                id,
                role,
                ends: role == Role::Owner && snapshot.owners(id) == 1,
                cameras: snapshot.cameras_of(id).count() as u64,
            })
            .collect();
        let owned: Vec<CameraId> =
            homes.iter().filter(|home| home.role == Role::Owner).flat_map(|home| snapshot.cameras_of(home.id)).collect();
        let (segments, bytes) = store.footage_of(&owned).await?;
        let events = store.count_events(&permit).await?;
        let count = |wanted: fn(EventKind) -> bool| events.iter().filter(|(kind, _)| wanted(*kind)).map(|(_, n)| n).sum();
        let plain = |category, count| Stored { category, count, bytes: None };
        let categories = vec![
            plain("account.email", 1),
            plain("account.password", 1),
            plain("account.age", 1),
            plain("account.session", snapshot.sessions_of(person) as u64),
            plain("home.member", homes.len() as u64),
            plain("camera.access", owned.len() as u64),
            plain("stream.key", store.count_stream_keys(person).await?),
            plain("footage.lock", store.count_locks(person).await?),
            Stored { category: "footage.video", count: segments, bytes: Some(bytes) },
            plain("access.history", count(|kind| kind == EventKind::Access)),
            plain("consent.history", count(is_consent)),
            plain("disclosure.history", count(|kind| matches!(kind, EventKind::Disclosure | EventKind::DisclosureResult))),
        ];
        Ok(StoredData { categories, homes })
    }

    /// Events about the permit's person, newest first, of the kinds that begin with `kind`.
    pub async fn events(
        &self,
        permit: Permit<ReadPrivacy>,
        kind: &str,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Vec<EventRow>> {
        let kinds: Vec<EventKind> = EventKind::ALL.iter().copied().filter(|known| known.as_str().starts_with(kind)).collect();
        if kinds.is_empty() {
            return Err(Error::new(Kind::Invalid, "request.invalid", "kind: no event has such a kind"));
        }
        self.inner.store.events(&permit, &kinds, before, limit.min(ROWS_MAX)).await
    }

    /// What went, or was refused, to whom, newest first.
    pub async fn disclosures(&self, permit: Permit<ReadPrivacy>, before: Option<u64>, limit: u64) -> Result<Vec<DisclosureRow>> {
        self.inner.store.disclosures(&permit, before, limit.min(ROWS_MAX)).await
    }

    /// The receipt of an event: text that `atipcam verify receipt` checks without this server.
    pub async fn receipt(&self, permit: Permit<ReadPrivacy>, event: EventId) -> Result<String> {
        self.inner.store.receipt(&permit, event).await
    }

    /// What the daily duties (retention, the check of the log) last found.
    #[must_use]
    pub fn health(&self) -> Health {
        self.inner.upkeep.health()
    }

    /// Does the daily duties now.
    pub async fn do_duties(&self) -> Health {
        self.inner.upkeep.duties().await
    }

    /// The newest signed checkpoint of the log.
    pub async fn checkpoint(&self) -> Result<String> {
        self.inner.store.checkpoint().await
    }

    /// The proof that the log of size `to` begins with the log of size `from`: a hash a line.
    pub async fn consistency(&self, from: u64, to: u64) -> Result<String> {
        Ok(self.inner.store.consistency(from, to).await?.to_text())
    }

    /// Who looked at the cameras of the permit's home, newest first.
    pub async fn access_history(&self, permit: Permit<ReadAccessHistory>, before: Option<u64>, limit: u64) -> Result<Vec<Look>> {
        let (store, home) = (&self.inner.store, permit.object());
        let rows = store.access_history(&permit, before, limit.min(ROWS_MAX)).await?;
        let mut names = HashMap::new();
        for row in store.cameras_of(home).await?.into_iter().chain(store.gone_cameras_of(home).await?) {
            names.insert(row.id, store.open_access(&permit, &row).await?.name);
        }
        let mut keys = HashMap::new();
        if rows.iter().any(|row| row.key.is_some()) {
            for row in store.stream_keys_of(home).await? {
                keys.insert(row.id, store.open_stream_key(&permit, &row).await?.name);
            }
        }
        let mut emails = HashMap::new();
        let mut looks = Vec::with_capacity(rows.len());
        for row in rows {
            let email = match emails.entry(row.subject) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let email = store.open_member_email(&permit, row.subject).await?;
                    unknown.insert(email.map(|email| String::from_utf8_lossy(email.expose()).into_owned()))
                }
            };
            let email = email.clone();
            looks.push(Look {
                leaf: row.leaf,
                at: row.at,
                until: row.until,
                subject: row.subject,
                email,
                camera: row.camera,
                camera_name: names.get(&row.camera).cloned(),
                how: row.how,
                key_name: row.key.and_then(|key| keys.get(&key).cloned()),
            });
        }
        Ok(looks)
    }

    /// Cancels the permit's account: it takes the password, and nothing else. Every session ends, homes without another owner end
    /// with their cameras, and the keys are destroyed when this returns. `sign_in.wrong` where the password is another.
    pub async fn cancel_account(&self, permit: Permit<CancelAccount>, password: &Secret) -> Result<()> {
        let target = Target::Person(permit.object().to_bytes());
        self.attempt(None, target)?;
        let hash = self.inner.store.password_hash(&permit).await?;
        if !self.inner.hasher.verify(password, hash.as_deref()).await? {
            return Err(Error::new(Kind::Forbidden, "sign_in.wrong", "the password is wrong"));
        }
        self.with_limiter(|limiter| limiter.succeeded(None, target));
        let ended = self.inner.store.cancel(permit).await?;
        tracing::info!(homes = ended.homes.len(), cameras = ended.cameras.len(), "an account was cancelled");
        Ok(())
    }
}

fn is_consent(kind: EventKind) -> bool {
    kind.as_str().starts_with("consent.") || matches!(kind, EventKind::PolicyAgreed | EventKind::PolicyWithdrawn)
}
