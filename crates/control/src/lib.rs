//! Use cases by noun: accounts, sessions, homes, cameras, and the facts that decide who may what.
//!
//! Floor 5 of the house. What touches a person's data takes a [`policy::Permit`] by value, and [`Control::ask`] is where one
//! comes from: it gathers facts, lets [`policy::decide`] judge, and writes the verdict to the audit log. Control writes the
//! desired state; the relay hears of it on the store's bus and makes it so. Neither knows the other.

mod accounts;
mod address;
mod ask;
mod cameras;
mod consents;
mod devices;
mod facts;
mod gone;
mod keeping;
mod limiter;
mod locks;
mod notices;
mod password;
mod people;
mod plans;
mod privacy;
mod stream_keys;
mod upkeep;
mod validation;
mod versions;

use std::sync::{Arc, Mutex, PoisonError};

use domain::{Clock, Secret};
use egress::Gateway;
use policy::{FactsSource, compiled};
use policyc::Deployment;
use store::Store;

pub use accounts::{Account, AgreementState, HomeRole, NewAccount, SetUp, SetupState, SignedIn};
pub use cameras::{Camera, CameraEdit, Footage, NewCamera};
pub use consents::{ConsentState, Said, Shown};
pub use devices::{Caller, Claim, Claimed, Invited};
pub use gone::GoneCamera;
pub use keeping::Keeps;
pub use locks::{Lock, NewLock, given_reason};
pub use notices::Notice;
pub use plans::{Home, Recording, RecordingEdit};
pub use privacy::{HomeAfter, Look, Stored, StoredData};
pub use store::{InvitationState, Keep};
pub use stream_keys::StreamKey;
pub use upkeep::Health;
pub use versions::{Version, versions};

use facts::LiveFacts;
use limiter::Limiter;
use notices::Notices;
use password::Hasher;
use upkeep::Upkeep;

/// What the deployment decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// The one-time code that first run must show, where strangers could reach the server before its owner does.
    pub setup_code: Option<Secret>,
    /// Whose server it is, and where it stands: outside the policy's regions nothing is served.
    pub deployment: Deployment,
    /// The way to third parties; without one no letter is sent.
    pub gateway: Option<Gateway>,
}

impl Default for Config {
    /// No code, no letters, in the first region of the policy.
    fn default() -> Self {
        let region = compiled::REGIONS.first().copied().unwrap_or_default().to_owned();
        Self { setup_code: None, deployment: Deployment { region, ..Deployment::default() }, gateway: None }
    }
}

/// The use cases. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Control {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    config: Config,
    facts: Arc<LiveFacts>,
    limiter: Mutex<Limiter>,
    hasher: Hasher,
    upkeep: Upkeep,
    notices: Option<Notices>,
}

impl Control {
    /// Starts the task that writes verdicts and clears away what is past its time, and the one that sends letters, so it must be
    /// called within a tokio runtime. They end with the last clone.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, config: Config) -> Self {
        let facts = Arc::new(LiveFacts::new(store.clone(), &config.deployment.region));
        let (gateway, deployment) = (config.gateway.clone(), config.deployment.clone());
        let notices = Notices::start(store.clone(), clock.clone(), facts.clone(), gateway, deployment);
        let upkeep = Upkeep::start(store.clone(), clock.clone(), notices.clone());
        let (limiter, hasher) = (Mutex::default(), Hasher::new());
        Self { inner: Arc::new(Inner { store, clock, config, facts, limiter, hasher, upkeep, notices }) }
    }

    /// The facts that running views ask again.
    #[must_use]
    pub fn facts(&self) -> Arc<dyn FactsSource> {
        self.inner.facts.clone()
    }

    /// The same facts for who only looks at the data, beside a server: no letters, no upkeep, no log.
    #[must_use]
    pub fn facts_of(store: Store, region: &str) -> Arc<dyn FactsSource> {
        Arc::new(LiveFacts::new(store, region))
    }

    /// Writes what is still queued for the audit log, and gives letters under way a moment; call it before [`Store::close`].
    pub async fn close(&self) {
        if let Some(notices) = &self.inner.notices {
            notices.close().await;
        }
        self.inner.upkeep.flush().await;
    }

    fn with_limiter<T>(&self, use_it: impl FnOnce(&mut Limiter) -> T) -> T {
        // Counters are whole after every step, so a panic elsewhere does not spoil them.
        use_it(&mut self.inner.limiter.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests;
