//! What a stream carries, as the rest of the house wants to know it: from parameter sets, and from what a session description
//! tells of them. Recorded footage holds these formats, so the same sets have to give the same bytes in every release.

mod aac;
mod entry;
mod g711;
mod h264;
mod h265;
mod h265_sps;
mod pictures;
mod sprop;

use bytes::Bytes;
use media::au::{AudioCodec, AudioFormat, VideoCodec, VideoFormat};

pub(crate) use self::pictures::video;
use super::sps;
use super::wire::Media;

/// How a picture track is coded; `None` where it is not understood.
pub(crate) fn video_codec(encoding: &str) -> Option<VideoCodec> {
    match encoding {
        "h264" => Some(VideoCodec::H264),
        "h265" => Some(VideoCodec::H265),
        _ => None,
    }
}

/// The parameter sets that a description tells; none unless they are all there.
pub(crate) fn described_sets(codec: VideoCodec, media: &Media) -> Vec<Bytes> {
    match codec {
        VideoCodec::H264 => sprop::h264_sets(&media.parameters).map(Vec::from),
        VideoCodec::H265 => sprop::h265_sets(&media.parameters).map(Vec::from),
    }
    .unwrap_or_default()
}

/// The format of a sound track; `None` where it is not understood.
pub(crate) fn sound(media: &Media) -> Option<AudioFormat> {
    match media.encoding.as_str() {
        "mpeg4-generic" => aac::aac(&media.parameters, media.clock_rate, media.channels),
        "pcmu" => g711::g711(AudioCodec::Pcmu, media.clock_rate, media.channels),
        "pcma" => g711::g711(AudioCodec::Pcma, media.clock_rate, media.channels),
        _ => None,
    }
}

/// How far pictures of this format go out of order; `None` where its parameter sets do not tell.
pub(crate) fn reorder_depth(video: &VideoFormat) -> Option<usize> {
    match (video.codec, video.parameter_sets.as_slice()) {
        (VideoCodec::H264, [sps, ..]) => sps::h264_depth(sps),
        (VideoCodec::H265, [_, sps, ..]) => sps::h265_depth(sps),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
