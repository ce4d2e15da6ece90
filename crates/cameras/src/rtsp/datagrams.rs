//! The sockets of a track that travels in datagrams.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};

use socket2::SockRef;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

/// Tries to find two free ports side by side, the first of them even (RFC 3550, section 11).
const TRIES_MAX: usize = 32;

/// What the system may keep of a track until it is read: a key picture. The system may allow less.
const RECEIVE_BYTES: usize = 1024 * 1024;

/// An empty packet of RTP and an empty report, which let in what comes the other way where a firewall stands between.
const HELLO: ([u8; 12], [u8; 8]) = ([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0x80, 201, 0, 1, 0, 0, 0, 0]);

/// Sockets for RTP and RTCP.
#[derive(Debug)]
pub(super) struct Datagrams {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    port: u16,
}

impl Datagrams {
    /// Binds both on `local`.
    pub(super) async fn bind(local: IpAddr) -> io::Result<Self> {
        // Kept until the end, so that the system gives others.
        let mut refused = Vec::new();
        for _ in 0..TRIES_MAX {
            let rtp = UdpSocket::bind((local, 0)).await?;
            let port = rtp.local_addr()?.port();
            if port % 2 == 0
                && let Ok(rtcp) = UdpSocket::bind((local, port + 1)).await
            {
                let _ = SockRef::from(&rtp).set_recv_buffer_size(RECEIVE_BYTES);
                return Ok(Self { rtp, rtcp, port });
            }
            refused.push(rtp);
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    /// The port of RTP; that of RTCP is the next.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// From now on only what comes from there is taken.
    pub(super) async fn connect(&self, address: IpAddr, ports: (u16, u16)) -> io::Result<()> {
        self.rtp.connect(SocketAddr::new(address, ports.0)).await?;
        self.rtcp.connect(SocketAddr::new(address, ports.1)).await?;
        // Lost, like any other.
        let _ = (self.rtp.send(&HELLO.0).await, self.rtcp.send(&HELLO.1).await);
        Ok(())
    }

    /// The next datagram, and whether it is RTCP.
    pub(super) fn poll_receive<'a>(&self, cx: &mut Context<'_>, memory: &'a mut [u8]) -> Poll<(bool, &'a [u8])> {
        let mut into = ReadBuf::new(memory);
        for (is_rtcp, socket) in [(false, &self.rtp), (true, &self.rtcp)] {
            match socket.poll_recv(cx, &mut into) {
                Poll::Ready(Ok(())) => {
                    let length = into.filled().len();
                    return Poll::Ready((is_rtcp, &memory[..length]));
                }
                // Nobody listens there to the greeting, says the other side: no reason to stop.
                Poll::Ready(Err(_)) => cx.waker().wake_by_ref(),
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }
}
