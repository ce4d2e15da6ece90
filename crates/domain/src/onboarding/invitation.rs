use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::Refused;

/// Bytes of a server's address at most: scheme, a host name of up to 253 (RFC 1035, 2.3.4), port.
pub const SERVER_BYTES_MAX: usize = 267;

/// Which server a camera is to call, how it knows that server, and what it shows there. Copied out of a [`super::WifiCode`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Whom to call.
    pub server: ServerUrl,
    /// SHA-256 of a certificate (DER) of the chain that this server must show: its own, or that of the authority that signed it.
    pub certificate: Fingerprint,
    /// What the camera shows there, once.
    pub claim: ClaimToken,
}

/// `https://HOST[:PORT]` and nothing else: no user, path, query or fragment, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerUrl(String);

impl ServerUrl {
    /// A host name of ASCII letters, an IPv4 address, or an IPv6 address in brackets; no multicast, unspecified or link-local one.
    pub fn new(url: &str) -> Result<Self, Refused> {
        let host = url.strip_prefix("https://").filter(|_| url.len() <= SERVER_BYTES_MAX).ok_or(Refused::Server)?;
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (host, None),
        };
        let port_fits = |port: &str| port.parse::<u16>().is_ok_and(|number| number != 0 && number.to_string() == port);
        if port.is_none_or(port_fits) && is_host(host) { Ok(Self(url.to_owned())) } else { Err(Refused::Server) }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_host(host: &str) -> bool {
    if let Some(v6) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let usable = |ip: Ipv6Addr| {
            let plain = ip.to_ipv4_mapped().is_none_or(usable_v4);
            plain && !ip.is_unspecified() && !ip.is_multicast() && !ip.is_unicast_link_local()
        };
        return v6.parse::<Ipv6Addr>().is_ok_and(|ip| ip.to_string() == v6 && usable(ip));
    }
    let label = |label: &str| {
        let letters = label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        letters && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(label) {
        return false;
    }
    // A name whose last label is a number is an address, in one of its odd spellings or in the plain one (WHATWG URL, 3.5).
    let last = host.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if number { host.parse().is_ok_and(usable_v4) } else { true }
}

fn usable_v4(ip: Ipv4Addr) -> bool {
    !ip.is_unspecified() && !ip.is_multicast() && !ip.is_link_local() && !ip.is_broadcast()
}

/// The SHA-256 of a certificate in DER.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// From the digest's bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest's bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

/// Hexadecimal digits in lower case.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// 16 random bytes by which a server knows the camera that it invited; good for one use. A secret: it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct ClaimToken([u8; 16]);

impl ClaimToken {
    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes. The caller answers for where they go.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for ClaimToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClaimToken(..)")
    }
}
