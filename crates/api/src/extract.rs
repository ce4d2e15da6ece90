//! Reading requests: each way in is bounded, and what does not fit is a problem that names the field.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use domain::limits::{JSON_BODY_BYTES_MAX, SDP_BYTES_MAX};
use domain::{HomeId, TimeRange, Timestamp};
use http_body_util::LengthLimitError;
use policy::point;
use relay::StreamChoice;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::problem::Problem;

/// A body is at most 64 KiB: one that takes longer comes from somebody who wants to hold the connection.
const BODY_TIME_MAX: Duration = Duration::from_secs(10);

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        expect_type(request.headers(), "application/json")?;
        let body = read(request, JSON_BODY_BYTES_MAX).await?;
        json(&body).map(Self)
    }
}

/// Bytes of what somebody sends who has no session: a device's claim is under 2 KiB.
const SMALL_BYTES_MAX: usize = 8 * 1024;

/// A JSON body of somebody who has no session.
#[derive(Debug)]
pub(crate) struct Small<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Small<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        expect_type(request.headers(), "application/json")?;
        let body = read(request, SMALL_BYTES_MAX).await?;
        json(&body).map(Self)
    }
}

/// An SDP body.
#[derive(Debug)]
pub(crate) struct Sdp(pub(crate) String);

impl<S: Send + Sync> FromRequest<S> for Sdp {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        expect_type(request.headers(), "application/sdp")?;
        let body = read(request, SDP_BYTES_MAX).await?;
        match std::str::from_utf8(&body) {
            Ok(text) => Ok(Self(text.to_owned())),
            Err(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "live.offer_invalid", "the offer is not UTF-8 text")),
        }
    }
}

/// The query part of the address. Every value is a text.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        decode(Value::Object(pairs.map(|(key, value)| (key.into_owned(), Value::String(value.into_owned()))).collect())).map(Self)
    }
}

/// The variable parts of the path. What cannot name anything names nothing: 404.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = <axum::extract::Path<T> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(path)| Self(path)).map_err(|_| Problem::not_found())
    }
}

/// `?from=..&to=..`: a half-open range of RFC 3339 times.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct RangeQuery {
    from: Timestamp,
    to: Timestamp,
}

impl RangeQuery {
    pub(crate) fn range(self) -> Result<TimeRange, Problem> {
        TimeRange::new(self.from, self.to)
            .ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "range.invalid", "`from` must lie before `to`"))
    }
}

/// `?stream=`: which of a camera's streams.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct StreamQuery {
    #[serde(default)]
    pub(crate) stream: Stream,
}

/// Which of a camera's streams; `auto` is the one that fits the way to the viewer.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stream {
    #[default]
    Auto,
    Main,
    Sub,
}

impl From<Stream> for StreamChoice {
    fn from(stream: Stream) -> Self {
        match stream {
            Stream::Auto => Self::Auto,
            Stream::Main => Self::Main,
            Stream::Sub => Self::Sub,
        }
    }
}

/// `?home_id=`: which of one's homes.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct HomeQuery {
    pub(crate) home_id: Option<HomeId>,
}

/// The address that the connection comes from; this machine's, where there is no connection (a call in process).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(connected.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| peer.ip())))
    }
}

/// Reads a number of a query, in which every value is a text.
pub(crate) fn number<'de, T: FromStr, D: Deserializer<'de>>(d: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(d)?;
    text.parse().map(Some).map_err(|_| serde::de::Error::custom("not a number that fits"))
}

/// Tells an absent field (`None`) from one that is `null` (`Some(None)`), for merge patches.
pub(crate) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(d).map(Some)
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    match strict(body) {
        Err(problem) if !point::FORM_FIELDS.holds() => lax(body, problem),
        read => read,
    }
}

/// What a form would be without the rule that it takes the declared fields alone. No build that people run comes here.
fn lax<T: DeserializeOwned>(body: &[u8], mut problem: Problem) -> Result<T, Problem> {
    let mut form: Value = serde_json::from_slice(body).unwrap_or_default();
    while let Some(field) = problem.detail.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        if form.as_object_mut().and_then(|form| form.remove(field)).is_none() {
            break;
        }
        match strict(form.to_string().as_bytes()) {
            Ok(value) => return Ok(value),
            Err(next) => problem = next,
        }
    }
    Err(problem)
}

fn strict<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = decode(&mut deserializer)?;
    deserializer.end().map_err(|error| Problem::invalid(None, error.to_string()))?;
    Ok(value)
}

fn decode<'de, T: Deserialize<'de>, D>(deserializer: D) -> Result<T, Problem>
where
    D: Deserializer<'de>,
    D::Error: std::fmt::Display,
{
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        let text = error.into_inner().to_string();
        // The path of an absent field is that of its parent; serde's text names it.
        let absent = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
        let field = absent.map(str::to_owned).or(Some(path).filter(|path| path != "."));
        Problem::invalid(field, text)
    })
}

fn expect_type(headers: &HeaderMap, expected: &'static str) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "request.invalid", format!("the body must be {expected}")))
}

async fn read(request: Request, bytes_max: usize) -> Result<Bytes, Problem> {
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = || {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", format!("the body may have {bytes_max} bytes at most"))
    };
    if declared.is_some_and(|length| length > bytes_max) {
        return Err(too_large());
    }
    let body = timeout(BODY_TIME_MAX, axum::body::to_bytes(request.into_body(), bytes_max)).await.map_err(|_| {
        Problem::new(StatusCode::REQUEST_TIMEOUT, "request.invalid", format!("the body took longer than {BODY_TIME_MAX:?}"))
    })?;
    body.map_err(|error| {
        let over = std::error::Error::source(&error).is_some_and(|source| source.is::<LengthLimitError>());
        if over { too_large() } else { Problem::invalid(None, "the body ended early") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Form {
        #[allow(dead_code, reason = "only read in")]
        name: String,
        #[serde(default, deserialize_with = "nullable")]
        sub_url: Option<Option<String>>,
    }

    fn form(text: &str) -> Result<Form, Problem> {
        json(text.as_bytes())
    }

    #[test]
    fn a_problem_names_the_field() {
        for (text, field) in
            [("{}", Some("name")), (r#"{"name":1}"#, Some("name")), ("[", None), ("", None), (r#"{"name":"a"} x"#, None)]
        {
            let problem = form(text).unwrap_err();
            assert_eq!((problem.code, problem.field.as_deref()), ("request.invalid", field), "{text}");
        }
    }

    #[test]
    fn absent_and_null_differ() {
        assert_eq!(form(r#"{"name":"a"}"#).unwrap().sub_url, None);
        assert_eq!(form(r#"{"name":"a","sub_url":null}"#).unwrap().sub_url, Some(None));
        assert_eq!(form(r#"{"name":"a","sub_url":"x"}"#).unwrap().sub_url, Some(Some("x".into())));
    }
}
