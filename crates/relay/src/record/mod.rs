//! Keeping footage: one recorder a camera, one disk writer a filesystem.

mod adopt;
mod care;
mod chain;
mod chronicle;
mod disk;
mod durable;
mod fetched;
mod file;
mod forecast;
mod gate;
mod marker;
mod moving;
mod open;
mod port;
#[cfg(test)]
mod power;
mod pulse;
mod recorder;
mod retention;
mod storages;
#[cfg(test)]
mod test_shared;
mod watchdog;
mod writing;

pub(crate) use adopt::adopt;
pub(crate) use care::care;
pub(crate) use chronicle::chronicle;
pub(crate) use fetched::Fetched;
pub use forecast::{CameraForecast, Change, Forecast, WouldGo};
pub(crate) use forecast::{forecast, would_go};
pub(crate) use gate::Guide;
pub(crate) use open::{OpenSegment, OpenSegments};
pub(crate) use pulse::Pulses;
pub(crate) use recorder::{Orders, Recorder};
pub(crate) use retention::{Retention, erase};
pub use retention::{StorageEntry, StorageReport};
pub use storages::{Health, StorageConfig, roots};
pub(crate) use storages::{OPEN_FOLDER, Storages};
pub(crate) use watchdog::Watchdog;
