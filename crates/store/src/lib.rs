//! What is kept: rows, keys, and the places of footage files. Nothing personal is ever written in clear.
//!
//! Floor 3 of the house. A data directory, which one process owns at a time, holds
//!
//! - `accounts.db`: people, homes, cameras, sessions, audit, and the log: consents, disclosures, accesses and erasures, each
//!   with a leaf in a Merkle tree ([`ledger`]). Personal columns are sealed, e-mail is found by a blind index.
//! - `index.db`: one row a closed segment. Rebuilt from the files where it is lost, never the reverse.
//! - `keyring/`: `keyring.db` with every key that must be destroyable, wrapped, and `root.key`, which unwraps them.
//!   Kept apart, so that a backup of the data without it opens nothing.
//! - `segments/`: footage, sealed by `media`, written by the rooms above.
//!
//! Every id is a `Uuid` column: 16 bytes on SQLite, the native type on PostgreSQL, half of what text takes in an index of
//! half a million segments a camera-year. Times are microseconds since the Unix epoch, as [`domain::Timestamp`] holds them.
//! How copies are made, and how one comes back without anybody who was erased since, is said in [`backup`].
//! A change is published on the [`Bus`] by the call that committed it, so no caller can forget to.

mod accounts;
pub mod backup;
mod bus;
mod db;
mod footage;
mod keyring;
pub mod ledger;
mod row;
mod seal;
mod store;
mod table;

pub use accounts::{
    AccessRow, Actor, Agreement, AgreementRow, CameraDraft, Cancelled, ConsentDraft, ConsentKind, ConsentRow, Credential,
    DeviceDraft, DeviceRow, DisclosureDraft, DisclosureId, DisclosureRow, EmailIndex, EventId, EventKind, EventRow, FactRows,
    How, InvitationRow, InvitationState, Keep, LiveConsent, LogFault, LogReport, MemberRow, NewAccount, NewSession, Outcome,
    Periods, PersonRow, PolicyVersion, RetentionReport, RetentionRow, SessionRow, StreamKeyRow, StreamKeySecret, VerdictRow,
    ViewDraft,
};
pub use bus::{Bus, Change};
pub use footage::{FootageSum, Oldest};
pub use keyring::RootKey;
pub use row::{CameraAccess, CameraRow, SegmentRow};
pub use store::{Space, Store};

#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;
