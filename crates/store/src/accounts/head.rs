//! How far a camera's footage reached, written to the log: whoever has the entry's receipt can tell a chain that was cut or made
//! anew later from the one that was there then.

use aws_lc_rs::digest::{SHA256, digest};
use domain::{CameraId, Result, SegmentId, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait};
use serde_json::json;

use super::EventKind;
use super::entity::event;
use super::log::Chain;
use crate::Store;
use crate::db::error;
use crate::ledger::Hash;

/// Heads that are looked through for those that a case can show: two cameras a year, or forty for a fortnight.
const HEADS_MAX: u64 = 730;

/// How far a camera's chain of footage reached at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FootageHead {
    /// Whose footage.
    pub camera: CameraId,
    /// The newest closed segment.
    pub segment: SegmentId,
    /// The tag of its last record; `None` in a format that has no chain.
    pub tail: Option<[u8; 16]>,
    /// Closed segments that were kept.
    pub count: u64,
    /// What else is bound to this moment: of a case, the digest of the camera's segments in it.
    pub bound: Option<Hash>,
}

impl Store {
    /// Writes a head to the log and returns its receipt.
    pub async fn add_footage_head(&self, head: &FootageHead) -> Result<String> {
        let payload = json!({
            "bound": head.bound.map(|hash| hash.to_string()),
            "camera": head.camera.to_string(),
            "count": head.count,
            "segment": head.segment.to_string(),
            "tail": head.tail.map(|tail| hex(&tail)),
        });
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let written = self.append(&tx, &Chain::Server, EventKind::FootageHead, &payload).await?;
        tx.commit().await.map_err(error)?;
        self.server_receipt(written.id.0).await
    }

    /// When a head was last written.
    pub async fn last_footage_head(&self) -> Result<Option<Timestamp>> {
        let last = event::Entity::find()
            .filter(event::Column::Kind.eq(EventKind::FootageHead.as_str()))
            .order_by_desc(event::Column::Leaf)
            .one(self.accounts().read())
            .await;
        Ok(last.map_err(error)?.map(|row| Timestamp::from_micros(row.at)))
    }

    /// Receipts of the heads, from `since` on, whose segment is one of `segments`.
    pub async fn footage_heads(&self, segments: &[SegmentId], since: Timestamp) -> Result<Vec<String>> {
        let rows = event::Entity::find()
            .filter(event::Column::Kind.eq(EventKind::FootageHead.as_str()))
            .filter(event::Column::At.gte(since.micros()))
            .order_by_asc(event::Column::Leaf)
            .limit(HEADS_MAX);
        let rows = rows.all(self.accounts().read()).await.map_err(error)?;
        let names: Vec<String> = segments.iter().map(|id| format!("\"segment\":\"{id}\"")).collect();
        let shown =
            |row: &event::Model| row.clear_payload.as_deref().is_some_and(|text| names.iter().any(|name| text.contains(name)));
        let ids: Vec<Uuid> = rows.iter().filter(|row| shown(row)).map(|row| row.id).collect();
        let mut receipts = Vec::with_capacity(ids.len());
        for id in ids {
            receipts.push(self.server_receipt(id).await?);
        }
        Ok(receipts)
    }
}

impl Store {
    /// The signed note over a case's manifest.
    #[must_use]
    pub fn sign_case(&self, manifest: &str) -> String {
        self.keyring().signer().sign_case(Hash::from_digest(&digest(&SHA256, manifest.as_bytes())))
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |text, byte| text + &format!("{byte:02x}"))
}
