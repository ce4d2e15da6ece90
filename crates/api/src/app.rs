//! The web app, embedded: files with a hash in their name for ever, everything else checked each time, and the app's one page
//! for every address that the app itself knows.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::problem::Problem;

/// What `make build` built; empty in a build without it, which serves the API alone.
#[derive(RustEmbed)]
#[folder = "../../web/build"]
#[allow_missing = true]
struct Build;

/// The page that every address of the app starts with.
const PAGE: &str = "index.html";

/// Files whose name holds the hash of what is in them.
const IMMUTABLE: &str = "_app/immutable/";

struct File {
    bytes: Cow<'static, [u8]>,
    mime: String,
    /// Strong: each encoding is a file of its own.
    etag: String,
}

/// Answers whatever is no route of the API.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    respond(&method, uri.path(), &headers, |path| {
        let file = Build::get(path)?;
        let hash = file.metadata.sha256_hash();
        let etag = hash.iter().take(16).fold(String::from("\""), |etag, byte| etag + &format!("{byte:02x}")) + "\"";
        Some(File { bytes: file.data, mime: file.metadata.mimetype().to_owned(), etag })
    })
}

fn respond(method: &Method, path: &str, headers: &HeaderMap, find: impl Fn(&str) -> Option<File>) -> Response {
    let path = path.trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return Problem::not_found().into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return ([(header::ALLOW, "GET, HEAD")], Problem::of_status(StatusCode::METHOD_NOT_ALLOWED)).into_response();
    }
    // A stale tab must learn that its script is gone, and not get a page in its place.
    let path = if is_page(path, headers) && find(path).is_none() { PAGE } else { path };
    let Some(plain) = find(path) else { return Problem::not_found().into_response() };
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let packed = [("br", "br"), ("gzip", "gz")].into_iter().filter(|(coding, _)| accepts(accepted, coding));
    let packed = packed.filter_map(|(coding, suffix)| Some((coding, find(&format!("{path}.{suffix}"))?))).next();
    let (coding, File { bytes, etag, .. }) = match packed {
        Some((coding, file)) => (Some(coding), file),
        None => (None, File { mime: String::new(), ..plain }),
    };

    let keep = if path.starts_with(IMMUTABLE) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let headers = [
        (header::CACHE_CONTROL, keep.to_owned()),
        (header::ETAG, etag),
        (header::VARY, "Accept-Encoding".to_owned()),
        (header::CONTENT_TYPE, plain.mime),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = match bytes {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    let mut response = (headers, body).into_response();
    if let Some(coding) = coding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// Whether an address is one that the app draws: a browser went there, or it does not look like a file.
fn is_page(path: &str, headers: &HeaderMap) -> bool {
    let html = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|types| types.contains("text/html"));
    let file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    !path.starts_with("_app/") && (html || !file)
}

/// RFC 9110 section 12.5.3, as far as browsers use it.
fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let refused = weight.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).is_some_and(|q: f32| q <= 0.0);
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
