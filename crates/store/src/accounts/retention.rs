//! What is past its time goes: a class after another, each in transactions of its own, and a row that says what went.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::{Error, Result, SubjectId, Timestamp};
use policy::{point, retention};
use sea_orm::prelude::{Expr, Uuid};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};
use serde_json::json;

use super::EventKind;
use super::cancel::doom;
use super::entity::{access, camera, event, home, invitation, leaf, retention_run, session, subject, verdict};
use super::log::{Chain, page};
use crate::Store;
use crate::db::error;
use crate::keyring::evidence_owner;
use crate::ledger::Entry;

/// A key whose owner has no row is destroyed once it is so old: long enough that nobody is just making its row, and that
/// whoever put an older copy of the rows back has noticed.
const STRAY_KEYS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// An invitation that is over says so to the page that waits for its camera, for so long.
const INVITATIONS_KEPT: Duration = Duration::from_secs(24 * 3600);

/// Times that the policy sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Periods {
    /// How long it is kept what people asked and were answered.
    pub verdicts: Duration,
    /// How long it is kept who looked.
    pub views: Duration,
    /// How long it is kept, after an account was cancelled, what its person agreed to and what was disclosed.
    pub evidence: Duration,
}

/// A class without a time of its own is kept for good rather than lost.
fn days(class: &policy::Retention) -> Duration {
    class.days.map_or(Duration::MAX, |days| Duration::from_secs(u64::from(days) * 24 * 3600))
}

/// Those of the policy.
impl Default for Periods {
    fn default() -> Self {
        let history = days(&retention::ACCESS_HISTORY);
        Self { verdicts: history, views: history, evidence: days(&retention::EVIDENCE) }
    }
}

/// What retention did to one class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionRow {
    /// `session`, `verdict`, `access`, `evidence` or `key`.
    pub class: String,
    /// How many there were.
    pub scanned: u64,
    /// How many went.
    pub removed: u64,
    /// Keys that went with them.
    pub keys_destroyed: u64,
}

/// What one run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionReport {
    /// When.
    pub at: Timestamp,
    /// Class by class.
    pub classes: Vec<RetentionRow>,
    /// Whether the root key was changed, so that copies of the keyring from before open nothing.
    pub root_rotated: bool,
}

impl Store {
    /// Removes what is past its time at `now`, destroys the keys of what went, and changes the root key where keys were
    /// destroyed since it came.
    pub async fn apply_retention(&self, now: Timestamp, periods: &Periods) -> Result<RetentionReport> {
        if !point::RETENTION_RUN.holds() {
            return Ok(RetentionReport { at: now, classes: Vec::new(), root_rotated: false });
        }
        let db = self.accounts().read();
        // What a session invited is of its class: it ends with it, or sooner.
        let invited = invitation::Entity::find().count(db).await.map_err(error)?;
        let scanned = session::Entity::find().count(db).await.map_err(error)? + invited;
        let removed = self.purge_invitations(now - INVITATIONS_KEPT).await? + self.purge_sessions(now).await?;
        let mut classes = vec![row("session", scanned, removed)];
        let scanned = verdict::Entity::find().count(db).await.map_err(error)?;
        classes.push(row("verdict", scanned, self.purge_verdicts(now - periods.verdicts).await?));
        classes.push(self.purge_views(now - periods.views).await?);
        classes.push(self.purge_evidence(now - periods.evidence).await?);
        classes.push(self.purge_keys(now - STRAY_KEYS_KEPT).await?);
        self.wipe().await;

        let old = retention_run::Entity::delete_many().filter(retention_run::Column::At.lt((now - periods.verdicts).micros()));
        old.exec(self.accounts().write()).await.map_err(error)?;
        for class in &classes {
            let row = retention_run::ActiveModel {
                at: Set(now.micros()),
                class: Set(class.class.clone()),
                scanned: Set(class.scanned.try_into().map_err(Error::internal)?),
                removed: Set(class.removed.try_into().map_err(Error::internal)?),
                keys_destroyed: Set(class.keys_destroyed.try_into().map_err(Error::internal)?),
            };
            let again = [retention_run::Column::At, retention_run::Column::Class];
            let insert = retention_run::Entity::insert(row).on_conflict_do_nothing_on(again);
            insert.exec_without_returning(self.accounts().write()).await.map_err(error)?;
        }
        let root_rotated = self.keyring().root_is_own().await && self.keyring().root_is_stale().await?;
        if root_rotated {
            self.keyring().rotate().await?;
        }
        Ok(RetentionReport { at: now, classes, root_rotated })
    }

    /// The newest rows of retention, newest first, with the time of their run.
    pub async fn retention_runs(&self, limit: u64) -> Result<Vec<(Timestamp, RetentionRow)>> {
        let rows = retention_run::Entity::find()
            .order_by_desc(retention_run::Column::At)
            .order_by_asc(retention_run::Column::Class)
            .limit(page(limit));
        let rows = rows.all(self.accounts().read()).await.map_err(error)?;
        rows.into_iter()
            .map(|row| {
                let class = RetentionRow {
                    class: row.class,
                    scanned: row.scanned.try_into().map_err(Error::internal)?,
                    removed: row.removed.try_into().map_err(Error::internal)?,
                    keys_destroyed: row.keys_destroyed.try_into().map_err(Error::internal)?,
                };
                Ok((Timestamp::from_micros(row.at), class))
            })
            .collect()
    }

