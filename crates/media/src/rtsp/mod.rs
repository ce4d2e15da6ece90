//! The server side of RTSP 1.0 (RFC 2326), sans I/O: bytes and `now` in, [`Action`]s out.
//!
//! A [`Session`] is one connection. It asks for the [`Presentation`] of a path, is told where its packets start, and is
//! then fed [`Batch`]es: access units that a [`Packetiser`] turned into RTP once for all sessions of a stream. Over TCP a
//! batch goes out as it is, so that a further viewer costs one write a picture.

mod auth;
mod batch;
pub mod replay;
mod reply;
mod rtp;
mod sdp;
mod session;
mod transport;
mod uri;
pub mod wire;

pub use auth::Credentials;
pub use batch::Batch;
pub use rtp::{Packetiser, Start, TrackStart};
pub use sdp::Presentation;
pub use session::{Access, Action, Config, Route, Session, UdpPort};
