//! AAC as RFC 3640 announces it.

use h264_reader::rbsp::{BitRead, BitReader};
use media::au::{AudioCodec, AudioFormat};
use media::mp4::boxed;

use super::{entry, sprop};

/// Bytes of an `AudioSpecificConfig`. Real ones have 2 to 7; with up to this many, every length in an `esds` is a single byte.
const CONFIG_BYTES_MAX: usize = 64;

/// Samples a second by `samplingFrequencyIndex` (ISO/IEC 14496-3, table 1.18).
const RATES: [u32; 13] = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// `samplingFrequencyIndex` of a rate that follows in 24 bits.
const RATE_FOLLOWS: u8 = 15;

/// Channels by `channelConfiguration` (ISO/IEC 14496-3, table 1.19), and how many of them are more than a rumble. Where it is 0,
/// the channels are described behind it, as no camera does.
const CHANNELS: [(u8, u32); 8] = [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 5), (8, 7)];

/// Bits that a decoder buffers for a channel of a frame (ISO/IEC 13818-7, 8.2.2.1).
const CHANNEL_BITS: u32 = 6144;

/// Samples of a frame that those bits hold.
const FRAME_SAMPLES: u32 = 1024;

/// The format that an `fmtp` tells; `None` where it is not AAC-hbr, or contradicts itself or the `rtpmap`.
pub(crate) fn aac(fmtp: &str, clock_rate: u32, channels: Option<u16>) -> Option<AudioFormat> {
    let value =
        |wanted: &str| sprop::fields(fmtp).filter(|(name, _)| name.eq_ignore_ascii_case(wanted)).last().map(|(_, value)| value);
    let number = |wanted| value(wanted)?.parse::<u16>().ok();
    let lengths = ["sizelength", "indexlength", "indexdeltalength"].map(number);
    if value("mode") != Some("AAC-hbr") || lengths != [Some(13), Some(3), Some(3)] {
        return None;
    }
    let config = from_hex(value("config")?)?;
    let told = Config::read(&config)?;
    if told.rate != clock_rate || channels.is_some_and(|channels| channels != u16::from(told.channels)) {
        return None;
    }
    // Faster ones need another version of the whole `stsd`.
    let rate = u16::try_from(told.rate).ok().filter(|rate| *rate > 0)?;
    Some(AudioFormat {
        codec: AudioCodec::Aac,
        sample_rate: told.rate,
        channels: told.channels,
        rfc6381: format!("mp4a.40.{}", told.object_type),
        sample_entry: entry::sound(*b"mp4a", told.channels, rate, |out| esds(out, &told, &config)),
        config: config.into(),
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2) && digits.len() <= 2 * CONFIG_BYTES_MAX)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// What is read of an `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1).
struct Config {
    object_type: u8,
    rate: u32,
    channels: u8,
    /// Those that count for a decoder's buffer.
    full_channels: u32,
}

impl Config {
    fn read(config: &[u8]) -> Option<Self> {
        let mut bits = BitReader::new(config);
        let object_type = bits.read::<5, u8>("audioObjectType").ok()?;
        let rate = match bits.read::<4, u8>("samplingFrequencyIndex").ok()? {
            RATE_FOLLOWS => bits.read::<24, u32>("samplingFrequency").ok()?,
            index => *RATES.get(usize::from(index))?,
        };
        let configuration = bits.read::<4, u8>("channelConfiguration").ok()?;
        let (channels, full_channels) = *CHANNELS.get(usize::from(configuration)).filter(|(channels, _)| *channels > 0)?;
        // Those whose particulars are a `GASpecificConfig`; the plain ones before all, which cameras send.
        if !matches!(object_type, 1..=4 | 6 | 7 | 17 | 19..=23) {
            return None;
        }
        let short_frames = bits.read_bit("frameLengthFlag").ok()?;
        // Scalable sampling rates know only frames of one length.
        (object_type != 3 || !short_frames).then_some(Self { object_type, rate, channels, full_channels })
    }
}

/// `esds` (ISO/IEC 14496-14, 5.6.1), descriptors within descriptors (ISO/IEC 14496-1, 7.2.6).
fn esds(out: &mut Vec<u8>, told: &Config, config: &[u8]) {
    boxed(out, *b"esds", |out| {
        out.extend_from_slice(&[0; 4]); // version, flags
        descriptor(out, 3, |out| {
            out.extend_from_slice(&[0, 0, 0]); // ES_ID: that of the track; no streams that it depends on
            descriptor(out, 4, |out| {
                out.extend_from_slice(&[0x40, 0x15]); // MPEG-4 sound, to be decoded
                let buffer = CHANNEL_BITS / 8 * told.full_channels;
                out.extend_from_slice(&buffer.to_be_bytes()[1..]);
                let bitrate_max = CHANNEL_BITS / FRAME_SAMPLES * told.full_channels * told.rate;
                out.extend_from_slice(&bitrate_max.to_be_bytes());
                out.extend_from_slice(&[0; 4]); // average bitrate: it varies
                descriptor(out, 5, |out| out.extend_from_slice(config));
            });
            descriptor(out, 6, |out| out.push(2)); // times are those of the MP4
        });
    });
}

/// Appends a descriptor whose body `body` appends, of at most 127 bytes.
fn descriptor(out: &mut Vec<u8>, tag: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[tag, 0]);
    body(out);
    out[start + 1] = u8::try_from(out.len() - start - 2).unwrap_or(u8::MAX);
}
