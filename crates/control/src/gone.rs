//! Cameras that are gone and left footage.

use domain::{CameraId, HomeId, Result, Timestamp};
use policy::Permit;
use policy::act::ListCameras;

use crate::Control;

/// A camera that is gone, and what it left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneCamera {
    /// Which camera.
    pub id: CameraId,
    /// Whose.
    pub home: HomeId,
    /// What people called it.
    pub name: String,
    /// When it was removed.
    pub gone: Timestamp,
    /// Bytes of its footage.
    pub bytes: u64,
    /// When the oldest of it begins; `None` once all of it is past its time.
    pub from: Option<Timestamp>,
    /// When the newest of it ends.
    pub until: Option<Timestamp>,
    /// Whether somebody locked some of it.
    pub locked: bool,
}

impl Control {
    /// The cameras of the permit's home that are gone and left footage, the oldest first.
    pub async fn gone_cameras(&self, permit: Permit<ListCameras>) -> Result<Vec<GoneCamera>> {
        let (store, now) = (&self.inner.store, self.inner.clock.now());
        let mut cameras = Vec::new();
        for row in store.gone_cameras_of(permit.object()).await? {
            let Some(gone) = row.gone else { continue };
            let left = store.recorded_sum(row.id, Timestamp::default(), Timestamp::from_micros(i64::MAX)).await?;
            cameras.push(GoneCamera {
                id: row.id,
                home: row.home,
                name: store.open_access(&permit, &row).await?.name,
                gone,
                bytes: left.bytes,
                from: left.first,
                until: left.last,
                locked: !store.locked(row.id, now).await?.is_empty(),
            });
        }
        Ok(cameras)
    }
}
