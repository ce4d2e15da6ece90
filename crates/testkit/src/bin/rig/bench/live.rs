//! Live view measured in Chromium on a virtual camera: time to the first frame, and latency read from pictures.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Scene};
use domain::{StreamName, SystemClock};
use serde_json::json;
use testkit::{Result, Server};

use crate::browser;

pub(crate) async fn run(binary: &Path, tries: u32, folder: Option<&Path>) -> Result<()> {
    let scene =
        Config { sub: None, cache_dir: Some(std::env::temp_dir().join("atipcam-rig-scenes")), ..Config::scene(Scene::StreetDay) };
    let camera = Camera::start(scene, Arc::new(SystemClock)).await?;
    let server = Server::start(binary, "serve")?;
    let owner = server.set_up().await?;
    let id = owner.add_camera(&json!({ "name": "Street", "main_url": camera.url(StreamName::Main) })).await?;
    owner
        .camera_state(&id, Duration::from_secs(30), |state| state["status"] == "online" && state["main"]["gop_s"].is_number())
        .await?;
    let sent = format!("{}/sent?path={}", camera.stats_url(), StreamName::Main.as_str());
    // The browser's script blocks; the camera goes on playing on the runtime's other threads.
    let mut environment = vec![("E2E_CAMERA", id), ("E2E_SENT", sent), ("E2E_TRIES", tries.to_string())];
    if let Some(folder) = folder {
        // The script runs in a folder of its own.
        let file = std::path::absolute(folder)?.join("live.json");
        environment.push(("BENCH_JSON", file.display().to_string()));
    }
    let measured = tokio::task::spawn_blocking(move || browser::run("bench.mjs", &server, &environment)).await?;
    camera.shutdown().await;
    measured
}
