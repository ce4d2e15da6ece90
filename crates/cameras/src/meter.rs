//! What a stream is like, measured.

use std::sync::Arc;
use std::time::Duration;

use domain::Mono;
use media::au::{Format, Track, VIDEO_TIMESCALE};

use crate::rtsp::Arrival;

/// Figures are told anew after that much time: slow enough not to flicker, ...
const WINDOW: Duration = Duration::from_secs(10);

/// ... but for the first time soon.
const FIRST_WINDOW: Duration = Duration::from_secs(2);

/// What a stream is like.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// What it carries.
    pub format: Arc<Format>,
    /// Pictures a second, in tenths.
    pub fps: Option<f32>,
    /// Bits a second, both tracks.
    pub bitrate_bps: Option<u64>,
    /// Seconds between the last two key pictures, in tenths.
    pub gop_s: Option<f32>,
    /// Packets lost, in percent of the last window, in tenths.
    pub loss_percent: Option<f32>,
}

/// Measures a stream in windows of time.
#[derive(Debug)]
pub struct Meter {
    facts: Facts,
    window: Window,
    /// A window has been told.
    told: bool,
    /// Decoding time of the last key picture.
    last_key: Option<i64>,
}

#[derive(Debug)]
struct Window {
    from: Mono,
    pictures: u32,
    /// Media time that those pictures lasted.
    ticks: u64,
    bytes: u64,
    packets: u64,
    lost: u64,
}

impl Window {
    fn new(from: Mono) -> Self {
        Self { from, pictures: 0, ticks: 0, bytes: 0, packets: 0, lost: 0 }
    }
}

impl Meter {
    /// A meter for a stream of this format, begun at `now`.
    #[must_use]
    pub fn new(format: Arc<Format>, now: Mono) -> Self {
        let facts = Facts { format, fps: None, bitrate_bps: None, gop_s: None, loss_percent: None };
        Self { facts, window: Window::new(now), told: false, last_key: None }
    }

    /// What is known so far.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Counts a unit. True where the facts have changed.
    pub fn count(&mut self, arrival: &Arrival) -> bool {
        let unit = &arrival.unit;
        let window = &mut self.window;
        window.bytes += unit.data.len() as u64;
        window.packets += u64::from(arrival.packets);
        window.lost += u64::from(arrival.lost);
        let mut changed = false;
        if !Arc::ptr_eq(&unit.format, &self.facts.format) {
            self.facts.format = Arc::clone(&unit.format);
            changed = true;
        }
        if unit.track == Track::Video {
            if !unit.discontinuity {
                window.pictures += 1;
                window.ticks += u64::from(arrival.duration);
            }
            changed |= unit.key && self.key(unit.dts, unit.discontinuity);
        }
        let length = unit.arrived.since(self.window.from);
        if length >= if self.told { WINDOW } else { FIRST_WINDOW } {
            self.tell(length, unit.arrived);
            changed = true;
        }
        changed
    }

    /// A key picture. True where the first GOP is known by it.
    fn key(&mut self, dts: i64, discontinuity: bool) -> bool {
        let last = self.last_key.replace(dts).filter(|_| !discontinuity);
        let first = self.facts.gop_s.is_none();
        if let Some(last) = last {
            self.facts.gop_s = Some(tenths((dts - last) as f64 / f64::from(VIDEO_TIMESCALE)));
        }
        first && last.is_some()
    }

    fn tell(&mut self, length: Duration, now: Mono) {
        let window = std::mem::replace(&mut self.window, Window::new(now));
        self.told = true;
        let seconds = window.ticks as f64 / f64::from(VIDEO_TIMESCALE);
        self.facts.fps = (window.ticks > 0).then(|| tenths(f64::from(window.pictures) / seconds));
        self.facts.bitrate_bps = Some((window.bytes as f64 * 8.0 / length.as_secs_f64()) as u64);
        let sent = window.packets + window.lost;
        self.facts.loss_percent = Some(tenths(window.lost as f64 * 100.0 / sent.max(1) as f64));
    }
}

fn tenths(value: f64) -> f32 {
    ((value * 10.0).round() / 10.0) as f32
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
