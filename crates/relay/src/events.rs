//! What a camera says of what happens in front of it, for as long as its plan wants to know.

use std::collections::HashSet;
use std::time::Duration;

use cameras::onvif::wire::events::{Happening, Notice};
use domain::{CameraId, Mono, Result};
use policy::act::RecordCamera;
use store::MarkKind;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::controls::{answer, reach};
use crate::fleet::Shared;
use crate::record::Guide;
use crate::state::Problem;

/// After a lost subscription the next is asked for this soon, then later and later.
const RETRY_MIN: Duration = Duration::from_secs(1);
/// Even a camera that was away for a day is asked this often.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// What is known of what happens in front of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Seen {
    /// Something goes on since then.
    pub(crate) since: Option<Mono>,
    /// Something ended, or happened in a moment, then.
    pub(crate) last: Option<Mono>,
    /// Nothing can be heard since then.
    pub(crate) deaf_since: Option<Mono>,
}

/// One camera's events.
pub(crate) struct Listener {
    shared: Shared,
    camera: CameraId,
    guide: watch::Receiver<Guide>,
    seen: watch::Sender<Seen>,
    /// What goes on.
    active: HashSet<MarkKind>,
}

impl Listener {
    pub(crate) fn new(shared: Shared, camera: CameraId, guide: watch::Receiver<Guide>, seen: watch::Sender<Seen>) -> Self {
        Self { shared, camera, guide, seen, active: HashSet::new() }
    }

    /// Listens while the plan wants it, until `cancel`; connects again after every failure.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        cancel.run_until_cancelled(Box::pin(self.follow())).await;
        self.silence(None).await;
        self.tell(None);
    }

    async fn follow(&mut self) {
        let mut wait = RETRY_MIN;
        loop {
            if !self.guide.borrow().plan.wants_events() {
                self.silence(None).await;
                self.tell(None);
            }
            if self.guide.wait_for(|guide| guide.plan.wants_events()).await.is_err() {
                return std::future::pending().await;
            }
            let now = self.shared.clock.mono();
            self.seen.send_modify(|seen| seen.deaf_since = seen.deaf_since.or(Some(now)));
            let begun = self.shared.clock.mono();
            let ended = self.listen().await;
            let Err(error) = ended else { continue };
            // What is not heard counts from the first word that could have been missed.
            let deaf_since = self.seen.borrow().deaf_since.unwrap_or_else(|| self.shared.clock.mono());
            self.silence(Some(deaf_since)).await;
            if self.shared.clock.mono().since(begun) > RETRY_MAX {
                wait = RETRY_MIN;
            }
            tracing::info!(camera = %self.camera, code = error.code(), detail = error.detail(), "its events are not heard");
            self.tell(Some(Problem::from(&error)));
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }

    /// One subscription, until the plan no longer wants it, or it fails.
    async fn listen(&mut self) -> Result<()> {
        let permit = self.shared.permit::<RecordCamera>(self.camera).await?;
        let none = || domain::Error::new(domain::Kind::Unsupported, "camera.unsupported", "its ONVIF address is not known");
        let camera = reach(&self.shared, &permit).await?.ok_or_else(none)?;
        let mut events = camera.events().await.map_err(answer)?;
        self.seen.send_modify(|seen| seen.deaf_since = None);
        self.tell(None);
        let mut guide = self.guide.clone();
        loop {
            let notices = tokio::select! {
                notices = events.next() => notices.map_err(answer)?,
                () = async { drop(guide.wait_for(|guide| !guide.plan.wants_events()).await) } => {
                    let _ = events.end().await;
                    return Ok(());
                }
            };
            for notice in notices {
                self.take(&notice).await;
            }
        }
    }

    async fn take(&mut self, notice: &Notice) {
        let kind = match notice.happening {
            Happening::Motion => MarkKind::Motion,
            Happening::Object => MarkKind::Object,
            Happening::Input => MarkKind::Input,
            Happening::Doorbell => MarkKind::Doorbell,
            Happening::Tamper => MarkKind::Tamper,
            Happening::Other => return,
        };
        // Times are ours: a camera's clock may be wrong, and its footage is not timed by it.
        let (now, at) = (self.shared.clock.mono(), self.shared.clock.now());
        let store = self.shared.store.clone();
        let written = if kind == MarkKind::Doorbell {
            // A press has no length: how long the finger stays is nobody's event.
            if notice.initial || !notice.active {
                return;
            }
            self.seen.send_modify(|seen| seen.last = Some(now));
            match store.begin_mark(self.camera, kind, at).await {
                Ok(()) => store.end_marks(self.camera, Some(kind), at).await,
                failed => failed,
            }
        } else if notice.active {
            let new = self.active.insert(kind);
            // Each word that it goes on counts anew.
            self.seen.send_modify(|seen| seen.since = Some(now));
            if new { store.begin_mark(self.camera, kind, at).await } else { Ok(()) }
        } else {
            let ended = self.active.remove(&kind);
            let rest = !self.active.is_empty();
            self.seen.send_modify(|seen| {
                seen.since = seen.since.filter(|_| rest);
                seen.last = if ended { Some(now) } else { seen.last };
            });
            if ended { store.end_marks(self.camera, Some(kind), at).await } else { Ok(()) }
        };
        if let Err(error) = written {
            tracing::error!(camera = %self.camera, %error, "an event could not be written down");
        }
    }

    /// What went on is not known any more.
    async fn silence(&mut self, deaf_since: Option<Mono>) {
        let now = self.shared.clock.mono();
        let went_on = !std::mem::take(&mut self.active).is_empty();
        self.seen.send_modify(|seen| {
            let last = if went_on { Some(now) } else { seen.last };
            *seen = Seen { since: None, last, deaf_since };
        });
        if went_on && let Err(error) = self.shared.store.end_marks(self.camera, None, self.shared.clock.now()).await {
            tracing::error!(camera = %self.camera, %error, "an event's end could not be written down");
        }
    }

    fn tell(&self, problem: Option<Problem>) {
        self.shared.board.update(self.camera, self.shared.clock.now(), |state| state.events_problem = problem);
    }
}

/// A camera's events with nobody who listens yet.
pub(crate) fn unheard() -> watch::Sender<Seen> {
    watch::Sender::new(Seen::default())
}
