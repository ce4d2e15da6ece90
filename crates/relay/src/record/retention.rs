//! Footage leaves when it is too old or there is too much of it: the oldest of its kind first, events after all else, and nothing
//! that is locked. What does not fit on a storage any more moves on to the next one; only the last one deletes for room.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::{CameraId, FootageClass, Result, StorageId, TimeRange, Timestamp};
use policy::Permit;
use policy::act::ReadStorage;
use serde::Serialize;
use store::{FootageSum, Keep, Oldest, SegmentRow};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::moving::move_to;
use super::storages::{Health, Storage, blocking};
use crate::fleet::Shared;

/// How often the quota is looked at. 100 cameras of 4 Mbit/s write 1.5 GB in that time: the spare room below covers it.
const ROUND: Duration = Duration::from_secs(30);

/// Room that stays free on a filesystem whatever the quota says; on a small one a twentieth of it.
const SPARE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Segments that one step deletes or moves before it looks again.
const STEP: u32 = 64;

/// Segments in a row that are looked at for one that is not locked.
const LOCKED_MAX: u32 = 4096;

/// What a deletion may take; a disk that takes longer is left alone.
const DELETE_TIME_MAX: Duration = Duration::from_secs(10);

/// How much room footage takes and how long it lasts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StorageReport {
    /// Bytes that footage may take.
    pub quota_bytes: u64,
    /// Bytes that it takes.
    pub used_bytes: u64,
    /// Bytes free on the filesystems.
    pub free_bytes: u64,
    /// When the oldest footage begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_at: Option<Timestamp>,
    /// Days that the quota holds if recording goes on as in the last day. Absent within the first ten minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_at_this_rate: Option<f64>,
    /// Each storage, in the order in which they fill.
    pub storages: Vec<StorageEntry>,
}

/// One storage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StorageEntry {
    /// `None` for the data directory's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<StorageId>,
    /// The folder's own name.
    pub name: String,
    /// Bytes that footage may take.
    pub quota_bytes: u64,
    /// Bytes that it takes.
    pub used_bytes: u64,
    /// Bytes free on the filesystem; none where it is not there.
    pub free_bytes: u64,
    /// How it is.
    pub health: Health,
    /// Since when.
    pub since: Timestamp,
}

/// The rule and what it needs to apply it.
#[derive(Debug, Clone)]
pub(crate) struct Retention {
    shared: Shared,
    keep: Option<Duration>,
}

/// What one storage holds, and what room it has.
struct Room {
    storage: Arc<Storage>,
    used: u64,
    quota: u64,
    free: u64,
    spare: u64,
}

impl Room {
    /// Bytes that must leave for `more` to come.
    fn excess(&self, more: u64) -> u64 {
        let over = (self.used + more).saturating_sub(self.quota);
        over.max((self.spare + more).saturating_sub(self.free)).min(self.used)
    }
}

impl Retention {
    pub(crate) fn new(config: &crate::Config, shared: Shared) -> Self {
        Self { shared, keep: config.keep }
    }

