//! Packets to access units: H.264 (RFC 6184) and H.265 (RFC 7798).
//!
//! Cameras are forgiven what many do: a marker that is missing, or that stands behind parameter sets; one fragment that is a whole NAL
//! unit; start codes within it. Units are put together one behind the other in blocks that they share, each byte copied once.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};
use domain::limits::{ACCESS_UNIT_BYTES_MAX, PARAMETER_SETS_BYTES_MAX};
use media::au::VideoCodec;
use media::rtsp::replay::Mark;
use memchr::memmem;

use super::{Packet, WireError};

/// Parameter sets of one access unit; as many as a file can have.
const PARAMETER_SETS_MAX: usize = 64;

/// Bytes of a block: a few pictures between key pictures. One that lives on keeps its whole block.
const BLOCK_BYTES: usize = 64 * 1024;

/// What separates NAL units in a byte stream, and stands in none (H.264 and H.265, annex B).
const START_CODE: &[u8] = b"\0\0\x01";

/// Units in which NAL units are searched for start codes from end to end: a camera that leaves them in does so from the first on.
const SEARCHED_UNITS: u32 = 100;

/// Bytes of a NAL unit that are searched later: parameter sets before a key picture fit.
const SEARCHED_BYTES: usize = 1024;

/// An access unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// RTP time, unwrapped.
    pub time: i64,
    /// Packets lost since the unit before.
    pub lost: u32,
    /// Something that came before it is missing.
    pub gap: bool,
    /// What ONVIF's extension says of it.
    pub mark: Option<Mark>,
    /// The parameter sets that came with it, without lengths.
    pub parameter_sets: Vec<Bytes>,
    /// Its other NAL units, each after its length in 4 bytes.
    pub data: Bytes,
}

/// Puts packets of one track together.
#[derive(Debug)]
pub struct Assembler {
    codec: VideoCodec,
    ready: VecDeque<Unit>,
    open: Option<Open>,
    /// What the open unit has so far, in the block that it shares with those before.
    data: BytesMut,
    /// The unit of this time is of no use, for a part of it is missing.
    spoilt: Option<i64>,
    lost: u32,
    gap: bool,
    searched: u32,
    start_codes: bool,
}

/// A unit in the making.
#[derive(Debug)]
struct Open {
    time: i64,
    mark: Option<Mark>,
    parameter_sets: Vec<Bytes>,
    /// Where the length of a NAL unit stands of which more is to come.
    fragment: Option<usize>,
    /// Its newest NAL unit may be the last one.
    can_end: bool,
}

impl Assembler {
    /// For a track that is coded so.
    #[must_use]
    pub fn new(codec: VideoCodec) -> Self {
        Self {
            codec,
            ready: VecDeque::new(),
            open: None,
            data: BytesMut::new(),
            spoilt: None,
            lost: 0,
            gap: false,
            searched: 0,
            start_codes: false,
        }
    }

    /// The next whole unit.
    pub fn poll(&mut self) -> Option<Unit> {
        self.ready.pop_front()
    }

    /// Takes the next packet, whose unwrapped time is `time`, and before which `lost` are missing.
    ///
    /// # Errors
    /// [`WireError::Packets`], [`WireError::TooLarge`], [`WireError::ParameterSets`]: its unit is left out, and the next one is begun with.
    pub fn push(&mut self, packet: &Packet<'_>, time: i64, lost: u16) -> Result<(), WireError> {
        if lost > 0 {
            self.lost = self.lost.saturating_add(u32::from(lost));
            let open = self.open.as_ref().map(|open| open.time);
            self.spoil(open);
        }
        if self.spoilt == Some(time) {
            if packet.marker {
                self.spoilt = None;
            }
            return Ok(());
        }
        self.spoilt = None;
        self.turn(time);
        self.open.get_or_insert_with(|| Open::new(time)).mark(packet.mark);
        if let Err(error) = self.payload(packet, lost > 0) {
            self.spoil((!packet.marker).then_some(time));
            return Err(error);
        }
        if packet.marker && self.open.as_ref().is_some_and(|open| open.can_end) {
            self.finish();
        }
        Ok(())
    }

    /// Nothing more comes: the open unit is whole.
    pub fn finish(&mut self) {
        let Some(open) = self.open.take() else { return };
        if open.fragment.is_some() {
            return self.spoil(None);
        }
        self.searched = self.searched.saturating_add(1);
        self.ready.push_back(Unit {
            time: open.time,
            lost: std::mem::take(&mut self.lost),
            gap: std::mem::take(&mut self.gap),
            mark: open.mark,
            parameter_sets: open.parameter_sets,
            data: self.data.split().freeze(),
        });
    }

