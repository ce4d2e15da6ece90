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

/// After everything.
const LAST: Timestamp = Timestamp::from_micros(i64::MAX);

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
        let today = shared.store.recorded_sum(row.id, now - TODAY, LAST).await?;
        let all = shared.store.recorded_sum(row.id, Timestamp::default(), LAST).await?;
        cameras.push(CameraForecast {
            camera: row.id,
            used_bytes: all.bytes,
            bytes_per_day: rate(&today, now),
            oldest_at: all.first,
        });
    }
    let bytes_per_day: u64 = cameras.iter().filter_map(|camera| camera.bytes_per_day).sum();
    let days = days(shared, quota_bytes).await?;
    Ok(Forecast { days, bytes_per_day, cameras })
}

/// Days of footage that `quota_bytes` hold at the rate of all cameras of the server, who share them.
pub(super) async fn days(shared: &Shared, quota_bytes: u64) -> Result<Option<f64>> {
    let now = shared.clock.now();
    let mut bytes_per_day = 0;
    for row in shared.store.cameras().await? {
        bytes_per_day += rate(&shared.store.recorded_sum(row.id, now - TODAY, LAST).await?, now).unwrap_or(0);
    }
    Ok((bytes_per_day > 0).then(|| quota_bytes as f64 / bytes_per_day as f64))
}

/// What of the permit's camera a change would delete.
pub(crate) async fn would_go(shared: &Shared, permit: &Permit<EditCamera>, change: Change) -> Result<WouldGo> {
    let (store, camera) = (&shared.store, permit.object());
    let all = store.recorded_sum(camera, Timestamp::default(), LAST).await?;
    let gone = match change {
        Change::Remove => with_open(shared, camera, all),
        Change::Keep(keep) => store.recorded_sum(camera, Timestamp::default(), shared.clock.now() - keep).await?,
        Change::Quota(bytes) => oldest(shared, camera, &all, all.bytes.saturating_sub(bytes)).await?,
    };
    Ok(WouldGo { bytes: gone.bytes, time: gone.time, from: gone.first, until: gone.last })
}

/// What was filed, and what is still being written.
fn with_open(shared: &Shared, camera: CameraId, mut sum: Recorded) -> Recorded {
    let ever = domain::TimeRange::new(Timestamp::default(), LAST);
    for open in ever.map(|ever| shared.open.of(camera, ever)).unwrap_or_default() {
        let Some((start, end)) = open.index.start().zip(open.index.end()) else { continue };
        sum.bytes += open.bytes;
        sum.time += end.since(start);
        sum.first = Some(sum.first.map_or(start, |first| first.min(start)));
        sum.last = Some(sum.last.map_or(end, |last| last.max(end)));
    }
    sum
}

/// The oldest footage of a camera, as much as is too much, a day at a time: a camera-year is half a million files.
async fn oldest(shared: &Shared, camera: CameraId, all: &Recorded, mut excess: u64) -> Result<Recorded> {
    let (Some(mut day), Some(last)) = (all.first, all.last) else { return Ok(Recorded::default()) };
    let mut gone = Recorded::default();
    while excess > 0 && day < last {
        let Some(range) = domain::TimeRange::new(day, day + TODAY) else { break };
        // One that began the day before was counted there.
        for row in shared.store.segments(camera, range).await?.into_iter().filter(|row| row.start >= day) {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(row.bytes);
            gone.bytes += row.bytes;
            gone.time += row.end.since(row.start);
            gone.first = gone.first.or(Some(row.start));
            gone.last = Some(gone.last.map_or(row.end, |last| last.max(row.end)));
        }
        day = range.to();
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
        let recorded = |bytes, ago: u64| Recorded {
            bytes,
            time: Duration::from_secs(ago),
            first: Some(now - Duration::from_secs(ago)),
            last: Some(now),
        };
        assert_eq!(rate(&recorded(1000, 86_400), now), Some(1000));
        assert_eq!(rate(&recorded(1000, 86_400 / 4), now), Some(4000), "a camera of this morning");
        assert_eq!(rate(&recorded(1000, 90_000), now), Some(1000), "a file that began before the day");
        assert_eq!(rate(&recorded(1000, 599), now), None);
        assert_eq!(rate(&Recorded::default(), now), None);
    }
}
