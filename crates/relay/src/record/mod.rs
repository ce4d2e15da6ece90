//! Keeping footage: one recorder a camera, one disk writer a filesystem.

mod adopt;
mod chronicle;
mod disk;
mod durable;
mod open;
mod recorder;
mod retention;

pub(crate) use adopt::adopt;
pub(crate) use chronicle::chronicle;
pub(crate) use disk::{Disk, outcome};
pub(crate) use open::{OpenSegment, OpenSegments};
pub(crate) use recorder::{Recorder, backfill_path, file_segment};
pub use retention::StorageReport;
pub(crate) use retention::{Retention, erase};
