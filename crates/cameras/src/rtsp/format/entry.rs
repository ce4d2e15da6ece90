//! Sample entry boxes (ISO/IEC 14496-12, 12.1.3 and 12.2.3), as an MP4 `stsd` holds them.

use bytes::Bytes;
use media::mp4::boxed;

/// Dots an inch that every picture claims: 72, as 16.16 fixed point.
const RESOLUTION: u32 = 72 << 16;

/// A `VisualSampleEntry` with its codec's configuration box in it, and nothing more: no aspect ratio, no colours. Decoders take
/// those from the parameter sets.
pub(super) fn pictures(name: [u8; 4], size: (u16, u16), configuration: ([u8; 4], &[u8])) -> Bytes {
    let mut out = Vec::with_capacity(94 + configuration.1.len());
    boxed(&mut out, name, |out| {
        out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]); // data_reference_index = 1
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(&size.0.to_be_bytes());
        out.extend_from_slice(&size.1.to_be_bytes());
        out.extend_from_slice(&RESOLUTION.to_be_bytes());
        out.extend_from_slice(&RESOLUTION.to_be_bytes());
        out.extend_from_slice(&[0, 0, 0, 0, 0, 1]); // frame_count = 1
        out.extend_from_slice(&[0; 32]); // compressorname: none
        out.extend_from_slice(&[0, 0x18, 0xff, 0xff]); // depth: colour without alpha
        boxed(out, configuration.0, |out| out.extend_from_slice(configuration.1));
    });
    out.into()
}

/// An `AudioSampleEntry` with the boxes that `more` appends.
pub(super) fn sound(name: [u8; 4], channels: u8, sample_rate: u16, more: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut out = Vec::with_capacity(36);
    boxed(&mut out, name, |out| {
        out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]); // data_reference_index = 1
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&u16::from(channels).to_be_bytes());
        out.extend_from_slice(&[0, 16, 0, 0, 0, 0]); // samplesize: that of the decoded samples
        out.extend_from_slice(&(u32::from(sample_rate) << 16).to_be_bytes());
        more(out);
    });
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_entry_is_one_whole_box_around_its_configuration() {
        let entry = pictures(*b"avc1", (1920, 1080), (*b"avcC", &[1, 2, 3]));
        assert_eq!(entry.len(), 86 + 8 + 3);
        assert_eq!(entry[..8], *b"\0\0\0\x61avc1");
        assert_eq!(entry[32..36], [0x07, 0x80, 0x04, 0x38]);
        assert_eq!(entry[86..], *b"\0\0\0\x0bavcC\x01\x02\x03");
    }

    #[test]
    fn a_sound_entry_is_one_whole_box() {
        let entry = sound(*b"alaw", 1, 8000, |_| ());
        assert_eq!(entry.len(), 36);
        assert_eq!(entry[..8], *b"\0\0\0\x24alaw");
        assert_eq!(entry[16..24], [0; 8]);
        assert_eq!(entry[24..28], [0, 1, 0, 16]);
        assert_eq!(entry[32..36], (8000u32 << 16).to_be_bytes());
    }
}
