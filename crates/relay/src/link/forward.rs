//! A door on loopback into a camera's link, for clients that can only connect to a host and a port.
//!
//! Who else runs on this machine can knock too, and finds what stands at every camera's door: its own sign-in.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::onboarding::DeviceId;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use super::{Links, Service};

/// Connections through one door: a pull has one, and ONVIF one a question.
const CONNECTIONS_MAX: usize = 8;

/// How long the door rests after a connection that could not be taken.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Carries each connection into a stream of the link. Dropped, it closes, and so do they.
#[derive(Debug)]
pub(crate) struct Forwarder {
    address: SocketAddr,
    _task: AbortOnDropHandle<()>,
}

impl Forwarder {
    /// Opens it on the links' own runtime: the thread that reads cameras, and may have asked for it, rests between its breaths.
    pub(crate) fn start(links: Links, device: DeviceId, service: Service) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let task = links.runtime().clone().spawn(async move {
            match TcpListener::from_std(listener) {
                Ok(listener) => serve(listener, links, device, service).await,
                Err(error) => tracing::debug!(%device, %error, "a door into a link was not opened"),
            }
        });
        Ok(Self { address, _task: AbortOnDropHandle::new(task) })
    }

    /// The address of what is behind it.
    pub(crate) fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{}{path}", self.address)
    }
}

async fn serve(listener: TcpListener, links: Links, device: DeviceId, service: Service) {
    let (places, mut connections) = (Arc::new(Semaphore::new(CONNECTIONS_MAX)), JoinSet::new());
    loop {
        let near = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((near, _)) => near,
                // No more files, most likely.
                Err(error) => {
                    tracing::debug!(%device, %error, "a connection into a link was not taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            Some(_) = connections.join_next() => continue,
        };
        // Beyond its places it closes at once.
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let links = links.clone();
            connections.spawn(async move {
                carry(near, &links, device, service).await;
                drop(place);
            });
        }
    }
}

async fn carry(mut near: TcpStream, links: &Links, device: DeviceId, service: Service) {
    let _ = near.set_nodelay(true);
    let Some(mut far) = links.open(device, service).await else { return };
    // Whichever side ends, the other is told by the end of its bytes.
    let _ = copy_bidirectional(&mut near, &mut far.stream).await;
}
