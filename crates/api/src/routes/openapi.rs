use axum::http::header;
use axum::response::IntoResponse;

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "readOpenApi", tag = "server",
    responses((status = 200, content_type = "application/json", body = Object))
)]
pub(crate) async fn read() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], crate::document::json())
}
