use domain::{FootageClass, Origin, SegmentId, StorageId, StreamName, TimeRange};
use media::record::MediaKeyId;
use sea_orm::{EntityTrait, QueryOrder};

use super::*;
use crate::footage::entity::day;
use crate::{FootageSum, Keep, Oldest, SegmentRow};

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
async fn what_was_fetched_is_found_by_an_index_of_its_own() {
    let rig = Rig::new().await;
    let camera = CameraId::random();
    let fetched = |camera, start, end| SegmentRow { origin: Origin::Backfill, ..segment(camera, start, end) };
    let other = fetched(CameraId::random(), 60, 120);
    for row in [segment(camera, 0, 60), fetched(camera, 120, 180), fetched(camera, 60, 120), segment(camera, 180, 240), other] {
        rig.store.add_segment(row).await.unwrap();
    }
    let range = |from, to| TimeRange::new(t(from), t(to)).unwrap();
    assert_eq!(rig.store.fetched(camera, range(0, 1000)).await.unwrap(), [range(60, 120), range(120, 180)]);
    assert_eq!(rig.store.fetched(camera, range(120, 130)).await.unwrap(), [range(120, 180)]);
    assert_eq!(rig.store.fetched(camera, range(180, 1000)).await.unwrap(), []);
    let plan = "explain query plan select start_at from segment where camera = ?1 and \"origin\" = 'backfill' and start_at >= ?2";
    let plan = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, plan);
    let plan = rig.store.index().read().query_all_raw(plan).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
    assert!(plan.iter().any(|step| step.contains("segment_fetched")), "{plan:?}");
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
    let before = |second| Oldest { before: Some(t(second)), ..Oldest::default() };
    assert_eq!(rig.store.oldest(Oldest::default(), None, 2).await.unwrap(), rows[..2]);
    assert_eq!(rig.store.oldest(Oldest::default(), Some((t(0), rows[0].id)), 9).await.unwrap(), rows[1..]);
    assert_eq!(rig.store.oldest(before(20), None, 10).await.unwrap(), rows[1..2]);
    assert_eq!(rig.store.oldest(before(60), None, 1).await.unwrap(), rows[..1]);

    rig.store.remove_segment(rows[0].id).await.unwrap();
    rig.store.remove_segment(rows[0].id).await.unwrap();
    assert_eq!(rig.store.segment(rows[0].id).await.unwrap(), None);
    rig.store.remove_segments_of(a).await.unwrap();
    assert_eq!(rig.store.oldest(Oldest::default(), None, 10).await.unwrap(), rows[1..2]);
    assert_eq!(rig.store.footage_bytes().await.unwrap(), 1000);
}

#[tokio::test]
async fn footage_is_told_apart_by_where_it_lies_whose_it_is_and_why_it_is_kept() {
    let rig = Rig::new().await;
    let (a, b, disk) = (CameraId::random(), CameraId::random(), StorageId::random());
    let event = SegmentRow { class: FootageClass::Event, ..segment(a, 0, 60) };
    let far = SegmentRow { storage: Some(disk), ..segment(b, 10, 20) };
    let near = segment(a, 60, 120);
    for row in [&event, &far, &near] {
        rig.store.add_segment(row.clone()).await.unwrap();
    }
    let mut sums = rig.store.footage_sums().await.unwrap();
    sums.sort_by_key(|sum| (sum.storage, sum.class.as_str()));
    let sum = |storage, camera, class| FootageSum { storage, camera, class, bytes: 1000 };
    let expected = [sum(None, a, FootageClass::Continuous), sum(None, a, FootageClass::Event)];
    assert_eq!((&sums[..2], sums[2]), (&expected[..], sum(Some(disk), b, FootageClass::Continuous)));
    let oldest = async |of: Oldest| rig.store.oldest(of, None, 9).await.unwrap();
    assert_eq!(oldest(Oldest { storage: Some(None), ..Oldest::default() }).await, [event.clone(), near.clone()]);
    assert_eq!(oldest(Oldest { class: Some(FootageClass::Continuous), ..Oldest::default() }).await, [far.clone(), near.clone()]);
    assert_eq!(oldest(Oldest { camera: Some(b), ..Oldest::default() }).await, [far]);

    rig.store.place_segment(near.id, Some(disk)).await.unwrap();
    let moved = SegmentRow { storage: Some(disk), ..near };
    assert_eq!(oldest(Oldest { storage: Some(Some(disk)), camera: Some(a), ..Oldest::default() }).await, [moved]);
}

