//! The tables of `keyring.db`.

use crate::table::table;

table! {
    /// A wrapped key.
    key "key" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        /// `key.index`, `key.log`, `key.subject`, `key.evidence`, `key.home` or `key.media`.
        kind: String,
        /// The subject, home or camera; for an evidence key an id made from the subject's; nil for index and log key.
        owner: Uuid,
        /// "2026-11" for a media key, else empty.
        period: String,
        /// The home whose key wraps it, or the id of the root key.
        wrapped_by: Uuid,
        #[sea_orm(column_type = "Blob")] wrapped: Vec<u8>,
        created: i64,
    }
}
table! {
    /// An owner or a key that never gets a key again. Rows are never removed.
    tombstone "tombstone" { #[sea_orm(primary_key, auto_increment = false)] id: Uuid, at: i64 }
}
table! {
    /// The root key in use, and how many tombstones there were when it came: more of them now, and copies of this keyring
    /// exist that hold what has been destroyed since.
    root "root" { #[sea_orm(primary_key, auto_increment = false)] id: Uuid, created: i64, tombstones: i64 }
}
