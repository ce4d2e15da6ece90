//! How far pictures go out of order, as their sequence parameter set tells it.

use std::num::NonZeroUsize;

use h264_reader::nal::sps::{PicOrderCntType, SeqParameterSet};
use h264_reader::rbsp::{BitRead, BitReader, BitReaderError, ByteReader};

use super::reorder::DEPTH_MAX;

/// `profile_idc` of Baseline, which has no B-frames.
const BASELINE: u8 = 66;

/// Length of an H.265 NAL unit header.
const H265_HEADER: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// Bytes of a general or sub-layer profile in `profile_tier_level` (H.265, 7.3.3).
const PROFILE_BYTES: usize = 11;

/// Bits of one.
const PROFILE_BITS: u32 = 88;

/// Bits of a level there.
const LEVEL_BITS: u32 = 8;

/// Reorder depth of an H.264 stream; `None` where its parameter set does not tell.
pub(crate) fn h264_depth(sps: &[u8]) -> Option<usize> {
    let sps = SeqParameterSet::from_bits(BitReader::new(ByteReader::skipping_h264_header(sps))).ok()?;
    let told = sps.vui_parameters.as_ref().and_then(|vui| vui.bitstream_restrictions.as_ref());
    if let Some(told) = told {
        return usize::try_from(told.max_num_reorder_frames).ok().filter(|depth| *depth <= DEPTH_MAX);
    }
    let in_order = matches!(sps.pic_order_cnt, PicOrderCntType::TypeTwo) || u8::from(sps.profile_idc) == BASELINE;
    in_order.then_some(0)
}

/// Reorder depth of an H.265 stream: `sps_max_num_reorder_pics` of the highest sub-layer (7.3.2.2.1).
pub(crate) fn h265_depth(sps: &[u8]) -> Option<usize> {
    let depth = H265Head::read(&mut h265_bits(sps)).ok()?.reorder;
    usize::try_from(depth).ok().filter(|depth| *depth <= DEPTH_MAX)
}

/// What an H.265 NAL unit holds behind its header.
pub(crate) fn h265_bits(unit: &[u8]) -> BitReader<ByteReader<&[u8]>> {
    BitReader::new(ByteReader::skipping_bytes(unit, H265_HEADER))
}

/// What an H.265 sequence parameter set begins with, up to how far pictures go out of order (7.3.2.2.1). Values as they are
/// coded, in no range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct H265Head {
    /// `sps_max_sub_layers_minus1`: 0 to 7.
    pub(crate) sub_layers: u8,
    /// `sps_temporal_id_nesting_flag`.
    pub(crate) nested: bool,
    /// From `general_profile_space` to the last constraint.
    pub(crate) profile: [u8; PROFILE_BYTES],
    /// `general_level_idc`.
    pub(crate) level: u8,
    /// `chroma_format_idc`.
    pub(crate) chroma_format: u32,
    /// `pic_width_in_luma_samples`.
    pub(crate) width: u32,
    /// `pic_height_in_luma_samples`.
    pub(crate) height: u32,
    /// What the conformance window cuts off: left, right, top, bottom.
    pub(crate) window: [u32; 4],
    /// `bit_depth_luma_minus8`.
    pub(crate) luma_depth: u32,
    /// `bit_depth_chroma_minus8`.
    pub(crate) chroma_depth: u32,
    /// `log2_max_pic_order_cnt_lsb_minus4`.
    pub(crate) order_bits: u32,
    /// `sps_max_num_reorder_pics` of the highest sub-layer.
    pub(crate) reorder: u32,
}

