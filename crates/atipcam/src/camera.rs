//! `atipcam camera`: a virtual camera, for trying and for tests.

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use device::bell;
use device::onboarding::{self, OWN_ADDRESS, OwnNetwork, PageStep, Patience, Step, WifiCode, Wireless};
use device::{Audio, Camera, Config, Discovery, Faults, Identity, Keep, Onvif, Running, Scene, Source, Standing};
use domain::{Secret, StreamName, SystemClock};
use tokio::sync::{mpsc, watch};

use crate::config::Size;
use crate::console::{Drawing, say};
use crate::{Failure, signals};

/// How the camera is given its network.
#[derive(Debug, Clone, Copy)]
enum SetUp {
    /// It has one.
    Never,
    /// By a code before its lens.
    ByLens,
    /// By a page in a network of its own.
    ByPage(SocketAddr),
}

/// Its part of the command line.
pub(crate) fn command() -> Command {
    let one =
        |name: &'static str, value: &'static str, help: &'static str| Arg::new(name).long(name).value_name(value).help(help);
    Command::new("camera").about("Plays a virtual IP camera over RTSP and ONVIF").args([
        one("scene", "NAME", "Drawn scene: street-day, street-night, yard, room, test [default: street-day]"),
        one("file", "MP4", "A file to play instead").conflicts_with("scene").value_parser(value_parser!(PathBuf)),
        one("sub-file", "MP4", "A file to play as sub stream; a scene has its own").value_parser(value_parser!(PathBuf)),
        Arg::new("no-sub").long("no-sub").action(ArgAction::SetTrue).help("No sub stream"),
        one("audio", "KIND", "off, own (of the file), pcmu, pcma")
            .value_parser(["off", "own", "pcmu", "pcma"])
            .default_value("off"),
        one("listen", "ADDR:PORT", "Where RTSP listens").default_value("127.0.0.1:8554").value_parser(value_parser!(SocketAddr)),
        one("auth", "USER:PASSWORD", "Who may play; without it whoever has the password in --state, or anybody"),
        one("onvif", "ADDR:PORT", "Where ONVIF listens, with the same user and password; not at all without it")
            .value_parser(value_parser!(SocketAddr)),
        one(
            "discovery",
            "WHO",
            "Who may find it by ONVIF, DNS-SD and beacon: off, loopback (this machine), links (its networks)",
        )
        .value_parser(["off", "loopback", "links"])
        .default_value("off")
        .requires("onvif"),
        one("name", "NAME", "What it is called when it is found").requires("onvif"),
        one("serial", "SERIAL", "Its serial number; without it one of its identity, or a random one").requires("onvif"),
        one(
            "ring-key",
            "DEVICE",
            "A key device of Linux's, as /dev/input/event0, any key of which rings the bell; Enter does at a terminal, and POST /ring at the \
             ONVIF address",
        )
        .requires("onvif")
        .value_parser(value_parser!(PathBuf)),
        one("faults", "JSON", "How it misbehaves, as in '{\"stall_after_s\":5}'; also by POST to the statistics' /faults"),
        Arg::new("set-up").long("set-up").action(ArgAction::SetTrue).help(
            "Set-up mode: reads the code that a phone holds before the lens, joins its network, and calls the server that it names",
        ),
        Arg::new("setup-ap").long("setup-ap").action(ArgAction::SetTrue).conflicts_with("set-up").help(
            "Where this machine has no network: opens one of the camera's own, named after its label, with a page that takes the Wi-Fi's \
             password; with --print-label: prints the code by which phones join it",
        ),
        one("setup-page", "ADDR:PORT", "Where that page is, for trying it [default: 10.42.77.1:80, in the camera's own network]")
            .requires("setup-ap")
            .value_parser(value_parser!(SocketAddr)),
        one(
            "state",
            "DIR",
            "Where it keeps who it is and whose: with it the camera has a password of its own, can be paired by its label, and \
             calls the server that invited it [default in set-up mode, and for --print-label and --reset: camera]",
        )
        .value_parser(value_parser!(PathBuf)),
        Arg::new("print-label")
            .long("print-label")
            .action(ArgAction::SetTrue)
            .help("Prints what stands on its label, a secret, and ends"),
        Arg::new("reset")
            .long("reset")
            .action(ArgAction::SetTrue)
            .conflicts_with_all(["set-up", "print-label"])
            .help("Forgets its owner, makes a new password, and ends; its label stays"),
        one("store", "DIR", "Where it keeps what it saw, sealed, for a server that could not be reached; nothing is kept without it")
            .value_parser(value_parser!(PathBuf)),
        one("store-size", "SIZE", "How much of that, as in 500MB or 32GB; the oldest makes room").default_value("1GB").requires("store"),
        one("cache", "DIR", "Where encoded scenes are kept for the next start").value_parser(value_parser!(PathBuf)),
    ])
}

