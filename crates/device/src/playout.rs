//! One stream's clock: takes each sample of its clip at its time, makes packets of it, hands them to all clients.

mod mangle;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{Clock, Mono, Result, Timestamp};
use media::au::{AccessUnit, Format, Track, VIDEO_TIMESCALE};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clip::{Clip, Sample};
use crate::faults::Faults;
use crate::ring::Tap;
use crate::stream::{KeyPicture, Stream, Unit, UnitKind};
use mangle::Mangler;
pub(crate) use mangle::oversized;

/// How often a sender report goes out (RFC 3550 6.2 recommends 5 s).
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// Further behind than this, a machine was asleep: time goes on from now instead of all that was missed being sent at once.
const LATE_MAX: Duration = Duration::from_secs(2);

/// Makes another clip that a stream can change to; blocks.
pub(crate) type Alternate = Arc<dyn Fn() -> Result<Clip> + Send + Sync>;

/// How far the camera's clock is wrong; all of its times are by it.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClockOff(Arc<AtomicI64>);

impl ClockOff {
    pub(crate) fn set_us(&self, micros: i64) {
        self.0.store(micros, Ordering::Relaxed);
    }

    /// What the camera's clock reads at `t`.
    pub(crate) fn of(&self, t: Timestamp) -> Timestamp {
        Timestamp::from_micros(t.micros().saturating_add(self.0.load(Ordering::Relaxed)))
    }
}

/// Plays one stream until it is dropped.
pub(crate) struct Playout {
    stream: Arc<Stream>,
    clock: Arc<dyn Clock>,
    faults: watch::Receiver<Faults>,
    video: Cursor,
    audio: Option<Cursor>,
    /// When media time 0 was, on both clocks.
    start: (Mono, Timestamp),
    next_report: Mono,
    mangler: Mangler,
    /// Into what is kept of this stream.
    tap: Option<Tap>,
    /// The format of what is kept, without sound, and the one that it was made of.
    silent: Option<(Arc<Format>, Arc<Format>)>,
    clock_off: ClockOff,
    alternate: Option<JoinHandle<Result<Clip>>>,
    make_alternate: Alternate,
    on_alternate: bool,
}

/// Where one track stands in its clip.
struct Cursor {
    clip: Arc<Clip>,
    track: Track,
    /// Media time at which the running loop began, in ticks of video.
    origin: i64,
    index: usize,
}

impl Cursor {
    fn new(clip: Arc<Clip>, track: Track, origin: i64) -> Option<Self> {
        let usable = clip.track(track).is_some_and(|samples| !samples.samples.is_empty()) && clip.length > 0;
        usable.then_some(Self { clip, track, origin, index: 0 })
    }

    fn timescale(&self) -> i64 {
        i64::from(self.clip.format.timescale(self.track))
    }

    fn sample(&self) -> Option<Sample> {
        self.clip.track(self.track)?.samples.get(self.index).copied()
    }

    /// Media time of the next sample, in its own ticks.
    fn dts(&self) -> i64 {
        self.origin * self.timescale() / i64::from(VIDEO_TIMESCALE) + self.sample().map_or(0, |sample| sample.dts)
    }

    /// The same in microseconds.
    fn micros(&self) -> i64 {
        self.dts() * 1_000_000 / self.timescale()
    }

    fn advance(&mut self) {
        self.index += 1;
        if self.sample().is_none() {
            self.index = 0;
            self.origin += self.clip.length;
        }
    }
}

impl Playout {
    /// A player at the beginning of the stream's clip.
    pub(crate) fn new(
        stream: Arc<Stream>,
        faults: watch::Receiver<Faults>,
        clock: Arc<dyn Clock>,
        clock_off: ClockOff,
        tap: Option<Tap>,
        make_alternate: Alternate,
    ) -> Option<Self> {
        let clip = Arc::clone(&stream.clip);
        // Decoding may begin before time 0: the loop begins with its first sample.
        let origin = -clip.video.samples.first()?.dts;
        let start = (clock.mono(), clock.now());
        Some(Self {
            video: Cursor::new(Arc::clone(&clip), Track::Video, origin)?,
            audio: Cursor::new(clip, Track::Audio, origin),
            stream,
            faults,
            start,
            next_report: start.0,
            clock,
            mangler: Mangler::default(),
            tap,
            silent: None,
            clock_off,
            alternate: None,
            make_alternate,
            on_alternate: false,
        })
    }

    /// Plays for ever.
    pub(crate) async fn run(mut self) {
        loop {
            let sound_first = self.audio.as_ref().filter(|audio| audio.micros() < self.video.micros()).map(Cursor::micros);
            let due = self.start.0 + Duration::from_micros(sound_first.unwrap_or(self.video.micros()).max(0).unsigned_abs());
            let now = self.clock.mono();
            if now < due {
                tokio::time::sleep(due.since(now)).await;
            }
            let late = self.clock.mono().since(due);
            if late > LATE_MAX {
                tracing::debug!(stream = self.stream.name.as_str(), ?late, "time goes on from now");
                self.start = (self.start.0 + late, self.start.1 + late);
            }
            if sound_first.is_some() {
                self.sound();
            } else {
                self.picture(late).await;
            }
        }
    }

