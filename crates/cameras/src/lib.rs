//! Protocols to cameras: addresses and packets in, access units out.
//!
//! Floor 3 of the house. It talks to the addresses that people configured and to nothing else; what becomes of the
//! access units is the relay's business.

mod error;
mod meter;
pub mod probe;
pub mod rtsp;

pub use error::{CameraError, Phase};
pub use meter::{Facts, Meter};
