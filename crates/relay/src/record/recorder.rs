//! One camera's recorder: units in, sealed segments out. Never decodes.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::{AudioMode, CameraId, Error, HomeId, Kind, Mono, Result, SegmentId, StreamName};
use media::au::{AccessUnit, Format, Track};
use media::live::{Start, Unit};
use media::record::{Cipher, Fragment, Fragmenter, SegmentParams, SegmentWriter};
use policy::act::RecordCamera;
use store::SegmentRow;
use tokio_util::sync::CancellationToken;

use super::OpenSegment;
use crate::feed::Feed;
use crate::fleet::Shared;
use crate::state::{Problem, RecordingStatus, Status};

/// A segment of a silent camera is closed after this, so that its footage is in the index.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// After a failed write the next file is tried this much later.
const RETRY: Duration = Duration::from_secs(2);

/// Where segments lie while they are written: a small folder, so that what a crash left behind is found at once.
pub(super) const OPEN_FOLDER: &str = "open";

/// Records one camera's main stream.
#[derive(Debug)]
pub(crate) struct Recorder {
    shared: Shared,
    camera: CameraId,
    home: HomeId,
    audio: AudioMode,
    feed: Arc<Feed>,
    fragmenter: Fragmenter,
    segment: Option<Segment>,
    /// No new file before then.
    retry_at: Option<Mono>,
    /// Formats without sound, for a camera whose sound is heard but not kept: as it came, as it is kept.
    silent: Option<(Arc<Format>, Arc<Format>)>,
}

#[derive(Debug)]
struct Segment {
    id: SegmentId,
    writer: SegmentWriter,
}

impl Recorder {
    pub(crate) fn new(shared: Shared, camera: CameraId, home: HomeId, audio: AudioMode, feed: Arc<Feed>) -> Self {
        let fragmenter = Fragmenter::new();
        Self { shared, camera, home, audio, feed, fragmenter, segment: None, retry_at: None, silent: None }
    }

