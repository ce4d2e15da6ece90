use std::time::Duration;

use domain::plan::{Plan, PlanMode};
use policy::act::{AddCamera, EditCamera, EditHome, ListCameras, ReadCamera, SwitchHomePrivacy, SwitchPrivacy};
use store::Change;

use super::*;
use crate::{NewCamera, RecordingEdit};

async fn camera(rig: &Rig, owner: &Person, onvif: bool) -> domain::CameraId {
    let onvif_url = onvif.then(|| "http://192.0.2.7/onvif/device_service".into());
    let new = NewCamera { name: "Door".into(), main_url: "rtsp://192.0.2.7/".into(), onvif_url, ..NewCamera::default() };
    let permit = rig.control.ask::<AddCamera>(owner.principal(), owner.home()).await.unwrap();
    rig.control.add_camera(permit, new).await.unwrap().id
}

#[tokio::test]
async fn how_a_camera_is_recorded_is_set_within_bounds_and_the_relay_hears_of_it() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let id = camera(&rig, &owner, true).await;
    let read = async || rig.control.recording(rig.control.ask::<ReadCamera>(owner.principal(), id).await.unwrap()).await;
    let edit = async |edit| {
        let permit = rig.control.ask::<EditCamera>(owner.principal(), id).await.unwrap();
        rig.control.edit_recording(permit, edit).await
    };
    let before = read().await.unwrap();
    assert_eq!((before.on, before.plan, before.zone.name()), (true, Plan::default(), "UTC"));

    let mut changes = rig.store.bus().subscribe();
    let seconds = Duration::from_secs;
    let wish = RecordingEdit { mode: Some(PlanMode::Events), pre: Some(seconds(3)), ..RecordingEdit::default() };
    edit(wish).await.unwrap();
    assert_eq!(changes.try_recv(), Ok(Change::Camera(id)));
    edit(RecordingEdit { on: Some(false), ..RecordingEdit::default() }).await.unwrap();
    let after = read().await.unwrap();
    assert_eq!(
        (after.on, after.plan.mode, after.plan.pre),
        (false, PlanMode::Events, seconds(3)),
        "off, and what was chosen stays"
    );
    for (pre, post) in [(Some(seconds(16)), None), (None, Some(seconds(301)))] {
        assert_eq!(code(edit(RecordingEdit { pre, post, ..RecordingEdit::default() }).await), "request.invalid");
    }
}

#[tokio::test]
async fn a_camera_that_tells_of_no_events_cannot_be_recorded_on_them() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let id = camera(&rig, &owner, false).await;
    let permit = rig.control.ask::<EditCamera>(owner.principal(), id).await.unwrap();
    let wish = RecordingEdit { mode: Some(PlanMode::Events), ..RecordingEdit::default() };
    assert_eq!(code(rig.control.edit_recording(permit, wish).await), "camera.no_events");
}

#[tokio::test]
async fn privacy_is_the_owners_for_a_camera_or_for_all_and_ends_by_the_clock() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let (one, other) = (camera(&rig, &owner, false).await, camera(&rig, &owner, false).await);
    let home = owner.home();
    let private = async |id| rig.store.privacy(home, id, rig.clock.now()).await.unwrap().is_some();
    let switch = async |id, on, until| {
        let permit = rig.control.ask::<SwitchPrivacy>(owner.principal(), id).await.unwrap();
        rig.control.switch_privacy(permit, on, until).await
    };
    let all = async |on, until| {
        let permit = rig.control.ask::<SwitchHomePrivacy>(owner.principal(), home).await.unwrap();
        rig.control.switch_home_privacy(permit, on, until).await
    };
    let hour = Duration::from_secs(3600);
    for until in [rig.clock.now() - hour, rig.clock.now() + hour * 24 * 40] {
        assert_eq!(code(switch(one, true, Some(until)).await), "request.invalid");
    }
    switch(one, true, Some(rig.clock.now() + hour)).await.unwrap();
    assert!(private(one).await && !private(other).await);
    rig.clock.advance(hour);
    assert!(!private(one).await, "it ended by itself");

    all(true, None).await.unwrap();
    assert!(private(one).await && private(other).await);
    switch(one, false, None).await.unwrap();
    assert!(private(one).await, "the home's holds for each of its cameras");
    switch(other, true, None).await.unwrap();
    all(false, None).await.unwrap();
    assert!(!private(one).await && !private(other).await, "what ends for all ends for each");

    let member = rig.member(home).await;
    assert!(rig.control.ask::<SwitchPrivacy>(member.principal(), one).await.is_err());
    assert!(rig.control.ask::<SwitchHomePrivacy>(member.principal(), home).await.is_err());
    let permit = rig.control.ask::<ListCameras>(member.principal(), home).await.unwrap();
    assert_eq!(rig.control.home(permit).await.unwrap().private, []);
}

#[tokio::test]
async fn a_home_lives_by_a_clock_that_is_known() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let edit = async |zone: &str| {
        let permit = rig.control.ask::<EditHome>(owner.principal(), owner.home()).await.unwrap();
        rig.control.edit_home(permit, zone).await
    };
    edit("Asia/Shanghai").await.unwrap();
    assert_eq!(code(edit("Asia/Atlantis").await), "request.invalid");
    let permit = rig.control.ask::<ListCameras>(owner.principal(), owner.home()).await.unwrap();
    assert_eq!(rig.control.home(permit).await.unwrap().zone.name(), "Asia/Shanghai");
}
