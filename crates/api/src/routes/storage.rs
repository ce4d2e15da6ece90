use axum::Json;
use axum::extract::State;
use policy::act::ReadStorage;

use crate::auth::Caller;
use crate::extract::{HomeQuery, Query};
use crate::problem::Result;
use crate::shape::Storage;
use crate::state::ApiState;

/// How much room footage takes and how long it lasts.
#[utoipa::path(
    get, path = "/storage", operation_id = "readStorage", tag = "recorded",
    params(("home_id" = Option<Uuid>, Query, description = "Which home, for somebody who has several")),
    responses((status = 200, body = Storage))
)]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller, Query(query): Query<HomeQuery>) -> Result<Json<Storage>> {
    let home = api.home(caller.session, query.home_id).await?;
    let permit = api.control.ask::<ReadStorage>(caller.principal(), home).await?;
    Ok(Json(api.relay.storage(permit).await?.into()))
}
