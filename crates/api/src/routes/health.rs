use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::{CameraId, Timestamp};
use policy::act::{EditCamera, ReadStorage, ViewRecorded};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{HomeQuery, Path, Query, RangeQuery, number};
use crate::problem::{Problem, Result};
use crate::state::ApiState;

/// How well a camera is recorded. Rates and losses on the way are in its state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// When the newest key picture was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    key_at: Option<Timestamp>,
    /// How far its footage is safe on the disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    durable_until: Option<Timestamp>,
    /// Pictures and sounds that the disk was too slow for, since the server began.
    units_lost: u64,
    /// When the home's day began.
    #[schema(value_type = String, format = DateTime)]
    day_from: Timestamp,
    /// Gaps since then that nobody asked for.
    gaps: u64,
    /// How many seconds they are in all.
    gaps_s: f64,
}

/// What happened in front of a camera.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraEvents {
    /// By start; the newest 10,000.
    events: Vec<Mark>,
}

/// Something that happened in front of a camera.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Mark {
    /// `motion`, `object`, `input`, `doorbell` or `tamper`.
    kind: &'static str,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// Absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// How long the room for footage lasts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Forecast {
    /// Days of footage that it holds at today's rate; absent where nobody can say yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<f64>,
    /// Bytes that all cameras make a day.
    bytes_per_day: u64,
    cameras: Vec<CameraForecast>,
}

/// A camera's share.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraForecast {
    #[schema(value_type = Uuid)]
    camera_id: CameraId,
    /// Bytes that its footage takes.
    used_bytes: u64,
    /// Bytes that it makes a day; absent where it is too new to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_per_day: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest_at: Option<Timestamp>,
}

/// A change that could delete footage: exactly one of these.
#[derive(Debug, Deserialize)]
pub(crate) struct ChangeQuery {
    #[serde(default, deserialize_with = "number")]
    quota_bytes: Option<u64>,
    #[serde(default, deserialize_with = "number")]
    keep_days: Option<u32>,
    #[serde(default, deserialize_with = "number")]
    remove: Option<bool>,
}

/// What a change would delete.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WouldGo {
    bytes: u64,
    /// Seconds of footage.
    seconds: f64,
    /// When the oldest of it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// When the newest of it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// How well a camera is recorded.
#[utoipa::path(
    get, path = "/cameras/{id}/health", operation_id = "readHealth", tag = "recorded",
    params(("id" = Uuid, Path)), responses((status = 200, body = Health))
)]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller, Path(id): Path<CameraId>) -> Result<Json<Health>> {
    let permit = api.control.ask::<ViewRecorded>(caller.principal(), id).await?;
    let relay::Health { key_at, durable_until, units_lost, day_from, gaps, gaps_time } = api.relay.health(permit).await?;
    Ok(Json(Health { key_at, durable_until, units_lost, day_from, gaps, gaps_s: gaps_time.as_secs_f64() }))
}

/// What happened in front of a camera within a range.
#[utoipa::path(
    get, path = "/cameras/{id}/events", operation_id = "listCameraEvents", tag = "recorded",
    params(("id" = Uuid, Path), ("from" = String, Query, format = DateTime), ("to" = String, Query, format = DateTime)),
    responses((status = 200, body = CameraEvents))
)]
pub(crate) async fn events(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(query): Query<RangeQuery>,
) -> Result<Json<CameraEvents>> {
    let range = query.range()?;
    let permit = api.control.ask::<ViewRecorded>(caller.principal(), id).await?;
    let mark = |store::Mark { kind, from, to }: store::Mark| Mark { kind: kind.as_str(), from, to };
    Ok(Json(CameraEvents { events: api.relay.marks(permit, range).await?.into_iter().map(mark).collect() }))
}

/// How long the room for footage lasts at today's rate.
#[utoipa::path(
    get, path = "/forecast", operation_id = "readForecast", tag = "recorded",
    params(("home_id" = Option<Uuid>, Query, description = "Which home, for somebody who has several")),
    responses((status = 200, body = Forecast))
)]
pub(crate) async fn forecast(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<HomeQuery>,
) -> Result<Json<Forecast>> {
    let home = api.home(caller.session, query.home_id).await?;
    let permit = api.control.ask::<ReadStorage>(caller.principal(), home).await?;
    let relay::Forecast { days, bytes_per_day, cameras } = api.relay.forecast(permit).await?;
    let share = |share: relay::CameraForecast| {
        let relay::CameraForecast { camera, used_bytes, bytes_per_day, oldest_at } = share;
        CameraForecast { camera_id: camera, used_bytes, bytes_per_day, oldest_at }
    };
    Ok(Json(Forecast { days, bytes_per_day, cameras: cameras.into_iter().map(share).collect() }))
}

/// What of a camera's footage a change would delete, before it is made.
#[utoipa::path(
    get, path = "/cameras/{id}/would-go", operation_id = "readWouldGo", tag = "recorded",
    params(
        ("id" = Uuid, Path), ("quota_bytes" = Option<u64>, Query, description = "Less room for it"),
        ("keep_days" = Option<u32>, Query, description = "Kept for fewer days"),
        ("remove" = Option<bool>, Query, description = "The camera is removed"),
    ),
    responses((status = 200, body = WouldGo))
)]
pub(crate) async fn would_go(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(query): Query<ChangeQuery>,
) -> Result<Json<WouldGo>> {
    let permit = api.control.ask::<EditCamera>(caller.principal(), id).await?;
    let change = match (query.quota_bytes, query.keep_days, query.remove) {
        (Some(bytes), None, None) => relay::Change::Quota(bytes),
        (None, Some(days), None) => relay::Change::Keep(Duration::from_secs(u64::from(days) * 86_400)),
        (None, None, Some(true)) => relay::Change::Remove,
        _ => {
            let detail = "say one of quota_bytes, keep_days and remove";
            return Err(Problem::new(axum::http::StatusCode::BAD_REQUEST, "request.invalid", detail));
        }
    };
    let relay::WouldGo { bytes, time, from, until } = api.relay.would_go(permit, change).await?;
    Ok(Json(WouldGo { bytes, seconds: time.as_secs_f64(), from, until }))
}
