//! A recording downloaded from page cache: unsealed on the way by us, sent as it lies there by nginx.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use device::{Camera, Config, Source};
use domain::{Clock as _, StreamName, SystemClock};
use serde_json::json;
use testkit::machine::{Tree, Window};
use testkit::{Clip, Process, Result, Server, command};
use tokio::time::{Instant, sleep};

use super::table::{Figure, Peer, percentile};

/// Footage that is recorded first.
const FOOTAGE_BYTES: u64 = 150_000_000;

/// How long that may take, on a slow disk.
const FOOTAGE_TIME_MAX: Duration = Duration::from_secs(120);

/// Downloads; the median counts.
const ROUNDS: usize = 5;

const NGINX: &str = "nginx, not sealed";

/// What downloads took.
struct Rate {
    megabytes_a_second: f64,
    cpu_s_a_gigabyte: f64,
    load: testkit::machine::Load,
}

pub(crate) async fn figures(binary: &Path) -> Result<Vec<Figure>> {
    let dir = tempfile::tempdir()?;
    let clip = Clip::heavy(dir.path())?;
    let camera = Camera::start(Config::new(Source::File(clip.file)), Arc::new(SystemClock)).await?;
    let server = Server::start_with(binary, "serve", &["--log", "warn"])?;
    let owner = server.set_up().await?;
    let from = SystemClock.now();
    let id = owner.add_camera(&json!({ "name": "Street", "main_url": camera.url(StreamName::Main) })).await?;
    let deadline = Instant::now() + FOOTAGE_TIME_MAX;
    let path = loop {
        sleep(Duration::from_secs(1)).await;
        let path = format!("/cameras/{id}/recording.mp4?from={from}&to={}", SystemClock.now());
        let answer = owner.request(reqwest::Method::GET, &path).send().await?;
        if answer.status().is_success() && answer.content_length().is_some_and(|length| length >= FOOTAGE_BYTES) {
            break path;
        }
        if Instant::now() > deadline {
            return Err(format!("{FOOTAGE_BYTES} bytes were not recorded in {FOOTAGE_TIME_MAX:?}").into());
        }
    };
    // What records meanwhile would be measured too.
    camera.shutdown().await;
    sleep(Duration::from_secs(2)).await;
    owner.save(&path, &dir.path().join("recording.mp4")).await?;
    let head = format!("Authorization: {}\r\n", owner.authorization());
    let host = server.base().trim_start_matches("http://").to_owned();
    let ours = measured(Tree(server.process.id()), host, format!("/api/v1{path}"), head).await?;

    let theirs = match Nginx::start(dir.path()).await? {
        Some(nginx) => {
            let rate = measured(Tree(nginx.process.id()), nginx.host.clone(), "/recording.mp4".into(), String::new()).await?;
            Some(rate)
        }
        None => {
            println!("\nnginx is MISSING: nothing to compare downloads with (apt-get install nginx, or NGINX=its path)");
            None
        }
    };
    let peer = |figure: fn(&Rate) -> f64| theirs.as_ref().map_or(Peer::Missing(NGINX), |rate| Peer::Did(NGINX, figure(rate)));
    let figure =
        |name, unit, figure: fn(&Rate) -> f64| Figure { name, unit, ours: figure(&ours), peer: peer(figure), load: ours.load };
    Ok(vec![
        figure("one connection, ours unsealed on the way", "MB/s", |rate| rate.megabytes_a_second),
        figure("CPU a gigabyte", "s", |rate| rate.cpu_s_a_gigabyte),
    ])
}

/// Downloads several times.
async fn measured(program: Tree, host: String, path: String, head: String) -> Result<Rate> {
    let window = Window::open(program)?;
    let (mut rates, mut bytes) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{head}Connection: close\r\n\r\n");
        let host = host.clone();
        let start = Instant::now();
        let taken = tokio::task::spawn_blocking(move || taken(&host, &request)).await??;
        rates.push(taken as f64 / 1e6 / start.elapsed().as_secs_f64());
        bytes += taken;
    }
    let spent = window.close()?;
    let cpu_s_a_gigabyte = spent.cpu.as_secs_f64() / (bytes as f64 / 1e9);
    Ok(Rate { megabytes_a_second: percentile(&rates, 0.5), cpu_s_a_gigabyte, load: spent.load })
}

/// Bytes of an answer, read and thrown away.
fn taken(host: &str, request: &str) -> Result<u64> {
    let mut connection = TcpStream::connect(host)?;
    connection.write_all(request.as_bytes())?;
    let mut buffer = vec![0; 1 << 20];
    let (mut taken, mut first) = (0, true);
    loop {
        let length = connection.read(&mut buffer)?;
        if std::mem::take(&mut first) && !buffer.starts_with(b"HTTP/1.1 200") {
            let said = String::from_utf8_lossy(&buffer[..length.min(200)]).into_owned();
            return Err(format!("{host} answered {said}").into());
        }
        if length == 0 {
            break;
        }
        taken += length as u64;
    }
    if taken >= FOOTAGE_BYTES { Ok(taken) } else { Err(format!("{host} sent only {taken} bytes").into()) }
}

/// A web server that is not ours, on a port of its own.
struct Nginx {
    process: Process,
    host: String,
}

impl Nginx {
    /// Serves `folder`; `None` where it is not installed.
    async fn start(folder: &Path) -> Result<Option<Self>> {
        let named = std::env::var_os("NGINX").map(PathBuf::from);
        let usual = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].map(PathBuf::from);
        let Some(program) = named.into_iter().chain(usual).find(|path| path.is_file()) else { return Ok(None) };
        let host = format!("127.0.0.1:{}", crate::free_port()?);
        // It gives up its rights where it has some, and could then not read the folder.
        let root = std::fs::read_to_string("/proc/self/status")?.lines().any(|line| line.starts_with("Uid:\t0\t"));
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary: String = temporary.iter().map(|what| format!("{what}_temp_path nginx-{what};")).collect();
        let settings = format!(
            "daemon off; worker_processes 1; pid nginx.pid; error_log stderr; {} events {{}}\n\
             http {{ access_log off; sendfile on; tcp_nopush on; {temporary} server {{ listen {host}; root {}; }} }}\n",
            if root { "user root;" } else { "" },
            folder.display(),
        );
        std::fs::write(folder.join("nginx.conf"), settings)?;
        let mut nginx = command(program);
        nginx.arg("-p").arg(folder).args(["-e", "stderr", "-c", "nginx.conf"]);
        let process = Process::start(nginx)?;
        for _ in 0..100 {
            if TcpStream::connect(&host).is_ok() {
                return Ok(Some(Self { process, host }));
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(process.failure("does not listen"))
    }
}
