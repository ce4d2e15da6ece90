//! From the newest access unit to a viewer's screen.

pub mod packetise;
pub mod ring;
mod unit;
pub mod whep;

pub use ring::{Cursor, Ring, Start};
pub use unit::Unit;

#[cfg(test)]
pub(crate) mod test_units;
