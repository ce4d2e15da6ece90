//! How far footage reaches.

use domain::{CameraId, Result};
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{entity::segment, segment_row};
use crate::db::error;
use crate::{SegmentRow, Store};

impl Store {
    /// The camera's newest closed segment.
    pub async fn newest_segment(&self, camera: CameraId) -> Result<Option<SegmentRow>> {
        let rows = segment::Entity::find().filter(segment::Column::Camera.eq(Uuid::from_bytes(camera.to_bytes())));
        let newest = rows.order_by_desc(segment::Column::StartAt).one(self.index().read()).await.map_err(error)?;
        newest.map(segment_row).transpose()
    }
}
