//! One request of HTTP/1.1 (RFC 9112) to the server, on a stream that may become another protocol.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::LinkError;

/// Bytes of an answer's head. Real ones stay under 2 KiB.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header lines of an answer.
const HEADERS_MAX: usize = 64;

/// What matters of an answer's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) length: Option<usize>,
    pub(super) upgrade: Option<String>,
    /// Its body comes in pieces, which are not read here.
    pub(super) in_chunks: bool,
}

/// Asks, and reads the answer's head.
pub(super) async fn ask<S: AsyncBufRead + AsyncWrite + Unpin>(stream: &mut S, request: &[u8]) -> Result<Head, LinkError> {
    stream.write_all(request).await.map_err(LinkError::lost)?;
    stream.flush().await.map_err(LinkError::lost)?;
    loop {
        let head = parse(&head(stream).await?).ok_or(LinkError::NotHttp)?;
        // Interim answers (RFC 9110, 15.2) announce the real one; 101 is one itself.
        if head.status >= 200 || head.status == 101 {
            return Ok(head);
        }
    }
}

/// An answer's body. One in chunks is refused: a server of ours says how long it is.
pub(super) async fn body<S: AsyncBufRead + Unpin>(stream: &mut S, head: &Head, max: usize) -> Result<Vec<u8>, LinkError> {
    if head.in_chunks || head.length.is_some_and(|length| length > max) {
        return Err(LinkError::NotHttp);
    }
    let mut body = Vec::new();
    let wanted = head.length.unwrap_or(max + 1);
    stream.take(wanted as u64).read_to_end(&mut body).await.map_err(LinkError::lost)?;
    let whole = head.length.is_none_or(|length| length == body.len()) && body.len() <= max;
    if whole { Ok(body) } else { Err(LinkError::NotHttp) }
}

async fn head<S: AsyncBufRead + Unpin>(stream: &mut S) -> Result<Vec<u8>, LinkError> {
    let mut bytes = Vec::new();
    loop {
        let from = bytes.len();
        let room = HEAD_BYTES_MAX.saturating_sub(from);
        (&mut *stream).take(room as u64).read_until(b'\n', &mut bytes).await.map_err(LinkError::lost)?;
        match bytes.get(from..) {
            Some(b"\r\n" | b"\n") if from > 0 => return Ok(bytes),
            Some(line) if line.ends_with(b"\n") => {}
            _ => return Err(LinkError::NotHttp),
        }
    }
}

/// Reads a whole head; `None` where it is none.
pub(super) fn parse(bytes: &[u8]) -> Option<Head> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let whole = response.parse(bytes).ok()?.is_complete();
    let status = response.code.filter(|_| whole)?;
    let value = |name: &str| {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok().map(str::trim)
    };
    let length = match value("content-length") {
        Some(length) => Some(length.parse().ok()?),
        None => None,
    };
    Some(Head { status, length, upgrade: value("upgrade").map(str::to_owned), in_chunks: value("transfer-encoding").is_some() })
}

/// `POST` of JSON, after whose answer the connection ends.
pub(super) fn post(authority: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {authority}\r\n{AGENT}\r\nConnection: close\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// `GET` that asks for another protocol (RFC 9110, 7.8).
pub(super) fn upgrade(authority: &str, path: &str, protocol: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {authority}\r\n{AGENT}\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n")
        .into_bytes()
}

const AGENT: &str = concat!("User-Agent: atipcam/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::BufReader;

    use super::*;

    async fn read(text: &'static str) -> Result<(Head, Vec<u8>), LinkError> {
        let mut stream = BufReader::new(tokio::io::join(text.as_bytes(), tokio::io::sink()));
        let head = ask(&mut stream, b"").await?;
        let body = body(&mut stream, &head, 8).await?;
        Ok((head, body))
    }

    #[tokio::test]
    async fn an_answer_is_read_to_its_end_and_no_further() {
        let (head, body) =
            read("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}tail")
                .await
                .unwrap();
        assert_eq!((head.status, body.as_slice()), (201, b"{}".as_slice()));
        let (head, body) = read("HTTP/1.1 404 Not Found\r\n\r\n{}").await.unwrap();
        assert_eq!((head.status, body.as_slice()), (404, b"{}".as_slice()));
    }

    #[tokio::test]
    async fn what_is_too_long_too_short_in_chunks_or_no_http_is_refused() {
        for text in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "\r\n\r\n",
            "SSH-2.0-OpenSSH\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123456789",
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n123",
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n123456789",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            assert!(read(text).await.is_err(), "{text}");
        }
        let endless = [b"HTTP/1.1 200 OK\r\nx: ".as_slice(), &[b'y'; HEAD_BYTES_MAX]].concat();
        let mut stream = BufReader::new(tokio::io::join(endless.as_slice(), tokio::io::sink()));
        assert!(ask(&mut stream, b"").await.is_err());
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&[b"HTTP/1.1 200 OK\r\n".as_slice(), &bytes].concat());
        }
    }
}
