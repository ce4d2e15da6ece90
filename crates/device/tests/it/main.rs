//! A virtual camera as its clients see it: over sockets, with a hand-written client and with ffmpeg.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod client;
mod faults;
mod ffmpeg;
mod home;
mod link;
mod pair;
mod play;

use std::sync::Arc;

use device::{Camera, Config, Running, Scene};
use domain::SystemClock;

async fn start(config: Config) -> Running {
    Camera::start(config, Arc::new(SystemClock)).await.unwrap()
}

fn test_scene() -> Config {
    Config::scene(Scene::Test)
}
