//! Sessions, and everything that facts are made of.

use std::collections::HashSet;

use domain::{CameraId, HomeId, Result, Role, SessionId, StreamKeyId, SubjectId, Timestamp};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait};

use super::consents::active;
use super::entity::{agreement, camera, consent, home, member, session, stream_key, subject};
use super::{ConsentKind, role, uuid};
use crate::db::error;
use crate::{Change, Store};
use sea_orm::prelude::Uuid;

/// Sessions of one person: phones, browsers and tools. A further one ends the one that was used longest ago.
const SESSIONS_MAX: u64 = 64;

/// A session to add.
#[derive(Debug, Clone, Copy)]
pub struct NewSession {
    /// Its id, new and random.
    pub id: SessionId,
    /// SHA-256 of what proves it.
    pub token_hash: [u8; 32],
    /// Whose.
    pub subject: SubjectId,
    /// When it ends unless used.
    pub expires: Timestamp,
}

/// A session that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRow {
    /// Which.
    pub id: SessionId,
    /// SHA-256 of what proves it.
    pub token_hash: [u8; 32],
    /// Whose.
    pub subject: SubjectId,
    /// When its use was last noted.
    pub last_used: Timestamp,
    /// When it ends unless used.
    pub expires: Timestamp,
}

/// A person, as far as facts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonRow {
    /// Who.
    pub subject: SubjectId,
    /// Declared to be of age.
    pub adult: bool,
    /// Agreed to the version that was asked for.
    pub agreed: bool,
    /// The account was cancelled: what is left is kept, and used for nothing.
    pub held: bool,
}

/// A consent that is given and not taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveConsent {
    /// Whose.
    pub subject: SubjectId,
    /// To which purpose.
    pub purpose: String,
    /// Under which version of the policy it was given.
    pub version: String,
}

/// That a person agreed to a version of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgreementRow {
    /// Who.
    pub subject: SubjectId,
    /// To which.
    pub version: String,
}

/// A membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRow {
    /// Of which home.
    pub home: HomeId,
    /// Who.
    pub subject: SubjectId,
    /// As what.
    pub role: Role,
}

/// Every row that facts are made of, read at one moment.
#[derive(Debug, Clone, Default)]
pub struct FactRows {
    /// Sessions that are not over.
    pub sessions: Vec<SessionRow>,
    /// Everyone with an account.
    pub people: Vec<PersonRow>,
    /// Every home.
    pub homes: Vec<HomeId>,
    /// Every membership.
    pub members: Vec<MemberRow>,
    /// Every camera and the home that it belongs to.
    pub cameras: Vec<(CameraId, HomeId)>,
    /// Every consent that is live.
    pub consents: Vec<LiveConsent>,
    /// Every agreement, to whichever version.
    pub agreements: Vec<AgreementRow>,
    /// Every stream key, its camera, and who made it.
    pub stream_keys: Vec<(StreamKeyId, CameraId, SubjectId)>,
}

