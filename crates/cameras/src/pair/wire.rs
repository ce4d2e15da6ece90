//! What is said while a camera is paired, apart from sockets (docs/device-link.md). Both sides read and write by this.
//!
//! Server and camera agree on a key by X25519 and prove to each other that they know the label's secret, over everything that was
//! said. Who overhears it, or stands between, learns nothing to try secrets on without an answer from one of the two.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::onboarding::{ClaimToken, DeviceId, Fingerprint, Invitation, PairingSecret, ServerUrl};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Where a camera is asked to pair, and where that is finished.
pub const PATH: &str = "/atipcam/pair";
/// The second step.
pub const FINISH_PATH: &str = "/atipcam/pair/finish";
/// Bytes of a message. The longest, the second question with an invitation of [`SEALED_BYTES_MAX`], has under 3 KiB.
pub const MESSAGE_BYTES_MAX: usize = 4096;
/// Bytes of a sealed invitation. A server's address has at most 267; all else is of fixed size.
pub const SEALED_BYTES_MAX: usize = 2048;

const TRANSCRIPT: &[u8] = b"atipcam pair v1\0";
const VERSION: u8 = 1;

/// Bytes that stand in JSON as base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Octets<const N: usize>(pub [u8; N]);

impl<const N: usize> fmt::Debug for Octets<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Octets<{N}>(..)")
    }
}

impl<const N: usize> Serialize for Octets<N> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Octets<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| de::Error::custom("not so many bytes in base64url"))
    }
}

/// The server's first question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    v: u8,
    /// Random.
    pub server_nonce: Octets<32>,
    /// X25519, made for this one pairing.
    pub server_key: Octets<32>,
}

/// The camera's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Welcome {
    /// Random.
    pub device_nonce: Octets<32>,
    /// X25519, made for this one pairing.
    pub device_key: Octets<32>,
    /// Ed25519: the key that the device's id is made from.
    pub identity: Octets<32>,
    /// That the camera knows the label's secret.
    pub proof: Octets<32>,
}

/// The server's second question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finish {
    /// That the server knows the label's secret.
    pub proof: Octets<32>,
    /// The invitation, sealed, in base64url.
    sealed: String,
}

/// Why a camera refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// `owned`, `busy`, `proof`, `expired`, `invalid`.
    pub code: String,
}

impl Hello {
    /// The first question.
    #[must_use]
    pub const fn new(nonce: [u8; 32], key: [u8; 32]) -> Self {
        Self { v: VERSION, server_nonce: Octets(nonce), server_key: Octets(key) }
    }

    /// Reads one; `None` where it is none, or of another version.
    #[must_use]
    pub fn parse(json: &[u8]) -> Option<Self> {
        read(json).filter(|hello: &Self| hello.v == VERSION)
    }
}

impl Welcome {
    /// Reads one; `None` where it is none.
    #[must_use]
    pub fn parse(json: &[u8]) -> Option<Self> {
        read(json)
    }
}

impl Finish {
    /// The second question.
    #[must_use]
    pub fn new(proof: [u8; 32], sealed: &[u8]) -> Self {
        Self { proof: Octets(proof), sealed: URL_SAFE_NO_PAD.encode(sealed) }
    }

    /// Reads one; `None` where it is none.
    #[must_use]
    pub fn parse(json: &[u8]) -> Option<Self> {
        read(json)
    }

    /// The sealed invitation; `None` where there is none.
    #[must_use]
    pub fn sealed(&self) -> Option<Vec<u8>> {
        URL_SAFE_NO_PAD.decode(&self.sealed).ok().filter(|sealed| sealed.len() <= SEALED_BYTES_MAX)
    }
}

fn read<T: de::DeserializeOwned>(json: &[u8]) -> Option<T> {
    if json.len() > MESSAGE_BYTES_MAX { None } else { serde_json::from_slice(json).ok() }
}

