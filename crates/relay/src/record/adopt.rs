//! Footage that a crash left unfiled is found, checked and put into the index.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use domain::limits::RECORDER_PENDING_BYTES_MAX;
use domain::{CameraId, Error, Kind, Result};
use media::record::{HEADER_LEN, Loaded, MediaKey, SegmentError, SegmentHeader, SegmentIndex, SegmentScanner, is_segment};
use policy::act::RecordCamera;

use super::OpenSegment;
use super::recorder::{OPEN_FOLDER, file_segment, put_in_place, storage_error};
use super::retention::erase;
use crate::fleet::Shared;
use crate::segment;

/// What may have been written to a file and not be durable: what was under way. A longer record is under way by itself, and
/// then is the last.
const UNSYNCED_MAX: u64 = RECORDER_PENDING_BYTES_MAX as u64;

/// Files every segment that was open when the process ended, and deletes the footage of cameras that were removed
/// meanwhile. Call before the first recorder starts.
pub(crate) async fn adopt(shared: &Shared) {
    adopt_open(shared).await;
    if let Err(error) = delete_orphans(shared).await {
        tracing::error!(%error, "footage of removed cameras cannot be deleted; its keys are gone");
    }
}

/// A removal that was cut off by a crash has destroyed the keys; here the files follow.
async fn delete_orphans(shared: &Shared) -> Result<()> {
    let known: HashSet<CameraId> = shared.store.cameras().await?.into_iter().map(|row| row.id).collect();
    let mut folders = tokio::fs::read_dir(shared.store.segments_dir()).await.map_err(Error::internal)?;
    while let Some(entry) = folders.next_entry().await.map_err(Error::internal)? {
        let camera = entry.file_name().to_str().and_then(|name| name.parse::<CameraId>().ok());
        if let Some(camera) = camera.filter(|camera| !known.contains(camera)) {
            erase(shared, camera).await?;
        }
    }
    Ok(())
}

pub(super) async fn adopt_open(shared: &Shared) {
    let folder = shared.store.segments_dir().join(OPEN_FOLDER);
    let mut entries = match tokio::fs::read_dir(&folder).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return tracing::error!(%error, "unfinished footage cannot be listed"),
    };
    loop {
        match entries.next_entry().await {
            Ok(Some(entry)) => adopt_one(shared, &entry.path()).await,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "unfinished footage cannot be listed"),
        }
    }
}

async fn adopt_one(shared: &Shared, path: &Path) {
    match try_adopt(shared, path).await {
        Ok(true) => tracing::info!(file = ?path.file_name(), "unfinished footage was adopted"),
        Ok(false) => tracing::info!(file = ?path.file_name(), "unfinished footage held nothing that can be played"),
        // It stays where it is, for a person to look at.
        Err(error) => tracing::error!(file = ?path.file_name(), %error, "unfinished footage cannot be adopted"),
    }
}

/// Whether there was something to adopt. A file whose camera or key is gone is deleted.
async fn try_adopt(shared: &Shared, path: &Path) -> Result<bool> {
    let Some(header) = read_header(path.to_owned()).await? else { return delete(shared, path).await };
    let key = match shared.permit::<RecordCamera>(header.camera).await {
        Ok(permit) => shared.store.media_key_by_id(&permit, header.key).await?,
        Err(error) if error.kind() == Kind::NotFound => None,
        Err(error) => return Err(error),
    };
    let Some(key) = key else { return delete(shared, path).await };
    // It was filed, which nothing is before it is durable; all that is missing is its move.
    if shared.store.segment(header.segment).await?.is_some() {
        return put_in_place(shared, header.camera, header.segment, path.to_owned()).await.map(|()| true);
    }
    let owned = path.to_owned();
    let found = tokio::task::spawn_blocking(move || look(&owned, &key)).await.map_err(Error::internal)??;
    let Some(Found { index, clean, rejected, cut }) = found else { return delete(shared, path).await };
    if rejected > 0 {
        tracing::warn!(file = ?path.file_name(), rejected, "records at the end of a file did not reach the disk whole");
        metrics::counter!("atipcam_recording_records_rejected").increment(rejected);
    }
    if let Some(length) = cut {
        let owned = path.to_owned();
        shared.disk.files(move |port| port.cut(&owned, length)).await.map_err(storage_error)?;
    }
    file_segment(shared, &OpenSegment { index, path: path.to_owned(), bytes: 0 }, clean).await?;
    Ok(true)
}

/// Nothing in it can be played.
async fn delete(shared: &Shared, path: &Path) -> Result<bool> {
    let path = path.to_owned();
    shared.disk.files(move |port| port.remove(&path)).await.map_err(storage_error)?;
    Ok(false)
}

/// `None` for a file that is no segment: nothing whole was ever in it. One of a format that is not known here stays.
async fn read_header(path: PathBuf) -> Result<Option<SegmentHeader>> {
    let read = move || {
        let file = std::fs::File::open(path)?;
        Ok((segment::read_at(&file, &(0..HEADER_LEN as u64))?, file.metadata()?.len()))
    };
    let read: std::io::Result<_> = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
    let (bytes, length) = read.map_err(Error::internal)?;
    match SegmentHeader::decode(&bytes) {
        Some(header) => Ok(Some(header)),
        None if bytes.len() == HEADER_LEN && is_segment(&bytes) => {
            Err(Error::internal("a segment of another format than this version knows"))
        }
        None if length > UNSYNCED_MAX => Err(Error::internal("a long file without the header of a segment")),
        None => Ok(None),
    }
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

/// Reads a file and tries all that may not have been durable when the power went: a sync that did not happen may have taken any
/// block, also one in the midst of others. `None` where nothing is sound. Blocks.
fn look(path: &Path, key: &MediaKey) -> Result<Option<Found>> {
    let (file, Loaded { reader, index, clean }) = match segment::load(path, key) {
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
