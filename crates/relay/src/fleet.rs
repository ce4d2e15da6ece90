//! Reconciles what runs with what the rows say: a pull for each stream, a recorder for each camera that keeps footage.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{AudioMode, CameraId, Clock, Error, HomeId, Kind, Result, StreamName};
use policy::act::{PullCamera, PullSound};
use policy::{Act, Ask, FactsSource, Permit, Principal, decide, point};
use store::{CameraAccess, CameraRow, Change, Store};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backfill::{Backfill, Turns};
use crate::feed::Feed;
use crate::link::Links;
use crate::playback::Cache;
use crate::pull::{self, Demand, Ingest, Puller};
use crate::record::{self, Disk, OpenSegments, Recorder};
use crate::state::{Board, Problem, RecordingStatus, Status};
use crate::witness::Witness;

/// What the tasks of all cameras share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) facts: Arc<dyn FactsSource>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) board: Board,
    pub(crate) demand: Demand,
    pub(crate) disk: Disk,
    pub(crate) open: OpenSegments,
    pub(crate) opened: Cache,
    pub(crate) witness: Witness,
    pub(crate) links: Links,
    pub(crate) turns: Turns,
}

impl Shared {
    /// Asks the gate as the server itself.
    pub(crate) async fn permit<A: Act<Object = CameraId>>(&self, camera: CameraId) -> Result<Permit<A>> {
        let ask = Ask::<A> { principal: Principal::System, object: camera, at: self.clock.now() };
        let facts = self.facts.facts(ask.principal, camera.into()).await?;
        Ok(decide(&ask, &facts)?)
    }
}

/// What a camera's tasks were started with; they are restarted when it differs, and only then.
#[derive(Clone, PartialEq)]
struct Desired {
    home: HomeId,
    access: CameraAccess,
    audio: AudioMode,
    recording: bool,
}

/// A camera that runs.
struct Running {
    desired: Desired,
    feeds: Feeds,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

/// The streams of a camera.
#[derive(Debug, Clone)]
pub(crate) struct Feeds {
    pub(crate) main: Arc<Feed>,
    pub(crate) sub: Option<Arc<Feed>>,
}

/// All cameras that run. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Fleet {
    shared: Shared,
    ingest: Ingest,
    running: Arc<Mutex<HashMap<CameraId, Running>>>,
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fleet").field("cameras", &self.running().len()).finish_non_exhaustive()
    }
}

impl Fleet {
    pub(crate) fn new(shared: Shared, ingest: Ingest) -> Self {
        Self { shared, ingest, running: Arc::default() }
    }

    /// The streams of a camera that runs.
    pub(crate) fn feeds(&self, id: CameraId) -> Option<Feeds> {
        self.running().get(&id).map(|camera| camera.feeds.clone())
    }

    /// Follows the rows until `cancel`, then stops every camera and waits for its last fragment.
    pub(crate) async fn run(self, cancel: CancellationToken) {
        let mut changes = self.shared.store.bus().subscribe();
        self.reconcile_all().await;
        loop {
            let change = tokio::select! {
                () = cancel.cancelled() => break,
                change = changes.recv() => change,
            };
            match change {
                Ok(Change::Camera(id)) => self.reconcile(id).await,
                // An owner's agreement or consent may have come or gone. Or some were missed: what the rows say is all that counts.
                Ok(Change::Facts) if !point::WATCH_CUT.holds() => {}
                Ok(Change::Facts) | Err(RecvError::Lagged(_)) => self.reconcile_all().await,
                Err(RecvError::Closed) => break,
            }
        }
        let all: Vec<_> = self.running().drain().collect();
        futures::future::join_all(all.into_iter().map(|(_, camera)| stop(camera))).await;
    }

    async fn reconcile_all(&self) {
        let rows = match self.shared.store.cameras().await {
            Ok(rows) => rows,
            Err(error) => return tracing::error!(%error, "the cameras cannot be read"),
        };
        let wanted: HashSet<CameraId> = rows.iter().map(|row| row.id).collect();
        let gone: Vec<CameraId> = self.running().keys().copied().filter(|id| !wanted.contains(id)).collect();
        for id in gone {
            self.remove(id).await;
        }
        for row in rows {
            self.apply(row).await;
        }
    }

    async fn reconcile(&self, id: CameraId) {
        match self.shared.store.camera(id).await {
            Ok(Some(row)) => self.apply(row).await,
            Ok(None) => self.remove(id).await,
            Err(error) => tracing::error!(camera = %id, %error, "the camera cannot be read"),
        }
    }

