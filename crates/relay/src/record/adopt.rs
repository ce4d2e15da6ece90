//! Footage that a crash left unfiled is found, checked and put into the index.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::limits::RECORDER_PENDING_BYTES_MAX;
use domain::{CameraId, Error, Kind, Result, SegmentId, TimeRange, Timestamp};
use media::record::{HEADER_LEN, Loaded, MediaKey, SegmentError, SegmentHeader, SegmentIndex, SegmentScanner, TAG_LEN, is_newer};
use policy::act::RecordCamera;

use super::OpenSegment;
use super::file::{end_failed, file_segment, put_in_place, storage_error};
use super::retention::erase;
use super::storages::{OPEN_FOLDER, Storage};
use crate::fleet::Shared;
use crate::segment;

/// What may have been written to a file and not be durable: what was under way. A longer record is under way by itself, and
/// then is the last.
const UNSYNCED_MAX: u64 = RECORDER_PENDING_BYTES_MAX as u64;

/// Files every segment that was open when the process ended, and deletes the footage of cameras that were removed
/// meanwhile. Call before the first recorder starts.
pub(crate) async fn adopt(shared: &Shared) {
    let there = shared.storages.all().iter().filter(|storage| storage.is_there()).cloned();
    adopt_storages(shared, &there.collect::<Vec<_>>()).await;
}

/// The same with some storages: also when one comes back. What its recorders write meanwhile is left alone.
pub(super) async fn adopt_storages(shared: &Shared, storages: &[Arc<Storage>]) {
    for storage in storages {
        for left in shared.open.left_on(storage.id()) {
            end_failed(shared, storage, left).await;
        }
    }
    adopt_open(shared, storages).await;
    for storage in storages {
        if let Err(error) = delete_orphans(shared, storage).await {
            tracing::error!(%error, "footage of removed cameras cannot be deleted; its keys are gone");
        }
    }
}

/// A removal that was cut off by a crash, or that a storage did not see, has destroyed the keys; here the files follow. What
/// never was of this server is not touched.
async fn delete_orphans(shared: &Shared, storage: &Storage) -> Result<()> {
    let known: HashSet<CameraId> = shared.store.footage_cameras().await?.into_iter().collect();
    let gone: HashSet<String> = shared.store.tombstones().await?.into_iter().map(|(id, _)| id).collect();
    let mut folders = tokio::fs::read_dir(storage.folder()).await.map_err(Error::internal)?;
    while let Some(entry) = folders.next_entry().await.map_err(Error::internal)? {
        let camera = entry.file_name().to_str().and_then(|name| name.parse::<CameraId>().ok());
        let camera = camera.filter(|camera| !known.contains(camera));
        if let Some(camera) = camera.filter(|camera| storage.id().is_none() || gone.contains(&camera.to_string())) {
            erase(shared, camera).await?;
        }
    }
    Ok(())
}

