//! Who may ask: WS-UsernameToken with a replay window, or HTTP digest with counted nonces.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cameras::onvif::auth::{Challenge, fields_of, password_digest, response};
use cameras::xml::Element;
use domain::{Secret, Timestamp};

use crate::identity::SignIn;

/// How far a token's time may be from the camera's, to either side.
const WINDOW: Duration = Duration::from_secs(60);
/// Tokens that are remembered within the window; more at a time are refused.
const TOKENS_MAX: usize = 4096;
/// Nonces of HTTP digest that are valid at a time; the oldest make room.
const NONCES_MAX: usize = 64;
const REALM: &str = "virtual camera";

pub(super) struct Auth {
    sign_in: SignIn,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    tokens: VecDeque<(Timestamp, Vec<u8>)>,
    /// Nonce, and the highest count that was used with it.
    nonces: VecDeque<(String, u32)>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth(..)")
    }
}

impl Auth {
    pub(super) fn new(sign_in: SignIn) -> Self {
        Self { sign_in, seen: Mutex::default() }
    }

    /// Whether anybody may ask.
    pub(super) fn is_open(&self) -> bool {
        self.sign_in.now().is_none()
    }

    /// `Err` with a fresh challenge where neither the envelope nor the headers prove knowledge of the password.
    pub(super) fn check(
        &self,
        envelope: &Element,
        headers: &HeaderMap,
        method: &str,
        path: &str,
        now: Timestamp,
    ) -> Result<(), String> {
        let Some((user, password)) = &self.sign_in.now() else { return Ok(()) };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let token = envelope.at("Header/Security/UsernameToken");
        let proven = token.is_some_and(|token| seen.token(token, user, password, now))
            || headers
                .get(header::AUTHORIZATION)
                .and_then(|value| value.to_str().ok()?.strip_prefix("Digest "))
                .is_some_and(|fields| seen.digest(fields, user, password, method, path));
        if proven {
            return Ok(());
        }
        let nonce = uuid::Uuid::new_v4().simple().to_string();
        let challenge = format!("Digest realm=\"{REALM}\", qop=\"auth\", nonce=\"{nonce}\", algorithm=MD5");
        if seen.nonces.len() == NONCES_MAX {
            seen.nonces.pop_front();
        }
        seen.nonces.push_back((nonce, 0));
        Err(challenge)
    }
}

impl Seen {
    fn token(&mut self, token: &Element, user: &str, password: &Secret, now: Timestamp) -> bool {
        let parts = || {
            let nonce = STANDARD.decode(token.text_at("Nonce")?).ok()?;
            let created = token.text_at("Created")?;
            let is_digest = token.child("Password")?.attribute("Type")?.ends_with("#PasswordDigest");
            Some((nonce, created, token.text_at("Password")?)).filter(|_| is_digest)
        };
        let Some((nonce, created, given)) = parts() else { return false };
        let Ok(at) = Timestamp::parse(created) else { return false };
        let expected = password_digest(&nonce, created, password);
        let right = verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_ok();
        if token.text_at("Username") != Some(user) || !right || at.since(now) > WINDOW || now.since(at) > WINDOW {
            return false;
        }
        self.tokens.retain(|(at, _)| now.since(*at) <= WINDOW);
        let key = [nonce.as_slice(), created.as_bytes()].concat();
        if self.tokens.len() >= TOKENS_MAX || self.tokens.iter().any(|(_, known)| *known == key) {
            return false;
        }
        self.tokens.push_back((at, key));
        true
    }

    fn digest(&mut self, fields: &str, user: &str, password: &Secret, method: &str, path: &str) -> bool {
        let field = |wanted: &str| fields_of(fields).find(|(name, _)| *name == wanted).map_or("", |(_, value)| value);
        let Some((nonce, used)) = self.nonces.iter_mut().find(|(nonce, _)| nonce == field("nonce")) else { return false };
        let (count, uri) = (field("nc"), field("uri"));
        let Ok(number) = u32::from_str_radix(count, 16) else { return false };
        let challenge = Challenge { realm: REALM.into(), nonce: nonce.clone(), opaque: None, auth: true };
        let expected = response(user, password, &challenge, method, uri, Some((count, field("cnonce"))));
        let right = verify_slices_are_equal(expected.as_bytes(), field("response").as_bytes()).is_ok();
        if field("username") != user || uri.split('?').next() != Some(path) || !right || number <= *used {
            return false;
        }
        *used = number;
        true
    }
}
