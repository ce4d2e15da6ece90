use std::sync::{Condvar, Mutex};

use bytes::Bytes;
use domain::{Clock, Origin, TimeRange, Timestamp};
use media::au::{VideoCodec, VideoFormat};
use media::record::{Previous, TAG_LEN};
use store::SegmentRow;
use tempfile::TempDir;
use testkit::ManualClock;

use super::*;
use crate::record::Fetched;
use crate::record::disk::Disk;
use crate::record::port::Local;
use crate::record::storages::{Health, Storage};
use crate::record::test_shared::shared;

/// A disk that can be made to stall, or to fail.
#[derive(Debug, Default)]
struct DiskGate {
    state: Mutex<(bool, bool)>,
    moved: Condvar,
}

impl DiskGate {
    fn set(&self, closed: bool) {
        self.state.lock().unwrap().0 = closed;
        self.moved.notify_all();
    }

    /// From now on its rounds fail, or no longer.
    fn break_off(&self, broken: bool) {
        self.state.lock().unwrap().1 = broken;
    }

    fn pass(&self) {
        let state = self.moved.wait_while(self.state.lock().unwrap(), |state| state.0).unwrap();
        let broken = state.1;
        drop(state);
        assert!(!broken, "the disk of this test fails");
    }
}

/// A recorder with a disk, a store and a camera whose pictures come when a test says so.
pub(in crate::record) struct Rig {
    recorder: Recorder,
    pub(in crate::record) camera: Camera,
    gates: Vec<Arc<DiskGate>>,
    pub(in crate::record) guide: watch::Sender<Guide>,
    pub(in crate::record) seen: watch::Sender<Seen>,
    home: HomeId,
    folder: TempDir,
}

pub(in crate::record) struct Camera {
    feed: Arc<Feed>,
    pub(in crate::record) clock: ManualClock,
    format: Arc<Format>,
    pub(in crate::record) pictures: i64,
    /// No key pictures come.
    pub(in crate::record) headless: bool,
}

impl Rig {
    /// A recorder with so many storages.
    pub(in crate::record) async fn start(storages: usize) -> Self {
        let gates: Vec<Arc<DiskGate>> = (0..storages).map(|_| Arc::default()).collect();
        let (shared, home, clock, folder) = shared(&vec![None; storages], |n| {
            let gate = Arc::clone(&gates[n]);
            Disk::on(Arc::new(Local), move |_| gate.pass())
        })
        .await;
        let feed = Feed::new();
        let (guide, guided) = watch::channel(Guide::default());
        let (seen, told) = watch::channel(Seen::default());
        let orders = Orders { audio: AudioMode::Off, guide: guided, seen: told };
        let recorder = Recorder::new(shared, CameraId::random(), home, orders, &feed);
        let camera = Camera { feed, clock, format: format(), pictures: 0, headless: false };
        Self { recorder, camera, gates, guide, seen, home, folder }
    }

    pub(in crate::record) fn shared(&self) -> Shared {
        self.recorder.shared.clone()
    }

    pub(in crate::record) fn id(&self) -> CameraId {
        self.recorder.camera
    }

    /// The first disk stalls, or goes on.
    pub(in crate::record) fn stall(&self, stalled: bool) {
        self.gates[0].set(stalled);
    }

    pub(in crate::record) async fn look(&mut self) {
        self.recorder.look().await;
    }

    /// So many seconds of pictures, looked at five times in each, and whatever is done besides.
    pub(in crate::record) async fn seconds(&mut self, seconds: u32, mut besides: impl FnMut()) {
        for _ in 0..seconds * 5 {
            (0..5).for_each(|_| self.camera.picture(1000));
            self.look().await;
            self.settle().await;
            besides();
        }
    }

    /// So many fifths of a second of 2 Mbit/s, each looked at; the disks are as quick as their gates let them.
    async fn record(&mut self, fifths: u32) {
        for _ in 0..fifths {
            for _ in 0..5 {
                self.camera.picture(10_000);
            }
            self.recorder.look().await;
            self.settle().await;
        }
    }

    /// Waits for what the disks will answer.
    pub(in crate::record) async fn settle(&mut self) {
        while let Some(storage) = self.recorder.writing.waits_for() {
            let number = self.recorder.shared.storages.all().iter().position(|one| Arc::ptr_eq(one, &storage)).unwrap();
            if self.gates[number].state.lock().unwrap().0 || !self.recorder.writing.hear().await {
                return;
            }
            self.recorder.writing.look().await;
        }
    }

