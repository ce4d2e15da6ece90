//! Packets to frames of sound: G.711 (RFC 3551, section 4.5.14) and AAC (RFC 3640, section 3.3.6).

use std::collections::VecDeque;

use bytes::{BufMut, Bytes, BytesMut};
use media::au::AudioCodec;

use super::{Packet, WireError};

/// Samples of a frame of AAC, and of the kind whose configuration asks for shorter ones (ISO/IEC 14496-3, 4.5.1.1).
const AAC_SAMPLES: u16 = 1024;
const AAC_SAMPLES_SHORT: u16 = 960;

/// Bytes of the length of all headers, and of one: 13 bits of size and 3 of an index, in whole bytes.
const HEADER_BYTES: usize = 2;

/// A frame of sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// RTP time, unwrapped.
    pub time: i64,
    /// Packets lost since the frame before.
    pub lost: u32,
    /// What a decoder takes.
    pub data: Bytes,
}

/// Takes packets of one track apart.
#[derive(Debug)]
pub struct Frames {
    /// Samples of a frame of AAC; `None` where packets are frames.
    samples: Option<u16>,
    ready: VecDeque<Frame>,
    /// A frame of which more is to come: its time, its size, what there is of it.
    open: Option<(i64, usize, BytesMut)>,
    lost: u32,
}

impl Frames {
    /// For a track that is coded so, with the configuration of AAC.
    #[must_use]
    pub fn new(codec: AudioCodec, config: &[u8]) -> Self {
        // `frameLengthFlag` follows 5 bits of kind, 4 of rate and 4 of channels.
        let short = config.get(1).is_some_and(|byte| byte & 0x04 != 0);
        let samples = if short { AAC_SAMPLES_SHORT } else { AAC_SAMPLES };
        Self { samples: (codec == AudioCodec::Aac).then_some(samples), ready: VecDeque::new(), open: None, lost: 0 }
    }

    /// The next frame.
    pub fn poll(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    /// Takes the next packet, whose unwrapped time is `time`, and before which `lost` are missing.
    ///
    /// # Errors
    /// [`WireError::Packets`]: the packet is left out.
    pub fn push(&mut self, packet: &Packet<'_>, time: i64, lost: u16) -> Result<(), WireError> {
        self.lost = self.lost.saturating_add(u32::from(lost));
        if lost > 0 {
            self.open = None;
        }
        let Some(samples) = self.samples else {
            if packet.payload.is_empty() {
                return Err(WireError::Packets);
            }
            self.give(time, Bytes::copy_from_slice(packet.payload));
            return Ok(());
        };
        let (bits, rest) = packet.payload.split_first_chunk().ok_or(WireError::Packets)?;
        let bits = usize::from(u16::from_be_bytes(*bits));
        let (headers, body) = rest.split_at_checked(bits / 8).ok_or(WireError::Packets)?;
        if bits == 0 || !bits.is_multiple_of(8 * HEADER_BYTES) {
            return Err(WireError::Packets);
        }
        // Interleaved frames, whose index is not zero, are of no camera.
        let sizes = headers.chunks_exact(HEADER_BYTES).map(|header| u16::from_be_bytes([header[0], header[1]]));
        if sizes.clone().any(|header| header & 7 != 0) {
            return Err(WireError::Packets);
        }
        let sizes = sizes.map(|header| usize::from(header >> 3));
        match self.open.take() {
            Some(open) => self.go_on(open, sizes, body, time, packet.marker),
            None => self.frames(sizes, body, time, i64::from(samples)),
        }
    }

    fn frames(
        &mut self,
        sizes: impl ExactSizeIterator<Item = usize>,
        mut body: &[u8],
        mut time: i64,
        samples: i64,
    ) -> Result<(), WireError> {
        let alone = sizes.len() == 1;
        for size in sizes {
            let Some((frame, rest)) = body.split_at_checked(size) else {
                if !alone || body.is_empty() {
                    return Err(WireError::Packets);
                }
                let mut data = BytesMut::with_capacity(size);
                data.put_slice(body);
                self.open = Some((time, size, data));
                return Ok(());
            };
            if size > 0 {
                self.give(time, Bytes::copy_from_slice(frame));
            }
            (body, time) = (rest, time.saturating_add(samples));
        }
        Ok(())
    }

    /// The next part of a frame that did not fit into one packet; each says the whole size.
    fn go_on(
        &mut self,
        (begun, size, mut data): (i64, usize, BytesMut),
        mut sizes: impl ExactSizeIterator<Item = usize>,
        body: &[u8],
        time: i64,
        marker: bool,
    ) -> Result<(), WireError> {
        let same = time == begun && sizes.len() == 1 && sizes.next() == Some(size);
        let length = data.len() + body.len();
        if !same || length > size || (marker && length < size) {
            return Err(WireError::Packets);
        }
        data.put_slice(body);
        if length == size {
            self.give(begun, data.freeze());
        } else {
            self.open = Some((begun, size, data));
        }
        Ok(())
    }

    fn give(&mut self, time: i64, data: Bytes) {
        self.ready.push_back(Frame { time, lost: std::mem::take(&mut self.lost), data });
    }
}

#[cfg(test)]
#[path = "sound_tests.rs"]
mod tests;
