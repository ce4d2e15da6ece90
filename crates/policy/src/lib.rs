//! What may be done, by whom, for what purpose: pure, decided from facts, proven by a [`Permit`].
//!
//! Floor 2 of the house. [`decide`] is the only way to a permit, and every call that touches a person's data takes one by
//! value: a route that forgot to ask does not compile. Categories, purposes, recipients and acts are generated from the policy's
//! source by `policyc`: what that does not declare does not compile either. Nothing here does I/O or reads a clock.

mod consent_set;
mod decide;
mod enforcement;
mod facts;
mod outbound;
mod rule;
mod sealed;

mod generated {
    include!(concat!(env!("OUT_DIR"), "/policy.rs"));
}

pub use consent_set::{Consent, ConsentSet};
pub use decide::{Ask, Permit, Principal, Reason, Refusal, decide};
pub use enforcement::Point;
pub use facts::{Age, Agreed, Facts, FactsFuture, FactsSource, HomeFacts, KeyFacts, SessionFacts, Standing, SubjectFacts};
pub use generated::{act, archive, category, compiled, consent, point, purpose, recipient, retention};
pub use outbound::{Outbound, Parts};
pub use rule::{
    Act, ActRule, Active, Agreement, Basis, Category, FieldRule, Minors, Object, ObjectKind, Purpose, PurposeRule, Receives,
    Recipient, RecipientRule, Retention, Then, Uses, Who,
};
pub use sealed::{Pd, Sealed};
