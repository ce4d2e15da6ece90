use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::packetise::{Payload, packetise};
use crate::au::AccessUnit;
use crate::mp4::live_part;

/// An access unit in the ring, with what all its viewers share: each form is made when the first viewer asks for it.
#[derive(Debug)]
pub struct Unit {
    /// The unit itself.
    pub au: AccessUnit,
    /// Its likely duration in track ticks: what the one before it lasted.
    pub duration: u32,
    payloads: OnceLock<Box<[Payload]>>,
    part: OnceLock<Bytes>,
}

impl Unit {
    /// Wraps a unit for the ring.
    #[must_use]
    pub fn new(au: AccessUnit, duration: u32) -> Arc<Self> {
        Arc::new(Self { au, duration, payloads: OnceLock::new(), part: OnceLock::new() })
    }

    /// The unit as RTP payloads, in sending order; none for a codec that WebRTC viewers are not sent.
    #[must_use]
    pub fn payloads(&self) -> &[Payload] {
        self.payloads.get_or_init(|| packetise(&self.au))
    }

    /// The unit as a live part for MSE. Its sequence number is its decoding time in milliseconds, so that it grows for every
    /// viewer although all share the bytes.
    #[must_use]
    pub fn part(&self) -> Bytes {
        let sequence = || (self.au.dts.saturating_mul(1000) / i64::from(self.au.timescale().max(1))) as u32;
        self.part.get_or_init(|| live_part(sequence(), &self.au, self.duration)).clone()
    }
}
