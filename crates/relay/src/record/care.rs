//! Looks after the storages: tells when one is not there, full or read-only, and when one that failed is well again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use super::adopt::adopt_storages;
use super::storages::{Health, SLOW, Storage};
use crate::fleet::Shared;

/// How often each storage is looked at.
const ROUND: Duration = Duration::from_secs(2);

/// What a storage that failed must take, durably and in no time, before it is used again.
static TRIAL: [u8; 64 * 1024] = [0; 64 * 1024];

/// The file of that.
const TRIAL_NAME: &str = ".atipcam-trial";

/// A full storage has room again when this much is free: a hundredth, within these bounds.
const ROOM: (u64, u64) = (1024 * 1024, 64 * 1024 * 1024);

/// Looks after all storages until `cancel`: each by itself, for one that does not answer must hold up no other.
pub(crate) async fn care(shared: Shared, cancel: CancellationToken) {
    let each = shared.storages.all().iter().map(|storage| care_of(shared.clone(), Arc::clone(storage)));
    tokio::select! {
        () = cancel.cancelled() => {}
        _ = futures::future::join_all(each) => {}
    }
}

async fn care_of(shared: Shared, storage: Arc<Storage>) {
    let mut round = interval(ROUND);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looking = None;
    loop {
        round.tick().await;
        let before = storage.health();
        let health = look(&shared, &storage, &mut looking).await;
        // Nothing new; or a recorder has found out meanwhile what this look could not yet see.
        if health == before || !storage.found(health, shared.clock.as_ref()) {
            continue;
        }
        if health == Health::Missing {
            // What is open there would keep it from being mounted again.
            shared.opened.clear();
        }
        if health == Health::Ok {
            // What could not be filed meanwhile, or lay on a disk that has just come.
            adopt_storages(&shared, std::slice::from_ref(&storage)).await;
        }
    }
}

/// How it is now. One that failed stays so until it has taken something. A look that does not end is waited for by the next rounds,
/// so that a disk that hangs for hours holds one thread.
async fn look(shared: &Shared, storage: &Arc<Storage>, looking: &mut Option<JoinHandle<io::Result<Health>>>) -> Health {
    let look = looking.get_or_insert_with(|| {
        let (storage, try_it) = (Arc::clone(storage), storage.may_try(shared.clock.mono()));
        tokio::task::spawn_blocking(move || look_at(&storage, try_it))
    });
    let Ok(looked) = timeout(SLOW, look).await else { return Health::Slow };
    *looking = None;
    match looked.map_err(io::Error::other).flatten() {
        Ok(health) => health,
        Err(error) => {
            tracing::debug!(storage = storage.name(), %error, "a storage does not do");
            storage.failed_again(shared.clock.mono());
            Health::of(&error)
        }
    }
}

/// Blocks.
fn look_at(storage: &Storage, try_it: bool) -> io::Result<Health> {
    let before = storage.health();
    if storage.recognize().is_err_and(|error| Health::of(&error) == Health::Missing) {
        return Ok(Health::Missing);
    }
    let stat = rustix::fs::statvfs(storage.folder())?;
    if stat.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY) {
        return Ok(Health::ReadOnly);
    }
    let (total, free) = (stat.f_blocks.saturating_mul(stat.f_frsize), stat.f_bavail.saturating_mul(stat.f_frsize));
    let room = free >= (total / 100).clamp(ROOM.0, ROOM.1);
    if before == Health::Ok || before == Health::Full && !room || !try_it {
        return Ok(before);
    }
    trial(storage.folder())?;
    Ok(Health::Ok)
}

fn trial(folder: &Path) -> io::Result<()> {
    let path = folder.join(TRIAL_NAME);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
    file.write_all(&TRIAL)?;
    file.sync_all()?;
    fs::remove_file(&path)?;
    File::open(folder)?.sync_all()
}
