use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Clock, Mono, Timestamp};

/// A clock that stands still until a test moves it. Clones show the same time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<(Timestamp, Mono)>>);

impl ManualClock {
    /// Both clocks run: `by` later.
    pub fn advance(&self, by: Duration) {
        let mut now = self.times();
        now.0 = now.0 + by;
        now.1 = now.1 + by;
    }

    /// The wall clock steps, as when a machine finds out the time; the monotonic one does not.
    pub fn step_to(&self, wall: Timestamp) {
        self.times().0 = wall;
    }

    fn times(&self) -> MutexGuard<'_, (Timestamp, Mono)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A Saturday morning in January 2026, ten seconds after the process began.
impl Default for ManualClock {
    fn default() -> Self {
        Self(Arc::new(Mutex::new((Timestamp::from_micros(1_769_848_200_000_000), Mono::from_micros(10_000_000)))))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.times().0
    }

    fn mono(&self) -> Mono {
        self.times().1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_moves_only_by_hand_and_a_step_leaves_the_monotonic_clock_alone() {
        let clock = ManualClock::default();
        assert_eq!(clock.now().to_string(), "2026-01-31T08:30:00Z");
        let (wall, mono) = (clock.now(), clock.mono());
        clock.clone().advance(Duration::from_secs(60));
        assert_eq!((clock.now().since(wall).as_secs(), clock.mono().since(mono).as_secs()), (60, 60));
        clock.step_to(wall);
        assert_eq!((clock.now(), clock.mono().since(mono).as_secs()), (wall, 60));
    }
}
