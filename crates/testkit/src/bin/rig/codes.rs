//! Cameras that are added by codes, in Chromium: one reads the Wi-Fi code from the page through its lens, joins by NetworkManager
//! and calls in; another reads the codes of all kinds of networks; a third's label is held before the browser's camera; a fourth opens a
//! network of its own with a page in it. In network namespaces, as root.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use device::onboarding::{Patience, Step, Wireless, set_up};
use device::{Camera, Config, Source};
use domain::{StreamName, SystemClock};
use serde_json::json;
use testkit::{Air, NetworkManager, Process, Result, command, output};
use tokio::time::interval;

use crate::browser;
use crate::link::{Home, PATIENCE, SERVER, Stand};

/// The network of the journey in `web/e2e/codes.mjs`.
const NETWORK: (&str, &str) = ("Sunflower 7", "p&ss \"word\"; 42");

/// A network whose code is drawn by the page and read through a lens.
struct Kind {
    name: &'static str,
    /// As the page names it.
    kind: &'static str,
    password: &'static str,
    hidden: bool,
}

const KINDS: [Kind; 6] = [
    Kind { name: "Garden 2.4", kind: "wpa", password: "shed-door-key", hidden: false },
    Kind { name: "Attic five", kind: "sae", password: "long enough, & more of it", hidden: false },
    Kind { name: "Cellar seven", kind: "wpa", password: "nobody sees this name", hidden: true },
    Kind { name: "竹叶青的家 🏠", kind: "sae", password: "春眠不觉晓，处处闻啼鸟", hidden: false },
    Kind { name: r#"Bob's "5;GHz", 50%\:"#, kind: "wpa", password: r#"a"b'c\d;e,f:g%41&h#i"#, hidden: false },
    Kind { name: "Guests of 9", kind: "open", password: "", hidden: false },
];

impl Kind {
    /// Its access point: lets in who shows name and password in the right way, and nobody else.
    fn air(&self) -> Air {
        let management = match self.kind {
            "wpa" => Some("wpa-psk"),
            "sae" => Some("sae"),
            _ => None,
        };
        let secured = management.map(|management| (management, self.password));
        Air { hidden: self.hidden, ..Air::new(self.name, secured) }
    }
}

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
    let drawn = dir.path().join("kinds");
    std::fs::create_dir(&drawn)?;
    let text = |path: &Path| Ok::<_, testkit::Error>(path.to_str().ok_or("a path that is no text")?.to_owned());
    let kinds = KINDS.map(|k| json!({ "name": k.name, "kind": k.kind, "password": k.password, "hidden": k.hidden }));
    let settings = [
        ("E2E_LABEL", label),
        ("E2E_LENS_PNG", text(&png)?),
        ("E2E_KINDS", json!(kinds).to_string()),
        ("E2E_KINDS_DIR", text(&drawn)?),
    ];
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
        tokio::task::block_in_place(|| seen_by(&stand, dir.path(), &png, &manager))
    };
    let reading = async {
        let mut tick = interval(Duration::from_millis(100));
        while !drawn.join("all").exists() {
            tick.tick().await;
        }
        every_kind(dir.path(), &drawn).await
    };
    let seeing = async { tokio::try_join!(seeing, reading).map(|(camera, ())| camera) };
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
    own_network(&binary, dir.path()).await?;
    Ok(())
}

