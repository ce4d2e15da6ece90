use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::{Error, HomeId, Kind, Secret};
use futures::StreamExt as _;
use policy::act::TestCamera;
use relay::ProbeTarget;
use serde::Deserialize;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::Json;
use crate::problem::Result;
use crate::shape::TestStep;
use crate::state::ApiState;

/// A camera to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// rtsp or rtsps URL of the main stream. Without it the camera is asked at `onvif_url`.
    #[schema(value_type = Option<String>, format = "uri")]
    main_url: Option<Secret>,
    /// http URL of the camera's ONVIF device service: without `main_url` it says which streams there are.
    #[schema(value_type = Option<String>, format = "uri")]
    onvif_url: Option<Secret>,
    /// URL of the sub stream.
    #[schema(value_type = Option<String>, format = "uri")]
    sub_url: Option<Secret>,
    /// User name on the camera.
    username: Option<String>,
    /// Password on the camera. Not kept.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<Secret>,
    /// Which home, for somebody who has several.
    #[schema(value_type = Option<Uuid>)]
    home_id: Option<HomeId>,
}

/// Tries a camera before it is added: a line of JSON a step, as it happens.
#[utoipa::path(
    post, path = "/cameras/test", operation_id = "testCamera", tag = "cameras", request_body = Target,
    responses((status = 200, body = TestStep, content_type = "application/x-ndjson"))
)]
pub(crate) async fn run(State(api): State<ApiState>, caller: Caller, Json(target): Json<Target>) -> Result<impl IntoResponse> {
    let Target { main_url, onvif_url, sub_url, username, password, home_id } = target;
    let home = api.home(caller.session, home_id).await?;
    let permit = api.control.ask::<TestCamera>(caller.principal(), home).await?;
    if main_url.is_none() && onvif_url.is_none() {
        return Err(Error::new(Kind::Invalid, "camera.url_invalid", "main_url or onvif_url").into());
    }
    let steps = api.relay.probe(permit, ProbeTarget { main_url, onvif_url, sub_url, username, password });
    let lines = ReceiverStream::new(steps).map(|step| Ok::<_, Infallible>(line(&step.into())));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)))
}

fn line(step: &TestStep) -> Vec<u8> {
    // Plain texts and numbers always serialise.
    let mut line = serde_json::to_vec(step).unwrap_or_default();
    line.push(b'\n');
    line
}
