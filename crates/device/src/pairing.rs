//! The camera's side of pairing by label: it proves that it knows the label's secret, asks for the same, and takes the
//! invitation (docs/device-link.md). No sockets and no clock here; `onvif` has those.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cameras::pair::wire::{Finish, Hello, Keys, Octets, Part, Transcript, Welcome, proves};
use domain::Mono;
use domain::onboarding::Invitation;

use crate::identity::Identity;
use crate::ownership::Ownership;

/// How long a pairing may take. Both questions follow each other at once.
const LIFE: Duration = Duration::from_secs(30);
/// Wrong proofs in [`FAILURES_TIME`]. The secret has 128 bits; this keeps the camera from being worked for nothing.
const FAILURES_MAX: usize = 5;
const FAILURES_TIME: Duration = Duration::from_secs(60);

/// Why a step is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not a message of ours.
    Invalid,
    /// It belongs to somebody.
    Owned,
    /// Another pairing is under way, or there were too many wrong proofs.
    Busy,
    /// The proof or the seal is wrong.
    Proof,
    /// There is no such pairing, or no more.
    Expired,
    /// The state folder cannot be written.
    Unkept,
}

impl Refusal {
    /// HTTP status and code.
    pub(crate) const fn told(self) -> (u16, &'static str) {
        match self {
            Self::Invalid => (400, "invalid"),
            Self::Owned => (409, "owned"),
            Self::Busy => (429, "busy"),
            Self::Proof => (403, "proof"),
            Self::Expired => (410, "expired"),
            Self::Unkept => (500, "unkept"),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Pairing {
    identity: Identity,
    ownership: Arc<Ownership>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    pending: Option<(Mono, Keys)>,
    failures: VecDeque<Mono>,
}

impl Pairing {
    pub(crate) fn new(identity: Identity, ownership: Arc<Ownership>) -> Self {
        Self { identity, ownership, inner: Mutex::default() }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first step.
    pub(crate) fn begin(&self, json: &[u8], now: Mono) -> Result<Welcome, Refusal> {
        let Hello { server_nonce, server_key, .. } = Hello::parse(json).ok_or(Refusal::Invalid)?;
        if self.ownership.is_owned() {
            return Err(Refusal::Owned);
        }
        let mut inner = self.inner();
        inner.failures.retain(|at| now < *at + FAILURES_TIME);
        if inner.failures.len() >= FAILURES_MAX || inner.pending.as_ref().is_some_and(|(until, _)| now < *until) {
            return Err(Refusal::Busy);
        }
        let part = Part::new().ok_or(Refusal::Busy)?;
        let transcript = Transcript {
            device: self.identity.id(),
            server_nonce: server_nonce.0,
            device_nonce: part.nonce,
            server_key: server_key.0,
            device_key: part.public,
            identity: *self.identity.public(),
        };
        let shared = part.agree(&server_key.0).ok_or(Refusal::Invalid)?;
        let keys = Keys::new(&transcript, &self.identity.label().secret, &shared).ok_or(Refusal::Invalid)?;
        let proof = Octets(keys.device_proof());
        inner.pending = Some((now + LIFE, keys));
        let Transcript { device_nonce, device_key, identity, .. } = transcript;
        Ok(Welcome { device_nonce: Octets(device_nonce), device_key: Octets(device_key), identity: Octets(identity), proof })
    }

    /// The second step. Right or wrong, the pairing is over: nobody tries twice on the same keys.
    pub(crate) fn finish(&self, json: &[u8], now: Mono) -> Result<Invitation, Refusal> {
        let finish = Finish::parse(json).ok_or(Refusal::Invalid)?;
        let mut inner = self.inner();
        let (_, keys) = inner.pending.take().filter(|(until, _)| now < *until).ok_or(Refusal::Expired)?;
        let right = proves(&finish.proof.0, &keys.server_proof());
        let invitation = finish.sealed().filter(|_| right).and_then(|sealed| keys.open(sealed));
        invitation.ok_or_else(|| {
            inner.failures.push_back(now);
            Refusal::Proof
        })
    }

    /// Keeps an invitation that was handed over.
    pub(crate) async fn invited(&self, invitation: Invitation) -> Result<(), Refusal> {
        self.ownership.invite(invitation).await.map_err(|error| {
            tracing::warn!(%error, "an invitation was not kept");
            if error.code() == "device.owned" { Refusal::Owned } else { Refusal::Unkept }
        })
    }
}

#[cfg(test)]
#[path = "pairing_tests.rs"]
mod tests;
