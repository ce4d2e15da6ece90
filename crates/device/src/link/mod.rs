//! The way home: a camera that was invited calls the server, is taken in, and keeps one connection to it, by which the server
//! reaches the camera's services wherever it stands (docs/device-link.md).

mod bridge;
mod http;
mod message;
mod tls;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::onboarding::{Fingerprint, Invitation, ServerUrl};
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::identity::{Identity, SignIn};
use crate::ownership::{Owner, Ownership, Whose};

pub(crate) use self::bridge::Services;
pub(crate) use self::message::Card;

/// Addresses of a server's name that are tried.
const ADDRESSES_MAX: usize = 4;
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
/// From the change of protocol to a link.
const SIGN_TIME_MAX: Duration = Duration::from_secs(5);

/// A peer that is gone is noticed in 11 s where nothing is said, in 10 s where something is.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(5);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
const KEEPALIVE_PROBES: u32 = 3;
const UNANSWERED_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a camera waits before it calls again: twice as long each time, a little more or less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redial {
    /// The first time.
    pub first: Duration,
    /// At most.
    pub most: Duration,
}

impl Default for Redial {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), most: Duration::from_secs(30) }
    }
}

/// How it stands between a camera and its owner's server, in words for its log. No secret is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is nobody's: it can be paired by its label.
    Unowned,
    /// A server invited it, and is being called.
    Invited(ServerUrl),
    /// That did not work; it calls again.
    Unanswered(ServerUrl, LinkError),
    /// The server did not take it in. It is nobody's again.
    Refused(ServerUrl, LinkError),
    /// It belongs to somebody, whose server is being called.
    Calling(ServerUrl),
    /// It is linked.
    Linked(ServerUrl),
    /// The link was lost, or could not be made; it calls again.
    Lost(ServerUrl, LinkError),
    /// Its owner let it go. It is nobody's again.
    Released(ServerUrl),
}

impl Standing {
    /// As it is before anybody was called.
    pub(crate) fn at_first(whose: &Whose) -> Self {
        match whose {
            Whose::Nobodys => Self::Unowned,
            Whose::Invited(invitation) => Self::Invited(invitation.server.clone()),
            Whose::Owned(owner) => Self::Calling(owner.server.clone()),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unowned => f.write_str("nobody's camera: its label pairs it"),
            Self::Invited(server) => write!(f, "invited by {server}"),
            Self::Unanswered(server, why) => write!(f, "{server} cannot be reached: {why}"),
            Self::Refused(server, why) => write!(f, "{server} did not take this camera: {why}"),
            Self::Calling(server) => write!(f, "calling {server}"),
            Self::Linked(server) => write!(f, "linked to {server}"),
            Self::Lost(server, why) => write!(f, "link to {server} lost: {why}"),
            Self::Released(server) => write!(f, "released by {server}"),
        }
    }
}

/// Why there is no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No host has the server's name.
    #[error("no host has that name")]
    NoHost,
    /// No connection; the operating system's words.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// It showed another certificate than the invitation names. Nothing was sent to it.
    #[error("it shows another certificate than the invitation names")]
    OtherCertificate,
    /// TLS failed in another way.
    #[error("no encrypted connection: {0}")]
    Tls(String),
    /// Its answer is none that can be read.
    #[error("its answer cannot be read")]
    NotHttp,
    /// It answered with that status.
    #[error("status {0}")]
    Status(u16),
    /// It refused, with that code.
    #[error("{0}")]
    Refused(String),
    /// It did not answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended.
    #[error("{0}")]
    Lost(String),
    /// The camera's owner let it go.
    #[error("its owner let it go")]
    Released,
    /// The state folder cannot be written.
    #[error("the state folder cannot be written")]
    Unkept,
}

