use axum::extract::State;
use axum::http::StatusCode;
use domain::CameraId;
use policy::act::EditCamera;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{Json, Path};
use crate::problem::{Problem, Result};
use crate::state::ApiState;

/// Characters of a name: ONVIF's own limit.
const NAME_CHARS_MAX: usize = 64;

/// A place that a camera remembers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Preset {
    /// The camera's word for it.
    token: String,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl From<relay::Preset> for Preset {
    fn from(relay::Preset { token, name }: relay::Preset) -> Self {
        Self { token, name }
    }
}

/// A place to remember.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPreset {
    /// What people call it: 1 to 64 characters.
    name: String,
}

/// Has a camera remember where it looks.
#[utoipa::path(
    post, path = "/cameras/{id}/presets", operation_id = "savePreset", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = NewPreset, responses((status = 201, body = Preset))
)]
pub(crate) async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Json(NewPreset { name }): Json<NewPreset>,
) -> Result<(StatusCode, axum::Json<Preset>)> {
    let permit = api.control.ask::<EditCamera>(caller.principal(), id).await?;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(Problem::invalid(Some("name".into()), "1 to 64 characters"));
    }
    let preset = api.relay.save_preset(permit, name).await?;
    Ok((StatusCode::CREATED, axum::Json(preset.into())))
}

/// Has a camera forget a place.
#[utoipa::path(
    delete, path = "/cameras/{id}/presets/{preset}", operation_id = "removePreset", tag = "cameras",
    params(("id" = Uuid, Path), ("preset" = String, Path)), responses((status = 204, description = "Forgotten"))
)]
pub(crate) async fn delete(
    State(api): State<ApiState>,
    caller: Caller,
    Path((id, preset)): Path<(CameraId, String)>,
) -> Result<StatusCode> {
    let permit = api.control.ask::<EditCamera>(caller.principal(), id).await?;
    api.relay.remove_preset(permit, &preset).await?;
    Ok(StatusCode::NO_CONTENT)
}
