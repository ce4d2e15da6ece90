//! Footage leaves when it is too old or there is too much of it; the oldest goes first.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use domain::{CameraId, Result, Timestamp};
use policy::Permit;
use policy::act::ReadStorage;
use serde::Serialize;
use store::SegmentRow;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::fleet::Shared;

/// How often the quota is looked at. 100 cameras of 4 Mbit/s write 1.5 GB in that time: the spare room below covers it.
const ROUND: Duration = Duration::from_secs(30);

/// Room that stays free on the filesystem whatever the quota says.
const SPARE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Segments that one step deletes before it looks again.
const STEP: u32 = 64;

/// How much room footage takes and how long it lasts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StorageReport {
    /// Bytes that footage may take.
    pub quota_bytes: u64,
    /// Bytes that it takes.
    pub used_bytes: u64,
    /// Bytes free on the filesystem.
    pub free_bytes: u64,
    /// When the oldest footage begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
    /// Days that the quota holds if recording goes on as in the last day. Absent within the first ten minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_at_this_rate: Option<f64>,
}

/// The rule and what it needs to apply it.
#[derive(Debug, Clone)]
pub(crate) struct Retention {
    shared: Shared,
    quota_bytes: Option<u64>,
    keep: Option<Duration>,
}

impl Retention {
    pub(crate) fn new(config: &crate::Config, shared: Shared) -> Self {
        Self { shared, quota_bytes: config.quota_bytes, keep: config.keep }
    }

    /// Applies the rule until `cancel`.
    pub(crate) async fn run(self, cancel: CancellationToken) {
        let mut round = interval(ROUND);
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = round.tick() => {}
            }
            if let Err(error) = self.apply(&cancel).await {
                tracing::error!(%error, "old footage could not be removed");
            }
        }
    }

    async fn apply(&self, cancel: &CancellationToken) -> Result<()> {
        while !cancel.is_cancelled() {
            let mut expired = match self.keep {
                Some(keep) => self.shared.store.segments_before(self.shared.clock.now() - keep, STEP).await?,
                None => Vec::new(),
            };
            if expired.is_empty() {
                expired = self.surplus().await?;
            }
            if expired.is_empty() {
                return Ok(());
            }
            for segment in expired {
                self.remove(segment).await?;
            }
        }
        Ok(())
    }

    /// The oldest segments, as many as are too much.
    async fn surplus(&self) -> Result<Vec<SegmentRow>> {
        let used = self.used().await?;
        let free = self.shared.store.space()?.free;
        let mut excess = used.saturating_sub(self.quota(used, free)).max(SPARE_BYTES.min(used).saturating_sub(free));
        let oldest = self.shared.store.oldest_segments(STEP).await?;
        Ok(oldest
            .into_iter()
            .take_while(|segment| {
                let needed = excess > 0;
                excess = excess.saturating_sub(segment.bytes);
                needed
            })
            .collect())
    }

    /// The file first: a row without a file is found by the next look, a file without a row would stay for ever.
    async fn remove(&self, segment: SegmentRow) -> Result<()> {
        let path = self.shared.store.segment_path(segment.camera, segment.id);
        delete(path).await.map_err(domain::Error::internal)?;
        self.shared.opened.forget(segment.id);
        self.shared.store.remove_segment(segment.id).await?;
        self.shared.store.not_kept_until(segment.camera, segment.start, segment.end).await
    }

    async fn used(&self) -> Result<u64> {
        Ok(self.shared.store.footage_bytes().await? + self.shared.open.bytes())
    }

    /// 80 % of the room that footage has or could have, unless a quota was given.
    fn quota(&self, used: u64, free: u64) -> u64 {
        self.quota_bytes.unwrap_or(used.saturating_add(free) / 5 * 4)
    }

    /// Bytes that footage may take now.
    pub(crate) async fn quota_now(&self) -> Result<u64> {
        Ok(self.quota(self.used().await?, self.shared.store.space()?.free))
    }

    pub(crate) async fn report(&self, _permit: Permit<ReadStorage>) -> Result<StorageReport> {
        let used_bytes = self.used().await?;
        let free_bytes = self.shared.store.space()?.free;
        let quota_bytes = self.quota(used_bytes, free_bytes);
        let oldest_at = self.shared.store.oldest_segments(1).await?.first().map(|segment| segment.start);
        let days_at_this_rate = super::forecast::days(&self.shared, quota_bytes).await?;
        Ok(StorageReport { quota_bytes, used_bytes, free_bytes, oldest_at, days_at_this_rate })
    }
}

/// Deletes all footage of a removed camera: files, then rows.
pub(crate) async fn erase(shared: &Shared, camera: CameraId) -> Result<()> {
    shared.opened.forget_camera(camera);
    match tokio::fs::remove_dir_all(shared.store.segments_dir().join(camera.to_string())).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(domain::Error::internal(error)),
        _ => shared.store.remove_segments_of(camera).await,
    }
}

/// Deletes a file; one that is gone already is as good as deleted.
async fn delete(path: PathBuf) -> io::Result<()> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}
