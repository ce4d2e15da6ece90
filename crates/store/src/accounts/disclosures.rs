//! Disclosures: the row is there before anything is sent.

use domain::{Error, Kind, Result, SubjectId, Timestamp};
use policy::Permit;
use policy::act::ReadPrivacy;
use sea_orm::prelude::Uuid;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait,
};
use serde_json::{Value, json};

use super::consents::{active, hex};
use super::entity::{consent, disclosure, event};
use super::log::{column, page};
use super::{ConsentKind, DisclosureId, EventId, EventKind, uuid};
use crate::Store;
use crate::db::error;

/// The basis that needs a consent which is live at this moment.
const CONSENT: &str = "consent";

/// What is about to go to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureDraft {
    /// Whose data.
    pub subject: SubjectId,
    /// The recipient's id.
    pub recipient: &'static str,
    /// The purpose's id.
    pub purpose: &'static str,
    /// The ids of the categories that go, never their values.
    pub fields: Vec<&'static str>,
    /// The basis of the purpose; for "consent" the live consent is found and named by the store.
    pub basis: &'static str,
    /// The version of the policy that allows it.
    pub policy_version: String,
    /// The host that it goes to.
    pub host: String,
    /// The region that the host is in.
    pub region: String,
    /// SHA-256 of the bytes that go.
    pub payload_hash: [u8; 32],
}

/// How a disclosure ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The recipient took it.
    Sent,
    /// It did not arrive, or nobody knows whether it did (`interrupted`); a code.
    Failed(String),
    /// It was not sent; a reason.
    Refused(String),
}

impl Outcome {
    /// The word that stands in rows and answers.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed(_) => "failed",
            Self::Refused(_) => "refused",
        }
    }

    /// The code or reason, where there is one.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Sent => None,
            Self::Failed(reason) | Self::Refused(reason) => Some(reason),
        }
    }

    fn read(row: &disclosure::Model) -> Option<Self> {
        let reason = || row.reason.clone().unwrap_or_default();
        match row.outcome.as_str() {
            "sent" => Some(Self::Sent),
            "failed" => Some(Self::Failed(reason())),
            "refused" => Some(Self::Refused(reason())),
            _ => None,
        }
    }
}

/// A disclosure, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisclosureRow {
    /// Which.
    pub id: DisclosureId,
    /// Its number in the log.
    pub leaf: u64,
    /// When it was about to be sent.
    pub at: Timestamp,
    /// To whom.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// What.
    pub fields: Vec<String>,
    /// On which basis.
    pub basis: String,
    /// Under which consent, where the basis is one.
    pub consent: Option<EventId>,
    /// Under which version of the policy.
    pub policy_version: String,
    /// To which host.
    pub host: String,
    /// In which region.
    pub region: String,
    /// How it ended; `None` while it is under way.
    pub outcome: Option<Outcome>,
}

impl Store {
    /// Notes that something is about to be sent. The row and its leaf are committed when this returns.
    ///
    /// `consent.needed` where the basis is consent and none is live, `account.held` where the account was cancelled.
    pub async fn begin_disclosure(&self, draft: DisclosureDraft) -> Result<DisclosureId> {
        let chain = self.chain(draft.subject).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        active(&tx, draft.subject).await?;
        let consent = match draft.basis {
            CONSENT => Some(live_consent(&tx, draft.subject, draft.purpose).await?.ok_or_else(needed)?),
            _ => None,
        };
        let written = self.append(&tx, &chain, EventKind::Disclosure, &payload(&draft, consent, None)).await?;
        insert(&tx, draft.subject, written.id, "begun", None).await?;
        tx.commit().await.map_err(error)?;
        Ok(DisclosureId(written.id.0))
    }

