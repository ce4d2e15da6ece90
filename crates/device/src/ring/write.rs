//! Units in, files out. Never waits for a camera, and never makes one wait.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::{FootageClass, Origin, SegmentId, StreamName};
use media::record::{Cipher, Fragment, Fragmenter, SegmentParams, SegmentWriter};
use tokio::sync::mpsc;

use super::files::{Kept, remove};
use super::{Ring, Told, new_key};

/// A file ends at the first key picture after this: so much is lost at once where the ring is full.
const FILE_TIME: Duration = Duration::from_secs(30);

pub(super) struct Writer {
    ring: Arc<Ring>,
    told: mpsc::Receiver<Told>,
    fragmenter: Fragmenter,
    open: Option<Open>,
}

struct Open {
    writer: SegmentWriter,
    file: File,
}

impl Writer {
    pub(super) fn new(ring: Arc<Ring>, told: mpsc::Receiver<Told>) -> Self {
        Self { ring, told, fragmenter: Fragmenter::new(), open: None }
    }

    /// Writes until nobody can tell anything any more. Blocks.
    pub(super) fn run(mut self) {
        while let Some(told) = self.told.blocking_recv() {
            if self.ring.missed.swap(false, Ordering::Relaxed) {
                tracing::warn!("the store was too slow: pictures were not kept");
                let whole = self.fragmenter.interrupt();
                self.write(whole);
            }
            match told {
                Told::Unit(unit) => {
                    let whole = self.fragmenter.push(&unit);
                    self.write(whole);
                }
                Told::Forget => self.forget(),
            }
        }
        let last = self.fragmenter.flush();
        self.write(last);
        self.close();
    }

    fn write(&mut self, fragment: Option<Fragment>) {
        let Some(fragment) = fragment else { return };
        if let Err(error) = self.try_write(&fragment) {
            tracing::error!(%error, "a camera's store does not take pictures");
            // What is whole in the file stays; the next key picture begins another.
            self.open = None;
            drop(self.fragmenter.interrupt());
        }
    }

    fn try_write(&mut self, fragment: &Fragment) -> io::Result<()> {
        let ends = |open: &Open| open.writer.must_roll(fragment) || fragment.key && open.writer.duration() >= FILE_TIME;
        if self.open.as_ref().is_some_and(ends) {
            self.close();
        }
        let open = match &mut self.open {
            Some(open) => open,
            None if fragment.key => {
                let open = self.begin(fragment)?;
                self.open.insert(open)
            }
            None => return Ok(()),
        };
        let mut bytes = Vec::new();
        let record = open.writer.record(fragment, &mut bytes).map_err(io::Error::other)?;
        self.ring.make_room(bytes.len() as u64);
        // Not synced one by one: a power cut may take what the system had not written yet, and readers stop at the first torn
        // record. Flash wears with every sync.
        open.file.write_all(&bytes)?;
        let length = open.writer.len();
        if let Some(kept) = self.ring.files().back_mut() {
            (kept.end, kept.bytes) = (record.end(), length);
        }
        Ok(())
    }

    fn begin(&self, fragment: &Fragment) -> io::Result<Open> {
        let id = SegmentId::random();
        let params = SegmentParams {
            camera: self.ring.camera,
            stream: StreamName::Main,
            cipher: Cipher::fastest(),
            format: Arc::clone(&fragment.format),
            class: FootageClass::Continuous,
            origin: Origin::Live,
            previous: None,
        };
        let (writer, header) = SegmentWriter::new(params, &self.ring.key(), id).map_err(io::Error::other)?;
        let path = self.ring.keep.dir.join(format!("{id}.seg"));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(&header)?;
        let kept = Kept { path, start: fragment.wall, end: fragment.wall, bytes: writer.len() };
        self.ring.files().push_back(kept);
        Ok(Open { writer, file })
    }

    /// Ends the file; whole, it is made durable.
    fn close(&mut self) {
        let Some(Open { writer, mut file }) = self.open.take() else { return };
        let mut trailer = Vec::new();
        let closed = writer.finish(&mut trailer).map_err(io::Error::other);
        let closed = closed.and_then(|length| file.write_all(&trailer).and_then(|()| file.sync_data()).map(|()| length));
        match closed {
            Ok(length) => {
                if let Some(kept) = self.ring.files().back_mut() {
                    kept.bytes = length;
                }
            }
            Err(error) => tracing::warn!(%error, "a file of a camera's store was not closed in order"),
        }
    }

    /// The camera is another owner's from now on.
    fn forget(&mut self) {
        self.open = None;
        drop(self.fragmenter.interrupt());
        let files = std::mem::take(&mut *self.ring.files());
        files.iter().for_each(|file| remove(&file.path));
        match new_key(&self.ring.key_dir) {
            Ok(key) => *self.ring.key.write().unwrap_or_else(PoisonError::into_inner) = key,
            Err(error) => tracing::error!(%error, "the key of a camera's store could not be made anew"),
        }
    }
}
