//! What keeps one link going: a yamux connection (client side: we alone open streams) that is polled until it ends.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};
use yamux::{Config, Connection, Mode, Stream};

/// Streams that yamux counts: twice ours, because one that ended goes only once the camera has heard of it.
const COUNTED_MAX: usize = 64;

/// Bytes that a link may have under way to us: each stream's 256 KiB, and as much again for those that are far away.
const WINDOW_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How often a silent link is looked at; yamux then asks the camera for a sign of life, every 10 s.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// A link on which nothing came for so long is dead: three questions went unanswered. TCP's own keepalive is quicker, and says
/// nothing where a proxy stands between.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A connection and when something last came by it. Clones are one.
pub(super) struct Socket<T>(Arc<Mutex<Heard<T>>>);

struct Heard<T> {
    inner: T,
    last: Instant,
}

impl<T> Clone for Socket<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Socket<T> {
    pub(super) fn new(inner: T) -> Self {
        Self(Arc::new(Mutex::new(Heard { inner, last: Instant::now() })))
    }

    fn silence(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last.elapsed()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Socket<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = Pin::new(&mut heard.inner).poll_read(cx, buf);
        if done.is_ready() {
            heard.last = Instant::now();
        }
        done
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Socket<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).inner).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).inner).poll_shutdown(cx)
    }
}

/// The link's streams over `socket`.
pub(super) fn connection<T: AsyncRead + AsyncWrite + Unpin>(socket: Socket<T>) -> Connection<Compat<Socket<T>>> {
    let mut config = Config::default();
    config.set_max_num_streams(COUNTED_MAX).set_max_connection_receive_window(Some(WINDOW_BYTES_MAX));
    Connection::new(socket.compat(), config, Mode::Client)
}

/// Opens what is ordered and moves bytes, until the camera is gone or silent, or nobody can order any more.
pub(super) async fn run<T: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut Connection<Compat<Socket<T>>>,
    socket: &Socket<T>,
    mut ordered: mpsc::Receiver<oneshot::Sender<Stream>>,
) {
    let mut waiting = VecDeque::new();
    let mut looks = interval(LOOK_INTERVAL);
    let ended = poll_fn(|cx| {
        while looks.poll_tick(cx).is_ready() {
            if socket.silence() >= SILENCE_MAX {
                return Poll::Ready(());
            }
        }
        loop {
            match ordered.poll_recv(cx) {
                Poll::Ready(Some(order)) => waiting.push_back(order),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        while !waiting.is_empty() {
            match connection.poll_new_outbound(cx) {
                // One that nobody waits for any more is dropped, which ends it.
                Poll::Ready(Ok(stream)) => drop(waiting.pop_front().map(|order| order.send(stream))),
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        loop {
            match connection.poll_next_inbound(cx) {
                // A camera opens none; one that does is not listened to.
                Poll::Ready(Some(Ok(stream))) => drop(stream),
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    });
    ended.await;
}
