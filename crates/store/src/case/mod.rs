//! A case: footage of some cameras and a time in one zip, with what proves it. Pure but for [`verify`], which reads a file.
//!
//! The zip has one possible form for its manifest: entries in its order, stored, without times, extras or comments. So each byte
//! is either of a file that the manifest has the hash of, or of the zip's own structure, which a verifier makes again and
//! compares; the manifest is covered by the note beside it, which the home's key signs. docs/case-format.md says it exactly.

mod digest;
mod manifest;
mod verify;
mod zip;

pub use digest::{Crc32, FileDigest, FileHash, sha256_of};
pub use manifest::{By, CameraPart, FilePart, FootageGap, Link, Manifest, links_digest};
pub use verify::{Fault, FaultKind, Report, verify};
pub use zip::{Entry, Layout};

/// What the manifest calls this form.
pub const FORMAT: &str = "atipcam-case/1";

/// Bytes that have a hash of their own: small enough that what is damaged is named within seconds of footage.
pub const CHUNK: u64 = 4 * 1024 * 1024;

/// The files of every case, in their order; the footage follows.
pub const MANIFEST: &str = "manifest.json";
/// The signed note over the manifest.
pub const SIGNATURE: &str = "manifest.sig";
/// The home's key.
pub const KEY: &str = "key.txt";
/// What a person reads first.
pub const README: &str = "README.txt";
/// The page that checks a case without a network.
pub const PAGE: &str = "verify.html";

/// The page that checks a case, as it stands in each.
pub const PAGE_TEXT: &str = include_str!("../../../../web/static/verify.html");

/// A manifest longer than this is none of ours: a day of sixteen cameras of 8 Mbit/s has 40 MB of it.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests;
