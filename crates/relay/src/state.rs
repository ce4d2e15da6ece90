//! How cameras are, as people see it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CameraId, StreamName, Timestamp};
use serde::Serialize;
use tokio::sync::broadcast;

/// State changes kept for a slow listener; one that falls behind reads all states again.
const CHANGES_MAX: usize = 256;

/// How a camera is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CameraState {
    /// Whether its picture arrives.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// Why not, where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// The full picture's stream, once seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main: Option<StreamState>,
    /// The small picture's stream, once seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<StreamState>,
    /// Whether footage is kept.
    pub recording: RecordingStatus,
    /// Why not, where it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording_problem: Option<Problem>,
    /// Why its events cannot be heard, where its plan needs them: until they can, everything is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_problem: Option<Problem>,
    /// When privacy ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_until: Option<Timestamp>,
    /// What the camera kept while it could not be reached is being fetched.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fetching: bool,
    /// When the newest key picture was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub still_at: Option<Timestamp>,
}

/// Whether a camera's picture arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not yet known.
    Connecting,
    /// Pictures arrive.
    Online,
    /// They do not; `problem` says why.
    Offline,
    /// Nobody is to see it: it is not even connected.
    Private,
}

/// Whether a camera's footage is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingStatus {
    /// Footage is being written.
    On,
    /// The owner turned it off.
    Off,
    /// Wanted, and waiting for pictures.
    Waiting,
    /// Wanted around events, and none happens.
    Armed,
    /// Wanted, and cannot be written; `recording_problem` says why.
    Failed,
}

/// What is wrong, as the app has words for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// A sentence for people who look closer.
    pub detail: String,
}

impl From<&domain::Error> for Problem {
    fn from(error: &domain::Error) -> Self {
        Self { code: error.code(), detail: error.detail().to_owned() }
    }
}

/// What one stream carries, measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StreamState {
    /// `h264` or `h265`.
    pub codec: &'static str,
    /// Pixels.
    pub width: u16,
    /// Pixels.
    pub height: u16,
    /// Pictures a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f32>,
    /// Bits a second, all tracks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bitrate_bps: Option<u64>,
    /// Seconds between the last two key pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gop_s: Option<f32>,
    /// `aac`, `pcmu` or `pcma`, where sound is on and understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<&'static str>,
    /// Packets lost on the way from the camera, in percent of the last window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_percent: Option<f32>,
    /// The running GOP outgrew the ring, so that new viewers wait for a key picture.
    pub long_gop: bool,
    /// By which way a browser may play the picture.
    pub playable: Playable,
    /// By which way the sound is heard: `webrtc`, `mse`, `both` or `none`.
    pub audio_in: &'static str,
}

/// By which way a browser may play a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Playable {
    /// By WebRTC.
    pub webrtc: bool,
    /// By Media Source Extensions, where the browser has the decoder.
    pub mse: bool,
}

/// The board on which pulls and recorders write how their camera is.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    states: Arc<Mutex<HashMap<CameraId, CameraState>>>,
    changes: broadcast::Sender<CameraId>,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self { states: Arc::default(), changes: broadcast::Sender::new(CHANGES_MAX) }
    }

    /// How a camera is; one that nobody has written about is connecting since `now`.
    #[must_use]
    pub(crate) fn get(&self, id: CameraId, now: Timestamp) -> CameraState {
        self.states().get(&id).cloned().unwrap_or_else(|| CameraState::connecting(now))
    }

    /// Tells of each camera whose state moved.
    #[must_use]
    pub(crate) fn changes(&self) -> broadcast::Receiver<CameraId> {
        self.changes.subscribe()
    }

    /// Changes a camera's state and tells the listeners if it is another one afterwards.
    pub(crate) fn update(&self, id: CameraId, now: Timestamp, change: impl FnOnce(&mut CameraState)) {
        let moved = {
            let mut states = self.states();
            let state = states.entry(id).or_insert_with(|| CameraState::connecting(now));
            let before = state.clone();
            change(state);
            if state.status != before.status {
                state.since = now;
            }
            *state != before
        };
        if moved {
            // Nobody listening is fine.
            let _ = self.changes.send(id);
        }
    }

    /// Writes what is known of one stream.
    pub(crate) fn stream(&self, id: CameraId, name: StreamName, now: Timestamp, stream: Option<StreamState>) {
        self.update(id, now, |state| match name {
            StreamName::Main => state.main = stream,
            StreamName::Sub => state.sub = stream,
        });
    }

    pub(crate) fn remove(&self, id: CameraId) {
        self.states().remove(&id);
    }

    fn states(&self) -> MutexGuard<'_, HashMap<CameraId, CameraState>> {
        // Closures given to `update` assign fields; one that panicked left a state that the next one overwrites.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CameraState {
    fn connecting(since: Timestamp) -> Self {
        Self {
            status: Status::Connecting,
            since,
            problem: None,
            main: None,
            sub: None,
            recording: RecordingStatus::Waiting,
            recording_problem: None,
            events_problem: None,
            private_until: None,
            fetching: false,
            still_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_hear_of_changes_and_of_nothing_else() {
        let (board, id, t) = (Board::new(), CameraId::random(), Timestamp::from_micros);
        let mut changes = board.changes();
        board.update(id, t(1), |s| s.status = Status::Online);
        assert_eq!(changes.try_recv(), Ok(id));
        board.update(id, t(2), |s| s.status = Status::Online);
        assert!(changes.try_recv().is_err());
        assert_eq!(board.get(id, t(3)).since, t(1));
    }
}
