//! RTP packets to access units: H.264 (RFC 6184) and H.265 (RFC 7798), as a connection that loses nothing brings them.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use domain::Timestamp;
use domain::limits::{ACCESS_UNIT_BYTES_MAX, PARAMETER_SETS_BYTES_MAX};
use media::au::{VIDEO_TIMESCALE, VideoCodec};
use media::rtsp::replay::Mark;

use super::WireError;
use super::rtp::Packet;

/// Parameter sets of one access unit; as many as a file can have.
const PARAMETER_SETS_MAX: usize = 64;

/// A picture that a camera kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Presentation time in 1/90000 s, from where the replay began.
    pub pts: i64,
    /// When it was taken, by the camera's clock.
    pub wall: Timestamp,
    /// What came before does not join up.
    pub discontinuity: bool,
    /// The last before a hole in what was kept, or before its end.
    pub end: bool,
    /// The last of what was asked for.
    pub terminal: bool,
    /// The parameter sets that came with it, without lengths.
    pub parameter_sets: Vec<Bytes>,
    /// Its other NAL units, each after its length in 4 bytes.
    pub data: Bytes,
}

/// A unit in the making.
#[derive(Debug, Default)]
struct Open {
    timestamp: u32,
    mark: Option<Mark>,
    lost: bool,
    data: BytesMut,
    /// Where the length of a NAL unit stands of which more is to come.
    fragment: Option<usize>,
    parameter_sets: Vec<Bytes>,
}

/// Puts packets of one track together.
#[derive(Debug)]
pub struct Assembler {
    codec: VideoCodec,
    open: Option<Open>,
    ready: VecDeque<Unit>,
    sequence: Option<u16>,
    /// RTP time of the newest unit, as it came and unwrapped.
    newest: Option<(u32, i64)>,
    /// Presentation time and time of the newest unit that told it.
    told: Option<(i64, Timestamp)>,
}

impl Assembler {
    /// For a track that is coded so.
    #[must_use]
    pub fn new(codec: VideoCodec) -> Self {
        Self { codec, open: None, ready: VecDeque::new(), sequence: None, newest: None, told: None }
    }

    /// The next whole unit.
    pub fn poll(&mut self) -> Option<Unit> {
        self.ready.pop_front()
    }

    /// Takes the next packet.
    ///
    /// # Errors
    /// [`WireError::Packets`], [`WireError::TooLarge`], [`WireError::NoTime`].
    pub fn push(&mut self, packet: Packet) -> Result<(), WireError> {
        let expected = self.sequence.map(|sequence| sequence.wrapping_add(1));
        let lost = expected.is_some_and(|expected| expected != packet.sequence);
        self.sequence = Some(packet.sequence);
        if lost {
            // What it was the midst of is of no use.
            self.open = None;
        }
        // Some cameras never set the marker: another time is another unit.
        if self.open.as_ref().is_some_and(|open| open.timestamp != packet.timestamp) {
            self.finish()?;
        }
        let open = self.open.get_or_insert_with(|| Open { timestamp: packet.timestamp, lost, ..Open::default() });
        open.mark = open.mark.or(packet.mark);
        open.payload(self.codec, &packet.payload)?;
        if packet.marker { self.finish() } else { Ok(()) }
    }

    /// Nothing more comes: the open unit is whole.
    ///
    /// # Errors
    /// As [`Assembler::push`].
    pub fn finish(&mut self) -> Result<(), WireError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        if open.fragment.is_some() {
            return Err(WireError::Packets);
        }
        let pts = match self.newest {
            None => 0,
            // Wraps: the nearer way counts.
            Some((rtp, pts)) => pts.saturating_add(i64::from(open.timestamp.wrapping_sub(rtp).cast_signed())),
        };
        self.newest = Some((open.timestamp, pts));
        let wall = match (open.mark, self.told) {
            (Some(mark), _) => {
                self.told = Some((pts, mark.wall));
                mark.wall
            }
            (None, Some((told, wall))) => {
                let ticks = pts.saturating_sub(told);
                let moved = Duration::from_micros(ticks.unsigned_abs().saturating_mul(1_000_000) / u64::from(VIDEO_TIMESCALE));
                if ticks < 0 { wall - moved } else { wall + moved }
            }
            (None, None) => return Err(WireError::NoTime),
        };
        let is = |flag: fn(&Mark) -> bool| open.mark.as_ref().is_some_and(flag);
        self.ready.push_back(Unit {
            pts,
            wall,
            discontinuity: open.lost || is(|mark| mark.discontinuity),
            end: is(|mark| mark.end),
            terminal: is(|mark| mark.terminal),
            parameter_sets: open.parameter_sets,
            data: open.data.freeze(),
        });
        Ok(())
    }
}

