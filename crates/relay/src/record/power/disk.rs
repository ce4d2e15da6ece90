//! A disk whose power can be cut, and which can fail before.
//!
//! Files that are made here live in memory until the power goes; then the folder gets what a disk would hold. Files of earlier
//! lives are the folder's own. What happens is decided by a seed; time is the test's.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use domain::{Clock, Mono};
use testkit::ManualClock;
use tokio::sync::watch;

use super::inode::Inode;
use super::random::Random;
use crate::record::port::{Local, Port, PortFile};

/// How a disk misbehaves. Chances are of a thousand calls.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults {
    /// Syncs say that they did, and do nothing: the commit batch is switched off.
    pub(super) idle_syncs: bool,
    /// How long a sync takes, in milliseconds.
    pub(super) sync_ms: std::ops::Range<u64>,
    /// Writes that take 50 ms to 2 s.
    pub(super) slow: u64,
    /// Writes that take some of their bytes, as they may.
    pub(super) short: u64,
    /// Writes, creations and renames that fail.
    pub(super) failing: u64,
    /// Syncs before which the system has already failed to write something back.
    pub(super) losing: u64,
    /// Bytes that fit.
    pub(super) room: Option<usize>,
    /// The power goes at this call.
    pub(super) cut_at: Option<u64>,
}

/// A handle; clones are the same disk.
#[derive(Debug, Clone)]
pub(super) struct FaultDisk(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: ManualClock,
    state: Mutex<State>,
    moved: Condvar,
    /// Until when the calls that run take, where they take time.
    busy: watch::Sender<Vec<Mono>>,
}

#[derive(Debug)]
struct State {
    random: Random,
    faults: Faults,
    inodes: Vec<Inode>,
    /// Folders with a name that is not durable.
    new_folders: HashSet<PathBuf>,
    /// A loss that no sync of the filesystem has told.
    loss: bool,
    calls: u64,
    cut: bool,
}

/// One open file.
#[derive(Debug)]
struct FaultFile {
    disk: FaultDisk,
    inode: usize,
}

impl FaultDisk {
    pub(super) fn new(seed: u64, clock: ManualClock, faults: Faults) -> Self {
        let random = Random::new(seed);
        let (inodes, new_folders) = (Vec::new(), HashSet::new());
        let state = Mutex::new(State { random, faults, inodes, new_folders, loss: false, calls: 0, cut: false });
        Self(Arc::new(Inner { clock, state, moved: Condvar::new(), busy: watch::Sender::new(Vec::new()) }))
    }

    /// To be called whenever the clock was moved.
    pub(super) fn tick(&self) {
        drop(self.state());
        self.0.moved.notify_all();
    }

    /// Waits until the call that runs waits for the clock.
    pub(super) async fn waits_for_the_clock(&self) {
        let mut busy = self.0.busy.subscribe();
        let clock = &self.0.clock;
        // The sender lives in the disk.
        let _ = busy.wait_for(|busy| busy.iter().any(|&until| until > clock.mono())).await;
    }

    pub(super) fn is_cut(&self) -> bool {
        self.state().cut
    }

    /// Bytes of all files as they were written, whatever the disk has of them.
    pub(super) fn written(&self) -> Vec<Vec<u8>> {
        self.state().inodes.iter().map(|inode| inode.data.clone()).collect()
    }

