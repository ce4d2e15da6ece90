//! People, homes, cameras, sessions and the audit log: `accounts.db`.

mod access;
mod audit;
mod bury;
mod cameras;
mod cancel;
mod check;
mod consents;
mod counts;
mod devices;
mod disclosures;
pub(crate) mod entity;
mod gone;
mod head;
mod invitations;
mod keeps;
mod kind;
mod locks;
mod log;
mod migration;
mod migration_v2;
mod migration_v3;
mod migration_v4;
mod migration_v5;
mod migration_v6;
mod migration_v7;
mod migration_v8;
mod people;
mod plans;
mod retention;
mod sessions;
mod stream_keys;
mod versions;

pub use access::{AccessRow, ViewDraft};
pub use audit::VerdictRow;
pub(crate) use bury::{bury_rows, newest_note};
pub use cameras::CameraDraft;
pub use cancel::Cancelled;
pub use check::{LogFault, LogReport};
pub use consents::{ConsentDraft, ConsentRow};
pub use devices::{DeviceDraft, DeviceRow};
pub use disclosures::{DisclosureDraft, DisclosureRow, Outcome};
pub use head::FootageHead;
pub(crate) use head::hex;
pub use invitations::{InvitationRow, InvitationState};
pub use keeps::Keep;
pub use kind::{Actor, ConsentKind, DisclosureId, EventId, EventKind, How};
pub use locks::{LockDraft, LockRow};
pub use log::EventRow;
pub(crate) use migration::Migrator;
pub use people::{Agreement, Credential, EmailIndex, NewAccount};
pub use plans::PrivacyRow;
pub use retention::{Periods, RetentionReport, RetentionRow};
pub use sessions::{AgreementRow, FactRows, LiveConsent, MemberRow, NewSession, PersonRow, SessionRow};
pub use stream_keys::{StreamKeyRow, StreamKeySecret};
pub use versions::PolicyVersion;

use domain::{AudioMode, Error, Result, Role};
use sea_orm::prelude::Uuid;

/// A typed id as a column.
macro_rules! uuid {
    ($id:expr) => {
        sea_orm::prelude::Uuid::from_bytes($id.to_bytes())
    };
}
use uuid;

/// A column that holds a word which nobody wrote: the file was tampered with, or is of a later version.
fn unknown(column: &str, id: Uuid) -> Error {
    Error::internal(format!("row {id}: {column} holds an unknown word"))
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Owner => "owner",
    }
}

fn role(word: &str, home: Uuid) -> Result<Role> {
    match word {
        "member" => Ok(Role::Member),
        "owner" => Ok(Role::Owner),
        _ => Err(unknown("member.role", home)),
    }
}

const fn audio_word(audio: AudioMode) -> &'static str {
    match audio {
        AudioMode::Off => "off",
        AudioMode::Live => "live",
        AudioMode::Recorded => "recorded",
    }
}

fn audio(word: &str, camera: Uuid) -> Result<AudioMode> {
    match word {
        "off" => Ok(AudioMode::Off),
        "live" => Ok(AudioMode::Live),
        "recorded" => Ok(AudioMode::Recorded),
        _ => Err(unknown("camera.audio", camera)),
    }
}
