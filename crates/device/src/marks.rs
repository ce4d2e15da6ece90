//! The index that a picture carries: 15 squares at the top left, each a fortieth of the picture's width: white, black, the
//! 12 low bits of the index with the most significant first (white is 1), black.

/// Squares in the strip.
const SQUARES: usize = 15;

/// Bits of the index.
const BITS: usize = 12;

/// Draws the strip into a luma plane without padding.
pub(crate) fn write(luma: &mut [u8], width: usize, index: u32) {
    let side = width / 40;
    for square in 0..SQUARES {
        let in_index = (2..2 + BITS).contains(&square);
        let bit = square == 0 || in_index && index >> (1 + BITS - square) & 1 == 1;
        let level = if bit { 235 } else { 16 };
        for row in luma.chunks_exact_mut(width).take(side) {
            row[square * side..(square + 1) * side].fill(level);
        }
    }
}

/// Reads the strip from a luma plane whose rows are `stride` bytes apart; `None` where there is none.
#[must_use]
pub fn read(luma: &[u8], width: usize, stride: usize) -> Option<u32> {
    let side = width / 40;
    let bright = |square: usize| {
        let row = luma.get(side / 2 * stride..)?;
        Some(*row.get(square * side + side / 2)? > 128)
    };
    if !(bright(0)? && !bright(1)? && !bright(SQUARES - 1)?) {
        return None;
    }
    (2..2 + BITS).try_fold(0, |index, square| Some(index << 1 | u32::from(bright(square)?)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_written_is_read() {
        for index in [0, 1, 2, 0x555, 0xaaa, 4095] {
            let mut luma = vec![90; 320 * 180];
            super::write(&mut luma, 320, index);
            assert_eq!(super::read(&luma, 320, 320), Some(index));
        }
        assert_eq!(super::read(&[90; 320 * 180], 320, 320), None);
        assert_eq!(super::read(&[], 320, 320), None);
    }
}
