//! Protocols to cameras: addresses and packets in; cameras found, commands obeyed and access units out.
//!
//! Floor 3 of the house. It talks to the addresses that people configured, to links while somebody searches, and to nothing
//! else; what becomes of the access units is the relay's business.

pub mod discovery;
mod error;
pub mod guard;
pub mod http;
mod meter;
pub mod onvif;
pub mod pair;
pub mod probe;
pub mod replay;
pub mod rtsp;
pub mod xml;

pub use error::{CameraError, Phase};
pub use meter::{Facts, Meter};
