use axum::Json;
use axum::extract::State;
use domain::{StorageId, Timestamp};
use policy::act::ReadStorage;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{HomeQuery, Query};
use crate::problem::Result;
use crate::state::ApiState;

/// How much room footage takes and how long it lasts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Storage {
    /// Bytes that footage may take.
    quota_bytes: u64,
    /// Bytes that it takes.
    used_bytes: u64,
    /// Bytes free on the filesystems.
    free_bytes: u64,
    /// When the oldest footage begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_at: Option<Timestamp>,
    /// Days that the quota holds if recording goes on as so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    days_at_this_rate: Option<f64>,
    /// Each place of footage, in the order in which they fill.
    storages: Vec<Place>,
}

/// One place of footage: the data folder's own, or a further one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StoragePlace)]
pub(crate) struct Place {
    /// Absent for the data folder's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    id: Option<StorageId>,
    /// The folder's own name.
    name: String,
    /// Bytes that footage may take there.
    quota_bytes: u64,
    /// Bytes that it takes.
    used_bytes: u64,
    /// Bytes free on the filesystem.
    free_bytes: u64,
    #[schema(inline)]
    health: Health,
    /// Since when it is so.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// How a place of footage is: it takes footage, has no room, fails, cannot be written, takes seconds to write, is not there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Health {
    Ok,
    Full,
    Failing,
    ReadOnly,
    Slow,
    Missing,
}

/// How much room footage takes and how long it lasts.
#[utoipa::path(
    get, path = "/storage", operation_id = "readStorage", tag = "recorded",
    params(("home_id" = Option<Uuid>, Query, description = "Which home, for somebody who has several")),
    responses((status = 200, body = Storage))
)]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller, Query(query): Query<HomeQuery>) -> Result<Json<Storage>> {
    let home = api.home(caller.session, query.home_id).await?;
    let permit = api.control.ask::<ReadStorage>(caller.principal(), home).await?;
    Ok(Json(api.relay.storage(permit).await?.into()))
}

impl From<relay::StorageReport> for Storage {
    fn from(report: relay::StorageReport) -> Self {
        let relay::StorageReport { quota_bytes, used_bytes, free_bytes, oldest_at, days_at_this_rate, storages } = report;
        let storages = storages.into_iter().map(Place::from).collect();
        Self { quota_bytes, used_bytes, free_bytes, oldest_at, days_at_this_rate, storages }
    }
}

impl From<relay::StorageEntry> for Place {
    fn from(entry: relay::StorageEntry) -> Self {
        let relay::StorageEntry { id, name, quota_bytes, used_bytes, free_bytes, health, since } = entry;
        let health = match health {
            relay::StorageHealth::Ok => Health::Ok,
            relay::StorageHealth::Full => Health::Full,
            relay::StorageHealth::Failing => Health::Failing,
            relay::StorageHealth::ReadOnly => Health::ReadOnly,
            relay::StorageHealth::Slow => Health::Slow,
            relay::StorageHealth::Missing => Health::Missing,
        };
        Self { id, name, quota_bytes, used_bytes, free_bytes, health, since }
    }
}
