//! The relay against a real (virtual) camera, real files and a real store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod controls;
mod journey;
mod misbehaving;
mod rig;
mod rtsp;
mod steer;
