use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use domain::{CameraId, Timestamp};
use policy::act::TakeSnapshot;
use serde::Deserialize;

use crate::auth::Caller;
use crate::extract::{Path, Query, number};
use crate::problem::Result;
use crate::state::ApiState;

/// When the picture was taken.
const X_PICTURE_TIME: HeaderName = HeaderName::from_static("x-picture-time");

/// Of which moment, and how large.
#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    at: Option<Timestamp>,
    #[serde(default, deserialize_with = "number")]
    width: Option<u16>,
}

/// One picture: of a recorded moment, or the newest.
#[utoipa::path(
    get, path = "/cameras/{id}/snapshot.jpg", operation_id = "takeSnapshot", tag = "recorded",
    params(
        ("id" = Uuid, Path),
        ("at" = Option<String>, Query, format = DateTime, description = "The moment; the newest picture without it"),
        ("width" = Option<u16>, Query, description = "Pixels across at most"),
    ),
    responses((
        status = 200, content_type = "image/jpeg",
        headers(("X-Picture-Time" = String, description = "When the picture was taken, RFC 3339"))
    ))
)]
pub(crate) async fn read(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(which): Query<Which>,
) -> Result<impl IntoResponse> {
    let permit = api.control.ask::<TakeSnapshot>(caller.principal(), id).await?;
    let still = api.relay.snapshot(permit, which.at, which.width).await?;
    // The past stays as it was, for the sitting; the newest picture is another one every time.
    let keep = if which.at.is_some() { "private, max-age=3600" } else { "no-store" };
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg".to_owned()),
        (header::CACHE_CONTROL, keep.to_owned()),
        (X_PICTURE_TIME, still.at.to_string()),
    ];
    Ok((headers, still.jpeg))
}
