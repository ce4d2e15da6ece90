use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::{HomeId, Role, Secret, SubjectId, Timestamp};
use policy::act::{CancelAccount, ReadAccessHistory, ReadPrivacy};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::EventId;
use utoipa::ToSchema;

use super::consents::Named;
use crate::auth::{self, Caller};
use crate::book::Words;
use crate::disposition;
use crate::extract::{Json, Path, Query, number};
use crate::problem::{Problem, Result};
use crate::shape;
use crate::state::ApiState;

/// Rows of one answer, where it is not said how many.
const ROWS: u64 = 50;

/// `?before=&limit=`, and `kind` for events.
#[derive(Debug, Deserialize)]
pub(crate) struct PageQuery {
    #[serde(default, deserialize_with = "number")]
    before: Option<u64>,
    #[serde(default, deserialize_with = "number")]
    limit: Option<u64>,
    kind: Option<String>,
}

impl PageQuery {
    fn limit(&self) -> u64 {
        self.limit.unwrap_or(ROWS)
    }
}

/// What is kept about a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Data {
    categories: Vec<Stored>,
    homes: Vec<HomeAfter>,
}

/// How much of one category.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stored {
    id: &'static str,
    name: Words,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Language to where it lies, and under which key.
    r#where: Words,
    /// Language to how long.
    retention: Words,
    after_cancel: AfterCancel,
}

/// What becomes of it when the account is cancelled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AfterCancel {
    /// `goes` or `stays`.
    then: &'static str,
    text: Words,
}

/// A home, and what cancelling the account would do to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HomeAfter {
    #[schema(value_type = Uuid)]
    id: HomeId,
    #[schema(schema_with = shape::role)]
    role: Role,
    /// It has no other owner, so it ends with the account.
    ends: bool,
    cameras: u64,
}

/// Events about a person, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Events {
    events: Vec<Event>,
    /// `before` of the next page.
    next: Option<u64>,
}

/// An event of the log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Event {
    id: String,
    /// Its number in the log.
    leaf: u64,
    /// Its number among the events about this person: none is missing.
    seq: u64,
    kind: &'static str,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    payload: Value,
}

/// What went to whom, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disclosures {
    disclosures: Vec<Disclosure>,
    next: Option<u64>,
}

/// Something that went, or was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Disclosure {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    recipient: String,
    recipient_name: Words,
    purpose: String,
    purpose_name: Words,
    fields: Vec<Named>,
    /// The event of the consent that allowed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<String>,
    /// `sent`, `failed` or `refused`; absent while it is under way.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Who looked at the cameras of a home, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accesses {
    accesses: Vec<Access>,
    next: Option<u64>,
}

/// Somebody looked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Access {
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    who: Who,
    #[schema(value_type = Uuid)]
    camera_id: domain::CameraId,
    /// Absent where the camera is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    camera_name: Option<String>,
    /// `live`, `stream` (live, by other software), `playback`, `download` or `snapshot`.
    how: &'static str,
    /// What the stream key is called that other software showed; absent where it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<String>,
}

/// Who.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Who {
    #[schema(value_type = Uuid)]
    subject_id: SubjectId,
    /// Absent where the person is no longer of the home.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    you: bool,
}

/// What cancelling an account takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancel {
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// What is kept about oneself, where, and how long.
#[utoipa::path(get, path = "/privacy/data", operation_id = "readStoredData", tag = "privacy", responses((status = 200, body = Data)))]
pub(crate) async fn data(State(api): State<ApiState>, caller: Caller) -> Result<axum::Json<Data>> {
    let permit = api.own::<ReadPrivacy>(&caller).await?;
    let data = api.control.stored_data(permit).await?;
    let categories = data.categories.into_iter().map(|stored| api.stored(stored)).collect();
    let home = |home: control::HomeAfter| HomeAfter { id: home.id, role: home.role, ends: home.ends, cameras: home.cameras };
    Ok(axum::Json(Data { categories, homes: data.homes.into_iter().map(home).collect() }))
}

