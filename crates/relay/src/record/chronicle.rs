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
    let mut written: HashMap<CameraId, Written> = HashMap::new();
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
                    let durable = shared.pulses.get(camera).durable.map(|(_, until)| until);
                    shared.store.start_gap(camera, begin(before, durable, now), cause).await
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

/// What was written last of a camera, and when.
type Written = (Option<Cause>, Timestamp);

/// That nothing comes is noticed after a while: what is missing begins where the last record ends. But a time that has a cause
/// already keeps it.
fn begin(before: Option<Written>, durable: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let Some((None, since)) = before else { return now };
    durable.filter(|until| now.since(*until) <= NOTICED_MAX && *until < now).map_or(now, |until| until.max(since))
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

#[cfg(test)]
mod tests {
    use super::*;

    const fn t(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn what_is_missing_begins_at_the_last_record_and_takes_nothing_from_another_cause() {
        let recorded = Some((None, t(100)));
        assert_eq!(begin(recorded, Some(t(118)), t(120)), t(118));
        assert_eq!(begin(recorded, Some(t(90)), t(120)), t(100), "not before recording was written down");
        assert_eq!(begin(recorded, Some(t(10)), t(120)), t(120), "so long ago that it is not where this begins");
        assert_eq!(begin(recorded, None, t(120)), t(120));
        // Privacy from 100 to 120, and armed then: its time stays its own.
        assert_eq!(begin(Some((Some(Cause::Privacy), t(100))), Some(t(99)), t(120)), t(120));
        assert_eq!(begin(None, Some(t(118)), t(120)), t(120));
    }
}
