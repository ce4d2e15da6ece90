//! A home whose server loses its power again and again.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, HomeId, SegmentId, SubjectId, SystemClock, TimeRange, Timestamp};
use media::au::Track;
use media::record::{MediaKey, SegmentScanner};
use policy::act::RecordCamera;
use policy::{ConsentSet, Facts, FactsFuture, FactsSource, HomeFacts, Object, Principal};
use store::{SegmentRow, Store};
use tempfile::TempDir;
use testkit::ManualClock;

use super::camera::{Camera, PICTURE, PICTURE_TICKS};
use super::disk::{FaultDisk, Faults};
use super::random::Random;
use crate::fleet::Shared;
use crate::pull::Demand;
use crate::record::adopt::adopt_open;
use crate::record::disk::{Disk, outcome};
use crate::record::port::{Local, Port};
use crate::record::storages::{Health, OPEN_FOLDER, Storages};
use crate::record::{OpenSegments, Orders, Pulses, Recorder};
use crate::segment;
use crate::state::Board;
use crate::witness::Witness;

/// How time goes on.
const STEP: Duration = Duration::from_millis(10);

/// Steps between two pictures, and between two looks of the recorders.
const PICTURE_STEPS: u64 = 4;
const LOOK_STEPS: u64 = 40;

/// A home that agreed; only the server itself asks.
#[derive(Debug)]
struct ServerFacts(HomeId);

impl FactsSource for ServerFacts {
    fn facts(&self, _: Principal, _: Object) -> FactsFuture<'_> {
        let home = HomeFacts { home: self.0, role: None, agreed: true, consents: ConsentSet::NONE };
        let facts = Facts { revision: 0, session: None, subject: None, home: Some(home), region_ok: true, key: None };
        Box::pin(async move { Ok(facts) })
    }
}

/// How long a server lives, on what disk.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) seed: u64,
    pub(super) steps: u64,
    pub(super) faults: Faults,
}

/// What is left after lives, all in all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Left {
    pub(super) cuts: u64,
    /// What was lost at the end, of the camera that lost most.
    pub(super) loss_ms_max: u64,
    pub(super) pictures: u64,
    /// Records that were written whole, but not adopted: the disk did not have all of them.
    pub(super) rejected: u64,
    /// Pictures that were opened and are not what the camera sent then.
    pub(super) corrupt: u64,
    /// Records that were durable, so it was said, and are gone.
    pub(super) broken_promises: u64,
    /// Times at which a picture is missing between others.
    pub(super) holes: u64,
    /// Of them, those of which the camera's state never spoke.
    pub(super) untold: u64,
    /// Lives in which a camera's state spoke of its disk.
    pub(super) told: u64,
    /// Files that a start left in the folder of open ones, or that do not open.
    pub(super) stray: u64,
}

pub(super) struct Home {
    pub(super) clock: ManualClock,
    pub(super) cameras: Vec<Camera>,
    store: Store,
    facts: Arc<ServerFacts>,
    home: HomeId,
    folder: TempDir,
    pub(super) left: Left,
}

/// What a server had told when its power went.
struct Told {
    /// Records that were said to be durable.
    durable: HashMap<SegmentId, usize>,
    /// Whether each camera's state spoke of a loss.
    loss: Vec<bool>,
    records_written: u64,
}

/// Cuts the power when a test fails, so that nothing waits for the clock.
struct Plugged(FaultDisk);

impl Drop for Plugged {
    fn drop(&mut self) {
        if !self.0.is_cut() {
            drop(self.0.pull_the_plug());
        }
    }
}

impl Home {
    pub(super) async fn with_cameras(count: u64) -> Self {
        // A machine's own disk has nothing to do with this.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
        let clock = ManualClock::default();
        let store = Store::open(folder.path(), Arc::new(clock.clone())).await.unwrap();
        let agreement = store::Agreement { version: policy::compiled::VERSION.into(), language: None };
        let subject = SubjectId::random();
        let email = "owner@example.org";
        let owner = store::NewAccount { subject, email, password_hash: String::new(), adult: true, agreement };
        let home = store.set_up(owner).await.unwrap();
        let cameras = (0..count).map(Camera::new).collect();
        Self { clock, cameras, store, facts: Arc::new(ServerFacts(home)), home, folder, left: Left::default() }
    }

