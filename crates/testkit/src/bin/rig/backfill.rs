//! The network between a camera and the server is cut. What the camera kept meanwhile is fetched afterwards: no gap on the timeline, and
//! each picture of the camera once, in files that say where they are from and that verify. A camera beside it that keeps nothing shows
//! what is missing without.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use domain::{Clock as _, Origin, SystemClock, Timestamp};
use media::record::{HEADER_LEN, SegmentHeader};
use serde_json::{Value, json};
use testkit::footage::Original;
use testkit::{Client, Clip, Process, Result, decode, output};
use tokio::time::{Instant, interval, sleep};

use crate::link::{Home, PATIENCE, Stand, claimed, keep, linked, live};
use crate::namespaces::command_in;

/// Footage before the cut, and after it.
const AROUND: Duration = Duration::from_secs(5);

/// Pictures a second of the clip.
const FPS: f64 = 25.0;

/// Pictures by which a file may be longer than what was asked for: it begins at a key picture, and ends with a fragment.
const MORE_MAX: f64 = 70.0;

pub(crate) async fn run(server: &Path, cut: Duration) -> Result<()> {
    println!("backfill: the network of two cameras is cut for {} s; one of them keeps what it sees", cut.as_secs());
    let binary = std::fs::canonicalize(server)?;
    let dir = tempfile::tempdir()?;
    let stand = Stand::set_up(&binary, dir.path())?;
    let clip = Clip::endless(dir.path())?;
    let original = Original::read(&clip.file)?;
    let (home, owner) = Home::first_run(&stand, &dir.path().join("server")).await?;
    let keeps = Subject::add(&stand, &owner, dir.path(), &clip, ("keeps", 8554), true).await?;
    let forgets = Subject::add(&stand, &owner, dir.path(), &clip, ("forgets", 8555), false).await?;
    for subject in [&keeps, &forgets] {
        live(&owner, &subject.id).await?;
    }
    let from = SystemClock.now();
    recorded(&owner, &keeps, AROUND).await?;

    within_router(&stand, &["nft", "table ip cut { chain cable { type filter hook forward priority -10; policy drop; }; }"])?;
    sleep(cut).await;
    within_router(&stand, &["nft", "delete", "table", "ip", "cut"])?;
    let back = Instant::now();
    for subject in [&keeps, &forgets] {
        subject.back(&owner).await?;
    }
    let online = back.elapsed();
    recorded(&owner, &keeps, AROUND).await?;
    let to = SystemClock.now() - Duration::from_secs(2);

    let whole = without_gap(&owner, &keeps, from, to, back).await;
    let whole = whole.map_err(|error| home.process.failure(&error.to_string()))?;
    println!(
        "  ok no gap {:.1} s after the network was back; the camera had been seen again after {:.1} s",
        whole.as_secs_f64(),
        online.as_secs_f64()
    );
    let file = dir.path().join("whole.mp4");
    owner.save(&format!("/cameras/{}/recording.mp4?from={from}&to={to}", keeps.id), &file).await?;
    decode(&file)?;
    let verdict = original.judge_pictures(&file)?;
    let expected = to.since(from).as_secs_f64() * FPS;
    let (pictures, lost, twice) = (verdict.pictures, verdict.pictures_lost, verdict.repeated);
    if lost + twice > 0 || (pictures as f64) < expected - 1.0 || pictures as f64 > expected + MORE_MAX {
        return Err(format!("{pictures} pictures of {expected:.0}, {lost} lost, {twice} twice").into());
    }
    println!("  ok {pictures} pictures decode without a word, 0 lost, 0 twice");

    let missing = missing(&owner, &forgets, from, to).await?;
    if missing < cut.as_secs_f64() * 0.7 || missing > cut.as_secs_f64() + PATIENCE.as_secs_f64() {
        return Err(format!("the camera that keeps nothing lacks {missing:.1} s").into());
    }
    println!("  ok without what it kept, {missing:.1} s would be missing: so much lacks the other camera");
    println!(
        "  ok {} files say that they were fetched, none of them of the other camera",
        fetched(&home.data, &keeps, &forgets)?
    );
    println!("  ok verified: {}", verified(&stand, &home.data)?);
    drop((keeps, forgets, home));
    Ok(())
}

/// A camera behind NAT.
struct Subject {
    camera: Process,
    id: String,
}

