//! Scenarios on a real store.

mod audit;
mod cameras;
mod devices;
mod facts;
mod first_run;
mod notices;
mod plans;
mod sign_in;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{Clock, HomeId, Mono, Result, Role, Secret, SessionId, SubjectId, Timestamp};
use policy::act::GiveConsent;
use policy::{Principal, compiled};
use store::Store;
use tempfile::TempDir;

use crate::{Config, Control, NewAccount, SetUp, Shown, SignedIn};

const OWNER: &str = "owner@example.com";
const PASSWORD: &str = "correct horse";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// A clock that stands still until it is moved: microseconds since the process began.
#[derive(Debug, Default)]
struct TestClock(AtomicU64);

impl TestClock {
    fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_micros().try_into().unwrap(), Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-23T08:00:00Z").unwrap() + Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    fn mono(&self) -> Mono {
        Mono::from_micros(self.0.load(Ordering::Relaxed))
    }
}

struct Rig {
    dir: TempDir,
    clock: Arc<TestClock>,
    store: Store,
    control: Control,
}

impl Rig {
    async fn new() -> Self {
        Self::with(Config::default()).await
    }

    async fn with(config: Config) -> Self {
        let (dir, clock) = (TempDir::new().unwrap(), Arc::new(TestClock::default()));
        let store = Store::open(dir.path(), clock.clone()).await.unwrap();
        let control = Control::new(store.clone(), clock.clone(), config);
        Self { dir, clock, store, control }
    }

    async fn restart(&mut self) {
        self.control.close().await;
        self.store.close().await.unwrap();
        self.store = Store::open(self.dir.path(), self.clock.clone()).await.unwrap();
        self.control = Control::new(self.store.clone(), self.clock.clone(), Config::default());
    }

    /// First run.
    async fn owner(&self) -> Person {
        Person::of(self.control.set_up(set_up()).await.unwrap())
    }

    /// A further account, signed in.
    async fn person(&self, email: &str) -> Person {
        let new = NewAccount {
            email: email.into(),
            password: PASSWORD.into(),
            adult: true,
            policy_version: compiled::VERSION.into(),
            language: Some("en".into()),
        };
        self.control.create_account(new).await.unwrap();
        Person::of(self.sign_in(email, PASSWORD).await.unwrap())
    }

    /// A member of the owner's home, signed in.
    /// Gives a consent, as in the app.
    async fn consents(&self, person: &Person, purpose: &str) {
        let permit = self.control.ask::<GiveConsent>(person.principal(), person.subject).await.unwrap();
        let shown = Shown { policy_version: compiled::VERSION.into(), language: None, words: "what it is for".into() };
        self.control.give_consent(permit, purpose, shown).await.unwrap();
    }

    async fn member(&self, home: HomeId) -> Person {
        let person = self.person("member@example.com").await;
        self.control.add_member(home, person.subject, Role::Member).await.unwrap();
        person
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn> {
        self.control.sign_in(email, &password.into(), HERE).await
    }
}

/// Somebody with a session.
#[derive(Debug, Clone)]
struct Person {
    subject: SubjectId,
    session: SessionId,
    token: Secret,
    /// The first of the person's homes.
    home: Option<HomeId>,
}

impl Person {
    fn of(signed_in: SignedIn) -> Self {
        let home = signed_in.account.homes.first().map(|home| home.id);
        Self { subject: signed_in.account.subject, session: signed_in.session, token: signed_in.token, home }
    }

    fn home(&self) -> HomeId {
        self.home.unwrap()
    }

    fn principal(&self) -> Principal {
        Principal::Session(self.session)
    }
}

fn set_up() -> SetUp {
    SetUp {
        email: OWNER.into(),
        password: PASSWORD.into(),
        adult: true,
        policy_version: compiled::VERSION.into(),
        code: None,
        language: Some("zh-CN".into()),
    }
}

/// Error code of what must have failed.
fn code<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    result.unwrap_err().code()
}
