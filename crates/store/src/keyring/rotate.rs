//! A new root key: everything that the old one wraps is wrapped anew, and the old one is gone.
//!
//! ```text
//! 1  root.key.next    written, synced
//! 2  keyring.db       every row wrapped under the next root, one transaction
//! 3  root.key         overwritten, then replaced by root.key.next
//! ```
//!
//! A power cut before 2 leaves the old root and a file that is ignored; after 2 the rows name the root that is in
//! `root.key.next`, and opening takes up step 3.

use domain::{Error, Result, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, TransactionTrait};

use super::entity::{key, root as row, tombstone};
use super::{Keyring, Use, place, root, unwrap};
use crate::db::{Db, error};

/// Notes the root in use, where an earlier version did not.
pub(super) async fn note_root(db: &Db, id: Uuid, now: Timestamp) -> Result<()> {
    let known = row::Entity::find().count(db.read()).await.map_err(error)?;
    if known == 0 {
        let first = row::ActiveModel { id: Set(id), created: Set(now.micros()), tombstones: Set(0) };
        row::Entity::insert(first).exec_without_returning(db.write()).await.map_err(error)?;
    }
    Ok(())
}

impl Keyring {
    /// Whether keys were destroyed since the root key came.
    pub(crate) async fn root_is_stale(&self) -> Result<bool> {
        let _opened = self.opened.lock().await;
        let stones = tombstone::Entity::find().count(self.db.read()).await.map_err(error)?;
        let root = row::Entity::find().one(self.db.read()).await.map_err(error)?;
        Ok(stones > root.map_or(0, |root| root.tombstones.try_into().unwrap_or(0)))
    }

    /// Whether the root key is the keyring's own to change.
    pub(crate) async fn root_is_own(&self) -> bool {
        !self.opened.lock().await.root.is_given()
    }

    /// Wraps everything under a new root key and destroys the old one.
    pub(crate) async fn rotate(&self) -> Result<()> {
        let mut opened = self.opened.lock().await;
        if opened.root.is_given() {
            return Err(root::given());
        }
        // An earlier rotation may have stopped before its last step: its root must not be written over.
        root::adopt_pending(&self.dir, opened.root.id())?;
        let next = root::create_next(&self.dir)?;

        let now = self.clock.now().micros();
        let tx = self.db.write().begin().await.map_err(error)?;
        let rows = key::Entity::find().filter(key::Column::WrappedBy.eq(opened.root.id())).all(&tx).await.map_err(error)?;
        for old in rows {
            let usage = Use::ALL.into_iter().find(|usage| usage.name() == old.kind);
            let usage = usage.ok_or_else(|| Error::internal(format!("key {}: of an unknown kind", old.id)))?;
            let secret = unwrap(opened.root.key(), usage, &old)?;
            let wrapped = next.key().seal(place(usage, old.owner, old.id), secret.as_slice())?;
            let new =
                key::ActiveModel { id: Set(old.id), wrapped_by: Set(next.id()), wrapped: Set(wrapped), ..Default::default() };
            key::Entity::update_many().set(new).filter(key::Column::Id.eq(old.id)).exec(&tx).await.map_err(error)?;
        }
        let stones = tombstone::Entity::find().count(&tx).await.map_err(error)?;
        row::Entity::delete_many().exec(&tx).await.map_err(error)?;
        let stones = stones.try_into().map_err(Error::internal)?;
        let new = row::ActiveModel { id: Set(next.id()), created: Set(now), tombstones: Set(stones) };
        row::Entity::insert(new).exec_without_returning(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;

        opened.root = next;
        root::adopt_pending(&self.dir, opened.root.id())?;
        // Whoever keeps a copy of the root key elsewhere needs a new one.
        tracing::info!(root = %opened.root.id(), "the root key was changed, and copies of the one before open nothing here");
        self.db.checkpoint().await
    }
}
