//! The nouns every room shares: typed ids, time, error kinds, limits.
//!
//! Floor 1 of the house. Nothing here does I/O or knows a framework; what a noun *does* lives in the
//! room that does it.

mod error;
mod id;
pub mod limits;
mod noun;
pub mod onboarding;
mod secret;
mod time;

pub use error::{Error, Kind, Result};
pub use id::{BadId, CameraId, HomeId, InvitationId, SegmentId, SessionId, StorageId, StreamKeyId, SubjectId, ViewId};
pub use noun::{AudioMode, FootageClass, Origin, Role, StreamName};
pub use secret::Secret;
pub use time::{BadTime, Clock, Mono, SystemClock, TimeRange, Timestamp};
