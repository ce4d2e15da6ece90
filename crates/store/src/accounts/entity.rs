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
        /// When the account was cancelled: from then on the row only holds what the evidence belongs to.
        cancelled: Option<i64>,
        /// The person's chain in the log, under the evidence key; made with the first event.
        #[sea_orm(column_type = "Blob", nullable)] sealed_chain: Option<Vec<u8>>,
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
        /// When it was removed and its footage kept: then the sealed column holds its name alone.
        gone: Option<i64>,
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
table! {
    /// A leaf of the log, numbered from 0 without a gap.
    leaf "leaf" {
        #[sea_orm(primary_key, auto_increment = false)] number: i64,
        #[sea_orm(column_type = "Blob")] hash: Vec<u8>,
        /// Canonical JSON, the bytes that are hashed.
        entry: String,
    }
}
table! {
    /// A complete subtree above the leaves.
    node "node" {
        #[sea_orm(primary_key, auto_increment = false)] level: i32,
        #[sea_orm(primary_key, auto_increment = false)] number: i64,
        #[sea_orm(column_type = "Blob")] hash: Vec<u8>,
    }
}
table! {
    /// A signed head of the log: the newest, and the last of every hour before.
    checkpoint "checkpoint" { #[sea_orm(primary_key, auto_increment = false)] size: i64, note: String, at: i64 }
}
table! {
    /// What a leaf is about: whose, and payload and salt, of which the leaf has the commitment.
    event "event" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        leaf: i64,
        /// Null for events of the server as a whole.
        subject: Option<Uuid>,
        seq: i64,
        kind: String,
        at: i64,
        /// Salt and payload under the subject's evidence key.
        #[sea_orm(column_type = "Blob", nullable)] sealed_payload: Option<Vec<u8>>,
        /// Salt (base64), a space and payload, where there is no subject.
        clear_payload: Option<String>,
    }
}
table! {
    /// The newest consent event of a purpose: the fold of the subject's events, kept in the same transaction.
    consent "consent" {
        #[sea_orm(primary_key, auto_increment = false)] subject: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] purpose: String,
        state: String,
        version: String,
        at: i64,
        event: Uuid,
    }
}
table! {
    /// How far a disclosure came; what it is stands in its event.
    disclosure "disclosure" {
        #[sea_orm(primary_key, auto_increment = false)] event: Uuid,
        subject: Uuid,
        /// `begun`, `sent`, `failed` or `refused`.
        outcome: String,
        reason: Option<String>,
    }
}
table! {
    /// That somebody looked, for the home that was looked at.
    access "access" {
        #[sea_orm(primary_key, auto_increment = false)] leaf: i64,
        home: Uuid,
        camera: Uuid,
        /// Who looked.
        subject: Uuid,
        how: String,
        from_at: i64,
        to_at: i64,
        /// The key that was shown, where other software looked.
        stream_key: Option<Uuid>,
    }
}
table! {
    /// A key by which other software plays a camera.
    stream_key "stream_key" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        camera: Uuid,
        /// Who made it.
        subject: Uuid,
        #[sea_orm(column_type = "Blob")] sealed_secret: Vec<u8>,
        created: i64,
        last_used: Option<i64>,
    }
}
table! {
    /// What lets one camera of ours in, once. The claim token itself is nowhere, its SHA-256 finds the row.
    invitation "invitation" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        home: Uuid,
        /// The session that made it, without which it is good for nothing.
        session: Uuid,
        #[sea_orm(column_type = "Blob")] claim_hash: Vec<u8>,
        #[sea_orm(column_type = "Blob", nullable)] sealed_name: Option<Vec<u8>>,
        expires: i64,
        /// The camera that came by it.
        camera: Option<Uuid>,
    }
}
table! {
    /// A camera that calls in by itself. Once its owner removed it, the id alone is left, for its next call to be answered.
    device "device" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        home: Option<Uuid>,
        camera: Option<Uuid>,
        #[sea_orm(column_type = "Blob", nullable)] public_key: Option<Vec<u8>>,
        /// Of the claim by which it came: an answer that was lost is given again.
        #[sea_orm(column_type = "Blob", nullable)] claim_hash: Option<Vec<u8>>,
    }
}
table! {
    /// A time of some cameras whose footage stays.
    footage_lock "footage_lock" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        home: Uuid,
        /// Who set it.
        subject: Uuid,
        #[sea_orm(column_type = "Blob")] sealed_reason: Vec<u8>,
        from_at: i64,
        to_at: i64,
        created: i64,
        /// When it ends by itself.
        expires: Option<i64>,
    }
}
table! {
    /// A camera of a lock.
    footage_lock_camera "footage_lock_camera" {
        #[sea_orm(primary_key, auto_increment = false)] footage_lock: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] camera: Uuid,
    }
}
table! {
    /// An owner whose rows are gone and whose keys are about to be: written with the rows' end, deleted once the keys are.
    doomed "doomed" { #[sea_orm(primary_key, auto_increment = false)] id: Uuid, at: i64 }
}
table! {
    /// What one run of retention did, a row a class.
    retention_run "retention_run" {
        #[sea_orm(primary_key, auto_increment = false)] at: i64,
        #[sea_orm(primary_key, auto_increment = false)] class: String,
        scanned: i64,
        removed: i64,
        keys_destroyed: i64,
    }
}

table! {
    /// How long and how much of one class of a camera's footage is kept.
    keep "keep" {
        #[sea_orm(primary_key, auto_increment = false)] camera: Uuid,
        #[sea_orm(primary_key, auto_increment = false)] class: String,
        days: Option<i32>,
        bytes: Option<i64>,
    }
}

table! {
    /// How a camera is recorded.
    plan "plan" {
        #[sea_orm(primary_key, auto_increment = false)] camera: Uuid,
        mode: String,
        week: String,
        pre_s: i64,
        post_s: i64,
    }
}

table! {
    /// The clock by which a home lives.
    zone "zone" {
        #[sea_orm(primary_key, auto_increment = false)] home: Uuid,
        name: String,
    }
}

table! {
    /// A camera, or all of a home, that is not to be seen.
    private "private" {
        #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
        home: Uuid,
        camera: Option<Uuid>,
        since: i64,
        until: Option<i64>,
    }
}
