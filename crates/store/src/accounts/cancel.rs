//! The end of an account: rows in one transaction, then the keys that the transaction doomed.

use domain::{CameraId, HomeId, Result, Role};
use policy::act::CancelAccount;
use policy::{Permit, point};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, TransactionTrait,
};
use serde_json::json;

use super::consents::active;
use super::devices::release;
use super::entity::{agreement, camera, consent, credential, doomed, home, identifier, member, session, setup, subject};
use super::stream_keys::forget_keys;
use super::{EventKind, role_word, uuid};
use crate::db::error;
use crate::{Change, Store};

/// What went with an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cancelled {
    /// Homes that had no other owner.
    pub homes: Vec<HomeId>,
    /// Their cameras; the files of their footage open no more and are the relay's to delete.
    pub cameras: Vec<CameraId>,
}

impl Store {
    /// Ends the permit's account: nobody signs in with it again, and what nobody else owns goes with it. The subject's row
    /// stays, held, for as long as what the log says of the person is kept.
    ///
    /// When it returns the keys are gone. A crash before that leaves them doomed, and the next start destroys them.
    pub async fn cancel(&self, permit: Permit<CancelAccount>) -> Result<Cancelled> {
        let person = permit.object();
        let chain = self.chain(person).await?;
        let id = uuid!(person);
        let tx = self.accounts().write().begin().await.map_err(error)?;
        active(&tx, person).await?;
        let (homes, cameras) = sole(&tx, id).await?;

        // Before the rows: the event belongs to a person who is still there.
        let payload = json!({ "cameras": cameras.len(), "class": "account", "homes": homes.len() });
        self.append(&tx, &chain, EventKind::Erasure, &payload).await?;
        if point::ACCOUNT_CANCEL.holds() {
            forget(&tx, id).await?;
        }
        release(&tx, &cameras).await?;
        home::Entity::delete_many().filter(home::Column::Id.is_in(homes.clone())).exec(&tx).await.map_err(error)?;
        let held = subject::ActiveModel { cancelled: Set(Some(self.now())), adult_declared: Set(None), ..Default::default() };
        subject::Entity::update_many().set(held).filter(subject::Column::Id.eq(id)).exec(&tx).await.map_err(error)?;
        let people = subject::Entity::find().filter(subject::Column::Cancelled.is_null()).count(&tx).await.map_err(error)?;
        if people == 0 {
            // Nobody is left who could let anybody in: the server is new again.
            setup::Entity::delete_many().exec(&tx).await.map_err(error)?;
        }
        let dead = [id].into_iter().chain(homes.iter().copied()).chain(cameras.iter().copied());
        doom(&tx, dead, self.now()).await?;
        tx.commit().await.map_err(error)?;

        self.destroy_doomed().await?;
        let cameras: Vec<CameraId> = cameras.into_iter().map(|id| CameraId::from_bytes(id.into_bytes())).collect();
        self.bus().publish(Change::Facts);
        for camera in &cameras {
            self.bus().publish(Change::Camera(*camera));
        }
        Ok(Cancelled { homes: homes.into_iter().map(|id| HomeId::from_bytes(id.into_bytes())).collect(), cameras })
    }

    /// Destroys the keys of everything doomed, and says how many there were; safe to do again after a crash anywhere in it.
    pub(crate) async fn destroy_doomed(&self) -> Result<u64> {
        let rows = doomed::Entity::find().all(self.accounts().read()).await.map_err(error)?;
        if rows.is_empty() {
            return Ok(0);
        }
        let owners: Vec<[u8; 16]> = rows.iter().map(|row| row.id.into_bytes()).collect();
        let destroyed = self.keyring().destroy(&owners).await?;
        for owner in owners {
            // Only a camera has segments; for the others this finds nothing.
            self.remove_segments_of(CameraId::from_bytes(owner)).await?;
        }
        let done = doomed::Entity::delete_many().filter(doomed::Column::Id.is_in(rows.into_iter().map(|row| row.id)));
        done.exec(self.accounts().write()).await.map_err(error)?;
        self.wipe().await;
        Ok(destroyed)
    }

    /// Empties the write-ahead log, so that what was deleted does not live on in it. A reader may hold it; then it is emptied
    /// another time, and what it holds of people is sealed under keys that are gone.
    pub(super) async fn wipe(&self) {
        if let Err(e) = self.accounts().checkpoint().await {
            tracing::warn!(error = %e, "what was deleted is still in the write-ahead log");
        }
    }
}

/// The homes that `id` alone owns, and their cameras.
async fn sole(tx: &DatabaseTransaction, id: Uuid) -> Result<(Vec<Uuid>, Vec<Uuid>)> {
    let owners = member::Entity::find().filter(member::Column::Role.eq(role_word(Role::Owner)));
    let own = owners.clone().filter(member::Column::Subject.eq(id)).all(tx).await.map_err(error)?;
    let mut homes = Vec::new();
    for row in own {
        let others = owners.clone().filter(member::Column::Home.eq(row.home)).count(tx).await.map_err(error)?;
        if others == 1 {
            homes.push(row.home);
        }
    }
    let cameras = camera::Entity::find()
        .select_only()
        .column(camera::Column::Id)
        .filter(camera::Column::Home.is_in(homes.clone()))
        .into_tuple()
        .all(tx)
        .await
        .map_err(error)?;
    Ok((homes, cameras))
}

/// Deletes every row by which a person signs in, is found, belongs or agreed.
pub(super) async fn forget(tx: &DatabaseTransaction, id: Uuid) -> Result<()> {
    session::Entity::delete_many().filter(session::Column::Subject.eq(id)).exec(tx).await.map_err(error)?;
    credential::Entity::delete_many().filter(credential::Column::Subject.eq(id)).exec(tx).await.map_err(error)?;
    identifier::Entity::delete_many().filter(identifier::Column::Subject.eq(id)).exec(tx).await.map_err(error)?;
    member::Entity::delete_many().filter(member::Column::Subject.eq(id)).exec(tx).await.map_err(error)?;
    agreement::Entity::delete_many().filter(agreement::Column::Subject.eq(id)).exec(tx).await.map_err(error)?;
    consent::Entity::delete_many().filter(consent::Column::Subject.eq(id)).exec(tx).await.map_err(error)?;
    forget_keys(tx, id, None).await
}

/// Writes down whose keys must go, with the rows that go first.
pub(super) async fn doom(tx: &DatabaseTransaction, owners: impl IntoIterator<Item = Uuid>, at: i64) -> Result<()> {
    for id in owners {
        let row = doomed::ActiveModel { id: Set(id), at: Set(at) };
        let insert = doomed::Entity::insert(row).on_conflict_do_nothing_on([doomed::Column::Id]);
        insert.exec_without_returning(tx).await.map_err(error)?;
    }
    Ok(())
}
