//! A server in process: two homes, an owner each, and a member of the first.

use std::sync::Arc;

use api::{ApiState, Network, Site};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::Response;
use control::{Control, NewAccount, NewCamera, SetUp};
use domain::onboarding::Fingerprint;
use domain::{CameraId, Clock, Role, Secret, SystemClock};
use policy::Principal;
use policy::act::AddCamera;
use relay::Relay;
use serde_json::Value;
use store::Store;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// By what devices know this server.
pub(crate) const CERTIFICATE: Fingerprint = Fingerprint::from_bytes([9; 32]);

pub(crate) const PASSWORD: &str = "correct horse battery";

/// The server and who is in it.
pub(crate) struct House {
    pub(crate) control: Control,
    pub(crate) relay: Relay,
    /// Of the first home; nobody answers at its address.
    pub(crate) camera: CameraId,
    pub(crate) owner: Secret,
    pub(crate) member: Secret,
    pub(crate) stranger: Secret,
    router: Router,
    known_by: watch::Sender<Option<Fingerprint>>,
    stop: CancellationToken,
    _data: TempDir,
}

impl House {
    pub(crate) async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let store = Store::open(data.path(), Arc::clone(&clock)).await.unwrap();
        let control = Control::new(store.clone(), Arc::clone(&clock), control::Config::default());
        let config = relay::Config { loopback_only: true, search_loopback: true, ..relay::Config::default() };
        let relay = Relay::start(config, store.clone(), control.facts(), Arc::clone(&clock)).await.unwrap();
        let (known_by, certificate) = watch::channel(Some(CERTIFICATE));
        let site = Site {
            tls: false,
            network: Network::Loopback,
            certificate,
            rtsp: None,
            version: "0.0.0",
            deployment: policyc::Deployment::default(),
        };
        let stop = CancellationToken::new();
        let state = ApiState::new(control.clone(), relay.clone(), store.bus(), clock, site, stop.clone());

        let owner = control.set_up(set_up("owner@one.example")).await.unwrap();
        let home = owner.account.homes[0].id;
        let member = control.create_account(account("member@one.example")).await.unwrap();
        control.add_member(home, member, Role::Member).await.unwrap();
        let stranger = control.create_account(account("owner@two.example")).await.unwrap();
        control.create_home(stranger).await.unwrap();
        let permit = control.ask::<AddCamera>(Principal::Session(owner.session), home).await.unwrap();
        let new = NewCamera { name: "门口 Door".into(), main_url: "rtsp://127.0.0.1:9/main".into(), ..NewCamera::default() };
        let camera = control.add_camera(permit, new).await.unwrap().id;

        let from = std::net::Ipv4Addr::LOCALHOST.into();
        let token = async |email: &str| control.sign_in(email, &PASSWORD.into(), from).await.unwrap().token;
        let (member, stranger) = (token("member@one.example").await, token("owner@two.example").await);
        let router = api::router(state);
        Self { control, relay, camera, owner: owner.token, member, stranger, router, known_by, stop, _data: data }
    }

    /// As on loopback without a certificate.
    pub(crate) fn without_tls(&self) {
        self.known_by.send_replace(None);
    }

    /// Serves on a port of loopback, as to devices.
    pub(crate) async fn listen(&self) -> std::net::SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = self.router.clone().into_make_service_with_connect_info::<std::net::SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// GET as somebody.
    pub(crate) async fn get(&self, who: &Secret, path: &str) -> Answer {
        Answer::of(self.send(request(Method::GET, path, Some(who)).body(Body::empty()).unwrap()).await).await
    }

    /// Sends JSON as somebody.
    pub(crate) async fn json(&self, who: Option<&Secret>, method: Method, path: &str, body: &Value) -> Answer {
        let request = request(method, path, who).header(header::CONTENT_TYPE, "application/json");
        Answer::of(self.send(request.body(Body::from(body.to_string())).unwrap()).await).await
    }

    pub(crate) async fn close(self) {
        self.stop.cancel();
        self.relay.shutdown().await;
        self.control.close().await;
    }
}

/// A request to a path under the API's prefix, by a tool of somebody.
pub(crate) fn request(method: Method, path: &str, who: Option<&Secret>) -> axum::http::request::Builder {
    let request = Request::builder().method(method).uri(format!("/api/v1{path}")).header(header::HOST, "127.0.0.1:8480");
    match who {
        Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose())),
        None => request,
    }
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec();
        Self { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: impl AsRef<str>) -> &str {
        self.headers.get(name.as_ref()).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn set_up(email: &str) -> SetUp {
    let NewAccount { email, password, adult, policy_version, language } = account(email);
    SetUp { email, password, adult, policy_version, code: None, language }
}

fn account(email: &str) -> NewAccount {
    NewAccount {
        email: email.into(),
        password: PASSWORD.into(),
        adult: true,
        policy_version: policy::compiled::VERSION.into(),
        language: None,
    }
}
