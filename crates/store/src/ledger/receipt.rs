//! A receipt: one event of one person, with all that is needed to check offline that the log holds it.
//!
//! ```text
//! atipcam receipt v1                                  for people; made from what follows, and checked against it
//! What: consent.given
//! When: 2026-11-23T08:00:00Z
//! Where: entry 17 of 18 of the log atipcam/…, event 3 of its chain
//! Check: atipcam verify receipt FILE
//!
//! payload {"purpose":…}                               what happened, canonical JSON
//! salt <base64>
//! entry {"at":…}                                      the leaf: its commitment is SHA-256(salt ‖ payload)
//! key <name+hash+key>                                 whose signature the checkpoint bears
//!
//! c2sp.org/tlog-proof@v1                              from here on a C2SP tlog-proof
//! index 16
//! <base64>                                            inclusion proof, a hash a line
//!
//! <checkpoint>
//! ```

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use serde_json::Value;

use super::note::NoteError;
use super::{Checkpoint, Entry, Hash, SALT_LEN, VerifierKey, commitment, leaf_hash, verify_inclusion};

const TITLE: &str = "atipcam receipt v1";
const PROOF: &str = "c2sp.org/tlog-proof@v1";

/// A text longer than this is no receipt: the largest payload we write is under 4 KB.
const RECEIPT_BYTES_MAX: usize = 256 * 1024;

/// Hashes of an inclusion proof: one for each bit of a tree's size.
const PROOF_MAX: usize = 64;

/// Why a text is not believed to be a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It is not in the form of one; the part that was looked for.
    #[error("not a receipt: {0} is missing or not in order")]
    Form(&'static str),
    /// Payload and salt are not what the entry committed to.
    #[error("what the receipt says happened is not what was written to the log")]
    Commitment,
    /// The proof does not lead from the entry to the checkpoint.
    #[error("the entry is not in the log of this checkpoint")]
    Inclusion,
    /// The checkpoint is not signed by the key.
    #[error("checkpoint: {0}")]
    Checkpoint(NoteError),
    /// It is in order, but of another log than the one that was asked for.
    #[error("a receipt of another log")]
    OtherLog,
    /// A part that is for people says other than the parts that are proven.
    #[error("the text was changed outside its proven parts")]
    Changed,
}

/// What a receipt proves. The signature says that the log of `verifier` said so; whether that is the log one means is for
/// the reader to compare, or [`verify_receipt_of`].
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    /// Which log.
    pub origin: String,
    /// Its verifier key, as text.
    pub verifier: String,
    /// What happened.
    pub kind: String,
    /// When.
    pub at: Timestamp,
    /// The chain of the person.
    pub chain: String,
    /// The event's number in the chain, from 1.
    pub seq: u64,
    /// The leaf's number in the log, from 0.
    pub leaf: u64,
    /// Leaves of the log at the checkpoint.
    pub size: u64,
    /// Root of the log at the checkpoint.
    pub root: Hash,
    /// What happened, in full.
    pub payload: Value,
}

/// The parts of a receipt.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub payload: String,
    pub salt: [u8; SALT_LEN],
    pub entry: String,
    pub key: VerifierKey,
    pub index: u64,
    pub proof: Vec<Hash>,
    pub checkpoint: String,
}

impl Receipt {
    /// The text, or why the parts prove nothing.
    pub(crate) fn text(&self) -> Result<String, ReceiptError> {
        let Verified { kind, at, seq, origin, size, .. } = self.verify()?;
        let mut out = format!(
            "{TITLE}\nWhat: {kind}\nWhen: {at}\nWhere: entry {} of {size} of the log {origin}, event {seq} of its chain\n\
             Check: atipcam verify receipt FILE\n\npayload {}\nsalt {}\nentry {}\nkey {}\n\n{PROOF}\nindex {}\n",
            self.index.saturating_add(1),
            self.payload,
            STANDARD.encode(self.salt),
            self.entry,
            self.key,
            self.index,
        );
        for hash in &self.proof {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{hash}");
        }
        out.push('\n');
        out.push_str(&self.checkpoint);
        Ok(out)
    }

