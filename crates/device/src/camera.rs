use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use cameras::onvif::wire::imaging::Imaging;
use cameras::onvif::wire::ptz::Vector;
use domain::onboarding::Invitation;
use domain::{CameraId, Clock, Error, Kind, Result, StreamName};
use media::au::AudioCodec;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client::{self, Shared};
use crate::clip::{Clip, FILE_BYTES_MAX, unusable};
use crate::config::{Audio, Config, Scene, Source};
use crate::faults::Faults;
use crate::identity::{Identity, SignIn};
use crate::link::{Card, Link, Services, Standing};
use crate::onboarding::Lens;
use crate::onvif::{self, Trigger};
use crate::ownership::Ownership;
use crate::pairing::Pairing;
use crate::playout::{Alternate, ClockOff, Playout};
use crate::recall::Recall;
use crate::ring::{Ring, Tap};
use crate::scene;
use crate::stats;
use crate::stream::Stream;
use crate::udp::UdpPair;

/// Connections at a time: far more than any real camera takes, enough for a benchmark's viewers.
const CLIENTS_MAX: usize = 1024;

/// A virtual camera.
#[derive(Debug)]
pub struct Camera;

/// A camera that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct Running {
    rtsp: SocketAddr,
    stats: SocketAddr,
    streams: Vec<Arc<Stream>>,
    faults: watch::Sender<Faults>,
    onvif: Option<(Arc<onvif::State>, SocketAddr)>,
    home: Option<(Arc<Ownership>, watch::Receiver<Standing>)>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Camera {
    /// Loads or draws what is to be played, binds the ports and plays. `Invalid`, `Unsupported` and `NotFound` name what is
    /// wrong with a source, `Unavailable` a port that is taken.
    pub async fn start(config: Config, clock: Arc<dyn Clock>) -> Result<Running> {
        let main = load(&config, config.source.clone(), StreamName::Main);
        let sub = async {
            match config.sub.clone() {
                Some(source) => load(&config, source, StreamName::Sub).await.map(Some),
                None => Ok(None),
            }
        };
        let (main, sub) = tokio::try_join!(main, sub)?;
        let listener = TcpListener::bind(config.listen).await.map_err(|e| unbound("RTSP", e))?;
        let rtsp = listener.local_addr().map_err(Error::internal)?;
        let udp = UdpPair::bind(rtsp.ip(), Arc::clone(&clock)).await.map_err(|e| unbound("RTP", e))?;
        let (faults, watched) = watch::channel(config.faults.clone());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());

        let clock_off = ClockOff::default();
        clock_off.set_us(config.onvif.as_ref().map_or(0, |onvif| onvif.clock_off_s.saturating_mul(1_000_000)));
        let kept = open_ring(&config, &tasks).await?;
        let mut streams = Vec::new();
        for (name, source, clip) in
            [(StreamName::Main, Some(&config.source), Some(main)), (StreamName::Sub, config.sub.as_ref(), sub)]
        {
            let (Some(source), Some(clip)) = (source, clip) else { continue };
            let stream = Stream::new(name, Arc::new(clip), config.faults.wrap_after_s)
                .map(Arc::new)
                .ok_or_else(|| unusable("there is nothing to play"))?;
            let tap = kept.as_ref().filter(|_| name == StreamName::Main).map(|(_, tap)| tap.clone());
            let alternate = alternate(source, name);
            let playout =
                Playout::new(Arc::clone(&stream), watched.clone(), Arc::clone(&clock), clock_off.clone(), tap, alternate)
                    .ok_or_else(|| unusable("there is nothing to play"))?;
            tasks.spawn(stop.clone().run_until_cancelled_owned(playout.run()));
            streams.push(stream);
        }
        let sign_in = match (config.credentials.clone(), config.identity.clone()) {
            (None, Some(identity)) => SignIn::Own(identity),
            (given, _) => SignIn::Given(given),
        };
        let ownership = match config.identity.clone() {
            Some(identity) => Some(Arc::new(opened(identity).await?)),
            None => None,
        };
        let shared = Arc::new(Shared {
            streams: streams.clone(),
            udp,
            sign_in: sign_in.clone(),
            recall: kept.as_ref().zip(streams.first()).map(|((ring, _), main)| Recall::new(Arc::clone(ring), &main.clip.format)),
            faults: watched,
            clock: Arc::clone(&clock),
        });
        let reports = Arc::clone(&shared);
        tasks.spawn(stop.clone().run_until_cancelled_owned(async move { reports.udp.listen().await }));
        tasks.spawn(stop.clone().run_until_cancelled_owned(accept(listener, shared, tasks.clone(), stop.clone())));
        let onvif = match config.onvif.clone() {
            Some(onvif) => {
                let pairing = config.identity.clone().zip(ownership.clone());
                let side = onvif::Side {
                    config: onvif,
                    streams: streams.clone(),
                    rtsp_port: rtsp.port(),
                    sign_in: sign_in.clone(),
                    pairing: pairing.map(|(identity, ownership)| Pairing::new(identity, ownership)),
                    ring: kept.as_ref().map(|(ring, _)| Arc::clone(ring)),
                    clock_off: clock_off.clone(),
                };
                let served = onvif::serve(side, Arc::clone(&clock), &tasks, &stop).await;
                Some(served.map_err(|e| unbound("ONVIF", e))?)
            }
            None => None,
        };
        if let Some(((_, tap), ownership)) = kept.zip(ownership.clone()) {
            tasks.spawn(stop.clone().run_until_cancelled_owned(forget_with(ownership, tap)));
        }
        let home = config.identity.clone().zip(ownership).map(|(identity, ownership)| {
            let services = Services { rtsp: from_here(rtsp), onvif: onvif.as_ref().map(|(_, address)| from_here(*address)) };
            let (standing, watched) = watch::channel(Standing::at_first(&ownership.watch().borrow()));
            let card = card(&config, &identity, streams.len() > 1);
            let link =
                Link { identity, ownership: Arc::clone(&ownership), card, sign_in, services, redial: config.redial, standing };
            tasks.spawn(stop.clone().run_until_cancelled_owned(Box::pin(link.run())));
            (ownership, watched)
        });
        let stats =
            stats::serve(streams.clone(), faults.clone(), clock, &tasks, &stop).await.map_err(|e| unbound("statistics", e))?;
        tracing::info!(%rtsp, %stats, source = ?config.source, "virtual camera");
        Ok(Running { rtsp, stats, streams, faults, onvif, home, stop, tasks })
    }
}