impl Open {
    fn payload(&mut self, codec: VideoCodec, payload: &Bytes) -> Result<(), WireError> {
        let first = *payload.first().ok_or(WireError::Packets)?;
        let kind = match codec {
            VideoCodec::H264 => first & 0x1f,
            VideoCodec::H265 => first >> 1 & 0x3f,
        };
        match (codec, kind) {
            (VideoCodec::H264, 1..=23) | (VideoCodec::H265, 0..=47) => self.nal(codec, payload.clone()),
            // Several in one: STAP-A (RFC 6184, section 5.7.1), AP (RFC 7798, section 4.4.2).
            (VideoCodec::H264, 24) => self.several(codec, payload.slice(1..)),
            (VideoCodec::H265, 48) if payload.len() >= 2 => self.several(codec, payload.slice(2..)),
            // A part of one: FU-A (section 5.8), FU (section 4.4.3).
            (VideoCodec::H264, 28) => self.part(codec, payload, 1),
            (VideoCodec::H265, 49) => self.part(codec, payload, 2),
            _ => Err(WireError::Packets),
        }
    }

    fn several(&mut self, codec: VideoCodec, mut rest: Bytes) -> Result<(), WireError> {
        while !rest.is_empty() {
            let &[high, low] = rest.first_chunk().ok_or(WireError::Packets)?;
            let end = 2 + usize::from(u16::from_be_bytes([high, low]));
            if end > rest.len() || end == 2 {
                return Err(WireError::Packets);
            }
            self.nal(codec, rest.slice(2..end))?;
            rest = rest.slice(end..);
        }
        Ok(())
    }

    fn part(&mut self, codec: VideoCodec, payload: &Bytes, head: usize) -> Result<(), WireError> {
        let (indicator, rest) = payload.split_at_checked(head).ok_or(WireError::Packets)?;
        let (&unit, body) = rest.split_first().ok_or(WireError::Packets)?;
        let (starts, ends) = (unit & 0x80 != 0, unit & 0x40 != 0);
        if starts == self.fragment.is_some() {
            return Err(WireError::Packets);
        }
        if starts {
            self.fragment = Some(self.data.len());
            self.data.put_u32(0);
            match codec {
                VideoCodec::H264 => self.data.put_u8(indicator[0] & 0xe0 | unit & 0x1f),
                VideoCodec::H265 => self.data.put_slice(&[indicator[0] & 0x81 | (unit & 0x3f) << 1, indicator[1]]),
            }
        }
        self.grow(body)?;
        if ends && let Some(at) = self.fragment.take() {
            let nal = self.data.split_off(at).freeze().slice(4..);
            self.nal(codec, nal)?;
        }
        Ok(())
    }

    /// Takes one whole NAL unit.
    fn nal(&mut self, codec: VideoCodec, nal: Bytes) -> Result<(), WireError> {
        let first = *nal.first().ok_or(WireError::Packets)?;
        if self.fragment.is_some() {
            return Err(WireError::Packets);
        }
        let is_set = match codec {
            VideoCodec::H264 => matches!(first & 0x1f, 7 | 8),
            VideoCodec::H265 => matches!(first >> 1 & 0x3f, 32..=34),
        };
        if is_set {
            let bytes = self.parameter_sets.iter().map(Bytes::len).sum::<usize>() + nal.len();
            if bytes > PARAMETER_SETS_BYTES_MAX || self.parameter_sets.len() == PARAMETER_SETS_MAX {
                return Err(WireError::TooLarge);
            }
            self.parameter_sets.push(nal);
            return Ok(());
        }
        self.data.put_u32(u32::try_from(nal.len()).map_err(|_| WireError::TooLarge)?);
        self.grow(&nal)
    }

    fn grow(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        if self.data.len() + bytes.len() > ACCESS_UNIT_BYTES_MAX {
            return Err(WireError::TooLarge);
        }
        self.data.put_slice(bytes);
        Ok(())
    }
}
