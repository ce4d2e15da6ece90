//! What a stream's player and its clients share.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use domain::{StreamName, Timestamp};
use media::au::{Format, Track, VIDEO_TIMESCALE};
use media::rtsp::{Batch, Packetiser, Start, TrackStart};
use serde::Serialize;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};

use crate::clip::Clip;

/// Units that wait for one client: 10 s of pictures and sound. Who is further behind is dropped, as by a real camera.
const CLIENT_UNITS_MAX: usize = 768;

/// Sent pictures that are remembered: a minute of 25 fps.
const SENT_MAX: usize = 1500;

/// One access unit's packets, or a report.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) batch: Batch,
    pub(crate) kind: UnitKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnitKind {
    KeyPicture,
    Picture,
    Sound,
    Report,
}

/// One of a camera's streams.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) name: StreamName,
    pub(crate) clip: Arc<Clip>,
    /// The newest key picture, for whoever looks through the lens.
    pub(crate) seen: watch::Sender<Option<KeyPicture>>,
    state: Mutex<State>,
}

/// A key picture and how it is coded.
#[derive(Debug, Clone)]
pub(crate) struct KeyPicture {
    pub(crate) format: Arc<Format>,
    pub(crate) data: Bytes,
}

#[derive(Debug)]
pub(crate) struct State {
    /// What is played now: another one than the clip's while parameters are changed.
    pub(crate) format: Arc<Format>,
    pub(crate) video: Packetiser,
    pub(crate) audio: Option<Packetiser>,
    /// Media time that was reached, in ticks of video, with any shift in it.
    pub(crate) position: i64,
    /// Wall-clock time of that.
    pub(crate) wall: Timestamp,
    clients: Vec<mpsc::Sender<Arc<Unit>>>,
    counters: Counters,
    sent: VecDeque<(u32, f64)>,
}

/// What a stream did so far.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Counters {
    /// Bytes handed to clients, with RTP and interleaving.
    pub(crate) wire: u64,
    /// Bytes of access units handed to clients.
    pub(crate) payload: u64,
    /// Of those, pictures.
    pub(crate) video: u64,
    /// Pictures that had at least one client.
    pub(crate) frames: u64,
    /// Times that a client began to play.
    pub(crate) plays: u64,
    /// Clients that were too slow.
    pub(crate) dropped: u64,
    /// Largest delay of a picture after its time since the last look.
    pub(crate) late_ms: f64,
}

impl Counters {
    /// Adds another stream's.
    pub(crate) fn add(&mut self, other: &Self) {
        self.wire += other.wire;
        self.payload += other.payload;
        self.video += other.video;
        self.frames += other.frames;
        self.plays += other.plays;
        self.dropped += other.dropped;
        self.late_ms = self.late_ms.max(other.late_ms);
    }
}

/// A client that has just begun to play.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) starts: Vec<TrackStart>,
    pub(crate) units: mpsc::Receiver<Arc<Unit>>,
}

impl Stream {
    /// `wrap_after_s` is a fault: see there.
    pub(crate) fn new(name: StreamName, clip: Arc<Clip>, wrap_after_s: Option<f64>) -> Option<Self> {
        let format = Arc::clone(&clip.format);
        let begin = |track| start(wrap_after_s, format.timescale(track));
        let video = Packetiser::new(&format, Track::Video, begin(Track::Video))?;
        let audio = Packetiser::new(&format, Track::Audio, begin(Track::Audio));
        let state = State {
            format,
            video,
            audio,
            position: 0,
            wall: Timestamp::default(),
            clients: Vec::new(),
            counters: Counters::default(),
            sent: VecDeque::new(),
        };
        Some(Self { name, clip, seen: watch::Sender::new(None), state: Mutex::new(state) })
    }

    /// The state is consistent between any two statements that could panic, so poison means nothing.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a client; the next packets of each track are those that `starts` names, after a report that ties them to time.
    pub(crate) fn join(&self) -> Joined {
        let mut state = self.state();
        let (sender, units) = mpsc::channel(CLIENT_UNITS_MAX);
        let reports = state.reports();
        reports.into_iter().for_each(|report| drop(sender.try_send(report)));
        let starts = state.tracks().map(|(packetiser, position)| packetiser.track_start(position)).collect();
        state.clients.push(sender);
        state.counters.plays += 1;
        Joined { starts, units }
    }
}

impl State {
    /// Each track with where it stands in its own ticks.
    fn tracks(&self) -> impl Iterator<Item = (&Packetiser, i64)> {
        let rate = self.format.timescale(Track::Audio);
        let audio = self.position * i64::from(rate) / i64::from(VIDEO_TIMESCALE);
        std::iter::once((&self.video, self.position)).chain(self.audio.as_ref().map(|packetiser| (packetiser, audio)))
    }

    /// Sender reports of all tracks for the present moment.
    pub(crate) fn reports(&self) -> Vec<Arc<Unit>> {
        let unit = |batch| Arc::new(Unit { batch, kind: UnitKind::Report });
        self.tracks().map(|(packetiser, position)| unit(packetiser.report(position, self.wall))).collect()
    }

    /// Whether anybody is there.
    pub(crate) fn has_clients(&self) -> bool {
        !self.clients.is_empty()
    }

    /// Hands a unit to all clients; `payload` is its access unit's size.
    pub(crate) fn hand_out(&mut self, unit: &Arc<Unit>, payload: usize) {
        let mut reached = 0u64;
        let mut slow = 0;
        self.clients.retain(|client| match client.try_send(Arc::clone(unit)) {
            Ok(()) => {
                reached += 1;
                true
            }
            Err(TrySendError::Full(_)) => {
                slow += 1;
                false
            }
            Err(TrySendError::Closed(_)) => false,
        });
        let counters = &mut self.counters;
        counters.dropped += slow;
        counters.wire += reached * unit.batch.bytes() as u64;
        if reached > 0 {
            let picture = matches!(unit.kind, UnitKind::Picture | UnitKind::KeyPicture);
            counters.payload += payload as u64;
            counters.video += if picture { payload as u64 } else { 0 };
            counters.frames += u64::from(picture);
        }
    }

    /// Remembers when a picture was handed out, and how late.
    pub(crate) fn note_sent(&mut self, index: u32, now: Timestamp, late_ms: f64) {
        if self.sent.len() == SENT_MAX {
            self.sent.pop_front();
        }
        self.sent.push_back((index, now.micros() as f64 / 1e6));
        self.counters.late_ms = self.counters.late_ms.max(late_ms);
    }

    /// What was sent when, oldest first.
    pub(crate) fn sent(&self) -> Vec<(u32, f64)> {
        self.sent.iter().copied().collect()
    }

    /// Counters and clients; the greatest delay begins anew.
    pub(crate) fn look(&mut self) -> (Counters, usize) {
        self.clients.retain(|client| !client.is_closed());
        let seen = self.counters;
        self.counters.late_ms = 0.0;
        (seen, self.clients.len())
    }
}

/// At random, as the standard has it (RFC 3550 5.1), or so that timestamps of `rate` a second wrap soon.
pub(crate) fn start(wrap_after_s: Option<f64>, rate: u32) -> Start {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    let [a, b, c, d, e, f, ..] = low.to_le_bytes();
    if let Some(seconds) = wrap_after_s {
        let ticks = (seconds * f64::from(rate)) as u32;
        return Start { ssrc: (high >> 32) as u32, sequence: u16::MAX, timestamp: ticks.wrapping_neg() };
    }
    Start { ssrc: (high >> 32) as u32, sequence: u16::from_le_bytes([e, f]), timestamp: u32::from_le_bytes([a, b, c, d]) }
}
