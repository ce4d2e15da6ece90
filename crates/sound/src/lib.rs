//! Sound that WebRTC carries, made of sound that it does not: AAC to Opus (docs/adr/0014-sound-is-a-room.md).
//!
//! Sans-IO, as in `media`: access units go in, access units come out; the caller has the task and the clock.

mod aac;
mod clock;
mod opus;
mod resample;
mod transcoder;

pub use opus::PACKET_TICKS;
pub use transcoder::{Transcoder, Unreadable, Unsupported};
