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
    let (ours, our_bytes) = by_us(binary, &cameras).await?;
    let (theirs, their_bytes) = by_ffmpeg(dir.path(), &cameras).await?;
    for camera in cameras {
        camera.shutdown().await;
    }
    let cpu = |took: &Took| took.cpu_ms_a_minute() / count.max(1) as f64;
    let figure = |name, unit, ours, theirs, load| Figure { name, unit, ours, peer: Peer::Did(FFMPEG, theirs), load };
    Ok(vec![
        figure("CPU a camera, ours sealed", "ms/min", cpu(&ours), cpu(&theirs), ours.load),
        figure("memory", "MiB", mib(ours.memory), mib(theirs.memory), ours.load),
        figure("written", "MiB", mib(our_bytes), mib(their_bytes), theirs.load),
    ])
}

/// What it took, and by how much the footage grew.
async fn by_us(binary: &Path, cameras: &[Running]) -> Result<(Took, u64)> {
    let server = Server::start_with(binary, "serve", &["--log", "warn"])?;
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
    let before = size(&footage)?;
    let took = Took::in_time(&[Tree(server.process.id())], WINDOW).await?;
    Ok((took, size(&footage)?.saturating_sub(before)))
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
