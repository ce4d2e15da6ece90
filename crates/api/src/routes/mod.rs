//! Every operation of the API, on one page. A route is a function with its OpenAPI attribute, in the file of its noun.

mod camera_test;
mod cameras;
mod live_ws;
mod openapi;
mod playback;
mod policy;
mod recording;
mod server;
mod session;
mod setup;
mod snapshot;
mod state;
mod storage;
mod timeline;
mod whep;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

/// All operations, with the document that they add up to.
pub(crate) fn all() -> OpenApiRouter<ApiState> {
    OpenApiRouter::default()
        // Open to everybody.
        .routes(routes!(server::read))
        .routes(routes!(policy::read))
        .routes(routes!(openapi::read))
        .routes(routes!(setup::create))
        // Who one is.
        .routes(routes!(session::create, session::read, session::delete))
        // Cameras of one's homes.
        .routes(routes!(cameras::list, cameras::create))
        .routes(routes!(cameras::read, cameras::update, cameras::delete))
        .routes(routes!(camera_test::run))
        // Live.
        .routes(routes!(whep::create))
        .routes(routes!(whep::delete))
        .routes(routes!(live_ws::watch))
        // Recorded.
        .routes(routes!(timeline::read))
        .routes(routes!(playback::playlist))
        .routes(routes!(playback::part))
        .routes(routes!(recording::download))
        .routes(routes!(snapshot::read))
        // The whole.
        .routes(routes!(storage::read))
        .routes(routes!(state::follow))
}
