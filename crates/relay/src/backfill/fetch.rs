//! One missing time, from the camera to the disk.

use std::sync::Arc;
use std::time::Duration;

use cameras::replay::Replay;
use domain::{Result, TimeRange};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Backfill;
use super::around::Around;
use super::reach::{Way, clock};
use super::seam::{Seam, WINDOW};
use crate::record::Fetched;

/// Bytes a second at the most, and at once: four times what a good main stream has, and little beside what live ones need.
const BYTES_PER_SECOND: u64 = 4 * 1024 * 1024;
const BYTES_AT_ONCE: u64 = BYTES_PER_SECOND;

/// Spends no more than it may.
struct Budget {
    begun: Instant,
    spent: u64,
}

impl Budget {
    /// How long to wait before more is taken.
    fn spend(&mut self, bytes: u64) -> Duration {
        self.spent += bytes;
        let earned = Duration::from_secs_f64(self.spent.saturating_sub(BYTES_AT_ONCE) as f64 / BYTES_PER_SECOND as f64);
        earned.saturating_sub(self.begun.elapsed())
    }
}

/// Fetches what is missing; how many pictures that were. What came before an error is filed all the same, and no longer missing.
pub(super) async fn fetch(
    backfill: &Backfill,
    way: &Way,
    around: Around,
    range: TimeRange,
    cancel: &CancellationToken,
) -> Result<u64> {
    // More than is missing, so that both edges are among it.
    let wider = TimeRange::new(way.camera_time(range.from() - WINDOW), way.camera_time(range.to() + 2 * WINDOW));
    let wider = wider.unwrap_or(range);
    let mut replay = Replay::open(&way.target, wider, Some(Arc::clone(&around.format)), clock(&backfill.shared)).await?;
    let mut seam = Seam::new(around.before, around.after, way.skew_us);
    let mut fetched = Fetched::new(backfill.shared.clone(), backfill.camera, backfill.home);
    let outcome = pump(&mut replay, &mut seam, &mut fetched, cancel).await;
    // Kept whole up to where it came: the next time goes on from there.
    let filed = fetched.finish().await;
    outcome.and(filed)
}

async fn pump(replay: &mut Replay, seam: &mut Seam, fetched: &mut Fetched, cancel: &CancellationToken) -> Result<()> {
    let mut budget = Budget { begun: Instant::now(), spent: 0 };
    let mut out = Vec::new();
    while !seam.over() {
        let unit = tokio::select! {
            () = cancel.cancelled() => return Ok(()),
            unit = replay.next() => unit,
        };
        match unit {
            Ok(Some(unit)) => {
                let wait = budget.spend(unit.data.len() as u64);
                seam.push(unit, &mut out);
                if wait > Duration::ZERO {
                    sleep(wait).await;
                }
            }
            Ok(None) => seam.finish(&mut out),
            Err(error) => {
                // What is held is as good as what came before.
                seam.finish(&mut out);
                fetched.take(&mut out).await?;
                return Err(error.into());
            }
        }
        fetched.take(&mut out).await?;
    }
    Ok(())
}
