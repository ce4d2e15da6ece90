//! The same journey with an RTSP server that is not ours: H.264 with AAC, heard and recorded; live by Media Source Extensions
//! where UDP is blocked; H.265 recorded untouched, live by its H.264 sub stream, and without one a tile that says what to do.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Client, Clip, Result, RtspServer, Server, command, decode, output, probe};

use crate::browser;

/// Footage that each camera must have before it is downloaded.
const FOOTAGE: Duration = Duration::from_secs(12);

pub(crate) async fn run(binary: &Path) -> Result<()> {
    println!("journey: cameras that are not ours");
    let dir = tempfile::tempdir()?;
    let (h264, h265) = (Clip::h264_aac(dir.path(), 600)?, Clip::h265(dir.path(), 600)?);
    let cameras = RtspServer::start(&[("/front", &h264), ("/yard", &h265), ("/yard-small", &h264), ("/attic", &h265)])?;
    let server = Server::start(binary, "serve")?;
    let owner = server.set_up().await?;
    // Sound takes a consent of its own, and is refused before.
    let unasked = add(&owner, &cameras, "Front door", "/front", None).await.err().ok_or("sound was taken without a consent")?;
    if !unasked.to_string().contains("consent.needed") {
        return Err(unasked);
    }
    owner.decide("video.sound", true).await?;

    let front = add(&owner, &cameras, "Front door", "/front", None).await?;
    let yard = add(&owner, &cameras, "Yard", "/yard", Some("/yard-small")).await?;
    let attic = add(&owner, &cameras, "Attic", "/attic", None).await?;
    let recording = |state: &Value| state["status"] == "online" && state["recording"] == "on";
    for id in [&front, &yard, &attic] {
        owner.camera_state(id, Duration::from_secs(30), recording).await?;
    }
    let state = owner.camera_state(&front, Duration::from_secs(5), |state| state["main"]["audio"] == "aac").await?;
    expect("the front door is heard by WebRTC and by MSE", &state["main"]["audio_in"], &json!("both"))?;
    let from = state["since"].as_str().ok_or("no since")?.to_owned();

    // The same door where the home wants no sound: what a browser hears there is nothing.
    let mute = mute(&owner, &cameras).await?;
    let ids = json!({ "front": front, "yard": yard, "attic": attic, "mute": mute }).to_string();
    browser::run("foreign.mjs", &server, &[("E2E_CAMERAS", ids)])?;

    for (name, id, clip, codecs) in [("front door", &front, &h264, &["h264", "aac"][..]), ("yard", &yard, &h265, &["hevc"][..])] {
        let file = dir.path().join(format!("{id}.mp4"));
        download(&owner, id, &from, &file).await?;
        let told = probe(&file)?;
        let streams = told["streams"].as_array().ok_or("ffprobe named no streams")?;
        let found: Vec<&str> = streams.iter().filter_map(|stream| stream["codec_name"].as_str()).collect();
        expect(&format!("what the {name}'s file has"), &json!(found), &json!(codecs))?;
        decode(&file)?;
        untouched(name, &file, &clip.file)?;
    }
    println!("downloads decode without a complaint, and have the cameras' pictures untouched");
    Ok(())
}

async fn mute(owner: &Client, cameras: &RtspServer) -> Result<String> {
    let camera = json!({
        "name": "Mute door", "main_url": cameras.url("/front"),
        "username": RtspServer::USER, "password": RtspServer::PASSWORD, "audio": "off",
    });
    let id = owner.add_camera(&camera).await?;
    owner.camera_state(&id, Duration::from_secs(30), |state| state["status"] == "online").await?;
    Ok(id)
}

async fn add(owner: &Client, cameras: &RtspServer, name: &str, main: &str, sub: Option<&str>) -> Result<String> {
    let camera = json!({
        "name": name, "main_url": cameras.url(main), "sub_url": sub.map(|sub| cameras.url(sub)),
        "username": RtspServer::USER, "password": RtspServer::PASSWORD, "audio": "recorded",
    });
    owner.add_camera(&camera).await
}

/// Waits until there is [`FOOTAGE`], then saves all of it.
async fn download(owner: &Client, id: &str, from: &str, to: &Path) -> Result<()> {
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    for _ in 0..120 {
        tick.tick().await;
        let path = format!("/cameras/{id}/timeline?from={from}&to={}", later(from)?);
        let spans = owner.get(&path).await?["spans"].take();
        let Some(span) = spans.as_array().and_then(|spans| spans.first()) else { continue };
        let (start, end) = (time(&span["from"])?, time(&span["to"])?);
        if end.since(start) >= FOOTAGE {
            return owner.save(&format!("/cameras/{id}/recording.mp4?from={start}&to={}", start + FOOTAGE), to).await;
        }
    }
    Err(format!("camera {id} did not record {FOOTAGE:?} in a minute").into())
}

fn later(from: &str) -> Result<domain::Timestamp> {
    Ok(domain::Timestamp::parse(from)? + Duration::from_secs(3600))
}

fn time(value: &Value) -> Result<domain::Timestamp> {
    Ok(domain::Timestamp::parse(value.as_str().ok_or("a span without times")?)?)
}

/// Every coded picture of the recording is one that the camera sent, byte by byte.
fn untouched(name: &str, recording: &Path, clip: &Path) -> Result<()> {
    let pictures = |file: &Path| -> Result<Vec<String>> {
        let mut ffmpeg = command("ffmpeg");
        ffmpeg.args(["-v", "error", "-i"]).arg(file).args(["-map", "0:v", "-c", "copy", "-f", "framemd5", "-"]);
        let lines = output(ffmpeg)?;
        let sums = lines.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit(',').next());
        Ok(sums.map(|sum| sum.trim().to_owned()).collect())
    };
    let (recorded, sent) = (pictures(recording)?, pictures(clip)?.into_iter().collect::<HashSet<_>>());
    let strange = recorded.iter().filter(|picture| !sent.contains(*picture)).count();
    if recorded.is_empty() || strange > 0 {
        return Err(format!("{strange} of the {name}'s {} recorded pictures are not as they were sent", recorded.len()).into());
    }
    Ok(())
}

fn expect(what: &str, found: &Value, wanted: &Value) -> Result<()> {
    if found == wanted { Ok(()) } else { Err(format!("{what}: {found}, expected {wanted}").into()) }
}
