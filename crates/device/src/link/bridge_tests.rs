use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;

use super::*;

const LINE: &[u8] = b"\0{\"release\":true}\n";

/// yamux: of the second flags byte of a frame's header.
const FIN: u8 = 4;

/// A server that lets the camera go in one frame, and closes the link as soon as its stream was closed.
struct Hasty {
    says: Vec<u8>,
    heard: bool,
}

impl Hasty {
    fn new() -> Self {
        let length = u32::try_from(LINE.len()).unwrap().to_be_bytes();
        // Version 0, data, SYN and FIN, stream 1.
        let header = [&[0, 0, 0, 1 | FIN, 0, 0, 0, 1], &length[..]].concat();
        Self { says: [&header, LINE].concat(), heard: false }
    }
}

impl AsyncRead for Hasty {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.says.is_empty() && !self.heard {
            // Polled again once the camera has something to send.
            return Poll::Pending;
        }
        let length = buf.remaining().min(self.says.len());
        buf.put_slice(&self.says[..length]);
        self.says.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Hasty {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, frame: &[u8]) -> Poll<io::Result<usize>> {
        self.heard |= frame.get(3).is_some_and(|flags| flags & FIN != 0);
        Poll::Ready(Ok(frame.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_camera_that_was_let_go_knows_it_although_the_link_closed_at_once() {
    let services = Services { rtsp: SocketAddr::from(([127, 0, 0, 1], 9)), onvif: None };
    // Which of the two is looked at first is left to chance.
    for _ in 0..32 {
        let ended = timeout(Duration::from_secs(30), serve(Hasty::new(), services)).await.unwrap();
        assert!(matches!(ended, LinkError::Released), "{ended}");
    }
}
