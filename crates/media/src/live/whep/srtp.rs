//! Protection of RTP and RTCP under keys that DTLS agreed on: SRTP (RFC 3711) with AES-GCM (RFC 7714), and with AES-CM and
//! HMAC-SHA1 for browsers that offer nothing better.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY};
use aws_lc_rs::iv::FixedLength;
use str0m::crypto::dtls::SrtpProfile;

/// Bytes of the fixed header and sender of an RTCP packet, which stay in clear (RFC 3711, section 3.4).
const RTCP_CLEAR: usize = 8;

/// Bytes of an SRTCP index, whose first bit says that the packet is encrypted.
const RTCP_INDEX: usize = 4;
const ENCRYPTED: u32 = 1 << 31;

/// Bytes of a tag of AES-GCM, and of HMAC-SHA1-80.
const GCM_TAG: usize = 16;
const HMAC_TAG: usize = 10;

/// Labels of the key derivation (RFC 3711, section 4.3.1): cipher, authentication, salt. RTCP's are three further.
const LABELS: [u8; 3] = [0, 1, 2];
const RTCP: u8 = 3;

/// Indices behind the newest one at which a packet that was not seen yet is still taken.
const REPLAY_WINDOW: u32 = 64;

/// Both directions of one viewer.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) outgoing: Outgoing,
    pub(super) incoming: Incoming,
}

/// Protects what this side sends.
#[derive(Debug)]
pub(super) struct Outgoing {
    rtp: Cipher,
    rtcp: Cipher,
    /// Of the next RTCP packet.
    index: u32,
}

/// Opens the RTCP that the viewer sends; RTP it sends none.
#[derive(Debug)]
pub(super) struct Incoming {
    rtcp: Cipher,
    /// The newest index, and which of those before it were seen: bit n is n + 1 behind.
    newest: Option<u32>,
    seen: u64,
}

enum Cipher {
    Gcm {
        key: LessSafeKey,
        salt: [u8; NONCE_LEN],
    },
    /// Boxed, for it is rare and large.
    Cm(Box<Cm>),
}

struct Cm {
    key: EncryptingKey,
    salt: [u8; 14],
    tag: hmac::Key,
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Gcm { .. }) { "Gcm(..)" } else { "Cm(..)" })
    }
}

impl Keys {
    /// From what the handshake exported (RFC 5764, section 4.2): the client's key, the server's, and their salts.
    ///
    /// # Errors
    /// A profile that is not known, or another length than it has.
    pub(super) fn new(profile: SrtpProfile, material: &[u8], is_client: bool) -> Result<Self, Unspecified> {
        let (key, salt) = match profile {
            SrtpProfile::AES128_CM_SHA1_80 => (16, 14),
            SrtpProfile::AEAD_AES_128_GCM => (16, 12),
            SrtpProfile::AEAD_AES_256_GCM => (32, 12),
            _ => return Err(Unspecified),
        };
        if material.len() != 2 * (key + salt) {
            return Err(Unspecified);
        }
        let (keys, salts) = material.split_at(2 * key);
        let ((client, server), (client_salt, server_salt)) = (keys.split_at(key), salts.split_at(salt));
        let (client, server) = ((client, client_salt), (server, server_salt));
        let (own, other) = if is_client { (client, server) } else { (server, client) };
        let cipher = |(key, salt), first| Cipher::derive(profile, key, salt, first);
        Ok(Self {
            outgoing: Outgoing { rtp: cipher(own, 0)?, rtcp: cipher(own, RTCP)?, index: 0 },
            incoming: Incoming { rtcp: cipher(other, RTCP)?, newest: None, seen: 0 },
        })
    }
}

impl Outgoing {
    /// Bytes that protection adds to an RTP packet.
    pub(super) fn tag_bytes(&self) -> usize {
        self.rtp.tag_bytes()
    }

