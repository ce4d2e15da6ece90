//! Whether the index holds every file, and what a rebuild from the files writes.

use domain::{CameraId, Origin, Result, SegmentId, StreamName};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait};

use super::entity::{known, segment};
use super::{active, again, days, segment_row};
use crate::db::error;
use crate::{SegmentRow, Store};

/// Rows of one statement: 15 values each, of 32766 that SQLite takes.
const STATEMENT_ROWS: usize = 1000;

/// The mark of an index that holds every file.
const COMPLETE: &str = "complete";

impl Store {
    /// Whether every footage file is in the index, as far as it knows. Not so when it was made anew, or by a version that knew no
    /// marks, until a rebuild has gone through all files.
    pub async fn index_is_complete(&self) -> Result<bool> {
        let found = known::Entity::find_by_id(COMPLETE.to_owned()).one(self.index().read()).await.map_err(error)?;
        Ok(found.is_some())
    }

    /// Writes down that every footage file is in the index, or that it may not be.
    pub async fn mark_index(&self, complete: bool) -> Result<()> {
        if complete {
            let row = known::ActiveModel { name: Set(COMPLETE.to_owned()), at: Set(self.now()) };
            let again = OnConflict::column(known::Column::Name).update_column(known::Column::At).to_owned();
            known::Entity::insert(row).on_conflict(again).exec_without_returning(self.index().write()).await.map_err(error)?;
        } else {
            known::Entity::delete_by_id(COMPLETE.to_owned()).exec(self.index().write()).await.map_err(error)?;
        }
        Ok(())
    }

    /// As [`Store::add_segment`], for many at once: what their files say replaces what their rows said. But for the class: a file
    /// says why it was kept when it was begun, and an event in it may have been noted since. All or none.
    pub async fn restore_segments(&self, rows: &[SegmentRow]) -> Result<()> {
        let tx = self.index().write().begin().await.map_err(error)?;
        for rows in rows.chunks(STATEMENT_ROWS) {
            let models = rows.iter().map(active).collect::<Result<Vec<_>>>()?;
            segment::Entity::insert_many(models)
                .on_conflict(again(&[segment::Column::Class]))
                .exec_without_returning(&tx)
                .await
                .map_err(error)?;
        }
        // Made when they are asked for: adding to them file by file, newest first, would sort each day a thousand times.
        let spans = rows.iter().map(|row| (Uuid::from_bytes(row.camera.to_bytes()), (row.start.micros(), row.end.micros())));
        days::forget_all(&tx, spans).await.map_err(error)?;
        tx.commit().await.map_err(error)
    }

    /// Segments whose id is behind `after`, by id: to walk all rows in pages while they change.
    pub async fn segments_behind(&self, after: Option<SegmentId>, limit: u32) -> Result<Vec<SegmentRow>> {
        let rows = segment::Entity::find().order_by_asc(segment::Column::Id).limit(u64::from(limit));
        let rows = match after {
            Some(after) => rows.filter(segment::Column::Id.gt(Uuid::from_bytes(after.to_bytes()))),
            None => rows,
        };
        rows.all(self.index().read()).await.map_err(error)?.into_iter().map(segment_row).collect()
    }

    /// The newest segment that was recorded live of a camera's stream: what the next one follows.
    pub async fn newest_segment(&self, camera: CameraId, stream: StreamName) -> Result<Option<SegmentRow>> {
        let row = segment::Entity::find()
            .filter(segment::Column::Camera.eq(Uuid::from_bytes(camera.to_bytes())))
            .filter(segment::Column::Stream.eq(stream.as_str()))
            .filter(segment::Column::Origin.eq(Origin::Live.as_str()))
            .order_by_desc(segment::Column::StartAt)
            .order_by_desc(segment::Column::Id);
        row.one(self.index().read()).await.map_err(error)?.map(segment_row).transpose()
    }
}
