//! One camera's recorder: units in, sealed segments out. Never decodes.

use std::sync::Arc;
use std::time::Duration;

use domain::limits::RECORD_POLL;
use domain::{AudioMode, CameraId, HomeId, Mono, TimeRange, Timestamp};
use media::au::{AccessUnit, Format, Track};
use media::live::{Start, Unit};
use media::record::{Cause, Fragment, Fragmenter};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::gate::{Flow, Gate, Guide};
use super::writing::Writing;
use crate::beat;
use crate::events::Seen;
use crate::feed::{Feed, Subscription};
use crate::fleet::Shared;
use crate::state::RecordingStatus;

/// A segment of a silent camera is closed after this, so that its footage is in the index.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// What a recorder is told.
#[derive(Debug)]
pub(crate) struct Orders {
    /// What happens to the camera's sound.
    pub(crate) audio: AudioMode,
    /// By what it is recorded.
    pub(crate) guide: watch::Receiver<Guide>,
    /// What happens in front of it.
    pub(crate) seen: watch::Receiver<Seen>,
}

#[cfg(test)]
impl Orders {
    /// Without sound, whatever happens.
    pub(super) fn always() -> Self {
        let (guide, seen) = (watch::channel(Guide::default()).1, watch::channel(Seen::default()).1);
        Self { audio: AudioMode::Off, guide, seen }
    }
}

/// Records one camera's main stream.
///
/// A recorder does not wait for the disk: appends, new files and closed ones are commands whose answers are looked at later, in
/// order. What is not durable yet is kept in memory, within [`domain::limits::RECORDER_PENDING_BYTES_MAX`]; beyond that units stay in the ring,
/// which overruns, and the loss is told.
#[derive(Debug)]
pub(crate) struct Recorder {
    shared: Shared,
    camera: CameraId,
    audio: AudioMode,
    /// What of it is kept.
    gate: Gate,
    units: Subscription,
    fragmenter: Fragmenter,
    writing: Writing,
    /// When units last came; none since the last file was closed for silence.
    heard: Option<Mono>,
    /// Units were left in the ring, for there was no room in memory.
    full: bool,
    /// Since when there is none.
    stalled: Option<Mono>,
    /// When the newest picture that was taken over was taken.
    newest: Option<Timestamp>,
    /// Formats without sound, for a camera whose sound is heard but not kept: as it came, as it is kept.
    silent: Option<(Arc<Format>, Arc<Format>)>,
}

impl Recorder {
    pub(crate) fn new(shared: Shared, camera: CameraId, home: HomeId, orders: Orders, feed: &Arc<Feed>) -> Self {
        let Orders { audio, guide, seen } = orders;
        Self {
            writing: Writing::new(shared.clone(), camera, home),
            shared,
            camera,
            audio,
            gate: Gate::new(guide, seen),
            units: feed.subscribe(Start::OldestKey),
            fragmenter: Fragmenter::new(),
            heard: None,
            full: false,
            stalled: None,
            newest: None,
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
            self.writing.write(fragment).await;
        }
        self.writing.finish().await;
    }

    /// Hears what the disk says, and takes what the camera gave since the last look.
    pub(super) async fn look(&mut self) {
        self.writing.look().await;
        if self.gate.is_undecided() {
            self.turn().await;
        }
        let mut units = Vec::new();
        while self.writing.has_room() {
            let missed = self.units.try_read(&mut units);
            if missed == 0 && units.is_empty() {
                break;
            }
            let now = self.shared.clock.mono();
            self.heard = Some(now);
            self.shared.pulses.came(self.camera, missed, &units, now);
            self.take(missed, &mut units).await;
        }
        // What came until now was meant by what held until now.
        self.turn().await;
        let now = self.shared.clock.mono();
        self.measure(now);
        // All of it goes to the disk now, in one round with what the others have.
        if let Some(fragment) = self.fragmenter.flush() {
            self.writing.write(fragment).await;
        }
        if self.heard.is_some_and(|heard| now.since(heard) >= SILENCE_MAX) {
            self.rest();
        }
    }

    /// How long units have stayed in the ring because the disk is behind.
    fn measure(&mut self, now: Mono) {
        let full = !self.writing.has_room();
        self.full |= full;
        self.stalled = full.then(|| self.stalled.unwrap_or(now));
        let stall = self.stalled.map_or(Duration::ZERO, |since| now.since(since));
        metrics::histogram!("atipcam_recorder_stall_seconds").record(stall);
    }

    /// Waits until what takes nothing more is in the index.
    #[cfg(test)]
    pub(super) async fn filed(&mut self) {
        self.writing.filed().await;
    }

    /// The plan's hour is over, or something begins or has stopped happening: the file ends, and what follows is another.
    async fn turn(&mut self) {
        let (now, mono) = (self.shared.clock.now(), self.shared.clock.mono());
        let Some(flow) = self.gate.turn(now, mono) else { return };
        if let Some(fragment) = self.fragmenter.interrupt() {
            self.writing.write(fragment).await;
        }
        let keeps = matches!(flow, Flow::Keep { .. });
        self.writing.turn(self.gate.class(), keeps);
        self.shared.pulses.want(self.camera, keeps, mono);
        self.shared.board.update(self.camera, now, |state| {
            state.recording = match flow {
                Flow::Keep { .. } => RecordingStatus::Waiting,
                Flow::Wait => RecordingStatus::Armed,
                Flow::Drop => RecordingStatus::Off,
            };
            state.recording_problem = None;
        });
    }

    /// Nothing came for a while: the file ends.
    fn rest(&mut self) {
        self.heard = None;
        self.writing.rest();
        let now = self.shared.clock.now();
        self.shared.board.update(self.camera, now, |state| {
            if state.recording == RecordingStatus::On {
                state.recording = RecordingStatus::Waiting;
            }
        });
    }

    async fn take(&mut self, missed: u64, units: &mut Vec<Arc<Unit>>) {
        if missed > 0 {
            if let Some(fragment) = self.fragmenter.interrupt() {
                self.writing.write(fragment).await;
            }
            self.lost(missed, units).await;
        }
        self.gate.admit(units, self.shared.clock.mono());
        for unit in units.drain(..) {
            self.newest = Some(unit.au.wall);
            if let Some(fragment) = self.push(&unit.au) {
                self.writing.write(fragment).await;
            }
        }
    }

    /// The ring has run over: the log, the counter and the timeline say so.
    async fn lost(&mut self, missed: u64, next: &[Arc<Unit>]) {
        let cause = if std::mem::take(&mut self.full) { Cause::Disk } else { Cause::Lost };
        tracing::error!(camera = %self.camera, missed, ?cause, "units were not recorded");
        metrics::counter!("atipcam_recording_units_lost").increment(missed);
        if !matches!(self.gate.flow(), Flow::Keep { .. }) {
            return;
        }
        let ends = self.newest.zip(next.first().map(|unit| unit.au.wall));
        if let Some(range) = ends.and_then(|(from, to)| TimeRange::new(from, to))
            && let Err(error) = self.shared.store.add_gap(self.camera, range, cause).await
        {
            tracing::error!(camera = %self.camera, %error, "a gap could not be written down");
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
}

/// The instants at which all recorders of the process look: they run in one wake-up, and their appends meet in one round.
/// A look that was late is made up by the next, not by several at once.
fn polls() -> Interval {
    let mut polls = interval_at(beat::next(RECORD_POLL, Duration::ZERO), RECORD_POLL);
    polls.set_missed_tick_behavior(MissedTickBehavior::Skip);
    polls
}

#[cfg(test)]
#[path = "recorder_tests.rs"]
pub(super) mod tests;
