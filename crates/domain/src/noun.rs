//! Small closed lists that several rooms speak of.

use serde::{Deserialize, Serialize};

/// Which of a camera's two streams: the full picture, or the small one for grids and thin lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamName {
    /// The full picture; this one is recorded.
    Main,
    /// The small picture.
    Sub,
}

impl StreamName {
    /// As it stands in URLs, rows and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Sub => "sub",
        }
    }
}

/// Why footage is kept: which rule says when it may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FootageClass {
    /// The camera records all the time.
    Continuous,
    /// Something happened then.
    Event,
}

impl FootageClass {
    /// As it stands in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Continuous => "continuous",
            Self::Event => "event",
        }
    }
}

/// How footage came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// It was recorded as it happened.
    Live,
    /// The camera had kept it while it could not be reached, and was asked for it later.
    Backfill,
}

impl Origin {
    /// As it stands in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Backfill => "backfill",
        }
    }
}

/// What happens to a camera's sound. Off unless a person turned it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AudioMode {
    /// Not even set up with the camera.
    #[default]
    Off,
    /// Heard live, never kept.
    Live,
    /// Heard live and kept with the picture.
    Recorded,
}

/// What a person may do in a home. Ordered: a later one may do all that an earlier one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees live and recorded pictures.
    Member,
    /// Also adds, changes and removes cameras.
    Owner,
}
