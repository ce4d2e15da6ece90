//! The one writer of a filesystem: appends in batches, makes them durable together.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use domain::SegmentId;
use domain::limits::{CAMERAS_MAX, COMMIT_INTERVAL};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval};

/// Appends that one batch takes at most. Each recorder has one under way, so a batch never holds more than all cameras'.
const BATCH_MAX: usize = CAMERAS_MAX;

/// What a recorder wants done, and where to say how it went.
#[derive(Debug)]
struct Command {
    file: SegmentId,
    work: Work,
    done: oneshot::Sender<io::Result<()>>,
}

#[derive(Debug)]
enum Work {
    Create { path: PathBuf, bytes: Vec<u8> },
    Append { bytes: Vec<u8> },
    Close { bytes: Vec<u8> },
}

/// A handle on the writer task. The task ends, with everything durable, when the last handle is gone.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    commands: mpsc::Sender<Command>,
}

impl Disk {
    /// Starts the writer of one filesystem. Must be called within a runtime.
    pub(crate) fn start() -> Self {
        let (commands, queue) = mpsc::channel(CAMERAS_MAX);
        tokio::spawn(run(queue));
        Self { commands }
    }

    /// Creates a segment file; it must not exist. Resolves once written, before it is durable.
    pub(crate) async fn create(&self, file: SegmentId, path: PathBuf, bytes: Vec<u8>) -> io::Result<()> {
        self.send(file, Work::Create { path, bytes }).await
    }

    /// Appends to an open segment file. Resolves once written; durable within one commit interval.
    pub(crate) async fn append(&self, file: SegmentId, bytes: Vec<u8>) -> io::Result<()> {
        self.send(file, Work::Append { bytes }).await
    }

    /// Appends the last bytes and closes the file. Resolves once everything in it is durable.
    pub(crate) async fn close(&self, file: SegmentId, bytes: Vec<u8>) -> io::Result<()> {
        self.send(file, Work::Close { bytes }).await
    }

    async fn send(&self, file: SegmentId, work: Work) -> io::Result<()> {
        let gone = || io::Error::other("the disk writer has ended");
        let (done, outcome) = oneshot::channel();
        self.commands.send(Command { file, work, done }).await.map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }
}

async fn run(mut queue: mpsc::Receiver<Command>) {
    let mut files = Files::default();
    let mut commit = interval(COMMIT_INTERVAL);
    commit.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut batch = Vec::new();
        let due = tokio::select! {
            taken = queue.recv_many(&mut batch, BATCH_MAX) => taken == 0,
            _ = commit.tick() => true,
        };
        let last = batch.is_empty() && queue.is_closed() && queue.is_empty();
        let round = tokio::task::spawn_blocking(move || {
            for command in batch {
                let outcome = files.apply(command.file, command.work);
                // A recorder that no longer listens has ended; the bytes are written all the same.
                let _ = command.done.send(outcome);
            }
            if due {
                files.commit();
            }
            files
        });
        match round.await {
            Ok(back) => files = back,
            // The runtime ends, and every recorder has ended before it.
            Err(error) if error.is_cancelled() => return,
            Err(error) => {
                tracing::error!(%error, "the disk writer failed; open segments are given up");
                files = Files::default();
            }
        }
        if last {
            return;
        }
    }
}

/// The open files of one filesystem. All methods block.
#[derive(Debug, Default)]
struct Files {
    open: HashMap<SegmentId, Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    dirty: bool,
}

impl Files {
    /// A file with a failed write is closed at once: what follows must go to a new one.
    fn apply(&mut self, id: SegmentId, work: Work) -> io::Result<()> {
        let outcome = match work {
            Work::Create { path, bytes } => create(&path).and_then(|mut file| {
                file.write_all(&bytes)?;
                self.open.insert(id, Open { file, dirty: true });
                Ok(())
            }),
            Work::Append { bytes } => self.write(id, &bytes),
            Work::Close { bytes } => self.write(id, &bytes).and_then(|()| match self.open.remove(&id) {
                Some(open) => open.file.sync_data(),
                None => Ok(()),
            }),
        };
        if outcome.is_err() {
            self.open.remove(&id);
        }
        outcome
    }

    fn write(&mut self, id: SegmentId, bytes: &[u8]) -> io::Result<()> {
        let open = self.open.get_mut(&id).ok_or_else(|| io::Error::other("the segment was given up"))?;
        open.dirty = true;
        open.file.write_all(bytes)
    }

    /// Makes everything written so far durable. A file whose sync failed is given up: retrying a failed sync would
    /// report success for pages that the kernel has dropped.
    fn commit(&mut self) {
        self.open.retain(|id, open| {
            if !std::mem::take(&mut open.dirty) {
                return true;
            }
            match open.file.sync_data() {
                Ok(()) => true,
                Err(error) => {
                    tracing::error!(segment = %id, %error, "footage could not be made durable");
                    false
                }
            }
        });
    }
}

/// Creates a file and makes its name durable.
fn create(path: &Path) -> io::Result<File> {
    let folder = path.parent().ok_or_else(|| io::Error::other("a segment needs a folder"))?;
    std::fs::create_dir_all(folder)?;
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_appended_is_there_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::start();
        let (id, path) = (SegmentId::random(), folder.path().join("camera/a.seg"));
        disk.create(id, path.clone(), b"one ".to_vec()).await.unwrap();
        disk.append(id, b"two ".to_vec()).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one two ");
        disk.close(id, b"three".to_vec()).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one two three");
    }

    #[tokio::test]
    async fn a_file_is_never_written_again_after_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::start();
        let (id, path) = (SegmentId::random(), folder.path().join("a.seg"));
        disk.create(id, path.clone(), b"x".to_vec()).await.unwrap();
        assert!(disk.create(id, path.clone(), b"y".to_vec()).await.is_err(), "it exists already");
        assert!(disk.append(id, b"z".to_vec()).await.is_err(), "given up");
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
    }
}
