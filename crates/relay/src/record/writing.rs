//! One camera's fragments on their way to a disk, kept in memory until they are durable.
//!
//! A few are sealed and sent at a time. Where a storage fails, they are sealed again into a new file, under a new key, on the next
//! storage; where there is none, they wait. The file that failed keeps what was durable in it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use domain::limits::RECORDER_PENDING_BYTES_MAX;
use domain::{CameraId, Error, FootageClass, HomeId, Mono, Origin, Result, SegmentId, StreamName, Timestamp};
use media::record::{Cipher, Fragment, JOIN_MAX, Previous, SegmentParams, SegmentWriter, TAG_LEN};
use policy::act::RecordCamera;
use tokio::task::JoinSet;

use super::OpenSegment;
use super::chain::Chain;
use super::disk::{Answer, outcome, try_outcome};
use super::file::{file_segment, give_up};
use super::open::Written;
use super::storages::{Health, SLOW, Storage};
use crate::fleet::Shared;
use crate::state::{Problem, RecordingStatus, Status};

/// Fragments that are sealed and sent before the first of them is durable: four seconds. More would only be copies of what is in
/// memory anyway.
const SENT_MAX: usize = 8;

/// When no key is to be had, it is asked for again this much later.
const RETRY: Duration = Duration::from_secs(2);

/// What one camera's recorder writes.
#[derive(Debug)]
pub(super) struct Writing {
    shared: Shared,
    camera: CameraId,
    home: HomeId,
    /// Live, or fetched afterwards: then it is chained to nothing, and says nothing of how the camera is.
    origin: Origin,
    /// Why what comes is kept.
    class: FootageClass,
    /// What comes is to be kept; else it is the last of what was.
    keeps: bool,
    /// A key picture came, and all since then: what comes can be shown.
    shown: bool,
    /// Where the newest fragment ends.
    end: Option<Timestamp>,
    /// What the next file follows.
    chain: Chain,
    /// Oldest first, and newer than what was sent.
    waiting: VecDeque<Waiting>,
    /// Oldest first; the last one may still be open.
    segments: VecDeque<Segment>,
    /// Bytes of all fragments that are not durable.
    bytes: usize,
    /// Segments that are on their way into the index.
    filing: JoinSet<()>,
    /// No new file before then.
    retry_at: Option<Mono>,
}

#[derive(Debug)]
struct Waiting {
    fragment: Fragment,
    class: FootageClass,
    /// It does not follow what was sent last: it starts a file of its own.
    fresh: bool,
}

#[derive(Debug)]
struct Segment {
    id: SegmentId,
    storage: Arc<Storage>,
    class: FootageClass,
    /// What it follows.
    previous: Option<Previous>,
    /// How it ends, as far as the disk has said that it is durable.
    durable: Option<[u8; TAG_LEN]>,
    /// `None` once it takes nothing more.
    writer: Option<SegmentWriter>,
    /// Oldest first. When one fails, all behind it fail with it.
    sent: VecDeque<Sent>,
    clean: bool,
}

/// A command that the disk has not answered yet.
#[derive(Debug)]
struct Sent {
    what: What,
    answer: Answer,
    heard: Option<io::Result<()>>,
    at: Mono,
}

#[derive(Debug)]
enum What {
    Header,
    Record(Box<(Fragment, Written)>),
    Trailer,
}

impl Sent {
    fn outcome(&mut self) -> Option<io::Result<()>> {
        self.heard.take().or_else(|| try_outcome(&mut self.answer))
    }
}

impl Writing {
    pub(super) fn new(shared: Shared, camera: CameraId, home: HomeId) -> Self {
        let (waiting, segments) = (VecDeque::new(), VecDeque::new());
        let (class, keeps) = (FootageClass::Continuous, true);
        Self {
            shared,
            camera,
            home,
            origin: Origin::Live,
            class,
            keeps,
            shown: false,
            end: None,
            chain: Chain::default(),
            waiting,
            segments,
            bytes: 0,
            filing: JoinSet::new(),
            retry_at: None,
        }
    }

    /// For what was fetched afterwards: its first fragment goes on from footage elsewhere.
    pub(super) fn afterwards(shared: Shared, camera: CameraId, home: HomeId) -> Self {
        Self { origin: Origin::Backfill, keeps: false, shown: true, ..Self::new(shared, camera, home) }
    }

