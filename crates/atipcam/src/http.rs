//! The listener of app and API: plain on loopback, TLS elsewhere; bounded in connections and in patience.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use api::Conduit;
use axum::middleware::AddExtension;
use axum::{Extension, Router};
use axum_server::Handle;
use axum_server::accept::{Accept, NoDelayAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Layer as _;

/// Connections at a time: a hundred browsers with all that they open. Each costs a few ten KiB at worst.
const CONNECTIONS_MAX: usize = 1024;

/// How long the head of a request may take. Who is slower holds a place on purpose.
const HEAD_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// Bytes of a request's head that are buffered; ours are under 4 KiB.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Streams of one HTTP/2 connection, so that one cannot do the work of a hundred.
const H2_STREAMS_MAX: u32 = 128;

/// A link that is silent for so long is asked for a sign of life,
const IDLE: Duration = Duration::from_secs(5);
/// so often,
const PROBE_INTERVAL: Duration = Duration::from_secs(2);
/// and so many times.
const PROBES: u32 = 3;
/// What was sent by a link and is not acknowledged by then never will be.
const DEAD_AFTER: Duration = Duration::from_secs(10);

/// Serves until `handle` shuts down.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    handle: Handle<SocketAddr>,
) -> io::Result<()> {
    let mut server = axum_server::from_tcp(listener)?.handle(handle).first_request_timeout(HEAD_TIME_MAX);
    server.http_builder().http1().header_read_timeout(HEAD_TIME_MAX).max_buf_size(HEAD_BYTES_MAX);
    let http2 = &mut server.http_builder().http2();
    http2.max_concurrent_streams(H2_STREAMS_MAX).keep_alive_interval(Duration::from_secs(30));
    http2.max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX));
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let bounded = Bounded { places: Arc::new(Semaphore::new(CONNECTIONS_MAX)) };
    match tls {
        Some(config) => {
            let tls = RustlsAcceptor::new(config).handshake_timeout(HANDSHAKE_TIME_MAX);
            server.acceptor(tls.acceptor(bounded)).serve(service).await
        }
        None => server.acceptor(bounded).serve(service).await,
    }
}

/// Closes what comes when all places are taken, instead of letting it wait and everybody else with it.
#[derive(Debug, Clone)]
struct Bounded {
    places: Arc<Semaphore>,
}

impl<S: Send + 'static> Accept<TcpStream, S> for Bounded {
    type Stream = Placed;
    type Service = AddExtension<S, Conduit>;
    type Future = std::future::Ready<io::Result<(Placed, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let placed = || {
            let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| io::Error::other("all places are taken"))?;
            let (stream, service) = NoDelayAcceptor::new().accept(stream, service).into_inner()?;
            let conduit = Conduit::default();
            let service = Extension(conduit.clone()).layer(service);
            Ok((Placed { stream, conduit, _place: place }, service))
        };
        let placed = placed();
        if placed.is_err() {
            tracing::warn!(max = CONNECTIONS_MAX, "a connection was closed at once: all places are taken");
        }
        std::future::ready(placed)
    }
}

/// A connection and its place, which is free again when it ends: also as a WebSocket.
#[derive(Debug)]
struct Placed {
    stream: TcpStream,
    conduit: Conduit,
    _place: OwnedSemaphorePermit,
}

impl Placed {
    /// Does what a route wished of this connection. Of a link alone: a phone in a pocket must not be woken every few seconds.
    fn tune(&self) {
        if self.conduit.is_to_keep_alive()
            && let Err(error) = keep_alive(&self.stream)
        {
            tracing::warn!(%error, "a link's end will be noticed late");
        }
    }
}

/// Notices within [`DEAD_AFTER`] that nobody is there any more, in silence and amid what is sent.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(IDLE).with_interval(PROBE_INTERVAL).with_retries(PROBES))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(DEAD_AFTER))?;
    Ok(())
}

impl AsyncRead for Placed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.tune();
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        (near.unwrap(), far.unwrap().0)
    }

    #[tokio::test]
    async fn a_place_is_free_again_when_its_connection_ends() {
        let bounded = Bounded { places: Arc::new(Semaphore::new(1)) };
        let accept = async |stream| bounded.accept(stream, ()).await;
        let first = accept(pair().await.1).await.unwrap();
        assert!(accept(pair().await.1).await.is_err());
        drop(first);
        assert!(accept(pair().await.1).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_dribbles_a_request_loses_the_place() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, None, Router::new(), Handle::new()));
        for head in ["", "G", "GET / HTTP/1.1\r\nHost: x\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /"] {
            let mut slow = TcpStream::connect(address).await.unwrap();
            let start = Instant::now();
            slow.write_all(head.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            let _ = slow.read_to_end(&mut answer).await;
            assert!(start.elapsed() <= HEAD_TIME_MAX * 2, "{head:?}");
        }
    }
}
