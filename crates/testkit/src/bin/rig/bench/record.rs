//! Cameras recorded: sealed by us, and copied into files by ffmpeg, a process a camera.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Running, Source};
use domain::{StreamName, SystemClock};
use serde_json::json;
use testkit::machine::Tree;
use testkit::{Clip, Process, Result, Server, command};
use tokio::time::sleep;

use super::startup::mib;
use super::table::{Figure, Peer, Took};
use crate::numbers::Numbers;

/// How long all record before it is measured, and how long that is.
const SETTLE: Duration = Duration::from_secs(6);
const WINDOW: Duration = Duration::from_secs(15);

/// How long a camera may take until it records, while all others start too.
const START_MAX: Duration = Duration::from_secs(120);

const FFMPEG: &str = "ffmpeg -c copy";

pub(crate) async fn figures(binary: &Path, count: usize) -> Result<Vec<Figure>> {
    let dir = tempfile::tempdir()?;
    let clip = Clip::endless(dir.path())?;
    let mut cameras = Vec::new();
    for _ in 0..count {
        cameras.push(Camera::start(Config::new(Source::File(clip.file.clone())), Arc::new(SystemClock)).await?);
    }
    let Ours { took: ours, bytes: our_bytes, disk } = by_us(binary, &cameras).await?;
    let (theirs, their_bytes) = by_ffmpeg(dir.path(), &cameras).await?;
    for camera in cameras {
        camera.shutdown().await;
    }
    let cpu = |took: &Took| took.cpu_ms_a_minute() / count.max(1) as f64;
    let figure = |name, unit, ours, theirs, load| Figure { name, unit, ours, peer: Peer::Did(FFMPEG, theirs), load };
    let mut figures = vec![
        figure("CPU a camera, ours sealed", "ms/min", cpu(&ours), cpu(&theirs), ours.load),
        figure("memory", "MiB", mib(ours.memory), mib(theirs.memory), ours.load),
        figure("written", "MiB", mib(our_bytes), mib(their_bytes), theirs.load),
    ];
    // ffmpeg makes nothing durable: there is nothing to compare with.
    figures.extend(disk.map(|(name, unit, ours_alone)| Figure {
        name,
        unit,
        ours: ours_alone,
        peer: Peer::Nobody,
        load: ours.load,
    }));
    Ok(figures)
}

/// What it took us.
struct Ours {
    took: Took,
    /// By how much the footage grew.
    bytes: u64,
    /// How the disk was used: name, unit, figure.
    disk: [(&'static str, &'static str, f64); 5],
}

async fn by_us(binary: &Path, cameras: &[Running]) -> Result<Ours> {
    let port = crate::free_port()?;
    let server = Server::start_with(binary, "serve", &["--metrics", &format!("127.0.0.1:{port}"), "--log", "warn"])?;
    let owner = server.set_up().await?;
    let mut ids = Vec::new();
    for camera in cameras {
        ids.push(owner.add_camera(&json!({ "name": "Camera", "main_url": camera.url(StreamName::Main) })).await?);
    }
    for id in ids {
        owner.camera_state(&id, START_MAX, |state| state["recording"] == "on").await?;
    }
    sleep(SETTLE).await;
    let footage = server.data().join("segments");
    let (before, early) = (size(&footage)?, Numbers::of(port).await?);
    let took = Took::in_time(&[Tree(server.process.id())], WINDOW).await?;
    let (bytes, late) = (size(&footage)?.saturating_sub(before), Numbers::of(port).await?);
    let rate = |name| (late.get(name) - early.get(name)) / took.wall.as_secs_f64();
    // Since the start: losing something there would be no better.
    let lost = late.get("atipcam_recording_units_lost") + late.get("atipcam_recording_fragments_lost");
    let p99_ms = |name| late.quantile(name, "0.99") * 1000.0;
    let disk = [
        ("commit batches", "a second", rate("atipcam_disk_rounds")),
        ("syncs", "a second", rate("atipcam_disk_syncs")),
        ("the recorders' wait for the disk, p99", "ms", p99_ms("atipcam_recorder_stall_seconds")),
        ("until a fragment is durable, p99", "ms", p99_ms("atipcam_disk_durable_seconds")),
        ("units and fragments dropped", "", lost),
    ];
    Ok(Ours { took, bytes, disk })
}

async fn by_ffmpeg(dir: &Path, cameras: &[Running]) -> Result<(Took, u64)> {
    let files = dir.join("ffmpeg");
    std::fs::create_dir(&files)?;
    let mut recorders = Vec::new();
    for (n, camera) in cameras.iter().enumerate() {
        let mut ffmpeg = command("ffmpeg");
        ffmpeg.args(["-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", &camera.url(StreamName::Main)]);
        // In fragments, as whoever wants something left after a crash records.
        ffmpeg.args(["-c", "copy", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov"]).arg(files.join(format!("{n}.mp4")));
        recorders.push(Process::start(ffmpeg)?);
    }
    // As long as it looks at a stream before it begins to write.
    sleep(2 * SETTLE).await;
    let before = size(&files)?;
    let programs: Vec<Tree> = recorders.iter().map(|process| Tree(process.id())).collect();
    let took = Took::in_time(&programs, WINDOW).await?;
    let written = size(&files)?.saturating_sub(before);
    if written == 0 {
        return Err(recorders.first().map_or("no recorder".into(), |process| process.failure("wrote nothing")));
    }
    Ok((took, written))
}

/// Bytes of all files below a folder; one that goes away meanwhile has none.
fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += match entry.metadata() {
            Ok(told) if told.is_dir() => size(&entry.path())?,
            Ok(told) => told.len(),
            Err(_) => 0,
        };
    }
    Ok(bytes)
}
