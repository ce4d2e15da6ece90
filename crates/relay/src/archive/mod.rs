//! Footage as it lies on the disks: put into the index again, and held against it. For the operator and for a start without an index;
//! people watch through `playback`.

mod finding;
mod links;
mod rebuild;
mod verify;
mod walk;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use domain::{CameraId, Clock, Kind, Result, StorageId};
use media::record::{MediaKey, MediaKeyId};
use policy::act::RecordCamera;
use policy::{Ask, FactsSource, Permit, Principal, decide};
use store::Store;

use crate::fleet::Shared;
pub use finding::{Finding, Severity};
pub(crate) use rebuild::Rebuilding;
pub use rebuild::{Progress, Rebuilt};
pub use verify::{Said, Verified};

/// A folder of footage: `<camera>/<segment>.seg` lie in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Which storage it is; none for the data directory's own.
    pub storage: Option<StorageId>,
    /// Where.
    pub dir: PathBuf,
}

/// All footage of a server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Archive {
    store: Store,
    facts: Arc<dyn FactsSource>,
    clock: Arc<dyn Clock>,
    roots: Arc<[Root]>,
}

impl Archive {
    /// The footage in the data directory's own folder and in `others`.
    #[must_use]
    pub fn new(store: Store, facts: Arc<dyn FactsSource>, clock: Arc<dyn Clock>, others: Vec<Root>) -> Self {
        let own = Root { storage: None, dir: store.segments_dir().to_owned() };
        let roots = [own].into_iter().chain(others).collect();
        Self { store, facts, clock, roots }
    }

    pub(crate) fn of(shared: &Shared) -> Self {
        let others = shared.storages.all().iter().filter(|storage| storage.id().is_some() && storage.is_there());
        let others = others.map(|storage| Root { storage: storage.id(), dir: storage.folder().to_owned() }).collect();
        Self::new(shared.store.clone(), Arc::clone(&shared.facts), Arc::clone(&shared.clock), others)
    }

    /// Asks the gate as the server itself.
    async fn permit(&self, camera: CameraId) -> Result<Permit<RecordCamera>> {
        let ask = Ask::<RecordCamera> { principal: Principal::System, object: camera, at: self.clock.now() };
        let facts = self.facts.facts(ask.principal, camera.into()).await?;
        Ok(decide(&ask, &facts)?)
    }
}

/// Media keys that were asked for: a few for each camera, as a key lasts a month.
#[derive(Debug, Default)]
struct Keys(HashMap<(CameraId, MediaKeyId), Option<MediaKey>>);

impl Keys {
    /// A camera's key; `None` where it is destroyed, another camera's, or not to be used now.
    async fn get(&mut self, archive: &Archive, camera: CameraId, id: MediaKeyId) -> Result<Option<MediaKey>> {
        if let Some(known) = self.0.get(&(camera, id)) {
            return Ok(known.clone());
        }
        let key = match archive.permit(camera).await {
            Ok(permit) => archive.store.media_key_by_id(&permit, id).await?,
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Forbidden) => None,
            Err(error) => return Err(error),
        };
        self.0.insert((camera, id), key.clone());
        Ok(key)
    }
}
