//! Every operation of the API, on one page. A route is a function with its OpenAPI attribute, in the file of its noun.

mod agreement;
mod camera_search;
mod camera_test;
mod cameras;
mod cases;
mod consents;
mod controls;
mod devices;
mod gone;
mod health;
mod home;
mod invitations;
mod keep;
mod live_ws;
mod locks;
mod log;
mod openapi;
mod pair;
mod plan;
mod playback;
mod policy;
mod presets;
mod privacy;
mod recording;
mod server;
mod session;
mod setup;
mod snapshot;
mod state;
mod steer;
mod storage;
mod stream_keys;
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
        .routes(routes!(policy::page))
        .routes(routes!(policy::history))
        .routes(routes!(openapi::read))
        .routes(routes!(setup::create))
        // What cameras of ours call by themselves: proven by a token or a key.
        .routes(routes!(devices::create))
        .routes(routes!(devices::connect))
        // Who one is.
        .routes(routes!(session::create, session::read, session::delete))
        // What one agreed to, and what is kept about one.
        .routes(routes!(agreement::create, agreement::delete))
        .routes(routes!(consents::list))
        .routes(routes!(consents::update))
        .routes(routes!(privacy::data))
        .routes(routes!(privacy::events))
        .routes(routes!(privacy::disclosures))
        .routes(routes!(privacy::receipt))
        .routes(routes!(privacy::access_history))
        .routes(routes!(privacy::cancel))
        .routes(routes!(log::checkpoint))
        .routes(routes!(log::consistency))
        // Cameras of one's homes.
        .routes(routes!(cameras::list, cameras::create))
        .routes(routes!(cameras::read, cameras::update, cameras::delete))
        .routes(routes!(gone::list))
        .routes(routes!(keep::read, keep::set))
        .routes(routes!(camera_search::run))
        .routes(routes!(camera_test::run))
        .routes(routes!(invitations::create))
        .routes(routes!(invitations::read, invitations::delete))
        .routes(routes!(pair::run))
        .routes(routes!(steer::run))
        .routes(routes!(controls::read))
        .routes(routes!(controls::aim))
        .routes(routes!(controls::set_imaging))
        .routes(routes!(controls::switch))
        .routes(routes!(controls::restart))
        .routes(routes!(controls::set_clock))
        .routes(routes!(presets::create))
        .routes(routes!(presets::delete))
        .routes(routes!(home::read, home::update))
        .routes(routes!(home::switch))
        .routes(routes!(home::switch_camera))
        .routes(routes!(plan::read, plan::update))
        .routes(routes!(stream_keys::list, stream_keys::create))
        .routes(routes!(stream_keys::delete))
        // Live.
        .routes(routes!(whep::create))
        .routes(routes!(whep::delete))
        .routes(routes!(live_ws::watch))
        // Recorded.
        .routes(routes!(timeline::read))
        .routes(routes!(playback::playlist))
        .routes(routes!(playback::part))
        .routes(routes!(recording::download))
        .routes(routes!(recording::hash))
        .routes(routes!(snapshot::read))
        // Footage that stays, and footage that proves itself.
        .routes(routes!(locks::list, locks::create))
        .routes(routes!(locks::delete))
        .routes(routes!(cases::list, cases::create))
        .routes(routes!(cases::read, cases::delete))
        .routes(routes!(cases::download))
        .routes(routes!(health::read))
        .routes(routes!(health::events))
        .routes(routes!(health::would_go))
        // The whole.
        .routes(routes!(health::forecast))
        .routes(routes!(storage::read))
        .routes(routes!(state::follow))
}
