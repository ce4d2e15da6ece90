use axum::Json;
use axum::extract::State;
use domain::CameraId;
use policy::act::ViewRecorded;

use crate::auth::Caller;
use crate::extract::{Path, Query, RangeQuery};
use crate::problem::Result;
use crate::shape::Timeline;
use crate::state::ApiState;

/// When footage was kept, and why not where none was.
#[utoipa::path(
    get, path = "/cameras/{id}/timeline", operation_id = "readTimeline", tag = "recorded",
    params(("id" = Uuid, Path), ("from" = String, Query, format = DateTime), ("to" = String, Query, format = DateTime)),
    responses((status = 200, body = Timeline))
)]
pub(crate) async fn read(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(query): Query<RangeQuery>,
) -> Result<Json<Timeline>> {
    let range = query.range()?;
    let permit = api.control.ask::<ViewRecorded>(caller.principal(), id).await?;
    Ok(Json(api.relay.timeline(permit, range).await?.into()))
}
