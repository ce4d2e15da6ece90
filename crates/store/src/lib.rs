//! Rows, keys and the paths of footage files; nothing personal is ever written in clear.
mod bus;
mod row;
mod store;

pub use bus::{Bus, Change};
pub use row::{CameraAccess, CameraRow, SegmentRow};
pub use store::{Space, Store};
