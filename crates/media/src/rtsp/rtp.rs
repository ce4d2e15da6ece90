//! Access units to RTP packets (RFC 3550): H.264 (RFC 6184), H.265 (RFC 7798), AAC (RFC 3640), G.711 (RFC 3551); sender reports.

use bytes::{BufMut, Bytes};
use domain::Timestamp;

use super::batch::{Batch, Builder, FRAME_HEAD};
use super::replay::{Mark, ntp};
use crate::au::{AccessUnit, AudioCodec, Format, Track, VideoCodec, nal_units};

/// Payload of one packet: with RTP, UDP and IPv6 headers it stays under the 1500 bytes of Ethernet, tunnels included.
const PAYLOAD_MAX: usize = 1388;

/// Fixed RTP header.
const RTP_HEAD: usize = 12;

/// Its first byte: version 2, and whether an extension follows (RFC 3550 5.1).
const PLAIN: u8 = 0x80;
const EXTENDED: u8 = 0x90;

/// Seconds from 1900, where NTP counts from, to 1970.
pub(super) const NTP_TO_UNIX_S: i64 = 2_208_988_800;

/// Where a track's numbers begin; random, from the caller (RFC 3550 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Who sends.
    pub ssrc: u32,
    /// Number of the first packet.
    pub sequence: u16,
    /// RTP time of media time 0.
    pub timestamp: u32,
}

/// Where a track stands when a client begins to play: `RTP-Info` (RFC 2326 12.33).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrackStart {
    /// Which track.
    pub track: Track,
    /// Number of the next packet.
    pub sequence: u16,
    /// RTP time of the moment at which playing begins, the same moment for all tracks.
    pub rtptime: u32,
}

/// One track's packets, made once for all who play it.
#[derive(Debug)]
pub struct Packetiser {
    track: Track,
    codec: Codec,
    payload_type: u8,
    start: Start,
    sequence: u16,
    packets: u32,
    octets: u32,
}

#[derive(Debug, Clone, Copy)]
enum Codec {
    H264,
    H265,
    Aac,
    G711,
}

/// Static numbers where RFC 3551 has one for exactly this sound.
pub(super) fn payload_type(format: &Format, track: Track) -> u8 {
    match (track, &format.audio) {
        (Track::Video, _) => 96,
        (Track::Audio, Some(audio)) if (audio.sample_rate, audio.channels) == (8000, 1) => match audio.codec {
            AudioCodec::Pcmu => 0,
            AudioCodec::Pcma => 8,
            AudioCodec::Aac | AudioCodec::Opus => 97,
        },
        (Track::Audio, _) => 97,
    }
}

impl Packetiser {
    /// For one track of `format`; `None` where the format has no such track.
    #[must_use]
    pub fn new(format: &Format, track: Track, start: Start) -> Option<Self> {
        let codec = match (track, format.video.codec, &format.audio) {
            (Track::Video, VideoCodec::H264, _) => Codec::H264,
            (Track::Video, VideoCodec::H265, _) => Codec::H265,
            (Track::Audio, _, Some(audio)) => match audio.codec {
                AudioCodec::Aac => Codec::Aac,
                AudioCodec::Pcmu | AudioCodec::Pcma => Codec::G711,
                AudioCodec::Opus => return None,
            },
            (Track::Audio, _, None) => return None,
        };
        let payload_type = payload_type(format, track);
        Some(Self { track, codec, payload_type, start, sequence: start.sequence, packets: 0, octets: 0 })
    }

    /// The packets of one unit of this track. Key pictures carry their parameter sets along.
    pub fn packetise(&mut self, unit: &AccessUnit) -> Batch {
        self.packets(unit, None)
    }

    /// The same for a unit that is replayed: its first packet carries `mark`.
    pub fn replay(&mut self, unit: &AccessUnit, mark: &Mark) -> Batch {
        self.packets(unit, Some(mark))
    }

    fn packets(&mut self, unit: &AccessUnit, mark: Option<&Mark>) -> Batch {
        let timestamp = self.rtp_time(unit.pts());
        let data = unit.data.len();
        let capacity = data + (data / PAYLOAD_MAX + 6) * (FRAME_HEAD + RTP_HEAD + 4);
        let mut out = Packets { builder: Builder::new(self.track, false, capacity), by: self, timestamp, mark };
        match out.by.codec {
            Codec::H264 | Codec::H265 => {
                let sets = if unit.key { unit.format.video.parameter_sets.as_slice() } else { &[] };
                sets.iter().cloned().chain(nal_units(&unit.data)).for_each(|nal| out.nal(&nal));
            }
            Codec::Aac => out.aac(&unit.data),
            Codec::G711 => out.g711(&unit.data, unit.format.audio.as_ref().map_or(1, |audio| audio.channels)),
        }
        // RFC 6184 5.1, RFC 7798 4.1, RFC 3640 3.1: the marker ends an access unit. G.711 marks talk spurts: none here.
        let mark = !matches!(out.by.codec, Codec::G711);
        out.builder.finish(mark)
    }

    /// Where the track stands for who begins to play at media time `pts`.
    #[must_use]
    pub fn track_start(&self, pts: i64) -> TrackStart {
        TrackStart { track: self.track, sequence: self.sequence, rtptime: self.rtp_time(pts) }
    }

