//! Personal data at rest and opened.

use std::fmt;
use std::marker::PhantomData;

use crate::{Act, Category, Permit, Uses};

/// Personal data of category `C` as a row holds it: ciphertext. Who holds the key is the keyring's business.
pub struct Sealed<C: Category> {
    ciphertext: Vec<u8>,
    category: PhantomData<fn() -> C>,
}

impl<C: Category> Sealed<C> {
    /// Wraps ciphertext, as read from a row or just sealed.
    #[must_use]
    pub fn from_ciphertext(ciphertext: Vec<u8>) -> Self {
        Self { ciphertext, category: PhantomData }
    }

    /// The ciphertext, for a row.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// Opens it for the purpose of a permit. `unseal` turns ciphertext into plaintext, or fails as a whole.
    pub fn open<A: Act, E>(&self, _permit: &Permit<A>, unseal: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>) -> Result<Pd<C>, E>
    where
        A::Purpose: Uses<C>,
    {
        unseal(&self.ciphertext).map(|plaintext| Pd { plaintext, category: PhantomData })
    }
}

impl<C: Category> Clone for Sealed<C> {
    fn clone(&self) -> Self {
        Self::from_ciphertext(self.ciphertext.clone())
    }
}

impl<C: Category> fmt::Debug for Sealed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed<{}>({} bytes)", C::ID, self.ciphertext.len())
    }
}

/// Personal data of category `C`, opened. No `Debug`, `Display`, `Serialize` or `Clone`, on purpose.
#[allow(missing_debug_implementations, reason = "opened personal data must not print")]
pub struct Pd<C: Category> {
    plaintext: Vec<u8>,
    category: PhantomData<fn() -> C>,
}

impl<C: Category> Pd<C> {
    /// The bytes. The caller answers for where they go.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.plaintext
    }

    pub(crate) fn into_plaintext(self) -> Vec<u8> {
        self.plaintext
    }
}
