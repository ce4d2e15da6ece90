use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::IntoResponse;
use domain::onboarding::{Invitation, Label};
use domain::{CameraId, HomeId, Secret};
use futures::StreamExt as _;
use policy::act::{AddCamera, FindCameras};
use relay::{PairStep, StepState};
use serde::{Deserialize, Serialize};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::Json;
use crate::problem::Result;
use crate::state::ApiState;

/// A camera to pair.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPairing)]
pub(crate) struct New {
    /// What the code on its label says: `atipcam:label?…`. Not kept.
    #[schema(value_type = String, format = Password)]
    code: Secret,
    /// What it will be called: 1 to 64 characters. Without, as it calls itself.
    name: Option<String>,
    /// Which home, for somebody who has several.
    #[schema(value_type = Option<Uuid>)]
    home_id: Option<HomeId>,
}

/// A step of a pairing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PairStep)]
pub(crate) struct Shown {
    /// `find`, `prove`, `invite`; `connect` is the last.
    step: &'static str,
    #[schema(inline)]
    state: Stage,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// A sentence for people who look closer.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The camera that it became, with `connect`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    camera_id: Option<CameraId>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Running,
    Ok,
    Failed,
}

/// Pairs a camera of ours in the server's networks by the code on its label: a line of JSON a step, as it happens.
#[utoipa::path(
    post, path = "/cameras/pair", operation_id = "pairCamera", tag = "cameras", request_body = New,
    responses((status = 200, body = Shown, content_type = "application/x-ndjson"))
)]
pub(crate) async fn run(
    State(api): State<ApiState>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    Json(new): Json<New>,
) -> Result<impl IntoResponse> {
    let home = api.home(caller.session, new.home_id).await?;
    let permit = api.control.ask::<AddCamera>(caller.principal(), home).await?;
    let find = api.control.ask::<FindCameras>(caller.principal(), home).await?;
    let failed = |code: &'static str, detail: String| PairStep::failed("find", relay::Problem { code, detail });
    let steps = match Label::parse(new.code.expose().as_bytes()) {
        Err(refused) => futures::stream::iter([failed("device.code_invalid", refused.to_string())]).left_stream(),
        Ok(label) if api.control.is_owned(label.device).await? => {
            futures::stream::iter([failed("device.owned", "this camera belongs to a home of this server".into())]).left_stream()
        }
        Ok(label) => {
            let (server, certificate) = api.reached(&uri, &headers)?;
            let invited = api.control.invite_camera(permit, new.name.as_deref()).await?;
            let invitation = Invitation { server, certificate, claim: invited.claim };
            ReceiverStream::new(api.relay.pair(find, label, invitation)).right_stream()
        }
    };
    let lines = steps.map(|step| Ok::<_, Infallible>(line(&step.into())));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)))
}

fn line(step: &Shown) -> Vec<u8> {
    // Plain texts always serialise.
    let mut line = serde_json::to_vec(step).unwrap_or_default();
    line.push(b'\n');
    line
}

impl From<PairStep> for Shown {
    fn from(PairStep { step, state, problem, camera }: PairStep) -> Self {
        let state = match state {
            StepState::Running => Stage::Running,
            StepState::Ok => Stage::Ok,
            StepState::Failed => Stage::Failed,
        };
        let (code, detail) = problem.map(|problem| (problem.code, problem.detail)).unzip();
        Self { step, state, code, detail, camera_id: camera }
    }
}
