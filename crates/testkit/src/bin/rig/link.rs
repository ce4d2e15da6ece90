//! A camera behind NAT, where nobody can call it: it calls in, and everything that other cameras do it does through its link. Then
//! its address changes, another server stands in the server's place, and a camera beside the server is paired by its label.

use std::fs::File;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Client, Process, Result, command, output};
use tokio::time::{Instant, interval, timeout};

use crate::namespaces::{Lan, command_in, ip, within};

/// Where the server of the networks is.
pub(crate) const SERVER: &str = "10.77.2.100:8443";

/// How long anything here may take on a busy machine; a link whose camera is gone without a word is noticed within 11 s.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What is sent in clear on purpose, to see that the capture would show it.
const MARK: &[u8] = b"RTSP/1.0 in clear, on purpose";

/// Footage that is waited for, and played.
const RECORDED: Duration = Duration::from_secs(4);

pub(crate) async fn run(server: &Path) -> Result<()> {
    println!("link: a camera behind NAT calls in");
    let binary = std::fs::canonicalize(server)?;
    let dir = tempfile::tempdir()?;
    let stand = Stand::set_up(&binary, dir.path())?;
    let capture = Capture::start(&stand.router, dir.path()).await?;

    let (mut home, owner) = Home::first_run(&stand, &dir.path().join("server")).await?;
    let invitation = owner.post("/cameras/invitations", &json!({ "name": "Far away" })).await?;
    let state = dir.path().join("camera");
    let claim = keep(&state, &invitation)?;
    let camera = stand.camera(&stand.far_away, &state, &[])?;
    linked(&camera)?;
    let id = claimed(&owner, &invitation).await?;
    live(&owner, &id).await?;
    let film = played(&owner, &id).await?;
    println!("  ok live and played through the link, with no way in");

    let begun = Instant::now();
    within(&stand.far_away, &["addr", "del", "10.77.1.10/24", "dev", "eth0"])?;
    within(&stand.far_away, &["addr", "add", "10.77.1.11/24", "dev", "eth0"])?;
    within(&stand.far_away, &["route", "replace", "default", "via", "10.77.1.1"])?;
    linked(&camera)?;
    live(&owner, &id).await?;
    println!("  ok linked again {:.1} s after its address changed", begun.elapsed().as_secs_f64());

    home.process.terminate(PATIENCE)?;
    let (impostor, _) = Home::first_run(&stand, &dir.path().join("impostor")).await?;
    camera.line(PATIENCE, |line| line.contains("another certificate").then_some(()))?;
    drop(impostor);
    home = Home::start(&stand, &home.data)?;
    linked(&camera)?;
    live(&owner, &id).await?;
    println!("  ok a server with another certificate was refused, and the right one found again");

    let seen = capture.end()?;
    clear_of(&seen, &[&claim, &password(&state)?], &film)?;
    println!("  ok {} KiB passed the router, none of it in clear", seen.len() / 1024);

    by_label(&stand, &owner, dir.path()).await?;
    drop(home);
    Ok(())
}

/// The networks: a home behind a router that lets nothing in, the server's, and this program on the latter.
pub(crate) struct Stand {
    // Whoever is in a namespace goes before it: fields of `run` are dropped first.
    _lan: Lan,
    // The address of this machine in it is one: rigs that run side by side take turns.
    _turn: File,
    binary: PathBuf,
    scenes: PathBuf,
    pub(crate) router: String,
    pub(crate) far_away: String,
    pub(crate) server: String,
    pub(crate) beside: String,
}

