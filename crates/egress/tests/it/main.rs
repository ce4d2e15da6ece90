//! Letters through real servers and to a listener that keeps count.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod delivery;
mod failure;
mod refusal;
mod rig;
