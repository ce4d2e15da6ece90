use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use domain::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::session::{self, SignedIn};
use crate::edge;
use crate::extract::Json;
use crate::problem::{Problem, Result};
use crate::state::{ApiState, Network};

/// First run: the owner's account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUp {
    /// E-mail address, by which one signs in.
    email: String,
    /// Password, 10 characters or more.
    #[schema(value_type = String, format = Password)]
    password: Secret,
    /// The person declares to be of age.
    adult: bool,
    /// The version of the policy that the person read and agrees to.
    policy_version: String,
    /// The code that the server printed, where `setup_code_needed`.
    #[schema(value_type = Option<String>)]
    code: Option<Secret>,
    /// The language in which the policy was read (BCP 47).
    language: Option<String>,
}

/// Creates the owner and signs in.
#[utoipa::path(
    post, path = "/setup", operation_id = "setUp", tag = "session", request_body = SetUp,
    responses((status = 201, body = SignedIn, description = "The owner exists and is signed in; the cookie is set"))
)]
pub(crate) async fn create(
    State(api): State<ApiState>,
    uri: Uri,
    headers: HeaderMap,
    Json(form): Json<SetUp>,
) -> Result<impl IntoResponse> {
    // Without a code only this machine may set up. A page that made its name resolve to loopback would come with that name.
    if api.site.network == Network::Loopback && !edge::authority(&uri, &headers).is_some_and(|host| is_loopback(&host)) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "csrf",
            "open the address that the server printed, by its loopback name",
        ));
    }
    let SetUp { email, password, adult, policy_version, code, language } = form;
    let set_up = control::SetUp { email, password, adult, policy_version, code, language };
    Ok(session::answer(api.control.set_up(set_up).await?, &api))
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    };
    host == "localhost" || host == "[::1]" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn names_of_this_machine() {
        for host in ["localhost", "localhost:8480", "127.0.0.1:1", "127.8.8.8", "[::1]", "[::1]:80"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8480", "10.0.0.1", "127.0.0.1.evil.example", "[::2]:80", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
