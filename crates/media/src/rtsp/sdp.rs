use std::fmt::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::rtp::payload_type;
use crate::au::{AudioCodec, AudioFormat, Format, Track, VIDEO_TIMESCALE, VideoCodec, VideoFormat};

/// What a path offers: its format, and the session description (RFC 4566) that says so.
#[derive(Debug, Clone)]
pub struct Presentation {
    /// What is played.
    pub format: Arc<Format>,
    /// The answer to `DESCRIBE`.
    pub sdp: String,
}

impl Presentation {
    /// Describes `format` under `name`. Parameter sets that the format does not have are left out: they may come in band.
    #[must_use]
    pub fn new(name: &str, format: Arc<Format>) -> Self {
        let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let name = if name.trim().is_empty() { "-" } else { name.as_str() };
        let mut sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns={name}\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\na=range:npt=now-\r\n"
        );
        video(&mut sdp, &format);
        if let Some(audio_format) = &format.audio {
            audio(&mut sdp, &format, audio_format);
        }
        Self { format, sdp }
    }
}

/// The last segment of a track's control URL.
pub(super) const fn control(track: Track) -> &'static str {
    match track {
        Track::Video => "trackID=0",
        Track::Audio => "trackID=1",
    }
}

fn video(sdp: &mut String, format: &Format) {
    let pt = payload_type(format, Track::Video);
    let (name, parameters) = match format.video.codec {
        VideoCodec::H264 => ("H264", h264_parameters(&format.video)),
        VideoCodec::H265 => ("H265", h265_parameters(&format.video)),
    };
    let _ = write!(sdp, "m=video 0 RTP/AVP {pt}\r\na=rtpmap:{pt} {name}/{VIDEO_TIMESCALE}\r\n");
    if !parameters.is_empty() {
        let _ = write!(sdp, "a=fmtp:{pt} {parameters}\r\n");
    }
    let _ = write!(sdp, "a=control:{}\r\n", control(Track::Video));
}

/// RFC 6184 8.1.
fn h264_parameters(video: &VideoFormat) -> String {
    let mut text = String::from("packetization-mode=1");
    let sps = video.parameter_sets.iter().find(|nal| nal.first().is_some_and(|b| b & 0x1f == 7));
    if let Some(profile) = sps.and_then(|sps| sps.get(1..4)) {
        let _ = write!(text, ";profile-level-id={:02X}{:02X}{:02X}", profile[0], profile[1], profile[2]);
    }
    if !video.parameter_sets.is_empty() {
        let sets: Vec<_> = video.parameter_sets.iter().map(|nal| STANDARD.encode(nal)).collect();
        let _ = write!(text, ";sprop-parameter-sets={}", sets.join(","));
    }
    text
}

/// RFC 7798 7.1.
fn h265_parameters(video: &VideoFormat) -> String {
    let of_type = |kind: u8| {
        let wanted = |nal: &&Bytes| nal.first().is_some_and(|b| b >> 1 & 0x3f == kind);
        video.parameter_sets.iter().filter(wanted).map(|nal| STANDARD.encode(nal)).collect::<Vec<_>>().join(",")
    };
    let sets = [("sprop-vps", of_type(32)), ("sprop-sps", of_type(33)), ("sprop-pps", of_type(34))];
    let present = sets.iter().filter(|(_, nals)| !nals.is_empty());
    present.map(|(name, nals)| format!("{name}={nals}")).collect::<Vec<_>>().join(";")
}

fn audio(sdp: &mut String, format: &Format, audio: &AudioFormat) {
    let pt = payload_type(format, Track::Audio);
    let name = match audio.codec {
        AudioCodec::Aac => "mpeg4-generic",
        AudioCodec::Pcmu => "PCMU",
        AudioCodec::Pcma => "PCMA",
        AudioCodec::Opus => "opus",
    };
    let _ = write!(sdp, "m=audio 0 RTP/AVP {pt}\r\na=rtpmap:{pt} {name}/{}", audio.sample_rate);
    if audio.channels != 1 || audio.codec == AudioCodec::Aac {
        let _ = write!(sdp, "/{}", audio.channels);
    }
    sdp.push_str("\r\n");
    if audio.codec == AudioCodec::Aac {
        // RFC 3640 3.3.6, high bit-rate AAC.
        let _ = write!(sdp, "a=fmtp:{pt} streamtype=5;profile-level-id=1;mode=AAC-hbr;config=");
        for byte in &audio.config {
            let _ = write!(sdp, "{byte:02X}");
        }
        sdp.push_str(";sizelength=13;indexlength=3;indexdeltalength=3\r\n");
    }
    let _ = write!(sdp, "a=control:{}\r\n", control(Track::Audio));
}
