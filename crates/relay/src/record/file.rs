//! How a segment that takes nothing more gets into the index and into its camera's folder.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use domain::{CameraId, Error, Kind, Result, SegmentId};
use store::SegmentRow;

use super::OpenSegment;
use super::disk::{Answer, outcome};
use super::port::make_folder;
use super::storages::{Health, Storage};
use crate::fleet::Shared;

/// Puts a segment into the index, then into its camera's folder. After a crash between the two, the next start finds the
/// file among the open ones and moves it.
pub(super) async fn file_segment(shared: &Shared, open: &OpenSegment, clean: bool) -> Result<()> {
    let header = *open.index.header();
    let storage = shared.storages.get(open.storage).ok_or_else(|| Health::Missing.error())?;
    // Without its marker the folder is another disk's.
    storage.recognized().await.map_err(storage_error)?;
    let Some((start, end)) = open.index.start().zip(open.index.end()) else {
        // Not one record: there is nothing to keep. The file may never have been made.
        let path = open.path.clone();
        return match storage.disk().files(move |port| port.remove(&path)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(storage_error(error)),
            _ => Ok(()),
        };
    };
    let path = open.path.clone();
    let there = storage.disk().files(move |port| port.length(&path)).await.map_err(storage_error)?;
    // What lies behind the last durable record of a file that failed is in another file, too.
    let bytes = if clean { there } else { open.valid_bytes(there) };
    let (id, camera, stream, key) = (header.segment, header.camera, header.stream, header.key);
    let has_audio = open.index.has_audio();
    if shared.store.segment(id).await?.is_none() {
        let row = SegmentRow {
            id,
            camera,
            stream,
            key,
            start,
            end,
            bytes,
            has_audio,
            clean,
            storage: storage.id(),
            class: header.class,
            origin: header.origin,
            previous: header.previous.map(|previous| previous.segment),
            tail: open.tail,
        };
        shared.store.add_segment(row).await?;
    }
    put_in_place(storage, camera, id, open.path.clone()).await
}

/// Moves a segment that is in the index into its camera's folder.
pub(super) async fn put_in_place(storage: &Storage, camera: CameraId, id: SegmentId, from: PathBuf) -> Result<()> {
    let to = storage.segment_path(camera, id);
    let moved = storage.disk().files(move |port| {
        if let Some(folder) = to.parent() {
            make_folder(port, folder)?;
        }
        port.rename(&from, &to)
    });
    moved.await.map_err(storage_error)
}

/// Ends a file that failed, once its disk has answered; not before, for a disk that hung writes all that it was sent when it
/// comes back.
pub(super) async fn give_up(shared: Shared, storage: Arc<Storage>, id: SegmentId, mut closed: Answer) {
    drop(outcome(&mut closed).await);
    end_failed(&shared, &storage, id).await;
}

/// Cuts off what is behind the last durable record of a file that failed, where the disk lets it, and puts the rest into the index.
pub(super) async fn end_failed(shared: &Shared, storage: &Arc<Storage>, id: SegmentId) {
    let Some(open) = shared.open.get(id) else { return };
    let (path, length, there) = (open.path.clone(), open.valid_bytes(u64::MAX), Arc::clone(storage));
    let cut = storage.disk().files(move |port| {
        there.recognize()?;
        if port.length(&path)? > length { port.cut(&path, length) } else { Ok(()) }
    });
    if let Err(error) = cut.await {
        tracing::debug!(segment = %id, %error, "the end of a file that failed stays");
    }
    match file_segment(shared, &open, false).await {
        Ok(()) => drop(shared.open.end(id)),
        Err(error) => {
            tracing::warn!(segment = %id, %error, "a segment that failed is filed when its storage is well again");
            shared.open.leave(id);
        }
    }
}

pub(super) fn storage_error(error: io::Error) -> Error {
    let health = Health::of(&error);
    Error::new(Kind::Unavailable, health.code(), health.error().detail().to_owned()).with_source(error)
}
