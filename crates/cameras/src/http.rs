//! HTTP/1.1 (RFC 9112) to a camera: one request a connection, every answer bounded in bytes and time, redirects not followed.
//!
//! The caller gives the address to connect to. The URL names what is asked for there, and never where that is.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

/// Bytes of an answer's head. Real ones stay under 2 KiB.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Header lines of an answer.
const HEADERS_MAX: usize = 64;

/// Digits and extensions of a chunk's length, with its line end.
const CHUNK_LINE_BYTES_MAX: usize = 128;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Host header, path and query.
    pub url: &'a Url,
    /// Further headers; none may hold a line end.
    pub headers: &'a [(&'static str, String)],
    /// The body.
    pub body: &'a [u8],
}

/// What an exchange may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the body.
    pub body_bytes_max: usize,
    /// Time to a connection.
    pub connect_time_max: Duration,
    /// Time of all that comes after.
    pub answer_time_max: Duration,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, chunks put together.
    pub body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection; the text of the operating system's error.
    #[error("no connection: {0}")]
    Connect(String),
    /// No connection in time.
    #[error("no answer to the connection in time")]
    ConnectTime,
    /// Connected, and no whole answer in time.
    #[error("no whole answer in time")]
    AnswerTime,
    /// The answer is larger than the limit, in bytes.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// The connection ended before the answer did.
    #[error("the connection ended early")]
    Closed,
    /// The answer is no HTTP.
    #[error("the answer is no HTTP")]
    NotHttp,
}

impl Response {
    /// A header's first value, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Asks `address`, and reads the whole answer.
///
/// # Errors
/// [`HttpError`], at the latest after both times of `limits`.
pub async fn exchange(address: SocketAddr, request: &Request<'_>, limits: Limits) -> Result<Response, HttpError> {
    let connected = timeout(limits.connect_time_max, TcpStream::connect(address)).await.map_err(|_| HttpError::ConnectTime)?;
    let socket = connected.map_err(|error| HttpError::Connect(error.to_string()))?;
    let _ = socket.set_nodelay(true);
    timeout(limits.answer_time_max, ask(socket, request, limits.body_bytes_max)).await.map_err(|_| HttpError::AnswerTime)?
}

async fn ask(mut socket: TcpStream, request: &Request<'_>, body_bytes_max: usize) -> Result<Response, HttpError> {
    socket.write_all(&written(request)).await.map_err(|_| HttpError::Closed)?;
    let mut reader = Reader { socket, bytes: Vec::new(), at_end: false };
    let mut head = reader.head().await?;
    // Interim answers (RFC 9110, section 15.2) announce the real one.
    for _ in 0..4 {
        if head.status >= 200 {
            break;
        }
        head = reader.head().await?;
    }
    let Head { status, headers } = head;
    let value = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let body = if matches!(status, 204 | 304) {
        Vec::new()
    } else if value("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked")) {
        reader.chunks(body_bytes_max).await?
    } else if let Some(length) = value("content-length") {
        let length: u64 = length.trim().parse().map_err(|_| HttpError::NotHttp)?;
        let length = usize::try_from(length).ok().filter(|n| *n <= body_bytes_max);
        reader.exactly(length.ok_or(HttpError::TooLarge(body_bytes_max))?).await?
    } else {
        reader.rest(body_bytes_max).await?
    };
    Ok(Response { status, headers, body })
}

fn written(request: &Request<'_>) -> Vec<u8> {
    let url = request.url;
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut text = format!("{} {}{query} HTTP/1.1\r\nHost: {host}{port}\r\n", request.method, url.path());
    text.push_str(concat!("User-Agent: atipcam/", env!("CARGO_PKG_VERSION"), "\r\nConnection: close\r\n"));
    for (name, value) in request.headers {
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", request.body.len()));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(request.body);
    bytes
}

#[derive(Debug)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

/// The head at the beginning of `bytes` and its length; `None` where it is not whole yet.
fn head(bytes: &[u8]) -> Result<Option<(Head, usize)>, HttpError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let mut config = httparse::ParserConfig::default();
    // Cameras break lines and put spaces where they like.
    config.allow_spaces_after_header_name_in_responses(true).allow_obsolete_multiline_headers_in_responses(true);
    match config.parse_response(&mut response, bytes) {
        Ok(httparse::Status::Complete(length)) => {
            let text = |value: &[u8]| String::from_utf8_lossy(value).trim().to_owned();
            let headers = response.headers.iter().map(|h| (h.name.to_ascii_lowercase(), text(h.value))).collect();
            Ok(Some((Head { status: response.code.ok_or(HttpError::NotHttp)?, headers }, length)))
        }
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(HttpError::NotHttp),
    }
}

struct Reader {
    socket: TcpStream,
    bytes: Vec<u8>,
    at_end: bool,
}

impl Reader {
    /// Reads what is there next; false at the end.
    async fn more(&mut self) -> Result<bool, HttpError> {
        let mut buffer = [0; 8192];
        let read = self.socket.read(&mut buffer).await.map_err(|_| HttpError::Closed)?;
        self.bytes.extend_from_slice(&buffer[..read]);
        self.at_end = read == 0;
        Ok(read > 0)
    }

    async fn head(&mut self) -> Result<Head, HttpError> {
        loop {
            if let Some((head, length)) = head(&self.bytes)? {
                self.bytes.drain(..length);
                return Ok(head);
            }
            if self.bytes.len() > HEAD_BYTES_MAX {
                return Err(HttpError::TooLarge(HEAD_BYTES_MAX));
            }
            if !self.more().await? {
                return Err(if self.bytes.is_empty() { HttpError::Closed } else { HttpError::NotHttp });
            }
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<Vec<u8>, HttpError> {
        while self.bytes.len() < length {
            if !self.more().await? {
                return Err(HttpError::Closed);
            }
        }
        let rest = self.bytes.split_off(length);
        Ok(std::mem::replace(&mut self.bytes, rest))
    }

    async fn rest(&mut self, max: usize) -> Result<Vec<u8>, HttpError> {
        while !self.at_end {
            if self.bytes.len() > max {
                return Err(HttpError::TooLarge(max));
            }
            self.more().await?;
        }
        if self.bytes.len() > max { Err(HttpError::TooLarge(max)) } else { Ok(std::mem::take(&mut self.bytes)) }
    }

    async fn chunks(&mut self, max: usize) -> Result<Vec<u8>, HttpError> {
        let mut body = Vec::new();
        loop {
            let line = self.line().await?;
            let digits = line.split(';').next().unwrap_or_default().trim();
            let length = usize::from_str_radix(digits, 16).map_err(|_| HttpError::NotHttp)?;
            if length > max.saturating_sub(body.len()) {
                return Err(HttpError::TooLarge(max));
            }
            if length == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&self.exactly(length).await?);
            self.line().await?;
        }
    }

    async fn line(&mut self) -> Result<String, HttpError> {
        loop {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.bytes.len() > CHUNK_LINE_BYTES_MAX {
                return Err(HttpError::NotHttp);
            }
            if !self.more().await? {
                return Err(HttpError::Closed);
            }
        }
    }
}
