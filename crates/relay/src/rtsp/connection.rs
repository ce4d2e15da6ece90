//! One client's connection: what it asks and what it proves. Once it plays, its stream's task writes to it.

use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{CameraId, Mono, Result, Secret, StreamKeyId};
use media::au::Track;
use media::rtsp::{Access, Action, Config, Credentials, Session};
use policy::act::{CheckStreamKey, ViewByStreamKey};
use policy::{Ask, Permit, Principal, decide};
use store::How;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio_rustls::TlsAcceptor;

use super::broadcast::Broadcast;
use super::guests::Guest;
use super::outlet::{Encrypting, Outlet, Routes};
use super::{Hall, Place};
use crate::pull::Presence;
use crate::watch::Watch;

/// Bytes read at once; requests are smaller.
const READ_BYTES: usize = 4 * 1024;

/// How long a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// How long a connection may take to prove who it is.
const PROOF_TIME_MAX: Duration = Duration::from_secs(10);

/// Wrong tries of one connection.
const WRONG_MAX: u32 = 3;

/// How long the first picture may take: a small stream that nobody watched has to be fetched first, and its GOP may be 4 s.
const PICTURE_TIME_MAX: Duration = Duration::from_secs(12);

/// Who takes nothing for so long is cut.
const STALL_TIME_MAX: Duration = Duration::from_secs(10);

const REALM: &str = "atipcam";

struct Connection {
    hall: Arc<Hall>,
    guest: Guest,
    peer: SocketAddr,
    session: Session,
    outlet: Arc<Outlet>,
    /// The key that was shown, and the camera that it opens.
    key: Option<(StreamKeyId, CameraId)>,
    broadcast: Option<Arc<Broadcast>>,
    watch: Option<Watch<ViewByStreamKey>>,
    presence: Option<Presence>,
    accepted: Mono,
    /// When something was last taken, or nothing waited.
    moved: Mono,
    wrong: u32,
}

enum Event {
    Read(usize),
    Wrote,
    Ended,
    Wake,
}

/// Serves one connection until it ends.
pub(super) async fn serve(hall: Arc<Hall>, socket: TcpStream, peer: SocketAddr, guest: Guest) {
    let served = async {
        socket.set_nodelay(true)?;
        match hall.tls.clone() {
            None => {
                let (reader, writer) = socket.into_split();
                let writer = Arc::new(writer);
                let connection = Connection::new(hall, peer, guest, Some(Arc::clone(&writer)));
                connection.run(Box::new(reader), Some(writer), None).await
            }
            Some(tls) => {
                let handshake = TlsAcceptor::from(tls()).accept(socket);
                let (reader, writer) = tokio::io::split(tokio::time::timeout(HANDSHAKE_TIME_MAX, handshake).await??);
                Connection::new(hall, peer, guest, None).run(Box::new(reader), None, Some(Box::new(writer))).await
            }
        }
    };
    match served.await {
        Ok(()) => tracing::debug!(%peer, "an RTSP client left"),
        Err(error) => tracing::debug!(%peer, %error, "an RTSP client was lost"),
    }
}

impl Connection {
    fn new(hall: Arc<Hall>, peer: SocketAddr, guest: Guest, direct: Option<Arc<OwnedWriteHalf>>) -> Self {
        let random = || domain::ViewId::random().to_string().replace('-', "");
        let now = hall.shared.clock.mono();
        let config = Config {
            // Readable passwords only where nobody on the way can read them.
            access: Access::Ask { basic: hall.tls.is_some() },
            realm: REALM.into(),
            nonce: random(),
            session_id: random(),
            peer: peer.ip(),
            udp_ports: hall.udp.as_ref().and_then(|udp| udp.ports()),
        };
        let outlet = Outlet::new(direct, hall.udp.clone());
        Self {
            session: Session::new(config, now),
            hall,
            guest,
            peer,
            outlet,
            key: None,
            broadcast: None,
            watch: None,
            presence: None,
            accepted: now,
            moved: now,
            wrong: 0,
        }
    }

