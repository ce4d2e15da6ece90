//! The one page in a camera's own network: which network it is to join, and what that asks for. No script and nothing from
//! elsewhere, so that it works in the small browsers that phones open by themselves in a network without a way out.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, RawQuery, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use domain::Secret;
use domain::onboarding::{Network, Security, Ssid, WifiCode};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;

use super::page_words::{Language, Trouble};
use super::{Asks, JoinError, Seen, page_html};

/// Bytes of what a browser sends: a code of the longest kind, percent-encoded, and a name and a password.
const FORM_BYTES_MAX: usize = 8 * 1024;
/// How long an answer may take to leave before the network goes with it.
const FAREWELL_TIME_MAX: Duration = Duration::from_secs(2);

/// A page that waits for a choice.
pub(super) struct Page {
    host: String,
    choice: oneshot::Receiver<WifiCode>,
    stop: CancellationToken,
    server: JoinHandle<()>,
}

/// What the page shows, and what it takes.
pub(super) struct State {
    /// The camera's own network.
    pub(super) name: String,
    /// What its radio saw before that.
    pub(super) networks: Vec<Seen>,
    /// What became of the last choice.
    pub(super) trouble: Option<(Ssid, JoinError)>,
    /// Where the page is, as a browser says it.
    host: String,
    /// What only this page's own form can know.
    pub(super) token: String,
    choice: Mutex<Option<oneshot::Sender<WifiCode>>>,
}

impl Page {
    pub(super) async fn serve(
        listen: SocketAddr,
        name: &str,
        networks: Vec<Seen>,
        trouble: Option<(Ssid, JoinError)>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let host = if address.port() == 80 { address.ip().to_string() } else { address.to_string() };
        let (chosen, choice) = oneshot::channel();
        let state = Arc::new(State {
            name: name.to_owned(),
            networks,
            trouble,
            host: host.clone(),
            token: uuid::Uuid::new_v4().simple().to_string(),
            choice: Mutex::new(Some(chosen)),
        });
        let routes = Router::new().fallback(any(answer)).layer(DefaultBodyLimit::max(FORM_BYTES_MAX)).with_state(state);
        let stop = CancellationToken::new();
        let server = axum::serve(listener, routes).with_graceful_shutdown(stop.clone().cancelled_owned());
        let server = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::warn!(%error, "the set-up page ended");
            }
        });
        Ok(Self { host, choice, stop, server })
    }

    /// Where it is, as a browser says it.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Waits for a choice, and until the person was told what happens now. `None` where the page ended.
    pub(super) async fn chosen(mut self) -> Option<WifiCode> {
        let code = (&mut self.choice).await.ok();
        self.stop.cancel();
        let _ = tokio::time::timeout(FAREWELL_TIME_MAX, &mut self.server).await;
        code
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    Shared(state): Shared<Arc<State>>,
    method: Method,
    uri: axum::http::Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let at_home = headers.get(header::HOST).is_some_and(|host| host.as_bytes() == state.host.as_bytes());
    match method {
        // A phone that asks whether there is a way out is led here, and shows the page by itself.
        Method::GET | Method::HEAD if !at_home || uri.path() != "/" => {
            let home = format!("http://{}/", state.host);
            (StatusCode::FOUND, [(header::LOCATION, home), (header::CACHE_CONTROL, "no-store".into())]).into_response()
        }
        Method::GET | Method::HEAD => {
            let asked = query.as_deref().and_then(|query| field(query.as_bytes(), "lang"));
            shown(StatusCode::OK, page_html::form(&state, Language::of(asked.as_deref(), &headers), None))
        }
        // A page elsewhere may send a form here and not know the token, or know the address and not be it.
        Method::POST if at_home && uri.path() == "/" && is_own(&headers, &state.host) => take(&state, &headers, &body),
        Method::POST => StatusCode::FORBIDDEN.into_response(),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// Whether a form was sent from this page, as far as the browser says where from.
fn is_own(headers: &HeaderMap, host: &str) -> bool {
    let origin = headers.get(header::ORIGIN).is_none_or(|origin| origin.as_bytes() == format!("http://{host}").as_bytes());
    let site = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    origin && site
}

fn take(state: &State, headers: &HeaderMap, body: &[u8]) -> Response {
    let token = field(body, "token").unwrap_or_default();
    if verify_slices_are_equal(token.as_bytes(), state.token.as_bytes()).is_err() {
        return StatusCode::FORBIDDEN.into_response();
    }
    let language = Language::of(field(body, "lang").as_deref(), headers);
    let code = match read(state, body) {
        Ok(code) => code,
        Err(trouble) => return shown(StatusCode::BAD_REQUEST, page_html::form(state, language, Some(trouble))),
    };
    let ssid = code.network.ssid().clone();
    let chosen = state.choice.lock().unwrap_or_else(PoisonError::into_inner).take();
    // Pressed twice: the first one counts.
    if chosen.is_none_or(|chosen| chosen.send(code).is_err()) {
        return StatusCode::CONFLICT.into_response();
    }
    shown(StatusCode::OK, page_html::joining(&state.name, language, &ssid))
}

/// What a form says. A code says all of it; else a network of the list, or another by its name.
fn read(state: &State, body: &[u8]) -> Result<WifiCode, Trouble> {
    let code = field(body, "code").unwrap_or_default();
    if !code.trim().is_empty() {
        return WifiCode::parse(code.trim().as_bytes()).map_err(|_| Trouble::Code);
    }
    let password = field(body, "password").unwrap_or_default();
    let chosen = field(body, "network").ok_or(Trouble::Network)?;
    let (ssid, asks, hidden) = match chosen.parse::<usize>().ok().and_then(|at| state.networks.get(at)) {
        Some(seen) => (seen.ssid.clone(), seen.asks, false),
        None if chosen == "other" => {
            let ssid = Ssid::new(field(body, "other").unwrap_or_default().into_bytes()).map_err(|_| Trouble::Name)?;
            // What it asks for is not seen: who types no password says that there is none.
            (ssid, if password.is_empty() { Asks::Nothing } else { Asks::Wpa }, true)
        }
        None => return Err(Trouble::Network),
    };
    let password = || Secret::new(password.clone());
    let security = match asks {
        Asks::Nothing => Security::Open,
        Asks::Wpa => Security::Wpa(password()),
        Asks::Sae => Security::Sae(password()),
        Asks::Other => return Err(Trouble::Unsupported),
    };
    let network = Network::new(ssid, security, hidden).map_err(|_| Trouble::Password)?;
    Ok(WifiCode { network, invitation: None })
}

/// A field of a form (application/x-www-form-urlencoded).
fn field(form: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn shown(status: StatusCode, html: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, page_html::CONTENT_POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The network goes once the answer was read.
        (header::CONNECTION, "close"),
    ];
    (status, headers, html).into_response()
}

/// Where the page is by itself: in the camera's own network, at the port of the web.
#[must_use]
pub fn own_page(address: Ipv4Addr) -> SocketAddr {
    SocketAddr::from((address, 80))
}
