//! What runs by a membership ends with it.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use device::{Camera, Config, Scene};
use domain::{CameraId, StreamName, SystemClock};
use policy::Principal;
use policy::act::ViewLive;
use relay::{LiveMessage, Status, StreamChoice};
use serde_json::json;
use tokio::time::timeout;

use crate::house::House;

const SECOND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_is_removed_loses_the_running_view_and_the_owner_does_not() {
    let house = House::new().await;
    let device = Camera::start(Config::scene(Scene::Test), Arc::new(SystemClock)).await.unwrap();
    let new = json!({"name": "Yard", "main_url": device.url(StreamName::Main)});
    let added = house.json(Some(&house.owner), Method::POST, "/cameras", &new).await.json();
    let camera: CameraId = added["id"].as_str().unwrap().parse().unwrap();
    let online = async {
        let mut changes = house.relay.state_changes();
        while house.relay.camera_state(camera).status != Status::Online {
            changes.recv().await.unwrap();
        }
    };
    timeout(PATIENCE, online).await.expect("the camera comes online");

    let watch = async |token: &domain::Secret| {
        let session = house.control.session(token.expose()).await.unwrap().unwrap();
        let permit = house.control.ask::<ViewLive>(Principal::Session(session), camera).await.unwrap();
        let mut parts = house.relay.live_parts(permit, StreamChoice::Main).unwrap();
        assert!(matches!(parts.next().await, Some(LiveMessage::Text(_))));
        (session, parts)
    };
    let (session, mut members) = watch(&house.member).await;
    let (_, mut owners) = watch(&house.owner).await;
    let member = house.control.subject_of(session).await.unwrap().unwrap();
    let home = house.control.homes_of(session).await.unwrap()[0];

    house.control.remove_member(home, member).await.unwrap();
    let drained = async { while members.next().await.is_some() {} };
    timeout(SECOND, drained).await.expect("the member's view ends within a second");
    for _ in 0..30 {
        let message = timeout(PATIENCE, owners.next()).await.expect("the owner's view goes on");
        assert!(message.is_some(), "the owner's view ended too");
    }
    device.shutdown().await;
    house.close().await;
}
