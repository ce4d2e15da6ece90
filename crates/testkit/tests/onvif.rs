//! Our camera as others meet it: a client that is not ours, and a LAN to be found on.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Onvif, Scene, Trigger};
use domain::{StreamName, SystemClock};
use serde_json::{Value, json};
use testkit::{Process, command, output};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_not_ours_gets_capabilities_streams_movement_imaging_and_events() {
    let python = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("python").join("bin/python");
    assert!(python.exists(), "onvif-zeep is missing: run scripts/setup test");
    let mut config = Config::scene(Scene::Test);
    config.credentials = Some(("admin".into(), "hunter2".into()));
    config.onvif = Some(Onvif::new(SocketAddr::from(([127, 0, 0, 1], 0))));
    let camera = Camera::start(config, Arc::new(SystemClock)).await.unwrap();
    let url: url::Url = camera.onvif_url().unwrap().parse().unwrap();

    let mut client = command(python);
    client.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/onvif_client.py"));
    client.args(["127.0.0.1", &url.port().unwrap().to_string(), "admin", "hunter2"]);
    let client = Process::start(client).unwrap();
    let (client, _) = tokio::task::spawn_blocking(move || {
        let subscribed = client.line(Duration::from_secs(60), |line| line.contains("subscribed").then_some(()));
        (client, subscribed.unwrap())
    })
    .await
    .unwrap();
    camera.trigger(Trigger::Motion, true);
    let said: Value = tokio::task::spawn_blocking(move || {
        client.line(Duration::from_secs(60), |line| serde_json::from_str(line).ok()).unwrap()
    })
    .await
    .unwrap();

    assert_eq!((&said["make"], &said["services"]), (&json!("atipcam"), &json!(6)));
    assert_eq!(said["profiles"], json!([320, 160]));
    assert_eq!(said["stream"], json!(camera.url(StreamName::Main)));
    assert_eq!(said["snapshot"], json!(url.join("/onvif/snapshot/main").unwrap()));
    assert_eq!((&said["position"], &said["home"]), (&json!([0.5, -0.5, 0.25]), &json!(true)));
    let (place, moves) = camera.ptz().unwrap();
    assert_eq!((place.pan, moves, &said["presets"]), (0.5, false, &json!(["door"])), "it went back to the preset");
    assert_eq!((&said["brightness"], camera.imaging().unwrap().brightness), (&json!(71.0), Some(71.0)));
    assert_eq!(said["first"], 4);
    assert_eq!(said["second"][1], json!({"Name": "IsMotion", "Value": "true"}), "{}", said["second"]);
    assert!(said["wrong"].as_str().unwrap().contains("not authorized"), "{}", said["wrong"]);
}

#[test]
fn eight_cameras_on_a_segment_are_found_by_multicast_and_two_behind_a_router_by_the_sweep() {
    let mut rig = command(env!("CARGO_BIN_EXE_rig"));
    rig.arg("lan");
    let said = output(rig).unwrap();
    assert_eq!(said.lines().count(), 2, "{said}");
}
