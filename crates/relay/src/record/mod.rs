//! Keeping footage: one recorder a camera, one disk writer a filesystem.

mod adopt;
mod chain;
mod chronicle;
mod disk;
mod durable;
mod open;
mod recorder;
mod retention;

pub(crate) use adopt::adopt;
pub(crate) use chronicle::chronicle;
pub(crate) use disk::Disk;
pub(crate) use open::{OpenSegment, OpenSegments};
pub(crate) use recorder::{OPEN_FOLDER, Recorder};
pub use retention::StorageReport;
pub(crate) use retention::{Retention, erase};
