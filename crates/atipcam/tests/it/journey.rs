use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Scene};
use domain::{Clock as _, StreamName, SystemClock, Timestamp};
use reqwest::Method;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use serde_json::{Value, json};
use testkit::{Client, Process, Server, Told};

use crate::binary;

/// How long a camera may take to be online, or footage to be there, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn range(from: Timestamp) -> String {
    format!("from={from}&to={}", SystemClock.now())
}

/// Waits until the timeline since `from` holds so much, and returns it.
async fn recorded(client: &Client, camera: &str, from: Timestamp, seconds: u64) -> Value {
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let poll = async {
        loop {
            tick.tick().await;
            let timeline = client.get(&format!("/cameras/{camera}/timeline?{}", range(from))).await.unwrap();
            let time = |value: &Value| Timestamp::parse(value.as_str().unwrap()).unwrap();
            let spans = timeline["spans"].as_array().unwrap();
            let total: Duration = spans.iter().map(|span| time(&span["to"]).since(time(&span["from"]))).sum();
            if total >= Duration::from_secs(seconds) {
                return timeline;
            }
        }
    };
    tokio::time::timeout(PATIENCE, poll).await.expect("no footage")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_is_recorded_played_and_saved_across_a_restart() {
    let from = SystemClock.now();
    let camera = Camera::start(Config::scene(Scene::Test), Arc::new(SystemClock)).await.unwrap();
    let server = Server::start(binary(), "serve").unwrap();
    let client = server.set_up().await.unwrap();
    let urls = json!({"name": "Test", "main_url": camera.url(StreamName::Main), "sub_url": camera.url(StreamName::Sub)});
    let id = client.add_camera(&urls).await.unwrap();
    client.camera_state(&id, PATIENCE, |state| state["status"] == "online").await.unwrap();
    let timeline = recorded(&client, &id, from, 3).await;
    assert_eq!(timeline["open"], true);

    let mut view = client.watch(&id, "auto").await.unwrap();
    assert!(matches!(view.next().await.unwrap(), Some(Told::Word(word)) if word["type"] == "format"));
    assert!(matches!(view.next().await.unwrap(), Some(Told::Init(_))));
    assert!(matches!(view.next().await.unwrap(), Some(Told::Part(_))));

    let jpeg = client.bytes(&format!("/cameras/{id}/snapshot.jpg")).await.unwrap();
    assert_eq!(jpeg[..2], [0xff, 0xd8]);
    let playlist = client.bytes(&format!("/cameras/{id}/playback.m3u8?{}", range(from))).await.unwrap();
    assert!(playlist.starts_with(b"#EXTM3U"));
    let sessions = client.get("/session").await.unwrap();

    // SIGTERM closes the fragments, whoever still watches; the next start goes on by itself, and everybody is still signed in.
    let stopping = SystemClock.now();
    let server = server.restart().unwrap();
    let client = client.at(server.base());
    assert_eq!(client.get("/session").await.unwrap()["account"], sessions["account"]);
    recorded(&client, &id, stopping, 2).await;

    // A fixed range of the past, so that each request finds the same file.
    let path = format!("/cameras/{id}/recording.mp4?from={from}&to={stopping}");
    let whole = client.bytes(&path).await.unwrap();
    let part = client.request(Method::GET, &path).header(RANGE, "bytes=4-7").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert!(part.headers()[CONTENT_RANGE].to_str().unwrap().starts_with("bytes 4-7/"));
    assert_eq!(part.bytes().await.unwrap()[..], whole[4..8]);
    assert_eq!(&whole[4..8], b"ftyp");
    let head = client.request(Method::HEAD, &path).send().await.unwrap();
    assert_eq!(head.headers()[CONTENT_LENGTH].to_str().unwrap(), whole.len().to_string());
    assert!(head.headers()[CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment; filename=\"Test_"));
    let beyond = client.request(Method::GET, &path).header(RANGE, "bytes=999999999999-").send().await.unwrap();
    assert_eq!(beyond.headers()[CONTENT_RANGE].to_str().unwrap(), format!("bytes */{}", whole.len()));
    assert_eq!(beyond.json::<Value>().await.unwrap()["code"], "range.invalid");
    camera.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_numbers_are_for_this_machine() {
    let data = tempfile::tempdir().unwrap();
    let mut serve = testkit::command(binary());
    serve.args(["serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--data"]).arg(data.path());
    let process = Process::start(serve).unwrap();
    let base = process.line(PATIENCE, |line| line.strip_prefix("Open ").map(str::to_owned)).unwrap();
    Client::nobody(&base).unwrap().get("/server").await.unwrap();

    let told = async {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        loop {
            tick.tick().await;
            let log = process.failure("").to_string();
            let address = log.split_once("health and metrics address=").and_then(|(_, behind)| behind.split_once('\n'));
            if let Some((address, _)) = address {
                return address.to_owned();
            }
        }
    };
    let address = tokio::time::timeout(PATIENCE, told).await.expect("no word of where they are");
    let eyes = |path: &str| reqwest::get(format!("http://{address}{path}"));
    let health = eyes("/health").await.unwrap();
    assert_eq!(health.status(), 200);
    assert_eq!(health.text().await.unwrap(), "{\"status\":\"ok\"}\n");
    let numbers = eyes("/metrics").await.unwrap().text().await.unwrap();
    assert!(numbers.contains("atipcam_http_seconds_count{route=\"/api/v1/server\",status=\"200\"} 1"), "{numbers}");
}
