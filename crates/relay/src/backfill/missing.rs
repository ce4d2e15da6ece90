//! What of a camera's timeline can be made up for.

use std::time::Duration;

use domain::plan::Mode;
use domain::{CameraId, HomeId, Result, SegmentId, StreamName, TimeRange, Timestamp};
use media::record::{Cause, Gap, Timeline};

use crate::fleet::Shared;
use crate::record::Guide;

/// How far back it is looked: no camera's card of a household holds more of a good picture, and older gaps were looked at before.
const LOOK_BACK: Duration = Duration::from_secs(24 * 3600);

/// Gaps that are filled in one go, the oldest first; the rest follows when the camera comes back the next time.
const GAPS_MAX: usize = 64;

/// Steps by which a plan is followed: clocks on walls turn to an hour at a quarter of one of ours.
const STEP: Duration = Duration::from_secs(15 * 60);

/// A time that was not recorded and should have been, between two that were.
#[derive(Debug, Clone, Copy)]
pub(super) struct Missing {
    pub(super) range: TimeRange,
    /// The segment that ends where it begins.
    pub(super) before: SegmentId,
    /// The one that begins where it ends.
    pub(super) after: SegmentId,
}

/// By what a camera is recorded, as far as that is known.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) guide: Guide,
    /// Until then it may have been something else.
    pub(super) since: Option<Timestamp>,
}

/// What is missing of the last day, oldest first: all of it was wanted, and lies between recorded times. What a camera saw behind an
/// edge that is not recorded may be what nobody was to see, and its clock does not tell that to the second.
pub(super) async fn of(shared: &Shared, camera: CameraId, home: HomeId, wanted: &Wanted) -> Result<Vec<Missing>> {
    let now = shared.clock.now();
    let created = shared.store.camera(camera).await?.map_or(now, |row| row.created);
    let Some(range) = TimeRange::new((now - LOOK_BACK).max(created), now) else { return Ok(Vec::new()) };
    let mut spans = Vec::new();
    // The open ones first: one that is filed meanwhile is then seen twice rather than not at all.
    for open in shared.open.of(camera, range) {
        let span = open.index.start().zip(open.index.end()).and_then(|(from, to)| TimeRange::new(from, to));
        spans.extend(span.map(|span| (open.index.header().segment, span)));
    }
    for row in shared.store.segments(camera, range).await? {
        if row.stream == StreamName::Main {
            spans.extend(TimeRange::new(row.start, row.end).map(|range| (row.id, range)));
        }
    }
    let known = shared.store.gaps(camera, range, now).await?;
    let recorded: Vec<TimeRange> = spans.iter().map(|(_, range)| *range).collect();
    let gaps = joined(&Timeline::new(range, now, &recorded, &known, false).gaps);
    let mut found = Vec::new();
    for range in gaps.into_iter().filter(|range| wanted.holds(*range, &known)) {
        let before = spans.iter().filter(|(_, span)| span.to() == range.from()).max_by_key(|(_, span)| span.from());
        let after = spans.iter().find(|(_, span)| span.from() == range.to());
        let Some((&(before, _), &(after, _))) = before.zip(after) else { continue };
        // A server that did not run wrote down no cause; its switch is a row of its own.
        let private = shared.store.private(home, range.from()).await?;
        if private.iter().any(|row| row.camera.is_none_or(|of| of == camera) && row.since < range.to()) {
            continue;
        }
        found.push(Missing { range, before, after });
    }
    found.truncate(GAPS_MAX);
    Ok(found)
}

impl Wanted {
    /// Whether all of a time was to be kept, whatever happened.
    fn holds(&self, range: TimeRange, known: &[Gap]) -> bool {
        let unwanted = |gap: &Gap| !is_wanted(gap.cause) && gap.range.overlaps(range);
        if self.since.is_some_and(|since| range.from() < since) || known.iter().any(unwanted) {
            return false;
        }
        let mut at = range.from();
        while at < range.to() {
            if self.guide.plan.at(at, &self.guide.zone) != Mode::Continuous {
                return false;
            }
            let into = Duration::from_micros(at.micros().rem_euclid(STEP.as_micros() as i64).unsigned_abs());
            at = at + STEP - into;
        }
        true
    }
}

/// Whether what is missing for this cause should have been kept, and may be had from the camera.
const fn is_wanted(cause: Cause) -> bool {
    match cause {
        Cause::Offline | Cause::Lost | Cause::Disk | Cause::Unknown => true,
        Cause::Off | Cause::Privacy | Cause::Quiet | Cause::NotKept => false,
    }
}

/// Times that somebody would have wanted recorded, those that touch in one.
fn joined(gaps: &[Gap]) -> Vec<TimeRange> {
    let mut joined: Vec<TimeRange> = Vec::new();
    for gap in gaps.iter().filter(|gap| is_wanted(gap.cause)) {
        match joined.last_mut().filter(|last| last.to() == gap.range.from()) {
            Some(last) => *last = TimeRange::new(last.from(), gap.range.to()).unwrap_or(*last),
            None => joined.push(gap.range),
        }
    }
    joined
}

#[cfg(test)]
#[path = "missing_tests.rs"]
mod tests;
