//! One camera's recorder: units in, sealed segments out. Never decodes.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::limits::{RECORD_POLL, RECORDER_PENDING_BYTES_MAX};
use domain::{AudioMode, CameraId, Error, FootageClass, HomeId, Kind, Mono, Origin, Result, SegmentId, StreamName};
use media::au::{AccessUnit, Format, Track};
use media::live::{Start, Unit};
use media::record::{Cipher, Fragment, Fragmenter, Record, SegmentParams, SegmentWriter};
use policy::act::RecordCamera;
use store::SegmentRow;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::OpenSegment;
use super::disk::{Answer, outcome, try_outcome};
use crate::beat;
use crate::feed::{Feed, Subscription};
use crate::fleet::Shared;
use crate::state::{Problem, RecordingStatus, Status};

/// A segment of a silent camera is closed after this, so that its footage is in the index.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// After a failed write the next file is tried this much later.
const RETRY: Duration = Duration::from_secs(2);

/// Where segments lie while they are written: a small folder, so that what a crash left behind is found at once.
pub(super) const OPEN_FOLDER: &str = "open";

/// How the names of those end that were fetched from a camera.
pub(super) const BACKFILL_SUFFIX: &str = ".backfill.seg";

/// Records one camera's main stream.
///
/// A recorder does not wait for the disk while that is merely slow: appends, new files and closed ones are commands whose
/// answers are looked at later, in order. What they hold in memory is bounded by [`RECORDER_PENDING_BYTES_MAX`].
#[derive(Debug)]
pub(crate) struct Recorder {
    shared: Shared,
    camera: CameraId,
    home: HomeId,
    audio: AudioMode,
    units: Subscription,
    fragmenter: Fragmenter,
    segment: Option<Segment>,
    /// Bytes that may still go under way.
    room: Arc<Semaphore>,
    /// Segments that take nothing more, on their way into the index.
    filing: JoinSet<()>,
    /// When units last came; none since the last file was closed for silence.
    heard: Option<Mono>,
    /// No new file before then.
    retry_at: Option<Mono>,
    /// Formats without sound, for a camera whose sound is heard but not kept: as it came, as it is kept.
    silent: Option<(Arc<Format>, Arc<Format>)>,
}

#[derive(Debug)]
struct Segment {
    id: SegmentId,
    writer: SegmentWriter,
    /// Oldest first. When one fails, all behind it fail with it.
    under_way: VecDeque<Pending>,
}

/// A command that the disk has not answered yet.
#[derive(Debug)]
struct Pending {
    answer: Answer,
    /// The record, and the file's length with it. `None` for the file's header.
    record: Option<(Record, u64)>,
}

/// Which camera's footage it is, for the task that outlives the segment in the recorder.
#[derive(Debug, Clone)]
struct Ending {
    shared: Shared,
    camera: CameraId,
    id: SegmentId,
}

impl Recorder {
    pub(crate) fn new(shared: Shared, camera: CameraId, home: HomeId, audio: AudioMode, feed: &Arc<Feed>) -> Self {
        Self {
            shared,
            camera,
            home,
            audio,
            units: feed.subscribe(Start::OldestKey),
            fragmenter: Fragmenter::new(),
            segment: None,
            room: Arc::new(Semaphore::new(RECORDER_PENDING_BYTES_MAX)),
            filing: JoinSet::new(),
            heard: None,
            retry_at: None,
            silent: None,
        }
    }

