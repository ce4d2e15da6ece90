//! What a person decides about their own data holds while streams run, and is proven without the server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Audio, Camera, Config, Scene};
use domain::{StreamName, SystemClock};
use serde_json::json;
use testkit::{Result, Server, command, output};

use crate::browser;

pub(crate) async fn run(binary: &Path) -> Result<()> {
    println!("privacy: consents, the log, receipts");
    let dir = tempfile::tempdir()?;
    let config = Config { audio: Audio::Pcmu, ..Config::scene(Scene::Test) };
    let camera = Camera::start(config, Arc::new(SystemClock)).await?;
    let server = Server::start(binary, "serve")?;
    let owner = server.set_up().await?;
    owner.decide("video.sound", true).await?;
    let url = camera.url(StreamName::Main);
    let id = owner.add_camera(&json!({ "name": "Sounding", "main_url": url, "audio": "live" })).await?;
    owner.camera_state(&id, Duration::from_secs(30), |state| state["main"]["audio"] == "pcmu").await?;

    let receipt = dir.path().join("receipt.txt");
    let told = [("E2E_CAMERA", id), ("E2E_RECEIPT", receipt.display().to_string())];
    browser::run("privacy.mjs", &server, &told)?;

    let verified = verify(binary, &receipt)?;
    println!("the receipt of the withdrawal, without the server: {}", verified.lines().next().unwrap_or_default());
    let text = std::fs::read_to_string(&receipt)?;
    let forged = dir.path().join("forged.txt");
    std::fs::write(&forged, text.replace("video.sound", "video.other"))?;
    match verify(binary, &forged) {
        Ok(said) => return Err(format!("a forged receipt was taken for good: {said}").into()),
        Err(said) => println!("a forged one: {}", said.to_string().lines().last().unwrap_or_default()),
    }
    camera.shutdown().await;
    Ok(())
}

fn verify(binary: &Path, receipt: &Path) -> Result<String> {
    let mut atipcam = command(binary);
    atipcam.args(["verify", "receipt"]).arg(receipt);
    output(atipcam)
}
