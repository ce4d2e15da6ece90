//! What a camera sends by RTSP: answers, session descriptions, RTP and RTCP. Pure, bounded, fuzzed; read where it lies.

mod description;
mod order;
mod packet;
mod pictures;
mod sound;

use bytes::Bytes;
use domain::limits::SDP_BYTES_MAX;

pub use self::description::{Control, Description, Media, describe};
pub use self::order::{Order, Place};
pub use self::packet::{Packet, SenderReport, is_farewell, packet, sender_report};
pub use self::pictures::{Assembler, Unit};
pub use self::sound::{Frame, Frames};

/// Status line and headers of an answer. Real ones stay under 1 KiB.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Headers of an answer.
const HEADERS_MAX: usize = 64;

/// Before the data of an interleaved frame: `$`, the channel, the length.
const FRAME_HEAD_BYTES: usize = 4;

/// Bytes of the longest message.
pub const MESSAGE_BYTES_MAX: usize = HEAD_BYTES_MAX + SDP_BYTES_MAX;

/// Why what a camera sends cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Neither an answer nor a frame.
    #[error("its answer is no RTSP")]
    NotRtsp,
    /// An answer or a picture beyond its bound.
    #[error("it sends more than there can be")]
    TooLarge,
    /// Parameter sets beyond their bound.
    #[error("its parameter sets are larger than there can be")]
    ParameterSets,
    /// A session description that is none.
    #[error("its description of the stream cannot be read")]
    Description,
    /// Packets that do not make up NAL units or frames of sound.
    #[error("its packets make no sense")]
    Packets,
}

/// One thing that a camera sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// An answer.
    Response(Response),
    /// An interleaved frame (RFC 2326, section 10.12).
    Frame {
        /// The channel.
        channel: u8,
        /// What stood in the frame.
        data: &'a [u8],
    },
    /// Empty lines, or a question of the camera's: none needs an answer.
    Other,
}

/// Names and values.
pub type Headers = Vec<(String, String)>;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names in lower case, values trimmed; in the order sent.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// A header's first value, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// A parameter of the transport that a camera chose (RFC 2326, section 12.39).
    #[must_use]
    pub fn transport(&self, name: &str) -> Option<&str> {
        let mut parts = self.header("transport")?.split(';').filter_map(|part| part.trim().split_once('='));
        parts.find(|(known, _)| *known == name).map(|(_, value)| value.trim())
    }

    /// A header's values, by its name in lower case.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The first message in `bytes`, and its length; `None` where it is not whole yet, which is less than [`MESSAGE_BYTES_MAX`].
///
/// # Errors
/// [`WireError::NotRtsp`], [`WireError::TooLarge`]: the connection is of no use.
pub fn cut(bytes: &[u8]) -> Result<Option<(Message<'_>, usize)>, WireError> {
    match bytes {
        [] => Ok(None),
        [b'$', rest @ ..] => Ok(frame(rest)),
        // RFC 2326, section 4.2: empty lines before a message are passed over.
        [b'\r' | b'\n', ..] => {
            let empty = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            Ok(Some((Message::Other, empty)))
        }
        _ => text(bytes),
    }
}

fn frame(rest: &[u8]) -> Option<(Message<'_>, usize)> {
    let (&[channel, high, low], rest) = rest.split_first_chunk()?;
    let data = rest.get(..usize::from(u16::from_be_bytes([high, low])))?;
    Some((Message::Frame { channel, data }, FRAME_HEAD_BYTES + data.len()))
}

fn text(bytes: &[u8]) -> Result<Option<(Message<'_>, usize)>, WireError> {
    let Some(end) = head_length(&bytes[..bytes.len().min(HEAD_BYTES_MAX)]) else {
        return if bytes.len() < HEAD_BYTES_MAX { Ok(None) } else { Err(WireError::NotRtsp) };
    };
    let (status, headers) = head(&bytes[..end]).ok_or(WireError::NotRtsp)?;
    let mut response = Response { status: status.unwrap_or(0), headers, body: Bytes::new() };
    let length: usize = match response.header("content-length") {
        None => 0,
        Some(text) => text.parse().map_err(|_| WireError::NotRtsp)?,
    };
    if length > SDP_BYTES_MAX {
        return Err(WireError::TooLarge);
    }
    let Some(body) = bytes.get(end..end + length) else { return Ok(None) };
    response.body = Bytes::copy_from_slice(body);
    let message = if status.is_some() { Message::Response(response) } else { Message::Other };
    Ok(Some((message, end + length)))
}

/// Length of a head with the empty line that ends it. Some cameras end lines without a carriage return.
fn head_length(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match bytes.get(at + 1..)? {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

/// Status, where it is an answer and no question, and headers.
fn head(bytes: &[u8]) -> Option<(Option<u16>, Headers)> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let mut words = lines.next()?.split(' ');
    let status = match words.next()? {
        version if version.starts_with("RTSP/1.") => Some(words.next()?.parse().ok().filter(|s| (100..1000).contains(s))?),
        _ => words.next_back().filter(|last| last.starts_with("RTSP/1.")).map(|_| None)?,
    };
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
#[path = "wire_tests.rs"]
mod tests;
