//! Files held against rows, rows against files, each record against its seal, and each file against the one before it.
//!
//! Reads only, and beside a running server: what it is writing is not looked at, and what retention takes meanwhile is no finding.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::{CameraId, Error, Result, SegmentId, TimeRange};
use media::record::{Checked, Depth, Ending, Fault, MediaKey, SegmentChecker, SegmentError, SegmentScanner, TAG_LEN};
use serde::Serialize;
use store::SegmentRow;

use super::finding::{Finding, Severity, altered};
use super::links::{Known, Link, follow};
use super::rebuild::row_of;
use super::walk::{Found, Listing, list};
use super::{Archive, Keys, Progress};
use crate::segment::{self, ReadError, read_at};

/// Rows that are looked at together for a file that is gone.
const PAGE: u32 = 1024;

/// What a look says while it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Where it is.
    Progress(Progress),
    /// Something was found.
    Finding(Finding),
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Verified {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Records that were opened.
    pub records: u64,
    /// Files whose header names the one before, and that one was held against it.
    pub links: u64,
    /// Rows.
    pub rows: u64,
    /// Findings that are faults.
    pub faults: u64,
    /// Findings that are none.
    pub notes: u64,
    /// How long it took.
    #[serde(skip)]
    pub took: Duration,
}

/// What was found so far, and who hears of it.
struct Telling<F> {
    say: F,
    done: Verified,
    of_files: u64,
    of_bytes: u64,
}

impl<F: FnMut(Said)> Telling<F> {
    fn finding(&mut self, finding: Finding) {
        let fault = finding.severity == Severity::Fault;
        *(if fault { &mut self.done.faults } else { &mut self.done.notes }) += 1;
        (self.say)(Said::Finding(finding));
    }

    fn progress(&mut self) {
        let (done, of_files, of_bytes) = (&self.done, self.of_files, self.of_bytes);
        (self.say)(Said::Progress(Progress { files: done.files, of_files, bytes: done.bytes, of_bytes }));
    }
}

/// What a file came to.
#[derive(Default)]
struct Looked {
    findings: Vec<Finding>,
    link: Option<Link>,
    records: u64,
}

impl Archive {
    /// Looks at all footage, and says what is not as it was written. All is well where [`Verified::faults`] is 0.
    pub async fn verify(&self, depth: Depth, say: impl FnMut(Said)) -> Result<Verified> {
        let begun = self.clock.mono();
        let roots = Arc::clone(&self.roots);
        let listed = tokio::task::spawn_blocking(move || list(&roots)).await.map_err(Error::internal)?;
        let Listing { files, strange } = listed.map_err(Error::internal)?;
        let of_bytes = files.iter().map(|found| found.bytes).sum();
        let mut telling = Telling { say, done: Verified::default(), of_files: files.len() as u64, of_bytes };
        for path in strange {
            telling.finding(Finding::new("file.strange", "it is named like no segment, and was not looked at").file(path));
        }
        let mut cameras: BTreeMap<CameraId, Vec<Found>> = BTreeMap::new();
        for found in files {
            cameras.entry(found.camera).or_default().push(found);
        }
        for (camera, files) in cameras {
            self.verify_camera(camera, files, depth, &mut telling).await?;
        }
        self.verify_rows(&mut telling).await?;
        telling.done.took = self.clock.mono().since(begun);
        Ok(telling.done)
    }

    async fn verify_camera<F: FnMut(Said)>(
        &self,
        camera: CameraId,
        mut files: Vec<Found>,
        depth: Depth,
        telling: &mut Telling<F>,
    ) -> Result<()> {
        if self.store.camera_or_gone(camera).await?.is_none() {
            let what = format!("{} files of a camera that there is no more; its keys are gone", files.len());
            telling.finding(Finding { camera: Some(camera), ..Finding::new("file.of_nobody", what) });
            telling.done.files += files.len() as u64;
            telling.done.bytes += files.iter().map(|found| found.bytes).sum::<u64>();
            return Ok(());
        }
        files.sort_unstable_by_key(|found| (found.modified, found.segment));
        let (mut keys, mut links) = (Keys::default(), Vec::new());
        for found in &files {
            let looked = self.look(found, depth, &mut keys).await?;
            telling.done.files += 1;
            telling.done.bytes += found.bytes;
            telling.done.records += looked.records;
            looked.findings.into_iter().for_each(|finding| telling.finding(finding));
            links.extend(looked.link);
            telling.progress();
        }
        telling.done.links += links.iter().filter(|link| link.previous.is_some()).count() as u64;
        let findings = self.follow(camera, &files, links).await?;
        findings.into_iter().for_each(|finding| telling.finding(finding));
        Ok(())
    }

