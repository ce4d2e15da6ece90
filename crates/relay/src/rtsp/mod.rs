//! The RTSP server: live pictures for other software that shows a stream key.
//!
//! `connection` speaks RTSP with one client; `broadcast` is the one task of a watched stream that packetises for all of them and
//! writes to all of them; `outlet` holds what a slow one has not taken. The port always asks for a key.

mod broadcast;
mod connection;
mod guests;
mod outlet;
mod udp;

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use domain::{CameraId, Error, Result, StreamName};
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::fleet::{Fleet, Shared};
use broadcast::Broadcast;
use guests::Guests;
use udp::UdpPair;

/// After an accept that failed: a table that is full needs a moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Gives the TLS configuration of now: certificates are renewed while the server runs.
pub type Tls = Arc<dyn Fn() -> Arc<ServerConfig> + Send + Sync>;

/// What all connections share.
struct Hall {
    shared: Shared,
    fleet: Fleet,
    guests: Guests,
    tls: Option<Tls>,
    /// `None` where what leaves must be encrypted.
    udp: Option<Arc<UdpPair>>,
    broadcasts: Mutex<HashMap<(CameraId, StreamName), Weak<Broadcast>>>,
}

/// A camera's stream as a path names it: `/cameras/{id}` is the main one, `/cameras/{id}/sub` the small one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    camera: CameraId,
    stream: StreamName,
}

impl FromStr for Place {
    type Err = ();

    fn from_str(path: &str) -> std::result::Result<Self, ()> {
        let rest = path.strip_prefix("/cameras/").ok_or(())?;
        let (id, stream) = rest.strip_suffix("/sub").map_or((rest, StreamName::Main), |id| (id, StreamName::Sub));
        Ok(Self { camera: id.parse().map_err(|_| ())?, stream })
    }
}

impl Hall {
    /// The broadcast of a stream, started where nobody watches it yet. A camera without a small picture shows its full one.
    fn broadcast(&self, place: Place) -> Option<Arc<Broadcast>> {
        let feeds = self.fleet.feeds(place.camera)?;
        let (name, feed) = match (place.stream, feeds.sub) {
            (StreamName::Sub, Some(sub)) => (StreamName::Sub, sub),
            _ => (StreamName::Main, feeds.main),
        };
        let mut broadcasts = self.broadcasts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = broadcasts.get(&(place.camera, name)).and_then(Weak::upgrade);
        if let Some(known) = known.filter(|known| known.is_of(&feed)) {
            return Some(known);
        }
        broadcasts.retain(|_, broadcast| broadcast.strong_count() > 0);
        let new = Broadcast::start(name.as_str(), &feed, Arc::clone(&self.shared.clock));
        broadcasts.insert((place.camera, name), Arc::downgrade(&new));
        Some(new)
    }
}

/// Serves at `listener` until `cancel`. With TLS everything that leaves is encrypted, so nothing goes over UDP.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    (shared, fleet): (Shared, Fleet),
    tasks: &TaskTracker,
    cancel: CancellationToken,
) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::from_std(listener).map_err(Error::internal)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let udp = if tls.is_some() { None } else { Some(UdpPair::bind(address.ip(), Arc::clone(&shared.clock)).await) };
    let udp = udp.transpose().map_err(Error::internal)?.map(Arc::new);
    if let Some(udp) = udp.clone() {
        tasks.spawn(cancel.clone().run_until_cancelled_owned(async move { udp.listen().await }));
    }
    let hall = Arc::new(Hall { shared, fleet, guests: Guests::default(), tls, udp, broadcasts: Mutex::default() });
    let connections = tasks.clone();
    tasks.spawn(async move {
        let mut stop = std::pin::pin!(cancel.cancelled());
        loop {
            let accepted = tokio::select! {
                () = &mut stop => return,
                accepted = listener.accept() => accepted,
            };
            let Ok((socket, peer)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            // Closed at once where there is no place: whoever waited would hold one.
            let Some(guest) = hall.guests.enter(peer.ip(), hall.shared.clock.mono()) else { continue };
            let connection = connection::serve(Arc::clone(&hall), socket, peer, guest);
            connections.spawn(cancel.clone().run_until_cancelled_owned(connection));
        }
    });
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_camera_and_a_stream_or_nothing() {
        let id = CameraId::random();
        let place = |path: String| path.parse::<Place>().map(|place| (place.camera, place.stream));
        assert_eq!(place(format!("/cameras/{id}")), Ok((id, StreamName::Main)));
        assert_eq!(place(format!("/cameras/{id}/sub")), Ok((id, StreamName::Sub)));
        for path in [String::new(), "/".into(), format!("/{id}"), format!("/cameras/{id}/main"), "/cameras//sub".into()] {
            assert_eq!(place(path.clone()), Err(()), "{path}");
        }
    }
}
