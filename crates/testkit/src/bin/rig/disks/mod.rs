//! Disks that fill, fail, turn read-only, hang and go away while a camera is recorded: what is lost, and when people are told.

mod volume;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Scene};
use domain::{Clock as _, StreamName, SystemClock, Timestamp};
use serde_json::{Value, json};
use testkit::{Client, Result, Server};
use tokio::time::{Instant, interval, timeout};

use volume::Volume;

/// How long a disk is ill.
const ILL: Duration = Duration::from_secs(9);

/// How long it is recorded before and after.
const WELL: Duration = Duration::from_secs(4);

/// By then the person is told.
const TOLD_MAX: Duration = Duration::from_secs(30);

/// By then a disk that is well again is used again.
const BACK_MAX: Duration = Duration::from_secs(30);

/// What rounding of times may make of no loss at all: less than a picture a file.
const SLACK_MS: i64 = 100;

/// What happens to a disk, and how it is mended.
struct Row {
    name: &'static str,
    volume: fn() -> Result<Volume>,
    harm: fn(&mut Volume) -> Result<()>,
    mend: fn(&mut Volume) -> Result<()>,
    /// Whether there is another disk.
    next: bool,
    /// What the storage's health must say, and the camera's problem where there is no other disk.
    health: &'static str,
    code: &'static str,
}

/// What was seen.
struct Seen {
    told: Duration,
    how: String,
    back: Duration,
    lost_ms: i64,
    gaps: usize,
    files: (usize, usize),
}

static ROWS: [Row; 6] = [
    Row {
        name: "full",
        volume: Volume::on_file,
        harm: |volume| volume.fill(),
        mend: |volume| volume.unfill(),
        next: true,
        health: "full",
        code: "storage.full",
    },
    Row {
        name: "EIO",
        volume: Volume::on_memory,
        harm: |volume| volume.refuse(true),
        mend: |volume| volume.refuse(false),
        next: true,
        health: "failing",
        code: "storage.failed",
    },
    Row {
        name: "read-only",
        volume: Volume::on_file,
        harm: |volume| volume.protect(),
        mend: Volume::repair,
        next: false,
        health: "read_only",
        code: "storage.read_only",
    },
    Row {
        name: "slow",
        volume: Volume::on_file,
        harm: |volume| volume.freeze(true),
        mend: |volume| volume.freeze(false),
        next: true,
        health: "slow",
        code: "storage.slow",
    },
    Row {
        name: "slow, alone",
        volume: Volume::on_file,
        harm: |volume| volume.freeze(true),
        mend: |volume| volume.freeze(false),
        next: false,
        health: "slow",
        code: "storage.slow",
    },
    Row {
        name: "unmounted",
        volume: Volume::on_file,
        harm: Volume::unmount,
        mend: Volume::mount,
        next: true,
        health: "missing",
        code: "storage.missing",
    },
];