impl Store {
    /// Adds a session and, beyond what one person may have, ends the ones that were used longest ago.
    pub async fn add_session(&self, new: NewSession) -> Result<()> {
        let now = self.now();
        let tx = self.accounts().write().begin().await.map_err(error)?;
        // Whoever signs in while the account ends is not let in by being the slower of the two.
        active(&tx, new.subject).await?;
        let surplus: Vec<Uuid> = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .filter(session::Column::Subject.eq(uuid!(new.subject)))
            .order_by_desc(session::Column::LastUsed)
            .offset(SESSIONS_MAX - 1)
            .limit(SESSIONS_MAX)
            .into_tuple()
            .all(&tx)
            .await
            .map_err(error)?;
        session::Entity::delete_many().filter(session::Column::Id.is_in(surplus)).exec(&tx).await.map_err(error)?;
        let row = session::ActiveModel {
            id: Set(uuid!(new.id)),
            token_hash: Set(new.token_hash.to_vec()),
            subject: Set(uuid!(new.subject)),
            created: Set(now),
            last_used: Set(now),
            expires: Set(new.expires.micros()),
        };
        session::Entity::insert(row).exec_without_returning(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(())
    }

    /// Notes a session's use. One that is over stays over.
    pub async fn touch_session(&self, id: SessionId, used: Timestamp, expires: Timestamp) -> Result<()> {
        let row = session::ActiveModel { last_used: Set(used.micros()), expires: Set(expires.micros()), ..Default::default() };
        let update = session::Entity::update_many().set(row).filter(session::Column::Id.eq(uuid!(id)));
        let touched = update.exec(self.accounts().write()).await.map_err(error)?;
        if touched.rows_affected > 0 {
            self.bus().publish(Change::Facts);
        }
        Ok(())
    }

    /// Ends a session; ending one twice is no error.
    pub async fn remove_session(&self, id: SessionId) -> Result<()> {
        session::Entity::delete_by_id(uuid!(id)).exec(self.accounts().write()).await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(())
    }

    /// Deletes sessions that are over and says how many.
    pub async fn purge_sessions(&self, now: Timestamp) -> Result<u64> {
        let over = session::Entity::delete_many().filter(session::Column::Expires.lte(now.micros()));
        let gone = over.exec(self.accounts().write()).await.map_err(error)?.rows_affected;
        if gone > 0 {
            self.bus().publish(Change::Facts);
        }
        Ok(gone)
    }

    /// What facts are made of, read in one transaction. `version` is the policy version that agreement is asked for.
    pub async fn fact_rows(&self, version: &str) -> Result<FactRows> {
        let tx = self.accounts().read().begin().await.map_err(error)?;
        let live = session::Column::Expires.gt(self.now());
        let sessions = session::Entity::find().filter(live).all(&tx).await.map_err(error)?;
        let adults = subject::Entity::find().all(&tx).await.map_err(error)?;
        let agreements = agreement::Entity::find().all(&tx).await.map_err(error)?;
        let given = consent::Entity::find().filter(consent::Column::State.eq(ConsentKind::Given.as_str()));
        let given = given.all(&tx).await.map_err(error)?;
        let homes = home::Entity::find().all(&tx).await.map_err(error)?;
        let members = member::Entity::find().all(&tx).await.map_err(error)?;
        let cameras: Vec<(Uuid, Uuid)> = camera::Entity::find()
            .select_only()
            .columns([camera::Column::Id, camera::Column::Home])
            .into_tuple()
            .all(&tx)
            .await
            .map_err(error)?;
        let keys: Vec<(Uuid, Uuid, Uuid)> = stream_key::Entity::find()
            .select_only()
            .columns([stream_key::Column::Id, stream_key::Column::Camera, stream_key::Column::Subject])
            .into_tuple()
            .all(&tx)
            .await
            .map_err(error)?;
        tx.commit().await.map_err(error)?;

        let agreed: HashSet<Uuid> = agreements.iter().filter(|row| row.version == version).map(|row| row.subject).collect();
        let person = |row: subject::Model| PersonRow {
            subject: SubjectId::from_bytes(row.id.into_bytes()),
            adult: row.adult_declared.is_some(),
            agreed: agreed.contains(&row.id),
            held: row.cancelled.is_some(),
        };
        Ok(FactRows {
            sessions: sessions.into_iter().map(session_row).collect::<Result<_>>()?,
            people: adults.into_iter().map(person).collect(),
            homes: homes.into_iter().map(|row| HomeId::from_bytes(row.id.into_bytes())).collect(),
            members: members.into_iter().map(member_row).collect::<Result<_>>()?,
            cameras: cameras
                .into_iter()
                .map(|(id, home)| (CameraId::from_bytes(id.into_bytes()), HomeId::from_bytes(home.into_bytes())))
                .collect(),
            consents: given.into_iter().map(live_consent).collect(),
            agreements: agreements.into_iter().map(agreement_row).collect(),
            stream_keys: keys.into_iter().map(key).collect(),
        })
    }
}

fn key((id, camera, subject): (Uuid, Uuid, Uuid)) -> (StreamKeyId, CameraId, SubjectId) {
    (
        StreamKeyId::from_bytes(id.into_bytes()),
        CameraId::from_bytes(camera.into_bytes()),
        SubjectId::from_bytes(subject.into_bytes()),
    )
}

fn live_consent(row: consent::Model) -> LiveConsent {
    LiveConsent { subject: SubjectId::from_bytes(row.subject.into_bytes()), purpose: row.purpose, version: row.version }
}

fn agreement_row(row: agreement::Model) -> AgreementRow {
    AgreementRow { subject: SubjectId::from_bytes(row.subject.into_bytes()), version: row.version }
}

fn session_row(row: session::Model) -> Result<SessionRow> {
    Ok(SessionRow {
        id: SessionId::from_bytes(row.id.into_bytes()),
        token_hash: row.token_hash.try_into().map_err(|_| super::unknown("session.token_hash", row.id))?,
        subject: SubjectId::from_bytes(row.subject.into_bytes()),
        last_used: Timestamp::from_micros(row.last_used),
        expires: Timestamp::from_micros(row.expires),
    })
}

fn member_row(row: member::Model) -> Result<MemberRow> {
    Ok(MemberRow {
        home: HomeId::from_bytes(row.home.into_bytes()),
        subject: SubjectId::from_bytes(row.subject.into_bytes()),
        role: role(&row.role, row.home)?,
    })
}
