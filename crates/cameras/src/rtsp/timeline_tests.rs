use super::*;

const VIDEO: u32 = 90_000;
const AUDIO: u32 = 8000;

fn mono(ms: u64) -> Mono {
    Mono::from_micros(ms * 1000)
}

fn wall(ms: i64) -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000 + ms * 1000)
}

/// A picture whose RTP timestamp is `rtp_ms` after `base`, arriving at `at_ms`.
fn picture(line: &mut Timeline, base: i64, rtp_ms: i64, at_ms: u64) -> Place {
    line.place(Track::Video, VIDEO, base + rtp_ms * 90, mono(at_ms))
}

fn sound(line: &mut Timeline, base: i64, rtp_ms: i64, at_ms: u64) -> Place {
    line.place(Track::Audio, AUDIO, base + rtp_ms * 8, mono(at_ms))
}

#[test]
fn the_networks_jitter_does_not_show() {
    let mut line = Timeline::default();
    let first = picture(&mut line, 77, 0, 1000);
    assert_eq!(first, Place { pts: 90_000, jumped: true });
    for (index, jitter) in [3, 20, 0, 90, 7].into_iter().enumerate() {
        let ms = 40 * (index + 1);
        let place = picture(&mut line, 77, i64::try_from(ms).unwrap(), 1000 + ms as u64 + jitter);
        assert_eq!(place, Place { pts: 90_000 + i64::try_from(ms).unwrap() * 90, jumped: false });
    }
}

#[test]
fn time_goes_on_across_a_reconnection() {
    let mut line = Timeline::default();
    picture(&mut line, 5_000_000, 0, 1000);
    let last = picture(&mut line, 5_000_000, 400, 1400);
    line.reconnect();
    // Another random start, three seconds later.
    let next = picture(&mut line, 17, 0, 4400);
    assert_eq!(next, Place { pts: last.pts + 3 * 90_000, jumped: true });
}

#[test]
fn a_camera_that_ran_ahead_is_never_anchored_in_its_own_past() {
    let mut line = Timeline::default();
    picture(&mut line, 0, 0, 1000);
    let ahead = picture(&mut line, 0, 5000, 1100);
    line.reconnect();
    let next = picture(&mut line, 0, 0, 1200);
    assert_eq!(next.pts, ahead.pts + 90);
}

#[test]
fn jumps_are_anchored_anew() {
    for (what, rtp_ms, at_ms, jumped) in [
        ("the next picture", 40, 1040, false),
        ("pictures in decoding order", -80, 1040, false),
        ("a pause", 7000, 8000, false),
        ("ten seconds ahead", 10_001, 1040, true),
        ("hours back", -7_200_000, 1040, true),
        ("one second back", -1001, 1040, true),
    ] {
        let mut line = Timeline::default();
        picture(&mut line, 1_000_000_000, 0, 1000);
        let place = picture(&mut line, 1_000_000_000, rtp_ms, at_ms);
        assert_eq!(place.jumped, jumped, "{what}");
        assert_eq!(place.pts, if jumped { i64::try_from(at_ms).unwrap() * 90 } else { (1000 + rtp_ms) * 90 }, "{what}");
    }
}

#[test]
fn a_clock_that_runs_wrong_is_caught_up_with() {
    let mut line = Timeline::default();
    // Timestamps at half speed: after 20 s they are 10 s behind.
    let jumps: Vec<u64> = (0..=30_000).step_by(40).filter(|&ms| picture(&mut line, 0, ms as i64 / 2, 1000 + ms).jumped).collect();
    assert_eq!(jumps, [0, 20_040]);
}

#[test]
fn sound_is_placed_by_its_arrival_until_reports_tell_better() {
    let mut line = Timeline::default();
    picture(&mut line, 0, 0, 1000);
    assert_eq!(sound(&mut line, 900, 0, 1100).pts, 1100 * 8);
    // By the camera's clock it belongs 60 ms earlier.
    line.report(Track::Video, 0, wall(0), wall(0));
    line.report(Track::Audio, 900, wall(40), wall(40));
    let mut last = 1100 * 8;
    for ms in (20..=3000).step_by(20) {
        picture(&mut line, 0, ms, 1000 + u64::try_from(ms).unwrap());
        let place = sound(&mut line, 900, ms, 1100 + u64::try_from(ms).unwrap());
        assert!(!place.jumped);
        let step = place.pts - last;
        assert!((152..=160).contains(&step), "{step} ticks for 20 ms");
        last = place.pts;
    }
    // Sound of 3000 ms was taken 40 ms after the picture of 3000 ms.
    assert_eq!(last, (1000 + 3000 + 40) * 8);
}