    async fn apply(&self, row: CameraRow) {
        let id = row.id;
        let desired = match self.desired(&row).await {
            Ok(desired) => desired,
            Err(error) if error.kind() == Kind::Forbidden => return self.pause(id, &error).await,
            Err(error) => return tracing::error!(camera = %id, %error, "the camera cannot be started"),
        };
        let before = {
            let mut running = self.running();
            match running.get(&id) {
                Some(camera) if camera.desired == desired => return,
                _ => running.remove(&id),
            }
        };
        // Viewers hold on to the feeds: a camera with a new password goes on in the same view.
        let feeds = before.as_ref().map(|camera| camera.feeds.clone());
        if let Some(camera) = before {
            stop(camera).await;
        }
        let camera = self.start(id, desired, feeds);
        self.running().insert(id, camera);
    }

    async fn desired(&self, row: &CameraRow) -> Result<Desired> {
        let permit = self.shared.permit::<PullCamera>(row.id).await?;
        let access = self.shared.store.open_access(&permit, row).await?;
        // A new name is no reason to connect again.
        let access = CameraAccess { name: String::new(), ..access };
        // Sound takes an owner's consent of its own (C-7.3).
        let audio = match row.audio {
            AudioMode::Off => AudioMode::Off,
            wanted => self.shared.permit::<PullSound>(row.id).await.map_or(AudioMode::Off, |_| wanted),
        };
        Ok(Desired { home: row.home, access, audio, recording: row.recording })
    }

    /// Stops a camera that may not run now. Its rows, keys and footage stay.
    async fn pause(&self, id: CameraId, why: &Error) {
        let camera = self.running().remove(&id);
        if let Some(camera) = camera {
            tracing::info!(camera = %id, code = why.code(), "the camera is paused");
            stop(camera).await;
        }
        let now = self.shared.clock.now();
        self.shared.board.update(id, now, |state| {
            (state.status, state.problem) = (Status::Offline, Some(Problem::from(why)));
            (state.main, state.sub) = (None, None);
            (state.recording, state.recording_problem) = (RecordingStatus::Failed, Some(Problem::from(why)));
        });
    }

    fn start(&self, id: CameraId, desired: Desired, before: Option<Feeds>) -> Running {
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (main, sub) = before.map_or_else(|| (Feed::new(), None), |feeds| (feeds.main, feeds.sub));
        let pull = |stream, url: &str, feed: &Arc<Feed>| {
            let pull = self.pull(id, &desired, stream, url, feed).run(cancel.clone());
            tasks.spawn_on(pull, self.ingest.handle());
        };
        pull(StreamName::Main, &desired.access.main_url, &main);
        let sub = desired.access.sub_url.as_ref().map(|url| {
            let feed = sub.unwrap_or_else(Feed::new);
            pull(StreamName::Sub, url, &feed);
            feed
        });
        let now = self.shared.clock.now();
        if desired.recording {
            self.shared.board.update(id, now, |state| state.recording = RecordingStatus::Waiting);
            let recorder = Recorder::new(self.shared.clone(), id, desired.home, desired.audio, &main);
            tasks.spawn(recorder.run(cancel.clone()));
            tasks.spawn(Backfill::new(self.shared.clone(), id, desired.home).run(cancel.clone()));
        } else {
            self.shared.board.update(id, now, |state| state.recording = RecordingStatus::Off);
        }
        tasks.close();
        Running { desired, feeds: Feeds { main, sub }, cancel, tasks }
    }

    fn pull(&self, id: CameraId, desired: &Desired, stream: StreamName, url: &str, feed: &Arc<Feed>) -> Puller {
        let config = pull::Config {
            camera: id,
            stream,
            url: url.to_owned(),
            username: desired.access.username.clone(),
            password: desired.access.password.clone().map(Into::into),
            audio: desired.audio != AudioMode::Off,
        };
        Puller::new(
            config,
            Arc::clone(feed),
            self.shared.board.clone(),
            self.shared.demand.clone(),
            self.shared.links.clone(),
            Arc::clone(&self.shared.clock),
        )
    }

    /// Stops a camera that is gone and deletes its files. Its keys are destroyed already, so what could not be deleted
    /// stays unreadable.
    async fn remove(&self, id: CameraId) {
        let camera = self.running().remove(&id);
        if let Some(camera) = camera {
            stop(camera).await;
        }
        self.shared.board.remove(id);
        // Beside: a device that does not listen must hold up no other camera.
        let links = self.shared.links.clone();
        tokio::spawn(async move { links.release(id).await });
        if let Err(error) = record::erase(&self.shared, id).await {
            tracing::error!(camera = %id, %error, "footage of a removed camera could not be deleted; its keys are gone");
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<CameraId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn stop(camera: Running) {
    camera.cancel.cancel();
    camera.tasks.wait().await;
}
