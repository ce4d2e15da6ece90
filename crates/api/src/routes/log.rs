use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;

use crate::auth::Caller;
use crate::extract::Query;
use crate::problem::Result;
use crate::state::ApiState;

/// `?from=&to=`: two sizes of the log.
#[derive(Debug, Deserialize)]
pub(crate) struct Sizes {
    from: String,
    to: String,
}

/// The newest checkpoint of the log (C2SP tlog-checkpoint, a signed note). Keep it: a log that was changed later cannot prove that
/// it grew from it.
#[utoipa::path(
    get, path = "/log/checkpoint", operation_id = "readCheckpoint", tag = "privacy",
    responses((status = 200, content_type = "text/plain", description = "The checkpoint"))
)]
pub(crate) async fn checkpoint(State(api): State<ApiState>, _: Caller) -> Result<impl IntoResponse> {
    let note = api.control.checkpoint().await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note))
}

/// The proof (RFC 9162 section 2.1.4) that the log of size `to` begins with that of size `from`: a base64 hash a line.
#[utoipa::path(
    get, path = "/log/consistency", operation_id = "readConsistency", tag = "privacy",
    params(("from" = u64, Query), ("to" = u64, Query)),
    responses((status = 200, content_type = "text/plain", description = "The proof"))
)]
pub(crate) async fn consistency(State(api): State<ApiState>, _: Caller, Query(sizes): Query<Sizes>) -> Result<impl IntoResponse> {
    let size = |name: &str, text: &str| {
        text.parse::<u64>().map_err(|_| crate::problem::Problem::invalid(Some(name.to_owned()), "not a size"))
    };
    let proof = api.control.consistency(size("from", &sizes.from)?, size("to", &sizes.to)?).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], proof))
}
