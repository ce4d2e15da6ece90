//! A LAN in network namespaces: eight cameras on one segment, two behind a router, and one who searches.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cameras::discovery::{Event, Options, Range, Service, Source, search};
use device::{Camera, Config, Discovery, Onvif, Scene};
use domain::{Clock, SystemClock};
use serde_json::{Value, json};
use testkit::{Process, Result, Server, output};

use crate::browser;
use crate::namespaces::{Lan, command_in, here_in};

/// How soon multicast must have found the segment's cameras.
const FOUND_WITHIN_MS: u64 = 3000;

/// Cameras of the segment, and behind the router.
const HERE: usize = 8;
const THERE: usize = 2;

/// The LAN with its cameras, until it is dropped.
struct Segment {
    // In this order: who is in a namespace goes before it.
    _cameras: Vec<Process>,
    _lan: Lan,
    searcher: String,
    scenes: PathBuf,
}

impl Drop for Segment {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.scenes);
    }
}

/// Eight cameras on a segment, two behind a router, and one more host there.
fn segment() -> Result<Segment> {
    let mut lan = Lan::new();
    let (near, far) = (lan.switch("near")?, lan.switch("far")?);
    let router = lan.host("router", &near, "10.77.1.1/24", None)?;
    lan.plug(&router, &far, "p-router2", "eth1", "10.77.2.1/24")?;
    output(command_in(&router, &["sysctl", "-qw", "net.ipv4.ip_forward=1"]))?;
    let searcher = lan.host("search", &near, "10.77.1.100/24", Some("10.77.1.1"))?;

    let scenes = std::env::temp_dir().join(&lan.prefix);
    let mut cameras = Vec::new();
    for n in 0..HERE + THERE {
        let (switch, net) = if n < HERE { (&near, 1) } else { (&far, 2) };
        let host =
            lan.host(&format!("cam{n}"), switch, &format!("10.77.{net}.{}/24", 10 + n), Some(&format!("10.77.{net}.1")))?;
        let cache = scenes.to_string_lossy().into_owned();
        cameras.push(Process::start(here_in(&host, &["lan-camera", "--serial", &format!("LAN-{n}"), "--cache", &cache])?)?);
    }
    for camera in &cameras {
        camera.line(Duration::from_secs(60), |line| (line == "ready").then_some(()))?;
    }
    Ok(Segment { _cameras: cameras, _lan: lan, searcher, scenes })
}

/// A person adds all cameras of the segment by the wizard, in Chromium, each with live video at its end.
pub(crate) fn add(server: &Path) -> Result<()> {
    println!("add: a newcomer finds and adds the cameras of a network");
    let segment = segment()?;
    let server = std::fs::canonicalize(server)?.to_string_lossy().into_owned();
    let mut here = here_in(&segment.searcher, &["add-here", "--server", &server])?;
    let status = here.status().map_err(|e| format!("ip: {e}"))?;
    drop(segment);
    if status.success() { Ok(()) } else { Err("the cameras of the network were not all added".into()) }
}

/// What of that happens inside the namespace of whoever searches.
pub(crate) async fn add_here(binary: &Path) -> Result<()> {
    let server = Server::start(binary, "serve")?;
    server.set_up().await?;
    tokio::task::spawn_blocking(move || browser::run("add.mjs", &server, &[("E2E_FOUND", HERE.to_string())])).await?
}

pub(crate) fn run() -> Result<()> {
    let segment = segment()?;
    let searcher = &segment.searcher;
    let seen = rows(searcher, &["lan-search", "--seconds", "3"])?;
    let ours: Vec<&Value> = seen.values().collect();
    let late: Vec<&&Value> = ours.iter().filter(|row| row["ms"].as_u64().is_none_or(|ms| ms >= FOUND_WITHIN_MS)).collect();
    if ours.len() != HERE || !late.is_empty() {
        return Err(format!("multicast found {} of {HERE} cameras, late {late:?}: {ours:#?}", ours.len()).into());
    }
    let slowest = ours.iter().filter_map(|row| row["ms"].as_u64()).max().unwrap_or_default();
    println!("multicast: {HERE} cameras, the last after {slowest} ms, each one row with its ONVIF and RTSP addresses");

    let seen = rows(searcher, &["lan-search", "--seconds", "0", "--sweep", "10.77.2.0/25"])?;
    let swept = seen.values().filter(|row| row["source"] == "Sweep").count();
    if swept != THERE || seen.len() != THERE {
        return Err(format!("the sweep found {swept} of {THERE} cameras behind the router: {seen:#?}").into());
    }
    println!("sweep: {THERE} cameras behind the router");
    drop(segment);
    Ok(())
}

/// What a search says at its end: the last of each key, with the time of the first.
fn rows(searcher: &str, arguments: &[&str]) -> Result<std::collections::BTreeMap<String, Value>> {
    let mut rows = std::collections::BTreeMap::new();
    for line in output(here_in(searcher, arguments)?)?.lines() {
        let mut row: Value = serde_json::from_str(line)?;
        let key = row["key"].as_str().unwrap_or_default().to_owned();
        if let Some(first) = rows.get(&key).map(|known: &Value| known["ms"].clone()) {
            row["ms"] = first;
        }
        rows.insert(key, row);
    }
    Ok(rows)
}

/// A camera on all addresses of its namespace, at the usual ports, until its standard input ends.
pub(crate) async fn camera(serial: String, cache: &Path) -> Result<()> {
    let mut config = Config::scene(Scene::Test);
    config.listen = SocketAddr::from(([0, 0, 0, 0], 554));
    config.cache_dir = Some(cache.to_path_buf());
    let mut onvif = Onvif::new(SocketAddr::from(([0, 0, 0, 0], 80)));
    (onvif.discovery, onvif.serial) = (Discovery::Links, serial);
    config.onvif = Some(onvif);
    let camera = Camera::start(config, Arc::new(SystemClock)).await?;
    println!("ready");
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
    camera.shutdown().await;
    Ok(())
}

/// Searches, and writes a line a row.
pub(crate) async fn look(seconds: u64, sweep: Option<Range>) -> Result<()> {
    let begun = SystemClock.mono();
    let mut events = search(Options { time: Duration::from_secs(seconds), sweep, ..Options::default() });
    while let Some(event) = events.recv().await {
        let Event::Found(found) = event else { continue };
        let is_whole = found.services.iter().any(|s| matches!(s, Service::Onvif(_)));
        let source = match found.source {
            Source::Sweep => "Sweep",
            Source::WsDiscovery | Source::Mdns | Source::Beacon => "Link",
        };
        let ms = u64::try_from(SystemClock.mono().since(begun).as_millis())?;
        println!(
            "{}",
            json!({"key": found.key, "ms": ms, "source": source, "serial": found.serial, "onvif": is_whole, "services": found.services.len()})
        );
    }
    Ok(())
}
