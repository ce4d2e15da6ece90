//! Many viewers of one camera: by RTSP beside GStreamer's RTSP server, which relays the same camera, and by WebRTC.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Source};
use domain::{StreamName, SystemClock};
use serde_json::json;
use testkit::machine::{Load, Tree};
use testkit::{Client, Clip, Result, RtspServer, RtspViewer, Server, WhepViewer};
use tokio::time::{Instant, sleep, timeout};

use super::startup::mib;
use super::table::{Figure, Peer, Took, percentile};

/// How long all watch before it is measured, and how long that is.
const SETTLE: Duration = Duration::from_secs(3);
const WINDOW: Duration = Duration::from_secs(15);

/// How long a first whole key picture may take.
const PICTURE_MAX: Duration = Duration::from_secs(20);

const GST: &str = "gst-rtsp-server";

/// Where a camera can be played.
#[derive(Debug)]
struct Place {
    url: String,
    sign_in: Option<(String, String)>,
    program: Tree,
}

/// What viewers cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    /// Of one viewer more, in CPU-milliseconds a minute.
    cpu_ms: f64,
    memory_kib: f64,
    load: Load,
}

impl Cost {
    fn between((few, at_few): (usize, Took), (many, at_many): (usize, Took)) -> Self {
        let more = many.saturating_sub(few).max(1) as f64;
        Self {
            cpu_ms: (at_many.cpu_ms_a_minute() - at_few.cpu_ms_a_minute()) / more,
            memory_kib: (mib(at_many.memory) - mib(at_few.memory)) * 1024.0 / more,
            load: at_many.load,
        }
    }
}

pub(crate) async fn figures(binary: &Path, viewers: usize, tries: u32) -> Result<Vec<Figure>> {
    let dir = tempfile::tempdir()?;
    let clip = Clip::endless(dir.path())?;
    let camera = Camera::start(Config::new(Source::File(clip.file)), Arc::new(SystemClock)).await?;
    let listen = format!("127.0.0.1:{}", crate::free_port()?);
    let server = Server::start_with(binary, "serve", &["--rtsp-listen", &listen, "--log", "warn"])?;
    let owner = server.set_up().await?;
    let id = owner.add_camera(&json!({ "name": "Street", "main_url": camera.url(StreamName::Main) })).await?;
    owner.camera_state(&id, Duration::from_secs(60), |state| state["recording"] == "on").await?;
    let key = owner.post(&format!("/cameras/{id}/stream-keys"), &json!({ "name": "Bench" })).await?;
    let text = |value: &serde_json::Value| Ok::<_, testkit::Error>(value.as_str().ok_or("a stream key without it")?.to_owned());
    let ours = Place {
        url: format!("rtsp://{listen}/cameras/{id}"),
        sign_in: Some((text(&key["stream_key"]["username"])?, text(&key["password"])?)),
        program: Tree(server.process.id()),
    };
    let gst = RtspServer::relay("/street", &camera.url(StreamName::Main))?;
    let theirs = Place { url: gst.url("/street"), sign_in: None, program: Tree(gst.id()) };

    let (our_first, our_cost) = (first_pictures(&ours, tries).await?, by_rtsp(&ours, viewers).await?);
    let (their_first, their_cost) = (first_pictures(&theirs, tries).await?, by_rtsp(&theirs, viewers).await?);
    let webrtc = by_webrtc(&owner, &id, ours.program, viewers).await?;
    camera.shutdown().await;

    let load = our_cost.load;
    let figure = |name, unit, ours, peer, load| Figure { name, unit, ours, peer, load };
    let gst = |figure| Peer::Did(GST, figure);
    Ok(vec![
        figure(
            "RTSP, connecting to whole key picture, p50",
            "ms",
            percentile(&our_first, 0.5),
            gst(percentile(&their_first, 0.5)),
            load,
        ),
        figure(
            "RTSP, connecting to whole key picture, p95",
            "ms",
            percentile(&our_first, 0.95),
            gst(percentile(&their_first, 0.95)),
            load,
        ),
        figure("RTSP, CPU of a further viewer", "ms/min", our_cost.cpu_ms, gst(their_cost.cpu_ms), load),
        figure("RTSP, memory of a further viewer", "KiB", our_cost.memory_kib, gst(their_cost.memory_kib), load),
        figure("WebRTC, CPU of a further viewer", "ms/min", webrtc.cpu_ms, Peer::Nobody, webrtc.load),
        figure("WebRTC, memory of a further viewer", "KiB", webrtc.memory_kib, Peer::Nobody, webrtc.load),
    ])
}

async fn join(place: &Place) -> Result<RtspViewer> {
    let sign_in = place.sign_in.as_ref().map(|(user, password)| (user.as_str(), password.as_str()));
    RtspViewer::play(&place.url, sign_in).await
}

/// Milliseconds from before the connection is made to the last packet of the first whole key picture, while another viewer watches.
async fn first_pictures(place: &Place, tries: u32) -> Result<Vec<f64>> {
    let other = join(place).await?;
    timeout(PICTURE_MAX, other.key_picture()).await??;
    let mut all = Vec::new();
    for n in 0..tries {
        // At another place in the GOP each time.
        sleep(Duration::from_millis(u64::from(137 * (n % 15)))).await;
        let start = Instant::now();
        let viewer = join(place).await?;
        timeout(PICTURE_MAX, viewer.key_picture()).await??;
        all.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    other.still_plays().map(|_| all)
}

async fn by_rtsp(place: &Place, viewers: usize) -> Result<Cost> {
    let (few, mut all, mut took) = (viewers.div_ceil(10), Vec::new(), Vec::new());
    for wanted in [few, viewers] {
        while all.len() < wanted {
            all.push(join(place).await?);
        }
        sleep(SETTLE).await;
        let before: Vec<u64> = all.iter().map(RtspViewer::still_plays).collect::<Result<_>>()?;
        took.push((wanted, Took::in_time(&[place.program], WINDOW).await?));
        for (viewer, before) in all.iter().zip(before) {
            if viewer.still_plays()? == before {
                return Err(format!("a viewer of {} got nothing", place.url).into());
            }
        }
    }
    let [few, many] = took[..] else { return Err("two windows are needed".into()) };
    Ok(Cost::between(few, many))
}

async fn by_webrtc(owner: &Client, camera: &str, server: Tree, viewers: usize) -> Result<Cost> {
    let (few, mut all, mut took) = (viewers.div_ceil(10), Vec::<WhepViewer>::new(), Vec::new());
    for wanted in [few, viewers] {
        while all.len() < wanted {
            all.push(WhepViewer::join(owner, camera).await?);
        }
        sleep(SETTLE).await;
        took.push((wanted, Took::in_time(&[server], WINDOW).await?));
        for viewer in &all {
            let seen = viewer.seen();
            if seen.key_picture.is_none() || seen.ended.is_some() {
                return Err(format!("a WebRTC viewer saw no whole key picture: {seen:?}").into());
            }
        }
    }
    for viewer in all {
        viewer.leave().await?;
    }
    let [few, many] = took[..] else { return Err("two windows are needed".into()) };
    Ok(Cost::between(few, many))
}
