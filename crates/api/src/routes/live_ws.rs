use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::CameraId;
use policy::Permit;
use policy::act::ViewLive;
use relay::{LiveMessage, StreamChoice};
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::auth::Caller;
use crate::extract::{Path, Query, Stream, StreamQuery};
use crate::problem::Result;
use crate::state::ApiState;

/// How often we ask a silent viewer whether it is there; two questions without a word in answer mean that it is not.
const PING_INTERVAL: Duration = Duration::from_secs(15);

/// How long one message may wait for a viewer that does not read. Its feed skips ahead in the meantime.
const SEND_TIME_MAX: Duration = Duration::from_secs(10);

/// A viewer has nothing to say but pongs and good-bye.
const INCOMING_BYTES_MAX: usize = 1024;

/// A live view for Media Source Extensions, by WebSocket: text messages say what follows, binary ones are an initialization
/// segment and then live parts.
#[utoipa::path(
    get, path = "/cameras/{id}/live.ws", operation_id = "watchLive", tag = "live",
    params(("id" = Uuid, Path), ("stream" = inline(Option<Stream>), Query)),
    responses((status = 101, description = "The view runs"))
)]
pub(crate) async fn watch(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Query(query): Query<StreamQuery>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response> {
    let permit = api.control.ask::<ViewLive>(caller.principal(), id).await?;
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.max_message_size(INCOMING_BYTES_MAX).max_frame_size(INCOMING_BYTES_MAX),
        Err(rejection) => return Ok(rejection.into_response()),
    };
    // A live part is sent as it comes: what waits in a buffer is latency.
    let upgrade = upgrade.write_buffer_size(0);
    Ok(upgrade.on_upgrade(move |socket| serve(api, socket, permit, query.stream.into())))
}

async fn serve(api: ApiState, mut socket: WebSocket, permit: Permit<ViewLive>, choice: StreamChoice) {
    let camera = permit.object();
    // From here on a page could not read an HTTP problem, so it is told by the message that ends every view.
    let code = match api.relay.live_parts(permit, choice) {
        Ok(parts) => match forward(&api, &mut socket, parts).await {
            End::Told | End::Gone => None,
            End::Stopping => Some("live.ended"),
        },
        Err(error) => {
            tracing::debug!(%camera, %error, "no live view");
            Some(error.code())
        }
    };
    if let Some(code) = code {
        let ended = json!({"type": "ended", "code": code}).to_string();
        let _ = send(&mut socket, Message::Text(ended.into())).await;
    }
    let frame = CloseFrame { code: close_code::NORMAL, reason: "".into() };
    let _ = send(&mut socket, Message::Close(Some(frame))).await;
}

/// Why a view ended.
enum End {
    /// Its last message said why.
    Told,
    /// The viewer left, or reads nothing.
    Gone,
    /// The server stops.
    Stopping,
}

async fn forward(api: &ApiState, socket: &mut WebSocket, mut parts: relay::LiveParts) -> End {
    let mut ping = interval(PING_INTERVAL);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ping.reset();
    let mut unanswered = 0;
    loop {
        let message = tokio::select! {
            () = api.stop.cancelled() => return End::Stopping,
            part = parts.next() => match part {
                Some(LiveMessage::Text(text)) => Message::Text(text.into()),
                Some(LiveMessage::Binary(bytes)) => Message::Binary(bytes),
                None => return End::Told,
            },
            word = socket.recv() => match word {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Gone,
                Some(Ok(_)) => {
                    unanswered = 0;
                    continue;
                }
            },
            _ = ping.tick() => {
                if unanswered == 2 {
                    return End::Gone;
                }
                unanswered += 1;
                Message::Ping(Bytes::new())
            }
        };
        if send(socket, message).await.is_err() {
            return End::Gone;
        }
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), ()> {
    timeout(SEND_TIME_MAX, socket.send(message)).await.map_err(|_| ())?.map_err(|_| ())
}
