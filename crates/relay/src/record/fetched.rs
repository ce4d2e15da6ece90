//! What a camera kept and was fetched afterwards, as segments of its own: never in a file that is written live.

use domain::{CameraId, Error, HomeId, Kind, Result};
use media::au::AccessUnit;
use media::record::Fragmenter;

use super::writing::Writing;
use crate::fleet::Shared;

/// Bytes that may wait for the disk. More is not fetched before some of it is durable.
const PENDING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Takes fetched pictures in order.
#[derive(Debug)]
pub(crate) struct Fetched {
    fragmenter: Fragmenter,
    writing: Writing,
    pictures: u64,
}

impl Fetched {
    /// What comes first goes on from what was recorded, and need not be a key picture.
    pub(crate) fn new(shared: Shared, camera: CameraId, home: HomeId) -> Self {
        Self { fragmenter: Fragmenter::joining(), writing: Writing::afterwards(shared, camera, home), pictures: 0 }
    }

    /// Seals and writes.
    ///
    /// # Errors
    /// `storage.failed` where no disk takes it.
    pub(crate) async fn take(&mut self, units: &mut Vec<AccessUnit>) -> Result<()> {
        for unit in units.drain(..) {
            self.pictures += 1;
            if let Some(fragment) = self.fragmenter.push(&unit) {
                self.writing.write(fragment).await;
            }
        }
        self.writing.look().await;
        while self.writing.bytes() > PENDING_BYTES_MAX {
            if !self.writing.hear().await {
                return Err(refused());
            }
            self.writing.look().await;
        }
        Ok(())
    }

    /// Puts what there is into the index; how many pictures came.
    ///
    /// # Errors
    /// `storage.failed` where no disk took the last of it.
    pub(crate) async fn finish(mut self) -> Result<u64> {
        if let Some(fragment) = self.fragmenter.flush() {
            self.writing.write(fragment).await;
        }
        self.writing.finish().await;
        if self.writing.bytes() > 0 { Err(refused()) } else { Ok(self.pictures) }
    }
}

fn refused() -> Error {
    Error::new(Kind::Unavailable, "storage.failed", "the disk does not take what was fetched")
}