    async fn run(
        mut self,
        mut reader: Box<dyn AsyncRead + Send + Unpin>,
        plain: Option<Arc<OwnedWriteHalf>>,
        mut encrypting: Option<Encrypting>,
    ) -> io::Result<()> {
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let patience = self.deadline().since(self.hall.shared.clock.mono());
            let event = tokio::select! {
                biased;
                () = ended(&mut self.watch) => Event::Ended,
                wrote = self.outlet.drain(plain.as_deref(), &mut encrypting) => wrote.map(|()| Event::Wrote)?,
                read = reader.read(&mut buffer) => Event::Read(read?),
                () = tokio::time::sleep(patience) => Event::Wake,
            };
            match event {
                Event::Ended | Event::Read(0) => return Ok(()),
                Event::Wrote => self.moved = self.hall.shared.clock.mono(),
                Event::Read(n) => {
                    self.session.receive(&buffer[..n], self.hall.shared.clock.mono());
                    if self.obey().await.is_break() {
                        // The last answer says why; who does not take it at once does without.
                        let _ = tokio::time::timeout(Duration::ZERO, self.outlet.drain(plain.as_deref(), &mut encrypting)).await;
                        return Ok(());
                    }
                }
                Event::Wake => {
                    if self.wake().is_break() {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn deadline(&self) -> Mono {
        let proof = if self.session.proven() { self.session.deadline() } else { self.accepted + PROOF_TIME_MAX };
        let stall = if self.outlet.waits() { self.moved + STALL_TIME_MAX } else { proof };
        self.session.deadline().min(proof).min(stall)
    }

    fn wake(&mut self) -> ControlFlow<()> {
        let now = self.hall.shared.clock.mono();
        if let Some(heard) = self.hall.udp.as_ref().and_then(|udp| udp.last_heard(self.peer.ip())) {
            self.session.heard(heard);
        }
        let unproven = !self.session.proven() && now >= self.accepted + PROOF_TIME_MAX;
        let stalled = self.outlet.waits() && now >= self.moved + STALL_TIME_MAX;
        if unproven || stalled || now >= self.session.deadline() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// Does what the session says.
    async fn obey(&mut self) -> ControlFlow<()> {
        let clock = Arc::clone(&self.hall.shared.clock);
        if !self.outlet.waits() {
            self.moved = clock.mono();
        }
        while let Some(action) = self.session.poll() {
            match action {
                Action::Send(bytes) => {
                    if !self.outlet.answer(bytes) {
                        return ControlFlow::Break(());
                    }
                }
                // Media go from the stream's task.
                Action::Datagram { .. } => {}
                Action::Identify { user, path } => {
                    let credentials = self.identify(user, &path).await;
                    self.session.identify(credentials, clock.mono());
                }
                Action::Refused => {
                    self.guest.was_wrong(clock.mono());
                    self.wrong += 1;
                    if self.wrong >= WRONG_MAX {
                        return ControlFlow::Break(());
                    }
                }
                Action::Present { path } => {
                    let presentation = self.present(&path).await;
                    self.session.present(presentation, clock.mono());
                }
                Action::Play { path } => self.play(&path).await?,
                // What was kept is played by other means: this server offers no replay.
                Action::Replay { .. } => {}
                // GStreamer pauses before it leaves, and wants the answer.
                Action::Stop => {
                    self.outlet = self.outlet.pause();
                    self.watch = None;
                }
                Action::Close => return ControlFlow::Break(()),
            }
        }
        ControlFlow::Continue(())
    }

    /// What `user` must know to play `path`. Nothing tells an unknown camera, a key of another and a wrong password apart.
    async fn identify(&mut self, user: String, path: &str) -> Option<Credentials> {
        let place: Place = path.parse().ok()?;
        let id = key_id(&user)?;
        let known: Result<Option<Secret>> = async {
            let store = &self.hall.shared.store;
            let Some(row) = store.stream_key(id).await?.filter(|row| row.camera == place.camera) else { return Ok(None) };
            let permit = self.hall.shared.permit::<CheckStreamKey>(row.camera).await?;
            let secret = store.open_stream_key(&permit, &row).await?;
            // A key that opens nothing now is no key.
            self.ask(id, row.camera).await?;
            Ok(Some(secret.into_password()))
        }
        .await;
        match known {
            Ok(password) => {
                self.key = Some((id, place.camera));
                password.map(|password| Credentials { user, password, basic: self.hall.tls.is_some() })
            }
            Err(error) => {
                tracing::info!(key = %id, code = error.code(), "a stream key was refused");
                None
            }
        }
    }

    async fn ask(&self, key: StreamKeyId, camera: CameraId) -> Result<Permit<ViewByStreamKey>> {
        let shared = &self.hall.shared;
        let ask = Ask::<ViewByStreamKey> { principal: Principal::StreamKey(key), object: camera, at: shared.clock.now() };
        let facts = shared.facts.facts(ask.principal, camera.into()).await?;
        Ok(decide(&ask, &facts)?)
    }

    async fn present(&mut self, path: &str) -> Option<Arc<media::rtsp::Presentation>> {
        let place: Place = path.parse().ok()?;
        self.presence.get_or_insert_with(|| self.hall.shared.demand.presence());
        let broadcast = self.hall.broadcast(place)?;
        let presentation = tokio::time::timeout(PICTURE_TIME_MAX, broadcast.presentation()).await.ok()??;
        self.broadcast = Some(broadcast);
        Some(presentation)
    }

    /// Begins to play: the gate is asked, the view is noted, and the stream's task takes over.
    async fn play(&mut self, path: &str) -> ControlFlow<()> {
        let broadcast = self.broadcast.clone();
        let key = self.key.filter(|(_, camera)| path.parse::<Place>().is_ok_and(|place| place.camera == *camera));
        let (Some(broadcast), Some((key, camera))) = (broadcast, key) else { return ControlFlow::Break(()) };
        let shared = &self.hall.shared;
        let permit = match self.ask(key, camera).await {
            Ok(permit) => permit,
            Err(error) => {
                tracing::info!(%key, %camera, code = error.code(), "a stream key was refused");
                return ControlFlow::Break(());
            }
        };
        // A camera that is private since the description plays no more.
        let Some(feeds) = self.hall.fleet.feeds(camera) else { return ControlFlow::Break(()) };
        let visit = shared.witness.visit(&permit, How::Stream);
        let revision = shared.store.bus().revision();
        let watch = Watch::new(permit, Arc::clone(&shared.facts), Arc::clone(&shared.clock), revision).seen(visit);
        self.watch = Some(watch.under(feeds.lease));
        tracing::info!(%key, %camera, peer = %self.peer, "a view by a stream key begins");
        let store = shared.store.clone();
        // The first picture does not wait for the disk.
        tokio::spawn(async move {
            if let Err(error) = store.touch_stream_key(key).await {
                tracing::warn!(%key, %error, "the use of a stream key could not be noted");
            }
        });
        let routes = Routes { video: self.session.route(Track::Video), audio: self.session.route(Track::Audio) };
        let earlier = self.outlet.waiting();
        let Some(joined) = broadcast.join(Arc::clone(&self.outlet), routes).await else { return ControlFlow::Break(()) };
        self.session.play(&joined.starts, shared.clock.mono());
        let mut answers: Vec<Bytes> = Vec::new();
        while let Some(action) = self.session.poll() {
            match action {
                Action::Send(bytes) => answers.push(bytes),
                _ => return ControlFlow::Break(()),
            }
        }
        self.outlet.begin(earlier, answers, &joined.gop, routes);
        ControlFlow::Continue(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.outlet.end();
    }
}

/// Resolves when the view must end; never, while there is none.
async fn ended(watch: &mut Option<Watch<ViewByStreamKey>>) {
    match watch {
        Some(watch) => watch.ended().await,
        None => std::future::pending().await,
    }
}

/// The user name of a key is its id without dashes.
fn key_id(user: &str) -> Option<StreamKeyId> {
    let hex = user.len() == 32 && user.bytes().all(|byte| byte.is_ascii_hexdigit());
    let part = |from: usize, to: usize| user.get(from..to).unwrap_or_default();
    let text = || format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32));
    hex.then(text)?.parse().ok()
}
