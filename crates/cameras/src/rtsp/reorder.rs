//! Decoding times: RTSP gives presentation times in decoding order, and files want both.
//!
//! With a reorder depth of `d`, the decoding time of a picture is the (d + 1)th largest presentation time so far: that
//! rises with each picture and is never after its own presentation. Nothing waits for it. Without B-frames `d` is 0
//! and both times are the same.

/// Most pictures that either standard lets go out of order (H.264, A.3.1; H.265, A.4.2).
pub(crate) const DEPTH_MAX: usize = 16;

/// How long a picture likely lasts before two were seen: 40 ms.
const FRAME: i64 = 3600;

/// Gives each picture its decoding time.
#[derive(Debug, Default)]
pub(crate) struct Reorder {
    depth: usize,
    /// Presentation times of the last pictures, in decoding order.
    recent: [i64; DEPTH_MAX + 1],
    filled: usize,
    /// The newest decoding time.
    last: Option<i64>,
}

impl Reorder {
    /// What follows does not join up. `depth` is the reorder depth that the parameter sets tell; without one it is learned.
    pub(crate) fn restart(&mut self, depth: Option<usize>) {
        self.depth = depth.unwrap_or(0).min(DEPTH_MAX);
        self.filled = 0;
    }

    /// What follows does not join up, and is coded as before.
    pub(crate) fn jump(&mut self) {
        self.filled = 0;
    }

    /// Decoding time of the next picture in decoding order, and its presentation time minus that.
    pub(crate) fn place(&mut self, pts: i64) -> (i64, i32) {
        let overtaken = self.recent[..self.filled].iter().filter(|&&other| other > pts).count();
        self.depth = self.depth.max(overtaken.min(DEPTH_MAX));
        self.remember(pts);
        let dts = self.nth_newest();
        let dts = self.last.map_or(dts, |last| dts.max(last.saturating_add(1)));
        self.last = Some(dts);
        // Late only while the depth is being learned, and where a camera repeats a timestamp.
        (dts, i32::try_from(pts.saturating_sub(dts).max(0)).unwrap_or(i32::MAX))
    }

    fn remember(&mut self, pts: i64) {
        if self.filled == self.recent.len() {
            self.recent.rotate_left(1);
            self.filled -= 1;
        }
        self.recent[self.filled] = pts;
        self.filled += 1;
    }

    /// The (depth + 1)th largest of the recent presentation times, as if pictures of the same duration had come before.
    fn nth_newest(&self) -> i64 {
        let mut sorted = self.recent;
        let sorted = &mut sorted[..self.filled];
        sorted.sort_unstable();
        let (first, newest) = (sorted.first().copied().unwrap_or(0), sorted.last().copied().unwrap_or(0));
        match self.filled.checked_sub(self.depth + 1).and_then(|index| sorted.get(index)) {
            Some(&pts) => pts,
            None => {
                let gaps = i64::try_from(self.filled).unwrap_or(1) - 1;
                let frame = if gaps > 0 { (newest.saturating_sub(first) / gaps).max(1) } else { FRAME };
                let missing = i64::try_from(self.depth + 1 - self.filled).unwrap_or(0);
                first.saturating_sub(frame.saturating_mul(missing))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(depth: Option<usize>, pts: &[i64]) -> Vec<(i64, i32)> {
        let mut reorder = Reorder::default();
        reorder.restart(depth);
        pts.iter().map(|&pts| reorder.place(pts)).collect()
    }

    #[test]
    fn without_b_frames_decoding_is_presentation() {
        for depth in [None, Some(0)] {
            assert_eq!(run(depth, &[0, 3600, 7200, 9000]), [(0, 0), (3600, 0), (7200, 0), (9000, 0)]);
        }
    }

    #[test]
    fn a_told_depth_is_exact_from_the_first_picture() {
        // I P B P B, presented I B P B P.
        let f = 3600;
        let placed = run(Some(1), &[0, 2 * f, f, 4 * f, 3 * f]);
        assert_eq!(placed, [(-f, 3600), (0, 7200), (f, 0), (2 * f, 7200), (3 * f, 0)]);
    }

    #[test]
    fn a_pyramid_is_in_order() {
        // I P B b b, with B a reference: depth 2.
        let f = 3000;
        let placed = run(Some(2), &[0, 4 * f, 2 * f, f, 3 * f, 8 * f, 6 * f, 5 * f, 7 * f]);
        for (index, (dts, cts)) in placed.iter().enumerate().skip(2) {
            assert_eq!(*dts, (i64::try_from(index).unwrap() - 2) * f);
            assert!(*cts >= 0);
        }
    }

    #[test]
    fn an_untold_depth_is_learned_from_the_first_picture_out_of_order() {
        let f = 3600;
        let placed = run(None, &[0, f, 3 * f, 2 * f, 5 * f, 4 * f, 7 * f, 6 * f]);
        // One picture late by less than a frame, then exact.
        assert!(placed.windows(2).all(|w| w[0].0 < w[1].0));
        for (index, pts) in [(6, 7 * f), (7, 6 * f)] {
            let (dts, cts) = placed[index];
            assert_eq!(dts + i64::from(cts), pts);
        }
    }

    #[test]
    fn a_repeated_timestamp_still_moves_on() {
        assert_eq!(run(None, &[10, 10, 10, 20]), [(10, 0), (11, 0), (12, 0), (20, 0)]);
    }

    #[test]
    fn a_restart_does_not_go_back() {
        let mut reorder = Reorder::default();
        reorder.place(1000);
        reorder.restart(Some(2));
        assert_eq!(reorder.place(1010), (1001, 9));
    }

    proptest! {
        #[test]
        fn decoding_times_rise_and_are_never_after_presentation(
            depth in proptest::option::of(0usize..20),
            pts in proptest::collection::vec(any::<i64>(), 1..60),
        ) {
            let placed = run(depth, &pts);
            // At the end of i64 they can no longer rise.
            prop_assert!(placed.windows(2).all(|w| w[0].0 < w[1].0 || w[1].0 == i64::MAX));
            prop_assert!(placed.iter().all(|(_, cts)| *cts >= 0));
        }
    }
}
