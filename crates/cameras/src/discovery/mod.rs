//! Finding cameras: WS-Discovery, DNS-SD and our own beacon on every link, and a sweep of a given range behind routers.
//!
//! A search runs only while somebody listens to it, ends by itself, and is bounded in time, rows and bytes. Multicasts stay on
//! the link, answers from off the link are dropped, and a device is believed only about the address it answers from.

pub mod net;
mod range;
mod sweep;
mod table;
pub mod wire;

use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use self::net::Interface;
pub use self::range::{ADDRESSES_MAX, Range, RangeError};
pub use self::sweep::PORTS;
pub use self::table::{Found, ROWS_MAX, Service, Source};
use self::table::{Sighting, Table};
use self::wire::{DATAGRAM_BYTES_MAX, beacon, dns, wsd};
use crate::guard::may_be_camera;

/// When the questions are asked: datagrams get lost, and some cameras answer only the second.
const ASKED_AT_MS: [u64; 5] = [0, 150, 500, 1500, 3000];

/// How long links are listened to where the caller does not say.
const TIME: Duration = Duration::from_secs(5);

/// The longest that a caller may say.
const TIME_MAX: Duration = Duration::from_secs(60);

/// The sweep of a whole range of silent addresses takes about 40 s.
const SWEEP_TIME_MAX: Duration = Duration::from_secs(60);

/// Answers that wait for their turn.
const QUEUE_MAX: usize = 64;

/// What is looked for, and where.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long links are listened to; at most a minute.
    pub time: Duration,
    /// A range to sweep as well.
    pub sweep: Option<Range>,
    /// Ports that the sweep connects to.
    pub ports: Vec<u16>,
    /// Look on this machine and nowhere else: for demonstrations and tests, whose cameras are here.
    pub loopback: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { time: TIME, sweep: None, ports: PORTS.to_vec(), loopback: false }
    }
}

/// What a search tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A camera, or more about one: replaces what was told under the same key.
    Found(Box<Found>),
    /// The camera of that key said that it leaves, or is one with another.
    Gone(String),
}

/// What the tasks of a search hear.
enum Heard {
    Seen(Box<Sighting>),
    Bye { endpoint: String, sender: IpAddr },
}

/// Searches in the background until its time is over or the receiver is dropped; then the channel ends.
#[must_use]
pub fn search(options: Options) -> mpsc::Receiver<Event> {
    let (events, told) = mpsc::channel(QUEUE_MAX);
    tokio::spawn(run(options, events));
    told
}

async fn run(options: Options, events: mpsc::Sender<Event>) {
    let (heard, mut queue) = mpsc::channel(QUEUE_MAX);
    let now = Instant::now();
    let until = now + options.time.min(TIME_MAX);
    let mut tasks = JoinSet::new();
    start_links(&mut tasks, until, options.loopback, &heard);
    if let Some(range) = options.sweep {
        let sweep = sweep::run(range, options.ports, options.loopback, heard.clone());
        tasks.spawn(async move {
            let _ = timeout_at(now + SWEEP_TIME_MAX, sweep).await;
        });
    }
    drop(heard);
    let mut table = Table::default();
    loop {
        let heard = tokio::select! {
            () = events.closed() => break,
            heard = queue.recv() => heard,
        };
        let event = match heard {
            // All tasks have ended.
            None => break,
            Some(Heard::Seen(sighting)) => table.see(*sighting).map(Box::new).map(Event::Found),
            Some(Heard::Bye { endpoint, sender }) => table.bye(&endpoint, sender).map(Event::Gone),
        };
        if let Some(event) = event
            && events.send(event).await.is_err()
        {
            break;
        }
        while let Some(key) = table.united() {
            if events.send(Event::Gone(key)).await.is_err() {
                return;
            }
        }
    }
}

fn start_links(tasks: &mut JoinSet<()>, until: Instant, loopback: bool, heard: &mpsc::Sender<Heard>) {
    let interfaces = net::interfaces(loopback);
    for interface in &interfaces {
        match net::asker(interface) {
            Ok(socket) => {
                let link = Link { socket, interfaces: vec![interface.clone()], nonce: random(), loopback, heard: heard.clone() };
                let index = interface.index;
                tasks.spawn(link.ask(index, until));
            }
            // An address that is still being checked, or an interface that has just gone.
            Err(error) => tracing::debug!(address = %interface.address, %error, "this link is not asked"),
        }
    }
    let listeners =
        [net::listener_v4(wsd::PORT, wsd::GROUP_V4, &interfaces), net::listener_v6(wsd::PORT, wsd::GROUP_V6, &interfaces)];
    for listener in listeners {
        match listener {
            Ok(socket) => {
                let link = Link { socket, interfaces: interfaces.clone(), nonce: random(), loopback, heard: heard.clone() };
                tasks.spawn(link.listen(until));
            }
            Err(error) => tracing::debug!(%error, "arrivals are not listened to"),
        }
    }
}

