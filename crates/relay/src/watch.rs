//! The lease of a running view: it ends when the facts that allowed it no longer do.

use std::sync::Arc;

use domain::{Clock, SessionId};
use policy::{Act, Ask, FactsSource, Object, Permit, Principal, decide, point};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::witness::Visit;

/// Allows a view to go on for as long as the facts allow it.
#[derive(Debug)]
pub struct Watch<A: Act> {
    ask: Ask<A>,
    facts: Arc<dyn FactsSource>,
    clock: Arc<dyn Clock>,
    revision: watch::Receiver<u64>,
    /// The revision that was last found to allow it.
    judged: u64,
    /// Of the camera: cancelled once nobody is to see it, whatever rights there are.
    lease: Option<CancellationToken>,
    /// Noted when the view ends.
    _visit: Option<Visit>,
}

impl<A: Act> Watch<A> {
    /// Turns a permit for one call into the lease of a view. What moved between the decision and here is looked at again.
    pub fn new(permit: Permit<A>, facts: Arc<dyn FactsSource>, clock: Arc<dyn Clock>, revision: watch::Receiver<u64>) -> Self {
        Self { judged: permit.revision(), ask: permit.into_ask(), facts, clock, revision, lease: None, _visit: None }
    }

    /// The same, and who watched is noted when it ends.
    pub(crate) fn seen(self, visit: Option<Visit>) -> Self {
        Self { _visit: visit, ..self }
    }

    /// The same, and it ends with the camera's lease.
    pub(crate) fn under(self, lease: CancellationToken) -> Self {
        Self { lease: Some(lease), ..self }
    }

    /// What is being watched.
    #[must_use]
    pub fn object(&self) -> A::Object {
        self.ask.object
    }

    /// Who watches.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.ask.principal
    }

    /// The session that watches, where it is one.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match self.ask.principal {
            Principal::Session(id) => Some(id),
            Principal::Nobody | Principal::StreamKey(_) | Principal::System => None,
        }
    }

    /// Resolves when the view must end. Cancel safe: a change counts as seen only once it was judged. Facts that cannot be
    /// read end the view too.
    pub async fn ended(&mut self) {
        let lease = self.lease.clone();
        let cut = async {
            match lease {
                Some(lease) => lease.cancelled_owned().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = cut => {}
            () = self.forbidden() => {}
        }
    }

    async fn forbidden(&mut self) {
        loop {
            let judged = self.judged;
            let Ok(moved) = self.revision.wait_for(|revision| *revision != judged).await.map(|revision| *revision) else {
                return;
            };
            let ask = Ask::<A> { at: self.clock.now(), ..self.ask };
            let object: Object = ask.object.into();
            match self.facts.facts(ask.principal, object).await {
                Ok(facts) if !point::WATCH_CUT.holds() || decide(&ask, &facts).is_ok() => self.judged = moved,
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(%error, "a view ends: its facts cannot be read");
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use domain::{CameraId, HomeId, Role, SubjectId, SystemClock};
    use policy::act::ViewLive;
    use policy::{ConsentSet, Facts, FactsFuture, HomeFacts, SessionFacts, SubjectFacts};
    use tokio::sync::Semaphore;

    use super::*;

    /// Answers only when it is let.
    #[derive(Debug)]
    struct SlowFacts {
        answers: Semaphore,
        facts: Mutex<Facts>,
    }

    impl FactsSource for SlowFacts {
        fn facts(&self, _: Principal, _: Object) -> FactsFuture<'_> {
            Box::pin(async {
                self.answers.acquire().await.unwrap().forget();
                Ok(self.facts.lock().unwrap().clone())
            })
        }
    }

    #[tokio::test]
    async fn a_change_is_judged_even_if_the_judging_was_cut_off_before() {
        let _proof = evidence::proves("C-4.4.2", "watch.cut");
        let (home, now) = (HomeId::random(), SystemClock.now());
        let subject = SubjectId::random();
        let facts = Facts {
            revision: 1,
            session: Some(SessionFacts { subject, expires: now + Duration::from_secs(60) }),
            subject: Some(SubjectFacts::settled(subject)),
            home: Some(HomeFacts { home, role: Some(Role::Member), agreed: true, consents: ConsentSet::NONE }),
            region_ok: true,
            key: None,
        };
        let ask = Ask::<ViewLive> { principal: Principal::Session(SessionId::random()), object: CameraId::random(), at: now };
        let permit = decide(&ask, &facts).unwrap();
        let source = Arc::new(SlowFacts { answers: Semaphore::new(0), facts: Mutex::new(facts) });
        let revision = watch::Sender::new(1);
        let mut watch =
            Watch::new(permit, Arc::clone(&source) as Arc<dyn FactsSource>, Arc::new(SystemClock), revision.subscribe());

        source.facts.lock().unwrap().home = None;
        revision.send_replace(2);
        // A unit arrives while the facts are being read: the future is dropped half-way.
        tokio::select! {
            biased;
            () = watch.ended() => panic!("nobody has answered yet"),
            () = tokio::task::yield_now() => {}
        }
        source.answers.add_permits(1);
        tokio::time::timeout(Duration::from_secs(5), watch.ended()).await.expect("the change was not forgotten");
    }
}
