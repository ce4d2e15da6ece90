use std::time::Duration;

use axum::Json as Out;
use axum::extract::State;
use control::RecordingEdit;
use domain::CameraId;
use domain::plan::{PlanMode, Week};
use policy::act::{EditCamera, ReadCamera};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// When a camera is recorded.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Always.
    Continuous,
    /// Around events.
    Events,
    /// By the week.
    Schedule,
    /// Never.
    Off,
}

/// How a camera is recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plan {
    #[schema(inline)]
    mode: Mode,
    /// 168 letters, an hour each from Monday's first on, by the home's clock: `c` always, `e` around events, `-` never.
    week: String,
    /// Seconds before an event that are kept with it.
    pre_s: u64,
    /// Seconds after it.
    post_s: u64,
    /// The home's time zone.
    zone: String,
}

/// What to change; an absent field stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanEdit {
    #[schema(inline)]
    mode: Option<Mode>,
    week: Option<String>,
    /// At most 15.
    pre_s: Option<u64>,
    /// At most 300.
    post_s: Option<u64>,
}

impl From<control::Recording> for Plan {
    fn from(control::Recording { on, plan, zone }: control::Recording) -> Self {
        let mode = match plan.mode {
            _ if !on => Mode::Off,
            PlanMode::Continuous => Mode::Continuous,
            PlanMode::Events => Mode::Events,
            PlanMode::Schedule => Mode::Schedule,
        };
        Self {
            mode,
            week: plan.week.to_string(),
            pre_s: plan.pre.as_secs(),
            post_s: plan.post.as_secs(),
            zone: zone.name().to_owned(),
        }
    }
}

/// How a camera is recorded.
#[utoipa::path(
    get, path = "/cameras/{id}/plan", operation_id = "readPlan", tag = "recorded",
    params(("id" = Uuid, Path)), responses((status = 200, body = Plan))
)]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller, Path(id): Path<CameraId>) -> Result<Out<Plan>> {
    let permit = api.control.ask::<ReadCamera>(caller.principal(), id).await?;
    Ok(Out(api.control.recording(permit).await?.into()))
}

/// Changes how a camera is recorded. Footage that is there stays.
#[utoipa::path(
    patch, path = "/cameras/{id}/plan", operation_id = "editPlan", tag = "recorded",
    params(("id" = Uuid, Path)), request_body = PlanEdit, responses((status = 200, body = Plan))
)]
pub(crate) async fn update(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Json(edit): Json<PlanEdit>,
) -> Result<Out<Plan>> {
    let permit = api.control.ask::<EditCamera>(caller.principal(), id).await?;
    let PlanEdit { mode, week, pre_s, post_s } = edit;
    let invalid =
        |bad: domain::plan::BadWeek| domain::Error::new(domain::Kind::Invalid, "request.invalid", format!("week: {bad}"));
    let edit = RecordingEdit {
        on: mode.map(|mode| !matches!(mode, Mode::Off)),
        mode: mode.and_then(|mode| match mode {
            Mode::Continuous => Some(PlanMode::Continuous),
            Mode::Events => Some(PlanMode::Events),
            Mode::Schedule => Some(PlanMode::Schedule),
            // What was chosen before comes back with the switch.
            Mode::Off => None,
        }),
        week: week.map(|week| week.parse::<Week>().map_err(invalid)).transpose()?,
        pre: pre_s.map(Duration::from_secs),
        post: post_s.map(Duration::from_secs),
    };
    Ok(Out(api.control.edit_recording(permit, edit).await?.into()))
}
