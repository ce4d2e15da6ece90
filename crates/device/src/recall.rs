//! What a client is replayed: from the ring, at the pace that it wants.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Mono, Timestamp};
use media::au::{Format, Track, VIDEO_TIMESCALE};
use media::rtsp::replay::{Mark, Replay, clock_range_text};
use media::rtsp::{Batch, Packetiser, Presentation, TrackStart};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::ring::{Recalled, Ring};
use crate::stream::start;

/// Where it is replayed.
pub(crate) const PATH: &str = "/replay";

/// Replays at a time, for all clients: each reads the disk as quickly as it goes.
const REPLAYS_MAX: usize = 4;

/// Pictures that are read ahead of the socket.
const AHEAD_MAX: usize = 16;

/// What a camera can replay.
#[derive(Debug)]
pub(crate) struct Recall {
    ring: Arc<Ring>,
    format: Arc<Format>,
    places: Arc<Semaphore>,
}

/// Why a replay was not begun.
pub(crate) enum NotBegun {
    /// There is nothing of that time.
    NotKept,
    /// Others are replayed to.
    Busy,
}

/// A replay that runs.
pub(crate) struct Recalling {
    units: mpsc::Receiver<Recalled>,
    packetiser: Packetiser,
    cseq: u8,
    clock: Arc<dyn Clock>,
    /// Of a paced one: when its first picture went out, and that one's time.
    pace: Option<Option<(Mono, Timestamp)>>,
    held: Option<Recalled>,
    over: bool,
    _place: OwnedSemaphorePermit,
}

impl Recall {
    /// Of that ring, whose newest pictures are in `format`.
    pub(crate) fn new(ring: Arc<Ring>, format: &Format) -> Self {
        let format = Arc::new(Format { video: format.video.clone(), audio: None });
        Self { ring, format, places: Arc::new(Semaphore::new(REPLAYS_MAX)) }
    }

    /// What is replayed, as `DESCRIBE` tells it.
    pub(crate) fn presentation(&self) -> Presentation {
        let mut presentation = Presentation::new("replay", Arc::clone(&self.format));
        if let Some((from, to)) = self.ring.span() {
            let range = format!("a=range:{}\r\n", clock_range_text(from, Some(to)));
            presentation.sdp = presentation.sdp.replace("a=range:npt=now-\r\n", &range);
        }
        presentation
    }

    /// Begins a replay, and says where its track stands.
    pub(crate) fn begin(&self, what: Replay, clock: Arc<dyn Clock>) -> Result<(Recalling, TrackStart), NotBegun> {
        if !self.ring.has(what.from, what.to) {
            return Err(NotBegun::NotKept);
        }
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| NotBegun::Busy)?;
        let packetiser = Packetiser::new(&self.format, Track::Video, start(None, VIDEO_TIMESCALE)).ok_or(NotBegun::NotKept)?;
        let start = packetiser.track_start(0);
        let (out, units) = mpsc::channel(AHEAD_MAX);
        let ring = Arc::clone(&self.ring);
        // Ends with its receiver, or with the ring.
        tokio::task::spawn_blocking(move || ring.read(what.from, what.to, out));
        let recalling = Recalling {
            units,
            packetiser,
            cseq: what.cseq,
            clock,
            pace: what.paced.then_some(None),
            held: None,
            over: false,
            _place: place,
        };
        Ok((recalling, start))
    }
}

impl Recalling {
    /// The next packets; `None` after the farewell. Cancel safe.
    pub(crate) async fn next(&mut self) -> Option<Batch> {
        if self.over {
            return None;
        }
        if self.held.is_none() {
            self.held = self.units.recv().await;
        }
        self.wait().await;
        let Some(Recalled { unit, end, discontinuity, terminal }) = self.held.take() else {
            self.over = true;
            return Some(self.packetiser.farewell());
        };
        let mark = Mark { wall: unit.wall, clean: unit.key, end, discontinuity, terminal, cseq: self.cseq };
        Some(self.packetiser.replay(&unit, &mark))
    }

    async fn wait(&mut self) {
        let Some((pace, held)) = self.pace.as_mut().zip(self.held.as_ref()) else { return };
        let now = self.clock.mono();
        // A hole is not waited through.
        let (begun, first) = *match pace {
            Some(pace) if !held.discontinuity => pace,
            _ => pace.insert((now, held.unit.wall)),
        };
        let due = begun + held.unit.wall.since(first);
        if due > now {
            tokio::time::sleep(due.since(now).min(Duration::from_secs(10))).await;
        }
    }
}