#[test]
fn sound_far_too_early_jumps_and_never_goes_back() {
    let mut line = Timeline::default();
    picture(&mut line, 0, 0, 1000);
    sound(&mut line, 0, 0, 1000);
    line.report(Track::Video, 0, wall(0), wall(0));
    line.report(Track::Audio, 0, wall(900), wall(900));
    assert_eq!(sound(&mut line, 0, 20, 1020), Place { pts: (1000 + 920) * 8, jumped: true });
    // A report that says the opposite moves it back at a twentieth.
    line.report(Track::Audio, 0, wall(0), wall(900));
    let place = sound(&mut line, 0, 40, 1040);
    assert_eq!(place, Place { pts: (1000 + 940) * 8 - 8, jumped: false });
}

#[test]
fn reports_that_make_no_sense_are_left_alone() {
    let mut line = Timeline::default();
    picture(&mut line, 0, 0, 1000);
    sound(&mut line, 0, 0, 1000);
    line.report(Track::Video, 0, wall(0), wall(0));
    line.report(Track::Audio, 0, Timestamp::from_micros(0), wall(0));
    assert_eq!(sound(&mut line, 0, 20, 1020), Place { pts: 1020 * 8, jumped: false });
}

#[test]
fn wall_time_follows_the_earliest_arrivals() {
    let mut line = Timeline::default();
    let at = |line: &mut Timeline, ms: u64, late: u64, set: i64| {
        let ours = i64::try_from(ms + late).unwrap();
        let place = picture(line, 0, i64::try_from(ms).unwrap(), 1000 + ms + late);
        line.picture_wall(VIDEO, place.pts, mono(1000 + ms + late), wall(ours + set))
    };
    assert_eq!(at(&mut line, 0, 30, 0), wall(30));
    // Less late than the first: believed by a twentieth of the time that passed. Later ones: by a thousandth.
    assert_eq!(at(&mut line, 40, 10, 0), wall(68));
    assert_eq!(at(&mut line, 1040, 500, 0), wall(1069));
    // Somebody set the server's clock.
    assert_eq!(at(&mut line, 1080, 10, 60_000), wall(61_107));
}

#[test]
fn wall_time_goes_towards_a_sane_clock_of_the_camera() {
    let mut line = Timeline::default();
    let at = |line: &mut Timeline, ms: u64| {
        let sent = i64::try_from(ms).unwrap();
        let place = picture(line, 0, sent, 1000 + ms);
        line.picture_wall(VIDEO, place.pts, mono(1000 + ms), wall(sent + 120))
    };
    assert_eq!(at(&mut line, 0), wall(120));
    line.report(Track::Video, 0, wall(0), wall(120));
    assert_eq!(at(&mut line, 2000), wall(2100));
    assert_eq!(at(&mut line, 9000), wall(9030));
    assert!(!line.clock_off());
    // A camera that lives in 1970 is not believed.
    line.report(Track::Video, 0, Timestamp::from_micros(0), wall(9160));
    assert!(line.clock_off());
    assert_eq!(at(&mut line, 10_000), wall(10_031));
}

#[test]
fn no_timestamp_overflows() {
    let mut line = Timeline::default();
    for rtp in [i64::MAX, i64::MIN, 0, i64::MIN + 1, i64::MAX - 1] {
        for at in [0, u64::MAX] {
            let place = line.place(Track::Video, VIDEO, rtp, Mono::from_micros(at));
            line.report(Track::Video, rtp, Timestamp::from_micros(rtp), Timestamp::from_micros(-1));
            line.picture_wall(VIDEO, place.pts, Mono::from_micros(at), Timestamp::from_micros(i64::MIN));
            line.report(Track::Audio, rtp, Timestamp::from_micros(i64::MAX), Timestamp::from_micros(0));
            line.place(Track::Audio, AUDIO, rtp, Mono::from_micros(at));
        }
    }
}
