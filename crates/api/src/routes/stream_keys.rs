use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use control::StreamKey;
use domain::{CameraId, StreamKeyId, SubjectId, Timestamp};
use policy::act::{ListStreamKeys, MakeStreamKey, RevokeStreamKey};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{Json, Path};
use crate::problem::Result;
use crate::state::ApiState;

/// The stream keys of a camera.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamKeys {
    stream_keys: Vec<Shown>,
    /// Where the pictures are served; absent where this server serves none to other software.
    #[serde(skip_serializing_if = "Option::is_none")]
    rtsp: Option<Rtsp>,
}

/// Where other software finds a camera, on the host that the app is reached by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rtsp {
    /// `rtsp`, or `rtsps` where what leaves the machine is encrypted.
    scheme: &'static str,
    port: u16,
    /// Of the main stream; with `/sub` behind it, of the small picture.
    path: String,
}

/// A key by which other software plays one camera.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StreamKey)]
pub(crate) struct Shown {
    #[schema(value_type = Uuid)]
    id: StreamKeyId,
    name: String,
    /// The user name that the other software shows.
    username: String,
    /// Who made it.
    #[schema(value_type = Uuid)]
    made_by: SubjectId,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When a view by it last began; absent while none has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
}

/// A key that was just made, and its password, this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeStreamKey)]
pub(crate) struct Made {
    stream_key: Shown,
    password: String,
}

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStreamKey)]
pub(crate) struct NewKey {
    /// What the other software is called: 1 to 64 characters.
    name: String,
}

/// The stream keys of a camera, oldest first, and where they serve.
#[utoipa::path(
    get, path = "/cameras/{id}/stream-keys", operation_id = "listStreamKeys", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 200, body = StreamKeys))
)]
pub(crate) async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
) -> Result<axum::Json<StreamKeys>> {
    let permit = api.control.ask::<ListStreamKeys>(caller.principal(), id).await?;
    let keys = api.control.stream_keys(permit).await?;
    let rtsp = api.site.rtsp.map(|rtsp| Rtsp {
        scheme: if rtsp.tls { "rtsps" } else { "rtsp" },
        port: rtsp.port,
        path: format!("/cameras/{id}"),
    });
    Ok(axum::Json(StreamKeys { stream_keys: keys.into_iter().map(Shown::from).collect(), rtsp }))
}

/// Makes a stream key of a camera. Its password is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/cameras/{id}/stream-keys", operation_id = "makeStreamKey", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = NewKey, responses((status = 201, body = Made))
)]
pub(crate) async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Json(new): Json<NewKey>,
) -> Result<impl IntoResponse> {
    let permit = api.control.ask::<MakeStreamKey>(caller.principal(), id).await?;
    let (key, password) = api.control.make_stream_key(permit, &new.name).await?;
    let made = Made { stream_key: key.into(), password: password.expose().to_owned() };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(made)))
}

/// Revokes a stream key: what plays by it ends within a second.
#[utoipa::path(
    delete, path = "/cameras/{id}/stream-keys/{key}", operation_id = "revokeStreamKey", tag = "cameras",
    params(("id" = Uuid, Path), ("key" = Uuid, Path)), responses((status = 204, description = "Revoked"))
)]
pub(crate) async fn delete(
    State(api): State<ApiState>,
    caller: Caller,
    Path((id, key)): Path<(CameraId, StreamKeyId)>,
) -> Result<StatusCode> {
    let permit = api.control.ask::<RevokeStreamKey>(caller.principal(), id).await?;
    api.control.revoke_stream_key(permit, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<StreamKey> for Shown {
    fn from(key: StreamKey) -> Self {
        let username = key.username();
        let StreamKey { id, name, maker, created, last_used } = key;
        Self { id, name, username, made_by: maker, created_at: created, last_used_at: last_used }
    }
}
