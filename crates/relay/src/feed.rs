//! One stream's newest units, for everyone who wants them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::limits::{RING_BYTES_MAX, RING_TIME_MAX};
use media::au::AccessUnit;
use media::live::{Cursor, Ring, Start, Unit};
use tokio::sync::watch;

/// Units that one read takes at most, so that the ring's lock is held for microseconds.
const READ_MAX: usize = 64;

/// One stream: a pull pushes, viewers and the recorder subscribe. Lives as long as its camera.
///
/// The lock is held to push or to clone a few `Arc`s, never across an await or a system call.
#[derive(Debug)]
pub struct Feed {
    ring: Mutex<Ring>,
    /// Moves with each unit; carries the ring's end.
    tick: watch::Sender<u64>,
}

impl Feed {
    /// A stream without units yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self { ring: Mutex::new(Ring::new(RING_BYTES_MAX, RING_TIME_MAX)), tick: watch::Sender::new(0) })
    }

    /// Adds the newest unit and wakes whoever waits. `duration` is its likely duration in track ticks.
    pub fn push(&self, au: AccessUnit, duration: u32) {
        let unit = Unit::new(au, duration);
        let end = {
            let mut ring = self.ring();
            ring.push(unit);
            ring.end()
        };
        self.tick.send_replace(end);
    }

    /// The newest cached key picture.
    #[must_use]
    pub fn newest_key(&self) -> Option<Arc<Unit>> {
        self.ring().newest_key().cloned()
    }

    /// The newest unit.
    #[must_use]
    pub fn newest(&self) -> Option<Arc<Unit>> {
        self.ring().newest().cloned()
    }

    /// A reader that begins at `start`.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>, start: Start) -> Subscription {
        let tick = self.tick.subscribe();
        Subscription { cursor: self.ring().cursor(start), feed: Arc::clone(self), tick }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // Nothing that runs under the lock can panic half-way through a change.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader of a [`Feed`], at its own pace.
#[derive(Debug)]
pub struct Subscription {
    feed: Arc<Feed>,
    cursor: Cursor,
    tick: watch::Receiver<u64>,
}

impl Subscription {
    /// Waits until there are units, appends them to `out`, and returns how many were missed before them. Cancel safe.
    pub async fn read(&mut self, out: &mut Vec<Arc<Unit>>) -> u64 {
        let mut missed = 0;
        loop {
            self.tick.mark_unchanged();
            missed += self.try_read(out);
            if !out.is_empty() {
                return missed;
            }
            // The sender lives in the feed that this subscription holds: it cannot have gone.
            let _ = self.tick.changed().await;
        }
    }

    /// Appends to `out` what is there already, without waiting.
    pub fn try_read(&mut self, out: &mut Vec<Arc<Unit>>) -> u64 {
        self.feed.ring().read(&mut self.cursor, READ_MAX, out)
    }

    /// Goes on at another place, as after a new viewer or a lost picture.
    pub fn restart(&mut self, start: Start) {
        self.cursor = self.feed.ring().cursor(start);
    }
}
