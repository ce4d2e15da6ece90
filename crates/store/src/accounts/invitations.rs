//! Invitations: what lets one camera of ours into a home, once and soon. Its name, where it was given one, is sealed.

use domain::{CameraId, Error, HomeId, InvitationId, Kind, Result, SessionId, Timestamp};
use policy::act::AddCamera;
use policy::category::{self, Category};
use policy::{Permit, Principal, Sealed};
use sea_orm::prelude::Uuid;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait};

use super::entity::invitation;
use super::uuid;
use crate::Store;
use crate::db::error;
use crate::seal::Place;

/// Invitations that one home has open: a household sets up a few cameras at a time, and the oldest gives way.
const OPEN_MAX: u64 = 16;

/// An invitation, as a claim finds it. Its name stays sealed.
#[derive(Debug, Clone)]
pub struct InvitationRow {
    /// Which one.
    pub id: InvitationId,
    /// The home that it lets a camera into.
    pub home: HomeId,
    /// The session that made it.
    pub session: SessionId,
    /// What the camera will be called, under the home's key.
    pub name: Option<Sealed<category::CameraAccess>>,
    /// Until when it may be used.
    pub expires: Timestamp,
    /// The camera that came by it.
    pub camera: Option<CameraId>,
}

/// How far an invitation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationState {
    /// No camera has come by it yet.
    Waiting,
    /// That one has.
    Claimed(CameraId),
    /// None came in time.
    Expired,
}

impl Store {
    /// Invites one camera into the permit's home until `expires`. `claim_hash` is the SHA-256 of what it will show.
    pub async fn add_invitation(
        &self,
        permit: &Permit<AddCamera>,
        claim_hash: [u8; 32],
        name: Option<&str>,
        expires: Timestamp,
    ) -> Result<InvitationId> {
        let (id, home) = (InvitationId::random(), permit.object());
        let Principal::Session(session) = permit.principal() else { return Err(not_there()) };
        let key = self.keyring().home_key(home).await?;
        let sealed_name = name.map(|name| key.seal(place(home, id), name.as_bytes())).transpose()?;
        let row = invitation::ActiveModel {
            id: Set(uuid!(id)),
            home: Set(uuid!(home)),
            session: Set(uuid!(session)),
            claim_hash: Set(claim_hash.to_vec()),
            sealed_name: Set(sealed_name),
            expires: Set(expires.micros()),
            camera: Set(None),
        };
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let surplus: Vec<Uuid> = invitation::Entity::find()
            .select_only()
            .column(invitation::Column::Id)
            .filter(invitation::Column::Home.eq(uuid!(home)))
            .order_by_desc(invitation::Column::Expires)
            .offset(OPEN_MAX - 1)
            // SQLite takes no offset without a limit.
            .limit(u64::from(u32::MAX))
            .into_tuple()
            .all(&tx)
            .await
            .map_err(error)?;
        invitation::Entity::delete_many().filter(invitation::Column::Id.is_in(surplus)).exec(&tx).await.map_err(error)?;
        invitation::Entity::insert(row).exec_without_returning(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        Ok(id)
    }

    /// How far an invitation of the permit's home is.
    pub async fn invitation_state(&self, permit: &Permit<AddCamera>, id: InvitationId) -> Result<InvitationState> {
        let found = invitation::Entity::find_by_id(uuid!(id)).filter(invitation::Column::Home.eq(uuid!(permit.object())));
        let row = found.one(self.accounts().read()).await.map_err(error)?.ok_or_else(not_there)?;
        Ok(match row.camera {
            Some(camera) => InvitationState::Claimed(CameraId::from_bytes(camera.into_bytes())),
            None if row.expires <= self.now() => InvitationState::Expired,
            None => InvitationState::Waiting,
        })
    }

    /// The home of an invitation; `None` where there is no such one.
    pub async fn home_of_invitation(&self, id: InvitationId) -> Result<Option<HomeId>> {
        let found = invitation::Entity::find_by_id(uuid!(id)).one(self.accounts().read()).await.map_err(error)?;
        Ok(found.map(|row| HomeId::from_bytes(row.home.into_bytes())))
    }

    /// Ends an invitation of the permit's home. A camera that came by it stays.
    pub async fn remove_invitation(&self, permit: &Permit<AddCamera>, id: InvitationId) -> Result<()> {
        let gone = invitation::Entity::delete_by_id(uuid!(id)).filter(invitation::Column::Home.eq(uuid!(permit.object())));
        let gone = gone.exec(self.accounts().write()).await.map_err(error)?;
        if gone.rows_affected == 0 { Err(not_there()) } else { Ok(()) }
    }

    /// The invitation of a claim, by the claim's SHA-256: whoever times the look-up learns about the hash alone.
    pub async fn invitation_by_claim(&self, claim_hash: &[u8; 32]) -> Result<Option<InvitationRow>> {
        let found = invitation::Entity::find().filter(invitation::Column::ClaimHash.eq(claim_hash.to_vec()));
        Ok(found.one(self.accounts().read()).await.map_err(error)?.map(invitation_row))
    }

    /// What the camera of an invitation will be called. The permit must be for its home.
    pub async fn open_invitation_name(&self, permit: &Permit<AddCamera>, row: &InvitationRow) -> Result<Option<String>> {
        let Some(name) = &row.name else { return Ok(None) };
        if permit.object() != row.home {
            return Err(not_there());
        }
        let key = self.keyring().home_key(row.home).await?;
        let unseal = |sealed: &[u8]| key.open(place(row.home, row.id), sealed).map(|mut plain| std::mem::take(&mut *plain));
        let opened = name.open(permit, unseal)?;
        let text = std::str::from_utf8(opened.expose());
        text.map(|text| Some(text.to_owned())).map_err(|_| Error::internal(format!("invitation {}: not as written", row.id)))
    }

    /// Forgets invitations that ended before `before`.
    pub(super) async fn purge_invitations(&self, before: Timestamp) -> Result<u64> {
        let over = invitation::Entity::delete_many().filter(invitation::Column::Expires.lt(before.micros()));
        Ok(over.exec(self.accounts().write()).await.map_err(error)?.rows_affected)
    }
}

fn place(home: HomeId, id: InvitationId) -> Place {
    Place { category: category::CameraAccess::ID, owner: home.to_bytes(), row: id.to_bytes() }
}

fn not_there() -> Error {
    Error::new(Kind::NotFound, "not_found", "no such invitation, or none that you may see")
}

fn invitation_row(row: invitation::Model) -> InvitationRow {
    InvitationRow {
        id: InvitationId::from_bytes(row.id.into_bytes()),
        home: HomeId::from_bytes(row.home.into_bytes()),
        session: SessionId::from_bytes(row.session.into_bytes()),
        name: row.sealed_name.map(Sealed::from_ciphertext),
        expires: Timestamp::from_micros(row.expires),
        camera: row.camera.map(|id| CameraId::from_bytes(id.into_bytes())),
    }
}
