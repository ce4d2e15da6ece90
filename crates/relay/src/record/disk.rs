//! The one writer of a filesystem: what waits is written and made durable together.
//!
//! While one round writes and syncs, further commands queue up; they are the next round. A slow disk thus gets larger rounds with
//! fewer syncs, an idle one is left alone. Many recorders look at their cameras all at once: a round waits a moment for what all send.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::SegmentId;
use domain::limits::CAMERAS_MAX;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::durable::{Syncing, WHOLE_FROM};
use super::port::{Local, Port, PortFile, make_folder};

/// Commands that one round takes at most: two seconds of all cameras' fragments, so that even after a stall nobody waits
/// for everything that queued up to be written before the first byte of it is durable.
const ROUND_MAX: usize = 4 * CAMERAS_MAX;

/// How long a round of many files waits from its first command on: as long as it takes to seal what a hundred cameras sent.
const GATHER: Duration = Duration::from_millis(5);

/// Tells how a command went.
pub(crate) type Answer = oneshot::Receiver<io::Result<()>>;

/// What a recorder wants done, and where to say how it went.
#[derive(Debug)]
struct Command {
    file: SegmentId,
    work: Work,
    since: Instant,
    done: oneshot::Sender<io::Result<()>>,
}

#[derive(Debug)]
enum Work {
    Create { path: PathBuf, bytes: Vec<u8>, after: Option<SegmentId> },
    Append { bytes: Vec<u8> },
    Close { bytes: Vec<u8> },
}

/// A handle on the writer task. The task ends, with everything durable, when the last handle is gone.
///
/// Commands never wait for room: who sends them bounds what it has under way. They are done in the order in which they were
/// sent, and answered once their bytes are durable; an answer that is closed means that their round failed.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    commands: mpsc::UnboundedSender<Command>,
    port: Arc<dyn Port>,
}

impl Disk {
    /// Starts the writer of one filesystem. Must be called within a runtime.
    pub(crate) fn start() -> Self {
        Self::with(Arc::new(Local), GATHER, |_| ())
    }

    /// At a port of its own, and rounds begin at once; `before` hears in the round's own thread how many commands it has, before it
    /// does them.
    #[cfg(test)]
    pub(super) fn on(port: Arc<dyn Port>, before: impl Fn(usize) + Send + Sync + 'static) -> Self {
        Self::with(port, Duration::ZERO, before)
    }

    fn with(port: Arc<dyn Port>, gather: Duration, before: impl Fn(usize) + Send + Sync + 'static) -> Self {
        let (commands, queue) = mpsc::unbounded_channel();
        tokio::spawn(run(queue, Files::new(Arc::clone(&port)), gather, Arc::new(before)));
        Self { commands, port }
    }

    /// Does something with the disk's files beside the rounds: what is not appended to any more.
    pub(super) async fn files<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Port) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let port = Arc::clone(&self.port);
        tokio::task::spawn_blocking(move || work(&*port)).await.map_err(io::Error::other)?
    }

    /// Creates a segment file; it must not exist. Nothing of it is written before what was sent of the one `after` which it comes
    /// is durable: a power cut takes the end of what there is, and nothing from its midst.
    pub(crate) fn create(&self, file: SegmentId, path: PathBuf, bytes: Vec<u8>, after: Option<SegmentId>) -> Answer {
        self.send(file, Work::Create { path, bytes, after })
    }

    /// Appends to an open segment file.
    pub(crate) fn append(&self, file: SegmentId, bytes: Vec<u8>) -> Answer {
        self.send(file, Work::Append { bytes })
    }

    /// Appends the last bytes and closes the file.
    pub(crate) fn close(&self, file: SegmentId, bytes: Vec<u8>) -> Answer {
        self.send(file, Work::Close { bytes })
    }

    fn send(&self, file: SegmentId, work: Work) -> Answer {
        let (done, answer) = oneshot::channel();
        // A writer that has ended drops the command, which closes the answer.
        drop(self.commands.send(Command { file, work, since: Instant::now(), done }));
        answer
    }
}

/// What an answer says, once it is there.
pub(crate) async fn outcome(answer: &mut Answer) -> io::Result<()> {
    answer.await.map_err(|_| gone())?
}

/// What an answer says, if it is there.
pub(crate) fn try_outcome(answer: &mut Answer) -> Option<io::Result<()>> {
    match answer.try_recv() {
        Ok(outcome) => Some(outcome),
        Err(oneshot::error::TryRecvError::Empty) => None,
        Err(oneshot::error::TryRecvError::Closed) => Some(Err(gone())),
    }
}

fn gone() -> io::Error {
    io::Error::other("the disk writer failed")
}

async fn run(
    mut queue: mpsc::UnboundedReceiver<Command>,
    mut files: Files,
    gather: Duration,
    before: Arc<dyn Fn(usize) + Send + Sync>,
) {
    let port = Arc::clone(&files.port);
    loop {
        let Some(first) = queue.recv().await else { return };
        if files.open.len() >= WHOLE_FROM && !gather.is_zero() {
            tokio::time::sleep(gather).await;
        }
        let mut batch = vec![first];
        while batch.len() < ROUND_MAX
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        let before = Arc::clone(&before);
        let round = tokio::task::spawn_blocking(move || {
            before(batch.len());
            files.round(batch);
            files
        });
        files = match round.await {
            Ok(files) => files,
            // The runtime ends, and every recorder has ended before it.
            Err(error) if error.is_cancelled() => return,
            Err(error) => {
                // Its answers are closed and its files given up: the recorders say what is lost, and begin new ones.
                tracing::error!(%error, "a round of the disk writer failed");
                Files::new(Arc::clone(&port))
            }
        };
    }
}

