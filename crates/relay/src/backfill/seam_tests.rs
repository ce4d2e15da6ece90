use std::sync::Arc;

use bytes::Bytes;
use domain::Mono;
use media::au::{Format, Track, VideoCodec, VideoFormat};

use super::*;

const TICKS: i64 = 3600;
const GOP: i64 = 25;

/// Where the camera's pictures stand on the line of time of what was recorded.
const ORIGIN: i64 = 500_000;

/// Bytes of picture `n`: as those of a scene that moves, no run like another.
fn size(n: i64) -> usize {
    let noise = usize::try_from((n.wrapping_mul(2_654_435_761) >> 7).rem_euclid(97)).unwrap();
    if n % GOP == 0 { 3000 + noise } else { 200 + noise }
}

fn at(n: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + n * 40_000)
}

fn off(t: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(t.micros() + micros)
}

/// Pictures as they were recorded, `late` microseconds after they were taken.
fn recorded(range: std::ops::Range<i64>, late: i64) -> Vec<Seen> {
    let ticks = late * 9 / 100;
    let seen = |n| Seen { dts: ORIGIN + n * TICKS + ticks, wall: off(at(n), late), bytes: size(n) as u32, key: n % GOP == 0 };
    range.map(seen).collect()
}

/// Picture `n` as it is replayed by a camera whose clock is `skew` microseconds ahead.
fn replayed(format: &Arc<Format>, n: i64, skew: i64) -> AccessUnit {
    AccessUnit {
        track: Track::Video,
        format: Arc::clone(format),
        dts: n * TICKS,
        cts: 0,
        wall: off(at(n), skew),
        arrived: Mono::default(),
        key: n % GOP == 0,
        discontinuity: false,
        data: Bytes::from(vec![0; size(n)]),
    }
}

fn format() -> Arc<Format> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 320,
        height: 180,
        rfc6381: String::new(),
        parameter_sets: Vec::new(),
        sample_entry: Bytes::new(),
    };
    Arc::new(Format { video, audio: None })
}

/// What comes out of a replay of `range`, as picture numbers on the recorded line, with their times.
fn fill(mut seam: Seam, range: std::ops::Range<i64>, skew: i64) -> Vec<AccessUnit> {
    let (format, mut out) = (format(), Vec::new());
    for n in range {
        seam.push(replayed(&format, n, skew), &mut out);
    }
    seam.finish(&mut out);
    assert!(seam.over());
    out
}

fn numbers(units: &[AccessUnit], dts: i64) -> Vec<i64> {
    units.iter().map(|unit| (unit.dts - ORIGIN - dts) / TICKS).collect()
}

#[test]
fn both_edges_are_found_to_the_picture_whatever_the_clocks_say() {
    // 1000 pictures are missing, from the midst of a GOP on; clocks are wrong by up to hours, and what is known of that by a second.
    for (skew, known) in [(0, 0), (900_000, 0), (-3_700_000_000, -3_699_200_000), (86_400_000_000, 86_399_300_000)] {
        let seam = Seam::new(recorded(0..1012, 0), recorded(2025..2100, 0), known);
        let units = fill(seam, 900..2300, skew);
        assert!(numbers(&units, 0).into_iter().eq(1012..2025), "{skew}: {:?}", (units.len(), units.first(), units.last()));
        assert!(units.iter().enumerate().all(|(n, unit)| unit.wall == at(1012 + n as i64) && !unit.discontinuity), "{skew}");
    }
}

#[test]
fn what_was_recorded_a_little_late_stays_in_order() {
    // The pictures after the cut came 130 ms earlier than those before it: the line of time has a step back.
    let seam = Seam::new(recorded(0..1012, 150_000), recorded(2025..2100, 20_000), 0);
    let units = fill(seam, 900..2300, 0);
    assert_eq!(units.len(), 2025 - 1012);
    assert!(units.windows(2).all(|two| two[1].dts > two[0].dts));
    let edge = recorded(2025..2026, 20_000)[0].dts;
    assert!(units.last().unwrap().dts < edge, "{} is not before {edge}", units.last().unwrap().dts);
    assert_eq!(units[0].dts - recorded(1011..1012, 150_000)[0].dts, TICKS);
}

#[test]
fn where_the_pictures_do_not_tell_a_key_picture_begins_and_clocks_decide() {
    // Another encoder's sizes before and after.
    let strange = |mut seen: Vec<Seen>| {
        seen.iter_mut().for_each(|seen| seen.bytes += 7);
        seen
    };
    let seam = Seam::new(strange(recorded(0..1012, 0)), strange(recorded(2025..2100, 0)), 0);
    let units = fill(seam, 900..2300, 0);
    assert!(numbers(&units, 0).into_iter().eq(1025..2025), "{:?}", (units.first(), units.last()));
    assert!(units[0].discontinuity && units[0].key);
    // The same where all pictures are of one size.
    let flat = |mut seen: Vec<Seen>| {
        seen.iter_mut().for_each(|seen| seen.bytes = 200);
        seen
    };
    assert_eq!(fill(Seam::new(flat(recorded(0..1012, 0)), recorded(2025..2100, 0), 0), 900..2300, 0).len(), 1000);
}

#[test]
fn what_a_camera_did_not_keep_stays_missing() {
    // Its ring begins in the midst of what is missing, and ends before the far edge.
    let seam = Seam::new(recorded(0..1012, 0), recorded(2025..2100, 0), 0);
    let units = fill(seam, 1500..1900, 0);
    assert!(numbers(&units, 0).into_iter().eq(1500..1900));
    assert!(units[0].discontinuity && units.iter().all(|unit| unit.wall == at((unit.dts - ORIGIN) / TICKS)));
    // Nothing of it at all, and nothing recorded before.
    assert!(fill(Seam::new(recorded(0..1012, 0), recorded(2025..2100, 0), 0), 0..0, 0).is_empty());
    let units = fill(Seam::new(Vec::new(), recorded(2025..2100, 0), 0), 1810..2300, 0);
    assert_eq!((units.len(), units[0].key, units[0].wall, units.last().unwrap().wall), (200, true, at(1825), at(2024)));
}
