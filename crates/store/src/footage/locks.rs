//! Which footage may not be deleted, whatever the quotas say.

use domain::{CameraId, Result, TimeRange, Timestamp};

use crate::Store;

impl Store {
    /// The locked times of a camera at a moment, in any order.
    #[allow(clippy::unused_async, reason = "the locks are rows")]
    pub async fn locked(&self, _camera: CameraId, _at: Timestamp) -> Result<Vec<TimeRange>> {
        Ok(Vec::new())
    }
}
