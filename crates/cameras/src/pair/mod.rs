//! Pairing one of our own cameras by its label: the server hands it an invitation over the local network, which nobody else can
//! read, and which the camera takes from nobody else (docs/device-link.md).

pub mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use domain::onboarding::{Invitation, Label};
use url::Url;

use self::wire::{
    FINISH_PATH, Finish, Hello, Keys, MESSAGE_BYTES_MAX, PATH, Part, Transcript, Welcome, device_id, proves, written,
};
use crate::http::{Limits, Request, Response, exchange};

/// A camera on the local network answers at once, or is not there.
const LIMITS: Limits = Limits {
    body_bytes_max: MESSAGE_BYTES_MAX,
    connect_time_max: Duration::from_secs(5),
    answer_time_max: Duration::from_secs(5),
};

/// Why a camera was not paired.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// It belongs to somebody; its owner must remove it first.
    #[error("the camera belongs to somebody: its owner must remove it first, or it is reset")]
    Owned,
    /// The label is another camera's, or somebody stands between.
    #[error("the camera does not know this label's secret, or somebody stands between")]
    ProofInvalid,
    /// Somebody else is pairing it, or it was tried too often.
    #[error("the camera is being paired by somebody else, or was tried too often: try again in a minute")]
    Busy,
    /// It does not answer, or not as our cameras do.
    #[error("the camera does not answer as ours do: {0}")]
    Unreachable(String),
}

impl PairError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Owned => "device.owned",
            Self::ProofInvalid => "device.proof_invalid",
            Self::Busy => "device.busy",
            Self::Unreachable(_) => "device.unreachable",
        }
    }
}

/// Pairs the camera whose ONVIF listens at `address`: it proves that it is the label's, is shown the same, and takes the
/// invitation. Nothing of ours is sent to a camera that proved nothing.
///
/// # Errors
/// [`PairError`], after 20 s at the latest.
pub async fn pair(address: SocketAddr, label: &Label, invitation: &Invitation) -> Result<(), PairError> {
    let part = Part::new().ok_or_else(|| PairError::Unreachable("this machine has no randomness".into()))?;
    let (server_nonce, server_key) = (part.nonce, part.public);
    let answer = post(address, PATH, written(&Hello::new(server_nonce, server_key))).await?;
    let Welcome { device_nonce, device_key, identity, proof } = match answer.status {
        200 => Welcome::parse(&answer.body).ok_or_else(|| PairError::Unreachable("its answer cannot be read".into()))?,
        status => return Err(refused(status)),
    };
    if device_id(&identity.0) != label.device {
        return Err(PairError::ProofInvalid);
    }
    let transcript = Transcript {
        device: label.device,
        server_nonce,
        device_nonce: device_nonce.0,
        server_key,
        device_key: device_key.0,
        identity: identity.0,
    };
    let shared = part.agree(&device_key.0).ok_or(PairError::ProofInvalid)?;
    let keys = Keys::new(&transcript, &label.secret, &shared).ok_or(PairError::ProofInvalid)?;
    if !proves(&proof.0, &keys.device_proof()) {
        return Err(PairError::ProofInvalid);
    }
    let proof = keys.server_proof();
    let sealed = keys.seal(invitation).ok_or(PairError::ProofInvalid)?;
    match post(address, FINISH_PATH, written(&Finish::new(proof, &sealed))).await?.status {
        204 => Ok(()),
        status => Err(refused(status)),
    }
}

fn refused(status: u16) -> PairError {
    match status {
        403 => PairError::ProofInvalid,
        409 => PairError::Owned,
        // It forgot meanwhile: the next try begins anew.
        410 | 429 => PairError::Busy,
        status => PairError::Unreachable(format!("status {status}")),
    }
}

async fn post(address: SocketAddr, path: &str, body: Vec<u8>) -> Result<Response, PairError> {
    // Without an IPv6 scope, which has no place in a URL.
    let host = SocketAddr::new(address.ip(), address.port());
    let url = Url::parse(&format!("http://{host}{path}")).map_err(|error| PairError::Unreachable(error.to_string()))?;
    let headers = [("Content-Type", "application/json".to_owned())];
    let request = Request { method: "POST", url: &url, headers: &headers, body: &body };
    exchange(address, &request, LIMITS).await.map_err(|error| PairError::Unreachable(error.to_string()))
}
