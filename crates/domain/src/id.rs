//! Typed ids: 122 random bits each, so that an id tells nothing about what it names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected 8-4-4-4-12 hexadecimal digits")]
pub struct BadId;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new random id.
            #[must_use]
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// The id whose 16 bytes these are, as a row or a file header holds it.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes of the id.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; 16] {
                *self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                // One spelling only: `Uuid` alone would also take braces and URNs.
                match Uuid::try_parse(text) {
                    Ok(id) if text.len() == 36 => Ok(Self(id)),
                    _ => Err(BadId),
                }
            }
        }
    )+};
}

id! {
    /// A person whom data are about.
    SubjectId,
    /// Cameras and the people who share them.
    HomeId,
    /// A camera.
    CameraId,
    /// A signed-in browser or tool.
    SessionId,
    /// A file of sealed fragments.
    SegmentId,
    /// A folder that footage is written to.
    StorageId,
    /// One running live view.
    ViewId,
    /// A key by which other software plays a camera.
    StreamKeyId,
    /// What lets one camera of ours into a home, once.
    InvitationId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_text_and_bytes() {
        let id = CameraId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(CameraId::from_bytes(id.to_bytes()), id);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{id}\""));
    }

    #[test]
    fn other_spellings_are_refused() {
        let id = CameraId::random().to_string();
        for text in ["", "x", &id[1..], &format!("{{{id}}}"), &format!("urn:uuid:{id}"), &id.replace('-', "")] {
            assert_eq!(text.parse::<CameraId>(), Err(BadId), "{text}");
        }
    }
}
