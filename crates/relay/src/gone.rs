//! Cameras that are gone: once the last of their footage is past its time, nothing of them is kept any more.

use std::io;
use std::time::Duration;

use domain::{CameraId, Result};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::fleet::Shared;

/// How often it is looked. Footage goes by the day.
const LOOK: Duration = Duration::from_secs(3600);

/// A camera that has just gone may have a file that is on its way to the disk, and a person who thinks again.
const LEAST: Duration = Duration::from_secs(24 * 3600);

/// Looks until `cancel`. For after a rebuild of the index, which knows of no footage before it has read the files.
pub(crate) async fn run(shared: Shared, cancel: CancellationToken) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = look.tick() => {}
        }
        if let Err(error) = forget_emptied(&shared).await {
            tracing::error!(%error, "what is left of cameras that are gone could not be removed");
        }
    }
}

/// Returns how many there were.
pub(crate) async fn forget_emptied(shared: &Shared) -> Result<usize> {
    let (now, mut forgotten) = (shared.clock.now(), 0);
    // A disk that is not there may hold the last of it.
    if !shared.storages.all().iter().all(|storage| storage.is_there()) {
        return Ok(0);
    }
    for row in shared.store.gone_cameras().await? {
        let long = row.gone.is_some_and(|gone| now.since(gone) >= LEAST);
        // Rows alone would not do: keys are destroyed here, and the index is what can be made anew.
        if !long || shared.store.footage_of(&[row.id]).await?.0 > 0 || has_files(shared, row.id).await? {
            continue;
        }
        if shared.store.forget_gone(row.id).await? {
            tracing::info!(camera = %row.id, "the last footage of a camera that is gone has left, and with it its name");
            forgotten += 1;
        }
    }
    Ok(forgotten)
}

async fn has_files(shared: &Shared, camera: CameraId) -> Result<bool> {
    for storage in shared.storages.all() {
        match tokio::fs::read_dir(storage.folder().join(camera.to_string())).await {
            Ok(mut files) => {
                if files.next_entry().await.map_err(domain::Error::internal)?.is_some() {
                    return Ok(true);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(domain::Error::internal(error)),
        }
    }
    Ok(false)
}

#[cfg(test)]
#[path = "gone_tests.rs"]
mod tests;