/// A message as it is sent.
#[must_use]
pub fn written(message: &impl Serialize) -> Vec<u8> {
    // Texts and numbers alone: writing them does not fail.
    serde_json::to_vec(message).unwrap_or_default()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InvitationJson {
    server: String,
    certificate: Octets<32>,
    claim: Octets<16>,
}

/// An invitation as JSON. The claim token is in it.
#[must_use]
pub fn invitation_to_json(invitation: &Invitation) -> Vec<u8> {
    let Invitation { server, certificate, claim } = invitation;
    written(&InvitationJson {
        server: server.as_str().to_owned(),
        certificate: Octets(certificate.to_bytes()),
        claim: Octets(*claim.expose()),
    })
}

/// Reads an invitation; `None` where it is none.
#[must_use]
pub fn invitation_from_json(json: &[u8]) -> Option<Invitation> {
    let InvitationJson { server, certificate, claim } = read(json)?;
    let server = ServerUrl::new(&server).ok()?;
    let (certificate, claim) = (Fingerprint::from_bytes(certificate.0), ClaimToken::from_bytes(claim.0));
    Some(Invitation { server, certificate, claim })
}

/// The id of the device whose identity key that is.
#[must_use]
pub fn device_id(identity: &[u8; 32]) -> DeviceId {
    let mut id = [0; 16];
    id.copy_from_slice(&digest(&SHA256, identity).as_ref()[..16]);
    DeviceId::from_bytes(id)
}

/// One side's part of one pairing: a nonce, and a key that agrees once.
#[derive(Debug)]
pub struct Part {
    /// Random.
    pub nonce: [u8; 32],
    /// The public key.
    pub public: [u8; 32],
    key: EphemeralPrivateKey,
}

impl Part {
    /// A new one; `None` where the machine has no randomness.
    #[must_use]
    pub fn new() -> Option<Self> {
        let mut nonce = [0; 32];
        aws_lc_rs::rand::fill(&mut nonce).ok()?;
        let key = EphemeralPrivateKey::generate(&X25519, &SystemRandom::new()).ok()?;
        let public = key.compute_public_key().ok()?.as_ref().try_into().ok()?;
        Some(Self { nonce, public, key })
    }

    /// What both sides alone know; `None` for the other side's keys that make it known to everybody (RFC 7748, 6.1).
    #[must_use]
    pub fn agree(self, theirs: &[u8; 32]) -> Option<[u8; 32]> {
        let theirs = UnparsedPublicKey::new(&X25519, theirs);
        agree_ephemeral(self.key, theirs, (), |shared| shared.try_into().map_err(|_| ())).ok()
    }
}

/// All that both sides said and must have said alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transcript {
    /// Whose label it is.
    pub device: DeviceId,
    /// The server's.
    pub server_nonce: [u8; 32],
    /// The camera's.
    pub device_nonce: [u8; 32],
    /// The server's.
    pub server_key: [u8; 32],
    /// The camera's.
    pub device_key: [u8; 32],
    /// The camera's identity key.
    pub identity: [u8; 32],
}

impl Transcript {
    /// Its SHA-256.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let Self { device, server_nonce, device_nonce, server_key, device_key, identity } = self;
        let device = device.to_bytes();
        let parts: [&[u8]; 7] = [TRANSCRIPT, &device, server_nonce, device_nonce, server_key, device_key, identity];
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, &parts.concat()).as_ref());
        hash
    }
}

/// The keys of one pairing, which only those know who know the label's secret and one of the private keys.
pub struct Keys {
    transcript: [u8; 32],
    device: [u8; 32],
    server: [u8; 32],
    seal: [u8; 32],
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// From what was said, the label's secret, and what was agreed on. `None` never, as HKDF gives so few bytes always.
    #[must_use]
    pub fn new(transcript: &Transcript, secret: &PairingSecret, shared: &[u8; 32]) -> Option<Self> {
        let transcript = transcript.hash();
        let secrets = [secret.expose().as_slice(), shared].concat();
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, &transcript).extract(&secrets);
        let key = |info: &[u8]| {
            let mut key = [0; 32];
            root.expand(&[info], hkdf::HKDF_SHA256).ok()?.fill(&mut key).ok()?;
            Some(key)
        };
        Some(Self { transcript, device: key(b"device proof")?, server: key(b"server proof")?, seal: key(b"seal")? })
    }

    /// The camera's proof.
    #[must_use]
    pub fn device_proof(&self) -> [u8; 32] {
        self.proof(&self.device)
    }

    /// The server's proof.
    #[must_use]
    pub fn server_proof(&self) -> [u8; 32] {
        self.proof(&self.server)
    }

    fn proof(&self, key: &[u8; 32]) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &self.transcript);
        let mut proof = [0; 32];
        proof.copy_from_slice(tag.as_ref());
        proof
    }

    /// Seals an invitation; once, because the nonce is always the same.
    #[must_use]
    pub fn seal(self, invitation: &Invitation) -> Option<Vec<u8>> {
        let mut sealed = invitation_to_json(invitation);
        let aad = Aad::from(self.transcript);
        self.sealing()?.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), aad, &mut sealed).ok()?;
        Some(sealed)
    }

    /// Opens an invitation; `None` where somebody else sealed it, or it is none.
    #[must_use]
    pub fn open(self, mut sealed: Vec<u8>) -> Option<Invitation> {
        let aad = Aad::from(self.transcript);
        let json = self.sealing()?.open_in_place(Nonce::assume_unique_for_key([0; 12]), aad, &mut sealed).ok()?;
        invitation_from_json(json)
    }

    fn sealing(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.seal).ok().map(LessSafeKey::new)
    }
}

/// Whether a proof is the one that is expected, in a time that does not tell where it differs.
#[must_use]
pub fn proves(given: &[u8; 32], expected: &[u8; 32]) -> bool {
    verify_slices_are_equal(given, expected).is_ok()
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