    /// A packet of another time is the next unit's: some cameras never set the marker.
    fn turn(&mut self, time: i64) {
        let Some(open) = self.open.as_mut().filter(|open| open.time != time) else { return };
        if open.fragment.is_some() {
            self.spoil(None);
        } else if open.can_end {
            self.finish();
        } else {
            // Some count on between parameter sets and their picture.
            open.time = time;
        }
    }

    /// Leaves out the open unit, and what is still to come of that time.
    fn spoil(&mut self, rest: Option<i64>) {
        (self.open, self.spoilt, self.gap) = (None, rest, true);
        self.data.clear();
    }

    fn payload(&mut self, packet: &Packet<'_>, lost: bool) -> Result<(), WireError> {
        let payload = packet.payload;
        let head = head_bytes(self.codec);
        if payload.len() < head || payload[0] & 0x80 != 0 {
            return Err(WireError::Packets);
        }
        if payload.starts_with(&START_CODE[..2]) {
            return self.whole(payload);
        }
        match (self.codec, kind(self.codec, payload[0])) {
            (VideoCodec::H264, 1..=23) | (VideoCodec::H265, 0..=47) => self.whole(payload),
            // Several in one: STAP-A (RFC 6184, section 5.7.1), AP (RFC 7798, section 4.4.2).
            (VideoCodec::H264, 24) | (VideoCodec::H265, 48) => self.several(&payload[head..]),
            // A part of one: FU-A (section 5.8), FU (section 4.4.3).
            (VideoCodec::H264, 28) | (VideoCodec::H265, 49) => self.part(packet, lost),
            _ => Err(WireError::Packets),
        }
    }

    fn several(&mut self, mut rest: &[u8]) -> Result<(), WireError> {
        while !rest.is_empty() {
            let (length, more) = rest.split_first_chunk().ok_or(WireError::Packets)?;
            let (nal, more) = more.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(WireError::Packets)?;
            self.whole(nal)?;
            rest = more;
        }
        Ok(())
    }

    fn part(&mut self, packet: &Packet<'_>, lost: bool) -> Result<(), WireError> {
        let (head, rest) = packet.payload.split_at(head_bytes(self.codec));
        let (&unit, body) = rest.split_first().ok_or(WireError::Packets)?;
        let (starts, ends) = (unit & 0x80 != 0, unit & 0x40 != 0);
        let Some(open) = &mut self.open else { return Ok(()) };
        match (starts, open.fragment) {
            (true, None) => {
                open.fragment = Some(self.data.len());
                self.reserve(body.len());
                self.data.put_u32(0);
                match *head {
                    [indicator] => self.data.put_u8(indicator & 0xe0 | unit & 0x1f),
                    _ => self.data.put_slice(&[head[0] & 0x81 | (unit & 0x3f) << 1, head[1]]),
                }
            }
            (false, Some(_)) => {}
            // Its beginning is among what was lost.
            (false, None) if lost => {
                let time = open.time;
                self.spoil((!packet.marker).then_some(time));
                return Ok(());
            }
            _ => return Err(WireError::Packets),
        }
        self.grow(body)?;
        match ends {
            true => self.end_part(),
            false if packet.marker => Err(WireError::Packets),
            false => Ok(()),
        }
    }

    /// The fragment at the end of the data is a whole NAL unit now.
    fn end_part(&mut self) -> Result<(), WireError> {
        let Some((open, at)) = self.open.as_mut().and_then(|open| open.fragment.take().map(|at| (open, at))) else {
            return Ok(());
        };
        let nal = &self.data[at + 4..];
        if is_parameter_set(self.codec, nal[0]) || starts_another(nal, self.start_codes || self.searched < SEARCHED_UNITS) {
            let nal = self.data.split_off(at).freeze().slice(4..);
            return self.whole(&nal);
        }
        let length = without_zeros(nal).len();
        if !is_nal(self.codec, &nal[..length]) {
            return Err(WireError::Packets);
        }
        open.can_end = can_end(self.codec, nal[0]);
        self.data.truncate(at + 4 + length);
        self.data[at..at + 4].copy_from_slice(&u32::try_from(length).map_err(|_| WireError::TooLarge)?.to_be_bytes());
        Ok(())
    }

