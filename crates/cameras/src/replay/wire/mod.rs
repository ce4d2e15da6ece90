//! What a camera sends while it replays: RTSP answers, a session description, RTP with its extension. Pure, bounded, fuzzed.

mod description;
mod rtp;
mod units;

use bytes::{Buf, Bytes, BytesMut};
use domain::limits::SDP_BYTES_MAX;

pub use self::description::{Description, describe};
pub use self::rtp::{Packet, is_farewell, packet};
pub use self::units::{Assembler, Unit};

/// Status line and headers of an answer. Real ones stay under 1 KiB.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Headers of an answer.
const HEADERS_MAX: usize = 64;

/// Bytes that may wait: one whole answer, one interleaved frame, and as much as is read at once.
const BUFFER_BYTES_MAX: usize = HEAD_BYTES_MAX + SDP_BYTES_MAX + 2 * 64 * 1024;

/// Why what a camera sends cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Neither an answer nor a frame.
    #[error("its answer is no RTSP")]
    NotRtsp,
    /// An answer, a picture or a parameter set beyond its bound.
    #[error("it sends more than there can be")]
    TooLarge,
    /// No H.264 or H.265 in the description.
    #[error("it describes no picture that is understood")]
    NoVideo,
    /// Packets that do not make up NAL units.
    #[error("its packets make no sense")]
    Packets,
    /// Pictures without the time at which they were taken.
    #[error("it does not say when its pictures were taken")]
    NoTime,
}

/// One thing that a camera sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// An answer.
    Response(Response),
    /// An interleaved frame (RFC 2326, section 10.12).
    Interleaved {
        /// The channel.
        channel: u8,
        /// What stood in the frame.
        data: Bytes,
    },
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names in lower case, values trimmed; in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// A header's first value, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Cuts a connection's bytes into answers and frames.
#[derive(Debug, Default)]
pub struct Parser {
    buffer: BytesMut,
    /// Bytes already searched for the end of a head.
    searched: usize,
}

impl Parser {
    /// Adds what arrived.
    ///
    /// # Errors
    /// [`WireError::TooLarge`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES_MAX {
            return Err(WireError::TooLarge);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole message. After an error the connection is of no use.
    ///
    /// # Errors
    /// [`WireError::NotRtsp`], [`WireError::TooLarge`].
    pub fn poll(&mut self) -> Result<Option<Incoming>, WireError> {
        while self.searched == 0 && matches!(self.buffer.first(), Some(b'\r' | b'\n')) {
            self.buffer.advance(1);
        }
        match self.buffer.first() {
            None => Ok(None),
            Some(b'$') => Ok(self.frame()),
            Some(_) => self.response(),
        }
    }

    fn frame(&mut self) -> Option<Incoming> {
        let &[_, channel, high, low] = self.buffer.first_chunk()?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if self.buffer.len() < 4 + length {
            return None;
        }
        self.buffer.advance(4);
        Some(Incoming::Interleaved { channel, data: self.buffer.split_to(length).freeze() })
    }

    fn response(&mut self) -> Result<Option<Incoming>, WireError> {
        let from = self.searched.saturating_sub(3);
        let end = self.buffer[from..].windows(4).position(|four| four == b"\r\n\r\n").map(|at| from + at + 4);
        let Some(end) = end else {
            self.searched = self.buffer.len();
            return if self.buffer.len() > HEAD_BYTES_MAX { Err(WireError::TooLarge) } else { Ok(None) };
        };
        if end > HEAD_BYTES_MAX {
            return Err(WireError::TooLarge);
        }
        let (status, headers) = head(&self.buffer[..end]).ok_or(WireError::NotRtsp)?;
        let mut response = Response { status, headers, body: Bytes::new() };
        let length: usize = match response.header("content-length") {
            None => 0,
            Some(text) => text.parse().map_err(|_| WireError::NotRtsp)?,
        };
        if length > SDP_BYTES_MAX {
            return Err(WireError::TooLarge);
        }
        if self.buffer.len() < end + length {
            return Ok(None);
        }
        self.searched = 0;
        self.buffer.advance(end);
        response.body = self.buffer.split_to(length).freeze();
        Ok(Some(Incoming::Response(response)))
    }
}

fn head(bytes: &[u8]) -> Option<(u16, Vec<(String, String)>)> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let mut words = lines.next()?.split(' ');
    if !words.next()?.starts_with("RTSP/1.") {
        return None;
    }
    let status = words.next()?.parse().ok().filter(|status| (100..1000).contains(status))?;
    let mut headers = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        if headers.len() == HEADERS_MAX {
            return None;
        }
        headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some((status, headers))
}

#[cfg(test)]
#[path = "../wire_tests.rs"]
mod tests;
