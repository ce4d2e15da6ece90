use std::future::Future;
use std::pin::Pin;

use domain::{HomeId, Role, SubjectId, Timestamp};

use crate::{Object, Principal};

/// What is known about one question at one moment. Gathered by control, judged by [`crate::decide`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Moves whenever any fact of the server moves.
    pub revision: u64,
    /// The asker's session, where there is one.
    pub session: Option<SessionFacts>,
    /// The home that the object belongs to; `None` where the object does not exist.
    pub home: Option<HomeFacts>,
}

/// A session and the person behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionFacts {
    /// Who signed in.
    pub subject: SubjectId,
    /// When the session ends unless used again.
    pub expires: Timestamp,
    /// Whether the person agreed to the policy in force (C-0.2).
    pub agreed: bool,
    /// Whether the person declared to be of age (C-0.9).
    pub adult: bool,
}

/// The home that an object belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HomeFacts {
    /// Which home.
    pub home: HomeId,
    /// The asker's role in it.
    pub role: Option<Role>,
}

/// A question about facts under way.
pub type FactsFuture<'a> = Pin<Box<dyn Future<Output = domain::Result<Facts>> + Send + 'a>>;

/// Where facts come from. A running view asks it again whenever the revision moves.
pub trait FactsSource: std::fmt::Debug + Send + Sync + 'static {
    /// The facts about `principal` and `object` now.
    fn facts(&self, principal: Principal, object: Object) -> FactsFuture<'_>;
}
