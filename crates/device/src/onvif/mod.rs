//! The camera's ONVIF side (profiles S and T, as much as a recorder asks for): device, media, PTZ, imaging, events, snapshots,
//! and being found. Movement, picture settings and events are simulated and visible from outside.

mod auth;
mod discover;
mod events;
mod motion;
mod profile;
mod recordings;
mod service;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{DefaultBodyLimit, Path, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use cameras::onvif::wire::imaging::{Imaging, IrCut};
use cameras::onvif::wire::{self, envelope, ptz::Vector};
use cameras::pair::wire as wire_pair;
use cameras::xml::{self, Element, escape};
use domain::{Clock, Timestamp};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::auth::Auth;
use self::events::Hub;
use self::motion::Motion;
use crate::identity::SignIn;
use crate::pairing::{self, Pairing};
use crate::playout::ClockOff;
use crate::ring::Ring;
use crate::stream::Stream;

pub use self::events::Trigger;

/// Bytes of a request: real ones stay under 8 KiB.
const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// Where the bell is rung by HTTP.
pub(crate) const RING_PATH: &str = "/ring";

/// Who may find a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Discovery {
    /// Nobody.
    #[default]
    Off,
    /// Programs on this machine: for tests and demonstrations.
    Loopback,
    /// Everybody on its links.
    Links,
}

/// How a camera speaks ONVIF.
#[derive(Debug, Clone)]
pub struct Onvif {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Who may find it.
    pub discovery: Discovery,
    /// The name that it was given.
    pub name: String,
    /// Its serial number; also in its endpoint reference.
    pub serial: String,
    /// How far its clock is wrong, in seconds.
    pub clock_off_s: i64,
}

impl Onvif {
    /// On that address, found by nobody, with a serial number of its own.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        let serial: String = uuid::Uuid::new_v4().simple().to_string().chars().take(12).collect();
        Self { listen, discovery: Discovery::Off, name: "Virtual camera".into(), serial, clock_off_s: 0 }
    }
}

/// What it is, in every answer.
const MAKE: &str = "atipcam";
pub(crate) const MODEL: &str = "Virtual camera";

/// What all requests share.
pub(crate) struct State {
    config: Onvif,
    streams: Vec<Arc<Stream>>,
    rtsp_port: u16,
    auth: Auth,
    pairing: Option<Pairing>,
    ring: Option<Arc<Ring>>,
    clock_off: ClockOff,
    clock: Arc<dyn Clock>,
    hub: Hub,
    inner: Mutex<Inner>,
}

struct Inner {
    motion: Motion,
    imaging: Imaging,
    reboots: u32,
    stops: u32,
    /// What is switched on: light, siren, relay output.
    on: Vec<String>,
}

impl Inner {
    fn switch(&mut self, name: &str, on: bool) {
        self.on.retain(|known| known != name);
        if on {
            self.on.push(name.to_owned());
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("config", &self.config).finish_non_exhaustive()
    }
}

/// The address at which a request came in: what answers name.
#[derive(Debug, Clone, Copy)]
struct Local(SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Local {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        Self(stream.io().local_addr().unwrap_or(unknown))
    }
}

/// A request that was read.
struct Ask<'a> {
    state: &'a State,
    local: SocketAddr,
    /// The body's one element.
    body: &'a Element,
}

/// Why a request is refused: the SOAP subcodes (ONVIF Core, section 5.8.2) and the reason.
struct Refusal(&'static str, &'static str);

const NOT_SUPPORTED: Refusal = Refusal("ActionNotSupported", "This camera does not do that");
const NO_PROFILE: Refusal = Refusal("InvalidArgVal", "There is no such profile");

type Answer = Result<String, Refusal>;

