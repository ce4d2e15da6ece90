//! Which footage stays whatever retention says.

use domain::{CameraId, Result, TimeRange, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};

use crate::Store;
use crate::accounts::entity::{footage_lock, footage_lock_camera};
use crate::db::error;

impl Store {
    /// The times of `camera` that are locked at the moment `at`: in order, apart from one another.
    pub async fn locked(&self, camera: CameraId, at: Timestamp) -> Result<Vec<TimeRange>> {
        let db = self.accounts().read();
        let ids: Vec<Uuid> = footage_lock_camera::Entity::find()
            .select_only()
            .column(footage_lock_camera::Column::FootageLock)
            .filter(footage_lock_camera::Column::Camera.eq(Uuid::from_bytes(camera.to_bytes())))
            .into_tuple()
            .all(db)
            .await
            .map_err(error)?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let holds =
            Condition::any().add(footage_lock::Column::Expires.is_null()).add(footage_lock::Column::Expires.gt(at.micros()));
        let rows = footage_lock::Entity::find().filter(footage_lock::Column::Id.is_in(ids)).filter(holds).all(db).await;
        let range =
            |row: footage_lock::Model| TimeRange::new(Timestamp::from_micros(row.from_at), Timestamp::from_micros(row.to_at));
        Ok(union(rows.map_err(error)?.into_iter().filter_map(range).collect()))
    }
}

/// The same times, in order, with what overlaps or touches as one.
fn union(mut ranges: Vec<TimeRange>) -> Vec<TimeRange> {
    ranges.sort_by_key(|range| (range.from(), range.to()));
    let mut apart: Vec<TimeRange> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match apart.last_mut().filter(|last| range.from() <= last.to()) {
            Some(last) => *last = TimeRange::new(last.from(), last.to().max(range.to())).unwrap_or(*last),
            None => apart.push(range),
        }
    }
    apart
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_touch_are_one() {
        let range = |from, to| TimeRange::new(Timestamp::from_micros(from), Timestamp::from_micros(to)).unwrap();
        let all = vec![range(30, 40), range(0, 10), range(5, 8), range(10, 20), range(35, 50)];
        assert_eq!(union(all), [range(0, 20), range(30, 50)]);
        assert_eq!(union(Vec::new()), []);
    }
}
