//! From start to the first answer, and what it costs to do nothing.

use std::path::Path;
use std::time::Duration;

use testkit::machine::{Tree, Window};
use testkit::{Client, Result, Server};
use tokio::time::{Instant, sleep};

use super::table::{Figure, Peer, Took, percentile};

/// Starts to take the percentiles of.
const STARTS: usize = 10;

/// How long nothing is done before idleness is measured, and how long it is. After ten seconds starting is over.
const SETTLE: Duration = Duration::from_secs(12);
const IDLE: Duration = Duration::from_secs(10);

pub(crate) async fn figures(binary: &Path) -> Result<Vec<Figure>> {
    let window = Window::open(Tree(std::process::id()))?;
    let mut ready = Vec::new();
    let server = loop {
        let start = Instant::now();
        let server = Server::start(binary, "serve")?;
        Client::nobody(server.base())?.get("/policy").await?;
        ready.push(start.elapsed().as_secs_f64() * 1000.0);
        if ready.len() == STARTS {
            break server;
        }
    };
    let load = window.close()?.load;
    sleep(SETTLE).await;
    let idle = Took::in_time(&[Tree(server.process.id())], IDLE).await?;
    let size = std::fs::metadata(binary)?.len();
    let figure = |name, unit, ours, load| Figure { name, unit, ours, peer: Peer::Nobody, load };
    Ok(vec![
        figure("start to first answer, p50", "ms", percentile(&ready, 0.5), load),
        figure("start to first answer, p95", "ms", percentile(&ready, 0.95), load),
        figure("idle memory", "MiB", mib(idle.memory), idle.load),
        figure("idle CPU", "ms/min", idle.cpu_ms_a_minute(), idle.load),
        figure("binary", "MB", size as f64 / 1e6, idle.load),
    ])
}

pub(super) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
