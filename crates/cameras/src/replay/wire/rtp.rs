//! RTP packets (RFC 3550) with ONVIF's header extension.

use bytes::{Buf, Bytes};
use media::rtsp::replay::Mark;

/// A packet of RTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// The last of its access unit.
    pub marker: bool,
    /// Payload type.
    pub payload_type: u8,
    /// Its number.
    pub sequence: u16,
    /// RTP time.
    pub timestamp: u32,
    /// What ONVIF's extension says, where it is there.
    pub mark: Option<Mark>,
    /// What it carries.
    pub payload: Bytes,
}

/// Reads a packet; `None` where it is none.
#[must_use]
pub fn packet(mut data: Bytes) -> Option<Packet> {
    let [first, second, rest @ ..] = *data.first_chunk::<12>()?;
    let [sequence_high, sequence_low, a, b, c, d, ..] = rest;
    if first >> 6 != 2 {
        return None;
    }
    if first & 0x20 != 0 {
        let padding = usize::from(*data.last()?);
        data.truncate(data.len().checked_sub(padding).filter(|length| padding > 0 && *length >= 12)?);
    }
    data.advance(12);
    skip(&mut data, 4 * usize::from(first & 0x0f))?;
    let mut mark = None;
    if first & 0x10 != 0 {
        let [profile_high, profile_low, words_high, words_low] = *data.first_chunk::<4>()?;
        data.advance(4);
        let length = 4 * usize::from(u16::from_be_bytes([words_high, words_low]));
        mark = Mark::decode(u16::from_be_bytes([profile_high, profile_low]), data.get(..length)?);
        skip(&mut data, length)?;
    }
    Some(Packet {
        marker: second & 0x80 != 0,
        payload_type: second & 0x7f,
        sequence: u16::from_be_bytes([sequence_high, sequence_low]),
        timestamp: u32::from_be_bytes([a, b, c, d]),
        mark,
        payload: data,
    })
}

fn skip(data: &mut Bytes, length: usize) -> Option<()> {
    (data.len() >= length).then(|| data.advance(length))
}

/// Whether a compound RTCP packet says that nothing more comes (RFC 3550, section 6.6).
#[must_use]
pub fn is_farewell(mut data: &[u8]) -> bool {
    while let Some(&[first, kind, high, low]) = data.first_chunk() {
        if first >> 6 != 2 {
            return false;
        }
        if kind == 203 {
            return true;
        }
        let length = 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
        data = data.get(length..).unwrap_or_default();
    }
    false
}
