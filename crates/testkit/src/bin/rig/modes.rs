//! A camera that is recorded on events keeps what is around one; privacy cuts what runs within a second and stands on the timeline.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Onvif, Running, Scene, Trigger};
use domain::{Clock as _, StreamName, SystemClock, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Client, LiveView, Result, Server, Told};
use tokio::time::{Instant, sleep, timeout_at};

use crate::browser;

/// How soon privacy cuts.
const CUT_MAX: Duration = Duration::from_secs(1);

/// How long nothing happens.
const QUIET: Duration = Duration::from_secs(6);

/// What is kept before an event, and what may come with it: a camera is late to tell, and footage begins with a key picture.
const PRE: Duration = Duration::from_secs(2);
const PRE_MAX: Duration = Duration::from_secs(6);

pub(crate) async fn run(binary: &Path) -> Result<()> {
    println!("modes: what is kept of a camera, and what is not");
    let onvif = Some(Onvif::new(SocketAddr::from(([127, 0, 0, 1], 0))));
    let camera = Camera::start(Config { onvif, ..Config::scene(Scene::Test) }, Arc::new(SystemClock)).await?;
    let server = Server::start(binary, "serve")?;
    let owner = server.set_up().await?;
    let onvif_url = camera.onvif_url().ok_or("the camera speaks no ONVIF")?;
    let added = json!({ "name": "Gate", "main_url": camera.url(StreamName::Main), "onvif_url": onvif_url });
    let id = owner.add_camera(&added).await?;
    owner.camera_state(&id, Duration::from_secs(30), |state| state["recording"] == "on").await?;
    let shed = json!({ "name": "Shed", "main_url": camera.url(StreamName::Main) });
    let shed = owner.add_camera(&shed).await?;
    owner.camera_state(&shed, Duration::from_secs(30), |state| state["recording"] == "on").await?;
    browser::run("modes.mjs", &server, &[("E2E_CAMERA", id.clone()), ("E2E_SHED", shed)])?;
    on_events(&owner, &camera, &id).await?;
    private(&owner, &camera, &id).await?;
    camera.shutdown().await;
    Ok(())
}

async fn on_events(owner: &Client, camera: &Running, id: &str) -> Result<()> {
    let plan = json!({ "mode": "events", "pre_s": PRE.as_secs(), "post_s": 2 });
    owner.request(Method::PATCH, &format!("/cameras/{id}/plan")).json(&plan).send().await?.error_for_status()?;
    let patience = Duration::from_secs(30);
    owner.camera_state(id, patience, |state| state["recording"] == "armed").await?;
    sleep(QUIET).await;
    let happened = SystemClock.now();
    camera.trigger(Trigger::Motion, true);
    owner.camera_state(id, patience, |state| state["recording"] == "on").await?;
    camera.trigger(Trigger::Motion, false);
    owner.camera_state(id, patience, |state| state["recording"] == "armed").await?;

    let timeline = timeline(owner, id).await?;
    let spans = timeline["spans"].as_array().ok_or("no spans")?;
    let mut times = spans.iter().filter_map(|span| Some((at(&span["from"])?, at(&span["to"])?)));
    let (from, to) = times.find(|(_, to)| *to > happened).ok_or("the event was not recorded")?;
    let before = happened.since(from);
    if before < PRE || before > PRE_MAX {
        return Err(format!("kept {before:?} before the event").into());
    }
    let events = owner.get(&format!("/cameras/{id}/events?{}", range())).await?;
    if events["events"].as_array().is_none_or(|events| events.len() != 1 || events[0]["kind"] != "motion") {
        return Err(format!("the event's mark: {events}").into());
    }
    println!("of {QUIET:?} of nothing and an event {before:?} before and {:?} from it on are kept", to.since(happened));
    Ok(())
}

async fn private(owner: &Client, camera: &Running, id: &str) -> Result<()> {
    let mut view = owner.watch(id, "main").await?;
    while !matches!(view.next().await?, Some(Told::Part(_))) {}
    owner.put(&format!("/cameras/{id}/privacy"), &json!({ "on": true })).await?;
    let cut = Instant::now();
    ended(&mut view, cut + CUT_MAX).await?;
    let cut = cut.elapsed();
    owner.camera_state(id, Duration::from_secs(5), |state| state["status"] == "private").await?;
    if camera.clients(StreamName::Main) > 0 {
        sleep(CUT_MAX).await;
        if camera.clients(StreamName::Main) > 0 {
            return Err("the camera is still connected".into());
        }
    }
    sleep(Duration::from_secs(2)).await;
    owner.put(&format!("/cameras/{id}/privacy"), &json!({ "on": false })).await?;
    owner.camera_state(id, Duration::from_secs(30), |state| state["status"] == "online").await?;
    let timeline = timeline(owner, id).await?;
    let told = timeline["gaps"].as_array().is_some_and(|gaps| gaps.iter().any(|gap| gap["cause"] == "privacy"));
    if !told {
        return Err(format!("privacy is not on the timeline: {}", timeline["gaps"]).into());
    }
    println!("privacy ended the view {} ms later, let the camera go, and stands on the timeline", cut.as_millis());
    Ok(())
}

/// Reads a view to its end, which must come in time.
async fn ended(view: &mut LiveView, by: Instant) -> Result<()> {
    loop {
        match timeout_at(by, view.next()).await.map_err(|_| "the view goes on")? {
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return Ok(()),
        }
    }
}

async fn timeline(owner: &Client, id: &str) -> Result<Value> {
    owner.get(&format!("/cameras/{id}/timeline?{}", range())).await
}

fn range() -> String {
    let now = SystemClock.now();
    format!("from={}&to={}", now - Duration::from_secs(600), now + Duration::from_secs(60))
}

fn at(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?).ok()
}
