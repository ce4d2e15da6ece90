//! A right that ends cuts what runs by it within a second: a session, or the camera itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Source};
use domain::{Clock as _, StreamName, SystemClock};
use reqwest::Method;
use serde_json::json;
use testkit::{Client, Clip, LiveView, Result, Server, Told};
use tokio::time::{Instant, timeout_at};

use crate::browser;

/// How soon.
const CUT_MAX: Duration = Duration::from_secs(1);

/// How much footage a download must have before it: more than sockets and queues hold.
const FOOTAGE_BYTES: u64 = 64 * 1024 * 1024;

/// What ends.
#[derive(Debug, Clone, Copy)]
enum Cause {
    SessionEnded,
    CameraRemoved,
}

pub(crate) async fn run(binary: &Path) -> Result<()> {
    println!("cuts: what runs by a right ends with it");
    let dir = tempfile::tempdir()?;
    let clip = Clip::heavy(dir.path())?;
    let camera = Camera::start(Config::new(Source::File(clip.file)), Arc::new(SystemClock)).await?;
    let server = Server::start(binary, "serve")?;
    let owner = server.set_up().await?;
    for cause in [Cause::SessionEnded, Cause::CameraRemoved] {
        let from = SystemClock.now();
        let add = async || owner.add_camera(&json!({ "name": "Street", "main_url": camera.url(StreamName::Main) })).await;
        let (id, browsers) = (add().await?, add().await?);
        for id in [&id, &browsers] {
            owner.camera_state(id, Duration::from_secs(30), |state| state["recording"] == "on").await?;
        }
        let told = json!({ "camera": browsers, "cause": format!("{cause:?}") }).to_string();
        browser::run("cuts.mjs", &server, &[("E2E_CUT", told)])?;

        let visitor = owner.another_session().await?;
        let mut view = visitor.watch(&id, "main").await?;
        pictures(&mut view, 25).await?;
        let mut download = running_download(&visitor, &id, &from.to_string()).await?;
        match cause {
            Cause::SessionEnded => visitor.delete("/session").await?,
            Cause::CameraRemoved => owner.delete(&format!("/cameras/{id}?footage=erase")).await?,
        }
        let cut = Instant::now();
        let pictures = ended(&mut view, cut + CUT_MAX).await.map_err(|e| format!("{cause:?}, live parts: {e}"))?;
        println!("{cause:?}: live parts ended {} ms later, {pictures} pictures were under way", cut.elapsed().as_millis());

        let (mut taken, mut broken) = (0, false);
        loop {
            match timeout_at(cut + CUT_MAX + CUT_MAX, download.chunk()).await.map_err(|_| "the download goes on")? {
                Ok(Some(chunk)) => taken += chunk.len() as u64,
                Ok(None) => break,
                Err(_) => {
                    broken = true;
                    break;
                }
            }
        }
        if !broken || taken >= FOOTAGE_BYTES / 2 {
            return Err(format!("{cause:?}: the download went on for {taken} bytes, broken off: {broken}").into());
        }
        println!("{cause:?}: the download broke off with {taken} bytes under way");
    }
    camera.shutdown().await;
    Ok(())
}

/// Takes so many pictures.
async fn pictures(view: &mut LiveView, mut wanted: u32) -> Result<()> {
    while wanted > 0 {
        match view.next().await? {
            Some(Told::Part(_)) => wanted -= 1,
            Some(_) => {}
            None => return Err("the view ended by itself".into()),
        }
    }
    Ok(())
}

/// Reads a view to its end, which must come in time; how many pictures came before it.
async fn ended(view: &mut LiveView, by: Instant) -> Result<u32> {
    let mut pictures = 0;
    loop {
        match timeout_at(by, view.next()).await.map_err(|_| "it goes on")? {
            Ok(Some(Told::Part(_))) => pictures += 1,
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return Ok(pictures),
        }
    }
}

/// A download of which only the head has been read, once there is enough to download.
async fn running_download(visitor: &Client, id: &str, from: &str) -> Result<reqwest::Response> {
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    for _ in 0..120 {
        tick.tick().await;
        let path = format!("/cameras/{id}/recording.mp4?from={from}&to={}", SystemClock.now());
        let mut answer = visitor.request(Method::GET, &path).send().await?;
        if answer.status().is_success() && answer.content_length().is_some_and(|length| length >= FOOTAGE_BYTES) {
            answer.chunk().await?.ok_or("an empty download")?;
            return Ok(answer);
        }
    }
    Err(format!("camera {id} did not record {FOOTAGE_BYTES} bytes in a minute").into())
}
