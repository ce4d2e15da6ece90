//! What a camera kept while it could not be reached, fetched after it came back (docs/adr/0026-what-a-camera-kept-is-fetched.md).
//!
//! One task a camera, beside its recorder and never in its way: it asks for what the timeline lacks, finds by the pictures themselves
//! where that joins up with what was recorded, and files it as segments of its own.

mod around;
mod fetch;
mod missing;
mod reach;
mod seam;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use domain::{CameraId, HomeId, Result, TimeRange, Timestamp};
use policy::act::RecordCamera;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::sync::{Semaphore, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::missing::{Missing, Wanted};
use crate::fleet::Shared;
use crate::record::Guide;
use crate::state::{RecordingStatus, Status};

/// After a camera came back its newest pictures are waited for so long: they say where what it kept ends.
const SETTLE: Duration = Duration::from_secs(3);

/// When it is tried again where it failed, as long as the camera is there.
const RETRIES: [Duration; 3] = [Duration::from_secs(20), Duration::from_secs(120), Duration::from_secs(900)];

/// Cameras that are fetched from at a time: live footage has the way and the disk to itself for the most part.
const TURNS: usize = 2;

/// Times of which a camera kept nothing, remembered so that it is not asked again.
const NOT_KEPT_MAX: usize = 256;

/// Whose turn it is. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TURNS)))
    }
}

/// Fetches for one camera.
#[derive(Debug)]
pub(crate) struct Backfill {
    shared: Shared,
    camera: CameraId,
    home: HomeId,
    guide: watch::Receiver<Guide>,
    /// When it was last seen to have changed.
    guided: Option<Timestamp>,
    not_kept: VecDeque<TimeRange>,
}

/// The app says that it is being fetched, while this lives.
struct Told<'a>(&'a Backfill);

impl<'a> Told<'a> {
    fn new(backfill: &'a Backfill) -> Self {
        backfill.tell(true);
        Self(backfill)
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        self.0.tell(false);
    }
}

impl Backfill {
    pub(crate) fn new(shared: Shared, camera: CameraId, home: HomeId, guide: watch::Receiver<Guide>) -> Self {
        Self { shared, camera, home, guide, guided: None, not_kept: VecDeque::new() }
    }

    /// Follows the camera until `cancel`; what is under way then is filed as far as it came.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        let mut changes = self.shared.board.changes();
        let mut since = None;
        loop {
            since = tokio::select! {
                () = cancel.cancelled() => return,
                since = self.back(&mut changes, since) => since,
            };
            if since.is_none() {
                return;
            }
            for wait in std::iter::once(SETTLE).chain(RETRIES) {
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = sleep(wait) => {}
                }
                if self.online() != since {
                    break;
                }
                match self.catch_up(&cancel).await {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::info!(camera = %self.camera, code = error.code(), %error, "what the camera kept was not fetched");
                    }
                }
            }
        }
    }

    /// Since when the camera has been back, if that is another time than `before`; `None` where nobody tells any more.
    async fn back(&self, changes: &mut Receiver<CameraId>, before: Option<Timestamp>) -> Option<Timestamp> {
        loop {
            if let Some(since) = self.online().filter(|since| Some(*since) != before) {
                return Some(since);
            }
            loop {
                match changes.recv().await {
                    Ok(camera) if camera != self.camera => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return None,
                }
            }
        }
    }

    /// Since when its pictures come and are recorded.
    fn online(&self) -> Option<Timestamp> {
        let state = self.shared.board.get(self.camera, self.shared.clock.now());
        (state.status == Status::Online && state.recording == RecordingStatus::On).then_some(state.since)
    }

    /// Fetches all that is missing and the camera kept, the oldest first: it makes room first.
    async fn catch_up(&mut self, cancel: &CancellationToken) -> Result<()> {
        let wanted = self.wanted();
        let mut missing = missing::of(&self.shared, self.camera, self.home, &wanted).await?;
        missing.retain(|missing| !self.not_kept.contains(&missing.range));
        if missing.is_empty() {
            return Ok(());
        }
        let turn = tokio::select! {
            () = cancel.cancelled() => return Ok(()),
            turn = Arc::clone(&self.shared.turns.0).acquire_owned() => turn,
        };
        let Some(way) = reach::find(&self.shared, self.camera).await? else {
            // It keeps nothing, or says so.
            missing.into_iter().for_each(|missing| self.give_up(missing.range));
            return Ok(());
        };
        let mut outcome = Ok(());
        {
            let mut given_up = Vec::new();
            let told = Told::new(self);
            for missing in missing {
                if cancel.is_cancelled() {
                    break;
                }
                match self.fill(&way, &missing, cancel).await {
                    Ok(fetched) => {
                        tracing::info!(camera = %self.camera, missing = ?missing.range, fetched, "pictures that the camera kept");
                        given_up.push(missing.range);
                    }
                    Err(error) if error.code() == "replay.not_kept" => given_up.push(missing.range),
                    Err(error) => {
                        outcome = Err(error);
                        break;
                    }
                }
            }
            drop(told);
            given_up.into_iter().for_each(|range| self.give_up(range));
        }
        drop(turn);
        outcome
    }

    /// By what the camera is recorded. What it was recorded by before is not known any more.
    fn wanted(&mut self) -> Wanted {
        if self.guide.has_changed().unwrap_or(false) {
            self.guided = Some(self.shared.clock.now());
        }
        Wanted { guide: self.guide.borrow_and_update().clone(), since: self.guided }
    }

    /// Fetches one missing time; how many pictures that were.
    async fn fill(&self, way: &reach::Way, missing: &Missing, cancel: &CancellationToken) -> Result<u64> {
        let permit = self.shared.permit::<RecordCamera>(self.camera).await?;
        let around = around::of(&self.shared, &permit, missing).await?;
        fetch::fetch(self, way, around, missing.range, cancel).await
    }

    /// What was fetched is no longer missing; what is missing still was not kept.
    fn give_up(&mut self, range: TimeRange) {
        if self.not_kept.len() == NOT_KEPT_MAX {
            self.not_kept.pop_front();
        }
        self.not_kept.push_back(range);
    }

    fn tell(&self, fetching: bool) {
        self.shared.board.update(self.camera, self.shared.clock.now(), |state| state.fetching = fetching);
    }
}
