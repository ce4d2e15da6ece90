//! The one gate: a refusal beats a grant, silence is a refusal.

use domain::{Error, HomeId, Kind, Role, SessionId, StreamKeyId, SubjectId, Timestamp};

use crate::facts::{Age, Agreed, Standing, SubjectFacts};
use crate::{Act, ActRule, Facts, Minors, Object, PurposeRule, Who, point};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Principal {
    /// Nobody is signed in.
    Nobody,
    /// A session that proved itself by its cookie or bearer token.
    Session(SessionId),
    /// Other software that proved to have this key: it may do one act, on one camera.
    StreamKey(StreamKeyId),
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
    /// The person has not declared to be of age, or the purpose is for adults alone.
    NotAdult,
    /// A minor whose guardian has not agreed yet.
    GuardianNeeded,
    /// The account was cancelled: what is left of it is stored for the law alone.
    Held,
    /// The function that it is for is not built.
    NotInUse,
    /// There is no such object, or the asker is not of its home and may not know of it.
    NotThere,
    /// The asker is of the home, in a role that may not.
    Role,
    /// Only the server itself may.
    NotSystem,
    /// The purpose rests on a consent that nobody gave.
    ConsentNeeded,
    /// The server stands where data may not be used.
    Region,
}

/// A refusal: the reason and the clauses behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked.
    pub act: &'static str,
    /// What it was for.
    pub purpose: &'static str,
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
            Reason::GuardianNeeded => (Kind::Forbidden, "account.guardian_needed", "a guardian agrees first"),
            Reason::Held => (Kind::Forbidden, "account.held", "this account was cancelled"),
            Reason::NotInUse => (Kind::Forbidden, "function.not_in_use", "this function is not in use yet"),
            Reason::NotThere => (Kind::NotFound, "not_found", "no such thing, or none that you may see"),
            Reason::Role => (Kind::Forbidden, "role.too_low", "ask the owner of this home"),
            Reason::NotSystem => (Kind::Forbidden, "system.only", "only the server itself does this"),
            // The app asks for just this consent.
            Reason::ConsentNeeded => (Kind::Forbidden, "consent.needed", refusal.purpose),
            Reason::Region => (Kind::Forbidden, "region.not_allowed", "data may not be used where this server stands"),
        };
        Self::new(kind, code, detail)
    }
}

/// Decides a question from facts. The only way to a [`Permit`].
pub fn decide<A: Act>(ask: &Ask<A>, facts: &Facts) -> Result<Permit<A>, Refusal> {
    let subject = judge(A::RULE, ask.principal, ask.object.into(), ask.at, facts).map_err(|(reason, clauses)| Refusal {
        act: A::NAME,
        purpose: A::RULE.purpose.id,
        reason,
        clauses,
    })?;
    Ok(Permit { ask: *ask, home: facts.home.map(|h| h.home), subject, revision: facts.revision })
}

/// Why not, and the clauses that say so.
type No = (Reason, &'static [&'static str]);

/// The rule itself, apart from the types: who the person is, or why not. Each check stands behind its enforcement point; the
/// strongest reason comes first.
fn judge(act: &ActRule, principal: Principal, object: Object, at: Timestamp, facts: &Facts) -> Result<Option<SubjectId>, No> {
    let purpose = act.purpose;
    let person = match act.who {
        Who::System => {
            server_itself(act, principal, object, facts)?;
            None
        }
        Who::Role(_) | Who::Oneself => Some(signed_in(principal, at, facts)?),
        Who::StreamKey => Some(by_key(act, principal, object, facts)?),
    };
    // The server's own acts on a home are about nobody in particular: they rest on the owners.
    let about = if person.is_some() || matches!(object, Object::Account(_)) { facts.subject } else { None };
    standing(purpose, about)?;
    age(purpose, about)?;
    agreement(purpose, about, facts)?;
    if !purpose.allowed() {
        return Err((Reason::NotInUse, purpose.clauses));
    }
    if let Some(person) = person {
        role(act, person, object, facts)?;
    }
    consent(purpose, object, facts)?;
    if point::EGRESS_REGION.holds() && !facts.region_ok && !purpose.without_agreement {
        return Err((Reason::Region, point::EGRESS_REGION.clauses()));
    }
    Ok(person)
}

/// A person may not borrow the server's own acts, and the server acts only on what exists.
fn server_itself(act: &ActRule, principal: Principal, object: Object, facts: &Facts) -> Result<(), No> {
    if point::GATE_ROLE.holds() && principal != Principal::System {
        return Err((Reason::NotSystem, act.clauses));
    }
    let there = match object {
        Object::Account(account) => facts.subject.is_some_and(|subject| subject.subject == account),
        Object::Home(_) | Object::Camera(_) => facts.home.is_some(),
    };
    if there { Ok(()) } else { Err((Reason::NotThere, act.clauses)) }
}

