//! What a case says of itself: one line of JSON.

use aws_lc_rs::digest::{Context, SHA256};
use domain::{CameraId, HomeId, SegmentId, SubjectId, Timestamp};
use serde::{Deserialize, Serialize};

use super::zip::{Entry, Layout};
use super::{Crc32, FileHash, MANIFEST, SIGNATURE};
use crate::ledger::Hash;

/// A case in words and numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`super::FORMAT`].
    pub format: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Who made it.
    pub by: By,
    /// The server's version.
    pub server: String,
    /// Whose cameras.
    pub home: HomeId,
    /// Why, in a person's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The time that was asked for.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The home's key, `name+hash+key`.
    pub key: String,
    /// Bytes that have a hash of their own.
    pub chunk: u64,
    /// The cameras.
    pub cameras: Vec<CameraPart>,
    /// The files but for manifest and signature, in the order of the zip.
    pub files: Vec<FilePart>,
}

/// Who made a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct By {
    /// As the person signs in.
    pub account: String,
    /// Which account.
    pub id: SubjectId,
}

/// One camera of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraPart {
    /// Which camera.
    pub id: CameraId,
    /// What people call it.
    pub name: String,
    /// Times of the range without footage.
    pub gaps: Vec<FootageGap>,
    /// The sealed files that the footage was taken from, in order.
    pub segments: Vec<Link>,
    /// Receipt of the log's entry that binds these at the time of the export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Receipts of earlier entries about one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub heads: Vec<String>,
}

/// A time without footage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FootageGap {
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// Why, as a word.
    pub cause: String,
}

/// A sealed file and its place in the camera's chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Which segment.
    pub id: SegmentId,
    /// Its first picture.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
    /// Size of the sealed file.
    pub bytes: u64,
    /// SHA-256 of the sealed file; absent where it was still being written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The segment before it in the chain; absent in a format that has none, or for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<SegmentId>,
    /// Tag of its last record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<String>,
}

/// A file of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilePart {
    /// Its name in the zip.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// CRC-32, eight hexadecimal digits.
    pub crc32: String,
    /// SHA-256 of the whole, in hexadecimal digits.
    pub sha256: String,
    /// SHA-256 of each chunk.
    pub chunks: Vec<String>,
    /// Whose footage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraId>,
    /// When the footage begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Of footage: the time at each chunk's beginning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<Timestamp>,
}

impl FilePart {
    /// A file that is no footage.
    #[must_use]
    pub fn plain(name: &str, hash: FileHash) -> Self {
        let FileHash { bytes, sha256, crc32, chunks } = hash;
        let crc32 = format!("{crc32:08x}");
        Self { name: name.to_owned(), bytes, crc32, sha256, chunks, camera: None, from: None, to: None, times: Vec::new() }
    }
}

impl Manifest {
    /// The text that is signed: one line.
    ///
    /// # Errors
    /// None that a value of these types can cause.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string(self)? + "\n")
    }

    /// The one zip of this manifest, by the texts of manifest and signature; `None` where a check sum is none.
    #[must_use]
    pub fn layout(&self, manifest: &str, signature: &str) -> Option<Layout> {
        let own = [(MANIFEST, manifest), (SIGNATURE, signature)].map(|(name, text)| Entry {
            name: name.to_owned(),
            bytes: text.len() as u64,
            crc32: Crc32::of(text.as_bytes()),
        });
        let file = |file: &FilePart| {
            let crc32 = u32::from_str_radix(&file.crc32, 16).ok().filter(|_| file.crc32.len() == 8)?;
            Some(Entry { name: file.name.clone(), bytes: file.bytes, crc32 })
        };
        let files = self.files.iter().map(file);
        let entries: Option<Vec<Entry>> = own.into_iter().map(Some).chain(files).collect();
        entries.map(Layout::new)
    }
}

/// What a head of a case binds: SHA-256 of a line a segment, `id previous tail sha256`, with `-` for what is absent.
#[must_use]
pub fn links_digest(links: &[Link]) -> Hash {
    let mut context = Context::new(&SHA256);
    for Link { id, sha256, previous, tail, .. } in links {
        let previous = previous.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let (tail, sha256) = (tail.as_deref().unwrap_or("-"), sha256.as_deref().unwrap_or("-"));
        context.update(format!("{id} {previous} {tail} {sha256}\n").as_bytes());
    }
    Hash::from_digest(&context.finish())
}
