//! An H.265 sequence parameter set (H.265, 7.3.2.2.1) to its end. All that files want to know from behind its first half is how
//! finely pictures are cut up, which stands last.

use h264_reader::rbsp::{BitRead, BitReaderError};

use crate::rtsp::sps::{H265Head, h265_bits};

/// Sub-layers beside the first one (`sps_max_sub_layers_minus1`).
const SUB_LAYERS_MAX: u8 = 6;

/// `chroma_format_idc` of full colour, the last one.
const CHROMA_FORMAT_MAX: u32 = 3;

/// Bits of a sample beyond 8.
const DEPTH_MAX: u32 = 8;

/// Short-term reference picture sets of a parameter set.
const PICTURE_SETS_MAX: u32 = 64;

/// Pictures of one of them: as many as a decoder holds.
const PICTURES_MAX: usize = 16;

/// The coded distance of a picture to the one before, which keeps sums of them within their type.
const DISTANCE_MAX: u32 = (1 << 15) - 1;

/// `min_spatial_segmentation_idc`, 12 bits of a configuration record.
const SEGMENTATION_MAX: u32 = 4095;

/// What is read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sps {
    pub(super) head: H265Head,
    /// `min_spatial_segmentation_idc`: 0 where it is not told.
    pub(super) segmentation: u16,
}

/// Why it cannot be read: it is at its end, or out of range.
struct Unreadable;

impl From<BitReaderError> for Unreadable {
    fn from(_: BitReaderError) -> Self {
        Self
    }
}

type Read<T> = Result<T, Unreadable>;

impl Sps {
    /// Reads a whole NAL unit; `None` where it cannot be read. Bytes that some cameras append are nothing to it.
    pub(super) fn read(unit: &[u8]) -> Option<Self> {
        let mut bits = h265_bits(unit);
        let head = H265Head::read(&mut bits).ok()?;
        let in_range = head.sub_layers <= SUB_LAYERS_MAX
            && head.chroma_format <= CHROMA_FORMAT_MAX
            && head.luma_depth.max(head.chroma_depth) <= DEPTH_MAX;
        if !in_range {
            return None;
        }
        let segmentation = tail(&mut bits, &head).ok()?;
        // Nothing of extensions is wanted, whatever they are.
        let whole = bits.read_bit("sps_extension_present_flag").ok()?
            || matches!(bits.finish_rbsp(), Ok(()) | Err(BitReaderError::RemainingData));
        whole.then_some(Self { head, segmentation })
    }
}

/// What follows the reordering of pictures.
fn tail(bits: &mut impl BitRead, head: &H265Head) -> Read<u16> {
    bits.read_ue("log2_min_luma_coding_block_size_minus3")?;
    bits.read_ue("log2_diff_max_min_luma_coding_block_size")?;
    bits.read_ue("log2_min_luma_transform_block_size_minus2")?;
    bits.read_ue("log2_diff_max_min_luma_transform_block_size")?;
    bits.read_ue("max_transform_hierarchy_depth_inter")?;
    bits.read_ue("max_transform_hierarchy_depth_intra")?;
    if bits.read_bit("scaling_list_enabled_flag")? && bits.read_bit("sps_scaling_list_data_present_flag")? {
        scaling_lists(bits)?;
    }
    bits.skip(2, "amp_enabled_flag, sample_adaptive_offset_enabled_flag")?;
    if bits.read_bit("pcm_enabled_flag")? {
        bits.skip(8, "pcm_sample_bit_depth_luma_minus1, pcm_sample_bit_depth_chroma_minus1")?;
        bits.read_ue("log2_min_pcm_luma_coding_block_size_minus3")?;
        bits.read_ue("log2_diff_max_min_pcm_luma_coding_block_size")?;
        bits.skip(1, "pcm_loop_filter_disabled_flag")?;
    }
    let sets = within(bits.read_ue("num_short_term_ref_pic_sets")?, PICTURE_SETS_MAX)?;
    let mut last = None;
    for _ in 0..sets {
        last = Some(PictureSet::read(bits, last)?);
    }
    if bits.read_bit("long_term_ref_pics_present_flag")? {
        let order_bits = head.order_bits.saturating_add(4);
        for _ in 0..bits.read_ue("num_long_term_ref_pics_sps")? {
            bits.skip(order_bits, "lt_ref_pic_poc_lsb_sps")?;
            bits.skip(1, "used_by_curr_pic_lt_sps_flag")?;
        }
    }
    bits.skip(2, "sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag")?;
    if bits.read_bit("vui_parameters_present_flag")? { usability(bits, head.sub_layers) } else { Ok(0) }
}

