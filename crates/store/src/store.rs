use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{CameraId, Clock, HomeId, Result, SegmentId, TimeRange, Timestamp};
use media::record::{MediaKey, MediaKeyId};
use policy::act::RecordCamera;
use policy::{Act, Permit, Uses, category};

use crate::{Bus, CameraAccess, CameraRow, SegmentRow};

/// Everything that is kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    bus: Bus,
}

/// Room on the filesystem of the footage, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Size of the filesystem.
    pub total: u64,
    /// What this process may still write.
    pub free: u64,
}

#[allow(unused_variables, clippy::todo, clippy::unused_async, missing_docs)]
impl Store {
    pub async fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self> {
        todo!()
    }

    /// Closes files and gives the directory free. Calls after it fail.
    pub async fn close(&self) -> Result<()> {
        todo!()
    }

    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.inner.bus
    }

    pub async fn camera(&self, id: CameraId) -> Result<Option<CameraRow>> {
        todo!()
    }

    pub async fn cameras(&self) -> Result<Vec<CameraRow>> {
        todo!()
    }

    pub async fn cameras_of(&self, home: HomeId) -> Result<Vec<CameraRow>> {
        todo!()
    }

    pub async fn open_access<A: Act>(&self, permit: &Permit<A>, row: &CameraRow) -> Result<CameraAccess>
    where
        A::Purpose: Uses<category::CameraAccess>,
    {
        todo!()
    }

    pub async fn media_key(
        &self,
        permit: &Permit<RecordCamera>,
        home: HomeId,
        camera: CameraId,
        at: Timestamp,
    ) -> Result<MediaKey> {
        todo!()
    }

    pub async fn media_key_by_id<A: Act<Object = CameraId>>(
        &self,
        permit: &Permit<A>,
        id: MediaKeyId,
    ) -> Result<Option<MediaKey>> {
        todo!()
    }

    pub async fn add_segment(&self, row: SegmentRow) -> Result<()> {
        todo!()
    }

    pub async fn segments(&self, camera: CameraId, range: TimeRange) -> Result<Vec<SegmentRow>> {
        todo!()
    }

    pub async fn segment(&self, id: SegmentId) -> Result<Option<SegmentRow>> {
        todo!()
    }

    pub async fn oldest_segments(&self, limit: u32) -> Result<Vec<SegmentRow>> {
        todo!()
    }

    pub async fn segments_before(&self, t: Timestamp, limit: u32) -> Result<Vec<SegmentRow>> {
        todo!()
    }

    pub async fn remove_segment(&self, id: SegmentId) -> Result<()> {
        todo!()
    }

    pub async fn footage_bytes(&self) -> Result<u64> {
        todo!()
    }

    #[must_use]
    pub fn segments_dir(&self) -> &Path {
        todo!()
    }

    #[must_use]
    pub fn segment_path(&self, camera: CameraId, id: SegmentId) -> PathBuf {
        todo!()
    }

    /// Room on the filesystem of the footage.
    pub fn space(&self) -> Result<Space> {
        todo!()
    }

    /// Whether the index was made anew at this start, so that footage files must be scanned into it.
    #[must_use]
    pub fn index_is_new(&self) -> bool {
        todo!()
    }
}
