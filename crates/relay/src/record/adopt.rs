//! Footage that a crash left unfiled is found, checked and put into the index.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use domain::{CameraId, Error, Origin, Result};
use media::record::{HEADER_LEN, SegmentHeader};
use policy::act::RecordCamera;

use super::OpenSegment;
use super::recorder::{BACKFILL_SUFFIX, OPEN_FOLDER, file_segment};
use super::retention::erase;
use crate::fleet::Shared;
use crate::segment;

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

async fn adopt_open(shared: &Shared) {
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
    let header = read_header(path.to_owned()).await?;
    let key = match header {
        None => None,
        Some(header) => match shared.permit::<RecordCamera>(header.camera).await {
            Ok(permit) => shared.store.media_key_by_id(&permit, header.key).await?,
            Err(error) if error.kind() == domain::Kind::NotFound => None,
            Err(error) => return Err(error),
        },
    };
    let Some(key) = key else {
        tokio::fs::remove_file(path).await.map_err(Error::internal)?;
        return Ok(false);
    };
    let (name, owned) = (path.to_owned(), path.to_owned());
    let loaded = tokio::task::spawn_blocking(move || segment::load(&name, &key)).await.map_err(Error::internal)?;
    let (_, loaded) = match loaded {
        Ok(loaded) => loaded,
        Err(segment::ReadError::Segment(media::record::SegmentError::Empty)) => {
            tokio::fs::remove_file(path).await.map_err(Error::internal)?;
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let fetched = owned.file_name().is_some_and(|name| name.as_encoded_bytes().ends_with(BACKFILL_SUFFIX.as_bytes()));
    let origin = if fetched { Origin::Backfill } else { Origin::Live };
    file_segment(shared, &OpenSegment { index: loaded.index, path: owned, bytes: 0 }, loaded.clean, origin).await?;
    Ok(true)
}

/// `None` for a file that is no segment: nothing whole was ever in it.
async fn read_header(path: PathBuf) -> Result<Option<SegmentHeader>> {
    let read = move || {
        let file = std::fs::File::open(path)?;
        segment::read_at(&file, &(0..HEADER_LEN as u64))
    };
    let bytes = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?.map_err(Error::internal)?;
    Ok(SegmentHeader::decode(&bytes))
}