pub(crate) async fn run(binary: &Path) -> Result<()> {
    println!("disks: a camera is recorded while its disk fills, fails, turns read-only, hangs, goes away");
    let camera = Camera::start(Config::scene(Scene::Test), Arc::new(SystemClock)).await?;
    let url = &camera.url(StreamName::Main);
    let rows = ROWS.iter().map(|row| async move { (row, one(binary, row, url).await) });
    let rows = futures::future::join_all(rows).await;
    camera.shutdown().await;
    println!(
        "{:<12} {:<10} {:>8} {:>9} {:>5}  {:<34} recorded on",
        "disk", "told s", "back s", "lost ms", "gaps", "what was told"
    );
    let mut failed = Vec::new();
    for (row, seen) in rows {
        match seen {
            Ok(seen) => {
                let Seen { told, how, back, lost_ms, gaps, files: (own, next) } = &seen;
                let on = if row.next {
                    format!("the next disk: {next} files there, {own} here")
                } else {
                    format!("in memory, {own} files")
                };
                let (told, back) = (told.as_secs_f32(), back.as_secs_f32());
                println!("{:<12} {told:<10.1} {back:>8.1} {lost_ms:>9} {gaps:>5}  {how:<34} {on}", row.name);
                failed.extend(seen.wrong(row).map(|why| format!("{}: {why}", row.name)));
            }
            Err(error) => failed.push(format!("{}: {error}", row.name)),
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

impl Seen {
    fn wrong(&self, row: &Row) -> Option<String> {
        if self.lost_ms.abs() > SLACK_MS || self.gaps > 0 {
            return Some(format!("{} ms were lost, in {} gaps", self.lost_ms, self.gaps));
        }
        if row.next && self.files.1 == 0 {
            return Some("nothing lies on the next disk".into());
        }
        None
    }
}

async fn one(binary: &Path, row: &Row, url: &str) -> Result<Seen> {
    let (data, next) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut volume = (row.volume)()?;
    std::os::unix::fs::symlink(volume.at(), data.path().join("segments"))?;
    let further = next.path().join("next").display().to_string();
    let settings = if row.next { vec!["--storage", &further] } else { Vec::new() };
    let server = Server::start_on(binary, data, &settings)?;
    let seen = on(&server, row, url, &mut volume).await;
    // The files of the server that ends let go of the disk.
    let told = seen.as_ref().err().map(|error| server.process.failure(&error.to_string()));
    drop(server);
    drop(volume);
    told.map_or(seen, Err)
}

async fn on(server: &Server, row: &Row, url: &str, volume: &mut Volume) -> Result<Seen> {
    let owner = server.set_up().await?;
    let begin = SystemClock.now();
    let camera = owner.add_camera(&json!({ "name": "Door", "main_url": url })).await?;
    owner.camera_state(&camera, Duration::from_secs(30), |state| state["recording"] == "on").await?;
    tokio::time::sleep(WELL).await;

    let harmed = Instant::now();
    (row.harm)(volume)?;
    until(TOLD_MAX, "the disk's health to be told", async || Ok(health(&owner).await? == row.health)).await?;
    let mut how = format!("disk {}", row.health);
    if !row.next {
        let told = |state: &Value| state["recording_problem"]["code"] == row.code;
        owner.camera_state(&camera, TOLD_MAX, told).await?;
        how = format!("{how}, camera {}", row.code);
    }
    let told = harmed.elapsed();
    tokio::time::sleep_until(harmed + ILL).await;

    let mended = Instant::now();
    (row.mend)(volume)?;
    until(BACK_MAX, "the disk to be well again", async || Ok(health(&owner).await? == "ok")).await?;
    owner.camera_state(&camera, BACK_MAX, |state| state["recording"] == "on" && state["recording_problem"].is_null()).await?;
    let back = mended.elapsed();
    tokio::time::sleep(WELL).await;

    let (lost_ms, gaps) = lost(&owner, &camera, &begin.to_string()).await?;
    let report = owner.get("/storage").await?;
    let files = (files(&volume.at()), report["storages"][1]["used_bytes"].as_u64().map_or(0, |bytes| usize::from(bytes > 0)));
    Ok(Seen { told, how, back, lost_ms, gaps, files })
}

/// How the disk is, as an owner is told.
async fn health(owner: &Client) -> Result<String> {
    let report = owner.get("/storage").await?;
    Ok(report["storages"][0]["health"].as_str().ok_or("the report names no disk")?.to_owned())
}

/// Milliseconds between the first and the last picture that are not in the saved file, and the gaps that the timeline names.
async fn lost(owner: &Client, camera: &str, begin: &str) -> Result<(i64, usize)> {
    let timeline = owner.get(&format!("/cameras/{camera}/timeline?from={begin}&to={}", SystemClock.now())).await?;
    let spans = timeline["spans"].as_array().ok_or("a timeline without spans")?;
    let (first, last) = spans.first().zip(spans.last()).ok_or("nothing was recorded")?;
    let time = |value: &Value| Timestamp::parse(value.as_str().unwrap_or_default()).map_err(|_| "a span without a time");
    let (from, to) = (time(&first["from"])?, time(&last["to"])?);
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("saved.mp4");
    owner.save(&format!("/cameras/{camera}/recording.mp4?from={from}&to={to}"), &file).await?;
    let told = testkit::probe(&file)?;
    let seconds: f64 = told["format"]["duration"].as_str().ok_or("a file without a duration")?.parse()?;
    let kept = Duration::from_secs_f64(seconds).as_millis().try_into().unwrap_or(i64::MAX);
    let whole = to.since(from).as_millis().try_into().unwrap_or(i64::MAX);
    Ok((whole - kept, spans.len() - 1))
}

/// Segment files in a folder of footage.
fn files(folder: &Path) -> usize {
    let inside = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    let all = inside(folder).flat_map(|folder| inside(&folder).collect::<Vec<_>>());
    all.filter(|path| path.extension().is_some_and(|ext| ext == "seg")).count()
}

async fn until(within: Duration, what: &str, is_so: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let wait = async {
        let mut tick = interval(Duration::from_millis(100));
        loop {
            tick.tick().await;
            if is_so().await? {
                return Ok(());
            }
        }
    };
    timeout(within, wait).await.map_err(|_| format!("{what} took more than {within:?}"))?
}
