//! The household's cameras.

use std::sync::Arc;
use std::time::Duration;

use device::{Audio, Camera, Config, Running, Scene, Source};
use domain::{StreamName, SystemClock};
use serde_json::json;
use testkit::{Client, Clip, Result};

/// How long a camera may take until it records, while all others start too.
const START_MAX: Duration = Duration::from_secs(120);

/// Cameras that play the same clip, each from its own beginning, and one that flaps.
#[derive(Debug)]
pub(crate) struct Cameras {
    all: Vec<(String, Running)>,
    pub(crate) flapping: Running,
    flapping_id: String,
}

/// What is heard with camera number `n`: the clip's AAC, which MSE plays, or G.711, which WebRTC plays.
pub(crate) const fn audio(n: usize) -> Audio {
    if n.is_multiple_of(2) { Audio::Own } else { Audio::Pcmu }
}

impl Cameras {
    /// Starts `count` cameras, adds them and waits until all record.
    pub(crate) async fn start(owner: &Client, clip: &Clip, count: usize) -> Result<Self> {
        let mut all = Vec::new();
        for n in 0..count {
            let camera = Config { audio: audio(n), ..Config::new(Source::File(clip.file.clone())) };
            let camera = Camera::start(camera, Arc::new(SystemClock)).await?;
            all.push((add(owner, &format!("Camera {n}"), &camera).await?, camera));
        }
        let flapping = Camera::start(Config::new(Source::Scene(Scene::Test)), Arc::new(SystemClock)).await?;
        let flapping_id = add(owner, "Flapping", &flapping).await?;
        let cameras = Self { all, flapping, flapping_id };
        for id in cameras.all.iter().map(|(id, _)| id).chain([&cameras.flapping_id]) {
            owner.camera_state(id, START_MAX, |state| state["recording"] == "on").await?;
        }
        Ok(cameras)
    }

    /// Of those that do not flap.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.all.iter().map(|(id, _)| id.clone()).collect()
    }

    /// Camera 0, whom the steadiest viewer watches.
    pub(crate) fn first(&self) -> &str {
        self.all.first().map_or("", |(id, _)| id)
    }

    /// The flapping camera comes back when it is let.
    pub(crate) async fn flapping_recovers(&self, owner: &Client) -> Result<()> {
        owner.camera_state(&self.flapping_id, Duration::from_secs(60), |state| state["status"] == "online").await.map(drop)
    }

    pub(crate) async fn shutdown(self) {
        for (_, camera) in self.all {
            camera.shutdown().await;
        }
        self.flapping.shutdown().await;
    }
}

async fn add(owner: &Client, name: &str, camera: &Running) -> Result<String> {
    owner.add_camera(&json!({ "name": name, "main_url": camera.url(StreamName::Main), "audio": "recorded" })).await
}
