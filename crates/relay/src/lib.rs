//! Tasks and sockets that drive the media machines: pull, record, view, play back.
//!
//! Floor 5 of the house. Relay follows the desired state that control writes (rows and the bus) and never writes it.
//! Each public call takes a permit by value; a call that goes on (a view) turns it into a [`Watch`].

mod archive;
mod backfill;
mod beat;
mod case;
mod controls;
mod events;
mod feed;
mod fleet;
mod gone;
mod health;
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
use domain::{CameraId, CaseId, Clock, Error, HomeId, Kind, Result, SegmentId, StreamName, TimeRange, Timestamp, ViewId};
use policy::act::{
    Download as DownloadAct, EditCamera, ExportCase, ReadStorage, TakeSnapshot, TestCamera, ViewLive, ViewRecorded,
};
use policy::{FactsSource, Permit, Principal};
use store::{How, Store};
use tokio::sync::{Semaphore, broadcast, mpsc, watch as watch_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use archive::{Archive, Finding, Progress, Rebuilt, Root, Said, Severity, Verified};
pub use cameras::onvif::wire::imaging::{Imaging, IrCut};
pub use cameras::onvif::wire::ptz::Preset;
pub use case::{CASE_CAMERAS_MAX, CaseFile, CaseOrder, CaseReport, CaseState, Doing};
pub use controls::{Aim, Controls, Dial, Look, Moves, Switch, SwitchKind};
pub use feed::{Feed, Subscription};
pub use health::Health;
pub use link::{LinkState, PairStep};
pub use media::record::Depth;
pub use playback::{Download, Still, Timeline};
pub use probe::{Offer, OfferedStream, ProbeStep, ProbeTarget, StepState};
pub use pull::Presence;
pub use record::{
    CameraForecast, Change, Forecast, Health as StorageHealth, StorageConfig, StorageEntry, StorageReport, WouldGo, roots,
};
pub use rtsp::Tls as RtspTls;
pub use search::{FoundCamera, Searched};
pub use state::{CameraState, Playable, Problem, RecordingStatus, Status, StreamState};
pub use steer::{Steering, Wish};
pub use view::{LiveMessage, LiveParts, WhepAnswer};
pub use watch::Watch;

use archive::Rebuilding;
use case::Cases;
use fleet::{Fleet, Shared};
use link::Links;
use playback::{Cache, Playback};
use pull::{Demand, Ingest};
use record::{OpenSegments, Pulses, Retention, Storages, Watchdog};
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
    /// Bytes that footage may take in the data directory; 80 % of the free space where none is given.
    pub quota_bytes: Option<u64>,
    /// Where footage goes besides the data directory, in the order in which they fill.
    pub storages: Vec<StorageConfig>,
    /// How long footage is kept at most.
    pub keep: Option<Duration>,
    /// A permit a step of a rebuild of the index, for tests that look at a server meanwhile; at full speed without.
    pub rebuild_pace: Option<Arc<Semaphore>>,
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
    cases: Cases,
    searches: search::Searches,
    search_loopback: bool,
    retention: Retention,
    rebuilding: Rebuilding,
    cancel: CancellationToken,
    tasks: TaskTracker,
}

