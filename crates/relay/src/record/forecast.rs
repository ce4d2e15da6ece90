//! How long the room for footage lasts at today's rate, and what a change would delete.

use std::time::Duration;

use domain::{CameraId, HomeId, Result, Timestamp};
use policy::Permit;
use policy::act::{EditCamera, ReadStorage};
use store::Recorded;

use crate::fleet::Shared;

/// What counts as today: the last day, so that a night counts in the morning too.
const TODAY: Duration = Duration::from_secs(24 * 3600);

/// A rate over less than this says nothing.
const LEAST: Duration = Duration::from_secs(600);

/// A camera's share.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraForecast {
    /// Which camera.
    pub camera: CameraId,
    /// Bytes that its footage takes.
    pub used_bytes: u64,
    /// Bytes that it makes a day, at today's rate; `None` where it is too new to say.
    pub bytes_per_day: Option<u64>,
    /// When its oldest footage begins.
    pub oldest_at: Option<Timestamp>,
}

/// How long the room lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Days of footage that the room holds at today's rate; `None` where nobody can say yet.
    pub days: Option<f64>,
    /// Bytes that all cameras of the home make a day.
    pub bytes_per_day: u64,
    /// Each camera.
    pub cameras: Vec<CameraForecast>,
}

/// What would be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WouldGo {
    /// Bytes.
    pub bytes: u64,
    /// Time that it shows.
    pub time: Duration,
    /// When the oldest of it begins.
    pub from: Option<Timestamp>,
    /// When the newest of it ends: what is kept begins there.
    pub until: Option<Timestamp>,
}

/// A change that could delete footage of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Less room for it.
    Quota(u64),
    /// Kept for a shorter time.
    Keep(Duration),
    /// The camera is removed.
    Remove,
}

/// Bytes a day at today's rate. Footage that began within the day is taken for as long as it has been made.
fn rate(today: &Recorded, now: Timestamp) -> Option<u64> {
    let since = now.since(today.first?).min(TODAY);
    let bytes = u128::from(today.bytes) * TODAY.as_micros() / since.as_micros().max(1);
    (since >= LEAST).then(|| u64::try_from(bytes).unwrap_or(u64::MAX))
}

/// The forecast for a home whose footage may take `quota_bytes`.
pub(crate) async fn forecast(shared: &Shared, permit: &Permit<ReadStorage>, quota_bytes: u64) -> Result<Forecast> {
    let home: HomeId = permit.object();
    let now = shared.clock.now();
    let mut cameras = Vec::new();
    for row in shared.store.cameras_of(home).await? {
        let today = shared.store.recorded_since(row.id, now - TODAY).await?;
        let all = shared.store.recorded_since(row.id, Timestamp::default()).await?;
        cameras.push(CameraForecast {
            camera: row.id,
            used_bytes: all.bytes,
            bytes_per_day: rate(&today, now),
            oldest_at: all.first,
        });
    }
    let bytes_per_day: u64 = cameras.iter().filter_map(|camera| camera.bytes_per_day).sum();
    let days = (bytes_per_day > 0).then(|| quota_bytes as f64 / bytes_per_day as f64);
    Ok(Forecast { days, bytes_per_day, cameras })
}

/// What of the permit's camera a change would delete.
pub(crate) async fn would_go(shared: &Shared, permit: &Permit<EditCamera>, change: Change) -> Result<WouldGo> {
    let now = shared.clock.now();
    let all = domain::TimeRange::new(Timestamp::default(), now + TODAY);
    let rows = match all {
        Some(all) => shared.store.segments(permit.object(), all).await?,
        None => Vec::new(),
    };
    let used: u64 = rows.iter().map(|row| row.bytes).sum();
    let mut excess = match change {
        Change::Quota(bytes) => used.saturating_sub(bytes),
        Change::Keep(_) => 0,
        Change::Remove => u64::MAX,
    };
    let mut gone = WouldGo::default();
    for row in rows {
        let goes = match change {
            Change::Keep(keep) => row.end <= now - keep,
            Change::Quota(_) | Change::Remove => excess > 0,
        };
        if !goes {
            continue;
        }
        excess = excess.saturating_sub(row.bytes);
        gone.bytes += row.bytes;
        gone.time += row.end.since(row.start);
        gone.from = Some(gone.from.map_or(row.start, |from| from.min(row.start)));
        gone.until = Some(gone.until.map_or(row.end, |until| until.max(row.end)));
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_todays_and_is_not_told_too_early() {
        let at = |seconds: u64| Timestamp::default() + Duration::from_secs(seconds);
        let now = at(100 * 86_400);
        let recorded =
            |bytes, ago: u64| Recorded { bytes, time: Duration::from_secs(ago), first: Some(now - Duration::from_secs(ago)) };
        assert_eq!(rate(&recorded(1000, 86_400), now), Some(1000));
        assert_eq!(rate(&recorded(1000, 86_400 / 4), now), Some(4000), "a camera of this morning");
        assert_eq!(rate(&recorded(1000, 90_000), now), Some(1000), "a file that began before the day");
        assert_eq!(rate(&recorded(1000, 599), now), None);
        assert_eq!(rate(&Recorded::default(), now), None);
    }
}
