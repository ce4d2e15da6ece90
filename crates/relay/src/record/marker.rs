//! A storage's marker: by it a disk that is mounted is told from the empty folder where it is not.
//!
//! The marker lies in the storage's folder. Beside the databases the server notes which folders had one, and which: where a folder
//! that had one has none, nothing is written, for that would fill the disk below it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use domain::StorageId;

/// The marker's name.
pub(super) const MARKER: &str = ".atipcam-storage";

/// The folder of the notes' own storage, in the notes.
const OWN: &str = "segments";

/// What the marker says to people.
const TEXT: &str = "# Footage of a video server lies here. Without this file the server takes the disk for absent.\n";

/// A marker or a list of them is a few lines; what is longer is none.
const BYTES_MAX: u64 = 64 * 1024;

/// Which folders had a marker. Blocks.
#[derive(Debug)]
pub(super) struct Notes {
    file: PathBuf,
    known: Vec<Note>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    id: StorageId,
    /// The folder was a mount point.
    mounted: bool,
    folder: PathBuf,
}

impl Notes {
    /// Reads the notes; none where there is no file.
    pub(super) fn read(file: PathBuf) -> io::Result<Self> {
        let text = match short(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let known = text.lines().filter_map(note).collect();
        Ok(Self { file, known })
    }

    /// The marker of a folder: the one that it has, or a new one where it never had any.
    ///
    /// `NotFound` where it had one, and has not: then it is not what it was. The server's own folder is made with the data
    /// directory; where it never was a mount point, somebody has emptied it, and it gets its marker again.
    pub(super) fn enrol(&mut self, folder: &Path, own: bool) -> io::Result<StorageId> {
        let named = if own { Path::new(OWN) } else { folder };
        let before = self.known.iter().find(|note| note.folder == named).cloned();
        let id = match (look(folder), &before) {
            (Ok(id), _) => id,
            (Err(error), Some(note)) if error.kind() == io::ErrorKind::NotFound => {
                if !own || note.mounted {
                    return Err(error);
                }
                mark(folder, note.id)?;
                note.id
            }
            (Err(error), None) if error.kind() == io::ErrorKind::NotFound => {
                if !own {
                    fs::create_dir_all(folder)?;
                }
                let id = StorageId::random();
                mark(folder, id)?;
                id
            }
            (Err(error), _) => return Err(error),
        };
        let note = Note { id, mounted: is_mount_point(folder), folder: named.to_owned() };
        if before.as_ref() != Some(&note) {
            self.known.retain(|known| known.folder != note.folder);
            self.known.push(note);
            self.write()?;
        }
        Ok(id)
    }

    /// The id that a folder had when it was last seen.
    pub(super) fn id_of(&self, folder: &Path, own: bool) -> Option<StorageId> {
        let named = if own { Path::new(OWN) } else { folder };
        self.known.iter().find(|note| note.folder == named).map(|note| note.id)
    }

    fn write(&self) -> io::Result<()> {
        let mut text =
            String::from("# Where footage is kept: id, kind, folder. A line that is taken out makes its folder a new one.\n");
        for Note { id, mounted, folder } in &self.known {
            let kind = if *mounted { "mount" } else { "folder" };
            text.push_str(&format!("{id} {kind} {}\n", folder.display()));
        }
        let fresh = self.file.with_extension("new");
        let mut file = File::create(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &self.file)
    }
}

fn note(line: &str) -> Option<Note> {
    let mut words = line.splitn(3, ' ');
    let (id, kind, folder) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
    Some(Note { id, mounted: kind == "mount", folder: folder.into() })
}

/// The id in a folder's marker. Blocks.
pub(super) fn look(folder: &Path) -> io::Result<StorageId> {
    let text = short(&folder.join(MARKER))?;
    let id = text.lines().find_map(|line| line.parse().ok());
    id.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the storage's marker holds no id"))
}

fn mark(folder: &Path, id: StorageId) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(folder.join(MARKER))?;
    file.write_all(format!("{TEXT}{id}\n").as_bytes())?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

fn is_mount_point(folder: &Path) -> bool {
    let above = folder.parent().map(fs::metadata);
    matches!((fs::metadata(folder), above), (Ok(own), Some(Ok(above))) if own.dev() != above.dev())
}

fn short(file: &Path) -> io::Result<String> {
    if fs::metadata(file)?.len() > BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "longer than it may be"));
    }
    fs::read_to_string(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_its_id_and_one_that_lost_its_marker_is_absent() {
        let dir = tempfile::tempdir().unwrap();
        let (file, disk) = (dir.path().join("storages"), dir.path().join("disk"));
        let id = Notes::read(file.clone()).unwrap().enrol(&disk, false).unwrap();
        let mut notes = Notes::read(file.clone()).unwrap();
        assert_eq!((notes.enrol(&disk, false).unwrap(), look(&disk).unwrap()), (id, id));

        fs::rename(disk.join(MARKER), dir.path().join("elsewhere")).unwrap();
        assert_eq!(notes.enrol(&disk, false).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(!disk.join(MARKER).exists() && notes.id_of(&disk, false) == Some(id));
        fs::remove_dir_all(&disk).unwrap();
        assert_eq!(notes.enrol(&disk, false).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(!disk.exists(), "nothing is made where a disk was mounted");

        // The disk comes back at another place, as itself.
        let moved = dir.path().join("moved");
        fs::create_dir(&moved).unwrap();
        fs::rename(dir.path().join("elsewhere"), moved.join(MARKER)).unwrap();
        assert_eq!(notes.enrol(&moved, false).unwrap(), id);
    }

    #[test]
    fn the_servers_own_folder_gets_its_marker_again_unless_it_was_a_mount_point() {
        let dir = tempfile::tempdir().unwrap();
        let (file, own) = (dir.path().join("storages"), dir.path().join("segments"));
        fs::create_dir(&own).unwrap();
        let id = Notes::read(file.clone()).unwrap().enrol(&own, true).unwrap();
        fs::remove_file(own.join(MARKER)).unwrap();
        assert_eq!(Notes::read(file.clone()).unwrap().enrol(&own, true).unwrap(), id);
        fs::remove_file(own.join(MARKER)).unwrap();
        fs::write(&file, fs::read_to_string(&file).unwrap().replace(" folder ", " mount ")).unwrap();
        assert_eq!(Notes::read(file).unwrap().enrol(&own, true).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn what_is_no_marker_is_no_id() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "# nothing\n", "00000000-0000", &"x".repeat(70_000)] {
            fs::write(dir.path().join(MARKER), text).unwrap();
            assert_eq!(look(dir.path()).unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }
}
