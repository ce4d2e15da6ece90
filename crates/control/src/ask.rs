use domain::{Error, Result};
use policy::act::{TakeSnapshot, ViewRecorded};
use policy::{Act, Ask, FactsSource, Object, Permit, Principal, decide};

use crate::Control;
use crate::upkeep::Verdict;

impl Control {
    /// Asks whether `principal` may do `A` to `object` now. A person's verdict goes to the audit log within a second.
    pub async fn ask<A: Act>(&self, principal: Principal, object: A::Object) -> Result<Permit<A>> {
        let at = self.inner.clock.now();
        let facts = self.inner.facts.facts(principal, object.into()).await?;
        let answer = decide(&Ask { principal, object, at }, &facts);
        if let Principal::Session(session) = principal {
            let whole = object.into();
            let object = match whole {
                Object::Account(id) => facts.session.filter(|session| session.subject == id).map(|_| id.to_bytes()),
                // An id that names nothing is only what somebody typed, and is not kept.
                Object::Home(id) => facts.home.map(|_| id.to_bytes()),
                Object::Camera(id) => facts.home.map(|_| id.to_bytes()),
            };
            let subject = facts.session.map(|session| session.subject);
            let reason = answer.as_ref().err().map(|refusal| refusal.reason);
            // Live views and downloads are noted when they end, by whoever runs them; what a player fetches, here.
            let plays = [ViewRecorded::NAME, TakeSnapshot::NAME].contains(&A::NAME);
            let seen = match whole {
                Object::Camera(camera) if plays => facts.home.map(|home| (home.home, camera)),
                _ => None,
            };
            self.inner.upkeep.note(Verdict { at, session, subject, act: A::NAME, object, reason, seen }).await;
        }
        answer.map_err(Error::from)
    }
}