    /// Opens one file, and holds it against its name, its row and itself.
    async fn look(&self, found: &Found, depth: Depth, keys: &mut Keys) -> Result<Looked> {
        let path = found.path(&self.roots);
        let finding = |code, what: String| Finding::new(code, what).of(found.camera, found.segment).file(path.clone());
        let only = |finding| Ok(Looked { findings: vec![finding], ..Looked::default() });
        let name = path.clone();
        let header = tokio::task::spawn_blocking(move || segment::header(&name)).await.map_err(Error::internal)?;
        let row = self.store.segment(found.segment).await?;
        let at = row.as_ref().map(|row| row.start);
        let header = match header {
            Ok(Some(header)) => header,
            Ok(None) => {
                let what = "it is no segment of a known version, or its first bytes were changed";
                return only(finding("file.foreign", what.to_owned()).at(at));
            }
            // Retention took it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Looked::default()),
            Err(error) => return only(finding("file.unreadable", format!("the disk does not give it back: {error}")).at(at)),
        };
        if (header.segment, header.camera) != (found.segment, found.camera) {
            let what =
                format!("it says that it is segment {} of camera {}: swapped, renamed or changed", header.segment, header.camera);
            return only(finding("file.misplaced", what).at(at));
        }
        let Some(key) = keys.get(self, found.camera, header.key).await? else {
            let what = "its key is not in the keyring, or its header was changed: nobody can open it";
            return only(finding("key.gone", what.to_owned()).at(at));
        };
        let name = path.clone();
        let checked = tokio::task::spawn_blocking(move || check(&name, &key, depth)).await.map_err(Error::internal)?;
        let checked = match checked {
            Ok(checked) => checked,
            Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(Looked::default()),
            Err(error) => return only(finding("file.unreadable", error.to_string()).at(at)),
        };
        let mut findings = Vec::new();
        for &fault in &checked.faults {
            let (what, when) = altered(&checked, fault);
            findings.push(finding("part.altered", what).at(when.or(at)));
        }
        let storage = self.roots.get(usize::from(found.root)).and_then(|root| root.storage);
        let expected = SegmentRow { storage, ..expected_row(&checked, found.bytes) };
        if let Some((code, what)) = against_row(&checked, &expected, row.as_ref()) {
            findings.push(finding(code, what).at(at.or(Some(expected.start))));
        }
        let link = Link {
            segment: header.segment,
            stream: header.stream,
            origin: header.origin,
            previous: header.previous.filter(|_| checked.faults != [Fault::Header]),
            tail: checked.tail(),
            ending: checked.ending,
            faulty: findings.iter().any(|finding| finding.severity == Severity::Fault),
            start: expected.start,
            end: expected.end,
        };
        Ok(Looked { findings, link: Some(link), records: checked.records.len() as u64 })
    }

    /// Holds each file against the one that it follows.
    async fn follow(&self, camera: CameraId, files: &[Found], links: Vec<Link>) -> Result<Vec<Finding>> {
        let (Some(from), Some(to)) = (links.iter().map(|link| link.start).min(), links.iter().map(|link| link.end).max()) else {
            return Ok(Vec::new());
        };
        let Some(range) = TimeRange::new(from, to) else { return Ok(Vec::new()) };
        let gaps = self.store.gaps(camera, range, self.clock.now()).await?;
        let there: HashSet<SegmentId> = links.iter().map(|link| link.segment).collect();
        let mut rows = HashSet::new();
        for previous in links.iter().filter_map(|link| link.previous).filter(|previous| !there.contains(&previous.segment)) {
            if self.store.segment(previous.segment).await?.is_some() {
                rows.insert(previous.segment);
            }
        }
        let (roots, files) = (Arc::clone(&self.roots), files.to_vec());
        let judge = move || {
            let tags = |id: SegmentId| {
                let found = files.iter().find(|found| found.segment == id);
                found.and_then(|found| tags(&found.path(&roots)).ok()).unwrap_or_default()
            };
            follow(camera, &links, &Known { gaps: &gaps, has_row: &|id| rows.contains(&id), tags: &tags })
        };
        tokio::task::spawn_blocking(judge).await.map_err(Error::internal)
    }

