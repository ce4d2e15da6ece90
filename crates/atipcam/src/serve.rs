//! Config, build, run: where all rooms meet.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use api::{ApiState, Network, Site};
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use control::Control;
use domain::limits::SHUTDOWN_TIME_MAX;
use domain::onboarding::Fingerprint;
use domain::{Clock, Secret, SystemClock};
use egress::Gateway;
use policy::{compiled, point};
use relay::Relay;
use rustix::process::{Resource, getrlimit, setrlimit};
use store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{RtspListen, Settings};
use crate::console::{self, say};
use crate::tls::{self, Identity};
use crate::{Failure, demo, http, memory, metrics, signals};

/// How long requests under way may take to end before their connections are cut. Recorders end meanwhile.
const REQUESTS_END_MAX: Duration = Duration::from_secs(2);

/// How often the certificate is looked at again.
const CERTIFICATE_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// Serves until a signal.
pub(crate) fn run(settings: &Settings, demo: Option<demo::Plan>) -> Result<ExitCode, Failure> {
    console::log(settings)?;
    allow_all_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(settings, demo))?;
    // What still blocks a thread (a decoder, a disk) is not waited for.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: &Settings, demo: Option<demo::Plan>) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let asked_to_stop = signals::asked_to_stop()?;

    check_region(settings)?;
    // Bind everything first: who cannot have its ports opens no database.
    let listener = bind(settings.listen, "listen")?;
    let eyes = settings.metrics.map(|address| bind(address, "metrics")).transpose()?;
    let rtsp = settings.rtsp.map(bind_rtsp).transpose()?.flatten();
    let address = listener.local_addr()?;
    let network = if address.ip().is_loopback() { Network::Loopback } else { Network::Lan };

    // Build, bottom floor first.
    let numbers = metrics::install()?;
    let store = Store::open(&settings.data, Arc::clone(&clock)).await?;
    let names = names(address.ip(), &settings.advertise);
    let identity = identity(settings, network, &names, clock.as_ref())?;
    let setup_code = if network == Network::Lan { Some(one_time_code()?) } else { None };
    let config = control::Config {
        setup_code: setup_code.clone(),
        deployment: settings.deployment.clone(),
        gateway: Some(gateway(settings, &store, &clock).await?),
    };
    let control = Control::new(store.clone(), Arc::clone(&clock), config);
    let relay = Relay::start(
        relay::Config {
            webrtc_port: settings.webrtc_port,
            advertise: settings.advertise.clone(),
            loopback_only: network == Network::Loopback,
            search_loopback: demo.is_some(),
            quota_bytes: settings.quota_bytes,
            storages: settings.storages.clone(),
            keep: settings.keep_days.map(|days| Duration::from_secs(u64::from(days) * 24 * 3600)),
            rebuild_pace: None,
        },
        store.clone(),
        control.facts(),
        Arc::clone(&clock),
    )
    .await?;
    let tls = identity.as_ref().map(|identity| RustlsConfig::from_config(Arc::clone(&identity.config)));
    let rtsp = match rtsp {
        Some(listener) => Some(serve_rtsp(&relay, listener, tls.clone()).await?),
        None => None,
    };
    let (known_by, certificate) = watch::channel(identity.as_ref().map(|identity| identity.certificate));
    let site = Site {
        tls: identity.is_some(),
        network,
        certificate,
        rtsp,
        version: env!("CARGO_PKG_VERSION"),
        deployment: settings.deployment.clone(),
    };
    let state = ApiState::new(control.clone(), relay.clone(), store.bus(), Arc::clone(&clock), site.clone(), stop.clone());
    let mut router = api::router(state);

    // Run.
    let last = CancellationToken::new();
    if let Some(plan) = demo {
        let (run, watched) = plan.start(router, settings.data.clone(), control.clone(), Arc::clone(&clock), last.clone());
        router = watched;
        tasks.spawn(run);
    }
    if let Some(eyes) = eyes {
        let address = eyes.local_addr()?;
        tracing::info!(%address, "health and metrics");
        tasks.spawn(metrics::serve(eyes, control.clone(), numbers, stop.clone()));
    }
    if let Some(tls) = tls.clone() {
        let (settings, clock, stop) = (settings.clone(), Arc::clone(&clock), stop.clone());
        tasks.spawn(async move {
            stop.run_until_cancelled(renew(&settings, network, &names, clock.as_ref(), (&tls, &known_by))).await;
        });
    }
    let handle = Handle::new();
    let web = tokio::spawn(http::serve(listener, tls, router, handle.clone()));
    tell(&address, identity.as_ref(), &control, setup_code.as_ref()).await?;
    tracing::info!(%address, version = site.version, "ready");
    tasks.spawn(memory::give_back(stop.clone()));
    asked_to_stop.await;

    // Stop, all at once: viewers are told, requests end, recorders close their fragments.
    tracing::info!("stopping");
    stop.cancel();
    tasks.close();
    handle.graceful_shutdown(Some(REQUESTS_END_MAX));
    let ended = tokio::time::timeout(SHUTDOWN_TIME_MAX, async {
        let relay_ends = async {
            relay.shutdown().await;
            // The demo's cameras outlive those who say goodbye to them.
            last.cancel();
        };
        let ((), web, ()) = tokio::join!(relay_ends, web, tasks.wait());
        relay.flush().await;
        control.close().await;
        store.close().await.map_err(Failure::from)?;
        web.map_err(Failure::from)?.map_err(Failure::from)
    });
    ended.await.map_err(|_| format!("not all had ended after {SHUTDOWN_TIME_MAX:?}"))?
}

