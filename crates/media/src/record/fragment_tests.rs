use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::record::test_footage::{Camera, PICTURE, format, fragments};

fn durations(run: &Run) -> Vec<u32> {
    run.samples.iter().map(|sample| sample.duration).collect()
}

/// First decoding time in pictures, number of pictures, key, discontinuity.
fn shape(fragments: &[Fragment]) -> Vec<(i64, usize, bool, bool)> {
    let row = |f: &Fragment| (f.video.first_dts / PICTURE, f.video.samples.len(), f.key, f.discontinuity);
    fragments.iter().map(row).collect()
}

#[test]
fn a_fragment_holds_at_most_half_a_second_and_a_key_picture_starts_one() {
    let camera = Camera { gop: 20, ..Camera::new(None) };
    let rows = [(0, 12, true, false), (12, 8, false, false), (20, 12, true, false), (32, 1, false, false)];
    assert_eq!(shape(&fragments(&camera.units(0, 33))), rows);
}

#[test]
fn what_comes_before_the_first_key_picture_is_dropped() {
    let camera = Camera::new(Some(AudioCodec::Aac));
    let fragments = fragments(&camera.units(45, 60));
    assert_eq!(shape(&fragments), [(50, 10, true, false)]);
    assert!(fragments[0].audio.first_dts >= 2 * 16_000);
    assert_eq!(fragments[0].wall, camera.picture(50).wall);
}

#[test]
fn samples_are_not_copied() {
    let unit = Camera::new(None).picture(0);
    let fragment = fragments(std::slice::from_ref(&unit)).remove(0);
    assert_eq!(fragment.video.data[0].as_ptr(), unit.data.as_ptr());
}

#[test]
fn the_last_duration_is_what_the_next_unit_shows_and_an_estimate_where_none_came() {
    let camera = Camera::new(None);
    let mut units = camera.units(0, 14);
    units[12].dts += 100;
    units[13].dts += 100;
    let fragments = fragments(&units);
    assert_eq!(durations(&fragments[0].video)[10..], [3600, 3700]);
    assert_eq!(durations(&fragments[1].video), [3600, 3600]);
}

#[test]
fn a_fragment_can_be_ended_before_anything_follows() {
    let camera = Camera::new(None);
    let mut fragmenter = Fragmenter::new();
    assert!(fragmenter.push(&camera.picture(0)).is_none());
    assert_eq!(fragmenter.flush().unwrap().video.samples.len(), 1);
    assert!(fragmenter.flush().is_none());
}

#[test]
fn units_that_arrive_late_end_a_fragment_even_if_their_media_time_would_fit() {
    let camera = Camera::new(None);
    let mut units = camera.units(0, 4);
    for unit in &mut units[2..] {
        unit.arrived = unit.arrived + 2 * FRAGMENT_TIME_MAX;
    }
    assert_eq!(shape(&fragments(&units)), [(0, 2, true, false), (2, 2, false, false)]);
}

#[test]
fn a_slow_camera_has_one_picture_a_fragment_and_its_duration_is_learnt() {
    let camera = Camera { gop: 1, ..Camera::new(None) };
    let mut fragmenter = Fragmenter::new();
    let mut seen = Vec::new();
    for n in 0..3 {
        // One picture in two seconds: each is flushed before the next arrives.
        assert!(fragmenter.push(&camera.picture(n * 50)).is_none());
        seen.extend(durations(&fragmenter.flush().unwrap().video));
    }
    assert_eq!(seen, [PICTURE_TICKS, 180_000, 180_000]);
}

#[test]
fn loss_a_new_format_and_time_that_runs_backwards_start_a_fragment() {
    let camera = Camera::new(None);
    let other = Camera { format: format(None, 2), ..camera.clone() };
    let mut lost = camera.picture(3);
    lost.discontinuity = true;
    let units = [camera.picture(0), camera.picture(1), lost, camera.picture(4), other.picture(5), other.picture(2)];
    let rows = [(0, 2, true, false), (3, 2, false, true), (5, 1, false, false), (2, 1, false, true)];
    assert_eq!(shape(&fragments(&units)), rows);
    // An equal format in another allocation is the same format.
    let same = Camera { format: format(None, 1), ..camera.clone() };
    assert_eq!(shape(&fragments(&[camera.picture(0), same.picture(1)])), [(0, 2, true, false)]);
}

#[test]
fn after_an_interruption_recording_goes_on_at_a_key_picture() {
    let camera = Camera { gop: 5, ..Camera::new(None) };
    let mut fragmenter = Fragmenter::new();
    let mut out: Vec<_> = (0..3).filter_map(|n| fragmenter.push(&camera.picture(n))).collect();
    out.extend(fragmenter.interrupt());
    out.extend((3..7).filter_map(|n| fragmenter.push(&camera.picture(n))));
    out.extend(fragmenter.flush());
    assert_eq!(shape(&out), [(0, 3, true, false), (5, 2, true, true)]);
}

#[test]
fn an_access_unit_larger_than_a_record_is_treated_as_lost() {
    let camera = Camera { gop: 5, ..Camera::new(None) };
    let mut units = camera.units(0, 6);
    units[2].data = vec![0; SAMPLES_BYTES_MAX as usize + 1].into();
    assert_eq!(shape(&fragments(&units)), [(0, 2, true, false), (5, 1, true, true)]);
}

#[test]
fn a_hole_in_the_sound_alone_keeps_what_follows_at_its_own_time() {
    let camera = Camera::new(Some(AudioCodec::Aac));
    let mut units = vec![camera.picture(0), camera.sound(0), camera.sound(1), camera.sound(4)];
    units[3].discontinuity = true;
    let fragments = fragments(&units);
    assert_eq!(fragments.iter().map(|f| f.audio.first_dts).collect::<Vec<_>>(), [0, 4 * 1024]);
    assert_eq!(durations(&fragments[0].audio), [1024, 1024]);
}

#[test]
fn g711_lasts_as_long_as_it_has_samples() {
    let camera = Camera::new(Some(AudioCodec::Pcmu));
    let mut sound = camera.sound(0);
    sound.data = vec![0; 320].into();
    assert_eq!(durations(&fragments(&[camera.picture(0), sound])[0].audio), [320]);
}

proptest! {
    #[test]
    fn no_unit_is_lost_and_no_fragment_is_too_long(gop in 1_i64..80, count in 1_i64..200, audio: bool) {
        let camera = Camera { gop, ..Camera::new(audio.then_some(AudioCodec::Aac)) };
        let units = camera.units(0, count);
        let fragments = fragments(&units);
        for track in [Track::Video, Track::Audio] {
            let sent: Vec<_> = units.iter().filter(|unit| unit.track == track).map(|unit| unit.data.clone()).collect();
            let run = |f: &Fragment| if track == Track::Video { f.video.data.clone() } else { f.audio.data.clone() };
            prop_assert_eq!(fragments.iter().flat_map(run).collect::<Vec<_>>(), sent);
        }
        let pictures: Vec<_> = fragments.iter().filter(|fragment| !fragment.video.samples.is_empty()).collect();
        for (fragment, next) in pictures.iter().zip(pictures.iter().skip(1)) {
            prop_assert!(fragment.duration() <= FRAGMENT_TIME_MAX);
            prop_assert_eq!(fragment.video.first_dts + fragment.video.ticks() as i64, next.video.first_dts);
            prop_assert!(fragment.video.samples[1..].iter().all(|sample| !sample.key));
            prop_assert!(Arc::ptr_eq(&fragment.format, &camera.format));
        }
    }
}
