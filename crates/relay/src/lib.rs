//! Tasks and sockets that drive the media machines: pull, record, view, play back.
//!
//! Floor 5 of the house. Relay follows the desired state that control writes (rows and the bus) and never writes it.
//! Each public call takes a permit by value; a call that goes on (a view) turns it into a [`Watch`].

mod backfill;
mod beat;
mod controls;
mod feed;
mod fleet;
mod link;
mod playback;
mod probe;
mod pull;
mod record;
mod rtsp;
mod search;
mod segment;
mod state;
mod steer;
mod view;
mod watch;
mod witness;

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::limits::SHUTDOWN_TIME_MAX;
use domain::{CameraId, Clock, Error, Kind, Result, SegmentId, StreamName, TimeRange, Timestamp, ViewId};
use policy::act::{Download as DownloadAct, ReadStorage, TakeSnapshot, TestCamera, ViewLive, ViewRecorded};
use policy::{FactsSource, Permit, Principal};
use store::{How, Store};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use cameras::onvif::wire::imaging::{Imaging, IrCut};
pub use cameras::onvif::wire::ptz::Preset;
pub use controls::{Aim, Controls, Dial, Look, Moves, Switch, SwitchKind};
pub use feed::{Feed, Subscription};
pub use link::{LinkState, PairStep};
pub use playback::{Download, Still, Timeline};
pub use probe::{Offer, OfferedStream, ProbeStep, ProbeTarget, StepState};
pub use pull::Presence;
pub use record::StorageReport;
pub use rtsp::Tls as RtspTls;
pub use search::{FoundCamera, Searched};
pub use state::{CameraState, Playable, Problem, RecordingStatus, Status, StreamState};
pub use steer::{Steering, Wish};
pub use view::{LiveMessage, LiveParts, WhepAnswer};
pub use watch::Watch;

use fleet::{Fleet, Shared};
use link::Links;
use playback::{Cache, Playback};
use pull::{Demand, Ingest};
use record::{Disk, OpenSegments, Retention};
use state::Board;
use witness::Witness;

/// How this server relays.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// UDP port for WebRTC; 0 for one that the system picks.
    pub webrtc_port: u16,
    /// Addresses by which browsers reach this server besides those of its interfaces.
    pub advertise: Vec<IpAddr>,
    /// Whether the server listens on loopback only.
    pub loopback_only: bool,
    /// Cameras are looked for on this machine and nowhere else: for the demo and tests, whose cameras are here.
    pub search_loopback: bool,
    /// Bytes that footage may take; 80 % of the free space where none is given.
    pub quota_bytes: Option<u64>,
    /// How long footage is kept at most.
    pub keep: Option<Duration>,
}

/// Which stream a viewer wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StreamChoice {
    /// The one that fits: main, and sub where the way to the viewer loses packets.
    #[default]
    Auto,
    /// The full picture.
    Main,
    /// The small picture, or the full one of a camera that has no other.
    Sub,
}

