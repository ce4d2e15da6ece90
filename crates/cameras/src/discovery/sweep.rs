//! Asking every address of a range, where multicast does not reach.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use url::Url;

use super::range::Range;
use super::table::{Service, Sighting, Source, url_at};
use super::wire::{DATAGRAM_BYTES_MAX, wsd};
use super::{Heard, fresh_id};
use crate::guard::may_be_camera;
use crate::http::{Limits, Request, exchange};
use crate::xml;

/// Where cameras listen, by the frequency with which they do.
pub const PORTS: [u16; 5] = [80, 554, 8000, 8080, 2020];

/// Connections under way at a time.
const AT_ONCE_MAX: usize = 96;
/// Time between two connections: 250 a second, too few for any network to mind.
const CONNECT_INTERVAL: Duration = Duration::from_millis(4);
/// Time between two unicast probes.
const PROBE_INTERVAL: Duration = Duration::from_millis(2);
/// A host that has not taken a connection by then is behind no local router.
const CONNECT_TIME_MAX: Duration = Duration::from_millis(700);
/// And one that took it answers by then.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(2);
/// How long late answers to probes are waited for.
const LATE_TIME_MAX: Duration = Duration::from_millis(800);
/// Bytes of an answer to `GetSystemDateAndTime`.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Sweeps; `own` lets this machine's own address count.
pub(super) async fn run(range: Range, ports: Vec<u16>, own: bool, heard: mpsc::Sender<Heard>) {
    let addresses: Vec<Ipv4Addr> = range.addresses().filter(|address| may_be_camera((*address).into(), own)).collect();
    tokio::join!(probes(range, &addresses, &heard), connections(&addresses, &ports, &heard));
}

async fn probes(range: Range, addresses: &[Ipv4Addr], heard: &mpsc::Sender<Heard>) {
    let Ok(socket) = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await else { return };
    let send = async {
        let mut pace = interval(PROBE_INTERVAL);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for address in addresses {
            pace.tick().await;
            // No way to one address is no reason to leave out the next.
            let _ = socket.send_to(wsd::probe(&fresh_id(), wsd::TYPES[0]).as_bytes(), (*address, wsd::PORT)).await;
        }
        sleep(LATE_TIME_MAX).await;
    };
    let receive = async {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            // Errors of earlier sends ("port unreachable") come up here.
            let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
            if !range.contains(from.ip()) {
                continue;
            }
            if let Ok(Some(wsd::Message::Matches(targets))) = wsd::parse(&buffer[..length]) {
                for target in targets {
                    if let Some(sighting) = Sighting::from_target(target, from.ip(), Source::Sweep) {
                        let _ = heard.send(Heard::Seen(Box::new(sighting))).await;
                    }
                }
            }
        }
    };
    tokio::select! {
        () = send => {}
        () = receive => {}
    }
}

async fn connections(addresses: &[Ipv4Addr], ports: &[u16], heard: &mpsc::Sender<Heard>) {
    let mut pace = interval(CONNECT_INTERVAL);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut places = Vec::with_capacity(addresses.len() * ports.len());
    for address in addresses {
        places.extend(ports.iter().map(|port| (IpAddr::V4(*address), *port)));
    }
    let paced = futures::stream::unfold((pace, places.into_iter()), |(mut pace, mut places)| async {
        let place = places.next()?;
        pace.tick().await;
        Some((place, (pace, places)))
    });
    let found = paced.map(|(address, port)| async move { (address, look(address, port).await) }).buffer_unordered(AT_ONCE_MAX);
    let mut found = std::pin::pin!(found);
    while let Some((address, service)) = found.next().await {
        if let Some(service) = service {
            let _ = heard.send(Heard::Seen(Box::new(Sighting::from_sweep(service, address)))).await;
        }
    }
}

/// What listens there: ONVIF, RTSP, or nothing that matters.
async fn look(address: IpAddr, port: u16) -> Option<Service> {
    let place = SocketAddr::new(address, port);
    if matches!(port, 554 | 8554) {
        return if speaks_rtsp(place).await { url_at("rtsp", address, port, "/").map(Service::Rtsp) } else { None };
    }
    let url = url_at("http", address, port, "/onvif/device_service")?;
    if speaks_onvif(place, &url).await {
        return Some(Service::Onvif(url));
    }
    None
}

async fn speaks_rtsp(place: SocketAddr) -> bool {
    let Ok(Ok(mut socket)) = timeout(CONNECT_TIME_MAX, TcpStream::connect(place)).await else { return false };
    let ask = async {
        socket.write_all(format!("OPTIONS rtsp://{place}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n").as_bytes()).await?;
        let mut head = [0; 7];
        socket.read_exact(&mut head).await?;
        std::io::Result::Ok(head == *b"RTSP/1.")
    };
    matches!(timeout(ANSWER_TIME_MAX, ask).await, Ok(Ok(true)))
}

/// Whether the one question that needs no sign-in (ONVIF Core, section 8.3.5) gets an answer, or at least a SOAP fault.
async fn speaks_onvif(place: SocketAddr, url: &Url) -> bool {
    let body = crate::onvif::wire::envelope("", crate::onvif::wire::device::GET_TIME);
    let request = Request {
        method: "POST",
        url,
        headers: &[("Content-Type", "application/soap+xml; charset=utf-8".to_owned())],
        body: body.as_bytes(),
    };
    let limits = Limits { body_bytes_max: BODY_BYTES_MAX, connect_time_max: CONNECT_TIME_MAX, answer_time_max: ANSWER_TIME_MAX };
    let Ok(response) = exchange(place, &request, limits).await else { return false };
    xml::parse(&response.body).is_ok_and(|root| root.name == "Envelope" && root.child("Body").is_some())
}
