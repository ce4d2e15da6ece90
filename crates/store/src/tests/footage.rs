use domain::{FootageClass, Origin, SegmentId, StorageId, StreamName, TimeRange};
use media::record::MediaKeyId;

use super::*;
use crate::SegmentRow;

const fn t(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000)
}

fn segment(camera: CameraId, start: i64, end: i64) -> SegmentRow {
    SegmentRow {
        id: SegmentId::random(),
        camera,
        stream: StreamName::Main,
        key: MediaKeyId::from_bytes([3; 16]),
        start: t(start),
        end: t(end),
        bytes: 1000,
        has_audio: true,
        clean: true,
        storage: None,
        class: FootageClass::Continuous,
        origin: Origin::Live,
        previous: None,
        tail: None,
    }
}

#[tokio::test]
async fn segments_of_a_range_are_those_with_a_moment_in_it() {
    let rig = Rig::new().await;
    let camera = CameraId::random();
    let rows = [segment(camera, 10_000, 10_060), segment(camera, 10_060, 10_120), segment(camera, 10_200, 13_800)];
    for row in rows.iter().rev().chain([&segment(CameraId::random(), 10_000, 10_060)]) {
        rig.store.add_segment(row.clone()).await.unwrap();
    }
    for (from, to, expected) in [
        (0, 10_000, 0..0),
        (0, 10_001, 0..1),
        (10_059, 10_060, 0..1),
        (10_060, 10_061, 1..2),
        (10_030, 10_100, 0..2),
        (10_120, 10_200, 0..0),
        (13_799, 20_000, 2..3),
        (13_800, 20_000, 0..0),
        (0, 100_000, 0..3),
    ] {
        let range = TimeRange::new(t(from), t(to)).unwrap();
        assert_eq!(rig.store.segments(camera, range).await.unwrap(), rows[expected], "{from} to {to}");
    }
}

#[tokio::test]
async fn the_oldest_go_first() {
    let rig = Rig::new().await;
    assert_eq!(rig.store.footage_bytes().await.unwrap(), 0);
    let (a, b) = (CameraId::random(), CameraId::random());
    let rows = [segment(a, 0, 60), segment(b, 10, 20), segment(a, 60, 120)];
    for row in &rows {
        rig.store.add_segment(row.clone()).await.unwrap();
    }
    assert_eq!(rig.store.footage_bytes().await.unwrap(), 3000);
    assert_eq!(rig.store.oldest_segments(2).await.unwrap(), rows[..2]);
    assert_eq!(rig.store.segments_before(t(20), 10).await.unwrap(), rows[1..2]);
    assert_eq!(rig.store.segments_before(t(60), 1).await.unwrap(), rows[..1]);

    rig.store.remove_segment(rows[0].id).await.unwrap();
    rig.store.remove_segment(rows[0].id).await.unwrap();
    assert_eq!(rig.store.segment(rows[0].id).await.unwrap(), None);
    rig.store.remove_segments_of(a).await.unwrap();
    assert_eq!(rig.store.oldest_segments(10).await.unwrap(), rows[1..2]);
    assert_eq!(rig.store.footage_bytes().await.unwrap(), 1000);
}

#[tokio::test]
async fn a_scan_may_add_what_is_known_and_its_word_holds() {
    let mut rig = Rig::new().await;
    let row = segment(CameraId::random(), 0, 60);
    rig.store.add_segment(row.clone()).await.unwrap();
    let scanned = SegmentRow {
        end: t(59),
        bytes: 900,
        clean: false,
        has_audio: false,
        storage: Some(StorageId::random()),
        class: FootageClass::Event,
        origin: Origin::Backfill,
        previous: Some(SegmentId::random()),
        tail: Some([7; 16]),
        ..row
    };
    rig.store.add_segment(scanned.clone()).await.unwrap();
    rig.restart().await;
    assert_eq!(rig.store.segment(scanned.id).await.unwrap(), Some(scanned));
}

#[tokio::test]
async fn a_span_that_is_no_segments_is_refused() {
    let rig = Rig::new().await;
    for (start, end) in [(60, 59), (0, 3601)] {
        assert_eq!(code(rig.store.add_segment(segment(CameraId::random(), start, end)).await), "request.invalid");
    }
    rig.store.add_segment(segment(CameraId::random(), 0, 3600)).await.unwrap();
    rig.store.add_segment(segment(CameraId::random(), 5, 5)).await.unwrap();
}

#[tokio::test]
async fn gaps_say_why_and_one_that_runs_ends_now() {
    use media::record::{Cause, Gap};
    let (rig, camera) = (Rig::new().await, CameraId::random());
    let gap = |from, to, cause| Gap { range: TimeRange::new(t(from), t(to)).unwrap(), cause };
    let range = TimeRange::new(t(0), t(1000)).unwrap();
    rig.store.start_gap(camera, t(10), Cause::Offline).await.unwrap();
    assert_eq!(rig.store.gaps(camera, range, t(15)).await.unwrap(), [gap(10, 15, Cause::Offline)]);
    rig.store.start_gap(camera, t(20), Cause::Off).await.unwrap();
    rig.store.end_gap(camera, t(30)).await.unwrap();
    rig.store.not_kept_until(camera, t(1), t(5)).await.unwrap();
    rig.store.not_kept_until(camera, t(5), t(8)).await.unwrap();
    let all = [gap(1, 8, Cause::NotKept), gap(10, 20, Cause::Offline), gap(20, 30, Cause::Off)];
    assert_eq!(rig.store.gaps(camera, range, t(99)).await.unwrap(), all);
    let part = TimeRange::new(t(8), t(15)).unwrap();
    assert_eq!(rig.store.gaps(camera, part, t(99)).await.unwrap(), all[1..2]);
    rig.store.remove_segments_of(camera).await.unwrap();
    assert_eq!(rig.store.gaps(camera, range, t(99)).await.unwrap(), []);
}
