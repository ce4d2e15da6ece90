//! Players that are not ours, at both our RTSP servers: the camera's own, and the server's outlet for stream keys. GStreamer, and
//! live555, which is the RTSP client of VLC, play H.264 with AAC, and H.265, by TCP and by UDP, and what they got is decoded. (ffmpeg
//! has tests beside the servers themselves.)

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Audio, Camera, Config, Faults, Source};
use domain::{StreamName, SystemClock};
use futures::StreamExt as _;
use serde_json::json;
use testkit::{Clip, Result, Server, command, output};

/// Pictures that a player decodes before it is content: more than a GOP, so a key picture is among them.
const PICTURES: u32 = 75;

/// Sounds of the same time, 64 ms each.
const SOUNDS: u32 = 40;

/// How long live555 plays, in seconds, and how many of 25 pictures a second can be decoded at the least: a camera is joined in the
/// midst of a GOP of two seconds.
const PLAYED_S: u32 = 4;
const PLAYED_PICTURES: u32 = 45;

/// How long that may take on a busy machine, in seconds.
const PATIENCE_S: &str = "30";

/// The camera's user, with a space and a percent sign in the password, since cameras' passwords have those.
const USER: &str = "viewer";
const PASSWORD: &str = "a b%20c";

/// What a player plays.
#[derive(Clone)]
struct Place {
    name: &'static str,
    url: String,
    user: String,
    password: String,
    kind: Kind,
}

struct Player {
    name: &'static str,
    /// Whether broken pictures are a failure: GStreamer's decoder makes the best of them, and says nothing.
    strict: bool,
    play: fn(&Place, &str) -> Result<()>,
}

const PLAYERS: [Player; 2] =
    [Player { name: "GStreamer", strict: false, play: gstreamer }, Player { name: "live555", strict: true, play: live555 }];

#[derive(Clone, Copy)]
enum Kind {
    H264WithAac,
    H265,
}

pub(crate) async fn run(binary: &Path) -> Result<()> {
    println!("players: other makers' players at our two RTSP servers");
    let dir = tempfile::tempdir()?;
    let (main, sub) = (Clip::h264_aac(dir.path(), 30)?, Clip::h265(dir.path(), 30)?);
    let camera = Camera::start(
        Config {
            sub: Some(Source::File(sub.file)),
            audio: Audio::Own,
            credentials: Some((USER.to_owned(), PASSWORD.into())),
            ..Config::new(Source::File(main.file))
        },
        Arc::new(SystemClock),
    )
    .await?;
    let listen = format!("127.0.0.1:{}", crate::free_port()?);
    let server = Server::start_with(binary, "serve", &["--rtsp-listen", &listen])?;
    let owner = server.set_up().await?;
    owner.decide("video.sound", true).await?;
    let (main_url, sub_url) = (camera.url(StreamName::Main), camera.url(StreamName::Sub));
    let added = json!({
        "name": "Street", "main_url": main_url, "sub_url": sub_url, "username": USER, "password": PASSWORD, "audio": "recorded",
    });
    let id = owner.add_camera(&added).await?;
    owner.camera_state(&id, Duration::from_secs(60), |state| state["recording"] == "on").await?;
    let key = owner.post(&format!("/cameras/{id}/stream-keys"), &json!({ "name": "Players" })).await?;
    let text = |value: &serde_json::Value| Ok::<_, testkit::Error>(value.as_str().ok_or("a stream key without it")?.to_owned());
    let (user, password) = (text(&key["stream_key"]["username"])?, text(&key["password"])?);

    let own = |name, url, kind| Place { name, url, user: USER.to_owned(), password: PASSWORD.to_owned(), kind };
    let outlet = |name, url, kind| Place { name, url, user: user.clone(), password: password.clone(), kind };
    let places = [
        own("the camera's H.264 and AAC", main_url, Kind::H264WithAac),
        own("the camera's H.265", sub_url, Kind::H265),
        outlet("the server's H.264 and AAC", format!("rtsp://{listen}/cameras/{id}"), Kind::H264WithAac),
        outlet("the server's H.265", format!("rtsp://{listen}/cameras/{id}/sub"), Kind::H265),
    ];
    // Several at a time: mostly they wait for pictures.
    let jobs = places.iter().flat_map(|place| PLAYERS.iter().map(move |player| (player, place)));
    let jobs = jobs.flat_map(|job| ["tcp", "udp"].map(|transport| (job, transport)));
    let mut played = futures::stream::iter(jobs.map(|((player, place), transport)| {
        let place = place.clone();
        tokio::task::spawn_blocking(move || {
            (player.play)(&place, transport)?;
            Ok::<_, testkit::Error>(format!("  ok {} plays {} by {transport}", player.name, place.name))
        })
    }))
    .buffer_unordered(4);
    while let Some(played) = played.next().await {
        println!("{}", played??);
    }

    refuses(&places, &camera).await?;
    camera.shutdown().await;
    Ok(())
}

