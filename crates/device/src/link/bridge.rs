//! What goes on in a link: the server opens streams in it, each to one service of the camera.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, BufReader, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _};

use super::LinkError;
use super::message::is_release;

/// Streams at a time: a server has one for each thing that it records, shows or asks, and never as many as this.
const STREAMS_MAX: usize = 32;
/// Streams that the multiplexer knows, the closing ones among them. More of them are the end of the link.
const STREAMS_KNOWN_MAX: usize = 2 * STREAMS_MAX;
/// Bytes that a stream's other side may send before they are read (yamux, "window").
const WINDOW_BYTES: usize = 256 * 1024;
/// Until a stream says which service it is for.
const SERVICE_TIME_MAX: Duration = Duration::from_secs(5);
const CONTROL_LINE_BYTES_MAX: u64 = 4096;

const CONTROL: u8 = 0;
const RTSP: u8 = 1;
const HTTP: u8 = 2;

/// Where the camera's own services are to be reached from this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Services {
    pub(crate) rtsp: SocketAddr,
    pub(crate) onvif: Option<SocketAddr>,
}

type Stream = Compat<yamux::Stream>;

/// Serves a link until it is cut: `Released` where its owner let the camera go, else the reason.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, services: Services) -> LinkError {
    let mut config = yamux::Config::default();
    config.set_max_num_streams(STREAMS_KNOWN_MAX);
    config.set_max_connection_receive_window(Some(STREAMS_KNOWN_MAX * WINDOW_BYTES));
    let mut link = yamux::Connection::new(stream.compat(), config, yamux::Mode::Server);
    let places = Arc::new(Semaphore::new(STREAMS_MAX));
    let (release, mut released) = mpsc::channel(1);
    // Dropped with the link, and each bridge with it.
    let mut bridges = JoinSet::new();
    let ended = loop {
        tokio::select! {
            opened = poll_fn(|cx| link.poll_next_inbound(cx)) => match opened {
                Some(Ok(stream)) => {
                    // One too many is reset.
                    let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                    let release = release.clone();
                    bridges.spawn(async move {
                        bridge(stream.compat(), services, release).await;
                        drop(place);
                    });
                }
                Some(Err(error)) => break LinkError::Lost(error.to_string()),
                None => break LinkError::Lost("the server closed it".into()),
            },
            Some(()) = released.recv() => break LinkError::Released,
            Some(_) = bridges.join_next(), if !bridges.is_empty() => {}
        }
    };
    // A server that let the camera go may have closed the link before the word of it came here.
    if released.try_recv().is_ok() { LinkError::Released } else { ended }
}

async fn bridge(mut stream: Stream, services: Services, release: mpsc::Sender<()>) {
    let Ok(Ok(service)) = timeout(SERVICE_TIME_MAX, stream.read_u8()).await else { return };
    let service = match service {
        CONTROL => return control(stream, release).await,
        RTSP => Some(services.rtsp),
        HTTP => services.onvif,
        _ => None,
    };
    let Some(address) = service else { return };
    let Ok(mut socket) = TcpStream::connect(address).await else { return };
    let _ = socket.set_nodelay(true);
    // How it ends is known to both ends of it.
    let _ = copy_bidirectional(&mut stream, &mut socket).await;
}

async fn control(stream: Stream, release: mpsc::Sender<()>) {
    let mut lines = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut lines).take(CONTROL_LINE_BYTES_MAX).read_until(b'\n', &mut line).await;
        if !read.is_ok_and(|length| length > 0) || !line.ends_with(b"\n") {
            return;
        }
        if is_release(&line) {
            let _ = release.send(()).await;
        }
    }
}

#[cfg(test)]
#[path = "bridge_tests.rs"]
mod tests;
