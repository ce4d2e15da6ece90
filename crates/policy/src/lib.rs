//! What may be done, by whom, for what purpose: pure, decided from facts, proven by a [`Permit`].
//!
//! Floor 2 of the house. [`decide`] is the only way to a permit, and every call that touches a person's data takes one by
//! value: a route that forgot to ask does not compile. Acts, purposes and categories are closed lists in [`act`],
//! [`purpose`] and [`category`]; nothing here does I/O or reads a clock.

pub mod act;
pub mod category;
mod decide;
pub mod draft;
mod facts;
pub mod purpose;
mod sealed;

pub use act::{Act, Object};
pub use category::Category;
pub use decide::{Ask, Permit, Principal, Reason, Refusal, decide};
pub use facts::{Facts, FactsFuture, FactsSource, HomeFacts, SessionFacts};
pub use purpose::{Purpose, Uses};
pub use sealed::{Pd, Sealed};
