//! What retention asks of the index: how much there is where, and what is the oldest of it.

use domain::{CameraId, FootageClass, Result, SegmentId, StorageId, Timestamp};
use sea_orm::prelude::{Expr, Uuid};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

use super::class_of;
use super::entity::segment::{Column, Entity};
use crate::db::error;
use crate::{SegmentRow, Store};

/// How many bytes of one class of a camera's footage lie on one storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FootageSum {
    /// Where; `None` for the data directory's own.
    pub storage: Option<StorageId>,
    /// Whose.
    pub camera: CameraId,
    /// What.
    pub class: FootageClass,
    /// How much.
    pub bytes: u64,
}

/// Which segments to look at; all of them where nothing is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oldest {
    /// Only on this storage.
    pub storage: Option<Option<StorageId>>,
    /// Only of this camera.
    pub camera: Option<CameraId>,
    /// Only of this class.
    pub class: Option<FootageClass>,
    /// Only what ended by then.
    pub before: Option<Timestamp>,
}

impl Store {
    /// How much footage there is: where, whose, of which class.
    pub async fn footage_sums(&self) -> Result<Vec<FootageSum>> {
        let rows: Vec<(Option<Uuid>, Uuid, String, Option<i64>)> = Entity::find()
            .select_only()
            .columns([Column::Storage, Column::Camera, Column::Class])
            // PostgreSQL sums to a decimal; the cast makes it a number of the same type on both.
            .column_as(Expr::col(Column::Bytes).sum().cast_as("bigint"), "sum")
            .group_by(Column::Storage)
            .group_by(Column::Camera)
            .group_by(Column::Class)
            .into_tuple()
            .all(self.index().read())
            .await
            .map_err(error)?;
        let sum = |(storage, camera, class, bytes): (Option<Uuid>, Uuid, String, Option<i64>)| {
            Ok(FootageSum {
                storage: storage.map(|id| StorageId::from_bytes(id.into_bytes())),
                camera: CameraId::from_bytes(camera.into_bytes()),
                class: class_of(&class)?,
                bytes: bytes.unwrap_or(0).try_into().unwrap_or(0),
            })
        };
        rows.into_iter().map(sum).collect()
    }

    /// The oldest segments of those, by start, after the one that starts at `after`.
    pub async fn oldest(&self, of: Oldest, after: Option<(Timestamp, SegmentId)>, limit: u32) -> Result<Vec<SegmentRow>> {
        let mut which = Condition::all();
        if let Some(storage) = of.storage {
            which = which.add(match storage {
                Some(id) => Column::Storage.eq(Uuid::from_bytes(id.to_bytes())),
                None => Column::Storage.is_null(),
            });
        }
        if let Some(camera) = of.camera {
            which = which.add(Column::Camera.eq(Uuid::from_bytes(camera.to_bytes())));
        }
        if let Some(class) = of.class {
            which = which.add(Column::Class.eq(class.as_str()));
        }
        if let Some(before) = of.before {
            // The start is what the index orders by: a segment that ends by then starts by then.
            which = which.add(Column::StartAt.lte(before.micros())).add(Column::EndAt.lte(before.micros()));
        }
        if let Some((start, id)) = after {
            let same =
                Condition::all().add(Column::StartAt.eq(start.micros())).add(Column::Id.gt(Uuid::from_bytes(id.to_bytes())));
            which = which.add(Condition::any().add(Column::StartAt.gt(start.micros())).add(same));
        }
        self.by_start(Entity::find().filter(which).limit(u64::from(limit))).await
    }

    /// Says that a segment's file lies on another storage now.
    pub async fn place_segment(&self, id: SegmentId, storage: Option<StorageId>) -> Result<()> {
        let row = Entity::update_many()
            .col_expr(Column::Storage, Expr::value(storage.map(|id| Uuid::from_bytes(id.to_bytes()))))
            .filter(Column::Id.eq(Uuid::from_bytes(id.to_bytes())));
        row.exec(self.index().write()).await.map_err(error)?;
        Ok(())
    }
}
