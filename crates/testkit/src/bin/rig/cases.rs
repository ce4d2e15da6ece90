//! Footage as a case: exported in the browser, checked offline by the page in it and by the command, and damaged everywhere.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Scene};
use domain::{StreamName, SystemClock};
use serde_json::json;
use testkit::{Result, Server, command, output};

use crate::browser;

/// Places that are changed at random, besides those of the table.
const TRIES: &str = "150";

pub(crate) async fn run(binary: &Path) -> Result<()> {
    println!("cases: locks, a case of two cameras, the page that checks it");
    let dir = tempfile::tempdir()?;
    let server = Server::start(binary, "serve")?;
    let owner = server.set_up().await?;
    let mut cameras = Vec::new();
    for name in ["门口 Door", "Yard"] {
        let camera = Camera::start(Config::scene(Scene::Test), Arc::new(SystemClock)).await?;
        let url = camera.url(StreamName::Main);
        let id = owner.add_camera(&json!({ "name": name, "main_url": url })).await?;
        cameras.push((camera, id));
    }
    for (_, id) in &cameras {
        owner.camera_state(id, Duration::from_secs(30), |state| state["recording"] == "on").await?;
    }
    let told = [
        ("E2E_CAMERAS", cameras.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>().join(",")),
        ("E2E_FOLDER", dir.path().display().to_string()),
        ("E2E_TRIES", TRIES.to_owned()),
    ];
    browser::run("cases.mjs", &server, &told)?;

    let case = dir.path().join("case.zip");
    println!("the command: {}", verify(binary, &case)?.lines().next().unwrap_or_default());
    let mut bytes = std::fs::read(&case)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    let changed = dir.path().join("changed.zip");
    std::fs::write(&changed, bytes)?;
    match verify(binary, &changed) {
        Ok(said) => return Err(format!("a changed case was taken for good: {said}").into()),
        Err(said) => println!("one byte changed: {}", said.to_string().lines().last().unwrap_or_default().trim()),
    }
    for (camera, _) in cameras {
        camera.shutdown().await;
    }
    Ok(())
}

fn verify(binary: &Path, case: &Path) -> Result<String> {
    let mut atipcam = command(binary);
    atipcam.args(["recordings", "verify-case"]).arg(case);
    output(atipcam)
}
