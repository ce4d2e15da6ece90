//! The faults that lie in the media itself.

use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use media::au::{AccessUnit, Format, Track, VideoCodec, nal_units};
use media::rtsp::Batch;

use crate::clip::put_nal;
use crate::faults::Faults;

/// What an attack or a broken camera claims; 500 times what is believed (`domain::limits`).
const OVERSIZED_BYTES: usize = 10 * 1024 * 1024;

/// Counts what passes, and spoils what is to be spoiled.
#[derive(Debug, Default)]
pub(super) struct Mangler {
    packets: u32,
    pictures: u32,
    since_key: u32,
    /// A packet that is to go after the next one of its track.
    held: Option<(Track, Bytes)>,
    /// A format, and the same with oversized parameter sets.
    oversized: Option<(Arc<Format>, Arc<Format>)>,
}

/// How far timestamps are off, in ticks of `timescale`.
pub(super) fn shift(faults: &Faults, timescale: u32) -> i64 {
    faults.time_shift_ms.saturating_mul(i64::from(timescale)) / 1000
}

/// The same format with 10 MB in its last parameter set.
pub(crate) fn oversized(format: &Format) -> Format {
    let mut format = format.clone();
    if let Some(last) = format.video.parameter_sets.last_mut() {
        let mut large = last.to_vec();
        large.resize(OVERSIZED_BYTES, 0xff);
        *last = large.into();
    }
    format
}

/// Moves a count on; whether it is the `every`-th.
fn is_turn(count: &mut u32, every: Option<NonZeroU32>) -> bool {
    *count = count.wrapping_add(1);
    every.is_some_and(|every| *count % every == 0)
}

impl Mangler {
    /// The unit as it is to be sent; `None`: not at all.
    pub(super) fn unit(&mut self, faults: &Faults, mut unit: AccessUnit) -> Option<AccessUnit> {
        unit.dts = unit.dts.saturating_add(shift(faults, unit.timescale()));
        if unit.track == Track::Audio {
            return (!faults.no_sound).then_some(unit);
        }
        self.since_key = if unit.key { 0 } else { self.since_key.saturating_add(1) };
        if is_turn(&mut self.pictures, faults.truncate_every) {
            unit.data = truncated(&unit.data);
        }
        if faults.b_frames && unit.format.video.codec == VideoCodec::H264 {
            unit.cts = self.as_if_reordered();
        }
        if faults.oversized_parameter_sets {
            if !self.oversized.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, &unit.format)) {
                self.oversized = Some((Arc::clone(&unit.format), Arc::new(oversized(&unit.format))));
            }
            unit.format = self.oversized.as_ref().map_or(unit.format, |(_, large)| Arc::clone(large));
        }
        (!faults.no_key_frames || !unit.key).then_some(unit)
    }

    /// Presentation order I P B B P B B, at 25 pictures a second.
    fn as_if_reordered(&self) -> i32 {
        const PICTURE: i32 = 3600;
        match (self.since_key, self.since_key % 3) {
            (0, _) => 0,
            (_, 1) => 2 * PICTURE,
            _ => -PICTURE,
        }
    }

    /// The packets as they are to be sent.
    pub(super) fn packets(&mut self, faults: &Faults, batch: Batch) -> Batch {
        if faults.drop_every.is_none() && faults.reorder_every.is_none() && self.held.is_none() {
            return batch;
        }
        let track = batch.track();
        let mut out: Vec<Bytes> = Vec::with_capacity(batch.packets().len() + 1);
        for packet in batch.packets() {
            let dropped = is_turn(&mut self.packets, faults.drop_every);
            let late = faults.reorder_every.is_some_and(|every| self.packets % every == 0);
            if dropped {
                continue;
            }
            if late && self.held.is_none() {
                self.held = Some((track, packet));
                continue;
            }
            out.push(packet);
            if let Some((_, held)) = self.held.take_if(|(of, _)| *of == track) {
                out.push(held);
            }
        }
        Batch::of_packets(track, out.iter().map(|packet| &packet[..]))
    }
}

/// The same unit with its last NAL unit cut in half.
fn truncated(data: &Bytes) -> Bytes {
    let nals: Vec<_> = nal_units(data).collect();
    let mut out = BytesMut::with_capacity(data.len());
    for (i, nal) in nals.iter().enumerate() {
        let keep = if i + 1 == nals.len() { nal.len().div_ceil(2) } else { nal.len() };
        put_nal(&mut out, &nal[..keep]);
    }
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(batch: &Batch) -> Vec<u8> {
        batch.packets().map(|packet| packet[0]).collect()
    }

    fn batch(packets: &[u8]) -> Batch {
        Batch::of_packets(Track::Video, packets.chunks(1))
    }

    #[test]
    fn every_third_packet_is_left_out_across_units() {
        let faults = Faults { drop_every: NonZeroU32::new(3), ..Faults::default() };
        let mut mangler = Mangler::default();
        assert_eq!(numbers(&mangler.packets(&faults, batch(&[1, 2, 3, 4]))), [1, 2, 4]);
        assert_eq!(numbers(&mangler.packets(&faults, batch(&[5, 6, 7]))), [5, 7]);
    }

    #[test]
    fn every_second_packet_goes_after_the_next_even_into_the_next_unit() {
        let faults = Faults { reorder_every: NonZeroU32::new(2), ..Faults::default() };
        let mut mangler = Mangler::default();
        assert_eq!(numbers(&mangler.packets(&faults, batch(&[1, 2, 3, 4]))), [1, 3, 2]);
        assert_eq!(numbers(&mangler.packets(&Faults::default(), batch(&[5]))), [5, 4]);
    }

    #[test]
    fn the_last_nal_unit_loses_its_half() {
        let whole = Bytes::from_static(&[0, 0, 0, 1, 6, 0, 0, 0, 4, 1, 2, 3, 4]);
        assert_eq!(truncated(&whole), [0, 0, 0, 1, 6, 0, 0, 0, 2, 1, 2][..]);
    }
}
