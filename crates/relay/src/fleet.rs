//! Reconciles what runs with what the rows say: a pull for each stream, a recorder for each camera that keeps footage.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{AudioMode, CameraId, Clock, Error, HomeId, Kind, Result, StreamName, Timestamp};
use policy::act::{PullCamera, PullSound};
use policy::{Act, Ask, FactsSource, Permit, Principal, decide, point};
use store::{CameraAccess, CameraRow, Change, PrivacyRow, Store};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::backfill::{Backfill, Turns};
use crate::events::{Listener, unheard};
use crate::feed::Feed;
use crate::link::Links;
use crate::playback::Cache;
use crate::pull::{self, Demand, Ingest, Puller};
use crate::record::{self, Guide, OpenSegments, Orders, Pulses, Recorder, Storages};
use crate::state::{Board, Problem, RecordingStatus, Status};
use crate::witness::Witness;

/// A clock that was set is noticed this late, where some privacy ends by the clock.
const CLOCK_LOOK: Duration = Duration::from_secs(30);

/// What the tasks of all cameras share.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) facts: Arc<dyn FactsSource>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) board: Board,
    pub(crate) demand: Demand,
    pub(crate) storages: Storages,
    pub(crate) open: OpenSegments,
    pub(crate) opened: Cache,
    pub(crate) pulses: Pulses,
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
    /// By what it is recorded, which may change as it runs.
    guide: watch::Sender<Guide>,
    feeds: Feeds,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

/// The streams of a camera.
#[derive(Debug, Clone)]
pub(crate) struct Feeds {
    pub(crate) main: Arc<Feed>,
    pub(crate) sub: Option<Arc<Feed>>,
    /// Cancelled once nobody is to see the camera: views end.
    pub(crate) lease: CancellationToken,
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
                () = self.privacy_ends() => {
                    self.reconcile_all().await;
                    continue;
                }
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

    /// Resolves when the next privacy ends by itself, or the clock should be looked at again.
    async fn privacy_ends(&self) {
        let now = self.shared.clock.now();
        match self.shared.store.next_privacy_end(now).await {
            Ok(Some(end)) => tokio::time::sleep(end.since(now).min(CLOCK_LOOK)).await,
            Ok(None) => std::future::pending().await,
            Err(error) => {
                tracing::error!(%error, "when privacy ends cannot be read");
                tokio::time::sleep(CLOCK_LOOK).await;
            }
        }
    }

    async fn reconcile_all(&self) {
        let rows = match self.shared.store.cameras().await {
            Ok(rows) => rows,
            Err(error) => return tracing::error!(%error, "the cameras cannot be read"),
        };
        let wanted: HashSet<CameraId> = rows.iter().map(|row| row.id).collect();
        let ended: Vec<CameraId> = self.running().keys().copied().filter(|id| !wanted.contains(id)).collect();
        for id in ended {
            self.reconcile(id).await;
        }
        for row in rows {
            self.apply(row).await;
        }
    }

    async fn reconcile(&self, id: CameraId) {
        match self.shared.store.camera_or_gone(id).await {
            Ok(Some(row)) if row.gone.is_some() => self.let_go(id).await,
            Ok(Some(row)) => self.apply(row).await,
            Ok(None) => self.remove(id).await,
            Err(error) => tracing::error!(camera = %id, %error, "the camera cannot be read"),
        }
    }

    async fn apply(&self, row: CameraRow) {
        let id = row.id;
        let now = self.shared.clock.now();
        let (private, guide) = match self.orders(&row, now).await {
            Ok(orders) => orders,
            Err(error) => return tracing::error!(camera = %id, %error, "how the camera is recorded cannot be read"),
        };
        if let Some(private) = private {
            return self.hide(id, private).await;
        }
        let desired = match self.desired(&row).await {
            Ok(desired) => desired,
            Err(error) if error.kind() == Kind::Forbidden => return self.pause(id, &error).await,
            Err(error) => return tracing::error!(camera = %id, %error, "the camera cannot be started"),
        };
        let before = {
            let mut running = self.running();
            match running.get(&id) {
                Some(camera) if camera.desired == desired => {
                    camera.guide.send_if_modified(|known| std::mem::replace(known, guide.clone()) != guide);
                    return;
                }
                _ => running.remove(&id),
            }
        };
        // Viewers hold on to the feeds: a camera with a new password goes on in the same view.
        let feeds = before.as_ref().map(|camera| camera.feeds.clone());
        if let Some(camera) = before {
            stop(camera).await;
        }
        let camera = self.start(id, desired, guide, feeds);
        self.running().insert(id, camera);
    }

