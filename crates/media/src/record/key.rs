use std::fmt;

/// Names a media key; stands in clear in the header of each segment sealed under it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MediaKeyId([u8; 16]);

impl MediaKeyId {
    /// From the 16 bytes of a header or a row.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Debug for MediaKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaKeyId(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// The key that one camera's footage of one month is sealed under. 256 random bits; destroying it erases the month.
#[derive(Clone)]
pub struct MediaKey {
    id: MediaKeyId,
    secret: [u8; 32],
}

impl MediaKey {
    /// A key from the keyring.
    #[must_use]
    pub const fn new(id: MediaKeyId, secret: [u8; 32]) -> Self {
        Self { id, secret }
    }

    /// Which key it is.
    #[must_use]
    pub const fn id(&self) -> MediaKeyId {
        self.id
    }

    pub(crate) const fn secret(&self) -> &[u8; 32] {
        &self.secret
    }
}

impl fmt::Debug for MediaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MediaKey({:?}, ..)", self.id)
    }
}