    fn shared(&self, port: &Arc<dyn Port>) -> Shared {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let disk = |_| Disk::on(Arc::clone(port), |_| ());
        let storages = Storages::start_with(self.store.segments_dir(), &[], None, &clock, disk).unwrap();
        Shared {
            links: crate::link::Links::new(Arc::new(SystemClock)),
            witness: Witness::start(self.store.clone(), Arc::new(self.clock.clone())),
            store: self.store.clone(),
            facts: Arc::clone(&self.facts) as Arc<dyn FactsSource>,
            clock: Arc::new(self.clock.clone()),
            board: Board::new(),
            demand: Demand::new(),
            opened: crate::playback::Cache::default(),
            pulses: Pulses::default(),
            storages,
            open: OpenSegments::default(),
            turns: crate::backfill::Turns::default(),
        }
    }

    /// What a start does with the tree that it finds. Whatever else checks or mends a tree is to be called here.
    async fn open_anew(&self, port: Arc<dyn Port>) -> Shared {
        let shared = self.shared(&port);
        adopt_open(&shared, shared.storages.all()).await;
        shared
    }

    /// Which of these files a start leaves among the open ones.
    pub(super) async fn leaves(&self, files: &[(&str, Vec<u8>)]) -> Vec<String> {
        let open = self.folder.path().join("segments").join(OPEN_FOLDER);
        std::fs::create_dir_all(&open).unwrap();
        for (name, bytes) in files {
            std::fs::write(open.join(name), bytes).unwrap();
        }
        drop(self.open_anew(Arc::new(Local)).await);
        let left = std::fs::read_dir(open).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        BTreeSet::from_iter(left).into_iter().collect()
    }

    /// A server runs, its power is cut, another one starts: what it finds is compared with what the cameras sent.
    pub(super) async fn live(&mut self, life: Life) {
        let begun = self.clock.now();
        let told = self.run(&life).await;
        let mut random = Random::new(life.seed ^ 1);
        if random.chance(250) {
            // The power goes again while that start is at work.
            let again = Faults { cut_at: Some(1 + random.within(0..12)), sync_ms: 0..1, ..Faults::default() };
            drop(self.open_anew(Arc::new(FaultDisk::new(life.seed, self.clock.clone(), again))).await);
        }
        let shared = self.open_anew(Arc::new(Local)).await;
        self.judge(&shared, begun, &told).await;
    }

    /// Until the power goes.
    async fn run(&mut self, life: &Life) -> Told {
        let disk = FaultDisk::new(life.seed, self.clock.clone(), life.faults.clone());
        let plugged = Plugged(disk.clone());
        let port: Arc<dyn Port> = Arc::new(disk.clone());
        let shared = self.shared(&port);
        let mut recorders = Vec::new();
        for camera in &mut self.cameras {
            camera.connect();
            recorders.push(Recorder::new(shared.clone(), camera.id, self.home, Orders::always(), &camera.feed));
        }
        let mut loss = vec![false; self.cameras.len()];
        for step in 0..life.steps {
            self.clock.advance(STEP);
            disk.tick();
            for (_, camera) in
                self.cameras.iter_mut().enumerate().filter(|(n, _)| (*n as u64 + step).is_multiple_of(PICTURE_STEPS))
            {
                camera.send(&self.clock);
            }
            if (step + 1).is_multiple_of(LOOK_STEPS) {
                mend(&shared, &self.clock);
                for recorder in &mut recorders {
                    recorder.look().await;
                    self.hear(&shared, &mut loss);
                }
            }
            settle(&shared, &disk, &mut recorders).await;
            self.hear(&shared, &mut loss);
            if disk.is_cut() {
                break;
            }
        }
        let all = TimeRange::new(Timestamp::default(), self.clock.now() + Duration::from_secs(3600)).unwrap();
        let mut durable = HashMap::new();
        for camera in &self.cameras {
            for open in shared.open.of(camera.id, all) {
                durable.insert(open.index.header().segment, open.index.records().len());
            }
        }
        let records = |file: &Vec<u8>| SegmentScanner::walk(file).map_or(0, |scanner| scanner.records().len() as u64);
        let records_written = disk.written().iter().map(records).sum();
        disk.pull_the_plug().unwrap();
        drop(plugged);
        Told { durable, loss, records_written }
    }

    /// Notes which cameras' states speak of a loss.
    fn hear(&self, shared: &Shared, loss: &mut [bool]) {
        for (camera, loss) in self.cameras.iter().zip(loss) {
            *loss |= shared.board.get(camera.id, self.clock.now()).recording_problem.is_some();
        }
    }

