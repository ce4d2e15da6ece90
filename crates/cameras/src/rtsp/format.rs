//! What a stream carries, as the rest of the house wants to know it.

use bytes::Bytes;
use domain::limits::PARAMETER_SETS_BYTES_MAX;
use media::au::{AudioCodec, AudioFormat, VideoCodec, VideoFormat};
use retina::codec::h26x::Framing;
use retina::codec::{AudioParameters, ParametersRef, VideoParameters, VideoParametersCodec};

use super::sps;
use crate::CameraError;

/// How a picture track is coded; `None` where it is not understood.
pub(crate) fn video_codec(encoding: &str) -> Option<VideoCodec> {
    match encoding {
        "h264" => Some(VideoCodec::H264),
        "h265" => Some(VideoCodec::H265),
        _ => None,
    }
}

pub(crate) fn video(codec: VideoCodec, sets: &[Bytes]) -> Result<VideoFormat, CameraError> {
    use base64::Engine as _;
    let b = |i: usize| base64::engine::general_purpose::STANDARD.encode(&sets[i]);
    let (n, f) = match codec {
        VideoCodec::H264 => ("h264", format!("sprop-parameter-sets={},{}", b(0), b(1))),
        VideoCodec::H265 => ("h265", format!("sprop-vps={};sprop-sps={};sprop-pps={}", b(0), b(1), b(2))),
    };
    let d = retina::codec::Depacketizer::new("video", n, 90000, None, Some(&f)).map_err(|_| CameraError::ParametersInvalid("they cannot be read"))?;
    match d.parameters() {
        Some(ParametersRef::Video(parameters)) => video_format(parameters),
        _ => Err(CameraError::ParametersInvalid("they cannot be read")),
    }
}

pub(crate) fn described_sets(codec: VideoCodec, fmtp: &str) -> Vec<Bytes> {
    let n = match codec { VideoCodec::H264 => "h264", VideoCodec::H265 => "h265" };
    let Ok(d) = retina::codec::Depacketizer::new("video", n, 90000, None, Some(fmtp)) else { return Vec::new() };
    match d.parameters() {
        Some(ParametersRef::Video(parameters)) => video_format(parameters).map(|v| v.parameter_sets).unwrap_or_default(),
        _ => Vec::new(),
    }
}

pub(crate) fn sound(media: &super::wire::Media) -> Option<AudioFormat> {
    let codec = match media.encoding.as_str() {
        "mpeg4-generic" => AudioCodec::Aac,
        "pcmu" => AudioCodec::Pcmu,
        "pcma" => AudioCodec::Pcma,
        _ => return None,
    };
    let f = (!media.parameters.is_empty()).then_some(media.parameters.as_str());
    let d = retina::codec::Depacketizer::new("audio", &media.encoding, media.clock_rate, media.channels.and_then(std::num::NonZeroU16::new), f).ok()?;
    match d.parameters() {
        Some(ParametersRef::Audio(parameters)) => audio_format(codec, media.clock_rate, parameters),
        _ => None,
    }
}

fn video_format(parameters: &VideoParameters) -> Result<VideoFormat, CameraError> {
    let (codec, parameter_sets) = match parameters.codec_params() {
        VideoParametersCodec::H264 { sps, pps } => (VideoCodec::H264, vec![sps.clone(), pps.clone()]),
        VideoParametersCodec::H265 { vps, sps, pps } => (VideoCodec::H265, vec![vps.clone(), sps.clone(), pps.clone()]),
        _ => return Err(CameraError::ParametersInvalid("they are of another codec than announced")),
    };
    if parameter_sets.iter().map(Bytes::len).sum::<usize>() > PARAMETER_SETS_BYTES_MAX {
        return Err(CameraError::ParametersInvalid("they are larger than 16 KiB"));
    }
    let (width, height) = parameters.pixel_dimensions();
    let (Ok(width @ 1..), Ok(height @ 1..)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(CameraError::ParametersInvalid("the picture has no size"));
    };
    let sample_entry = parameters.mp4_sample_entry().build();
    Ok(VideoFormat {
        codec,
        width,
        height,
        rfc6381: parameters.rfc6381_codec().to_owned(),
        parameter_sets,
        sample_entry: sample_entry.map_err(|_| CameraError::ParametersInvalid("they do not fit into a file"))?.into(),
    })
}

/// The format of H.264 with these parameter sets.
pub(crate) fn of_h264(sps: &[u8], pps: &[u8]) -> Result<VideoFormat, CameraError> {
    let parameters = retina::codec::h264::parameters_from_sps_and_pps(sps, pps, Framing::FourByteLength);
    video_format(&parameters.map_err(|_| CameraError::ParametersInvalid("they cannot be read"))?)
}

/// How far pictures of this format go out of order; `None` where its parameter sets do not tell.
pub(crate) fn reorder_depth(video: &VideoFormat) -> Option<usize> {
    match (video.codec, video.parameter_sets.as_slice()) {
        (VideoCodec::H264, [sps, ..]) => sps::h264_depth(sps),
        (VideoCodec::H265, [_, sps, ..]) => sps::h265_depth(sps),
        _ => None,
    }
}

fn audio_format(codec: AudioCodec, sample_rate: u32, parameters: &AudioParameters) -> Option<AudioFormat> {
    let channels = u8::try_from(parameters.channels().get()).ok()?;
    let rate = u16::try_from(sample_rate).ok().filter(|rate| *rate > 0)?;
    let (rfc6381, sample_entry) = match codec {
        AudioCodec::Aac => (parameters.rfc6381_codec()?, parameters.mp4_sample_entry().build().ok()?.into()),
        AudioCodec::Pcmu => ("ulaw", g711_sample_entry(*b"ulaw", channels, rate)),
        AudioCodec::Pcma => ("alaw", g711_sample_entry(*b"alaw", channels, rate)),
        AudioCodec::Opus => return None,
    };
    Some(AudioFormat {
        codec,
        sample_rate,
        channels,
        rfc6381: rfc6381.to_owned(),
        config: Bytes::copy_from_slice(parameters.extra_data()),
        sample_entry,
    })
}

/// An `AudioSampleEntry` without further boxes (ISO/IEC 14496-12, 12.2.3); QuickTime's names for G.711, as ffmpeg and VLC
/// read and write them.
fn g711_sample_entry(name: [u8; 4], channels: u8, sample_rate: u16) -> Bytes {
    let mut entry = Vec::with_capacity(36);
    entry.extend_from_slice(&36u32.to_be_bytes());
    entry.extend_from_slice(&name);
    entry.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1]); // data_reference_index = 1
    entry.extend_from_slice(&[0; 8]);
    entry.extend_from_slice(&u16::from(channels).to_be_bytes());
    entry.extend_from_slice(&[0, 16, 0, 0, 0, 0]); // samplesize: that of the decoded samples
    entry.extend_from_slice(&(u32::from(sample_rate) << 16).to_be_bytes());
    entry.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_g711_sample_entry_is_one_whole_box() {
        let entry = g711_sample_entry(*b"alaw", 1, 8000);
        assert_eq!(entry.len(), 36);
        assert_eq!(entry[..8], *b"\0\0\0\x24alaw");
        assert_eq!(entry[16..24], [0; 8]);
        assert_eq!(entry[24..28], [0, 1, 0, 16]);
        assert_eq!(entry[32..36], (8000u32 << 16).to_be_bytes());
    }
}
