//! A segment moves from one storage to the next, and can be played all the while.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use domain::{Error, Result};
use store::SegmentRow;

use super::file::storage_error;
use super::storages::{Health, Storage};
use crate::fleet::Shared;

/// Copies the file, makes that durable, lets the row say so, and only then deletes the first. Whoever reads it has it open, or looks
/// again where the row now points. After a crash in between there is one copy too many, which the next move overwrites.
pub(super) async fn move_to(shared: &Shared, row: &SegmentRow, from: &Arc<Storage>, to: &Arc<Storage>) -> Result<()> {
    to.recognized().await.map_err(storage_error)?;
    let (old, new) = (from.segment_path(row.camera, row.id), to.segment_path(row.camera, row.id));
    let copied = tokio::task::spawn_blocking({
        let (old, new) = (old.clone(), new.clone());
        move || copy(&old, &new)
    });
    match copied.await.map_err(Error::internal)? {
        Ok(()) => {}
        Err((Side::To, error)) => {
            to.found(Health::of(&error), shared.storages.clock());
            return Err(storage_error(error));
        }
        Err((Side::From, error)) => return Err(storage_error(error)),
    }
    shared.store.place_segment(row.id, to.id()).await?;
    // What is open keeps its room on the old disk.
    shared.opened.forget(row.id);
    match tokio::fs::remove_file(&old).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(storage_error(error)),
        _ => Ok(()),
    }
}

/// Which of the two failed.
enum Side {
    From,
    To,
}

fn copy(old: &Path, new: &Path) -> std::result::Result<(), (Side, io::Error)> {
    let mut source = File::open(old).map_err(|error| (Side::From, error))?;
    let length = source.metadata().map_err(|error| (Side::From, error))?.len();
    let write = || {
        let folder = new.parent().ok_or_else(|| io::Error::other("a segment needs a folder"))?;
        fs::create_dir_all(folder)?;
        let fresh = new.with_extension("part");
        let mut target = File::create(&fresh)?;
        let copied = io::copy(&mut source, &mut target)?;
        if copied != length {
            return Err(io::Error::other("the file has changed meanwhile"));
        }
        target.sync_all()?;
        fs::rename(&fresh, new)?;
        File::open(folder)?.sync_all()
    };
    let mut write = write;
    write().map_err(|error| {
        // A copy that is cut short is of no use and takes room.
        drop(fs::remove_file(new.with_extension("part")));
        (Side::To, error)
    })
}
