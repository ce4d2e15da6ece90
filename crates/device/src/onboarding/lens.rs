use media::still::{self, Luma, StillError};
use tokio::sync::watch;

use crate::stream::KeyPicture;

/// What a camera sees, a key picture at a time. The camera hands pictures out while there is one of these, and nobody waits.
#[derive(Debug)]
pub struct Lens(watch::Receiver<Option<KeyPicture>>);

impl Lens {
    pub(crate) fn new(seen: &watch::Sender<Option<KeyPicture>>) -> Self {
        Self(seen.subscribe())
    }

    /// Waits for the next key picture and decodes it; `None` where the camera has stopped.
    pub async fn next(&mut self) -> Option<Result<Luma, StillError>> {
        self.0.changed().await.ok()?;
        let picture = self.0.borrow_and_update().clone()?;
        let decoding = tokio::task::spawn_blocking(move || still::luma(&picture.format.video, &picture.data));
        decoding.await.ok()
    }
}
