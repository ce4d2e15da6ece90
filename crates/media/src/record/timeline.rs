//! What was recorded when, and why not.

use domain::{TimeRange, Timestamp};
use serde::Serialize;

use super::JOIN_MAX;

/// Why nothing was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The camera could not be reached.
    Offline,
    /// A person had turned recording off.
    Off,
    /// A person had asked for privacy: the camera was not even connected.
    Privacy,
    /// It was recorded, and is no longer kept.
    NotKept,
    /// Nothing happened, and only what happens was to be kept.
    Quiet,
    /// It came, and there was no time to take it.
    Lost,
    /// It came, and the disk did not take it.
    Disk,
    /// Nobody knows: this server did not run.
    Unknown,
}

/// A time without a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// When.
    #[serde(flatten)]
    pub range: TimeRange,
    /// Why.
    pub cause: Cause,
}

/// A range of time as spans that were recorded and gaps that were not; together they fill it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// What was asked for.
    #[serde(flatten)]
    pub range: TimeRange,
    /// What was recorded, in order, apart from each other.
    pub spans: Vec<TimeRange>,
    /// What was not, in order.
    pub gaps: Vec<Gap>,
    /// What of the spans came from the camera afterwards, in order, apart from each other.
    pub fetched: Vec<TimeRange>,
    /// The last span still grows.
    pub open: bool,
}

impl Timeline {
    /// The timeline of `range`. `recorded` are the files' spans in any order; those at most [`JOIN_MAX`] apart become one.
    /// `known` says why there may be gaps (the first cause that covers a time counts); the rest is unknown. A gap ends at `now`:
    /// the future is none.
    #[must_use]
    pub fn new(range: TimeRange, now: Timestamp, recorded: &[TimeRange], known: &[Gap], open: bool) -> Self {
        let spans = joined(recorded, range);
        let mut gaps = Vec::new();
        let mut at = range.from();
        let end = range.to().min(now);
        for span in &spans {
            explain(TimeRange::new(at, span.from().min(end)), known, &mut gaps);
            at = span.to();
        }
        explain(TimeRange::new(at, end), known, &mut gaps);
        Self { range, spans, gaps, fetched: Vec::new(), open }
    }

    /// The same with the spans of files that came from the camera afterwards.
    #[must_use]
    pub fn with_fetched(self, fetched: &[TimeRange]) -> Self {
        Self { fetched: joined(fetched, self.range), ..self }
    }
}

/// What of spans is in `range`, those at most [`JOIN_MAX`] apart as one.
fn joined(spans: &[TimeRange], range: TimeRange) -> Vec<TimeRange> {
    let mut sorted: Vec<_> = spans.iter().filter_map(|span| clip(*span, range)).collect();
    sorted.sort_unstable_by_key(|span| (span.from(), span.to()));
    let mut spans: Vec<TimeRange> = Vec::new();
    for span in sorted {
        match spans.last_mut().filter(|last| span.from() <= last.to() + JOIN_MAX) {
            Some(last) => *last = TimeRange::new(last.from(), last.to().max(span.to())).unwrap_or(*last),
            None => spans.push(span),
        }
    }
    spans
}

/// Cuts a gap where its cause changes.
fn explain(gap: Option<TimeRange>, known: &[Gap], gaps: &mut Vec<Gap>) {
    let Some(gap) = gap else { return };
    let mut edges = vec![gap.from(), gap.to()];
    let inside = known.iter().filter_map(|known| clip(known.range, gap));
    edges.extend(inside.flat_map(|range| [range.from(), range.to()]));
    edges.sort_unstable();
    edges.dedup();
    for pair in edges.windows(2) {
        let Some(range) = TimeRange::new(pair[0], pair[1]) else { continue };
        let cause = known.iter().find(|known| known.range.overlaps(range)).map_or(Cause::Unknown, |known| known.cause);
        match gaps.last_mut().filter(|last| last.cause == cause && last.range.to() == range.from()) {
            Some(last) => last.range = TimeRange::new(last.range.from(), range.to()).unwrap_or(range),
            None => gaps.push(Gap { range, cause }),
        }
    }
}

fn clip(range: TimeRange, within: TimeRange) -> Option<TimeRange> {
    TimeRange::new(range.from().max(within.from()), range.to().min(within.to()))
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
