//! The GOP ring: recent units of one stream, bounded in bytes, read through cursors.
//!
//! Viewers do not have queues of their own: each holds a [`Cursor`] into the one ring. Beside the running GOP the ring keeps only what
//! some reader has still to read. A reader that falls out of the ring's far end goes on at the next key frame; nobody else notices.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::Unit;

/// Where a reader stands. The ring sees it too, and keeps for a while what comes after; dropping it lets go.
#[derive(Debug)]
pub struct Cursor {
    /// The number of the next unit that it wants. Moves under the ring's lock alone.
    next: Arc<AtomicU64>,
    /// Units before the next key picture are of no use to this reader.
    needs_key: bool,
}

/// Where a new reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the newest cached key picture, so that something shows at once.
    NewestKey,
    /// At the oldest cached key picture.
    OldestKey,
    /// With the next key picture to come.
    NextKey,
}

/// Recent units of one stream.
#[derive(Debug)]
pub struct Ring {
    units: VecDeque<Arc<Unit>>,
    /// Number of `units[0]`; numbers never come back.
    first: u64,
    bytes: usize,
    bytes_max: usize,
    time_max: Duration,
    newest_key: Option<u64>,
    /// Where the readers stand that are left.
    readers: Vec<Weak<AtomicU64>>,
}

impl Ring {
    /// An empty ring of at most `bytes_max` bytes. What a reader has still to read is kept for `time_max`, the running GOP in any case.
    #[must_use]
    pub fn new(bytes_max: usize, time_max: Duration) -> Self {
        Self { units: VecDeque::new(), first: 0, bytes: 0, bytes_max, time_max, newest_key: None, readers: Vec::new() }
    }

    /// Adds the newest unit and forgets what no longer fits.
    pub fn push(&mut self, unit: Arc<Unit>) {
        if unit.au.starts_gop() {
            self.newest_key = Some(self.end());
        }
        self.bytes += unit.au.data.len();
        self.units.push_back(unit);
        self.forget();
        if self.newest_key.is_some_and(|key| key < self.first) {
            self.newest_key = None;
        }
    }

    /// Lets go of what is neither in the running GOP nor waited for, and of what is too much in any case.
    fn forget(&mut self) {
        let Some(now) = self.units.back().map(|newest| newest.au.arrived) else { return };
        // Asked only where something before the running GOP is left: mostly when a GOP begins.
        let mut waited_for = None;
        while self.units.len() > 1 {
            let Some(oldest) = self.units.front() else { break };
            if self.bytes <= self.bytes_max {
                if self.newest_key.is_none_or(|key| self.first >= key) {
                    break;
                }
                let is_waited_for = self.first >= *waited_for.get_or_insert_with(|| slowest(&mut self.readers));
                if is_waited_for && now.since(oldest.au.arrived) <= self.time_max {
                    break;
                }
            }
            self.bytes -= oldest.au.data.len();
            self.units.pop_front();
            self.first += 1;
        }
    }

    /// Number that the next unit will get.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first + self.units.len() as u64
    }

    /// Bytes of media held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The newest cached key picture. `None` while the running GOP is longer than the ring.
    #[must_use]
    pub fn newest_key(&self) -> Option<&Arc<Unit>> {
        self.unit(self.newest_key?)
    }

    /// The newest unit.
    #[must_use]
    pub fn newest(&self) -> Option<&Arc<Unit>> {
        self.units.back()
    }

    /// A cursor for a new reader. Without a cached key picture, every start means the next one.
    #[must_use]
    pub fn cursor(&mut self, start: Start) -> Cursor {
        let next = match start {
            Start::NewestKey => self.newest_key.unwrap_or(self.end()),
            Start::OldestKey => self.first,
            Start::NextKey => self.end(),
        };
        let next = Arc::new(AtomicU64::new(next));
        // Those that left are forgotten here too: readers may come and go while no unit comes.
        self.readers.retain(|reader| reader.strong_count() > 0);
        self.readers.push(Arc::downgrade(&next));
        Cursor { next, needs_key: true }
    }

    /// Appends at most `max` units to `out` and moves the cursor past them. Returns how many units the reader missed
    /// because it was too slow; after a miss the next unit is a key picture.
    pub fn read(&self, cursor: &mut Cursor, max: usize, out: &mut Vec<Arc<Unit>>) -> u64 {
        let mut next = cursor.next.load(Ordering::Relaxed);
        let mut missed = 0;
        if next < self.first {
            missed += self.first - next;
            next = self.first;
            cursor.needs_key = true;
        }
        let mut taken = 0;
        while taken < max {
            let Some(unit) = self.unit(next) else { break };
            next += 1;
            if cursor.needs_key && !unit.au.starts_gop() {
                missed += u64::from(missed > 0);
                continue;
            }
            cursor.needs_key = false;
            out.push(Arc::clone(unit));
            taken += 1;
        }
        cursor.next.store(next, Ordering::Relaxed);
        missed
    }

    fn unit(&self, number: u64) -> Option<&Arc<Unit>> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.units.get(index)
    }
}

/// What the reader that is furthest behind wants next; the end of all numbers where nobody reads.
fn slowest(readers: &mut Vec<Weak<AtomicU64>>) -> u64 {
    let mut slowest = u64::MAX;
    readers.retain(|reader| {
        let next = reader.upgrade().map(|next| next.load(Ordering::Relaxed));
        slowest = slowest.min(next.unwrap_or(u64::MAX));
        next.is_some()
    });
    slowest
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