    async fn judge(&mut self, shared: &Shared, begun: Timestamp, told: &Told) {
        let range = TimeRange::new(begun, self.clock.now() + Duration::from_secs(3600)).unwrap();
        let open = self.folder.path().join("segments").join(OPEN_FOLDER);
        self.left.cuts += 1;
        self.left.stray += std::fs::read_dir(open).map_or(0, |files| files.count() as u64);
        let (mut records, mut promised) = (0, told.durable.clone());
        for (n, camera) in self.cameras.iter().enumerate() {
            let mut found = BTreeSet::new();
            for row in self.store.segments(camera.id, range).await.unwrap() {
                let permit = shared.permit::<RecordCamera>(camera.id).await.unwrap();
                let key = self.store.media_key_by_id(&permit, row.key).await.unwrap().unwrap();
                let path = shared.storages.segment_path(row.storage, camera.id, row.id).unwrap();
                match read(&path, &key, &row, camera, &mut found) {
                    Some(Opened { whole, corrupt, as_filed }) => {
                        records += whole as u64;
                        self.left.corrupt += corrupt;
                        self.left.broken_promises += u64::from(!as_filed);
                        if let Some(said) = promised.remove(&row.id) {
                            self.left.broken_promises += said.saturating_sub(whole) as u64;
                        }
                    }
                    None => self.left.stray += 1,
                }
            }
            // The end of the life before may be said to reach into this one.
            let found = found.split_off(&camera.first);
            let missing = (camera.first..).zip(&found).find(|(expected, n)| expected != *n);
            let whole = missing.map_or(found.len(), |(expected, _)| expected - camera.first);
            let end = if whole == 0 { begun } else { camera.log[camera.first + whole - 1] + PICTURE };
            let holes = u64::from(missing.is_some());
            self.left.pictures += found.len() as u64;
            self.left.holes += holes;
            self.left.told += u64::from(told.loss[n]);
            self.left.untold += if told.loss[n] { 0 } else { holes };
            if holes == 0 {
                let lost = u64::try_from(self.clock.now().since(end).as_millis()).unwrap();
                self.left.loss_ms_max = self.left.loss_ms_max.max(lost);
            }
        }
        self.left.rejected += told.records_written.saturating_sub(records);
        self.left.broken_promises += promised.values().map(|said| *said as u64).sum::<u64>();
    }
}

/// What is in a file.
struct Opened {
    /// Records.
    whole: usize,
    /// Pictures that are not what the camera sent then.
    corrupt: u64,
    /// Whether it is what its row says.
    as_filed: bool,
}

/// Opens a file whole; `None` where that cannot be done.
fn read(path: &Path, key: &MediaKey, row: &SegmentRow, camera: &Camera, found: &mut BTreeSet<usize>) -> Option<Opened> {
    // As whoever plays it reads it.
    let (file, loaded) = segment::load(path, key, (!row.clean).then_some(row.bytes)).ok()?;
    let mut corrupt = 0;
    for record in loaded.index.records() {
        let mut sealed = segment::read_at(&file, &record.at().sealed()).ok()?;
        let mut bytes = &*loaded.reader.open_samples(&record.at(), &mut sealed).ok()?;
        let first = usize::try_from(record.run(Track::Video).first_dts / i64::from(PICTURE_TICKS)).ok()?;
        corrupt += u64::from(camera.log.get(first) != Some(&record.start()));
        for (n, sample) in (first..).zip(record.samples(Track::Video)) {
            let (picture, rest) = bytes.split_at_checked(sample.size as usize)?;
            corrupt += u64::from(n >= camera.log.len() || picture != camera.picture(n) || !found.insert(n));
            bytes = rest;
        }
        corrupt += u64::from(!bytes.is_empty());
    }
    let (index, length) = (&loaded.index, file.metadata().ok()?.len());
    let as_filed = (index.start(), index.end(), length.min(row.bytes)) == (Some(row.start), Some(row.end), row.bytes)
        && (length == row.bytes || !row.clean);
    Some(Opened { whole: index.records().len(), corrupt, as_filed })
}

/// A storage that failed is tried again after its rest, as the server does.
fn mend(shared: &Shared, clock: &ManualClock) {
    for storage in shared.storages.all() {
        if storage.health() != Health::Ok && storage.may_try(clock.mono()) {
            storage.found(Health::Ok, clock);
        }
    }
}

/// Lets the disk and the index do all that they can before time goes on.
async fn settle(shared: &Shared, disk: &FaultDisk, recorders: &mut [Recorder]) {
    let done = async {
        // Answered once everything before it is.
        drop(outcome(&mut shared.storages.all()[0].disk().append(SegmentId::random(), Vec::new())).await);
        for recorder in recorders {
            recorder.filed().await;
        }
    };
    tokio::select! {
        () = disk.waits_for_the_clock() => {}
        () = done => {}
    }
}
