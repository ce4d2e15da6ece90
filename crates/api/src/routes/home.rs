use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{CameraId, HomeId, Timestamp};
use policy::act::{EditHome, ListCameras, ReadCamera, SwitchHomePrivacy, SwitchPrivacy};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::shape::Camera;
use crate::state::ApiState;

/// A home.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Home {
    /// The time zone by which it lives, as in the IANA database.
    zone: String,
    /// Privacy of all its cameras, where it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    privacy: Option<Privacy>,
    /// Cameras that are private by themselves.
    private: Vec<PrivateCamera>,
}

/// Since when nobody sees something, and until when.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Privacy {
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Absent: until somebody ends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// A camera that is private by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PrivateCamera {
    #[schema(value_type = Uuid)]
    camera_id: CameraId,
    #[serde(flatten)]
    #[schema(inline)]
    privacy: Privacy,
}

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HomeEdit {
    /// Such as `Asia/Shanghai`.
    zone: String,
}

/// Privacy on or off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivacySwitch {
    on: bool,
    /// When it ends by itself; absent: when somebody ends it.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// By which clock a home lives, and what of it is private.
#[utoipa::path(
    get, path = "/homes/{id}", operation_id = "readHome", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 200, body = Home))
)]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller, Path(id): Path<HomeId>) -> Result<Out<Home>> {
    let permit = api.control.ask::<ListCameras>(caller.principal(), id).await?;
    let control::Home { zone, private } = api.control.home(permit).await?;
    let mut home = Home { zone: zone.name().to_owned(), privacy: None, private: Vec::new() };
    for store::PrivacyRow { camera, since, until } in private {
        let privacy = Privacy { since, until };
        match camera {
            Some(camera_id) => home.private.push(PrivateCamera { camera_id, privacy }),
            None => home.privacy = Some(privacy),
        }
    }
    Ok(Out(home))
}

/// Changes by which clock a home lives.
#[utoipa::path(
    patch, path = "/homes/{id}", operation_id = "editHome", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = HomeEdit, responses((status = 204, description = "Changed"))
)]
pub(crate) async fn update(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<HomeId>,
    Json(HomeEdit { zone }): Json<HomeEdit>,
) -> Result<StatusCode> {
    let permit = api.control.ask::<EditHome>(caller.principal(), id).await?;
    api.control.edit_home(permit, &zone).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets go of all cameras of a home, or ends that for each of them.
#[utoipa::path(
    put, path = "/homes/{id}/privacy", operation_id = "switchHomePrivacy", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = PrivacySwitch, responses((status = 204, description = "Switched"))
)]
pub(crate) async fn switch(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<HomeId>,
    Json(PrivacySwitch { on, until }): Json<PrivacySwitch>,
) -> Result<StatusCode> {
    let permit = api.control.ask::<SwitchHomePrivacy>(caller.principal(), id).await?;
    api.control.switch_home_privacy(permit, on, until).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets go of a camera: it is not connected, not seen and not recorded. Or ends that.
#[utoipa::path(
    put, path = "/cameras/{id}/privacy", operation_id = "switchPrivacy", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = PrivacySwitch, responses((status = 200, body = Camera))
)]
pub(crate) async fn switch_camera(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Json(PrivacySwitch { on, until }): Json<PrivacySwitch>,
) -> Result<Out<Camera>> {
    let permit = api.control.ask::<SwitchPrivacy>(caller.principal(), id).await?;
    api.control.switch_privacy(permit, on, until).await?;
    let permit = api.control.ask::<ReadCamera>(caller.principal(), id).await?;
    let camera = api.control.camera(permit).await?;
    Ok(Out(api.shape(camera)))
}
