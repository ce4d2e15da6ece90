//! The thread on which cameras are read (docs/adr/0021-cameras-are-read-in-breaths.md).
//!
//! Each picture of each camera would wake a thread: a thousand times a second for forty cameras. While nobody is there to
//! see the pictures at once, the thread sleeps between two breaths instead, what comes waits in the sockets' buffers, and one
//! wake-up reads it all.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits::{BREATH, BREATH_LEAD};
use tokio::runtime::{Builder, Handle};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::beat;

/// Sockets that one look asks the system about: all of them.
const EVENTS_MAX: usize = 1024;

/// The thread, for spawning on it. It ends with the last handle.
#[derive(Debug, Clone)]
pub(crate) struct Ingest {
    handle: Handle,
    _end: Arc<DropGuard>,
}

impl Ingest {
    /// Starts the thread. It breathes while nobody holds `breath` awake.
    pub(crate) fn start(breath: Breath) -> io::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_io_events_per_tick(EVENTS_MAX)
            // Before it asks what came: what came during the rest is in the answer.
            .on_thread_park(move || breath.rest())
            .build()?;
        let (handle, end) = (runtime.handle().clone(), CancellationToken::new());
        let ended = end.clone();
        std::thread::Builder::new().name("ingest".into()).spawn(move || runtime.block_on(ended.cancelled()))?;
        Ok(Self { handle, _end: Arc::new(end.drop_guard()) })
    }

    /// What to spawn on.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

/// Whether the thread may rest. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Breath(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    awake: Mutex<usize>,
    roused: Condvar,
}

/// What comes is read at once while this lives.
#[derive(Debug)]
pub(crate) struct Awake(Breath);

impl Breath {
    /// Wakes the thread, and keeps it awake while the guard lives.
    pub(crate) fn awake(&self) -> Awake {
        *self.count() += 1;
        self.0.roused.notify_all();
        Awake(self.clone())
    }

    /// Blocks until the next breath, or until somebody wants the thread awake.
    fn rest(&self) {
        let until = beat::next(BREATH, BREATH_LEAD);
        let mut count = self.count();
        while *count == 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                return;
            }
            count = self.0.roused.wait_timeout(count, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn count(&self) -> MutexGuard<'_, usize> {
        // Nothing that runs under the lock can panic half-way through a change.
        self.0.awake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        let mut count = self.0.count();
        *count = count.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Pieces that are sent apart, so that whoever is awake is woken for each.
    const PIECES: usize = 40;

    /// How often a reader on the thread was woken for pieces that came ten milliseconds apart, and in how many breaths' time.
    async fn wakes(ingest: &Ingest) -> (usize, usize) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut sender = TcpStream::connect(address).await.unwrap();
        sender.set_nodelay(true).unwrap();
        let (reader, _) = listener.accept().await.unwrap();
        let reader = reader.into_std().unwrap();
        let wakes = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&wakes);
        let reading = ingest.handle().spawn(async move {
            let mut reader = TcpStream::from_std(reader).unwrap();
            let (mut buffer, mut seen) = ([0; 4096], 0);
            while seen < PIECES {
                seen += reader.read(&mut buffer).await.unwrap();
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        let begun = Instant::now();
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        for _ in 0..PIECES {
            pace.tick().await;
            sender.write_all(&[1]).await.unwrap();
        }
        tokio::time::timeout(Duration::from_secs(10), reading).await.unwrap().unwrap();
        let breaths = usize::try_from(begun.elapsed().as_millis() / BREATH.as_millis()).unwrap();
        (wakes.load(Ordering::Relaxed), breaths)
    }

    #[tokio::test]
    async fn what_comes_is_read_in_breaths_and_at_once_while_somebody_is_there() {
        let breath = Breath::default();
        let ingest = Ingest::start(breath.clone()).unwrap();
        let (resting, breaths) = wakes(&ingest).await;
        let awake = breath.awake();
        let (roused, _) = wakes(&ingest).await;
        drop(awake);
        // However long a busy machine took for it; the first and the last breath may be parts of one.
        assert!(resting <= breaths + 2, "{resting} wake-ups at rest, in the time of {breaths} breaths");
        assert!(roused > resting, "{roused} wake-ups awake, {resting} at rest");
    }

    #[tokio::test]
    async fn who_comes_does_not_wait_for_the_next_breath() {
        let breath = Breath::default();
        let resting = std::thread::spawn({
            let breath = breath.clone();
            // Rest upon rest, as long as nobody comes.
            move || {
                while *breath.count() == 0 {
                    breath.rest();
                }
            }
        });
        let _awake = breath.awake();
        tokio::task::spawn_blocking(|| resting.join()).await.unwrap().unwrap();
    }
}