    /// Records until `cancel`; then everything that came is written and the file closed.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        let mut polls = polls();
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                _ = polls.tick() => self.look().await,
            }
        }
        self.look().await;
        self.finish().await;
    }

    /// Writes what is still open and waits until the disk and the index have everything.
    async fn finish(&mut self) {
        if let Some(fragment) = self.fragmenter.flush() {
            self.write(fragment).await;
        }
        self.close();
        while self.filing.join_next().await.is_some() {}
    }

    /// Hears what the disk says, and takes what the camera gave since the last look.
    async fn look(&mut self) {
        while self.filing.try_join_next().is_some() {}
        self.harvest();
        let mut units = Vec::new();
        loop {
            let missed = self.units.try_read(&mut units);
            if missed == 0 && units.is_empty() {
                break;
            }
            self.heard = Some(self.shared.clock.mono());
            self.take(missed, &mut units).await;
        }
        let now = self.shared.clock.mono();
        // An open fragment ends in time even when the camera stalls.
        if self.fragmenter.deadline().is_some_and(|deadline| deadline <= now)
            && let Some(fragment) = self.fragmenter.flush()
        {
            self.write(fragment).await;
        }
        if self.heard.is_some_and(|heard| now.since(heard) >= SILENCE_MAX) {
            self.rest();
        }
    }

    /// Nothing came for a while: the file ends.
    fn rest(&mut self) {
        self.heard = None;
        self.close();
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

    /// Sends one fragment on its way; on an error the file is given up and the state says so.
    async fn write(&mut self, fragment: Fragment) {
        if let Err(error) = self.try_write(&fragment).await {
            self.fail(&error, 1);
        }
    }

    /// Does nothing while a failed disk is left alone.
    async fn try_write(&mut self, fragment: &Fragment) -> Result<()> {
        if self.retry_at.is_some_and(|at| self.shared.clock.mono() < at) {
            return Ok(());
        }
        self.retry_at = None;
        if self.segment.as_ref().is_some_and(|segment| segment.writer.must_roll(fragment)) {
            self.close();
        }
        let segment = match &mut self.segment {
            Some(segment) => segment,
            // A file begins with a key picture, so that it can be played from its start.
            None if fragment.key => {
                let segment = self.open(fragment).await?;
                self.segment.insert(segment)
            }
            None => return Ok(()),
        };
        let mut bytes = Vec::new();
        let record = segment.writer.record(fragment, &mut bytes).map_err(Error::internal)?;
        let length = segment.writer.len();
        // Here, and only here, a recorder waits for the disk; meanwhile its ring overruns.
        let wanted = u32::try_from(bytes.len().min(RECORDER_PENDING_BYTES_MAX)).map_err(Error::internal)?;
        let room = Arc::clone(&self.room).acquire_many_owned(wanted).await.map_err(Error::internal)?;
        let answer = self.shared.disk.append(segment.id, bytes, Some(room));
        segment.under_way.push_back(Pending { answer, record: Some((record, length)) });
        Ok(())
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
        let answer = self.shared.disk.create(id, path.clone(), header.to_vec());
        // Nothing of it is served before its first record, and that is durable only after the header.
        self.shared.open.start(OpenSegment { index: writer.index(), path, bytes: writer.len() });
        Ok(Segment { id, writer, under_way: VecDeque::from([Pending { answer, record: None }]) })
    }

    /// Hears what the disk has answered so far: records that are durable can be played from now on.
    fn harvest(&mut self) {
        let Some(segment) = &mut self.segment else { return };
        let (mut written, mut failure) = (false, None);
        while let Some(pending) = segment.under_way.front_mut() {
            match try_outcome(&mut pending.answer) {
                None => break,
                Some(Ok(())) => {
                    if let Some((record, length)) = segment.under_way.pop_front().and_then(|pending| pending.record) {
                        self.shared.open.push(segment.id, record, length);
                        written = true;
                    }
                }
                Some(Err(error)) => {
                    failure = Some((storage_error(error), lost(&segment.under_way)));
                    segment.under_way.clear();
                }
            }
        }
        if let Some((error, lost)) = failure {
            self.fail(&error, lost);
        } else if written {
            self.shared.board.update(self.camera, self.shared.clock.now(), |state| {
                // Otherwise it is the last fragment of a camera that has just gone.
                let gone = state.status == Status::Offline;
                state.recording = if gone { RecordingStatus::Waiting } else { RecordingStatus::On };
                state.recording_problem = None;
            });
        }
    }

    /// Says that `lost` fragments are lost and why, and leaves the file as it is: what is whole in it stays playable.
    fn fail(&mut self, error: &Error, lost: u64) {
        tell(&self.shared, self.camera, error, lost);
        self.retry_at = Some(self.shared.clock.mono() + RETRY);
        if let Some(Segment { id, under_way, .. }) = self.segment.take() {
            self.end(id, under_way, Vec::new(), false);
        }
        // What comes next does not join up with what was lost.
        drop(self.fragmenter.interrupt());
    }

    /// Closes the file in order and puts it into the index, both once the disk has what is under way.
    fn close(&mut self) {
        let Some(Segment { id, writer, under_way }) = self.segment.take() else { return };
        let mut trailer = Vec::new();
        let sealed = writer.finish(&mut trailer).is_ok();
        self.end(id, under_way, trailer, sealed);
    }

    fn end(&mut self, id: SegmentId, under_way: VecDeque<Pending>, trailer: Vec<u8>, clean: bool) {
        let closed = self.shared.disk.close(id, trailer);
        let ending = Ending { shared: self.shared.clone(), camera: self.camera, id };
        self.filing.spawn(ending.run(under_way, closed, clean));
    }
}