    /// Applies the rule until `cancel`: now and then, and at once where a storage fills or comes back.
    pub(crate) async fn run(self, cancel: CancellationToken) {
        let (mut round, mut moves) = (interval(ROUND), self.shared.storages.moves());
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return,
                _ = round.tick() => {}
                moved = moves.changed() => if moved.is_err() { return },
            }
            let applied = cancel.run_until_cancelled(self.apply()).await;
            if let Some(Err(error)) = applied {
                tracing::error!(%error, "old footage could not be removed");
            }
        }
    }

    async fn apply(&self) -> Result<()> {
        let mut locks = Locks { shared: self.shared.clone(), known: HashMap::new() };
        self.expire(&mut locks).await?;
        while self.make_room(&mut locks).await? {}
        Ok(())
    }

    /// What a camera's own limits, or the server's, no longer keep.
    async fn expire(&self, locks: &mut Locks) -> Result<()> {
        let now = self.shared.clock.now();
        let keeps = self.shared.store.keeps().await?;
        let mut held: HashMap<(CameraId, FootageClass), u64> = HashMap::new();
        for sum in self.shared.store.footage_sums().await? {
            *held.entry((sum.camera, sum.class)).or_default() += sum.bytes;
        }
        for ((camera, class), bytes) in held {
            let keep = keeps.get(&(camera, class)).copied().unwrap_or_default();
            let days = keep.days.map(|days| Duration::from_secs(u64::from(days) * 86_400));
            let Keep { bytes: bytes_max, .. } = keep;
            let of = Oldest { camera: Some(camera), class: Some(class), ..Oldest::default() };
            // The server's limit holds for a camera that has one of its own, too: the page that people read promises it.
            if let Some(keep) = days.into_iter().chain(self.keep).min() {
                self.evict(locks, Oldest { before: Some(now - keep), ..of }, u64::MAX).await?;
            }
            if let Some(excess) = bytes_max.map(|max| bytes.saturating_sub(max)).filter(|excess| *excess > 0) {
                self.evict(locks, of, excess).await?;
            }
        }
        Ok(())
    }

    /// One step towards the quotas and the spare room of all storages. Whether there was something to do.
    async fn make_room(&self, locks: &mut Locks) -> Result<bool> {
        let rooms: Vec<Room> = self.rooms(&self.shared.store.footage_sums().await?).await;
        let rooms: Vec<&Room> = rooms.iter().filter(|room| matches!(room.storage.health(), Health::Ok | Health::Full)).collect();
        // What must leave a storage comes to the next: that makes room for it first.
        let mut leaving = Vec::new();
        for room in &rooms {
            leaving.push(room.excess(leaving.last().copied().unwrap_or(0)));
        }
        let mut done = 0;
        for (n, room) in rooms.iter().enumerate().rev() {
            let (excess, of) = (leaving[n], Oldest { storage: Some(room.storage.id()), ..Oldest::default() });
            if excess == 0 {
                continue;
            }
            match rooms.get(n + 1) {
                Some(next) => done += self.carry(of, (&room.storage, &next.storage), excess).await?,
                None => {
                    let of = Oldest { class: Some(FootageClass::Continuous), ..of };
                    let gone = self.evict(locks, of, excess).await?;
                    done += gone;
                    if gone < excess {
                        done += self.evict(locks, Oldest { class: Some(FootageClass::Event), ..of }, excess - gone).await?;
                    }
                }
            }
        }
        Ok(done > 0)
    }

    /// Moves the oldest segments of a storage to the next, at most so many bytes. Returns how many.
    async fn carry(&self, of: Oldest, (from, to): (&Arc<Storage>, &Arc<Storage>), excess: u64) -> Result<u64> {
        let mut moved = 0;
        for row in self.shared.store.oldest(of, None, STEP).await? {
            if moved >= excess || to.health() != Health::Ok {
                break;
            }
            moved += row.bytes;
            if let Err(error) = move_to(&self.shared, &row, from, to).await {
                // A file that cannot be read stays where it is; the next ones may do.
                tracing::warn!(segment = %row.id, %error, "footage could not be moved to the next storage");
                return Ok(0);
            }
        }
        Ok(moved)
    }

    /// Deletes the oldest segments that are not locked, at most one step and so many bytes. Returns how many.
    async fn evict(&self, locks: &mut Locks, of: Oldest, excess: u64) -> Result<u64> {
        let (mut gone, mut after, mut seen) = (0, None, 0);
        while gone < excess && seen < LOCKED_MAX {
            let rows = self.shared.store.oldest(of, after, STEP).await?;
            let Some(last) = rows.last() else { break };
            (after, seen) = (Some((last.start, last.id)), seen + STEP);
            for row in rows {
                if gone >= excess {
                    break;
                }
                // What is not there, or hangs, cannot be deleted: its row stays, too, and tells what the disk has when it comes back.
                let storage = self.shared.storages.get(row.storage);
                let deletes = storage.is_some_and(|storage| matches!(storage.health(), Health::Ok | Health::Full));
                if !deletes || locks.lock(&row).await? {
                    continue;
                }
                gone += row.bytes;
                self.remove(row).await?;
            }
        }
        Ok(gone)
    }

    /// The file first: a row without a file is found by the next look, a file without a row would stay for ever.
    async fn remove(&self, segment: SegmentRow) -> Result<()> {
        let path = self.shared.storages.segment_path(segment.storage, segment.camera, segment.id)?;
        let deleted = timeout(DELETE_TIME_MAX, delete(path)).await;
        deleted.map_err(|_| Health::Slow.error())?.map_err(domain::Error::internal)?;
        self.shared.opened.forget(segment.id);
        self.shared.store.remove_segment(segment.id).await?;
        self.shared.store.not_kept_until(segment.camera, segment.start, segment.end).await
    }

    async fn rooms(&self, sums: &[FootageSum]) -> Vec<Room> {
        let mut rooms = Vec::new();
        for storage in self.shared.storages.all() {
            let sums = sums.iter().filter(|sum| sum.storage == storage.id()).map(|sum| sum.bytes);
            let used = sums.sum::<u64>() + self.shared.open.bytes_on(storage.id());
            let (total, free) = space(storage).await.unwrap_or_default();
            let all = used.saturating_add(free);
            // The own one is on the system's disk, as a rule; another was bought for footage.
            let share = if storage.id().is_none() { all / 5 * 4 } else { all / 20 * 19 };
            let quota = storage.quota_bytes().unwrap_or(share);
            rooms.push(Room { storage: Arc::clone(storage), used, quota, free, spare: SPARE_BYTES.min(total / 20) });
        }
        rooms
    }

    /// Bytes that footage may take now.
    pub(crate) async fn quota_now(&self) -> Result<u64> {
        let rooms = self.rooms(&self.shared.store.footage_sums().await?).await;
        Ok(rooms.iter().map(|room| room.quota).fold(0, u64::saturating_add))
    }

    pub(crate) async fn report(&self, _permit: Permit<ReadStorage>) -> Result<StorageReport> {
        let rooms = self.rooms(&self.shared.store.footage_sums().await?).await;
        let entries = rooms.into_iter().map(|room| {
            let (health, since) = room.storage.since();
            let (id, name) = (room.storage.id(), room.storage.name());
            let Room { used, quota, free, .. } = room;
            StorageEntry { id, name, quota_bytes: quota, used_bytes: used, free_bytes: free, health, since }
        });
        let storages: Vec<StorageEntry> = entries.collect();
        let sum = |of: fn(&StorageEntry) -> u64| storages.iter().map(of).fold(0, u64::saturating_add);
        let (quota_bytes, used_bytes) = (sum(|one| one.quota_bytes), sum(|one| one.used_bytes));
        let free_bytes = sum(|one| one.free_bytes);
        let oldest_at = self.shared.store.oldest(Oldest::default(), None, 1).await?.first().map(|segment| segment.start);
        let days_at_this_rate = super::forecast::days(&self.shared, quota_bytes).await?;
        Ok(StorageReport { quota_bytes, used_bytes, free_bytes, oldest_at, days_at_this_rate, storages })
    }
}

