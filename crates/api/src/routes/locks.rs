use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use control::{Lock, NewLock};
use domain::{CameraId, HomeId, LockId, TimeRange, Timestamp};
use policy::act::{ListLocks, LockFootage, UnlockFootage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{HomeQuery, Json, Path, Query};
use crate::problem::{Problem, Result};
use crate::state::ApiState;

/// Locks, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Locks {
    locks: Vec<Shown>,
}

/// Footage that stays until somebody unlocks it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lock)]
pub(crate) struct Shown {
    #[schema(value_type = Uuid)]
    id: LockId,
    #[schema(value_type = Uuid)]
    home_id: HomeId,
    #[schema(value_type = Vec<Uuid>)]
    camera_ids: Vec<CameraId>,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    reason: String,
    /// Whether who asks has set it.
    by_you: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// What to lock.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLock)]
pub(crate) struct New {
    /// The home, where who asks is of several.
    #[schema(value_type = Option<Uuid>)]
    home_id: Option<HomeId>,
    #[schema(value_type = Vec<Uuid>)]
    camera_ids: Vec<CameraId>,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Why: 1 to 300 characters.
    reason: String,
    /// When it ends by itself; never where absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// The locks of a home, or of all that the caller is of.
#[utoipa::path(
    get, path = "/locks", operation_id = "listLocks", tag = "recorded",
    params(("home_id" = Option<Uuid>, Query)), responses((status = 200, body = Locks))
)]
pub(crate) async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<HomeQuery>,
) -> Result<axum::Json<Locks>> {
    let mut locks = Vec::new();
    let you = api.control.subject_of(caller.session).await?;
    for home in api.homes(caller.session, query.home_id).await? {
        let permit = api.control.ask::<ListLocks>(caller.principal(), home).await?;
        locks.extend(api.control.locks(permit).await?.into_iter().map(|lock| {
            let by_you = you == Some(lock.subject);
            shown(lock, by_you)
        }));
    }
    Ok(axum::Json(Locks { locks }))
}

/// Locks footage: it stays whatever the quota says, until it is unlocked.
#[utoipa::path(
    post, path = "/locks", operation_id = "lockFootage", tag = "recorded", request_body = New,
    responses((status = 201, body = Shown))
)]
pub(crate) async fn create(State(api): State<ApiState>, caller: Caller, Json(new): Json<New>) -> Result<impl IntoResponse> {
    let New { home_id, camera_ids, from, to, reason, expires_at } = new;
    let home = api.home(caller.session, home_id).await?;
    let permit = api.control.ask::<LockFootage>(caller.principal(), home).await?;
    let new = NewLock { cameras: camera_ids, range: range(from, to)?, reason, expires: expires_at };
    let lock = api.control.lock_footage(permit, new).await?;
    Ok((StatusCode::CREATED, axum::Json(shown(lock, true))))
}

/// Unlocks footage: what is past its time goes.
#[utoipa::path(
    delete, path = "/locks/{lock}", operation_id = "unlockFootage", tag = "recorded",
    params(("lock" = Uuid, Path)), responses((status = 204, description = "Unlocked"))
)]
pub(crate) async fn delete(State(api): State<ApiState>, caller: Caller, Path(id): Path<LockId>) -> Result<StatusCode> {
    let home = api.control.home_of_lock(id).await?;
    let permit = api.control.ask::<UnlockFootage>(caller.principal(), home).await?;
    api.control.unlock_footage(permit, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A range of a body.
pub(crate) fn range(from: Timestamp, to: Timestamp) -> Result<TimeRange> {
    TimeRange::new(from, to).ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "range.invalid", "`from` must lie before `to`"))
}

fn shown(lock: Lock, by_you: bool) -> Shown {
    let Lock { id, home, cameras, range, reason, subject: _, created, expires } = lock;
    let (from, to) = (range.from(), range.to());
    Shown { id, home_id: home, camera_ids: cameras, from, to, reason, by_you, created_at: created, expires_at: expires }
}
