//! How cameras are recorded, by which clock, and when nobody may see them.

use std::time::Duration;

use domain::plan::{POST_ROLL_MAX, PRE_ROLL_MAX, Plan, PlanMode, Week, Zone};
use domain::{Error, Kind, Result, Timestamp};
use policy::Permit;
use policy::act::{EditCamera, EditHome, ListCameras, ReadCamera, SwitchHomePrivacy, SwitchPrivacy};
use store::PrivacyRow;

use crate::Control;

/// Longest privacy that ends by itself. Who wants more wants it until somebody ends it.
const PRIVACY_MAX: Duration = Duration::from_secs(31 * 24 * 3600);

/// How a camera is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Whether footage is wanted at all.
    pub on: bool,
    /// When, and how much around events.
    pub plan: Plan,
    /// By which clock.
    pub zone: Zone,
}

/// What to change of it; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct RecordingEdit {
    /// Whether footage is wanted at all.
    pub on: Option<bool>,
    /// When.
    pub mode: Option<PlanMode>,
    /// The week.
    pub week: Option<Week>,
    /// Time before an event that is kept with it.
    pub pre: Option<Duration>,
    /// Time after it.
    pub post: Option<Duration>,
}

/// A home.
#[derive(Debug, Clone, PartialEq)]
pub struct Home {
    /// By which clock it lives.
    pub zone: Zone,
    /// What of it is private now: the home as a whole, cameras.
    pub private: Vec<PrivacyRow>,
}

impl Control {
    /// How the permit's camera is recorded.
    pub async fn recording(&self, permit: Permit<ReadCamera>) -> Result<Recording> {
        let store = &self.inner.store;
        let row = store.camera(permit.object()).await?.ok_or_else(not_there)?;
        Ok(Recording { on: row.recording, plan: store.plan(row.id).await?, zone: store.zone(row.home).await? })
    }

    /// Changes how the permit's camera is recorded. What was recorded stays.
    ///
    /// # Errors
    /// `request.invalid`; `camera.no_events` where events are wanted of a camera that cannot tell of any.
    pub async fn edit_recording(&self, permit: Permit<EditCamera>, edit: RecordingEdit) -> Result<Recording> {
        let store = &self.inner.store;
        let row = store.camera(permit.object()).await?.ok_or_else(not_there)?;
        let old = store.plan(row.id).await?;
        let plan = Plan {
            mode: edit.mode.unwrap_or(old.mode),
            week: edit.week.unwrap_or(old.week),
            pre: within("pre_s", edit.pre.unwrap_or(old.pre), PRE_ROLL_MAX)?,
            post: within("post_s", edit.post.unwrap_or(old.post), POST_ROLL_MAX)?,
        };
        let on = edit.on.unwrap_or(row.recording);
        if on && plan.wants_events() && store.open_access(&permit, &row).await?.onvif_url.is_none() {
            let detail = "its ONVIF address is not known, by which it would tell of events";
            return Err(Error::new(Kind::Unsupported, "camera.no_events", detail));
        }
        store.set_plan(&permit, &plan).await?;
        if on != row.recording {
            store
                .edit_camera(&permit, |draft| {
                    draft.recording = on;
                    Ok(())
                })
                .await?;
        }
        Ok(Recording { on, plan, zone: store.zone(row.home).await? })
    }

    /// The permit's home.
    pub async fn home(&self, permit: Permit<ListCameras>) -> Result<Home> {
        let (store, home) = (&self.inner.store, permit.object());
        Ok(Home { zone: store.zone(home).await?, private: store.private(home, self.inner.clock.now()).await? })
    }

    /// Changes by which clock the permit's home lives.
    pub async fn edit_home(&self, permit: Permit<EditHome>, zone: &str) -> Result<()> {
        let zone = Zone::named(zone).ok_or_else(|| Error::new(Kind::Invalid, "request.invalid", "zone: no such time zone"))?;
        self.inner.store.set_zone(&permit, &zone).await
    }

    /// Makes the permit's camera private or ends that; `until` ends it by itself.
    pub async fn switch_privacy(&self, permit: Permit<SwitchPrivacy>, on: bool, until: Option<Timestamp>) -> Result<()> {
        self.inner.store.set_privacy(&permit, on, self.end(on, until)?).await
    }

    /// Makes all cameras of the permit's home private, or ends that for each of them.
    pub async fn switch_home_privacy(&self, permit: Permit<SwitchHomePrivacy>, on: bool, until: Option<Timestamp>) -> Result<()> {
        self.inner.store.set_home_privacy(&permit, on, self.end(on, until)?).await
    }

    fn end(&self, on: bool, until: Option<Timestamp>) -> Result<Option<Timestamp>> {
        let now = self.inner.clock.now();
        match until {
            Some(until) if on && (until <= now || until.since(now) > PRIVACY_MAX) => {
                Err(Error::new(Kind::Invalid, "request.invalid", "until: in the future, at most a month away"))
            }
            until => Ok(until.filter(|_| on)),
        }
    }
}

fn within(field: &str, time: Duration, max: Duration) -> Result<Duration> {
    if time <= max {
        return Ok(time);
    }
    Err(Error::new(Kind::Invalid, "request.invalid", format!("{field}: at most {} seconds", max.as_secs())))
}

fn not_there() -> Error {
    Error::new(Kind::NotFound, "not_found", "no such camera, or none that you may see")
}
