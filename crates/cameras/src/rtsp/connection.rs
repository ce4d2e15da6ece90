//! A connection to a camera: requests, sign-in, signs of life, and what comes, which is read where it lies.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use domain::Secret;
use http_auth::{PasswordClient, PasswordParams};
use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::Target;
use super::life::Life;
use super::wire::{Description, MESSAGE_BYTES_MAX, Message, Response, WireError, cut, describe};
use crate::{CameraError, Phase};

/// A host that has not taken a connection by then is not there: three SYNs on a local network.
pub(crate) const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);

/// Bytes read at once. Whatever the thread's cameras send goes through one such piece of memory; a camera keeps the message that
/// is not whole.
const READ_BYTES: usize = 256 * 1024;

/// Until a session ends of which its camera says nothing (RFC 2326, section 12.37), and the shortest and longest that are believed.
const SESSION_TIME: u64 = 60;
const SESSION_TIMES: std::ops::RangeInclusive<u64> = 4..=SESSION_TIME;

/// Bytes of a session's name.
const SESSION_BYTES_MAX: usize = 256;

/// Requests that wait to be written. More is a camera that reads nothing.
const OUT_BYTES_MAX: usize = 16 * 1024;

thread_local! {
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// Lends the memory that this thread reads into.
pub(super) fn with_memory<R>(work: impl FnOnce(&mut [u8]) -> R) -> R {
    READ.with_borrow_mut(|memory| work(memory))
}

/// A connection that stands.
pub(crate) struct Connection {
    socket: TcpStream,
    /// The beginning of a message that is not whole ...
    rest: Vec<u8>,
    /// ... or what came behind an answer, and was not looked at yet.
    left: bool,
    out: Vec<u8>,
    sign_in: Option<(String, Secret)>,
    asked: Option<PasswordClient>,
    /// What requests name that are about all tracks.
    url: String,
    session: Option<String>,
    cseq: u32,
    life: Life,
    life_interval: Duration,
    life_at: Pin<Box<Sleep>>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(target: &Target) -> Result<Self, CameraError> {
        let address = target.address();
        let socket = match timeout(CONNECT_TIME_MAX, TcpStream::connect((target.host(), target.port()))).await {
            Ok(Ok(socket)) => socket,
            Ok(Err(error)) => return Err(CameraError::from_io(&error.to_string(), &address)),
            Err(_) => return Err(CameraError::Unreachable { address, cause: "no answer".into() }),
        };
        let _ = socket.set_nodelay(true);
        let life_interval = Duration::from_secs(SESSION_TIME) / 2;
        Ok(Self {
            socket,
            rest: Vec::new(),
            left: false,
            out: Vec::new(),
            sign_in: target.sign_in().map(|(user, password)| (user.to_owned(), password.clone())),
            asked: None,
            url: target.url().to_string(),
            session: None,
            cseq: 0,
            life: Life::Options,
            life_interval,
            life_at: Box::pin(sleep_until(Instant::now() + life_interval)),
        })
    }

    /// The camera's end of it.
    pub(crate) fn peer(&self) -> io::Result<std::net::SocketAddr> {
        self.socket.peer_addr()
    }

    /// This end of it.
    pub(crate) fn local(&self) -> io::Result<std::net::SocketAddr> {
        self.socket.local_addr()
    }

    /// What requests name that are about all tracks.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From now on they name this.
    pub(crate) fn set_url(&mut self, url: String) {
        self.url = url;
    }

    /// Asks what there is; requests then name what the camera says.
    pub(crate) async fn describe(&mut self) -> Result<Description, Refusal> {
        let url = self.url.clone();
        let answer = self.ask("DESCRIBE", &url, "Accept: application/sdp\r\n", Phase::Describe, &mut |_, _| {}).await?;
        if let Some(base) = answer.header("content-base").or_else(|| answer.header("content-location")).and_then(base) {
            self.url = base;
        }
        Ok(describe(&String::from_utf8_lossy(&answer.body)).map_err(|_| CameraError::SdpInvalid)?)
    }

    /// Asks, and once more where the camera wants a sign-in. Frames that come meanwhile go to `each`. The request is over with the
    /// answer to it: any status of success, else an error.
    pub(crate) async fn ask(
        &mut self,
        method: &str,
        url: &str,
        headers: &str,
        phase: Phase,
        each: &mut impl FnMut(u8, &[u8]),
    ) -> Result<Response, Refusal> {
        let mut answer = self.exchange(method, url, headers, phase, each).await?;
        if answer.status == 401 && self.challenged(&answer) {
            answer = self.exchange(method, url, headers, phase, each).await?;
        }
        if let Some(session) = answer.header("session").filter(|_| self.session.is_none()) {
            self.begin(session);
        }
        match answer.status {
            200..=299 => Ok(answer),
            status => Err(Refusal::Status(status)),
        }
    }

    /// Whether there is a user name to sign in with.
    pub(crate) fn signs_in(&self) -> bool {
        self.sign_in.is_some()
    }

    /// Whether the camera opened a session.
    pub(crate) fn has_session(&self) -> bool {
        self.session.is_some()
    }

    /// Waits for what comes next, and gives it to `each`. Says signs of life meanwhile. Cancel safe.
    ///
    /// # Errors
    /// The connection is over.
    pub(crate) async fn receive(&mut self, phase: Phase, each: &mut impl FnMut(u8, &[u8])) -> Result<(), CameraError> {
        poll_fn(|cx| self.poll_receive(cx, phase, each)).await
    }

    /// As [`Connection::receive`].
    pub(crate) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        phase: Phase,
        each: &mut impl FnMut(u8, &[u8]),
    ) -> Poll<Result<(), CameraError>> {
        while self.life_at.as_mut().poll(cx).is_ready() {
            self.say_alive();
        }
        if let Err(error) = self.poll_write(cx, phase) {
            return Poll::Ready(Err(error));
        }
        let mut answers = Vec::new();
        ready!(self.poll_read(cx, phase, &mut |message| {
            match message {
                Message::Frame { channel, data } => each(channel, data),
                Message::Response(answer) => answers.push(answer),
                Message::Other => {}
            }
            ControlFlow::Continue(())
        }))?;
        for answer in answers {
            // All that is asked meanwhile are signs of life.
            if self.life == Life::Options && answer.status == 200 {
                self.life = Life::by(&answer);
            } else if answer.status == 401 {
                self.challenged(&answer);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Says that nobody wants anything more, and waits for the answer.
    pub(crate) async fn farewell(mut self) {
        let url = self.url.clone();
        let _ = self.ask("TEARDOWN", &url, "", Phase::Picture, &mut |_, _| {}).await;
    }

    async fn exchange(
        &mut self,
        method: &str,
        url: &str,
        headers: &str,
        phase: Phase,
        each: &mut impl FnMut(u8, &[u8]),
    ) -> Result<Response, CameraError> {
        let cseq = self.request(method, url, headers)?.to_string();
        poll_fn(|cx| {
            loop {
                self.poll_write(cx, phase)?;
                let mut found = None;
                ready!(self.poll_read(cx, phase, &mut |message| {
                    match message {
                        Message::Frame { channel, data } => each(channel, data),
                        Message::Response(answer) if answer.header("cseq").is_none_or(|text| text == cseq) => {
                            found = Some(answer)
                        }
                        _ => {}
                    }
                    if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                }))?;
                if let Some(answer) = found {
                    return Poll::Ready(Ok(answer));
                }
            }
        })
        .await
    }

    /// Puts a request with those that wait to be written, and returns its number.
    fn request(&mut self, method: &str, url: &str, headers: &str) -> Result<u32, CameraError> {
        self.cseq += 1;
        let mut text = format!("{method} {url} RTSP/1.0\r\nCSeq: {}\r\n", self.cseq);
        if let Some((client, (username, password))) = self.asked.as_mut().zip(self.sign_in.as_ref()) {
            let parameters = PasswordParams { username, password: password.expose(), uri: url, method, body: Some(&[]) };
            match client.respond(&parameters) {
                Ok(value) if value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) => {
                    text.push_str(&format!("Authorization: {value}\r\n"));
                }
                _ => return Err(CameraError::CredentialsWrong),
            }
        }
        text.push_str(concat!("User-Agent: atipcam/", env!("CARGO_PKG_VERSION"), "\r\n"));
        if let Some(session) = &self.session {
            text.push_str(&format!("Session: {session}\r\n"));
        }
        text.push_str(headers);
        text.push_str("\r\n");
        if self.out.len() + text.len() > OUT_BYTES_MAX {
            return Err(CameraError::Protocol { phase: Phase::Picture, cause: "it reads nothing".into() });
        }
        self.out.extend_from_slice(text.as_bytes());
        Ok(self.cseq)
    }

    fn say_alive(&mut self) {
        if self.session.is_some() {
            let url = self.url.clone();
            // One that cannot be said any more ends with the pictures.
            let _ = self.request(self.life.method(), &url, "");
        }
        self.life_at.as_mut().reset(Instant::now() + self.life_interval);
    }

    /// Takes what a camera asks of who signs in. False where there is nothing to answer with, or it was answered already.
    fn challenged(&mut self, answer: &Response) -> bool {
        let asked = answer.all("www-authenticate").fold(PasswordClient::builder(), |all, value| all.challenges(value)).build();
        self.asked = asked.ok().filter(|_| self.sign_in.is_some());
        self.asked.is_some()
    }

    /// Notes the session that a camera opened: `name;timeout=60`.
    fn begin(&mut self, header: &str) {
        let mut parts = header.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        if name.is_empty() || name.len() > SESSION_BYTES_MAX || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return;
        }
        self.session = Some(name.to_owned());
        let told = parts.find_map(|part| part.strip_prefix("timeout=")?.trim().parse().ok()).unwrap_or(SESSION_TIME);
        self.life_interval = Duration::from_secs(told.clamp(*SESSION_TIMES.start(), *SESSION_TIMES.end())) / 2;
        self.life_at.as_mut().reset(Instant::now() + self.life_interval);
    }

    /// Writes what waits, as far as it goes.
    fn poll_write(&mut self, cx: &mut Context<'_>, phase: Phase) -> Result<(), CameraError> {
        while !self.out.is_empty() {
            match Pin::new(&mut self.socket).poll_write(cx, &self.out) {
                Poll::Ready(Ok(length @ 1..)) => drop(self.out.drain(..length)),
                Poll::Ready(_) => return Err(CameraError::Closed(phase)),
                Poll::Pending => break,
            }
        }
        Ok(())
    }

    /// Gives each whole message to `each`, until that has enough. Reads once, unless some are left from the time before.
    fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        phase: Phase,
        each: &mut impl FnMut(Message<'_>) -> ControlFlow<()>,
    ) -> Poll<Result<(), CameraError>> {
        if std::mem::take(&mut self.left) {
            let rest = std::mem::take(&mut self.rest);
            return Poll::Ready(self.messages(&rest, phase, each));
        }
        with_memory(|memory| {
            let begun = self.rest.len();
            memory[..begun].copy_from_slice(&self.rest);
            let mut into = ReadBuf::new(&mut memory[begun..]);
            let read = ready!(Pin::new(&mut self.socket).poll_read(cx, &mut into));
            let length = into.filled().len();
            if read.is_err() || length == 0 {
                return Poll::Ready(Err(CameraError::Closed(phase)));
            }
            self.rest.clear();
            Poll::Ready(self.messages(&memory[..begun + length], phase, each))
        })
    }

    /// Gives each whole message to `each`, until that has enough; keeps the rest.
    fn messages(
        &mut self,
        mut bytes: &[u8],
        phase: Phase,
        each: &mut impl FnMut(Message<'_>) -> ControlFlow<()>,
    ) -> Result<(), CameraError> {
        while let Some((message, length)) = cut(bytes).map_err(|error| unreadable(error, phase))? {
            bytes = &bytes[length..];
            if each(message).is_break() {
                self.left = !bytes.is_empty();
                break;
            }
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }
}

/// What requests about all tracks begin with, where a camera says so. Only the text counts: packets go where the connection is.
/// Some cameras leave out the scheme.
fn base(told: &str) -> Option<String> {
    let plain = !told.is_empty() && told.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| if told.starts_with("rtsp://") { told.to_owned() } else { format!("rtsp://{told}") })
}

/// What comes cannot be read: where the next message begins is not known.
fn unreadable(error: WireError, phase: Phase) -> CameraError {
    match (error, phase) {
        (WireError::TooLarge, Phase::Describe) => CameraError::SdpInvalid,
        (_, Phase::Describe) => CameraError::NotRtsp,
        _ => CameraError::Protocol { phase, cause: "the answer is no RTSP".into() },
    }
}

/// Why a request was not answered as wished.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The camera said no, with that status. The connection stands.
    Status(u16),
    /// The connection does not.
    Lost(CameraError),
}

impl From<CameraError> for Refusal {
    fn from(error: CameraError) -> Self {
        Self::Lost(error)
    }
}

impl Refusal {
    /// As an error of a phase.
    pub(crate) fn into_error(self, phase: Phase, signed_in: bool) -> CameraError {
        match self {
            Self::Status(status) => CameraError::from_status(status, phase, signed_in),
            Self::Lost(error) => error,
        }
    }
}

// What is not whole fits into what is read at once, with room to read more.
const _: () = assert!(MESSAGE_BYTES_MAX < READ_BYTES && 4 + 0xffff < READ_BYTES);
