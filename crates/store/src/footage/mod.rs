//! Which footage there is: `index.db`, one row a closed segment file.

mod complete;
mod days;
pub(crate) mod entity;
mod event;
mod gap;
mod locks;
mod migration;
mod migration_v3;
mod migration_v4;
mod migration_v5;
mod oldest;

use std::time::Duration;

use domain::{CameraId, Error, FootageClass, Kind, Origin, Result, SegmentId, StorageId, StreamName, TimeRange, Timestamp};
use media::record::MediaKeyId;
use sea_orm::prelude::{Expr, Uuid};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, IdenStatic, Iterable, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};

use crate::db::error;
use crate::{SegmentRow, Store};
use entity::segment;
pub use event::{Mark, MarkKind, Recorded};
pub(crate) use migration::Migrator;
pub use oldest::{FootageSum, Oldest};

/// The longest wall-clock time that one segment may span: sixty times its media time, so that a camera whose clock steps
/// fits. It bounds how far before a range the index must look.
pub const SEGMENT_SPAN_MAX: Duration = Duration::from_secs(3600);

impl Store {
    /// Adds a closed segment; adding one again replaces its row, so that a scan may find what is known.
    pub async fn add_segment(&self, row: SegmentRow) -> Result<()> {
        let (model, camera) = (active(&row)?, Uuid::from_bytes(row.camera.to_bytes()));
        let tx = self.index().write().begin().await.map_err(error)?;
        let before = segment::Entity::find_by_id(Uuid::from_bytes(row.id.to_bytes())).one(&tx).await.map_err(error)?;
        segment::Entity::insert(model).on_conflict(again(&[])).exec_without_returning(&tx).await.map_err(error)?;
        if let Some(before) = before {
            days::forget(&tx, before.camera, (before.start_at, before.end_at)).await.map_err(error)?;
        }
        days::grow(&tx, camera, (row.start.micros(), row.end.micros())).await.map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// The camera's segments with a moment in `range`, by start.
    pub async fn segments(&self, camera: CameraId, range: TimeRange) -> Result<Vec<SegmentRow>> {
        let rows = segment::Entity::find()
            .filter(segment::Column::Camera.eq(Uuid::from_bytes(camera.to_bytes())))
            .filter(segment::Column::StartAt.gte((range.from() - SEGMENT_SPAN_MAX).micros()))
            .filter(segment::Column::StartAt.lt(range.to().micros()))
            .filter(segment::Column::EndAt.gt(range.from().micros()));
        self.by_start(rows).await
    }

    /// When footage of `range` was taken that came from the camera afterwards: a span a segment, by start.
    pub async fn fetched(&self, camera: CameraId, range: TimeRange) -> Result<Vec<TimeRange>> {
        let rows: Vec<(i64, i64)> = segment::Entity::find()
            .select_only()
            .columns([segment::Column::StartAt, segment::Column::EndAt])
            .filter(segment::Column::Camera.eq(Uuid::from_bytes(camera.to_bytes())))
            // As the index says it, word for word: with a parameter it is not the same to the database.
            .filter(Expr::cust("\"origin\" = 'backfill'"))
            .filter(segment::Column::StartAt.gte((range.from() - SEGMENT_SPAN_MAX).micros()))
            .filter(segment::Column::StartAt.lt(range.to().micros()))
            .filter(segment::Column::EndAt.gt(range.from().micros()))
            .order_by_asc(segment::Column::StartAt)
            .into_tuple()
            .all(self.index().read())
            .await
            .map_err(error)?;
        let span = |(start, end)| TimeRange::new(Timestamp::from_micros(start), Timestamp::from_micros(end));
        Ok(rows.into_iter().filter_map(span).collect())
    }

    /// A segment; `None` where there is no such one.
    pub async fn segment(&self, id: SegmentId) -> Result<Option<SegmentRow>> {
        let found = segment::Entity::find_by_id(Uuid::from_bytes(id.to_bytes())).one(self.index().read()).await;
        found.map_err(error)?.map(segment_row).transpose()
    }

    /// Forgets a segment; forgetting one twice is no error. The file is the caller's.
    pub async fn remove_segment(&self, id: SegmentId) -> Result<()> {
        let id = Uuid::from_bytes(id.to_bytes());
        let tx = self.index().write().begin().await.map_err(error)?;
        if let Some(row) = segment::Entity::find_by_id(id).one(&tx).await.map_err(error)? {
            segment::Entity::delete_by_id(id).exec(&tx).await.map_err(error)?;
            days::forget(&tx, row.camera, (row.start_at, row.end_at)).await.map_err(error)?;
        }
        tx.commit().await.map_err(error)
    }

    /// Forgets every segment and gap of a camera.
    pub async fn remove_segments_of(&self, camera: CameraId) -> Result<()> {
        let owner = Uuid::from_bytes(camera.to_bytes());
        let tx = self.index().write().begin().await.map_err(error)?;
        segment::Entity::delete_many().filter(segment::Column::Camera.eq(owner)).exec(&tx).await.map_err(error)?;
        days::forget_camera(&tx, owner).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.remove_marks_of(camera).await?;
        self.remove_gaps_of(camera).await
    }

    /// Bytes of all closed segments.
    pub async fn footage_bytes(&self) -> Result<u64> {
        // PostgreSQL sums to a decimal; the cast makes it a number of the same type on both.
        let sum: Option<Option<i64>> = segment::Entity::find()
            .select_only()
            .column_as(Expr::col(segment::Column::Bytes).sum().cast_as("bigint"), "bytes")
            .into_tuple()
            .one(self.index().read())
            .await
            .map_err(error)?;
        Ok(sum.flatten().unwrap_or(0).try_into().unwrap_or(0))
    }

    /// Closed segments of these cameras, and their bytes.
    pub async fn footage_of(&self, cameras: &[CameraId]) -> Result<(u64, u64)> {
        let cameras = cameras.iter().map(|camera| Uuid::from_bytes(camera.to_bytes()));
        let sums: Option<(i64, Option<i64>)> = segment::Entity::find()
            .select_only()
            .column_as(segment::Column::Id.count(), "segments")
            .column_as(Expr::col(segment::Column::Bytes).sum().cast_as("bigint"), "bytes")
            .filter(segment::Column::Camera.is_in(cameras))
            .into_tuple()
            .one(self.index().read())
            .await
            .map_err(error)?;
        let (segments, bytes) = sums.unwrap_or_default();
        Ok((segments.unsigned_abs(), bytes.unwrap_or(0).unsigned_abs()))
    }

    async fn by_start(&self, rows: sea_orm::Select<segment::Entity>) -> Result<Vec<SegmentRow>> {
        let rows = rows.order_by_asc(segment::Column::StartAt).order_by_asc(segment::Column::Id);
        rows.all(self.index().read()).await.map_err(error)?.into_iter().map(segment_row).collect()
    }
}

/// The row as the database holds it.
fn active(row: &SegmentRow) -> Result<segment::ActiveModel> {
    if row.end < row.start || row.end.since(row.start) > SEGMENT_SPAN_MAX {
        let detail = format!("segment {}: {} to {} is no span of one segment", row.id, row.start, row.end);
        return Err(Error::new(Kind::Invalid, "request.invalid", detail));
    }
    Ok(segment::ActiveModel {
        id: Set(Uuid::from_bytes(row.id.to_bytes())),
        camera: Set(Uuid::from_bytes(row.camera.to_bytes())),
        stream: Set(row.stream.as_str().to_owned()),
        key_id: Set(Uuid::from_bytes(row.key.to_bytes())),
        start_at: Set(row.start.micros()),
        end_at: Set(row.end.micros()),
        bytes: Set(i64::try_from(row.bytes).map_err(Error::internal)?),
        has_audio: Set(row.has_audio),
        clean: Set(row.clean),
        storage: Set(row.storage.map(|id| Uuid::from_bytes(id.to_bytes()))),
        class: Set(row.class.as_str().to_owned()),
        origin: Set(row.origin.as_str().to_owned()),
        previous: Set(row.previous.map(|id| Uuid::from_bytes(id.to_bytes()))),
        tail: Set(row.tail.map(Vec::from)),
    })
}

/// What a row that is there already takes from one that comes again: everything but what is `kept`.
fn again(kept: &[segment::Column]) -> OnConflict {
    let kept = |column: &segment::Column| kept.iter().any(|kept| kept.as_str() == column.as_str());
    let columns = segment::Column::iter().filter(|column| !matches!(column, segment::Column::Id) && !kept(column));
    OnConflict::column(segment::Column::Id).update_columns(columns).to_owned()
}

fn segment_row(row: segment::Model) -> Result<SegmentRow> {
    let stream = match row.stream.as_str() {
        "main" => StreamName::Main,
        "sub" => StreamName::Sub,
        _ => return Err(Error::internal(format!("segment {}: an unknown stream", row.id))),
    };
    let class = class_of(&row.class)?;
    let origin = match row.origin.as_str() {
        "live" => Origin::Live,
        "backfill" => Origin::Backfill,
        _ => return Err(Error::internal(format!("segment {}: an unknown origin", row.id))),
    };
    Ok(SegmentRow {
        id: SegmentId::from_bytes(row.id.into_bytes()),
        camera: CameraId::from_bytes(row.camera.into_bytes()),
        stream,
        key: MediaKeyId::from_bytes(row.key_id.into_bytes()),
        start: Timestamp::from_micros(row.start_at),
        end: Timestamp::from_micros(row.end_at),
        bytes: row.bytes.try_into().unwrap_or(0),
        has_audio: row.has_audio,
        clean: row.clean,
        storage: row.storage.map(|id| StorageId::from_bytes(id.into_bytes())),
        class,
        origin,
        previous: row.previous.map(|id| SegmentId::from_bytes(id.into_bytes())),
        tail: row.tail.and_then(|tail| tail.try_into().ok()),
    })
}

pub(crate) fn class_of(word: &str) -> Result<FootageClass> {
    match word {
        "continuous" => Ok(FootageClass::Continuous),
        "event" => Ok(FootageClass::Event),
        _ => Err(Error::internal("footage of an unknown class")),
    }
}
