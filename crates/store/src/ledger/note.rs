//! C2SP signed-note and tlog-checkpoint: a tree head as text, signed with Ed25519.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Error, Result as DomainResult};

use super::Hash;

/// The signature type of signed-note for Ed25519.
const ED25519_TYPE: u8 = 1;

/// A note longer than this is none of ours: ours are under 300 bytes, and a hundred witnesses add 12 KB.
const NOTE_BYTES_MAX: usize = 64 * 1024;

/// What begins a signature line: an em dash and a space.
const MARK: &str = "\u{2014} ";

/// Why a note is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is not a signed note, or its text is not a checkpoint.
    #[error("not a signed checkpoint")]
    Form,
    /// It is of another log.
    #[error("a checkpoint of another log")]
    Origin,
    /// No signature of the expected key.
    #[error("not signed with the key of this log")]
    Unsigned,
    /// The signature of the expected key does not fit the text.
    #[error("the signature does not fit the text")]
    Signature,
    /// The verifier key is not one, or not of Ed25519.
    #[error("not a verifier key: expected name+hash+key")]
    Key,
}

/// Who signs: a name and an Ed25519 public key. Its text is `name+hash+base64`, as signed-note writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: [u8; 32],
}

impl VerifierKey {
    /// Reads `name+hash+base64`.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key);
        };
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let key = match bytes.split_first() {
            Some((&ED25519_TYPE, key)) => key.try_into().map_err(|_| NoteError::Key)?,
            _ => return Err(NoteError::Key),
        };
        let this = Self { name: name.to_owned(), key };
        if is_name(name) && hex(this.id()) == id { Ok(this) } else { Err(NoteError::Key) }
    }

    /// The log that it is the key of.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What people compare: the first half of the key's SHA-256, in groups of four hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = digest(&SHA256, &self.key);
        let groups: Vec<String> =
            hash.as_ref()[..16].chunks(2).map(|pair| pair.iter().map(|b| format!("{b:02x}")).collect()).collect();
        groups.join(" ")
    }

    /// The key's short id: the first bytes of SHA-256(name ‖ newline ‖ type ‖ key).
    fn id(&self) -> [u8; 4] {
        let named = [self.name.as_bytes(), b"\n", &[ED25519_TYPE], &self.key].concat();
        let hash = digest(&SHA256, &named);
        let mut id = [0; 4];
        id.copy_from_slice(&hash.as_ref()[..4]);
        id
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[ED25519_TYPE], self.key.as_slice()].concat());
        write!(f, "{}+{}+{key}", self.name, hex(self.id()))
    }
}

/// A head of the log: so many leaves, with this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// Leaves of the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads a note and checks that it is signed by `key`, whose name is the log's origin. Signatures of others, such as
    /// witnesses, are passed over.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, NoteError> {
        let checkpoint = Self::parse(open_note(note, key)?)?;
        if checkpoint.origin == key.name { Ok(checkpoint) } else { Err(NoteError::Origin) }
    }

    /// The text that is signed.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next()) else {
            return Err(NoteError::Form);
        };
        let parsed = Self {
            origin: origin.to_owned(),
            size: size.parse().map_err(|_| NoteError::Form)?,
            root: root.parse().map_err(|_| NoteError::Form)?,
        };
        // One spelling of a number and of a line's end.
        if is_name(origin) && parsed.text() == text { Ok(parsed) } else { Err(NoteError::Form) }
    }
}

/// The text of a note that `key` signed.
fn open_note<'a>(note: &'a str, key: &VerifierKey) -> Result<&'a str, NoteError> {
    let (text, signatures) = parts(note)?;
    let mut ours = None;
    for line in signatures.lines() {
        let (name, signature) = line.strip_prefix(MARK).and_then(|line| line.split_once(' ')).ok_or(NoteError::Form)?;
        let signature = STANDARD.decode(signature).map_err(|_| NoteError::Form)?;
        let (id, signature) = signature.split_first_chunk::<4>().ok_or(NoteError::Form)?;
        if !is_name(name) || signature.is_empty() {
            return Err(NoteError::Form);
        }
        // Two of the same key say different things, and neither is better.
        if name == key.name && *id == key.id() && ours.replace(signature.to_vec()).is_some() {
            return Err(NoteError::Form);
        }
    }
    let signature = ours.ok_or(NoteError::Unsigned)?;
    let public = UnparsedPublicKey::new(&ED25519, &key.key);
    public.verify(text.as_bytes(), &signature).map_err(|_| NoteError::Signature)?;
    Ok(text)
}

