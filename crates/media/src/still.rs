//! One key picture as a JPEG, or as its brightness. The only place that decodes; live and recording never do.

use bytes::Bytes;
use h264_reader::nal::sps::SeqParameterSet;
use h264_reader::nal::{Nal, RefNal};
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};
use openh264::decoder::{DecodedYUV, Decoder};
use openh264::formats::YUVSource;

use crate::au::{VideoCodec, VideoFormat, nal_units};

/// JPEG quality of 1..=100: 80 shows no blocks that the camera's own coding did not already have.
const QUALITY: u8 = 80;

/// Pixels of one picture that are decoded at most: 8K UHD. More is a broken or hostile stream.
const PIXELS_MAX: usize = 7680 * 4320;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum StillError {
    /// H.265 is kept and played, but not decoded here.
    #[error("H.265 pictures are not decoded on this server")]
    H265,
    /// The bytes are not a whole key picture.
    #[error("the key picture cannot be decoded: {0}")]
    Broken(String),
    /// It cannot be written as a JPEG.
    #[error("the picture cannot be written as a JPEG: {0}")]
    Encode(#[from] jpeg_encoder::EncodingError),
}

/// The brightness of a picture, row by row: what is needed to recognise things in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Luma {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` samples, in whichever range the camera has.
    pub samples: Vec<u8>,
}

impl std::fmt::Debug for Luma {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Luma({}x{})", self.width, self.height)
    }
}

/// Decodes one key picture and encodes it as a JPEG of at most `width_max` pixels across (scaled by a whole factor, so
/// it may be smaller). `picture` is an access unit's data: NAL units behind 4-byte lengths.
///
/// Costs 20 to 40 ms of CPU for 1280x720: call it off the media tasks.
pub fn jpeg(format: &VideoFormat, picture: &Bytes, width_max: u16) -> Result<Bytes, StillError> {
    let full_range = is_full_range(format);
    decoded(format, picture, |yuv| encode(yuv, full_range, width_max))
}

/// Decodes one key picture and gives its brightness. Costs what [`jpeg`] does, less the encoding.
pub fn luma(format: &VideoFormat, picture: &Bytes) -> Result<Luma, StillError> {
    decoded(format, picture, |yuv| {
        let (width, height) = size(yuv)?;
        let rows = yuv.y().chunks(yuv.strides().0.max(1)).take(height);
        let samples: Vec<u8> = rows.flat_map(|row| row.iter().take(width)).copied().collect();
        let whole = samples.len() == width * height;
        if whole { Ok(Luma { width, height, samples }) } else { Err(StillError::Broken("a picture in part".into())) }
    })
}

