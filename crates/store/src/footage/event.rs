//! What a camera told while it was recorded: marks on its timeline, which leave with the footage that they are in.

use std::time::Duration;

use domain::{CameraId, Result, TimeRange, Timestamp};
use sea_orm::prelude::{Expr, Uuid};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::mark::{ActiveModel, Column, Entity, Model};
use super::entity::segment;
use crate::Store;
use crate::db::error;

/// Events that one answer holds, the newest. A camera that sees something every ten seconds makes 8,640 a day.
const EVENTS_MAX: u64 = 10_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// Something moved.
    Motion,
    /// A person or a vehicle was told apart, or a line was crossed.
    Object,
    /// A digital input closed.
    Input,
    /// The bell's button was pressed.
    Doorbell,
    /// The camera was covered, turned away, opened.
    Tamper,
}

impl MarkKind {
    const ALL: [Self; 5] = [Self::Motion, Self::Object, Self::Input, Self::Doorbell, Self::Tamper];

    /// As it stands in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Motion => "motion",
            Self::Object => "object",
            Self::Input => "input",
            Self::Doorbell => "doorbell",
            Self::Tamper => "tamper",
        }
    }
}

/// An event of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What.
    pub kind: MarkKind,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; `None` while it goes on.
    pub to: Option<Timestamp>,
}

/// Bytes, time, first start and last end of rows; none where there are no rows.
type Sums = (Option<i64>, Option<i64>, Option<i64>, Option<i64>);

impl Store {
    /// Something begins to happen in front of a camera; what of that kind went on there ends.
    pub async fn begin_mark(&self, camera: CameraId, kind: MarkKind, at: Timestamp) -> Result<()> {
        self.end_marks(camera, Some(kind), at).await?;
        let row = ActiveModel {
            camera: Set(uuid(camera)),
            kind: Set(kind.as_str().to_owned()),
            from_at: Set(at.micros()),
            to_at: Set(None),
        };
        let again = OnConflict::columns([Column::Camera, Column::Kind, Column::FromAt]).update_column(Column::ToAt).to_owned();
        Entity::insert(row).on_conflict(again).exec_without_returning(self.index().write()).await.map_err(error)?;
        Ok(())
    }

    /// What went on in front of a camera has ended: of one kind, or everything.
    pub async fn end_marks(&self, camera: CameraId, kind: Option<MarkKind>, at: Timestamp) -> Result<()> {
        let mut running = Condition::all().add(Column::Camera.eq(uuid(camera))).add(Column::ToAt.is_null());
        if let Some(kind) = kind {
            running = running.add(Column::Kind.eq(kind.as_str()));
        }
        let end = Entity::update_many().col_expr(Column::ToAt, Expr::value(at.micros())).filter(running);
        end.exec(self.index().write()).await.map_err(error)?;
        Ok(())
    }

    /// A camera's events with a moment in `range`, by start; the newest where there are too many.
    pub async fn marks(&self, camera: CameraId, range: TimeRange) -> Result<Vec<Mark>> {
        let unfinished = Condition::any().add(Column::ToAt.is_null()).add(Column::ToAt.gte(range.from().micros()));
        let rows = Entity::find()
            .filter(Column::Camera.eq(uuid(camera)))
            .filter(Column::FromAt.lt(range.to().micros()))
            .filter(unfinished)
            .order_by_desc(Column::FromAt)
            .limit(EVENTS_MAX);
        let rows = rows.all(self.index().read()).await.map_err(error)?;
        Ok(rows.iter().rev().filter_map(mark).collect())
    }

    /// Events go with their footage: those that ended before `until`.
    pub(super) async fn forget_marks(&self, camera: CameraId, until: Timestamp) -> Result<()> {
        let old = Entity::delete_many().filter(Column::Camera.eq(uuid(camera))).filter(Column::ToAt.lte(until.micros()));
        old.exec(self.index().write()).await.map_err(error)?;
        Ok(())
    }

    pub(super) async fn remove_marks_of(&self, camera: CameraId) -> Result<()> {
        Entity::delete_many().filter(Column::Camera.eq(uuid(camera))).exec(self.index().write()).await.map_err(error)?;
        Ok(())
    }

    /// How much there is of a camera in segments that begin at or after `from` and end by `until`.
    pub async fn recorded_sum(&self, camera: CameraId, from: Timestamp, until: Timestamp) -> Result<Recorded> {
        // Differences are summed: half a million moments would not fit into a number.
        let spans = Expr::col(segment::Column::EndAt).sub(Expr::col(segment::Column::StartAt));
        let found: Option<Sums> = segment::Entity::find()
            .select_only()
            .column_as(Expr::col(segment::Column::Bytes).sum().cast_as("bigint"), "bytes")
            .column_as(spans.sum().cast_as("bigint"), "time")
            .column_as(segment::Column::StartAt.min(), "first")
            .column_as(segment::Column::EndAt.max(), "last")
            .filter(segment::Column::Camera.eq(uuid(camera)))
            .filter(segment::Column::StartAt.gte(from.micros()))
            .filter(segment::Column::EndAt.lte(until.micros()))
            .into_tuple()
            .one(self.index().read())
            .await
            .map_err(error)?;
        let (bytes, time, first, last) = found.unwrap_or_default();
        let unsigned = |value: Option<i64>| u64::try_from(value.unwrap_or(0)).unwrap_or(0);
        Ok(Recorded {
            bytes: unsigned(bytes),
            time: Duration::from_micros(unsigned(time)),
            first: first.map(Timestamp::from_micros),
            last: last.map(Timestamp::from_micros),
        })
    }
}

/// How much was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Bytes of the files.
    pub bytes: u64,
    /// Time that they show.
    pub time: Duration,
    /// When the first begins.
    pub first: Option<Timestamp>,
    /// When the last ends.
    pub last: Option<Timestamp>,
}

fn uuid(camera: CameraId) -> Uuid {
    Uuid::from_bytes(camera.to_bytes())
}

fn mark(row: &Model) -> Option<Mark> {
    let kind = MarkKind::ALL.into_iter().find(|kind| kind.as_str() == row.kind)?;
    Some(Mark { kind, from: Timestamp::from_micros(row.from_at), to: row.to_at.map(Timestamp::from_micros) })
}
