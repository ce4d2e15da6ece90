//! Tombstones: ids whose keys were destroyed, here and in a file that is kept apart from every backup.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::{Error, Kind, Result, Timestamp};
use policy::point;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Condition;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, TransactionTrait};

use super::Keyring;
use super::entity::{key, tombstone};
use crate::db::{Db, error};

/// First word of the file; its time says up to when the list is complete.
const TITLE: &str = "atipcam tombstones v1 ";

/// Ids of one statement: far below the 32766 that SQLite binds.
const BATCH_MAX: usize = 1000;

/// An owner or a key that is dead for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stone {
    pub id: Uuid,
    pub at: i64,
}

/// Destroys what `stones` name: keys by their own id or their owner's. Says how many keys there were. The dead keys get
/// stones of their own, from `at` on.
pub(super) async fn bury(db: &Db, stones: &[Stone], at: i64) -> Result<u64> {
    let mut destroyed = 0;
    if !point::KEY_DESTROY.holds() {
        return Ok(destroyed);
    }
    let tx = db.write().begin().await.map_err(error)?;
    for batch in stones.chunks(BATCH_MAX) {
        let ids: Vec<Uuid> = batch.iter().map(|stone| stone.id).collect();
        let dead = Condition::any().add(key::Column::Owner.is_in(ids.clone())).add(key::Column::Id.is_in(ids));
        let rows = key::Entity::find().filter(dead.clone()).all(&tx).await.map_err(error)?;
        let keys = rows.iter().map(|row| Stone { id: row.id, at });
        let rows = batch.iter().copied().chain(keys);
        let rows = rows.map(|stone| tombstone::ActiveModel { id: Set(stone.id), at: Set(stone.at) });
        let insert = tombstone::Entity::insert_many(rows).on_conflict_do_nothing_on([tombstone::Column::Id]);
        insert.exec(&tx).await.map_err(error)?;
        destroyed += key::Entity::delete_many().filter(dead).exec(&tx).await.map_err(error)?.rows_affected;
    }
    tx.commit().await.map_err(error)?;
    Ok(destroyed)
}

/// Every tombstone of a keyring, oldest first.
pub(crate) async fn read_stones(db: &impl ConnectionTrait) -> Result<Vec<Stone>> {
    let rows = tombstone::Entity::find().order_by_asc(tombstone::Column::At).order_by_asc(tombstone::Column::Id);
    let rows = rows.all(db).await.map_err(error)?;
    Ok(rows.into_iter().map(|row| Stone { id: row.id, at: row.at }).collect())
}

/// The file of tombstones, complete up to `now`.
pub(crate) fn stones_text(stones: &[Stone], now: Timestamp) -> String {
    let mut text = format!("{TITLE}{now}\n");
    for stone in stones {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} {}", stone.id, Timestamp::from_micros(stone.at));
    }
    text
}

/// What a file of tombstones says, and up to when it is complete.
pub(crate) fn parse_stones(text: &str) -> Result<(Vec<Stone>, Timestamp)> {
    let broken = |line: usize| {
        let detail = format!("line {line}: not a list of tombstones");
        Error::new(Kind::Invalid, "restore.tombstones_invalid", detail)
    };
    let mut lines = text.lines();
    let until = lines.next().and_then(|line| line.strip_prefix(TITLE)).and_then(|at| Timestamp::parse(at).ok());
    let until = until.ok_or_else(|| broken(1))?;
    let mut stones = Vec::new();
    for (number, line) in lines.enumerate() {
        let (id, at) = line.split_once(' ').ok_or_else(|| broken(number + 2))?;
        let (id, at) = (Uuid::try_parse(id), Timestamp::parse(at));
        let (Ok(id), Ok(at)) = (id, at) else { return Err(broken(number + 2)) };
        stones.push(Stone { id, at: at.micros() });
    }
    // A file that was cut short is not complete up to its time.
    if text.ends_with('\n') { Ok((stones, until)) } else { Err(broken(stones.len() + 1)) }
}

impl Keyring {
    /// Every tombstone, oldest first.
    pub(crate) async fn stones(&self) -> Result<Vec<Stone>> {
        // Under the lock: a reader would keep the write-ahead log from being emptied while keys are destroyed.
        let _opened = self.opened.lock().await;
        read_stones(self.db.read()).await
    }

    /// Owners of keys that were made before `before`, other than the server itself.
    pub(crate) async fn owners_before(&self, before: Timestamp) -> Result<BTreeSet<[u8; 16]>> {
        let _opened = self.opened.lock().await;
        let rows = key::Entity::find()
            .filter(key::Column::Owner.ne(Uuid::nil()))
            .filter(key::Column::Created.lt(before.micros()))
            .all(self.db.read())
            .await
            .map_err(error)?;
        Ok(rows.into_iter().map(|row| row.owner.into_bytes()).collect())
    }
}

/// Destroys in the keyring `db` what `stones` name, before anything was opened with it.
pub(crate) async fn replay(db: &Db, stones: &[Stone], now: Timestamp) -> Result<u64> {
    let destroyed = bury(db, stones, now.micros()).await?;
    db.checkpoint().await?;
    Ok(destroyed)
}
