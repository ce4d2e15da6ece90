//! Whether a case is what it was when the home signed it, and if not, where.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use aws_lc_rs::digest::{SHA256, digest};
use domain::{CameraId, SegmentId, Timestamp};

use super::zip::Layout;
use super::{CHUNK, CameraPart, FORMAT, FilePart, KEY, MANIFEST, MANIFEST_BYTES_MAX, Manifest, SIGNATURE, links_digest};
use crate::accounts::hex;
use crate::ledger::{Hash, VerifierKey, case_note_len, claimed_case, open_case, verify_receipt_of};

/// Where the manifest begins: behind its header, whose length no manifest changes.
const MANIFEST_AT: u64 = 30 + MANIFEST.len() as u64;

/// Faults that one report names; a file in which more is wrong is not this case at all.
const FAULTS_MAX: usize = 1000;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No case: there is no manifest, or none that can be read.
    Unreadable,
    /// A case of a later form.
    Format,
    /// The manifest is not what was signed.
    Manifest,
    /// The signature is not one of this manifest.
    Signature,
    /// A file's bytes are not what the manifest has the hash of.
    File,
    /// The zip's header of an entry was changed.
    Header,
    /// The zip's directory or its end was changed.
    Directory,
    /// The zip ends early.
    Short,
    /// The zip goes on behind its end.
    Long,
    /// The log's entry about a camera does not prove what it is there for.
    Head,
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// The file in the zip, where it is one.
    pub file: Option<String>,
    /// Which bytes of the zip.
    pub at: Range<u64>,
    /// Whose footage.
    pub camera: Option<String>,
    /// The time of the footage from which on it is damaged.
    pub time: Option<Timestamp>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What the case says of itself, where it can be believed.
    pub manifest: Option<Manifest>,
    /// What is wrong; empty for a case that is whole.
    pub faults: Vec<Fault>,
    /// Where a camera's chain is broken: footage between was no longer kept, or came later, when the case was made.
    pub breaks: Vec<(CameraId, Timestamp)>,
    /// Segments of a format that has no chain.
    pub unchained: usize,
    /// The key's, to compare with the one that the app shows.
    pub fingerprint: Option<String>,
}

/// Verifies a case; `progress` is told of the bytes that were looked at, and of how many there are.
///
/// # Errors
/// Where the file cannot be read; what is wrong with a case is in the report.
pub fn verify(source: &mut (impl Read + Seek), mut progress: impl FnMut(u64, u64)) -> io::Result<Report> {
    let bytes = source.seek(SeekFrom::End(0))?;
    let mut report = Report { manifest: None, faults: Vec::new(), breaks: Vec::new(), unchained: 0, fingerprint: None };
    let text = manifest_text(source)?;
    let own = MANIFEST_AT..MANIFEST_AT.saturating_add(text.len() as u64);
    let Some(manifest) = serde_json::from_str::<Manifest>(&text).ok().filter(|_| text.ends_with('\n')) else {
        report.fault(FaultKind::Unreadable, Some(MANIFEST), own);
        return Ok(report);
    };
    let (note, verdict) = signature(source, &text, &manifest)?;
    match verdict {
        Ok(()) if manifest.format == FORMAT && manifest.chunk == CHUNK => {}
        Ok(()) => {
            report.fault(FaultKind::Format, Some(MANIFEST), own);
            return Ok(report);
        }
        Err(kind) => {
            let start = own.end + 30 + SIGNATURE.len() as u64;
            let (name, at) =
                if kind == FaultKind::Manifest { (MANIFEST, own) } else { (SIGNATURE, start..start + note.len() as u64) };
            report.fault(kind, Some(name), at);
            return Ok(report);
        }
    }
    let layout = manifest.layout(&text, &note).filter(|_| manifest.files.iter().all(is_formed));
    let Some(layout) = layout else {
        report.fault(FaultKind::Format, Some(MANIFEST), own);
        return Ok(report);
    };
    report.fingerprint = VerifierKey::parse(&manifest.key).ok().map(|key| key.fingerprint());
    structure(source, &layout, bytes, &mut report)?;
    files(source, &layout, &manifest, bytes, &mut report, &mut progress)?;
    for camera in &manifest.cameras {
        chain(camera, &mut report);
        heads(camera, &manifest.key, own.clone(), &mut report);
    }
    progress(bytes, bytes);
    report.manifest = Some(manifest);
    Ok(report)
}

