//! Consents, as facts carry them: one bit each.

use std::fmt;

/// Something that a person may agree to, apart from everything else: a purpose that rests on consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Consent {
    purpose: &'static str,
    bit: u8,
}

impl Consent {
    /// A build with more consents than bits does not compile: `1 << bit` overflows in a constant.
    pub(crate) const fn new(purpose: &'static str, bit: u8) -> Self {
        assert!(bit < 64, "a ConsentSet has 64 bits");
        Self { purpose, bit }
    }

    /// The consent for a purpose, where the purpose rests on one.
    #[must_use]
    pub fn of(purpose: &str) -> Option<Self> {
        crate::consent::ALL.iter().copied().find(|consent| consent.purpose == purpose)
    }

    /// The id of its purpose.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        self.purpose
    }
}

/// The consents that stand.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ConsentSet(u64);

impl ConsentSet {
    /// No consent.
    pub const NONE: Self = Self(0);

    /// Whether it holds a consent.
    #[must_use]
    pub const fn has(self, consent: Consent) -> bool {
        self.0 & (1 << consent.bit) != 0
    }

    /// With one more consent.
    #[must_use]
    pub const fn with(self, consent: Consent) -> Self {
        Self(self.0 | 1 << consent.bit)
    }

    /// What either holds.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without a consent.
    #[must_use]
    pub const fn without(self, consent: Consent) -> Self {
        Self(self.0 & !(1 << consent.bit))
    }
}

impl fmt::Debug for ConsentSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = crate::consent::ALL.iter().filter(|consent| self.has(**consent));
        f.debug_set().entries(given.map(|consent| consent.purpose)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        for consent in crate::consent::ALL {
            let set = ConsentSet::NONE.with(*consent);
            assert!(crate::consent::ALL.iter().all(|other| set.has(*other) == (other == consent)));
            assert_eq!(set.without(*consent), ConsentSet::NONE);
            assert_eq!(Consent::of(consent.purpose()), Some(*consent));
        }
        assert_eq!(Consent::of("video.live"), None);
    }
}
