//! Who looked: an event in the looker's chain, and a row for the home that was looked at.

use domain::{CameraId, HomeId, Result, StreamKeyId, SubjectId, Timestamp};
use policy::Permit;
use policy::act::ReadAccessHistory;
use sea_orm::prelude::Uuid;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait};
use serde_json::json;

use super::entity::{access, camera, home, verdict};
use super::log::{column, page};
use super::{EventId, EventKind, How, VerdictRow, uuid};
use crate::Store;
use crate::db::error;

/// A view that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViewDraft {
    /// Who looked.
    pub subject: SubjectId,
    /// The camera's home.
    pub home: HomeId,
    /// At which camera.
    pub camera: CameraId,
    /// How.
    pub how: How,
    /// The stream key that was shown, where other software looked.
    pub key: Option<StreamKeyId>,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
}

/// A view, as the owners of the home see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessRow {
    /// Its number in the log, for paging.
    pub leaf: u64,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who looked.
    pub subject: SubjectId,
    /// At which camera.
    pub camera: CameraId,
    /// How.
    pub how: How,
    /// The stream key that was shown, where other software looked.
    pub key: Option<StreamKeyId>,
}

impl Store {
    /// Notes a view that ended.
    pub async fn add_view(&self, view: ViewDraft) -> Result<EventId> {
        let chain = self.chain(view.subject).await?;
        let tx = self.accounts().write().begin().await.map_err(error)?;
        let mut payload = json!({ "camera": view.camera, "from": view.from, "home": view.home, "how": view.how, "to": view.to });
        if let Some(key) = view.key {
            payload["stream_key"] = json!(key);
        }
        let written = self.append(&tx, &chain, EventKind::Access, &payload).await?;
        // Where the home ended with the view, nobody is left to see its history; the looker's chain still says it.
        if home::Entity::find_by_id(uuid!(view.home)).one(&tx).await.map_err(error)?.is_some() {
            let row = access::ActiveModel {
                leaf: Set(written.leaf),
                home: Set(uuid!(view.home)),
                camera: Set(uuid!(view.camera)),
                subject: Set(uuid!(view.subject)),
                how: Set(view.how.as_str().to_owned()),
                from_at: Set(view.from.micros()),
                to_at: Set(view.to.micros()),
                stream_key: Set(view.key.map(|key| uuid!(key))),
            };
            access::Entity::insert(row).exec_without_returning(&tx).await.map_err(error)?;
        }
        tx.commit().await.map_err(error)?;
        Ok(written.id)
    }

    /// Who looked at the cameras of the permit's home, newest first, before the leaf `before`.
    pub async fn access_history(
        &self,
        permit: &Permit<ReadAccessHistory>,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Vec<AccessRow>> {
        let mut rows = access::Entity::find().filter(access::Column::Home.eq(uuid!(permit.object())));
        if let Some(before) = before {
            rows = rows.filter(access::Column::Leaf.lt(column(before)?));
        }
        let rows =
            rows.order_by_desc(access::Column::Leaf).limit(page(limit)).all(self.accounts().read()).await.map_err(error)?;
        rows.into_iter()
            .map(|row| {
                Ok(AccessRow {
                    leaf: row.leaf.try_into().map_err(domain::Error::internal)?,
                    at: Timestamp::from_micros(row.from_at),
                    until: Timestamp::from_micros(row.to_at),
                    subject: SubjectId::from_bytes(row.subject.into_bytes()),
                    camera: CameraId::from_bytes(row.camera.into_bytes()),
                    key: row.stream_key.map(|key| StreamKeyId::from_bytes(key.into_bytes())),
                    how: How::parse(&row.how).ok_or_else(|| super::unknown("access.how", row.camera))?,
                })
            })
            .collect()
    }

    /// What was asked of the permit's home and of its cameras, and answered, newest first, before the minute of `before`.
    pub async fn home_verdicts(
        &self,
        permit: &Permit<ReadAccessHistory>,
        before: Option<Timestamp>,
        limit: u64,
    ) -> Result<Vec<VerdictRow>> {
        let db = self.accounts().read();
        let cameras: Vec<Uuid> = camera::Entity::find()
            .select_only()
            .column(camera::Column::Id)
            .filter(camera::Column::Home.eq(uuid!(permit.object())))
            .into_tuple()
            .all(db)
            .await
            .map_err(error)?;
        let objects = cameras.into_iter().chain([uuid!(permit.object())]);
        let mut rows = verdict::Entity::find().filter(verdict::Column::Object.is_in(objects));
        if let Some(before) = before {
            rows = rows.filter(verdict::Column::Minute.lt(super::audit::minute(before)));
        }
        let rows = rows.order_by_desc(verdict::Column::Minute).order_by_desc(verdict::Column::Last).limit(page(limit));
        Ok(rows.all(db).await.map_err(error)?.into_iter().map(super::audit::row).collect())
    }
}
