//! H.264's parameter sets, as far as files and browsers want to know them.

use h264_reader::nal::sps::SeqParameterSet;
use h264_reader::rbsp::{BitRead, BitReader, BitReaderError, Integer, Primitive, decode_nal};

use super::pictures::Pictures;

/// Where `level_idc` stands, behind `profile_idc` and the constraint flags.
const LEVEL: usize = 2;

/// Reads the sets; `None` where the sequence parameter set cannot be read. Nothing is asked of the picture parameter set.
pub(super) fn read(sps: &[u8], pps: &[u8]) -> Option<Pictures> {
    // The decoder of NAL units counts on a header byte.
    let mut rbsp = decode_nal(Some(sps).filter(|sps| !sps.is_empty())?).ok()?.into_owned();
    let head: [u8; 3] = *rbsp.first_chunk()?;
    // A camera may send larger pictures, or keep more of them, than the level that it tells allows. Decoders play that, so no
    // level is told to the parser, which would refuse it.
    *rbsp.get_mut(LEVEL)? = 0;
    let size = SeqParameterSet::from_bits(Tolerant(BitReader::new(rbsp.as_slice()))).ok()?.pixel_dimensions().ok()?;
    let [profile, constraints, level] = head;
    Some(Pictures {
        rfc6381: format!("avc1.{profile:02X}{constraints:02X}{level:02X}"),
        size,
        entry: *b"avc1",
        configuration: (*b"avcC", configuration(head, sps, pps)?),
    })
}

/// An `AVCDecoderConfigurationRecord` (ISO/IEC 14496-15, 5.3.3.1) without the extension that repeats what the sets of high
/// profiles say themselves.
fn configuration(head: [u8; 3], sps: &[u8], pps: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(11 + sps.len() + pps.len());
    out.push(1); // configurationVersion
    out.extend_from_slice(&head);
    out.push(0b1111_1100 | 3); // lengthSizeMinusOne: 4 bytes
    out.push(0b1110_0000 | 1); // one sequence parameter set
    out.extend_from_slice(&u16::try_from(sps.len()).ok()?.to_be_bytes());
    out.extend_from_slice(sps);
    out.push(1); // one picture parameter set
    out.extend_from_slice(&u16::try_from(pps.len()).ok()?.to_be_bytes());
    out.extend_from_slice(pps);
    Some(out)
}

/// Bits after whose end more may follow: Reolink's cameras append a byte to the parameter set.
struct Tolerant<'a>(BitReader<&'a [u8]>);

impl BitRead for Tolerant<'_> {
    fn finish_rbsp(self) -> Result<(), BitReaderError> {
        self.0.finish_rbsp().or_else(|error| if matches!(error, BitReaderError::RemainingData) { Ok(()) } else { Err(error) })
    }

    fn read_ue(&mut self, name: &'static str) -> Result<u32, BitReaderError> {
        self.0.read_ue(name)
    }

    fn read_se(&mut self, name: &'static str) -> Result<i32, BitReaderError> {
        self.0.read_se(name)
    }

    fn read_bit(&mut self, name: &'static str) -> Result<bool, BitReaderError> {
        self.0.read_bit(name)
    }

    fn read<const BITS: u32, I: Integer>(&mut self, name: &'static str) -> Result<I, BitReaderError> {
        self.0.read::<BITS, I>(name)
    }

    fn read_var<I: Integer>(&mut self, bits: u32, name: &'static str) -> Result<I, BitReaderError> {
        self.0.read_var(bits, name)
    }

    fn read_to<V: Primitive>(&mut self, name: &'static str) -> Result<V, BitReaderError> {
        self.0.read_to(name)
    }

    fn skip(&mut self, bits: u32, name: &'static str) -> Result<(), BitReaderError> {
        self.0.skip(bits, name)
    }

    fn byte_aligned(&self) -> bool {
        self.0.byte_aligned()
    }

    fn has_more_rbsp_data(&mut self, name: &'static str) -> Result<bool, BitReaderError> {
        self.0.has_more_rbsp_data(name)
    }

    fn finish_sei_payload(self) -> Result<(), BitReaderError> {
        self.0.finish_sei_payload()
    }
}