    /// Whether there is room in memory for more.
    pub(super) fn has_room(&self) -> bool {
        self.bytes < RECORDER_PENDING_BYTES_MAX
    }

    /// Bytes of all fragments that are not durable.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The storage that is to answer next.
    #[cfg(test)]
    pub(super) fn waits_for(&self) -> Option<Arc<Storage>> {
        self.segments.front().filter(|segment| !segment.sent.is_empty()).map(|segment| Arc::clone(&segment.storage))
    }

    /// Takes a fragment, and sends it where that is possible. What nothing could show is dropped: a file begins with a key picture, or
    /// goes on where one that failed ended.
    pub(super) async fn write(&mut self, fragment: Fragment) {
        // Behind a longer hole another file begins.
        let apart = |end: Timestamp| fragment.wall.since(end).max(end.since(fragment.wall)) > JOIN_MAX;
        self.shown = fragment.key || self.shown && !(fragment.discontinuity && self.end.is_some_and(apart));
        self.end = Some(fragment.wall + fragment.duration());
        if !self.shown {
            return;
        }
        self.bytes += fragment.bytes();
        self.waiting.push_back(Waiting { fragment, class: self.class, fresh: false });
        self.send().await;
    }

    /// What comes from now on is kept because of something else, or not at all: the file ends.
    pub(super) fn turn(&mut self, class: FootageClass, keeps: bool) {
        (self.class, self.keeps) = (class, keeps);
        self.rest();
    }

    /// Hears what the disks have answered so far: records that are durable can be played from now on. Then sends what waits.
    pub(super) async fn look(&mut self) {
        while self.filing.try_join_next().is_some() {}
        self.harvest();
        self.send().await;
    }

    /// The file ends; the next one begins with a key picture.
    pub(super) fn rest(&mut self) {
        self.shown = false;
        self.close();
    }

    /// The file takes nothing more. It is put into the index once the disk has what was sent.
    fn close(&mut self) {
        let now = self.shared.clock.mono();
        let Some(segment) = self.segments.back_mut() else { return };
        let Some(writer) = segment.writer.take() else { return };
        self.chain.follow(writer.tail().map(|tail| Previous { segment: segment.id, tail }));
        let mut trailer = Vec::new();
        segment.clean = writer.finish(&mut trailer).is_ok();
        let answer = segment.storage.disk().close(segment.id, trailer);
        segment.sent.push_back(Sent { what: What::Trailer, answer, heard: None, at: now });
    }

    /// Waits until the disk and the index have everything, or no disk takes it.
    pub(super) async fn finish(&mut self) {
        loop {
            self.look().await;
            if self.waiting.is_empty() {
                self.close();
            }
            if !self.hear().await {
                break;
            }
        }
        let lost = self.waiting.len();
        if lost > 0 {
            tracing::error!(camera = %self.camera, lost, "footage could not be written before the end");
            metrics::counter!("atipcam_recording_fragments_lost").increment(lost as u64);
        }
        self.filed().await;
    }

    /// Waits until what takes nothing more is in the index.
    pub(super) async fn filed(&mut self) {
        while self.filing.join_next().await.is_some() {}
    }

    /// Waits for the oldest answer; not for ever, and not where there is none to come.
    pub(super) async fn hear(&mut self) -> bool {
        let Some(sent) = self.segments.front_mut().and_then(|segment| segment.sent.front_mut()) else { return false };
        if sent.heard.is_none() {
            sent.heard = tokio::time::timeout(SLOW, outcome(&mut sent.answer)).await.ok();
        }
        sent.heard.is_some()
    }