fn decoded<T>(
    format: &VideoFormat,
    picture: &Bytes,
    take: impl FnOnce(&DecodedYUV<'_>) -> Result<T, StillError>,
) -> Result<T, StillError> {
    if format.codec == VideoCodec::H265 {
        return Err(StillError::H265);
    }
    let broken = |e: openh264::Error| StillError::Broken(e.to_string());
    let mut decoder = Decoder::new().map_err(broken)?;
    let stream = annex_b(format, picture);
    if let Some(yuv) = decoder.decode(&stream).map_err(broken)? {
        return take(&yuv);
    }
    // A stream that allows reordering holds its first picture back until it is flushed.
    let flushed = decoder.flush_remaining().map_err(broken)?;
    take(flushed.first().ok_or_else(|| StillError::Broken("no picture came out".into()))?)
}

fn size(yuv: &DecodedYUV<'_>) -> Result<(usize, usize), StillError> {
    let (width, height) = yuv.dimensions();
    let usable = width >= 2 && height >= 2 && width * height <= PIXELS_MAX;
    if usable { Ok((width, height)) } else { Err(StillError::Broken(format!("a picture of {width}x{height}"))) }
}

/// Parameter sets and picture with start codes, as openh264 reads them (ITU-T H.264 Annex B).
fn annex_b(format: &VideoFormat, picture: &Bytes) -> Vec<u8> {
    const START: [u8; 4] = [0, 0, 0, 1];
    let sets: usize = format.parameter_sets.iter().map(|set| START.len() + set.len()).sum();
    let mut out = Vec::with_capacity(sets + picture.len());
    for nal in format.parameter_sets.iter().cloned().chain(nal_units(picture)) {
        out.extend_from_slice(&START);
        out.extend_from_slice(&nal);
    }
    out
}

/// Whether samples use all of 0..=255 (`video_full_range_flag`, ITU-T H.264 E.2.1); broadcast range where nothing is said.
fn is_full_range(format: &VideoFormat) -> bool {
    const SPS: u8 = 7;
    let sps = format.parameter_sets.iter().find(|set| set.first().is_some_and(|head| head & 0x1f == SPS));
    sps.and_then(|sps| SeqParameterSet::from_bits(RefNal::new(sps, &[], true).rbsp_bits()).ok())
        .and_then(|sps| sps.vui_parameters?.video_signal_type)
        .is_some_and(|signal| signal.video_full_range_flag)
}

fn encode(yuv: &DecodedYUV<'_>, full_range: bool, width_max: u16) -> Result<Bytes, StillError> {
    let (width, height) = size(yuv)?;
    let step = width.div_ceil(usize::from(width_max.max(16)));
    let scaled = |full: usize| u16::try_from(full / step).unwrap_or(u16::MAX).max(1);
    let picture = Picture {
        yuv,
        step,
        width: scaled(width),
        height: scaled(height),
        luma: luma_table(full_range),
        chroma: chroma_table(full_range),
    };
    let mut out = Vec::with_capacity(width * height / 8);
    let mut encoder = Encoder::new(&mut out, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.encode_image(picture)?;
    Ok(Bytes::from(out))
}

/// JPEG samples use the full range (JFIF 1.02); broadcast luma is 16..=235.
fn luma_table(full_range: bool) -> [u8; 256] {
    table(full_range, |v| (v - 16) * 255 / 219)
}

/// Broadcast chroma is 16..=240 around 128.
fn chroma_table(full_range: bool) -> [u8; 256] {
    table(full_range, |v| (v - 128) * 255 / 224 + 128)
}

fn table(full_range: bool, stretch: impl Fn(i32) -> i32) -> [u8; 256] {
    std::array::from_fn(|v| {
        let v = v as i32;
        let out = if full_range { v } else { stretch(v) };
        out.clamp(0, 255) as u8
    })
}

/// A decoded picture as the encoder reads it, row by row, every `step`-th sample.
struct Picture<'a> {
    yuv: &'a DecodedYUV<'a>,
    step: usize,
    width: u16,
    height: u16,
    luma: [u8; 256],
    chroma: [u8; 256],
}

impl ImageBuffer for Picture<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (luma_stride, u_stride, v_stride) = self.yuv.strides();
        let row = usize::from(y) * self.step;
        let width = usize::from(self.width);
        let [luma, u, v, _] = buffers;
        let samples = |plane: &'_ [u8], from: usize, halved: usize, table: &[u8; 256], out: &mut Vec<u8>| {
            let plane = plane.get(from..).unwrap_or_default();
            // Past a plane's end, where an odd size was halved, the last sample goes on.
            let last = plane.last().copied().unwrap_or(128);
            out.extend((0..width).map(|x| table[usize::from(*plane.get(x * self.step / halved).unwrap_or(&last))]));
        };
        samples(self.yuv.y(), row * luma_stride, 1, &self.luma, luma);
        samples(self.yuv.u(), row / 2 * u_stride, 2, &self.chroma, u);
        samples(self.yuv.v(), row / 2 * v_stride, 2, &self.chroma, v);
    }
}

#[cfg(test)]
mod tests {
    use openh264::encoder::Encoder as H264Encoder;
    use openh264::formats::YUVBuffer;

    use super::*;