impl Running {
    /// The stream's URL without user and password. A camera that listens everywhere is named by its loopback address.
    #[must_use]
    pub fn url(&self, stream: StreamName) -> String {
        format!("rtsp://{}/{}", self.rtsp_addr(), stream.as_str())
    }

    /// The stream's URL with user and password in it, for tools that take no others.
    #[must_use]
    pub fn url_as(&self, stream: StreamName, user: &str, password: &str) -> String {
        format!("rtsp://{user}:{password}@{}/{}", self.rtsp_addr(), stream.as_str())
    }

    /// Where RTSP is to be reached from this machine.
    #[must_use]
    pub fn rtsp_addr(&self) -> SocketAddr {
        from_here(self.rtsp)
    }

    /// `GET {stats_url}/stats`, `GET {stats_url}/sent?path=main`, `GET` and `POST {stats_url}/faults`; on loopback only.
    #[must_use]
    pub fn stats_url(&self) -> String {
        format!("http://{}", self.stats)
    }

    /// ONVIF's device service; `None` where it speaks none.
    #[must_use]
    pub fn onvif_url(&self) -> Option<String> {
        let (_, address) = self.onvif.as_ref()?;
        Some(format!("http://{}/onvif/device_service", from_here(*address)))
    }

    /// Where ONVIF is to be reached from this machine, and there pairing by label.
    #[must_use]
    pub fn onvif_addr(&self) -> Option<SocketAddr> {
        self.onvif.as_ref().map(|(_, address)| from_here(*address))
    }

