//! Sample entries to formats.

use bytes::Bytes;
use domain::Result;
use media::au::{AudioCodec, AudioFormat, VideoCodec, VideoFormat};
use mp4_atom::{Avc1, Codec, Encode, Hvc1, Hvcc, Mp4a};

use super::unusable;

/// The picture format of a sample entry, and how many bytes its samples' NAL lengths have; `None` for other codecs.
pub(super) fn video(codec: &Codec) -> Result<Option<(VideoFormat, usize)>> {
    let (kind, visual, nal_length, parameter_sets, rfc6381, entry) = match codec {
        Codec::Avc1(avc1) => h264(avc1),
        Codec::Avc3(avc3) => {
            let (visual, avcc) = (avc3.visual.clone(), avc3.avcc.clone());
            h264(&Avc1 { visual, avcc, btrt: None, colr: None, pasp: None, taic: None, fiel: None, spatial: None })
        }
        Codec::Hvc1(hvc1) => h265(hvc1),
        Codec::Hev1(hev1) => h265(&Hvc1 { visual: hev1.visual.clone(), hvcc: hev1.hvcc.clone(), ..Hvc1::default() }),
        _ => return Ok(None),
    };
    let format = VideoFormat {
        codec: kind,
        width: visual.width,
        height: visual.height,
        rfc6381,
        parameter_sets,
        sample_entry: boxed(&entry)?,
    };
    Ok(Some((format, nal_length)))
}

type Parts = (VideoCodec, mp4_atom::Visual, usize, Vec<Bytes>, String, Codec);

fn h264(avc1: &Avc1) -> Parts {
    let c = &avc1.avcc;
    let sets = c.sequence_parameter_sets.iter().chain(&c.picture_parameter_sets).map(|nal| Bytes::copy_from_slice(nal)).collect();
    let name = format!("avc1.{:02x}{:02x}{:02x}", c.avc_profile_indication, c.profile_compatibility, c.avc_level_indication);
    (VideoCodec::H264, avc1.visual.clone(), usize::from(c.length_size), sets, name, Codec::Avc1(avc1.clone()))
}

fn h265(hvc1: &Hvc1) -> Parts {
    let c = &hvc1.hvcc;
    let of_type = |kind: u8| c.arrays.iter().filter(move |array| array.nal_unit_type == kind).flat_map(|array| &array.nalus);
    let sets = [32, 33, 34].into_iter().flat_map(of_type).map(|nal| Bytes::copy_from_slice(nal)).collect();
    let nal_length = usize::from(c.length_size_minus_one) + 1;
    (VideoCodec::H265, hvc1.visual.clone(), nal_length, sets, h265_name(c), Codec::Hvc1(hvc1.clone()))
}

/// ISO/IEC 14496-15 E.3.
fn h265_name(c: &Hvcc) -> String {
    let space = ["", "A", "B", "C"].get(usize::from(c.general_profile_space)).unwrap_or(&"");
    let compatibility = u32::from_be_bytes(c.general_profile_compatibility_flags).reverse_bits();
    let tier = if c.general_tier_flag { 'H' } else { 'L' };
    let mut name = format!("hvc1.{space}{}.{compatibility:X}.{tier}{}", c.general_profile_idc, c.general_level_idc);
    let constraints = c.general_constraint_indicator_flags;
    let used = constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    name.extend(constraints[..used].iter().map(|byte| format!(".{byte:X}")));
    name
}

/// The sound format of a sample entry; `None` for other codecs. `timescale` is the track's.
pub(super) fn audio(codec: &Codec, timescale: u32) -> Result<Option<AudioFormat>> {
    match codec {
        Codec::Mp4a(mp4a) => aac(mp4a, timescale).map(Some),
        Codec::Unknown(kind, body) => Ok(match &kind.to_string()[..] {
            "ulaw" => Some(g711(AudioCodec::Pcmu, timescale, body)),
            "alaw" => Some(g711(AudioCodec::Pcma, timescale, body)),
            _ => None,
        }),
        _ => Ok(None),
    }
}

fn aac(mp4a: &Mp4a, timescale: u32) -> Result<AudioFormat> {
    let config = mp4a.esds.es_desc.dec_config.dec_specific.as_ref();
    let config = config.ok_or_else(|| unusable("the sound track has no AudioSpecificConfig"))?;
    let rate = u32::from(mp4a.audio.sample_rate.integer());
    Ok(AudioFormat {
        codec: AudioCodec::Aac,
        // Rates above 65535 do not fit the entry's field.
        sample_rate: if rate == 0 { timescale } else { rate },
        // The entry's own count is 2 whatever the sound is (ISO/IEC 14496-14, 5.6.1); 0 means that the stream says.
        channels: if config.chan_conf == 0 { u8::try_from(mp4a.audio.channel_count).unwrap_or(2) } else { config.chan_conf },
        rfc6381: format!("mp4a.40.{}", config.profile),
        config: Bytes::copy_from_slice(&config.raw),
        sample_entry: boxed(&Codec::Mp4a(mp4a.clone()))?,
    })
}

/// `body` is what follows the box header: ISO/IEC 14496-12, 12.2.3.
pub(super) fn g711(codec: AudioCodec, sample_rate: u32, body: &[u8]) -> AudioFormat {
    let kind = if codec == AudioCodec::Pcma { "alaw" } else { "ulaw" };
    let size = u32::try_from(8 + body.len()).unwrap_or(u32::MAX);
    let channels = body.get(17).copied().unwrap_or(1).max(1);
    let sample_entry = [&size.to_be_bytes()[..], kind.as_bytes(), body].concat().into();
    AudioFormat { codec, sample_rate, channels, rfc6381: kind.to_owned(), config: Bytes::new(), sample_entry }
}

fn boxed(codec: &Codec) -> Result<Bytes> {
    let mut out = Vec::new();
    codec.encode(&mut out).map_err(|e| unusable("a sample entry cannot be written").with_source(e))?;
    Ok(out.into())
}
