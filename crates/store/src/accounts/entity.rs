//! The tables of `accounts.db`. Sealed columns are named `sealed_…`; no other column is personal but by its id.

use crate::table::table;

table! {
    /// That first run happened. Its one row has id 1, so a second one cannot be written.
    setup "setup" { #[sea_orm(primary_key, auto_increment = false)] id: i32, subject: Uuid, at: i64 }
}
table! {
    /// A person with an account.
    subject "subject" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        created: i64,
        /// When the person declared to be of age.
        adult_declared: Option<i64>,
    }
}
table! {
    /// What a person signs in as.
    identifier "identifier" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        subject: Uuid,
        /// The category of the sealed value.
        kind: String,
        #[sea_orm(column_type = "Blob")] blind_index: Vec<u8>,
        #[sea_orm(column_type = "Blob")] sealed_value: Vec<u8>,
    }
}
table! {
    /// An argon2id hash in PHC form.
    credential "credential" {
        #[sea_orm(primary_key, auto_increment = false)] subject: Uuid,
        password_hash: String,
        changed: i64,
    }
}
table! {
    /// That a person agreed to a version of the policy.
    agreement "agreement" {
        #[sea_orm(primary_key, auto_increment = false)] subject: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] version: String,
        /// The language that it was read in.
        language: Option<String>,
        at: i64,
    }
}
table! {
    home "home" { #[sea_orm(primary_key, auto_increment = false)] id: Uuid, created: i64 }
}
table! {
    member "member" {
        #[sea_orm(primary_key, auto_increment = false)] home: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] subject: Uuid,
        role: String,
        since: i64,
    }
}
table! {
    /// A signed-in browser or tool. The token itself is nowhere, its SHA-256 finds the row.
    session "session" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        #[sea_orm(column_type = "Blob")] token_hash: Vec<u8>,
        subject: Uuid,
        created: i64,
        last_used: i64,
        expires: i64,
    }
}
table! {
    camera "camera" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        home: Uuid,
        #[sea_orm(column_type = "Blob")] sealed_access: Vec<u8>,
        audio: String,
        recording: bool,
        created: i64,
        revision: i64,
    }
}
table! {
    /// What a person asked and was answered: equal answers of one minute are one row.
    verdict "verdict" {
        #[sea_orm(primary_key, auto_increment = false)] minute: i64,
        #[sea_orm(primary_key, auto_increment = false)] session: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] act: String,
        #[sea_orm(primary_key, auto_increment = false)] object: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] answer: String,
        subject: Uuid,
        first: i64,
        last: i64,
        times: i64,
    }
}
