//! Consents and agreements: events, and a row each for what they come to.

use std::collections::BTreeMap;

use domain::{Error, Kind, Result, SubjectId, Timestamp};
use policy::Permit;
use policy::act::ReadPrivacy;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, TransactionTrait,
};
use serde_json::json;

use super::entity::{agreement, consent, subject};
use super::log::{Written, no_account};
use super::{Actor, Agreement, ConsentKind, EventId, EventKind, EventRow, uuid};
use crate::db::error;
use crate::{Change, Store};

/// What a person, or the policy for a person, says about a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentDraft {
    /// Whose consent.
    pub subject: SubjectId,
    /// To what: the purpose's id.
    pub purpose: &'static str,
    /// What is said.
    pub kind: ConsentKind,
    /// The version of the policy that was shown.
    pub policy_version: String,
    /// SHA-256 of the words that were shown.
    pub text_hash: [u8; 32],
    /// Their language.
    pub language: Option<String>,
    /// By which way: "app".
    pub method: &'static str,
    /// Who said it.
    pub actor: Actor,
}

/// What a person last said about a purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRow {
    /// About what.
    pub purpose: String,
    /// What.
    pub kind: ConsentKind,
    /// For which version of the policy.
    pub version: String,
    /// When.
    pub at: Timestamp,
    /// The event that says so.
    pub event: EventId,
}

impl Store {
    /// Writes what was said about a purpose, and what it comes to, in one transaction.
    pub async fn add_consent(&self, draft: ConsentDraft) -> Result<EventId> {
        let chain = self.chain(draft.subject).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        active(&tx, draft.subject).await?;
        let payload = json!({
            "actor": draft.actor,
            "language": draft.language,
            "method": draft.method,
            "policy_version": draft.policy_version,
            "purpose": draft.purpose,
            "text_sha256": hex(&draft.text_hash),
        });
        let Written { id, .. } = self.append(&tx, &chain, draft.kind.event(), &payload).await?;
        let stands =
            consent::Entity::find_by_id((uuid!(draft.subject), draft.purpose.to_owned())).one(&tx).await.map_err(error)?;
        // To be asked again takes nothing back.
        if draft.kind != ConsentKind::Requested || stands.is_none() {
            let row = consent::ActiveModel {
                subject: Set(uuid!(draft.subject)),
                purpose: Set(draft.purpose.to_owned()),
                state: Set(draft.kind.as_str().to_owned()),
                version: Set(draft.policy_version),
                at: Set(self.now()),
                event: Set(id.0),
            };
            let again = OnConflict::columns([consent::Column::Subject, consent::Column::Purpose])
                .update_columns([consent::Column::State, consent::Column::Version, consent::Column::At, consent::Column::Event])
                .to_owned();
            consent::Entity::insert(row).on_conflict(again).exec_without_returning(&tx).await.map_err(error)?;
        }
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(id)
    }

    /// What the permit's person last said, by purpose. A purpose that was never asked about has no row.
    pub async fn consents(&self, permit: &Permit<ReadPrivacy>) -> Result<Vec<ConsentRow>> {
        consents_of(self.accounts().read(), permit.object()).await
    }

    /// Notes that a person agreed to a version; the first time counts.
    pub async fn add_agreement(&self, subject: SubjectId, agreement: Agreement) -> Result<()> {
        let chain = self.chain(subject).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        active(&tx, subject).await?;
        let known = agreement::Entity::find_by_id((uuid!(subject), agreement.version.clone())).one(&tx).await.map_err(error)?;
        if known.is_some() {
            return Ok(());
        }
        self.append(&tx, &chain, EventKind::PolicyAgreed, &agreed(&agreement)).await?;
        let row = super::people::agreement_row(subject, agreement, self.now());
        agreement::Entity::insert(row).exec_without_returning(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(())
    }

    /// Takes every agreement of a person back; taking back nothing is no error.
    pub async fn withdraw_agreement(&self, subject: SubjectId) -> Result<()> {
        let chain = self.chain(subject).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let of_subject = agreement::Column::Subject.eq(uuid!(subject));
        let rows = agreement::Entity::find().filter(of_subject.clone()).order_by_asc(agreement::Column::Version);
        let rows = rows.all(&tx).await.map_err(error)?;
        if rows.is_empty() {
            return Ok(());
        }
        let versions: Vec<String> = rows.into_iter().map(|row| row.version).collect();
        self.append(&tx, &chain, EventKind::PolicyWithdrawn, &json!({ "policy_versions": versions })).await?;
        agreement::Entity::delete_many().filter(of_subject).exec(&tx).await.map_err(error)?;
        tx.commit().await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(())
    }

    /// Notes that a person declared to be of age; the first time counts.
    pub async fn declare_adult(&self, subject: SubjectId) -> Result<()> {
        let row = subject::ActiveModel { adult_declared: Set(Some(self.now())), ..Default::default() };
        let update = subject::Entity::update_many()
            .set(row)
            .filter(subject::Column::Id.eq(uuid!(subject)))
            .filter(subject::Column::Cancelled.is_null())
            .filter(subject::Column::AdultDeclared.is_null());
        update.exec(self.accounts().write()).await.map_err(error)?;
        self.bus().publish(Change::Facts);
        Ok(())
    }

    /// Notes that a person took a copy of what is kept.
    pub async fn add_export(&self, permit: &Permit<ReadPrivacy>, categories: &[&str]) -> Result<EventId> {
        let chain = self.chain(permit.object()).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let written = self.append(&tx, &chain, EventKind::Export, &json!({ "categories": categories })).await?;
        tx.commit().await.map_err(error)?;
        Ok(written.id)
    }
}

/// What a person last said, by purpose.
pub(super) async fn consents_of(db: &impl ConnectionTrait, subject: SubjectId) -> Result<Vec<ConsentRow>> {
    let rows = consent::Entity::find().filter(consent::Column::Subject.eq(uuid!(subject)));
    let rows = rows.order_by_asc(consent::Column::Purpose).all(db).await.map_err(error)?;
    rows.into_iter()
        .map(|row| {
            Ok(ConsentRow {
                kind: ConsentKind::parse(&row.state).ok_or_else(|| super::unknown("consent.state", row.event))?,
                purpose: row.purpose,
                version: row.version,
                at: Timestamp::from_micros(row.at),
                event: EventId(row.event),
            })
        })
        .collect()
}

/// What an agreement's event says.
pub(super) fn agreed(agreement: &Agreement) -> serde_json::Value {
    json!({ "language": agreement.language, "policy_version": agreement.version })
}

/// What events come to, by purpose: the rule that the rows of consents follow. Oldest first.
pub(super) fn folded(events: &[EventRow]) -> BTreeMap<String, (ConsentKind, EventId)> {
    let mut stands = BTreeMap::new();
    for event in events {
        if event.kind == EventKind::Erasure && event.payload["class"] == "account" {
            stands.clear();
        }
        let (Some(kind), Some(purpose)) = (ConsentKind::of(event.kind), event.payload["purpose"].as_str()) else { continue };
        if kind != ConsentKind::Requested || !stands.contains_key(purpose) {
            stands.insert(purpose.to_owned(), (kind, event.id));
        }
    }
    stands
}

/// Refuses what nobody says any more once an account is cancelled.
pub(super) async fn active(tx: &DatabaseTransaction, subject: SubjectId) -> Result<()> {
    let row = subject::Entity::find_by_id(uuid!(subject)).one(tx).await.map_err(error)?.ok_or_else(no_account)?;
    match row.cancelled {
        None => Ok(()),
        Some(_) => Err(Error::new(Kind::Forbidden, "account.held", "the account was cancelled")),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
