//! How long to wait before the next try.

use std::time::Duration;

use cameras::CameraError;

/// The first wait.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest, so that a camera that was switched on again is seen soon.
const LONGEST: Duration = Duration::from_secs(30);

/// A connection that lasted this long was a good one.
const GOOD: Duration = Duration::from_secs(30);

/// Sign-ins refused in a row before tries become rare: many cameras lock an account after five or seven of them.
const REFUSALS_MAX: u32 = 3;

/// The wait between tries then. A changed password is tried at once in any case.
const AFTER_REFUSALS: Duration = Duration::from_secs(300);

/// Waits that double, each with a quarter more or less, so that cameras behind one switch are not all asked at once.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    refusals: u32,
    /// State of a xorshift generator; never 0.
    random: u64,
}

impl Backoff {
    /// The same seed gives the same waits.
    pub(super) fn new(seed: u64) -> Self {
        Self { next: SHORTEST, refusals: 0, random: seed | 1 }
    }

    /// The wait after a connection that lasted `lasted` and ended with `error`.
    pub(super) fn after(&mut self, error: &CameraError, lasted: Duration) -> Duration {
        if lasted >= GOOD {
            self.next = SHORTEST;
        }
        self.refusals = if *error == CameraError::CredentialsWrong { self.refusals + 1 } else { 0 };
        if self.refusals >= REFUSALS_MAX {
            return self.jitter(AFTER_REFUSALS);
        }
        let wait = self.next;
        self.next = (wait * 2).min(LONGEST);
        self.jitter(wait).clamp(SHORTEST, LONGEST)
    }

    fn jitter(&mut self, wait: Duration) -> Duration {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        // 750 to 1249 thousandths.
        let thousandths = 750 + u32::try_from(self.random % 500).unwrap_or(0);
        wait * thousandths / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(seed: u64, error: &CameraError, count: usize) -> Vec<Duration> {
        let mut backoff = Backoff::new(seed);
        (0..count).map(|_| backoff.after(error, Duration::ZERO)).collect()
    }

    const STALLED: CameraError = CameraError::Stalled("");

    #[test]
    fn waits_double_up_to_thirty_seconds() {
        for (index, wait) in waits(42, &STALLED, 10).into_iter().enumerate() {
            let middle = (SHORTEST * 2u32.pow(u32::try_from(index).unwrap())).min(LONGEST);
            assert!(wait >= (middle * 3 / 4).max(SHORTEST) && wait <= (middle * 5 / 4).min(LONGEST), "{index}: {wait:?}");
        }
    }

    #[test]
    fn cameras_do_not_wait_in_step() {
        assert_ne!(waits(1, &STALLED, 6), waits(2, &STALLED, 6));
        assert_eq!(waits(7, &STALLED, 6), waits(7, &STALLED, 6));
    }

    #[test]
    fn a_good_connection_starts_over() {
        let mut backoff = Backoff::new(3);
        for _ in 0..6 {
            backoff.after(&STALLED, Duration::ZERO);
        }
        assert!(backoff.after(&STALLED, GOOD) <= SHORTEST * 5 / 4);
    }

    #[test]
    fn refused_sign_ins_become_rare_before_the_camera_locks_the_account() {
        let waits = waits(9, &CameraError::CredentialsWrong, 4);
        assert!(waits[..2].iter().all(|wait| *wait <= Duration::from_secs(3)));
        assert!(waits[2..].iter().all(|wait| *wait >= AFTER_REFUSALS * 3 / 4));
        let mut backoff = Backoff::new(9);
        for _ in 0..3 {
            backoff.after(&CameraError::CredentialsWrong, Duration::ZERO);
        }
        assert!(backoff.after(&STALLED, Duration::ZERO) <= LONGEST);
    }
}
