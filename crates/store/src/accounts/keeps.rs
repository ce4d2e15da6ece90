//! How long and how much of a camera's footage is kept: days and bytes, for each class of its own.

use std::collections::HashMap;

use domain::{CameraId, Error, FootageClass, Kind, Result};
use policy::Permit;
use policy::act::{EditCamera, ReadCamera};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::entity::keep::{ActiveModel, Column, Entity, Model};
use super::uuid;
use crate::db::error;
use crate::footage::class_of;
use crate::{Change, Store};

/// The longest time that can be set: ten years.
const DAYS_MAX: u32 = 3660;

/// The least room that can be set: an hour of 2 Mbit/s. Less would be deleted while it is watched.
const BYTES_MIN: u64 = 1_000_000_000;

/// Limits of one class of a camera's footage; none where the server's rule alone holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// Days that it is kept at most.
    pub days: Option<u32>,
    /// Bytes that it may take.
    pub bytes: Option<u64>,
}

impl Keep {
    fn check(self) -> Result<()> {
        let days = self.days.is_none_or(|days| (1..=DAYS_MAX).contains(&days));
        let bytes = self.bytes.is_none_or(|bytes| (BYTES_MIN..=i64::MAX.unsigned_abs()).contains(&bytes));
        if days && bytes {
            return Ok(());
        }
        let detail = format!("1 to {DAYS_MAX} days, and {BYTES_MIN} bytes or more; nothing is kept by turning recording off");
        Err(Error::new(Kind::Invalid, "request.invalid", detail))
    }
}

impl Store {
    /// The limits of all cameras that have any.
    pub async fn keeps(&self) -> Result<HashMap<(CameraId, FootageClass), Keep>> {
        let rows = Entity::find().all(self.accounts().read()).await.map_err(error)?;
        rows.into_iter().map(keep_row).collect()
    }

    /// The limits of the permit's camera, class by class.
    pub async fn keeps_of(&self, permit: &Permit<ReadCamera>) -> Result<HashMap<FootageClass, Keep>> {
        let rows = Entity::find().filter(Column::Camera.eq(uuid!(permit.object())));
        let rows = rows.all(self.accounts().read()).await.map_err(error)?;
        rows.into_iter().map(|row| keep_row(row).map(|((_, class), keep)| (class, keep))).collect()
    }

    /// Sets the limits of the permit's camera, class by class: all of them or none.
    pub async fn set_keeps(&self, permit: &Permit<EditCamera>, keeps: &[(FootageClass, Keep)]) -> Result<()> {
        let mut rows = Vec::new();
        for (class, keep) in keeps {
            keep.check()?;
            rows.push(ActiveModel {
                camera: Set(uuid!(permit.object())),
                class: Set(class.as_str().to_owned()),
                days: Set(keep.days.map(i32::try_from).transpose().map_err(Error::internal)?),
                bytes: Set(keep.bytes.map(i64::try_from).transpose().map_err(Error::internal)?),
            });
        }
        let again = OnConflict::columns([Column::Camera, Column::Class]).update_columns([Column::Days, Column::Bytes]).to_owned();
        Entity::insert_many(rows).on_conflict(again).exec_without_returning(self.accounts().write()).await.map_err(error)?;
        self.bus().publish(Change::Camera(permit.object()));
        Ok(())
    }
}

fn keep_row(row: Model) -> Result<((CameraId, FootageClass), Keep)> {
    let camera = CameraId::from_bytes(row.camera.into_bytes());
    let class = class_of(&row.class)?;
    let (days, bytes) = (row.days.map(u32::try_from).transpose(), row.bytes.map(u64::try_from).transpose());
    let keep = Keep { days: days.map_err(Error::internal)?, bytes: bytes.map_err(Error::internal)? };
    Ok(((camera, class), keep))
}
