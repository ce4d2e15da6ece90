//! What went wrong, as RFC 9457 problem details.
//!
//! A handler's error becomes a status and a [`Problem`] in the answer's extensions; [`crate::edge`] writes the body, because
//! only it knows the request's id. What only we may know stays in the log.

use std::borrow::Cow;
use std::error::Error as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Error, Kind};
use serde::Serialize;
use utoipa::ToSchema;

/// `Result` of a handler.
pub(crate) type Result<T, E = Problem> = std::result::Result<T, E>;

/// What a caller is told, without the request's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: Cow<'static, str>,
    pub(crate) field: Option<String>,
}

/// The body of a problem.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Body<'a> {
    /// `urn:atipcam:problem:` and the code.
    r#type: String,
    /// The status in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// A sentence for people who look closer.
    detail: &'a str,
    /// The stable code that the app has words for.
    code: &'a str,
    /// The id under which the server's log knows this request.
    request_id: &'a str,
    /// The field of the request that is wrong, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    /// The purpose that wants a consent, where that is what is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), field: None }
    }

    /// A request that is wrong in `field`.
    pub(crate) fn invalid(field: Option<String>, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { field, ..Self::new(StatusCode::BAD_REQUEST, "request.invalid", detail) }
    }

    /// No such thing, or none that the asker may know of.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "no such thing, or none that you may see")
    }

    /// The problem of an answer that the framework, not a handler of ours, gave a status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::METHOD_NOT_ALLOWED => {
                Self::new(status, "request.invalid", "this address does not know the method; see Allow")
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(status, "request.too_large", "the body is larger than this address takes"),
            StatusCode::RANGE_NOT_SATISFIABLE => Self::new(status, "range.invalid", "there are no such bytes; see Content-Range"),
            status if status.is_server_error() => Self::new(status, "internal", "internal error"),
            status => Self::new(status, "request.invalid", "the request is not one that this address takes"),
        }
    }

    /// The JSON of the problem.
    pub(crate) fn body(&self, request_id: &str) -> Vec<u8> {
        let body = Body {
            r#type: format!("urn:atipcam:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            request_id,
            field: self.field.as_deref(),
            purpose: (self.code == "consent.needed").then_some(&*self.detail),
        };
        // Plain texts and a number always serialise; an empty body would still carry the status.
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            Kind::Invalid => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Gone => StatusCode::GONE,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unsupported => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let cause = error.source().map(tracing::field::display);
        if error.kind() == Kind::Internal {
            tracing::error!(code = error.code(), cause, "request failed");
            return Self::of_status(status);
        }
        tracing::debug!(code = error.code(), cause, "request refused");
        Self::new(status, error.code(), error.detail().to_owned())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 9110 section 11.6.1: a 401 names the scheme.
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            // Such a detail begins with the seconds to wait.
            let seconds = self.detail.split(' ').next().and_then(|text| text.parse::<u32>().ok());
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.unwrap_or(1)));
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_text_does_not_leave() {
        let problem = Problem::from(Error::internal("disk /secret broke"));
        assert_eq!(problem.status, StatusCode::INTERNAL_SERVER_ERROR);
        let body = String::from_utf8(problem.body("r1")).unwrap();
        assert!(!body.contains("secret"), "{body}");
        assert!(body.contains("\"request_id\":\"r1\""), "{body}");
    }

    #[test]
    fn who_asks_too_often_is_told_when_to_come_back() {
        let error = Error::new(Kind::TooMany, "sign_in.too_many", "30 s until the next try");
        let response = Problem::from(error).into_response();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &HeaderValue::from(30)));
    }

    #[test]
    fn a_body_says_what_and_where() {
        let problem = Problem::invalid(Some("name".into()), "missing");
        let body: serde_json::Value = serde_json::from_slice(&problem.body("r")).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "type": "urn:atipcam:problem:request.invalid", "title": "Bad Request", "status": 400,
                "detail": "missing", "code": "request.invalid", "request_id": "r", "field": "name",
            })
        );
    }
}
