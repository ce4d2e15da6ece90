//! The camera side: a virtual IP camera that speaks RTSP and ONVIF, for the demo, the tests and the benchmarks.
//!
//! [`Camera::start`] plays a [`Source`] (an animated scene, or any .mp4) for ever in real time: every client of a stream gets
//! the same packets at the same moment, as from a real camera. Pictures of scenes carry their index as a block code
//! ([`marks`]), and a loopback HTTP endpoint says when an index was sent, so that latency can be read from a picture.
//! [`onboarding`] sets it up by what it sees. With an [`Identity`] it can be paired by its label, calls the server that invited
//! it and stays linked to that (docs/device-link.md). [`bell`] rings it. [`Faults`] make it misbehave as real cameras do.

pub mod bell;
mod camera;
mod client;
mod clip;
mod config;
mod faults;
mod folder;
mod identity;
mod link;
pub mod marks;
pub mod onboarding;
mod onvif;
mod ownership;
mod pairing;
mod playout;
mod recall;
mod ring;
mod scene;
mod stats;
mod stream;
mod udp;

pub use camera::{Camera, Running};
pub use config::{Audio, Config, Progress, Scene, Source};
pub use faults::{Faults, SdpFault};
pub use identity::Identity;
pub use link::{LinkError, Redial, Standing};
pub use onvif::{Discovery, Onvif, Trigger};
pub use ring::Keep;
