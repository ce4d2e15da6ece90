//! Parameter sets by numbers out of a hat, with everything in them that may be.

use bytes::Bytes;
use h264_reader::rbsp::{BitWrite, BitWriter, ByteWriter};

/// A NAL unit in the writing.
struct Unit<'a> {
    bits: BitWriter<ByteWriter<Vec<u8>>>,
    hat: std::iter::Cycle<std::iter::Copied<std::slice::Iter<'a, u32>>>,
}

impl<'a> Unit<'a> {
    /// A unit with this header. The hat is not empty.
    fn new(header: &[u8], hat: &'a [u32]) -> Self {
        Self { bits: BitWriter::new(ByteWriter::new(header.to_vec())), hat: hat.iter().copied().cycle() }
    }

    fn done(mut self) -> Bytes {
        self.bits.write_rbsp_trailing_bits().unwrap();
        self.bits.into_writer().into_writer().into()
    }

    /// A number out of the hat.
    fn below(&mut self, end: u32) -> u32 {
        self.hat.next().unwrap() % end
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Writes bits that are given.
    fn bits(&mut self, count: u32, value: u32) {
        self.bits.write_var(count, value).unwrap();
    }

    /// Writes numbers that are given.
    fn numbers(&mut self, values: &[u32]) {
        values.iter().for_each(|value| self.bits.write_ue(*value).unwrap());
    }

    /// Writes a number out of the hat for each end.
    fn any_numbers(&mut self, ends: &[u32]) {
        for end in ends {
            let value = self.below(*end);
            self.numbers(&[value]);
        }
    }

    /// Writes so many bits out of the hat.
    fn any_bits(&mut self, count: u32) {
        for _ in 0..count {
            self.any_flag();
        }
    }

    fn any_flag(&mut self) -> bool {
        let flag = self.coin();
        self.bits.write_bit(flag).unwrap();
        flag
    }
}

/// A sequence parameter set of H.265, and its `min_spatial_segmentation_idc`.
pub(super) fn h265_sps(hat: &[u32]) -> (Bytes, u32) {
    let mut unit = Unit::new(&[0x42, 0x01], hat);
    unit.any_bits(4);
    let layers = unit.below(7);
    unit.bits(3, layers);
    unit.any_bits(1 + 88 + 8);
    let both: Vec<bool> = (0..layers).map(|_| unit.coin()).collect();
    both.iter().for_each(|both| unit.bits(2, if *both { 3 } else { 0 }));
    if layers > 0 {
        unit.bits(2 * (8 - layers), 0);
    }
    unit.any_bits(96 * u32::try_from(both.iter().filter(|both| **both).count()).unwrap());
    unit.any_numbers(&[16]);
    let chroma = unit.below(4);
    unit.numbers(&[chroma]);
    if chroma == 3 {
        unit.any_bits(1);
    }
    for _ in 0..2 {
        let side = unit.below(8192) + 64;
        unit.numbers(&[side]);
    }
    if unit.any_flag() {
        unit.any_numbers(&[8; 4]);
    }
    unit.any_numbers(&[8, 8]);
    let order_bits = unit.below(13);
    unit.numbers(&[order_bits]);
    for _ in 0..if unit.any_flag() { layers + 1 } else { 1 } {
        unit.any_numbers(&[16, 16, 100]);
    }
    unit.any_numbers(&[4, 4, 4, 4, 5, 5]);
    if unit.any_flag() && unit.any_flag() {
        scaling_lists(&mut unit);
    }
    unit.any_bits(2);
    if unit.any_flag() {
        unit.any_bits(8);
        unit.any_numbers(&[4, 4]);
        unit.any_bits(1);
    }
    picture_sets(&mut unit);
    if unit.any_flag() {
        let count = unit.below(5);
        unit.numbers(&[count]);
        unit.any_bits(count * (order_bits + 4 + 1));
    }
    unit.any_bits(2);
    let segmentation = if unit.any_flag() { usability(&mut unit, layers) } else { 0 };
    unit.bits(1, 0);
    (unit.done(), segmentation)
}

fn scaling_lists(unit: &mut Unit<'_>) {
    for (lists, coefficients) in [(6, 16), (6, 64), (6, 65), (2, 65)] {
        for list in 0..lists {
            if unit.any_flag() {
                // Also the number of the signed ones.
                unit.any_numbers(&vec![255; coefficients]);
            } else {
                unit.any_numbers(&[list + 1]);
            }
        }
    }
}

fn picture_sets(unit: &mut Unit<'_>) {
    let sets = unit.below(9);
    unit.numbers(&[sets]);
    let mut last: Vec<i32> = vec![];
    for index in 0..sets {
        last = if index > 0 && unit.any_flag() { moved(unit, &last) } else { listed(unit) };
    }
}

fn listed(unit: &mut Unit<'_>) -> Vec<i32> {
    let counts = [unit.below(5), unit.below(5)];
    unit.numbers(&counts);
    let mut distances = vec![];
    for (count, sign) in counts.into_iter().zip([-1, 1]) {
        let mut at = 0;
        for _ in 0..count {
            let step = unit.below(20);
            unit.numbers(&[step]);
            unit.any_bits(1);
            at += sign * i32::try_from(step + 1).unwrap();
            distances.push(at);
        }
    }
    distances
}

fn moved(unit: &mut Unit<'_>, last: &[i32]) -> Vec<i32> {
    let back = unit.any_flag();
    let by = unit.below(20);
    unit.numbers(&[by]);
    let by = i32::try_from(by + 1).unwrap() * if back { -1 } else { 1 };
    let mut distances = vec![];
    for (at, from) in last.iter().copied().chain([0]).enumerate() {
        // Few enough for a decoder.
        let kept = if at < 8 {
            unit.any_flag() || unit.any_flag()
        } else {
            unit.bits(2, 0);
            false
        };
        distances.extend(Some(from + by).filter(|distance| kept && *distance != 0));
    }
    // Those before from the nearest one on, then those after.
    distances.sort_unstable_by_key(|distance| (*distance > 0, distance.abs()));
    distances
}

fn usability(unit: &mut Unit<'_>, layers: u32) -> u32 {
    if unit.any_flag() {
        let ratio = [1, 2, 255][unit.below(3) as usize];
        unit.bits(8, ratio);
        unit.any_bits(if ratio == 255 { 32 } else { 0 });
    }
    if unit.any_flag() {
        unit.any_bits(1);
    }
    if unit.any_flag() {
        unit.any_bits(4);
        if unit.any_flag() {
            unit.any_bits(24);
        }
    }
    if unit.any_flag() {
        unit.any_numbers(&[6, 6]);
    }
    unit.any_bits(3);
    if unit.any_flag() {
        unit.any_numbers(&[8; 4]);
    }
    if unit.any_flag() {
        unit.any_bits(64);
        if unit.any_flag() {
            unit.any_numbers(&[100]);
        }
        if unit.any_flag() {
            reference_decoder(unit, layers);
        }
    }
    if !unit.any_flag() {
        return 0;
    }
    unit.any_bits(3);
    let segmentation = unit.below(4096);
    unit.numbers(&[segmentation]);
    unit.any_numbers(&[17, 17, 16, 16]);
    segmentation
}

fn reference_decoder(unit: &mut Unit<'_>, layers: u32) {
    let kinds = u32::from(unit.any_flag()) + u32::from(unit.any_flag());
    let mut sub_pictures = false;
    if kinds > 0 {
        sub_pictures = unit.any_flag();
        unit.any_bits(if sub_pictures { 19 + 8 + 4 + 15 } else { 8 + 15 });
    }
    for _ in 0..=layers {
        let mut buffers = 1;
        let fixed = unit.any_flag() || unit.any_flag();
        if fixed {
            unit.any_numbers(&[2048]);
        }
        if fixed || !unit.any_flag() {
            buffers += unit.below(4);
            unit.numbers(&[buffers - 1]);
        }
        for _ in 0..buffers * kinds {
            unit.any_numbers(&[1 << 20, 1 << 20]);
            if sub_pictures {
                unit.any_numbers(&[1 << 20, 1 << 20]);
            }
            unit.any_bits(1);
        }
    }
}

/// A picture parameter set of H.265 that is cut up in these ways.
pub(super) fn h265_pps(tiles: bool, rows: bool, hat: &[u32]) -> Bytes {
    let mut unit = Unit::new(&[0x44, 0x01], hat);
    unit.any_numbers(&[64, 16]);
    unit.any_bits(7);
    unit.any_numbers(&[15, 15, 50]);
    unit.any_bits(2);
    if unit.any_flag() {
        unit.any_numbers(&[4]);
    }
    unit.any_numbers(&[24, 24]);
    unit.any_bits(4);
    unit.bits(1, tiles.into());
    unit.bits(1, rows.into());
    if tiles {
        unit.any_numbers(&[4, 4]);
        unit.bits(1, 1);
        unit.any_bits(1);
    }
    unit.any_bits(1);
    // No filters, no lists.
    unit.bits(2, 0);
    unit.any_bits(1);
    unit.any_numbers(&[4]);
    unit.any_bits(1);
    unit.bits(1, 0);
    unit.done()
}

/// A sequence parameter set of H.265 that shows 1920x1080, and tells only the level of its one sub-layer.
pub(super) fn h265_sps_with_a_level_alone() -> Bytes {
    let mut unit = Unit::new(&[0x42, 0x01], &[0]);
    unit.bits(8, 0b0000_0011);
    [0x0160_0000, 0x00b0_0000, 0x0000_0078].into_iter().for_each(|word| unit.bits(32, word));
    unit.bits(16, 0b0100_0000_0000_0000);
    unit.bits(8, 0x5a);
    unit.numbers(&[0, 1, 1920, 1088]);
    unit.bits(1, 1);
    unit.numbers(&[0, 0, 0, 4, 0, 0, 4]);
    unit.bits(1, 0);
    unit.numbers(&[4, 2, 0, 0, 0, 0, 0, 0, 0]);
    unit.bits(4, 0);
    unit.numbers(&[0]);
    unit.bits(5, 0);
    unit.done()
}

/// A sequence parameter set of H.264 of this many macroblocks beside and below one, with a crop below in pairs of lines.
pub(super) fn h264_sps(beside: u32, below: u32, crop: u32) -> Bytes {
    let mut unit = Unit::new(&[0x67], &[0]);
    unit.bits(24, 0x42_00_1e);
    unit.numbers(&[0, 0, 2, 1]);
    unit.bits(1, 0);
    unit.numbers(&[beside, below]);
    unit.bits(3, 0b111);
    unit.numbers(&[0, 0, 0, crop]);
    unit.bits(1, 0);
    unit.done()
}
