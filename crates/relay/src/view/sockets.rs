//! One UDP socket a local address, shared by all viewers.

use std::future::poll_fn;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::task::Poll;
use std::time::{Duration, Instant};

use domain::{Error, Kind, Result};
use media::live::whep::Datagrams;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Addresses offered to browsers, which check each against each of theirs.
const ADDRESSES_MAX: usize = 16;

/// The interfaces are looked at again before an answer, at most this often: addresses come and go with the network.
const RESCAN: Duration = Duration::from_secs(5);

/// Datagrams of one sender that the system hands over as one ("generic receive offload") have at most this many bytes together.
const RECEIVED_BYTES_MAX: usize = 1 << 16;

/// Buffers of one read. Viewers send little: reports and signs of life.
const BUFFERS: usize = if BATCH_SIZE < 8 { BATCH_SIZE } else { 8 };

/// Asked of the system for each socket, which may give less: a picture for each of several hundred viewers.
const SEND_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// A full send buffer empties at the speed of the line; a packet that waits longer is left to the viewer's NACK.
const SEND_TIME_MAX: Duration = Duration::from_millis(20);

#[derive(Debug)]
struct Socket {
    /// The concrete address: where a datagram arrived must be known, and `0.0.0.0` would not tell.
    address: SocketAddr,
    /// Watched for datagrams alone: a socket watched for room to send as well wakes a thread after every send.
    io: AsyncFd<UdpSocket>,
    state: UdpSocketState,
}

impl Socket {
    async fn send(&self, to: SocketAddr, bytes: &[u8], segment: usize) -> io::Result<()> {
        let transmit = Transmit { destination: to, ecn: None, contents: bytes, segment_size: Some(segment), src_ip: None };
        let send = || self.state.try_send(self.io.get_ref().into(), &transmit);
        match send() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                let room = watched(self.io.get_ref().try_clone()?, Interest::WRITABLE)?;
                let send = room.async_io(Interest::WRITABLE, |_| send());
                tokio::time::timeout(SEND_TIME_MAX, send).await.unwrap_or(Err(error))
            }
            result => result,
        }
    }
}

/// What one read brought.
pub(super) struct Inbox {
    /// [`BUFFERS`] of [`RECEIVED_BYTES_MAX`] each.
    bytes: Vec<u8>,
    meta: [RecvMeta; BUFFERS],
    filled: usize,
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; BUFFERS * RECEIVED_BYTES_MAX], meta: [RecvMeta::default(); BUFFERS], filled: 0 }
    }

    /// The datagrams, and where each came from.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        let read = self.meta.iter().zip(self.bytes.chunks(RECEIVED_BYTES_MAX)).take(self.filled);
        read.flat_map(|(meta, bytes)| {
            bytes[..meta.len.min(bytes.len())].chunks(meta.stride.max(1)).map(|datagram| (meta.addr, datagram))
        })
    }
}

/// The sockets of one engine.
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
        let ready = |cx: &mut std::task::Context<'_>| self.sockets.iter().position(|s| s.io.poll_read_ready(cx).is_ready());
        poll_fn(|cx| ready(cx).map_or(Poll::Pending, Poll::Ready)).await
    }

    /// Reads what a socket has, as far as it fits. Returns the local address at which it arrived; `None` if there is nothing.
    pub(super) fn receive(&self, number: usize, inbox: &mut Inbox) -> Option<SocketAddr> {
        let socket = self.sockets.get(number)?;
        let mut chunks = inbox.bytes.chunks_mut(RECEIVED_BYTES_MAX);
        let mut buffers: [_; BUFFERS] = std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
        let receive = |io: &UdpSocket| socket.state.recv(io.into(), &mut buffers, &mut inbox.meta);
        match socket.io.try_io(Interest::READABLE, receive) {
            Ok(filled) => {
                inbox.filled = filled;
                Some(socket.address)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::WouldBlock {
                    tracing::debug!(%error, address = %socket.address, "a datagram could not be read");
                }
                None
            }
        }
    }

    /// Sends datagrams from the local address that `send` names: in one system call, where the system can cut them apart again
    /// ("generic segmentation offload"), else one by one.
    pub(super) async fn send(&self, send: Datagrams, bytes: &[u8]) {
        let Some(socket) = self.socket(send.from) else { return };
        let most = send.segment.saturating_mul(socket.state.max_gso_segments().max(1)).max(1);
        for bytes in bytes.chunks(most) {
            if let Err(error) = socket.send(send.to, bytes, send.segment).await {
                let (from, to) = (send.from, send.to);
                tracing::debug!(%error, %from, %to, "datagrams could not be sent");
            }
        }
    }

    fn socket(&self, address: SocketAddr) -> Option<&Socket> {
        self.sockets.iter().find(|socket| socket.address == address)
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
    let io = UdpSocket::bind(address)?;
    io.set_nonblocking(true)?;
    let state = UdpSocketState::new((&io).into())?;
    if let Err(error) = state.set_send_buffer_size((&io).into(), SEND_BUFFER_BYTES) {
        tracing::debug!(%error, %address, "the send buffer keeps its size");
    }
    Ok(Socket { address: io.local_addr()?, io: watched(io, Interest::READABLE)?, state })
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for types that may lose their descriptor; a socket owns it until it is dropped"
)]
fn watched(io: UdpSocket, interest: Interest) -> io::Result<AsyncFd<UdpSocket>> {
    AsyncFd::with_interest(io, interest)
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
