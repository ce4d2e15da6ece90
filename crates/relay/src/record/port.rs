//! A recorder's way to its disk: few calls, each of which may fail, so that a test can put a disk behind them that does.
//!
//! Nothing here tries again: whoever writes footage decides what a failure costs.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A filesystem with footage. All calls block.
pub(crate) trait Port: fmt::Debug + Send + Sync {
    /// Makes a folder where it is missing, and those above it; says whether it was missing. Its name is not durable yet.
    fn make_folder(&self, folder: &Path) -> io::Result<bool>;

    /// Makes the names in a folder durable.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Creates a file, which must not exist, to append to. Neither its name nor its bytes are durable yet.
    fn create(&self, path: &Path) -> io::Result<Box<dyn PortFile>>;

    /// Shortens a file for good: the new length is durable.
    fn cut(&self, path: &Path, length: u64) -> io::Result<()>;

    /// Gives a file another name, at once or not at all. Not durable yet.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Deletes a file. Not durable yet.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Bytes of a file.
    fn length(&self, path: &Path) -> io::Result<u64>;

    /// Bytes that this process may still write to the filesystem of `folder`.
    fn free(&self, folder: &Path) -> io::Result<u64>;
}

/// A file that is appended to.
pub(crate) trait PortFile: Write + fmt::Debug + Send {
    /// Makes the file's bytes durable. A failure is told once, and its bytes are lost: asking again would be told of success.
    fn sync(&self) -> io::Result<()>;

    /// Makes everything durable that was written to the file's filesystem.
    fn sync_filesystem(&self) -> io::Result<()>;
}

/// The system's own filesystems.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Local;

impl Port for Local {
    fn make_folder(&self, folder: &Path) -> io::Result<bool> {
        match fs::create_dir(folder) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(folder).map(|()| true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn PortFile>> {
        Ok(Box::new(OpenOptions::new().write(true).create_new(true).open(path)?))
    }

    fn cut(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(fs::metadata(path)?.len())
    }

    fn free(&self, folder: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(folder)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

impl PortFile for File {
    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn sync_filesystem(&self) -> io::Result<()> {
        Ok(rustix::fs::syncfs(self)?)
    }
}

/// Makes a folder where it is missing, with a name that is durable. A file's durable name is worth nothing in a folder that a
/// power cut takes.
pub(crate) fn make_folder(port: &dyn Port, folder: &Path) -> io::Result<()> {
    if port.make_folder(folder)?
        && let Some(above) = folder.parent()
    {
        port.sync_folder(above)?;
    }
    Ok(())
}
