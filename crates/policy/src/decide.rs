//! The one gate: a refusal beats a grant, silence is a refusal.

use domain::{Error, HomeId, Kind, SessionId, SubjectId, Timestamp};

use crate::act::Who;
use crate::{Act, Facts, Object};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    /// Nobody is signed in.
    Nobody,
    /// A session that proved itself by its cookie or bearer token.
    Session(SessionId),
    /// The server itself.
    System,
}

/// A question: may `principal` do `A` to `object` now?
#[derive(Debug)]
pub struct Ask<A: Act> {
    /// Who asks.
    pub principal: Principal,
    /// To what.
    pub object: A::Object,
    /// When.
    pub at: Timestamp,
}

// By hand: a derive would ask for `A: Clone`, and acts are types without values.
impl<A: Act> Clone for Ask<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: Act> Copy for Ask<A> {}

/// Proof that [`decide`] said yes. Owned, neither `Clone` nor `Copy`, consumed by the call it allows.
#[derive(Debug)]
pub struct Permit<A: Act> {
    ask: Ask<A>,
    home: Option<HomeId>,
    subject: Option<SubjectId>,
    revision: u64,
}

impl<A: Act> Permit<A> {
    /// What may be acted on.
    #[must_use]
    pub fn object(&self) -> A::Object {
        self.ask.object
    }

    /// Who may act.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.ask.principal
    }

    /// The person behind the principal, where there is one.
    #[must_use]
    pub fn subject(&self) -> Option<SubjectId> {
        self.subject
    }

    /// The home that the object belongs to; `None` for a person's own account.
    #[must_use]
    pub fn home(&self) -> Option<HomeId> {
        self.home
    }

    /// The revision of the facts it was decided on.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Gives the permit up and returns its question, so that a running view can ask again.
    #[must_use]
    pub fn into_ask(self) -> Ask<A> {
        self.ask
    }
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nobody is signed in, or the session is over.
    NoSession,
    /// The person has not agreed to the policy in force.
    NotAgreed,
    /// The person has not declared to be of age.
    NotAdult,
    /// There is no such object, or the asker is not of its home and may not know of it.
    NotThere,
    /// The asker is of the home, in a role that may not.
    Role,
    /// Only the server itself may.
    NotSystem,
}

/// A refusal: the reason and the clauses behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked.
    pub act: &'static str,
    /// Why not.
    pub reason: Reason,
    /// The clauses that say so.
    pub clauses: &'static [&'static str],
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let (kind, code, detail) = match refusal.reason {
            Reason::NoSession => (Kind::Unauthenticated, "session.none", "sign in first"),
            Reason::NotAgreed => (Kind::Forbidden, "policy.not_agreed", "agree to the current policy first"),
            Reason::NotAdult => (Kind::Forbidden, "account.not_adult", "only adults may use an account of their own"),
            Reason::NotThere => (Kind::NotFound, "not_found", "no such thing, or none that you may see"),
            Reason::Role => (Kind::Forbidden, "role.too_low", "ask the owner of this home"),
            Reason::NotSystem => (Kind::Forbidden, "system.only", "only the server itself does this"),
        };
        Self::new(kind, code, detail)
    }
}

/// Decides a question from facts. The only way to a [`Permit`].
pub fn decide<A: Act>(ask: &Ask<A>, facts: &Facts) -> Result<Permit<A>, Refusal> {
    let subject = judge(A::WHO, ask.principal, ask.object.into(), ask.at, facts).map_err(|reason| Refusal {
        act: A::NAME,
        reason,
        clauses: A::CLAUSES,
    })?;
    Ok(Permit { ask: *ask, home: facts.home.map(|h| h.home), subject, revision: facts.revision })
}

/// The rule itself, apart from the types: who the person is, or why not.
fn judge(who: Who, principal: Principal, object: Object, at: Timestamp, facts: &Facts) -> Result<Option<SubjectId>, Reason> {
    let needed = match who {
        Who::System => {
            // A person may not borrow the server's own acts, and the server acts only on what exists.
            if principal != Principal::System {
                return Err(Reason::NotSystem);
            }
            return facts.home.map(|_| None).ok_or(Reason::NotThere);
        }
        Who::Role(role) => Some(role),
        Who::Oneself => None,
    };
    let session = match (principal, facts.session) {
        (Principal::Session(_), Some(session)) if at < session.expires => session,
        _ => return Err(Reason::NoSession),
    };
    if !session.adult {
        return Err(Reason::NotAdult);
    }
    if !session.agreed {
        return Err(Reason::NotAgreed);
    }
    match needed {
        None if object == Object::Account(session.subject) => Ok(Some(session.subject)),
        None => Err(Reason::NotThere),
        Some(needed) => match facts.home.and_then(|home| home.role) {
            None => Err(Reason::NotThere),
            Some(role) if role < needed => Err(Reason::Role),
            Some(_) => Ok(Some(session.subject)),
        },
    }
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