    /// Takes a whole NAL unit, which may be several with start codes between.
    fn whole(&mut self, mut nal: &[u8]) -> Result<(), WireError> {
        if self.open.as_ref().is_some_and(|open| open.fragment.is_some()) {
            return Err(WireError::Packets);
        }
        if starts_another(nal, self.start_codes || self.searched < SEARCHED_UNITS) {
            self.start_codes = true;
            while let Some(at) = memmem::find(nal, START_CODE) {
                self.part_of_several(&nal[..at])?;
                nal = &nal[at + START_CODE.len()..];
            }
            return self.part_of_several(nal);
        }
        self.nal(nal)
    }

    /// Between two start codes there may be nothing but zeros.
    fn part_of_several(&mut self, nal: &[u8]) -> Result<(), WireError> {
        if without_zeros(nal).is_empty() { Ok(()) } else { self.nal(nal) }
    }

    fn nal(&mut self, nal: &[u8]) -> Result<(), WireError> {
        let nal = without_zeros(nal);
        let Some(open) = self.open.as_mut().filter(|_| is_nal(self.codec, nal)) else { return Err(WireError::Packets) };
        open.can_end = can_end(self.codec, nal[0]);
        if is_parameter_set(self.codec, nal[0]) {
            let bytes = open.parameter_sets.iter().map(Bytes::len).sum::<usize>() + nal.len();
            if bytes > PARAMETER_SETS_BYTES_MAX || open.parameter_sets.len() == PARAMETER_SETS_MAX {
                return Err(WireError::ParameterSets);
            }
            open.parameter_sets.push(Bytes::copy_from_slice(nal));
            return Ok(());
        }
        self.reserve(nal.len());
        self.data.put_u32(u32::try_from(nal.len()).map_err(|_| WireError::TooLarge)?);
        self.grow(nal)
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        if self.data.len() + bytes.len() > ACCESS_UNIT_BYTES_MAX {
            return Err(WireError::TooLarge);
        }
        self.data.extend_from_slice(bytes);
        Ok(())
    }

    /// Begins a new block where the one at hand has no room for so much.
    fn reserve(&mut self, bytes: usize) {
        if self.data.is_empty() && self.data.capacity() < bytes + 8 {
            self.data = BytesMut::with_capacity(BLOCK_BYTES.max(bytes + 8));
        }
    }
}

impl Open {
    fn new(time: i64) -> Self {
        Self { time, mark: None, parameter_sets: Vec::new(), fragment: None, can_end: false }
    }

    fn mark(&mut self, mark: Option<Mark>) {
        self.mark = self.mark.or(mark);
    }
}

const fn head_bytes(codec: VideoCodec) -> usize {
    match codec {
        VideoCodec::H264 => 1,
        VideoCodec::H265 => 2,
    }
}

const fn kind(codec: VideoCodec, first: u8) -> u8 {
    match codec {
        VideoCodec::H264 => first & 0x1f,
        VideoCodec::H265 => first >> 1 & 0x3f,
    }
}

/// Whether it begins as NAL units do (H.264, 7.3.1; H.265, 7.3.1.2).
fn is_nal(codec: VideoCodec, nal: &[u8]) -> bool {
    match (codec, nal) {
        (VideoCodec::H264, [first, ..]) => first & 0x80 == 0 && first & 0x1f != 0,
        (VideoCodec::H265, [first, second, ..]) => first & 0x80 == 0 && second & 0x07 != 0,
        _ => false,
    }
}

fn is_parameter_set(codec: VideoCodec, first: u8) -> bool {
    match codec {
        VideoCodec::H264 => matches!(kind(codec, first), 7 | 8),
        VideoCodec::H265 => matches!(kind(codec, first), 32..=34),
    }
}

/// Whether an access unit can end with such a NAL unit. Parameter sets and what else stands before a picture cannot be behind it
/// (H.264, 7.4.1.2.3; H.265, 7.4.2.4.4), and some cameras set the marker on them.
fn can_end(codec: VideoCodec, first: u8) -> bool {
    match codec {
        VideoCodec::H264 => !matches!(kind(codec, first), 6..=8),
        VideoCodec::H265 => !matches!(kind(codec, first), 32..=34 | 39 | 41..=44 | 48..=55),
    }
}

/// A NAL unit does not end in zeros; in a byte stream they may follow it.
fn without_zeros(nal: &[u8]) -> &[u8] {
    let length = nal.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &nal[..length]
}

/// Whether another NAL unit begins within this one, searched `whole` or only where parameter sets would be.
fn starts_another(nal: &[u8], whole: bool) -> bool {
    let searched = if whole { nal } else { &nal[..nal.len().min(SEARCHED_BYTES)] };
    memmem::find(searched, START_CODE).is_some()
}

#[cfg(test)]
#[path = "pictures_tests.rs"]
mod tests;
