//! Rows that were put back although what they are about was erased.
//!
//! A restore takes them out before anything opens. It has no keys, so what the log must say about it is left to the next
//! start: a subject's `cancelled` is then negative, or zero where not even its evidence may be kept.

use std::collections::BTreeMap;

use domain::{Result, SubjectId, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, TransactionTrait,
};
use serde_json::json;

use super::EventKind;
use super::cancel::forget;
use super::devices::release;
use super::entity::{camera, home, setup, subject};
use super::log::newest;
use crate::Store;
use crate::db::{Db, error};
use crate::keyring::{Stone, evidence_owner};

/// The newest head of the log in a copy.
pub(crate) async fn newest_note(db: &impl ConnectionTrait) -> Result<Option<String>> {
    Ok(newest(db).await?.map(|row| row.note))
}

/// Takes out of a copy of the rows what `stones` name, and says how many people, homes and cameras that were.
pub(crate) async fn bury_rows(db: &Db, stones: &[Stone]) -> Result<u64> {
    let dead: BTreeMap<Uuid, i64> = stones.iter().map(|stone| (stone.id, stone.at)).collect();
    let tx = db.write().begin().await.map_err(error)?;
    let mut removed = 0;
    for person in subject::Entity::find().all(&tx).await.map_err(error)? {
        let evidence = Uuid::from_bytes(evidence_owner(SubjectId::from_bytes(person.id.into_bytes())));
        let cancelled = match (dead.contains_key(&evidence), dead.get(&person.id)) {
            (true, _) => 0,
            (false, Some(at)) if person.cancelled.is_none() => at.saturating_abs().saturating_neg(),
            _ => continue,
        };
        forget(&tx, person.id).await?;
        let held = subject::ActiveModel { cancelled: Set(Some(cancelled)), adult_declared: Set(None), ..Default::default() };
        subject::Entity::update_many().set(held).filter(subject::Column::Id.eq(person.id)).exec(&tx).await.map_err(error)?;
        removed += 1;
    }
    let cameras: Vec<(Uuid, Uuid)> = camera::Entity::find()
        .select_only()
        .columns([camera::Column::Id, camera::Column::Home])
        .into_tuple()
        .all(&tx)
        .await
        .map_err(error)?;
    let gone = cameras.into_iter().filter(|(id, home)| dead.contains_key(id) || dead.contains_key(home));
    release(&tx, &gone.map(|(id, _)| id).collect::<Vec<_>>()).await?;
    let homes: Vec<Uuid> =
        home::Entity::find().select_only().column(home::Column::Id).into_tuple().all(&tx).await.map_err(error)?;
    for id in homes.into_iter().filter(|id| dead.contains_key(id)) {
        removed += home::Entity::delete_by_id(id).exec(&tx).await.map_err(error)?.rows_affected;
    }
    let cameras: Vec<Uuid> =
        camera::Entity::find().select_only().column(camera::Column::Id).into_tuple().all(&tx).await.map_err(error)?;
    for id in cameras.into_iter().filter(|id| dead.contains_key(id)) {
        removed += camera::Entity::delete_by_id(id).exec(&tx).await.map_err(error)?.rows_affected;
    }
    let people = subject::Entity::find().filter(subject::Column::Cancelled.is_null()).count(&tx).await.map_err(error)?;
    if people == 0 {
        setup::Entity::delete_many().exec(&tx).await.map_err(error)?;
    }
    tx.commit().await.map_err(error)?;
    Ok(removed)
}

impl Store {
    /// Says in the log what a restore took out, and ends what is left of people whose evidence is erased too.
    pub(crate) async fn finish_restore(&self) -> Result<()> {
        let pending = subject::Entity::find().filter(subject::Column::Cancelled.lte(0));
        let pending = pending.all(self.accounts().read()).await.map_err(error)?;
        for row in &pending {
            let Some(at) = row.cancelled.filter(|at| *at < 0) else { continue };
            let chain = self.chain(SubjectId::from_bytes(row.id.into_bytes())).await?;
            let tx = self.accounts().write().begin().await.map_err(error)?;
            self.append(&tx, &chain, EventKind::Erasure, &json!({ "class": "account", "restored": true })).await?;
            let held = subject::ActiveModel { cancelled: Set(Some(at.saturating_neg())), ..Default::default() };
            subject::Entity::update_many().set(held).filter(subject::Column::Id.eq(row.id)).exec(&tx).await.map_err(error)?;
            tx.commit().await.map_err(error)?;
        }
        if pending.iter().any(|row| row.cancelled == Some(0)) {
            self.purge_evidence(Timestamp::from_micros(1)).await?;
        }
        Ok(())
    }
}
