//! Scenarios on real files.

mod at_rest;
mod cameras;
mod consents;
mod devices;
mod directory;
mod erasure;
mod footage;
mod history;
mod keys;
mod locks;
mod log;
mod marks;
mod people;
mod root;
mod upgrade;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{AudioMode, CameraId, Clock, HomeId, Mono, Role, SessionId, SubjectId, Timestamp};
use policy::act::{AddCamera, RecordCamera};
use policy::{Act, Ask, ConsentSet, Facts, HomeFacts, Object, Permit, Principal, SessionFacts, SubjectFacts, decide};
use tempfile::TempDir;

use sea_orm::ConnectionTrait as _;

use crate::{Actor, Agreement, CameraAccess, CameraDraft, CameraRow, ConsentDraft, ConsentKind, EventId, NewAccount, Store};

/// A clock that stands still until it is moved.
#[derive(Debug)]
struct TestClock(AtomicI64);

impl TestClock {
    fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(Timestamp::parse(text).unwrap().micros())))
    }

    fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_micros().try_into().unwrap(), Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }

    fn mono(&self) -> Mono {
        Mono::default()
    }
}

/// A data directory with an open store.
struct Rig {
    dir: TempDir,
    clock: Arc<TestClock>,
    store: Store,
}

impl Rig {
    async fn new() -> Self {
        let (dir, clock) = (TempDir::new().unwrap(), TestClock::at("2026-11-23T08:00:00Z"));
        let store = Store::open(dir.path(), clock.clone()).await.unwrap();
        Self { dir, clock, store }
    }

    /// Closes the store and opens it again, as a restart does.
    async fn restart(&mut self) {
        self.store.close().await.unwrap();
        self.store = self.open().await.unwrap();
    }

    async fn open(&self) -> domain::Result<Store> {
        Store::open(self.dir.path(), self.clock.clone()).await
    }

    /// First run: the owner and the home.
    async fn set_up(&self, email: &str) -> (SubjectId, HomeId) {
        let subject = SubjectId::random();
        (subject, self.store.set_up(account(subject, email)).await.unwrap())
    }

    async fn add_camera(&self, home: HomeId) -> CameraRow {
        self.store.add_camera(&permit::<AddCamera>(home, home), draft()).await.unwrap()
    }

    async fn media_key(&self, camera: &CameraRow, at: &str) -> domain::Result<media::record::MediaKey> {
        let permit = permit::<RecordCamera>(camera.id, camera.home);
        self.store.media_key(&permit, camera.home, camera.id, Timestamp::parse(at).unwrap()).await
    }

    /// One statement as whoever has the file could run it.
    async fn sql(&self, sql: &str) -> u64 {
        let done = self.store.accounts().write().execute_unprepared(sql).await.unwrap();
        done.rows_affected()
    }

    /// What one `select count(*)` counts.
    async fn count(&self, sql: &str) -> i64 {
        let statement = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql);
        let row = self.store.accounts().read().query_one_raw(statement).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// What is wrong with the log, each with its leaf.
    async fn faults(&self) -> Vec<(Option<u64>, String)> {
        let report = self.store.check_log().await.unwrap();
        report.faults.into_iter().map(|fault| (fault.leaf, fault.what)).collect()
    }

    async fn consent(&self, subject: SubjectId, purpose: &'static str, kind: ConsentKind) -> EventId {
        self.store.add_consent(consent(subject, purpose, kind)).await.unwrap()
    }

    /// The first file with these bytes anywhere in it, at this moment.
    fn file_with(&self, bytes: &[u8]) -> Option<String> {
        file_with(self.dir.path(), bytes)
    }
}

fn file_with(dir: &Path, bytes: &[u8]) -> Option<String> {
    fs::read_dir(dir).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return file_with(&path, bytes);
        }
        let found = fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes);
        found.then(|| path.display().to_string())
    })
}

fn account(subject: SubjectId, email: &str) -> NewAccount<'_> {
    let agreement = Agreement { version: "1".into(), language: Some("zh-CN".into()) };
    NewAccount { subject, email, password_hash: "$argon2id$".into(), adult: true, agreement }
}

fn consent(subject: SubjectId, purpose: &'static str, kind: ConsentKind) -> ConsentDraft {
    ConsentDraft {
        subject,
        purpose,
        kind,
        policy_version: "1".into(),
        text_hash: [7; 32],
        language: Some("en".into()),
        method: "app",
        actor: Actor::Oneself,
    }
}

fn draft() -> CameraDraft {
    let access = CameraAccess {
        name: "Front door".into(),
        main_url: "rtsp://192.0.2.7:554/main".into(),
        sub_url: None,
        username: Some("admin".into()),
        password: Some("hunter2".into()),
        ..CameraAccess::default()
    };
    CameraDraft { access, audio: AudioMode::Off, recording: true }
}

/// A permit for an owner of `home`, or for the server where the act is its own.
fn permit<A: Act>(object: A::Object, home: HomeId) -> Permit<A> {
    let subject = match object.into() {
        Object::Account(subject) => subject,
        _ => SubjectId::random(),
    };
    let principal = match A::WHO {
        policy::act::Who::System => Principal::System,
        _ => Principal::Session(SessionId::random()),
    };
    let at = Timestamp::from_micros(0);
    let facts = Facts {
        revision: 1,
        session: Some(SessionFacts { subject, expires: Timestamp::from_micros(1) }),
        subject: Some(SubjectFacts::settled(subject)),
        home: Some(HomeFacts { home, role: Some(Role::Owner), agreed: true, consents: ConsentSet::NONE }),
        region_ok: true,
        key: None,
    };
    decide(&Ask { principal, object, at }, &facts).unwrap()
}

/// Error code of what must have failed.
fn code<T: std::fmt::Debug>(result: domain::Result<T>) -> &'static str {
    result.unwrap_err().code()
}

fn unknown_camera(home: HomeId) -> CameraRow {
    CameraRow {
        id: CameraId::random(),
        home,
        access: policy::Sealed::from_ciphertext(Vec::new()),
        audio: AudioMode::Off,
        recording: false,
        created: Timestamp::default(),
        revision: 1,
        gone: None,
    }
}
