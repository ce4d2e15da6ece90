//! Keeping footage: one recorder a camera, one disk writer a filesystem.

mod adopt;
mod care;
mod chronicle;
mod disk;
mod durable;
mod file;
mod marker;
mod moving;
mod open;
mod port;
#[cfg(test)]
mod power;
mod recorder;
mod retention;
mod storages;
#[cfg(test)]
mod test_shared;
mod writing;

pub(crate) use adopt::adopt;
pub(crate) use care::care;
pub(crate) use chronicle::chronicle;
pub(crate) use open::{OpenSegment, OpenSegments};
pub(crate) use recorder::Recorder;
pub(crate) use retention::{Retention, erase};
pub use retention::{StorageEntry, StorageReport};
pub(crate) use storages::Storages;
pub use storages::{Health, StorageConfig};
