use std::slice;

use bytes::Bytes;
use domain::Mono;
use media::au::{Format, Track, VideoCodec, VideoFormat};

use super::*;

/// A key picture a second, four others between: 5 pictures a second.
const GOP: i64 = 5;
const TICKS: i64 = 18_000;
const BEGUN: i64 = 1_700_000_000_000_000;

fn format() -> Arc<Format> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 320,
        height: 180,
        rfc6381: "avc1.42c01e".into(),
        parameter_sets: vec![Bytes::from_static(&[0x67, 1]), Bytes::from_static(&[0x68, 1])],
        sample_entry: Bytes::from_static(&[0, 0, 0, 8, b'a', b'v', b'c', b'1']),
    };
    Arc::new(Format { video, audio: None })
}

/// Picture `n` of a camera that began at [`BEGUN`]; its bytes say which it is.
fn unit(format: &Arc<Format>, n: i64, size: usize) -> AccessUnit {
    let mut data = vec![0; size];
    data[..8].copy_from_slice(&n.to_be_bytes());
    AccessUnit {
        track: Track::Video,
        format: Arc::clone(format),
        dts: n * TICKS,
        cts: 0,
        wall: at(n),
        arrived: Mono::from_micros((n * 200_000).unsigned_abs()),
        key: n % GOP == 0,
        discontinuity: false,
        data: data.into(),
    }
}

fn at(n: i64) -> Timestamp {
    Timestamp::from_micros(BEGUN + n * 200_000)
}

fn number(recalled: &Recalled) -> i64 {
    i64::from_be_bytes(recalled.unit.data[..8].try_into().unwrap())
}

struct Rig {
    dir: tempfile::TempDir,
    ring: Arc<Ring>,
}

impl Rig {
    /// A ring that was given these pictures, in as many starts as there are ranges.
    async fn new(bytes: u64, size: usize, starts: &[std::ops::Range<i64>]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut ring = None;
        for pictures in starts {
            ring = Some(feed(dir.path(), bytes, size, pictures.clone()).await);
        }
        Self { dir, ring: ring.unwrap() }
    }

    async fn read(&self, from: i64, to: i64) -> Vec<Recalled> {
        let (out, mut units) = mpsc::channel(4);
        let ring = Arc::clone(&self.ring);
        tokio::task::spawn_blocking(move || ring.read(Some(at(from)), Some(at(to)), out));
        let mut all = Vec::new();
        while let Some(recalled) = units.recv().await {
            all.push(recalled);
        }
        all
    }
}

async fn feed(dir: &Path, bytes: u64, size: usize, pictures: std::ops::Range<i64>) -> Arc<Ring> {
    let (tasks, format) = (TaskTracker::new(), format());
    let keep = Keep { dir: dir.join("kept"), bytes };
    let (ring, tap) = Ring::open(keep, Some(dir), CameraId::from_bytes([7; 16]), &tasks).unwrap();
    for n in pictures {
        tap.told.send(Told::Unit(unit(&format, n, size))).await.unwrap();
    }
    drop(tap);
    tasks.close();
    tasks.wait().await;
    ring
}

#[tokio::test]
async fn what_was_kept_comes_back_from_its_key_picture_on() {
    let rig = Rig::new(BYTES_MIN, 100, slice::from_ref(&(0..1000))).await;
    assert!(rig.ring.files().len() > 4, "files of half a minute");
    let recalled = rig.read(337, 702).await;
    let numbers: Vec<_> = recalled.iter().map(number).collect();
    assert_eq!((numbers[0], *numbers.last().unwrap()), (335, 701), "up to the fragment that holds its end");
    assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1));
    assert!(recalled.iter().all(|r| r.unit.wall == at(number(r)) && r.unit.key == (number(r) % GOP == 0)));
    let flags = |r: &Recalled| (r.discontinuity, r.end, r.terminal);
    assert_eq!(flags(&recalled[0]), (true, false, false));
    assert_eq!(flags(recalled.last().unwrap()), (false, true, true));
    assert!(recalled[1..recalled.len() - 1].iter().all(|r| flags(r) == (false, false, false)));
    assert!(!rig.ring.has(Some(at(1001)), None) && rig.ring.has(Some(at(999)), None));
    assert!(rig.read(2000, 2001).await.is_empty());
}

#[tokio::test]
async fn the_oldest_makes_room_and_a_hole_is_told() {
    // 100 KB a picture: 64 MiB hold some 670 of them.
    let rig = Rig::new(BYTES_MIN, 100_000, &[0..500, 600..1100]).await;
    let used: u64 = std::fs::read_dir(&rig.ring.keep.dir).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
    assert!(used <= BYTES_MIN && used > BYTES_MIN / 2, "{used}");
    assert!(!rig.ring.has(Some(at(0)), Some(at(100))), "it made room");
    let recalled = rig.read(480, 620).await;
    let hole = recalled.iter().position(|r| number(r) == 600).unwrap();
    assert_eq!((number(&recalled[hole - 1]), recalled[hole - 1].end, recalled[hole].discontinuity), (499, true, true));
}

#[tokio::test]
async fn what_a_power_cut_left_is_kept_as_far_as_it_is_whole() {
    let rig = Rig::new(BYTES_MIN, 100, slice::from_ref(&(0..100))).await;
    let newest = rig.ring.files().back().unwrap().path.clone();
    let whole = std::fs::read(&newest).unwrap();
    std::fs::write(&newest, &whole[..whole.len() * 2 / 3]).unwrap();
    let ring = feed(rig.dir.path(), BYTES_MIN, 100, 0..0).await;
    let (_, end) = ring.span().unwrap();
    assert!(end > at(30) && end < at(100), "{end}");
    let cut = Rig { dir: rig.dir, ring };
    let recalled = cut.read(0, 100).await;
    assert!(recalled.len() > 30 && recalled.iter().map(number).eq(0..recalled.len() as i64));
}

#[tokio::test]
async fn what_an_owner_saw_is_sealed_and_gone_with_the_key() {
    let rig = Rig::new(BYTES_MIN, 100, slice::from_ref(&(0..100))).await;
    let path = rig.ring.files().front().unwrap().path.clone();
    let clear = 42_i64.to_be_bytes();
    assert!(!std::fs::read(&path).unwrap().windows(8).any(|window| window == clear));
    forget_key(rig.dir.path()).unwrap();
    let ring = feed(rig.dir.path(), BYTES_MIN, 100, 200..300).await;
    assert_eq!(ring.span().unwrap().0, at(200));
    assert!(!path.exists());
    // And where the owner lets it go while it runs.
    let tasks = TaskTracker::new();
    let (ring, tap) = Ring::open(ring.keep.clone(), Some(rig.dir.path()), ring.camera, &tasks).unwrap();
    let before = ring.key().id();
    tap.forget().await;
    drop(tap);
    tasks.close();
    tasks.wait().await;
    assert_eq!((ring.span(), ring.key().id() == before), (None, false));
}

#[test]
fn a_store_that_is_too_small_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let keep = Keep { dir: dir.path().to_owned(), bytes: BYTES_MIN - 1 };
    let refused = Ring::open(keep, None, CameraId::from_bytes([7; 16]), &TaskTracker::new()).unwrap_err();
    assert_eq!(refused.code(), "device.store_small");
}
