//! Versions of the policy, as events of the server: what an agreement names is in the log with its hash.

use domain::{Error, Result, Timestamp};
use policy::point;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, TransactionTrait};
use serde_json::{Value, json};

use super::entity::event;
use super::log::{Chain, clear_payload};
use super::{EventId, EventKind};
use crate::Store;
use crate::db::error;

/// A version of the policy that came into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// Its name.
    pub version: String,
    /// Hash of its canonical form.
    pub hash: String,
    /// How its change is told: `silent`, `posted`, `prominent` or `express`.
    pub class: String,
}

impl Store {
    /// Notes the version in force; `None` where it is the newest already.
    pub async fn add_policy_version(&self, new: PolicyVersion) -> Result<Option<EventId>> {
        if !point::POLICY_VERSION.holds() {
            return Ok(None);
        }
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let newest = rows().order_by_desc(event::Column::Leaf).one(&tx).await.map_err(error)?;
        if let Some(row) = newest
            && version(&row)?.1 == new
        {
            return Ok(None);
        }
        let payload = json!({ "class": new.class, "hash": new.hash, "version": new.version });
        let written = self.append(&tx, &Chain::Server, EventKind::PolicyVersion, &payload).await?;
        tx.commit().await.map_err(error)?;
        Ok(Some(written.id))
    }

    /// Every version that was in force, oldest first, and since when.
    pub async fn policy_versions(&self) -> Result<Vec<(Timestamp, PolicyVersion)>> {
        let rows = rows().order_by_asc(event::Column::Leaf).all(self.accounts().read()).await.map_err(error)?;
        rows.iter().map(version).collect()
    }
}

fn rows() -> sea_orm::Select<event::Entity> {
    event::Entity::find()
        .filter(event::Column::Subject.is_null())
        .filter(event::Column::Kind.eq(EventKind::PolicyVersion.as_str()))
}

fn version(row: &event::Model) -> Result<(Timestamp, PolicyVersion)> {
    let (_, payload) = clear_payload(row).ok_or_else(|| Error::internal("a policy version without its payload"))?;
    let payload: Value = serde_json::from_str(&payload).map_err(Error::internal)?;
    let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
    let version = PolicyVersion { version: text("version"), hash: text("hash"), class: text("class") };
    Ok((Timestamp::from_micros(row.at), version))
}
