//! The lease of a running view: it ends when the facts that allowed it no longer do.

use std::sync::Arc;

use domain::{Clock, SessionId};
use policy::{Act, Ask, FactsSource, Object, Permit, Principal, decide};
use tokio::sync::watch;

/// Allows a view to go on for as long as the facts allow it.
#[derive(Debug)]
pub struct Watch<A: Act> {
    ask: Ask<A>,
    facts: Arc<dyn FactsSource>,
    clock: Arc<dyn Clock>,
    revision: watch::Receiver<u64>,
}

impl<A: Act> Watch<A> {
    /// Turns a permit for one call into the lease of a view.
    pub fn new(
        permit: Permit<A>,
        facts: Arc<dyn FactsSource>,
        clock: Arc<dyn Clock>,
        mut revision: watch::Receiver<u64>,
    ) -> Self {
        // What moved between the decision and here must be looked at again.
        if *revision.borrow_and_update() != permit.revision() {
            revision.mark_changed();
        }
        Self { ask: permit.into_ask(), facts, clock, revision }
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
            Principal::Nobody | Principal::System => None,
        }
    }

    /// Resolves when the view must end. Cancel safe; facts that cannot be read end it too.
    pub async fn ended(&mut self) {
        loop {
            if self.revision.changed().await.is_err() {
                return;
            }
            let ask = Ask::<A> { at: self.clock.now(), ..self.ask };
            let object: Object = ask.object.into();
            match self.facts.facts(ask.principal, object).await {
                Ok(facts) if decide(&ask, &facts).is_ok() => {}
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(%error, "a view ends: its facts cannot be read");
                    return;
                }
            }
        }
    }
}
