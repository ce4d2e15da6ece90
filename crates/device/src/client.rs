//! One client's connection: a socket around an RTSP session.

use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Mono, Secret};
use media::rtsp::{Access, Action, Batch, Config, Credentials, Presentation, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

use crate::faults::{Faults, SdpFault};
use crate::identity::SignIn;
use crate::playout::oversized;
use crate::recall::{self, NotBegun, Recall, Recalling};
use crate::stream::{Stream, Unit, UnitKind};
use crate::udp::UdpPair;

/// Datagrams that go out at once, and the pause after them: some 90 Mbit/s, as the cable of a real camera has it, which a player's
/// socket holds.
const DATAGRAMS_AT_ONCE: usize = 16;
const DATAGRAMS_PAUSE: Duration = Duration::from_millis(2);

/// A write that takes longer meets a client that does not read.
const WRITE_TIME_MAX: Duration = Duration::from_secs(10);

/// Bytes read at once; requests are smaller.
const READ_BYTES: usize = 16 * 1024;

/// How far into a GOP a connection dies, in pictures.
const DIES_AT_PICTURE: u32 = 5;

/// What all clients of a camera share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) streams: Vec<Arc<Stream>>,
    pub(crate) udp: UdpPair,
    pub(crate) sign_in: SignIn,
    /// Of a camera that keeps what it saw.
    pub(crate) recall: Option<Recall>,
    pub(crate) faults: watch::Receiver<Faults>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A connected client.
struct Client {
    shared: Arc<Shared>,
    socket: TcpStream,
    session: Session,
    units: Option<mpsc::Receiver<Arc<Unit>>>,
    recalling: Option<Recalling>,
    faults: watch::Receiver<Faults>,
    peer: SocketAddr,
    accepted: Mono,
    /// Since when it plays.
    played: Mono,
    /// Pictures since the first whole GOP began.
    pictures: Option<u32>,
}

/// What happened on a connection.
enum Event {
    Read(usize),
    Unit(Option<Arc<Unit>>),
    Recalled(Option<Batch>),
    Wake,
}

/// Serves one connection until it ends.
pub(crate) async fn serve(shared: Arc<Shared>, socket: TcpStream, peer: SocketAddr) {
    let faults = shared.faults.clone();
    let now = shared.clock.mono();
    let session = Session::new(session_config(&shared, &faults.borrow(), peer), now);
    let session = if shared.recall.is_some() { session.offering_replay() } else { session };
    let client = Client {
        shared,
        socket,
        session,
        units: None,
        recalling: None,
        faults,
        peer,
        accepted: now,
        played: now,
        pictures: None,
    };
    match client.run().await {
        Ok(()) => tracing::debug!(%peer, "client left"),
        Err(error) => tracing::debug!(%peer, %error, "client lost"),
    }
}

fn session_config(shared: &Shared, faults: &Faults, peer: SocketAddr) -> Config {
    let random = || uuid::Uuid::new_v4().simple().to_string();
    let credentials = if faults.refuse_password {
        Some(Credentials { user: "nobody".into(), password: Secret::new(random()), basic: false })
    } else {
        shared.sign_in.now().map(|(user, password)| Credentials { user, password, basic: false })
    };
    Config {
        access: credentials.map_or(Access::Anybody, Access::Only),
        realm: "virtual camera".into(),
        nonce: random(),
        session_id: random(),
        peer: peer.ip(),
        udp_ports: shared.udp.ports(),
    }
}

impl Client {
    async fn run(mut self) -> io::Result<()> {
        self.socket.set_nodelay(true)?;
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let now = self.shared.clock.mono();
            let flap = self.faults.borrow().flap_s.map(|s| self.accepted + seconds(s));
            if flap.is_some_and(|at| now >= at) {
                return Ok(());
            }
            let wake = flap.map_or(self.session.deadline(), |at| at.min(self.session.deadline()));
            let event = tokio::select! {
                read = self.socket.read(&mut buffer) => Event::Read(read?),
                unit = next(&mut self.units) => Event::Unit(unit),
                recalled = next_recalled(&mut self.recalling) => Event::Recalled(recalled),
                () = tokio::time::sleep(wake.since(now)) => Event::Wake,
            };
            let flow = match event {
                Event::Read(0) => return Ok(()),
                Event::Read(n) => self.receive(&buffer[..n]).await?,
                Event::Unit(Some(unit)) => self.unit(&unit).await?,
                Event::Recalled(Some(batch)) => {
                    self.session.media(&batch);
                    self.obey().await?
                }
                Event::Recalled(None) => {
                    self.recalling = None;
                    ControlFlow::Continue(())
                }
                Event::Unit(None) => return Err(io::Error::other("too slow")),
                Event::Wake => self.wake().await?,
            };
            if flow.is_break() {
                return Ok(());
            }
        }
    }

    async fn receive(&mut self, bytes: &[u8]) -> io::Result<ControlFlow<()>> {
        let slow = self.faults.borrow().slow_answer_ms;
        if slow > 0 {
            tokio::time::sleep(Duration::from_millis(slow)).await;
        }
        self.session.receive(bytes, self.shared.clock.mono());
        self.obey().await
    }

    async fn wake(&mut self) -> io::Result<ControlFlow<()>> {
        if let Some(heard) = self.shared.udp.last_heard(self.peer.ip()) {
            self.session.heard(heard);
        }
        self.session.tick(self.shared.clock.mono());
        self.obey().await
    }

    async fn unit(&mut self, unit: &Unit) -> io::Result<ControlFlow<()>> {
        let (stall, die) = {
            let faults = self.faults.borrow();
            (faults.stall_after_s.map(seconds), faults.die_mid_gop)
        };
        if stall.is_some_and(|after| self.shared.clock.mono().since(self.played) >= after) {
            return Ok(ControlFlow::Continue(()));
        }
        match unit.kind {
            UnitKind::KeyPicture => self.pictures = Some(0),
            UnitKind::Picture => self.pictures = self.pictures.map(|n| n + 1),
            UnitKind::Sound | UnitKind::Report => {}
        }
        self.session.media(&unit.batch);
        if die && unit.kind == UnitKind::Picture && self.pictures == Some(DIES_AT_PICTURE) {
            if let Some(Action::Send(bytes)) = self.session.poll() {
                self.write(&bytes[..bytes.len() / 2]).await?;
            }
            return Ok(ControlFlow::Break(()));
        }
        self.obey().await
    }

    /// Does what the session says.
    async fn obey(&mut self) -> io::Result<ControlFlow<()>> {
        let mut datagrams = 0;
        while let Some(action) = self.session.poll() {
            match action {
                Action::Send(bytes) => self.write(&bytes).await?,
                // Its own credentials are all that this camera asks for.
                Action::Identify { .. } | Action::Refused => {}
                Action::Datagram { from, to, bytes } => {
                    if datagrams == DATAGRAMS_AT_ONCE {
                        datagrams = 0;
                        tokio::time::sleep(DATAGRAMS_PAUSE).await;
                    }
                    datagrams += 1;
                    self.shared.udp.send(from, to, &bytes).await;
                }
                Action::Present { path } => {
                    let recall = self.shared.recall.as_ref().filter(|_| path == recall::PATH).map(Recall::presentation);
                    let live = || self.stream(&path).map(|stream| presentation(stream, &self.faults.borrow()));
                    let presentation = recall.or_else(live);
                    self.session.present(presentation.map(Arc::new), self.shared.clock.mono());
                }
                Action::Play { path } => {
                    let Some(joined) = self.stream(&path).map(|stream| stream.join()) else { return Ok(ControlFlow::Break(())) };
                    self.played = self.shared.clock.mono();
                    self.pictures = None;
                    self.units = Some(joined.units);
                    self.session.play(&joined.starts, self.played);
                }
                Action::Replay { path, what } => {
                    // What ran before gives its place back.
                    self.recalling = None;
                    let recall = self.shared.recall.as_ref().filter(|_| path == recall::PATH);
                    let begun = recall.map(|recall| recall.begin(what, Arc::clone(&self.shared.clock)));
                    let now = self.shared.clock.mono();
                    match begun.unwrap_or(Err(NotBegun::NotKept)) {
                        Ok((recalling, start)) => {
                            self.recalling = Some(recalling);
                            self.session.replay(what.from.unwrap_or_default(), what.to, &[start], now);
                        }
                        Err(NotBegun::NotKept) => self.session.not_kept(now),
                        Err(NotBegun::Busy) => return Ok(ControlFlow::Break(())),
                    }
                }
                Action::Stop => (self.units, self.recalling) = (None, None),
                Action::Close => return Ok(ControlFlow::Break(())),
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn stream(&self, path: &str) -> Option<&Arc<Stream>> {
        self.shared.streams.iter().find(|stream| path.strip_prefix('/') == Some(stream.name.as_str()))
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        tokio::time::timeout(WRITE_TIME_MAX, self.socket.write_all(bytes)).await?
    }
}

/// The next unit; never, while nothing is played.
async fn next(units: &mut Option<mpsc::Receiver<Arc<Unit>>>) -> Option<Arc<Unit>> {
    match units {
        Some(units) => units.recv().await,
        None => std::future::pending().await,
    }
}

/// The next packets of a replay; never, while nothing is replayed.
async fn next_recalled(recalling: &mut Option<Recalling>) -> Option<Batch> {
    match recalling {
        Some(recalling) => recalling.next().await,
        None => std::future::pending().await,
    }
}

fn presentation(stream: &Stream, faults: &Faults) -> Presentation {
    let mut format = Arc::clone(&stream.state().format);
    if faults.oversized_parameter_sets {
        format = Arc::new(oversized(&format));
    }
    if faults.sdp == SdpFault::NoParameterSets {
        Arc::make_mut(&mut format).video.parameter_sets.clear();
    }
    let mut presentation = Presentation::new(stream.name.as_str(), format);
    match faults.sdp {
        SdpFault::None | SdpFault::NoParameterSets => {}
        SdpFault::Garbage => presentation.sdp = "this is no session description\r\n".into(),
        SdpFault::SoundOnly => presentation.sdp = without_picture(&presentation.sdp),
        SdpFault::UnknownCodec => {
            presentation.sdp = presentation.sdp.replace("H264/90000", "X-NOBODY/90000").replace("H265/90000", "X-NOBODY/90000");
        }
    }
    presentation
}

/// A description without its first media section, which is the picture's.
fn without_picture(sdp: &str) -> String {
    let mut sections = sdp.split("m=");
    let session = sections.next().unwrap_or_default();
    sections.skip(1).fold(session.to_owned(), |text, section| text + "m=" + section)
}

/// A duration from outside: never negative, never endless.
fn seconds(s: f64) -> Duration {
    Duration::try_from_secs_f64(s).unwrap_or_default().min(Duration::from_secs(1_000_000))
}
