//! `atipcam doctor`: is this machine fit, and what to do where it is not.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use domain::{Clock, SystemClock, Timestamp};
use egress::MailServer;
use policy::compiled;
use rustix::process::{Resource, getrlimit};
use store::Store;

use crate::config::Settings;
use crate::console::say;

/// What one look found.
#[derive(Debug, PartialEq, Eq)]
enum Finding {
    Ok(String),
    /// It will run, but not well.
    Warn(String),
    /// It will not run.
    Fail(String),
}

use Finding::{Fail, Ok as Fine, Warn};

/// Footage of a camera of 4 Mbit/s, in bytes a second and gigabytes a day.
const CAMERA_BYTES_PER_S: u64 = 500_000;
const CAMERA_GB_PER_DAY: u64 = 43;

/// What the speed test writes: enough to leave the disk's own cache, little enough for a card.
const SPEED_TEST_BYTES: usize = 64 * 1024 * 1024;

/// Looks at everything and says what it found, a line each. Fails where something would keep the server from running.
pub(crate) fn run(settings: &Settings) -> ExitCode {
    let clock = SystemClock;
    let looks: [(&str, Vec<Finding>); 10] = [
        ("ports", ports(settings)),
        ("data", vec![data(&settings.data)]),
        ("index", vec![index(&settings.data)]),
        ("space", vec![space(&settings.data, settings.quota_bytes)]),
        ("speed", vec![speed(&settings.data, &clock)]),
        ("clock", vec![time(clock.now(), Path::new("/run/systemd/timesync"))]),
        ("memory", vec![memory(&fs::read_to_string("/proc/meminfo").unwrap_or_default())]),
        ("machine", vec![files(getrlimit(Resource::Nofile).maximum), aes()]),
        ("region", vec![region(&settings.deployment.region)]),
        ("mail", vec![mail(settings.mail.as_ref())]),
    ];
    let mut failed = false;
    for (what, finding) in looks.into_iter().flat_map(|(what, found)| found.into_iter().map(move |finding| (what, finding))) {
        let (verdict, text) = match finding {
            Fine(text) => ("ok  ", text),
            Warn(text) => ("warn", text),
            Fail(text) => ("FAIL", text),
        };
        failed |= verdict == "FAIL";
        say(format_args!("{verdict}  {what:<8} {text}"));
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn ports(settings: &Settings) -> Vec<Finding> {
    let listen = match TcpListener::bind(settings.listen) {
        Ok(_) => Fine(format!("TCP {} is free", settings.listen)),
        Err(error) => Fail(format!(
            "TCP {}: {error}. Is atipcam running already? Stop it, or choose another with --listen",
            settings.listen
        )),
    };
    let any = SocketAddr::from(([0, 0, 0, 0], settings.webrtc_port));
    let webrtc = match UdpSocket::bind(any) {
        Ok(_) if settings.webrtc_port == 0 && !settings.listen.ip().is_loopback() => {
            Warn("UDP for live view takes a free port at each start. Behind a firewall set --webrtc-port and open it".to_owned())
        }
        Ok(_) => Fine("UDP for live view is free".to_owned()),
        Err(error) => Fail(format!("UDP {}: {error}. Choose another with --webrtc-port", settings.webrtc_port)),
    };
    vec![listen, webrtc]
}

fn data(dir: &Path) -> Finding {
    let probe = existing(dir).join(format!(".doctor-{}", std::process::id()));
    match fs::write(&probe, b"x").and_then(|()| fs::remove_file(&probe)) {
        Ok(()) => Fine(format!("{} can be written", dir.display())),
        Err(error) => Fail(format!("{}: {error}. Choose a folder of your own with --data", dir.display())),
    }
}

/// Whether the index holds every footage file. A server may run meanwhile.
fn index(dir: &Path) -> Finding {
    if !dir.join("accounts.db").exists() {
        return Fine("there is no footage yet".to_owned());
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Fail(error.to_string()),
    };
    let looked = runtime.block_on(async {
        let store = Box::pin(Store::look(dir, Arc::new(SystemClock))).await?;
        let complete = store.index_is_complete().await;
        store.close().await?;
        complete
    });
    match looked {
        Ok(true) => Fine("it holds every footage file".to_owned()),
        Ok(false) => {
            Warn("it does not hold every footage file yet: the server adds them while it runs, the newest first".to_owned())
        }
        Err(error) if error.code() == "storage.missing" => {
            Warn("index.db is missing: the server makes it from the footage when it starts, the newest first".to_owned())
        }
        Err(error) => Warn(format!("it cannot be looked at: {error}")),
    }
}

/// The folder itself, or the one that it would be made in.
fn existing(dir: &Path) -> &Path {
    let here = dir.ancestors().find(|dir| dir.is_dir());
    here.unwrap_or(Path::new("."))
}

fn space(dir: &Path, quota: Option<u64>) -> Finding {
    let free = match rustix::fs::statvfs(existing(dir)) {
        Ok(stat) => stat.f_bavail.saturating_mul(stat.f_frsize),
        Err(error) => return Fail(format!("{}: {error}", dir.display())),
    };
    let usable = quota.unwrap_or(free / 5 * 4);
    let text = format!(
        "{} GB free, {} GB for footage; days of one camera at 4 Mbit/s: {}",
        free / 1_000_000_000,
        usable / 1_000_000_000,
        usable / 1_000_000_000 / CAMERA_GB_PER_DAY
    );
    match () {
        () if quota.is_some_and(|quota| quota > free) => {
            Warn(format!("{text}. The quota is more than is free: lower it with --quota"))
        }
        () if usable < CAMERA_GB_PER_DAY * 1_000_000_000 => Warn(format!("{text}. Put --data on a larger disk")),
        () => Fine(text),
    }
}

/// Writes as recorders do, and waits until it is on the disk.
fn speed(dir: &Path, clock: &dyn Clock) -> Finding {
    let path = existing(dir).join(format!(".doctor-speed-{}", std::process::id()));
    let written = write_test(&path, clock);
    let _ = fs::remove_file(&path);
    let (bytes_per_s, sync_ms) = match written {
        Ok(speed) => speed,
        Err(error) => return Fail(format!("{}: {error}", dir.display())),
    };
    let cameras = bytes_per_s / 2 / CAMERA_BYTES_PER_S;
    let text =
        format!("{} MB/s, {sync_ms} ms to make a write durable: enough for about {cameras} cameras", bytes_per_s / 1_000_000);
    if cameras < 4 || sync_ms > 400 { Warn(format!("{text}. Footage needs a faster disk")) } else { Fine(text) }
}

fn write_test(path: &Path, clock: &dyn Clock) -> std::io::Result<(u64, u128)> {
    // Not zeros, which some disks do not write at all.
    let block: Vec<u8> = (0_u32..1 << 18).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let mut file = fs::File::create(path)?;
    let start = clock.mono();
    for _ in 0..SPEED_TEST_BYTES / block.len() {
        file.write_all(&block)?;
    }
    file.sync_all()?;
    let took = clock.mono().since(start).as_micros().max(1);
    let start = clock.mono();
    file.write_all(&block[..4096])?;
    file.sync_data()?;
    let bytes_per_s = SPEED_TEST_BYTES as u128 * 1_000_000 / took;
    Ok((u64::try_from(bytes_per_s).unwrap_or(u64::MAX), clock.mono().since(start).as_millis()))
}

/// Recordings carry the machine's time. systemd's clock keeper leaves a file once it has asked a server.
fn time(now: Timestamp, timesync: &Path) -> Finding {
    const BUILT_AFTER: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
    if now < BUILT_AFTER {
        return Fail(format!("it is {now}, says the clock. Set it (timedatectl set-ntp true): recordings carry its time"));
    }
    if timesync.is_dir() && !timesync.join("synchronized").exists() {
        return Warn(format!("{now}, but not yet synchronised. Look at `timedatectl timesync-status`"));
    }
    Fine(now.to_string())
}

fn memory(meminfo: &str) -> Finding {
    let kib =
        meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    match kib.map(|kib| kib / 1024) {
        None => Warn("/proc/meminfo does not tell what is available".to_owned()),
        Some(mib) if mib < 256 => Warn(format!("{mib} MiB available. Each camera takes about 20 MiB: end other programs")),
        Some(mib) => Fine(format!("{mib} MiB available")),
    }
}

fn files(limit: Option<u64>) -> Finding {
    match limit {
        Some(limit) if limit < 1024 => {
            Fail(format!("{limit} open files are allowed. Raise it: ulimit -n 65536, or LimitNOFILE="))
        }
        Some(limit) if limit < 4096 => Warn(format!("{limit} open files are allowed: few for many viewers. ulimit -n 65536")),
        Some(limit) => Fine(format!("{limit} open files are allowed")),
        None => Fine("any number of open files is allowed".to_owned()),
    }
}

fn aes() -> Finding {
    #[cfg(target_arch = "x86_64")]
    let has = std::arch::is_x86_feature_detected!("aes");
    #[cfg(target_arch = "aarch64")]
    let has = std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let has = false;
    if has {
        Fine("the processor seals footage by itself (AES instructions)".to_owned())
    } else {
        Warn("no AES instructions: footage is sealed with ChaCha20-Poly1305, at several times the cost".to_owned())
    }
}

fn region(region: &str) -> Finding {
    if compiled::REGIONS.contains(&region) {
        Fine(format!("the privacy policy lets data be kept in {region}"))
    } else {
        Fail(format!("the privacy policy keeps data in {} only. Move the server, or mend --region", compiled::REGIONS.join(", ")))
    }
}

/// Connects, signs in, leaves. Nobody's data are in it.
fn mail(server: Option<&MailServer>) -> Finding {
    let Some(server) = server else { return Fine("no mail server is set: nobody is written to".to_owned()) };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Fail(error.to_string()),
    };
    let place = format!("{}:{}", server.host, server.port);
    let why = match runtime.block_on(server.probe()) {
        Ok(()) => return Fine(format!("{place} answers")),
        Err(code) => code,
    };
    let do_what = match why {
        "mail.unreachable" | "mail.timeout" => "does not answer. Look at --smtp-host, --smtp-port and the firewall",
        "mail.login" => "does not take the password. Look at --smtp-user and --smtp-password-file",
        "mail.tls" => "has no certificate that is trusted. Look at --smtp-host, or name its authority with --smtp-ca",
        "mail.insecure" => "does not offer STARTTLS. Look at --smtp-security",
        "mail.bad_ca" => "is to be trusted by a file that holds no certificate. Look at --smtp-ca",
        _ => "refuses",
    };
    // Letters wait for nobody: cameras work without.
    Warn(format!("{place} {do_what} ({why})"))
}

#[cfg(test)]
mod tests {
    use testkit::{Smtp, SmtpServer};

    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        assert_eq!(memory("MemTotal: 9 kB\nMemAvailable:    8000000 kB\n"), Fine("7812 MiB available".to_owned()));
        assert!(matches!(memory("MemAvailable: 100000 kB"), Warn(_)));
        assert!(matches!(memory(""), Warn(_)));
    }

    #[test]
    fn a_clock_of_long_ago_cannot_be() {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::parse("2026-11-23T08:30:00Z").unwrap();
        assert!(matches!(time(Timestamp::from_micros(0), dir.path()), Fail(_)));
        assert!(matches!(time(now, dir.path()), Warn(_)));
        fs::write(dir.path().join("synchronized"), "").unwrap();
        assert_eq!(time(now, dir.path()), Fine("2026-11-23T08:30:00Z".to_owned()));
        assert_eq!(time(now, Path::new("/nonexistent")), Fine("2026-11-23T08:30:00Z".to_owned()));
    }

    #[test]
    fn few_open_files_are_told() {
        assert!(matches!(files(Some(256)), Fail(_)));
        assert!(matches!(files(Some(1024)), Warn(_)));
        assert!(matches!(files(Some(65536)), Fine(_)));
        assert!(matches!(files(None), Fine(_)));
    }

    #[test]
    fn a_folder_that_is_not_there_is_judged_by_where_it_would_be() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(data(&dir.path().join("a/b")), Fine(_)));
        assert!(matches!(data(Path::new("/proc/a")), Fail(_)));
        assert!(matches!(space(dir.path(), Some(u64::MAX)), Warn(_)));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn an_index_that_is_gone_or_not_whole_yet_is_told() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(index(dir.path()), Fine(_)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = runtime.block_on(Store::open(dir.path(), Arc::new(SystemClock))).unwrap();
        assert!(matches!(index(dir.path()), Warn(text) if text.contains("not hold every footage file")));
        runtime.block_on(store.mark_index(true)).unwrap();
        assert_eq!(index(dir.path()), Fine("it holds every footage file".to_owned()));
        runtime.block_on(store.close()).unwrap();
        fs::remove_file(dir.path().join("index.db")).unwrap();
        assert!(matches!(index(dir.path()), Warn(text) if text.contains("index.db is missing")));
    }

    #[test]
    fn a_taken_port_is_told_with_what_to_do() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut settings = crate::tests::settings(&[]);
        settings.listen = taken.local_addr().unwrap();
        let found = ports(&settings);
        assert!(matches!(&found[0], Fail(text) if text.contains("--listen")), "{found:?}");
    }

    #[test]
    fn a_mail_server_is_asked_whether_it_answers() {
        let settings = |port: &str, security: &str| {
            let flags =
                ["--smtp-host", "localhost", "--smtp-from", "a@b.example", "--smtp-port", port, "--smtp-security", security];
            crate::tests::settings(&flags).mail.unwrap()
        };
        assert!(matches!(mail(None), Fine(_)));
        let server = SmtpServer::start(Smtp::default()).unwrap();
        let port = server.port().to_string();
        assert_eq!(mail(Some(&settings(&port, "loopback"))), Fine(format!("localhost:{port} answers")));
        let found = mail(Some(&settings(&port, "starttls")));
        assert!(matches!(&found, Warn(text) if text.contains("--smtp-security")), "{found:?}");
        drop(server);
        let found = mail(Some(&settings(&port, "loopback")));
        assert!(matches!(&found, Warn(text) if text.contains("does not answer")), "{found:?}");
    }

    #[test]
    fn a_region_that_the_policy_does_not_list_is_told() {
        assert!(matches!(region("CN"), Fine(_)));
        assert!(matches!(region("US"), Fail(text) if text.contains("in CN only")));
    }
}
