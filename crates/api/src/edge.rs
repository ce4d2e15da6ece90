//! What every request passes: its id, the same-site check, the headers of every answer, the body of every problem.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::auth;
use crate::problem::Problem;
use crate::state::ApiState;

/// The header that carries a request's id.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives a request its id and measures it; writes the body of a problem, and the id into the answer.
pub(crate) async fn identify(State(api): State<ApiState>, request: Request, next: Next) -> Response {
    let id = Uuid::new_v4().to_string();
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let started = api.clock.mono();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    let took = api.clock.mono().since(started);
    metrics::histogram!("atipcam_http_seconds", "route" => route, "status" => status.as_str().to_owned()).record(took);
    tracing::debug!(parent: &span, status = status.as_u16(), took_us = took.as_micros(), "answered");

    if status.is_client_error() || status.is_server_error() {
        let problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| Problem::of_status(status));
        *response.body_mut() = Body::from(problem.body(&id));
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(X_REQUEST_ID, id);
    }
    response
}

/// The headers that tell a browser what our pages and answers may be used for.
pub(crate) async fn secure(State(api): State<ApiState>, request: Request, next: Next) -> Response {
    const ALWAYS: [(HeaderName, &str); 5] = [
        // Beside the page's own <meta> policy, in which browsers ignore frame-ancestors.
        (header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), microphone=(self), geolocation=(), screen-wake-lock=(self)",
        ),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if api.site.tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Answers of the API are nobody else's: not kept unless the route says so, and never across principals.
pub(crate) async fn private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Cookie, Authorization"));
    response
}

/// Refuses what another site's page asks in a person's name: changes, and WebSockets, which have no same-origin rule.
pub(crate) async fn same_site(request: Request, next: Next) -> Response {
    let risky =
        !request.method().is_safe() || request.headers().contains_key(header::UPGRADE) || request.method() == Method::CONNECT;
    if risky && !is_same_site(request.uri(), request.headers()) {
        return Problem::new(StatusCode::FORBIDDEN, "csrf", "this request came from a page of another site").into_response();
    }
    next.run(request).await
}

/// A bearer token is never sent by a browser of itself, so who has one may come from anywhere. For all else the page must be
/// ours: by `Sec-Fetch-Site`, or by an `Origin` equal to the host. A request with neither comes from a tool, and a tool
/// has no business with our cookie.
fn is_same_site(uri: &Uri, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or_default());
    if headers.contains_key(header::AUTHORIZATION) || text("sec-fetch-site") == Some("same-origin") {
        return true;
    }
    match (text("origin"), text("sec-fetch-site")) {
        (Some(origin), _) => {
            let origin = origin.split_once("://").map(|(_, authority)| authority);
            origin.is_some() && origin == authority(uri, headers).as_deref()
        }
        (None, Some(_)) => false,
        (None, None) => auth::cookie(headers).is_none(),
    }
}

/// The host and port that the caller typed: `:authority` of HTTP/2, `Host` of HTTP/1.1.
pub(crate) fn authority(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    uri.authority().map(Authority::to_string).or_else(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: bool, pairs: &[(&'static str, &'static str)]) {
        let headers =
            pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        assert_eq!(is_same_site(&Uri::from_static("/api/v1/session"), &headers), expected, "{pairs:?}");
    }

    #[test]
    fn whose_page_it_was() {
        let cookie = ("cookie", "atipcam_session=x");
        let host = ("host", "nas:8480");
        check(true, &[host, cookie, ("origin", "http://nas:8480")]);
        check(true, &[host, cookie, ("origin", "https://nas:8480")]);
        check(true, &[host, cookie, ("sec-fetch-site", "same-origin"), ("origin", "http://localhost:5173")]);
        check(true, &[host, ("authorization", "Bearer x"), ("origin", "https://evil.example")]);
        check(true, &[host]);
        check(false, &[host, cookie]);
        check(false, &[host, ("origin", "https://evil.example")]);
        check(false, &[host, cookie, ("origin", "https://nas")]);
        check(false, &[host, cookie, ("origin", "null")]);
        check(false, &[("origin", "null")]);
        check(false, &[host, cookie, ("sec-fetch-site", "same-site")]);
        check(false, &[host, ("sec-fetch-site", "cross-site")]);
    }

    #[test]
    fn http2_names_the_host_in_the_address() {
        let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static("https://nas"))]);
        assert!(is_same_site(&Uri::from_static("https://nas/api/v1/session"), &headers));
        assert!(!is_same_site(&Uri::from_static("https://other/api/v1/session"), &headers));
    }
}