impl Relay {
    /// Opens the WebRTC sockets, adopts footage that a crash left behind, and starts every camera.
    pub async fn start(config: Config, store: Store, facts: Arc<dyn FactsSource>, clock: Arc<dyn Clock>) -> Result<Self> {
        let (cancel, tasks) = (CancellationToken::new(), TaskTracker::new());
        // The writers are not awaited at shutdown: a recorder has its last bytes durable before it ends.
        let storages = Storages::start(store.segments_dir(), &config.storages, config.quota_bytes, &clock)?;
        let witness = Witness::start(store.clone(), Arc::clone(&clock));
        let (demand, board, open) = (Demand::new(), Board::new(), OpenSegments::default());
        let (links, opened) = (Links::new(Arc::clone(&clock)), Cache::default());
        let (pulses, turns) = (Pulses::default(), backfill::Turns::default());
        let shared = Shared { links, demand, board, open, opened, pulses, storages, store, facts, clock, witness, turns };
        let webrtc = view::webrtc::Engine::start(&config, &tasks, cancel.clone()).await?;
        let ingest = Ingest::start(shared.demand.breath().clone()).map_err(Error::internal)?;
        let fleet = Fleet::new(shared.clone(), ingest);
        let retention = Retention::new(&config, shared.clone());
        let playback = Playback::new(shared.clone());
        let cases = Cases::new(shared.clone(), playback.clone());
        tasks.spawn(cases.clone().run(cancel.clone()));
        tasks.spawn(record::chronicle(shared.clone(), cancel.clone()));
        let rebuilding = Rebuilding::new(config.rebuild_pace.clone());
        tasks.spawn(Watchdog::new(shared.clone()).run(cancel.clone()));
        tasks.spawn({
            let (shared, fleet, retention, cancel) = (shared.clone(), fleet.clone(), retention.clone(), cancel.clone());
            let rebuilding = rebuilding.clone();
            async move {
                record::adopt(&shared).await;
                let keep = async {
                    // What is oldest is known only once all files are.
                    rebuilding.run(&Archive::of(&shared), &cancel).await;
                    tokio::join!(retention.run(cancel.clone()), gone::run(shared.clone(), cancel.clone()));
                };
                tokio::join!(fleet.run(cancel.clone()), keep, record::care(shared.clone(), cancel.clone()));
            }
        });
        let (searches, search_loopback) = (search::Searches::default(), config.search_loopback);
        Ok(Self { shared, fleet, webrtc, playback, cases, searches, search_loopback, retention, rebuilding, cancel, tasks })
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

    /// How far a rebuild of the index from the files is; `None` while none runs.
    #[must_use]
    pub fn rebuilding(&self) -> Option<Progress> {
        self.rebuilding.progress()
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
        let watch = self.watch(permit).under(feeds.lease.clone());
        self.webrtc.whep(feeds, choice, watch, self.presence(), offer).await
    }

    /// Ends a view of the principal's own.
    pub async fn end_view(&self, view: ViewId, principal: Principal) -> Result<()> {
        self.webrtc.end_view(view, principal).await
    }

    /// Starts a view of live parts, for Media Source Extensions.
    pub fn live_parts(&self, permit: Permit<ViewLive>, choice: StreamChoice) -> Result<LiveParts> {
        let feeds = self.feeds(permit.object())?;
        let lease = feeds.lease;
        let feed = match (choice, feeds.sub) {
            (StreamChoice::Sub, Some(sub)) => (StreamName::Sub, sub),
            _ => (StreamName::Main, feeds.main),
        };
        Ok(LiveParts::new(feed, self.watch(permit).under(lease), self.presence()))
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

    /// SHA-256 of such a file, in hexadecimal digits: reads all of it.
    pub async fn download_hash(&self, permit: Permit<DownloadAct>, range: TimeRange) -> Result<(String, u64)> {
        self.playback.download_hash(permit, range).await
    }

    /// Begins to make a case of the permit's home.
    pub fn start_case(&self, permit: &Permit<ExportCase>, order: CaseOrder) -> Result<CaseReport> {
        self.cases.start(permit, order)
    }

    /// The cases that the permit's person has of the permit's home, newest first.
    #[must_use]
    pub fn cases(&self, permit: &Permit<ExportCase>) -> Vec<CaseReport> {
        self.cases.list(permit)
    }

    /// One of them.
    pub fn case(&self, permit: &Permit<ExportCase>, id: CaseId) -> Result<CaseReport> {
        self.cases.get(permit, id)
    }

    /// What people compare of the key that signs cases.
    #[must_use]
    pub fn case_fingerprint(&self) -> String {
        let key = self.shared.store.log_key();
        store::ledger::VerifierKey::parse(&key).map_or(key, |key| key.fingerprint())
    }

    /// The home of a case, to ask about.
    #[must_use]
    pub fn home_of_case(&self, id: CaseId) -> Option<HomeId> {
        self.cases.home_of(id)
    }

    /// Cancels a case, or throws away one that was made.
    pub fn end_case(&self, permit: &Permit<ExportCase>, id: CaseId) -> Result<()> {
        self.cases.remove(permit, id)
    }

    /// A finished case as a zip that is never written anywhere, for whoever may download from each of its cameras.
    pub async fn case_file(&self, permit: Permit<ExportCase>, id: CaseId, cameras: Vec<Permit<DownloadAct>>) -> Result<CaseFile> {
        self.cases.file(&permit, id, cameras).await
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

    /// Moves with each change of a storage's health.
    #[must_use]
    pub fn storage_changes(&self) -> watch_channel::Receiver<u64> {
        self.shared.storages.moves()
    }

    /// How long the room for footage lasts at today's rate, for all cameras of the home and for each.
    pub async fn forecast(&self, permit: Permit<ReadStorage>) -> Result<Forecast> {
        let quota_bytes = self.retention.quota_now().await?;
        record::forecast(&self.shared, &permit, quota_bytes).await
    }

    /// What of the permit's camera a change would delete.
    pub async fn would_go(&self, permit: Permit<EditCamera>, change: Change) -> Result<WouldGo> {
        record::would_go(&self.shared, &permit, change).await
    }

    fn watch(&self, permit: Permit<ViewLive>) -> Watch<ViewLive> {
        let revision = self.shared.store.bus().revision();
        let visit = self.shared.witness.visit(&permit, How::Live);
        Watch::new(permit, Arc::clone(&self.shared.facts), Arc::clone(&self.shared.clock), revision).seen(visit)
    }

    fn feeds(&self, id: CameraId) -> Result<fleet::Feeds> {
        self.fleet.feeds(id).ok_or_else(|| match self.camera_state(id).status {
            Status::Private => private(),
            _ => Error::new(Kind::Unavailable, "live.not_ready", "the camera is being started"),
        })
    }
}

/// Nobody is to see the camera now.
pub(crate) fn private() -> Error {
    Error::new(Kind::Unavailable, "camera.private", "privacy is on: the camera is not connected")
}
