use domain::plan::{Plan, PlanMode, Week, Zone};

use super::*;

/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

fn range(from: i64, to: i64) -> TimeRange {
    TimeRange::new(Timestamp::from_micros(from), Timestamp::from_micros(to)).unwrap()
}

fn gap(from: i64, to: i64, cause: Cause) -> Gap {
    Gap { range: range(from, to), cause }
}

#[test]
fn what_nobody_wanted_recorded_is_not_asked_for() {
    let gaps = [
        gap(0, 10, Cause::Unknown),
        gap(10, 20, Cause::Offline),
        gap(20, 30, Cause::Privacy),
        gap(30, 40, Cause::Lost),
        gap(50, 60, Cause::Off),
        gap(60, 70, Cause::NotKept),
        gap(70, 80, Cause::Offline),
        gap(80, 90, Cause::Quiet),
        gap(90, 95, Cause::Disk),
    ];
    assert_eq!(joined(&gaps), [range(0, 20), range(30, 40), range(70, 80), range(90, 95)]);
}

#[test]
fn only_what_the_plan_keeps_whatever_happens_is_fetched() {
    let wanted = |mode, week: &str, zone: &str, since: Option<i64>| Wanted {
        guide: Guide { plan: Plan { mode, week: week.parse().unwrap(), ..Plan::default() }, zone: Zone::named(zone).unwrap() },
        since: since.map(Timestamp::from_micros),
    };
    let always = Week::default().to_string();
    // 1970 began on a Thursday: its fourth hour is the one without.
    let mut hours: Vec<u8> = always.clone().into_bytes();
    hours[3 * 24 + 3] = b'e';
    let week = String::from_utf8(hours).unwrap();
    let hour = |from: i64, to: i64| range(from * MINUTE, to * MINUTE);
    let holds = |wanted: &Wanted, range| wanted.holds(range, &[]);

    let continuous = wanted(PlanMode::Continuous, &week, "UTC", None);
    assert!(holds(&continuous, hour(0, 24 * 60)));
    assert!(!holds(&wanted(PlanMode::Events, &always, "UTC", None), hour(0, 1)));

    let schedule = wanted(PlanMode::Schedule, &week, "UTC", None);
    assert!(holds(&schedule, hour(100, 180)));
    assert!(!holds(&schedule, hour(100, 181)), "it goes on into the hour of events");
    assert!(!holds(&schedule, hour(239, 241)) && holds(&schedule, hour(240, 300)));
    assert!(!holds(&schedule, hour(170, 250)), "the hour lies within");
    // Three in the morning there is at 21:15 here.
    let kathmandu = wanted(PlanMode::Schedule, &week, "Asia/Kathmandu", None);
    assert!(holds(&kathmandu, hour(-200, -150)), "{:?}", (kathmandu.guide.zone.name(), hour(-165, -105)));

    let changed = wanted(PlanMode::Continuous, &always, "UTC", Some(50 * MINUTE));
    assert!(!holds(&changed, hour(49, 60)) && holds(&changed, hour(50, 60)));

    for (cause, kept) in [(Cause::Privacy, false), (Cause::Off, false), (Cause::Quiet, false), (Cause::Offline, true)] {
        let known = [gap(0, 20 * MINUTE, Cause::Offline), gap(10 * MINUTE, 11 * MINUTE, cause)];
        assert_eq!(continuous.holds(hour(0, 20), &known), kept, "{cause:?}");
    }
}
