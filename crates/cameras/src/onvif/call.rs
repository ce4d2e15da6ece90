//! One question to one camera: signed in, bounded, to its own address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Clock, Secret, Timestamp};
use tokio::net::lookup_host;
use tokio::time::timeout;
use url::Url;

use super::auth::{Challenge, authorization, challenge, username_token};
use super::wire::{WireError, action, device, envelope};
use super::{Cause, OnvifError, SKEW_MAX_S, Step, read};
use crate::CameraError;
use crate::guard::may_be_camera;
use crate::http::{Limits, Request, Response, exchange};
use crate::xml::{self, Element};

/// Where the device service is with nearly all.
const DEVICE_PATH: &str = "/onvif/device_service";
const URL_BYTES_MAX: usize = 2048;
const HALF_SECOND_US: i64 = 500_000;
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Weak cameras take seconds for their profiles.
pub(super) const ANSWER_TIME_MAX: Duration = Duration::from_secs(8);

/// A camera's address and how to sign in there.
pub(super) struct Call {
    device: Url,
    ip: IpAddr,
    sign_in: Option<(String, Secret)>,
    clock: Arc<dyn Clock>,
    /// The configured port is the only one: there is a door behind which the camera has ports of its own.
    door: bool,
    state: Mutex<State>,
}

/// What the camera's answers taught.
#[derive(Debug, Default)]
struct State {
    skew_us: i64,
    challenge: Option<(Challenge, u32)>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Call {
    pub(super) async fn new(url: &str, sign_in: Option<(&str, &Secret)>, clock: Arc<dyn Clock>) -> Result<Self, OnvifError> {
        let invalid = |why| Cause::from(CameraError::AddressInvalid(why)).at(Step::Address);
        let mut device = Url::parse(url.trim()).ok().filter(|url| url.as_str().len() <= URL_BYTES_MAX && url.has_host());
        let mut device = device.take().ok_or_else(|| invalid("it is not a URL"))?;
        match device.scheme() {
            "http" => {}
            "https" => return Err(Cause::from(CameraError::TlsUnsupported).at(Step::Address)),
            _ => return Err(invalid("it must begin with http://")),
        }
        if device.path().len() <= 1 {
            device.set_path(DEVICE_PATH);
        }
        let cannot_be = |()| invalid("it cannot be used");
        device.set_username("").and_then(|()| device.set_password(None)).map_err(cannot_be)?;
        let host = device.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let place = format!("{host}:{}", device.port_or_known_default().unwrap_or(80));
        let nobody = |cause: &'static str| {
            Cause::from(CameraError::Unreachable { address: place.clone(), cause: cause.into() }).at(Step::Address)
        };
        let found = timeout(CONNECT_TIME_MAX, lookup_host((host.as_str(), 0))).await;
        let mut found = found
            .map_err(|_| nobody("nobody answered which host has that name"))?
            .map_err(|_| nobody("no host has that name"))?;
        let ip = found.next().ok_or_else(|| nobody("no host has that name"))?.ip();
        // This machine counts where a person wrote so, and never because a name server says so.
        let own = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if !may_be_camera(ip, own) {
            return Err(Cause::Forbidden.at(Step::Address));
        }
        let sign_in = sign_in.map(|(user, password)| (user.to_owned(), password.clone()));
        Ok(Self { device, ip, sign_in, clock, door: false, state: Mutex::default() })
    }

    pub(super) fn through_a_door(self) -> Self {
        Self { door: true, ..self }
    }

    pub(super) fn device(&self) -> &Url {
        &self.device
    }

    pub(super) fn ip(&self) -> IpAddr {
        self.ip
    }