    /// Records until `cancel`; then the last fragment is written and its file closed.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        let mut subscription = self.feed.subscribe(Start::OldestKey);
        let mut units = Vec::new();
        loop {
            let pause = self.pause();
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                missed = subscription.read(&mut units) => self.take(missed, &mut units).await,
                () = tokio::time::sleep(pause) => self.rest().await,
            }
        }
        if let Some(fragment) = self.fragmenter.flush() {
            self.write(fragment).await;
        }
        self.close().await;
    }

    /// How long to wait for units: an open fragment ends in time even when the camera stalls.
    fn pause(&self) -> Duration {
        let now = self.shared.clock.mono();
        self.fragmenter.deadline().map_or(SILENCE_MAX, |deadline| deadline.since(now))
    }

    /// Nothing came for a while: first the fragment ends, then the file.
    async fn rest(&mut self) {
        if let Some(fragment) = self.fragmenter.flush() {
            return self.write(fragment).await;
        }
        self.close().await;
        let now = self.shared.clock.now();
        self.shared.board.update(self.camera, now, |state| {
            if state.recording == RecordingStatus::On {
                state.recording = RecordingStatus::Waiting;
            }
        });
    }

    async fn take(&mut self, missed: u64, units: &mut Vec<Arc<Unit>>) {
        if missed > 0 {
            tracing::error!(camera = %self.camera, missed, "the disk was too slow: units were not recorded");
            metrics::counter!("atipcam_recording_units_lost").increment(missed);
            if let Some(fragment) = self.fragmenter.interrupt() {
                self.write(fragment).await;
            }
        }
        for unit in units.drain(..) {
            if let Some(fragment) = self.push(&unit.au) {
                self.write(fragment).await;
            }
        }
    }

    /// Sound that is not to be kept is left out here, and its description with it.
    fn push(&mut self, au: &AccessUnit) -> Option<Fragment> {
        if self.audio == AudioMode::Recorded || au.format.audio.is_none() {
            return self.fragmenter.push(au);
        }
        if au.track == Track::Audio {
            return None;
        }
        let format = match &self.silent {
            Some((heard, kept)) if Arc::ptr_eq(heard, &au.format) => Arc::clone(kept),
            _ => {
                let kept = Arc::new(Format { video: au.format.video.clone(), audio: None });
                self.silent = Some((Arc::clone(&au.format), Arc::clone(&kept)));
                kept
            }
        };
        self.fragmenter.push(&AccessUnit { format, data: au.data.clone(), ..*au })
    }

    /// Writes one fragment; on an error the file is given up and the state says so.
    async fn write(&mut self, fragment: Fragment) {
        let outcome = self.try_write(&fragment).await;
        let now = self.shared.clock.now();
        let problem = match outcome {
            Ok(true) => None,
            Ok(false) => return,
            Err(error) => {
                tracing::error!(camera = %self.camera, %error, source = ?std::error::Error::source(&error), "footage was not recorded");
                metrics::counter!("atipcam_recording_fragments_lost").increment(1);
                self.retry_at = Some(self.shared.clock.mono() + RETRY);
                self.give_up().await;
                Some(Problem::from(&error))
            }
        };
        self.shared.board.update(self.camera, now, |state| {
            state.recording = match (&problem, state.status) {
                (Some(_), _) => RecordingStatus::Failed,
                // The last fragment of a camera that has just gone.
                (None, Status::Offline) => RecordingStatus::Waiting,
                (None, _) => RecordingStatus::On,
            };
            state.recording_problem = problem;
        });
    }

    /// Whether it was written: not while a failed disk is left alone.
    async fn try_write(&mut self, fragment: &Fragment) -> Result<bool> {
        if self.retry_at.is_some_and(|at| self.shared.clock.mono() < at) {
            return Ok(false);
        }
        self.retry_at = None;
        if self.segment.as_ref().is_some_and(|segment| segment.writer.must_roll(fragment)) {
            self.close().await;
        }
        let mut segment = match self.segment.take() {
            Some(segment) => segment,
            // A file begins with a key picture, so that it can be played from its start.
            None if fragment.key => self.open(fragment).await?,
            None => return Ok(false),
        };
        let mut bytes = Vec::new();
        let record = segment.writer.record(fragment, &mut bytes).map_err(Error::internal)?;
        let id = segment.id;
        // In its place again before the await: whatever happens, the segment is given up or closed in order.
        let length = segment.writer.len();
        self.segment = Some(segment);
        self.shared.disk.append(id, bytes).await.map_err(storage_error)?;
        self.shared.open.push(id, record, length);
        Ok(true)
    }

    async fn open(&self, fragment: &Fragment) -> Result<Segment> {
        let permit = self.shared.permit::<RecordCamera>(self.camera).await?;
        let key = self.shared.store.media_key(&permit, self.home, self.camera, fragment.wall).await?;
        let id = SegmentId::random();
        let params = SegmentParams {
            camera: self.camera,
            stream: StreamName::Main,
            cipher: Cipher::fastest(),
            format: Arc::clone(&fragment.format),
        };
        let (writer, header) = SegmentWriter::new(params, &key, id).map_err(Error::internal)?;
        let path = open_path(&self.shared, id);
        self.shared.disk.create(id, path.clone(), header.to_vec()).await.map_err(storage_error)?;
        self.shared.open.start(OpenSegment { index: writer.index(), path, bytes: writer.len() });
        Ok(Segment { id, writer })
    }

    /// Closes the file in order and puts it into the index.
    async fn close(&mut self) {
        let Some(Segment { id, writer }) = self.segment.take() else { return };
        let mut trailer = Vec::new();
        let closed = match writer.finish(&mut trailer) {
            Ok(_) => self.shared.disk.close(id, trailer).await,
            Err(error) => Err(io::Error::other(error)),
        };
        if let Err(error) = &closed {
            tracing::warn!(camera = %self.camera, segment = %id, %error, "a segment was closed without its trailer");
        }
        self.file(id, closed.is_ok()).await;
    }

    /// Leaves a file as it is after a failed write; what is whole in it stays playable.
    async fn give_up(&mut self) {
        if let Some(segment) = self.segment.take() {
            self.file(segment.id, false).await;
        }
        // What comes next does not join up with what was lost.
        drop(self.fragmenter.interrupt());
    }

    async fn file(&self, id: SegmentId, clean: bool) {
        let Some(open) = self.shared.open.get(id) else { return };
        match file_segment(&self.shared, &open, clean).await {
            Ok(()) => drop(self.shared.open.end(id)),
            // Stays in memory and in the folder of open segments; the next start adopts it.
            Err(error) => tracing::error!(camera = %self.camera, segment = %id, %error, "a segment could not be filed"),
        }
    }
}

/// Where a segment lies while it is written.
pub(super) fn open_path(shared: &Shared, id: SegmentId) -> PathBuf {
    shared.store.segments_dir().join(OPEN_FOLDER).join(format!("{id}.seg"))
}

/// Puts a segment into the index, then into its camera's folder. After a crash between the two, the next start finds the
/// file among the open ones and moves it.
pub(super) async fn file_segment(shared: &Shared, open: &OpenSegment, clean: bool) -> Result<()> {
    let header = *open.index.header();
    let Some((start, end)) = open.index.start().zip(open.index.end()) else {
        // Not one record: there is nothing to keep.
        return tokio::fs::remove_file(&open.path).await.map_err(storage_error);
    };
    let bytes = tokio::fs::metadata(&open.path).await.map_err(storage_error)?.len();
    let (id, camera, stream, key) = (header.segment, header.camera, header.stream, header.key);
    let has_audio = open.index.has_audio();
    if shared.store.segment(id).await?.is_none() {
        shared.store.add_segment(SegmentRow { id, camera, stream, key, start, end, bytes, has_audio, clean }).await?;
    }
    let path = shared.store.segment_path(camera, id);
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(storage_error)?;
    }
    tokio::fs::rename(&open.path, &path).await.map_err(storage_error)
}

fn storage_error(error: io::Error) -> Error {
    let (code, detail) = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ("storage.full", "the disk is full"),
        _ => ("storage.failed", "the disk does not take footage"),
    };
    Error::new(Kind::Unavailable, code, detail).with_source(error)
}
