//! How far footage reaches, written to the log each day.

use std::time::Duration;

use domain::{Result, StreamName};
use store::FootageHead;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::fleet::Shared;

/// How often it is looked whether a day has passed.
const LOOK: Duration = Duration::from_secs(60);

/// How often heads are written: who loses footage, or makes it anew, has a day in which nobody could tell.
const EVERY: Duration = Duration::from_secs(24 * 3600);

pub(super) async fn run(shared: Shared, cancel: CancellationToken) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once, when nothing was closed yet.
    look.tick().await;
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = look.tick() => {}
        }
        if let Err(error) = write(&shared).await {
            tracing::error!(%error, "how far footage reaches could not be written to the log");
        }
    }
}

async fn write(shared: &Shared) -> Result<()> {
    let last = shared.store.last_footage_head().await?;
    if last.is_some_and(|last| shared.clock.now().since(last) < EVERY) {
        return Ok(());
    }
    for camera in shared.store.cameras().await? {
        let Some(newest) = shared.store.newest_segment(camera.id, StreamName::Main).await? else { continue };
        let (count, _) = shared.store.footage_of(&[camera.id]).await?;
        let head = FootageHead { camera: camera.id, segment: newest.id, tail: newest.tail, count, bound: None };
        shared.store.add_footage_head(&head).await?;
    }
    Ok(())
}
