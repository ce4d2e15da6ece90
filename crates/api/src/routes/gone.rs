use axum::extract::State;
use domain::{CameraId, HomeId, Timestamp};
use policy::act::ListCameras;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{HomeQuery, Query};
use crate::problem::Result;
use crate::state::ApiState;

/// Cameras that are gone, their footage kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoneCameras {
    cameras: Vec<GoneCamera>,
}

/// A camera that is gone, and what it left.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoneCamera {
    #[schema(value_type = Uuid)]
    id: CameraId,
    #[schema(value_type = Uuid)]
    home_id: HomeId,
    /// What people called it.
    name: String,
    /// When it was removed.
    #[schema(value_type = String, format = DateTime)]
    gone_at: Timestamp,
    /// Bytes of its footage.
    bytes: u64,
    /// When the oldest of it begins. Absent once all of it is past its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// When the newest of it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Whether somebody locked some of it.
    locked: bool,
}

impl From<control::GoneCamera> for GoneCamera {
    fn from(camera: control::GoneCamera) -> Self {
        let control::GoneCamera { id, home, name, gone, bytes, from, until, locked } = camera;
        Self { id, home_id: home, name, gone_at: gone, bytes, from, until, locked }
    }
}

/// The cameras that were removed from one's homes and whose footage was kept, or of the home that is named. What they left is
/// played, saved, locked and erased by their ids, as of any camera.
#[utoipa::path(
    get, path = "/cameras/gone", operation_id = "listGoneCameras", tag = "cameras",
    params(("home_id" = Option<Uuid>, Query, description = "Only this home")),
    responses((status = 200, body = GoneCameras))
)]
pub(crate) async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<HomeQuery>,
) -> Result<axum::Json<GoneCameras>> {
    let mut cameras = Vec::new();
    for home in api.homes(caller.session, query.home_id).await? {
        let permit = api.control.ask::<ListCameras>(caller.principal(), home).await?;
        cameras.extend(api.control.gone_cameras(permit).await?.into_iter().map(GoneCamera::from));
    }
    Ok(axum::Json(GoneCameras { cameras }))
}