#[tokio::test]
async fn a_camera_has_limits_of_its_own_and_loses_them_with_itself() {
    use policy::act::{EditCamera, ReadCamera, RemoveCamera};
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await.id;
    let edit = permit::<EditCamera>(camera, home);
    let week = Keep { days: Some(7), bytes: None };
    let set = async |keep| rig.store.set_keeps(&edit, &[(FootageClass::Continuous, keep)]).await;
    set(Keep { days: Some(1), bytes: Some(2_000_000_000) }).await.unwrap();
    set(week).await.unwrap();
    assert_eq!(rig.store.keeps().await.unwrap(), [((camera, FootageClass::Continuous), week)].into());
    assert_eq!(rig.store.keeps_of(&permit::<ReadCamera>(camera, home)).await.unwrap(), [(FootageClass::Continuous, week)].into());
    for (days, bytes) in [(Some(0), None), (Some(4000), None), (None, Some(1000)), (None, Some(u64::MAX))] {
        assert_eq!(code(set(Keep { days, bytes }).await), "request.invalid");
    }
    rig.store.remove_camera(&permit::<RemoveCamera>(camera, home)).await.unwrap();
    assert_eq!(rig.store.keeps().await.unwrap(), [].into());
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
    // Of another class something older goes later.
    rig.store.not_kept_until(camera, t(2), t(6)).await.unwrap();
    let all = [gap(1, 8, Cause::NotKept), gap(10, 20, Cause::Offline), gap(20, 30, Cause::Off)];
    assert_eq!(rig.store.gaps(camera, range, t(99)).await.unwrap(), all);
    let part = TimeRange::new(t(8), t(15)).unwrap();
    assert_eq!(rig.store.gaps(camera, part, t(99)).await.unwrap(), all[1..2]);
    rig.store.remove_segments_of(camera).await.unwrap();
    assert_eq!(rig.store.gaps(camera, range, t(99)).await.unwrap(), []);
}

/// What one camera's day, or any range of it, comes to.
async fn recorded(rig: &Rig, camera: CameraId, from: i64, to: i64) -> Vec<(i64, i64)> {
    let spans = rig.store.recorded(camera, TimeRange::new(t(from), t(to)).unwrap()).await.unwrap();
    spans.iter().map(|span| (span.from().micros() / 1_000_000, span.to().micros() / 1_000_000)).collect()
}

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn a_days_sum_is_what_its_segments_come_to_as_they_come_and_go() {
    let rig = Rig::new().await;
    let (camera, other) = (CameraId::random(), CameraId::random());
    assert_eq!(recorded(&rig, camera, 0, 3 * DAY).await, []);
    let rows = [
        segment(camera, 100, 160),
        segment(camera, 160, 220),
        // Begins within a second of the one before.
        segment(camera, 221, 280),
        segment(camera, 300, 360),
        // Over midnight.
        segment(camera, DAY - 30, DAY + 30),
        segment(other, 100, 400),
    ];
    for row in &rows {
        rig.store.add_segment(row.clone()).await.unwrap();
    }
    let all = [(100, 280), (300, 360), (DAY - 30, DAY + 30)];
    assert_eq!(recorded(&rig, camera, 0, 3 * DAY).await, all);
    assert_eq!(recorded(&rig, camera, 200, 320).await, [(200, 280), (300, 320)]);
    assert_eq!(recorded(&rig, camera, DAY, DAY + 10).await, [(DAY, DAY + 10)]);
    assert_eq!(recorded(&rig, camera, 280, 300).await, []);

    // One that comes later than what follows it, and one that says another end when it comes again.
    rig.store.add_segment(segment(camera, 20, 60)).await.unwrap();
    rig.store.add_segment(SegmentRow { end: t(350), ..rows[3].clone() }).await.unwrap();
    assert_eq!(recorded(&rig, camera, 0, DAY).await, [(20, 60), (100, 280), (300, 350), (DAY - 30, DAY)]);
    rig.store.remove_segment(rows[4].id).await.unwrap();
    rig.store.remove_segment(rows[1].id).await.unwrap();
    rig.store.remove_segment(rows[1].id).await.unwrap();
    assert_eq!(recorded(&rig, camera, 0, 3 * DAY).await, [(20, 60), (100, 160), (221, 280), (300, 350)]);
    rig.store.restore_segments(&[rows[1].clone(), SegmentRow { end: t(340), ..rows[3].clone() }]).await.unwrap();
    assert_eq!(recorded(&rig, camera, 0, 3 * DAY).await, [(20, 60), (100, 280), (300, 340)]);
    rig.store.remove_segments_of(camera).await.unwrap();
    assert_eq!(recorded(&rig, camera, 0, 3 * DAY).await, []);
    assert_eq!(recorded(&rig, other, 0, DAY).await, [(100, 400)]);
}

