//! Parameter sets that a session description tells: `sprop-parameter-sets` (RFC 6184, 8.1), `sprop-vps`, `sprop-sps` and
//! `sprop-pps` (RFC 7798, 7.1). Cameras that tell them wrongly send them again with the pictures, so nothing here is an error.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::limits::PARAMETER_SETS_BYTES_MAX;

use super::h265;

/// `nal_unit_type` of the sequence and picture parameter sets (H.264, table 7-1).
const H264_KINDS: [u8; 2] = [7, 8];

/// What starts a NAL unit in a byte stream (H.264, annex B).
const START_CODE: [u8; 3] = [0, 0, 1];

/// SPS and PPS of H.264; `None` unless there is exactly one of each.
pub(crate) fn h264_sets(fmtp: &str) -> Option<[Bytes; 2]> {
    let (_, value) = fields(fmtp).filter(|(name, _)| name.eq_ignore_ascii_case("sprop-parameter-sets")).last()?;
    let mut told = [const { None }; 2];
    for text in value.split(',') {
        for unit in units(&decoded(text)?)? {
            // The forbidden bit is unset.
            let kind = unit.first().filter(|header| *header & 0x80 == 0)? & 0x1f;
            keep(&mut told, H264_KINDS, kind, unit)?;
        }
    }
    whole(told)
}

/// VPS, SPS and PPS of H.265; `None` unless there is exactly one of each.
pub(crate) fn h265_sets(fmtp: &str) -> Option<[Bytes; 3]> {
    let mut told = [const { None }; 3];
    for (name, value) in fields(fmtp) {
        if name.eq_ignore_ascii_case("tx-mode") && value != "SRST" {
            return None;
        }
        if !["sprop-vps", "sprop-sps", "sprop-pps"].iter().any(|known| name.eq_ignore_ascii_case(known)) {
            continue;
        }
        for text in value.split(',') {
            let data = decoded(text)?;
            let starts = data.windows(START_CODE.len()).any(|window| window == START_CODE);
            // Without a start code it is taken as it is: with the zeros that the same unit may end in on the wire.
            let units = if starts { units(&data)? } else { vec![data] };
            for unit in units.into_iter().filter(|unit| !unit.is_empty()) {
                let kind = h265::kind(&unit)?;
                keep(&mut told, h265::KINDS, kind, unit)?;
            }
        }
    }
    whole(told)
}

/// `name=value` of each field that has both.
pub(super) fn fields(fmtp: &str) -> impl Iterator<Item = (&str, &str)> {
    fmtp.split(';').filter_map(|field| field.trim().split_once('='))
}

fn decoded(text: &str) -> Option<Bytes> {
    let text = text.trim();
    let possible = text.len() / 4 * 3 <= PARAMETER_SETS_BYTES_MAX;
    possible.then(|| STANDARD.decode(text).ok()).flatten().map(Bytes::from)
}

/// The NAL units of what should be one of them, and with some cameras has start codes before, behind or within; `None` where it
/// holds what a NAL unit cannot.
fn units(data: &Bytes) -> Option<Vec<Bytes>> {
    let mut units = Vec::new();
    let mut at = 0;
    while at < data.len() {
        let next = data[at..].windows(START_CODE.len()).position(|window| window == START_CODE);
        let unit = data.slice(at..next.map_or(data.len(), |length| at + length));
        at += next.map_or(data.len(), |length| length + START_CODE.len());
        let length = unit.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let unit = unit.slice(..length);
        if unit.windows(3).any(|window| matches!(window, [0, 0, 0..=2])) {
            return None;
        }
        units.extend(Some(unit).filter(|unit| !unit.is_empty()));
    }
    Some(units)
}

/// Keeps a unit of one of the kinds; `None` where another one of its kind was told.
fn keep<const N: usize>(told: &mut [Option<Bytes>; N], kinds: [u8; N], kind: u8, unit: Bytes) -> Option<()> {
    let Some(at) = kinds.iter().position(|known| *known == kind) else { return Some(()) };
    let kept = told[at].get_or_insert_with(|| unit.clone());
    (*kept == unit).then_some(())
}

fn whole<const N: usize>(told: [Option<Bytes>; N]) -> Option<[Bytes; N]> {
    let sets: Vec<Bytes> = told.into_iter().flatten().collect();
    let bytes: usize = sets.iter().map(Bytes::len).sum();
    sets.try_into().ok().filter(|_| bytes <= PARAMETER_SETS_BYTES_MAX)
}
