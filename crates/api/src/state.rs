use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use control::Control;
use domain::Clock;
use domain::onboarding::Fingerprint;
use policyc::Deployment;
use relay::Relay;
use store::Bus;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use crate::book::Book;
use crate::happenings::Happenings;

/// From where the server can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// From this machine only.
    Loopback,
    /// From the local network, and from wherever that is routed.
    Lan,
}

/// Where other software gets live pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rtsp {
    /// The port, on the host that the app is reached by.
    pub port: u16,
    /// Whether it is encrypted.
    pub tls: bool,
}

/// What the routes must know of the deployment.
#[derive(Debug, Clone)]
pub struct Site {
    /// Whether people reach us by https: cookies are `Secure` then, and browsers are told to insist.
    pub tls: bool,
    /// From where people reach us.
    pub network: Network,
    /// SHA-256 of the certificate by which devices know this server: its own authority's, or a given leaf's, which may change as it
    /// runs; `None` where it does not speak TLS.
    pub certificate: watch::Receiver<Option<Fingerprint>>,
    /// Where other software gets live pictures; `None` where it gets none.
    pub rtsp: Option<Rtsp>,
    /// The server's version.
    pub version: &'static str,
    /// Who runs it, as the policy's page says.
    pub deployment: Deployment,
}

/// Devices that call and have not proven themselves yet. Each has 5 s, and holds a connection and no more.
const HALF_OPEN_MAX: usize = 64;

/// What a route may wish of the connection that it was called by. The listener puts one into each request, and sees to it.
#[derive(Debug, Clone, Default)]
pub struct Conduit(Arc<AtomicBool>);

impl Conduit {
    /// The other side is a device that stays: it shall be noticed within seconds when it is gone.
    pub(crate) fn keep_alive(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether that was wished since it was last asked.
    #[must_use]
    pub fn is_to_keep_alive(&self) -> bool {
        self.0.load(Ordering::Relaxed) && self.0.swap(false, Ordering::Relaxed)
    }
}

/// What every route gets to see. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ApiState {
    pub(crate) control: Control,
    pub(crate) relay: Relay,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) site: Site,
    pub(crate) book: Arc<Book>,
    pub(crate) happenings: Happenings,
    pub(crate) stop: CancellationToken,
    pub(crate) half_open: Arc<Semaphore>,
}

impl ApiState {
    /// Starts to collect what happens, so it must be called within a tokio runtime. Streams that never end by themselves
    /// (state, live) end when `stop` is cancelled.
    #[must_use]
    pub fn new(control: Control, relay: Relay, bus: &Bus, clock: Arc<dyn Clock>, site: Site, stop: CancellationToken) -> Self {
        let happenings = Happenings::start(&relay, bus, &clock, stop.clone());
        let book = Arc::new(Book::new(site.deployment.clone()));
        let half_open = Arc::new(Semaphore::new(HALF_OPEN_MAX));
        Self { control, relay, clock, site, book, happenings, stop, half_open }
    }
}
