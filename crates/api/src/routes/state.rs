use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::{CameraId, Kind, SessionId};
use futures::Stream;
use policy::Principal;
use policy::act::ListCameras;
use relay::Presence;
use serde::Serialize;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};
use utoipa::ToSchema;

use crate::auth::{self, Caller};
use crate::happenings::{Happening, Numbered, Since};
use crate::problem::Result;
use crate::shape::CameraState;
use crate::state::ApiState;

/// A comment this often keeps proxies from closing the connection, and finds out when nobody is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How soon a browser comes back after the connection broke.
const RETRY: Duration = Duration::from_secs(1);

/// How often the app is told to look at the storage again, which grows all the time.
const STORAGE_INTERVAL: Duration = Duration::from_secs(60);

/// Every so many of those intervals we ask again what the session may see, because sessions also end by time alone.
const RECHECK_INTERVALS: u32 = 60;

/// `camera`: how a camera is now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraEvent {
    #[schema(value_type = Uuid)]
    id: CameraId,
    state: CameraState,
}

/// `camera_added`, `camera_changed`, `camera_removed`: which one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraRef {
    #[schema(value_type = Uuid)]
    id: CameraId,
}

/// `cameras`: all that one may see; what is not among them is gone. A `camera` event for each follows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraRefs {
    #[schema(value_type = Vec<Uuid>)]
    ids: BTreeSet<CameraId>,
}

