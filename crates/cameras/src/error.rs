//! Why a camera gives no picture.

use std::borrow::Cow;
use std::fmt;

use domain::Kind;

/// Longest name of a codec that an error repeats: it comes from the network.
const NAME_CHARS_MAX: usize = 32;

/// How far a connection had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The TCP connection.
    Connect,
    /// `DESCRIBE`, with the sign-in that it asks for.
    Describe,
    /// `SETUP` of a track.
    Setup,
    /// `PLAY`.
    Play,
    /// Pictures.
    Picture,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::Describe => "DESCRIBE",
            Self::Setup => "SETUP",
            Self::Play => "PLAY",
            Self::Picture => "playing",
        })
    }
}

/// Why a camera gives no picture, or no sound. The texts name hosts and ports, never users, passwords or paths.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CameraError {
    /// The address cannot be one of a camera.
    #[error("the address is not valid: {0}")]
    AddressInvalid(&'static str),
    /// The address has another scheme than `rtsp`.
    #[error("the address begins with {0}:, and must begin with rtsp://")]
    SchemeUnsupported(String),
    /// The address asks for RTSP over TLS.
    #[error("rtsps:// (RTSP over TLS) is not supported; use rtsp:// on a network that you trust")]
    TlsUnsupported,
    /// No route, no such host, or no answer to the connection.
    #[error("{address} cannot be reached: {cause}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// Why.
        cause: Cow<'static, str>,
    },
    /// The host is there and nobody listens on the port.
    #[error("{address} refused the connection: nothing listens on that port")]
    Refused {
        /// Host and port.
        address: String,
    },
    /// Connected, and no answer in time.
    #[error("the camera did not answer in time ({0})")]
    Timeout(Phase),
    /// The camera wants a sign-in and there is none to give.
    #[error("the camera asks for a user name and a password")]
    CredentialsNeeded,
    /// The camera did not accept the sign-in.
    #[error("the camera did not accept the user name or the password")]
    CredentialsWrong,
    /// What answers there does not speak RTSP.
    #[error("what answers at this address does not speak RTSP")]
    NotRtsp,
    /// The camera has no such stream.
    #[error("the camera has no stream at this path")]
    PathNotFound,
    /// The camera's description of the stream makes no sense.
    #[error("the camera's description of the stream (SDP) cannot be read")]
    SdpInvalid,
    /// The stream has no picture.
    #[error("the stream has no video track")]
    NoVideo,
    /// The picture is coded in a way that is not understood.
    #[error("the picture is coded as {0}; only H.264 and H.265 are understood")]
    CodecUnsupported(String),
    /// The sound is coded in a way that is not understood, or its track is broken. The picture goes on without.
    #[error("the sound is coded as {0}; only AAC and G.711 are understood")]
    AudioUnsupported(String),
    /// Parameter sets are missing, broken or too large.
    #[error("the parameter sets cannot be used: {0}")]
    ParametersInvalid(&'static str),
    /// Connected, and no pictures come.
    #[error("{0}")]
    Stalled(&'static str),
    /// The camera closed the connection or went away.
    #[error("the camera closed the connection ({0})")]
    Closed(Phase),
    /// The camera answered with an error, or against the protocol.
    #[error("the camera answered unexpectedly ({phase}): {cause}")]
    Protocol {
        /// When.
        phase: Phase,
        /// What it answered.
        cause: Cow<'static, str>,
    },
}

impl CameraError {
    /// The stable code that the app has words for.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AddressInvalid(_) => "camera.url_invalid",
            Self::SchemeUnsupported(_) => "camera.scheme_unsupported",
            Self::TlsUnsupported => "camera.tls_unsupported",
            Self::Unreachable { .. } => "camera.unreachable",
            Self::Refused { .. } => "camera.refused",
            Self::Timeout(_) => "camera.timeout",
            Self::CredentialsNeeded => "camera.credentials_needed",
            Self::CredentialsWrong => "camera.credentials_wrong",
            Self::NotRtsp => "camera.not_rtsp",
            Self::PathNotFound => "camera.path_not_found",
            Self::SdpInvalid => "camera.sdp_invalid",
            Self::NoVideo => "camera.no_video",
            Self::CodecUnsupported(_) => "camera.codec_unsupported",
            Self::AudioUnsupported(_) => "camera.audio_unsupported",
            Self::ParametersInvalid(_) => "camera.parameters_invalid",
            Self::Stalled(_) => "camera.stalled",
            Self::Closed(_) => "camera.offline",
            Self::Protocol { .. } => "camera.protocol",
        }
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::AddressInvalid(_) | Self::SchemeUnsupported(_) => Kind::Invalid,
            Self::TlsUnsupported | Self::NoVideo | Self::CodecUnsupported(_) | Self::AudioUnsupported(_) => Kind::Unsupported,
            _ => Kind::Unavailable,
        }
    }

    /// What a status means that is no success. Its own text is not repeated: it may hold the whole URL.
    pub(crate) fn from_status(status: u16, phase: Phase, signed_in: bool) -> Self {
        match status {
            300..=399 => Self::Protocol { phase, cause: format!("status {status}; redirects are not followed").into() },
            401 | 403 if signed_in => Self::CredentialsWrong,
            401 | 403 => Self::CredentialsNeeded,
            404 | 410 => Self::PathNotFound,
            _ => Self::Protocol { phase, cause: format!("status {status}").into() },
        }
    }

    /// What a failed connection means, from the text of its `std::io::Error`.
    pub(crate) fn from_io(text: &str, address: &str) -> Self {
        let number = text.rsplit_once("(os error ").and_then(|(_, n)| n.trim_end().strip_suffix(')')?.parse().ok());
        let address = address.to_owned();
        match number.map(|n| std::io::Error::from_raw_os_error(n).kind()) {
            Some(std::io::ErrorKind::ConnectionRefused) => Self::Refused { address },
            Some(std::io::ErrorKind::TimedOut) => Self::Unreachable { address, cause: "no answer".into() },
            Some(std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable) => {
                Self::Unreachable { address, cause: "there is no way to that host".into() }
            }
            Some(_) => Self::Unreachable { address, cause: "the network failed".into() },
            // Only look-ups fail without a number of the operating system.
            None => Self::Unreachable { address, cause: "no host has that name".into() },
        }
    }

    /// A name from the network, fit to be shown.
    pub(crate) fn codec_name(name: &str) -> String {
        name.chars().filter(|c| c.is_ascii_alphanumeric() || "-._".contains(*c)).take(NAME_CHARS_MAX).collect()
    }
}