/// `scaling_list_data` (7.3.4).
fn scaling_lists(bits: &mut impl BitRead) -> Read<()> {
    for (lists, coefficients, constant) in [(6, 16, false), (6, 64, false), (6, 64, true), (2, 64, true)] {
        for _ in 0..lists {
            if !bits.read_bit("scaling_list_pred_mode_flag")? {
                bits.read_ue("scaling_list_pred_matrix_id_delta")?;
                continue;
            }
            if constant {
                bits.read_se("scaling_list_dc_coef_minus8")?;
            }
            for _ in 0..coefficients {
                bits.read_se("scaling_list_delta_coef")?;
            }
        }
    }
    Ok(())
}

/// A short-term reference picture set (7.3.7): distances to the pictures before, then to those after, the nearest ones first.
#[derive(Default)]
struct PictureSet {
    before: Vec<i32>,
    after: Vec<i32>,
}

impl PictureSet {
    fn read(bits: &mut impl BitRead, last: Option<Self>) -> Read<Self> {
        match last {
            Some(last) if bits.read_bit("inter_ref_pic_set_prediction_flag")? => last.moved(bits),
            _ => Self::listed(bits),
        }
    }

    fn listed(bits: &mut impl BitRead) -> Read<Self> {
        let before = bits.read_ue("num_negative_pics")?;
        let after = bits.read_ue("num_positive_pics")?;
        if before.saturating_add(after) as usize > PICTURES_MAX {
            return Err(Unreadable);
        }
        let mut distances = |count, sign| {
            let mut at = 0;
            let mut list = Vec::with_capacity(PICTURES_MAX);
            for _ in 0..count {
                at += sign * distance(bits)?;
                list.push(at);
                bits.skip(1, "used_by_curr_pic_flag")?;
            }
            Ok::<_, Unreadable>(list)
        };
        Ok(Self { before: distances(before, -1)?, after: distances(after, 1)? })
    }

    /// The set before this one, seen from a picture further on (7-61, 7-62): its pictures and the one that it belongs to, where
    /// each may be left out.
    fn moved(self, bits: &mut impl BitRead) -> Read<Self> {
        let sign = if bits.read_bit("delta_rps_sign")? { -1 } else { 1 };
        let by = sign * distance(bits)?;
        let mut kept = Vec::with_capacity(PICTURES_MAX + 1);
        for from in self.before.into_iter().chain(self.after).chain([0]) {
            let used = bits.read_bit("used_by_curr_pic_flag")? || bits.read_bit("use_delta_flag")?;
            kept.extend(Some(from + by).filter(|distance| used && *distance != 0));
        }
        if kept.len() > PICTURES_MAX {
            return Err(Unreadable);
        }
        kept.sort_unstable();
        let after = kept.split_off(kept.partition_point(|distance| *distance < 0));
        kept.reverse();
        Ok(Self { before: kept, after })
    }
}

fn distance(bits: &mut impl BitRead) -> Read<i32> {
    let coded = within(bits.read_ue("delta_poc_minus1")?, DISTANCE_MAX)?;
    Ok(i32::try_from(coded).map_err(|_| Unreadable)? + 1)
}

