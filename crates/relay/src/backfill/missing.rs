//! What of a camera's timeline can be made up for.

use std::time::Duration;

use domain::{CameraId, Result, SegmentId, StreamName, TimeRange};
use media::record::{Cause, Gap, Timeline};

use crate::fleet::Shared;

/// How far back it is looked: no camera's card of a household holds more of a good picture, and older gaps were looked at before.
const LOOK_BACK: Duration = Duration::from_secs(24 * 3600);

/// Gaps that are filled in one go, the oldest first; the rest follows when the camera comes back the next time.
const GAPS_MAX: usize = 64;

/// A time that was not recorded and should have been, between two that were.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missing {
    pub(super) range: TimeRange,
    /// The segment that ends where it begins.
    pub(super) before: Option<SegmentId>,
    /// The one that begins where it ends.
    pub(super) after: SegmentId,
}

/// What is missing of the last day, oldest first.
pub(super) async fn of(shared: &Shared, camera: CameraId) -> Result<Vec<Missing>> {
    let now = shared.clock.now();
    let created = shared.store.camera(camera).await?.map_or(now, |row| row.created);
    let Some(range) = TimeRange::new((now - LOOK_BACK).max(created), now) else { return Ok(Vec::new()) };
    let mut spans = Vec::new();
    for row in shared.store.segments(camera, range).await? {
        if row.stream == StreamName::Main {
            spans.extend(TimeRange::new(row.start, row.end).map(|range| (row.id, range)));
        }
    }
    for open in shared.open.of(camera, range) {
        let span = open.index.start().zip(open.index.end()).and_then(|(from, to)| TimeRange::new(from, to));
        spans.extend(span.map(|span| (open.index.header().segment, span)));
    }
    let known = shared.store.gaps(camera, range, now).await?;
    let recorded: Vec<TimeRange> = spans.iter().map(|(_, range)| *range).collect();
    let gaps = joined(&Timeline::new(range, now, &recorded, &known, false).gaps);
    // Before its first picture a camera was not recorded; what goes on until now is not over.
    let is_first = |gap: &TimeRange| gap.from() == created;
    let found = gaps.into_iter().filter(|gap| !is_first(gap)).filter_map(|range| {
        let before = spans.iter().filter(|(_, span)| span.to() == range.from()).max_by_key(|(_, span)| span.from());
        let (after, _) = spans.iter().find(|(_, span)| span.from() == range.to())?;
        Some(Missing { range, before: before.map(|(id, _)| *id), after: *after })
    });
    Ok(found.take(GAPS_MAX).collect())
}

/// Times that somebody would have wanted recorded, those that touch in one. What was not to be recorded, and what retention took,
/// stays as it is.
fn joined(gaps: &[Gap]) -> Vec<TimeRange> {
    let mut joined: Vec<TimeRange> = Vec::new();
    for gap in gaps.iter().filter(|gap| matches!(gap.cause, Cause::Offline | Cause::Lost | Cause::Unknown)) {
        match joined.last_mut().filter(|last| last.to() == gap.range.from()) {
            Some(last) => *last = TimeRange::new(last.from(), gap.range.to()).unwrap_or(*last),
            None => joined.push(gap.range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::*;

    #[test]
    fn what_nobody_wanted_recorded_is_not_asked_for() {
        let range = |from, to| TimeRange::new(Timestamp::from_micros(from), Timestamp::from_micros(to)).unwrap();
        let gap = |from, to, cause| Gap { range: range(from, to), cause };
        let gaps = [
            gap(0, 10, Cause::Unknown),
            gap(10, 20, Cause::Offline),
            gap(20, 30, Cause::Privacy),
            gap(30, 40, Cause::Lost),
            gap(50, 60, Cause::Off),
            gap(60, 70, Cause::NotKept),
            gap(70, 80, Cause::Offline),
        ];
        assert_eq!(joined(&gaps), [range(0, 20), range(30, 40), range(70, 80)]);
    }
}