/// A camera that opens a network of its own, whose page is used by a phone.
async fn own_network(binary: &Path, dir: &Path) -> Result<()> {
    const OTHERS: [(&str, u8); 3] = [("Upstairs", 42), ("竹叶青的家 🏠", 71), ("A name of all the thirty-two let", 12)];
    let mut air = vec![Air { strength: 88, ..Air::new(NETWORK.0, Some(("wpa-psk", NETWORK.1))) }];
    air.extend(OTHERS.map(|(name, strength)| Air { strength, ..Air::new(name, Some(("sae", "another"))) }));
    air.push(Air { strength: 30, ..Air::new("Office", Some(("wpa-eap", ""))) });
    air.push(Air { strength: 25, ..Air::new("Café", None) });
    let manager = NetworkManager::start(air).await?;
    let mut camera = command(binary);
    camera.args([
        "camera",
        "--listen",
        "127.0.0.1:0",
        "--scene",
        "test",
        "--no-sub",
        "--setup-ap",
        "--setup-page",
        "127.0.0.1:0",
    ]);
    camera.arg("--state").arg(dir.join("own")).env("DBUS_SYSTEM_BUS_ADDRESS", manager.address());
    let camera = Process::start(camera)?;
    tokio::task::block_in_place(|| {
        let page = camera.line(PATIENCE, |line| line.split_once("and open ").map(|(_, page)| page.to_owned()))?;
        let settings = [("E2E_NETWORK", NETWORK.0.to_owned()), ("E2E_SECRET", NETWORK.1.to_owned())];
        browser::run_at("setup-page.mjs", &page, &settings)?;
        camera.line(PATIENCE, |line| line.contains("joined the network").then_some(()))
    })?;
    let psk = manager.value::<String>("802-11-wireless-security", "psk");
    if psk.as_deref() != Some(NETWORK.1) || manager.own_networks() != (1, false) {
        return Err(camera.failure("joined with another password, or kept its own network"));
    }
    println!("  ok the camera's own network had a page, and was gone when it joined the other one");
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

/// One camera sees all the codes one after the other, and joins each network with what was typed into the page for it.
async fn every_kind(dir: &Path, drawn: &Path) -> Result<()> {
    let codes: Vec<PathBuf> = (0..KINDS.len()).map(|at| drawn.join(format!("{at}.png"))).collect();
    let film = dir.join("kinds.mp4");
    let (drawing, to) = (codes.clone(), film.clone());
    tokio::task::spawn_blocking(move || shots(&drawing, 1, &to)).await??;
    let camera = Camera::start(Config::new(Source::File(film)), Arc::new(SystemClock)).await?;
    let manager = NetworkManager::start(KINDS.iter().map(Kind::air).collect()).await?;
    let wireless = Wireless::connect(Some(manager.address()), Patience::default()).await?;
    let mut missing: Vec<&Kind> = KINDS.iter().collect();
    let joining = async {
        while !missing.is_empty() {
            let lens = camera.lens(StreamName::Main).ok_or("a camera without a main stream")?;
            let mut wrong = None;
            let code = set_up(lens, &wireless, Arc::new(SystemClock), |step| match step {
                Step::Refused(_) | Step::Failed(..) | Step::Blind(_) => wrong = Some(step.to_string()),
                Step::Looking | Step::Joining(_) | Step::Joined(_) => {}
            });
            let code = code.await.ok_or("the camera stopped")?;
            if let Some(wrong) = wrong {
                return Err(wrong.into());
            }
            let ssid = code.network.ssid().as_bytes();
            let Some(at) = missing.iter().position(|kind| kind.name.as_bytes() == ssid) else { continue };
            joined_as_typed(missing.swap_remove(at), &manager)?;
        }
        Ok::<_, testkit::Error>(())
    };
    let told = tokio::time::timeout(PATIENCE, joining).await;
    told.map_err(|_| format!("not read: {:?}", missing.iter().map(|kind| kind.name).collect::<Vec<_>>()))??;
    camera.shutdown().await;
    println!("  ok {} kinds of networks were read from the page and joined: WPA2, WPA3, hidden, 中文, quotes, open", KINDS.len());
    Ok(())
}

/// What the newest profile says is what was typed.
fn joined_as_typed(kind: &Kind, manager: &NetworkManager) -> Result<()> {
    let (wireless, security) = ("802-11-wireless", "802-11-wireless-security");
    let name = manager.value::<Vec<u8>>(wireless, "ssid").unwrap_or_default();
    let shown = (
        manager.value::<String>(security, "key-mgmt"),
        manager.value::<String>(security, "psk"),
        manager.value::<bool>(wireless, "hidden").unwrap_or_default(),
    );
    let typed = kind.air().secured.map_or((None, None), |(management, password)| (Some(management.to_owned()), Some(password)));
    if name == kind.name.as_bytes() && shown == (typed.0, typed.1, kind.hidden) {
        return Ok(());
    }
    Err(format!("{:?} was joined as {:?}, {shown:?}", kind.name, String::from_utf8_lossy(&name)).into())
}

/// What the lens sees of a screen: the picture before a grey wall, a key picture each half second.
fn film(dir: &Path, png: &Path) -> Result<PathBuf> {
    let film = dir.join("lens.mp4");
    shots(&[png.to_owned()], 2, &film)?;
    Ok(film)
}

/// The same of several screens one after the other, each for so many seconds.
fn shots(pngs: &[PathBuf], seconds: u32, to: &Path) -> Result<()> {
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args(["-v", "error", "-y"]);
    for png in pngs {
        ffmpeg.args(["-loop", "1", "-framerate", "10", "-t", &seconds.to_string(), "-i"]).arg(png);
    }
    let scaled = (0..pngs.len())
        .map(|at| format!("[{at}]scale=-2:620,pad=1280:720:(ow-iw)/2:(oh-ih)/2:color=gray,setsar=1,format=yuv420p[{at}s];"));
    let joined: String = (0..pngs.len()).map(|at| format!("[{at}s]")).collect();
    let graph = format!("{}{joined}concat=n={}", scaled.collect::<String>(), pngs.len());
    ffmpeg.args(["-filter_complex", &graph]);
    ffmpeg.args("-c:v libx264 -preset veryfast -bf 0 -g 5 -b:v 2M -pix_fmt yuv420p -an".split(' ')).arg(to);
    output(ffmpeg).map(|_| ())
}
