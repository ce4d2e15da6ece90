//! The pair of UDP ports that all players over UDP share.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use domain::{Clock, Mono};
use media::rtsp::UdpPort;
use tokio::net::UdpSocket;

/// Attempts to find an even port whose next one is free too (RFC 3550 11).
const PAIR_TRIES: usize = 32;

/// Players whose reports are remembered; beyond that, they keep alive over RTSP as all may.
const PEERS_MAX: usize = 256;

/// Largest datagram that is read: a report.
const REPORT_BYTES_MAX: usize = 1500;

/// Two bound sockets, and who was heard from.
#[derive(Debug)]
pub(super) struct UdpPair {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    heard: Mutex<HashMap<IpAddr, Mono>>,
    clock: Arc<dyn Clock>,
}

impl UdpPair {
    pub(super) async fn bind(ip: IpAddr, clock: Arc<dyn Clock>) -> io::Result<Self> {
        for _ in 0..PAIR_TRIES {
            let rtp = UdpSocket::bind(SocketAddr::new(ip, 0)).await?;
            let port = rtp.local_addr()?.port();
            if port % 2 == 0
                && let Ok(rtcp) = UdpSocket::bind(SocketAddr::new(ip, port + 1)).await
            {
                return Ok(Self { rtp, rtcp, heard: Mutex::default(), clock });
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    /// The ports: RTP, RTCP.
    pub(super) fn ports(&self) -> Option<(u16, u16)> {
        Some((self.rtp.local_addr().ok()?.port(), self.rtcp.local_addr().ok()?.port()))
    }

    /// Sends; what the network does not take at once is lost, as it may be.
    pub(super) fn send(&self, from: UdpPort, to: SocketAddr, bytes: &Bytes) {
        let socket = match from {
            UdpPort::Rtp => &self.rtp,
            UdpPort::Rtcp => &self.rtcp,
        };
        if let Err(error) = socket.try_send_to(bytes, to) {
            tracing::trace!(%error, "a datagram was not sent");
        }
    }

    /// Takes players' reports, for ever.
    pub(super) async fn listen(&self) {
        let mut report = vec![0; REPORT_BYTES_MAX];
        loop {
            // Errors are those of earlier datagrams that nobody took.
            let Ok((_, from)) = self.rtcp.recv_from(&mut report).await else { continue };
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            if heard.len() < PEERS_MAX || heard.contains_key(&from.ip()) {
                heard.insert(from.ip(), self.clock.mono());
            }
        }
    }

    /// When a player's address last reported.
    pub(super) fn last_heard(&self, ip: IpAddr) -> Option<Mono> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).get(&ip).copied()
    }
}
