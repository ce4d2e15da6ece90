//! The words of the log.

use std::fmt;
use std::str::FromStr;

use sea_orm::prelude::Uuid;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that stands in rows, leaves and answers.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The one of this word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }
    };
}

words! {
    /// What happened.
    EventKind {
        /// A person was asked for a consent.
        ConsentRequested = "consent.requested",
        /// A person agreed to a purpose.
        ConsentGiven = "consent.given",
        /// A person said no to a purpose.
        ConsentRefused = "consent.refused",
        /// A person took a consent back.
        ConsentWithdrawn = "consent.withdrawn",
        /// A consent ended by time or by a change of what it was given for.
        ConsentExpired = "consent.expired",
        /// A person agreed to a version of the policy.
        PolicyAgreed = "policy.agreed",
        /// A person took the agreement back.
        PolicyWithdrawn = "policy.withdrawn",
        /// Data were about to go to a recipient, or were refused to one.
        Disclosure = "disclosure",
        /// How a disclosure ended.
        DisclosureResult = "disclosure.result",
        /// Somebody looked at a camera's pictures.
        Access = "access",
        /// Keys were destroyed, and with them what they opened.
        Erasure = "erasure",
        /// A version of the policy came into force.
        PolicyVersion = "policy.version",
        /// A person took a copy of what is kept.
        Export = "export",
        /// How far a camera's chain of footage reached.
        FootageHead = "footage.head",
    }
}

words! {
    /// What a person said about a purpose.
    ConsentKind {
        /// Nothing yet, though it was asked for.
        Requested = "requested",
        /// Yes: the one word that allows anything.
        Given = "given",
        /// No.
        Refused = "refused",
        /// Yes, and then no longer.
        Withdrawn = "withdrawn",
        /// Yes, and its time is over.
        Expired = "expired",
    }
}

impl ConsentKind {
    /// The event that says so.
    #[must_use]
    pub const fn event(self) -> EventKind {
        match self {
            Self::Requested => EventKind::ConsentRequested,
            Self::Given => EventKind::ConsentGiven,
            Self::Refused => EventKind::ConsentRefused,
            Self::Withdrawn => EventKind::ConsentWithdrawn,
            Self::Expired => EventKind::ConsentExpired,
        }
    }

    /// What the event says, where it is one of consent.
    #[must_use]
    pub fn of(event: EventKind) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.event() == event)
    }
}

words! {
    /// Who spoke.
    Actor {
        /// The person.
        Oneself = "oneself",
        /// The person's guardian.
        Guardian = "guardian",
        /// The server, by a rule of the policy.
        System = "system",
    }
}

words! {
    /// How somebody looked.
    How {
        /// Live.
        Live = "live",
        /// Live, by other software that showed a stream key.
        Stream = "stream",
        /// At what was kept.
        Playback = "playback",
        /// At a file that was saved.
        Download = "download",
        /// At a single picture.
        Snapshot = "snapshot",
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub(super) Uuid);

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
            type Err = domain::BadId;

            fn from_str(text: &str) -> Result<Self, domain::BadId> {
                // The rule of every id: one spelling.
                text.parse::<domain::ViewId>().map(|id| Self(Uuid::from_bytes(id.to_bytes())))
            }
        }
    )+};
}

ids! {
    /// An event of the log.
    EventId,
    /// A disclosure: the id of its first event.
    DisclosureId,
}

impl From<DisclosureId> for EventId {
    fn from(id: DisclosureId) -> Self {
        Self(id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_as_it_is_written() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(*kind));
        }
        for kind in ConsentKind::ALL {
            assert_eq!(ConsentKind::parse(kind.as_str()), Some(*kind));
            assert_eq!(ConsentKind::of(kind.event()), Some(*kind));
        }
        assert_eq!((EventKind::parse("Access"), ConsentKind::of(EventKind::Access)), (None, None));
    }
}
