//! The connection of a replay: requests, sign-in, and the bytes that come.

use std::time::Duration;

use domain::{Secret, TimeRange};
use media::rtsp::replay::{OPTION, clock_range_text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::wire::{Description, Incoming, Parser, Response, WireError, describe};
use super::{ReplayError, refused};
use crate::onvif::auth::{Challenge, authorization, challenge};
use crate::rtsp::{CONNECT_TIME_MAX, Target};
use crate::{CameraError, Phase};

/// A recorder that looks for a file takes longer to answer than a camera that plays.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(8);

/// How often the camera is given a sign of life: half of the shortest session that cameras are seen to keep.
const LIFE_INTERVAL: Duration = Duration::from_secs(15);

/// Bytes read at once.
const READ_BYTES: usize = 32 * 1024;

/// Messages between a request and its answer: frames that were under way.
const BETWEEN_MAX: usize = 10_000;

pub(super) struct Connection {
    socket: TcpStream,
    parser: Parser,
    buffer: Vec<u8>,
    sign_in: Option<(String, Secret)>,
    challenge: Option<(Challenge, u32)>,
    url: String,
    session: Option<String>,
    cseq: u32,
    channel: u8,
    life_at: Instant,
}

impl Connection {
    /// Connects and plays `range`.
    pub(super) async fn open(target: &Target, range: TimeRange) -> Result<(Self, Description), ReplayError> {
        let address = target.address();
        let connected = timeout(CONNECT_TIME_MAX, TcpStream::connect((target.host(), target.port()))).await;
        let socket = match connected {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => return Err(CameraError::from_io(&error.to_string(), &address).into()),
            Err(_) => return Err(CameraError::Unreachable { address, cause: "no answer".into() }.into()),
        };
        let _ = socket.set_nodelay(true);
        let mut connection = Self {
            socket,
            parser: Parser::default(),
            buffer: vec![0; READ_BYTES],
            sign_in: target.sign_in().map(|(user, password)| (user.to_owned(), password.clone())),
            challenge: None,
            url: target.url().to_string(),
            session: None,
            cseq: 0,
            channel: 0,
            life_at: Instant::now() + LIFE_INTERVAL,
        };
        let description = connection.describe().await?;
        connection.set_up(&description).await?;
        let range =
            format!("Range: {}\r\nRate-Control: no\r\nImmediate: yes\r\n", clock_range_text(range.from(), Some(range.to())));
        let url = connection.url.clone();
        connection.ask("PLAY", &url, &range, Phase::Play).await?;
        Ok((connection, description))
    }

    /// The RTP channel of the pictures; reports come on the next.
    pub(super) fn channel(&self) -> u8 {
        self.channel
    }

    /// The next message, by then.
    pub(super) async fn next(&mut self, deadline: Instant) -> Result<Incoming, ReplayError> {
        loop {
            if let Some(incoming) = self.parser.poll()? {
                return Ok(incoming);
            }
            if Instant::now() >= self.life_at {
                self.send("GET_PARAMETER", &self.url.clone(), "").await?;
            }
            let read = timeout_at(deadline.min(self.life_at), self.socket.read(&mut self.buffer)).await;
            match read {
                Ok(Ok(0) | Err(_)) => return Err(CameraError::Closed(Phase::Picture).into()),
                Ok(Ok(length)) => self.parser.push(&self.buffer[..length])?,
                Err(_) if Instant::now() >= deadline => return Err(CameraError::Stalled("nothing more came of a replay").into()),
                Err(_) => {}
            }
        }
    }

    async fn describe(&mut self) -> Result<Description, ReplayError> {
        let url = self.url.clone();
        let answer = self.ask("DESCRIBE", &url, "Accept: application/sdp\r\n", Phase::Describe).await?;
        let description = describe(&String::from_utf8_lossy(&answer.body))?;
        let base = answer.header("content-base").or_else(|| answer.header("content-location"));
        // Only the text counts: packets go where the connection is.
        if let Some(base) = base.filter(|base| base.starts_with("rtsp://") && base.bytes().all(|byte| byte.is_ascii_graphic())) {
            base.clone_into(&mut self.url);
        }
        Ok(description)
    }

    async fn set_up(&mut self, description: &Description) -> Result<(), ReplayError> {
        let control = &description.control;
        let url = match control.as_str() {
            "*" => self.url.clone(),
            absolute if absolute.starts_with("rtsp://") => absolute.to_owned(),
            relative => format!("{}/{}", self.url.trim_end_matches('/'), relative.trim_start_matches('/')),
        };
        let answer = self.ask("SETUP", &url, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n", Phase::Setup).await?;
        let session = answer.header("session").and_then(|value| value.split(';').next()).map(str::trim);
        let session = session.filter(|id| !id.is_empty() && id.len() <= 256 && id.bytes().all(|byte| byte.is_ascii_graphic()));
        self.session = Some(session.ok_or(WireError::NotRtsp)?.to_owned());
        let transport = answer.header("transport").unwrap_or_default();
        let chosen = transport.split(';').find_map(|part| part.trim().strip_prefix("interleaved="));
        let chosen = chosen.and_then(|pair| pair.split('-').next()?.parse().ok());
        self.channel = chosen.filter(|channel| *channel < u8::MAX).unwrap_or(0);
        Ok(())
    }

    /// Asks, and once more where the camera wants a sign-in.
    async fn ask(&mut self, method: &'static str, url: &str, headers: &str, phase: Phase) -> Result<Response, ReplayError> {
        let headers = if method == "DESCRIBE" { headers.to_owned() } else { format!("Require: {OPTION}\r\n{headers}") };
        let mut answer = self.exchange(method, url, &headers, phase).await?;
        if answer.status == 401 && self.sign_in.is_some() {
            let asked = answer.headers.iter().filter(|(name, _)| name == "www-authenticate");
            if let Some(asked) = asked.filter_map(|(_, value)| challenge(value)).next() {
                self.challenge = Some((asked, 0));
                answer = self.exchange(method, url, &headers, phase).await?;
            }
        }
        match answer.status {
            200..=299 => Ok(answer),
            status => Err(refused(status, self.sign_in.is_some(), phase)),
        }
    }

    async fn exchange(&mut self, method: &'static str, url: &str, headers: &str, phase: Phase) -> Result<Response, ReplayError> {
        let cseq = self.send(method, url, headers).await?;
        let deadline = Instant::now() + ANSWER_TIME_MAX;
        for _ in 0..BETWEEN_MAX {
            match self.next(deadline).await {
                Ok(Incoming::Response(answer)) if answer.header("cseq").is_none_or(|text| text == cseq.to_string()) => {
                    return Ok(answer);
                }
                Ok(_) => {}
                Err(ReplayError::Camera(CameraError::Stalled(_))) => return Err(CameraError::Timeout(phase).into()),
                Err(error) => return Err(error),
            }
        }
        Err(WireError::NotRtsp.into())
    }

    async fn send(&mut self, method: &'static str, url: &str, headers: &str) -> Result<u32, ReplayError> {
        self.cseq += 1;
        self.life_at = Instant::now() + LIFE_INTERVAL;
        let mut text = format!("{method} {url} RTSP/1.0\r\nCSeq: {}\r\n", self.cseq);
        text.push_str(concat!("User-Agent: atipcam/", env!("CARGO_PKG_VERSION"), "\r\n"));
        if let Some(session) = &self.session {
            text.push_str(&format!("Session: {session}\r\n"));
        }
        if let Some(((user, password), (challenge, count))) = self.sign_in.as_ref().zip(self.challenge.as_mut()) {
            *count += 1;
            text.push_str(&format!("Authorization: {}\r\n", authorization(user, password, challenge, method, url, *count)));
        }
        text.push_str(headers);
        text.push_str("\r\n");
        let written = timeout(ANSWER_TIME_MAX, self.socket.write_all(text.as_bytes())).await;
        match written {
            Ok(Ok(())) => Ok(self.cseq),
            _ => Err(CameraError::Closed(Phase::Play).into()),
        }
    }
}
