//! One viewer that reads nothing, one camera that flaps: no other viewer and no other recording loses an access unit, and
//! memory returns to what it was.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Faults, Running, Scene, Source};
use domain::{Clock as _, StreamName, SystemClock, Timestamp};
use serde_json::{Value, json};
use testkit::fragment::Continuity;
use testkit::{Client, Clip, LiveView, Result, Server, Told, command, decode, output};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How long everything runs undisturbed first, so that rings and caches are full.
const WARM_UP: Duration = Duration::from_secs(12);

/// How long a viewer reads nothing.
const STALL: Duration = Duration::from_secs(60);

/// How long the flapping camera lives at a time.
const FLAP_S: f64 = 3.0;

/// What memory may have grown by: allocators keep some of what was freed.
const GROWTH_MAX: u64 = 4 * 1024 * 1024;

/// What rounding from microseconds to ticks may put between two pictures; one that is missing is 3600 ticks.
const SLACK: u64 = 900;

pub(crate) async fn run(binary: &Path, length: Duration) -> Result<()> {
    println!("soak: {length:?} with a viewer that reads nothing and a camera that flaps");
    let server = Server::start(binary, "serve")?;
    let owner = server.set_up().await?;
    let dir = tempfile::tempdir()?;
    let clip = Clip::h264_aac(dir.path(), 24)?;
    let (steady, flapping) = (start_camera(Source::File(clip.file)).await?, start_camera(Source::Scene(Scene::Test)).await?);
    let (steady_id, flapping_id) = (add(&owner, "Steady", &steady).await?, add(&owner, "Flapping", &flapping).await?);
    for id in [&steady_id, &flapping_id] {
        owner.camera_state(id, Duration::from_secs(30), |state| state["recording"] == "on").await?;
    }

    let reader = tokio::spawn(follow(owner.watch(&steady_id, "main").await?, Instant::now() + WARM_UP + length));
    sleep(WARM_UP).await;
    let (from, memory) = (SystemClock.now(), server.process.memory()?);

    let end = Instant::now() + length;
    flapping.set_faults(Faults { flap_s: Some(FLAP_S), ..Faults::default() });
    let stalled = owner.watch_with(&steady_id, "main", Some(4096)).await?;
    sleep_until(end.min(Instant::now() + STALL)).await;
    felt(stalled).await?;
    sleep_until(end).await;
    let to = SystemClock.now();
    flapping.set_faults(Faults::default());

    let seen = reader.await??;
    if seen.gaps > 0 || seen.samples == 0 {
        return Err(server.process.failure(&format!("let another viewer miss pictures {} times in {}", seen.gaps, seen.samples)));
    }
    println!("another viewer saw all of {} pictures", seen.samples);
    owner.camera_state(&flapping_id, Duration::from_secs(60), |state| state["status"] == "online").await?;
    // Before the recording is looked at: a download leaves tables of segments in a cache, which has a bound of its own.
    let grown = settled(&server, memory).await?;
    println!("memory: {} KiB before, {} KiB after", memory / 1024, (memory + grown) / 1024);
    whole(&owner, &steady_id, from, to).await?;

    steady.shutdown().await;
    flapping.shutdown().await;
    Ok(())
}

async fn start_camera(source: Source) -> Result<Running> {
    Ok(Camera::start(Config::new(source), Arc::new(SystemClock)).await?)
}

async fn add(owner: &Client, name: &str, camera: &Running) -> Result<String> {
    owner.add_camera(&json!({ "name": name, "main_url": camera.url(StreamName::Main) })).await
}

/// Reads a live view until `end`.
async fn follow(mut view: LiveView, end: Instant) -> Result<Continuity> {
    let mut pictures = Continuity::default();
    loop {
        let told = tokio::select! {
            () = sleep_until(end) => return Ok(pictures),
            told = view.next() => told?,
        };
        match told {
            Some(Told::Part(part)) => pictures.push(part, SLACK),
            Some(Told::Init(_)) => {}
            Some(Told::Word(word)) if word["type"] == "format" => {}
            Some(Told::Word(word)) => return Err(format!("the view ended: {word}").into()),
            None => return Err("the view ended without a word".into()),
        }
    }
}

/// Reads what a stalled viewer still gets: it was cut off or skipped ahead, else nothing was tried.
async fn felt(mut stalled: LiveView) -> Result<()> {
    let mut pictures = Continuity::default();
    loop {
        match timeout(Duration::from_secs(5), stalled.next()).await {
            // Cut off, politely or not.
            Ok(Ok(None) | Err(_)) => return Ok(()),
            Ok(Ok(Some(Told::Part(part)))) => {
                pictures.push(part, SLACK);
                if pictures.gaps > 0 {
                    return Ok(());
                }
            }
            Ok(Ok(Some(_))) => {}
            Err(_) => return Err("the viewer that read nothing missed nothing: it was not slow enough to be felt".into()),
        }
    }
}

/// The recording of `from..to` has no gap, decodes, and has every picture.
async fn whole(owner: &Client, camera: &str, from: Timestamp, to: Timestamp) -> Result<()> {
    // The last half second may still be in an open fragment.
    let to = to - Duration::from_secs(2);
    let timeline = owner.get(&format!("/cameras/{camera}/timeline?from={from}&to={to}")).await?;
    if timeline["gaps"].as_array().is_none_or(|gaps| !gaps.is_empty()) || timeline["spans"].as_array().is_none_or(Vec::is_empty) {
        return Err(format!("the other camera's recording has gaps: {timeline}").into());
    }
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("steady.mp4");
    owner.save(&format!("/cameras/{camera}/recording.mp4?from={from}&to={to}"), &file).await?;
    decode(&file)?;
    let mut ffprobe = command("ffprobe");
    ffprobe.args(["-v", "error", "-select_streams", "v", "-show_entries", "packet=dts_time", "-of", "json"]).arg(&file);
    let told: Value = serde_json::from_str(&output(ffprobe)?)?;
    let packets = told["packets"].as_array().ok_or("ffprobe named no packets")?;
    let times: Vec<f64> = packets.iter().filter_map(|packet| packet["dts_time"].as_str()?.parse().ok()).collect();
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    // The clip has 25 pictures a second.
    if times.len() < 2 || longest > 0.06 {
        return Err(format!("the other camera's recording misses pictures: {longest} s between two of {}", times.len()).into());
    }
    println!("another camera's recording has all of {} pictures", times.len());
    Ok(())
}

/// Waits until memory is back near `before`; returns what is left of the growth.
async fn settled(server: &Server, before: u64) -> Result<u64> {
    let mut grown = 0;
    for _ in 0..20 {
        grown = server.process.memory()?.saturating_sub(before);
        if grown <= GROWTH_MAX {
            return Ok(grown);
        }
        sleep(Duration::from_millis(500)).await;
    }
    Err(server.process.failure(&format!("holds {} KiB more than before", grown / 1024)))
}
