//! What a policy is made of, as types and as data. The items themselves are generated from the policy's source.

use std::fmt;

use domain::{CameraId, HomeId, Role, SubjectId, Timestamp};

use crate::Consent;

/// Only the policy lists categories, purposes, recipients and acts.
pub(crate) mod seal {
    #[allow(unreachable_pub, reason = "a supertrait of public traits that nobody outside can name")]
    pub trait Listed {}
}

/// A category of personal data.
pub trait Category: seal::Listed + 'static {
    /// Its id in the policy.
    const ID: &'static str;
    /// Whether its abuse would harm a person's dignity, safety or property.
    const SENSITIVE: bool;
    /// How long it is kept.
    const RETENTION: &'static Retention;
}

/// A purpose of the policy.
pub trait Purpose: seal::Listed + 'static {
    /// Its id in the policy.
    const ID: &'static str;
    /// What the policy says of it.
    const RULE: &'static PurposeRule;
}

/// That a purpose may use a category. No impl, no use: the compiler says so.
#[diagnostic::on_unimplemented(
    message = "purpose `{Self}` has no declared use of category `{C}` (clause C-3.b.1)",
    label = "the policy does not allow this use",
    note = "policy/atipcam.toml lists which purpose uses which category"
)]
pub trait Uses<C: Category>: Purpose {}

/// Somebody outside who may get data.
pub trait Recipient: seal::Listed + 'static {
    /// Its id in the policy.
    const ID: &'static str;
    /// What the policy says of it.
    const RULE: &'static RecipientRule;
}

/// That a recipient may get a category for a purpose. No impl, nothing is sent: the compiler says so.
#[diagnostic::on_unimplemented(
    message = "recipient `{Self}` has no allow-list entry for `{C}` under `{P}` (clause C-2.2.0)",
    label = "the policy does not let this leave",
    note = "policy/atipcam.toml lists what each recipient may get, and for what; without an agreement it is nothing"
)]
pub trait Receives<C: Category, P: Purpose>: Recipient {}

/// Something that can be allowed or refused.
pub trait Act: seal::Listed + fmt::Debug + Send + Sync + 'static {
    /// What it is for.
    type Purpose: Purpose;
    /// What it is done to.
    type Object: Into<Object> + Copy + fmt::Debug + Send + Sync;
    /// What the policy says of it.
    const RULE: &'static ActRule;
    /// Its name in the audit log and in the matrix.
    const NAME: &'static str = Self::RULE.name;
    /// Who may.
    const WHO: Who = Self::RULE.who;
    /// The clauses that a refusal names.
    const CLAUSES: &'static [&'static str] = Self::RULE.clauses;
}

/// What an act is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    /// A home as a whole.
    Home(HomeId),
    /// A camera of some home.
    Camera(CameraId),
    /// A person's own account.
    Account(SubjectId),
}

impl From<HomeId> for Object {
    fn from(id: HomeId) -> Self {
        Self::Home(id)
    }
}

impl From<CameraId> for Object {
    fn from(id: CameraId) -> Self {
        Self::Camera(id)
    }
}

impl From<SubjectId> for Object {
    fn from(id: SubjectId) -> Self {
        Self::Account(id)
    }
}

/// Which kind of object an act is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// [`Object::Home`].
    Home,
    /// [`Object::Camera`].
    Camera,
    /// [`Object::Account`].
    Account,
}

/// Who may do an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person with at least this role in the object's home.
    Role(Role),
    /// The person whom the object is about.
    Oneself,
    /// The server itself: on behalf of a home whose owner set it up, or of the person whom the account is about.
    System,
    /// Software that shows a stream key of the object, for as long as who made the key is an owner.
    StreamKey,
}

/// The legal basis of a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Needed for what the person asked for.
    Contract,
    /// The person said yes to just this, and may say no at any time.
    Consent,
    /// The law demands it.
    LegalObligation,
}

/// What a purpose may do with a minor's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Minors {
    /// Nothing.
    Forbidden,
    /// What a guardian agreed to.
    Guardian,
    /// The same as with anybody's: it serves the person alone, whatever the age.
    Allowed,
}

