//! The journey of `make run`: four demo cameras, a newcomer with a browser.

use std::path::Path;
use std::time::Duration;

use testkit::{Result, Server};

use crate::browser;

/// How long drawing and encoding four scenes may take in a debug build on a busy machine.
const DRAWING_TIME_MAX: Duration = Duration::from_secs(300);

/// Cameras of the demo.
const CAMERAS: usize = 4;

pub(crate) fn run(binary: &Path) -> Result<()> {
    println!("journey: the demo's four cameras");
    let server = Server::start(binary, "demo")?;
    // All four are drawn before the newcomer looks; a person sees them come one after the other.
    for _ in 0..CAMERAS {
        server.process.line(DRAWING_TIME_MAX, |line| line.contains(" plays at rtsp://").then_some(()))?;
    }
    browser::run("run.mjs", &server, &[])
}
