//! Replay (ONVIF Streaming Specification, section 6): what RTSP is given so that footage a camera kept is played by its own time.

use domain::Timestamp;

use super::rtp::NTP_TO_UNIX_S;
use super::wire::Request;

/// What `Require` says of a session that replays (section 6.2).
pub const OPTION: &str = "onvif-replay";

/// The profile of the header extension (section 6.3).
pub const EXTENSION: u16 = 0xabac;

/// Bytes of the extension, without its head of four.
pub const MARK_BYTES: usize = 12;

/// What the first packet of a replayed access unit says of it (section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Its time by the camera's clock, to the microsecond.
    pub wall: Timestamp,
    /// Decoding can start here (`C`).
    pub clean: bool,
    /// The last before a hole in the recording, or before its end (`E`).
    pub end: bool,
    /// What came before does not join up (`D`).
    pub discontinuity: bool,
    /// The last of what was asked for (`T`).
    pub terminal: bool,
    /// The low byte of the `CSeq` of the `PLAY` that it answers.
    pub cseq: u8,
}

impl Mark {
    /// The extension with its head.
    pub(super) fn encode(&self) -> [u8; 4 + MARK_BYTES] {
        let flags = [self.clean, self.end, self.discontinuity, self.terminal];
        let flags = flags.iter().enumerate().fold(0, |byte, (place, on)| byte | u8::from(*on) << (7 - place));
        let mut out = [0; 4 + MARK_BYTES];
        out[..2].copy_from_slice(&EXTENSION.to_be_bytes());
        out[3] = 3; // words of 32 bits
        out[4..12].copy_from_slice(&ntp(self.wall).to_be_bytes());
        (out[12], out[13]) = (flags, self.cseq);
        out
    }

    /// Reads an extension: its profile, and what follows its head. `None` where it is another one, or too short.
    #[must_use]
    pub fn decode(profile: u16, body: &[u8]) -> Option<Self> {
        let body: &[u8; MARK_BYTES] = body.first_chunk().filter(|_| profile == EXTENSION)?;
        let (time, rest) = body.split_first_chunk::<8>()?;
        let [flags, cseq, ..] = rest else { return None };
        let flag = |place: u8| flags >> (7 - place) & 1 == 1;
        let wall = from_ntp(u64::from_be_bytes(*time));
        Some(Self { wall, clean: flag(0), end: flag(1), discontinuity: flag(2), terminal: flag(3), cseq: *cseq })
    }
}

/// 32.32 fixed-point seconds since 1900 (RFC 5905, section 6), rounded up so that the microsecond comes back; wraps in 2036.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn ntp(wall: Timestamp) -> u64 {
    let seconds = wall.micros().div_euclid(1_000_000) + NTP_TO_UNIX_S;
    let fraction = ((wall.micros().rem_euclid(1_000_000) as u64) << 32).div_ceil(1_000_000);
    u64::from(seconds as u32) << 32 | fraction
}

/// The time that NTP means (RFC 5905, section 6), in the era of 1900 or, where that lies before 1970, in the one that begins in 2036.
#[must_use]
pub fn from_ntp(ntp: u64) -> Timestamp {
    let seconds = i64::from((ntp >> 32) as u32) - NTP_TO_UNIX_S;
    let seconds = if seconds < 0 { seconds + (1 << 32) } else { seconds };
    let fraction = ((ntp & 0xffff_ffff) * 1_000_000) >> 32;
    Timestamp::from_micros(seconds * 1_000_000 + i64::try_from(fraction).unwrap_or(0))
}

/// What a `PLAY` wants replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replay {
    /// From when on; `None`: from the oldest.
    pub from: Option<Timestamp>,
    /// Up to when; `None`: to the newest.
    pub to: Option<Timestamp>,
    /// As quickly as it happened, and not as quickly as it goes (`Rate-Control`).
    pub paced: bool,
    /// For [`Mark::cseq`].
    pub cseq: u8,
}

/// Why a `PLAY` is not answered by a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoReplay {
    /// The range is none, or runs backwards.
    Range,
    /// Backwards, in slow motion, key pictures only.
    Unsupported,
}

impl Replay {
    /// What `request`, a `PLAY`, asks for.
    pub(super) fn read(request: &Request) -> Result<Self, NoReplay> {
        let is = |name: &str, wanted: &str| request.header(name).is_none_or(|value| value.trim().eq_ignore_ascii_case(wanted));
        let forward = request.header("scale").is_none_or(|scale| scale.trim().parse::<f32>().is_ok_and(|scale| scale == 1.0));
        if !forward || !is("frames", "all") {
            return Err(NoReplay::Unsupported);
        }
        let (from, to) = match request.header("range") {
            None => (None, None),
            Some(text) => clock_range(text).map(|(from, to)| (Some(from), to)).ok_or(NoReplay::Range)?,
        };
        if from.zip(to).is_some_and(|(from, to)| to <= from) {
            return Err(NoReplay::Range);
        }
        let [.., cseq] = request.cseq().unwrap_or(0).to_be_bytes();
        Ok(Self { from, to, paced: is("rate-control", "yes"), cseq })
    }
}

/// `clock=20261130T101500.250Z-` with or without an end (RFC 2326, section 3.7).
#[must_use]
pub fn clock_range(text: &str) -> Option<(Timestamp, Option<Timestamp>)> {
    let (from, to) = text.trim().strip_prefix("clock=")?.split(';').next()?.split_once('-')?;
    let to = to.trim();
    Some((clock(from.trim())?, if to.is_empty() { None } else { Some(clock(to)?) }))
}

/// Writes what [`clock_range`] reads.
#[must_use]
pub fn clock_range_text(from: Timestamp, to: Option<Timestamp>) -> String {
    let text = |t: Timestamp| t.to_string().replace(['-', ':'], "");
    format!("clock={}-{}", text(from), to.map(text).unwrap_or_default())
}

/// `20261130T101500.250Z`.
fn clock(text: &str) -> Option<Timestamp> {
    let part = |range: std::ops::Range<usize>| text.get(range);
    let (date, time) = ((part(0..4)?, part(4..6)?, part(6..8)?), (part(9..11)?, part(11..13)?, text.get(13..)?));
    let plain = text.is_ascii() && part(8..9)? == "T" && text.ends_with('Z');
    let spelt = || format!("{}-{}-{}T{}:{}:{}", date.0, date.1, date.2, time.0, time.1, time.2);
    plain.then(spelt).and_then(|text| Timestamp::parse(&text).ok())
}

#[cfg(test)]
#[path = "replay_tests.rs"]
mod tests;