    /// Protects the RTP packet at the end of `out`, whose header has `header` bytes. `index` is its sequence number with the
    /// rollover counter above: no two packets of one source may have the same.
    pub(super) fn seal_rtp(&self, out: &mut Vec<u8>, start: usize, header: usize, index: u64) -> Result<(), Unspecified> {
        let (clear, payload) = out.get_mut(start..).and_then(|packet| packet.split_at_mut_checked(header)).ok_or(Unspecified)?;
        let ssrc = clear.get(8..12).ok_or(Unspecified)?.try_into().map_err(|_| Unspecified)?;
        match &self.rtp {
            Cipher::Gcm { key, salt } => {
                let nonce = gcm_nonce(salt, ssrc, index);
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(&*clear), payload)?;
                out.extend_from_slice(tag.as_ref());
            }
            Cipher::Cm(cm) => {
                cm.apply(ssrc, index, payload)?;
                let mut context = hmac::Context::with_key(&cm.tag);
                context.update(clear);
                context.update(payload);
                context.update(&((index >> 16) as u32).to_be_bytes());
                out.extend_from_slice(&context.sign().as_ref()[..HMAC_TAG]);
            }
        }
        Ok(())
    }

    /// Protects the RTCP packets that `out` holds.
    pub(super) fn seal_rtcp(&mut self, out: &mut Vec<u8>) -> Result<(), Unspecified> {
        let index = self.index;
        // A key ends with its indices; at one packet a second, after 68 years.
        self.index = index.checked_add(1).filter(|next| *next < ENCRYPTED).ok_or(Unspecified)?;
        let marked = (index | ENCRYPTED).to_be_bytes();
        let (clear, rest) = out.split_at_mut_checked(RTCP_CLEAR).ok_or(Unspecified)?;
        let ssrc = ssrc_of_rtcp(clear)?;
        match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let nonce = gcm_nonce(salt, ssrc, index.into());
                let tag = key.seal_in_place_separate_tag(nonce, Aad::from(gcm_rtcp_aad(clear, marked)), rest)?;
                out.extend_from_slice(tag.as_ref());
                out.extend_from_slice(&marked);
            }
            Cipher::Cm(cm) => {
                cm.apply(ssrc, index.into(), rest)?;
                out.extend_from_slice(&marked);
                let tag = hmac::sign(&cm.tag, out);
                out.extend_from_slice(&tag.as_ref()[..HMAC_TAG]);
            }
        }
        Ok(())
    }
}

impl Incoming {
    /// Opens a datagram of RTCP packets into `out`.
    ///
    /// # Errors
    /// One that the viewer's key did not make, that was seen before, or that is too old to tell.
    pub(super) fn open_rtcp(&mut self, datagram: &[u8], out: &mut Vec<u8>) -> Result<(), Unspecified> {
        out.clear();
        let (index, opened) = match &self.rtcp {
            Cipher::Gcm { key, salt } => {
                let (sealed, marked) = datagram.split_last_chunk::<RTCP_INDEX>().ok_or(Unspecified)?;
                let (clear, sealed) = sealed.split_at_checked(RTCP_CLEAR).ok_or(Unspecified)?;
                let index = encrypted_index(*marked)?;
                out.extend_from_slice(datagram.get(..datagram.len() - RTCP_INDEX).ok_or(Unspecified)?);
                let nonce = gcm_nonce(salt, ssrc_of_rtcp(clear)?, index.into());
                let aad = Aad::from(gcm_rtcp_aad(clear, *marked));
                let length = key.open_in_place(nonce, aad, out.get_mut(RTCP_CLEAR..).ok_or(Unspecified)?)?.len();
                debug_assert_eq!(length + GCM_TAG, sealed.len());
                (index, RTCP_CLEAR + length)
            }
            Cipher::Cm(cm) => {
                let (signed, mac) = datagram.split_last_chunk::<HMAC_TAG>().ok_or(Unspecified)?;
                let expected = hmac::sign(&cm.tag, signed);
                aws_lc_rs::constant_time::verify_slices_are_equal(&expected.as_ref()[..HMAC_TAG], mac)?;
                let (sealed, marked) = signed.split_last_chunk::<RTCP_INDEX>().ok_or(Unspecified)?;
                let index = encrypted_index(*marked)?;
                out.extend_from_slice(sealed);
                let (clear, rest) = out.split_at_mut_checked(RTCP_CLEAR).ok_or(Unspecified)?;
                cm.apply(ssrc_of_rtcp(clear)?, index.into(), rest)?;
                (index, sealed.len())
            }
        };
        out.truncate(opened);
        self.take(index)
    }

    /// Marks an index as seen (RFC 3711, section 3.3.2).
    fn take(&mut self, index: u32) -> Result<(), Unspecified> {
        match self.newest {
            Some(newest) if index == newest => return Err(Unspecified),
            Some(newest) if index < newest => {
                let bit = 1u64.checked_shl(newest - index - 1).filter(|_| newest - index <= REPLAY_WINDOW).ok_or(Unspecified)?;
                if self.seen & bit != 0 {
                    return Err(Unspecified);
                }
                self.seen |= bit;
            }
            Some(newest) => {
                // What was newest is now the first behind.
                let step = index - newest;
                self.seen = self.seen.checked_shl(step).unwrap_or(0) | 1u64.checked_shl(step - 1).unwrap_or(0);
                self.newest = Some(index);
            }
            None => self.newest = Some(index),
        }
        Ok(())
    }
}