/// Events of the log about oneself.
#[utoipa::path(
    get, path = "/privacy/events", operation_id = "listEvents", tag = "privacy",
    params(
        ("kind" = Option<String>, Query, description = "What the kind begins with, as in `consent`"),
        ("before" = Option<u64>, Query), ("limit" = Option<u64>, Query),
    ),
    responses((status = 200, body = Events))
)]
pub(crate) async fn events(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Events>> {
    let permit = api.own::<ReadPrivacy>(&caller).await?;
    let rows = api.control.events(permit, query.kind.as_deref().unwrap_or_default(), query.before, query.limit()).await?;
    let next = next(&rows, query.limit(), |row| row.leaf);
    let event = |row: store::EventRow| Event {
        id: row.id.to_string(),
        leaf: row.leaf,
        seq: row.seq,
        kind: row.kind.as_str(),
        at: row.at,
        payload: row.payload,
    };
    Ok(axum::Json(Events { events: rows.into_iter().map(event).collect(), next }))
}

/// What went to third parties, or was refused to them.
#[utoipa::path(
    get, path = "/privacy/disclosures", operation_id = "listDisclosures", tag = "privacy",
    params(("before" = Option<u64>, Query), ("limit" = Option<u64>, Query)), responses((status = 200, body = Disclosures))
)]
pub(crate) async fn disclosures(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Disclosures>> {
    let permit = api.own::<ReadPrivacy>(&caller).await?;
    let rows = api.control.disclosures(permit, query.before, query.limit()).await?;
    let next = next(&rows, query.limit(), |row| row.leaf);
    Ok(axum::Json(Disclosures { disclosures: rows.into_iter().map(|row| api.disclosure(row)).collect(), next }))
}

/// Who looked at the cameras of a home.
#[utoipa::path(
    get, path = "/homes/{id}/access-history", operation_id = "readAccessHistory", tag = "privacy",
    params(("id" = Uuid, Path), ("before" = Option<u64>, Query), ("limit" = Option<u64>, Query)),
    responses((status = 200, body = Accesses))
)]
pub(crate) async fn access_history(
    State(api): State<ApiState>,
    caller: Caller,
    Path(home): Path<HomeId>,
    Query(query): Query<PageQuery>,
) -> Result<axum::Json<Accesses>> {
    let permit = api.control.ask::<ReadAccessHistory>(caller.principal(), home).await?;
    let you = permit.subject();
    let rows = api.control.access_history(permit, query.before, query.limit()).await?;
    let next = next(&rows, query.limit(), |row| row.leaf);
    let access = |row: control::Look| Access {
        at: row.at,
        until: row.until,
        who: Who { subject_id: row.subject, email: row.email, you: Some(row.subject) == you },
        camera_id: row.camera,
        camera_name: row.camera_name,
        how: row.how.as_str(),
        key_name: row.key_name,
    };
    Ok(axum::Json(Accesses { accesses: rows.into_iter().map(access).collect(), next }))
}

/// The receipt of an event: `atipcam verify receipt` checks it without this server.
#[utoipa::path(
    get, path = "/privacy/receipts/{event}", operation_id = "readReceipt", tag = "privacy", params(("event" = String, Path)),
    responses((status = 200, content_type = "text/plain", description = "The receipt"))
)]
pub(crate) async fn receipt(State(api): State<ApiState>, caller: Caller, Path(event): Path<String>) -> Result<impl IntoResponse> {
    let event: EventId = event.parse().map_err(|_| Problem::not_found())?;
    let permit = api.own::<ReadPrivacy>(&caller).await?;
    let text = api.control.receipt(permit, event).await?;
    let name = disposition::attachment(&format!("atipcam-receipt-{event}.txt"));
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)], text))
}

/// Cancels one's account: everything ends, and the keys are destroyed when this answers.
#[utoipa::path(
    delete, path = "/account", operation_id = "cancelAccount", tag = "privacy", request_body = Cancel,
    responses((status = 204, description = "Cancelled"))
)]
pub(crate) async fn cancel(State(api): State<ApiState>, caller: Caller, Json(form): Json<Cancel>) -> Result<impl IntoResponse> {
    let permit = api.own::<CancelAccount>(&caller).await?;
    api.control.cancel_account(permit, &form.password).await?;
    Ok((StatusCode::NO_CONTENT, auth::clear_cookie(api.site.tls)))
}

/// Where the next page begins, if there may be one.
fn next<T>(rows: &[T], limit: u64, leaf: impl Fn(&T) -> u64) -> Option<u64> {
    rows.last().filter(|_| rows.len() as u64 >= limit).map(leaf)
}

impl ApiState {
    /// A permit on the caller's own account.
    pub(crate) async fn own<A: policy::Act<Object = SubjectId>>(&self, caller: &Caller) -> Result<policy::Permit<A>> {
        let subject = self.control.subject_of(caller.session).await?.ok_or_else(auth::none)?;
        Ok(self.control.ask::<A>(caller.principal(), subject).await?)
    }

    fn stored(&self, control::Stored { category: id, count, bytes }: control::Stored) -> Stored {
        let category = |of: fn(&policyc::CategoryView) -> &str| {
            self.book.words(|page| page.categories.iter().find(|category| category.id == id).map(of))
        };
        let stays = policy::retention::ALL.iter().any(|class| {
            class.categories.contains(&id) && (class.then == policy::Then::Evidence || class.active == policy::Active::Period)
        });
        Stored {
            id,
            name: category(|category| &category.name),
            count,
            bytes,
            r#where: category(|category| &category.place),
            retention: category(|category| &category.retention.text),
            after_cancel: AfterCancel {
                then: if stays { "stays" } else { "goes" },
                text: category(|category| &category.retention.text),
            },
        }
    }

    fn disclosure(&self, row: store::DisclosureRow) -> Disclosure {
        let named = |category: &String| Named { category: category.clone(), name: self.book.category(category) };
        Disclosure {
            id: row.id.to_string(),
            at: row.at,
            recipient_name: self.book.recipient(&row.recipient),
            recipient: row.recipient,
            purpose_name: self.book.purpose(&row.purpose),
            purpose: row.purpose,
            fields: row.fields.iter().map(named).collect(),
            consent: row.consent.map(|id| id.to_string()),
            outcome: row.outcome.as_ref().map(store::Outcome::as_str),
            reason: row.outcome.as_ref().and_then(store::Outcome::reason).map(str::to_owned),
        }
    }
}