    /// Whether nobody is to see it now, and how it is recorded.
    async fn orders(&self, row: &CameraRow, now: Timestamp) -> Result<(Option<PrivacyRow>, Guide)> {
        let store = &self.shared.store;
        let guide = Guide { plan: store.plan(row.id).await?, zone: store.zone(row.home).await? };
        Ok((store.privacy(row.home, row.id, now).await?, guide))
    }

    /// Stops a camera that nobody is to see: it is not even connected. Its rows, keys and footage stay.
    async fn hide(&self, id: CameraId, private: PrivacyRow) {
        let camera = self.running().remove(&id);
        // Views first: what follows waits for the camera's farewell.
        if let Some(camera) = &camera {
            camera.feeds.lease.cancel();
        }
        self.shared.board.update(id, self.shared.clock.now(), |state| {
            (state.status, state.problem, state.private_until) = (Status::Private, None, private.until);
            (state.main, state.sub, state.still_at) = (None, None, None);
            (state.recording, state.recording_problem, state.events_problem) = (RecordingStatus::Off, None, None);
        });
        if let Some(camera) = camera {
            tracing::info!(camera = %id, "privacy is on: the camera is let go");
            stop(camera).await;
        }
        self.shared.pulses.want(id, false, self.shared.clock.mono());
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
        self.shared.pulses.want(id, false, self.shared.clock.mono());
        let now = self.shared.clock.now();
        self.shared.board.update(id, now, |state| {
            state.private_until = None;
            (state.status, state.problem) = (Status::Offline, Some(Problem::from(why)));
            (state.main, state.sub) = (None, None);
            (state.recording, state.recording_problem) = (RecordingStatus::Failed, Some(Problem::from(why)));
        });
    }

    fn start(&self, id: CameraId, desired: Desired, guide: Guide, before: Option<Feeds>) -> Running {
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        let new = || Feeds { main: Feed::new(), sub: None, lease: CancellationToken::new() };
        let Feeds { main, sub, lease } = before.unwrap_or_else(new);
        self.shared.board.update(id, self.shared.clock.now(), |state| {
            if state.status == Status::Private {
                (state.status, state.private_until) = (Status::Connecting, None);
            }
        });
        let (guide, guided) = watch::channel(guide);
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
            let events = unheard();
            let orders = Orders { audio: desired.audio, guide: guided.clone(), seen: events.subscribe() };
            let recorder = Recorder::new(self.shared.clone(), id, desired.home, orders, &main);
            tasks.spawn(recorder.run(cancel.clone()));
            tasks.spawn(Listener::new(self.shared.clone(), id, guided.clone(), events).run(cancel.clone()));
            tasks.spawn(Backfill::new(self.shared.clone(), id, desired.home, guided).run(cancel.clone()));
        } else {
            self.shared.pulses.want(id, false, self.shared.clock.mono());
            self.shared.board.update(id, now, |state| {
                (state.recording, state.recording_problem) = (RecordingStatus::Off, None);
            });
        }
        tasks.close();
        Running { desired, guide, feeds: Feeds { main, sub, lease }, cancel, tasks }
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
        self.let_go(id).await;
        if let Err(error) = record::erase(&self.shared, id).await {
            tracing::error!(camera = %id, %error, "footage of a removed camera could not be deleted; its keys are gone");
        }
    }

    /// Stops a camera that is gone. What was recorded stays; who watches it sees it end.
    async fn let_go(&self, id: CameraId) {
        let camera = self.running().remove(&id);
        if let Some(camera) = camera {
            // Views first, as the facts of a camera whose footage was kept still allow them: what follows waits for its farewell.
            camera.feeds.lease.cancel();
            stop(camera).await;
        }
        self.shared.pulses.remove(id);
        self.shared.board.remove(id);
        // Beside: a device that does not listen must hold up no other camera.
        let links = self.shared.links.clone();
        tokio::spawn(async move { links.release(id).await });
    }

    fn running(&self) -> MutexGuard<'_, HashMap<CameraId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn stop(camera: Running) {
    camera.cancel.cancel();
    camera.tasks.wait().await;
}
