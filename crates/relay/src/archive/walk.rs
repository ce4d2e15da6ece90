//! Which files there are.

use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use domain::{CameraId, SegmentId};

use super::Root;

/// A file that is named like a segment, in a folder that is named like a camera. 64 bytes, for there may be a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) camera: CameraId,
    pub(super) segment: SegmentId,
    /// Which of the roots.
    pub(super) root: u16,
    pub(super) bytes: u64,
    /// When it was last written to: when it was closed, or a crash ended it.
    pub(super) modified: SystemTime,
}

impl Found {
    /// Where it lies.
    pub(super) fn path(&self, roots: &[Root]) -> PathBuf {
        let dir = roots.get(usize::from(self.root)).map(|root| root.dir.as_path()).unwrap_or_else(|| Path::new(""));
        dir.join(self.camera.to_string()).join(format!("{}.seg", self.segment))
    }
}

/// What lies in the folders of footage.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) files: Vec<Found>,
    /// What lies in cameras' folders and is named like no segment.
    pub(super) strange: Vec<PathBuf>,
}

/// Lists all roots. Folders that are named like no camera are not looked into: what is being written lies in one. Blocks.
pub(super) fn list(roots: &[Root]) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for (number, root) in (0_u16..).zip(roots) {
        for entry in fs::read_dir(&root.dir).map_err(|error| at(&root.dir, &error))? {
            let entry = entry?;
            let camera = entry.file_name().to_str().and_then(|name| name.parse::<CameraId>().ok());
            if let Some(camera) = camera {
                list_camera(&entry.path(), camera, number, &mut listing)?;
            }
        }
    }
    Ok(listing)
}

fn list_camera(folder: &Path, camera: CameraId, root: u16, listing: &mut Listing) -> io::Result<()> {
    for entry in fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let entry = entry?;
        let about = match entry.metadata() {
            Ok(about) => about,
            // Retention took it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(at(&entry.path(), &error)),
        };
        match segment_of(&entry).filter(|_| about.is_file()) {
            Some(segment) => listing.files.push(found(camera, segment, root, &about)),
            None => listing.strange.push(entry.path()),
        }
    }
    Ok(())
}

fn segment_of(entry: &DirEntry) -> Option<SegmentId> {
    entry.file_name().to_str()?.strip_suffix(".seg")?.parse().ok()
}

fn found(camera: CameraId, segment: SegmentId, root: u16, about: &Metadata) -> Found {
    Found { camera, segment, root, bytes: about.len(), modified: about.modified().unwrap_or(SystemTime::UNIX_EPOCH) }
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