/// The relay of one process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Relay {
    shared: Shared,
    fleet: Fleet,
    webrtc: view::webrtc::Engine,
    playback: Playback,
    searches: search::Searches,
    search_loopback: bool,
    retention: Retention,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl Relay {
    /// Opens the WebRTC sockets, adopts footage that a crash left behind, and starts every camera.
    pub async fn start(config: Config, store: Store, facts: Arc<dyn FactsSource>, clock: Arc<dyn Clock>) -> Result<Self> {
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        // Not awaited at shutdown: a recorder has its last bytes durable before it ends.
        let disk = Disk::start();
        let witness = Witness::start(store.clone(), Arc::clone(&clock));
        let (demand, board, open) = (Demand::new(), Board::new(), OpenSegments::default());
        let (links, opened) = (Links::new(Arc::clone(&clock)), Cache::default());
        let turns = backfill::Turns::default();
        let shared = Shared { links, demand, board, open, opened, disk, store, facts, clock, witness, turns };
        let webrtc = view::webrtc::Engine::start(&config, &tasks, cancel.clone()).await?;
        let ingest = Ingest::start(shared.demand.breath().clone()).map_err(Error::internal)?;
        let fleet = Fleet::new(shared.clone(), ingest);
        let retention = Retention::new(&config, shared.clone());
        let playback = Playback::new(shared.clone());
        tasks.spawn(record::chronicle(shared.clone(), cancel.clone()));
        tasks.spawn({
            let (shared, fleet, retention, cancel) = (shared.clone(), fleet.clone(), retention.clone(), cancel.clone());
            async move {
                record::adopt(&shared).await;
                tokio::join!(fleet.run(cancel.clone()), retention.run(cancel));
            }
        });
        let (searches, search_loopback) = (search::Searches::default(), config.search_loopback);
        Ok(Self { shared, fleet, webrtc, playback, searches, search_loopback, retention, cancel, tasks })
    }

    /// Serves RTSP at `listener` to other software that shows a stream key, and says where. Without `tls` only on loopback:
    /// what leaves the machine is encrypted (C-3.a.3.b).
    pub async fn serve_rtsp(&self, listener: TcpListener, tls: Option<RtspTls>) -> Result<SocketAddr> {
        rtsp::serve(listener, tls, (self.shared.clone(), self.fleet.clone()), &self.tasks, self.cancel.clone()).await
    }

    /// Ends views, closes every fragment and tears the cameras' sessions down, in [`SHUTDOWN_TIME_MAX`].
    pub async fn shutdown(&self) {
        self.cancel.cancel();
        self.tasks.close();
        if tokio::time::timeout(SHUTDOWN_TIME_MAX, self.tasks.wait()).await.is_err() {
            tracing::warn!(late = self.tasks.len(), "tasks were still stopping after {SHUTDOWN_TIME_MAX:?}");
        }
    }

    /// Writes down who watched what in the views that have ended. For after the last of them.
    pub async fn flush(&self) {
        self.shared.witness.flush().await;
    }

    /// How a camera is now.
    #[must_use]
    pub fn camera_state(&self, id: CameraId) -> CameraState {
        self.shared.board.get(id, self.shared.clock.now())
    }

    /// Tells of each camera whose state moved. A receiver that lags reads all states again.
    #[must_use]
    pub fn state_changes(&self) -> broadcast::Receiver<CameraId> {
        self.shared.board.changes()
    }

    /// Says that a signed-in person is there; while one is, and a while after, sub streams stay warm.
    #[must_use]
    pub fn presence(&self) -> Presence {
        self.shared.demand.presence()
    }

    /// Answers a WHEP offer (SDP) and starts the view. It ends by [`Relay::end_view`], when the browser is gone, or when
    /// the facts behind the permit no longer allow it.
    pub async fn whep(&self, permit: Permit<ViewLive>, choice: StreamChoice, offer: &str) -> Result<WhepAnswer> {
        let feeds = self.feeds(permit.object())?;
        self.webrtc.whep(feeds, choice, self.watch(permit), self.presence(), offer).await
    }

    /// Ends a view of the principal's own.
    pub async fn end_view(&self, view: ViewId, principal: Principal) -> Result<()> {
        self.webrtc.end_view(view, principal).await
    }

    /// Starts a view of live parts, for Media Source Extensions.
    pub fn live_parts(&self, permit: Permit<ViewLive>, choice: StreamChoice) -> Result<LiveParts> {
        let feeds = self.feeds(permit.object())?;
        let feed = match (choice, feeds.sub) {
            (StreamChoice::Sub, Some(sub)) => (StreamName::Sub, sub),
            _ => (StreamName::Main, feeds.main),
        };
        Ok(LiveParts::new(feed, self.watch(permit), self.presence()))
    }

    /// What was kept of a camera within `range`, and why not where nothing was.
    pub async fn timeline(&self, permit: Permit<ViewRecorded>, range: TimeRange) -> Result<Timeline> {
        self.playback.timeline(permit, range).await
    }

    /// An HLS playlist (RFC 8216) of what was kept within `range`; its addresses are relative.
    pub async fn playlist(&self, permit: Permit<ViewRecorded>, range: TimeRange) -> Result<String> {
        self.playback.playlist(permit, range).await
    }

    /// The initialization section that a playlist names.
    pub async fn playback_init(&self, permit: Permit<ViewRecorded>, segment: SegmentId) -> Result<Bytes> {
        self.playback.init(permit, segment).await
    }

    /// Records `first..=last` of a segment as one HLS media segment.
    pub async fn playback_part(&self, permit: Permit<ViewRecorded>, segment: SegmentId, first: u32, last: u32) -> Result<Bytes> {
        self.playback.part(permit, segment, first, last).await
    }

    /// Footage of `range` as one progressive MP4 file that is never written anywhere.
    pub async fn download(&self, permit: Permit<DownloadAct>, range: TimeRange) -> Result<Download> {
        self.playback.download(permit, range).await
    }

    /// One picture: of the moment `at`, or the newest. At most `width_max` pixels across.
    pub async fn snapshot(&self, permit: Permit<TakeSnapshot>, at: Option<Timestamp>, width_max: Option<u16>) -> Result<Still> {
        let width_max = width_max.unwrap_or(u16::MAX);
        match at {
            Some(at) => self.playback.still(permit, at, width_max).await,
            None => {
                let newest = self.feeds(permit.object())?.main.newest_key();
                let unit = newest.ok_or_else(|| Error::new(Kind::Unavailable, "still.none", "no picture has arrived yet"))?;
                playback::still_of(&unit.au.format, &unit.au.data, unit.au.wall, width_max).await
            }
        }
    }

    /// Tries a camera before it is added, step by step.
    pub fn probe(&self, permit: Permit<TestCamera>, target: ProbeTarget) -> mpsc::Receiver<ProbeStep> {
        probe::start(permit, target, Arc::clone(&self.shared.clock))
    }

    /// How much room footage takes and how long it lasts.
    pub async fn storage(&self, permit: Permit<ReadStorage>) -> Result<StorageReport> {
        self.retention.report(permit).await
    }

    fn watch(&self, permit: Permit<ViewLive>) -> Watch<ViewLive> {
        let revision = self.shared.store.bus().revision();
        let visit = self.shared.witness.visit(&permit, How::Live);
        Watch::new(permit, Arc::clone(&self.shared.facts), Arc::clone(&self.shared.clock), revision).seen(visit)
    }

    fn feeds(&self, id: CameraId) -> Result<fleet::Feeds> {
        self.fleet.feeds(id).ok_or_else(|| Error::new(Kind::Unavailable, "live.not_ready", "the camera is being started"))
    }
}