impl From<CameraError> for domain::Error {
    fn from(error: CameraError) -> Self {
        Self::new(error.kind(), error.code(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_connections_are_told_apart() {
        for (text, code) in [
            ("Connection refused (os error 111)", "camera.refused"),
            ("No route to host (os error 113)", "camera.unreachable"),
            ("Network is unreachable (os error 101)", "camera.unreachable"),
            ("Connection timed out (os error 110)", "camera.unreachable"),
            ("failed to lookup address information: Name or service not known", "camera.unreachable"),
        ] {
            assert_eq!(CameraError::from_io(text, "cam:554").code(), code, "{text}");
        }
    }

    #[test]
    fn statuses_are_told_apart() {
        for (status, signed_in, code) in [
            (401, false, "camera.credentials_needed"),
            (401, true, "camera.credentials_wrong"),
            (404, true, "camera.path_not_found"),
            (302, true, "camera.protocol"),
            (503, false, "camera.protocol"),
        ] {
            assert_eq!(CameraError::from_status(status, Phase::Describe, signed_in).code(), code, "{status}");
        }
    }

    #[test]
    fn names_from_the_network_are_made_fit_to_show() {
        assert_eq!(CameraError::codec_name("vp8\n<script>"), "vp8script");
        assert_eq!(CameraError::codec_name(&"x".repeat(500)).len(), NAME_CHARS_MAX);
    }
}
