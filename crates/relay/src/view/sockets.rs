//! One UDP socket a local address, shared by all viewers.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::task::Poll;
use std::time::{Duration, Instant};

use domain::{Error, Kind, Result};
use media::live::whep::Datagram;
use tokio::net::UdpSocket;

/// Addresses offered to browsers, which check each against each of theirs.
const ADDRESSES_MAX: usize = 16;

/// The interfaces are looked at again before an answer, at most this often: addresses come and go with the network.
const RESCAN: Duration = Duration::from_secs(5);

/// A full send buffer empties at the speed of the line; a packet that waits longer is left to the viewer's NACK.
const SEND_TIME_MAX: Duration = Duration::from_millis(20);

#[derive(Debug)]
struct Socket {
    /// The concrete address: where a datagram arrived must be known, and `0.0.0.0` would not tell.
    address: SocketAddr,
    io: UdpSocket,
}

/// The sockets of one engine.
#[derive(Debug)]
pub(super) struct Sockets {
    /// The same on every address; from the first socket where the system picked.
    port: u16,
    advertise: Vec<IpAddr>,
    sockets: Vec<Socket>,
    scanned: Instant,
}

impl Sockets {
    /// Binds every address that this machine has now. Port 0: one that the system picks.
    pub(super) fn open(port: u16, advertise: Vec<IpAddr>, now: Instant) -> Result<Self> {
        let mut sockets = Self { port, advertise, sockets: Vec::new(), scanned: now };
        sockets.scan();
        if sockets.sockets.is_empty() {
            let detail = format!("UDP port {port} cannot be bound on any address");
            return Err(Error::new(Kind::Unavailable, "live.no_socket", detail));
        }
        Ok(sockets)
    }

    /// Where browsers may reach this server, best first.
    pub(super) fn candidates(&mut self, now: Instant) -> Vec<SocketAddr> {
        if now.saturating_duration_since(self.scanned) >= RESCAN {
            self.scanned = now;
            self.scan();
        }
        let advertised = self.advertise.iter().map(|ip| SocketAddr::new(*ip, self.port));
        let mut all: Vec<_> = self.sockets.iter().map(|socket| socket.address).chain(advertised).collect();
        all.dedup();
        // Loopback last: it is right for a browser on this machine only.
        all.sort_by_key(|address| address.ip().is_loopback());
        all
    }

    /// Resolves to the number of a socket that has datagrams.
    pub(super) async fn readable(&self) -> usize {
        let ready = |cx: &mut std::task::Context<'_>| self.sockets.iter().position(|s| s.io.poll_recv_ready(cx).is_ready());
        poll_fn(|cx| ready(cx).map_or(Poll::Pending, Poll::Ready)).await
    }

    /// The next datagram of a socket: its length, where it came from, and at which local address it arrived.
    pub(super) fn receive(&self, number: usize, buffer: &mut [u8]) -> Option<(usize, SocketAddr, SocketAddr)> {
        let socket = self.sockets.get(number)?;
        match socket.io.try_recv_from(buffer) {
            Ok((length, from)) => Some((length, from, socket.address)),
            Err(error) => {
                if error.kind() != io::ErrorKind::WouldBlock {
                    tracing::debug!(%error, address = %socket.address, "a datagram could not be read");
                }
                None
            }
        }
    }

    /// Sends a datagram from the local address that it names.
    pub(super) async fn send(&self, datagram: &Datagram) {
        let Some(socket) = self.sockets.iter().find(|socket| socket.address == datagram.from) else { return };
        let result = match socket.io.try_send_to(&datagram.bytes, datagram.to) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let send = socket.io.send_to(&datagram.bytes, datagram.to);
                tokio::time::timeout(SEND_TIME_MAX, send).await.unwrap_or(Err(error))
            }
            result => result,
        };
        if let Err(error) = result {
            tracing::debug!(%error, from = %datagram.from, to = %datagram.to, "a datagram could not be sent");
        }
    }

    /// Binds addresses that are new, and closes sockets whose address is gone.
    fn scan(&mut self) {
        let found = match addresses() {
            Ok(found) => found,
            Err(error) => return tracing::warn!(%error, "the network interfaces cannot be listed"),
        };
        self.sockets.retain(|socket| found.contains(&socket.address.ip()));
        for ip in found {
            if self.sockets.iter().any(|socket| socket.address.ip() == ip) {
                continue;
            }
            match bind(SocketAddr::new(ip, self.port)) {
                Ok(socket) => {
                    self.port = socket.address.port();
                    self.sockets.push(socket);
                }
                Err(error) => tracing::warn!(%error, %ip, port = self.port, "no WebRTC on this address"),
            }
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<Socket> {
    let io = std::net::UdpSocket::bind(address)?;
    io.set_nonblocking(true)?;
    Ok(Socket { address: io.local_addr()?, io: UdpSocket::from_std(io)? })
}

/// The machine's addresses that a browser could use. IPv6 link-local ones need a scope that candidates cannot name.
fn addresses() -> io::Result<Vec<IpAddr>> {
    let usable = |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_loopback(),
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_loopback() && !ip.is_unicast_link_local(),
    };
    let all = if_addrs::get_if_addrs()?;
    let mut found: Vec<_> = all.iter().map(|interface| interface.ip()).filter(usable).collect();
    found.sort();
    found.dedup();
    found.truncate(ADDRESSES_MAX - 1);
    found.push(Ipv4Addr::LOCALHOST.into());
    Ok(found)
}