impl Cipher {
    /// The keys of RTP (`first` 0) or RTCP (3).
    fn derive(profile: SrtpProfile, key: &[u8], salt: &[u8], first: u8) -> Result<Self, Unspecified> {
        let [cipher, authentication, salting] = LABELS.map(|label| label + first);
        let mut session = vec![0; key.len()];
        derive(key, salt, cipher, &mut session)?;
        let aead = match profile {
            SrtpProfile::AEAD_AES_128_GCM => Some(&AES_128_GCM),
            SrtpProfile::AEAD_AES_256_GCM => Some(&AES_256_GCM),
            _ => None,
        };
        if let Some(algorithm) = aead {
            let mut salt_of_session = [0; NONCE_LEN];
            derive(key, salt, salting, &mut salt_of_session)?;
            return Ok(Self::Gcm { key: LessSafeKey::new(UnboundKey::new(algorithm, &session)?), salt: salt_of_session });
        }
        let (mut salt_of_session, mut tag) = ([0; 14], [0; 20]);
        derive(key, salt, salting, &mut salt_of_session)?;
        derive(key, salt, authentication, &mut tag)?;
        let tag = hmac::Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &tag);
        let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_128, &session)?)?;
        Ok(Self::Cm(Box::new(Cm { key, salt: salt_of_session, tag })))
    }

    fn tag_bytes(&self) -> usize {
        match self {
            Self::Gcm { .. } => GCM_TAG,
            Self::Cm(_) => HMAC_TAG,
        }
    }
}

/// The pseudo-random function of RFC 3711, section 4.3.3, and of RFC 6188 for longer keys. No key is derived twice.
fn derive(key: &[u8], salt: &[u8], label: u8, out: &mut [u8]) -> Result<(), Unspecified> {
    let cipher = if key.len() == 32 { &AES_256 } else { &AES_128 };
    let mut iv = [0; 16];
    iv.get_mut(..salt.len()).ok_or(Unspecified)?.copy_from_slice(salt);
    iv[7] ^= label;
    out.fill(0);
    let key = EncryptingKey::ctr(UnboundCipherKey::new(cipher, key)?)?;
    key.less_safe_encrypt(out, EncryptionContext::Iv128(FixedLength::from(iv))).map(drop)
}

/// RFC 7714, sections 8.1 and 9.1: for RTCP the index takes the place of rollover counter and sequence number.
fn gcm_nonce(salt: &[u8; NONCE_LEN], ssrc: [u8; 4], index: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[2..6].copy_from_slice(&ssrc);
    nonce[6..].copy_from_slice(&index.to_be_bytes()[2..]);
    nonce.iter_mut().zip(salt).for_each(|(byte, salt)| *byte ^= salt);
    Nonce::assume_unique_for_key(nonce)
}

/// RFC 7714, section 9.3: the header, and the index with its mark.
fn gcm_rtcp_aad(clear: &[u8], marked: [u8; RTCP_INDEX]) -> [u8; RTCP_CLEAR + RTCP_INDEX] {
    let mut aad = [0; RTCP_CLEAR + RTCP_INDEX];
    aad.iter_mut().zip(clear.iter().chain(&marked)).for_each(|(to, from)| *to = *from);
    aad
}

impl Cm {
    /// AES in counter mode (RFC 3711, section 4.1.1), which is its own inverse.
    fn apply(&self, ssrc: [u8; 4], index: u64, data: &mut [u8]) -> Result<(), Unspecified> {
        if data.is_empty() {
            return Ok(());
        }
        let mut iv = [0; 16];
        iv[4..8].copy_from_slice(&ssrc);
        iv[8..14].copy_from_slice(&index.to_be_bytes()[2..]);
        iv.iter_mut().zip(self.salt).for_each(|(byte, salt)| *byte ^= salt);
        self.key.less_safe_encrypt(data, EncryptionContext::Iv128(FixedLength::from(iv))).map(drop)
    }
}

fn ssrc_of_rtcp(clear: &[u8]) -> Result<[u8; 4], Unspecified> {
    clear.last_chunk().copied().ok_or(Unspecified)
}

/// What is not encrypted is not taken.
fn encrypted_index(marked: [u8; RTCP_INDEX]) -> Result<u32, Unspecified> {
    let marked = u32::from_be_bytes(marked);
    (marked & ENCRYPTED != 0).then_some(marked & !ENCRYPTED).ok_or(Unspecified)
}

#[cfg(test)]
#[path = "srtp_tests.rs"]
mod tests;
