use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{Role, Secret, Timestamp};
use policy::Agreed;
use policy::act::ReadPrivacy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{self, Caller};
use crate::extract::{Json, Peer};
use crate::problem::Result;
use crate::shape;
use crate::state::ApiState;

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// E-mail address.
    email: String,
    /// Password.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// A new session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedIn {
    /// For tools: `Authorization: Bearer <token>`. Browsers have it in a cookie that scripts cannot read.
    token: String,
    /// When the session ends unless used.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    account: Account,
}

/// The session that asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// When it ends unless used.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    account: Account,
}

/// A person's own account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Account {
    #[schema(value_type = Uuid)]
    subject_id: domain::SubjectId,
    email: String,
    homes: Vec<HomeRole>,
    agreed: Agreement,
}

/// What one agreed to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Agreement {
    /// `current`; `older`, which still holds; or `none`: nothing but the policy and one's privacy centre is served.
    state: &'static str,
    /// The newest version that one agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// The strongest change since: `silent`, `posted`, `prominent` or `express`.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    /// One declared to be of age.
    adult: bool,
}

impl From<control::AgreementState> for Agreement {
    fn from(control::AgreementState { agreed, version, class, adult }: control::AgreementState) -> Self {
        let state = match agreed {
            Agreed::Current => "current",
            Agreed::Older => "older",
            Agreed::None => "none",
        };
        Self { state, version, class, adult }
    }
}

/// A home and what one is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HomeRole {
    #[schema(value_type = Uuid)]
    id: domain::HomeId,
    #[schema(schema_with = shape::role)]
    role: Role,
}

impl From<control::Account> for Account {
    fn from(control::Account { subject, email, homes, agreement }: control::Account) -> Self {
        let homes = homes.into_iter().map(|home| HomeRole { id: home.id, role: home.role }).collect();
        Self { subject_id: subject, email, homes, agreed: agreement.into() }
    }
}

/// Signs in.
#[utoipa::path(
    post, path = "/session", operation_id = "signIn", tag = "session", request_body = SignIn,
    responses((status = 201, body = SignedIn, description = "Signed in; the cookie is set"))
)]
pub(crate) async fn create(State(api): State<ApiState>, from: Peer, Json(form): Json<SignIn>) -> Result<Response> {
    let signed_in = api.control.sign_in(&form.email, &form.password, from.0).await?;
    Ok(answer(signed_in, &api))
}

/// The 201 of a new session, by sign-in or by first run.
pub(super) fn answer(signed_in: control::SignedIn, api: &ApiState) -> Response {
    let cookie = auth::set_cookie(&signed_in.token, api.site.tls);
    let body =
        SignedIn { token: signed_in.token.expose().to_owned(), expires_at: signed_in.expires, account: signed_in.account.into() };
    (StatusCode::CREATED, cookie, axum::Json(body)).into_response()
}

/// Who one is. Prolongs the cookie.
#[utoipa::path(get, path = "/session", operation_id = "readSession", tag = "session", responses((status = 200, body = Session)))]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller) -> Result<Response> {
    let subject = api.control.subject_of(caller.session).await?.ok_or_else(auth::none)?;
    let expires_at = api.control.expires(caller.session).await?.ok_or_else(auth::none)?;
    let permit = api.control.ask::<ReadPrivacy>(caller.principal(), subject).await?;
    let account = api.control.account(permit).await?.into();
    let cookie = caller.cookie.map(|token| auth::set_cookie(&token, api.site.tls));
    Ok((cookie, axum::Json(Session { expires_at, account })).into_response())
}

/// Signs out. What runs in the session's name ends within a second.
#[utoipa::path(
    delete, path = "/session", operation_id = "signOut", tag = "session",
    responses((status = 204, description = "Signed out"))
)]
pub(crate) async fn delete(State(api): State<ApiState>, caller: Caller) -> Result<impl IntoResponse> {
    api.control.sign_out(caller.session).await?;
    Ok((StatusCode::NO_CONTENT, auth::clear_cookie(api.site.tls)))
}