impl Ending {
    /// Waits for the disk, in order, then files the segment.
    async fn run(self, mut under_way: VecDeque<Pending>, mut closed: Answer, mut clean: bool) {
        while let Some(pending) = under_way.front_mut() {
            if let Err(error) = outcome(&mut pending.answer).await {
                tell(&self.shared, self.camera, &storage_error(error), lost(&under_way));
                clean = false;
                break;
            }
            if let Some((record, length)) = under_way.pop_front().and_then(|pending| pending.record) {
                self.shared.open.push(self.id, record, length);
            }
        }
        if let Err(error) = outcome(&mut closed).await {
            tracing::warn!(camera = %self.camera, segment = %self.id, %error, "a segment was closed without its trailer");
            clean = false;
        }
        let Some(open) = self.shared.open.get(self.id) else { return };
        match file_segment(&self.shared, &open, clean, Origin::Live).await {
            Ok(()) => drop(self.shared.open.end(self.id)),
            // Stays in memory and in the folder of open segments; the next start adopts it.
            Err(error) => tracing::error!(camera = %self.camera, segment = %self.id, %error, "a segment could not be filed"),
        }
    }
}

/// The instants at which all recorders of the process look: they run in one wake-up, and their appends meet in one round.
/// A look that was late is made up by the next, not by several at once.
fn polls() -> Interval {
    let mut polls = interval_at(beat::next(RECORD_POLL, Duration::ZERO), RECORD_POLL);
    polls.set_missed_tick_behavior(MissedTickBehavior::Skip);
    polls
}

/// Fragments that are lost with the first of these.
fn lost(under_way: &VecDeque<Pending>) -> u64 {
    under_way.iter().filter(|pending| pending.record.is_some()).count() as u64
}

/// Footage was lost: the log, the counter and the camera's state say so.
fn tell(shared: &Shared, camera: CameraId, error: &Error, lost: u64) {
    tracing::error!(%camera, %error, lost, source = ?std::error::Error::source(error), "footage was not recorded");
    metrics::counter!("atipcam_recording_fragments_lost").increment(lost);
    shared.board.update(camera, shared.clock.now(), |state| {
        state.recording = RecordingStatus::Failed;
        state.recording_problem = Some(Problem::from(error));
    });
}

/// Where a segment lies while it is written.
pub(super) fn open_path(shared: &Shared, id: SegmentId) -> PathBuf {
    shared.store.segments_dir().join(OPEN_FOLDER).join(format!("{id}.seg"))
}

/// The same of a segment that was fetched: its name says so until it has a row.
pub(crate) fn backfill_path(shared: &Shared, id: SegmentId) -> PathBuf {
    shared.store.segments_dir().join(OPEN_FOLDER).join(format!("{id}{BACKFILL_SUFFIX}"))
}

/// Puts a segment into the index, then into its camera's folder. After a crash between the two, the next start finds the
/// file among the open ones and moves it.
pub(crate) async fn file_segment(shared: &Shared, open: &OpenSegment, clean: bool, origin: Origin) -> Result<()> {
    let header = *open.index.header();
    let Some((start, end)) = open.index.start().zip(open.index.end()) else {
        // Not one record: there is nothing to keep. The file may never have been made.
        return match tokio::fs::remove_file(&open.path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(storage_error(error)),
            _ => Ok(()),
        };
    };
    let bytes = tokio::fs::metadata(&open.path).await.map_err(storage_error)?.len();
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
            storage: None,
            class: FootageClass::Continuous,
            origin,
            previous: None,
            tail: None,
        };
        shared.store.add_segment(row).await?;
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

#[cfg(test)]
#[path = "recorder_tests.rs"]
mod tests;
