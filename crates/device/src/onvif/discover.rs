//! Being found: WS-Discovery, DNS-SD and our own beacon, answered to those on the link and to local networks behind a router.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::sync::Arc;

use aws_lc_rs::signature::Ed25519KeyPair;
use cameras::discovery::net::{self, Interface};
use cameras::discovery::wire::{DATAGRAM_BYTES_MAX, beacon, dns, wsd};
use cameras::guard::is_local;
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::identity::Identity;

use super::{Discovery, MAKE, MODEL, State};

/// How long others may remember a DNS record (RFC 6762, section 10).
const TIME_TO_LIVE_S: u32 = 120;

/// What is said of the camera.
struct Card {
    target: wsd::Target,
    instances: Vec<dns::Instance>,
    host: String,
    addresses: Vec<IpAddr>,
    beacon: beacon::Beacon,
    signer: Signer,
    interfaces: Vec<Interface>,
    loopback: bool,
}

/// What signs the beacon.
enum Signer {
    /// A camera that is the same at every start.
    Identity(Identity),
    /// One that is not.
    Fresh(Ed25519KeyPair),
}

impl Signer {
    fn key(&self) -> &Ed25519KeyPair {
        match self {
            Self::Identity(identity) => identity.key(),
            Self::Fresh(key) => key,
        }
    }
}

/// Starts what the configuration says; a camera that cannot be found still works, and says so in the log.
pub(super) fn start(state: &State, onvif: SocketAddr, tasks: &TaskTracker, stop: &CancellationToken) {
    let loopback = match state.config.discovery {
        Discovery::Off => return,
        Discovery::Loopback => true,
        Discovery::Links => false,
    };
    let signer = match &state.pairing {
        Some(pairing) => Signer::Identity(pairing.identity().clone()),
        None => match Ed25519KeyPair::generate() {
            Ok(key) => Signer::Fresh(key),
            Err(_) => return,
        },
    };
    let interfaces = net::interfaces(loopback);
    let card = Arc::new(card(state, onvif, signer, interfaces, loopback));
    let all = &card.interfaces;
    for socket in [
        net::listener_v4(wsd::PORT, wsd::GROUP_V4, all),
        net::listener_v6(wsd::PORT, wsd::GROUP_V6, all),
        net::listener_v4(dns::PORT, dns::GROUP_V4, all),
        net::listener_v6(dns::PORT, dns::GROUP_V6, all),
        net::listener_v4(beacon::PORT, beacon::GROUP_V4, all),
        net::listener_v6(beacon::PORT, beacon::GROUP_V6, all),
    ] {
        match socket {
            Ok(socket) => {
                tasks.spawn(stop.clone().run_until_cancelled_owned(listen(socket, Arc::clone(&card))));
            }
            Err(error) => tracing::debug!(%error, "one way of being found is missing"),
        }
    }
    tasks.spawn(announce(card, stop.clone()));
}

fn card(state: &State, onvif: SocketAddr, signer: Signer, interfaces: Vec<Interface>, loopback: bool) -> Card {
    let config = &state.config;
    let listens = |address: &IpAddr| onvif.ip().is_unspecified() || onvif.ip() == *address;
    // A link-local IPv6 address needs its interface beside it, which has no place in a URL.
    let named = |address: &IpAddr| !matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let addresses: Vec<IpAddr> = interfaces.iter().map(|i| i.address).filter(listens).filter(named).collect();
    let url =
        |address: &IpAddr| Url::parse(&format!("http://{}/onvif/device_service", SocketAddr::new(*address, onvif.port()))).ok();
    let (name, model) = (Some(config.name.clone()), Some(MODEL.to_owned()));
    let target = wsd::Target {
        endpoint: format!("urn:uuid:{}", uuid_of(&config.serial)),
        types: Vec::new(),
        addresses: addresses.iter().filter_map(url).collect(),
        make: Some(MAKE.to_owned()),
        model: model.clone(),
        name,
        location: None,
        serial: None,
    };
    let instance = |service, port, path: &str| dns::Instance {
        service,
        name: config.serial.clone(),
        port,
        path: Some(path.to_owned()),
        model: model.clone(),
    };
    Card {
        target,
        instances: vec![
            instance(dns::SERVICES[1], onvif.port(), "/onvif/device_service"),
            instance(dns::SERVICES[0], state.rtsp_port, "/main"),
        ],
        host: format!("atipcam-{}", config.serial),
        addresses,
        beacon: beacon::Beacon {
            serial: config.serial.clone(),
            model: MODEL.to_owned(),
            rtsp_port: state.rtsp_port,
            onvif_port: onvif.port(),
        },
        signer,
        interfaces,
        loopback,
    }
}

/// The same endpoint for the same serial number, whenever the camera starts.
fn uuid_of(serial: &str) -> uuid::Uuid {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, serial.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

fn fresh() -> String {
    uuid::Uuid::new_v4().to_string()
}

async fn listen(socket: UdpSocket, card: Arc<Card>) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            tokio::task::yield_now().await;
            continue;
        };
        // Nobody far away is told anything, however the question came in.
        let is_on_link = card.interfaces.iter().any(|interface| interface.has_on_link(from.ip()));
        let is_near = is_local(from.ip()) || is_on_link || card.loopback && from.ip().is_loopback();
        if !is_near {
            continue;
        }
        for answer in card.answers(&buffer[..length]) {
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

impl Card {
    fn answers(&self, datagram: &[u8]) -> Vec<Vec<u8>> {
        if let Some(nonce) = beacon::asked(datagram) {
            return vec![beacon::answer(&nonce, &self.beacon, self.signer.key())];
        }
        if let Ok(Some(wsd::Message::Probe { id, types })) = wsd::parse(datagram) {
            let ours = ["NetworkVideoTransmitter", "Device"];
            let fits = types.is_empty() || types.iter().all(|wanted| ours.contains(&wanted.as_str()));
            return fits.then(|| wsd::matches(&fresh(), &id, &self.target).into_bytes()).into_iter().collect();
        }
        let Ok(dns::Message::Question { id, services }) = dns::parse(datagram) else { return Vec::new() };
        let asked = self.instances.iter().filter(|instance| services.contains(&instance.service));
        asked.map(|instance| dns::answer(id, instance, &self.host, &self.addresses, TIME_TO_LIVE_S)).collect()
    }
}

/// Comes, waits until it is stopped, and leaves.
async fn announce(card: Arc<Card>, stop: CancellationToken) {
    let say = async |message: String| {
        for interface in &card.interfaces {
            let Ok(socket) = net::asker(interface) else { continue };
            let to: SocketAddr = match interface.address {
                IpAddr::V4(_) => (wsd::GROUP_V4, wsd::PORT).into(),
                IpAddr::V6(_) => SocketAddrV6::new(wsd::GROUP_V6, wsd::PORT, 0, interface.index).into(),
            };
            let _ = socket.send_to(message.as_bytes(), to).await;
        }
    };
    say(wsd::hello(&fresh(), &card.target)).await;
    stop.cancelled().await;
    say(wsd::bye(&fresh(), &card.target.endpoint)).await;
}
