//! How well a camera is recorded, for people who look closer.

use std::time::Duration;

use domain::{Result, TimeRange, Timestamp};
use media::record::Cause;
use policy::Permit;
use policy::act::ViewRecorded;
use store::Mark;

use crate::Relay;

/// How well a camera is recorded. Rates and losses on the way are in its state.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Health {
    /// When the newest key picture was taken, as far as this process knows.
    pub key_at: Option<Timestamp>,
    /// How far its footage is safe.
    pub durable_until: Option<Timestamp>,
    /// Pictures and sounds that the disk was too slow for, since the process began.
    pub units_lost: u64,
    /// When the home's day began.
    pub day_from: Timestamp,
    /// Gaps since then that nobody asked for.
    pub gaps: u64,
    /// How long they are in all.
    pub gaps_time: Duration,
}

impl Relay {
    /// How well the permit's camera is recorded.
    pub async fn health(&self, permit: Permit<ViewRecorded>) -> Result<Health> {
        let (camera, now) = (permit.object(), self.shared.clock.now());
        let zone = match permit.home() {
            Some(home) => self.shared.store.zone(home).await?,
            None => domain::plan::Zone::default(),
        };
        let pulse = self.shared.pulses.get(camera);
        let day_from = zone.day_start(now);
        let mut health = Health {
            key_at: pulse.key.map(|(_, taken)| taken),
            durable_until: pulse.durable.map(|(_, until)| until),
            units_lost: pulse.lost,
            day_from,
            gaps: 0,
            gaps_time: Duration::ZERO,
        };
        // A camera that was added today has no gap before it.
        let added = self.shared.store.camera_or_gone(camera).await?.map_or(day_from, |row| row.created);
        let Some(today) = TimeRange::new(day_from.max(added), now) else { return Ok(health) };
        // What is on its way to the disk is no gap yet.
        let settled = now - domain::limits::RECORD_POLL * 10;
        let timeline = self.playback.timeline(permit, today).await?;
        let unwanted = |cause| matches!(cause, Cause::Offline | Cause::Lost | Cause::Disk | Cause::Unknown);
        for gap in timeline.gaps.iter().filter(|gap| unwanted(gap.cause) && gap.range.from() < settled) {
            health.gaps += 1;
            health.gaps_time += gap.range.length();
        }
        Ok(health)
    }

    /// What happened in front of the permit's camera within `range`, by start.
    pub async fn marks(&self, permit: Permit<ViewRecorded>, range: TimeRange) -> Result<Vec<Mark>> {
        self.shared.store.marks(permit.object(), range).await
    }
}
