//! What is said on the way from invitation to link, apart from sockets (docs/device-link.md has the test vectors).

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Secret;
use domain::onboarding::{ClaimToken, DeviceId, Fingerprint, Invitation, ServerUrl};
use serde::{Deserialize, Serialize};

/// Bytes of an answer to a claim. Real ones stay under 1 KiB.
pub(crate) const ANSWER_BYTES_MAX: usize = 8 * 1024;
/// What the connection becomes.
pub(crate) const PROTOCOL: &str = "atipcam-link/1";
/// Bytes of a name, as the server takes it.
const TEXT_BYTES_MAX: usize = 64;
const CODE_BYTES_MAX: usize = 64;
const CAMERA_ID_BYTES_MAX: usize = 64;

/// What is signed to claim an invitation.
pub(crate) fn claim_signed(claim: &ClaimToken, certificate: Fingerprint) -> Vec<u8> {
    [b"atipcam claim v1\0".as_slice(), claim.expose(), &certificate.to_bytes()].concat()
}

/// What is signed to link.
pub(crate) fn link_signed(nonce: &[u8; 32], certificate: Fingerprint) -> Vec<u8> {
    [b"atipcam link v1\0".as_slice(), nonce, &certificate.to_bytes()].concat()
}

/// The signature of either.
pub(crate) fn sign(key: &Ed25519KeyPair, message: &[u8]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature.copy_from_slice(key.sign(message).as_ref());
    signature
}

/// What a camera tells the server that it comes to.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    pub(crate) name: String,
    pub(crate) model: &'static str,
    pub(crate) serial: String,
    pub(crate) sub: bool,
    pub(crate) onvif: bool,
}

#[derive(Serialize)]
struct ClaimJson<'a> {
    claim: String,
    key: String,
    signature: String,
    name: &'a str,
    model: &'a str,
    serial: &'a str,
    username: &'a str,
    password: &'a str,
    main_path: &'static str,
    sub_path: Option<&'static str>,
    onvif_path: Option<&'static str>,
}

/// The body of a claim. Token and password are in it.
pub(crate) fn claim_body(
    card: &Card,
    sign_in: Option<&(String, Secret)>,
    invitation: &Invitation,
    key: &[u8; 32],
    signer: &Ed25519KeyPair,
) -> Vec<u8> {
    let Invitation { certificate, claim, .. } = invitation;
    let (username, password) = sign_in.map_or(("", ""), |(user, password)| (user.as_str(), password.expose()));
    let body = ClaimJson {
        claim: URL_SAFE_NO_PAD.encode(claim.expose()),
        key: URL_SAFE_NO_PAD.encode(key),
        signature: URL_SAFE_NO_PAD.encode(sign(signer, &claim_signed(claim, *certificate))),
        name: shortened(&card.name),
        model: shortened(card.model),
        serial: shortened(&card.serial),
        username,
        password,
        main_path: "/main",
        sub_path: card.sub.then_some("/sub"),
        onvif_path: card.onvif.then_some("/onvif/device_service"),
    };
    // Texts alone: writing them does not fail.
    serde_json::to_vec(&body).unwrap_or_default()
}

fn shortened(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[derive(Deserialize)]
struct ClaimedJson {
    device_id: String,
    camera_id: String,
}

/// The camera's id at the server, from the answer to a claim; `None` where that answers another device's.
pub(crate) fn claimed(json: &[u8], device: DeviceId) -> Option<String> {
    let ClaimedJson { device_id, camera_id } = serde_json::from_slice(json).ok()?;
    let is_id = camera_id.len() <= CAMERA_ID_BYTES_MAX && camera_id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    (device_id == device.to_string() && is_id && !camera_id.is_empty()).then_some(camera_id)
}

#[derive(Deserialize)]
struct ProblemJson {
    code: String,
}

/// A problem's code (RFC 9457 with our `code`), where it is one of ours about devices.
pub(crate) fn problem(json: &[u8]) -> Option<String> {
    let ProblemJson { code } = serde_json::from_slice(json).ok()?;
    let is_code = code.len() <= CODE_BYTES_MAX && code.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_'));
    (is_code && code.starts_with("device.")).then_some(code)
}

#[derive(Deserialize)]
struct ControlJson {
    #[serde(default)]
    release: bool,
}

/// Whether a line of the control stream releases the camera. What it does not know it passes over.
pub(crate) fn is_release(line: &[u8]) -> bool {
    serde_json::from_slice(line).is_ok_and(|ControlJson { release }| release)
}

/// A server's host without brackets, its port, and both as they stand in the address.
pub(crate) fn place(server: &ServerUrl) -> Option<(&str, u16, &str)> {
    let authority = server.as_str().strip_prefix("https://")?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, 443),
    };
    Some((host.trim_start_matches('[').trim_end_matches(']'), port, authority))
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
