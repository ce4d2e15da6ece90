//! Access units as RTP payloads, made once for all viewers: H.264 by RFC 6184 (packetization-mode 1), G.711 by RFC 3551, Opus by
//! RFC 7587.

use std::sync::Arc;

use bytes::Bytes;

use crate::au::{AccessUnit, AudioCodec, Track, VideoCodec, nal_units};

/// Bytes of one RTP payload at most. With the RTP header (12), its extensions (12), a resend's sequence number (2), the SRTP
/// tag (16), UDP (8) and IPv6 (40) this stays within the 1280 bytes that every IPv6 link carries.
pub const PAYLOAD_BYTES_MAX: usize = 1188;

/// NAL unit types of H.264 (ITU-T H.264, table 7-1) and of RFC 6184, table 1.
const NAL_DELIMITER: u8 = 9;
const NAL_FILLER: u8 = 12;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;

/// One RTP payload, the same for every viewer; header and encryption are each viewer's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// What follows the RTP header.
    pub data: Arc<[u8]>,
    /// Marker bit: the last payload of a picture.
    pub marker: bool,
    /// Ticks after the unit's own time: 0 for pictures, samples for the later parts of a long audio frame.
    pub ticks: u32,
}

/// Cuts a unit into RTP payloads. None for codecs that WebRTC viewers are not sent: H.265 and AAC.
#[must_use]
pub fn packetise(au: &AccessUnit) -> Box<[Payload]> {
    match au.track {
        Track::Video if au.format.video.codec == VideoCodec::H264 => picture(au),
        Track::Audio => match au.format.audio.as_ref().map(|audio| (audio.codec, audio.channels)) {
            Some((AudioCodec::Pcmu | AudioCodec::Pcma, channels)) => samples(&au.data, channels),
            // One packet, one payload (RFC 7587, section 4.2).
            Some((AudioCodec::Opus, _)) if au.data.len() <= PAYLOAD_BYTES_MAX => {
                Box::new([Payload { data: Arc::from(&au.data[..]), marker: false, ticks: 0 }])
            }
            _ => Box::default(),
        },
        Track::Video => Box::default(),
    }
}

/// A byte a sample and channel: cut anywhere between samples.
fn samples(data: &[u8], channels: u8) -> Box<[Payload]> {
    let channels = usize::from(channels.max(1));
    let most = PAYLOAD_BYTES_MAX / channels * channels;
    let cut = |(n, part): (usize, &[u8])| Payload {
        data: Arc::from(part),
        marker: false,
        // Bounded by an access unit's size over the channels.
        ticks: u32::try_from(n * most / channels).unwrap_or(u32::MAX),
    };
    data.chunks(most).enumerate().map(cut).collect()
}

fn picture(au: &AccessUnit) -> Box<[Payload]> {
    let mut cutter = Cutter::default();
    if au.key {
        cutter.parameter_sets(&au.format.video.parameter_sets);
    }
    for nal in nal_units(&au.data) {
        match nal.first().map(|header| header & 0x1f) {
            None | Some(NAL_DELIMITER | NAL_FILLER) => {}
            Some(_) => cutter.nal(&nal),
        }
    }
    if let Some(last) = cutter.payloads.last_mut() {
        last.marker = true;
    }
    cutter.payloads.into_boxed_slice()
}

#[derive(Default)]
struct Cutter {
    payloads: Vec<Payload>,
    scratch: Vec<u8>,
}

impl Cutter {
    /// All parameter sets in one aggregation packet (RFC 6184, section 5.7.1) where they fit.
    fn parameter_sets(&mut self, sets: &[Bytes]) {
        let size = 1 + sets.iter().map(|set| 2 + set.len()).sum::<usize>();
        if sets.len() < 2 || size > PAYLOAD_BYTES_MAX {
            sets.iter().filter(|set| !set.is_empty()).for_each(|set| self.nal(set));
            return;
        }
        let reference = sets.iter().filter_map(|set| set.first()).map(|header| header & 0x60).max().unwrap_or(0);
        self.scratch.clear();
        self.scratch.push(reference | STAP_A);
        for set in sets {
            // Fits: the sum of all was compared above.
            self.scratch.extend_from_slice(&u16::try_from(set.len()).unwrap_or(u16::MAX).to_be_bytes());
            self.scratch.extend_from_slice(set);
        }
        self.flush();
    }

    /// A NAL unit alone, or as fragments of equal size (RFC 6184, section 5.8), the last perhaps shorter.
    fn nal(&mut self, nal: &[u8]) {
        let Some((&header, body)) = nal.split_first() else { return };
        if nal.len() <= PAYLOAD_BYTES_MAX {
            self.scratch.clear();
            self.scratch.extend_from_slice(nal);
            return self.flush();
        }
        let count = body.len().div_ceil(PAYLOAD_BYTES_MAX - 2);
        let size = body.len().div_ceil(count);
        let mut fragments = body.chunks(size).peekable();
        let mut start = 0x80;
        while let Some(fragment) = fragments.next() {
            let end = if fragments.peek().is_none() { 0x40 } else { 0 };
            self.scratch.clear();
            self.scratch.extend_from_slice(&[header & 0xe0 | FU_A, start | end | header & 0x1f]);
            self.scratch.extend_from_slice(fragment);
            self.flush();
            start = 0;
        }
    }

    fn flush(&mut self) {
        self.payloads.push(Payload { data: Arc::from(self.scratch.as_slice()), marker: false, ticks: 0 });
    }
}

#[cfg(test)]
#[path = "packetise_tests.rs"]
pub(crate) mod tests;