impl Subject {
    async fn add(stand: &Stand, owner: &Client, dir: &Path, clip: &Clip, (name, port): (&str, u16), keeps: bool) -> Result<Self> {
        let invitation = owner.post("/cameras/invitations", &json!({ "name": name })).await?;
        let state = dir.join(name);
        keep(&state, &invitation)?;
        let (rtsp, onvif) = (format!("127.0.0.1:{port}"), format!("127.0.0.1:{}", port + 100));
        let mut camera = stand.binary_in(&stand.far_away, &["camera", "--listen", &rtsp, "--onvif", &onvif])?;
        camera.arg("--file").arg(&clip.file).arg("--state").arg(&state);
        if keeps {
            camera.arg("--store").arg(dir.join("store"));
        }
        let camera = Process::start(camera)?;
        linked(&camera)?;
        let id = claimed(owner, &invitation).await?;
        Ok(Self { camera, id })
    }

    /// Waits until it was gone and is recorded again.
    async fn back(&self, owner: &Client) -> Result<()> {
        linked(&self.camera)?;
        live(owner, &self.id).await
    }
}

fn within_router(stand: &Stand, program: &[&str]) -> Result<()> {
    output(command_in(&stand.router, program)).map(drop)
}

/// Waits until so much more was recorded.
async fn recorded(owner: &Client, subject: &Subject, length: Duration) -> Result<()> {
    let begun = Instant::now();
    owner.camera_state(&subject.id, PATIENCE, |state| state["recording"] == "on" && begun.elapsed() >= length).await.map(drop)
}

async fn timeline(owner: &Client, subject: &Subject, from: Timestamp, to: Timestamp) -> Result<Value> {
    owner.get(&format!("/cameras/{}/timeline?from={from}&to={to}", subject.id)).await
}

/// Waits until one span is all that there is; how long after `since` that was.
async fn without_gap(owner: &Client, subject: &Subject, from: Timestamp, to: Timestamp, since: Instant) -> Result<Duration> {
    let mut tick = interval(Duration::from_millis(250));
    let mut last = Value::Null;
    while since.elapsed() < 2 * PATIENCE {
        tick.tick().await;
        last = timeline(owner, subject, from, to).await?;
        let one = last["spans"].as_array().is_some_and(|spans| spans.len() == 1);
        if one && last["gaps"].as_array().is_some_and(Vec::is_empty) {
            return Ok(since.elapsed());
        }
    }
    Err(format!("the timeline is {last}").into())
}

/// How many files of the camera's footage say that they were fetched. All others are live, and those of `other`.
fn fetched(data: &Path, camera: &Subject, other: &Subject) -> Result<usize> {
    let count = |camera: &Subject| -> Result<usize> {
        let mut fetched = 0;
        for entry in std::fs::read_dir(data.join("segments").join(&camera.id))? {
            let mut header = vec![0; HEADER_LEN];
            std::fs::File::open(entry?.path())?.read_exact(&mut header)?;
            let header = SegmentHeader::decode(&header).ok_or("a file that is no segment")?;
            fetched += usize::from(header.origin == Origin::Backfill);
        }
        Ok(fetched)
    };
    match (count(camera)?, count(other)?) {
        (fetched @ 1.., 0) => Ok(fetched),
        counts => Err(format!("files that were fetched: {counts:?}").into()),
    }
}

/// What `atipcam recordings verify` says of all footage.
fn verified(stand: &Stand, data: &Path) -> Result<String> {
    let mut verify = stand.binary_in(&stand.server, &["recordings", "verify", "--json"])?;
    verify.arg("--data").arg(data);
    let said = output(verify)?;
    let last: Value = serde_json::from_str(said.lines().last().ok_or("nothing was verified")?)?;
    match (last["faults"].as_u64(), last["notes"].as_u64()) {
        (Some(0), Some(0)) => Ok(last.to_string()),
        _ => Err(format!("verify found: {said}").into()),
    }
}

/// Seconds of gaps, each with its cause.
async fn missing(owner: &Client, subject: &Subject, from: Timestamp, to: Timestamp) -> Result<f64> {
    let timeline = timeline(owner, subject, from, to).await?;
    let time = |gap: &Value, key: &str| gap[key].as_str().and_then(|text| Timestamp::parse(text).ok());
    let gaps = timeline["gaps"].as_array().ok_or("a timeline without gaps")?;
    if gaps.iter().any(|gap| gap["cause"] != "offline") {
        return Err(format!("gaps that are not labelled: {gaps:?}").into());
    }
    let seconds = gaps.iter().filter_map(|gap| Some(time(gap, "to")?.since(time(gap, "from")?).as_secs_f64()));
    Ok(seconds.sum())
}
