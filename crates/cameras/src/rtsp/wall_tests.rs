//! Days and months of a camera's pictures, in which clocks are set, drift and begin anew.

use domain::{Mono, Timestamp};
use media::au::Track;
use media::record::JOIN_MAX;

use crate::rtsp::timeline::Timeline;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// When the world begins: 2027-03-28T00:00:00Z, an hour before clocks on walls go forward in Europe.
const BEGINS: i64 = 1_806_192_000 * SECOND;

/// How long a picture is on its way at the least, and at the most where nothing is in its way.
const WAY: (i64, i64) = (30_000, 55_000);

/// What a time may be off in a day, in microseconds.
const DRIFT_MAX: i64 = 40_000;

#[derive(Debug, Clone, Copy)]
enum Event {
    /// Our clock is set by so much.
    OurClock(i64),
    /// The camera starts anew, which takes so long; its clock then is so far off.
    Restart(i64, i64),
    /// The connection is cut and made again at once.
    Reconnect,
    /// The camera's RTP timestamps jump by so many ticks.
    Jump(i64),
    /// Nothing comes for so long.
    Pause(i64),
}

/// A camera and a server, and what happens to their clocks.
struct World {
    /// How long it is looked at, and how often a picture is taken.
    lasts: i64,
    every: i64,
    /// How wrong the camera's quartz is.
    ppm: i64,
    /// How far its clock is off at first; `None` where it says nothing of its clock.
    camera: Option<i64>,
    /// How far our clock is off at first.
    ours: i64,
    events: Vec<(i64, Event)>,
}

impl World {
    fn day() -> Self {
        Self { lasts: DAY, every: SECOND / 5, ppm: 0, camera: None, ours: 0, events: Vec::new() }
    }

    fn month() -> Self {
        Self { lasts: 30 * DAY, every: 4 * SECOND, ..Self::day() }
    }
}

/// What came of it.
#[derive(Debug, Default)]
struct Seen {
    /// Files that were begun, by the rule of the writer: each is one unbroken span.
    files: usize,
    /// Units that were said not to join up.
    breaks: usize,
    /// The most by which a time went behind the end of the picture before it, and how often that was more than a twentieth.
    overlap: i64,
    overlaps: usize,
    /// How far times were from the truth: after a minute, at the end, and the most between.
    first: i64,
    last: i64,
    worst: i64,
}

fn live(world: &World) -> Seen {
    let (mut line, mut seen) = (Timeline::default(), Seen::default());
    let (mut ours, mut camera, mut ticks) = (world.ours, world.camera, i64::from(u32::MAX) - 90_000);
    let mut events = world.events.iter().peekable();
    let (mut random, mut arrived, mut reported, mut end) = (1u64, 0, -DAY, None::<i64>);
    let mut at = 0;
    while at < world.lasts {
        while let Some((_, event)) = events.next_if(|(when, _)| *when <= at) {
            match *event {
                Event::OurClock(by) => ours += by,
                Event::Restart(takes, off) => {
                    at += takes;
                    camera = camera.map(|_| off);
                    ticks = 17;
                    line.reconnect();
                }
                Event::Reconnect => line.reconnect(),
                Event::Jump(by) => ticks += by,
                Event::Pause(takes) => {
                    at += takes;
                    ticks += takes * 9 / 100;
                }
            }
        }
        // A way that is mostly short, and sometimes blocked.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let jitter = i64::try_from(random >> 40).unwrap();
        let way = WAY.0 + jitter % (WAY.1 - WAY.0) + if jitter % 500 == 0 { 300_000 } else { 0 };
        arrived = (at + way).max(arrived);
        let (mono, now) = (Mono::from_micros(arrived.unsigned_abs()), Timestamp::from_micros(BEGINS + arrived + ours));

        let place = line.place(Track::Video, 90_000, ticks, mono);
        if let Some(camera) = camera.filter(|_| at - reported >= 5 * SECOND) {
            reported = at;
            line.report(Track::Video, ticks, Timestamp::from_micros(BEGINS + at + camera + at / SECOND * world.ppm), now);
        }
        let wall = line.picture_wall(90_000, place.pts, mono, now).micros() - BEGINS;

        seen.breaks += usize::from(place.jumped);
        let join = i64::try_from(JOIN_MAX.as_micros()).unwrap();
        let apart = end.map(|end| wall - end);
        seen.files += usize::from(apart.is_none_or(|apart| apart.abs() > join));
        let overlap = -apart.unwrap_or_default();
        seen.overlap = seen.overlap.max(overlap);
        seen.overlaps += usize::from(overlap > world.every / 20 + 1000);
        end = Some(wall + world.every);
        seen.last = wall - at;
        if at <= 60 * SECOND {
            seen.first = seen.last;
        }
        seen.worst = seen.worst.max(seen.last.abs());
        at += world.every;
        ticks += world.every * 9 / 100 + if world.ppm != 0 { world.every * world.ppm * 9 / 100_000_000 } else { 0 };
    }
    seen
}

