use std::sync::{Condvar, Mutex};

use bytes::Bytes;
use domain::{Clock, SubjectId, TimeRange, Timestamp};
use media::au::{VideoCodec, VideoFormat};
use policy::{ConsentSet, Facts, FactsFuture, FactsSource, HomeFacts, Object, Principal};
use store::Store;
use tempfile::TempDir;
use testkit::ManualClock;
use tokio::time::timeout;

use super::*;
use crate::pull::Demand;
use crate::record::OpenSegments;
use crate::record::disk::Disk;
use crate::state::Board;
use crate::witness::Witness;

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

/// A disk that can be made to stall.
#[derive(Debug, Default)]
struct Gate {
    closed: Mutex<bool>,
    moved: Condvar,
}

impl Gate {
    fn set(&self, closed: bool) {
        *self.closed.lock().unwrap() = closed;
        self.moved.notify_all();
    }

    fn pass(&self) {
        drop(self.moved.wait_while(self.closed.lock().unwrap(), |closed| *closed).unwrap());
    }
}

struct Rig {
    recorder: Recorder,
    camera: Camera,
    gate: Arc<Gate>,
    _folder: TempDir,
}

struct Camera {
    feed: Arc<Feed>,
    clock: ManualClock,
    format: Arc<Format>,
    pictures: i64,
}

impl Rig {
    async fn start() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), ManualClock::default());
        let store = Store::open(folder.path(), Arc::new(clock.clone())).await.unwrap();
        let agreement = store::Agreement { version: policy::compiled::VERSION.into(), language: None };
        let subject = SubjectId::random();
        let owner =
            store::NewAccount { subject, email: "owner@example.org", password_hash: String::new(), adult: true, agreement };
        let home = store.set_up(owner).await.unwrap();
        let gate = Arc::new(Gate::default());
        let disk = Disk::observed({
            let gate = Arc::clone(&gate);
            move |_| gate.pass()
        });
        let shared = Shared {
            links: crate::link::Links::new(Arc::new(domain::SystemClock)),
            witness: Witness::start(store.clone(), Arc::new(clock.clone())),
            store,
            facts: Arc::new(ServerFacts(home)),
            clock: Arc::new(clock.clone()),
            board: Board::new(),
            demand: Demand::new(),
            opened: crate::playback::Cache::default(),
            disk,
            open: OpenSegments::default(),
            turns: crate::backfill::Turns::default(),
        };
        let feed = Feed::new();
        let recorder = Recorder::new(shared, CameraId::random(), home, AudioMode::Off, &feed);
        let camera = Camera { feed, clock, format: format(), pictures: 0 };
        Self { recorder, camera, gate, _folder: folder }
    }

    /// Ends the recording; its rows in the index.
    async fn filed(&mut self) -> Vec<SegmentRow> {
        self.recorder.finish().await;
        let all = TimeRange::new(Timestamp::default(), self.camera.clock.now() + Duration::from_secs(3600)).unwrap();
        self.recorder.shared.store.segments(self.recorder.camera, all).await.unwrap()
    }
}

impl Drop for Rig {
    /// A test that fails ends all the same.
    fn drop(&mut self) {
        self.gate.set(false);
    }
}

impl Camera {
    /// The next picture, 40 ms later; every 25th is a key picture.
    fn picture(&mut self, bytes: usize) {
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
            key: n % 25 == 0,
            discontinuity: false,
            data: vec![7; bytes].into(),
        };
        self.feed.push(au, 3600);
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
    let mut rig = Rig::start().await;
    let begin = rig.camera.clock.now() + Duration::from_millis(40);
    for fifth in 0..250 {
        if let 10 | 110 = fifth {
            rig.gate.set(fifth == 10);
        }
        // 2 Mbit/s, looked at every 200 ms.
        for _ in 0..5 {
            rig.camera.picture(10_000);
        }
        rig.recorder.look().await;
    }
    let end = begin + Duration::from_millis(40) * 1250;
    let rows = rig.filed().await;
    assert_eq!(rows.iter().map(|row| (row.start, row.end, row.clean)).collect::<Vec<_>>(), [(begin, end, true)]);
    let state = rig.recorder.shared.board.get(rig.recorder.camera, rig.camera.clock.now());
    assert_eq!(state.recording_problem, None);
    assert_eq!(rig.recorder.room.available_permits(), RECORDER_PENDING_BYTES_MAX, "nothing is under way any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_disk_is_bounded_and_what_did_not_fit_is_a_gap() {
    const PICTURE: usize = 500_000;
    let mut rig = Rig::start().await;
    let Rig { recorder, camera, gate, .. } = &mut rig;
    // The file is open before the disk stalls: from then on a look waits for nothing else.
    (0..25).for_each(|_| camera.picture(10));
    recorder.look().await;
    gate.set(true);
    let room = Arc::clone(&recorder.room);
    // 100 Mbit/s: a second of it is more than may be under way, another two are more than the ring holds besides.
    let end = loop {
        assert!(camera.pictures < 75, "bounded");
        camera.picture(PICTURE);
        let mut look = Box::pin(recorder.look());
        if timeout(Duration::ZERO, &mut look).await.is_err() {
            assert!(room.available_permits() < 13 * PICTURE, "not even a fragment fits");
            let begin = camera.pictures;
            (0..50).for_each(|_| camera.picture(PICTURE));
            gate.set(false);
            look.await;
            break begin;
        }
    };
    // It goes on with the next key picture.
    for _ in 0..50 {
        camera.picture(10);
        recorder.look().await;
    }
    let rows = rig.filed().await;
    let recorded: Duration = rows.iter().map(|row| row.end.since(row.start)).sum();
    let of = |pictures: i64| Duration::from_millis(40) * u32::try_from(pictures).unwrap();
    assert!(rows.len() > 1 && recorded < of(rig.camera.pictures), "{recorded:?} in {} files", rows.len());
    assert!(recorded > of(end - 26), "what was under way is kept: {recorded:?}");
}
