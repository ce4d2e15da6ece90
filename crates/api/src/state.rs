use std::sync::Arc;

use control::Control;
use domain::Clock;
use policyc::Deployment;
use relay::Relay;
use store::Bus;
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
    /// Where other software gets live pictures; `None` where it gets none.
    pub rtsp: Option<Rtsp>,
    /// The server's version.
    pub version: &'static str,
    /// Who runs it, as the policy's page says.
    pub deployment: Deployment,
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
}

impl ApiState {
    /// Starts to collect what happens, so it must be called within a tokio runtime. Streams that never end by themselves
    /// (state, live) end when `stop` is cancelled.
    #[must_use]
    pub fn new(control: Control, relay: Relay, bus: &Bus, clock: Arc<dyn Clock>, site: Site, stop: CancellationToken) -> Self {
        let happenings = Happenings::start(&relay, bus, &clock, stop.clone());
        let book = Arc::new(Book::new(site.deployment.clone()));
        Self { control, relay, clock, site, book, happenings, stop }
    }
}