/// The locked times of the cameras, each asked for once a round.
struct Locks {
    shared: Shared,
    known: HashMap<CameraId, Vec<TimeRange>>,
}

impl Locks {
    async fn lock(&mut self, row: &SegmentRow) -> Result<bool> {
        let ranges = match self.known.entry(row.camera) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                new.insert(self.shared.store.locked(row.camera, self.shared.clock.now()).await?)
            }
        };
        let span = TimeRange::new(row.start, row.end);
        Ok(span.is_some_and(|span| ranges.iter().any(|range| range.overlaps(span))))
    }
}

/// Size of a storage's filesystem, and what of it is free.
async fn space(storage: &Arc<Storage>) -> Option<(u64, u64)> {
    if !storage.is_there() {
        return None;
    }
    let storage = Arc::clone(storage);
    let stat = blocking(move || Ok(rustix::fs::statvfs(storage.folder())?)).await.ok()?;
    Some((stat.f_blocks.saturating_mul(stat.f_frsize), stat.f_bavail.saturating_mul(stat.f_frsize)))
}

/// Deletes all footage of a removed camera: files, then rows. A storage that is not there loses its files when it is back.
pub(crate) async fn erase(shared: &Shared, camera: CameraId) -> Result<()> {
    shared.opened.forget_camera(camera);
    for storage in shared.storages.all().iter().filter(|storage| storage.is_there()) {
        match tokio::fs::remove_dir_all(storage.folder().join(camera.to_string())).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(domain::Error::internal(error)),
            _ => {}
        }
    }
    shared.store.remove_segments_of(camera).await
}

/// Deletes a file; one that is gone already is as good as deleted.
async fn delete(path: PathBuf) -> io::Result<()> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
#[path = "retention_tests.rs"]
mod tests;
