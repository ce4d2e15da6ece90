//! Why there is no footage of a time: what a timeline says instead of leaving people to guess.

use domain::{CameraId, Result, TimeRange, Timestamp};
use media::record::{Cause, Gap};
use sea_orm::prelude::{Expr, Uuid};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::gap::{ActiveModel, Column, Entity, Model};
use crate::Store;
use crate::db::error;

/// Gaps that one answer holds. A camera that drops out every minute makes 1440 a day.
const GAPS_MAX: u64 = 10_000;

impl Store {
    /// Says that `camera` is not recorded from `at` on, and why. A gap that still ran ends there.
    pub async fn start_gap(&self, camera: CameraId, at: Timestamp, cause: Cause) -> Result<()> {
        self.end_gap(camera, at).await?;
        self.insert_gap(camera, cause, at, None).await
    }

    /// Says that `camera` is recorded again.
    pub async fn end_gap(&self, camera: CameraId, at: Timestamp) -> Result<()> {
        let running = Entity::update_many()
            .col_expr(Column::ToAt, Expr::value(at.micros()))
            .filter(Column::Camera.eq(uuid(camera)))
            .filter(Column::ToAt.is_null());
        running.exec(self.index().write()).await.map_err(error)?;
        Ok(())
    }

    /// Says that footage of `camera` was there up to `until` and is no longer kept. One row a camera: retention takes the
    /// oldest first.
    pub async fn not_kept_until(&self, camera: CameraId, from: Timestamp, until: Timestamp) -> Result<()> {
        let row = Entity::update_many()
            .col_expr(Column::ToAt, Expr::value(until.micros()))
            .filter(Column::Camera.eq(uuid(camera)))
            .filter(Column::Cause.eq(word(Cause::NotKept)));
        let known = row.exec(self.index().write()).await.map_err(error)?;
        if known.rows_affected > 0 { Ok(()) } else { self.insert_gap(camera, Cause::NotKept, from, Some(until)).await }
    }

    /// The known gaps of `camera` with a moment in `range`; one that still runs ends at `now`.
    pub async fn gaps(&self, camera: CameraId, range: TimeRange, now: Timestamp) -> Result<Vec<Gap>> {
        let unfinished = Condition::any().add(Column::ToAt.is_null()).add(Column::ToAt.gt(range.from().micros()));
        let rows = Entity::find()
            .filter(Column::Camera.eq(uuid(camera)))
            .filter(Column::FromAt.lt(range.to().micros()))
            .filter(unfinished)
            .order_by_asc(Column::FromAt)
            .limit(GAPS_MAX);
        let rows = rows.all(self.index().read()).await.map_err(error)?;
        Ok(rows.into_iter().filter_map(|row| gap(&row, now)).collect())
    }

    pub(super) async fn remove_gaps_of(&self, camera: CameraId) -> Result<()> {
        Entity::delete_many().filter(Column::Camera.eq(uuid(camera))).exec(self.index().write()).await.map_err(error)?;
        Ok(())
    }

    async fn insert_gap(&self, camera: CameraId, cause: Cause, from: Timestamp, to: Option<Timestamp>) -> Result<()> {
        let row = ActiveModel {
            camera: Set(uuid(camera)),
            cause: Set(word(cause).to_owned()),
            from_at: Set(from.micros()),
            to_at: Set(to.map(Timestamp::micros)),
        };
        // The same gap started twice within a microsecond goes on.
        let again = OnConflict::columns([Column::Camera, Column::Cause, Column::FromAt]).update_column(Column::ToAt).to_owned();
        Entity::insert(row).on_conflict(again).exec_without_returning(self.index().write()).await.map_err(error)?;
        Ok(())
    }
}

fn uuid(camera: CameraId) -> Uuid {
    Uuid::from_bytes(camera.to_bytes())
}

const fn word(cause: Cause) -> &'static str {
    match cause {
        Cause::Offline => "offline",
        Cause::Off => "off",
        Cause::NotKept => "not_kept",
        Cause::Privacy => "privacy",
        Cause::Lost => "lost",
        Cause::Disk => "disk",
        Cause::Unknown => "unknown",
    }
}

fn gap(row: &Model, now: Timestamp) -> Option<Gap> {
    let cause = match row.cause.as_str() {
        "offline" => Cause::Offline,
        "off" => Cause::Off,
        "not_kept" => Cause::NotKept,
        "privacy" => Cause::Privacy,
        "lost" => Cause::Lost,
        "disk" => Cause::Disk,
        _ => Cause::Unknown,
    };
    let to = row.to_at.map_or(now, Timestamp::from_micros);
    Some(Gap { range: TimeRange::new(Timestamp::from_micros(row.from_at), to)?, cause })
}
