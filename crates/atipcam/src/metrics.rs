//! Health and numbers, for the machine's own eyes: loopback only, no sign-in, nothing about people.

use std::net::TcpListener;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use control::Control;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;

use crate::Failure;

/// Seconds of an HTTP answer, from a cached file to a long download's head.
const HTTP_BUCKETS_S: [f64; 9] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0];

/// How often histograms are drained, which otherwise happens only when somebody reads them.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Eyes {
    control: Control,
    numbers: PrometheusHandle,
}

/// Starts to count. Once a process.
pub(crate) fn install() -> Result<PrometheusHandle, Failure> {
    let http = Matcher::Full("atipcam_http_seconds".to_owned());
    Ok(PrometheusBuilder::new().set_buckets_for_metric(http, &HTTP_BUCKETS_S)?.install_recorder()?)
}

/// Serves `/health` and `/metrics` until `stop`.
pub(crate) async fn serve(listener: TcpListener, control: Control, numbers: PrometheusHandle, stop: CancellationToken) {
    let router = Router::new()
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .with_state(Eyes { control, numbers: numbers.clone() });
    let upkeep = async {
        let mut tick = tokio::time::interval(UPKEEP_INTERVAL);
        loop {
            tick.tick().await;
            numbers.run_upkeep();
        }
    };
    let serve = async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, router).await
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = upkeep => {}
        ended = serve => if let Err(error) = ended {
            tracing::error!(%error, "health and metrics are no longer served");
        }
    }
}

/// 200 where the accounts can be read, without which nothing works; 503 where not.
async fn health(State(eyes): State<Eyes>) -> impl IntoResponse {
    let (status, body) = match eyes.control.setup_state().await {
        Ok(_) => (StatusCode::OK, "{\"status\":\"ok\"}\n"),
        Err(error) => {
            tracing::error!(%error, "not healthy");
            (StatusCode::SERVICE_UNAVAILABLE, "{\"status\":\"failed\"}\n")
        }
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body)
}

async fn metrics(State(eyes): State<Eyes>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], eyes.numbers.render())
}
