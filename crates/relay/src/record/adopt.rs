//! Footage that a crash left unfiled is found, checked and put into the index.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{CameraId, Error, Result, SegmentId};
use media::record::{HEADER_LEN, SegmentHeader};
use policy::act::RecordCamera;

use super::OpenSegment;
use super::file::{end_failed, file_segment};
use super::retention::erase;
use super::storages::{OPEN_FOLDER, Storage};
use crate::fleet::Shared;
use crate::segment;

/// Files every segment that was open when the process ended, and deletes the footage of cameras that were removed
/// meanwhile. Call before the first recorder starts.
pub(crate) async fn adopt(shared: &Shared) {
    for storage in shared.storages.all().iter().filter(|storage| storage.is_there()) {
        adopt_storage(shared, storage).await;
    }
}

/// The same with one storage: also when it comes back. What its recorders write meanwhile is left alone.
pub(super) async fn adopt_storage(shared: &Shared, storage: &Arc<Storage>) {
    for left in shared.open.left_on(storage.id()) {
        end_failed(shared, storage, left).await;
    }
    adopt_open(shared, storage).await;
    if let Err(error) = delete_orphans(shared, storage).await {
        tracing::error!(%error, "footage of removed cameras cannot be deleted; its keys are gone");
    }
}

/// A removal that was cut off by a crash, or that a storage did not see, has destroyed the keys; here the files follow. What
/// never was of this server is not touched.
async fn delete_orphans(shared: &Shared, storage: &Storage) -> Result<()> {
    let known: HashSet<CameraId> = shared.store.cameras().await?.into_iter().map(|row| row.id).collect();
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

async fn adopt_open(shared: &Shared, storage: &Storage) {
    let mut entries = match tokio::fs::read_dir(storage.folder().join(OPEN_FOLDER)).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => return tracing::error!(%error, "unfinished footage cannot be listed"),
    };
    loop {
        match entries.next_entry().await {
            Ok(Some(entry)) => adopt_one(shared, storage, &entry.path()).await,
            Ok(None) => return,
            Err(error) => return tracing::error!(%error, "unfinished footage cannot be listed"),
        }
    }
}

async fn adopt_one(shared: &Shared, storage: &Storage, path: &Path) {
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
async fn try_adopt(shared: &Shared, storage: &Storage, path: &Path) -> Result<bool> {
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
    let loaded = tokio::task::spawn_blocking(move || segment::load(&name, &key, None)).await.map_err(Error::internal)?;
    let (_, loaded) = match loaded {
        Ok(loaded) => loaded,
        Err(segment::ReadError::Segment(media::record::SegmentError::Empty)) => {
            tokio::fs::remove_file(path).await.map_err(Error::internal)?;
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    file_segment(shared, &OpenSegment::new(loaded.index, storage.id(), owned, 0), loaded.clean).await?;
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
