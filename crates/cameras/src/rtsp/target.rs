//! The address of a camera, and how to sign in there.

use std::fmt;

use domain::Secret;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::CameraError;

/// Longest address. Real ones are under 300 characters.
const URL_BYTES_MAX: usize = 2048;

/// What RTSP listens on where the address names no port (RFC 2326, section 3.2).
const PORT: u16 = 554;

/// How packets travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Interleaved in the RTSP connection: nothing is lost. The default.
    Tcp,
    /// In datagrams, which may be lost.
    Udp,
}

/// A camera's stream: where it is, and how to sign in.
#[derive(Clone, PartialEq)]
pub struct Target {
    url: Url,
    username: Option<String>,
    password: Secret,
    transport: Transport,
    audio: bool,
}

/// Host, port and options; not the path, which may hold a password in some cameras' addresses.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("address", &self.address())
            .field("transport", &self.transport)
            .field("audio", &self.audio)
            .finish_non_exhaustive()
    }
}

impl Target {
    /// Reads an address.
    ///
    /// `rtsp://` and `rtspt://` mean TCP, `rtspu://` means UDP. A user name and a password in the address are used where
    /// `username` is `None`. `audio` says whether sound is wanted.
    ///
    /// # Errors
    /// [`CameraError::AddressInvalid`], [`CameraError::SchemeUnsupported`], [`CameraError::TlsUnsupported`].
    pub fn parse(url: &str, username: Option<&str>, password: Option<&Secret>, audio: bool) -> Result<Self, CameraError> {
        if url.len() > URL_BYTES_MAX {
            return Err(CameraError::AddressInvalid("it is too long"));
        }
        let mut url = Url::parse(url.trim()).map_err(|_| CameraError::AddressInvalid("it is not a URL"))?;
        let transport = match url.scheme() {
            "rtsp" | "rtspt" => Transport::Tcp,
            "rtspu" => Transport::Udp,
            "rtsps" | "rtspsu" => return Err(CameraError::TlsUnsupported),
            // A text without a scheme: what stands before the first colon may be a user name or a password.
            _ if !url.has_host() => return Err(CameraError::AddressInvalid("it must begin with rtsp://")),
            other => return Err(CameraError::SchemeUnsupported(CameraError::codec_name(other))),
        };
        if url.host_str().is_none_or(str::is_empty) {
            return Err(CameraError::AddressInvalid("it names no host"));
        }
        if url.port() == Some(0) {
            return Err(CameraError::AddressInvalid("port 0 cannot be connected to"));
        }
        let (username, password) = match username.filter(|name| !name.is_empty()) {
            Some(name) => (Some(name.to_owned()), password.cloned().unwrap_or_default()),
            None if url.username().is_empty() => (None, Secret::default()),
            None => (Some(decode(url.username())?), Secret::new(decode(url.password().unwrap_or_default())?)),
        };
        let cannot_be = |()| CameraError::AddressInvalid("it cannot be used");
        url.set_username("").and_then(|()| url.set_password(None)).and_then(|()| url.set_scheme("rtsp")).map_err(cannot_be)?;
        url.set_fragment(None);
        Ok(Self { url, username, password, transport, audio })
    }

    /// Host and port, for people and logs.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}:{}", self.url.host_str().unwrap_or_default(), self.port())
    }

    /// How packets travel.
    #[must_use]
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Whether sound is wanted.
    #[must_use]
    pub fn audio(&self) -> bool {
        self.audio
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    pub(crate) fn host(&self) -> &str {
        // An IPv6 address stands in brackets in a URL and without them elsewhere.
        self.url.host_str().unwrap_or_default().trim_matches(['[', ']'])
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.port().unwrap_or(PORT)
    }

    pub(crate) fn sign_in(&self) -> Option<(&str, &Secret)> {
        Some((self.username.as_deref()?, &self.password))
    }
}

fn decode(text: &str) -> Result<String, CameraError> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(Into::into).map_err(|_| CameraError::AddressInvalid("its user name or password is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Target, CameraError> {
        Target::parse(url, None, None, false)
    }

    #[test]
    fn addresses_are_read_and_their_sign_in_is_taken_out() {
        for (url, address, user, password) in [
            ("rtsp://cam/stream1", "cam:554", None, ""),
            ("  RTSP://10.0.0.7:8554/ ", "10.0.0.7:8554", None, ""),
            ("rtsp://admin:p%40ss:w@cam:554/a?b=c#d", "cam:554", Some("admin"), "p@ss:w"),
            ("rtspt://[fd00::7]/x", "[fd00::7]:554", None, ""),
        ] {
            let target = parse(url).unwrap();
            assert_eq!(target.address(), address, "{url}");
            assert_eq!(target.username.as_deref(), user, "{url}");
            assert_eq!(target.password.expose(), password, "{url}");
            assert!(target.url.username().is_empty() && target.url.password().is_none());
            assert_eq!((target.url.scheme(), target.url.fragment()), ("rtsp", None));
            assert_eq!(target.transport, Transport::Tcp);
        }
        assert_eq!(parse("rtsp://[fd00::7]/x").unwrap().host(), "fd00::7");
        assert_eq!(parse("rtspu://cam/x").unwrap().transport, Transport::Udp);
    }

    #[test]
    fn a_given_sign_in_goes_before_the_one_in_the_address() {
        let target = Target::parse("rtsp://old:older@cam/", Some("new"), Some(&"newer".into()), true).unwrap();
        assert_eq!((target.username.as_deref(), target.password.expose()), (Some("new"), "newer"));
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for (url, code) in [
            ("", "camera.url_invalid"),
            ("cam/stream", "camera.url_invalid"),
            ("admin:hunter2@cam/stream", "camera.url_invalid"),
            ("hunter2:554", "camera.url_invalid"),
            ("rtsp://", "camera.url_invalid"),
            ("rtsp:///path", "camera.url_invalid"),
            ("rtsp://cam:0/", "camera.url_invalid"),
            ("rtsp://cam:99999/", "camera.url_invalid"),
            ("rtsp://%ff:x@cam/", "camera.url_invalid"),
            ("http://admin:hunter2@cam/", "camera.scheme_unsupported"),
            ("file:///etc/passwd", "camera.url_invalid"),
            ("rtsps://admin:hunter2@cam/", "camera.tls_unsupported"),
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.code(), code, "{url}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        assert!(parse(&format!("rtsp://cam/{}", "x".repeat(URL_BYTES_MAX))).is_err());
    }

    #[test]
    fn debug_shows_neither_sign_in_nor_path() {
        let target = parse("rtsp://admin:hunter2@cam/user=admin&password=hunter2").unwrap();
        let text = format!("{target:?}");
        assert!(!text.contains("hunter2") && !text.contains("admin"), "{text}");
    }
}
