//! Cameras as they are: a virtual one that misbehaves, and scripted ones that nobody would build.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail them")]

mod foreign;
mod hostile;
mod onvif;
mod probe;
mod quirks;
mod refusals;
mod replay;
mod script;
mod sessions;
mod streams;
mod tracks;

use std::sync::Arc;

use cameras::rtsp::{Arrival, RtspStream, Source, Target};
use domain::{Secret, StreamName, SystemClock};
use media::au::Track;

/// A source for an address, with user and password where given.
fn source(url: &str, sign_in: Option<(&str, &str)>, audio: bool) -> Source {
    let password = sign_in.map(|(_, password)| Secret::from(password));
    let target = Target::parse(url, sign_in.map(|(user, _)| user), password.as_ref(), audio).unwrap();
    Source::new(target, Arc::new(SystemClock))
}

/// A virtual camera that plays the test scene.
async fn camera(change: impl FnOnce(&mut device::Config)) -> device::Running {
    let mut config = device::Config::new(device::Source::Scene(device::Scene::Test));
    change(&mut config);
    device::Camera::start(config, Arc::new(SystemClock)).await.unwrap()
}

fn main_source(camera: &device::Running) -> Source {
    source(&camera.url(StreamName::Main), None, false)
}

/// The next pictures, without what is heard between them.
async fn pictures(stream: &mut RtspStream<'_>, count: usize) -> Vec<Arrival> {
    let mut pictures = Vec::new();
    while pictures.len() < count {
        let arrival = stream.next().await.unwrap();
        if arrival.unit.track == Track::Video {
            pictures.push(arrival);
        }
    }
    pictures
}

/// Decoding times rise.
fn assert_in_order(arrivals: &[Arrival]) {
    for pair in arrivals.windows(2) {
        assert!(pair[0].unit.dts < pair[1].unit.dts, "{} then {}", pair[0].unit.dts, pair[1].unit.dts);
    }
}
