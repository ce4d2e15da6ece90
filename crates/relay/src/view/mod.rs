//! Live views: WebRTC sessions in one engine, live parts for Media Source Extensions one reader each.

mod choice;
mod hub;
mod parts;
mod quality;
mod sockets;
mod voice;
pub(crate) mod webrtc;

pub use parts::{LiveMessage, LiveParts};
pub use webrtc::WhepAnswer;

#[cfg(test)]
mod test_view;
