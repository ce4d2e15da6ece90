use axum::Json;
use axum::extract::State;
use domain::CameraId;
use policy::act::{EditCamera, ReadCamera};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{Json as Body, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// How long and how much of a camera's footage is kept. Where nothing is set, the server's own limits hold; they hold besides, too.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keep {
    /// What is recorded all the time.
    #[serde(default)]
    continuous: Limits,
    /// What is recorded because something happened.
    #[serde(default)]
    event: Limits,
}

/// Limits of one class of footage.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = KeepLimits)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// Days that it is kept at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u32>,
    /// Bytes that it may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
}

/// How long and how much of a camera's footage is kept.
#[utoipa::path(
    get, path = "/cameras/{id}/keep", operation_id = "readKeep", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 200, body = Keep))
)]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller, Path(id): Path<CameraId>) -> Result<Json<Keep>> {
    let permit = api.control.ask::<ReadCamera>(caller.principal(), id).await?;
    Ok(Json(api.control.keep(permit).await?.into()))
}

/// Sets how long and how much of a camera's footage is kept. What is beyond is deleted within a minute.
#[utoipa::path(
    put, path = "/cameras/{id}/keep", operation_id = "setKeep", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = Keep, responses((status = 200, body = Keep))
)]
pub(crate) async fn set(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Body(keep): Body<Keep>,
) -> Result<Json<Keep>> {
    let permit = api.control.ask::<EditCamera>(caller.principal(), id).await?;
    Ok(Json(api.control.set_keep(permit, keep.into()).await?.into()))
}

impl From<control::Keeps> for Keep {
    fn from(control::Keeps { continuous, event }: control::Keeps) -> Self {
        let limits = |control::Keep { days, bytes }| Limits { days, bytes };
        Self { continuous: limits(continuous), event: limits(event) }
    }
}

impl From<Keep> for control::Keeps {
    fn from(Keep { continuous, event }: Keep) -> Self {
        let keep = |Limits { days, bytes }| control::Keep { days, bytes };
        Self { continuous: keep(continuous), event: keep(event) }
    }
}
