//! MP4 (ISO/IEC 14496-12) as it is written here: init segments, live parts, recorded parts.
//!
//! Boxes are written by hand: the layouts are few and fixed, a part takes one allocation, and the sample entries go into
//! `stsd` exactly as ingest made them, whatever the codec. The tests read everything back with `mp4-atom`.

pub(crate) mod boxes;
mod init;
mod part;

pub use boxes::boxed;
pub use init::{init_segment, mime};
pub use part::{RunHead, fragment_head, live_part};

use crate::au::{AudioCodec, Format, Track};

/// Track id of the pictures.
pub const VIDEO_TRACK_ID: u32 = 1;

/// Track id of the sound.
pub const AUDIO_TRACK_ID: u32 = 2;

/// Media that MP4 cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Mp4Error {
    /// A sample entry's own size field does not say how long it is.
    #[error("the sample entry is not one box of {0} bytes")]
    SampleEntry(usize),
    /// A box would be larger than its 32-bit size can say.
    #[error("more samples than one file can index")]
    TooLarge,
    /// The sample bytes are not those that the index speaks of.
    #[error("the samples are not the record's")]
    Samples,
    /// No key picture to start at.
    #[error("nothing in the range can be shown")]
    Empty,
}

/// Which of a format's tracks a file carries. Pictures always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrackSet {
    /// Whether the sound is in it too.
    pub audio: bool,
}

impl TrackSet {
    /// What browsers play in MP4: G.711 is left out, for none does.
    #[must_use]
    pub fn for_browser(format: &Format) -> Self {
        Self { audio: format.audio.as_ref().is_some_and(|audio| audio.codec == AudioCodec::Aac) }
    }

    /// Everything that the format has.
    #[must_use]
    pub fn all(format: &Format) -> Self {
        Self { audio: format.audio.is_some() }
    }

    /// Whether a track is in it.
    #[must_use]
    pub fn has(self, track: Track) -> bool {
        track == Track::Video || self.audio
    }
}

/// One access unit as an index speaks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Bytes.
    pub size: u32,
    /// Track ticks until the next one is decoded.
    pub duration: u32,
    /// Presentation minus decoding time in track ticks.
    pub cts: i32,
    /// Decodable without any other.
    pub key: bool,
}

pub(crate) const fn track_id(track: Track) -> u32 {
    match track {
        Track::Video => VIDEO_TRACK_ID,
        Track::Audio => AUDIO_TRACK_ID,
    }
}

#[cfg(test)]
mod tests;
