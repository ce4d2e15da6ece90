//! Moving a camera: a move goes on only while its browser asks for it again and again, and the server sends the stop.

use std::sync::Arc;
use std::time::Duration;

use cameras::onvif::wire::ptz::Vector;
use domain::{CameraId, Result};
use policy::Permit;
use policy::act::MoveCamera;
use tokio::sync::watch as cell;
use tokio::time::{Instant, sleep_until};

use crate::Relay;
use crate::controls::Reached;
use crate::watch::Watch;

/// A move that was not asked for again in that time ends. The app asks every 100 ms.
const LEASE: Duration = Duration::from_millis(250);

/// The camera itself ends a move that it is not told again: where this server ends without a word.
const CAMERA_TIME: Duration = Duration::from_secs(1);

/// How often the camera is told again.
const TOLD_INTERVAL: Duration = Duration::from_millis(400);

/// What a person wants; each part from -1 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wish {
    /// To the right.
    pub pan: f32,
    /// Up.
    pub tilt: f32,
    /// Nearer.
    pub zoom: f32,
}

impl Wish {
    fn vector(self) -> Vector {
        Vector { pan: self.pan, tilt: self.tilt, zoom: self.zoom }.clamped(-1.0)
    }

    fn moves(self) -> bool {
        self != Self::default()
    }
}

/// A person's hand on a camera. Dropped, it lets go: the camera is told to stop.
#[derive(Debug)]
pub struct Steering {
    wishes: cell::Sender<(Wish, Instant)>,
    ended: tokio::task::JoinHandle<()>,
}

impl Steering {
    /// Moves so, or goes on; all zero stops. It holds for a quarter of a second.
    pub fn wish(&self, wish: Wish) {
        self.wishes.send_replace((wish, Instant::now()));
    }

    /// Resolves when the camera is not moved any more: it does not answer, or the person may not move it.
    pub async fn ended(&mut self) {
        let _ = (&mut self.ended).await;
    }
}

impl Relay {
    /// Takes hold of the permit's camera. Nothing moves until [`Steering::wish`].
    ///
    /// # Errors
    /// `camera.unsupported` where it cannot be moved, and what it answers where it does not answer well.
    pub async fn steer(&self, permit: Permit<MoveCamera>) -> Result<Steering> {
        let (camera, profile) = self.movable(&permit).await?;
        let id = permit.object();
        let revision = self.shared.store.bus().revision();
        let watch = Watch::new(permit, Arc::clone(&self.shared.facts), Arc::clone(&self.shared.clock), revision);
        let (wishes, wanted) = cell::channel((Wish::default(), Instant::now()));
        let ended = self.tasks.spawn(hold(id, camera, profile, watch, wanted, self.cancel.clone()));
        Ok(Steering { wishes, ended })
    }
}

async fn hold(
    id: CameraId,
    camera: Reached,
    profile: String,
    mut watch: Watch<MoveCamera>,
    mut wanted: cell::Receiver<(Wish, Instant)>,
    cancel: tokio_util::sync::CancellationToken,
) {
    // What the camera was told last, and when.
    let mut told: Option<(Wish, Instant)> = None;
    loop {
        let until = wanted.borrow().1 + LEASE;
        let let_go = tokio::select! {
            () = cancel.cancelled() => true,
            () = watch.ended() => true,
            () = sleep_until(until), if told.is_some() => false,
            changed = wanted.changed() => changed.is_err(),
        };
        let (wish, at) = *wanted.borrow_and_update();
        let wish = if let_go || at.elapsed() >= LEASE { Wish::default() } else { wish };
        let done = match told {
            Some(_) if !wish.moves() => {
                told = None;
                camera.stop(&profile).await
            }
            Some((last, since)) if last == wish && since.elapsed() < TOLD_INTERVAL => Ok(()),
            None if !wish.moves() => Ok(()),
            _ => {
                told = Some((wish, Instant::now()));
                camera.move_on(&profile, wish.vector(), CAMERA_TIME).await
            }
        };
        if let Err(error) = done {
            tracing::debug!(camera = %id, %error, "a camera was not moved");
            // Whether it heard is not known: it is told to stop, and stops by itself within a second where it does not hear.
            let _ = camera.stop(&profile).await;
            return;
        }
        if let_go {
            return;
        }
    }
}
