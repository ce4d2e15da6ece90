//! What a camera's next segment follows (docs/segment-format.md, "The chain across segments").

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use domain::{CameraId, Error, Origin, Result, StreamName};
use media::record::Previous;
use policy::act::RecordCamera;
use store::SegmentRow;

use super::adopt::begin;
use crate::fleet::Shared;
use crate::segment;

/// The end of a camera's chain, as its recorder knows it.
#[derive(Debug, Default)]
pub(super) enum Chain {
    /// Not asked for since the start.
    #[default]
    Unread,
    Ends(Option<Previous>),
}

impl Chain {
    /// What the next segment follows: the file before it in this run, or else the camera's newest.
    pub(super) async fn end(&mut self, shared: &Shared, camera: CameraId, stream: StreamName) -> Option<Previous> {
        if let Self::Ends(end) = self {
            return *end;
        }
        let end = newest(shared, camera, stream).await.unwrap_or_else(|error| {
            // Footage comes first: a chain that begins anew says no less than one that was never there.
            tracing::warn!(%camera, %error, "the newest footage cannot be read: what follows is chained to nothing");
            None
        });
        *self = Self::Ends(end);
        end
    }

    /// The file before ended so; without a tail it has no record, and what came before it is the end.
    pub(super) fn follow(&mut self, file: Option<Previous>) {
        if file.is_some() {
            *self = Self::Ends(file);
        }
    }
}

/// The camera's newest segment: by its row, or by its file where the index does not know yet.
async fn newest(shared: &Shared, camera: CameraId, stream: StreamName) -> Result<Option<Previous>> {
    let row = shared.store.newest_segment(camera, stream).await?;
    match row {
        Some(SegmentRow { id, tail: Some(tail), .. }) if shared.store.index_is_complete().await? => {
            Ok(Some(Previous { segment: id, tail }))
        }
        Some(row) if shared.store.index_is_complete().await? => match shared.storages.segment_path(row.storage, camera, row.id) {
            Ok(path) => end_of(shared, camera, stream, path).await,
            Err(_) => Ok(None),
        },
        _ => {
            let there = shared.storages.all().iter().filter(|storage| storage.is_there());
            let folders: Vec<PathBuf> = there.map(|storage| storage.folder().join(camera.to_string())).collect();
            let newest = move || newest_file(&folders, camera, stream);
            let newest = tokio::task::spawn_blocking(newest).await.map_err(Error::internal)?;
            match newest {
                Some(path) => end_of(shared, camera, stream, path).await,
                None => Ok(None),
            }
        }
    }
}

/// The live file that was changed last, and with it written last: files are not touched once they are closed. Of those that were
/// closed between two ticks of the disk's clock, the one that begins last. Blocks.
fn newest_file(folders: &[PathBuf], camera: CameraId, stream: StreamName) -> Option<PathBuf> {
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().filter_map(|entry| entry.ok());
    let dated = entries.filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())));
    let mut files: Vec<(SystemTime, PathBuf)> = dated.collect();
    files.sort_unstable_by(|one, other| other.cmp(one));
    let is_live = |path: &Path| {
        let header = segment::header(path).ok().flatten();
        header.is_some_and(|header| (header.camera, header.stream, header.origin) == (camera, stream, Origin::Live))
    };
    let newest = files.iter().find(|(_, path)| is_live(path))?.0;
    let at_once = files.into_iter().take_while(|(at, _)| *at >= newest).filter(|(at, path)| *at == newest && is_live(path));
    at_once.map(|(_, path)| (begin(&path), path)).max().map(|(_, path)| path)
}

/// A file's own word of how it ends. None for one of another stream, or that came from the camera afterwards.
async fn end_of(shared: &Shared, camera: CameraId, stream: StreamName, path: PathBuf) -> Result<Option<Previous>> {
    let read = {
        let path = path.clone();
        move || segment::header(&path)
    };
    let Some(header) = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?.map_err(Error::internal)? else {
        return Ok(None);
    };
    if header.camera != camera || header.stream != stream || header.origin != Origin::Live {
        return Ok(None);
    }
    let permit = shared.permit::<RecordCamera>(camera).await?;
    let Some(key) = shared.store.media_key_by_id(&permit, header.key).await? else { return Ok(None) };
    let loaded = tokio::task::spawn_blocking(move || segment::load(&path, &key, None)).await.map_err(Error::internal)?;
    Ok(Some(Previous { segment: header.segment, tail: loaded?.1.tail }))
}
