//! Facts from memory: rows are read once for every revision, however many views ask.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::{CameraId, HomeId, Result, Role, SessionId, SubjectId};
use policy::{
    Age, Agreed, ConsentSet, Facts, FactsFuture, FactsSource, HomeFacts, Object, Principal, SessionFacts, Standing, SubjectFacts,
    compiled,
};
use store::{FactRows, PersonRow, SessionRow, Store};
use tokio::sync::watch;

/// The facts of the server, as new as its last change.
#[derive(Debug)]
pub(crate) struct LiveFacts {
    store: Store,
    revision: watch::Receiver<u64>,
    newest: RwLock<Arc<Snapshot>>,
    loading: tokio::sync::Mutex<()>,
}

impl LiveFacts {
    pub(crate) fn new(store: Store) -> Self {
        let revision = store.bus().revision();
        Self { store, revision, newest: RwLock::default(), loading: tokio::sync::Mutex::default() }
    }

    /// A snapshot that holds every change published before this call.
    pub(crate) async fn snapshot(&self) -> Result<Arc<Snapshot>> {
        if let Some(snapshot) = self.current() {
            return Ok(snapshot);
        }
        let _one_at_a_time = self.loading.lock().await;
        if let Some(snapshot) = self.current() {
            return Ok(snapshot);
        }
        // The revision before the rows: what changes while they are read counts as not yet seen.
        let revision = *self.revision.borrow();
        let snapshot = Arc::new(Snapshot::new(revision, self.store.fact_rows(compiled::VERSION).await?));
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = snapshot.clone();
        Ok(snapshot)
    }

    fn current(&self) -> Option<Arc<Snapshot>> {
        let revision = *self.revision.borrow();
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        (newest.revision == revision).then(|| newest.clone())
    }
}

impl FactsSource for LiveFacts {
    fn facts(&self, principal: Principal, object: Object) -> FactsFuture<'_> {
        Box::pin(async move { Ok(self.snapshot().await?.facts(principal, object)) })
    }
}

/// Everything that is asked about, at one revision. Revision 0 is before the first.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    revision: u64,
    sessions: HashMap<SessionId, SessionRow>,
    tokens: HashMap<[u8; 32], SessionId>,
    people: HashMap<SubjectId, PersonRow>,
    roles: HashMap<HomeId, HashMap<SubjectId, Role>>,
    cameras: HashMap<CameraId, HomeId>,
}

impl Snapshot {
    fn new(revision: u64, rows: FactRows) -> Self {
        let mut roles: HashMap<HomeId, HashMap<SubjectId, Role>> =
            rows.homes.into_iter().map(|home| (home, HashMap::new())).collect();
        for member in rows.members {
            roles.entry(member.home).or_default().insert(member.subject, member.role);
        }
        Self {
            revision,
            tokens: rows.sessions.iter().map(|session| (session.token_hash, session.id)).collect(),
            sessions: rows.sessions.into_iter().map(|session| (session.id, session)).collect(),
            people: rows.people.into_iter().map(|person| (person.subject, person)).collect(),
            roles,
            cameras: rows.cameras.into_iter().collect(),
        }
    }

    fn facts(&self, principal: Principal, object: Object) -> Facts {
        let session = match principal {
            Principal::Session(id) => self.session_facts(id),
            Principal::Nobody | Principal::System => None,
        };
        let home = match object {
            Object::Home(home) => Some(home),
            Object::Camera(camera) => self.cameras.get(&camera).copied(),
            Object::Account(_) => None,
        };
        let home = home.and_then(|home| {
            let roles = self.roles.get(&home)?;
            let mut owners = roles.iter().filter(|(_, role)| **role == Role::Owner);
            Some(HomeFacts {
                home,
                role: session.and_then(|session| roles.get(&session.subject).copied()),
                agreed: owners.any(|(owner, _)| self.people.contains_key(owner)),
                consents: ConsentSet::NONE,
            })
        });
        let about = match (principal, object) {
            (Principal::System, Object::Account(account)) => Some(account),
            _ => session.map(|session| session.subject),
        };
        Facts { revision: self.revision, session, subject: about.and_then(|id| self.subject_facts(id)), home, region_ok: true }
    }

    fn session_facts(&self, id: SessionId) -> Option<SessionFacts> {
        let session = self.sessions.get(&id)?;
        Some(SessionFacts { subject: session.subject, expires: session.expires })
    }

    fn subject_facts(&self, id: SubjectId) -> Option<SubjectFacts> {
        let person = self.people.get(&id)?;
        Some(SubjectFacts {
            subject: id,
            agreed: if person.agreed { Agreed::Current } else { Agreed::None },
            age: if person.adult { Age::Adult } else { Age::Undeclared },
            standing: Standing::Active,
            consents: ConsentSet::NONE,
        })
    }

    pub(crate) fn session(&self, id: SessionId) -> Option<&SessionRow> {
        self.sessions.get(&id)
    }

    /// The session that a token proves, by the token's SHA-256: whoever times the look-up learns about the hash alone.
    pub(crate) fn session_by_token(&self, token_hash: &[u8; 32]) -> Option<&SessionRow> {
        self.sessions.get(self.tokens.get(token_hash)?)
    }

    /// The homes of a person and the person's role in each, in a stable order.
    pub(crate) fn homes_of(&self, subject: SubjectId) -> Vec<(HomeId, Role)> {
        let mut homes: Vec<_> = self.roles.iter().filter_map(|(home, roles)| Some((*home, *roles.get(&subject)?))).collect();
        homes.sort_unstable();
        homes
    }
}
