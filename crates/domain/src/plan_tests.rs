use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// A week that is off but for these hours of Sunday.
fn sunday(hours: &[usize]) -> Plan {
    let letters = (0..168).map(|n| if n / 24 == 6 && hours.contains(&(n % 24)) { 'c' } else { '-' });
    let week = letters.collect::<String>().parse().unwrap();
    Plan { mode: PlanMode::Schedule, week, ..Plan::default() }
}

#[test]
fn a_week_is_read_as_it_is_written_and_nothing_else_is_one() {
    let text = format!("{}{}", "c".repeat(100), "e-".repeat(34));
    assert_eq!(text.parse::<Week>().unwrap().to_string(), text);
    for wrong in [String::new(), "c".repeat(167), "c".repeat(169), "x".repeat(168), "é".repeat(84)] {
        assert_eq!(wrong.parse::<Week>(), Err(BadWeek), "{wrong}");
    }
}

#[test]
fn hours_are_those_of_the_homes_own_clock() {
    let shanghai = Zone::named("Asia/Shanghai").unwrap();
    let plan = sunday(&[8]);
    // Sunday 2026-11-29, eight o'clock there, is midnight in UTC.
    assert_eq!(plan.at(at("2026-11-29T00:00:00Z"), &shanghai), Mode::Continuous);
    assert_eq!(plan.at(at("2026-11-29T00:59:59Z"), &shanghai), Mode::Continuous);
    assert_eq!(plan.at(at("2026-11-29T01:00:00Z"), &shanghai), Mode::Off);
    assert_eq!(plan.at(at("2026-11-29T00:00:00Z"), &Zone::default()), Mode::Off, "the same moment by another clock");
}

#[test]
fn an_hour_that_the_clocks_leave_out_never_comes_and_one_that_they_repeat_comes_twice() {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    let two = sunday(&[2]);
    // 2026-03-29: from 02:00 to 03:00 in no time.
    let minutes = |from: &str, count: u64| {
        let from = at(from);
        (0..count).filter(|n| two.at(from + Duration::from_secs(n * 60), &berlin) == Mode::Continuous).count()
    };
    assert_eq!(minutes("2026-03-28T23:00:00Z", 24 * 60), 0);
    // 2026-10-25: from 03:00 back to 02:00.
    assert_eq!(minutes("2026-10-24T22:00:00Z", 25 * 60), 120);
    assert_eq!(minutes("2026-11-28T23:00:00Z", 24 * 60), 60, "a Sunday like others");
    let day = |text: &str| berlin.day_start(at(text));
    assert_eq!(day("2026-10-25T12:00:00Z"), at("2026-10-24T22:00:00Z"));
    assert_eq!(day("2026-10-26T12:00:00Z"), at("2026-10-25T23:00:00Z"));
}

#[test]
fn a_zone_is_a_name_that_is_known() {
    assert_eq!(Zone::named("Europe/Berlin").unwrap().name(), "Europe/Berlin");
    for wrong in ["", "Mars/Olympus", "../../etc/passwd", "UTC+3;", "EST5EDT,M3.2.0,M11.1.0"] {
        assert_eq!(Zone::named(wrong), None, "{wrong}");
    }
}