impl Stand {
    pub(crate) fn set_up(binary: &Path, dir: &Path) -> Result<Self> {
        let turn = File::create(std::env::temp_dir().join("atipcam-rig-stand.lock"))?;
        turn.lock()?;
        let mut lan = Lan::new();
        let (near, far) = (lan.switch("near")?, lan.switch("far")?);
        let router = lan.host("router", &near, "10.77.1.1/24", None)?;
        lan.plug(&router, &far, "p-router2", "eth1", "10.77.2.1/24")?;
        output(command_in(&router, &["sysctl", "-qw", "net.ipv4.ip_forward=1"]))?;
        let rules = "table ip home {
            chain out { type nat hook postrouting priority 100; oifname eth1 masquerade; }
            chain through { type filter hook forward priority 0; iifname eth1 ct state new drop; }
        }";
        output(command_in(&router, &["nft", rules]))?;
        let far_away = lan.host("camera", &near, "10.77.1.10/24", Some("10.77.1.1"))?;
        let server = lan.host("server", &far, "10.77.2.100/24", None)?;
        let beside = lan.host("beside", &far, "10.77.2.20/24", None)?;
        let here = lan.prefix.clone();
        ip(&["link", "add", &here, "type", "veth", "peer", "name", "p-here", "netns", &far])?;
        ip(&["addr", "add", "10.77.2.200/24", "dev", &here])?;
        // An address of IPv6 would come a second later, and Chromium gives up what it fetches when addresses change.
        ip(&["link", "set", &here, "addrgenmode", "none"])?;
        ip(&["link", "set", &here, "up"])?;
        within(&far, &["link", "set", "p-here", "master", "br0", "up"])?;
        let scenes = dir.join("scenes");
        Ok(Self { _lan: lan, _turn: turn, binary: binary.to_owned(), scenes, router, far_away, server, beside })
    }

    /// The binary under test, in a namespace.
    pub(crate) fn binary_in(&self, namespace: &str, arguments: &[&str]) -> Result<std::process::Command> {
        let binary = self.binary.to_str().ok_or("a path that is no text")?;
        Ok(command_in(namespace, &[&[binary], arguments].concat()))
    }

    fn camera(&self, namespace: &str, state: &Path, more: &[&str]) -> Result<Process> {
        let mut camera = self.binary_in(namespace, &["camera", "--scene", "test"])?;
        camera.arg("--state").arg(state).arg("--cache").arg(&self.scenes).args(more);
        Process::start(camera)
    }

    /// What stands on the label of a camera with that state.
    pub(crate) fn label(&self, state: &Path) -> Result<String> {
        let mut label = self.binary_in(&self.beside, &["camera", "--print-label", "--state"])?;
        label.arg(state);
        Ok(output(label)?.trim().to_owned())
    }

    /// A camera beside the server that can be found, and paired by its label.
    pub(crate) fn labelled_camera(&self, state: &Path) -> Result<Process> {
        let camera = self.camera(&self.beside, state, &["--onvif", "0.0.0.0:80", "--discovery", "links"])?;
        camera.line(PATIENCE, |line| line.starts_with("link").then_some(()))?;
        Ok(camera)
    }
}

/// A server with a folder of its own.
pub(crate) struct Home {
    pub(crate) process: Process,
    pub(crate) data: PathBuf,
}

impl Home {
    fn start(stand: &Stand, data: &Path) -> Result<Self> {
        let mut serve = stand.binary_in(&stand.server, &["serve", "--listen", SERVER])?;
        serve.arg("--data").arg(data);
        let process = Process::start(serve)?;
        process.line(PATIENCE, |line| line.starts_with("Open https://").then_some(()))?;
        Ok(Self { process, data: data.to_owned() })
    }

    /// The same for the first time, with its owner.
    pub(crate) async fn first_run(stand: &Stand, data: &Path) -> Result<(Self, Client)> {
        let home = Self::start(stand, data)?;
        let code = home.process.line(PATIENCE, |line| line.rsplit_once("once: ").map(|(_, code)| code.trim().to_owned()))?;
        let authority = std::fs::read(data.join("tls/authority.pem"))?;
        let owner = Client::trusting(&format!("https://{SERVER}"), &authority)?.become_owner(Some(&code)).await?;
        Ok((home, owner))
    }
}

/// What passes the router towards the server's network, until it is ended.
struct Capture {
    process: Process,
    file: PathBuf,
}

impl Capture {
    async fn start(router: &str, dir: &Path) -> Result<Self> {
        let file = dir.join("router.pcap");
        let mut tcpdump = command_in(router, &["tcpdump", "-i", "eth1", "-U", "-Z", "root", "-w"]);
        tcpdump.arg(&file);
        let process = Process::start(tcpdump)?;
        // It has begun when the file has its header; then what is sent in clear is seen.
        let begun = async {
            let mut tick = interval(Duration::from_millis(50));
            while std::fs::metadata(&file).map_or(0, |about| about.len()) < 24 {
                tick.tick().await;
            }
        };
        timeout(PATIENCE, begun).await.map_err(|_| process.failure("captured nothing"))?;
        UdpSocket::bind("10.77.2.200:0")?.send_to(MARK, "10.77.2.1:9")?;
        Ok(Self { process, file })
    }

    fn end(mut self) -> Result<Vec<u8>> {
        self.process.terminate(PATIENCE)?;
        Ok(std::fs::read(&self.file)?)
    }
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().ok_or_else(|| format!("no {key} in {value}").into())
}

/// Puts the invitation where a camera has it that read it through its lens. Returns the claim token as it is spelt.
pub(crate) fn keep(state: &Path, invitation: &Value) -> Result<String> {
    std::fs::create_dir(state)?;
    let kept = json!({ "server": invitation["server"], "certificate": invitation["certificate"], "claim": invitation["claim"] });
    std::fs::write(state.join("invitation.json"), kept.to_string())?;
    Ok(text(invitation, "claim")?.to_owned())
}

