use super::*;
use crate::record::test_footage::{T0, range};

fn spans(timeline: &Timeline) -> Vec<(i64, i64)> {
    timeline.spans.iter().map(|span| ms(*span)).collect()
}

fn gaps(timeline: &Timeline) -> Vec<(i64, i64, Cause)> {
    timeline.gaps.iter().map(|gap| (ms(gap.range).0, ms(gap.range).1, gap.cause)).collect()
}

fn ms(range: TimeRange) -> (i64, i64) {
    (range.from().millis() - T0.millis(), range.to().millis() - T0.millis())
}

fn timeline(recorded: &[(u64, u64)], known: &[(u64, u64, Cause)]) -> Timeline {
    let recorded: Vec<_> = recorded.iter().map(|&(from, to)| range(from, to)).collect();
    let known: Vec<_> = known.iter().map(|&(from, to, cause)| Gap { range: range(from, to), cause }).collect();
    Timeline::new(range(10_000, 90_000), range(0, 80_000).to(), &recorded, &known, false)
}

#[test]
fn files_that_join_up_are_one_span_and_spans_and_gaps_fill_the_range_up_to_now() {
    let timeline = timeline(&[(30_900, 40_000), (0, 20_000), (20_500, 30_000), (50_000, 55_000), (52_000, 53_000)], &[]);
    assert_eq!(spans(&timeline), [(10_000, 40_000), (50_000, 55_000)]);
    assert_eq!(gaps(&timeline), [(40_000, 50_000, Cause::Unknown), (55_000, 80_000, Cause::Unknown)]);
}

#[test]
fn a_gap_is_cut_where_its_cause_changes() {
    let known = [(0, 15_000, Cause::NotKept), (20_000, 30_000, Cause::Off), (25_000, 45_000, Cause::Offline)];
    let timeline = timeline(&[(40_000, 80_000)], &known);
    let rows = [
        (10_000, 15_000, Cause::NotKept),
        (15_000, 20_000, Cause::Unknown),
        (20_000, 30_000, Cause::Off),
        (30_000, 40_000, Cause::Offline),
    ];
    assert_eq!(gaps(&timeline), rows);
}

#[test]
fn without_recordings_all_is_gap_and_the_future_is_nothing() {
    assert_eq!(gaps(&timeline(&[], &[])), [(10_000, 80_000, Cause::Unknown)]);
    let future = Timeline::new(range(10_000, 20_000), T0, &[], &[], false);
    assert!(future.gaps.is_empty() && future.spans.is_empty());
}

#[test]
fn it_is_told_as_the_app_expects() {
    let timeline = timeline(&[(0, 70_000)], &[(70_000, 90_000, Cause::NotKept)]);
    let json = serde_json::to_value(timeline.with_fetched(&[range(20_000, 30_000), range(5000, 20_000)])).unwrap();
    let expected = serde_json::json!({
        "from": "2026-01-31T08:00:10Z", "to": "2026-01-31T08:01:30Z", "open": false,
        "spans": [{"from": "2026-01-31T08:00:10Z", "to": "2026-01-31T08:01:10Z"}],
        "fetched": [{"from": "2026-01-31T08:00:10Z", "to": "2026-01-31T08:00:30Z"}],
        "gaps": [{"from": "2026-01-31T08:01:10Z", "to": "2026-01-31T08:01:20Z", "cause": "not_kept"}],
    });
    assert_eq!(json, expected);
}
