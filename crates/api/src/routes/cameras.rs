use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use control::{CameraEdit, Footage, NewCamera};
use domain::{AudioMode, CameraId, HomeId, Secret};
use policy::act::{AddCamera, EditCamera, ListCameras, ReadCamera, RemoveCamera};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{HomeQuery, Json, Path, Query, nullable};
use crate::problem::Result;
use crate::shape::{self, Camera};
use crate::state::ApiState;

/// Cameras of one's homes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cameras {
    cameras: Vec<Camera>,
}

/// A camera to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    /// What people call it: 1 to 64 characters.
    name: String,
    /// rtsp or rtsps URL of the main stream.
    #[schema(value_type = String, format = "uri")]
    main_url: Secret,
    /// URL of the sub stream: the small picture for grids and thin lines.
    #[schema(value_type = Option<String>, format = "uri")]
    sub_url: Option<Secret>,
    /// User name on the camera.
    username: Option<String>,
    /// Password on the camera. Kept sealed, never returned.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
    /// http URL of the camera's ONVIF device service, at the host of `main_url`.
    #[schema(value_type = Option<String>, format = "uri")]
    onvif_url: Option<Secret>,
    #[serde(default)]
    #[schema(schema_with = shape::audio_mode)]
    audio: AudioMode,
    /// Its ONVIF endpoint reference, as a search told it: by it the next search knows it again.
    endpoint: Option<String>,
    /// Its serial number, likewise.
    serial: Option<String>,
    /// Which home, for somebody who has several.
    #[schema(value_type = Option<Uuid>)]
    home_id: Option<HomeId>,
}

/// What to change (RFC 7396): an absent field stays as it is, `null` clears.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    name: Option<String>,
    #[schema(value_type = Option<String>, format = "uri")]
    main_url: Option<Secret>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = "uri")]
    sub_url: Option<Option<Secret>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    username: Option<Option<String>>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Option<Secret>>,
    /// URL of the ONVIF device service. A main stream at another host clears it.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, format = "uri")]
    onvif_url: Option<Option<Secret>>,
    #[schema(schema_with = shape::audio_mode, required = false)]
    audio: Option<AudioMode>,
    /// Whether to keep footage.
    recording: Option<bool>,
}

/// The cameras of one's homes, or of the one that is named.
#[utoipa::path(
    get, path = "/cameras", operation_id = "listCameras", tag = "cameras",
    params(("home_id" = Option<Uuid>, Query, description = "Only this home")),
    responses((status = 200, body = Cameras))
)]
pub(crate) async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<HomeQuery>,
) -> Result<axum::Json<Cameras>> {
    let mut cameras = Vec::new();
    for home in api.homes(caller.session, query.home_id).await? {
        let permit = api.control.ask::<ListCameras>(caller.principal(), home).await?;
        cameras.extend(api.control.cameras(permit).await?.into_iter().map(|camera| api.shape(camera)));
    }
    Ok(axum::Json(Cameras { cameras }))
}

/// Adds a camera. It is recorded from now on.
#[utoipa::path(
    post, path = "/cameras", operation_id = "addCamera", tag = "cameras", request_body = New,
    responses((status = 201, body = Camera, headers(("Location" = String, description = "The camera's address"))))
)]
pub(crate) async fn create(State(api): State<ApiState>, caller: Caller, Json(new): Json<New>) -> Result<impl IntoResponse> {
    let New { name, main_url, sub_url, username, password, onvif_url, audio, endpoint, serial, home_id } = new;
    let home = api.home(caller.session, home_id).await?;
    let permit = api.control.ask::<AddCamera>(caller.principal(), home).await?;
    let new = NewCamera { name, main_url, sub_url, username, password, onvif_url, audio, endpoint, serial };
    let camera = api.control.add_camera(permit, new).await?;
    let location = [(header::LOCATION, format!("{}/cameras/{}", crate::document::PREFIX, camera.id))];
    Ok((StatusCode::CREATED, location, axum::Json(api.shape(camera))))
}

/// One camera.
#[utoipa::path(
    get, path = "/cameras/{id}", operation_id = "readCamera", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 200, body = Camera))
)]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller, Path(id): Path<CameraId>) -> Result<axum::Json<Camera>> {
    let permit = api.control.ask::<ReadCamera>(caller.principal(), id).await?;
    let camera = api.control.camera(permit).await?;
    Ok(axum::Json(api.shape(camera)))
}

/// Changes a camera.
#[utoipa::path(
    patch, path = "/cameras/{id}", operation_id = "editCamera", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = Edit, responses((status = 200, body = Camera))
)]
pub(crate) async fn update(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Json(edit): Json<Edit>,
) -> Result<axum::Json<Camera>> {
    let permit = api.control.ask::<EditCamera>(caller.principal(), id).await?;
    let Edit { name, main_url, sub_url, username, password, onvif_url, audio, recording } = edit;
    let edit = CameraEdit { name, main_url, sub_url, username, password, onvif_url, audio, recording };
    let camera = api.control.edit_camera(permit, edit).await?;
    Ok(axum::Json(api.shape(camera)))
}

/// How to remove a camera.
#[derive(Debug, Deserialize)]
pub(crate) struct Removal {
    footage: FootageChoice,
    even_locked: Option<String>,
}

/// What becomes of a camera's footage.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FootageChoice {
    Keep,
    Erase,
}

/// Removes a camera: it is disconnected, and its address, user name and password are erased. `footage=keep` leaves what was
/// recorded as it is, to be played and saved by those who may now; `footage=erase` destroys its keys, so that nobody can play it
/// again, and does so with what a camera left that is gone already. One of the two must be said.
#[utoipa::path(
    delete, path = "/cameras/{id}", operation_id = "removeCamera", tag = "cameras",
    params(
        ("id" = Uuid, Path),
        ("footage" = inline(FootageChoice), Query, description = "What becomes of its footage"),
        ("even_locked" = Option<bool>, Query, description = "Locked footage of it may be erased too"),
    ),
    responses((status = 204, description = "Removed"))
)]
pub(crate) async fn delete(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(query): Query<Removal>,
) -> Result<StatusCode> {
    let permit = api.control.ask::<RemoveCamera>(caller.principal(), id).await?;
    let footage = match query.footage {
        FootageChoice::Keep => Footage::Keep,
        FootageChoice::Erase => Footage::Erase { even_locked: query.even_locked.as_deref() == Some("true") },
    };
    api.control.remove_camera(permit, footage).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ApiState {
    pub(crate) fn shape(&self, camera: control::Camera) -> Camera {
        let state = self.relay.camera_state(camera.id);
        let link = camera.device.map(|device| self.relay.link_state(device));
        Camera::new(camera, state, link)
    }
}