    fn parse(text: &str) -> Result<Self, ReceiptError> {
        if text.len() > RECEIPT_BYTES_MAX {
            return Err(ReceiptError::Form("an end"));
        }
        let head = text.strip_prefix(TITLE).ok_or(ReceiptError::Form("the title"))?;
        let (_, rest) = head.split_once("\n\n").ok_or(ReceiptError::Form("the payload"))?;
        let (payload, rest) = field(rest, "payload ")?;
        let (salt, rest) = field(rest, "salt ")?;
        let (entry, rest) = field(rest, "entry ")?;
        let (key, rest) = field(rest, "key ")?;
        let rest = rest.strip_prefix('\n').ok_or(ReceiptError::Form("the proof"))?;
        let (_, rest) = field(rest, PROOF)?;
        let (index, mut rest) = field(rest, "index ")?;
        let mut proof = Vec::new();
        let checkpoint = loop {
            let (line, next) = rest.split_once('\n').ok_or(ReceiptError::Form("the checkpoint"))?;
            rest = next;
            if line.is_empty() {
                break rest;
            }
            if proof.len() >= PROOF_MAX {
                return Err(ReceiptError::Form("the end of the proof"));
            }
            proof.push(line.parse().map_err(|_| ReceiptError::Form("the proof"))?);
        };
        Ok(Self {
            payload: payload.to_owned(),
            salt: STANDARD.decode(salt).ok().and_then(|salt| salt.try_into().ok()).ok_or(ReceiptError::Form("the salt"))?,
            entry: entry.to_owned(),
            key: VerifierKey::parse(key).map_err(|_| ReceiptError::Form("the key"))?,
            index: index.parse().map_err(|_| ReceiptError::Form("the index"))?,
            proof,
            checkpoint: checkpoint.to_owned(),
        })
    }

    fn verify(&self) -> Result<Verified, ReceiptError> {
        let entry: Entry = serde_json::from_str(&self.entry).map_err(|_| ReceiptError::Form("the entry"))?;
        let payload = serde_json::from_str(&self.payload).map_err(|_| ReceiptError::Form("the payload"))?;
        if entry.v != 1 {
            return Err(ReceiptError::Form("an entry of version 1"));
        }
        if entry.commitment != commitment(&self.salt, self.payload.as_bytes()).to_string() {
            return Err(ReceiptError::Commitment);
        }
        let checkpoint = Checkpoint::open(&self.checkpoint, &self.key).map_err(ReceiptError::Checkpoint)?;
        // Further signatures would be bytes that nothing proves.
        if self.checkpoint.lines().count() != 5 {
            return Err(ReceiptError::Form("the checkpoint"));
        }
        let leaf = leaf_hash(self.entry.as_bytes());
        if !verify_inclusion(leaf, self.index, checkpoint.size, &self.proof, checkpoint.root) {
            return Err(ReceiptError::Inclusion);
        }
        Ok(Verified {
            origin: checkpoint.origin,
            verifier: self.key.to_string(),
            kind: entry.kind,
            at: entry.at,
            chain: entry.chain,
            seq: entry.seq,
            leaf: self.index,
            size: checkpoint.size,
            root: checkpoint.root,
            payload,
        })
    }
}

/// The rest of the line that must begin with `name`, and the text after it.
fn field<'a>(text: &'a str, name: &'static str) -> Result<(&'a str, &'a str), ReceiptError> {
    text.strip_prefix(name).and_then(|rest| rest.split_once('\n')).ok_or(ReceiptError::Form(name.trim_end()))
}

/// Checks a receipt with nothing but its own text: it is in order, and the log that signed it is the one of its key.
pub fn verify_receipt(text: &str) -> Result<Verified, ReceiptError> {
    let receipt = Receipt::parse(text)?;
    let verified = receipt.verify()?;
    // What is for people must be what is proven, to the byte.
    if receipt.text()? == text { Ok(verified) } else { Err(ReceiptError::Changed) }
}

/// As [`verify_receipt`], and the receipt is of the log with this verifier key.
pub fn verify_receipt_of(text: &str, key: &str) -> Result<Verified, ReceiptError> {
    let verified = verify_receipt(text)?;
    if verified.verifier == key.trim() { Ok(verified) } else { Err(ReceiptError::OtherLog) }
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