    fn sound(&mut self) {
        let Some(cursor) = &mut self.audio else { return };
        let unit = access_unit(cursor, self.clock_off.of(self.start.1), self.clock.mono());
        cursor.advance();
        self.send(unit, UnitKind::Sound);
    }

    async fn picture(&mut self, late: Duration) {
        if self.video.sample().is_some_and(|sample| sample.key) {
            self.change_parameters().await;
        }
        let index = u32::try_from(self.video.index).unwrap_or(u32::MAX);
        let unit = access_unit(&self.video, self.clock_off.of(self.start.1), self.clock.mono());
        self.keep(&unit);
        self.video.advance();
        {
            let mut state = self.stream.state();
            state.position = unit.dts + mangle::shift(&self.faults.borrow(), VIDEO_TIMESCALE);
            state.wall = unit.wall;
            if state.has_clients() {
                state.note_sent(index, self.clock.now(), late.as_secs_f64() * 1000.0);
            }
        }
        if unit.key && self.stream.seen.receiver_count() > 0 {
            self.stream.seen.send_replace(Some(KeyPicture { format: Arc::clone(&unit.format), data: unit.data.clone() }));
        }
        let kind = if unit.key { UnitKind::KeyPicture } else { UnitKind::Picture };
        self.send(unit, kind);
        self.report();
    }

    /// Keeps a picture, whoever is there.
    fn keep(&mut self, unit: &AccessUnit) {
        let Some(tap) = &self.tap else { return };
        let format = match &self.silent {
            Some((of, silent)) if Arc::ptr_eq(of, &unit.format) => Arc::clone(silent),
            _ => {
                let silent = Arc::new(Format { video: unit.format.video.clone(), audio: None });
                self.silent = Some((Arc::clone(&unit.format), Arc::clone(&silent)));
                silent
            }
        };
        tap.unit(AccessUnit { format, data: unit.data.clone(), ..*unit });
    }

    /// Hands a unit out with the faults of the moment; nothing is made where nobody is there.
    fn send(&mut self, unit: AccessUnit, kind: UnitKind) {
        let mut guard = self.stream.state();
        let state = &mut *guard;
        if !state.has_clients() {
            return;
        }
        let faults = self.faults.borrow();
        let packetiser = if unit.track == Track::Video { Some(&mut state.video) } else { state.audio.as_mut() };
        let Some((packetiser, unit)) = packetiser.zip(self.mangler.unit(&faults, unit)) else { return };
        let batch = self.mangler.packets(&faults, packetiser.packetise(&unit));
        state.hand_out(&Arc::new(Unit { batch, kind }), unit.data.len());
    }

    fn report(&mut self) {
        let now = self.clock.mono();
        if now >= self.next_report {
            self.next_report = now + REPORT_INTERVAL;
            let mut state = self.stream.state();
            state.reports().iter().for_each(|report| state.hand_out(report, 0));
        }
    }

    /// At a key picture: goes over to the other clip or back, as the faults say, as soon as the other clip is there.
    async fn change_parameters(&mut self) {
        let wanted = self.faults.borrow().change_parameters;
        if wanted == self.on_alternate {
            return;
        }
        let clip = if wanted {
            let make = Arc::clone(&self.make_alternate);
            let making = self.alternate.get_or_insert_with(|| tokio::task::spawn_blocking(move || make()));
            if !making.is_finished() {
                return;
            }
            match making.await {
                Ok(Ok(clip)) => Arc::new(clip.under_sound_of(&self.stream.clip.format)),
                failed => return tracing::warn!(?failed, "there is no other clip to change to"),
            }
        } else {
            Arc::clone(&self.stream.clip)
        };
        let same_codec = clip.format.video.codec == self.stream.clip.format.video.codec;
        let here = self.video.dts();
        let origin = here - clip.video.samples.first().map_or(0, |sample| sample.dts);
        if let Some(cursor) = Cursor::new(Arc::clone(&clip), Track::Video, origin).filter(|_| same_codec) {
            self.video = cursor;
            self.on_alternate = wanted;
            self.alternate = None;
            self.stream.state().format = Arc::clone(&clip.format);
        }
    }
}

/// The next sample as an access unit, presented at its time after `start`.
fn access_unit(cursor: &Cursor, start: Timestamp, arrived: Mono) -> AccessUnit {
    let sample = cursor.sample();
    AccessUnit {
        track: cursor.track,
        format: Arc::clone(&cursor.clip.format),
        dts: cursor.dts(),
        cts: sample.map_or(0, |sample| sample.cts),
        wall: start + Duration::from_micros(cursor.micros().max(0).unsigned_abs()),
        arrived,
        key: sample.is_some_and(|sample| sample.key),
        discontinuity: false,
        data: sample.map(|sample| cursor.clip.unit_data(cursor.track, sample)).unwrap_or_default(),
    }
}
