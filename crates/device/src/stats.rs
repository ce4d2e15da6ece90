//! What a camera did, over HTTP on loopback: `GET /stats`, `GET /sent?path=main`, `GET` and `POST /faults`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use domain::Clock;
use media::au::VIDEO_TIMESCALE;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::faults::Faults;
use crate::stream::{Counters, Stream};

#[derive(Debug, Clone)]
struct Stats {
    streams: Vec<Arc<Stream>>,
    faults: watch::Sender<Faults>,
    clock: Arc<dyn Clock>,
}

/// All streams together, and each.
#[derive(Debug, Serialize)]
struct Report {
    /// Unix time in seconds.
    time: f64,
    #[serde(flatten)]
    total: Line,
    streams: Vec<NamedLine>,
}

#[derive(Debug, Serialize)]
struct NamedLine {
    path: &'static str,
    #[serde(flatten)]
    line: Line,
}

#[derive(Debug, Clone, Default, Serialize)]
struct Line {
    #[serde(flatten)]
    counters: Counters,
    clients: usize,
    /// Streams that have clients.
    playing: usize,
    /// Pictures and seconds of the loop; the total has those of the main stream.
    clip_frames: usize,
    clip_s: f64,
    width: u16,
    height: u16,
}

#[derive(Debug, Deserialize)]
struct Path {
    path: String,
}

/// Serves until stopped; returns where.
pub(crate) async fn serve(
    streams: Vec<Arc<Stream>>,
    faults: watch::Sender<Faults>,
    clock: Arc<dyn Clock>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let routes =
        Router::new().route("/stats", get(stats)).route("/sent", get(sent)).route("/faults", get(faults_now).post(set_faults));
    let server = axum::serve(listener, routes.with_state(Stats { streams, faults, clock })).into_future();
    tasks.spawn(stop.clone().run_until_cancelled_owned(server));
    Ok(address)
}

async fn stats(State(stats): State<Stats>) -> Json<Report> {
    let lines: Vec<_> = stats.streams.iter().map(|stream| NamedLine { path: stream.name.as_str(), line: line(stream) }).collect();
    let first = lines.first().map(|named| named.line.clone()).unwrap_or_default();
    let total = lines.iter().skip(1).fold(first, |mut total, NamedLine { line, .. }| {
        total.counters.add(&line.counters);
        total.clients += line.clients;
        total.playing += line.playing;
        total
    });
    Json(Report { time: stats.clock.now().micros() as f64 / 1e6, total, streams: lines })
}

fn line(stream: &Stream) -> Line {
    let mut state = stream.state();
    let (counters, clients) = state.look();
    Line {
        counters,
        clients,
        playing: usize::from(clients > 0),
        clip_frames: stream.clip.video.samples.len(),
        clip_s: stream.clip.length as f64 / f64::from(VIDEO_TIMESCALE),
        width: state.format.video.width,
        height: state.format.video.height,
    }
}

async fn sent(State(stats): State<Stats>, Query(Path { path }): Query<Path>) -> Result<Json<Vec<(u32, f64)>>, StatusCode> {
    let stream = stats.streams.iter().find(|stream| stream.name.as_str() == path).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(stream.state().sent()))
}

async fn faults_now(State(stats): State<Stats>) -> Json<Faults> {
    Json(stats.faults.borrow().clone())
}

async fn set_faults(State(stats): State<Stats>, Json(faults): Json<Faults>) -> StatusCode {
    stats.faults.send_replace(faults);
    StatusCode::NO_CONTENT
}
