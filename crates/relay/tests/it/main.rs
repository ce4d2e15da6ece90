//! The relay against a real (virtual) camera, real files and a real store.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod archive;
mod backfill;
mod cases;
mod controls;
mod journey;
mod linked;
mod misbehaving;
mod modes;
mod rig;
mod rtsp;
mod steer;
