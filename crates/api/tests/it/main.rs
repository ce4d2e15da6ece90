//! The API, called in process.

mod edge;
mod events;
mod house;
mod matrix;
mod openapi;