    /// Ends the recording; its rows in the index.
    pub(in crate::record) async fn filed(&mut self) -> Vec<SegmentRow> {
        self.recorder.finish().await;
        self.rows().await
    }

    async fn rows(&self) -> Vec<SegmentRow> {
        let all = TimeRange::new(Timestamp::default(), self.camera.clock.now() + Duration::from_secs(3600)).unwrap();
        self.recorder.shared.store.segments(self.recorder.camera, all).await.unwrap()
    }

    async fn gaps(&self) -> Vec<Cause> {
        let now = self.camera.clock.now();
        let all = TimeRange::new(Timestamp::default(), now).unwrap();
        let gaps = self.recorder.shared.store.gaps(self.recorder.camera, all, now).await.unwrap();
        gaps.into_iter().map(|gap| gap.cause).collect()
    }

    fn storage(&self, n: usize) -> &Arc<Storage> {
        &self.recorder.shared.storages.all()[n]
    }

    fn problem(&self) -> Option<&'static str> {
        let state = self.recorder.shared.board.get(self.recorder.camera, self.camera.clock.now());
        state.recording_problem.map(|problem| problem.code)
    }
}

/// Where files begin and end that follow each other without a hole; fails where two overlap or leave one.
fn joined(rows: &[SegmentRow]) -> (Timestamp, Timestamp) {
    for pair in rows.windows(2) {
        assert_eq!(pair[0].end, pair[1].start, "{pair:?}");
    }
    (rows[0].start, rows.last().unwrap().end)
}

impl Drop for Rig {
    /// A test that fails ends all the same.
    fn drop(&mut self) {
        self.gates.iter().for_each(|gate| gate.set(false));
    }
}

impl Camera {
    /// The next picture, 40 ms later; every 25th is a key picture.
    pub(in crate::record) fn picture(&mut self, bytes: usize) {
        let n = self.pictures;
        self.pictures += 1;
        self.clock.advance(Duration::from_millis(40));
        let au = AccessUnit {
            track: Track::Video,
            format: Arc::clone(&self.format),
            dts: n * 3600,
            cts: 0,
            wall: self.clock.now(),
            arrived: self.clock.mono(),
            key: n % 25 == 0 && !self.headless,
            discontinuity: false,
            data: vec![7; bytes].into(),
        };
        self.feed.push(au, 3600);
    }
}

impl Camera {
    /// So many pictures as others would see them.
    pub(in crate::record) fn units(&mut self, count: usize, bytes: usize) -> Vec<Arc<Unit>> {
        let mut reader = self.feed.subscribe(Start::NextKey);
        let mut units = Vec::new();
        for _ in 0..count {
            self.picture(bytes);
            reader.try_read(&mut units);
        }
        units
    }
}