impl Report {
    fn fault(&mut self, kind: FaultKind, file: Option<&str>, at: Range<u64>) {
        self.push(Fault { kind, file: file.map(str::to_owned), at, camera: None, time: None });
    }

    fn push(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}

/// Whether a file has as many hashes as it has chunks.
fn is_formed(file: &FilePart) -> bool {
    let chunks = file.chunks.len() as u64;
    chunks == file.bytes.div_ceil(CHUNK) && (file.camera.is_none() || file.times.len() == file.chunks.len())
}

/// Up to the first line's end; what is not UTF-8 is read as far as it is.
fn manifest_text(source: &mut (impl Read + Seek)) -> io::Result<String> {
    source.seek(SeekFrom::Start(MANIFEST_AT))?;
    let (mut text, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
    let mut rest = source.take(MANIFEST_BYTES_MAX);
    loop {
        let n = rest.read(&mut piece)?;
        let new = piece.get(..n).unwrap_or_default();
        if let Some(end) = new.iter().position(|byte| *byte == b'\n') {
            text.extend_from_slice(&new[..=end]);
            break;
        }
        if n == 0 {
            break;
        }
        text.extend_from_slice(new);
    }
    Ok(String::from_utf8(text).unwrap_or_default())
}

/// The text of the signature, and whether it is one of this manifest; else which of the two was changed.
fn signature(source: &mut (impl Read + Seek), text: &str, manifest: &Manifest) -> io::Result<(String, Result<(), FaultKind>)> {
    let name = manifest.key.split('+').next().unwrap_or_default();
    let at = MANIFEST_AT + text.len() as u64 + 30 + SIGNATURE.len() as u64;
    let length = case_note_len(name) as u64;
    // With the key's file that follows it: what it says helps to tell a changed manifest from a changed signature.
    let both = read(source, at..at + length + 30 + KEY.len() as u64 + 512)?;
    let end = usize::try_from(length).unwrap_or(usize::MAX).min(both.len());
    let note = String::from_utf8_lossy(&both[..end]).into_owned();
    // A changed manifest may have the length wrong: the next header says where the signature really ends.
    let real = both.windows(4).position(|four| four == b"PK\x03\x04").unwrap_or(end);
    let whole = String::from_utf8_lossy(&both[..real]).into_owned();
    let beside = both.get(real + 30 + KEY.len()..).unwrap_or_default();
    let beside = String::from_utf8_lossy(beside).lines().next().map(str::to_owned).unwrap_or_default();
    let hash = Hash::from_digest(&digest(&SHA256, text.as_bytes()));
    let keys = [manifest.key.as_str(), &beside].map(VerifierKey::parse);
    let opened = |key: &Result<VerifierKey, _>, note: &str| key.as_ref().ok().and_then(|key| open_case(note, key).ok());
    let (own, other) = (opened(&keys[0], &note), opened(&keys[1], &whole));
    let verdict = match (own, other) {
        (Some(signed), _) if signed == hash => Ok(()),
        (Some(_), _) | (None, Some(_)) => Err(FaultKind::Manifest),
        // Both keys know nothing of it: a manifest that is the one it names was not changed.
        (None, None) if claimed_case(&note) == Some(hash) || keys[0] == keys[1] => Err(FaultKind::Signature),
        (None, None) => Err(FaultKind::Manifest),
    };
    Ok((note, verdict))
}

/// The zip's own bytes are those of the one zip that the manifest allows.
fn structure(source: &mut (impl Read + Seek), layout: &Layout, bytes: u64, report: &mut Report) -> io::Result<()> {
    for (number, entry) in layout.entries().iter().enumerate() {
        let (at, expected) = (layout.header_at(number), layout.header(number));
        let found = read(source, at..at + expected.len() as u64)?;
        if let Some(range) = difference(&expected, &found, at) {
            report.fault(FaultKind::Header, Some(&entry.name), range);
        }
    }
    let (at, expected) = (layout.directory_at(), layout.tail());
    let found = read(source, at..layout.len())?;
    if let Some(range) = difference(&expected, &found, at) {
        report.fault(FaultKind::Directory, None, range);
    }
    match bytes.cmp(&layout.len()) {
        std::cmp::Ordering::Less => report.fault(FaultKind::Short, None, bytes..layout.len()),
        std::cmp::Ordering::Greater => report.fault(FaultKind::Long, None, layout.len()..bytes),
        std::cmp::Ordering::Equal => {}
    }
    Ok(())
}

/// From the first byte that differs to behind the last, as places in the zip. What is missing is not counted.
fn difference(expected: &[u8], found: &[u8], at: u64) -> Option<Range<u64>> {
    let differs = |(one, other): (&u8, &u8)| one != other;
    let first = expected.iter().zip(found).position(differs)?;
    let last = expected.iter().zip(found).rposition(differs)?;
    Some(at + first as u64..at + last as u64 + 1)
}

fn files(
    source: &mut (impl Read + Seek),
    layout: &Layout,
    manifest: &Manifest,
    bytes: u64,
    report: &mut Report,
    progress: &mut impl FnMut(u64, u64),
) -> io::Result<()> {
    let names: HashMap<CameraId, &str> = manifest.cameras.iter().map(|camera| (camera.id, camera.name.as_str())).collect();
    for (number, file) in manifest.files.iter().enumerate() {
        let content = layout.content(number + 2);
        for (chunk, expected) in file.chunks.iter().enumerate() {
            let start = content.start + chunk as u64 * CHUNK;
            let range = start..content.end.min(start + CHUNK);
            let found = read(source, range.clone())?;
            if hex(digest(&SHA256, &found).as_ref()) != *expected {
                report.push(Fault {
                    kind: FaultKind::File,
                    file: Some(file.name.clone()),
                    at: range.clone(),
                    camera: file.camera.and_then(|camera| names.get(&camera)).map(|name| (*name).to_owned()),
                    time: file.times.get(chunk).copied(),
                });
            }
            progress(range.end.min(bytes), bytes);
        }
    }
    Ok(())
}

/// Where a segment does not follow the one before it.
fn chain(camera: &CameraPart, report: &mut Report) {
    let mut before: Option<SegmentId> = None;
    for link in &camera.segments {
        if link.tail.is_none() && link.sha256.is_some() {
            report.unchained += 1;
        } else if before.is_some() && link.previous != before {
            report.breaks.push((camera.id, link.start));
        }
        before = Some(link.id);
    }
}

/// What the log proves of a camera: the entry of the export binds all of its segments, an earlier one a segment and its tag.
fn heads(camera: &CameraPart, key: &str, manifest: Range<u64>, report: &mut Report) {
    let bound = links_digest(&camera.segments).to_string();
    let id = camera.id.to_string();
    let proves = |receipt: &String, export: bool| {
        let Ok(verified) = verify_receipt_of(receipt, key) else { return false };
        let says = |name: &str| verified.payload.get(name).and_then(|value| value.as_str());
        let of_segment = |link: &&super::Link| says("segment") == Some(link.id.to_string().as_str());
        let held = export || camera.segments.iter().find(of_segment).is_some_and(|link| says("tail") == link.tail.as_deref());
        verified.kind == "footage.head" && says("camera") == Some(&id) && held && (!export || says("bound") == Some(&bound))
    };
    let wrong = camera.head.iter().filter(|head| !proves(head, true)).count()
        + camera.heads.iter().filter(|head| !proves(head, false)).count();
    if wrong > 0 {
        let fault = Fault { kind: FaultKind::Head, file: Some(MANIFEST.to_owned()), at: manifest, camera: None, time: None };
        report.push(Fault { camera: Some(camera.name.clone()), ..fault });
    }
}

/// Bytes of the file, or as many as there are.
fn read(source: &mut (impl Read + Seek), range: Range<u64>) -> io::Result<Vec<u8>> {
    source.seek(SeekFrom::Start(range.start))?;
    let mut bytes = Vec::new();
    source.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
    Ok(bytes)
}