/// Text with its last newline, and the signature lines.
fn parts(note: &str) -> Result<(&str, &str), NoteError> {
    let odd = |c: char| c != '\n' && c.is_control();
    if note.len() > NOTE_BYTES_MAX || !note.ends_with('\n') || note.contains(odd) {
        return Err(NoteError::Form);
    }
    let blank = note.rfind("\n\n").ok_or(NoteError::Form)?;
    let (text, rest) = note.split_at(blank + 1);
    let signatures = rest.strip_prefix('\n').ok_or(NoteError::Form)?;
    if signatures.is_empty() { Err(NoteError::Form) } else { Ok((text, signatures)) }
}

/// The first line of what is signed for a case. No log has a name with spaces, so no checkpoint reads like it.
const CASE: &str = "atipcam case v1";

/// The hash of the manifest for which `note` is the signed note of a case, by `key`.
pub fn open_case(note: &str, key: &VerifierKey) -> Result<Hash, NoteError> {
    let text = open_note(note, key)?;
    let hash = text.strip_prefix(CASE).and_then(|rest| rest.strip_prefix('\n')?.strip_suffix('\n')?.parse().ok());
    let hash: Hash = hash.ok_or(NoteError::Form)?;
    // Further signatures, or another spelling of this one, would be bytes that nothing proves.
    let line = note.rsplit_once(' ').and_then(|(_, line)| STANDARD.decode(line.trim_end_matches('\n')).ok());
    let one = line.is_some_and(|line| note == signed(text, &key.name, &line));
    if one { Ok(hash) } else { Err(NoteError::Form) }
}

/// Bytes of the note of a case by a key of this name.
pub(crate) fn case_note_len(name: &str) -> usize {
    let (hash, line) = (STANDARD.encode([0; 32]).len(), STANDARD.encode([0; 68]).len());
    CASE.len() + 1 + hash + 1 + 1 + MARK.len() + name.len() + 1 + line + 1
}

/// What a note of a case says the hash is, whoever signed it.
pub(crate) fn claimed_case(note: &str) -> Option<Hash> {
    note.strip_prefix(CASE)?.strip_prefix('\n')?.lines().next()?.parse().ok()
}

fn signed(text: &str, name: &str, line: &[u8]) -> String {
    format!("{text}\n{MARK}{name} {}\n", STANDARD.encode(line))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control())
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

/// The log's own key.
pub(crate) struct Signer {
    pair: Ed25519KeyPair,
    verifier: VerifierKey,
}

impl Signer {
    /// The key of the log `name`, from its 32-byte seed (RFC 8032 section 5.1.5).
    pub(crate) fn new(name: String, seed: &[u8; 32]) -> DomainResult<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(Error::internal)?;
        let key = pair.public_key().as_ref().try_into().map_err(Error::internal)?;
        Ok(Self { pair, verifier: VerifierKey { name, key } })
    }

    pub(crate) fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The signed note of a tree head.
    pub(crate) fn sign(&self, size: u64, root: Hash) -> String {
        self.sign_text(&Checkpoint { origin: self.verifier.name.clone(), size, root }.text())
    }

    /// The signed note over the manifest of a case with this hash.
    pub(crate) fn sign_case(&self, manifest: Hash) -> String {
        self.sign_text(&format!("{CASE}\n{manifest}\n"))
    }

    fn sign_text(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        signed(text, &self.verifier.name, &[self.verifier.id().as_slice(), signature.as_ref()].concat())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

#[cfg(test)]
#[path = "note_tests.rs"]
mod tests;