    /// Rows whose file is nowhere. One that retention took meanwhile has no row any more.
    async fn verify_rows<F: FnMut(Said)>(&self, telling: &mut Telling<F>) -> Result<()> {
        let (mut after, mut elsewhere) = (None, 0);
        loop {
            let rows = self.store.segments_behind(after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.id);
            telling.done.rows += rows.len() as u64;
            elsewhere += rows.iter().filter(|row| self.roots.iter().all(|root| root.storage != row.storage)).count();
            for id in self.without_file(rows).await? {
                let Some(row) = self.store.segment(id).await? else { continue };
                let what = format!(
                    "its file is gone: footage from {} to {} is said to be there and cannot be played",
                    row.start, row.end
                );
                telling.finding(Finding::new("row.no_file", what).of(row.camera, id).at(Some(row.start)));
            }
        }
        if elsewhere > 0 {
            let what = format!("{elsewhere} rows are of storages that are not here: their files were not looked at");
            telling.finding(Finding::new("row.elsewhere", what));
        }
        Ok(())
    }
}

/// The row that a file should have.
fn expected_row(checked: &Checked, bytes: u64) -> SegmentRow {
    let records = || checked.records.iter().map(|checked| &checked.record.header);
    let start = records().next().map(|header| header.wall).unwrap_or_default();
    let end = records().next_back().map(|header| header.wall + Duration::from_micros(header.duration_us.into()));
    let (closed, tail) = (checked.ending == Ending::Closed, checked.tail().unwrap_or_default());
    row_of(&checked.header, bytes, (start, end.unwrap_or(start)), (records().any(|header| header.flags.audio), closed, tail))
}

/// What a file and its row disagree on, if they do.
fn against_row(checked: &Checked, file: &SegmentRow, row: Option<&SegmentRow>) -> Option<(&'static str, String)> {
    let Some(row) = row else {
        if checked.records.is_empty() {
            return Some(("file.unclean", "it holds not one whole record, and no row says otherwise".to_owned()));
        }
        return Some(("file.no_row", "it is not in the index: it is not shown, and would stay for ever".to_owned()));
    };
    let (until, whole) = (file.end, checked.faults.is_empty());
    match checked.ending {
        // What is damaged was said: how such a file ends is no news, and neither is a row that says otherwise.
        Ending::Open | Ending::Torn if !whole => {}
        Ending::Open | Ending::Torn if row.clean => {
            return Some((
                "file.cut",
                format!("cut at the end: it was closed in order, and now ends at {until} without its trailer"),
            ));
        }
        Ending::Open | Ending::Torn if file.end < row.end => {
            return Some(("file.cut", format!("cut at the end: it was whole until {}, and is now until {until}", row.end)));
        }
        _ => {}
    }
    let unclean = checked.ending != Ending::Closed;
    // After a failed write more may be in the file than its recorder knew.
    let more = unclean && file.end > row.end;
    let fields = [
        ("camera", file.camera == row.camera),
        ("stream", file.stream == row.stream),
        ("key", file.key == row.key),
        ("start", file.start == row.start || !whole),
        ("end", file.end == row.end || !whole || more),
        ("bytes", file.bytes == row.bytes || !whole),
        ("sound", file.has_audio == row.has_audio || !whole || more),
        ("closed", file.clean == row.clean || !whole),
        ("storage", file.storage == row.storage),
        ("origin", file.origin == row.origin),
        ("previous", file.previous == row.previous || !whole),
        ("tail", row.tail.is_none() || file.tail == row.tail || !whole || more),
    ];
    let wrong: Vec<&str> = fields.iter().filter(|(_, same)| !same).map(|(name, _)| *name).collect();
    if !wrong.is_empty() {
        return Some(("row.wrong", format!("its row in the index says otherwise than the file: {}", wrong.join(", "))));
    }
    (unclean && whole)
        .then(|| ("file.unclean", format!("it was not closed in order: a crash or a failed disk ended it at {until}")))
}

/// Opens every part of a file. Blocks.
fn check(path: &Path, key: &MediaKey, depth: Depth) -> std::result::Result<Checked, ReadError> {
    let file = File::open(path)?;
    let mut checker = SegmentChecker::new(file.metadata()?.len(), key, depth);
    while let Some(range) = checker.wants() {
        checker.feed(&mut read_at(&file, &range)?)?;
    }
    Ok(checker.finish()?)
}

/// The tags of all records that can be told by their clear headers. Blocks.
fn tags(path: &Path) -> std::result::Result<Vec<[u8; TAG_LEN]>, ReadError> {
    let file = File::open(path)?;
    let mut scanner = SegmentScanner::new(file.metadata()?.len());
    while let Some(range) = scanner.wants() {
        scanner.feed(&read_at(&file, &range)?)?;
    }
    let ends = scanner.records().iter().map(|record| record.at().sealed().end);
    let tag =
        |end: u64| read_at(&file, &(end - TAG_LEN as u64..end))?.try_into().map_err(|_| ReadError::from(SegmentError::Torn));
    ends.map(tag).collect()
}
