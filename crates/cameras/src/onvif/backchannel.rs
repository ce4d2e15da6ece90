//! Whether a camera takes sound: `DESCRIBE` with `Require` (ONVIF Streaming, section 5.3).

use std::net::SocketAddr;
use std::time::Duration;

use domain::Secret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use super::auth;
use crate::{CameraError, Phase};

/// Bytes of an answer with its session description.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Time for both questions.
const TIME_MAX: Duration = Duration::from_secs(8);

/// Sound that a camera takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backchannel {
    /// Codecs as SDP names them, as `PCMU/8000`, in the camera's order.
    pub codecs: Vec<String>,
}

/// Asks the stream at `url`, which is at `address`; `None` where it takes no sound.
///
/// # Errors
/// [`CameraError`], of connecting or `DESCRIBE`.
pub async fn detect(
    address: SocketAddr,
    url: &Url,
    sign_in: Option<(&str, &Secret)>,
) -> Result<Option<Backchannel>, CameraError> {
    timeout(TIME_MAX, ask(address, url, sign_in)).await.map_err(|_| CameraError::Timeout(Phase::Describe))?
}

async fn ask(address: SocketAddr, url: &Url, sign_in: Option<(&str, &Secret)>) -> Result<Option<Backchannel>, CameraError> {
    let connected = TcpStream::connect(address).await;
    let mut socket = connected.map_err(|error| CameraError::from_io(&error.to_string(), &address.to_string()))?;
    let uri = url.as_str();
    let mut authorization = String::new();
    for sequence in 1..=2 {
        let request = format!(
            "DESCRIBE {uri} RTSP/1.0\r\nCSeq: {sequence}\r\nAccept: application/sdp\r\n\
             Require: www.onvif.org/ver20/backchannel\r\n{authorization}\r\n"
        );
        socket.write_all(request.as_bytes()).await.map_err(|_| CameraError::Closed(Phase::Describe))?;
        let answer = read(&mut socket).await?;
        match answer.status {
            200 => return Ok(in_description(&answer.body)),
            // "Option not supported", and what cameras say that do not know the word.
            551 | 400 | 404 | 454..=461 | 500 | 501 => return Ok(None),
            401 => {
                let (user, password) = sign_in.ok_or(CameraError::CredentialsNeeded)?;
                let challenge = answer.challenges.iter().find_map(|header| auth::challenge(header));
                let challenge = challenge.filter(|_| sequence == 1).ok_or(CameraError::CredentialsWrong)?;
                let header = auth::authorization(user, password, &challenge, "DESCRIBE", uri, 1);
                authorization = format!("Authorization: {header}\r\n");
            }
            status => return Err(CameraError::Protocol { phase: Phase::Describe, cause: format!("status {status}").into() }),
        }
    }
    Err(CameraError::CredentialsWrong)
}

struct Answer {
    status: u16,
    challenges: Vec<String>,
    body: String,
}

async fn read(socket: &mut TcpStream) -> Result<Answer, CameraError> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(answer) = whole(&bytes)? {
            return Ok(answer);
        }
        if bytes.len() > ANSWER_BYTES_MAX {
            return Err(CameraError::SdpInvalid);
        }
        match socket.read(&mut buffer).await {
            Ok(read @ 1..) => bytes.extend_from_slice(&buffer[..read]),
            _ => return Err(CameraError::Closed(Phase::Describe)),
        }
    }
}

/// The answer once all of it is there.
fn whole(bytes: &[u8]) -> Result<Option<Answer>, CameraError> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.strip_prefix("RTSP/1.")?.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or(CameraError::NotRtsp)?;
    let (mut challenges, mut length) = (Vec::new(), 0usize);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("www-authenticate") {
            challenges.push(value.trim().to_owned());
        } else if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(|_| CameraError::NotRtsp)?;
        }
    }
    if length > ANSWER_BYTES_MAX {
        return Err(CameraError::SdpInvalid);
    }
    let body = bytes.get(end + 4..end + 4 + length);
    Ok(body.map(|body| Answer { status, challenges, body: String::from_utf8_lossy(body).into_owned() }))
}

/// The sound that a session description offers to take: an audio medium that the client is to send.
#[must_use]
pub fn in_description(sdp: &str) -> Option<Backchannel> {
    let mut media: Vec<(bool, Vec<String>)> = Vec::new();
    let mut audio = false;
    for line in sdp.lines().map(str::trim).take(500) {
        if let Some(medium) = line.strip_prefix("m=") {
            audio = medium.starts_with("audio");
            if audio {
                // The formats that need no rtpmap (RFC 3551).
                let fixed = |pt: &str| match pt {
                    "0" => Some("PCMU/8000".to_owned()),
                    "8" => Some("PCMA/8000".to_owned()),
                    _ => None,
                };
                media.push((false, medium.split_whitespace().skip(3).filter_map(fixed).collect()));
            }
        } else if let Some((sent, codecs)) = media.last_mut().filter(|_| audio) {
            if line == "a=sendonly" {
                *sent = true;
            } else if let Some((_, codec)) = line.strip_prefix("a=rtpmap:").and_then(|map| map.split_once(' ')) {
                let codec: String =
                    codec.chars().filter(char::is_ascii_graphic).take(32).collect::<String>().to_ascii_uppercase();
                if !codecs.contains(&codec) && codecs.len() < 8 {
                    codecs.push(codec);
                }
            }
        }
    }
    media.into_iter().find(|(sent, _)| *sent).map(|(_, codecs)| Backchannel { codecs })
}
