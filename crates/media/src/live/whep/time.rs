use std::time::{Duration, Instant};

/// A step of the camera's clock beyond which the wall clock is believed instead.
const STEP_MAX: Duration = Duration::from_secs(10);

/// RTP time of one track as one viewer sees it: strictly increasing, whatever the camera's clock does.
///
/// Live units keep the camera's spacing. A backlog is given the time at which it leaves instead: the viewer then sees pictures
/// that arrive exactly when their timestamps say, has no jitter to buffer against, and is at the live edge when the backlog ends.
#[derive(Debug)]
pub(super) struct RtpTime {
    rate: u32,
    /// Extended beyond 32 bits.
    last: u64,
    /// When `last` was given out.
    last_at: Option<Instant>,
    /// The last live unit's decoding time in track ticks.
    live: Option<i64>,
}

impl RtpTime {
    pub(super) fn new(rate: u32, start: u32) -> Self {
        Self { rate, last: start.into(), last_at: None, live: None }
    }

    /// Goes on at another rate, from where it stands: the camera's sound has become of another kind.
    pub(super) fn tick_at(&mut self, rate: u32) {
        if rate != self.rate {
            (self.rate, self.live) = (rate, None);
        }
    }

    /// The time of a unit that leaves late, at `now`.
    pub(super) fn backlog(&mut self, now: Instant) -> u32 {
        self.live = None;
        self.advance(now, None)
    }

    /// The time of a unit that leaves as it comes; `dts` in track ticks.
    pub(super) fn live(&mut self, now: Instant, dts: i64) -> u32 {
        let step = self.live.replace(dts).and_then(|before| u64::try_from(dts.checked_sub(before)?).ok());
        let most = STEP_MAX.as_secs() * u64::from(self.rate);
        self.advance(now, step.filter(|step| (1..=most).contains(step)))
    }

    fn advance(&mut self, now: Instant, step: Option<u64>) -> u32 {
        let elapsed = self.last_at.replace(now).map(|at| self.ticks(now.saturating_duration_since(at)));
        self.last += match (step, elapsed) {
            (Some(step), _) => step,
            (None, Some(elapsed)) => elapsed.max(1),
            (None, None) => 0,
        };
        self.last as u32
    }

    /// Ticks that pass in this time.
    pub(super) fn ticks(&self, time: Duration) -> u64 {
        u64::try_from(time.as_nanos() * u128::from(self.rate) / 1_000_000_000).unwrap_or(u64::MAX >> 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    #[allow(clippy::disallowed_methods, reason = "an origin for the hand-moved clock")]
    fn a_backlog_is_stamped_as_it_leaves_and_live_units_keep_the_cameras_spacing() {
        let t0 = Instant::now();
        let mut time = RtpTime::new(90_000, 1000);
        assert_eq!(time.backlog(t0), 1000);
        assert_eq!(time.backlog(t0 + 2 * MS), 1180);
        assert_eq!(time.backlog(t0 + 2 * MS), 1181, "never the same twice");
        // The first live unit joins on at the wall clock's distance, the next ones by the camera's clock.
        assert_eq!(time.live(t0 + 12 * MS, 77_000_000), 1181 + 900);
        assert_eq!(time.live(t0 + 60 * MS, 77_003_600), 1181 + 900 + 3600);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "an origin for the hand-moved clock")]
    fn another_rate_goes_on_from_where_the_last_one_stood() {
        let t0 = Instant::now();
        let mut time = RtpTime::new(8000, 0);
        assert_eq!(time.live(t0, 0), 0);
        assert_eq!(time.live(t0 + 20 * MS, 160), 160);
        time.tick_at(48_000);
        assert_eq!(time.live(t0 + 40 * MS, 1_000_000), 160 + 960);
        time.tick_at(48_000);
        assert_eq!(time.live(t0 + 61 * MS, 1_000_960), 160 + 2 * 960);
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "an origin for the hand-moved clock")]
    fn a_camera_clock_that_jumps_or_runs_backwards_is_bridged_by_the_wall_clock() {
        let t0 = Instant::now();
        let mut time = RtpTime::new(90_000, 0);
        time.live(t0, 5_000_000);
        for (at, dts) in [(40, 4_000_000), (80, i64::MAX), (120, i64::MIN), (160, 90_000_000)] {
            assert_eq!(time.live(t0 + at * MS, dts), at * 90, "dts {dts}");
        }
        assert_eq!(time.live(t0 + 161 * MS, 90_003_600), 160 * 90 + 3600);
    }
}