    /// Views that ended before `before`: the home's rows, and what the lookers' own events say. That there was an event
    /// stays in the log, and a further event says up to when they are empty.
    async fn purge_views(&self, before: Timestamp) -> Result<RetentionRow> {
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let scanned = access::Entity::find().count(&tx).await.map_err(error)?;
        let old = access::Entity::delete_many().filter(access::Column::ToAt.lt(before.micros()));
        let removed = old.exec(&tx).await.map_err(error)?.rows_affected;
        let emptied = event::Entity::update_many()
            .col_expr(event::Column::SealedPayload, Expr::value(None::<Vec<u8>>))
            .filter(event::Column::Kind.eq(EventKind::Access.as_str()))
            .filter(event::Column::At.lt(before.micros()))
            .filter(event::Column::SealedPayload.is_not_null());
        let emptied = emptied.exec(&tx).await.map_err(error)?.rows_affected;
        if emptied > 0 {
            let payload = json!({ "before": before, "class": "access", "emptied": emptied });
            self.append(&tx, &Chain::Server, EventKind::Erasure, &payload).await?;
        }
        tx.commit().await.map_err(error)?;
        Ok(row("access", scanned, removed.max(emptied)))
    }

    /// People whose accounts were cancelled before `before`: everything that is left of them, and the key of it.
    pub(super) async fn purge_evidence(&self, before: Timestamp) -> Result<RetentionRow> {
        let held = subject::Entity::find().filter(subject::Column::Cancelled.is_not_null());
        let held = held.all(self.accounts().read()).await.map_err(error)?;
        let mut class = row("evidence", held.len() as u64, 0);
        for person in held.into_iter().filter(|row| row.cancelled.is_some_and(|at| at < before.micros())) {
            let tx = self.accounts().write().begin().await.map_err(error)?;
            let of_person = event::Column::Subject.eq(person.id);
            let events = event::Entity::find().filter(of_person.clone()).count(&tx).await.map_err(error)?;
            let first =
                event::Entity::find().filter(of_person).order_by_asc(event::Column::Leaf).one(&tx).await.map_err(error)?;
            if let Some(first) = first {
                // The chain's random id names nobody once its events are gone; without it, dropped events and erased ones
                // would look alike.
                let leaf = leaf::Entity::find_by_id(first.leaf).one(&tx).await.map_err(error)?;
                let entry = leaf.ok_or_else(|| Error::internal(format!("leaf {} is missing", first.leaf)))?.entry;
                let entry: Entry = serde_json::from_str(&entry).map_err(Error::internal)?;
                let payload = json!({ "chain": entry.chain, "class": "evidence", "events": events });
                self.append(&tx, &Chain::Server, EventKind::Erasure, &payload).await?;
            }
            subject::Entity::delete_by_id(person.id).exec(&tx).await.map_err(error)?;
            let owner = evidence_owner(SubjectId::from_bytes(person.id.into_bytes()));
            doom(&tx, [Uuid::from_bytes(owner), person.id], self.now()).await?;
            tx.commit().await.map_err(error)?;
            class.removed += 1;
        }
        class.keys_destroyed = self.destroy_doomed().await?;
        Ok(class)
    }

    /// Keys made before `before` whose owner has no row: what a crash between key and row left.
    async fn purge_keys(&self, before: Timestamp) -> Result<RetentionRow> {
        // Keys first: an owner that comes in between is not among them.
        let owners = self.keyring().owners_before(before).await?;
        let db = self.accounts().read();
        let people: Vec<Uuid> =
            ids(subject::Entity::find().select_only().column(subject::Column::Id)).all(db).await.map_err(error)?;
        let homes: Vec<Uuid> = ids(home::Entity::find().select_only().column(home::Column::Id)).all(db).await.map_err(error)?;
        let cameras: Vec<Uuid> =
            ids(camera::Entity::find().select_only().column(camera::Column::Id)).all(db).await.map_err(error)?;
        let evidence = people.iter().map(|id| evidence_owner(SubjectId::from_bytes(id.into_bytes())));
        let known: BTreeSet<[u8; 16]> =
            evidence.chain(people.iter().chain(&homes).chain(&cameras).map(|id| id.into_bytes())).collect();
        let stray: Vec<[u8; 16]> = owners.difference(&known).copied().collect();
        let mut class = row("key", owners.len() as u64, stray.len() as u64);
        class.keys_destroyed = self.keyring().destroy(&stray).await?;
        Ok(class)
    }
}

fn ids<E: EntityTrait>(select: sea_orm::Select<E>) -> sea_orm::Selector<sea_orm::SelectGetableTuple<Uuid>> {
    select.into_tuple()
}

fn row(class: &str, scanned: u64, removed: u64) -> RetentionRow {
    RetentionRow { class: class.to_owned(), scanned, removed, keys_destroyed: 0 }
}
