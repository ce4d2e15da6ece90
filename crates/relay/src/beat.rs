//! Instants that tasks of the process share, so that what they do meets in one wake-up.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::time::Instant;

/// The next instant of a grid with that `step`, `lead` before the instants of the others with the same step.
pub(crate) fn next(step: Duration, lead: Duration) -> Instant {
    static GRID: LazyLock<Instant> = LazyLock::new(Instant::now);
    let now = Instant::now();
    let into = (now.saturating_duration_since(*GRID) + lead).as_nanos() % step.as_nanos().max(1);
    now + step.saturating_sub(Duration::from_nanos(u64::try_from(into).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(100);
    const LEAD: Duration = Duration::from_millis(20);

    #[tokio::test(start_paused = true)]
    async fn who_leads_comes_that_much_earlier_on_the_same_grid() {
        for odd in [0, 13, 85, 100, 7] {
            tokio::time::advance(Duration::from_millis(odd)).await;
            let (now, plain, leading) = (Instant::now(), next(STEP, Duration::ZERO), next(STEP, LEAD));
            assert!(plain > now && plain <= now + STEP && leading > now && leading <= now + STEP);
            let between = if plain > leading { plain - leading } else { plain + STEP - leading };
            assert_eq!(between, LEAD, "{odd} ms later");
        }
    }
}
