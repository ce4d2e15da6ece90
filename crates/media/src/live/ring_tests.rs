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

/// A ring of `bytes_max` bytes that was given pictures 0.. of 100 bytes and 40 ms each, every `gop`-th a key picture, and a reader
/// that has read none of them.
fn filled(bytes_max: usize, time_max: Duration, gop: i64, count: i64) -> (Ring, Cursor) {
    let mut ring = Ring::new(bytes_max, time_max);
    let reader = ring.cursor(Start::NextKey);
    fill(&mut ring, gop, 0..count);
    (ring, reader)
}

fn fill(ring: &mut Ring, gop: i64, numbers: std::ops::Range<i64>) {
    for n in numbers {
        ring.push(if n % gop == 0 { key(n, 100) } else { picture(n, 100) });
    }
}

#[test]
fn a_new_viewer_starts_at_the_newest_key_picture() {
    let (mut ring, _reader) = filled(usize::MAX, 10 * SECOND, 10, 25);
    let mut cursor = ring.cursor(Start::NewestKey);
    assert_eq!(read(&ring, &mut cursor), ((20..25).collect(), 0));
    assert_eq!(read(&ring, &mut cursor), (vec![], 0));
}

#[test]
fn a_reader_can_start_at_the_oldest_or_the_next_key_picture() {
    let (mut ring, _reader) = filled(usize::MAX, 10 * SECOND, 10, 25);
    let mut oldest = ring.cursor(Start::OldestKey);
    assert_eq!(read(&ring, &mut oldest).0, (0..25).collect::<Vec<_>>());
    let mut next = ring.cursor(Start::NextKey);
    ring.push(picture(25, 100));
    assert_eq!(read(&ring, &mut next), (vec![], 0));
    ring.push(key(26, 100));
    assert_eq!(read(&ring, &mut next), (vec![26], 0));
}

#[test]
fn a_slow_reader_goes_on_at_a_key_picture_and_learns_what_it_missed() {
    let (mut ring, mut slow) = filled(1_000, 10 * SECOND, 10, 5);
    assert_eq!(read(&ring, &mut slow).0, [0, 1, 2, 3, 4]);
    fill(&mut ring, 10, 5..33);
    // The ring holds 23..33; the first key picture in it is 30, so 5..30 are missed.
    assert_eq!(read(&ring, &mut slow), (vec![30, 31, 32], 25));
}

#[test]
fn bytes_are_bounded_even_within_one_gop() {
    let (mut ring, _reader) = filled(1_000, 10 * SECOND, 1_000, 50);
    assert_eq!(ring.bytes(), 1_000);
    assert!(ring.newest_key().is_none(), "the GOP outgrew the ring");
    let mut cursor = ring.cursor(Start::NewestKey);
    assert_eq!(read(&ring, &mut cursor), (vec![], 0));
}

#[test]
fn what_a_reader_waits_for_leaves_by_time_but_the_running_gop_stays_whole() {
    let (ring, _reader) = filled(usize::MAX, SECOND, 100, 190);
    // 40 ms a picture: the running GOP (100..190) is 3.6 s long and stays, the one before it is gone.
    assert_eq!(ring.first, 100);
    assert_eq!(ring.newest_key().map(|u| u.au.dts), Some(100));
}

#[test]
fn a_reader_that_is_late_finds_everything_for_a_while() {
    let (mut ring, mut late) = filled(usize::MAX, SECOND, 10, 25);
    assert_eq!(read(&ring, &mut late), ((0..25).collect(), 0));
    fill(&mut ring, 10, 25..50);
    // What it has read is gone; what it has not is there, for 40 ms a picture, 25 of them.
    assert_eq!(ring.first, 25);
    fill(&mut ring, 10, 50..51);
    assert_eq!(read(&ring, &mut late), ((25..51).collect(), 0));
    fill(&mut ring, 10, 51..81);
    assert_eq!(read(&ring, &mut late), ((60..81).collect(), 9));
}

#[test]
fn nothing_but_the_running_gop_is_kept_for_those_who_left_or_are_not_behind() {
    let (mut ring, reader) = filled(usize::MAX, 10 * SECOND, 10, 20);
    assert_eq!(ring.first, 0);
    drop(reader);
    fill(&mut ring, 10, 20..21);
    assert_eq!((ring.first, ring.readers.len()), (20, 0));
    let mut prompt = ring.cursor(Start::NewestKey);
    for n in 21..60 {
        fill(&mut ring, 10, n..n + 1);
        assert_eq!(read(&ring, &mut prompt).1, 0);
    }
    assert_eq!(ring.first, 50, "the pictures before it were read when it began");
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
    let (ring, mut cursor) = filled(usize::MAX, 10 * SECOND, 10, 25);
    let mut all = Vec::new();
    while ring.read(&mut cursor, 7, &mut all) == 0 && all.len() < 25 {}
    assert_eq!(numbers(&all), (0..25).collect::<Vec<_>>());
}