impl LinkError {
    fn lost(error: std::io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

type Wire = BufReader<TlsStream<TcpStream>>;

/// The camera's part in being somebody's.
pub(crate) struct Link {
    pub(crate) identity: Identity,
    pub(crate) ownership: Arc<Ownership>,
    pub(crate) card: Card,
    pub(crate) sign_in: SignIn,
    pub(crate) services: Services,
    pub(crate) redial: Redial,
    pub(crate) standing: watch::Sender<Standing>,
}

impl Link {
    /// For ever: calls whoever invited or owns the camera.
    pub(crate) async fn run(self) {
        let mut whose = self.ownership.watch();
        let mut tries = 0;
        loop {
            let now = whose.borrow_and_update().clone();
            let waits = match now {
                Whose::Nobodys => {
                    if !matches!(*self.standing.borrow(), Standing::Released(_) | Standing::Refused(..)) {
                        self.tell(Standing::Unowned);
                    }
                    false
                }
                Whose::Invited(invitation) => self.accept(invitation).await,
                Whose::Owned(owner) => self.stay(owner, &mut tries).await,
            };
            let changed = whose.changed();
            if waits {
                // Another invitation, or a new owner, is not kept waiting.
                let _ = timeout(self.pause(tries), changed).await;
                tries = tries.saturating_add(1);
            } else if changed.await.is_err() {
                return;
            } else {
                tries = 0;
            }
        }
    }

    /// Claims an invitation. True where that must be tried again; else whose the camera is has changed.
    async fn accept(&self, invitation: Invitation) -> bool {
        let server = invitation.server.clone();
        // One that is known not to answer is called again in silence.
        if !matches!(&*self.standing.borrow(), Standing::Unanswered(known, _) if *known == server) {
            self.tell(Standing::Invited(server.clone()));
        }
        let changed = match self.claim(&invitation).await {
            Ok(camera_id) => {
                let Invitation { server, certificate, .. } = invitation;
                self.ownership.take(Owner { server, certificate, camera_id }).await
            }
            Err(error @ LinkError::Refused(_)) => {
                self.tell(Standing::Refused(server.clone(), error));
                self.ownership.withdraw(invitation).await
            }
            Err(error) => {
                self.tell(Standing::Unanswered(server, error));
                return true;
            }
        };
        if let Err(error) = &changed {
            tracing::warn!(%error, "whose this camera is was not written down");
            self.tell(Standing::Unanswered(server, LinkError::Unkept));
        }
        changed.is_err()
    }

    /// One link, as long as it lasts. True where it must be made again; else whose the camera is has changed.
    async fn stay(&self, owner: Owner, tries: &mut u32) -> bool {
        let server = owner.server.clone();
        let ended = match self.link(&owner).await {
            Ok(wire) => {
                *tries = 0;
                self.tell(Standing::Linked(server.clone()));
                bridge::serve(wire, self.services).await
            }
            Err(error) => error,
        };
        if ended != LinkError::Released {
            self.tell(Standing::Lost(server, ended));
            return true;
        }
        if let Err(error) = self.ownership.release().await {
            tracing::warn!(%error, "whose this camera is was not written down");
            self.tell(Standing::Lost(server, LinkError::Unkept));
            return true;
        }
        self.tell(Standing::Released(server));
        false
    }

    async fn claim(&self, invitation: &Invitation) -> Result<String, LinkError> {
        let (mut wire, authority) = dial(&invitation.server, invitation.certificate).await?;
        let sign_in = self.sign_in.now();
        let (key, signer) = (self.identity.public(), self.identity.key());
        let body = message::claim_body(&self.card, sign_in.as_ref(), invitation, key, signer);
        let request = http::post(authority, "/api/v1/devices", &body);
        let answered = async {
            let head = http::ask(&mut wire, &request).await?;
            let body = http::body(&mut wire, &head, message::ANSWER_BYTES_MAX).await?;
            Ok((head.status, body))
        };
        let (status, body) = timeout(ANSWER_TIME_MAX, answered).await.map_err(|_| LinkError::TimedOut)??;
        match status {
            200 | 201 => message::claimed(&body, self.identity.id()).ok_or(LinkError::NotHttp),
            // What somebody in between says does not end an invitation; our own codes do.
            403 | 404 | 409 => Err(message::problem(&body).map_or(LinkError::Status(status), LinkError::Refused)),
            status => Err(LinkError::Status(status)),
        }
    }

    async fn link(&self, owner: &Owner) -> Result<Wire, LinkError> {
        if !matches!(*self.standing.borrow(), Standing::Lost(..)) {
            self.tell(Standing::Calling(owner.server.clone()));
        }
        let (mut wire, authority) = dial(&owner.server, owner.certificate).await?;
        let path = format!("/api/v1/devices/{}/link", self.identity.id());
        let request = http::upgrade(authority, &path, message::PROTOCOL);
        let head = timeout(ANSWER_TIME_MAX, http::ask(&mut wire, &request)).await.map_err(|_| LinkError::TimedOut)??;
        match head.status {
            101 if head.upgrade.as_deref() == Some(message::PROTOCOL) => {}
            410 => {
                let body = http::body(&mut wire, &head, message::ANSWER_BYTES_MAX);
                let body = timeout(ANSWER_TIME_MAX, body).await.map_err(|_| LinkError::TimedOut)??;
                let is_ours = message::problem(&body).is_some_and(|code| code == "device.released");
                return Err(if is_ours { LinkError::Released } else { LinkError::Status(410) });
            }
            101 => return Err(LinkError::NotHttp),
            status => return Err(LinkError::Status(status)),
        }
        let signed = async {
            let mut nonce = [0; 32];
            wire.read_exact(&mut nonce).await?;
            let signature = message::sign(self.identity.key(), &message::link_signed(&nonce, owner.certificate));
            wire.write_all(&signature).await?;
            wire.flush().await?;
            wire.read_u8().await
        };
        match timeout(SIGN_TIME_MAX, signed).await.map_err(|_| LinkError::TimedOut)?.map_err(LinkError::lost)? {
            1 => Ok(wire),
            _ => Err(LinkError::NotHttp),
        }
    }

    fn tell(&self, standing: Standing) {
        tracing::debug!(%standing, "link");
        self.standing.send_replace(standing);
    }

    /// How long to wait after so many tries, a quarter more or less, so that not all cameras of a home call at once.
    fn pause(&self, tries: u32) -> Duration {
        let Redial { first, most } = self.redial;
        let pause = first.saturating_mul(1_u32.checked_shl(tries.min(16)).unwrap_or(1)).min(most);
        let mut random = [0];
        let _ = aws_lc_rs::rand::fill(&mut random);
        pause.mul_f64(0.75 + f64::from(random[0]) / 512.0)
    }
}

/// An encrypted connection to the server that shows that certificate, and the authority to name in requests.
async fn dial(server: &ServerUrl, certificate: Fingerprint) -> Result<(Wire, &str), LinkError> {
    let (host, port, authority) = message::place(server).ok_or(LinkError::NoHost)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|_| LinkError::NoHost)?;
    let config = tls::config(certificate).map_err(|error| LinkError::Tls(error.to_string()))?;
    let found = timeout(CONNECT_TIME_MAX, lookup_host((host, port))).await.map_err(|_| LinkError::NoHost)?;
    let mut failed = LinkError::NoHost;
    for address in found.map_err(|_| LinkError::NoHost)?.take(ADDRESSES_MAX) {
        match connect(address).await {
            Ok(socket) => {
                let handshake = timeout(HANDSHAKE_TIME_MAX, TlsConnector::from(config).connect(name, socket));
                let stream = handshake.await.map_err(|_| LinkError::TimedOut)?.map_err(|error| refused(&error))?;
                return Ok((BufReader::new(stream), authority));
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn connect(address: SocketAddr) -> Result<TcpStream, LinkError> {
    let connected = timeout(CONNECT_TIME_MAX, TcpStream::connect(address)).await.map_err(|_| LinkError::TimedOut)?;
    let socket = connected.map_err(|error| LinkError::NoConnection(error.to_string()))?;
    let options = SockRef::from(&socket);
    let keepalive =
        TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_INTERVAL).with_retries(KEEPALIVE_PROBES);
    let set = options
        .set_tcp_keepalive(&keepalive)
        .and_then(|()| options.set_tcp_user_timeout(Some(UNANSWERED_TIME_MAX)))
        .and_then(|()| options.set_tcp_nodelay(true));
    set.map_err(|error| LinkError::NoConnection(error.to_string()))?;
    Ok(socket)
}

fn refused(error: &std::io::Error) -> LinkError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(_)) => LinkError::OtherCertificate,
        _ => LinkError::Tls(error.to_string()),
    }
}
