//! Which footage there is: `index.db`, one row a closed segment file.

pub(crate) mod entity;
mod gap;
mod migration;

use std::time::Duration;

use domain::{CameraId, Error, FootageClass, Kind, Origin, Result, SegmentId, StorageId, StreamName, TimeRange, Timestamp};
use media::record::MediaKeyId;
use sea_orm::prelude::{Expr, Uuid};
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::db::error;
use crate::{SegmentRow, Store};
use entity::segment;
pub(crate) use migration::Migrator;

/// The longest wall-clock time that one segment may span: sixty times its media time, so that a camera whose clock steps
/// fits. It bounds how far before a range the index must look.
const SPAN_MAX: Duration = Duration::from_secs(3600);

impl Store {
    /// Adds a closed segment; adding one again replaces its row, so that a scan may find what is known.
    pub async fn add_segment(&self, row: SegmentRow) -> Result<()> {
        if row.end < row.start || row.end.since(row.start) > SPAN_MAX {
            let detail = format!("segment {}: {} to {} is no span of one segment", row.id, row.start, row.end);
            return Err(Error::new(Kind::Invalid, "request.invalid", detail));
        }
        let bytes = i64::try_from(row.bytes).map_err(Error::internal)?;
        let again = OnConflict::column(segment::Column::Id)
            .update_columns([
                segment::Column::KeyId,
                segment::Column::StartAt,
                segment::Column::EndAt,
                segment::Column::Bytes,
                segment::Column::HasAudio,
                segment::Column::Clean,
                segment::Column::Storage,
                segment::Column::Class,
                segment::Column::Origin,
                segment::Column::Previous,
                segment::Column::Tail,
            ])
            .to_owned();
        let row = segment::ActiveModel {
            id: Set(Uuid::from_bytes(row.id.to_bytes())),
            camera: Set(Uuid::from_bytes(row.camera.to_bytes())),
            stream: Set(row.stream.as_str().to_owned()),
            key_id: Set(Uuid::from_bytes(row.key.to_bytes())),
            start_at: Set(row.start.micros()),
            end_at: Set(row.end.micros()),
            bytes: Set(bytes),
            has_audio: Set(row.has_audio),
            clean: Set(row.clean),
            storage: Set(row.storage.map(|id| Uuid::from_bytes(id.to_bytes()))),
            class: Set(row.class.as_str().to_owned()),
            origin: Set(row.origin.as_str().to_owned()),
            previous: Set(row.previous.map(|id| Uuid::from_bytes(id.to_bytes()))),
            tail: Set(row.tail.map(Vec::from)),
        };
        let insert = segment::Entity::insert(row).on_conflict(again);
        insert.exec_without_returning(self.index().write()).await.map_err(error)?;
        Ok(())
    }

    /// The camera's segments with a moment in `range`, by start.
    pub async fn segments(&self, camera: CameraId, range: TimeRange) -> Result<Vec<SegmentRow>> {
        let rows = segment::Entity::find()
            .filter(segment::Column::Camera.eq(Uuid::from_bytes(camera.to_bytes())))
            .filter(segment::Column::StartAt.gte((range.from() - SPAN_MAX).micros()))
            .filter(segment::Column::StartAt.lt(range.to().micros()))
            .filter(segment::Column::EndAt.gt(range.from().micros()));
        self.by_start(rows).await
    }

    /// A segment; `None` where there is no such one.
    pub async fn segment(&self, id: SegmentId) -> Result<Option<SegmentRow>> {
        let found = segment::Entity::find_by_id(Uuid::from_bytes(id.to_bytes())).one(self.index().read()).await;
        found.map_err(error)?.map(segment_row).transpose()
    }

    /// The oldest segments of all cameras, by start.
    pub async fn oldest_segments(&self, limit: u32) -> Result<Vec<SegmentRow>> {
        self.by_start(segment::Entity::find().limit(u64::from(limit))).await
    }

    /// The oldest segments that end at or before `t`, by start.
    pub async fn segments_before(&self, t: Timestamp, limit: u32) -> Result<Vec<SegmentRow>> {
        // The start is what the index orders by: a segment that ends by `t` starts by `t`.
        let rows = segment::Entity::find()
            .filter(segment::Column::StartAt.lte(t.micros()))
            .filter(segment::Column::EndAt.lte(t.micros()))
            .limit(u64::from(limit));
        self.by_start(rows).await
    }

    /// Forgets a segment; forgetting one twice is no error. The file is the caller's.
    pub async fn remove_segment(&self, id: SegmentId) -> Result<()> {
        let row = segment::Entity::delete_by_id(Uuid::from_bytes(id.to_bytes()));
        row.exec(self.index().write()).await.map_err(error)?;
        Ok(())
    }

    /// Forgets every segment and gap of a camera.
    pub async fn remove_segments_of(&self, camera: CameraId) -> Result<()> {
        let rows = segment::Entity::delete_many().filter(segment::Column::Camera.eq(Uuid::from_bytes(camera.to_bytes())));
        rows.exec(self.index().write()).await.map_err(error)?;
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

fn segment_row(row: segment::Model) -> Result<SegmentRow> {
    let stream = match row.stream.as_str() {
        "main" => StreamName::Main,
        "sub" => StreamName::Sub,
        _ => return Err(Error::internal(format!("segment {}: an unknown stream", row.id))),
    };
    let class = match row.class.as_str() {
        "continuous" => FootageClass::Continuous,
        "event" => FootageClass::Event,
        _ => return Err(Error::internal(format!("segment {}: an unknown class", row.id))),
    };
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
