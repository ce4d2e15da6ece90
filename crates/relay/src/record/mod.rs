//! Keeping footage: one recorder a camera, one disk writer a filesystem.

mod adopt;
mod chronicle;
mod disk;
mod durable;
mod forecast;
mod gate;
mod open;
mod pulse;
mod recorder;
mod retention;
mod watchdog;

pub(crate) use adopt::adopt;
pub(crate) use chronicle::chronicle;
pub(crate) use disk::Disk;
pub use forecast::{CameraForecast, Change, Forecast, WouldGo};
pub(crate) use forecast::{forecast, would_go};
pub(crate) use gate::Guide;
pub(crate) use open::{OpenSegment, OpenSegments};
pub(crate) use pulse::Pulses;
pub(crate) use recorder::{Orders, Recorder};
pub use retention::StorageReport;
pub(crate) use retention::{Retention, erase};
pub(crate) use watchdog::Watchdog;
