//! How cameras are recorded, by which clock, and when nobody may see them.

use std::time::Duration;

use domain::plan::{Plan, PlanMode, Zone};
use domain::{CameraId, Error, HomeId, Result, Timestamp};
use policy::Permit;
use policy::act::{EditCamera, EditHome, SwitchHomePrivacy, SwitchPrivacy};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::entity::{camera, plan, private, zone};
use super::uuid;
use crate::db::error;
use crate::{Change, Store};

/// Since when something is private, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrivacyRow {
    /// The camera; `None` for all of the home.
    pub camera: Option<CameraId>,
    /// Since when.
    pub since: Timestamp,
    /// Until when; `None` until somebody ends it.
    pub until: Option<Timestamp>,
}

impl PrivacyRow {
    /// Whether it holds at a moment.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl Store {
    /// How a camera is recorded where its footage is wanted.
    pub async fn plan(&self, camera: CameraId) -> Result<Plan> {
        let row = plan::Entity::find_by_id(uuid!(camera)).one(self.accounts().read()).await.map_err(error)?;
        row.map_or_else(|| Ok(Plan::default()), plan_of)
    }

    /// Sets how the permit's camera is recorded.
    pub async fn set_plan(&self, permit: &Permit<EditCamera>, plan: &Plan) -> Result<()> {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).map_err(Error::internal);
        let row = plan::ActiveModel {
            camera: Set(uuid!(permit.object())),
            mode: Set(plan.mode.as_str().to_owned()),
            week: Set(plan.week.to_string()),
            pre_s: Set(seconds(plan.pre)?),
            post_s: Set(seconds(plan.post)?),
        };
        let again = OnConflict::column(plan::Column::Camera)
            .update_columns([plan::Column::Mode, plan::Column::Week, plan::Column::PreS, plan::Column::PostS])
            .to_owned();
        plan::Entity::insert(row).on_conflict(again).exec_without_returning(self.accounts().write()).await.map_err(error)?;
        self.bus().publish(Change::Camera(permit.object()));
        Ok(())
    }

    /// The clock by which a home lives; UTC until somebody says.
    pub async fn zone(&self, home: HomeId) -> Result<Zone> {
        let row = zone::Entity::find_by_id(uuid!(home)).one(self.accounts().read()).await.map_err(error)?;
        // A name that this version's database does not know is no reason to record nothing.
        Ok(row.and_then(|row| Zone::named(&row.name)).unwrap_or_default())
    }

    /// Sets the clock by which the permit's home lives.
    pub async fn set_zone(&self, permit: &Permit<EditHome>, zone: &Zone) -> Result<()> {
        let home = permit.object();
        let row = zone::ActiveModel { home: Set(uuid!(home)), name: Set(zone.name().to_owned()) };
        let again = OnConflict::column(zone::Column::Home).update_column(zone::Column::Name).to_owned();
        zone::Entity::insert(row).on_conflict(again).exec_without_returning(self.accounts().write()).await.map_err(error)?;
        self.tell_home(home).await
    }

    /// What of a home is private at `now`: the home as a whole, cameras.
    pub async fn private(&self, home: HomeId, now: Timestamp) -> Result<Vec<PrivacyRow>> {
        let rows = private::Entity::find().filter(private::Column::Home.eq(uuid!(home)));
        let rows = rows.all(self.accounts().read()).await.map_err(error)?;
        Ok(rows.into_iter().map(privacy_row).filter(|row| row.holds(now)).collect())
    }

    /// Whether a camera is private at `now`, by itself or with its home, and until when.
    pub async fn privacy(&self, home: HomeId, camera: CameraId, now: Timestamp) -> Result<Option<PrivacyRow>> {
        let rows = self.private(home, now).await?.into_iter();
        // Where both are, the longer one counts.
        Ok(rows
            .filter(|row| row.camera.is_none_or(|of| of == camera))
            .max_by_key(|row| row.until.unwrap_or(Timestamp::from_micros(i64::MAX))))
    }

    /// When the next privacy of all ends by itself.
    pub async fn next_privacy_end(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let rows = private::Entity::find().filter(private::Column::Until.gt(now.micros()));
        let rows = rows.all(self.accounts().read()).await.map_err(error)?;
        Ok(rows.into_iter().filter_map(|row| row.until).min().map(Timestamp::from_micros))
    }

    /// Makes the permit's camera private, or ends that.
    pub async fn set_privacy(&self, permit: &Permit<SwitchPrivacy>, on: bool, until: Option<Timestamp>) -> Result<()> {
        let home = permit.home().ok_or_else(|| Error::internal("a camera of no home"))?;
        let camera = permit.object();
        self.write_privacy(home, Some(camera), on, until).await?;
        self.bus().publish(Change::Camera(camera));
        Ok(())
    }

    /// Makes all cameras of the permit's home private, or ends that for all of them.
    pub async fn set_home_privacy(&self, permit: &Permit<SwitchHomePrivacy>, on: bool, until: Option<Timestamp>) -> Result<()> {
        let home = permit.object();
        self.write_privacy(home, None, on, until).await?;
        self.tell_home(home).await
    }

    async fn write_privacy(&self, home: HomeId, camera: Option<CameraId>, on: bool, until: Option<Timestamp>) -> Result<()> {
        let id = camera.map_or_else(|| uuid!(home), |camera| uuid!(camera));
        let db = self.accounts().write();
        if !on {
            // What ends for the home ends for each of its cameras: nobody looks for a switch twice.
            let mut which = Condition::any().add(private::Column::Id.eq(id));
            if camera.is_none() {
                which = which.add(private::Column::Home.eq(uuid!(home)));
            }
            private::Entity::delete_many().filter(which).exec(db).await.map_err(error)?;
            return Ok(());
        }
        let row = private::ActiveModel {
            id: Set(id),
            home: Set(uuid!(home)),
            camera: Set(camera.map(|camera| uuid!(camera))),
            since: Set(self.now()),
            until: Set(until.map(Timestamp::micros)),
        };
        let again = OnConflict::column(private::Column::Id).update_column(private::Column::Until).to_owned();
        private::Entity::insert(row).on_conflict(again).exec_without_returning(db).await.map_err(error)?;
        Ok(())
    }

    async fn tell_home(&self, home: HomeId) -> Result<()> {
        let cameras = camera::Entity::find().filter(camera::Column::Home.eq(uuid!(home)));
        for row in cameras.all(self.accounts().read()).await.map_err(error)? {
            self.bus().publish(Change::Camera(CameraId::from_bytes(row.id.into_bytes())));
        }
        Ok(())
    }
}

fn plan_of(row: plan::Model) -> Result<Plan> {
    let seconds = |number: i64| Duration::from_secs(u64::try_from(number).unwrap_or(0));
    Ok(Plan {
        mode: PlanMode::parse(&row.mode).ok_or_else(|| super::unknown("plan.mode", row.camera))?,
        week: row.week.parse().map_err(|_| super::unknown("plan.week", row.camera))?,
        pre: seconds(row.pre_s),
        post: seconds(row.post_s),
    })
}

fn privacy_row(row: private::Model) -> PrivacyRow {
    PrivacyRow {
        camera: row.camera.map(|camera| CameraId::from_bytes(camera.into_bytes())),
        since: Timestamp::from_micros(row.since),
        until: row.until.map(Timestamp::from_micros),
    }
}