#[tokio::test]
async fn all_sums_are_made_at_once_for_those_days_alone_that_have_none() {
    let rig = Rig::new().await;
    let (camera, other) = (CameraId::random(), CameraId::random());
    rig.store.sum_days(camera).await.unwrap();
    rig.store.add_segment(segment(camera, 2 * DAY, 2 * DAY + 60)).await.unwrap();
    let restored = [segment(camera, 10, 70), segment(camera, DAY - 30, DAY + 30), segment(other, 10, 70)];
    rig.store.restore_segments(&restored).await.unwrap();
    let sums = async || {
        let rows = day::Entity::find().order_by_asc(day::Column::Day).all(rig.store.index().read()).await.unwrap();
        rows.into_iter().map(|row| row.day).collect::<Vec<_>>()
    };
    assert_eq!(sums().await, [2]);
    rig.store.sum_days(camera).await.unwrap();
    assert_eq!(sums().await, [0, 1, 2]);
    assert_eq!(recorded(&rig, camera, 0, 3 * DAY).await, [(10, 70), (DAY - 30, DAY + 30), (2 * DAY, 2 * DAY + 60)]);
}

#[tokio::test]
async fn sums_are_what_a_look_at_every_row_finds_whatever_the_order() {
    let rig = Rig::new().await;
    let camera = CameraId::random();
    // Spans of 1 to 90 s, some of which overlap, in an order that is none.
    let rows: Vec<SegmentRow> = (0..400_i64)
        .map(|n| n * 7919 % 400)
        .map(|n| (n * 1000, n % 90 + 1))
        .map(|(at, length)| segment(camera, at, at + if at % 7000 == 0 { 1500 } else { length }))
        .collect();
    for (n, row) in rows.iter().enumerate() {
        rig.store.add_segment(row.clone()).await.unwrap();
        if n % 5 == 4 {
            rig.store.remove_segment(rows[n - 2].id).await.unwrap();
        }
    }
    let range = TimeRange::new(t(0), t(10 * DAY)).unwrap();
    let every: Vec<_> =
        rig.store.segments(camera, range).await.unwrap().iter().map(|row| TimeRange::new(row.start, row.end).unwrap()).collect();
    let expected = media::record::Timeline::new(range, range.to(), &every, &[], false).spans;
    assert!(expected.len() > 200);
    assert_eq!(rig.store.recorded(camera, range).await.unwrap(), expected);
}

#[tokio::test]
async fn an_index_is_complete_once_that_is_written_down_and_not_before() {
    let mut rig = Rig::new().await;
    assert!(!rig.store.index_is_complete().await.unwrap());
    rig.store.mark_index(true).await.unwrap();
    rig.store.mark_index(true).await.unwrap();
    rig.restart().await;
    assert!(rig.store.index_is_complete().await.unwrap());
    rig.store.mark_index(false).await.unwrap();
    assert!(!rig.store.index_is_complete().await.unwrap());
    rig.store.mark_index(true).await.unwrap();
    rig.store.close().await.unwrap();
    fs::remove_file(rig.dir.path().join("index.db")).unwrap();
    rig.store = rig.open().await.unwrap();
    assert!(!rig.store.index_is_complete().await.unwrap());
}

#[tokio::test]
async fn the_newest_segment_is_that_of_the_same_camera_stream_and_origin() {
    let rig = Rig::new().await;
    let camera = CameraId::random();
    let newest = segment(camera, 500, 560);
    let others = [
        segment(camera, 100, 160),
        segment(CameraId::random(), 900, 960),
        SegmentRow { stream: StreamName::Sub, ..segment(camera, 900, 960) },
        SegmentRow { origin: Origin::Backfill, ..segment(camera, 900, 960) },
    ];
    for row in others.iter().chain([&newest]) {
        rig.store.add_segment(row.clone()).await.unwrap();
    }
    assert_eq!(rig.store.newest_segment(camera, StreamName::Main).await.unwrap(), Some(newest));
    assert_eq!(rig.store.newest_segment(CameraId::random(), StreamName::Main).await.unwrap(), None);
}

#[tokio::test]
async fn all_rows_are_walked_in_pages() {
    let rig = Rig::new().await;
    let mut ids = Vec::new();
    for n in 0..7 {
        let row = segment(CameraId::random(), n, n + 1);
        ids.push(row.id);
        rig.store.add_segment(row).await.unwrap();
    }
    let (mut walked, mut after) = (Vec::new(), None);
    loop {
        let page = rig.store.segments_behind(after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        walked.extend(page.iter().map(|row| row.id));
    }
    ids.sort_unstable();
    assert_eq!(walked, ids);
}

#[tokio::test]
async fn a_row_is_durable_before_it_is_answered() {
    let rig = Rig::new().await;
    let asked = sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, "PRAGMA synchronous");
    let row = rig.store.index().write().query_one_raw(asked).await.unwrap().unwrap();
    // FULL: a commit waits for its log. A segment's file moves out of a start's sight by that.
    assert_eq!(row.try_get_by_index::<i32>(0).unwrap(), 2);
}
