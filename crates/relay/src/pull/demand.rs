//! Who is there: while anyone is, pictures are read at once, and sub streams are warm, these also a while after.

use std::sync::Arc;

use domain::limits::SUB_WARM_TIME;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::ingest::{Awake, Breath};

/// Whether sub streams are wanted. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    crowd: Arc<watch::Sender<Crowd>>,
    breath: Breath,
}

#[derive(Debug, Clone, Copy)]
struct Crowd {
    present: usize,
    /// When the last one left.
    left: Option<Instant>,
}

impl Crowd {
    /// Until when sub streams stay warm with nobody present; `None` where they are cold or somebody is.
    fn warm_until(self) -> Option<Instant> {
        self.left.filter(|_| self.present == 0).map(|left| left + SUB_WARM_TIME)
    }
}

/// Somebody is signed in and looks: held by an open state stream or a running view.
#[derive(Debug)]
pub struct Presence {
    demand: Demand,
    _awake: Awake,
}

impl Demand {
    /// With nobody there yet.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self { crowd: Arc::new(watch::Sender::new(Crowd { present: 0, left: None })), breath: Breath::default() }
    }

    /// What keeps the thread that reads cameras awake.
    pub(crate) fn breath(&self) -> &Breath {
        &self.breath
    }

    /// Counts somebody for as long as the guard lives.
    #[must_use]
    pub(crate) fn presence(&self) -> Presence {
        self.crowd.send_modify(|crowd| crowd.present += 1);
        Presence { demand: self.clone(), _awake: self.breath.awake() }
    }

    /// Resolves as soon as sub streams are wanted.
    pub(super) async fn wanted(&self) {
        let mut crowd = self.crowd.subscribe();
        let warm = |crowd: &Crowd| crowd.present > 0 || crowd.warm_until().is_some_and(|until| Instant::now() < until);
        // The sender lives as long as this handle.
        let _ = crowd.wait_for(warm).await;
    }

    /// Resolves as soon as sub streams have not been wanted for long enough.
    pub(super) async fn cold(&self) {
        let mut crowd = self.crowd.subscribe();
        loop {
            let now = *crowd.borrow_and_update();
            let over = async {
                match now.warm_until() {
                    Some(until) => sleep_until(until).await,
                    None if now.present == 0 => {}
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = over => return,
                _ = crowd.changed() => {}
            }
        }
    }
}

impl Default for Demand {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.demand.crowd.send_modify(|crowd| {
            crowd.present = crowd.present.saturating_sub(1);
            crowd.left = Some(Instant::now());
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sub_streams_are_warm_while_anyone_is_there_and_five_minutes_after() {
        let demand = Demand::new();
        assert!(demand.wanted().now_or_never().is_none());
        let (one, other) = (demand.presence(), demand.clone().presence());
        demand.wanted().now_or_never().unwrap();
        drop(one);
        assert!(tokio::time::timeout(SUB_WARM_TIME * 2, demand.cold()).await.is_err());
        drop(other);
        tokio::time::advance(SUB_WARM_TIME - Duration::from_millis(10)).await;
        demand.wanted().now_or_never().unwrap();
        assert!(demand.cold().now_or_never().is_none());
        tokio::time::advance(Duration::from_millis(20)).await;
        demand.cold().now_or_never().unwrap();
        assert!(demand.wanted().now_or_never().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_who_comes_back_keeps_them_warm() {
        let demand = Demand::new();
        drop(demand.presence());
        let waiting = tokio::spawn({
            let demand = demand.clone();
            async move { demand.cold().await }
        });
        tokio::time::sleep(SUB_WARM_TIME / 2).await;
        let back = demand.presence();
        tokio::time::sleep(SUB_WARM_TIME * 2).await;
        assert!(!waiting.is_finished());
        drop(back);
        tokio::time::sleep(SUB_WARM_TIME + Duration::from_millis(1)).await;
        assert!(waiting.is_finished());
    }
}