/// The open files of one filesystem. All methods block.
#[derive(Debug)]
struct Files {
    port: Arc<dyn Port>,
    open: HashMap<SegmentId, Open>,
    /// Folders with names that are not durable yet, and whose.
    named: HashMap<PathBuf, Vec<SegmentId>>,
    syncing: Syncing,
}

#[derive(Debug)]
struct Open {
    file: Box<dyn PortFile>,
    folder: PathBuf,
    dirty: bool,
    /// Takes nothing more: it was closed, or a write failed. What was written before is made durable all the same.
    over: bool,
}

impl Files {
    fn new(port: Arc<dyn Port>) -> Self {
        Self { port, open: HashMap::new(), named: HashMap::new(), syncing: Syncing::default() }
    }

    /// Does all that is wanted, makes it durable, and answers: in as many turns as files come one after the other. Returns how many
    /// syncs that took.
    fn round(&mut self, batch: Vec<Command>) -> u64 {
        let (mut answers, mut later) = (Vec::with_capacity(batch.len()), Vec::new());
        let mut held = HashSet::new();
        for command in batch {
            if self.waits(&command, &held) {
                held.insert(command.file);
                later.push(command);
                continue;
            }
            let Command { file, work, since, done } = command;
            answers.push((file, since, done, self.apply(file, work)));
        }
        let (syncs, failed) = self.commit();
        metrics::counter!("atipcam_disk_rounds").increment(1);
        metrics::counter!("atipcam_disk_syncs").increment(syncs);
        let took = metrics::histogram!("atipcam_disk_durable_seconds");
        for (file, since, done, outcome) in answers {
            took.record(since.elapsed());
            let outcome = match failed.get(&file) {
                Some(error) if outcome.is_ok() => Err(again(error)),
                _ => outcome,
            };
            // A recorder that no longer listens has ended; the bytes are written all the same.
            drop(done.send(outcome));
        }
        if later.is_empty() { syncs } else { syncs + self.round(later) }
    }

    /// Whether a command is of a file behind one that this turn writes to, or that waits itself.
    fn waits(&self, command: &Command, held: &HashSet<SegmentId>) -> bool {
        match &command.work {
            Work::Create { after: Some(before), .. } => {
                held.contains(before) || self.open.get(before).is_some_and(|open| open.dirty)
            }
            Work::Create { after: None, .. } => false,
            _ => held.contains(&command.file),
        }
    }

    /// A file with a failed write takes nothing more: what follows must go to a new one.
    fn apply(&mut self, id: SegmentId, work: Work) -> io::Result<()> {
        let closes = matches!(work, Work::Close { .. });
        let outcome = match work {
            Work::Create { path, bytes, .. } => self.create(id, &path, &bytes),
            Work::Append { bytes } | Work::Close { bytes } => self.write(id, &bytes),
        };
        if let Some(open) = self.open.get_mut(&id) {
            if let Err(error) = &outcome
                && !open.over
            {
                let free = self.port.free(&open.folder).ok();
                tracing::error!(segment = %id, %error, ?free, "footage could not be written");
            }
            open.over |= closes || outcome.is_err();
        }
        outcome
    }

    fn create(&mut self, id: SegmentId, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().ok_or_else(|| io::Error::other("a segment needs a folder"))?;
        make_folder(&*self.port, folder)?;
        let mut file = self.port.create(path)?;
        file.write_all(bytes)?;
        let folder = folder.to_owned();
        self.named.entry(folder.clone()).or_default().push(id);
        self.open.insert(id, Open { file, folder, dirty: true, over: false });
        Ok(())
    }

    fn write(&mut self, id: SegmentId, bytes: &[u8]) -> io::Result<()> {
        let open = self.open.get_mut(&id).filter(|open| !open.over);
        let open = open.ok_or_else(|| io::Error::other("the segment was given up"))?;
        open.dirty = true;
        open.file.write_all(bytes)
    }

    /// Makes everything durable so far: new names, a folder at a time, and bytes. A file whose sync failed is given up: retrying
    /// a failed sync would report success for pages that the kernel has dropped. Returns how many syncs that took, and which
    /// files failed.
    fn commit(&mut self) -> (u64, HashMap<SegmentId, io::Error>) {
        let (mut syncs, mut failed) = (self.named.len() as u64, HashMap::new());
        for (folder, ids) in self.named.drain() {
            if let Err(error) = self.port.sync_folder(&folder) {
                failed.extend(ids.into_iter().map(|id| (id, again(&error))));
            }
        }
        let written = self.open.iter_mut().filter_map(|(&id, open)| std::mem::take(&mut open.dirty).then_some((id, &*open.file)));
        let (ids, files): (Vec<SegmentId>, Vec<&dyn PortFile>) = written.unzip();
        let (more, outcomes) = self.syncing.sync(&files);
        syncs += more;
        failed.extend(ids.into_iter().zip(outcomes).filter_map(|(id, synced)| Some((id, synced.err()?))));
        for (id, error) in &failed {
            tracing::error!(segment = %id, %error, "footage could not be made durable");
        }
        self.open.retain(|id, open| !open.over && !failed.contains_key(id));
        (syncs, failed)
    }
}

/// The same error for somebody else.
fn again(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
