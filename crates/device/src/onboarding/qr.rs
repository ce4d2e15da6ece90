use std::panic::{AssertUnwindSafe, catch_unwind};

use media::still::Luma;

use super::rings;

/// Columns of a picture that is searched: a code that fills a third of it has seven for each of 61 modules. Larger ones are
/// shrunk.
const WIDTH_MAX: usize = 1280;

/// Finder patterns of a picture that is searched: a code has three. The search compares all pairs of them, each time on a copy
/// of the picture, so a wall full of them would hold it up for minutes.
const RINGS_MAX: usize = 12;

/// What the QR codes in a picture say. Blocks for some 30 ms, and for under a second whatever the picture shows.
#[must_use]
pub fn codes(picture: &Luma) -> Vec<Vec<u8>> {
    if picture.width == 0 || picture.samples.len() != picture.width * picture.height {
        return Vec::new();
    }
    let factor = picture.width.max(picture.height).div_ceil(WIDTH_MAX);
    let codes = search(picture, factor);
    // At half the size the noise of a dark room is a quarter.
    if codes.is_empty() { search(picture, factor * 2) } else { codes }
}

/// Searches the picture at one `factor`-th of its size.
fn search(picture: &Luma, factor: usize) -> Vec<Vec<u8>> {
    let (width, height) = (picture.width / factor, picture.height / factor);
    // The smallest code has 21 modules.
    if width < 21 || height < 21 {
        return Vec::new();
    }
    let mean = |x: usize, y: usize| {
        let rows = (y * factor..(y + 1) * factor).map(|row| row * picture.width + x * factor);
        let block = rows.filter_map(|at| picture.samples.get(at..at + factor)).flatten();
        u8::try_from(block.map(|sample| usize::from(*sample)).sum::<usize>() / (factor * factor)).unwrap_or(u8::MAX)
    };
    let read = || {
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, mean);
        let rings = rings::count(width, height, |x, y| u8::from(prepared.get_pixel_at(x, y)) != 0);
        if !(3..=RINGS_MAX).contains(&rings) {
            return Vec::new();
        }
        let mut codes = Vec::new();
        for grid in prepared.detect_grids() {
            let mut code = Vec::new();
            if grid.decode_to(&mut code).is_ok() {
                codes.push(code);
            }
        }
        codes
    };
    // A picture that breaks the reader is one without a code.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        tracing::warn!(width, height, "the reader of codes broke on a picture");
        Vec::new()
    })
}
