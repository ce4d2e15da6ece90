//! The session description (RFC 4566), as much as a camera's takes.

use super::WireError;

/// Bytes of a name that a request repeats.
const CONTROL_BYTES_MAX: usize = 1024;

/// Tracks of a description. Cameras have picture, sound, the way back for sound, and metadata.
const MEDIA_MAX: usize = 32;

/// Payload types whose coding needs no `rtpmap` (RFC 3551, section 6), of those that are told apart.
const STATIC_TYPES: [(u8, &str, u32); 5] =
    [(0, "pcmu", 8000), (3, "gsm", 8000), (8, "pcma", 8000), (9, "g722", 8000), (26, "jpeg", 90_000)];

/// What a request names (RFC 2326, appendix C.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control(String);

impl Control {
    /// The URL by a base. Cameras mean what follows the base's whole text, query included, and no reference of RFC 3986.
    #[must_use]
    pub fn at(&self, base: &str) -> String {
        match self.0.as_str() {
            "*" => base.to_owned(),
            absolute if absolute.contains("://") => absolute.to_owned(),
            relative if base.ends_with('/') => format!("{base}{}", relative.trim_start_matches('/')),
            relative => format!("{base}/{}", relative.trim_start_matches('/')),
        }
    }
}

/// What a camera says of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What `PLAY` names.
    pub control: Option<Control>,
    /// Its tracks, in their order.
    pub media: Vec<Media>,
}

/// A track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// `video`, `audio`, `application`.
    pub kind: String,
    /// RTP payload type.
    pub payload_type: u8,
    /// How it is coded, in lower case.
    pub encoding: String,
    /// RTP time in a second.
    pub clock_rate: u32,
    /// Channels of sound, where it tells them.
    pub channels: Option<u16>,
    /// Parameters of its coding.
    pub parameters: String,
    /// What `SETUP` names.
    pub control: Option<Control>,
}

impl Media {
    /// `video 0 RTP/AVP 96`.
    fn begin(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let (kind, _port, protocol, format) = (words.next()?, words.next()?, words.next()?, words.next()?);
        if !protocol.split('/').any(|part| part == "RTP") {
            return None;
        }
        let payload_type = format.parse().ok().filter(|number| *number < 128)?;
        let known = STATIC_TYPES.iter().find(|(number, ..)| *number == payload_type);
        let (encoding, clock_rate) = known.map_or(("", 0), |(_, encoding, rate)| (*encoding, *rate));
        Some(Self {
            kind: kind.to_owned(),
            payload_type,
            encoding: encoding.to_owned(),
            clock_rate,
            channels: None,
            parameters: String::new(),
            control: None,
        })
    }

    fn attribute(&mut self, name: &str, value: &str) {
        if name == "control" {
            self.control = control(value);
        }
        // Some cameras name a payload type and say nothing of it.
        let Some((number, rest)) = value.trim().split_once(' ') else { return };
        if number.parse() != Ok(self.payload_type) {
            return;
        }
        match name {
            "rtpmap" => self.map(rest.trim()),
            "fmtp" => rest.trim().clone_into(&mut self.parameters),
            _ => {}
        }
    }

    /// `H264/90000`, `mpeg4-generic/48000/2`.
    fn map(&mut self, text: &str) {
        let mut parts = text.split('/').map(str::trim);
        let (name, rate) = (parts.next().unwrap_or_default(), parts.next().and_then(|rate| rate.parse().ok()));
        self.encoding = name.to_ascii_lowercase();
        self.clock_rate = rate.unwrap_or(0);
        self.channels = parts.next().and_then(|channels| channels.parse().ok()).filter(|channels| *channels > 0);
    }
}

/// Reads a description; its tracks are those with a coding that is known by name.
///
/// # Errors
/// [`WireError::Description`], [`WireError::TooLarge`].
pub fn describe(text: &str) -> Result<Description, WireError> {
    let mut description = Description { control: None, media: Vec::new() };
    // A track that cannot be read keeps its attributes to itself.
    let mut at = Some(None);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (kind, value) = line.split_once('=').filter(|(kind, _)| kind.len() == 1).ok_or(WireError::Description)?;
        let attribute = value.split_once(':').unwrap_or((value, ""));
        match (kind, at) {
            ("m", _) => {
                at = Media::begin(value).map(|media| {
                    description.media.push(media);
                    Some(description.media.len() - 1)
                });
                if description.media.len() > MEDIA_MAX {
                    return Err(WireError::TooLarge);
                }
            }
            ("a", Some(Some(index))) => description.media[index].attribute(attribute.0, attribute.1),
            ("a", Some(None)) if attribute.0 == "control" => description.control = control(attribute.1),
            _ => {}
        }
    }
    description.media.retain(|media| !media.encoding.is_empty() && media.clock_rate > 0);
    if description.media.is_empty() { Err(WireError::Description) } else { Ok(description) }
}

/// A name that can stand in a request.
fn control(value: &str) -> Option<Control> {
    let plain = !value.is_empty() && value.len() <= CONTROL_BYTES_MAX && value.bytes().all(|byte| byte.is_ascii_graphic());
    plain.then(|| Control(value.to_owned()))
}
