//! Use cases by noun: accounts, sessions, cameras, and the facts that decide who may what.
mod accounts;
mod ask;
mod cameras;

use std::sync::Arc;

use domain::{Clock, Secret};
use policy::FactsSource;
use store::Store;

pub use accounts::{Account, HomeRole, SetUp, SetupState, SignedIn};
pub use cameras::{Camera, CameraEdit, NewCamera};

/// What the deployment decides.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The one-time code that first run must show, where strangers could reach the server before its owner does.
    pub setup_code: Option<Secret>,
}

/// The use cases. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Control {}

#[allow(unused_variables, clippy::todo, clippy::unused_async, missing_docs)]
impl Control {
    /// Starts the audit writer, so it must be called within a tokio runtime.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, config: Config) -> Self {
        todo!()
    }

    /// The facts that running views ask again.
    #[must_use]
    pub fn facts(&self) -> Arc<dyn FactsSource> {
        todo!()
    }

    /// Writes what is still queued for the audit log; call it before [`Store::close`].
    pub async fn close(&self) {
        todo!()
    }
}