/// The newest first: a file that failed holds what was written again after it, which is known once that has its row.
pub(super) async fn adopt_open(shared: &Shared, storages: &[Arc<Storage>]) {
    let mut unfinished = Vec::new();
    for storage in storages {
        match list(storage.folder().join(OPEN_FOLDER)).await {
            Ok(files) => unfinished.extend(files.into_iter().map(|(begin, path)| (begin, path, storage))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::error!(%error, "unfinished footage cannot be listed"),
        }
    }
    unfinished.sort_by_key(|(begin, ..)| Reverse(*begin));
    for (_, path, storage) in unfinished {
        adopt_one(shared, storage, &path).await;
    }
}

/// The files of a folder, and when they begin where they say so.
async fn list(folder: PathBuf) -> io::Result<Vec<(Option<Timestamp>, PathBuf)>> {
    let list = move || {
        let paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
        paths.map(|path| path.map(|path| (begin(&path), path))).collect()
    };
    tokio::task::spawn_blocking(list).await.map_err(io::Error::other)?
}

/// When a file begins, as its first record says. Blocks.
pub(super) fn begin(path: &Path) -> Option<Timestamp> {
    let file = std::fs::File::open(path).ok()?;
    let mut scanner = SegmentScanner::new(file.metadata().ok()?.len());
    while scanner.records().is_empty() {
        scanner.feed(&segment::read_at(&file, &scanner.wants()?).ok()?).ok()?;
    }
    scanner.records().first().map(|first| first.header.wall)
}

async fn adopt_one(shared: &Shared, storage: &Arc<Storage>, path: &Path) {
    let id = path.file_stem().and_then(|stem| stem.to_str()?.parse::<SegmentId>().ok());
    if id.is_some_and(|id| shared.open.get(id).is_some()) {
        return;
    }
    match try_adopt(shared, storage, path).await {
        Ok(true) => tracing::info!(file = ?path.file_name(), "unfinished footage was adopted"),
        Ok(false) => tracing::info!(file = ?path.file_name(), "unfinished footage held nothing that can be played"),
        // It stays where it is, for a person to look at.
        Err(error) => tracing::error!(file = ?path.file_name(), %error, "unfinished footage cannot be adopted"),
    }
}

/// Whether there was something to adopt. A file whose camera or key is gone is deleted.
async fn try_adopt(shared: &Shared, storage: &Arc<Storage>, path: &Path) -> Result<bool> {
    let Some(header) = read_header(path.to_owned()).await? else { return delete(storage, path).await };
    let key = match shared.permit::<RecordCamera>(header.camera).await {
        Ok(permit) => shared.store.media_key_by_id(&permit, header.key).await?,
        Err(error) if error.kind() == Kind::NotFound => None,
        Err(error) => return Err(error),
    };
    let Some(key) = key else { return delete(storage, path).await };
    // It was filed, which nothing is before it is durable; all that is missing is its move.
    if shared.store.segment(header.segment).await?.is_some() {
        return put_in_place(storage, header.camera, header.segment, path.to_owned()).await.map(|()| true);
    }
    let owned = path.to_owned();
    let found = tokio::task::spawn_blocking(move || look(&owned, &key)).await.map_err(Error::internal)??;
    let Some(mut found) = found else { return delete(storage, path).await };
    for begin in begun_within(shared, &found.index).await? {
        found.end_before(begin);
    }
    let Found { index, clean, rejected, cut } = found;
    if index.records().is_empty() {
        return delete(storage, path).await;
    }
    if rejected > 0 {
        tracing::warn!(file = ?path.file_name(), rejected, "records at the end of a file did not reach the disk whole");
        metrics::counter!("atipcam_recording_records_rejected").increment(rejected);
    }
    if let Some(length) = cut {
        let owned = path.to_owned();
        storage.disk().files(move |port| port.cut(&owned, length)).await.map_err(storage_error)?;
    }
    let (there, owned) = (index.records().last().map(|last| last.at().sealed()), path.to_owned());
    let tail =
        tokio::task::spawn_blocking(move || tail(&owned, there)).await.map_err(Error::internal)?.map_err(Error::internal)?;
    let mut open = OpenSegment::new(index, storage.id(), path.to_owned(), 0);
    open.tail = tail;
    file_segment(shared, &open, clean).await?;
    Ok(true)
}

/// When the camera's other files begin that do so within this one.
async fn begun_within(shared: &Shared, index: &SegmentIndex) -> Result<Vec<Timestamp>> {
    let (id, camera) = (index.header().segment, index.header().camera);
    let Some(span) = index.start().zip(index.end()).and_then(|(from, to)| TimeRange::new(from, to)) else {
        return Ok(Vec::new());
    };
    let rows = shared.store.segments(camera, span).await?.into_iter().filter(|row| row.id != id).map(|row| row.start);
    let open = shared.open.of(camera, span).into_iter().filter_map(|open| open.index.start());
    Ok(rows.chain(open).collect())
}

/// Nothing in it can be played.
async fn delete(storage: &Storage, path: &Path) -> Result<bool> {
    let path = path.to_owned();
    storage.disk().files(move |port| port.remove(&path)).await.map_err(storage_error)?;
    Ok(false)
}

/// `None` for a file that is no segment: nothing whole was ever in it. One of a format that is not known here stays.
async fn read_header(path: PathBuf) -> Result<Option<SegmentHeader>> {
    let read = move || {
        let file = std::fs::File::open(path)?;
        Ok((segment::read_at(&file, &(0..HEADER_LEN as u64))?, file.metadata()?.len()))
    };
    let read: io::Result<_> = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
    let (bytes, length) = read.map_err(Error::internal)?;
    match SegmentHeader::decode(&bytes) {
        Some(header) => Ok(Some(header)),
        None if is_newer(&bytes) => Err(Error::internal("a segment of another format than this version knows")),
        None if length > UNSYNCED_MAX => Err(Error::internal("a long file without the header of a segment")),
        None => Ok(None),
    }
}

/// The tag of the samples of a record that lies there. Blocks.
fn tail(path: &Path, sealed: Option<Range<u64>>) -> io::Result<Option<[u8; TAG_LEN]>> {
    let Some(sealed) = sealed else { return Ok(None) };
    let tag = segment::read_at(&std::fs::File::open(path)?, &(sealed.end - TAG_LEN as u64..sealed.end))?;
    Ok(tag.try_into().ok())
}

/// What is sound in a file.
struct Found {
    index: SegmentIndex,
    clean: bool,
    /// Records that were written, but did not reach the disk whole.
    rejected: u64,
    /// Where the file must end so that nobody meets what is not sound.
    cut: Option<u64>,
}

impl Found {
    /// Drops what another file that begins at `begin` has too: the very record that it begins with, and all behind it. Another one that
    /// only was taken then stays.
    fn end_before(&mut self, begin: Timestamp) {
        let Some(first) = self.index.records().iter().position(|record| record.start() == begin) else { return };
        self.index.truncate(first);
        self.clean = false;
        self.cut = self.index.records().last().map(|last| last.at().sealed().end);
    }
}

/// Reads a file and tries all that may not have been durable when the power went: a sync that did not happen may have taken any
/// block, also one in the midst of others. `None` where nothing is sound. Blocks.
fn look(path: &Path, key: &MediaKey) -> Result<Option<Found>> {
    let (file, Loaded { reader, index, clean, .. }) = match segment::load(path, key, None) {
        Ok(loaded) => loaded,
        Err(segment::ReadError::Segment(SegmentError::Empty)) => return Ok(None),
        // Its first record was still under way, or else the file was damaged, and a person should know.
        Err(segment::ReadError::Segment(SegmentError::Forged)) if length(path)? <= UNSYNCED_MAX => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let length = file.metadata().map_err(Error::internal)?.len();
    let mut scanner = SegmentScanner::new(length);
    while let Some(range) = scanner.wants() {
        scanner.feed(&segment::read_at(&file, &range).map_err(Error::internal)?).map_err(Error::internal)?;
    }
    let mut behind = 0;
    let first = index.records().iter().rposition(|record| {
        let sealed = record.at().sealed();
        behind += sealed.end - sealed.start;
        behind >= UNSYNCED_MAX
    });
    let mut sound = index.records().len();
    for (number, record) in index.records().iter().enumerate().skip(first.unwrap_or(0)) {
        let mut sealed = segment::read_at(&file, &record.at().sealed()).map_err(Error::internal)?;
        if reader.open_samples(&record.at(), &mut sealed).is_err() {
            sound = number;
            break;
        }
    }
    let whole = sound == index.records().len();
    let Some(last) = sound.checked_sub(1).and_then(|last| index.records().get(last)) else { return Ok(None) };
    let (end, clean) = (last.at().sealed().end, clean && whole);
    let rejected = scanner.records().len().saturating_sub(sound) as u64;
    let mut index = index;
    index.truncate(sound);
    Ok(Some(Found { index, clean, rejected, cut: (!clean && end < length).then_some(end) }))
}

fn length(path: &Path) -> Result<u64> {
    Ok(std::fs::metadata(path).map_err(Error::internal)?.len())
}
