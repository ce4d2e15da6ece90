//! The client against a server that is not ours: oxvif's.

use std::sync::Arc;
use std::time::Duration;

use cameras::onvif::wire::imaging::Imaging;
use cameras::onvif::wire::ptz::Vector;
use cameras::onvif::{Camera, Cause, Step};
use domain::SystemClock;
use oxvif::mock::{AckOnlyOperation, MockServer};

#[tokio::test]
async fn capabilities_streams_movement_and_imaging_of_a_foreign_server() {
    // It has no lamp to switch, but knows the commands for one.
    let server = MockServer::builder().with_acknowledgment_only(AckOnlyOperation::PtzAuxiliaryCommand).start().await.unwrap();
    let camera = Camera::connect(server.device_url(), None, Arc::new(SystemClock)).await.unwrap();
    assert_eq!(camera.information().await.unwrap().make.as_deref(), Some("oxvif-mock"));
    let profiles = camera.profiles().await.unwrap();
    let profile = profiles.iter().find(|profile| profile.ptz).unwrap();
    let video = profile.video.as_ref().unwrap();
    assert!(video.width > 0 && video.height > 0 && !video.codec.is_empty());
    assert_eq!(camera.stream_url(&profile.token).await.unwrap().scheme(), "rtsp");
    assert_eq!(camera.snapshot_url(&profile.token).await.unwrap().scheme(), "http");

    let place = Vector { pan: 0.5, tilt: -0.5, zoom: 0.25 };
    camera.move_to(&profile.token, place).await.unwrap();
    assert_eq!(camera.ptz_status(&profile.token).await.unwrap().position, Some(place));
    camera.move_on(&profile.token, Vector { pan: 0.1, ..Vector::default() }, Duration::from_secs(5)).await.unwrap();
    camera.stop(&profile.token).await.unwrap();
    let token = camera.set_preset(&profile.token, "here", None).await.unwrap();
    assert!(camera.presets(&profile.token).await.unwrap().iter().any(|p| p.token == token && p.name.as_deref() == Some("here")));
    camera.goto_preset(&profile.token, &token).await.unwrap();
    camera.goto_home(&profile.token).await.unwrap();
    let node = camera.node().await.unwrap().unwrap();
    assert!(node.pan_tilt && node.zoom, "{node:?}");
    camera.auxiliary(&profile.token, "tt:IRLamp|On").await.unwrap();
    let nonsense = camera.auxiliary(&profile.token, "tt:Nonsense|On").await.unwrap_err();
    assert!(matches!(nonsense.cause, Cause::Refused(_)), "{nonsense}");
    let output = camera.outputs().await.unwrap().remove(0);
    camera.set_output(&output, true).await.unwrap();

    let source = profile.source.as_deref().unwrap();
    camera.set_imaging(source, &Imaging { brightness: Some(61.0), ..Imaging::default() }).await.unwrap();
    assert_eq!(camera.imaging(source).await.unwrap().brightness, Some(61.0));
    let options = camera.imaging_options(source).await.unwrap();
    assert!(options.brightness.is_some_and(|range| range.min < 61.0 && range.max > 61.0), "{options:?}");
    assert_eq!(options.ir_cut.len(), 3);
}

#[tokio::test]
async fn its_sign_in_is_passed_with_the_right_password_alone() {
    let server = MockServer::builder().enforce_auth(true).start().await.unwrap();
    let connect = async |password: &str| {
        let camera = Camera::connect(server.device_url(), Some(("admin", &password.into())), Arc::new(SystemClock)).await?;
        camera.information().await
    };
    assert!(connect("admin").await.is_ok());
    let wrong = connect("hunter2").await.unwrap_err();
    assert!(matches!(wrong.step, Step::Services | Step::SignIn), "{wrong}");
    assert_eq!(wrong.cause.code(), "camera.credentials_wrong");
}