    fn harvest(&mut self) {
        let now = self.shared.clock.mono();
        let mut written = false;
        while let Some(segment) = self.segments.front_mut() {
            let mut failure = (!segment.storage.is_there()).then_some(Health::Missing);
            while failure.is_none()
                && let Some(sent) = segment.sent.front_mut()
            {
                match sent.outcome() {
                    None if now.since(sent.at) >= SLOW => failure = Some(Health::Slow),
                    None => break,
                    Some(outcome) => match (outcome, segment.sent.pop_front().map(|sent| sent.what)) {
                        (Ok(()), Some(What::Record(record))) => {
                            let (fragment, record) = *record;
                            self.bytes -= fragment.bytes();
                            segment.durable = Some(record.tail);
                            if self.origin == Origin::Live {
                                self.shared.pulses.durable(self.camera, record.record.end(), now);
                            }
                            self.shared.open.push(segment.id, record);
                            written = true;
                        }
                        (Ok(()), _) => {}
                        (Err(error), Some(What::Trailer)) => {
                            tracing::warn!(camera = %self.camera, segment = %segment.id, %error, "a segment has no trailer");
                            segment.clean = false;
                        }
                        (Err(error), what) => {
                            tracing::warn!(camera = %self.camera, segment = %segment.id, %error, "a segment is given up");
                            failure = Some(Health::of(&error));
                            if let Some(what @ What::Record(..)) = what {
                                let (_, answer) = tokio::sync::oneshot::channel();
                                segment.sent.push_front(Sent { what, answer, heard: None, at: now });
                            }
                        }
                    },
                }
            }
            if let Some(health) = failure {
                let storage = Arc::clone(&segment.storage);
                if !self.failed(&storage, health) {
                    break;
                }
            } else if segment.writer.is_none() && segment.sent.is_empty() {
                let (id, clean) = (segment.id, segment.clean);
                self.segments.pop_front();
                self.filing.spawn(file(self.shared.clone(), self.camera, id, clean));
            } else {
                break;
            }
        }
        if written {
            self.recorded();
        }
    }

    /// A storage does not take what was sent to it: that goes elsewhere. Says whether it does; a storage that is merely slow is
    /// waited for where there is no other.
    fn failed(&mut self, storage: &Arc<Storage>, health: Health) -> bool {
        storage.found(health, self.shared.clock.as_ref());
        if health == Health::Slow && self.shared.storages.taker().is_none() {
            self.trouble(&health.error());
            return false;
        }
        // What was sent may be lost or not: the next file vouches for what is certain.
        let broken = self.segments.iter().rposition(|one| !Arc::ptr_eq(&one.storage, storage)).map_or(0, |kept| kept + 1);
        if let Some(first) = self.segments.get(broken) {
            self.chain.follow(first.durable.map(|tail| Previous { segment: first.id, tail }).or(first.previous));
        }
        let (failed, kept) = std::mem::take(&mut self.segments).into_iter().partition(|one| Arc::ptr_eq(&one.storage, storage));
        self.segments = kept;
        // Newer footage may be in a file that is well: what comes back neither goes there nor is followed by what comes next.
        let apart = !self.segments.is_empty();
        let failed: VecDeque<Segment> = failed;
        let mut back = VecDeque::new();
        for segment in failed {
            let closed = storage.disk().close(segment.id, Vec::new());
            let fragments = segment.sent.into_iter().filter_map(|sent| match sent.what {
                What::Record(record) => Some(record.0),
                What::Header | What::Trailer => None,
            });
            let class = segment.class;
            back.extend(fragments.map(|fragment| Waiting { fragment, class, fresh: false }));
            // It may take as long as the disk hangs: the recorder's end does not wait for it.
            tokio::spawn(give_up(self.shared.clone(), Arc::clone(storage), segment.id, closed));
        }
        for first in [back.front_mut(), self.waiting.front_mut()].into_iter().flatten() {
            first.fresh |= apart;
        }
        back.append(&mut self.waiting);
        self.waiting = back;
        true
    }

