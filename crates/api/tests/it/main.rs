//! The API, called in process.

mod openapi;