    /// A grey key picture of `width` x `height` as ingest would deliver it.
    fn grey(width: usize, height: usize, luma: u8) -> (VideoFormat, Bytes) {
        let mut planes = vec![luma; width * height];
        planes.resize(width * height * 3 / 2, 128);
        let picture = YUVBuffer::from_vec(planes, width, height);
        let coded = H264Encoder::new().unwrap().encode(&picture).unwrap().to_vec();
        let (mut sets, mut data) = (vec![], vec![]);
        for nal in coded.split_inclusive_nals() {
            match nal[0] & 0x1f {
                7 | 8 => sets.push(Bytes::copy_from_slice(nal)),
                _ => {
                    data.extend_from_slice(&u32::try_from(nal.len()).unwrap().to_be_bytes());
                    data.extend_from_slice(nal);
                }
            }
        }
        let format = VideoFormat {
            codec: VideoCodec::H264,
            width: width as u16,
            height: height as u16,
            rfc6381: String::new(),
            parameter_sets: sets,
            sample_entry: Bytes::new(),
        };
        (format, Bytes::from(data))
    }

    trait SplitNals {
        fn split_inclusive_nals(&self) -> Vec<&[u8]>;
    }

    impl SplitNals for Vec<u8> {
        fn split_inclusive_nals(&self) -> Vec<&[u8]> {
            let starts: Vec<usize> = (0..self.len().saturating_sub(3)).filter(|&i| self[i..i + 4] == [0, 0, 0, 1]).collect();
            let ends = starts.iter().skip(1).copied().chain([self.len()]);
            starts.iter().zip(ends).map(|(&s, e)| &self[s + 4..e]).collect()
        }
    }

    /// Width and height from the frame header (SOF0) of a JPEG.
    fn size(jpeg: &[u8]) -> (u16, u16) {
        let at = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        let be = |i: usize| u16::from_be_bytes([jpeg[at + i], jpeg[at + i + 1]]);
        (be(7), be(5))
    }

    #[test]
    fn a_key_picture_becomes_a_jpeg_of_its_size() {
        let (format, picture) = grey(320, 180, 90);
        let jpeg = jpeg(&format, &picture, u16::MAX).unwrap();
        assert_eq!(&jpeg[..2], [0xff, 0xd8]);
        assert_eq!(size(&jpeg), (320, 180));
    }

    #[test]
    fn a_key_picture_gives_its_brightness() {
        let (format, picture) = grey(322, 182, 90);
        let luma = luma(&format, &picture).unwrap();
        assert_eq!((luma.width, luma.height, luma.samples.len()), (322, 182, 322 * 182));
        // The encoder is lossy, most of all at edges that are no multiple of its blocks.
        let mean = luma.samples.iter().map(|sample| usize::from(*sample)).sum::<usize>() / luma.samples.len();
        assert!(mean.abs_diff(90) <= 1, "{mean}");
        assert!(luma.samples.iter().all(|sample| sample.abs_diff(90) <= 16), "{:?}", luma.samples.iter().min());
    }

    #[test]
    fn a_thumbnail_is_scaled_by_a_whole_factor() {
        let (format, picture) = grey(320, 180, 90);
        assert_eq!(size(&jpeg(&format, &picture, 160).unwrap()), (160, 90));
        assert_eq!(size(&jpeg(&format, &picture, 159).unwrap()), (106, 60));
    }

    #[test]
    fn broadcast_range_is_stretched_and_full_range_is_not() {
        assert_eq!((luma_table(false)[16], luma_table(false)[235], luma_table(false)[0]), (0, 255, 0));
        assert_eq!((luma_table(true)[16], chroma_table(false)[128], chroma_table(false)[240]), (16, 128, 255));
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        let (format, picture) = grey(320, 180, 90);
        for bytes in [Bytes::new(), Bytes::from_static(&[0, 0, 0, 1, 0x65]), picture.slice(..picture.len() / 8)] {
            assert!(jpeg(&format, &bytes, 640).is_err(), "{} bytes", bytes.len());
        }
        let h265 = VideoFormat { codec: VideoCodec::H265, ..format };
        assert!(matches!(jpeg(&h265, &picture, 640), Err(StillError::H265)));
    }
}
