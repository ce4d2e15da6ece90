//! `key=value` behind a `?`, percent-encoded (RFC 3986, 2.1), in one spelling: unreserved characters stand for themselves, every
//! other byte is `%` and two upper-case hexadecimal digits.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Refused;

/// Writes a URI of ours.
pub(super) struct Writer(String);

impl Writer {
    /// Begins with the URI's path: `atipcam:wifi`. The version is the first field.
    pub(super) fn new(path: &str) -> Self {
        Self(format!("{path}?v=1"))
    }

    pub(super) fn text(mut self, key: char, value: impl AsRef<[u8]>) -> Self {
        // Writing to a string does not fail.
        let _ = write!(self.0, "&{key}=");
        for byte in value.as_ref() {
            let _ = if is_unreserved(*byte) { write!(self.0, "{}", char::from(*byte)) } else { write!(self.0, "%{byte:02X}") };
        }
        self
    }

    /// Bytes as base64url without padding (RFC 4648, 5).
    pub(super) fn bytes(self, key: char, value: &[u8]) -> Self {
        let value = URL_SAFE_NO_PAD.encode(value);
        self.text(key, value)
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// The fields of a URI of ours, taken out one by one.
pub(super) struct Fields(Vec<(char, Vec<u8>)>);

impl Fields {
    /// Reads what follows `path`; `OtherPurpose` where the text is another URI.
    pub(super) fn read(text: &str, path: &str) -> Result<Self, Refused> {
        let query = text.strip_prefix(path).and_then(|rest| rest.strip_prefix('?')).ok_or(Refused::OtherPurpose)?;
        let mut fields: Vec<(char, Vec<u8>)> = Vec::new();
        for field in query.split('&') {
            let (key, value) = field.split_once('=').ok_or(Refused::Misspelt)?;
            let mut letters = key.chars();
            let (Some(key), None) = (letters.next().filter(char::is_ascii_lowercase), letters.next()) else {
                return Err(Refused::Misspelt);
            };
            if fields.iter().any(|(known, _)| *known == key) {
                return Err(Refused::Twice(key));
            }
            fields.push((key, decoded(value)?));
        }
        let mut fields = Self(fields);
        if fields.must('v')? == b"1" { Ok(fields) } else { Err(Refused::Version) }
    }

    pub(super) fn may(&mut self, key: char) -> Option<Vec<u8>> {
        let at = self.0.iter().position(|(known, _)| *known == key)?;
        Some(self.0.remove(at).1)
    }

    pub(super) fn must(&mut self, key: char) -> Result<Vec<u8>, Refused> {
        self.may(key).ok_or(Refused::Missing(key))
    }

    pub(super) fn may_text(&mut self, key: char) -> Result<Option<String>, Refused> {
        self.may(key).map(|value| String::from_utf8(value).map_err(|_| Refused::NotUtf8)).transpose()
    }

    /// Exactly `N` bytes; `None` where there are others.
    pub(super) fn must_bytes<const N: usize>(&mut self, key: char) -> Result<Option<[u8; N]>, Refused> {
        let value = self.must(key)?;
        Ok(URL_SAFE_NO_PAD.decode(value).ok().and_then(|bytes| bytes.try_into().ok()))
    }
}

fn decoded(value: &str) -> Result<Vec<u8>, Refused> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let (byte, tail) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => (digit(*high)? << 4 | digit(*low)?, tail),
            (byte, tail) if is_unreserved(*byte) => (*byte, tail),
            _ => return Err(Refused::Misspelt),
        };
        if byte.is_ascii_control() {
            return Err(Refused::Control);
        }
        out.push(byte);
        rest = tail;
    }
    Ok(out)
}

fn digit(letter: u8) -> Result<u8, Refused> {
    match letter {
        b'0'..=b'9' => Ok(letter - b'0'),
        b'A'..=b'F' => Ok(letter - b'A' + 10),
        _ => Err(Refused::Misspelt),
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}
