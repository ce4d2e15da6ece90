use std::convert::Infallible;
use std::net::IpAddr;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::{CameraId, HomeId};
use futures::StreamExt as _;
use policy::act::FindCameras;
use relay::{FoundCamera, Searched};
use serde::{Deserialize, Serialize};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::Json;
use crate::problem::Result;
use crate::state::ApiState;

/// Where to look.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// A local IPv4 range of at most 1024 addresses to ask one by one as well, where multicasts do not reach:
    /// `192.168.3.0/24`, `192.168.3.10-192.168.3.20` or one address.
    sweep: Option<String>,
    /// Which home, for somebody who has several.
    #[schema(value_type = Option<Uuid>)]
    home_id: Option<HomeId>,
}

/// What a search tells, a line each.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum SearchLine {
    /// A camera, or more about one: replaces what was told under the same key.
    Found {
        /// The camera.
        camera: Box<Found>,
    },
    /// It said that it leaves, or is one with another.
    Gone {
        /// Whose row goes.
        key: String,
    },
    /// The last line.
    Ended,
}

/// A camera that answered, as it describes itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Found {
    /// The same for every line about it.
    key: String,
    /// Where it was heard from.
    #[schema(value_type = Vec<String>)]
    addresses: Vec<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// The name that it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its ONVIF device service.
    #[serde(skip_serializing_if = "Option::is_none")]
    onvif_url: Option<String>,
    /// Its RTSP server; the path may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    rtsp_url: Option<String>,
    /// Its serial number, where it tells one before it is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    serial: Option<String>,
    /// Its ONVIF endpoint reference: to be given with the camera when it is added.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    /// Which camera of the home it is, where it was added already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    camera_id: Option<CameraId>,
}

/// Looks for cameras in the server's networks: a line of JSON each, as they answer. Ends within a minute, when the client leaves,
/// and when another search of the home begins. Nothing of it is kept.
#[utoipa::path(
    post, path = "/cameras/search", operation_id = "searchCameras", tag = "cameras", request_body = Search,
    responses((status = 200, body = SearchLine, content_type = "application/x-ndjson"))
)]
pub(crate) async fn run(State(api): State<ApiState>, caller: Caller, Json(search): Json<Search>) -> Result<impl IntoResponse> {
    let home = api.home(caller.session, search.home_id).await?;
    let permit = api.control.ask::<FindCameras>(caller.principal(), home).await?;
    let told = api.relay.search(permit, search.sweep.as_deref()).await?;
    let lines = ReceiverStream::new(told).map(|told| Ok::<_, Infallible>(line(told)));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)))
}

fn line(told: Searched) -> Vec<u8> {
    let line = match told {
        Searched::Found(found) => SearchLine::Found { camera: Box::new((*found).into()) },
        Searched::Gone(key) => SearchLine::Gone { key },
        Searched::Ended => SearchLine::Ended,
    };
    // Plain texts always serialise.
    let mut line = serde_json::to_vec(&line).unwrap_or_default();
    line.push(b'\n');
    line
}

impl From<FoundCamera> for Found {
    fn from(found: FoundCamera) -> Self {
        let FoundCamera { key, addresses, make, model, name, onvif_url, rtsp_url, serial, endpoint, camera } = found;
        Self { key, addresses, make, model, name, onvif_url, rtsp_url, serial, endpoint, camera_id: camera }
    }
}
