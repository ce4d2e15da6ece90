//! The formats of streams that retina reads.

use bytes::Bytes;
use media::au::{AudioCodec, AudioFormat, VideoCodec, VideoFormat};
use retina::client::Stream;
use retina::codec::{AudioParameters, ParametersRef, VideoParameters, VideoParametersCodec};

use super::g711::g711;
use super::pictures;
use crate::CameraError;

/// The format of a picture track; `None` while its parameter sets have not been seen.
pub(crate) fn video(stream: &Stream) -> Result<Option<VideoFormat>, CameraError> {
    match stream.parameters() {
        Some(ParametersRef::Video(parameters)) => video_format(parameters).map(Some),
        _ => Ok(None),
    }
}

fn video_format(parameters: &VideoParameters) -> Result<VideoFormat, CameraError> {
    match parameters.codec_params() {
        VideoParametersCodec::H264 { sps, pps } => pictures::video(VideoCodec::H264, &[sps.clone(), pps.clone()]),
        VideoParametersCodec::H265 { vps, sps, pps } => {
            pictures::video(VideoCodec::H265, &[vps.clone(), sps.clone(), pps.clone()])
        }
        _ => Err(CameraError::ParametersInvalid("they are of another codec than announced")),
    }
}

/// The format of H.264 with these parameter sets.
pub(crate) fn of_h264(sps: &Bytes, pps: &Bytes) -> Result<VideoFormat, CameraError> {
    pictures::video(VideoCodec::H264, &[sps.clone(), pps.clone()])
}

/// The format of a sound track.
pub(crate) fn audio(stream: &Stream) -> Result<AudioFormat, CameraError> {
    let unsupported = || CameraError::AudioUnsupported(CameraError::codec_name(stream.encoding_name()));
    let channels = stream.channels().map(std::num::NonZero::get);
    let format = match (stream.encoding_name(), stream.parameters()) {
        ("mpeg4-generic", Some(ParametersRef::Audio(parameters))) => aac_format(stream.clock_rate_hz(), parameters),
        ("pcmu", Some(_)) => g711(AudioCodec::Pcmu, stream.clock_rate_hz(), channels),
        ("pcma", Some(_)) => g711(AudioCodec::Pcma, stream.clock_rate_hz(), channels),
        _ => None,
    };
    format.ok_or_else(unsupported)
}

fn aac_format(sample_rate: u32, parameters: &AudioParameters) -> Option<AudioFormat> {
    Some(AudioFormat {
        codec: AudioCodec::Aac,
        sample_rate,
        channels: u8::try_from(parameters.channels().get()).ok()?,
        rfc6381: parameters.rfc6381_codec()?.to_owned(),
        config: Bytes::copy_from_slice(parameters.extra_data()),
        sample_entry: parameters.mp4_sample_entry().build().ok()?.into(),
    })
}
