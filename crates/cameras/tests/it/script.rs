//! A server that says what a test wants it to say.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is said to a request.
pub(crate) enum Reply {
    /// A status line's number and reason, further header lines, a body.
    Answer(&'static str, String, String),
    /// These bytes, whatever they are.
    Raw(Vec<u8>),
    /// An answer, and these bytes right after it.
    AnswerThen(&'static str, String, Vec<u8>),
    /// Nothing, and the connection stays open.
    Silence,
}

impl Reply {
    pub(crate) fn status(status: &'static str) -> Self {
        Self::Answer(status, String::new(), String::new())
    }
}

/// Listens on a free loopback port until the test ends, and answers each request by `reply`.
pub(crate) async fn server(reply: impl FnMut(&str) -> Reply + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, reply.clone()));
        }
    });
    address
}

async fn serve(mut socket: TcpStream, mut reply: impl FnMut(&str) -> Reply) {
    let mut text = String::new();
    loop {
        while let Some(end) = text.find("\r\n\r\n") {
            let request: String = text.drain(..end + 4).collect();
            let bytes = match reply(&request) {
                Reply::Answer(status, headers, body) => {
                    let headers = format!("{headers}Content-Length: {}\r\n", body.len());
                    answer(&request, status, &headers, body.into_bytes())
                }
                Reply::AnswerThen(status, headers, then) => answer(&request, status, &headers, then),
                Reply::Raw(bytes) => bytes,
                Reply::Silence => continue,
            };
            if socket.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let mut buffer = [0; 4096];
        match socket.read(&mut buffer).await {
            Ok(read @ 1..) => text.push_str(&String::from_utf8_lossy(&buffer[..read])),
            _ => return,
        }
    }
}

fn answer(request: &str, status: &str, headers: &str, then: Vec<u8>) -> Vec<u8> {
    let cseq = header(request, "CSeq").unwrap_or_default();
    let mut bytes = format!("RTSP/1.0 {status}\r\nCSeq: {cseq}\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(&then);
    bytes
}

/// The value of a request's header.
pub(crate) fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Plays `sdp` to whoever comes: `SETUP` as asked, unless the track is `refused`; after `PLAY` come the `packets`.
pub(crate) fn playing(
    sdp: String,
    refused: Option<&'static str>,
    packets: Vec<u8>,
) -> impl FnMut(&str) -> Reply + Clone + Send + 'static {
    move |request| {
        let method = request.split(' ').next().unwrap_or_default();
        match method {
            "DESCRIBE" => Reply::Answer("200 OK", "Content-Type: application/sdp\r\n".into(), sdp.clone()),
            "SETUP" if refused.is_some_and(|track| request.lines().next().is_some_and(|line| line.contains(track))) => {
                Reply::status("461 Unsupported Transport")
            }
            "SETUP" => {
                let transport = header(request, "Transport").unwrap_or_default();
                Reply::Answer("200 OK", format!("Transport: {transport}\r\nSession: 7\r\n"), String::new())
            }
            "PLAY" => Reply::AnswerThen("200 OK", "Session: 7\r\n".into(), packets.clone()),
            _ => Reply::status("200 OK"),
        }
    }
}

/// An interleaved RTP packet (RFC 2326, section 10.12) with the marker set.
pub(crate) fn packet(channel: u8, payload_type: u8, seq: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![b'$', channel];
    bytes.extend_from_slice(&u16::try_from(12 + payload.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(&[0x80, 0x80 | payload_type]);
    bytes.extend_from_slice(&seq.to_be_bytes());
    bytes.extend_from_slice(&timestamp.to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, channel]);
    bytes.extend_from_slice(payload);
    bytes
}

/// A session description of these media, each with its attributes.
pub(crate) fn sdp(media: &[&str]) -> String {
    let mut text = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n".to_owned();
    for (index, media) in media.iter().enumerate() {
        text.push_str(&format!("{media}a=control:track{index}\r\n"));
    }
    text
}

pub(crate) const H264: &str = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
    a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z2QADKyyAoM/PgIgAAADACAAAAZB4oVJ,aOvDyyLA\r\n";

pub(crate) const H265: &str = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n\
    a=fmtp:96 sprop-vps=QAEMAf//AWAAAAMAkAAAAwAAAwA8koCQ;\
    sprop-sps=QgEBAWAAAAMAkAAAAwAAAwA8oAoIC595ZKkkyvAWgIAAAAMAgAAADIQ=;sprop-pps=RAHBcrRiQA==\r\n";
