//! Bytes to RTSP requests: strict, bounded, never panics.

use bytes::{Buf, Bytes, BytesMut};

/// Request line and headers together. Real ones stay under 1 KiB.
pub const HEAD_BYTES_MAX: usize = 8 * 1024;

/// A request's body: `SET_PARAMETER` and the like. Real ones are a line or two.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Headers of one request. Real ones have fewer than ten.
pub const HEADERS_MAX: usize = 64;

/// Bytes that may wait in the parser: one whole message, and as much that came with it.
const BUFFER_BYTES_MAX: usize = 2 * (HEAD_BYTES_MAX + BODY_BYTES_MAX);

/// Why a connection cannot go on: after any of these, where the next message starts is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Request line and headers exceed [`HEAD_BYTES_MAX`] or [`HEADERS_MAX`].
    #[error("request head too large")]
    HeadTooLarge,
    /// The body exceeds [`BODY_BYTES_MAX`].
    #[error("request body too large")]
    BodyTooLarge,
    /// More was pushed than may wait.
    #[error("too many unread bytes")]
    Overrun,
    /// The first line is not `METHOD uri RTSP/x.y`.
    #[error("not an RTSP request line")]
    BadRequestLine,
    /// The version is not RTSP/1.0.
    #[error("RTSP version not supported")]
    BadVersion,
    /// A header line is not `Name: value`.
    #[error("malformed header")]
    BadHeader,
    /// `Content-Length` is not a number.
    #[error("malformed Content-Length")]
    BadLength,
}

/// One thing that the client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A request.
    Request(Request),
    /// An interleaved frame (RFC 2326 10.12): RTCP of a client that plays over TCP.
    Interleaved {
        /// The channel.
        channel: u8,
        /// What stood in the frame.
        data: Bytes,
    },
}

/// A request as it came; nothing is interpreted but its frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, as spelled: methods are case-sensitive.
    pub method: String,
    /// The request URI, or `*`.
    pub uri: String,
    /// Names in lower case, values trimmed; in the order sent.
    pub headers: Vec<(String, String)>,
    /// The body; empty where there is none.
    pub body: Bytes,
}

impl Request {
    /// The first header of that name (given in lower case).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The sequence number (RFC 2326 12.17), where it is one.
    #[must_use]
    pub fn cseq(&self) -> Option<u32> {
        number(self.header("cseq")?)
    }
}

/// Digits only: `str::parse` alone would also take a sign.
pub(super) fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Cuts a connection's bytes into requests and interleaved frames.
#[derive(Debug, Default)]
pub struct Parser {
    buffer: BytesMut,
    /// Bytes already searched for the end of the head, so that a trickle costs linear time.
    searched: usize,
    /// Bytes of the request whose head was read but whose body is not there yet.
    awaited: usize,
}

impl Parser {
    /// Adds what arrived.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        if self.buffer.len() + bytes.len() > BUFFER_BYTES_MAX {
            return Err(WireError::Overrun);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next message, or `None` until more arrives. After an error the connection is to be closed.
    pub fn poll(&mut self) -> Result<Option<Incoming>, WireError> {
        if self.buffer.len() < self.awaited {
            return Ok(None);
        }
        // RFC 2326 4.2: empty lines before a request are ignored.
        while self.searched == 0 && matches!(self.buffer.first(), Some(b'\r' | b'\n')) {
            self.buffer.advance(1);
        }
        if self.buffer.first() == Some(&b'$') {
            return Ok(self.interleaved());
        }
        let Some(head_length) = self.head_length()? else { return Ok(None) };
        let (mut request, body_length) = head(&self.buffer[..head_length])?;
        if self.buffer.len() < head_length + body_length {
            self.awaited = head_length + body_length;
            return Ok(None);
        }
        (self.searched, self.awaited) = (0, 0);
        self.buffer.advance(head_length);
        request.body = self.buffer.split_to(body_length).freeze();
        Ok(Some(Incoming::Request(request)))
    }

    fn interleaved(&mut self) -> Option<Incoming> {
        let head: [u8; 4] = self.buffer.get(..4)?.try_into().ok()?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        if self.buffer.len() < 4 + length {
            return None;
        }
        self.buffer.advance(4);
        Some(Incoming::Interleaved { channel: head[1], data: self.buffer.split_to(length).freeze() })
    }

    /// Length of request line and headers with the empty line that ends them.
    fn head_length(&mut self) -> Result<Option<usize>, WireError> {
        let from = self.searched;
        let end = self.buffer[from..].windows(2).enumerate().find_map(|(i, two)| {
            let at = from + i;
            match two {
                b"\n\n" => Some(at + 2),
                b"\n\r" if self.buffer.get(at + 2) == Some(&b'\n') => Some(at + 3),
                _ => None,
            }
        });
        match end {
            Some(end) if end > HEAD_BYTES_MAX => Err(WireError::HeadTooLarge),
            Some(end) => Ok(Some(end)),
            None if self.buffer.len() > HEAD_BYTES_MAX => Err(WireError::HeadTooLarge),
            None => {
                self.searched = self.buffer.len().saturating_sub(2);
                Ok(None)
            }
        }
    }
}

/// Request line and headers; also the length of the body to come.
fn head(bytes: &[u8]) -> Result<(Request, usize), WireError> {
    let text = std::str::from_utf8(bytes).map_err(|_| WireError::BadHeader)?;
    let mut lines = text.lines();
    let (method, uri) = request_line(lines.next().unwrap_or_default())?;
    let mut headers = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        if headers.len() == HEADERS_MAX {
            return Err(WireError::HeadTooLarge);
        }
        let (name, value) = line.split_once(':').ok_or(WireError::BadHeader)?;
        if name.is_empty() || !name.bytes().all(is_token) || value.bytes().any(|b| b.is_ascii_control() && b != b'\t') {
            return Err(WireError::BadHeader);
        }
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let request = Request { method: method.to_owned(), uri: uri.to_owned(), headers, body: Bytes::new() };
    let length = match request.header("content-length") {
        None => 0,
        Some(text) => number(text).ok_or(WireError::BadLength)?,
    };
    if length > BODY_BYTES_MAX {
        return Err(WireError::BodyTooLarge);
    }
    Ok((request, length))
}

fn request_line(line: &str) -> Result<(&str, &str), WireError> {
    let mut words = line.split(' ');
    let (Some(method), Some(uri), Some(version), None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Err(WireError::BadRequestLine);
    };
    let printable = !uri.is_empty() && uri.bytes().all(|b| b.is_ascii_graphic());
    if method.is_empty() || !method.bytes().all(is_token) || !printable || !version.starts_with("RTSP/") {
        return Err(WireError::BadRequestLine);
    }
    if version != "RTSP/1.0" {
        return Err(WireError::BadVersion);
    }
    Ok((method, uri))
}

/// RFC 2068 2.2 `token`.
fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