    /// How it stands between it and its owner's server, now and from now on; `None` for a camera without an identity.
    #[must_use]
    pub fn standing(&self) -> Option<watch::Receiver<Standing>> {
        self.home.as_ref().map(|(_, standing)| standing.clone())
    }

    /// Keeps an invitation in the state folder and follows it. `Conflict` (`device.owned`) where the camera belongs to somebody,
    /// `Unsupported` (`device.no_identity`) where it has no identity.
    pub async fn invite(&self, invitation: Invitation) -> Result<()> {
        let nobody = || Error::new(Kind::Unsupported, "device.no_identity", "this camera keeps no identity");
        let (ownership, _) = self.home.as_ref().ok_or_else(nobody)?;
        ownership.invite(invitation).await
    }

    /// Something begins (`active`) or ends in front of the camera: those who listen by ONVIF are told.
    pub fn trigger(&self, trigger: Trigger, active: bool) {
        if let Some((state, _)) = &self.onvif {
            state.trigger(trigger, active);
        }
    }

    /// Somebody presses its bell. Whether it has one: those who listen by ONVIF are told, so that it needs.
    pub fn ring_bell(&self) -> bool {
        if let Some((state, _)) = &self.onvif {
            state.ring_bell();
        }
        self.onvif.is_some()
    }

    /// Where its bell is rung by HTTP (`POST`, with its user and password); `None` where it speaks no ONVIF.
    #[must_use]
    pub fn ring_url(&self) -> Option<String> {
        let (_, address) = self.onvif.as_ref()?;
        Some(format!("http://{}{}", from_here(*address), onvif::RING_PATH))
    }

    /// Where the camera looks now, and whether it moves.
    #[must_use]
    pub fn ptz(&self) -> Option<(Vector, bool)> {
        self.onvif.as_ref().map(|(state, _)| (state.position(), state.is_moving()))
    }

    /// How its picture was set to look.
    #[must_use]
    pub fn imaging(&self) -> Option<Imaging> {
        self.onvif.as_ref().map(|(state, _)| state.imaging())
    }

    /// How often it was told to start anew.
    #[must_use]
    pub fn reboots(&self) -> u32 {
        self.onvif.as_ref().map_or(0, |(state, _)| state.reboots())
    }

    /// How often it was told to stop moving: a move that ends otherwise came to its own end.
    #[must_use]
    pub fn stops(&self) -> u32 {
        self.onvif.as_ref().map_or(0, |(state, _)| state.stops())
    }

    /// What of it is switched on: `tt:WhiteLight`, `tt:Siren`, `gate`.
    #[must_use]
    pub fn switched_on(&self) -> Vec<String> {
        self.onvif.as_ref().map_or_else(Vec::new, |(state, _)| state.switched_on())
    }

    /// What it sees on a stream; `None` where it has no such stream.
    #[must_use]
    pub fn lens(&self, stream: StreamName) -> Option<Lens> {
        let stream = self.streams.iter().find(|s| s.name == stream)?;
        Some(Lens::new(&stream.seen))
    }

    /// Misbehaves so from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.faults.send_replace(faults);
    }

    /// What was sent last: index in the loop, and Unix time in seconds; oldest first.
    #[must_use]
    pub fn sent(&self, stream: StreamName) -> Vec<(u32, f64)> {
        let stream = self.streams.iter().find(|s| s.name == stream);
        stream.map(|stream| stream.state().sent()).unwrap_or_default()
    }

    /// Clients that play a stream now.
    #[must_use]
    pub fn clients(&self, stream: StreamName) -> usize {
        let stream = self.streams.iter().find(|s| s.name == stream);
        stream.map_or(0, |stream| stream.state().look().1)
    }

    /// Closes all connections and ports, and waits until that is done.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The ring that the configuration asks for.
