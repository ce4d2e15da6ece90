//! The session description (RFC 4566), as much as a replay of pictures takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::limits::PARAMETER_SETS_BYTES_MAX;
use media::au::VideoCodec;

use super::WireError;

/// Bytes of a track's name.
const CONTROL_BYTES_MAX: usize = 1024;

/// The first track of pictures that is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What `SETUP` names: a URL, or what follows the base.
    pub control: String,
    /// RTP payload type.
    pub payload_type: u8,
    /// How it is coded.
    pub codec: VideoCodec,
    /// Parameter sets, where it tells them: (VPS,) SPS, PPS.
    pub parameter_sets: Vec<Bytes>,
}

/// One `m=` section in the reading.
struct Section {
    payload_type: u8,
    codec: Option<VideoCodec>,
    control: Option<String>,
    parameters: String,
}

/// Reads a description.
///
/// # Errors
/// [`WireError::NoVideo`], [`WireError::TooLarge`].
pub fn describe(sdp: &str) -> Result<Description, WireError> {
    let mut section: Option<Section> = None;
    for line in sdp.lines().map(str::trim) {
        if let Some(media) = line.strip_prefix("m=") {
            if section.as_ref().is_some_and(|section| section.codec.is_some()) {
                break;
            }
            section = begin(media);
            continue;
        }
        let Some((section, attribute)) = section.as_mut().zip(line.strip_prefix("a=")) else { continue };
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let own = value.split_once(' ').filter(|(number, _)| number.parse() == Ok(section.payload_type));
        match (name, own) {
            ("control", _) if plain(value) => section.control = Some(value.to_owned()),
            ("rtpmap", Some((_, map))) => section.codec = codec(map),
            ("fmtp", Some((_, parameters))) => parameters.clone_into(&mut section.parameters),
            _ => {}
        }
    }
    let section = section.ok_or(WireError::NoVideo)?;
    let codec = section.codec.ok_or(WireError::NoVideo)?;
    let parameter_sets = parameter_sets(codec, &section.parameters);
    if parameter_sets.iter().map(Bytes::len).sum::<usize>() > PARAMETER_SETS_BYTES_MAX {
        return Err(WireError::TooLarge);
    }
    let control = section.control.unwrap_or_else(|| "*".to_owned());
    Ok(Description { control, payload_type: section.payload_type, codec, parameter_sets })
}

/// `video 0 RTP/AVP 96`.
fn begin(media: &str) -> Option<Section> {
    let mut words = media.split_whitespace();
    let is_video = words.next() == Some("video");
    let payload_type = words.nth(2)?.parse().ok().filter(|number| is_video && *number < 128)?;
    Some(Section { payload_type, codec: None, control: None, parameters: String::new() })
}

/// A name that can stand in a request.
fn plain(control: &str) -> bool {
    !control.is_empty() && control.len() <= CONTROL_BYTES_MAX && control.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `H264/90000`.
fn codec(map: &str) -> Option<VideoCodec> {
    let (name, rate) = map.trim().split_once('/')?;
    let codec = match name.to_ascii_uppercase().as_str() {
        "H264" => VideoCodec::H264,
        "H265" => VideoCodec::H265,
        _ => return None,
    };
    (rate.trim() == "90000").then_some(codec)
}

fn parameter_sets(codec: VideoCodec, parameters: &str) -> Vec<Bytes> {
    let value = |wanted: &str| {
        let mut fields = parameters.split(';').filter_map(|field| field.trim().split_once('='));
        fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map_or("", |(_, value)| value.trim())
    };
    let names: &[&str] = match codec {
        VideoCodec::H264 => &["sprop-parameter-sets"],
        VideoCodec::H265 => &["sprop-vps", "sprop-sps", "sprop-pps"],
    };
    let coded = names.iter().flat_map(|name| value(name).split(','));
    coded.filter_map(|text| STANDARD.decode(text).ok()).filter(|set| !set.is_empty()).map(Bytes::from).collect()
}
