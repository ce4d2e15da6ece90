//! Sans-IO media machines: bytes and `now` go in, actions come out. No socket, clock, lock or task.
//!
//! Floor 2 of the house. [`au`] has the vocabulary. The rest is grouped by journey:
//! [`live`] (ring, packetiser, WebRTC), [`record`] (fragments, sealed segments, timeline, playlist, download),
//! [`mp4`] (boxes that both use), [`rtsp`] (the server side of RTSP) and [`still`] (one picture as JPEG).

pub mod au;
pub mod live;
pub mod mp4;
pub mod record;
pub mod rtsp;
pub mod still;
