use std::fmt;

use super::Refused;
use crate::Secret;

/// Octets of a network's name (IEEE 802.11-2020, 9.4.2.2).
pub const SSID_BYTES_MAX: usize = 32;

/// A network's name: octets, by custom UTF-8, and no control characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Ssid(Vec<u8>);

impl Ssid {
    /// A name of 1 to 32 octets.
    pub fn new(octets: impl Into<Vec<u8>>) -> Result<Self, Refused> {
        let octets = octets.into();
        if octets.is_empty() || octets.len() > SSID_BYTES_MAX {
            return Err(Refused::Ssid);
        }
        if octets.iter().any(u8::is_ascii_control) { Err(Refused::Control) } else { Ok(Self(octets)) }
    }

    /// The octets, as they go over the air.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// As people read it; octets that are no UTF-8 become replacement characters.
impl fmt::Display for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Ssid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// How a network is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// By anybody.
    Open,
    /// WPA2 Personal, or WPA3 in its transition mode: a passphrase of 8 to 63 bytes, or a key of 64 hexadecimal digits.
    Wpa(Secret),
    /// WPA3 Personal (SAE): a password of 1 to 128 bytes.
    Sae(Secret),
}

impl Security {
    /// `Password` where it has a length that no such network takes, `Control` where it holds control characters.
    fn check(&self) -> Result<(), Refused> {
        let (password, fits) = match self {
            Self::Open => return Ok(()),
            Self::Wpa(password) => {
                let text = password.expose();
                let key = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                (password, key || (8..=63).contains(&text.len()))
            }
            Self::Sae(password) => (password, (1..=128).contains(&password.expose().len())),
        };
        if password.expose().contains(char::is_control) {
            return Err(Refused::Control);
        }
        if fits { Ok(()) } else { Err(Refused::Password) }
    }
}

/// A wireless network, and how it is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    ssid: Ssid,
    security: Security,
    hidden: bool,
}

impl Network {
    /// `hidden`: it does not send its name, so it is asked for by name. Refused as [`Security`] says.
    pub fn new(ssid: Ssid, security: Security, hidden: bool) -> Result<Self, Refused> {
        security.check()?;
        Ok(Self { ssid, security, hidden })
    }

    /// Its name.
    #[must_use]
    pub const fn ssid(&self) -> &Ssid {
        &self.ssid
    }

    /// How it is entered.
    #[must_use]
    pub const fn security(&self) -> &Security {
        &self.security
    }

    /// Whether it does not send its name.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        self.hidden
    }
}