pub(crate) fn linked(camera: &Process) -> Result<()> {
    camera.line(PATIENCE, |line| line.contains("linked to").then_some(()))
}

pub(crate) async fn claimed(owner: &Client, invitation: &Value) -> Result<String> {
    let told = owner.get(&format!("/cameras/invitations/{}", text(invitation, "id")?)).await?;
    if told["state"] != "claimed" {
        return Err(format!("a linked camera's invitation is {told}").into());
    }
    Ok(text(&told, "camera_id")?.to_owned())
}

pub(crate) async fn live(owner: &Client, id: &str) -> Result<()> {
    owner.camera_state(id, PATIENCE, |state| state["status"] == "online" && state["recording"] == "on").await?;
    let still = owner.bytes(&format!("/cameras/{id}/snapshot.jpg")).await?;
    if still.starts_with(&[0xff, 0xd8]) { Ok(()) } else { Err("a still that is no picture".into()) }
}

/// Plays what was recorded meanwhile. Returns the file.
async fn played(owner: &Client, id: &str) -> Result<Vec<u8>> {
    let begun = Instant::now();
    owner.camera_state(id, PATIENCE, |_| begun.elapsed() >= RECORDED).await?;
    let now = domain::Clock::now(&domain::SystemClock);
    let from = now - Duration::from_secs(60);
    let film = owner.bytes(&format!("/cameras/{id}/recording.mp4?from={from}&to={now}")).await?;
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), &film)?;
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args(["-v", "error", "-i"]).arg(file.path()).args(["-f", "null", "-"]);
    let complaints = output(ffmpeg)?;
    if complaints.is_empty() { Ok(film.to_vec()) } else { Err(complaints.into()) }
}

/// The password that the camera made for itself.
fn password(state: &Path) -> Result<String> {
    let access: Value = serde_json::from_slice(&std::fs::read(state.join("access.json"))?)?;
    Ok(text(&access, "password")?.to_owned())
}

/// Nothing that was sent between camera and server can be read on the way.
fn clear_of(seen: &[u8], secrets: &[&str], film: &[u8]) -> Result<()> {
    let holds = |needle: &[u8]| seen.windows(needle.len()).any(|window| window == needle);
    if !holds(MARK) {
        return Err("the capture does not even show what was sent in clear".into());
    }
    if seen.len() < film.len() {
        return Err(format!("only {} bytes passed the router, fewer than were played", seen.len()).into());
    }
    // What a sample looks like, from the midst of the file.
    let sample = film.get(film.len() / 2..film.len() / 2 + 24).ok_or("an empty film")?;
    let words: [&[u8]; 6] = [b"DESCRIBE rtsp", b"Digest ", b"application/sdp", b"HTTP/1.1", b"atipcam claim", sample];
    for needle in words.into_iter().chain(secrets.iter().map(|secret| secret.as_bytes())) {
        if holds(needle) {
            return Err(format!("{:?} passed the router in clear", String::from_utf8_lossy(needle)).into());
        }
    }
    Ok(())
}

/// A camera beside the server is added by what stands on its label; a photo of that is of no use afterwards.
async fn by_label(stand: &Stand, owner: &Client, dir: &Path) -> Result<()> {
    let state = dir.join("labelled");
    let label = stand.label(&state)?;
    let camera = stand.labelled_camera(&state)?;
    let last = pair(owner, &label).await?;
    let id = last["camera_id"].as_str().ok_or_else(|| format!("pairing ended with {last}"))?.to_owned();
    live(owner, &id).await?;
    let again = pair(owner, &label).await?;
    if again["code"] != "device.owned" {
        return Err(format!("a photo of the label was answered {again}").into());
    }
    println!("  ok paired by its label, and not again by a photo of it");
    owner.delete(&format!("/cameras/{id}?footage=erase")).await?;
    camera.line(PATIENCE, |line| line.contains("released").then_some(()))?;
    let last = pair(owner, &label).await?;
    let id = last["camera_id"].as_str().ok_or_else(|| format!("pairing a released camera ended with {last}"))?;
    live(owner, id).await?;
    println!("  ok released with its removal, and paired anew");
    Ok(())
}

/// The last step of a pairing.
async fn pair(owner: &Client, label: &str) -> Result<Value> {
    let answer =
        owner.request(Method::POST, "/cameras/pair").json(&json!({ "code": label, "name": "By its label" })).send().await?;
    let steps = answer.text().await?;
    Ok(serde_json::from_str(steps.lines().last().ok_or("no step")?)?)
}
