//! The vocabulary of media: formats, tracks, access units.

use std::sync::Arc;

use bytes::Bytes;
use domain::{Mono, Timestamp};

/// Ticks a second of every video track.
pub const VIDEO_TIMESCALE: u32 = 90_000;

/// How pictures are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// H.264 (ITU-T H.264, ISO/IEC 14496-10).
    H264,
    /// H.265 (ITU-T H.265, ISO/IEC 23008-2).
    H265,
}

/// How sound is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AudioCodec {
    /// AAC, raw data blocks without ADTS (ISO/IEC 14496-3).
    Aac,
    /// G.711 mu-law.
    Pcmu,
    /// G.711 A-law.
    Pcma,
    /// Opus (RFC 6716). No camera's: what WebRTC viewers are sent in AAC's place, never recorded.
    Opus,
}

/// All that a decoder needs before the first picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VideoFormat {
    /// How it is coded.
    pub codec: VideoCodec,
    /// Width in pixels, after cropping.
    pub width: u16,
    /// Height in pixels, after cropping.
    pub height: u16,
    /// RFC 6381 name as MSE wants it, for instance `avc1.4d401f`.
    pub rfc6381: String,
    /// Parameter sets as raw NAL units without start codes or lengths: (VPS,) SPS, PPS.
    pub parameter_sets: Vec<Bytes>,
    /// The complete `avc1` or `hvc1` sample entry box, as an MP4 `stsd` holds it.
    pub sample_entry: Bytes,
}

/// All that a decoder needs before the first sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioFormat {
    /// How it is coded.
    pub codec: AudioCodec,
    /// Samples a second; also the track's timescale.
    pub sample_rate: u32,
    /// Channels.
    pub channels: u8,
    /// RFC 6381 name, for instance `mp4a.40.2`; `ulaw` or `alaw` for G.711, which no browser plays in MP4.
    pub rfc6381: String,
    /// AAC: the AudioSpecificConfig. G.711: empty.
    pub config: Bytes,
    /// The complete sample entry box, as an MP4 `stsd` holds it.
    pub sample_entry: Bytes,
}

/// What a stream carries. A new value (a new `Arc`) means that decoders must be set up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Format {
    /// The picture track.
    pub video: VideoFormat,
    /// The sound track, where the camera has one that is wanted and understood.
    pub audio: Option<AudioFormat>,
}

/// Which track of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Track {
    /// Pictures, in 1/90000 s.
    Video,
    /// Sound, in 1/sample_rate s.
    Audio,
}

/// One coded picture or one audio frame (for G.711: one packet of samples).
///
/// Times count from one common origin per camera stream that ingest chooses, go on across reconnections, and are in the
/// track's own timescale: `dts / timescale` seconds of both tracks are comparable.
#[derive(Debug)]
pub struct AccessUnit {
    /// Which track.
    pub track: Track,
    /// What the stream carries; the same `Arc` as long as nothing changed.
    pub format: Arc<Format>,
    /// Decoding time in track ticks; strictly increasing within a track.
    pub dts: i64,
    /// Presentation minus decoding time in track ticks; 0 without B-frames.
    pub cts: i32,
    /// Wall-clock time at which it was presented to the camera's sensor, as well as ingest can tell.
    pub wall: Timestamp,
    /// When the last of its bytes arrived.
    pub arrived: Mono,
    /// A picture that can be decoded without any other (IDR; for H.265 any IRAP). Audio: always true.
    pub key: bool,
    /// First unit of its track after a reconnection, loss or change of format: what came before does not join up.
    pub discontinuity: bool,
    /// Pictures: NAL units, each after its length in 4 bytes, big-endian, parameter sets left out. Sound: the bare frame.
    pub data: Bytes,
}

impl Format {
    /// Ticks a second of a track.
    #[must_use]
    pub fn timescale(&self, track: Track) -> u32 {
        match (track, &self.audio) {
            (Track::Video, _) | (Track::Audio, None) => VIDEO_TIMESCALE,
            (Track::Audio, Some(audio)) => audio.sample_rate,
        }
    }
}

impl AccessUnit {
    /// Ticks a second of its track.
    #[must_use]
    pub fn timescale(&self) -> u32 {
        self.format.timescale(self.track)
    }

    /// Presentation time in track ticks.
    #[must_use]
    pub fn pts(&self) -> i64 {
        self.dts + i64::from(self.cts)
    }

    /// Whether it is a picture that decoding can start at.
    #[must_use]
    pub fn starts_gop(&self) -> bool {
        self.track == Track::Video && self.key
    }
}

/// The NAL units of length-prefixed data, without their lengths. Ends early at a length that runs past the end.
pub fn nal_units(data: &Bytes) -> impl Iterator<Item = Bytes> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let head = data.get(at..at + 4)?;
        let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let (start, end) = (at + 4, (at + 4).checked_add(length)?);
        if end > data.len() {
            return None;
        }
        at = end;
        Some(data.slice(start..end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nal_units_are_cut_without_copying_and_end_at_garbage() {
        let data = Bytes::from_static(&[0, 0, 0, 2, 0x65, 1, 0, 0, 0, 1, 0x06, 0, 0, 0, 9, 1]);
        let nals: Vec<_> = nal_units(&data).collect();
        assert_eq!(nals, [Bytes::from_static(&[0x65, 1]), Bytes::from_static(&[0x06])]);
        assert_eq!(nals[0].as_ptr(), data[4..].as_ptr());
        assert_eq!(nal_units(&Bytes::from_static(&[0, 0])).count(), 0);
        assert_eq!(nal_units(&Bytes::from_static(&[0xff, 0xff, 0xff, 0xff])).count(), 0);
    }
}