    /// Notes how a disclosure ended, once.
    pub async fn end_disclosure(&self, id: DisclosureId, outcome: Outcome) -> Result<()> {
        let row = disclosure::Entity::find_by_id(id.0).one(self.accounts().read()).await.map_err(error)?;
        let row = row.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "no such disclosure"))?;
        let chain = self.chain(SubjectId::from_bytes(row.subject.into_bytes())).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let change = disclosure::ActiveModel {
            outcome: Set(outcome.as_str().to_owned()),
            reason: Set(outcome.reason().map(str::to_owned)),
            ..Default::default()
        };
        let update = disclosure::Entity::update_many()
            .set(change)
            .filter(disclosure::Column::Event.eq(id.0))
            .filter(disclosure::Column::Outcome.eq("begun"));
        if update.exec(&tx).await.map_err(error)?.rows_affected == 0 {
            return Err(Error::new(Kind::Conflict, "disclosure.ended", "the disclosure has ended already"));
        }
        let payload = json!({ "disclosure": id, "outcome": outcome.as_str(), "reason": outcome.reason() });
        self.append(&tx, &chain, EventKind::DisclosureResult, &payload).await?;
        tx.commit().await.map_err(error)
    }

    /// Notes what was asked for and not sent, and why.
    pub async fn refuse_disclosure(&self, draft: DisclosureDraft, reason: &str) -> Result<DisclosureId> {
        let chain = self.chain(draft.subject).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let written = self.append(&tx, &chain, EventKind::Disclosure, &payload(&draft, None, Some(reason))).await?;
        insert(&tx, draft.subject, written.id, "refused", Some(reason)).await?;
        tx.commit().await.map_err(error)?;
        Ok(DisclosureId(written.id.0))
    }

    /// What went to whom of the permit's person, and what did not, newest first, before the leaf `before`.
    pub async fn disclosures(&self, permit: &Permit<ReadPrivacy>, before: Option<u64>, limit: u64) -> Result<Vec<DisclosureRow>> {
        let (subject, db) = (permit.object(), self.accounts().read());
        let mut rows = event::Entity::find()
            .filter(event::Column::Subject.eq(uuid!(subject)))
            .filter(event::Column::Kind.eq(EventKind::Disclosure.as_str()));
        if let Some(before) = before {
            rows = rows.filter(event::Column::Leaf.lt(column(before)?));
        }
        let rows = rows.order_by_desc(event::Column::Leaf).limit(page(limit)).all(db).await.map_err(error)?;
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let ends = disclosure::Entity::find().filter(disclosure::Column::Event.is_in(ids)).all(db).await.map_err(error)?;
        let events = self.open_events(subject, rows).await?;
        let row = |event: super::EventRow| {
            let text = |name: &str| event.payload[name].as_str().unwrap_or_default().to_owned();
            let fields = event.payload["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
            DisclosureRow {
                id: DisclosureId(event.id.0),
                leaf: event.leaf,
                at: event.at,
                recipient: text("recipient"),
                purpose: text("purpose"),
                fields: fields.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
                basis: text("basis"),
                consent: text("consent").parse().ok(),
                policy_version: text("policy_version"),
                host: text("host"),
                region: text("region"),
                outcome: ends.iter().find(|end| end.event == event.id.0).and_then(Outcome::read),
            }
        };
        Ok(events.into_iter().map(row).collect())
    }

    /// Ends what a crash interrupted between row and result.
    pub(crate) async fn end_interrupted_disclosures(&self) -> Result<()> {
        let begun = disclosure::Entity::find().filter(disclosure::Column::Outcome.eq("begun"));
        for row in begun.all(self.accounts().read()).await.map_err(error)? {
            tracing::warn!(disclosure = %row.event, "was interrupted, and nobody knows whether it arrived");
            self.end_disclosure(DisclosureId(row.event), Outcome::Failed("interrupted".to_owned())).await?;
        }
        Ok(())
    }
}

fn needed() -> Error {
    Error::new(Kind::Forbidden, "consent.needed", "the person has not consented to this purpose")
}

/// The event of a consent that is live.
async fn live_consent(tx: &DatabaseTransaction, subject: SubjectId, purpose: &str) -> Result<Option<EventId>> {
    let row = consent::Entity::find_by_id((uuid!(subject), purpose.to_owned()))
        .filter(consent::Column::State.eq(ConsentKind::Given.as_str()))
        .one(tx)
        .await
        .map_err(error)?;
    Ok(row.map(|row| EventId(row.event)))
}

fn payload(draft: &DisclosureDraft, consent: Option<EventId>, refused: Option<&str>) -> Value {
    json!({
        "basis": draft.basis,
        "consent": consent,
        "fields": draft.fields,
        "host": draft.host,
        "payload_sha256": hex(&draft.payload_hash),
        "policy_version": draft.policy_version,
        "purpose": draft.purpose,
        "recipient": draft.recipient,
        "refused": refused,
        "region": draft.region,
    })
}

async fn insert(tx: &DatabaseTransaction, subject: SubjectId, event: EventId, outcome: &str, reason: Option<&str>) -> Result<()> {
    let row = disclosure::ActiveModel {
        event: Set(event.0),
        subject: Set(uuid!(subject)),
        outcome: Set(outcome.to_owned()),
        reason: Set(reason.map(str::to_owned)),
    };
    disclosure::Entity::insert(row).exec_without_returning(tx).await.map_err(error)?;
    Ok(())
}
