//! The audit log: what people asked, and what they were answered.

use std::borrow::Cow;

use domain::{Result, SessionId, SubjectId, Timestamp};
use sea_orm::prelude::{Expr, Uuid};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::verdict;
use super::uuid;
use crate::Store;
use crate::db::error;

/// One minute, in microseconds.
const MINUTE: i64 = 60_000_000;

/// Rows of one statement: nine values each stay far below the 32766 that SQLite binds.
const BATCH_MAX: usize = 512;

/// Equal answers to one session within one minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictRow {
    /// Who asked.
    pub session: SessionId,
    /// The person behind the session; `None` where it was over.
    pub subject: Option<SubjectId>,
    /// What was asked for.
    pub act: Cow<'static, str>,
    /// The id of what it was asked about; `None` where there is no such thing.
    pub object: Option<[u8; 16]>,
    /// `allowed`, or why not.
    pub answer: Cow<'static, str>,
    /// The first time.
    pub first: Timestamp,
    /// The last time, in the same minute.
    pub last: Timestamp,
    /// How often.
    pub times: i64,
}

impl Store {
    /// Writes verdicts. One that continues a row of its minute is added to it.
    pub async fn add_verdicts(&self, rows: &[VerdictRow]) -> Result<()> {
        for batch in rows.chunks(BATCH_MAX) {
            let again = OnConflict::columns([
                verdict::Column::Minute,
                verdict::Column::Session,
                verdict::Column::Act,
                verdict::Column::Object,
                verdict::Column::Answer,
            ])
            .update_column(verdict::Column::Last)
            .value(
                verdict::Column::Times,
                Expr::col((verdict::Entity, verdict::Column::Times)).add(Expr::col(("excluded", verdict::Column::Times))),
            )
            .to_owned();
            let insert = verdict::Entity::insert_many(batch.iter().map(active)).on_conflict(again);
            insert.exec_without_returning(self.accounts().write()).await.map_err(error)?;
        }
        Ok(())
    }

    /// The newest verdicts about one thing, newest first.
    pub async fn verdicts(&self, object: [u8; 16], limit: u64) -> Result<Vec<VerdictRow>> {
        let rows = verdict::Entity::find()
            .filter(verdict::Column::Object.eq(Uuid::from_bytes(object)))
            .order_by_desc(verdict::Column::Minute)
            .order_by_desc(verdict::Column::Last)
            .limit(limit);
        Ok(rows.all(self.accounts().read()).await.map_err(error)?.into_iter().map(row).collect())
    }

    /// Deletes verdicts older than `before` and says how many.
    pub async fn purge_verdicts(&self, before: Timestamp) -> Result<u64> {
        let old = verdict::Entity::delete_many().filter(verdict::Column::Minute.lt(minute(before)));
        Ok(old.exec(self.accounts().write()).await.map_err(error)?.rows_affected)
    }
}

pub(super) fn minute(at: Timestamp) -> i64 {
    at.micros().div_euclid(MINUTE).saturating_mul(MINUTE)
}

fn active(row: &VerdictRow) -> verdict::ActiveModel {
    verdict::ActiveModel {
        minute: Set(minute(row.first)),
        session: Set(uuid!(row.session)),
        act: Set(row.act.to_string()),
        object: Set(row.object.map_or(Uuid::nil(), Uuid::from_bytes)),
        answer: Set(row.answer.to_string()),
        subject: Set(row.subject.map_or(Uuid::nil(), |id| uuid!(id))),
        first: Set(row.first.micros()),
        last: Set(row.last.micros()),
        times: Set(row.times),
    }
}

pub(super) fn row(row: verdict::Model) -> VerdictRow {
    VerdictRow {
        session: SessionId::from_bytes(row.session.into_bytes()),
        subject: (!row.subject.is_nil()).then(|| SubjectId::from_bytes(row.subject.into_bytes())),
        act: row.act.into(),
        object: (!row.object.is_nil()).then(|| row.object.into_bytes()),
        answer: row.answer.into(),
        first: Timestamp::from_micros(row.first),
        last: Timestamp::from_micros(row.last),
        times: row.times,
    }
}
