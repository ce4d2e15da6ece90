use std::fmt;

use super::fields::{Fields, Writer};
use super::{Refused, text};

const PATH: &str = "atipcam:label";

/// The URI on a camera's label: which device it is, and a secret by which who holds the label and the device know each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Which device.
    pub device: DeviceId,
    /// What the label's holder and the device know and nobody else.
    pub secret: PairingSecret,
}

/// The first 16 bytes of the SHA-256 of a device's identity key; its beacon tells the first 8 of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId([u8; 16]);

impl DeviceId {
    /// From its bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

/// 32 hexadecimal digits in lower case.
impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// 16 random bytes, made with the device and printed on its label. A secret: it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct PairingSecret([u8; 16]);

impl PairingSecret {
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

impl fmt::Debug for PairingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingSecret(..)")
    }
}

impl Label {
    /// Reads a label's code.
    pub fn parse(code: &[u8]) -> Result<Self, Refused> {
        let text = text(code)?;
        let mut fields = Fields::read(text, PATH)?;
        let device = fields.must_bytes('i')?.map(DeviceId).ok_or(Refused::Device)?;
        let secret = fields.must_bytes('k')?.map(PairingSecret).ok_or(Refused::Token)?;
        let label = Self { device, secret };
        // One spelling: no other order, no further fields.
        if label.to_uri() == text { Ok(label) } else { Err(Refused::Misspelt) }
    }

    /// The one spelling.
    #[must_use]
    pub fn to_uri(&self) -> String {
        Writer::new(PATH).bytes('i', &self.device.0).bytes('k', &self.secret.0).finish()
    }
}
