//! Media, version 1 (ONVIF Media, section 5) and version 2.

use url::Url;

use super::WireError;
use crate::discovery::wire::shown;
use crate::xml::{Element, escape};

/// Profiles of one camera that are read: a 64-channel recorder with two each.
const PROFILES_MAX: usize = 128;

/// Asks for all profiles, version 1.
pub const GET_PROFILES: &str = "<trt:GetProfiles/>";
/// Asks for all profiles, version 2.
pub const GET_PROFILES_2: &str = "<tr2:GetProfiles><tr2:Type>All</tr2:Type></tr2:GetProfiles>";

/// How a profile's pictures are coded.
#[derive(Debug, Clone, PartialEq)]
pub struct Video {
    /// `H264`, `H265`, `JPEG`, `MPEG4`, as the camera says.
    pub codec: String,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Pictures a second at most.
    pub fps: Option<f32>,
    /// Kilobits a second at most.
    pub bitrate_kbps: Option<u32>,
    /// Pictures from one key picture to the next.
    pub gop: Option<u32>,
}

/// One way in which a camera streams.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its token: the camera's, to be given back as it is.
    pub token: String,
    /// Its name.
    pub name: Option<String>,
    /// The pictures; a profile without has none configured.
    pub video: Option<Video>,
    /// The video source's token: what imaging is set on.
    pub source: Option<String>,
    /// Whether it has sound.
    pub audio: bool,
    /// Whether it can be moved.
    pub ptz: bool,
}

/// The profiles of either version; doubles of a token are left out.
///
/// # Errors
/// [`WireError::Lacks`] where there are none.
pub fn profiles(answer: &Element) -> Result<Vec<Profile>, WireError> {
    let mut profiles: Vec<Profile> = Vec::new();
    for profile in answer.all("Profiles").take(PROFILES_MAX).filter_map(profile) {
        if profiles.iter().all(|known| known.token != profile.token) {
            profiles.push(profile);
        }
    }
    if profiles.is_empty() { Err(WireError::Lacks("a profile")) } else { Ok(profiles) }
}

fn profile(element: &Element) -> Option<Profile> {
    // Version 2 has an element around what version 1 names in full.
    let part = |one: &str, two: &str| element.child(one).or_else(|| element.child("Configurations")?.child(two));
    let encoder = part("VideoEncoderConfiguration", "VideoEncoder");
    let source = part("VideoSourceConfiguration", "VideoSource");
    Some(Profile {
        token: element.attribute("token").filter(|token| !token.is_empty() && token.len() <= 128)?.to_owned(),
        name: element.text_at("Name").and_then(shown),
        video: encoder.and_then(video),
        source: source.and_then(|source| source.text_at("SourceToken")).map(str::to_owned),
        audio: part("AudioEncoderConfiguration", "AudioEncoder").is_some(),
        ptz: part("PTZConfiguration", "PTZ").is_some(),
    })
}

fn video(encoder: &Element) -> Option<Video> {
    let codec = encoder.text_at("Encoding")?;
    let gop = ["H264/GovLength", "MPEG4/GovLength", "H265/GovLength"].iter().find_map(|path| encoder.number_at(path));
    Some(Video {
        codec: codec.chars().filter(char::is_ascii_alphanumeric).take(16).collect(),
        width: encoder.number_at("Resolution/Width")?,
        height: encoder.number_at("Resolution/Height")?,
        fps: encoder.number_at("RateControl/FrameRateLimit").filter(|fps: &f32| fps.is_finite() && *fps > 0.0),
        bitrate_kbps: encoder.number_at("RateControl/BitrateLimit"),
        gop: gop.or_else(|| encoder.attribute("GovLength")?.parse().ok()),
    })
}

/// Asks where a profile streams, version 1: RTSP over TCP.
#[must_use]
pub fn get_stream(profile: &str) -> String {
    format!(
        "<trt:GetStreamUri><trt:StreamSetup><tt:Stream>RTP-Unicast</tt:Stream><tt:Transport><tt:Protocol>RTSP</tt:Protocol>\
         </tt:Transport></trt:StreamSetup><trt:ProfileToken>{}</trt:ProfileToken></trt:GetStreamUri>",
        escape(profile)
    )
}

/// The same, version 2.
#[must_use]
pub fn get_stream_2(profile: &str) -> String {
    let profile = escape(profile);
    format!(
        "<tr2:GetStreamUri><tr2:Protocol>RTSP</tr2:Protocol><tr2:ProfileToken>{profile}</tr2:ProfileToken></tr2:GetStreamUri>"
    )
}

/// Asks where a profile's still picture is; `two` for version 2.
#[must_use]
pub fn get_snapshot(profile: &str, two: bool) -> String {
    let (prefix, profile) = (if two { "tr2" } else { "trt" }, escape(profile));
    format!("<{prefix}:GetSnapshotUri><{prefix}:ProfileToken>{profile}</{prefix}:ProfileToken></{prefix}:GetSnapshotUri>")
}

/// The address in an answer of either version.
///
/// # Errors
/// [`WireError::Lacks`] where there is none or it is no URL.
pub fn uri(answer: &Element) -> Result<Url, WireError> {
    let text = answer.text_at("MediaUri/Uri").or_else(|| answer.text_at("Uri")).ok_or(WireError::Lacks("an address"))?;
    Url::parse(text.trim()).map_err(|_| WireError::Lacks("an address that can be read"))
}
