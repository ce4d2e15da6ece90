//! Our own link-local answer to "which of our cameras are here?": signed, and about nobody.
//!
//! Question: magic, version, 16 random bytes. Answer: magic, version, the same 16 bytes, the key, two ports, serial and model
//! (each after its length), an Ed25519 signature (RFC 8032) over all of that. The key is the camera's own and says nothing
//! about who owns it; an answer that was overheard proves nothing to another question.

use std::net::{Ipv4Addr, Ipv6Addr};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::shown;

/// Where our cameras listen.
pub const PORT: u16 = 48_777;
/// The IPv4 group, of the locally administered ones (RFC 2365).
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 67);
/// The link-local IPv6 group, of those assigned at random (RFC 3307).
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0x8174, 0x4d43);

const MAGIC: &[u8; 8] = b"atipcam?";
const VERSION: u8 = 1;
const KEY_BYTES: usize = 32;
const SIGNATURE_BYTES: usize = 64;
const TEXT_BYTES_MAX: usize = 64;

/// Random bytes of a question.
pub type Nonce = [u8; 16];

/// Why an answer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    /// It is none, or of another version.
    #[error("not a beacon")]
    NotBeacon,
    /// It answers another question.
    #[error("the beacon answers another question")]
    Replayed,
    /// Its signature is wrong.
    #[error("the beacon's signature is wrong")]
    Forged,
}

/// What a camera says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beacon {
    /// Serial number.
    pub serial: String,
    /// Model.
    pub model: String,
    /// Where RTSP listens; 0: nowhere.
    pub rtsp_port: u16,
    /// Where ONVIF listens; 0: nowhere.
    pub onvif_port: u16,
}

/// A beacon whose signature is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The first 16 hexadecimal digits of the key's SHA-256.
    pub key_id: String,
    /// What it says.
    pub beacon: Beacon,
}

/// The question.
#[must_use]
pub fn question(nonce: &Nonce) -> Vec<u8> {
    [MAGIC.as_slice(), &[VERSION], nonce].concat()
}

/// The nonce of a question; `None` where it is none.
#[must_use]
pub fn asked(datagram: &[u8]) -> Option<Nonce> {
    let rest = datagram.strip_prefix(MAGIC)?.strip_prefix(&[VERSION])?;
    rest.try_into().ok()
}

/// Whether a datagram may be an answer.
#[must_use]
pub fn is_answer(datagram: &[u8]) -> bool {
    datagram.starts_with(MAGIC)
}

/// The signed answer.
#[must_use]
pub fn answer(nonce: &Nonce, beacon: &Beacon, key: &Ed25519KeyPair) -> Vec<u8> {
    let mut out = question(nonce);
    out.extend_from_slice(key.public_key().as_ref());
    out.extend_from_slice(&beacon.rtsp_port.to_be_bytes());
    out.extend_from_slice(&beacon.onvif_port.to_be_bytes());
    for text in [&beacon.serial, &beacon.model] {
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        out.push(end as u8);
        out.extend_from_slice(&text.as_bytes()[..end]);
    }
    let signature = key.sign(&out);
    out.extend_from_slice(signature.as_ref());
    out
}

/// Reads an answer to the question with `nonce`.
///
/// # Errors
/// [`BeaconError`].
pub fn verify(datagram: &[u8], nonce: &Nonce) -> Result<Verified, BeaconError> {
    let signed = datagram.len().checked_sub(SIGNATURE_BYTES).ok_or(BeaconError::NotBeacon)?;
    let (signed, signature) = datagram.split_at(signed);
    let mut rest = signed.strip_prefix(MAGIC).and_then(|r| r.strip_prefix(&[VERSION])).ok_or(BeaconError::NotBeacon)?;
    let mut take = |n: usize| -> Result<&[u8], BeaconError> {
        let (taken, left) = rest.split_at_checked(n).ok_or(BeaconError::NotBeacon)?;
        rest = left;
        Ok(taken)
    };
    if take(nonce.len())? != nonce {
        return Err(BeaconError::Replayed);
    }
    let key = take(KEY_BYTES)?;
    let port = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]);
    let (rtsp_port, onvif_port) = (port(take(2)?), port(take(2)?));
    let mut text = || -> Result<String, BeaconError> {
        let length = usize::from(take(1)?[0]);
        let text = std::str::from_utf8(take(length)?).map_err(|_| BeaconError::NotBeacon)?;
        Ok(shown(text).unwrap_or_default())
    };
    let (serial, model) = (text()?, text()?);
    if !rest.is_empty() {
        return Err(BeaconError::NotBeacon);
    }
    UnparsedPublicKey::new(&ED25519, key).verify(signed, signature).map_err(|_| BeaconError::Forged)?;
    let key_id = digest(&SHA256, key).as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Verified { key_id, beacon: Beacon { serial, model, rtsp_port, onvif_port } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_answer_to_this_question_counts() {
        let key = Ed25519KeyPair::generate().unwrap();
        let beacon = Beacon { serial: "S1".into(), model: "Virtual".into(), rtsp_port: 8554, onvif_port: 80 };
        let nonce = [7; 16];
        assert_eq!(asked(&question(&nonce)), Some(nonce));
        let bytes = answer(&nonce, &beacon, &key);
        assert_eq!(asked(&bytes), None);
        let verified = verify(&bytes, &nonce).unwrap();
        assert_eq!((verified.beacon, verified.key_id.len()), (beacon.clone(), 16));
        assert_eq!(verify(&bytes, &[8; 16]), Err(BeaconError::Replayed));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert!(verify(&other, &nonce).is_err(), "byte {at}");
            assert!(verify(&bytes[..at], &nonce).is_err(), "{at} bytes");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes: Vec<u8>) {
            let _ = verify(&bytes, &[0; 16]);
            let _ = verify(&[question(&[0; 16]).as_slice(), &bytes].concat(), &[0; 16]);
        }
    }
}
