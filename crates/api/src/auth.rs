//! Who asks: a session proven by the app's cookie or by a tool's bearer token.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use domain::limits::SESSION_IDLE_MAX;
use domain::{Secret, SessionId};
use policy::Principal;

use crate::problem::Problem;
use crate::state::ApiState;

/// The name of the session's cookie.
pub(crate) const COOKIE: &str = "atipcam_session";

/// A session that proved itself. A route that takes one is closed to everybody else.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) session: SessionId,
    /// The token that came in the cookie, so that the cookie's life can be prolonged.
    pub(crate) cookie: Option<Secret>,
}

impl Caller {
    pub(crate) fn principal(&self) -> Principal {
        Principal::Session(self.session)
    }
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &ApiState) -> Result<Self, Problem> {
        let token = session_token(&parts.headers).ok_or_else(none)?;
        let session = api.control.session(token.expose()).await?.ok_or_else(none)?;
        let by_cookie = !parts.headers.contains_key(header::AUTHORIZATION);
        Ok(Self { session, cookie: by_cookie.then_some(token) })
    }
}

pub(crate) fn none() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "session.none", "sign in first")
}

/// The token by which a request proves its session: a tool's bearer token, or else the app's cookie. A bearer token wins: the
/// same-site check has let the request pass for its sake.
#[must_use]
pub fn session_token(headers: &HeaderMap) -> Option<Secret> {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => bearer(value.to_str().ok()?).map(Secret::from),
        None => cookie(headers).map(Secret::from),
    }
}

/// RFC 6750 section 2.1.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The session token in the cookie (RFC 6265 section 4.2.1).
pub(crate) fn cookie(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|pairs| pairs.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value.to_owned())
}

/// A `Set-Cookie` that keeps `token` as long as a session can live. `Strict`: no other site's link or form takes it along;
/// scripts cannot read it.
pub(crate) fn set_cookie(token: &Secret, tls: bool) -> [(HeaderName, String); 1] {
    cookie_header(token.expose(), SESSION_IDLE_MAX.as_secs(), tls)
}

/// A `Set-Cookie` that removes the token.
pub(crate) fn clear_cookie(tls: bool) -> [(HeaderName, String); 1] {
    cookie_header("", 0, tls)
}

fn cookie_header(value: &str, age_s: u64, tls: bool) -> [(HeaderName, String); 1] {
    let secure = if tls { "; Secure" } else { "" };
    [(header::SET_COOKIE, format!("{COOKIE}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}"))]
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn our_cookie_is_found_among_others() {
        for (text, expected) in [
            ("atipcam_session=abc", Some("abc")),
            ("a=b; atipcam_session=abc; c=d", Some("abc")),
            ("xatipcam_session=abc", None),
            ("atipcam_session", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))]);
            assert_eq!(cookie(&headers).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_bearer_token_is_read_in_any_case() {
        assert_eq!(bearer("bearer abc"), Some("abc"));
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }

    #[test]
    fn the_cookie_is_kept_from_scripts_and_other_sites() {
        let [(_, text)] = set_cookie(&"t".into(), true);
        assert_eq!(text, "atipcam_session=t; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure");
    }
}
