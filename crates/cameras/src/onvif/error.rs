//! Which step failed, and the likely cause.

use std::borrow::Cow;
use std::fmt;

use domain::Kind;

use super::wire::WireError;
use crate::CameraError;
use crate::http::HttpError;

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The address is read and its host is looked up.
    Address,
    /// The first question, which needs no sign-in: the camera's time.
    Time,
    /// The first question that needs the sign-in.
    SignIn,
    /// Which services it has.
    Services,
    /// Its profiles.
    Profiles,
    /// A profile's stream.
    Stream,
    /// A still picture.
    Snapshot,
    /// Movement.
    Ptz,
    /// The look of the picture.
    Imaging,
    /// Events.
    Events,
    /// Time, restart.
    Maintenance,
    /// What it kept.
    Recordings,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "reading the address",
            Self::Time => "asking for the time",
            Self::SignIn => "signing in",
            Self::Services => "asking for services",
            Self::Profiles => "asking for profiles",
            Self::Stream => "asking for the stream",
            Self::Snapshot => "fetching a picture",
            Self::Ptz => "moving",
            Self::Imaging => "setting the picture",
            Self::Events => "listening to events",
            Self::Maintenance => "maintaining",
            Self::Recordings => "asking for what it kept",
        })
    }
}

/// Why. The texts name hosts and ports, never users, passwords or paths.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// What the connection itself says, as for RTSP.
    #[error(transparent)]
    Camera(#[from] CameraError),
    /// The address is one that no camera has: this machine's, a cloud's, a group's.
    #[error("no camera has that address")]
    Forbidden,
    /// What answers does not speak ONVIF. Often it is switched off in the camera's own settings.
    #[error("what answers there does not speak ONVIF; it may be switched off in the camera's settings")]
    NotOnvif,
    /// It sends elsewhere, which is not followed.
    #[error("the camera sends elsewhere (status {0}), which is not followed")]
    Redirected(u16),
    /// A status that says no more.
    #[error("the camera answered with status {0}")]
    Status(u16),
    /// Its answer is too large, in bytes.
    #[error("the camera's answer has more than {0} bytes")]
    TooLarge(usize),
    /// The sign-in was refused, and the clocks are more than [`super::SKEW_MAX_S`] seconds apart.
    #[error("the camera did not accept the sign-in; its clock is {0} s away from ours, which may be why")]
    SignInOrClock(i64),
    /// Its answer cannot be used.
    #[error("the camera's answer cannot be used: {0}")]
    Answer(Cow<'static, str>),
    /// The camera cannot do that.
    #[error("the camera cannot do that")]
    Unsupported,
    /// It refused, in its own words.
    #[error("the camera refused: {0}")]
    Refused(String),
}

/// What failed, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{step}: {cause}")]
pub struct OnvifError {
    /// The step.
    pub step: Step,
    /// The likely cause.
    pub cause: Cause,
}

impl Cause {
    /// The stable code that the app has words for.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Camera(error) => error.code(),
            Self::Forbidden => "camera.url_invalid",
            Self::NotOnvif => "camera.not_onvif",
            Self::SignInOrClock(_) => "camera.clock_off",
            Self::Redirected(_) | Self::Status(_) | Self::TooLarge(_) | Self::Answer(_) | Self::Refused(_) => "camera.protocol",
            Self::Unsupported => "camera.unsupported",
        }
    }

    pub(super) const fn at(self, step: Step) -> OnvifError {
        OnvifError { step, cause: self }
    }

    pub(super) fn from_http(error: HttpError, address: &str) -> Self {
        match error {
            HttpError::Connect(text) => CameraError::from_io(&text, address).into(),
            HttpError::ConnectTime => CameraError::Unreachable { address: address.to_owned(), cause: "no answer".into() }.into(),
            HttpError::AnswerTime => CameraError::Timeout(crate::Phase::Describe).into(),
            HttpError::TooLarge(max) => Self::TooLarge(max),
            HttpError::Closed => CameraError::Closed(crate::Phase::Connect).into(),
            HttpError::NotHttp => Self::NotOnvif,
        }
    }

    pub(super) fn from_wire(error: WireError) -> Self {
        match error {
            WireError::NotSoap => Self::NotOnvif,
            WireError::Fault(fault) if fault.is_unsupported() => Self::Unsupported,
            WireError::Fault(fault) => Self::Refused(format!("{} {}", fault.code, fault.reason).trim().to_owned()),
            other => Self::Answer(other.to_string().into()),
        }
    }
}

impl From<OnvifError> for domain::Error {
    fn from(error: OnvifError) -> Self {
        let kind = match &error.cause {
            Cause::Camera(camera) => return Self::new(camera.kind(), camera.code(), error.to_string()),
            Cause::Forbidden => Kind::Invalid,
            Cause::Unsupported => Kind::Unsupported,
            _ => Kind::Unavailable,
        };
        Self::new(kind, error.cause.code(), error.to_string())
    }
}
