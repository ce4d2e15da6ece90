//! Writes down why a camera is not recorded, while it is not, so that a timeline can say so later.

use std::collections::HashMap;

use domain::CameraId;
use media::record::Cause;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::fleet::Shared;
use crate::state::{CameraState, RecordingStatus, Status};

/// Follows the cameras' states until `cancel`.
pub(crate) async fn chronicle(shared: Shared, cancel: CancellationToken) {
    let mut changes = shared.board.changes();
    let mut written: HashMap<CameraId, Option<Cause>> = HashMap::new();
    loop {
        let moved = tokio::select! {
            () = cancel.cancelled() => return,
            moved = changes.recv() => moved,
        };
        let cameras = match moved {
            Ok(camera) => vec![camera],
            // Missed some: all that are known are looked at.
            Err(RecvError::Lagged(_)) => written.keys().copied().collect(),
            Err(RecvError::Closed) => return,
        };
        for camera in cameras {
            let Some(cause) = cause_of(&shared.board.get(camera, shared.clock.now())) else { continue };
            if written.insert(camera, cause) == Some(cause) {
                continue;
            }
            let now = shared.clock.now();
            let outcome = match cause {
                Some(cause) => shared.store.start_gap(camera, now, cause).await,
                None => shared.store.end_gap(camera, now).await,
            };
            if let Err(error) = outcome {
                tracing::error!(%camera, %error, "a gap could not be written down");
                written.remove(&camera);
            }
        }
    }
}

/// Why a camera is not recorded; `Some(None)` where it is, `None` where that is not known yet.
fn cause_of(state: &CameraState) -> Option<Option<Cause>> {
    match (state.recording, state.status) {
        (RecordingStatus::Off, _) => Some(Some(Cause::Off)),
        (_, Status::Offline) => Some(Some(Cause::Offline)),
        (RecordingStatus::On, _) => Some(None),
        (RecordingStatus::Failed, _) if on_a_storage(state) => Some(Some(Cause::Disk)),
        (RecordingStatus::Waiting | RecordingStatus::Failed, _) => None,
    }
}

/// Whether footage waits for a storage. What is kept in memory meanwhile is no gap in the end: what was recorded counts.
fn on_a_storage(state: &CameraState) -> bool {
    state.recording_problem.as_ref().is_some_and(|problem| problem.code.starts_with("storage."))
}
