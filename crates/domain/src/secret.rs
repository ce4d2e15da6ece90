use std::fmt;

use serde::{Deserialize, Deserializer};

/// A text that must not reach a log, an error or an answer: a password, a token, a camera's URL.
///
/// It can be read in (`Deserialize`) and handed on by [`Secret::expose`]; it cannot be printed,
/// and there is deliberately no `Serialize`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself. The caller answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d).map(Self)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", super::Secret::from("hunter2")), "Secret(..)");
    }
}
