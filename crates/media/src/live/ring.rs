//! The GOP ring: recent units of one stream, bounded in bytes, read through cursors.
//!
//! Viewers do not have queues of their own: each holds a [`Cursor`] into the one ring. A viewer that falls out of the
//! ring's far end goes on at the next key frame; nobody else notices.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::Unit;

/// Where a reader stands: the number of the next unit it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    next: u64,
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
}

impl Ring {
    /// An empty ring of at most `bytes_max` bytes. Whole GOPs older than `time_max` leave earlier.
    #[must_use]
    pub fn new(bytes_max: usize, time_max: Duration) -> Self {
        Self { units: VecDeque::new(), first: 0, bytes: 0, bytes_max, time_max, newest_key: None }
    }

    /// Adds the newest unit and forgets what no longer fits.
    pub fn push(&mut self, unit: Arc<Unit>) {
        if unit.au.starts_gop() {
            self.newest_key = Some(self.end());
        }
        self.bytes += unit.au.data.len();
        let now = unit.au.arrived;
        self.units.push_back(unit);
        let too_old = |unit: &Unit| now.since(unit.au.arrived) > self.time_max;
        while self.units.len() > 1 {
            let Some(oldest) = self.units.front() else { break };
            let in_running_gop = self.newest_key.is_none_or(|key| self.first >= key);
            if self.bytes <= self.bytes_max && (in_running_gop || !too_old(oldest)) {
                break;
            }
            self.bytes -= oldest.au.data.len();
            self.units.pop_front();
            self.first += 1;
        }
        if self.newest_key.is_some_and(|key| key < self.first) {
            self.newest_key = None;
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
    pub fn cursor(&self, start: Start) -> Cursor {
        let next = match start {
            Start::NewestKey => self.newest_key.unwrap_or(self.end()),
            Start::OldestKey => self.first,
            Start::NextKey => self.end(),
        };
        Cursor { next, needs_key: true }
    }

    /// Appends at most `max` units to `out` and moves the cursor past them. Returns how many units the reader missed
    /// because it was too slow; after a miss the next unit is a key picture.
    pub fn read(&self, cursor: &mut Cursor, max: usize, out: &mut Vec<Arc<Unit>>) -> u64 {
        let mut missed = 0;
        if cursor.next < self.first {
            missed += self.first - cursor.next;
            *cursor = Cursor { next: self.first, needs_key: true };
        }
        let mut taken = 0;
        while taken < max {
            let Some(unit) = self.unit(cursor.next) else { break };
            cursor.next += 1;
            if cursor.needs_key && !unit.au.starts_gop() {
                missed += u64::from(missed > 0);
                continue;
            }
            cursor.needs_key = false;
            out.push(Arc::clone(unit));
            taken += 1;
        }
        missed
    }

    fn unit(&self, number: u64) -> Option<&Arc<Unit>> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.units.get(index)
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