/// `vui_parameters` (E.2.1), to `min_spatial_segmentation_idc` and on.
fn usability(bits: &mut impl BitRead, sub_layers: u8) -> Read<u16> {
    const EXTENDED_ASPECT_RATIO: u8 = 255;
    if bits.read_bit("aspect_ratio_info_present_flag")? && bits.read_to::<u8>("aspect_ratio_idc")? == EXTENDED_ASPECT_RATIO {
        bits.skip(32, "sar_width, sar_height")?;
    }
    if bits.read_bit("overscan_info_present_flag")? {
        bits.skip(1, "overscan_appropriate_flag")?;
    }
    if bits.read_bit("video_signal_type_present_flag")? {
        bits.skip(4, "video_format, video_full_range_flag")?;
        if bits.read_bit("colour_description_present_flag")? {
            bits.skip(24, "colour_primaries, transfer_characteristics, matrix_coeffs")?;
        }
    }
    if bits.read_bit("chroma_loc_info_present_flag")? {
        bits.read_ue("chroma_sample_loc_type_top_field")?;
        bits.read_ue("chroma_sample_loc_type_bottom_field")?;
    }
    bits.skip(3, "neutral_chroma_indication_flag, field_seq_flag, frame_field_info_present_flag")?;
    if bits.read_bit("default_display_window_flag")? {
        for _ in 0..4 {
            bits.read_ue("def_disp_win_offset")?;
        }
    }
    if bits.read_bit("vui_timing_info_present_flag")? {
        bits.skip(64, "vui_num_units_in_tick, vui_time_scale")?;
        if bits.read_bit("vui_poc_proportional_to_timing_flag")? {
            bits.read_ue("vui_num_ticks_poc_diff_one_minus1")?;
        }
        if bits.read_bit("vui_hrd_parameters_present_flag")? {
            reference_decoder(bits, sub_layers)?;
        }
    }
    if !bits.read_bit("bitstream_restriction_flag")? {
        return Ok(0);
    }
    bits.skip(3, "tiles_fixed_structure_flag to restricted_ref_pic_lists_flag")?;
    let segmentation = within(bits.read_ue("min_spatial_segmentation_idc")?, SEGMENTATION_MAX)?;
    bits.read_ue("max_bytes_per_pic_denom")?;
    bits.read_ue("max_bits_per_min_cu_denom")?;
    bits.read_ue("log2_max_mv_length_horizontal")?;
    bits.read_ue("log2_max_mv_length_vertical")?;
    u16::try_from(segmentation).map_err(|_| Unreadable)
}

/// `hrd_parameters` (E.2.2) with what they have in common.
fn reference_decoder(bits: &mut impl BitRead, sub_layers: u8) -> Read<()> {
    let kinds = [bits.read_bit("nal_hrd_parameters_present_flag")?, bits.read_bit("vcl_hrd_parameters_present_flag")?];
    let kinds = kinds.map(u64::from).iter().sum::<u64>();
    let mut sub_pictures = false;
    if kinds > 0 {
        sub_pictures = bits.read_bit("sub_pic_hrd_params_present_flag")?;
        if sub_pictures {
            bits.skip(19, "tick_divisor_minus2 to dpb_output_delay_du_length_minus1")?;
        }
        bits.skip(8, "bit_rate_scale, cpb_size_scale")?;
        if sub_pictures {
            bits.skip(4, "cpb_size_du_scale")?;
        }
        bits.skip(15, "initial_cpb_removal_delay_length_minus1 to dpb_output_delay_length_minus1")?;
    }
    for _ in 0..=sub_layers {
        let mut low_delay = false;
        if bits.read_bit("fixed_pic_rate_general_flag")? || bits.read_bit("fixed_pic_rate_within_cvs_flag")? {
            bits.read_ue("elemental_duration_in_tc_minus1")?;
        } else {
            low_delay = bits.read_bit("low_delay_hrd_flag")?;
        }
        let more = if low_delay { 0 } else { bits.read_ue("cpb_cnt_minus1")? };
        // As many as there are bits for.
        for _ in 0..kinds * (u64::from(more) + 1) {
            bits.read_ue("bit_rate_value_minus1")?;
            bits.read_ue("cpb_size_value_minus1")?;
            if sub_pictures {
                bits.read_ue("cpb_size_du_value_minus1")?;
                bits.read_ue("bit_rate_du_value_minus1")?;
            }
            bits.skip(1, "cbr_flag")?;
        }
    }
    Ok(())
}

fn within(value: u32, max: u32) -> Read<u32> {
    if value <= max { Ok(value) } else { Err(Unreadable) }
}
