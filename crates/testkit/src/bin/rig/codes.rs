//! Cameras that are added by codes, in Chromium: one reads the Wi-Fi code from the page through its lens, joins by NetworkManager
//! and calls in; another's label is held before the browser's camera. In network namespaces, as root.

use std::path::{Path, PathBuf};
use std::time::Duration;

use testkit::{Air, NetworkManager, Process, Result, command, output};
use tokio::time::interval;

use crate::browser;
use crate::link::{Home, PATIENCE, SERVER, Stand};

/// The network of the journey in `web/e2e/codes.mjs`.
const NETWORK: (&str, &str) = ("Sunflower 7", "p&ss \"word\"; 42");

pub(crate) async fn run(server: &Path) -> Result<()> {
    println!("codes: cameras that read a code, and whose label is read");
    let binary = std::fs::canonicalize(server)?;
    let dir = tempfile::tempdir()?;
    let stand = Stand::set_up(&binary, dir.path())?;
    let (home, _owner) = Home::first_run(&stand, &dir.path().join("server")).await?;
    let labelled = dir.path().join("labelled");
    let label = stand.label(&labelled)?;
    let _labelled = stand.labelled_camera(&labelled)?;

    let manager = NetworkManager::start(vec![Air::new(NETWORK.0, Some(("wpa-psk", NETWORK.1)))]).await?;
    let png = dir.path().join("lens.png");
    let settings = [("E2E_LABEL", label), ("E2E_LENS_PNG", png.to_str().ok_or("a path that is no text")?.to_owned())];
    let journey = tokio::task::spawn_blocking(move || {
        let told = browser::run_at("codes.mjs", &format!("https://{SERVER}"), &settings);
        told.map_err(|error| home.process.failure(&error.to_string()))
    });
    let mut journey = std::pin::pin!(journey);
    let seeing = async {
        let mut tick = interval(Duration::from_millis(100));
        while !png.exists() {
            tick.tick().await;
        }
        seen_by(&stand, dir.path(), &png, &manager)
    };
    let camera = tokio::select! {
        ended = &mut journey => {
            ended??;
            return Err("the journey ended before a code for the lens was drawn".into());
        }
        camera = seeing => camera?,
    };
    journey.await??;
    let psk = manager.value::<String>("802-11-wireless-security", "psk");
    if psk.as_deref() != Some(NETWORK.1) {
        return Err(camera.failure("joined with another password than the person typed"));
    }
    println!("  ok the camera that read the page's code joined with the name and password that were typed");
    Ok(())
}

/// A camera in set-up mode that the page is held before.
fn seen_by(stand: &Stand, dir: &Path, png: &Path, manager: &NetworkManager) -> Result<Process> {
    let film = film(dir, png)?;
    let mut camera = stand.binary_in(&stand.far_away, &["camera", "--set-up", "--file"])?;
    camera.arg(film).arg("--state").arg(dir.join("lens")).env("DBUS_SYSTEM_BUS_ADDRESS", manager.address());
    let camera = Process::start(camera)?;
    camera.line(PATIENCE, |line| line.contains("linked to").then_some(()))?;
    Ok(camera)
}

/// What the lens sees of a screen: the picture before a grey wall, a key picture each half second.
fn film(dir: &Path, png: &Path) -> Result<PathBuf> {
    let film = dir.join("lens.mp4");
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args(["-v", "error", "-y", "-loop", "1", "-framerate", "10", "-i"]).arg(png);
    ffmpeg.args(["-vf", "scale=-2:620,pad=1280:720:(ow-iw)/2:(oh-ih)/2:color=gray"]);
    ffmpeg.args("-t 2 -c:v libx264 -preset veryfast -bf 0 -g 5 -b:v 2M -pix_fmt yuv420p -an".split(' ')).arg(&film);
    output(ffmpeg)?;
    Ok(film)
}
