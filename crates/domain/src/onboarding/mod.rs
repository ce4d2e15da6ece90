//! What a camera is told when it is set up: two URIs of ours that stand in QR codes, and the `WIFI:` form that everybody else
//! draws (docs/onboarding.md has the grammar and test vectors).
//!
//! A QR code is drawn by anybody and read by a machine that then acts on it. So each of our URIs has one spelling, every field
//! has a bound, and whatever is not exactly one of the forms is refused with the reason.

mod fields;
mod invitation;
mod label;
pub mod link;
mod network;
mod wifi;

pub use invitation::{ClaimToken, Fingerprint, Invitation, SERVER_BYTES_MAX, ServerUrl};
pub use label::{DeviceId, Label, PairingSecret};
pub use network::{Network, SSID_BYTES_MAX, Security, Ssid};
pub use wifi::WifiCode;

/// Bytes of a code that are read at most. The longest URI of ours, with every byte of name and password percent-encoded, is under
/// 900; a QR code holds at most 2,953 bytes (ISO/IEC 18004, table 7).
pub const CODE_BYTES_MAX: usize = 1024;

/// Why a code is refused. None of these repeats what the code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// More than [`CODE_BYTES_MAX`].
    #[error("the code is longer than {CODE_BYTES_MAX} bytes")]
    TooLong,
    /// Another scheme or purpose: a web address, a script, somebody's business card.
    #[error("the code is not one that sets a camera up")]
    OtherPurpose,
    /// It holds a control character, plain or encoded.
    #[error("the code holds control characters")]
    Control,
    /// Its text is no UTF-8.
    #[error("the code is not UTF-8")]
    NotUtf8,
    /// Ours, of a version that this software does not know.
    #[error("the code is of a version that this camera does not know")]
    Version,
    /// Ours, spelt in another way than the one that its form allows.
    #[error("the code is misspelt")]
    Misspelt,
    /// A field that must be there is not.
    #[error("the code has no field {0}")]
    Missing(char),
    /// A field comes twice.
    #[error("the code has the field {0} twice")]
    Twice(char),
    /// A network's name has no or more than 32 bytes.
    #[error("the network's name has no or more than 32 bytes")]
    Ssid,
    /// A password of a length that no such network has, or one for an open network.
    #[error("the password is not one that this kind of network has")]
    Password,
    /// WEP, which is broken, or a network that asks for more than a password.
    #[error("networks of this kind are not joined: WPA2, WPA3 and open ones are")]
    Security,
    /// No `https` address of a server and nothing else.
    #[error("the server's address is not https and a host alone")]
    Server,
    /// Not a SHA-256.
    #[error("the certificate's fingerprint is not a SHA-256")]
    Fingerprint,
    /// A token or a secret of another size.
    #[error("the code's token is damaged")]
    Token,
    /// No device's id.
    #[error("the device's id is damaged")]
    Device,
}

/// The code's text, where it is one.
fn text(code: &[u8]) -> Result<&str, Refused> {
    if code.len() > CODE_BYTES_MAX {
        return Err(Refused::TooLong);
    }
    let text = std::str::from_utf8(code).map_err(|_| Refused::NotUtf8)?;
    if text.contains(char::is_control) { Err(Refused::Control) } else { Ok(text) }
}

#[cfg(test)]
#[path = "../onboarding_tests.rs"]
mod tests;
