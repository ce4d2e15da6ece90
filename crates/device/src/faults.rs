use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

/// How a camera misbehaves. The default is: not at all. `POST /faults` takes the same as JSON, fields left out being off.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Each client gets nothing more after it played for so many seconds; its connection stays open.
    pub stall_after_s: Option<f64>,
    /// Leaves out every so-manieth RTP packet.
    pub drop_every: Option<NonZeroU32>,
    /// Sends every so-manieth RTP packet after the one that follows it.
    pub reorder_every: Option<NonZeroU32>,
    /// Shifts RTP timestamps, but not reports, by so much from now on; a change is a jump.
    pub time_shift_ms: i64,
    /// Plays another picture of another size from the next key picture on (H.264 only).
    pub change_parameters: bool,
    /// Breaks each connection off in the middle of a picture in the middle of the first whole GOP.
    pub die_mid_gop: bool,
    /// Describes itself wrongly.
    pub sdp: SdpFault,
    /// Refuses every password, and asks for one where none is set.
    pub refuse_password: bool,
    /// Closes each connection so many seconds after it was accepted.
    pub flap_s: Option<f64>,
    /// Answers each request so late.
    pub slow_answer_ms: u64,
    /// Claims 10 MB of parameter sets, in the description and in band.
    pub oversized_parameter_sets: bool,
    /// Cuts every so-manieth picture's last NAL unit in half.
    pub truncate_every: Option<NonZeroU32>,
    /// Never sends a key picture.
    pub no_key_frames: bool,
    /// Never sends the sound that it offers.
    pub no_sound: bool,
    /// Timestamps and sequence numbers begin anew so many seconds after the camera started, as 32 and 16 bits do; from the start only.
    pub wrap_after_s: Option<f64>,
    /// Presentation times that jump back and forth, as those of B-frames do.
    pub b_frames: bool,
}

/// What is wrong with the session description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SdpFault {
    /// Nothing.
    #[default]
    None,
    /// It is no session description at all.
    Garbage,
    /// It has no parameter sets: they come in band only.
    NoParameterSets,
    /// It offers no picture, only a codec that nobody has.
    UnknownCodec,
    /// It offers sound alone.
    SoundOnly,
}