/// Plays until a signal.
pub(crate) fn run(flags: &ArgMatches) -> Result<ExitCode, Failure> {
    let is_set = |flag: &str| flags.get_flag(flag);
    let state = flags.get_one::<PathBuf>("state").cloned();
    let needs_state = ["set-up", "setup-ap", "print-label", "reset"].into_iter().any(is_set);
    let state = state.or_else(|| needs_state.then(|| PathBuf::from("camera")));
    if let Some(dir) = state.as_ref().filter(|_| is_set("reset")) {
        Identity::reset(dir)?;
        say("this camera is nobody's again, and has a new password");
        return Ok(ExitCode::SUCCESS);
    }
    let identity = state.map(|dir| Identity::open(&dir)).transpose()?;
    if let Some(identity) = identity.as_ref().filter(|_| is_set("print-label")) {
        say(identity.label().to_uri());
        if is_set("setup-ap") {
            say(OwnNetwork::of(identity.label()).to_code()?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let how = match () {
        () if is_set("set-up") => SetUp::ByLens,
        () if is_set("setup-ap") => {
            let page = flags.get_one::<SocketAddr>("setup-page").copied();
            SetUp::ByPage(page.unwrap_or_else(|| onboarding::own_page(OWN_ADDRESS)))
        }
        () => SetUp::Never,
    };
    let config = config(flags, identity)?;
    let buttons = buttons(flags)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(play(config, how, buttons))?;
    // A scene that is still being drawn is not waited for.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

/// What rings the bell besides the network. A camera that tells nobody has none.
fn buttons(flags: &ArgMatches) -> Result<mpsc::Receiver<()>, Failure> {
    let (pressed, presses) = bell::presses();
    if let Some(device) = flags.get_one::<PathBuf>("ring-key") {
        let opened = bell::key_device(device.clone(), pressed.clone());
        opened.map_err(|error| format!("--ring-key {}: {error}", device.display()))?;
    }
    if flags.contains_id("onvif") && io::stdin().is_terminal() {
        bell::enter(io::BufReader::new(io::stdin()), pressed)?;
    }
    Ok(presses)
}

/// Plays, and in set-up mode is set up meanwhile.
async fn play(config: Config, how: SetUp, buttons: mpsc::Receiver<()>) -> Result<(), Failure> {
    let mut asked_to_stop = std::pin::pin!(signals::asked_to_stop()?);
    let (has_sub, identity) = (config.sub.is_some(), config.identity.clone());
    let camera = tokio::select! {
        camera = Camera::start(config, Arc::new(SystemClock)) => camera?,
        () = &mut asked_to_stop => return Ok(()),
    };
    say(format_args!("main   {}", camera.url(StreamName::Main)));
    if has_sub {
        say(format_args!("sub    {}", camera.url(StreamName::Sub)));
    }
    if let Some(onvif) = camera.onvif_url() {
        say(format_args!("onvif  {onvif}"));
    }
    if let Some(ring) = camera.ring_url() {
        let enter = if io::stdin().is_terminal() { ", and Enter" } else { "" };
        say(format_args!("bell   POST {ring}{enter}"));
    }
    say(format_args!("stats  {}/stats", camera.stats_url()));
    if let Some(identity) = &identity {
        say(format_args!("device {}", identity.id()));
    }
    let ended = tokio::select! {
        lived = async { tokio::try_join!(set_up(&camera, how, identity.as_ref()), tell(camera.standing())) } => lived.map(|_| ()),
        never = ring(&camera, buttons) => never,
        () = asked_to_stop => Ok(()),
    };
    camera.shutdown().await;
    ended
}

/// Rings for each press of a button, for as long as the camera runs.
async fn ring(camera: &Running, mut buttons: mpsc::Receiver<()>) -> Result<(), Failure> {
    while buttons.recv().await.is_some() {
        if camera.ring_bell() {
            say("bell   rung");
        }
    }
    std::future::pending().await
}

/// Says how it stands with its owner's server, a line for each change, for as long as the camera runs.
async fn tell(standing: Option<watch::Receiver<Standing>>) -> Result<(), Failure> {
    if let Some(mut standing) = standing {
        let mut told = None;
        loop {
            let now = standing.borrow_and_update().clone();
            if told.as_ref() != Some(&now) {
                say(format_args!("link   {now}"));
                told = Some(now);
            }
            if standing.changed().await.is_err() {
                break;
            }
        }
    }
    std::future::pending().await
}

/// Joins the network that a code or a page names, and follows the code's invitation.
async fn set_up(camera: &Running, how: SetUp, identity: Option<&Identity>) -> Result<(), Failure> {
    let code = match how {
        SetUp::Never => None,
        SetUp::ByLens => {
            let wireless = Wireless::connect(None, Patience::default()).await?;
            let lens = camera.lens(StreamName::Main).ok_or("this camera has no main stream")?;
            let told = |step: Step| say(format_args!("set-up {step}"));
            Some(onboarding::set_up(lens, &wireless, Arc::new(SystemClock), told).await.ok_or("the camera stopped")?)
        }
        SetUp::ByPage(page) => {
            let label = identity.ok_or("this camera has no label")?.label();
            let wireless = Wireless::connect(None, Patience::default()).await?;
            let told = |step: PageStep| say(format_args!("set-up {step}"));
            onboarding::set_up_by_page(&OwnNetwork::of(label), &wireless, page, told).await?
        }
    };
    match code {
        Some(code) => invited(camera, code).await,
        None => Ok(()),
    }
}

async fn invited(camera: &Running, code: WifiCode) -> Result<(), Failure> {
    let Some(invitation) = code.invitation else {
        say("set-up the code names no server: this camera waits to be found");
        return Ok(());
    };
    let server = invitation.server.clone();
    match camera.invite(invitation).await {
        Ok(()) => say(format_args!("set-up invited by {server}")),
        // The network was what it needed: it stays with its owner.
        Err(error) if error.code() == "device.owned" => say(format_args!("set-up {}", error.detail())),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

fn config(flags: &ArgMatches, identity: Option<Identity>) -> Result<Config, Failure> {
    let path = |name: &str| flags.get_one::<PathBuf>(name).cloned();
    let source = match path("file") {
        Some(file) => Source::File(file),
        None => Source::Scene(flags.get_one::<String>("scene").map_or(Ok(Scene::StreetDay), |name| name.parse())?),
    };
    let sub = match (&source, path("sub-file")) {
        _ if flags.get_flag("no-sub") => None,
        (_, Some(file)) => Some(Source::File(file)),
        (Source::Scene(scene), None) => Some(Source::Scene(*scene)),
        (Source::File(_), None) => None,
    };
    let audio = match flags.get_one::<String>("audio").map(String::as_str) {
        Some("own") => Audio::Own,
        Some("pcmu") => Audio::Pcmu,
        Some("pcma") => Audio::Pcma,
        _ => Audio::Off,
    };
    let mut config = Config { sub, audio, cache_dir: path("cache"), progress: Some(Drawing::progress()), ..Config::new(source) };
    if let Some(listen) = flags.get_one::<SocketAddr>("listen") {
        config.listen = *listen;
    }
    if let Some(auth) = flags.get_one::<String>("auth") {
        let (user, password) = auth.split_once(':').ok_or("--auth is USER:PASSWORD")?;
        config.credentials = Some((user.to_owned(), Secret::from(password)));
    }
    config.onvif = flags.get_one::<SocketAddr>("onvif").map(|listen| onvif(*listen, flags, identity.as_ref()));
    config.identity = identity;
    if let Some(dir) = path("store") {
        let size = flags.get_one::<String>("store-size").map_or("1GB", String::as_str);
        let size: Size = size.parse().map_err(|error| format!("--store-size: {error}"))?;
        config.keep = Some(Keep { dir, bytes: size.0 });
    }
    if let Some(json) = flags.get_one::<String>("faults") {
        config.faults = serde_json::from_str::<Faults>(json).map_err(|error| format!("--faults: {error}"))?;
    }
    Ok(config)
}

fn onvif(listen: SocketAddr, flags: &ArgMatches, identity: Option<&Identity>) -> Onvif {
    let mut onvif = Onvif::new(listen);
    onvif.discovery = match flags.get_one::<String>("discovery").map(String::as_str) {
        Some("loopback") => Discovery::Loopback,
        Some("links") => Discovery::Links,
        _ => Discovery::Off,
    };
    if let Some(name) = flags.get_one::<String>("name") {
        onvif.name.clone_from(name);
    }
    if let Some(serial) = flags.get_one::<String>("serial") {
        onvif.serial.clone_from(serial);
    } else if let Some(identity) = identity {
        onvif.serial = identity.serial();
    }
    onvif
}
