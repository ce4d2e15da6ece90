//! The picture track of a replay: what its packets make up, and when it was taken.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use domain::Timestamp;
use media::au::{VIDEO_TIMESCALE, VideoCodec};

use super::ReplayError;
use crate::rtsp::wire::{self, Assembler, Order, WireError, is_farewell, packet};

/// A picture that a camera kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// Presentation time in 1/90000 s, from where the replay began.
    pub(super) pts: i64,
    /// When it was taken, by the camera's clock.
    pub(super) wall: Timestamp,
    /// What came before does not join up.
    pub(super) discontinuity: bool,
    /// The last before a hole in what was kept, or before its end.
    pub(super) end: bool,
    /// The last of what was asked for.
    pub(super) terminal: bool,
    /// The parameter sets that came with it, without lengths.
    pub(super) parameter_sets: Vec<Bytes>,
    /// Its other NAL units, each after its length in 4 bytes.
    pub(super) data: Bytes,
}

/// Takes what comes on the channels of a replay.
#[derive(Debug)]
pub(super) struct Track {
    channel: u8,
    payload_type: u8,
    order: Order,
    assembler: Assembler,
    ready: VecDeque<Unit>,
    /// RTP time of the first unit.
    begun: Option<i64>,
    /// RTP time of the newest unit that told when it was taken, and that.
    told: Option<(i64, Timestamp)>,
    over: bool,
    error: Option<ReplayError>,
}

impl Track {
    pub(super) fn new(channel: u8, payload_type: u8, codec: VideoCodec) -> Self {
        Self {
            channel,
            payload_type,
            order: Order::default(),
            assembler: Assembler::new(codec),
            ready: VecDeque::new(),
            begun: None,
            told: None,
            over: false,
            error: None,
        }
    }

    /// The next unit; after the last one `None`.
    ///
    /// # Errors
    /// What came does not make up units. Nothing more comes.
    pub(super) fn poll(&mut self) -> Result<Option<Unit>, ReplayError> {
        match (self.ready.pop_front(), &self.error) {
            (None, Some(error)) => Err(error.clone()),
            (unit, _) => Ok(unit),
        }
    }

    /// The camera said that nothing more comes.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Takes what came on a channel: RTP, or RTCP on the one after it.
    pub(super) fn take(&mut self, channel: u8, data: &[u8]) {
        if self.error.is_some() {
            return;
        }
        let took = match channel.wrapping_sub(self.channel) {
            0 => self.packet(data),
            1 if is_farewell(data) => {
                self.finish();
                Ok(())
            }
            _ => Ok(()),
        };
        let took = took.map_err(ReplayError::from).and_then(|()| self.collect());
        self.error = took.err();
    }

    /// Nothing more comes: the open unit is whole.
    pub(super) fn finish(&mut self) {
        self.over = true;
        self.assembler.finish();
        self.error = self.error.take().or(self.collect().err());
    }

    fn packet(&mut self, data: &[u8]) -> Result<(), WireError> {
        let packet = packet(data).ok_or(WireError::Packets)?;
        if packet.payload_type != self.payload_type {
            return Ok(());
        }
        let Some(place) = self.order.take(&packet) else { return Ok(()) };
        self.assembler.push(&packet, place.time, place.lost)
    }

    fn collect(&mut self) -> Result<(), ReplayError> {
        while let Some(unit) = self.assembler.poll() {
            let unit = self.place(unit)?;
            self.ready.push_back(unit);
        }
        Ok(())
    }

    fn place(&mut self, unit: wire::Unit) -> Result<Unit, ReplayError> {
        let wall = match (unit.mark, self.told) {
            (Some(mark), _) => {
                self.told = Some((unit.time, mark.wall));
                mark.wall
            }
            (None, Some((told, wall))) => {
                let ticks = unit.time.saturating_sub(told);
                let moved = Duration::from_micros(ticks.unsigned_abs().saturating_mul(1_000_000) / u64::from(VIDEO_TIMESCALE));
                if ticks < 0 { wall - moved } else { wall + moved }
            }
            (None, None) => return Err(ReplayError::NoTime),
        };
        let mark = unit.mark.as_ref();
        Ok(Unit {
            pts: unit.time.saturating_sub(*self.begun.get_or_insert(unit.time)),
            wall,
            discontinuity: unit.gap || mark.is_some_and(|mark| mark.discontinuity),
            end: mark.is_some_and(|mark| mark.end),
            terminal: mark.is_some_and(|mark| mark.terminal),
            parameter_sets: unit.parameter_sets,
            data: unit.data,
        })
    }
}

#[cfg(test)]
#[path = "track_tests.rs"]
mod tests;