fn signed_in(principal: Principal, at: Timestamp, facts: &Facts) -> Result<SubjectId, No> {
    const NO: No = (Reason::NoSession, point::GATE_SESSION.clauses());
    let Some(session) = facts.session else { return Err(NO) };
    if point::GATE_SESSION.holds() && !(matches!(principal, Principal::Session(_)) && at < session.expires) {
        return Err(NO);
    }
    // Facts of another person than the one who signed in are no facts about this question.
    facts.subject.filter(|subject| subject.subject == session.subject).map(|subject| subject.subject).ok_or(NO)
}

/// A key opens the camera that it was made for, and nothing else.
fn by_key(act: &ActRule, principal: Principal, object: Object, facts: &Facts) -> Result<SubjectId, No> {
    let no = (Reason::NotThere, act.clauses);
    let Some(key) = facts.key else { return Err(no) };
    let shown = matches!(principal, Principal::StreamKey(_)) && object == Object::Camera(key.camera);
    if point::GATE_ROLE.holds() && !shown {
        return Err(no);
    }
    facts.subject.filter(|subject| subject.subject == key.subject).map(|subject| subject.subject).ok_or(no)
}

fn standing(purpose: &PurposeRule, about: Option<SubjectFacts>) -> Result<(), No> {
    let held = about.is_some_and(|subject| subject.standing == Standing::Held);
    if point::GATE_STANDING.holds() && held && !purpose.while_held {
        return Err((Reason::Held, point::GATE_STANDING.clauses()));
    }
    Ok(())
}

fn age(purpose: &PurposeRule, about: Option<SubjectFacts>) -> Result<(), No> {
    let Some(subject) = about else { return Ok(()) };
    let reason = match (subject.age, purpose.minors) {
        (Age::Adult, _) | (_, Minors::Allowed) | (Age::Guarded, Minors::Guardian) => return Ok(()),
        (Age::Minor, Minors::Guardian) => Reason::GuardianNeeded,
        (Age::Undeclared, _) | (Age::Guarded | Age::Minor, Minors::Forbidden) => Reason::NotAdult,
    };
    if point::GATE_ADULT.holds() { Err((reason, point::GATE_ADULT.clauses())) } else { Ok(()) }
}

fn agreement(purpose: &PurposeRule, about: Option<SubjectFacts>, facts: &Facts) -> Result<(), No> {
    let agreed = match about {
        Some(subject) => subject.agreed != Agreed::None,
        None => facts.home.is_some_and(|home| home.agreed),
    };
    if point::GATE_AGREEMENT.holds() && !agreed && !purpose.without_agreement {
        return Err((Reason::NotAgreed, point::GATE_AGREEMENT.clauses()));
    }
    Ok(())
}

/// Whether the person may do it to that object. An object of another home is not there.
fn role(act: &ActRule, person: SubjectId, object: Object, facts: &Facts) -> Result<(), No> {
    let role = match object {
        Object::Account(account) if account == person => return Ok(()),
        Object::Account(_) => None,
        Object::Home(_) | Object::Camera(_) => facts.home.ok_or((Reason::NotThere, act.clauses))?.role,
    };
    if !point::GATE_ROLE.holds() {
        return Ok(());
    }
    match (role, needed(act.who)) {
        (Some(role), Some(needed)) if role >= needed => Ok(()),
        (Some(_), Some(_)) => Err((Reason::Role, act.clauses)),
        _ => Err((Reason::NotThere, act.clauses)),
    }
}

fn needed(who: Who) -> Option<Role> {
    match who {
        Who::Role(role) => Some(role),
        // Only owners make keys; one who no longer is lets nobody in either.
        Who::StreamKey => Some(Role::Owner),
        Who::Oneself | Who::System => None,
    }
}

/// Consent is the person's own for an account, the owners' for a home.
fn consent(purpose: &PurposeRule, object: Object, facts: &Facts) -> Result<(), No> {
    let Some(consent) = purpose.consent else { return Ok(()) };
    let given = match object {
        Object::Account(_) => facts.subject.map(|subject| subject.consents),
        Object::Home(_) | Object::Camera(_) => facts.home.map(|home| home.consents),
    };
    if point::GATE_CONSENT.holds() && !given.is_some_and(|given| given.has(consent)) {
        return Err((Reason::ConsentNeeded, purpose.clauses));
    }
    Ok(())
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
