//! Which time it was when a picture was taken: from places on a stream's line of time to the wall clock.
//!
//! Our own clock is the truth, and arrivals are how it is seen: the earliest of late say where the line stands in it. A camera's
//! clock tells the moment of capture itself, and is followed for as long as it goes with ours; one that drifts, jumps or was reset
//! is let go of until it has gone with ours for an hour. Times go on rising whatever the clocks do: what is to go back runs slower
//! instead. Only where our own clock was set back by more than [`SET_BACK_MIN`] do they go back with it, to be right from then on.

/// Our clock was set forward where it gained so much on the monotonic one between two pictures; less may be the scheduler's doing.
const SET_FORWARD_MIN: i64 = 100_000;

/// Wall-clock time that is this far off is taken over at once, also backwards: somebody set a clock.
const SET_BACK_MIN: i64 = 5_000_000;

/// Otherwise it follows late arrivals by at most a thousandth, more than any quartz is off, ...
const LATE_SLEW: i64 = 1000;

/// ... early ones, which show that it ran ahead, by a twentieth: half a second of pictures then overlaps the next by less than one, ...
const EARLY_SLEW: i64 = 20;

/// ... and a camera's clock, which does not jitter, by at most a hundredth.
const CAMERA_SLEW: i64 = 100;

/// A camera's clock further from ours than this is wrong, ...
const CAMERA_OFF: i64 = 1_000_000;

/// ... and one that is kept right is as near as this, the way of its report included. No other is followed.
const CAMERA_NEAR: i64 = 250_000;

/// A camera's clock that moves against ours by more than this drifts, ...
const CAMERA_DRIFT: i64 = 20_000;

/// ... as the best of so many of its reports show, which come every few seconds and are not all equally long on their way, ...
const REPORTS: u32 = 12;

/// ... and is followed again once it stayed so close for an hour: a millionth, as a clock that is kept right has it.
const STEADY_TIME: i64 = 3_600_000_000;

/// No picture is said to last longer.
const LASTS_MAX: i64 = 1_000_000;

/// The wall clock of a stream's line of time. All times are in microseconds.
#[derive(Debug, Default)]
pub(super) struct Wall {
    /// Which time it was at the origin of the line; `None` where the line was anchored anew.
    base: Option<i64>,
    /// Where on the line it was last looked at.
    at: i64,
    /// The newest time given out.
    newest: Option<i64>,
    /// How long the newest picture likely lasts: as long as the one before it.
    lasts: i64,
    /// Our clock minus the monotonic one.
    ahead: Option<i64>,
    camera: CameraClock,
}

/// What is known of a camera's clock.
#[derive(Debug, Default)]
struct CameraClock {
    off: bool,
    /// It minus ours, by the report that was least on its way, among so many.
    best: Option<(i64, u32)>,
    /// The first of such, and where on the line that was.
    steady: Option<(i64, i64)>,
    /// It was seen to drift: it must be steady for long to be followed again.
    drifted: bool,
    followed: bool,
}

impl Wall {
    /// The line is anchored anew: what comes need not join up.
    pub(super) fn anchor(&mut self) {
        self.base = None;
    }

    /// The camera's clock is far from ours.
    pub(super) fn camera_off(&self) -> bool {
        self.camera.off
    }

    /// At a place on the line the camera's clock read `camera`, when ours read `now`.
    pub(super) fn report(&mut self, at: i64, camera: i64, now: i64) {
        self.camera.compare(at, camera.saturating_sub(now));
    }

    /// The time of a picture at `at`, which arrived at `mono` when our clock read `now`. `by_camera` is the time at the origin by the
    /// camera's clock.
    pub(super) fn picture(&mut self, at: i64, mono: i64, now: i64, by_camera: Option<i64>) -> i64 {
        let by_arrival = now.saturating_sub(at);
        let ahead = now.saturating_sub(mono);
        let gained = ahead.saturating_sub(self.ahead.replace(ahead).unwrap_or(ahead));
        let set_forward = if gained >= SET_FORWARD_MIN { gained } else { 0 };
        let by_camera = by_camera.filter(|origin| self.camera.followed && near(*origin, by_arrival, CAMERA_OFF));
        let (base, set_back) = match self.base {
            Some(base) => {
                let base = base.saturating_add(set_forward);
                let passed = at.saturating_sub(self.at).max(0);
                self.lasts = if passed > 0 { passed.min(LASTS_MAX) } else { self.lasts };
                step(base, by_camera, by_arrival, passed)
            }
            None => {
                let seen = by_camera.unwrap_or(by_arrival);
                // What was recorded before is not recorded over, unless our clock was set back meanwhile.
                let earliest = self.newest.map_or(seen, |newest| newest.saturating_add(self.lasts).saturating_sub(at));
                self.at = at;
                let set_back = earliest.saturating_sub(seen) > SET_BACK_MIN;
                (if set_back { seen } else { seen.max(earliest) }, set_back)
            }
        };
        self.base = Some(base);
        self.at = self.at.max(at);
        let time = base.saturating_add(at);
        self.newest = if set_back { Some(time) } else { self.newest.max(Some(time)) };
        time
    }

    /// The time at a place on the line; `None` before the first picture.
    pub(super) fn at(&self, micros: i64) -> Option<i64> {
        Some(self.base?.saturating_add(micros))
    }
}

/// The base that is nearer to what was seen, after `passed`; and whether our clock was set back.
fn step(base: i64, by_camera: Option<i64>, by_arrival: i64, passed: i64) -> (i64, bool) {
    let seen = by_camera.unwrap_or(by_arrival);
    let error = seen.saturating_sub(base);
    if !near(seen, base, SET_BACK_MIN) {
        return (seen, error < 0);
    }
    let (early, late) = if by_camera.is_some() { (CAMERA_SLEW, CAMERA_SLEW) } else { (EARLY_SLEW, LATE_SLEW) };
    (base.saturating_add(error.clamp(-(passed / early), passed / late)), false)
}

fn near(one: i64, other: i64, most: i64) -> bool {
    one.abs_diff(other) <= most.unsigned_abs()
}

impl CameraClock {
    /// Takes a report: this far is the camera's clock from ours, less what the report was on its way.
    fn compare(&mut self, at: i64, offset: i64) {
        self.off = !near(offset, 0, CAMERA_OFF);
        let (best, count) = self.best.map_or((offset, 1), |(best, count)| (best.max(offset), count + 1));
        // A way makes reports late and never early: one that is early already shows a drift.
        let ran = self.steady.is_some_and(|(first, _)| offset.saturating_sub(first) > CAMERA_DRIFT);
        self.best = Some((best, count));
        if self.off || ran || count == REPORTS {
            self.best = None;
            let kept = self.steady.filter(|(first, _)| near(best, *first, CAMERA_DRIFT));
            self.drifted |= self.off || (kept.is_none() && self.steady.is_some());
            let (_, since) = *self.steady.insert(kept.unwrap_or((best, at)));
            self.drifted &= at.saturating_sub(since) < STEADY_TIME;
        }
        self.followed = near(best, 0, CAMERA_NEAR) && !self.drifted;
    }
}

#[cfg(test)]
#[path = "wall_tests.rs"]
mod tests;
