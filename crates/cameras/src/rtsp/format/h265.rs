//! H.265's parameter sets, as far as files and browsers want to know them.

use h264_reader::rbsp::{BitRead, BitReaderError};

use super::h265_sps::Sps;
use super::pictures::Pictures;
use crate::rtsp::sps::h265_bits;

/// `nal_unit_type` of the video, sequence and picture parameter sets (H.265, table 7-1).
pub(super) const KINDS: [u8; 3] = [32, 33, 34];

/// `chroma_format_idc` of half the colour in width.
const CHROMA_422: u32 = 2;

/// `chroma_format_idc` of half the colour in width and height.
const CHROMA_420: u32 = 1;

/// `nal_unit_type` of a NAL unit; `None` for what has no header, or none that may be.
pub(super) fn kind(unit: &[u8]) -> Option<u8> {
    let [first, second] = *unit.first_chunk()?;
    // The forbidden bit is unset, and the temporal id counts from 1.
    (first & 0x80 == 0 && second & 7 != 0).then_some(first >> 1)
}

/// Reads the sets; `None` where they cannot be read.
pub(super) fn read(vps: &[u8], sps: &[u8], pps: &[u8]) -> Option<Pictures> {
    let sets = [vps, sps, pps];
    if sets.map(kind) != KINDS.map(Some) {
        return None;
    }
    let told = Sps::read(sps)?;
    Some(Pictures {
        rfc6381: name(&told),
        size: size(&told)?,
        entry: *b"hvc1",
        configuration: (*b"hvcC", configuration(&told, parallelism(&told, pps)?, sets)?),
    })
}

/// As ISO/IEC 14496-15, E.3 spells it: profile, compatibility backwards, tier and level, constraints without the zeros behind.
fn name(told: &Sps) -> String {
    let [first, compatibility @ .., _, _, _, _, _, _] = &told.head.profile;
    let constraints = &told.head.profile[5..];
    let space = ["", "A", "B", "C"][usize::from(first >> 6)];
    let tier = if first & 0x20 == 0 { 'L' } else { 'H' };
    let (profile, level) = (first & 0x1f, told.head.level);
    let compatibility = u32::from_be_bytes(*compatibility).reverse_bits();
    let mut name = format!("hvc1.{space}{profile}.{compatibility:X}.{tier}{level}");
    // The first of them is always told.
    let last = constraints.iter().rposition(|flags| *flags != 0).unwrap_or(0);
    constraints.iter().take(last + 1).for_each(|flags| name.push_str(&format!(".{flags:02X}")));
    name
}

/// Width and height within the conformance window, which counts in samples of colour.
fn size(told: &Sps) -> Option<(u32, u32)> {
    let head = &told.head;
    let across = if matches!(head.chroma_format, CHROMA_420 | CHROMA_422) { 2 } else { 1 };
    let down = if head.chroma_format == CHROMA_420 { 2 } else { 1 };
    let [left, right, top, bottom] = head.window;
    let width = head.width.checked_sub(left.checked_add(right)?.checked_mul(across)?)?;
    let height = head.height.checked_sub(top.checked_add(bottom)?.checked_mul(down)?)?;
    Some((width, height))
}

/// `parallelismType`: by slices, tiles, rows, or a mixture; told only where the pictures promise to be cut up.
fn parallelism(told: &Sps, pps: &[u8]) -> Option<u8> {
    let (tiles, rows) = tiles_and_rows(h265_bits(pps)).ok()?;
    Some(match (told.segmentation, tiles, rows) {
        (0, _, _) | (_, true, true) => 0,
        (_, false, false) => 1,
        (_, true, false) => 2,
        (_, false, true) => 3,
    })
}

/// `tiles_enabled_flag` and `entropy_coding_sync_enabled_flag` of a picture parameter set (7.3.2.3.1).
fn tiles_and_rows(mut bits: impl BitRead) -> Result<(bool, bool), BitReaderError> {
    bits.read_ue("pps_pic_parameter_set_id")?;
    bits.read_ue("pps_seq_parameter_set_id")?;
    bits.skip(7, "dependent_slice_segments_enabled_flag to cabac_init_present_flag")?;
    bits.read_ue("num_ref_idx_l0_default_active_minus1")?;
    bits.read_ue("num_ref_idx_l1_default_active_minus1")?;
    bits.read_se("init_qp_minus26")?;
    bits.skip(2, "constrained_intra_pred_flag, transform_skip_enabled_flag")?;
    if bits.read_bit("cu_qp_delta_enabled_flag")? {
        bits.read_ue("diff_cu_qp_delta_depth")?;
    }
    bits.read_se("pps_cb_qp_offset")?;
    bits.read_se("pps_cr_qp_offset")?;
    bits.skip(4, "pps_slice_chroma_qp_offsets_present_flag to transquant_bypass_enabled_flag")?;
    let tiles = bits.read_bit("tiles_enabled_flag")?;
    let rows = bits.read_bit("entropy_coding_sync_enabled_flag")?;
    Ok((tiles, rows))
}

/// An `HEVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 8.3.3.1).
fn configuration(told: &Sps, parallelism: u8, sets: [&[u8]; 3]) -> Option<Vec<u8>> {
    let head = &told.head;
    let mut out = Vec::with_capacity(38 + sets.iter().map(|set| set.len()).sum::<usize>());
    out.push(1); // configurationVersion
    out.extend_from_slice(&head.profile);
    out.push(head.level);
    out.extend_from_slice(&(0xf000 | told.segmentation).to_be_bytes());
    out.push(0b1111_1100 | parallelism);
    out.push(0b1111_1100 | u8::try_from(head.chroma_format).ok()?);
    // Of 16 bits, which no camera sends, 3 cannot tell.
    out.push(0b1111_1000 | u8::try_from(head.luma_depth).ok()?);
    out.push(0b1111_1000 | u8::try_from(head.chroma_depth).ok()?);
    out.extend_from_slice(&[0, 0]); // avgFrameRate: not told
    // numTemporalLayers, temporalIdNested, lengthSizeMinusOne: 4 bytes.
    out.push((head.sub_layers + 1) << 3 | u8::from(head.nested) << 2 | 3);
    out.push(3); // an array for each kind
    for (kind, set) in KINDS.iter().zip(sets) {
        out.extend_from_slice(&[0x80 | kind, 0, 1]); // complete, one unit
        out.extend_from_slice(&u16::try_from(set.len()).ok()?.to_be_bytes());
        out.extend_from_slice(set);
    }
    Some(out)
}
