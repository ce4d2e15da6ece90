//! What a person agreed to: the policy as a whole, and each purpose that rests on a consent of its own.
//!
//! Nothing is assumed: a purpose that was never asked about is not consented to. What is said is an event of the log, and holds
//! within a second for everything that runs.

use aws_lc_rs::digest::{SHA256, digest};
use domain::{Error, Kind, Result, SubjectId, Timestamp};
use policy::act::{GiveConsent, ReadPrivacy, WithdrawConsent};
use policy::{Permit, PurposeRule, compiled, purpose};
use store::{Actor, ConsentDraft, ConsentKind, EventId};

use crate::Control;
use crate::accounts::agreement;

/// How a person said it: in the app.
const BY_APP: &str = "app";

/// Where a purpose that rests on consent stands with a person.
#[derive(Debug, Clone)]
pub struct ConsentState {
    /// The purpose.
    pub purpose: &'static PurposeRule,
    /// What the person last said; `None` where nobody asked yet, which is a no.
    pub said: Option<Said>,
}

/// What a person said about a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub kind: ConsentKind,
    /// Under which version of the policy.
    pub version: String,
    /// When.
    pub at: Timestamp,
    /// The event that proves it.
    pub event: EventId,
}

/// What the person had before the eyes.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The version of the policy.
    pub policy_version: String,
    /// The language of the words.
    pub language: Option<String>,
    /// The words themselves; their hash is what the event keeps.
    pub words: String,
}

impl Control {
    /// Every consent that the person may give, whether asked yet or not.
    pub async fn consents(&self, permit: Permit<ReadPrivacy>) -> Result<Vec<ConsentState>> {
        let mut said = self.inner.store.consents(&permit).await?;
        let of = |purpose: &'static PurposeRule| {
            let found = said.iter().position(|row| row.purpose == purpose.id).map(|at| said.swap_remove(at));
            let said = found.map(|row| Said { kind: row.kind, version: row.version, at: row.at, event: row.event });
            ConsentState { purpose, said }
        };
        Ok(purpose::ALL.iter().copied().filter(|purpose| purpose.consent.is_some()).map(of).collect())
    }

    /// Agrees to one purpose. `function.not_in_use` where there is nothing yet to agree to.
    pub async fn give_consent(&self, permit: Permit<GiveConsent>, purpose: &str, shown: Shown) -> Result<EventId> {
        let rule = rule(purpose)?;
        if !rule.in_use {
            return Err(Error::new(Kind::Forbidden, "function.not_in_use", "this function is not in use yet"));
        }
        // Agreeing to old words is agreeing to something else.
        let agreed = agreement(shown.policy_version.clone(), shown.language.clone())?;
        self.say(permit.object(), rule, ConsentKind::Given, Shown { policy_version: agreed.version, ..shown }).await
    }

    /// Says no to one purpose, or takes a yes back. Whatever ran by it ends within a second.
    pub async fn withdraw_consent(&self, permit: Permit<WithdrawConsent>, purpose: &str, shown: Shown) -> Result<EventId> {
        let (rule, person) = (rule(purpose)?, permit.object());
        let snapshot = self.inner.facts.snapshot().await?;
        let given = rule.consent.is_some_and(|consent| snapshot.consents_of(person).has(consent));
        let kind = if given { ConsentKind::Withdrawn } else { ConsentKind::Refused };
        self.say(person, rule, kind, shown).await
    }

    /// Agrees to the policy in force; `adult` where the person declares to be of age with it.
    pub async fn agree_as(&self, permit: Permit<GiveConsent>, policy_version: String, language: Option<String>, adult: bool) -> Result<()> {
        let agreement = agreement(policy_version, language)?;
        if adult {
            self.inner.store.declare_adult(permit.object()).await?;
        }
        self.inner.store.add_agreement(permit.object(), agreement).await
    }

    /// Takes the agreement to the policy back. Nothing but the policy and one's own privacy centre is served after it.
    pub async fn withdraw_agreement(&self, permit: Permit<WithdrawConsent>) -> Result<()> {
        self.inner.store.withdraw_agreement(permit.object()).await
    }

    async fn say(&self, subject: SubjectId, rule: &PurposeRule, kind: ConsentKind, shown: Shown) -> Result<EventId> {
        let mut text_hash = [0; 32];
        text_hash.copy_from_slice(digest(&SHA256, shown.words.as_bytes()).as_ref());
        let draft = ConsentDraft {
            subject,
            purpose: rule.id,
            kind,
            policy_version: shown.policy_version,
            text_hash,
            language: shown.language.filter(|language| compiled::TEXTS.iter().any(|(tag, _)| tag == language)),
            method: BY_APP,
            actor: Actor::Oneself,
        };
        self.inner.store.add_consent(draft).await
    }
}

fn rule(purpose: &str) -> Result<&'static PurposeRule> {
    let found = purpose::ALL.iter().copied().find(|rule| rule.id == purpose && rule.consent.is_some());
    found.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "no purpose of this name rests on consent"))
}
