use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::live::test_units::{key, picture};

const SECOND: Duration = Duration::from_secs(1);

fn numbers(units: &[Arc<Unit>]) -> Vec<i64> {
    units.iter().map(|u| u.au.dts).collect()
}

/// Reads everything a cursor can see: the units' numbers and what was missed.
fn read(ring: &Ring, cursor: &mut Cursor) -> (Vec<i64>, u64) {
    let mut out = Vec::new();
    let missed = ring.read(cursor, usize::MAX, &mut out);
    (numbers(&out), missed)
}

/// A ring of `bytes_max` bytes holding pictures 0.. of 100 bytes and 40 ms each, every `gop`-th a key picture.
fn filled(bytes_max: usize, time_max: Duration, gop: i64, count: i64) -> Ring {
    let mut ring = Ring::new(bytes_max, time_max);
    for n in 0..count {
        ring.push(if n % gop == 0 { key(n, 100) } else { picture(n, 100) });
    }
    ring
}

#[test]
fn a_new_viewer_starts_at_the_newest_key_picture() {
    let ring = filled(usize::MAX, 10 * SECOND, 10, 25);
    let mut cursor = ring.cursor(Start::NewestKey);
    assert_eq!(read(&ring, &mut cursor), ((20..25).collect(), 0));
    assert_eq!(read(&ring, &mut cursor), (vec![], 0));
}

#[test]
fn a_reader_can_start_at_the_oldest_or_the_next_key_picture() {
    let mut ring = filled(usize::MAX, 10 * SECOND, 10, 25);
    assert_eq!(read(&ring, &mut ring.cursor(Start::OldestKey)).0, (0..25).collect::<Vec<_>>());
    let mut next = ring.cursor(Start::NextKey);
    ring.push(picture(25, 100));
    assert_eq!(read(&ring, &mut next), (vec![], 0));
    ring.push(key(26, 100));
    assert_eq!(read(&ring, &mut next), (vec![26], 0));
}

#[test]
fn a_slow_reader_goes_on_at_a_key_picture_and_learns_what_it_missed() {
    let mut ring = filled(1_000, 10 * SECOND, 10, 5);
    let mut slow = ring.cursor(Start::NewestKey);
    assert_eq!(read(&ring, &mut slow).0, [0, 1, 2, 3, 4]);
    for n in 5..33 {
        ring.push(if n % 10 == 0 { key(n, 100) } else { picture(n, 100) });
    }
    // The ring holds 23..33; the first key picture in it is 30, so 5..30 are missed.
    assert_eq!(read(&ring, &mut slow), (vec![30, 31, 32], 25));
}

#[test]
fn bytes_are_bounded_even_within_one_gop() {
    let ring = filled(1_000, 10 * SECOND, 1_000, 50);
    assert_eq!(ring.bytes(), 1_000);
    assert!(ring.newest_key().is_none(), "the GOP outgrew the ring");
    assert_eq!(read(&ring, &mut ring.cursor(Start::NewestKey)), (vec![], 0));
}

#[test]
fn old_gops_leave_by_time_but_the_running_one_stays_whole() {
    let ring = filled(usize::MAX, SECOND, 100, 190);
    // 40 ms a picture: the running GOP (100..190) is 3.6 s long and stays, the one before it is gone.
    assert_eq!(ring.first, 100);
    assert_eq!(ring.newest_key().map(|u| u.au.dts), Some(100));
}

#[test]
fn one_unit_larger_than_the_ring_is_still_delivered() {
    let mut ring = Ring::new(10, SECOND);
    let mut cursor = ring.cursor(Start::NextKey);
    ring.push(key(0, 100));
    assert_eq!(read(&ring, &mut cursor), (vec![0], 0));
}

#[test]
fn reading_in_portions_gives_the_same_units() {
    let ring = filled(usize::MAX, 10 * SECOND, 10, 25);
    let (mut cursor, mut all) = (ring.cursor(Start::OldestKey), Vec::new());
    while ring.read(&mut cursor, 7, &mut all) == 0 && all.len() < 25 {}
    assert_eq!(numbers(&all), (0..25).collect::<Vec<_>>());
}