/// Where the policy lets nobody's data be, there is nothing to serve.
fn check_region(settings: &Settings) -> Result<(), Failure> {
    let region = settings.deployment.region.as_str();
    if !point::EGRESS_REGION.holds() || compiled::REGIONS.contains(&region) {
        return Ok(());
    }
    let (version, clauses) = (compiled::VERSION, point::EGRESS_REGION.clauses().join(", "));
    let listed = compiled::REGIONS.join(", ");
    Err(format!("`region` is {region:?}: the privacy policy {version} ({clauses}) keeps and uses personal data in {listed} only")
        .into())
}

/// The one way to third parties.
async fn gateway(settings: &Settings, store: &Store, clock: &Arc<dyn Clock>) -> Result<Gateway, Failure> {
    if let Some(mail) = &settings.mail {
        mail.check().await.map_err(|code| match (code, &mail.ca) {
            ("mail.bad_ca", Some(file)) => format!("{}: no certificate (PEM) can be read (setting `smtp_ca`)", file.display()),
            _ => format!("{code} (settings `smtp_...`)"),
        })?;
        tracing::info!(host = mail.host, port = mail.port, "letters go by this mail server");
    }
    let config = egress::Config { region: settings.deployment.region.clone(), mail: settings.mail.clone() };
    Ok(Gateway::new(store.clone(), Arc::clone(clock), config))
}

/// Each viewer and recorder holds files; shells often allow far fewer than the system does.
fn allow_all_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|error| format!("cannot listen at {address} (setting `{setting}`): {error}").into())
}

/// The port of RTSP. One that nobody asked for is no reason not to start.
fn bind_rtsp(wanted: RtspListen) -> Result<Option<TcpListener>, Failure> {
    match bind(wanted.address, "rtsp_listen") {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if wanted.chosen => Err(error),
        Err(error) => {
            tracing::warn!(%error, "other software gets no pictures");
            Ok(None)
        }
    }
}

/// RTSP for other software: in the clear on loopback alone (C-3.a.3.b).
async fn serve_rtsp(relay: &Relay, listener: TcpListener, tls: Option<RustlsConfig>) -> Result<api::Rtsp, Failure> {
    let network = if listener.local_addr()?.ip().is_loopback() { Network::Loopback } else { Network::Lan };
    let encrypted = tls::needed(network);
    if encrypted && tls.is_none() {
        return Err("`rtsp_listen` leaves this machine, and there is no certificate: `listen` there too, or set tls_cert".into());
    }
    let tls = tls.filter(|_| encrypted).map(|config| -> relay::RtspTls { Arc::new(move || config.get_inner()) });
    let address = relay.serve_rtsp(listener, tls).await?;
    tracing::info!(%address, encrypted, "live pictures for other software, by stream keys");
    Ok(api::Rtsp { port: address.port(), tls: encrypted })
}

