use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{CameraId, CaseId, HomeId, Timestamp};
use policy::Permit;
use policy::act::{Download, ExportCase, ReadAccount, ReadCamera};
use relay::{CaseOrder, CaseReport, CaseState, Doing};
use serde::{Deserialize, Serialize};
use store::case::By;
use utoipa::ToSchema;

use super::locks::range;
use super::recording::Saved;
use crate::auth::Caller;
use crate::extract::{HomeQuery, Json, Path, Query};
use crate::problem::{Problem, Result};
use crate::state::ApiState;

/// The caller's cases, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cases {
    cases: Vec<Shown>,
    /// Of the key that signs them: what the page that checks a case shows too.
    fingerprint: String,
}

/// Footage of several cameras as one zip that proves itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Case)]
pub(crate) struct Shown {
    #[schema(value_type = Uuid)]
    id: CaseId,
    #[schema(value_type = Uuid)]
    home_id: HomeId,
    #[schema(value_type = Vec<Uuid>)]
    camera_ids: Vec<CameraId>,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(inline)]
    state: Stage,
    /// While it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
    /// What is done now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    doing: Option<Step>,
    /// Of `camera_ids`, the one that is read now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    camera_id: Option<CameraId>,
    /// Once it is ready: bytes of the zip.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Until when it can be downloaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// Where it could not be made: the code of the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// How far a case is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Stage {
    Waiting,
    Making,
    Ready,
    Failed,
}

/// What a case's making does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Step {
    Looking,
    Reading,
    Signing,
}

/// A case to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCase)]
pub(crate) struct New {
    /// The home, where who asks is of several.
    #[schema(value_type = Option<Uuid>)]
    home_id: Option<HomeId>,
    /// 1 to 16 cameras of it.
    #[schema(value_type = Vec<Uuid>)]
    camera_ids: Vec<CameraId>,
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Why: up to 300 characters. It stands in the case.
    reason: Option<String>,
}

/// The cases that the caller has.
#[utoipa::path(
    get, path = "/cases", operation_id = "listCases", tag = "recorded",
    params(("home_id" = Option<Uuid>, Query)), responses((status = 200, body = Cases))
)]
pub(crate) async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<HomeQuery>,
) -> Result<axum::Json<Cases>> {
    let mut cases = Vec::new();
    for home in api.homes(caller.session, query.home_id).await? {
        let permit = api.control.ask::<ExportCase>(caller.principal(), home).await?;
        cases.extend(api.relay.cases(&permit).into_iter().map(Shown::from));
    }
    Ok(axum::Json(Cases { cases, fingerprint: api.relay.case_fingerprint() }))
}

/// Begins to make a case. Its progress is in the answers of `GET /cases/{case}`.
#[utoipa::path(
    post, path = "/cases", operation_id = "makeCase", tag = "recorded", request_body = New,
    responses((status = 202, body = Shown))
)]
pub(crate) async fn create(State(api): State<ApiState>, caller: Caller, Json(new): Json<New>) -> Result<impl IntoResponse> {
    let New { home_id, mut camera_ids, from, to, reason } = new;
    let home = api.home(caller.session, home_id).await?;
    let permit = api.control.ask::<ExportCase>(caller.principal(), home).await?;
    let reason = reason.filter(|reason| !reason.trim().is_empty()).map(|reason| control::given_reason(&reason)).transpose()?;
    let range = range(from, to)?;
    let mut known = std::collections::HashSet::new();
    camera_ids.retain(|id| known.insert(*id));
    if camera_ids.len() > relay::CASE_CAMERAS_MAX {
        return Err(Problem::invalid(Some("camera_ids".to_owned()), format!("at most {}", relay::CASE_CAMERAS_MAX)));
    }
    let mut cameras = Vec::new();
    for id in camera_ids {
        let read = api.control.ask::<ReadCamera>(caller.principal(), id).await?;
        let name = api.control.camera(read).await?.name;
        cameras.push((api.control.ask::<Download>(caller.principal(), id).await?, name));
    }
    let subject = api.control.subject_of(caller.session).await?.ok_or_else(crate::auth::none)?;
    let account = api.control.ask::<ReadAccount>(caller.principal(), subject).await?;
    let by = By { account: api.control.account(account).await?.email, id: subject };
    let order = CaseOrder { by, range, reason, cameras, server: api.site.version };
    let report = api.relay.start_case(&permit, order)?;
    Ok((StatusCode::ACCEPTED, axum::Json(Shown::from(report))))
}

