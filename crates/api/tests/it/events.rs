//! The stream of what happens.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Method, StatusCode};
use domain::Secret;
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::house::{House, request};

/// How long an event may take on a busy machine before the test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// One event.
#[derive(Debug)]
struct Event {
    name: String,
    data: Value,
    id: Option<String>,
}

struct Events {
    body: BodyDataStream,
    text: String,
}

impl Events {
    async fn open(house: &House, who: &Secret, last: Option<&str>) -> Self {
        let mut request = request(Method::GET, "/state", Some(who));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = house.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event that is called `name`.
    async fn next(&mut self, name: &str) -> Event {
        loop {
            let event = self.any().await.expect("the stream ended");
            if event.name == name {
                return event;
            }
        }
    }

    /// The next event; `None` at the end of the stream.
    async fn any(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field =
                    |name: &str| event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned));
                let (name, data, id) = (field("event"), field("data"), field("id"));
                self.text = rest.to_owned();
                if let Some(name) = name {
                    return Some(Event { name, data: serde_json::from_str(&data.unwrap()).unwrap(), id });
                }
                continue;
            }
            let bytes = tokio::time::timeout(PATIENCE, self.body.next()).await.expect("nothing happened")?.unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_sees_what_happens_to_their_own_cameras() {
    let house = House::new().await;
    let camera = house.camera.to_string();
    let mut owner = Events::open(&house, &house.owner, None).await;
    let mut member = Events::open(&house, &house.member, None).await;
    let mut stranger = Events::open(&house, &house.stranger, None).await;
    assert_eq!(owner.next("cameras").await.data, json!({"ids": [camera]}));
    assert_eq!(owner.next("camera").await.data["id"], camera);
    assert_eq!(stranger.next("cameras").await.data, json!({"ids": []}));

    let new = json!({"name": "Yard", "main_url": "rtsp://127.0.0.1:9/main"});
    let added = house.json(Some(&house.owner), Method::POST, "/cameras", &new).await.json();
    assert_eq!(owner.next("camera_added").await.data["id"], added["id"]);
    assert_eq!(member.next("camera_added").await.data["id"], added["id"]);
    let path = format!("/cameras/{camera}");
    house.json(Some(&house.owner), Method::PATCH, &path, &json!({"name": "Gate"})).await;
    assert_eq!(member.next("camera_changed").await.data, json!({"id": camera}));
    // Whoever keeps its footage has lost the camera as well.
    house.json(Some(&house.owner), Method::DELETE, &format!("{path}?footage=keep"), &json!(null)).await;
    assert_eq!(member.next("camera_removed").await.data, json!({"id": camera}));

    // Nothing of all that was the stranger's: the first thing heard is a camera of one's own.
    let own = house.json(Some(&house.stranger), Method::POST, "/cameras", &new).await.json();
    let event = stranger.any().await.unwrap();
    assert_eq!((event.name.as_str(), &event.data["id"]), ("camera_added", &own["id"]));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_connection_goes_on_where_it_was() {
    let house = House::new().await;
    let mut events = Events::open(&house, &house.owner, None).await;
    let path = format!("/cameras/{}", house.camera);
    house.json(Some(&house.owner), Method::PATCH, &path, &json!({"name": "Gate"})).await;
    let last = events.next("camera_changed").await.id.expect("the last event of a happening has its number");
    drop(events);

    // Only states moved meanwhile, if anything: no inventory, and what happens next comes.
    let mut events = Events::open(&house, &house.owner, Some(&last)).await;
    house.json(Some(&house.owner), Method::PATCH, &path, &json!({"name": "Door"})).await;
    loop {
        let event = events.any().await.unwrap();
        assert_ne!(event.name, "cameras");
        if event.name == "camera_changed" {
            break;
        }
    }
    // A number of another time gets the whole.
    let mut events = Events::open(&house, &house.owner, Some("1")).await;
    assert_eq!(events.next("cameras").await.data["ids"][0], house.camera.to_string());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stream_ends_with_the_session() {
    let house = House::new().await;
    let mut events = Events::open(&house, &house.member, None).await;
    events.next("cameras").await;
    house.json(Some(&house.member), Method::DELETE, "/session", &json!(null)).await;
    events.next("session_ended").await;
    assert!(events.any().await.is_none());
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_is_removed_loses_the_cameras() {
    let house = House::new().await;
    let mut events = Events::open(&house, &house.member, None).await;
    events.next("cameras").await;
    let account = house.get(&house.member, "/session").await.json()["account"].clone();
    let id = |value: &Value| value.as_str().unwrap().to_owned();
    let (subject, home) = (id(&account["subject_id"]), id(&account["homes"][0]["id"]));
    house.control.remove_member(home.parse().unwrap(), subject.parse().unwrap()).await.unwrap();
    assert_eq!(events.next("camera_removed").await.data, json!({"id": house.camera.to_string()}));
    house.close().await;
}
