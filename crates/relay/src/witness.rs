//! Who watched what, from when to when: noted when a view ends, so that the owners of a home can see it (C-7.7).

use std::sync::Arc;

use domain::{CameraId, Clock, HomeId, StreamKeyId, SubjectId, Timestamp};
use policy::{Act, Permit, Principal};
use store::{How, Store, ViewDraft};
use tokio::sync::{mpsc, oneshot};

/// Views that ended and wait for the disk. A thousand at once is every viewer of a large house hanging up together.
const QUEUE_MAX: usize = 1024;

/// Notes views. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Witness {
    queue: mpsc::Sender<Message>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
enum Message {
    Ended(ViewDraft),
    Flush(oneshot::Sender<()>),
}

impl Witness {
    /// Starts the task that writes. It ends once the last view and the last witness are gone.
    pub(crate) fn start(store: Store, clock: Arc<dyn Clock>) -> Self {
        let (queue, mut messages) = mpsc::channel(QUEUE_MAX);
        tokio::spawn(async move {
            while let Some(message) = messages.recv().await {
                match message {
                    Message::Ended(view) => {
                        let camera = view.camera;
                        if let Err(error) = store.add_view(view).await {
                            tracing::error!(%camera, %error, "a view could not be noted");
                        }
                    }
                    Message::Flush(done) => drop(done.send(())),
                }
            }
        });
        Self { queue, clock }
    }

    /// Returns once every view that ended before is written, or was tried.
    pub(crate) async fn flush(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Message::Flush(done)).await.is_ok() {
            let _ = wait.await;
        }
    }

    /// A visit that begins now; nothing for the server's own acts.
    pub(crate) fn visit<A: Act<Object = CameraId>>(&self, permit: &Permit<A>, how: How) -> Option<Visit> {
        let (subject, home) = (permit.subject()?, permit.home()?);
        let key = match permit.principal() {
            Principal::StreamKey(key) => Some(key),
            Principal::Nobody | Principal::Session(_) | Principal::System => None,
        };
        Some(Visit { subject, home, camera: permit.object(), how, key, from: self.clock.now(), witness: self.clone() })
    }
}

/// Somebody is watching. Noted when it is dropped.
#[derive(Debug)]
pub(crate) struct Visit {
    subject: SubjectId,
    home: HomeId,
    camera: CameraId,
    how: How,
    key: Option<StreamKeyId>,
    from: Timestamp,
    witness: Witness,
}

impl Drop for Visit {
    fn drop(&mut self) {
        let Self { subject, home, camera, how, key, from, .. } = *self;
        let view = ViewDraft { subject, home, camera, how, key, from, to: self.witness.clock.now().max(from) };
        if self.witness.queue.try_send(Message::Ended(view)).is_err() {
            tracing::error!(%camera, "a view could not be noted: too many ended at once");
        }
    }
}
