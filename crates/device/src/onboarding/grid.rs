//! From three finder patterns to the modules between them.

use super::qr::Gray;
use super::rings::Ring;

/// Modules of the smallest code, and of the largest that is looked for: version 25 holds all that a camera acts on.
const MODULES: (usize, usize) = (21, 117);
/// Grids that are tried in one picture.
const GRIDS_MAX: usize = 96;

/// A place in a picture, in pixels.
type Place = (f64, f64);

/// Where the modules of a code lie in a picture.
#[derive(Debug)]
pub(super) struct Grid {
    /// Modules of a side.
    pub(super) size: usize,
    from_modules: Matrix,
}

impl Grid {
    /// The place at (`x`, `y`) modules from the corner.
    pub(super) fn place(&self, x: f64, y: f64) -> Place {
        project(&self.from_modules, (x, y))
    }
}

/// The grids that three of the rings may be the corners of, the likelier ones first.
pub(super) fn grids(rings: &[Ring], picture: &Gray) -> Vec<Grid> {
    let mut corners: Vec<(f64, [Ring; 3])> = Vec::new();
    for corner in rings {
        for right in rings {
            for below in rings {
                corners.extend(skew(corner, right, below).map(|skew| (skew, [*corner, *right, *below])));
            }
        }
    }
    corners.sort_by(|a, b| a.0.total_cmp(&b.0));
    corners.into_iter().flat_map(|(_, corners)| of_corners(&corners, picture)).take(GRIDS_MAX).collect()
}

/// How far three rings are from the corners of a square; `None` where they cannot be.
fn skew(corner: &Ring, right: &Ring, below: &Ring) -> Option<f64> {
    let (u, v) = ((right.x - corner.x, right.y - corner.y), (below.x - corner.x, below.y - corner.y));
    let (across, down) = (u.0.hypot(u.1), v.0.hypot(v.1));
    let modules = [corner.module, right.module, below.module];
    let (low, high) = (modules.iter().copied().fold(f64::MAX, f64::min), modules.iter().copied().fold(0.0, f64::max));
    // Clockwise, some 14 modules apart at least.
    if across < 10.0 * low || down < 10.0 * low || high > 1.7 * low || u.0 * v.1 - u.1 * v.0 <= 0.0 {
        return None;
    }
    let askew = (u.0 * v.0 + u.1 * v.1).abs() / (across * down);
    let uneven = (across / down).ln().abs();
    (askew < 0.35 && uneven < 0.4).then_some(askew + uneven + (high / low).ln())
}

/// The grids of three corners, for the size that the rings speak for and those next to it.
fn of_corners(corners: &[Ring; 3], picture: &Gray) -> Vec<Grid> {
    let [corner, right, below] = corners;
    let distance = |a: &Ring, b: &Ring| (a.x - b.x).hypot(a.y - b.y) / ((a.module + b.module) / 2.0);
    let modules = (distance(corner, right) + distance(corner, below)) / 2.0 + 7.0;
    let nearest = ((modules - 17.0) / 4.0).round() * 4.0 + 17.0;
    let aside = if modules < nearest { -4.0 } else { 4.0 };
    let sizes = [nearest, nearest + aside, nearest - aside].into_iter().filter(|size| *size > 0.0).map(|size| size as usize);
    let sizes = sizes.filter(|size| (MODULES.0..=MODULES.1).contains(size));
    sizes.filter_map(|size| of_size(corners, size, picture)).collect()
}

fn of_size([corner, right, below]: &[Ring; 3], size: usize, picture: &Gray) -> Option<Grid> {
    let far = size as f64 - 3.5;
    let fourth = (right.x + below.x - corner.x, right.y + below.y - corner.y);
    let modules = [(3.5, 3.5), (far, 3.5), (3.5, far), (far, far)];
    let places = [(corner.x, corner.y), (right.x, right.y), (below.x, below.y), fourth];
    let flat = Grid { size, from_modules: mapping(&modules, &places)? };
    if size == MODULES.0 {
        return Some(flat);
    }
    // From version 2 on, the alignment pattern next to the fourth corner says how the sheet is tilted.
    let at = size as f64 - 6.5;
    let Some(found) = aligned(&flat, at, picture) else { return Some(flat) };
    let modules = [(3.5, 3.5), (far, 3.5), (3.5, far), (at, at)];
    let places = [places[0], places[1], places[2], found];
    Some(Grid { size, from_modules: mapping(&modules, &places)? })
}

/// The place near (`at`, `at`) that looks most like an alignment pattern (ISO/IEC 18004, 6.3.6): black, white, black.
fn aligned(grid: &Grid, at: f64, picture: &Gray) -> Option<Place> {
    /// How far it is searched for, in thirds of a module.
    const REACH: i32 = 24;
    let mut best = (22, f64::MAX, None);
    for down in -REACH..=REACH {
        for across in -REACH..=REACH {
            let (x, y) = (at + f64::from(across) / 3.0, at + f64::from(down) / 3.0);
            if !picture.is_black(grid.place(x, y)) {
                continue;
            }
            let mut alike = 0;
            for (dx, dy) in (-2..=2).flat_map(|dy: i32| (-2..=2).map(move |dx: i32| (dx, dy))) {
                let black = dx.abs().max(dy.abs()) != 1;
                alike += i32::from(picture.is_black(grid.place(x + f64::from(dx), y + f64::from(dy))) == black);
            }
            let off = f64::from(across * across + down * down);
            if alike > best.0 || alike == best.0 && off < best.1 {
                best = (alike, off, Some(grid.place(x, y)));
            }
        }
    }
    best.2
}

/// A projective mapping of the plane, row by row.
type Matrix = [[f64; 3]; 3];

/// The mapping that takes each of four places to another.
fn mapping(from: &[Place; 4], to: &[Place; 4]) -> Option<Matrix> {
    Some(product(&basis(to)?, &inverse(&basis(from)?)))
}

/// The mapping that takes the unit points and (1, 1, 1) to four places.
fn basis([a, b, c, d]: &[Place; 4]) -> Option<Matrix> {
    let points = [[a.0, b.0, c.0], [a.1, b.1, c.1], [1.0, 1.0, 1.0]];
    let adjugate = inverse(&points);
    let determinant: f64 = (0..3).map(|k| points[0][k] * adjugate[k][0]).sum();
    let weights = adjugate.map(|row| (row[0] * d.0 + row[1] * d.1 + row[2]) / determinant);
    let finite = determinant.abs() > 1e-9 && weights.iter().all(|weight| weight.abs() > 1e-9);
    finite.then(|| points.map(|row| [row[0] * weights[0], row[1] * weights[1], row[2] * weights[2]]))
}

/// The inverse but for a factor, which a projective mapping does not feel: the adjugate.
fn inverse(m: &Matrix) -> Matrix {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    std::array::from_fn(|row| std::array::from_fn(|column| minor(column, row)))
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    std::array::from_fn(|row| std::array::from_fn(|column| (0..3).map(|k| a[row][k] * b[k][column]).sum()))
}

fn project(m: &Matrix, (x, y): Place) -> Place {
    let [u, v, w] = m.map(|row| row[0] * x + row[1] * y + row[2]);
    (u / w, v / w)
}