/// Lives through `world`: so many files, units that do not join up, and times that were used twice; and at its end the right time.
fn check(what: &str, world: &World, files: usize, breaks: usize, overlaps: usize) -> Seen {
    let seen = live(world);
    assert_eq!((seen.files, seen.breaks, seen.overlaps), (files, breaks, overlaps), "{what}: {seen:?}");
    assert!(seen.last >= -DRIFT_MAX && seen.last <= WAY.1 + DRIFT_MAX, "{what} ends at another time: {seen:?}");
    if world.ours == 0 && world.lasts == DAY {
        assert!((seen.last - seen.first).abs() < DRIFT_MAX, "{what} drifts: {seen:?}");
    }
    seen
}

#[test]
fn in_a_day_no_quartz_moves_the_time_by_more_than_a_picture() {
    for (ppm, camera) in
        [(0, None), (100, None), (-100, None), (0, Some(0)), (100, Some(0)), (-100, Some(0)), (0, Some(-400_000))]
    {
        let world = World { ppm, camera, ..World::day() };
        let seen = check(&format!("a quartz of {ppm} ppm, clock {camera:?}"), &world, 1, 1, 0);
        assert!(seen.worst < WAY.1 + DRIFT_MAX + 300_000, "{seen:?}");
    }
}

#[test]
fn in_a_month_a_drifting_line_is_anchored_anew_and_the_recording_does_not_notice() {
    // 100 ppm are ten seconds in 27 hours and 47 minutes.
    for ppm in [100, -100] {
        check(&format!("a month of {ppm} ppm"), &World { ppm, camera: Some(0), ..World::month() }, 1, 26, 0);
    }
}

#[test]
fn our_clock_is_set_and_nothing_is_recorded_over() {
    let set = |by: i64| World { ours: -by, events: vec![(HOUR, Event::OurClock(by))], ..World::day() };
    // Forward at once, as a gap; back by running slower; an hour back is a person's decision, and only then are times used twice.
    check("two seconds forward", &set(2 * SECOND), 2, 1, 0);
    check("half a second forward", &set(SECOND / 2), 1, 1, 0);
    check("an hour forward", &set(HOUR), 2, 1, 0);
    check("two seconds back", &set(-2 * SECOND), 1, 1, 0);
    let back = check("an hour back", &set(-HOUR), 2, 1, 1);
    assert!((back.overlap - HOUR).abs() < SECOND, "{back:?}");
    let camera_too = World { camera: Some(0), ..set(-2 * SECOND) };
    check("two seconds back, beside a camera that is right", &camera_too, 1, 1, 0);
    // A time server that pulls to and fro.
    let events = (1..200).map(|n| (n * 400 * SECOND, Event::OurClock(if n % 2 == 0 { SECOND / 4 } else { -SECOND / 4 })));
    check("to and fro", &World { ours: SECOND / 4, events: events.collect(), ..World::day() }, 1, 1, 0);
}

#[test]
fn clocks_on_walls_that_go_forward_and_back_are_none_of_ours() {
    // The day begins an hour before summer time does. Nothing here knows of it: times are UTC from end to end.
    check("the day of summer time", &World::day(), 1, 1, 0);
}

#[test]
fn a_camera_that_starts_anew_jumps_or_pauses_is_placed_by_our_clock() {
    let with = |events: &[(i64, Event)]| World { camera: Some(0), events: events.to_vec(), ..World::day() };
    let from_1970 = Event::Restart(20 * SECOND, -BEGINS);
    check("a camera that wakes up in 1970", &with(&[(2 * HOUR, from_1970)]), 2, 2, 0);
    check("hours ahead and back", &with(&[(HOUR, Event::Jump(4 * 3600 * 90_000)), (2 * HOUR, Event::Jump(-(1 << 33)))]), 1, 3, 0);
    check("a pause", &with(&[(HOUR, Event::Pause(7 * SECOND))]), 2, 1, 0);
    check("a long pause", &with(&[(HOUR, Event::Pause(3 * HOUR))]), 2, 2, 0);
}

#[test]
fn a_connection_that_flaps_records_nothing_over() {
    // Its clock is ahead of ours, so each first picture seems to be from before the last one.
    let events = (1..140).map(|n| (n * 602 * SECOND, Event::Reconnect)).collect();
    check("a flapping camera", &World { camera: Some(90_000), events, ..World::day() }, 1, 140, 0);
}

#[test]
fn a_clock_that_went_with_ours_for_an_hour_is_followed_again() {
    let events = vec![(HOUR, Event::Restart(2 * SECOND, -BEGINS)), (HOUR + 60 * SECOND, Event::Restart(2 * SECOND, 0))];
    let at = |lasts: i64| live(&World { lasts, camera: Some(0), events: events.clone(), ..World::day() }).last;
    assert!(at(HOUR / 2).abs() < 5000, "the moment of capture, by the camera's clock");
    assert!(at(HOUR + 1800 * SECOND) >= WAY.0, "the moment of arrival");
    assert!(at(3 * HOUR).abs() < 5000, "the moment of capture again");
}
