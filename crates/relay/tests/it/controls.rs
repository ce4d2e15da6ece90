//! What a camera can do besides showing, by the camera's own word.

use policy::act::{EditCamera, MoveCamera};
use relay::{Aim, Imaging, IrCut, SwitchKind};

use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_says_what_it_can_do() {
    let rig = Rig::with_onvif().await;
    let controls = rig.relay.controls(rig.permit::<MoveCamera>(rig.camera).await).await.unwrap().unwrap();
    let moves = controls.moves.unwrap();
    assert!(moves.pan_tilt && moves.zoom && moves.point && moves.home);
    assert_eq!((moves.presets, moves.presets_max), (Some(Vec::new()), Some(32)));
    let look = controls.look.unwrap();
    let brightness = look.brightness.unwrap();
    assert_eq!((brightness.min, brightness.max, brightness.value), (0.0, 100.0, 50.0));
    assert_eq!(look.ir_cut, Some((IrCut::Auto, vec![IrCut::On, IrCut::Off, IrCut::Auto])));
    let kinds: Vec<_> = controls.switches.iter().map(|switch| switch.kind).collect();
    assert_eq!(kinds, [SwitchKind::Light, SwitchKind::Siren, SwitchKind::Output]);
    assert_eq!((controls.make.as_deref(), controls.clock_off_s), (Some("atipcam"), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_brings_the_camera_to_where_it_was_and_no_further() {
    let rig = Rig::with_onvif().await;
    let place = || rig.device(|device| device.ptz().unwrap());
    for (name, (x, y), (right, up)) in [
        ("right of the middle", (0.75, 0.5), (1, 0)),
        ("at the top", (0.5, 0.0), (0, 1)),
        ("the lower left corner", (0.0, 1.0), (-1, -1)),
        ("the middle", (0.5, 0.5), (0, 0)),
    ] {
        let before = place().0;
        rig.relay.aim(rig.permit::<MoveCamera>(rig.camera).await, Aim::Point { x, y }).await.unwrap();
        let (after, moves) = place();
        let way = |from: f32, to: f32| if (to - from).abs() < 1e-6 { 0 } else { (to - from).signum() as i32 };
        assert_eq!((way(before.pan, after.pan), way(before.tilt, after.tilt)), (right, up), "{name}");
        assert!(!moves && (after.pan - before.pan).abs() < 0.2 && (after.tilt - before.tilt).abs() < 0.2, "{name}: {after:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_remembered_come_back_to_and_forgotten() {
    let rig = Rig::with_onvif().await;
    let turn = async |aim| rig.relay.aim(rig.permit::<MoveCamera>(rig.camera).await, aim).await;
    turn(Aim::Point { x: 1.0, y: 0.5 }).await.unwrap();
    let gate = rig.device(|device| device.ptz().unwrap().0);
    let preset = rig.relay.save_preset(rig.permit::<EditCamera>(rig.camera).await, "大门 Gate").await.unwrap();
    turn(Aim::Home).await.unwrap();
    assert_eq!(rig.device(|device| device.ptz().unwrap().0.pan), 0.0);
    turn(Aim::Preset(preset.token.clone())).await.unwrap();
    assert_eq!(rig.device(|device| device.ptz().unwrap().0), gate);
    let controls = rig.relay.controls(rig.permit::<MoveCamera>(rig.camera).await).await.unwrap().unwrap();
    assert_eq!(controls.moves.unwrap().presets, Some(vec![preset.clone()]));
    rig.relay.remove_preset(rig.permit::<EditCamera>(rig.camera).await, &preset.token).await.unwrap();
    let gone = turn(Aim::Preset(preset.token)).await.unwrap_err();
    assert_eq!(gone.code(), "camera.declined");
}

#[tokio::test(flavor = "multi_thread")]
async fn its_picture_its_switches_its_clock_and_its_restart() {
    let rig = Rig::with_onvif().await;
    let edit = async || rig.permit::<EditCamera>(rig.camera).await;
    let wish = Imaging { contrast: Some(61.0), ir_cut: Some(IrCut::Off), ..Imaging::default() };
    let look = rig.relay.set_look(edit().await, wish).await.unwrap();
    assert_eq!((look.contrast.unwrap().value, look.brightness.unwrap().value, look.ir_cut.unwrap().0), (61.0, 50.0, IrCut::Off));
    assert_eq!(rig.device(|device| device.imaging().unwrap().contrast), Some(61.0));
    let too_much = Imaging { brightness: Some(700.0), ..Imaging::default() };
    assert_eq!(rig.relay.set_look(edit().await, too_much).await.unwrap_err().code(), "camera.declined");

    let switch = async |token: &str, on| rig.relay.switch(rig.permit::<MoveCamera>(rig.camera).await, token, on).await;
    switch("auxiliary/tt:Siren", true).await.unwrap();
    switch("output/gate", true).await.unwrap();
    switch("auxiliary/tt:Siren", false).await.unwrap();
    assert_eq!(rig.device(device::Running::switched_on), ["gate"]);
    for (token, code) in
        [("auxiliary/tt:Wiper", "camera.unsupported"), ("output/door", "camera.declined"), ("siren", "camera.unsupported")]
    {
        assert_eq!(switch(token, true).await.unwrap_err().code(), code, "{token}");
    }

    assert_eq!(rig.relay.set_camera_clock(edit().await).await.unwrap(), 0);
    rig.relay.restart_camera(edit().await).await.unwrap();
    assert_eq!(rig.device(device::Running::reboots), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_without_onvif_says_nothing_and_does_nothing() {
    let rig = Rig::start().await;
    assert_eq!(rig.relay.controls(rig.permit::<MoveCamera>(rig.camera).await).await.unwrap(), None);
    let aim = rig.relay.aim(rig.permit::<MoveCamera>(rig.camera).await, Aim::Home).await;
    assert_eq!(aim.unwrap_err().code(), "camera.unsupported");
    let restart = rig.relay.restart_camera(rig.permit::<EditCamera>(rig.camera).await).await;
    assert_eq!(restart.unwrap_err().code(), "camera.unsupported");
}
