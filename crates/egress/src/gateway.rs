//! Permit, allow-list, agreement, region, disclosure row, send, result: in this order, for everything that leaves.

use std::sync::Arc;

use domain::{Clock, Error, Kind, Result};
use policy::{Basis, Object, Outbound, Parts, Purpose, PurposeRule, Recipient, compiled, point};
use store::{DisclosureDraft, Outcome, Store};

use crate::channel::{CHANNELS, Channel, Failure, Parcel};
use crate::mail::MailServer;

/// The region that a recipient has who is wherever the operator put the server.
const DEPLOYMENT: &str = "deployment";

/// What the deployment decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// The region where this server stands, as the policy names regions.
    pub region: String,
    /// The server for outgoing mail, where there is one.
    pub mail: Option<MailServer>,
}

/// The gateway. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    config: Config,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The recipient took it.
    Sent,
    /// The recipient could not be reached or did not take it, with a stable code. It is not tried again here.
    Failed(&'static str),
}

impl Gateway {
    /// A gateway that notes disclosures in `store`.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, config: Config) -> Self {
        Self { inner: Arc::new(Inner { store, clock, config }) }
    }

    /// Whether the channel to a recipient is set up.
    #[must_use]
    pub fn reaches<R: Recipient>(&self) -> bool {
        channel(R::ID).is_some_and(|channel| (channel.host)(&self.inner.config).is_some())
    }

    /// Sends a message about the person of the permit's account. `egress.refused` where the policy does not let it leave now, with
    /// the reason as detail; `consent.needed` where the consent went away since the permit; both are rows that the person sees.
    pub async fn send<R: Recipient, P: Purpose>(&self, message: Outbound<R, P>) -> Result<Delivery> {
        let parts = message.into_parts();
        let Object::Account(subject) = parts.object else {
            return Err(Error::internal(format!("{}: what leaves is about a person", parts.act)));
        };
        let channel = channel(parts.recipient.id);
        let host = channel.and_then(|channel| (channel.host)(&self.inner.config));
        let draft = DisclosureDraft {
            subject,
            recipient: parts.recipient.id,
            purpose: parts.purpose.id,
            fields: parts.fields.iter().map(|(category, _)| *category).collect(),
            basis: basis(parts.purpose),
            policy_version: compiled::VERSION.to_owned(),
            host: host.clone().unwrap_or_default(),
            region: self.region_of(&parts).to_owned(),
            payload_hash: hash(&parts),
        };
        if let Some(reason) = self.refusal(&parts, host.is_some()) {
            self.inner.store.refuse_disclosure(draft, reason).await?;
            return Err(refused(reason));
        }
        // The row first. With this point off a send without a row would be possible, and a test must notice.
        let row = if point::EGRESS_ROW.holds() { Some(self.inner.store.begin_disclosure(draft).await?) } else { None };
        let Some(Channel { send, .. }) = channel else { return Err(Error::internal("a recipient without a channel")) };
        let parcel = Parcel { fields: parts.fields, said: parts.said };
        let sent = send(&self.inner.config, &parcel).await;
        let outcome = match sent {
            Ok(()) => Outcome::Sent,
            Err(Failure(code)) => Outcome::Failed(code.to_owned()),
        };
        if let Some(row) = row {
            self.inner.store.end_disclosure(row, outcome).await?;
        }
        Ok(sent.map_or_else(|Failure(code)| Delivery::Failed(code), |()| Delivery::Sent))
    }

    /// Why a message must not leave now.
    fn refusal(&self, parts: &Parts, set_up: bool) -> Option<&'static str> {
        let recipient = parts.recipient;
        let allowed = |(category, _): &(&'static str, Vec<u8>)| recipient.may_get(category, parts.purpose.id);
        if !recipient.in_use || !parts.purpose.in_use {
            return Some("function.not_in_use");
        }
        if !parts.fields.iter().all(allowed) {
            return Some("egress.field_not_allowed");
        }
        if point::EGRESS_AGREEMENT.holds() && !recipient.is_bound(self.inner.clock.now()) {
            return Some("egress.no_agreement");
        }
        if point::EGRESS_REGION.holds() && !compiled::REGIONS.contains(&self.region_of(parts)) {
            return Some("egress.region");
        }
        (!set_up).then_some("egress.not_configured")
    }

    fn region_of<'a>(&'a self, parts: &Parts) -> &'a str {
        if parts.recipient.region == DEPLOYMENT { &self.inner.config.region } else { parts.recipient.region }
    }
}

fn channel(recipient: &str) -> Option<&'static Channel> {
    CHANNELS.iter().find(|channel| channel.recipient == recipient)
}

fn basis(purpose: &PurposeRule) -> &'static str {
    match purpose.basis {
        Basis::Contract => "contract",
        Basis::Consent => "consent",
        Basis::LegalObligation => "legal_obligation",
    }
}

/// SHA-256 over the fields, each with its category and length, so that it can be shown later what was sent.
fn hash(parts: &Parts) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for (category, value) in &parts.fields {
        for part in [category.as_bytes(), value] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

fn refused(reason: &'static str) -> Error {
    Error::new(Kind::Forbidden, "egress.refused", reason)
}
