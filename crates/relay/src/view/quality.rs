//! When the way to a viewer is too thin for the full picture, and when to try it again.

use std::time::{Duration, Instant};

use domain::StreamName;
use media::live::whep::Report;

/// A share of packets lost at which resending no longer hides it.
const LOSS_BAD: f32 = 0.08;
/// A share of packets lost that any radio has.
const LOSS_GOOD: f32 = 0.01;
/// A round trip that means a queue has filled up on the way.
const ROUND_TRIP_BAD: Duration = Duration::from_millis(600);
/// Bad reports in a row before the small picture; they come every two seconds.
const BAD_MAX: u32 = 2;
/// How long the small picture must come well before the full one is tried again; doubled each time that fails.
const RETRY: Duration = Duration::from_secs(30);
const RETRY_MAX: Duration = Duration::from_secs(600);

/// Watches one viewer's reports.
#[derive(Debug)]
pub(super) struct Quality {
    bad: u32,
    good_since: Option<Instant>,
    retry: Duration,
}

impl Quality {
    pub(super) fn new() -> Self {
        Self { bad: 0, good_since: None, retry: RETRY }
    }

    /// The stream to go over to, if another one than `current`.
    pub(super) fn judge(&mut self, now: Instant, current: StreamName, report: Report) -> Option<StreamName> {
        let bad = report.loss >= LOSS_BAD || report.round_trip.is_some_and(|time| time >= ROUND_TRIP_BAD);
        self.bad = if bad { self.bad + 1 } else { 0 };
        let good = !bad && report.loss <= LOSS_GOOD;
        self.good_since = good.then(|| self.good_since.unwrap_or(now));
        match current {
            StreamName::Main if self.bad >= BAD_MAX => {
                *self = Self { bad: 0, good_since: None, retry: self.retry };
                Some(StreamName::Sub)
            }
            StreamName::Main => None,
            StreamName::Sub => {
                let well = self.good_since.is_some_and(|since| now.saturating_duration_since(since) >= self.retry);
                well.then(|| {
                    self.good_since = None;
                    self.retry = (self.retry * 2).min(RETRY_MAX);
                    StreamName::Main
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(loss: f32) -> Report {
        Report { loss, round_trip: Some(Duration::from_millis(20)) }
    }

    #[tokio::test(start_paused = true)]
    async fn two_bad_reports_give_the_small_picture_and_one_does_not() {
        let now = tokio::time::Instant::now().into_std();
        let mut quality = Quality::new();
        assert_eq!(quality.judge(now, StreamName::Main, report(0.2)), None);
        assert_eq!(quality.judge(now, StreamName::Main, report(0.0)), None);
        assert_eq!(quality.judge(now, StreamName::Main, report(0.2)), None);
        let slow = Report { loss: 0.0, round_trip: Some(Duration::from_secs(1)) };
        assert_eq!(quality.judge(now, StreamName::Main, slow), Some(StreamName::Sub));
    }

    #[tokio::test(start_paused = true)]
    async fn the_full_picture_is_tried_again_later_each_time() {
        let now = tokio::time::Instant::now().into_std();
        let mut quality = Quality::new();
        let mut tries = Vec::new();
        for second in (0..200).step_by(2) {
            if quality.judge(now + Duration::from_secs(second), StreamName::Sub, report(0.0)).is_some() {
                tries.push(second);
            }
        }
        assert_eq!(tries, [30, 92]);
    }

    #[tokio::test(start_paused = true)]
    async fn loss_on_the_small_picture_puts_the_retry_off() {
        let now = tokio::time::Instant::now().into_std();
        let mut quality = Quality::new();
        for (second, loss) in [(0, 0.0), (20, 0.05), (40, 0.0), (60, 0.0)] {
            assert_eq!(quality.judge(now + Duration::from_secs(second), StreamName::Sub, report(loss)), None, "at {second} s");
        }
        assert_eq!(quality.judge(now + Duration::from_secs(70), StreamName::Sub, report(0.0)), Some(StreamName::Main));
    }
}
