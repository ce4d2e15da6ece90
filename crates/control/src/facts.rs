//! Facts from memory: rows are read once for every revision, however many views ask.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use domain::{CameraId, HomeId, Result, Role, SessionId, StreamKeyId, SubjectId};
use policy::{
    Age, Agreed, Consent, ConsentSet, Facts, FactsFuture, FactsSource, HomeFacts, KeyFacts, Object, Principal, SessionFacts,
    Standing, SubjectFacts, compiled,
};
use store::{FactRows, PersonRow, SessionRow, Store};
use tokio::sync::watch;

use crate::{AgreementState, versions};

/// The facts of the server, as new as its last change.
#[derive(Debug)]
pub(crate) struct LiveFacts {
    store: Store,
    revision: watch::Receiver<u64>,
    newest: RwLock<Arc<Snapshot>>,
    loading: tokio::sync::Mutex<()>,
    /// Whether the server stands where the policy lets data be used.
    region_ok: bool,
}

impl LiveFacts {
    pub(crate) fn new(store: Store, region: &str) -> Self {
        let (revision, region_ok) = (store.bus().revision(), compiled::REGIONS.contains(&region));
        Self { store, revision, newest: RwLock::default(), loading: tokio::sync::Mutex::default(), region_ok }
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
        let snapshot = Arc::new(Snapshot::new(revision, self.store.fact_rows(compiled::VERSION).await?, self.region_ok));
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
    people: HashMap<SubjectId, Person>,
    roles: HashMap<HomeId, HashMap<SubjectId, Role>>,
    cameras: HashMap<CameraId, HomeId>,
    keys: HashMap<StreamKeyId, KeyFacts>,
    region_ok: bool,
}

#[derive(Debug, Clone)]
struct Person {
    adult: bool,
    held: bool,
    agreed: Agreed,
    /// The newest version agreed to: what the server's own acts on a home rest on.
    version: Option<String>,
    consents: ConsentSet,
}

impl Snapshot {
    fn new(revision: u64, rows: FactRows, region_ok: bool) -> Self {
        let mut roles: HashMap<HomeId, HashMap<SubjectId, Role>> =
            rows.homes.into_iter().map(|home| (home, HashMap::new())).collect();
        for member in rows.members {
            roles.entry(member.home).or_default().insert(member.subject, member.role);
        }
        let person = |row: PersonRow| {
            let agreed = if row.agreed { Agreed::Current } else { Agreed::None };
            let person = Person { adult: row.adult, held: row.held, agreed, version: None, consents: ConsentSet::NONE };
            (row.subject, person)
        };
        let mut people: HashMap<SubjectId, Person> = rows.people.into_iter().map(person).collect();
        for row in rows.agreements {
            if let Some(person) = people.get_mut(&row.subject) {
                if person.version.as_deref().is_none_or(|before| versions::rank(before) <= versions::rank(&row.version)) {
                    person.version = Some(row.version.clone());
                }
                if person.agreed == Agreed::None && versions::needs_no_new_agreement(&row.version) {
                    person.agreed = Agreed::Older;
                }
            }
        }
        for row in rows.consents {
            if let (Some(person), Some(consent)) = (people.get_mut(&row.subject), Consent::of(&row.purpose)) {
                person.consents = person.consents.with(consent);
            }
        }
        Self {
            revision,
            tokens: rows.sessions.iter().map(|session| (session.token_hash, session.id)).collect(),
            sessions: rows.sessions.into_iter().map(|session| (session.id, session)).collect(),
            people,
            roles,
            cameras: rows.cameras.into_iter().collect(),
            keys: rows.stream_keys.into_iter().map(|(id, camera, subject)| (id, KeyFacts { subject, camera })).collect(),
            region_ok,
        }
    }

    pub(crate) fn facts(&self, principal: Principal, object: Object) -> Facts {
        let session = match principal {
            Principal::Session(id) => self.session_facts(id),
            Principal::Nobody | Principal::StreamKey(_) | Principal::System => None,
        };
        let key = match principal {
            Principal::StreamKey(id) => self.keys.get(&id).copied(),
            _ => None,
        };
        let asker = session.map(|session| session.subject).or(key.map(|key| key.subject));
        let home = match object {
            Object::Home(home) => Some(home),
            Object::Camera(camera) => self.cameras.get(&camera).copied(),
            Object::Account(_) => None,
        };
        let home = home.and_then(|home| self.home_facts(home, asker));
        let about = match (principal, object) {
            (Principal::System, Object::Account(account)) => Some(account),
            _ => asker,
        };
        let subject = about.and_then(|id| self.subject_facts(id));
        Facts { revision: self.revision, session, subject, home, region_ok: self.region_ok, key }
    }

    fn home_facts(&self, home: HomeId, asker: Option<SubjectId>) -> Option<HomeFacts> {
        let roles = self.roles.get(&home)?;
        let owners = roles.iter().filter(|(_, role)| **role == Role::Owner).filter_map(|(owner, _)| self.people.get(owner));
        let (mut agreed, mut consents) = (false, ConsentSet::NONE);
        for owner in owners.filter(|owner| !owner.held) {
            agreed |= owner.version.is_some();
            consents = consents.or(owner.consents);
        }
        Some(HomeFacts { home, role: asker.and_then(|asker| roles.get(&asker).copied()), agreed, consents })
    }

    fn session_facts(&self, id: SessionId) -> Option<SessionFacts> {
        let session = self.sessions.get(&id)?;
        Some(SessionFacts { subject: session.subject, expires: session.expires })
    }

    fn subject_facts(&self, id: SubjectId) -> Option<SubjectFacts> {
        let person = self.people.get(&id)?;
        Some(SubjectFacts {
            subject: id,
            agreed: person.agreed,
            age: if person.adult { Age::Adult } else { Age::Undeclared },
            standing: if person.held { Standing::Held } else { Standing::Active },
            consents: person.consents,
        })
    }

    /// The consents that a person gave and did not take back.
    pub(crate) fn consents_of(&self, subject: SubjectId) -> ConsentSet {
        self.people.get(&subject).map_or(ConsentSet::NONE, |person| person.consents)
    }

    /// What a person agreed to.
    pub(crate) fn agreement_of(&self, subject: SubjectId) -> AgreementState {
        let person = self.people.get(&subject);
        let version = person.and_then(|person| person.version.clone());
        AgreementState {
            agreed: person.map_or(Agreed::None, |person| person.agreed),
            class: version.as_deref().and_then(versions::class_since),
            version,
            adult: person.is_some_and(|person| person.adult),
        }
    }

    /// How many own a home.
    pub(crate) fn owners(&self, home: HomeId) -> usize {
        self.roles.get(&home).map_or(0, |roles| roles.values().filter(|role| **role == Role::Owner).count())
    }

    /// The cameras of a home.
    pub(crate) fn cameras_of(&self, home: HomeId) -> impl Iterator<Item = CameraId> {
        self.cameras.iter().filter(move |(_, of)| **of == home).map(|(camera, _)| *camera)
    }

    /// How many sessions a person has.
    pub(crate) fn sessions_of(&self, subject: SubjectId) -> usize {
        self.sessions.values().filter(|session| session.subject == subject).count()
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
