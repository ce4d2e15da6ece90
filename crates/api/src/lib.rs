//! The HTTP face: routes, problems, the OpenAPI document, the embedded web app.
//!
//! Floor 6 of the house. A route reads the request, asks control for a permit, hands the permit to control or relay, and
//! shapes the answer; it decides nothing. [`router`] is a value: a test calls it in process, the binary serves it.

mod app;
mod auth;
mod book;
mod disposition;
mod document;
mod edge;
mod extract;
mod happenings;
mod homes;
mod problem;
pub mod range;
mod routes;
mod shape;
mod state;

use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse as _;
use axum::{Router, response::Response};
use tower_http::catch_panic::CatchPanicLayer;

pub use auth::session_token;
pub use document::json as openapi;
pub use state::{ApiState, Conduit, Network, Rtsp, Site};

use problem::Problem;

/// Everything that the server answers: the API under `/api/v1`, and the web app.
pub fn router(state: ApiState) -> Router {
    let api = Router::from(routes::all())
        .fallback(async || Problem::not_found())
        .layer(from_fn(edge::same_site))
        .layer(from_fn(edge::private));
    Router::new()
        .nest(document::PREFIX, api)
        .fallback(app::serve)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), edge::secure))
        .layer(from_fn_with_state(state.clone(), edge::identify))
        .with_state(state)
}

/// A panic is our bug; the panic hook has logged where. The request's neighbours go on.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}
