//! A camera that somebody turns from a browser stops when that browser is killed, and the server is who stops it.

use std::io::BufRead as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Onvif, Running, Scene};
use domain::{StreamName, SystemClock};
use serde_json::json;
use testkit::{Process, Result, Server, command, output};
use tokio::time::{Instant, interval};

use crate::browser;

/// How long the move must go on by itself while the browser lives: longer than the camera's own patience of a second, so that it is
/// the browser's word that keeps it going.
const HELD: Duration = Duration::from_millis(2500);

/// How soon it must stop after that. The aim is 300 ms; a busy machine has its own ideas, and who stops it is judged besides.
const STOP_MAX: Duration = Duration::from_secs(1);

/// How often it is tried: a browser may be killed at any point between two of its words.
const TRIES: usize = 3;

pub(crate) async fn run(binary: &Path) -> Result<()> {
    println!("steer: a camera stops when the browser that turns it is killed");
    let onvif = Some(Onvif::new(SocketAddr::from(([127, 0, 0, 1], 0))));
    let camera = Camera::start(Config { onvif, ..Config::scene(Scene::Test) }, Arc::new(SystemClock)).await?;
    let server = Server::start(binary, "serve")?;
    let owner = server.set_up().await?;
    let onvif_url = camera.onvif_url().ok_or("the camera speaks no ONVIF")?;
    let added = json!({ "name": "Gate", "main_url": camera.url(StreamName::Main), "onvif_url": onvif_url });
    let id = owner.add_camera(&added).await?;
    owner.camera_state(&id, Duration::from_secs(30), |state| state["status"] == "online").await?;

    let told = [("E2E_CAMERA", id.clone())];
    browser::run("controls.mjs", &server, &told)?;
    changed(&camera)?;

    let mut times = Vec::new();
    for _ in 0..TRIES {
        let script = Process::start(browser::script("steer.mjs", server.base(), &told))?;
        let chromium: u32 = script.line(Duration::from_secs(60), |line| line.strip_prefix("holds ")?.parse().ok())?;
        until(&camera, true, Duration::from_secs(5)).await?;
        let (held, stops) = (Instant::now(), camera.stops());
        let mut tick = interval(Duration::from_millis(10));
        while held.elapsed() < HELD {
            tick.tick().await;
            if !moves(&camera) {
                return Err(script.failure(&format!("let the camera go after {:?} although it holds the pad", held.elapsed())));
            }
        }
        if camera.stops() != stops {
            return Err("the camera was told to stop while the pad was held".into());
        }
        kill(&family(chromium)?)?;
        let killed = Instant::now();
        until(&camera, false, STOP_MAX).await.map_err(|e| format!("with its browser killed: {e}"))?;
        if camera.stops() == stops {
            return Err("the move came to its own end: the server did not stop it".into());
        }
        times.push(killed.elapsed().as_millis());
    }
    println!("a camera held for {HELD:?} goes on; it stops {times:?} ms after its browser was killed, by the server's word");
    camera.shutdown().await;
    Ok(())
}

/// What the journey through the controls must have left at the camera itself.
fn changed(camera: &Running) -> Result<()> {
    let brightness = camera.imaging().and_then(|imaging| imaging.brightness);
    let seen = (brightness, camera.reboots(), camera.switched_on());
    let wanted = (Some(50.0), 1, vec!["tt:WhiteLight".to_owned()]);
    if seen == wanted { Ok(()) } else { Err(format!("at the camera: {seen:?}, wanted {wanted:?}").into()) }
}

fn moves(camera: &Running) -> bool {
    camera.ptz().is_some_and(|(_, moves)| moves)
}

async fn until(camera: &Running, moving: bool, within: Duration) -> Result<()> {
    let begun = Instant::now();
    let mut tick = interval(Duration::from_millis(2));
    while moves(camera) != moving {
        tick.tick().await;
        if begun.elapsed() > within {
            return Err(format!("{within:?} later the camera moves: {}", !moving).into());
        }
    }
    Ok(())
}

/// A process and all that it started, and they.
fn family(root: u32) -> Result<Vec<u32>> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(status) = std::fs::File::open(format!("/proc/{id}/status")) else { continue };
        let lines = std::io::BufReader::new(status).lines().map_while(std::io::Result::ok);
        let parent = lines.filter_map(|line| line.strip_prefix("PPid:")?.trim().parse::<u32>().ok()).next();
        parents.extend(parent.map(|parent| (id, parent)));
    }
    let mut family = vec![root];
    let mut next = 0;
    while let Some(&one) = family.get(next) {
        family.extend(parents.iter().filter(|(_, parent)| *parent == one).map(|(id, _)| *id));
        next += 1;
    }
    Ok(family)
}

fn kill(processes: &[u32]) -> Result<()> {
    let mut kill = command("kill");
    kill.arg("-KILL").args(processes.iter().map(u32::to_string));
    output(kill).map(drop)
}