    /// A sender report with a name (RFC 3550 6.4.1, 6.5.1): media time `pts` was at `wall`.
    #[must_use]
    pub fn report(&self, pts: i64, wall: Timestamp) -> Batch {
        let mut builder = Builder::new(self.track, true, 64);
        builder.begin();
        let out = &mut builder.out;
        out.put_slice(&[0x80, 200, 0, 6]);
        out.put_u32(self.start.ssrc);
        out.put_u64(ntp(wall));
        out.put_u32(self.rtp_time(pts));
        out.put_u32(self.packets);
        out.put_u32(self.octets);
        // SDES with one chunk: CNAME "atipcam", an end mark, padded to 32 bits.
        out.put_slice(&[0x81, 202, 0, 4]);
        out.put_u32(self.start.ssrc);
        out.put_slice(b"\x01\x07atipcam\0\0\0");
        builder.finish(false)
    }

    /// An empty report and a farewell (RFC 3550 6.4.2, 6.6): nothing more comes.
    #[must_use]
    pub fn farewell(&self) -> Batch {
        let mut builder = Builder::new(self.track, true, 32);
        builder.begin();
        for head in [[0x80, 201, 0, 1], [0x81, 203, 0, 1]] {
            builder.out.put_slice(&head);
            builder.out.put_u32(self.start.ssrc);
        }
        builder.finish(false)
    }

    /// RTP time wraps: the low 32 bits are what is meant.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn rtp_time(&self, pts: i64) -> u32 {
        self.start.timestamp.wrapping_add(pts as u32)
    }
}

/// The packets of one unit, as they are written.
struct Packets<'a> {
    builder: Builder,
    by: &'a mut Packetiser,
    timestamp: u32,
    /// Of the first packet, until that is written.
    mark: Option<&'a Mark>,
}

impl Packets<'_> {
    /// One packet whose payload is `head` and then `body`.
    fn packet(&mut self, head: &[u8], body: &[u8]) {
        self.builder.begin();
        let mark = self.mark.take();
        let out = &mut self.builder.out;
        out.put_slice(&[if mark.is_some() { EXTENDED } else { PLAIN }, self.by.payload_type]);
        out.put_u16(self.by.sequence);
        out.put_u32(self.timestamp);
        out.put_u32(self.by.start.ssrc);
        if let Some(mark) = mark {
            out.put_slice(&mark.encode());
        }
        out.put_slice(head);
        out.put_slice(body);
        self.by.sequence = self.by.sequence.wrapping_add(1);
        self.by.packets = self.by.packets.wrapping_add(1);
        let octets = u32::try_from(head.len() + body.len()).unwrap_or(u32::MAX);
        self.by.octets = self.by.octets.wrapping_add(octets);
    }

    /// Single NAL unit packets, or fragmentation units where it is too large.
    fn nal(&mut self, nal: &Bytes) {
        if nal.len() <= PAYLOAD_MAX {
            if !nal.is_empty() {
                self.packet(&[], nal);
            }
            return;
        }
        // RFC 6184 5.8 (FU-A) and RFC 7798 4.4.3: the type moves into a header of its own, S and E mark the ends.
        let (head, kind, body): ([u8; 2], u8, &[u8]) = match self.by.codec {
            Codec::H265 => ([nal[0] & 0x81 | 49 << 1, nal[1]], nal[0] >> 1 & 0x3f, &nal[2..]),
            _ => ([nal[0] & 0xe0 | 28, 0], nal[0] & 0x1f, &nal[1..]),
        };
        let head_length = if matches!(self.by.codec, Codec::H265) { 2 } else { 1 };
        let mut chunks = body.chunks(PAYLOAD_MAX - head_length - 1).peekable();
        let mut first = true;
        while let Some(chunk) = chunks.next() {
            let ends = u8::from(first) << 7 | u8::from(chunks.peek().is_none()) << 6;
            let mut fu = [head[0], head[1], 0];
            fu[head_length] = ends | kind;
            self.packet(&fu[..=head_length], chunk);
            first = false;
        }
    }

    /// RFC 3640 3.2.1 with one AU header of 13 + 3 bits; a frame that is too large goes in fragments that all carry its size.
    fn aac(&mut self, frame: &Bytes) {
        // 13 bits of size: longer is no AAC frame of two channels (ISO/IEC 14496-3 4.5.3.3: 6144 bits each).
        let Some(size) = u16::try_from(frame.len()).ok().filter(|size| *size < 1 << 13) else { return };
        let [high, low] = (size << 3).to_be_bytes();
        for chunk in frame.chunks(PAYLOAD_MAX - 4) {
            self.packet(&[0, 16, high, low], chunk);
        }
    }

    fn g711(&mut self, samples: &Bytes, channels: u8) {
        let channels = usize::from(channels.max(1));
        let chunk_max = PAYLOAD_MAX - PAYLOAD_MAX % channels;
        for chunk in samples.chunks(chunk_max) {
            self.packet(&[], chunk);
            let ticks = u32::try_from(chunk.len() / channels).unwrap_or(0);
            self.timestamp = self.timestamp.wrapping_add(ticks);
        }
    }
}

#[cfg(test)]
#[path = "rtp_tests.rs"]
mod tests;