/// What it serves.
pub(crate) struct Side {
    pub(crate) config: Onvif,
    pub(crate) streams: Vec<Arc<Stream>>,
    pub(crate) rtsp_port: u16,
    pub(crate) sign_in: SignIn,
    /// Of a camera with an identity.
    pub(crate) pairing: Option<Pairing>,
    /// What it keeps.
    pub(crate) ring: Option<Arc<Ring>>,
    /// How far its clock is wrong.
    pub(crate) clock_off: ClockOff,
}

/// Serves until stopped; returns the state and where.
pub(crate) async fn serve(
    side: Side,
    clock: Arc<dyn Clock>,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> io::Result<(Arc<State>, SocketAddr)> {
    let Side { config, streams, rtsp_port, sign_in, pairing, ring, clock_off } = side;
    let listener = TcpListener::bind(config.listen).await?;
    let address = listener.local_addr()?;
    let imaging = Imaging {
        brightness: Some(50.0),
        saturation: Some(50.0),
        contrast: Some(50.0),
        sharpness: Some(50.0),
        ir_cut: Some(IrCut::Auto),
    };
    let inner = Inner { motion: Motion::default(), imaging, reboots: 0, stops: 0, on: Vec::new() };
    let state = Arc::new(State {
        auth: Auth::new(sign_in),
        streams,
        rtsp_port,
        pairing,
        ring,
        clock_off,
        clock,
        hub: Hub::default(),
        inner: Mutex::new(inner),
        config,
    });
    let routes = Router::new()
        .route("/onvif/snapshot/{stream}", get(snapshot))
        .route("/onvif/{*service}", post(soap))
        .route(RING_PATH, post(ring_bell))
        .route(wire_pair::PATH, post(pair))
        .route(wire_pair::FINISH_PATH, post(finish_pairing))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
        .with_state(Arc::clone(&state));
    let server = axum::serve(listener, routes.into_make_service_with_connect_info::<Local>()).into_future();
    tasks.spawn(stop.clone().run_until_cancelled_owned(server));
    discover::start(&state, address, tasks, stop);
    Ok((state, address))
}

impl State {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The camera's own time, which may be wrong.
    fn now(&self) -> Timestamp {
        self.clock_off.of(self.clock.now())
    }

    /// Where it looks now.
    pub(crate) fn position(&self) -> Vector {
        self.inner().motion.position(self.clock.mono())
    }

    /// Whether it moves now.
    pub(crate) fn is_moving(&self) -> bool {
        self.inner().motion.is_moving(self.clock.mono())
    }

    /// How the picture looks.
    pub(crate) fn imaging(&self) -> Imaging {
        self.inner().imaging
    }

    /// How often it was told to start anew.
    pub(crate) fn reboots(&self) -> u32 {
        self.inner().reboots
    }

    /// How often it was told to stop moving.
    pub(crate) fn stops(&self) -> u32 {
        self.inner().stops
    }

    /// What of it is switched on.
    pub(crate) fn switched_on(&self) -> Vec<String> {
        self.inner().on.clone()
    }

    /// Something happens in front of it.
    pub(crate) fn trigger(&self, trigger: Trigger, active: bool) {
        self.hub.happen(trigger, active, self.now());
    }

    /// Somebody presses the bell: it begins and is over, for a press has no length.
    pub(crate) fn ring_bell(&self) {
        self.trigger(Trigger::Doorbell, true);
        self.trigger(Trigger::Doorbell, false);
    }

    fn stream(&self, token: Option<&str>) -> Result<&Arc<Stream>, Refusal> {
        let stream = self.streams.iter().find(|stream| Some(stream.name.as_str()) == token);
        stream.ok_or(NO_PROFILE)
    }
}

async fn soap(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(Local(local)): ConnectInfo<Local>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let root = match xml::parse(&body) {
        Ok(root) if root.name == "Envelope" => root,
        Ok(_) => return refused(&Refusal("WellFormed", "That is no SOAP envelope"), StatusCode::BAD_REQUEST),
        Err(error) => {
            tracing::debug!(%error, "request refused");
            return refused(&Refusal("WellFormed", "That cannot be read"), StatusCode::BAD_REQUEST);
        }
    };
    let Some(body) = root.child("Body").and_then(|body| body.children.first()) else {
        return refused(&Refusal("WellFormed", "There is nothing in the body"), StatusCode::BAD_REQUEST);
    };
    let path = uri.path().trim_start_matches("/onvif/").to_owned();
    if !service::is_open(&body.name)
        && let Err(challenge) = state.auth.check(&root, &headers, "POST", uri.path(), state.now())
    {
        let response = refused(&Refusal("NotAuthorized", "Sender not authorized"), StatusCode::UNAUTHORIZED);
        return ([(header::WWW_AUTHENTICATE, challenge)], response).into_response();
    }
    let ask = Ask { state: &state, local, body };
    let answer = match path.strip_prefix("subscription/") {
        Some(id) => events::subscription(&ask, id).await,
        None => service::answer(&ask, &path),
    };
    match answer {
        Ok(answer) => answered(StatusCode::OK, envelope("", &answer)),
        Err(refusal) => refused(&refusal, StatusCode::BAD_REQUEST),
    }
}

fn answered(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/soap+xml; charset=utf-8")], text).into_response()
}

fn refused(Refusal(code, reason): &Refusal, status: StatusCode) -> Response {
    let fault = format!(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value xmlns:ter=\"http://www.onvif.org/ver10/error\">\
         ter:{code}</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang=\"en\">{}</s:Text></s:Reason></s:Fault>",
        escape(reason)
    );
    answered(status, wire::envelope("", &fault))
}

async fn snapshot(
    Shared(state): Shared<Arc<State>>,
    Path(name): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Err(challenge) = state.auth.check(&Element::default(), &headers, method.as_str(), uri.path(), state.now()) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response();
    }
    let Ok(stream) = state.stream(Some(&name)).map(Arc::clone) else { return StatusCode::NOT_FOUND.into_response() };
    let picture = tokio::task::spawn_blocking(move || stream.clip.still()).await;
    match picture {
        Ok(Some(jpeg)) => ([(header::CONTENT_TYPE, "image/jpeg")], jpeg).into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Rings, for whoever signs in as for everything else. A camera without a password is rung by nobody: what does it is on the
/// network, and so is everybody.
async fn ring_bell(Shared(state): Shared<Arc<State>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if state.auth.is_open() {
        return (StatusCode::FORBIDDEN, "This camera has no password, so its bell is not rung over the network\n")
            .into_response();
    }
    if let Err(challenge) = state.auth.check(&Element::default(), &headers, method.as_str(), uri.path(), state.now()) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, challenge)]).into_response();
    }
    state.ring_bell();
    StatusCode::NO_CONTENT.into_response()
}

/// The first step of pairing by label, and [`finish_pairing`] the second; a camera without an identity knows neither.
async fn pair(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let Some(pairing) = &state.pairing else { return StatusCode::NOT_FOUND.into_response() };
    match pairing.begin(&body, state.clock.mono()) {
        Ok(welcome) => json(StatusCode::OK, wire_pair::written(&welcome)),
        Err(refusal) => not_paired(refusal),
    }
}

async fn finish_pairing(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let Some(pairing) = &state.pairing else { return StatusCode::NOT_FOUND.into_response() };
    let invited = match pairing.finish(&body, state.clock.mono()) {
        Ok(invitation) => pairing.invited(invitation).await,
        Err(refusal) => Err(refusal),
    };
    invited.map_or_else(not_paired, |()| StatusCode::NO_CONTENT.into_response())
}

fn not_paired(refusal: pairing::Refusal) -> Response {
    let (status, code) = refusal.told();
    tracing::debug!(code, "pairing refused");
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, wire_pair::written(&wire_pair::Refusal { code: code.to_owned() }))
}

fn json(status: StatusCode, body: Vec<u8>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
