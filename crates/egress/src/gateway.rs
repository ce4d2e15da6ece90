//! Permit, allow-list, agreement, region, disclosure row, send, result: in this order, for everything that leaves.

use std::sync::Arc;

use domain::{Clock, Error, Kind, Result, SubjectId};
use policy::{Basis, Object, Outbound, Parts, Purpose, PurposeRule, Recipient, compiled, point};
use store::{DisclosureDraft, DisclosureId, Outcome, Store};
use tokio::sync::watch;

use crate::channel::{CHANNELS, Channel, Failure, Parcel};
use crate::mail::MailServer;

/// The region that a recipient has who is wherever the operator put the server.
const DEPLOYMENT: &str = "deployment";

/// What the deployment decides.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Delivery {
    /// Whether the same message may be taken another time: not where the recipient refused it for ever, or it is no letter at all.
    #[must_use]
    pub fn may_succeed_later(self) -> bool {
        const FOR_EVER: [&str; 4] = ["mail.refused", "mail.bad_address", "mail.no_address", "mail.bad_letter"];
        matches!(self, Self::Failed(code) if !FOR_EVER.contains(&code))
    }
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
        self.channel(R::ID).is_some()
    }

    /// Sends a message about the person of the permit's account.
    ///
    /// `egress.refused` where the policy does not let it leave now, with the reason as detail; `consent.needed` or `account.held`
    /// where the consent or the account went away since the permit. Each is a row that the person sees. Any other error means
    /// that nothing was noted, and so nothing was sent; or, after sending, that the result could not be noted.
    pub async fn send<R: Recipient, P: Purpose>(&self, message: Outbound<R, P>) -> Result<Delivery> {
        self.pass(message.into_parts()).await
    }

    async fn pass(&self, parts: Parts) -> Result<Delivery> {
        let Object::Account(subject) = parts.object else {
            return Err(Error::internal(format!("{}: what leaves is about a person", parts.act)));
        };
        let Inner { store, clock, config } = &*self.inner;
        let way = self.way(&parts);
        let (recipient, purpose, region) = (parts.recipient.id, parts.purpose, self.region_of(&parts).to_owned());
        let parcel = Parcel { at: clock.now(), salt: salt()?, fields: parts.fields, said: parts.said };
        let draft = DisclosureDraft {
            subject,
            recipient,
            purpose: purpose.id,
            fields: parcel.fields.iter().map(|(category, _)| *category).collect(),
            basis: basis(purpose),
            policy_version: compiled::VERSION.to_owned(),
            host: self.channel(recipient).map(|(_, host)| host).unwrap_or_default(),
            region,
            payload_hash: parcel.hash(),
        };
        let channel = match way {
            Ok(channel) => channel,
            Err(reason) => {
                store.refuse_disclosure(draft, reason).await?;
                return Err(Error::new(Kind::Forbidden, "egress.refused", reason));
            }
        };
        // From before the row, so that no consent is withdrawn unseen between row and send.
        let revision = store.bus().revision();
        let row = self.begin(draft).await?;
        let sent = tokio::select! {
            sent = (channel.send)(config, &parcel) => sent,
            () = self.consent_gone(subject, purpose, revision) => Err(Failure("consent.withdrawn")),
        };
        let (delivery, outcome) = match sent {
            Ok(()) => (Delivery::Sent, Outcome::Sent),
            Err(Failure(code)) => {
                tracing::warn!(recipient, code, "not delivered");
                (Delivery::Failed(code), Outcome::Failed(code.to_owned()))
            }
        };
        if let Some(row) = row {
            store.end_disclosure(row, outcome).await?;
        }
        Ok(delivery)
    }

    /// The channel that a message may take now, or why it must not leave.
    fn way(&self, parts: &Parts) -> Result<&'static Channel, &'static str> {
        let recipient = parts.recipient;
        let allowed = |(category, _): &(&'static str, Vec<u8>)| recipient.may_get(category, parts.purpose.id);
        if !recipient.in_use || !parts.purpose.in_use {
            return Err("function.not_in_use");
        }
        if !parts.fields.iter().all(allowed) {
            return Err("egress.field_not_allowed");
        }
        if point::EGRESS_AGREEMENT.holds() && !recipient.is_bound(self.inner.clock.now()) {
            return Err("egress.no_agreement");
        }
        if point::EGRESS_REGION.holds() && !compiled::REGIONS.contains(&self.region_of(parts)) {
            return Err("egress.region");
        }
        self.channel(recipient.id).map(|(channel, _)| channel).ok_or("egress.not_configured")
    }

    /// Writes the row first. With its point off a send without a row would be possible, and a test must notice.
    async fn begin(&self, draft: DisclosureDraft) -> Result<Option<DisclosureId>> {
        if !point::EGRESS_ROW.holds() {
            return Ok(None);
        }
        match self.inner.store.begin_disclosure(draft.clone()).await {
            Ok(row) => Ok(Some(row)),
            Err(error) => {
                if let "consent.needed" | "account.held" = error.code() {
                    self.inner.store.refuse_disclosure(draft, error.code()).await?;
                }
                Err(error)
            }
        }
    }

    /// Returns when the consent that a message rests on is no more; never where it rests on none.
    async fn consent_gone(&self, subject: SubjectId, purpose: &PurposeRule, mut revision: watch::Receiver<u64>) {
        while purpose.basis == Basis::Consent && revision.changed().await.is_ok() {
            match self.inner.store.fact_rows(compiled::VERSION).await {
                Ok(rows) if rows.consents.iter().any(|row| row.subject == subject && row.purpose == purpose.id) => {}
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(error = %error, "whether the consent still stands could not be read");
                    return;
                }
            }
        }
        std::future::pending().await
    }

    /// The channel to a recipient and the host it connects to, where it is set up.
    fn channel(&self, recipient: &str) -> Option<(&'static Channel, String)> {
        let channel = CHANNELS.iter().find(|channel| channel.recipient == recipient)?;
        Some((channel, (channel.host)(&self.inner.config)?))
    }

    fn region_of<'a>(&'a self, parts: &Parts) -> &'a str {
        if parts.recipient.region == DEPLOYMENT { &self.inner.config.region } else { parts.recipient.region }
    }
}

fn basis(purpose: &PurposeRule) -> &'static str {
    match purpose.basis {
        Basis::Contract => "contract",
        Basis::Consent => "consent",
        Basis::LegalObligation => "legal_obligation",
    }
}

fn salt() -> Result<[u8; 16]> {
    let mut salt = [0; 16];
    aws_lc_rs::rand::fill(&mut salt).map_err(Error::internal)?;
    Ok(salt)
}

#[cfg(test)]
#[path = "gateway_tests.rs"]
mod tests;
