//! Signs of life: a session whose client says nothing ends.

use super::wire::Response;

/// How a camera is told that somebody is still there. ONVIF says `SET_PARAMETER`, which some take badly; `GET_PARAMETER` works with
/// nearly all that know it, and every camera answers to `OPTIONS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Options,
    GetParameter,
    SetParameter,
}

impl Life {
    /// What the answer to `OPTIONS` allows.
    pub(super) fn by(answer: &Response) -> Self {
        let knows = |wanted: &str| answer.header("public").is_some_and(|all| all.split(',').any(|name| name.trim() == wanted));
        if knows("GET_PARAMETER") {
            Self::GetParameter
        } else if knows("SET_PARAMETER") {
            Self::SetParameter
        } else {
            Self::Options
        }
    }

    /// The request.
    pub(super) const fn method(self) -> &'static str {
        match self {
            Self::Options => "OPTIONS",
            Self::GetParameter => "GET_PARAMETER",
            Self::SetParameter => "SET_PARAMETER",
        }
    }
}
