//! What happened lately, numbered, so that a browser that lost its connection goes on where it was.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CameraId, Clock};
use relay::Relay;
use store::{Bus, Change};
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// Happenings that are kept: with 256 cameras at least one of each, and minutes in a usual home.
const KEPT_MAX: usize = 512;

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happening {
    /// A camera is in another state.
    State(CameraId),
    /// A camera was added, edited or removed.
    Camera(CameraId),
    /// Sessions, members or agreements moved, or something was missed: see anew what may be seen.
    Everything,
}

/// A happening and its number. Numbers grow, also from one process to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) number: u64,
    pub(crate) what: Happening,
}

/// Where to go on.
#[derive(Debug)]
pub(crate) struct Since {
    /// What happened since; `None` where that is too long ago, or never was.
    pub(crate) missed: Option<Vec<Happening>>,
    /// The number of the newest happening.
    pub(crate) last: u64,
    /// What happens from now on.
    pub(crate) next: broadcast::Receiver<Numbered>,
}

/// The happenings of this server. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Happenings(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kept: Mutex<Kept>,
    told: broadcast::Sender<Numbered>,
}

#[derive(Debug)]
struct Kept {
    last: u64,
    list: VecDeque<Numbered>,
}

impl Happenings {
    /// Listens to relay and bus until `stop`.
    pub(crate) fn start(relay: &Relay, bus: &Bus, clock: &Arc<dyn Clock>, stop: CancellationToken) -> Self {
        // Numbers start at the start's millisecond: fewer than a thousand things happen in a second, so that no number of an
        // earlier process comes again.
        let happenings = Self::from_number(u64::try_from(clock.now().millis()).unwrap_or(0));
        let listen = happenings.clone().listen(relay.state_changes(), bus.subscribe());
        tokio::spawn(async move { stop.run_until_cancelled(listen).await });
        happenings
    }

    fn from_number(last: u64) -> Self {
        let kept = Mutex::new(Kept { last, list: VecDeque::with_capacity(KEPT_MAX) });
        Self(Arc::new(Inner { kept, told: broadcast::Sender::new(KEPT_MAX) }))
    }

    async fn listen(self, mut states: broadcast::Receiver<CameraId>, mut changes: broadcast::Receiver<Change>) {
        loop {
            let what = tokio::select! {
                state = states.recv() => state.map(Happening::State),
                change = changes.recv() => change.map(|change| match change {
                    Change::Camera(id) => Happening::Camera(id),
                    Change::Facts => Happening::Everything,
                }),
            };
            match what {
                Ok(what) => self.tell(what),
                Err(RecvError::Lagged(_)) => self.tell(Happening::Everything),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn tell(&self, what: Happening) {
        let mut kept = self.kept();
        kept.last += 1;
        let numbered = Numbered { number: kept.last, what };
        if kept.list.len() == KEPT_MAX {
            kept.list.pop_front();
        }
        kept.list.push_back(numbered);
        // Under the lock, so that nobody who asks `since` misses or repeats one.
        let _ = self.0.told.send(numbered);
    }

    /// Where to go on for somebody who was at `number`.
    pub(crate) fn since(&self, number: Option<u64>) -> Since {
        let kept = self.kept();
        let oldest = kept.list.front().map_or(kept.last, |first| first.number - 1);
        let missed = number
            .filter(|number| (oldest..=kept.last).contains(number))
            .map(|number| kept.list.iter().filter(|kept| kept.number > number).map(|kept| kept.what).collect());
        Since { missed, last: kept.last, next: self.0.told.subscribe() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A list of plain values is whole after any panic.
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(happenings: &Happenings, since: u64) -> Option<usize> {
        happenings.since(Some(since)).missed.map(|list| list.len())
    }

    #[test]
    fn one_goes_on_where_one_was() {
        let (happenings, id) = (Happenings::from_number(1000), CameraId::random());
        assert_eq!(missed(&happenings, 1000), Some(0));
        happenings.tell(Happening::Everything);
        happenings.tell(Happening::State(id));
        assert_eq!(happenings.since(Some(1000)).missed, Some(vec![Happening::Everything, Happening::State(id)]));
        assert_eq!(happenings.since(Some(1001)).missed, Some(vec![Happening::State(id)]));
        assert_eq!(missed(&happenings, 1002), Some(0));
        assert_eq!(happenings.since(None).last, 1002);
    }

    #[test]
    fn a_number_of_another_time_is_no_place_to_go_on() {
        let happenings = Happenings::from_number(1000);
        for _ in 0..=KEPT_MAX {
            happenings.tell(Happening::Everything);
        }
        assert_eq!(missed(&happenings, 1000), None);
        assert_eq!(missed(&happenings, 1001), Some(KEPT_MAX));
        assert_eq!(missed(&happenings, 999_999), None);
        assert_eq!(happenings.since(None).missed, None);
    }

    #[tokio::test]
    async fn nothing_is_lost_or_repeated_between_what_was_and_what_comes() {
        let happenings = Happenings::from_number(0);
        happenings.tell(Happening::Everything);
        let mut since = happenings.since(Some(0));
        happenings.tell(Happening::Everything);
        assert_eq!(since.missed.unwrap().len(), 1);
        assert_eq!(since.next.recv().await.unwrap().number, 2);
        assert!(since.next.try_recv().is_err());
    }
}
