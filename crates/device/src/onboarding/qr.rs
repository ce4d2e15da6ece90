use std::panic::{AssertUnwindSafe, catch_unwind};

use media::still::Luma;

use super::grid::{Grid, grids};
use super::rings;

/// Columns and rows of a picture that is searched: a code that fills a third of it has six or seven for each of its modules.
/// Larger ones are shrunk.
const SIDE_MAX: usize = 1280;

/// Finder patterns of a picture that is searched: a code has three, and any three may be a code's.
const RINGS_MAX: usize = 12;

/// What the QR codes in a picture say. Blocks for some 20 ms, and for under a second whatever the picture shows.
///
/// The code is found and its modules are sampled here: readers that were tried follow a hostile or noisy picture for minutes.
/// The bits are read by `rqrr`.
#[must_use]
pub fn codes(picture: &Luma) -> Vec<Vec<u8>> {
    if picture.width == 0 || picture.samples.len() != picture.width * picture.height {
        return Vec::new();
    }
    let factor = picture.width.max(picture.height).div_ceil(SIDE_MAX);
    let codes = search(&Gray::new(picture, factor));
    // At half the size the noise of a dark room is half.
    if codes.is_empty() { search(&Gray::new(picture, factor * 2)) } else { codes }
}

fn search(picture: &Gray) -> Vec<Vec<u8>> {
    let black = |x: usize, y: usize| picture.levels[y * picture.width + x] < picture.limits[y * picture.width + x];
    let rings = rings::find(picture.width, picture.height, black);
    if !(3..=RINGS_MAX).contains(&rings.len()) {
        return Vec::new();
    }
    let mut codes: Vec<Vec<u8>> = Vec::new();
    for grid in grids(&rings, picture) {
        // A grid that breaks the reader is none.
        let code = catch_unwind(AssertUnwindSafe(|| decoded(&grid, picture))).ok().flatten();
        if let Some(code) = code.filter(|code| !codes.contains(code)) {
            codes.push(code);
        }
    }
    codes
}

fn decoded(grid: &Grid, picture: &Gray) -> Option<Vec<u8>> {
    let modules = rqrr::SimpleGrid::from_func(grid.size, |x, y| {
        // Nine places within the module: the noise of one is not the module's.
        let places = (0..9).map(|part| {
            let (dx, dy) = (f64::from(part % 3) - 1.0, f64::from(part / 3) - 1.0);
            grid.place(x as f64 + 0.5 + dx * 0.22, y as f64 + 0.5 + dy * 0.22)
        });
        let darkness: f64 = places.map(|place| picture.darkness(place)).sum();
        darkness > 0.0
    });
    let mut code = Vec::new();
    rqrr::Grid::new(modules).decode_to(&mut code).ok()?;
    Some(code)
}

/// A picture that is searched, with what counts as black at each of its places.
#[derive(Debug)]
pub(super) struct Gray {
    width: usize,
    height: usize,
    levels: Vec<u8>,
    limits: Vec<u8>,
}

impl Gray {
    /// The picture at one `factor`-th of its size. Black is what is darker than the mean of its surroundings.
    fn new(picture: &Luma, factor: usize) -> Self {
        let (width, height) = (picture.width / factor, picture.height / factor);
        let mean = |at: usize| {
            let (x, y) = (at % width, at / width);
            let rows = (y * factor..(y + 1) * factor).map(|row| row * picture.width + x * factor);
            let block = rows.filter_map(|at| picture.samples.get(at..at + factor)).flatten();
            u8::try_from(block.map(|sample| usize::from(*sample)).sum::<usize>() / (factor * factor)).unwrap_or(u8::MAX)
        };
        let levels: Vec<u8> = (0..width * height).map(mean).collect();
        // The sum of all levels above and to the left of each place, for means of any square at one cost.
        let stride = width + 1;
        let mut sums = vec![0u32; stride * (height + 1)];
        for y in 0..height {
            let mut row = 0;
            for x in 0..width {
                row += u32::from(levels[y * width + x]);
                sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row;
            }
        }
        // Wider than the largest stone that is looked for, narrower than the shadow of a hand.
        let reach = (width.min(height) / 12).max(8);
        let limit = |at: usize| {
            let (x, y) = (at % width, at / width);
            let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
            let (top, bottom) = (y.saturating_sub(reach), (y + reach + 1).min(height));
            let sum = sums[bottom * stride + right] + sums[top * stride + left]
                - sums[top * stride + right]
                - sums[bottom * stride + left];
            let mean = sum / ((right - left) * (bottom - top)) as u32;
            // A little below, so that an even wall is white and not noise.
            u8::try_from(mean * 94 / 100).unwrap_or(u8::MAX)
        };
        let limits = (0..width * height).map(limit).collect();
        Self { width, height, levels, limits }
    }

    /// How far the nearest pixel is below what counts as black; white outside the picture.
    fn darkness(&self, (x, y): (f64, f64)) -> f64 {
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f64 && y < self.height as f64;
        if !inside {
            return -1.0;
        }
        let at = y as usize * self.width + x as usize;
        f64::from(self.limits[at]) - f64::from(self.levels[at])
    }

    pub(super) fn is_black(&self, place: (f64, f64)) -> bool {
        self.darkness(place) > 0.0
    }
}
