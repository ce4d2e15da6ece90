//! What recorders and retention share, in a folder of its own.

use std::sync::Arc;

use domain::{Clock, HomeId, SubjectId};
use policy::{ConsentSet, Facts, FactsFuture, FactsSource, HomeFacts, Object, Principal};
use store::Store;
use tempfile::TempDir;
use testkit::ManualClock;

use super::OpenSegments;
use super::disk::Disk;
use super::storages::{StorageConfig, Storages};
use crate::fleet::Shared;
use crate::pull::Demand;
use crate::state::Board;
use crate::witness::Witness;

/// A home that agreed; only the server itself asks.
#[derive(Debug)]
struct ServerFacts(HomeId);

impl FactsSource for ServerFacts {
    fn facts(&self, _: Principal, _: Object) -> FactsFuture<'_> {
        let home = HomeFacts { home: self.0, role: None, agreed: true, consents: ConsentSet::NONE };
        let facts = Facts { revision: 0, session: None, subject: None, home: Some(home), region_ok: true, key: None };
        Box::pin(async move { Ok(facts) })
    }
}

/// A server with so many storages of so many bytes, and its home; `disk` makes the writer of each.
pub(super) async fn shared(quotas: &[Option<u64>], disk: impl Fn(usize) -> Disk) -> (Shared, HomeId, ManualClock, TempDir) {
    let (folder, clock) = (tempfile::tempdir().unwrap(), ManualClock::default());
    let time: Arc<dyn Clock> = Arc::new(clock.clone());
    let store = Store::open(folder.path(), Arc::clone(&time)).await.unwrap();
    let agreement = store::Agreement { version: policy::compiled::VERSION.into(), language: None };
    let subject = SubjectId::random();
    let owner = store::NewAccount { subject, email: "owner@example.org", password_hash: String::new(), adult: true, agreement };
    let home = store.set_up(owner).await.unwrap();
    let further = quotas.iter().enumerate().skip(1);
    let further: Vec<_> =
        further.map(|(n, quota)| StorageConfig { path: folder.path().join(format!("disk{n}")), quota_bytes: *quota }).collect();
    let storages = Storages::start_with(store.segments_dir(), &further, quotas[0], &time, disk).unwrap();
    let shared = Shared {
        links: crate::link::Links::new(Arc::new(domain::SystemClock)),
        witness: Witness::start(store.clone(), Arc::clone(&time)),
        store,
        facts: Arc::new(ServerFacts(home)),
        clock: time,
        board: Board::new(),
        demand: Demand::new(),
        opened: crate::playback::Cache::default(),
        pulses: super::Pulses::default(),
        storages,
        open: OpenSegments::default(),
        turns: crate::backfill::Turns::default(),
    };
    (shared, home, clock, folder)
}
