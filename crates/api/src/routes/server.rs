use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Result;
use crate::state::{ApiState, Network};

/// What one may know of the server without signing in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Server {
    /// The server's version.
    version: &'static str,
    /// Nobody has an account yet: first run.
    setup_needed: bool,
    /// First run must show the code that the server printed.
    setup_code_needed: bool,
    /// From where the server can be reached.
    #[schema(inline)]
    network: NetworkName,
    /// The version of the policy in force.
    policy_version: &'static str,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum NetworkName {
    Loopback,
    Lan,
}

/// The server, and whether it waits for its owner.
#[utoipa::path(get, path = "/server", operation_id = "readServer", tag = "server", responses((status = 200, body = Server)))]
pub(crate) async fn read(State(api): State<ApiState>) -> Result<Json<Server>> {
    let setup = api.control.setup_state().await?;
    let network = match api.site.network {
        Network::Loopback => NetworkName::Loopback,
        Network::Lan => NetworkName::Lan,
    };
    Ok(Json(Server {
        version: api.site.version,
        setup_needed: setup.needed,
        setup_code_needed: setup.code_needed,
        network,
        policy_version: policy::compiled::VERSION,
    }))
}
