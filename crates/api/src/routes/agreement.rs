use axum::extract::State;
use axum::http::StatusCode;
use policy::act::{GiveConsent, WithdrawConsent};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::{self, Caller};
use crate::extract::Json;
use crate::problem::Result;
use crate::state::ApiState;

/// An agreement to the policy.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Agree {
    /// The version that the person read.
    policy_version: String,
    /// The language in which it was read (BCP 47).
    language: Option<String>,
    /// The person declares to be of age.
    adult: bool,
}

/// Agrees to the policy in force.
#[utoipa::path(
    put, path = "/agreement", operation_id = "agree", tag = "policy", request_body = Agree,
    responses((status = 204, description = "Noted, with a receipt in the log"))
)]
pub(crate) async fn create(State(api): State<ApiState>, caller: Caller, Json(form): Json<Agree>) -> Result<StatusCode> {
    let subject = api.control.subject_of(caller.session).await?.ok_or_else(auth::none)?;
    let permit = api.control.ask::<GiveConsent>(caller.principal(), subject).await?;
    api.control.agree_as(permit, form.policy_version, form.language, form.adult).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the agreement back. Within a second nothing but the policy and one's privacy centre is served.
#[utoipa::path(
    delete, path = "/agreement", operation_id = "disagree", tag = "policy",
    responses((status = 204, description = "Noted, with a receipt in the log"))
)]
pub(crate) async fn delete(State(api): State<ApiState>, caller: Caller) -> Result<StatusCode> {
    let subject = api.control.subject_of(caller.session).await?.ok_or_else(auth::none)?;
    let permit = api.control.ask::<WithdrawConsent>(caller.principal(), subject).await?;
    api.control.withdraw_agreement(permit).await?;
    Ok(StatusCode::NO_CONTENT)
}
