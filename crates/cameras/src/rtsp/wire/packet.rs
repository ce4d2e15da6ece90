//! Packets of RTP and RTCP (RFC 3550), RTP with ONVIF's header extension.

use media::rtsp::replay::Mark;

/// Payload types that are RTCP on the channel of RTP (RFC 5761, section 4).
const CONTROL_TYPES: std::ops::RangeInclusive<u8> = 72..=76;

/// A payload type of GeoVision's that carries no picture.
const PRIVATE_TYPE: u8 = 50;

/// A sender report, and a farewell (RFC 3550, section 12.1).
const SENDER_REPORT: u8 = 200;
const FAREWELL: u8 = 203;

/// A packet of RTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The last of its access unit.
    pub marker: bool,
    /// Payload type.
    pub payload_type: u8,
    /// Its number.
    pub sequence: u16,
    /// RTP time.
    pub timestamp: u32,
    /// Whose packet it is (SSRC).
    pub source: u32,
    /// What ONVIF's extension says, where it is there.
    pub mark: Option<Mark>,
    /// What it carries.
    pub payload: &'a [u8],
}

impl Packet<'_> {
    /// It carries media. Some cameras send other things between.
    #[must_use]
    pub fn is_media(&self) -> bool {
        self.payload_type != PRIVATE_TYPE && !CONTROL_TYPES.contains(&self.payload_type)
    }
}

/// Reads a packet; `None` where it is none.
#[must_use]
pub fn packet(mut data: &[u8]) -> Option<Packet<'_>> {
    if data.first()? & 0x20 != 0 {
        // The padding counts itself: none is nonsense.
        let padding = usize::from(*data.last()?);
        data = data.get(..data.len().checked_sub(padding).filter(|_| padding > 0)?)?;
    }
    let (head, rest) = data.split_first_chunk::<12>()?;
    let [first, second, a, b, c, d, e, f, g, h, i, j] = *head;
    if first >> 6 != 2 {
        return None;
    }
    let mut payload = rest.get(4 * usize::from(first & 0x0f)..)?;
    let mut mark = None;
    if first & 0x10 != 0 {
        let (&[profile_high, profile_low, words_high, words_low], rest) = payload.split_first_chunk()?;
        let length = 4 * usize::from(u16::from_be_bytes([words_high, words_low]));
        let (extension, rest) = rest.split_at_checked(length)?;
        mark = Mark::decode(u16::from_be_bytes([profile_high, profile_low]), extension);
        payload = rest;
    }
    Some(Packet {
        marker: second & 0x80 != 0,
        payload_type: second & 0x7f,
        sequence: u16::from_be_bytes([a, b]),
        timestamp: u32::from_be_bytes([c, d, e, f]),
        source: u32::from_be_bytes([g, h, i, j]),
        mark,
        payload,
    })
}

/// What a camera says of its clock (RFC 3550, section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderReport {
    /// Whose it is (SSRC).
    pub source: u32,
    /// The time of the Network Time Protocol, 32.32 fixed-point seconds since 1900.
    pub ntp: u64,
    /// The same time as RTP counts it.
    pub timestamp: u32,
}

/// The sender report of a compound packet of RTCP.
#[must_use]
pub fn sender_report(data: &[u8]) -> Option<SenderReport> {
    let body = compound(data).find_map(|(kind, body)| (kind == SENDER_REPORT).then_some(body))?;
    let (source, rest) = body.split_first_chunk()?;
    let (ntp, rest) = rest.split_first_chunk()?;
    let (ntp, source) = (u64::from_be_bytes(*ntp), u32::from_be_bytes(*source));
    Some(SenderReport { source, ntp, timestamp: u32::from_be_bytes(*rest.first_chunk()?) })
}

/// Whether a compound packet of RTCP says that nothing more comes (RFC 3550, section 6.6).
#[must_use]
pub fn is_farewell(data: &[u8]) -> bool {
    compound(data).any(|(kind, _)| kind == FAREWELL)
}

/// Kind and body of each packet in a compound one.
fn compound(mut data: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let (&[first, kind, high, low], rest) = data.split_first_chunk()?;
        if first >> 6 != 2 {
            return None;
        }
        let length = 4 * usize::from(u16::from_be_bytes([high, low]));
        let (body, rest) = rest.split_at(length.min(rest.len()));
        data = rest;
        Some((kind, body))
    })
}
