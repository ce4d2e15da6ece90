//! What a camera of ours calls by itself: it has no session, and proves itself by its key.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use control::{Claim, Claimed};
use domain::onboarding::{ClaimToken, DeviceId, Fingerprint, link};
use domain::{CameraId, Secret};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Deserializer, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::extract::{Path, Peer, Small};
use crate::problem::{Problem, Result};
use crate::state::{ApiState, Conduit};

/// The protocol that a link is upgraded to.
const PROTOCOL: &str = "atipcam-link/1";

/// How long a device may take to prove itself.
const PROOF_TIME_MAX: Duration = Duration::from_secs(5);

/// Characters of a text that a device says of itself.
const TEXT_CHARS_MAX: usize = 64;

/// A camera that was invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDevice)]
pub(crate) struct New {
    /// The invitation's token: 16 bytes in base64url.
    #[serde(deserialize_with = "octets")]
    #[schema(value_type = String)]
    claim: [u8; 16],
    /// Its Ed25519 public key: 32 bytes in base64url.
    #[serde(deserialize_with = "octets")]
    #[schema(value_type = String)]
    key: [u8; 32],
    /// By that key, over `atipcam claim v1`, a zero byte, the token and the certificate's SHA-256: 64 bytes in base64url.
    #[serde(deserialize_with = "octets")]
    #[schema(value_type = String)]
    signature: [u8; 64],
    /// What it calls itself.
    name: String,
    /// Not kept.
    model: String,
    /// Not kept.
    serial: String,
    /// For its streams.
    username: String,
    /// For its streams. Kept sealed, never returned.
    #[schema(value_type = String, format = Password)]
    password: Secret,
    /// Path of its main stream.
    main_path: String,
    /// Path of its sub stream.
    sub_path: Option<String>,
    /// Path of its ONVIF device service.
    onvif_path: Option<String>,
}

/// Which device it is, and which camera it became.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Device)]
pub(crate) struct Taken {
    /// 32 hexadecimal digits.
    device_id: String,
    #[schema(value_type = Uuid)]
    camera_id: CameraId,
}

/// A camera comes by its invitation. The same claim by the same key is answered again.
#[utoipa::path(
    post, path = "/devices", operation_id = "claimDevice", tag = "devices", request_body = New,
    responses((status = 201, body = Taken), (status = 200, body = Taken, description = "It had come before"))
)]
pub(crate) async fn create(State(api): State<ApiState>, Peer(from): Peer, Small(new): Small<New>) -> Result<impl IntoResponse> {
    let New { claim, key, signature, name, model, serial, username, password, main_path, sub_path, onvif_path } = new;
    for (field, text) in [("name", &name), ("model", &model), ("serial", &serial)] {
        if text.chars().count() > TEXT_CHARS_MAX {
            return Err(Problem::invalid(Some(field.to_owned()), format!("at most {TEXT_CHARS_MAX} characters")));
        }
    }
    let claim = ClaimToken::from_bytes(claim);
    let claim = Claim { claim, key, signature, name, username, password, main_path, sub_path, onvif_path };
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "device.claim_unknown", "no such invitation, or it is over");
    let certificate = api.certificate().ok_or_else(unknown)?;
    let Claimed { device, camera, new } = api.control.claim_device(claim, certificate, from).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, axum::Json(Taken { device_id: device.to_string(), camera_id: camera })))
}

/// A camera keeps a connection up, by which it is reached: HTTP/1.1 upgraded to `atipcam-link/1`.
#[utoipa::path(
    get, path = "/devices/{device}/link", operation_id = "linkDevice", tag = "devices",
    params(("device" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 101, description = "The link, once the device has proven itself"))
)]
pub(crate) async fn connect(
    State(api): State<ApiState>,
    Path(device): Path<String>,
    Peer(from): Peer,
    mut request: Request,
) -> Result<Response> {
    let unknown = || Problem::new(StatusCode::NOT_FOUND, "device.unknown", "no such device");
    let device = link::device_id(&device).ok_or_else(unknown)?;
    let certificate = api.certificate().ok_or_else(unknown)?;
    let caller = api.control.call_of(device, from).await?;
    let wanted = request.headers().get(header::UPGRADE).is_some_and(|name| name == PROTOCOL);
    let upgrade = request.extensions_mut().remove::<OnUpgrade>().filter(|_| wanted);
    let upgrade = upgrade.ok_or_else(|| Problem::invalid(None, format!("a link is an upgrade of HTTP/1.1 to {PROTOCOL}")))?;
    let busy = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "device.busy", "too many devices are calling at once");
    let place = std::sync::Arc::clone(&api.half_open).try_acquire_owned().map_err(busy)?;
    let conduit = request.extensions_mut().remove::<Conduit>();
    tokio::spawn(async move {
        let proven = timeout(PROOF_TIME_MAX, proven(upgrade, &caller, certificate)).await;
        let Ok(Some(socket)) = proven else {
            tracing::debug!(%device, "a link was not proven");
            return;
        };
        if let Some(conduit) = conduit {
            conduit.keep_alive();
        }
        take(&api, device, &caller, from, socket, place).await;
    });
    let headers =
        [(header::CONNECTION, HeaderValue::from_static("upgrade")), (header::UPGRADE, HeaderValue::from_static(PROTOCOL))];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// The socket of a device that proved itself.
async fn proven(upgrade: OnUpgrade, caller: &control::Caller, certificate: Fingerprint) -> Option<TokioIo<Upgraded>> {
    let mut socket = TokioIo::new(upgrade.await.ok()?);
    socket.write_all(caller.nonce()).await.ok()?;
    socket.flush().await.ok()?;
    let mut signature = [0; 64];
    socket.read_exact(&mut signature).await.ok()?;
    if !caller.proves(&signature, certificate) {
        return None;
    }
    socket.write_all(&[1]).await.ok()?;
    socket.flush().await.ok()?;
    Some(socket)
}

async fn take(
    api: &ApiState,
    device: DeviceId,
    caller: &control::Caller,
    from: std::net::IpAddr,
    socket: TokioIo<Upgraded>,
    place: OwnedSemaphorePermit,
) {
    api.control.let_in(from);
    api.relay.link(device, caller.camera, socket);
    drop(place);
    // Its owner may have removed it while it proved itself, and nobody would tell it.
    if !api.control.still_is(device, caller.camera).await.unwrap_or(true) {
        api.relay.release(caller.camera).await;
    }
}

impl ApiState {
    /// By what this server is known to devices; `None` where it does not speak TLS.
    fn certificate(&self) -> Option<Fingerprint> {
        *self.site.certificate.borrow()
    }
}

/// Exactly `N` bytes in base64url without padding.
fn octets<'de, const N: usize, D: Deserializer<'de>>(d: D) -> Result<[u8; N], D::Error> {
    let text = String::deserialize(d)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| serde::de::Error::custom(format!("not {N} bytes in base64url")))
}