    pub(super) fn sign_in(&self) -> Option<(&str, &Secret)> {
        self.sign_in.as_ref().map(|(user, password)| (user.as_str(), password))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn mono(&self) -> domain::Mono {
        self.clock.mono()
    }

    pub(super) fn skew_us(&self) -> i64 {
        self.state().skew_us
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn address(&self) -> String {
        format!("{}:{}", self.device.host_str().unwrap_or_default(), self.device.port_or_known_default().unwrap_or(80))
    }

    /// Learns the camera's clock. One that keeps even that from strangers is taken to be right.
    pub(super) async fn read_clock(&self) -> Result<(), OnvifError> {
        let asked = self.clock.now().micros();
        let response = self.post(Step::Time, &self.device, "", device::GET_TIME, ANSWER_TIME_MAX, false).await?;
        let answered = self.clock.now().micros();
        match read(&response.body, "GetSystemDateAndTimeResponse") {
            Ok(answer) => {
                if let Some(time) = device::time(&answer) {
                    // It tells whole seconds, at some time between question and answer: the middle of both is nearest.
                    let told = time.micros().saturating_add(HALF_SECOND_US);
                    self.state().skew_us = told.saturating_sub(asked.midpoint(answered));
                }
                Ok(())
            }
            Err(WireError::Fault(_)) => Ok(()),
            Err(_) if response.status == 401 => Ok(()),
            Err(WireError::Xml(error)) if response.status == 200 && looks_like_xml(&response.body) => {
                Err(Cause::Answer(error.to_string().into()).at(Step::Time))
            }
            Err(_) => Err(self.without_soap(response.status).at(Step::Time)),
        }
    }

    /// Asks a service, and reads the answer's element.
    pub(super) async fn ask(&self, step: Step, service: &Url, question: &str, name: &'static str) -> Result<Element, OnvifError> {
        self.ask_with(step, service, "", question, name, ANSWER_TIME_MAX).await
    }

    /// The same with further header elements and another patience.
    pub(super) async fn ask_with(
        &self,
        step: Step,
        service: &Url,
        header: &str,
        question: &str,
        name: &'static str,
        patience: Duration,
    ) -> Result<Element, OnvifError> {
        let url = self.at_host(service, &["http", "https"]).ok_or_else(|| super::not_an_address().at(step))?;
        let response = self.post(step, &url, header, question, patience, true).await?;
        let cause = match read(&response.body, name) {
            Ok(element) => return Ok(element),
            Err(WireError::Fault(fault)) if fault.is_sign_in() => self.refused(),
            Err(_) if matches!(response.status, 401 | 403) => self.refused(),
            Err(error @ WireError::Fault(_)) => Cause::from_wire(error),
            Err(WireError::Xml(_) | WireError::NotSoap) if response.status != 200 => self.without_soap(response.status),
            Err(error) => Cause::from_wire(error),
        };
        Err(cause.at(step))
    }

    /// Fetches what lies at a URL of the camera.
    pub(super) async fn get(&self, step: Step, url: &Url, max: usize) -> Result<Vec<u8>, OnvifError> {
        let request = Request { method: "GET", url, headers: &[], body: &[] };
        let response = self.signed_in(step, request, max, ANSWER_TIME_MAX, true).await?;
        match response.status {
            200 => Ok(response.body),
            401 | 403 => Err(self.refused().at(step)),
            status => Err(self.without_soap(status).at(step)),
        }
    }

    /// The same URL at the configured host. Where it already names that host its port counts; else a router or an old address
    /// stands between, and for services the configured port does. Only these schemes.
    pub(super) fn at_host(&self, url: &Url, schemes: &[&str]) -> Option<Url> {
        if !schemes.contains(&url.scheme()) {
            return None;
        }
        let host = self.device.host_str()?;
        let names_us = url.host_str() == Some(host) || url.host_str().and_then(|h| h.parse::<IpAddr>().ok()) == Some(self.ip);
        let mut own = url.clone();
        own.set_host(Some(host)).ok()?;
        own.set_username("").ok()?;
        own.set_password(None).ok()?;
        own.set_fragment(None);
        if url.scheme().starts_with("http") {
            // Without TLS here, the same service is asked for without.
            own.set_scheme("http").ok()?;
            if self.door || !names_us || url.scheme() == "https" {
                own.set_port(self.device.port()).ok()?;
            }
        }
        Some(own)
    }

    async fn post(
        &self,
        step: Step,
        url: &Url,
        header: &str,
        question: &str,
        patience: Duration,
        sign: bool,
    ) -> Result<Response, OnvifError> {
        let token = self.sign_in.as_ref().filter(|_| sign).map(|(user, password)| {
            let mut nonce = [0; 16];
            let _ = aws_lc_rs::rand::fill(&mut nonce);
            let now = Timestamp::from_micros(self.clock.now().micros().saturating_add(self.skew_us()));
            username_token(user, password, &nonce, now)
        });
        let body = envelope(&format!("{header}{}", token.unwrap_or_default()), question);
        let kind = ("Content-Type", format!("application/soap+xml; charset=utf-8; action=\"{}\"", action(header, question)));
        let request = Request { method: "POST", url, headers: &[kind], body: body.as_bytes() };
        self.signed_in(step, request, xml::BYTES_MAX, patience, sign).await
    }

    /// Sends, and once more with a digest where the camera asks for one.
    async fn signed_in(
        &self,
        step: Step,
        request: Request<'_>,
        max: usize,
        patience: Duration,
        sign: bool,
    ) -> Result<Response, OnvifError> {
        let first = self.send(step, request, max, patience, sign).await?;
        if first.status != 401 || self.sign_in.is_none() || !sign {
            return Ok(first);
        }
        let headers = first.headers.iter().filter(|(name, _)| name == "www-authenticate");
        let Some(asked) = headers.filter_map(|(_, value)| challenge(value)).next() else { return Ok(first) };
        self.state().challenge = Some((asked, 0));
        self.send(step, request, max, patience, sign).await
    }

    async fn send(
        &self,
        step: Step,
        request: Request<'_>,
        max: usize,
        patience: Duration,
        sign: bool,
    ) -> Result<Response, OnvifError> {
        let mut headers = request.headers.to_vec();
        if sign && let Some((user, password)) = &self.sign_in {
            let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
            let uri = format!("{}{query}", request.url.path());
            let mut state = self.state();
            if let Some((challenge, count)) = &mut state.challenge {
                *count += 1;
                headers.push(("Authorization", authorization(user, password, challenge, request.method, &uri, *count)));
            }
        }
        let port = request.url.port_or_known_default().unwrap_or(80);
        let limits = Limits { body_bytes_max: max, connect_time_max: CONNECT_TIME_MAX, answer_time_max: patience };
        let answered = exchange(SocketAddr::new(self.ip, port), &Request { headers: &headers, ..request }, limits).await;
        let response = answered.map_err(|error| Cause::from_http(error, &self.address()).at(step))?;
        if (300..400).contains(&response.status) {
            return Err(Cause::Redirected(response.status).at(step));
        }
        Ok(response)
    }

    /// What a refused sign-in means.
    fn refused(&self) -> Cause {
        let skew_s = self.skew_us() / 1_000_000;
        match (&self.sign_in, skew_s.abs() > SKEW_MAX_S) {
            (None, _) => CameraError::CredentialsNeeded.into(),
            (Some(_), true) => Cause::SignInOrClock(skew_s),
            (Some(_), false) => CameraError::CredentialsWrong.into(),
        }
    }

    fn without_soap(&self, status: u16) -> Cause {
        match status {
            200 | 404 | 405 => Cause::NotOnvif,
            401 | 403 => self.refused(),
            status => Cause::Status(status),
        }
    }
}

fn looks_like_xml(body: &[u8]) -> bool {
    body.windows(8).take(2048).any(|window| window.eq_ignore_ascii_case(b"envelope")) || body.starts_with(b"<?xml")
}
