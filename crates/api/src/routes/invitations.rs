use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use control::{InvitationState, Invited};
use domain::onboarding::{Fingerprint, ServerUrl};
use domain::{CameraId, HomeId, InvitationId, Timestamp};
use policy::act::AddCamera;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::edge;
use crate::extract::{Json, Path};
use crate::problem::{Problem, Result};
use crate::state::ApiState;

/// A camera to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInvitation)]
pub(crate) struct New {
    /// What it will be called: 1 to 64 characters. Without, as it calls itself.
    name: Option<String>,
    /// Which home, for somebody who has several.
    #[schema(value_type = Option<Uuid>)]
    home_id: Option<HomeId>,
}

/// What the camera must be told: whom to call, by what it knows that server, and what it shows there, once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    #[schema(value_type = Uuid)]
    id: InvitationId,
    /// `https://HOST[:PORT]`, by which this page came.
    server: String,
    /// SHA-256 of a certificate in the chain that the server shows, in base64url.
    certificate: String,
    /// The claim token: 16 bytes in base64url. In this answer and nowhere else.
    claim: String,
    #[schema(value_type = String, format = DateTime)]
    expires: Timestamp,
}

/// How far an invitation is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvitationState)]
pub(crate) struct Progress {
    #[schema(inline)]
    state: Stage,
    /// The camera that came by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    camera_id: Option<CameraId>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Waiting,
    Claimed,
    Expired,
}

/// Invites one camera, for a quarter of an hour. It ends with the session that made it.
#[utoipa::path(
    post, path = "/cameras/invitations", operation_id = "inviteCamera", tag = "cameras", request_body = New,
    responses((status = 201, body = Invitation))
)]
pub(crate) async fn create(
    State(api): State<ApiState>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    Json(new): Json<New>,
) -> Result<impl IntoResponse> {
    let home = api.home(caller.session, new.home_id).await?;
    let permit = api.control.ask::<AddCamera>(caller.principal(), home).await?;
    let (server, certificate) = api.reached(&uri, &headers)?;
    let Invited { id, claim, expires } = api.control.invite_camera(permit, new.name.as_deref()).await?;
    let invitation = Invitation {
        id,
        server: server.to_string(),
        certificate: URL_SAFE_NO_PAD.encode(certificate.to_bytes()),
        claim: URL_SAFE_NO_PAD.encode(claim.expose()),
        expires,
    };
    Ok((StatusCode::CREATED, [(header::CACHE_CONTROL, "no-store")], axum::Json(invitation)))
}

/// Whether the invited camera has come.
#[utoipa::path(
    get, path = "/cameras/invitations/{id}", operation_id = "readInvitation", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 200, body = Progress))
)]
pub(crate) async fn read(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<InvitationId>,
) -> Result<axum::Json<Progress>> {
    let home = api.control.home_of_invitation(id).await?;
    let permit = api.control.ask::<AddCamera>(caller.principal(), home).await?;
    let (state, camera_id) = match api.control.invitation(permit, id).await? {
        InvitationState::Waiting => (Stage::Waiting, None),
        InvitationState::Claimed(camera) => (Stage::Claimed, Some(camera)),
        InvitationState::Expired => (Stage::Expired, None),
    };
    Ok(axum::Json(Progress { state, camera_id }))
}

/// Takes an invitation back. A camera that came by it stays.
#[utoipa::path(
    delete, path = "/cameras/invitations/{id}", operation_id = "withdrawInvitation", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 204, description = "Withdrawn"))
)]
pub(crate) async fn delete(State(api): State<ApiState>, caller: Caller, Path(id): Path<InvitationId>) -> Result<StatusCode> {
    let home = api.control.home_of_invitation(id).await?;
    let permit = api.control.ask::<AddCamera>(caller.principal(), home).await?;
    api.control.withdraw_invitation(permit, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl ApiState {
    /// By what a camera reaches this server, and by what it knows it: the name by which the page came.
    pub(crate) fn reached(&self, uri: &Uri, headers: &HeaderMap) -> Result<(ServerUrl, Fingerprint)> {
        let needs_tls =
            || Problem::new(StatusCode::CONFLICT, "device.needs_tls", "a camera calls by https alone: listen beyond loopback");
        let certificate = (*self.site.certificate.borrow()).ok_or_else(needs_tls)?;
        let host = edge::authority(uri, headers).unwrap_or_default().to_ascii_lowercase();
        let server = ServerUrl::new(&format!("https://{host}"));
        let server = server.map_err(|refused| Problem::invalid(None, format!("Host: {refused}")))?;
        Ok((server, certificate))
    }
}
