use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse, Response};
use domain::CameraId;
use policy::Permit;
use policy::act::MoveCamera;
use relay::Wish;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout};

use crate::auth::Caller;
use crate::extract::Path;
use crate::problem::Result;
use crate::state::ApiState;

/// Who has not moved the camera for that long lets it go.
const IDLE_TIME_MAX: Duration = Duration::from_secs(120);

/// How long one message may wait for a browser that does not read.
const SEND_TIME_MAX: Duration = Duration::from_secs(5);

/// Three numbers.
const INCOMING_BYTES_MAX: usize = 256;

/// One message of the app.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    #[serde(default)]
    pan: f32,
    #[serde(default)]
    tilt: f32,
    #[serde(default)]
    zoom: f32,
}

/// Moves a camera, by WebSocket. `{"pan": 0.5, "tilt": 0, "zoom": 0}`, each from -1 to 1, moves it for a quarter of a second and is
/// sent again for as long as it shall go on; `{}` stops it, and so does the end of the connection. The server says `ready` once,
/// and `ended` with a code where the camera does not follow.
#[utoipa::path(
    get, path = "/cameras/{id}/move.ws", operation_id = "moveCamera", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 101, description = "The camera listens"))
)]
pub(crate) async fn run(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response> {
    let permit = api.control.ask::<MoveCamera>(caller.principal(), id).await?;
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.max_message_size(INCOMING_BYTES_MAX).max_frame_size(INCOMING_BYTES_MAX),
        Err(rejection) => return Ok(rejection.into_response()),
    };
    Ok(upgrade.on_upgrade(move |socket| serve(api, socket, permit)))
}

async fn serve(api: ApiState, mut socket: WebSocket, permit: Permit<MoveCamera>) {
    let code = match api.relay.steer(permit).await {
        Ok(steering) => follow(&api, &mut socket, steering).await,
        Err(error) => Some(error.code()),
    };
    if let Some(code) = code {
        tell(&mut socket, &json!({"type": "ended", "code": code})).await;
    }
    let frame = CloseFrame { code: close_code::NORMAL, reason: "".into() };
    let _ = timeout(SEND_TIME_MAX, socket.send(Message::Close(Some(frame)))).await;
}

/// Passes on what the browser wants until it is gone. Whatever ends this drops the steering, which stops the camera.
async fn follow(api: &ApiState, socket: &mut WebSocket, mut steering: relay::Steering) -> Option<&'static str> {
    tell(socket, &json!({"type": "ready"})).await;
    let mut heard = Instant::now();
    loop {
        tokio::select! {
            () = api.stop.cancelled() => return Some("live.ended"),
            () = steering.ended() => return Some("camera.protocol"),
            () = sleep_until(heard + IDLE_TIME_MAX) => return Some("live.ended"),
            word = socket.recv() => match word {
                Some(Ok(Message::Text(text))) => {
                    let Ok(Move { pan, tilt, zoom }) = serde_json::from_str(&text) else { return Some("request.invalid") };
                    heard = Instant::now();
                    steering.wish(Wish { pan, tilt, zoom });
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_) | Message::Close(_)) | Err(_)) | None => return None,
            },
        }
    }
}

async fn tell(socket: &mut WebSocket, message: &Value) {
    // A browser that does not read is found gone by the next read.
    let _ = timeout(SEND_TIME_MAX, socket.send(Message::Text(message.to_string().into()))).await;
}
