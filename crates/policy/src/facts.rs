use std::future::Future;
use std::pin::Pin;

use domain::{CameraId, HomeId, Role, SubjectId, Timestamp};

use crate::{ConsentSet, Object, Principal};

/// What is known about one question at one moment. Gathered by control, judged by [`crate::decide`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Moves whenever any fact of the server moves.
    pub revision: u64,
    /// The asker's session, where there is one.
    pub session: Option<SessionFacts>,
    /// The person it is about: the asker, or who made the asker's key; for the server's own acts on an account, the person of that account.
    pub subject: Option<SubjectFacts>,
    /// The home that the object belongs to; `None` where the object does not exist.
    pub home: Option<HomeFacts>,
    /// Whether the server stands where the policy lets data be used (C-3.a.2.1).
    pub region_ok: bool,
    /// The stream key that the asker showed, where it is one and stands.
    pub key: Option<KeyFacts>,
}

/// A stream key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFacts {
    /// Who made it, and answers for it.
    pub subject: SubjectId,
    /// The one camera that it opens.
    pub camera: CameraId,
}

/// A session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts {
    /// Who signed in.
    pub subject: SubjectId,
    /// When the session ends unless used again.
    pub expires: Timestamp,
}

/// A person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectFacts {
    /// Who.
    pub subject: SubjectId,
    /// Whether the person agreed to the policy (C-0.2).
    pub agreed: Agreed,
    /// What is known of the person's age (C-0.9, C-0.10).
    pub age: Age,
    /// Whether the account is alive (C-3.a.1.3).
    pub standing: Standing,
    /// The person's own consents.
    pub consents: ConsentSet,
}

impl SubjectFacts {
    /// A person of age who agreed to the policy in force, in an active account, without consents.
    #[must_use]
    pub const fn settled(subject: SubjectId) -> Self {
        Self { subject, agreed: Agreed::Current, age: Age::Adult, standing: Standing::Active, consents: ConsentSet::NONE }
    }
}

/// Whether a person agreed to the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Agreed {
    /// To the version in force.
    Current,
    /// To an older one, and nothing that changed since needs express consent.
    Older,
    /// Never, or to a version that differs in what needs express consent, or the agreement was withdrawn.
    None,
}

/// What is known of a person's age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Age {
    /// Declared to be of age.
    Adult,
    /// A minor whose guardian proved to be one and agreed.
    Guarded,
    /// A minor without a guardian yet.
    Minor,
    /// Nothing declared.
    Undeclared,
}

/// Whether an account is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is.
    Active,
    /// It was cancelled: what is left of it is stored for the law alone.
    Held,
}

/// The home that an object belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HomeFacts {
    /// Which home.
    pub home: HomeId,
    /// The asker's role in it.
    pub role: Option<Role>,
    /// Whether an owner's agreement stands, to whichever version: what the server's own acts on the home rest on. Until an owner
    /// agrees to new terms, the home stays on the old.
    pub agreed: bool,
    /// The consents that the owners gave for the home.
    pub consents: ConsentSet,
}

/// A question about facts under way.
pub type FactsFuture<'a> = Pin<Box<dyn Future<Output = domain::Result<Facts>> + Send + 'a>>;

/// Where facts come from. A running view asks it again whenever the revision moves.
pub trait FactsSource: std::fmt::Debug + Send + Sync + 'static {
    /// The facts about `principal` and `object` now.
    fn facts(&self, principal: Principal, object: Object) -> FactsFuture<'_>;
}