/// What happens, as server-sent events, one stream a browser: `cameras` and a `camera` each at first, then `camera`,
/// `camera_added`, `camera_changed`, `camera_removed`, `storage`, and at last `session_ended`. With a `Last-Event-ID` that is not
/// too old only what happened since.
#[utoipa::path(
    get, path = "/state", operation_id = "followState", tag = "state",
    params(("Last-Event-ID" = Option<String>, Header, description = "Where one was")),
    responses((status = 200, content_type = "text/event-stream", body = CameraEvent))
)]
pub(crate) async fn follow(
    State(api): State<ApiState>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let follower = Follower::start(api, caller.session, last).await?;
    let events = futures::stream::unfold(follower, async |mut follower| Some((Ok(follower.next().await?), follower)));
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// One browser's stream. Whatever happens is held against what the session may see at that moment.
struct Follower {
    api: ApiState,
    session: SessionId,
    /// While somebody follows, somebody is there.
    _presence: Presence,
    next: broadcast::Receiver<Numbered>,
    visible: BTreeSet<CameraId>,
    /// Bounded by what one happening can cause: an event for each camera of the server.
    queue: VecDeque<Event>,
    storage: Interval,
    /// Moves when a disk fails or is well again.
    disks: watch::Receiver<u64>,
    intervals: u32,
    ended: bool,
}

impl Follower {
    async fn start(api: ApiState, session: SessionId, at: Option<u64>) -> Result<Self> {
        // Listening comes first: what happens from here on comes by itself.
        let Since { missed, last, next } = api.happenings.since(at);
        let visible = look(&api, session).await?;
        let mut storage = interval(STORAGE_INTERVAL);
        storage.set_missed_tick_behavior(MissedTickBehavior::Delay);
        storage.reset();
        let queue = VecDeque::from([Event::default().retry(RETRY)]);
        let _presence = api.relay.presence();
        let disks = api.relay.storage_changes();
        let mut follower = Self { api, session, _presence, next, visible, queue, storage, disks, intervals: 0, ended: false };
        match missed.as_deref().and_then(states) {
            Some(moved) => follower.tell_states(&moved),
            // Which cameras came and went cannot be told to somebody who may not have seen them.
            None => follower.tell_everything(),
        }
        follower.number(last);
        Ok(follower)
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Some(event);
            }
            if self.ended {
                return None;
            }
            tokio::select! {
                () = self.api.stop.cancelled() => return None,
                _ = self.storage.tick() => {
                    self.tell("storage", &serde_json::Map::new());
                    self.intervals += 1;
                    if self.intervals.is_multiple_of(RECHECK_INTERVALS) {
                        self.look_again(None).await;
                    }
                }
                Ok(()) = self.disks.changed() => self.tell("storage", &serde_json::Map::new()),
                happening = self.next.recv() => match happening {
                    Ok(happening) => self.take(happening).await,
                    Err(RecvError::Lagged(_)) => {
                        self.look_again(None).await;
                        self.tell_everything();
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    async fn take(&mut self, Numbered { number, what }: Numbered) {
        match what {
            Happening::State(id) => self.tell_states(&BTreeSet::from([id])),
            Happening::Camera(id) => self.look_again(Some(id)).await,
            Happening::Everything => self.look_again(None).await,
        }
        self.number(number);
    }

    /// The last event of a happening carries its number: a connection that breaks before begins with it again.
    fn number(&mut self, number: u64) {
        if let Some(event) = self.queue.pop_back() {
            self.queue.push_back(event.id(number.to_string()));
        }
    }

    /// Asks again what the session may see, and tells what came, went, or (`edited`) changed.
    async fn look_again(&mut self, edited: Option<CameraId>) {
        let visible = match look(&self.api, self.session).await {
            Ok(visible) => visible,
            Err(problem) => {
                // A session without an agreement goes on: the app reconnects, and hears what is missing.
                if problem.status == StatusCode::UNAUTHORIZED {
                    self.tell("session_ended", &serde_json::Map::new());
                }
                self.ended = true;
                return;
            }
        };
        let before = std::mem::replace(&mut self.visible, visible);
        let removed: Vec<_> = before.difference(&self.visible).map(|id| ("camera_removed", *id)).collect();
        let added: Vec<_> = self.visible.difference(&before).map(|id| ("camera_added", *id)).collect();
        let changed = edited.filter(|id| before.contains(id) && self.visible.contains(id)).map(|id| ("camera_changed", id));
        for (name, id) in removed.into_iter().chain(added).chain(changed) {
            self.tell(name, &CameraRef { id });
        }
    }

    fn tell_everything(&mut self) {
        let ids = self.visible.clone();
        self.tell("cameras", &CameraRefs { ids: ids.clone() });
        self.tell_states(&ids);
    }

    /// Tells the states of those of `ids` that may be seen.
    fn tell_states(&mut self, ids: &BTreeSet<CameraId>) {
        let ids: Vec<_> = self.visible.intersection(ids).copied().collect();
        for id in ids {
            let state = self.api.relay.camera_state(id).into();
            self.tell("camera", &CameraEvent { id, state });
        }
    }

    fn tell(&mut self, name: &str, data: &impl Serialize) {
        match Event::default().event(name).json_data(data) {
            Ok(event) => self.queue.push_back(event),
            Err(error) => tracing::error!(%error, name, "an event could not be written"),
        }
    }
}

/// The cameras that a session may see now.
async fn look(api: &ApiState, session: SessionId) -> Result<BTreeSet<CameraId>> {
    api.control.expires(session).await?.ok_or_else(auth::none)?;
    let mut ids = BTreeSet::new();
    for home in api.control.homes_of(session).await? {
        let permit = match api.control.ask::<ListCameras>(Principal::Session(session), home).await {
            Ok(permit) => permit,
            // Left between the two questions.
            Err(error) if error.kind() == Kind::NotFound => continue,
            Err(error) => return Err(error.into()),
        };
        ids.extend(api.control.cameras(permit).await?.into_iter().map(|camera| camera.id));
    }
    Ok(ids)
}

/// The cameras whose state moved, where nothing else happened.
fn states(happenings: &[Happening]) -> Option<BTreeSet<CameraId>> {
    let state = |happening: &Happening| match happening {
        Happening::State(id) => Some(*id),
        Happening::Camera(_) | Happening::Everything => None,
    };
    happenings.iter().map(state).collect()
}