async fn open_ring(config: &Config, tasks: &TaskTracker) -> Result<Option<(Arc<Ring>, Tap)>> {
    let Some(keep) = config.keep.clone() else { return Ok(None) };
    let (identity, tasks) = (config.identity.clone(), tasks.clone());
    let opening = tokio::task::spawn_blocking(move || {
        // Only footage of this camera is sealed under its key: which id stands in the files says nothing more.
        let camera =
            identity.as_ref().map_or(CameraId::from_bytes([0; 16]), |identity| CameraId::from_bytes(identity.id().to_bytes()));
        Ring::open(keep, identity.as_ref().map(Identity::dir), camera, &tasks)
    });
    opening.await.map_err(Error::internal)?.map(Some)
}

/// Whoever owned the camera takes what it saw along.
async fn forget_with(ownership: Arc<Ownership>, tap: Tap) {
    let mut whose = ownership.watch();
    loop {
        let was_owned = ownership.is_owned();
        if whose.changed().await.is_err() {
            return;
        }
        if was_owned && !ownership.is_owned() {
            tap.forget().await;
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, tasks: TaskTracker, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CLIENTS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        // A failed accept is a client that gave up, or a table that is full: neither is worth ending for.
        let Ok((socket, peer)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let client = client::serve(Arc::clone(&shared), socket, peer);
        let stop = stop.clone();
        tasks.spawn(async move {
            stop.run_until_cancelled(client).await;
            drop(place);
        });
    }
}

async fn load(config: &Config, source: Source, stream: StreamName) -> Result<Clip> {
    let (cache_dir, progress, audio) = (config.cache_dir.clone(), config.progress.clone(), config.audio);
    let loading = tokio::task::spawn_blocking(move || {
        let file = match source {
            Source::File(path) => read(path)?,
            Source::Scene(scene) => scene::load(scene, stream, cache_dir.as_deref(), &|p| {
                if let Some(progress) = &progress {
                    progress(p);
                }
            })?,
        };
        let clip = Clip::parse(&file)?;
        Ok(match audio {
            Audio::Own => clip,
            Audio::Off => clip.silent(),
            Audio::Pcmu => clip.with_sound(AudioCodec::Pcmu),
            Audio::Pcma => clip.with_sound(AudioCodec::Pcma),
        })
    });
    loading.await.map_err(Error::internal)?
}

fn read(path: PathBuf) -> Result<Bytes> {
    let missing =
        |e| Error::new(Kind::NotFound, "device.file_missing", format!("{} cannot be read", path.display())).with_source(e);
    let length = std::fs::metadata(&path).map_err(missing)?.len();
    if length > FILE_BYTES_MAX {
        return Err(Error::new(Kind::TooLarge, "device.file_too_large", format!("{} has more than 512 MiB", path.display())));
    }
    Ok(std::fs::read(&path).map_err(missing)?.into())
}

/// What a stream changes to: the test scene in the one of its two sizes that it is not.
fn alternate(source: &Source, name: StreamName) -> Alternate {
    let own_size = *source == Source::Scene(Scene::Test) && name == StreamName::Main;
    let size = if own_size { StreamName::Sub } else { StreamName::Main };
    Arc::new(move || Clip::parse(&scene::load(Scene::Test, size, None, &|_| ())?))
}

async fn opened(identity: Identity) -> Result<Ownership> {
    tokio::task::spawn_blocking(move || Ownership::open(identity)).await.map_err(Error::internal)?
}

/// What the camera tells the server that it comes to.
fn card(config: &Config, identity: &Identity, sub: bool) -> Card {
    let onvif = config.onvif.as_ref();
    let (name, serial) = match onvif {
        Some(onvif) => (onvif.name.clone(), onvif.serial.clone()),
        None => (onvif::MODEL.to_owned(), identity.serial()),
    };
    Card { name, model: onvif::MODEL, serial, sub, onvif: onvif.is_some() }
}

/// An own address as it is reached from this machine.
fn from_here(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn unbound(what: &str, error: std::io::Error) -> Error {
    Error::new(Kind::Unavailable, "device.port_taken", format!("no port for {what}: {error}")).with_source(error)
}
