//! Signing in: WS-UsernameToken (OASIS UsernameToken Profile 1.0) and HTTP digest (RFC 7616, RFC 2617).

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Secret, Timestamp};
use md5::{Digest, Md5};

use crate::xml::escape;

/// `Base64(SHA-1(nonce + created + password))`.
#[must_use]
pub fn password_digest(nonce: &[u8], created: &str, password: &Secret) -> String {
    let mut sha1 = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    [nonce, created.as_bytes(), password.expose().as_bytes()].iter().for_each(|part| sha1.update(part));
    STANDARD.encode(sha1.finish())
}

/// The header element that signs a request in, made at `now` by the camera's clock.
#[must_use]
pub fn username_token(user: &str, password: &Secret, nonce: &[u8; 16], now: Timestamp) -> String {
    // Whole milliseconds: some cameras cannot read more digits.
    let created = Timestamp::from_micros(now.millis() * 1000).to_string();
    let digest = password_digest(nonce, &created, password);
    let nonce = STANDARD.encode(nonce);
    let user = escape(user);
    format!(
        "<wsse:Security s:mustUnderstand=\"1\" \
         xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\" \
         xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\">\
         <wsse:UsernameToken><wsse:Username>{user}</wsse:Username><wsse:Password Type=\"http://docs.oasis-open.org/wss/2004/01/\
         oasis-200401-wss-username-token-profile-1.0#PasswordDigest\">{digest}</wsse:Password>\
         <wsse:Nonce EncodingType=\"http://docs.oasis-open.org/wss/2004/01/\
         oasis-200401-wss-soap-message-security-1.0#Base64Binary\">{nonce}</wsse:Nonce>\
         <wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )
}

/// What a server asks in `WWW-Authenticate: Digest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The realm.
    pub realm: String,
    /// The nonce.
    pub nonce: String,
    /// Returned as it came.
    pub opaque: Option<String>,
    /// Whether `qop=auth` is offered.
    pub auth: bool,
}

/// Reads a challenge; `None` where it is no digest of MD5 with `qop=auth` or none.
#[must_use]
pub fn challenge(header: &str) -> Option<Challenge> {
    let (scheme, fields) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("digest") {
        return None;
    }
    let mut challenge = Challenge { realm: String::new(), nonce: String::new(), opaque: None, auth: false };
    for (name, value) in fields_of(fields) {
        match name.to_ascii_lowercase().as_str() {
            "realm" => challenge.realm = value.to_owned(),
            "nonce" => challenge.nonce = value.to_owned(),
            "opaque" => challenge.opaque = Some(value.to_owned()),
            "qop" => challenge.auth = value.split(',').any(|word| word.trim() == "auth"),
            "algorithm" if !value.eq_ignore_ascii_case("md5") => return None,
            _ => {}
        }
    }
    (!challenge.nonce.is_empty()).then_some(challenge)
}

/// `name="value", name=value`; ends at what is neither.
pub fn fields_of(mut text: &str) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        let (name, rest) = text.trim_start_matches([' ', ',', '\t']).split_once('=')?;
        let (value, rest) = match rest.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_once(',').unwrap_or((rest, "")),
        };
        text = rest;
        Some((name.trim(), value.trim()))
    })
}

/// The `response` of a digest: without `qop` where `count` and `cnonce` are `None`.
#[must_use]
pub fn response(
    user: &str,
    password: &Secret,
    challenge: &Challenge,
    method: &str,
    uri: &str,
    qop: Option<(&str, &str)>,
) -> String {
    let secret = hex_md5(&format!("{user}:{}:{}", challenge.realm, password.expose()));
    let what = hex_md5(&format!("{method}:{uri}"));
    let nonce = &challenge.nonce;
    match qop {
        Some((count, cnonce)) => hex_md5(&format!("{secret}:{nonce}:{count}:{cnonce}:auth:{what}")),
        None => hex_md5(&format!("{secret}:{nonce}:{what}")),
    }
}

/// The `Authorization` header to a challenge. `count` is how often its nonce was used, from 1.
#[must_use]
pub fn authorization(user: &str, password: &Secret, challenge: &Challenge, method: &str, uri: &str, count: u32) -> String {
    let Challenge { realm, nonce, opaque, auth } = challenge;
    let count = format!("{count:08x}");
    let cnonce = hex_md5(&crate::discovery::fresh_id());
    let qop = auth.then_some((count.as_str(), cnonce.as_str()));
    let response = response(user, password, challenge, method, uri, qop);
    // A user's name with a quote in it would end its field: no camera has such users.
    let user: String = user.chars().filter(|c| *c != '"' && !c.is_control()).collect();
    let mut header = format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm=MD5"
    );
    if *auth {
        header.push_str(&format!(", qop=auth, nc={count}, cnonce=\"{cnonce}\""));
    }
    if let Some(opaque) = opaque {
        header.push_str(&format!(", opaque=\"{opaque}\""));
    }
    header
}

fn hex_md5(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_of_the_specification_comes_out() {
        // ONVIF Application Programmer's Guide, section 6.1.1.3.
        let nonce = STANDARD.decode("LKqI6G/AikKCQrN0zqZFlg==").unwrap();
        let digest = password_digest(&nonce, "2010-09-16T07:50:45Z", &"userpassword".into());
        assert_eq!(digest, "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
    }

    #[test]
    fn the_digest_of_the_rfc_comes_out() {
        // RFC 2617, section 3.5.
        let header = "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", \
                      opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
        let challenge = challenge(header).unwrap();
        let password = "Circle Of Life".into();
        let response = response("Mufasa", &password, &challenge, "GET", "/dir/index.html", Some(("00000001", "0a4f113b")));
        assert_eq!(response, "6629fae49393a05397450978507c4ef1");
    }

    #[test]
    fn challenges_that_cannot_be_answered_are_none() {
        for header in ["Basic realm=\"x\"", "Digest realm=\"x\"", "Digest nonce=\"x\", algorithm=SHA-512", "Digest", ""] {
            assert_eq!(challenge(header), None, "{header}");
        }
    }
}
