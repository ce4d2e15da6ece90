//! What is kept of a camera and what is not: on events, and while nobody is to see it.

use std::time::Duration;

use device::Trigger;
use domain::plan::{Plan, PlanMode};
use domain::{Clock as _, StreamName, SystemClock, Timestamp};
use media::record::Cause;
use policy::act::{EditCamera, MoveCamera, SwitchPrivacy, TakeSnapshot, ViewLive, ViewRecorded};
use relay::{LiveMessage, RecordingStatus, Status, StreamChoice};
use store::MarkKind;
use tokio::time::timeout;

use crate::rig::{Rig, last_minutes, until};

const SECOND: Duration = Duration::from_secs(1);

impl Rig {
    async fn record_on_events(&self, pre: Duration, post: Duration) {
        let plan = Plan { mode: PlanMode::Events, pre, post, ..Plan::default() };
        self.store.set_plan(&self.permit::<EditCamera>(self.camera).await, &plan).await.unwrap();
    }

    async fn private(&self, on: bool, ends: Option<Timestamp>) {
        self.store.set_privacy(&self.permit::<SwitchPrivacy>(self.camera).await, on, ends).await.unwrap();
    }

    async fn recording(&self, wanted: RecordingStatus) {
        let is = || (self.relay.camera_state(self.camera).recording == wanted).then_some(());
        until(&format!("{wanted:?}"), async || is()).await;
    }

    async fn status(&self, wanted: Status) {
        let is = || (self.relay.camera_state(self.camera).status == wanted).then_some(());
        until(&format!("{wanted:?}"), async || is()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_on_events_keeps_what_is_around_one_with_what_was_before() {
    let rig = Rig::with_onvif().await;
    rig.record_on_events(2 * SECOND, 2 * SECOND).await;
    rig.recording(RecordingStatus::Armed).await;
    // Long enough that keeping everything would show.
    let armed = SystemClock.now();
    until("a quiet time", async || (SystemClock.now().since(armed) > 8 * SECOND).then_some(())).await;
    assert!(rig.relay.camera_state(rig.camera).events_problem.is_none());

    let happened = SystemClock.now();
    rig.device(|device| device.trigger(Trigger::Motion, true));
    rig.recording(RecordingStatus::On).await;
    rig.device(|device| device.trigger(Trigger::Motion, false));
    rig.recording(RecordingStatus::Armed).await;
    let over = SystemClock.now();

    let timeline = until("the event's footage", async || {
        let timeline = rig.timeline().await;
        timeline.spans.iter().any(|span| span.to() > happened).then_some(timeline)
    })
    .await;
    let span = timeline.spans.iter().find(|span| span.to() > happened).unwrap();
    let before = happened.since(span.from());
    assert!(before >= 2 * SECOND && before <= 6 * SECOND, "{before:?} before the event");
    assert!(span.to() <= over + SECOND && span.to() >= happened + 2 * SECOND, "{:?} after", span.to().since(happened));
    let quiet = timeline.gaps.iter().filter(|gap| gap.cause == Cause::Quiet).map(|gap| gap.range.length());
    assert!(quiet.sum::<Duration>() >= 3 * SECOND, "{:?}", timeline.gaps);

    let marks = rig.relay.marks(rig.permit::<ViewRecorded>(rig.camera).await, last_minutes()).await.unwrap();
    let [mark] = &marks[..] else { panic!("{marks:?}") };
    assert!(mark.kind == MarkKind::Motion && mark.from >= happened && mark.to.is_some(), "{mark:?}");
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_rings_the_bell_by_http_is_on_the_timeline_and_only_with_the_password() {
    let rig = Rig::with_password("camera", "hunter2").await;
    rig.record_on_events(SECOND, SECOND).await;
    rig.recording(RecordingStatus::Armed).await;
    let marks = async |kind: MarkKind| {
        let marks = rig.relay.marks(rig.permit::<ViewRecorded>(rig.camera).await, last_minutes()).await.unwrap();
        marks.into_iter().filter(|mark| mark.kind == kind).collect::<Vec<_>>()
    };
    until("its events to be heard", async || {
        rig.device(|device| [true, false].map(|active| device.trigger(Trigger::Tamper, active)));
        (!marks(MarkKind::Tamper).await.is_empty()).then_some(())
    })
    .await;

    let url = rig.device(|device| device.ring_url().unwrap());
    for sign_in in [None, Some(("camera", "hunter3"))] {
        assert_eq!(testkit::ring(&url, sign_in).await.unwrap(), 401, "{sign_in:?}");
    }
    let rung = SystemClock.now();
    assert_eq!(testkit::ring(&url, Some(("camera", "hunter2"))).await.unwrap(), 204);
    let marks = until("the ring's mark, and its end", async || {
        Some(marks(MarkKind::Doorbell).await).filter(|marks| marks.iter().any(|mark| mark.to.is_some()))
    })
    .await;
    let [mark] = &marks[..] else { panic!("those without the password rang: {marks:?}") };
    assert!(mark.from >= rung && mark.to == Some(mark.from), "{mark:?}");
    rig.relay.shutdown().await;

    let open = Rig::with_onvif().await;
    let url = open.device(|device| device.ring_url().unwrap());
    assert_eq!(testkit::ring(&url, Some(("camera", "hunter2"))).await.unwrap(), 403, "a camera without a password");
    open.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn privacy_cuts_what_is_seen_within_a_second_and_the_camera_is_not_even_connected() {
    let rig = Rig::with_onvif().await;
    rig.recorded(2 * SECOND).await;
    let mut parts = rig.relay.live_parts(rig.permit::<ViewLive>(rig.camera).await, StreamChoice::Main).unwrap();
    assert!(matches!(parts.next().await, Some(LiveMessage::Text(_))));

    rig.private(true, None).await;
    let drained = async { while parts.next().await.is_some() {} };
    timeout(SECOND, drained).await.expect("the view ends within a second");
    rig.status(Status::Private).await;
    until("the farewell", async || rig.device(|device| (device.clients(StreamName::Main) == 0).then_some(()))).await;
    let live = rig.relay.live_parts(rig.permit::<ViewLive>(rig.camera).await, StreamChoice::Main);
    assert_eq!(live.unwrap_err().code(), "camera.private");
    let still = rig.relay.snapshot(rig.permit::<TakeSnapshot>(rig.camera).await, None, None).await;
    assert_eq!(still.unwrap_err().code(), "camera.private");
    let controls = rig.relay.controls(rig.permit::<MoveCamera>(rig.camera).await).await;
    assert_eq!(controls.unwrap_err().code(), "camera.private");

    rig.private(false, None).await;
    rig.status(Status::Online).await;
    rig.recording(RecordingStatus::On).await;
    let gaps = rig.timeline().await.gaps;
    assert!(gaps.iter().any(|gap| gap.cause == Cause::Privacy), "{gaps:?}");
    rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn privacy_with_an_end_ends_by_itself() {
    let rig = Rig::start().await;
    rig.status(Status::Online).await;
    let end = SystemClock.now() + 2 * SECOND;
    rig.private(true, Some(end)).await;
    rig.status(Status::Private).await;
    assert_eq!(rig.relay.camera_state(rig.camera).private_until, Some(end));
    rig.status(Status::Online).await;
    assert!(SystemClock.now() >= end);
    rig.relay.shutdown().await;
}
