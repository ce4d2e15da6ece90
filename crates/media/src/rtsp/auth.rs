//! Digest (RFC 2617 without `qop`, MD5, as RTSP cameras do it) and basic sign-in.

use std::fmt::Write;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::Secret;
use md5::{Digest, Md5};

use super::uri::same_presentation;
use super::wire::Request;

/// Who may play.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: Secret,
    /// Whether `Basic`, which sends the password readable, is accepted beside `Digest`.
    pub basic: bool,
}

/// The `WWW-Authenticate` values of a 401.
pub(super) fn challenges(basic: bool, realm: &str, nonce: &str) -> Vec<String> {
    let digest = format!("Digest realm=\"{realm}\", nonce=\"{nonce}\"");
    let basic = basic.then(|| format!("Basic realm=\"{realm}\""));
    std::iter::once(digest).chain(basic).collect()
}

/// Who a request says that it comes from.
pub(super) fn user(request: &Request) -> Option<String> {
    let (scheme, rest) = request.header("authorization")?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
        return pair.split_once(':').map(|(user, _)| user.to_owned());
    }
    let digest = scheme.eq_ignore_ascii_case("digest").then_some(rest)?;
    quoted_fields(digest).find(|(name, _)| *name == "username").map(|(_, user)| user.to_owned())
}

/// Whether the request proves knowledge of the password.
pub(super) fn proves(request: &Request, credentials: &Credentials, realm: &str, nonce: &str) -> bool {
    let Some((scheme, rest)) = request.header("authorization").and_then(|value| value.split_once(' ')) else { return false };
    if scheme.eq_ignore_ascii_case("basic") && credentials.basic {
        let expected = format!("{}:{}", credentials.user, credentials.password.expose());
        return STANDARD.decode(rest.trim()).is_ok_and(|given| verify_slices_are_equal(&given, expected.as_bytes()).is_ok());
    }
    scheme.eq_ignore_ascii_case("digest") && proves_by_digest(request, rest, credentials, realm, nonce)
}

fn proves_by_digest(request: &Request, fields: &str, credentials: &Credentials, realm: &str, nonce: &str) -> bool {
    let (mut user, mut said_nonce, mut uri, mut response) = ("", "", "", "");
    for (name, value) in quoted_fields(fields) {
        match name {
            "username" => user = value,
            "nonce" => said_nonce = value,
            "uri" => uri = value,
            "response" => response = value,
            _ => {}
        }
    }
    // The URI must be of the request's own presentation: else one answer overheard opens every path. live555, and so VLC, signs
    // what it asks of a track with the presentation's URI.
    if user != credentials.user || said_nonce != nonce || !same_presentation(uri, &request.uri) {
        return false;
    }
    let secret = hex_md5(&format!("{user}:{realm}:{}", credentials.password.expose()));
    let what = hex_md5(&format!("{}:{uri}", request.method));
    let expected = hex_md5(&format!("{secret}:{nonce}:{what}"));
    verify_slices_are_equal(response.to_ascii_lowercase().as_bytes(), expected.as_bytes()).is_ok()
}

/// `name="value", name=value`; ends at what is neither. No value that matters has an escaped quote in it.
fn quoted_fields(mut text: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        let (name, rest) = text.trim_start_matches([' ', ',', '\t']).split_once('=')?;
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_once(',').unwrap_or((rest, "")),
        };
        text = rest;
        Some((name.trim(), value.trim()))
    })
}

fn hex_md5(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn asks(authorization: &str) -> Request {
        let headers = vec![("authorization".to_owned(), authorization.to_owned())];
        Request { method: "DESCRIBE".into(), uri: "rtsp://h/main".into(), headers, body: Bytes::new() }
    }

    #[test]
    fn only_the_right_answer_proves() {
        let credentials = Credentials { user: "admin".into(), password: "hunter2".into(), basic: false };
        let secret = hex_md5("admin:cam:hunter2");
        let signed = |method: &str, uri: &str| hex_md5(&format!("{secret}:n1:{}", hex_md5(&format!("{method}:{uri}"))));
        let right = signed("DESCRIBE", "rtsp://h/main");
        let digest = |user: &str, nonce: &str, uri: &str, response: &str| {
            format!("Digest username=\"{user}\", realm=\"cam\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\"")
        };
        for (text, expected) in [
            (digest("admin", "n1", "rtsp://h/main", &right), true),
            (digest("admin", "n1", "rtsp://h/main", &right.to_ascii_uppercase()), true),
            (digest("admin", "n1", "rtsp://h/sub", &right), false),
            (digest("admin", "n1", "rtsp://h/sub", &signed("DESCRIBE", "rtsp://h/sub")), false),
            (digest("admin", "n1", "rtsp://h/main/", &signed("DESCRIBE", "rtsp://h/main/")), true),
            (digest("admin", "n1", "rtsp://h/main/trackID=1", &signed("DESCRIBE", "rtsp://h/main/trackID=1")), true),
            (digest("admin", "n1", "rtsp://h/main/", &signed("SETUP", "rtsp://h/main/")), false),
            (digest("admin", "n2", "rtsp://h/main", &right), false),
            (digest("root", "n1", "rtsp://h/main", &right), false),
            (digest("admin", "n1", "rtsp://h/main", &right[1..]), false),
            (digest("admin", "n1", "rtsp://h/main", ""), false),
            ("Digest".into(), false),
            ("Digest \"\"==,=,".into(), false),
            (format!("Basic {}", STANDARD.encode("admin:hunter2")), false),
        ] {
            assert_eq!(proves(&asks(&text), &credentials, "cam", "n1"), expected, "{text}");
        }
    }

    #[test]
    fn basic_only_where_it_is_allowed() {
        let credentials = Credentials { user: "admin".into(), password: "hunter2".into(), basic: true };
        for (pair, expected) in [("admin:hunter2", true), ("admin:hunter3", false), ("admin", false)] {
            assert_eq!(proves(&asks(&format!("Basic {}", STANDARD.encode(pair))), &credentials, "cam", "n1"), expected);
        }
        assert!(!proves(&asks("Basic !!!"), &credentials, "cam", "n1"));
        assert_eq!(challenges(true, "cam", "n1").len(), 2);
    }
}
