//! What a stream carries, as the rest of the house wants to know it.

use bytes::Bytes;
use domain::limits::PARAMETER_SETS_BYTES_MAX;
use media::au::{AudioCodec, AudioFormat, VideoCodec, VideoFormat};
use retina::client::Stream;
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

/// The format of a picture track; `None` while its parameter sets have not been seen.
pub(crate) fn video(stream: &Stream) -> Result<Option<VideoFormat>, CameraError> {
    match stream.parameters() {
        Some(ParametersRef::Video(parameters)) => video_format(parameters).map(Some),
        _ => Ok(None),
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

/// The format of a sound track.
pub(crate) fn audio(stream: &Stream) -> Result<AudioFormat, CameraError> {
    let unsupported = || CameraError::AudioUnsupported(CameraError::codec_name(stream.encoding_name()));
    let codec = match stream.encoding_name() {
        "mpeg4-generic" => AudioCodec::Aac,
        "pcmu" => AudioCodec::Pcmu,
        "pcma" => AudioCodec::Pcma,
        _ => return Err(unsupported()),
    };
    let Some(ParametersRef::Audio(parameters)) = stream.parameters() else { return Err(unsupported()) };
    audio_format(codec, stream.clock_rate_hz(), parameters).ok_or_else(unsupported)
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