    /// Sends what waits, as much as may be under way.
    async fn send(&mut self) {
        while let Some(Waiting { fragment, class, fresh }) = self.waiting.front() {
            let under_way: usize = self.segments.iter().map(|segment| segment.sent.len()).sum();
            if under_way >= SENT_MAX {
                return;
            }
            let open = self.segments.back().and_then(|segment| Some((segment.class, segment.writer.as_ref()?)));
            if open.is_some_and(|(kept, writer)| *fresh || kept != *class || writer.must_roll(fragment)) {
                self.close();
                continue;
            }
            if open.is_none() {
                match self.open().await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => {
                        self.retry_at = Some(self.shared.clock.mono() + RETRY);
                        tracing::error!(camera = %self.camera, %error, "a segment cannot be begun");
                        return self.trouble(&error);
                    }
                }
            }
            if let Err(error) = self.seal() {
                tracing::error!(camera = %self.camera, %error, "a fragment cannot be sealed");
                metrics::counter!("atipcam_recording_fragments_lost").increment(1);
                self.trouble(&error);
                self.close();
            }
        }
    }

    /// Seals the fragment that waits longest, and sends it.
    fn seal(&mut self) -> Result<()> {
        let at = self.shared.clock.mono();
        let Some(Segment { id, storage, writer: Some(writer), sent, .. }) = self.segments.back_mut() else { return Ok(()) };
        let Some(Waiting { fragment, .. }) = self.waiting.pop_front() else { return Ok(()) };
        let mut bytes = Vec::new();
        let sealed = writer.record(&fragment, &mut bytes);
        let record = sealed.map_err(Error::internal).inspect_err(|_| self.bytes -= fragment.bytes())?;
        let answer = storage.disk().append(*id, bytes);
        let written = Written { record, length: writer.len(), tail: writer.tail().unwrap_or_default() };
        sent.push_back(Sent { what: What::Record(Box::new((fragment, written))), answer, heard: None, at });
        Ok(())
    }

    /// Begins a file for the fragment that waits longest; not where no storage takes one.
    async fn open(&mut self) -> Result<bool> {
        let now = self.shared.clock.mono();
        if self.retry_at.is_some_and(|at| now < at) {
            return Ok(false);
        }
        self.retry_at = None;
        let Some(storage) = self.shared.storages.ready().await else {
            self.trouble(&self.shared.storages.trouble().error());
            return Ok(false);
        };
        let Some(Waiting { fragment, class, fresh }) = self.waiting.front_mut() else { return Ok(false) };
        let permit = self.shared.permit::<RecordCamera>(self.camera).await?;
        let key = self.shared.store.media_key(&permit, self.home, self.camera, fragment.wall).await?;
        let (id, stream) = (SegmentId::random(), StreamName::Main);
        let previous = match self.origin {
            Origin::Live => self.chain.end(&self.shared, self.camera, stream).await,
            Origin::Backfill => None,
        };
        let params = SegmentParams {
            camera: self.camera,
            stream,
            cipher: Cipher::fastest(),
            format: Arc::clone(&fragment.format),
            class: *class,
            origin: self.origin,
            previous,
        };
        let (writer, header) = SegmentWriter::new(params, &key, id).map_err(Error::internal)?;
        *fresh = false;
        let class = *class;
        let path = storage.open_path(id);
        // Nothing of it is served before its first record, and that is durable only after the header.
        let open = OpenSegment::new(writer.index(), storage.id(), path.clone(), writer.len());
        self.shared.open.start(open);
        let after = self.segments.back().map(|segment| segment.id);
        let answer = storage.disk().create(id, path, header.to_vec(), after);
        let sent = VecDeque::from([Sent { what: What::Header, answer, heard: None, at: now }]);
        let (writer, durable) = (Some(writer), None);
        self.segments.push_back(Segment { id, storage, class, previous, durable, writer, sent, clean: false });
        Ok(true)
    }

    /// Footage is durable.
    fn recorded(&self) {
        if !self.keeps {
            return;
        }
        self.shared.board.update(self.camera, self.shared.clock.now(), |state| {
            // Otherwise it is the last fragment of a camera that has just gone.
            let gone = state.status == Status::Offline;
            state.recording = if gone { RecordingStatus::Waiting } else { RecordingStatus::On };
            state.recording_problem = None;
        });
    }

    /// Footage waits in memory: the camera's state says so and why.
    fn trouble(&self, error: &Error) {
        if self.origin == Origin::Backfill {
            return;
        }
        self.shared.board.update(self.camera, self.shared.clock.now(), |state| {
            state.recording = RecordingStatus::Failed;
            state.recording_problem = Some(Problem::from(error));
        });
    }
}

/// Puts a closed segment into the index.
async fn file(shared: Shared, camera: CameraId, id: SegmentId, clean: bool) {
    let Some(open) = shared.open.get(id) else { return };
    match file_segment(&shared, &open, clean).await {
        Ok(()) => drop(shared.open.end(id)),
        Err(error) => {
            // Stays in memory and in the folder of open segments; it is adopted when its storage is well again, or at the next start.
            shared.open.leave(id);
            tracing::error!(%camera, segment = %id, %error, "a segment could not be filed");
        }
    }
}