/// That the players' verdict means something: they fail with another password, and where every tenth picture is cut in half.
async fn refuses(places: &[Place; 4], camera: &device::Running) -> Result<()> {
    let [own, _, outlet, _] = places;
    let stranger = |place: &Place| Place { password: "another".to_owned(), ..place.clone() };
    camera.set_faults(Faults { truncate_every: std::num::NonZeroU32::new(10), ..Faults::default() });
    for player in &PLAYERS {
        let mut trying = vec![("a stranger", stranger(own)), ("a stranger", stranger(outlet))];
        if player.strict {
            trying.push(("who gets broken pictures", own.clone()));
        }
        for (who, place) in trying {
            let name = place.name;
            if tokio::task::spawn_blocking(move || (player.play)(&place, "tcp")).await?.is_ok() {
                return Err(format!("{} is content as {who} with {name}", player.name).into());
            }
        }
    }
    println!("  ok a wrong password and broken pictures are told apart from that");
    Ok(())
}

/// Plays until there were [`PICTURES`], and [`SOUNDS`]; anything that GStreamer says about it is a failure.
fn gstreamer(place: &Place, transport: &str) -> Result<()> {
    let mut gst = command("timeout");
    gst.args([PATIENCE_S, "gst-launch-1.0", "-q", "rtspsrc", "name=source", "latency=200"]);
    gst.arg(format!("protocols={transport}")).arg(format!("location={}", place.url));
    gst.arg(format!("user-id={}", place.user)).arg(format!("user-pw={}", place.password));
    let pictures = format!("fakesink num-buffers={PICTURES}");
    let sounds = format!("fakesink num-buffers={SOUNDS}");
    let chains = match place.kind {
        Kind::H264WithAac => vec![
            format!("source. ! application/x-rtp,media=video ! rtph264depay ! h264parse ! openh264dec ! {pictures}"),
            format!("source. ! application/x-rtp,media=audio ! rtpmp4gdepay ! aacparse ! faad ! {sounds}"),
        ],
        Kind::H265 => vec![format!("source. ! rtph265depay ! h265parse ! libde265dec ! {pictures}")],
    };
    gst.args(chains.iter().flat_map(|chain| chain.split(' ')));
    let told = gst.output().map_err(|e| format!("timeout: {e}"))?;
    let words = [told.stdout, told.stderr].concat();
    let words = String::from_utf8_lossy(&words);
    if told.status.success() && words.trim().is_empty() {
        return Ok(());
    }
    Err(format!("GStreamer and {} by {transport}: {}: {words}", place.name, told.status).into())
}

/// Plays for [`PLAYED_S`] seconds and decodes what it kept.
fn live555(place: &Place, transport: &str) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("pictures");
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let mut client = command("timeout");
    client.arg(PATIENCE_S).arg(Path::new(&target).join("tools/live555_client"));
    client.args([&place.url, &place.user, &place.password, transport, &PLAYED_S.to_string()]).arg(&file);
    let told = output(client)?;
    let mut counts = Vec::new();
    for line in told.lines() {
        let (codec, count) = line.split_once(' ').ok_or("a track without a count")?;
        counts.push((codec, count.parse::<u32>()?));
    }
    let (tracks, demuxer): (&[&str], _) = match place.kind {
        Kind::H264WithAac => (&["H264", "MPEG4-GENERIC"], "h264"),
        Kind::H265 => (&["H265"], "hevc"),
    };
    if !counts.iter().map(|(codec, _)| codec).eq(tracks) || counts.iter().any(|(_, count)| *count < PLAYED_PICTURES / 2) {
        return Err(format!("live555 got {counts:?} of {}", place.name).into());
    }
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args(["-v", "error", "-xerror", "-f", demuxer, "-i"]).arg(&file);
    ffmpeg.args(["-f", "null", "-progress", "-", "-nostats", "-"]);
    let told = output(ffmpeg)?;
    let pictures =
        told.lines().filter_map(|line| line.strip_prefix("frame=")?.trim().parse::<u32>().ok()).next_back().unwrap_or(0);
    if pictures < PLAYED_PICTURES {
        return Err(format!("live555 played {pictures} pictures of {} by {transport} in {PLAYED_S} s", place.name).into());
    }
    Ok(())
}