impl H265Head {
    pub(crate) fn read(bits: &mut impl BitRead) -> Result<Self, BitReaderError> {
        bits.skip(4, "sps_video_parameter_set_id")?;
        let sub_layers = bits.read::<3, u8>("sps_max_sub_layers_minus1")?;
        let nested = bits.read_bit("sps_temporal_id_nesting_flag")?;
        let profile = bits.read_to("general_profile")?;
        let level = bits.read_to("general_level_idc")?;
        skip_sub_layers(bits, sub_layers)?;
        bits.read_ue("sps_seq_parameter_set_id")?;
        let chroma_format = bits.read_ue("chroma_format_idc")?;
        if chroma_format == 3 {
            bits.skip(1, "separate_colour_plane_flag")?;
        }
        let width = bits.read_ue("pic_width_in_luma_samples")?;
        let height = bits.read_ue("pic_height_in_luma_samples")?;
        let mut window = [0; 4];
        if bits.read_bit("conformance_window_flag")? {
            for side in &mut window {
                *side = bits.read_ue("conf_win_offset")?;
            }
        }
        let luma_depth = bits.read_ue("bit_depth_luma_minus8")?;
        let chroma_depth = bits.read_ue("bit_depth_chroma_minus8")?;
        let order_bits = bits.read_ue("log2_max_pic_order_cnt_lsb_minus4")?;
        let first = if bits.read_bit("sps_sub_layer_ordering_info_present_flag")? { 0 } else { sub_layers };
        let mut reorder = 0;
        for _ in first..=sub_layers {
            bits.read_ue("sps_max_dec_pic_buffering_minus1")?;
            reorder = bits.read_ue("sps_max_num_reorder_pics")?;
            bits.read_ue("sps_max_latency_increase_plus1")?;
        }
        Ok(Self {
            sub_layers,
            nested,
            profile,
            level,
            chroma_format,
            width,
            height,
            window,
            luma_depth,
            chroma_depth,
            order_bits,
            reorder,
        })
    }
}

/// The rest of `profile_tier_level` behind the general level.
fn skip_sub_layers(bits: &mut impl BitRead, sub_layers: u8) -> Result<(), BitReaderError> {
    let mut sub_layer_bits = 0;
    for _ in 0..sub_layers {
        if bits.read_bit("sub_layer_profile_present_flag")? {
            sub_layer_bits += PROFILE_BITS;
        }
        if bits.read_bit("sub_layer_level_present_flag")? {
            sub_layer_bits += LEVEL_BITS;
        }
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - u32::from(sub_layers)), "reserved_zero_2bits")?;
    }
    bits.skip(sub_layer_bits, "sub_layer_profile_tier_level")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// What encoder, its parameter set, the depth that it tells.
    type Row = (&'static str, &'static str, Option<usize>);

    const H264_ROWS: &[Row] = &[
        ("x264 without B-frames", "6764000cacb202833f3e0220000003002000000641e28549", Some(0)),
        ("x264 baseline", "6742c00cd901419f9f011000000300100000030320f142a480", Some(0)),
        ("x264 with one B-frame", "6764000cace405067e7c0440000003004000000c83c50a4480", Some(1)),
        ("x264 with a pyramid", "6764000cacd941419f9f011000000300100000030320f1429960", Some(2)),
        ("main profile without usability information", "674d001ef40a0ac8", None),
        ("output in decoding order", "674d001eda050564", Some(0)),
        ("nothing", "67", None),
    ];

    const H265_ROWS: &[Row] = &[
        ("x265", "42010101600000030090000003000003003ca00a080b9f796566924caf016808000003000800000300c840", Some(2)),
        ("x265 without B-frames", "42010101600000030090000003000003003ca00a080b9f7964a924caf0168080000003008000000c84", Some(0)),
        ("three sub-layers", "420105ffffffffffffffffffffff1ed000ffffffffffffffffffffff0000a00a080b565ada9498", Some(3)),
        ("nothing", "4201", None),
    ];

    #[test]
    fn encoders_tell_how_far_pictures_go_out_of_order() {
        for (what, sps, depth) in H264_ROWS {
            assert_eq!(h264_depth(&hex(sps)), *depth, "{what}");
        }
        for (what, sps, depth) in H265_ROWS {
            assert_eq!(h265_depth(&hex(sps)), *depth, "{what}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(sps in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert!(h264_depth(&sps).is_none_or(|depth| depth <= DEPTH_MAX));
            prop_assert!(h265_depth(&sps).is_none_or(|depth| depth <= DEPTH_MAX));
        }
    }
}