/// A socket on one link, or on all.
struct Link {
    socket: UdpSocket,
    interfaces: Vec<Interface>,
    nonce: beacon::Nonce,
    loopback: bool,
    heard: mpsc::Sender<Heard>,
}

impl Link {
    /// Asks at the times of [`ASKED_AT_MS`], and listens to the answers.
    async fn ask(self, index: u32, until: Instant) {
        let begun = Instant::now();
        for asked_at in ASKED_AT_MS {
            let at = begun + Duration::from_millis(asked_at);
            if at >= until {
                break;
            }
            let _ = timeout_at(at, self.receive()).await;
            self.send_questions(index).await;
        }
        let _ = timeout_at(until, self.receive()).await;
    }

    async fn listen(self, until: Instant) {
        tokio::select! {
            () = self.receive() => {}
            () = sleep_until(until) => {}
        }
    }

    async fn send_questions(&self, index: u32) {
        let is_v4 = self.socket.local_addr().is_ok_and(|address| address.is_ipv4());
        let place = |v4: std::net::Ipv4Addr, v6: std::net::Ipv6Addr, port: u16| -> SocketAddr {
            if is_v4 { (v4, port).into() } else { SocketAddrV6::new(v6, port, 0, index).into() }
        };
        let onvif = place(wsd::GROUP_V4, wsd::GROUP_V6, wsd::PORT);
        let id = u16::from_be_bytes([self.nonce[0], self.nonce[1]]);
        let mut questions: Vec<(SocketAddr, Vec<u8>)> =
            wsd::TYPES.iter().map(|types| (onvif, wsd::probe(&fresh_id(), types).into_bytes())).collect();
        questions.push((place(dns::GROUP_V4, dns::GROUP_V6, dns::PORT), dns::question(id)));
        questions.push((place(beacon::GROUP_V4, beacon::GROUP_V6, beacon::PORT), beacon::question(&self.nonce)));
        for (to, question) in questions {
            if let Err(error) = self.socket.send_to(&question, to).await {
                tracing::debug!(%to, %error, "a question could not be sent");
            }
        }
    }

    /// Never ends by itself.
    async fn receive(&self) {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let Ok((length, from)) = self.socket.recv_from(&mut buffer).await else {
                tokio::task::yield_now().await;
                continue;
            };
            let sender = from.ip().to_canonical();
            if may_be_camera(sender, self.loopback) && self.interfaces.iter().any(|i| i.has_on_link(sender)) {
                for heard in self.read(&buffer[..length], sender) {
                    if self.heard.send(heard).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn read(&self, datagram: &[u8], sender: IpAddr) -> Vec<Heard> {
        let seen = |sighting: Sighting| Heard::Seen(Box::new(sighting));
        if beacon::is_answer(datagram) {
            let verified = beacon::verify(datagram, &self.nonce);
            return verified.map(|verified| seen(Sighting::from_beacon(verified, sender))).into_iter().collect();
        }
        if is_document(datagram) {
            return match wsd::parse(datagram) {
                Ok(Some(wsd::Message::Matches(targets))) => {
                    let sightings = targets.into_iter().filter_map(|t| Sighting::from_target(t, sender, Source::WsDiscovery));
                    sightings.map(seen).collect()
                }
                Ok(Some(wsd::Message::Hello(target))) => {
                    Sighting::from_target(target, sender, Source::WsDiscovery).map(seen).into_iter().collect()
                }
                Ok(Some(wsd::Message::Bye(endpoint))) => vec![Heard::Bye { endpoint, sender }],
                _ => Vec::new(),
            };
        }
        match dns::parse(datagram) {
            Ok(dns::Message::Answer(instances)) => {
                instances.into_iter().filter_map(|i| Sighting::from_instance(i, sender)).map(seen).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Whether this is XML, perhaps behind a byte order mark. A message of DNS may begin likewise, for its id is any number; but
/// its counts have zeros, and no document has.
fn is_document(datagram: &[u8]) -> bool {
    let first = datagram.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_some_and(|byte| matches!(byte, b'<' | 0xef)) && !datagram.iter().take(dns::HEAD_BYTES).any(|byte| *byte == 0)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Where there is no randomness there is no search worth protecting from replays.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes
}

/// A random UUID (RFC 9562, version 4), as text.
pub(crate) fn fresh_id() -> String {
    let mut bytes: [u8; 16] = random();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_makes_an_answer_of_dns_a_document_and_documents_are_some() {
        let instance = dns::Instance { service: dns::SERVICES[0], name: "door".into(), port: 554, path: None, model: None };
        for id in 0..=u16::MAX {
            assert!(!is_document(&dns::answer(id, &instance, "door", &[], 120)), "{id:#06x}");
        }
        let bye = wsd::bye(&fresh_id(), "urn:uuid:a");
        for before in ["", "\u{feff}", "\r\n "] {
            assert!(is_document(format!("{before}{bye}").as_bytes()), "{before:?}");
        }
    }
}
