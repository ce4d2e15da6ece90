//! Where what a camera kept joins up with what was recorded. Clocks do not tell that to the picture; the pictures do.
//!
//! A run of pictures has sizes as no other run has them. The last that were recorded before, and the first after, are found among the
//! replayed ones by their sizes. Where they are not found, clocks decide, and footage begins at a key picture.

use std::collections::VecDeque;
use std::time::Duration;

use domain::Timestamp;
use media::au::{AccessUnit, VIDEO_TIMESCALE};

/// Pictures of an edge that are looked at: two seconds of most cameras.
pub(super) const EDGE_MAX: usize = 50;

/// Fewer that agree prove nothing.
const AGREE_MIN: usize = 8;

/// How far clocks may be wrong about where an edge is: ours and the camera's are compared by whole seconds.
pub(super) const WINDOW: Duration = Duration::from_secs(5);

/// Bytes that wait for an edge to be found: ten seconds of 50 Mbit/s.
const HELD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A recorded picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) dts: i64,
    pub(super) wall: Timestamp,
    pub(super) bytes: u32,
    pub(super) key: bool,
}

/// Takes replayed pictures and gives out those that are missing, on the line of time of what was recorded.
#[derive(Debug)]
pub(super) struct Seam {
    before: Vec<Seen>,
    after: Vec<Seen>,
    /// What the camera's clock takes to be ours, in microseconds.
    shift_us: i64,
    /// The beginning was found.
    begun: bool,
    /// A key picture must come before anything else.
    needs_key: bool,
    /// Sizes of the last replayed pictures.
    sizes: VecDeque<u32>,
    /// Of the line of time: what is added to decoding times, once known.
    moved: Option<i64>,
    /// Decoding and wall-clock time of what came last: the beginning of the line.
    last: Option<(i64, Timestamp)>,
    held: VecDeque<AccessUnit>,
    held_bytes: usize,
    over: bool,
}

impl Seam {
    /// Between these edges. `skew_us` is how far the camera's clock is ahead of ours, about.
    pub(super) fn new(before: Vec<Seen>, after: Vec<Seen>, skew_us: i64) -> Self {
        let last = before.last().map(|seen| (seen.dts, seen.wall));
        // Sizes that are all alike tell nothing.
        let telling = |seen: &[Seen]| seen.windows(2).any(|two| two[0].bytes != two[1].bytes);
        let before = if telling(&before) && before.len() >= AGREE_MIN { before } else { Vec::new() };
        Self {
            begun: last.is_none(),
            needs_key: last.is_none(),
            before,
            after,
            shift_us: skew_us.saturating_neg(),
            sizes: VecDeque::with_capacity(EDGE_MAX),
            moved: None,
            last,
            held: VecDeque::new(),
            held_bytes: 0,
            over: false,
        }
    }

    /// Whether all that is missing was given.
    pub(super) fn over(&self) -> bool {
        self.over
    }

    /// Takes the next replayed picture; what is certain by now comes out.
    pub(super) fn push(&mut self, unit: AccessUnit, out: &mut Vec<AccessUnit>) {
        if self.over {
            return;
        }
        if self.sizes.len() == EDGE_MAX {
            self.sizes.pop_front();
        }
        self.sizes.push_back(bytes(&unit));
        if !self.begun {
            return self.begin(unit, out);
        }
        self.hold(unit);
        self.settle(out);
    }

    /// Nothing more is replayed.
    pub(super) fn finish(&mut self, out: &mut Vec<AccessUnit>) {
        if !self.begun {
            self.begin_by_clock(out);
        }
        self.end(out);
    }

    /// Looks for the picture that was recorded last.
    fn begin(&mut self, unit: AccessUnit, out: &mut Vec<AccessUnit>) {
        let Some((dts, wall)) = self.last else { return };
        let about = self.ours(unit.wall);
        let agree = self.before.iter().rev().zip(self.sizes.iter().rev()).take_while(|(seen, size)| seen.bytes == **size).count();
        let enough = !self.before.is_empty() && (agree == self.before.len() || agree == self.sizes.len() && agree >= AGREE_MIN);
        if enough && apart(about, wall) <= WINDOW {
            // Here it is: what follows is new, to the picture and to the tick.
            self.begun = true;
            self.moved = Some(dts.saturating_sub(unit.dts));
            self.shift_us = wall.micros().saturating_sub(unit.wall.micros());
            self.held.clear();
            self.held_bytes = 0;
            return;
        }
        // In case that it is nowhere: what the clocks say that is new.
        if about > wall {
            self.hold(unit);
        }
        if about > wall + WINDOW || self.held_bytes > HELD_BYTES_MAX {
            self.begin_by_clock(out);
        }
    }

    fn begin_by_clock(&mut self, out: &mut Vec<AccessUnit>) {
        (self.begun, self.needs_key) = (true, true);
        self.settle(out);
    }