fn format() -> Arc<Format> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 640,
        height: 360,
        rfc6381: "avc1.42c01e".into(),
        parameter_sets: vec![Bytes::from_static(&[0x67, 0x42, 0xc0, 0x1e]), Bytes::from_static(&[0x68, 0xce])],
        sample_entry: Bytes::from_static(b"\0\0\0\x10avc1\0\0\0\0\0\0\0\0"),
    };
    Arc::new(Format { video, audio: None })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_stalls_for_twenty_seconds_costs_no_picture() {
    let mut rig = Rig::start(1).await;
    let begin = rig.camera.clock.now() + Duration::from_millis(40);
    rig.record(10).await;
    rig.gates[0].set(true);
    rig.record(100).await;
    assert_eq!(rig.problem(), Some("storage.slow"), "and the person is told");
    rig.gates[0].set(false);
    rig.record(140).await;
    let end = begin + Duration::from_millis(40) * 1250;
    let rows = rig.filed().await;
    assert_eq!(rows.iter().map(|row| (row.start, row.end, row.clean)).collect::<Vec<_>>(), [(begin, end, true)]);
    assert_eq!(rig.problem(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_disk_is_bounded_and_what_did_not_fit_is_a_gap() {
    const PICTURE: usize = 500_000;
    let mut rig = Rig::start(1).await;
    rig.record(5).await;
    rig.gates[0].set(true);
    // 100 Mbit/s: a second of it is more than may wait, another two are more than the ring holds besides.
    let Rig { recorder, camera, .. } = &mut rig;
    while recorder.writing.has_room() {
        assert!(camera.pictures < 75, "bounded");
        camera.picture(PICTURE);
        recorder.look().await;
    }
    let kept = camera.pictures;
    for _ in 0..75 {
        camera.picture(PICTURE);
        recorder.look().await;
        assert!(recorder.writing.bytes() < 20 * 1024 * 1024);
    }
    rig.gates[0].set(false);
    rig.settle().await;
    // It goes on with a key picture.
    rig.record(10).await;
    let rows = rig.filed().await;
    let recorded: Duration = rows.iter().map(|row| row.end.since(row.start)).sum();
    let of = |pictures: i64| Duration::from_millis(40) * u32::try_from(pictures).unwrap();
    assert!(rows.len() > 1 && recorded < of(rig.camera.pictures), "{recorded:?} in {} files", rows.len());
    assert!(recorded > of(kept - 13), "what waited is kept: {recorded:?}");
    assert_eq!(rig.gaps().await, [Cause::Disk]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_disk_hangs_the_next_one_takes_over_and_no_picture_is_there_twice() {
    let mut rig = Rig::start(2).await;
    let begin = rig.camera.clock.now() + Duration::from_millis(40);
    rig.record(27).await;
    rig.gates[0].set(true);
    rig.record(60).await;
    assert_eq!((rig.storage(0).health(), rig.problem()), (Health::Slow, None), "it is recorded on");
    rig.gates[0].set(false);
    rig.record(13).await;
    let end = begin + Duration::from_millis(40) * 500;
    // What was sent to the first disk is written there, too, when it comes back; and then cut off.
    let mut rows = rig.filed().await;
    while rows.len() < 2 {
        tokio::task::yield_now().await;
        rows = rig.rows().await;
    }
    assert_eq!(joined(&rows), (begin, end));
    assert_eq!(rows.iter().map(|row| row.storage).collect::<Vec<_>>(), [None, rig.storage(1).id()]);
    let first = rig.storage(0).segment_path(rows[0].camera, rows[0].id);
    assert_eq!(std::fs::metadata(first).unwrap().len(), rows[0].bytes);
    assert_eq!(rig.gaps().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_a_disk_fails_nothing_is_lost_and_it_is_used_again_once_it_is_well() {
    let mut rig = Rig::start(1).await;
    let begin = rig.camera.clock.now() + Duration::from_millis(40);
    rig.record(27).await;
    rig.gates[0].break_off(true);
    rig.record(20).await;
    assert_eq!((rig.storage(0).health(), rig.problem()), (Health::Failing, Some("storage.failed")));
    let health = rig.storage(0).since();
    rig.gates[0].break_off(false);
    rig.record(5).await;
    assert_eq!(rig.storage(0).since(), health, "nobody has tried it yet");
    rig.storage(0).found(Health::Ok, &rig.camera.clock.clone());
    rig.record(48).await;
    assert_eq!(rig.problem(), None);
    let end = begin + Duration::from_millis(40) * 500;
    let mut rows = rig.filed().await;
    while rows.len() < 2 {
        tokio::task::yield_now().await;
        rows = rig.rows().await;
    }
    assert_eq!(joined(&rows), (begin, end));
    assert_eq!(rows.iter().map(|row| row.clean).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_has_lost_its_marker_is_not_written_to() {
    let mut rig = Rig::start(2).await;
    rig.record(10).await;
    let own = rig.folder.path().join("segments");
    let elsewhere = rig.folder.path().join("unmounted");
    std::fs::rename(&own, &elsewhere).unwrap();
    std::fs::create_dir(&own).unwrap();
    rig.storage(0).found(Health::Missing, &rig.camera.clock.clone());
    rig.record(20).await;
    let rows = rig.filed().await;
    assert_eq!(rows.iter().map(|row| row.storage).collect::<Vec<_>>(), [rig.storage(1).id()]);
    assert_eq!(std::fs::read_dir(&own).unwrap().count(), 0, "what lies below a mount point is not filled");

    // Where nobody has noticed yet, the first new file does.
    let mut rig = Rig::start(2).await;
    std::fs::remove_dir_all(rig.folder.path().join("segments")).unwrap();
    rig.record(10).await;
    assert_eq!((rig.storage(0).health(), rig.problem()), (Health::Missing, None));
}

/// What a file's header says that it follows, and the tags of its records.
fn chain_of(rig: &Rig, row: &SegmentRow) -> (Option<Previous>, Vec<[u8; TAG_LEN]>) {
    let bytes = std::fs::read(rig.storage(0).segment_path(row.camera, row.id)).unwrap();
    let scanned = media::record::SegmentScanner::walk(&bytes).unwrap();
    let ends = scanned.records().iter().map(|record| usize::try_from(record.at().sealed().end).unwrap());
    (scanned.header().unwrap().previous, ends.map(|end| bytes[end - TAG_LEN..end].try_into().unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_file_follows_the_one_before_it_and_the_first_of_a_run_the_newest_of_the_one_before() {
    // With the index whole the rows are asked, and else the files.
    for complete in [true, false] {
        let mut rig = Rig::start(1).await;
        rig.recorder.shared.store.mark_index(complete).await.unwrap();
        for _run in 0..2 {
            for _file in 0..2 {
                (0..30).for_each(|_| rig.camera.picture(10));
                rig.recorder.look().await;
                rig.settle().await;
                // A hole, so that another file begins.
                rig.camera.clock.advance(Duration::from_secs(5));
                rig.camera.pictures += 20;
            }
            rig.recorder.finish().await;
            let (shared, camera, home) = (rig.shared(), rig.id(), rig.home);
            rig.recorder = Recorder::new(shared, camera, home, Orders::always(), &rig.camera.feed);
            rig.camera.pictures = (rig.camera.pictures + 24) / 25 * 25;
            // What the ring still has of the last run is not recorded twice.
            let mut seen = vec![];
            while rig.recorder.units.try_read(&mut seen) > 0 || !std::mem::take(&mut seen).is_empty() {}
        }
        let rows = rig.filed().await;
        assert_eq!(rows.len(), 4, "{rows:?}");
        assert_eq!(chain_of(&rig, &rows[0]).0, None);
        for pair in rows.windows(2) {
            let (previous, _) = chain_of(&rig, &pair[1]);
            let (_, tags) = chain_of(&rig, &pair[0]);
            assert_eq!(pair[0].tail, tags.last().copied());
            assert_eq!(previous, pair[0].tail.map(|tail| Previous { segment: pair[0].id, tail }), "complete: {complete}");
            assert_eq!(pair[1].previous, Some(pair[0].id));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_fetched_is_filed_beside_the_chain_and_the_next_live_file_goes_on_past_it() {
    for complete in [true, false] {
        let mut rig = Rig::start(1).await;
        let (shared, camera, home) = (rig.shared(), rig.id(), rig.home);
        shared.store.mark_index(complete).await.unwrap();
        rig.record(10).await;
        rig.recorder.finish().await;
        let durable = shared.pulses.get(camera);
        let mut kept = vec![];
        rig.camera.feed.subscribe(Start::OldestKey).try_read(&mut kept);
        let later = |unit: &Arc<Unit>| {
            let (wall, format) = (unit.au.wall + Duration::from_secs(60), Arc::clone(&unit.au.format));
            AccessUnit { wall, format, data: unit.au.data.clone(), ..unit.au }
        };
        let mut fetched = Fetched::new(shared.clone(), camera, home);
        fetched.take(&mut kept.iter().map(later).collect()).await.unwrap();
        assert_eq!(fetched.finish().await.unwrap(), kept.len() as u64);
        assert_eq!(shared.pulses.get(camera), durable);

        rig.recorder = Recorder::new(shared, camera, home, Orders::always(), &rig.camera.feed);
        let mut seen = vec![];
        while rig.recorder.units.try_read(&mut seen) > 0 || !std::mem::take(&mut seen).is_empty() {}
        rig.camera.clock.advance(Duration::from_secs(120));
        rig.camera.pictures = (rig.camera.pictures + 24) / 25 * 25;
        rig.record(10).await;
        let rows = rig.filed().await;
        let [first, fetched, second] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((fetched.origin, fetched.previous, fetched.clean), (Origin::Backfill, None, true), "complete: {complete}");
        assert_eq!((first.origin, second.origin, second.previous), (Origin::Live, Origin::Live, Some(first.id)), "{complete}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_write_the_next_file_vouches_for_what_was_certain_and_no_more() {
    let mut rig = Rig::start(1).await;
    rig.record(27).await;
    let all = TimeRange::new(Timestamp::default(), rig.camera.clock.now() + Duration::from_secs(3600)).unwrap();
    let certain = rig.recorder.shared.open.of(rig.id(), all)[0].tail;
    rig.gates[0].break_off(true);
    rig.record(20).await;
    rig.gates[0].break_off(false);
    rig.storage(0).found(Health::Ok, &rig.camera.clock.clone());
    rig.record(10).await;
    let mut rows = rig.filed().await;
    while rows.len() < 2 {
        tokio::task::yield_now().await;
        rows = rig.rows().await;
    }
    let ((previous, _), (_, tags)) = (chain_of(&rig, &rows[1]), chain_of(&rig, &rows[0]));
    assert!(certain.is_some() && tags.contains(&certain.unwrap()));
    assert_eq!(previous, certain.map(|tail| Previous { segment: rows[0].id, tail }));
    assert_eq!((rows[0].tail, rows[0].clean), (certain, false));
}