    /// Cuts the power and leaves in the folder what the disk would hold.
    pub(super) fn pull_the_plug(&self) -> io::Result<()> {
        let mut state = self.state();
        state.cut = true;
        self.0.moved.notify_all();
        let State { random, inodes, new_folders, .. } = &mut *state;
        let gone: HashSet<PathBuf> = new_folders.drain().filter(|_| random.chance(500)).collect();
        for folder in &gone {
            fs::remove_dir(folder)?;
        }
        let stands = |path: &Path| path.parent().is_none_or(|folder| !gone.contains(folder));
        for inode in inodes.drain(..) {
            if let Some(path) = inode.name_after_cut(random, stands) {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
                fs::write(path, inode.bytes_after_cut(random))?;
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// Every call begins here: the power may be gone, or go now.
    fn call(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        state.calls += 1;
        state.cut |= state.faults.cut_at.is_some_and(|at| state.calls >= at);
        if state.cut { Err(gone()) } else { Ok(state) }
    }

    /// As [`FaultDisk::call`], for what may fail by itself.
    fn change(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.call()?;
        let chance = state.faults.failing;
        if state.random.chance(chance) { Err(broken()) } else { Ok(state) }
    }

    /// Lets the clock run; the power may go meanwhile.
    fn take<'a>(&'a self, state: MutexGuard<'a, State>, time: Duration) -> io::Result<MutexGuard<'a, State>> {
        let until = self.0.clock.mono() + time;
        self.0.busy.send_modify(|busy| busy.push(until));
        let state = self.0.moved.wait_while(state, |state| !state.cut && self.0.clock.mono() < until).unwrap();
        self.0.busy.send_modify(|busy| {
            let mine = busy.iter().position(|&other| other == until);
            mine.map(|mine| busy.swap_remove(mine));
        });
        if state.cut { Err(gone()) } else { Ok(state) }
    }

    /// A sync: time passes, and then it is done, unless it only says so. Only the writer's own take time, so that there is one
    /// thread at most that waits for the clock.
    fn sync(&self, writers: bool, done: impl FnOnce(&mut State) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.call()?;
        if writers {
            let State { faults, random, .. } = &mut *state;
            let time = Duration::from_millis(random.within(faults.sync_ms.clone()));
            state = self.take(state, time)?;
        }
        if state.faults.idle_syncs { Ok(()) } else { done(&mut state) }
    }
}

impl State {
    fn find(&self, path: &Path) -> Option<usize> {
        self.inodes.iter().position(|inode| inode.name() == Some(path))
    }

    fn keep_all(&mut self) {
        self.new_folders.clear();
        for inode in &mut self.inodes {
            inode.keep_name();
            inode.keep_bytes_untold();
        }
    }
}

impl Port for FaultDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<bool> {
        let mut state = self.change()?;
        let made = Local.make_folder(folder)?;
        if made {
            state.new_folders.insert(folder.to_owned());
        }
        Ok(made)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let files = self.state().inodes.iter().any(|inode| inode.in_folder(folder));
        self.sync(files, |state| {
            state.new_folders.retain(|made| made.parent() != Some(folder));
            state.inodes.iter_mut().filter(|inode| inode.in_folder(folder)).for_each(Inode::keep_name);
            Ok(())
        })
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn PortFile>> {
        let mut state = self.change()?;
        if state.find(path).is_some() || path.exists() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.inodes.push(Inode::new(path));
        Ok(Box::new(FaultFile { disk: self.clone(), inode: state.inodes.len() - 1 }))
    }

    fn cut(&self, path: &Path, length: u64) -> io::Result<()> {
        let mut state = self.change()?;
        match state.find(path) {
            Some(inode) => state.inodes[inode].cut(usize::try_from(length).map_err(io::Error::other)?),
            None => Local.cut(path, length)?,
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.change()?;
        match state.find(from) {
            Some(inode) => state.inodes[inode].rename(Some(to)),
            None => Local.rename(from, to)?,
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.change()?;
        match state.find(path) {
            Some(inode) => state.inodes[inode].rename(None),
            None => Local.remove(path)?,
        }
        Ok(())
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        let state = self.call()?;
        state.find(path).map_or_else(|| Local.length(path), |inode| Ok(state.inodes[inode].data.len() as u64))
    }

    fn free(&self, _: &Path) -> io::Result<u64> {
        let state = self.call()?;
        let used: usize = state.inodes.iter().map(|inode| inode.data.len()).sum();
        Ok(state.faults.room.map_or(u64::MAX, |room| room.saturating_sub(used) as u64))
    }
}

impl Write for FaultFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.change()?;
        let slow = state.faults.slow;
        if state.random.chance(slow) {
            let time = Duration::from_millis(state.random.within(50..2000));
            state = self.disk.take(state, time)?;
        }
        let (short, mut taken) = (state.faults.short, bytes.len());
        if state.random.chance(short) {
            taken = 1 + state.random.within(0..taken as u64) as usize;
        }
        if let Some(room) = state.faults.room {
            let used: usize = state.inodes.iter().map(|inode| inode.data.len()).sum();
            taken = taken.min(room.saturating_sub(used));
            if taken == 0 && !bytes.is_empty() {
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        let taken = taken.min(bytes.len());
        state.inodes[self.inode].data.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl PortFile for FaultFile {
    fn sync(&self) -> io::Result<()> {
        let file = self.inode;
        self.disk.sync(true, |state| {
            let (chance, State { random, inodes, loss, .. }) = (state.faults.losing, state);
            *loss |= random.chance(chance) && inodes[file].lose(random);
            if inodes[file].keep_bytes() { Ok(()) } else { Err(broken()) }
        })
    }

    fn sync_filesystem(&self) -> io::Result<()> {
        self.disk.sync(true, |state| {
            let (chance, State { random, inodes, loss, .. }) = (state.faults.losing, &mut *state);
            for inode in inodes {
                *loss |= random.chance(chance) && inode.lose(random);
            }
            state.keep_all();
            if std::mem::take(&mut state.loss) { Err(broken()) } else { Ok(()) }
        })
    }
}

fn gone() -> io::Error {
    io::Error::other("the power is gone")
}

fn broken() -> io::Error {
    // EIO
    io::Error::from_raw_os_error(5)
}