/// An act as data.
#[derive(Debug)]
pub struct ActRule {
    /// Its name.
    pub name: &'static str,
    /// Who may.
    pub who: Who,
    /// On what.
    pub object: ObjectKind,
    /// What for.
    pub purpose: &'static PurposeRule,
    /// The clauses that a refusal names.
    pub clauses: &'static [&'static str],
}

/// A purpose as data.
#[derive(Debug)]
pub struct PurposeRule {
    /// Its id.
    pub id: &'static str,
    /// The function it belongs to.
    pub function: &'static str,
    /// Whether that function is built.
    pub in_use: bool,
    /// Its legal basis.
    pub basis: Basis,
    /// The consent that it needs.
    pub consent: Option<Consent>,
    /// Whether it needs sensitive data.
    pub sensitive: bool,
    /// What holds for minors.
    pub minors: Minors,
    /// Whether somebody earns by it.
    pub commercial: bool,
    /// Also before a person agreed to the policy.
    pub without_agreement: bool,
    /// Also after the account was cancelled.
    pub while_held: bool,
    /// The categories it may use.
    pub uses: &'static [&'static str],
    /// The clauses that explain it.
    pub clauses: &'static [&'static str],
}

/// A recipient as data, for the check at the moment of sending.
#[derive(Debug)]
pub struct RecipientRule {
    /// Its id.
    pub id: &'static str,
    /// The function that it serves.
    pub function: &'static str,
    /// Whether that function is built.
    pub in_use: bool,
    /// Where it is: a country, or `deployment`.
    pub region: &'static str,
    /// The agreement that binds it. None: nothing is sent.
    pub agreement: Option<Agreement>,
    /// All that it may get.
    pub fields: &'static [FieldRule],
    /// The clause that allows it.
    pub clause: &'static str,
}

impl PurposeRule {
    /// Whether the purpose may be pursued at all: its function is built.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.in_use || !crate::point::GATE_FUNCTION.holds()
    }
}

impl RecipientRule {
    /// Whether it may get a category for a purpose, agreement and function apart.
    #[must_use]
    pub fn may_get(&self, category: &str, purpose: &str) -> bool {
        let listed = self.fields.iter().any(|field| field.category == category && field.purpose == purpose);
        listed || !crate::point::EGRESS_ALLOW_LIST.holds()
    }

    /// Whether an agreement binds it at `at`.
    #[must_use]
    pub fn is_bound(&self, at: Timestamp) -> bool {
        self.agreement.is_some_and(|agreement| at < agreement.until)
    }
}

/// An agreement with a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// Where the document is found.
    pub reference: &'static str,
    /// The end of its last day, UTC.
    pub until: Timestamp,
}

/// Something a recipient may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRule {
    /// Of which category.
    pub category: &'static str,
    /// For which purpose.
    pub purpose: &'static str,
}

/// How long data are kept, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Its id.
    pub id: &'static str,
    /// Until when they are in use.
    pub active: Active,
    /// What becomes of them then.
    pub then: Then,
    /// The days of `active`, or of keeping evidence.
    pub days: Option<u32>,
    /// The categories that it holds for.
    pub categories: &'static [&'static str],
    /// The clauses that say so.
    pub clauses: &'static [&'static str],
}

/// Until when data of a retention class are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Active {
    /// The account is cancelled.
    UntilCancel,
    /// The camera is removed.
    UntilRemoved,
    /// Room or days run out; the oldest go first.
    UntilSpace,
    /// The consent is withdrawn.
    UntilWithdrawn,
    /// The request or the order is closed.
    UntilClosed,
    /// A review, every `days`, finds them no longer needed.
    UntilReview,
    /// `days` after they came to be.
    Period,
    /// `days` after they were last used.
    Idle,
    /// They are never written.
    Never,
}

/// What becomes of data at the end of their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Then {
    /// The key is destroyed.
    Shred,
    /// Kept apart as evidence of what was agreed and done, for `days`; then shredded.
    Evidence,
}
