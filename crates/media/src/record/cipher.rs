//! How a segment file is sealed: one key a file, one nonce a sealed part.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};

use super::wire::{HEADER_LEN, RECORD_HEADER_LEN, SegmentHeader, TAG_LEN};
use super::{MediaKey, SegmentError};

/// Binds the derived key to this use.
const KEY_INFO: &[u8] = b"atipcam segment v1";

/// Which authenticated cipher seals a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    /// Where the processor has AES instructions.
    Aes256Gcm,
    /// Elsewhere, where AES in software would be slow.
    ChaCha20Poly1305,
}

impl Cipher {
    /// The faster one on this processor.
    #[must_use]
    pub fn fastest() -> Self {
        #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
        let aes = std::arch::is_x86_feature_detected!("aes");
        #[cfg(target_arch = "aarch64")]
        let aes = std::arch::is_aarch64_feature_detected!("aes");
        #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
        let aes = false;
        if aes { Self::Aes256Gcm } else { Self::ChaCha20Poly1305 }
    }

    pub(crate) const fn to_byte(self) -> u8 {
        match self {
            Self::Aes256Gcm => 1,
            Self::ChaCha20Poly1305 => 2,
        }
    }

    pub(crate) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Aes256Gcm),
            2 => Some(Self::ChaCha20Poly1305),
            _ => None,
        }
    }

    const fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Aes256Gcm => &AES_256_GCM,
            Self::ChaCha20Poly1305 => &CHACHA20_POLY1305,
        }
    }
}

/// Which sealed part of which record: makes the nonce.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Table(u32),
    Samples(u32),
    Trailer(u32),
}

impl Part {
    /// Part in 4 bytes, number in 8: no two parts of one file are alike.
    fn nonce(self) -> Nonce {
        let (part, number) = match self {
            Self::Table(number) => (0_u32, number),
            Self::Samples(number) => (1, number),
            Self::Trailer(number) => (2, number),
        };
        let mut nonce = [0; NONCE_LEN];
        nonce[..4].copy_from_slice(&part.to_be_bytes());
        nonce[4..].copy_from_slice(&u64::from(number).to_be_bytes());
        Nonce::assume_unique_for_key(nonce)
    }
}

/// An authentication tag, also the link of the chain.
pub(crate) type Tag = [u8; TAG_LEN];

/// One file's key.
pub(crate) struct FileCipher {
    key: LessSafeKey,
    header: [u8; HEADER_LEN],
    header_len: usize,
}

/// The longest additional data: file header, the part's clear header, link.
const AAD_MAX: usize = HEADER_LEN + RECORD_HEADER_LEN + TAG_LEN;

/// Additional data of a part; shorter in version 1, whose header was.
struct Additional {
    bytes: [u8; AAD_MAX],
    length: usize,
}

impl AsRef<[u8]> for Additional {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl FileCipher {
    pub(crate) fn new(header: &SegmentHeader, key: &MediaKey) -> Result<Self, SegmentError> {
        if header.key != key.id() {
            return Err(SegmentError::WrongKey);
        }
        let algorithm = header.cipher.algorithm();
        let prk = Salt::new(HKDF_SHA256, &header.segment.to_bytes()).extract(key.secret());
        let mut file_key = [0; 32];
        let filled = prk.expand(&[KEY_INFO, &[header.cipher.to_byte()]], algorithm).and_then(|okm| okm.fill(&mut file_key));
        let key = filled.and_then(|()| UnboundKey::new(algorithm, &file_key)).map_err(|_| SegmentError::Crypto)?;
        Ok(Self { key: LessSafeKey::new(key), header: header.encode(), header_len: header.encoded_len() })
    }

    /// File header, the part's clear header, and the tag of the part before it.
    fn aad(&self, clear: &[u8; RECORD_HEADER_LEN], link: &Tag) -> Aad<Additional> {
        let (mut bytes, header, length) = ([0; AAD_MAX], self.header_len, self.header_len + RECORD_HEADER_LEN + TAG_LEN);
        bytes[..header].copy_from_slice(&self.header[..header]);
        bytes[header..header + RECORD_HEADER_LEN].copy_from_slice(clear);
        bytes[header + RECORD_HEADER_LEN..length].copy_from_slice(link);
        Aad::from(Additional { bytes, length })
    }

    /// Seals `bytes` where they lie.
    pub(crate) fn seal(
        &self,
        part: Part,
        clear: &[u8; RECORD_HEADER_LEN],
        link: &Tag,
        bytes: &mut [u8],
    ) -> Result<Tag, SegmentError> {
        let tag = self.key.seal_in_place_separate_tag(part.nonce(), self.aad(clear, link), bytes);
        tag.ok().and_then(|tag| tag.as_ref().try_into().ok()).ok_or(SegmentError::Crypto)
    }

    /// Opens `bytes`, which end with their tag, where they lie.
    pub(crate) fn open<'a>(
        &self,
        part: Part,
        clear: &[u8; RECORD_HEADER_LEN],
        link: &Tag,
        bytes: &'a mut [u8],
    ) -> Result<&'a mut [u8], SegmentError> {
        self.key.open_in_place(part.nonce(), self.aad(clear, link), bytes).map_err(|_| SegmentError::Forged)
    }
}

impl fmt::Debug for FileCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileCipher(..)")
    }
}
