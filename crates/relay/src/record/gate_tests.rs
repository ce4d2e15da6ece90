use domain::plan::PlanMode;
use domain::{Clock as _, FootageClass};

use super::*;
use crate::record::recorder::tests::Rig;

fn on_events(pre: u64, post: u64) -> Guide {
    let plan = Plan { mode: PlanMode::Events, pre: Duration::from_secs(pre), post: Duration::from_secs(post), ..Plan::default() };
    Guide { plan, zone: Zone::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_kept_with_what_was_before_and_after_it_and_nothing_else_is() {
    let mut rig = Rig::start(1).await;
    rig.guide.send_replace(on_events(4, 5));
    let state = |rig: &Rig| rig.shared().board.get(rig.id(), rig.camera.clock.now()).recording;
    rig.seconds(30, || {}).await;
    assert_eq!(state(&rig), crate::state::RecordingStatus::Armed);
    let happened = rig.camera.clock.now();
    let mono = rig.camera.clock.mono();
    rig.seen.send_modify(|seen| seen.since = Some(mono));
    rig.seconds(3, || {}).await;
    rig.settle().await;
    assert_eq!(state(&rig), crate::state::RecordingStatus::On);
    let (over, mono) = (rig.camera.clock.now(), rig.camera.clock.mono());
    rig.seen.send_replace(Seen { since: None, last: Some(mono), deaf_since: None });
    rig.seconds(30, || {}).await;
    let rows = rig.filed().await;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.class, FootageClass::Event);
    let second = Duration::from_secs(1);
    let before = happened.since(row.start);
    // What the camera may have been late to tell of, and back to a key picture.
    let look = domain::limits::RECORD_POLL;
    assert!(before + look >= 4 * second + TOLD_AFTER_MAX && before <= 5 * second + TOLD_AFTER_MAX, "{before:?} before the event");
    let after = row.end.since(over);
    assert!(after >= 5 * second && after <= 6 * second, "{after:?} after the event");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_changes_ends_the_file_and_what_follows_is_of_another_class() {
    let mut rig = Rig::start(1).await;
    rig.seconds(10, || {}).await;
    rig.guide.send_replace(on_events(1, 5));
    rig.seconds(20, || {}).await;
    let mono = rig.camera.clock.mono();
    rig.seen.send_modify(|seen| seen.last = Some(mono));
    rig.seconds(10, || {}).await;
    rig.guide.send_replace(Guide::default());
    rig.seconds(10, || {}).await;
    let classes: Vec<_> = rig.filed().await.iter().map(|row| row.class).collect();
    assert_eq!(classes, [FootageClass::Continuous, FootageClass::Event, FootageClass::Continuous]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_cannot_be_heard_is_recorded_all_the_time() {
    let mut rig = Rig::start(1).await;
    rig.guide.send_replace(on_events(0, 5));
    let mono = rig.camera.clock.mono();
    rig.seen.send_modify(|seen| seen.deaf_since = Some(mono));
    rig.seconds(60, || {}).await;
    let recorded: Duration = rig.filed().await.iter().map(|row| row.end.since(row.start)).sum();
    assert!(recorded >= Duration::from_secs(50), "{recorded:?} of a minute");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_an_event_is_bounded_and_begins_with_a_key_picture() {
    let mut rig = Rig::start(1).await;
    rig.guide.send_replace(on_events(15, 5));
    let (guide, seen) = (rig.guide.subscribe(), rig.seen.subscribe());
    let mut gate = Gate::new(guide, seen);
    gate.turn(rig.camera.clock.now(), rig.camera.clock.mono());
    let mut units = rig.camera.units(1000, 100_000);
    for unit in units.drain(..) {
        let now = unit.au.arrived;
        gate.admit(&mut vec![unit], now);
        assert!(gate.bytes <= HELD_BYTES_MAX && gate.held.front().is_none_or(|unit| unit.au.starts_gop()));
    }
    // 20 Mbit/s: of 17 s and a GOP there is room for eight.
    assert!(gate.held.len() > 150 && gate.held.len() < 225, "{}", gate.held.len());
    assert_eq!(gate.bytes, gate.held.iter().map(|unit| unit.au.data.len()).sum::<usize>());
}
