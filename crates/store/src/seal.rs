//! How a column is sealed: format byte ‖ nonce (12) ‖ ciphertext ‖ tag (16), AES-256-GCM under a random nonce.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::rand;
use domain::{Error, Result};
use policy::point;
use zeroize::Zeroizing;

/// Says which cipher and layout follow, so that a later one can stand beside it.
const FORMAT: u8 = 1;

/// Not sealed at all: what a test of the tests writes, and no build that people run reads.
const FAULT: u8 = 0;

/// 256 random bits, wiped when dropped.
pub(crate) type SecretBytes = Zeroizing<[u8; 32]>;

/// A new secret from the system's generator.
pub(crate) fn random_secret() -> Result<SecretBytes> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(bytes.as_mut_slice()).map_err(Error::internal)?;
    Ok(bytes)
}

/// What a sealed value is bound to: moved to another row, owner or column, it does not open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The category of personal data, or the kind of key.
    pub category: &'static str,
    /// Whose it is.
    pub owner: [u8; 16],
    /// The row that it stands in.
    pub row: [u8; 16],
}

impl Place {
    fn aad(&self) -> Aad<Vec<u8>> {
        // The category ends in a zero byte, and what follows has a fixed length: no two places read the same.
        Aad::from([self.category.as_bytes(), &[0], &self.owner, &self.row].concat())
    }
}

/// A key that seals. Holds the expanded key only, which aws-lc wipes when it is freed.
pub(crate) struct Key(RandomizedNonceKey);

impl Key {
    pub(crate) fn new(secret: &[u8; 32]) -> Result<Self> {
        RandomizedNonceKey::new(&AES_256_GCM, secret).map(Self).map_err(Error::internal)
    }

    pub(crate) fn seal(&self, place: Place, plaintext: &[u8]) -> Result<Vec<u8>> {
        if !point::SEAL_COLUMNS.holds() {
            return Ok([&[FAULT], plaintext].concat());
        }
        let mut body = Zeroizing::new(plaintext.to_vec());
        let nonce = self.0.seal_in_place_append_tag(place.aad(), &mut *body).map_err(Error::internal)?;
        Ok([&[FORMAT], nonce.as_ref().as_slice(), body.as_slice()].concat())
    }

    /// The plaintext, or an error that does not say what was wrong with it.
    pub(crate) fn open(&self, place: Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let broken = || Error::internal(format!("a sealed {} does not open", place.category));
        let (&format, rest) = sealed.split_first().ok_or_else(broken)?;
        if format == FAULT && !point::SEAL_COLUMNS.holds() {
            return Ok(Zeroizing::new(rest.to_vec()));
        }
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(broken)?;
        if format != FORMAT {
            return Err(broken());
        }
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), place.aad(), body.as_mut_slice())
            .map_err(|_| broken())?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place { category: "account.email", owner: [1; 16], row: [2; 16] };

    fn key() -> Key {
        Key::new(&random_secret().unwrap()).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_and_nowhere_else() {
        let key = key();
        let sealed = key.seal(PLACE, b"a@example.com").unwrap();
        assert_eq!(key.open(PLACE, &sealed).unwrap().as_slice(), b"a@example.com");
        for other in [
            Place { category: "account.emai", ..PLACE },
            Place { owner: [2; 16], ..PLACE },
            Place { row: [1; 16], ..PLACE },
            Place { owner: PLACE.row, row: PLACE.owner, ..PLACE },
        ] {
            assert!(key.open(other, &sealed).is_err(), "{other:?}");
        }
        assert!(self::key().open(PLACE, &sealed).is_err(), "another key");
    }

    #[test]
    fn a_change_of_any_byte_or_length_is_refused() {
        let key = key();
        let sealed = key.seal(PLACE, b"secret").unwrap();
        for i in 0..sealed.len() {
            let mut broken = sealed.clone();
            broken[i] ^= 1;
            assert!(key.open(PLACE, &broken).is_err(), "byte {i}");
            assert!(key.open(PLACE, &sealed[..i]).is_err(), "cut at {i}");
        }
    }

    #[test]
    fn the_same_text_never_seals_alike() {
        let key = key();
        assert_ne!(key.seal(PLACE, b"x").unwrap(), key.seal(PLACE, b"x").unwrap());
    }
}
