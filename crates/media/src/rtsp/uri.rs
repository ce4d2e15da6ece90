//! What a request URI names (RFC 2326, section 3.2), and what track names are relative to.

use super::sdp;
use crate::au::Track;

/// Host and path of a request URI, without user, query and trailing slash.
fn parts(uri: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = uri.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("rtsp") && !scheme.eq_ignore_ascii_case("rtsps") {
        return None;
    }
    let rest = rest.split('?').next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = authority.rsplit('@').next().unwrap_or_default();
    Some((host, path.trim_end_matches('/')))
}

/// Path and track that a request URI names.
pub(super) fn target(uri: &str) -> Option<(&str, Option<Track>)> {
    let (_, path) = parts(uri)?;
    let named = |track| Some((path.strip_suffix(sdp::control(track))?.strip_suffix('/')?, Some(track)));
    let (path, track) = named(Track::Video).or_else(|| named(Track::Audio)).unwrap_or((path, None));
    Some((if path.is_empty() { "/" } else { path }, track))
}

/// Whether two request URIs are of one presentation: itself, or its tracks.
pub(super) fn same_presentation(one: &str, other: &str) -> bool {
    let path = |uri| target(uri).map(|(path, _)| path.trim_end_matches('/'));
    one == other || path(one).is_some_and(|one| path(other) == Some(one))
}

/// What track names are relative to. Never repeats a password that stood in the request URI.
pub(super) fn base(uri: &str) -> String {
    let host = parts(uri).map_or("", |(host, _)| host);
    let path = target(uri).map_or("", |(path, _)| path.trim_end_matches('/'));
    let scheme = if uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("rtsps")) { "rtsps" } else { "rtsp" };
    format!("{scheme}://{host}{path}/")
}
