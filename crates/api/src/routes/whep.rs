use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::{CameraId, ViewId};
use policy::act::ViewLive;

use crate::auth::Caller;
use crate::extract::{Path, Query, Sdp, Stream, StreamQuery};
use crate::problem::Result;
use crate::state::ApiState;

/// Starts a live view by WebRTC (WHEP): an SDP offer for its answer. The view ends by DELETE of its address.
#[utoipa::path(
    post, path = "/cameras/{id}/whep", operation_id = "startView", tag = "live",
    params(("id" = Uuid, Path), ("stream" = inline(Option<Stream>), Query)),
    request_body(content = String, content_type = "application/sdp"),
    responses((
        status = 201, body = String, content_type = "application/sdp",
        headers(("Location" = String, description = "The view's address"))
    ))
)]
pub(crate) async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(query): Query<StreamQuery>,
    Sdp(offer): Sdp,
) -> Result<impl IntoResponse> {
    let permit = api.control.ask::<ViewLive>(caller.principal(), id).await?;
    let answer = api.relay.whep(permit, query.stream.into(), &offer).await?;
    let location = format!("{}/cameras/{id}/whep/{}", crate::document::PREFIX, answer.view);
    let headers = [(header::CONTENT_TYPE, "application/sdp".to_owned()), (header::LOCATION, location)];
    Ok((StatusCode::CREATED, headers, answer.sdp))
}

/// Ends a live view of one's own.
#[utoipa::path(
    delete, path = "/cameras/{id}/whep/{view}", operation_id = "endView", tag = "live",
    params(("id" = Uuid, Path), ("view" = Uuid, Path)), responses((status = 204, description = "Ended"))
)]
pub(crate) async fn delete(
    State(api): State<ApiState>,
    caller: Caller,
    Path((_id, view)): Path<(CameraId, ViewId)>,
) -> Result<StatusCode> {
    api.relay.end_view(view, caller.principal()).await?;
    Ok(StatusCode::NO_CONTENT)
}
