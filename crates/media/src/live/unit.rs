use std::sync::Arc;

use crate::au::AccessUnit;

/// An access unit in the ring, with what all its viewers share.
#[derive(Debug)]
pub struct Unit {
    /// The unit itself.
    pub au: AccessUnit,
    /// Its likely duration in track ticks: what the one before it lasted.
    pub duration: u32,
}

impl Unit {
    /// Wraps a unit for the ring.
    #[must_use]
    pub fn new(au: AccessUnit, duration: u32) -> Arc<Self> {
        Arc::new(Self { au, duration })
    }
}
