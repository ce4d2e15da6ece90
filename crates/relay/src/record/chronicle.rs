//! Writes down why a camera is not recorded, while it is not, so that a timeline can say so later.

use std::collections::HashMap;
use std::time::Duration;

use domain::{CameraId, Timestamp};
use media::record::Cause;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::fleet::Shared;
use crate::state::{CameraState, RecordingStatus, Status};

/// A camera or disk that fell silent is noticed within this time.
const NOTICED_MAX: Duration = Duration::from_secs(60);

/// Follows the cameras' states until `cancel`.
pub(crate) async fn chronicle(shared: Shared, cancel: CancellationToken) {
    let mut changes = shared.board.changes();
    // What was written last, and when.
    let mut written: HashMap<CameraId, (Option<Cause>, Timestamp)> = HashMap::new();
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
            let before = written.get(&camera).copied();
            if before.is_some_and(|(known, _)| known == cause) {
                continue;
            }
            let now = shared.clock.now();
            written.insert(camera, (cause, now));
            let outcome = match cause {
                Some(cause) => {
                    // Not before what is written already.
                    let begin = begin(&shared, camera, now).max(before.map_or(now, |(_, at)| at));
                    shared.store.start_gap(camera, begin, cause).await
                }
                None => shared.store.end_gap(camera, now).await,
            };
            if let Err(error) = outcome {
                tracing::error!(%camera, %error, "a gap could not be written down");
                written.remove(&camera);
            }
        }
    }
}

/// That nothing comes is noticed after a while: what is missing begins where the last record ends.
fn begin(shared: &Shared, camera: CameraId, now: Timestamp) -> Timestamp {
    let durable = shared.pulses.get(camera).durable.map(|(_, until)| until);
    durable.filter(|until| now.since(*until) <= NOTICED_MAX && *until < now).unwrap_or(now)
}

/// Why a camera is not recorded; `Some(None)` where it is, `None` where that is not known yet.
fn cause_of(state: &CameraState) -> Option<Option<Cause>> {
    match (state.recording, state.status) {
        (_, Status::Private) => Some(Some(Cause::Privacy)),
        (RecordingStatus::Off, _) => Some(Some(Cause::Off)),
        (_, Status::Offline) => Some(Some(Cause::Offline)),
        (RecordingStatus::Armed, _) => Some(Some(Cause::Quiet)),
        (RecordingStatus::Failed, _) if disk(state) => Some(Some(Cause::Disk)),
        (RecordingStatus::On, _) => Some(None),
        (RecordingStatus::Waiting | RecordingStatus::Failed, _) => None,
    }
}

/// Whether it is the disk that does not take its footage.
fn disk(state: &CameraState) -> bool {
    let code = state.recording_problem.as_ref().map(|problem| problem.code);
    code.is_some_and(|code| code.starts_with("storage.") || code == "recording.disk")
}