    fn hold(&mut self, unit: AccessUnit) {
        self.held_bytes += unit.data.len();
        self.held.push_back(unit);
    }

    /// Gives out what is surely before the far edge.
    fn settle(&mut self, out: &mut Vec<AccessUnit>) {
        let edge = self.after.first().map(|seen| seen.wall);
        while let Some(unit) = self.held.front() {
            let about = self.ours(unit.wall);
            if edge.is_some_and(|edge| about + WINDOW >= edge) && self.held_bytes <= HELD_BYTES_MAX {
                break;
            }
            self.give(out);
        }
        let seen_beyond = |unit: &AccessUnit| edge.is_some_and(|edge| self.ours(unit.wall) > edge + WINDOW);
        if self.held.back().is_some_and(seen_beyond) {
            self.end(out);
        }
    }

    /// Finds the first recorded picture of the far edge among those that are held, and gives out what is before it.
    fn end(&mut self, out: &mut Vec<AccessUnit>) {
        self.over = true;
        let Some(edge) = self.after.first().copied() else {
            while !self.held.is_empty() {
                self.give(out);
            }
            return;
        };
        let by_clock = self.held.iter().position(|unit| self.ours(unit.wall) + HALF_PICTURE >= edge.wall);
        let agree = |at: usize| {
            let pairs = self.after.iter().zip(self.held.iter().skip(at));
            pairs.take_while(|(seen, unit)| seen.bytes == bytes(unit) && seen.key == unit.key).count()
        };
        let keys = (0..self.held.len()).filter(|at| self.held.get(*at).is_some_and(|unit| unit.key));
        let far = |at: &usize| self.held.get(*at).map(|unit| apart(self.ours(unit.wall), edge.wall));
        let whole = |at: &usize| agree(*at) >= AGREE_MIN.min(self.after.len());
        let by_pictures = keys.filter(whole).min_by_key(far);
        let end = by_pictures.or(by_clock).unwrap_or(self.held.len());
        self.held.truncate(end);
        self.fit(edge.dts);
        while !self.held.is_empty() {
            self.give(out);
        }
        self.held_bytes = 0;
    }

    /// The far edge was placed on the line by when its pictures arrived: where the last before it would come after it, they move
    /// together by as much.
    fn fit(&mut self, edge: i64) {
        let (Some(first), Some(last), Some(moved)) = (self.held.front(), self.held.back(), self.moved) else { return };
        let (first, last) = (first.dts.saturating_add(moved), last.dts.saturating_add(moved));
        let length = last.saturating_sub(first);
        let picture = length / i64::try_from(self.held.len()).unwrap_or(i64::MAX).saturating_sub(1).max(1);
        let late = last.saturating_add(picture).saturating_sub(edge);
        // Another line altogether where it is further.
        if late <= 0 || late >= length || late > i64::from(VIDEO_TIMESCALE) {
            return;
        }
        for unit in &mut self.held {
            let along = unit.dts.saturating_add(moved).saturating_sub(first);
            let back = i128::from(late) * i128::from(along) / i128::from(length.max(1));
            unit.dts = unit.dts.saturating_sub(i64::try_from(back).unwrap_or(0));
        }
    }

    /// Gives out the oldest that is held.
    fn give(&mut self, out: &mut Vec<AccessUnit>) {
        let Some(mut unit) = self.held.pop_front() else { return };
        self.held_bytes = self.held_bytes.saturating_sub(unit.data.len());
        if self.needs_key && !unit.key {
            return;
        }
        unit.wall = self.ours(unit.wall);
        // After a hole, decoding time goes on as the clock did.
        let moved = match (self.moved, self.last) {
            (Some(moved), _) if !unit.discontinuity => moved,
            (_, None) => 0,
            (_, Some((dts, wall))) => {
                let passed = unit.wall.micros().saturating_sub(wall.micros()).max(0);
                let ticks = i128::from(passed) * i128::from(VIDEO_TIMESCALE) / 1_000_000;
                dts.saturating_add(i64::try_from(ticks).unwrap_or(0)).saturating_sub(unit.dts)
            }
        };
        self.moved = Some(moved);
        unit.discontinuity |= std::mem::take(&mut self.needs_key);
        unit.dts = unit.dts.saturating_add(moved);
        self.last = Some((unit.dts, unit.wall));
        out.push(unit);
    }

    fn ours(&self, camera: Timestamp) -> Timestamp {
        Timestamp::from_micros(camera.micros().saturating_add(self.shift_us))
    }
}

/// Half of what a picture lasts at 25 a second.
const HALF_PICTURE: Duration = Duration::from_millis(20);

fn bytes(unit: &AccessUnit) -> u32 {
    u32::try_from(unit.data.len()).unwrap_or(u32::MAX)
}

fn apart(a: Timestamp, b: Timestamp) -> Duration {
    a.since(b).max(b.since(a))
}

#[cfg(test)]
#[path = "seam_tests.rs"]
mod tests;