/// How far a case is.
#[utoipa::path(
    get, path = "/cases/{case}", operation_id = "readCase", tag = "recorded",
    params(("case" = Uuid, Path)), responses((status = 200, body = Shown))
)]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller, Path(id): Path<CaseId>) -> Result<axum::Json<Shown>> {
    let permit = ask(&api, &caller, id).await?;
    Ok(axum::Json(api.relay.case(&permit, id)?.into()))
}

/// Cancels a case, or throws away one that was made.
#[utoipa::path(
    delete, path = "/cases/{case}", operation_id = "endCase", tag = "recorded",
    params(("case" = Uuid, Path)), responses((status = 204, description = "It is no more"))
)]
pub(crate) async fn delete(State(api): State<ApiState>, caller: Caller, Path(id): Path<CaseId>) -> Result<StatusCode> {
    let permit = ask(&api, &caller, id).await?;
    api.relay.end_case(&permit, id)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A finished case as a zip. Serves byte ranges, so that a broken download goes on where it was.
#[utoipa::path(
    get, path = "/cases/{case}/case.zip", operation_id = "downloadCase", tag = "recorded",
    params(("case" = Uuid, Path), ("Range" = Option<String>, Header), ("If-Range" = Option<String>, Header)),
    responses(
        (status = 200, content_type = "application/zip", description = "The whole file"),
        (status = 206, content_type = "application/zip", description = "The bytes that were asked for"),
    )
)]
pub(crate) async fn download(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CaseId>,
    headers: HeaderMap,
) -> Result<Response> {
    let permit = ask(&api, &caller, id).await?;
    let mut cameras: Vec<Permit<Download>> = Vec::new();
    for camera in api.relay.case(&permit, id)?.cameras {
        cameras.push(api.control.ask::<Download>(caller.principal(), camera).await?);
    }
    let file = api.relay.case_file(permit, id, cameras).await?;
    let part = match Saved::new(&headers, file.etag().to_owned(), file.len()) {
        Ok(part) => part,
        Err(refused) => return Ok(*refused),
    };
    let time: String = file.report().range.from().to_string().chars().take("2026-11-23T08:30".len()).collect();
    let name = format!("case_{}.zip", time.replace('T', "_").replace(':', "-"));
    let body = Body::from_stream(file.read(part.part.start, part.part.end));
    part.answer("application/zip", &name, body)
}

async fn ask(api: &ApiState, caller: &Caller, id: CaseId) -> Result<Permit<ExportCase>> {
    let home = api.relay.home_of_case(id).ok_or_else(Problem::not_found)?;
    Ok(api.control.ask::<ExportCase>(caller.principal(), home).await?)
}

impl From<CaseReport> for Shown {
    fn from(report: CaseReport) -> Self {
        let CaseReport { id, home, cameras, range, reason, created, state } = report;
        let (mut percent, mut doing, mut camera_id, mut bytes, mut until, mut problem) = (None, None, None, None, None, None);
        let state = match state {
            CaseState::Waiting => Stage::Waiting,
            CaseState::Making { percent: done, doing: step } => {
                percent = Some(done);
                doing = Some(match step {
                    Doing::Looking => Step::Looking,
                    Doing::Reading(number) => {
                        camera_id = number.checked_sub(1).and_then(|number| cameras.get(number)).copied();
                        Step::Reading
                    }
                    Doing::Signing => Step::Signing,
                });
                Stage::Making
            }
            CaseState::Ready { bytes: length, until: end } => {
                (bytes, until) = (Some(length), Some(end));
                Stage::Ready
            }
            CaseState::Failed { code } => {
                problem = Some(code.to_owned());
                Stage::Failed
            }
        };
        let (from, to) = (range.from(), range.to());
        Self {
            id,
            home_id: home,
            camera_ids: cameras,
            from,
            to,
            reason,
            created_at: created,
            state,
            percent,
            doing,
            camera_id,
            bytes,
            until,
            problem,
        }
    }
}
