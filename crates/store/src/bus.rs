//! What changed, told to every room of this process. Scaled out, a broker takes its place.

use domain::CameraId;
use tokio::sync::{broadcast, watch};

/// Changes that a slow receiver may be behind. One that falls further learns that it lagged, and reads everything again.
const BACKLOG_MAX: usize = 1024;

/// A change that was committed before it was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A camera was added, edited or removed: read it again.
    Camera(CameraId),
    /// Sessions, members or agreements moved: ask again.
    Facts,
}

/// Publishes changes within the process.
#[derive(Debug)]
pub struct Bus {
    changes: broadcast::Sender<Change>,
    revision: watch::Sender<u64>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        Self { changes: broadcast::Sender::new(BACKLOG_MAX), revision: watch::Sender::new(1) }
    }

    /// Tells everyone. The revision moves first: whoever hears of the change and asks for facts gets new ones.
    pub fn publish(&self, change: Change) {
        self.revision.send_modify(|revision| *revision += 1);
        // An error says that nobody listens, which is nobody's loss.
        let _ = self.changes.send(change);
    }

    /// Every change from now on. `RecvError::Lagged` means: read everything again.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// A number that moves with every change; facts are as old as the revision they were read at.
    #[must_use]
    pub fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }
}