/// The names and addresses by which browsers may come.
fn names(listen: IpAddr, advertise: &[IpAddr]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = advertise.iter().map(IpAddr::to_string).collect();
    names.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    if listen.is_unspecified() {
        names.extend(interfaces().iter().map(IpAddr::to_string));
    } else {
        names.insert(listen.to_string());
    }
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim().to_ascii_lowercase();
    if !host.is_empty() {
        // As multicast DNS and most home routers call it.
        let name = host.split('.').next().unwrap_or_default();
        names.extend([format!("{name}.local"), format!("{name}.lan"), host]);
    }
    names
}

fn interfaces() -> Vec<IpAddr> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    all.iter().map(if_addrs::Interface::ip).filter(|ip| !ip.is_loopback()).collect()
}

/// On loopback http will do: nobody is on the way. Anywhere else passwords and pictures go through TLS or not at all.
fn identity(
    settings: &Settings,
    network: Network,
    names: &BTreeSet<String>,
    clock: &dyn Clock,
) -> Result<Option<Identity>, Failure> {
    match (&settings.tls, network) {
        (Some((cert, key)), _) => Ok(Some(tls::given(cert, key)?)),
        (None, network) if !tls::needed(network) => Ok(None),
        (None, _) => {
            for name in names.iter().filter(|name| name.contains('.') && !tls::is_private(name)) {
                tracing::warn!(%name, "our own certificate does not cover it; set tls_cert and tls_key");
            }
            Ok(Some(tls::own(&settings.data.join("tls"), names, clock.now())?))
        }
    }
}

/// Certificates end while servers run: ours is made anew in time, a given one is read again after somebody renewed it.
async fn renew(
    settings: &Settings,
    network: Network,
    names: &BTreeSet<String>,
    clock: &dyn Clock,
    (tls, known_by): (&RustlsConfig, &watch::Sender<Option<Fingerprint>>),
) {
    let mut days = tokio::time::interval(CERTIFICATE_INTERVAL);
    days.tick().await;
    loop {
        days.tick().await;
        match identity(settings, network, names, clock) {
            Ok(Some(identity)) => {
                known_by.send_replace(Some(identity.certificate));
                tls.reload_from_config(identity.config);
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "the certificate could not be read again; the one before goes on"),
        }
    }
}

/// Ten characters that cannot be mistaken for each other: 50 bits, of which control lets few be tried.
fn one_time_code() -> Result<Secret, Failure> {
    const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut random = [0; 10];
    rustls::crypto::aws_lc_rs::default_provider().secure_random.fill(&mut random).map_err(|_| "no randomness")?;
    let code: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    Ok(Secret::new(format!("{}-{}", &code[..5], &code[5..])))
}

/// What the person who started us must know: where to go, whom to trust, and the code of first run.
async fn tell(
    address: &SocketAddr,
    identity: Option<&Identity>,
    control: &Control,
    code: Option<&Secret>,
) -> Result<(), Failure> {
    let host = match address.ip() {
        ip if ip.is_unspecified() => {
            let all = interfaces();
            all.iter().find(|ip| ip.is_ipv4()).or(all.first()).copied().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
        }
        ip => ip,
    };
    let scheme = if identity.is_some() { "https" } else { "http" };
    say(format_args!("Open {scheme}://{}", SocketAddr::new(host, address.port())));
    if let Some(fingerprint) = identity.and_then(|identity| identity.fingerprint.as_ref()) {
        say("The browser will warn until it trusts this server's own authority (tls/authority.pem in the data folder), SHA-256:");
        say(format_args!("  {fingerprint}"));
    }
    if let Some(code) = code
        && control.setup_state().await?.needed
    {
        say(format_args!("To make the owner's account you need this code, once: {}", code.expose()));
    }
    Ok(())
}
