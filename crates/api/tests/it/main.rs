//! The API, called in process.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail them")]

mod cuts;
mod devices;
mod edge;
mod events;
mod forms;
mod house;
mod matrix;
mod openapi;
