//! Finds what looks like the finder pattern of a QR code (ISO/IEC 18004, 6.3.3): a ring with a stone in it, which a line crosses
//! as 1:1:3:1:1. Linear in the pixels, whatever they show.

use std::collections::BTreeMap;

/// A finder pattern, by its stone of three by three modules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ring {
    /// Its middle, in pixels.
    pub(super) x: f64,
    pub(super) y: f64,
    /// Width of a module, in pixels, however it is turned.
    pub(super) module: f64,
}

/// Black pixels of one row that touch.
struct Run {
    row: usize,
    from: usize,
    to: usize,
    /// Another run of the same region; itself for the region's first.
    parent: usize,
    /// Pixels of the region and the sums of their columns and rows, where this is its first run.
    area: usize,
    columns: usize,
    rows: usize,
}

/// The rings in a picture of black (`true`) and white, in no order.
pub(super) fn find(width: usize, height: usize, black: impl Fn(usize, usize) -> bool) -> Vec<Ring> {
    let mut runs: Vec<Run> = Vec::new();
    // Left, middle and right run of each crossing.
    let mut crossings: Vec<[usize; 3]> = Vec::new();
    let mut above = 0;
    for row in 0..height {
        let first = runs.len();
        let mut x = 0;
        while x < width {
            if !black(x, row) {
                x += 1;
                continue;
            }
            let from = x;
            while x < width && black(x, row) {
                x += 1;
            }
            let this = runs.len();
            let area = x - from;
            runs.push(Run { row, from, to: x, parent: this, area, columns: (from + x - 1) * area / 2, rows: row * area });
            // Those of the row above that touch it from there.
            while runs.get(above).is_some_and(|run| run.row + 1 < row || run.row + 1 == row && run.to <= from) {
                above += 1;
            }
            let mut touching = above;
            while runs.get(touching).is_some_and(|run| run.row + 1 == row && run.from < x) {
                unite(&mut runs, touching, this);
                touching += 1;
            }
            if this >= first + 2 && is_crossing(&runs[this - 2..]) {
                crossings.push([this - 2, this - 1, this]);
            }
        }
    }
    let mut rings: BTreeMap<usize, Ring> = BTreeMap::new();
    for [left, middle, right] in crossings {
        let (ring, stone) = (root(&mut runs, left), root(&mut runs, middle));
        let (of_ring, of_stone) = (runs[ring].area, runs[stone].area);
        // 9 to 24 modules; what is far from that is no finder pattern.
        let proportionate = of_stone * 100 > of_ring * 10 && of_stone * 100 < of_ring * 71;
        if ring == root(&mut runs, right) && ring != stone && proportionate {
            let Run { columns, rows, .. } = &runs[stone];
            let middle = |sum: usize| sum as f64 / of_stone as f64 + 0.5;
            rings.insert(ring, Ring { x: middle(*columns), y: middle(*rows), module: (of_stone as f64).sqrt() / 3.0 });
        }
    }
    rings.into_values().collect()
}

/// Whether black, white, black, white, black are as 1:1:3:1:1, each within three quarters of a module.
fn is_crossing(runs: &[Run]) -> bool {
    let [a, b, c] = runs else { return false };
    let lengths = [a.to - a.from, b.from - a.to, b.to - b.from, c.from - b.to, c.to - c.from];
    let module = (lengths[0] + lengths[1] + lengths[3] + lengths[4]) / 4;
    let slack = module * 3 / 4;
    lengths.iter().zip([1, 1, 3, 1, 1]).all(|(length, wanted)| length.abs_diff(wanted * module) <= slack)
}

fn root(runs: &mut [Run], mut run: usize) -> usize {
    while runs[run].parent != run {
        // Each step halves the way for the next one.
        let grandparent = runs[runs[run].parent].parent;
        runs[run].parent = grandparent;
        run = grandparent;
    }
    run
}

fn unite(runs: &mut [Run], a: usize, b: usize) {
    let (a, b) = (root(runs, a), root(runs, b));
    if a != b {
        let (small, large) = if runs[a].area < runs[b].area { (a, b) } else { (b, a) };
        runs[small].parent = large;
        runs[large].area += runs[small].area;
        runs[large].columns += runs[small].columns;
        runs[large].rows += runs[small].rows;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many rings `rows` has, each module `scale` pixels wide.
    fn rings(rows: &[&str], scale: usize) -> usize {
        let (width, height) = (rows[0].len() * scale, rows.len() * scale);
        let found = find(width, height, |x, y| rows[y / scale].as_bytes()[x / scale] == b'#');
        assert!(found.iter().all(|ring| ring.module == scale as f64), "{found:?}");
        found.len()
    }

    const RING: [&str; 9] = [
        ".........", //
        ".#######.",
        ".#.....#.",
        ".#.###.#.",
        ".#.###.#.",
        ".#.###.#.",
        ".#.....#.",
        ".#######.",
        ".........",
    ];

    #[test]
    fn a_ring_with_a_stone_is_one_at_every_size() {
        for scale in [1, 2, 5] {
            assert_eq!(rings(&RING, scale), 1, "{scale}");
            let found = find(9 * scale, 9 * scale, |x, y| RING[y / scale].as_bytes()[x / scale] == b'#');
            assert_eq!((found[0].x, found[0].y), (4.5 * scale as f64, 4.5 * scale as f64));
            let four: Vec<String> = RING.iter().chain(&RING).map(|row| row.repeat(2)).collect();
            assert_eq!(rings(&four.iter().map(String::as_str).collect::<Vec<_>>(), scale), 4, "{scale}");
        }
    }

    #[test]
    fn bars_broken_rings_and_rings_that_hold_their_stone_are_none() {
        assert_eq!(rings(&["#.###.#"; 7], 2), 0, "bars");
        let broken = RING.map(|row| row.replace(".#######.", ".........").replace(".#.....#.", "........."));
        assert_eq!(rings(&broken.iter().map(String::as_str).collect::<Vec<_>>(), 2), 0, "open at top and bottom");
        let mut held = RING.map(str::to_owned);
        held[2] = ".#..#..#.".to_owned();
        assert_eq!(rings(&held.iter().map(String::as_str).collect::<Vec<_>>(), 2), 0, "the stone touches the ring");
    }
}
