//! What a stream carries, as the rest of the house wants to know it: from parameter sets, and from what a session description
//! tells of them. Recorded footage holds these formats, so the same sets have to give the same bytes in every release.

#[cfg_attr(not(test), expect(dead_code, reason = "what describes a stream calls it once it reads descriptions itself"))]
mod aac;
mod entry;
mod g711;
mod h264;
mod h265;
mod h265_sps;
mod old;
mod pictures;
#[cfg_attr(not(test), expect(dead_code, reason = "what describes a stream calls it once it reads descriptions itself"))]
mod sprop;

use media::au::{VideoCodec, VideoFormat};

pub(crate) use self::old::{audio, of_h264, video};
use super::sps;

/// How a picture track is coded; `None` where it is not understood.
pub(crate) fn video_codec(encoding: &str) -> Option<VideoCodec> {
    match encoding {
        "h264" => Some(VideoCodec::H264),
        "h265" => Some(VideoCodec::H265),
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
