//! The format of pictures by their parameter sets.

use bytes::Bytes;
use domain::limits::PARAMETER_SETS_BYTES_MAX;
use media::au::{VideoCodec, VideoFormat};

use super::{entry, h264, h265};
use crate::CameraError;

/// What parameter sets tell.
pub(super) struct Pictures {
    pub(super) rfc6381: String,
    /// Width and height after cropping, as large as they may be.
    pub(super) size: (u32, u32),
    /// The sample entry's name.
    pub(super) entry: [u8; 4],
    /// The configuration box in it: name and body.
    pub(super) configuration: ([u8; 4], Vec<u8>),
}

/// The format of pictures with these parameter sets, which are (VPS,) SPS and PPS without start codes or lengths.
pub(crate) fn video(codec: VideoCodec, sets: &[Bytes]) -> Result<VideoFormat, CameraError> {
    if sets.iter().map(Bytes::len).sum::<usize>() > PARAMETER_SETS_BYTES_MAX {
        return Err(CameraError::ParametersInvalid("they are larger than 16 KiB"));
    }
    let told = match (codec, sets) {
        (VideoCodec::H264, [sps, pps]) => h264::read(sps, pps),
        (VideoCodec::H265, [vps, sps, pps]) => h265::read(vps, sps, pps),
        _ => return Err(CameraError::ParametersInvalid("they are of another codec than announced")),
    };
    let told = told.ok_or(CameraError::ParametersInvalid("they cannot be read"))?;
    let (Ok(width @ 1..), Ok(height @ 1..)) = (u16::try_from(told.size.0), u16::try_from(told.size.1)) else {
        return Err(CameraError::ParametersInvalid("the picture has no size"));
    };
    let (configuration, body) = &told.configuration;
    Ok(VideoFormat {
        codec,
        width,
        height,
        rfc6381: told.rfc6381,
        parameter_sets: sets.to_vec(),
        sample_entry: entry::pictures(told.entry, (width, height), (*configuration, body)),
    })
}
