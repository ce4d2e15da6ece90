//! One error for what a person or a caller may be told; pure machines keep exact enums of their own.

use std::borrow::Cow;
use std::fmt;

/// `Result` with the house's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whose fault it is and what to do about it. One match turns it into an HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request is wrong; sending it again will not help.
    Invalid,
    /// Nobody is signed in, or the proof of who it is was wrong.
    Unauthenticated,
    /// Somebody is signed in who may not do this.
    Forbidden,
    /// There is no such thing, or none that the asker may know of.
    NotFound,
    /// There was such a thing, and it will not come back.
    Gone,
    /// The thing is not in a state in which this can be done.
    Conflict,
    /// Larger than the limit that the detail names.
    TooLarge,
    /// More often than the limit that the detail names.
    TooMany,
    /// Right as asked, but this server, camera or browser cannot do it.
    Unsupported,
    /// A camera, disk or peer does not answer now; later it may.
    Unavailable,
    /// Our fault. The detail stays in the log.
    Internal,
}

/// What went wrong: a kind, a stable code that the app has words for, and a detail for people who look closer.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    code: &'static str,
    detail: Cow<'static, str>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`. `code` is dotted and stable (`camera.unreachable`); `detail` names the thing and the limit,
    /// never a secret.
    pub fn new(kind: Kind, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, code, detail: detail.into(), source: None }
    }

    /// An error that is our fault; `source` goes to the log only.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind: Kind::Internal, code: "internal", detail: Cow::Borrowed("internal error"), source: Some(source.into()) }
    }

    /// The same error with what caused it, for the log.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whose fault, and what to do.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The sentence for people who look closer.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|e| e as _)
    }
}
