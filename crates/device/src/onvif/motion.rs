//! A camera's head that is not there: where it looks, by its speed and the time.

use std::time::Duration;

use cameras::onvif::wire::ptz::Vector;
use domain::Mono;

/// What full speed moves in a second: from end to end in four.
const FULL_SPEED: f32 = 0.5;
/// Remembered places.
const PRESETS_MAX: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Motion {
    from: Vector,
    speed: Vector,
    since: Mono,
    until: Mono,
    home: Vector,
    presets: Vec<(String, String, Vector)>,
    next_preset: u32,
}

impl Motion {
    pub(super) fn position(&self, now: Mono) -> Vector {
        let seconds = now.min(self.until).since(self.since).as_secs_f32();
        moved(self.from, self.speed, seconds * FULL_SPEED)
    }

    pub(super) fn is_moving(&self, now: Mono) -> bool {
        now < self.until && self.speed != Vector::default()
    }

    pub(super) fn run(&mut self, speed: Vector, time: Duration, now: Mono) {
        self.from = self.position(now);
        (self.speed, self.since, self.until) = (speed.clamped(-1.0), now, now + time);
    }

    pub(super) fn stop(&mut self, now: Mono) {
        self.go(self.position(now), now);
    }

    pub(super) fn step(&mut self, way: Vector, now: Mono) {
        self.go(moved(self.position(now), way, 1.0), now);
    }

    pub(super) fn go(&mut self, place: Vector, now: Mono) {
        *self = Self { from: place.clamped(0.0), speed: Vector::default(), since: now, until: now, ..std::mem::take(self) };
    }

    pub(super) fn go_home(&mut self, now: Mono) {
        self.go(self.home, now);
    }

    pub(super) fn set_home(&mut self, now: Mono) {
        self.home = self.position(now);
    }

    pub(super) fn presets(&self) -> &[(String, String, Vector)] {
        &self.presets
    }

    /// The token; `None` where there is no room, or no such token.
    pub(super) fn remember(&mut self, name: &str, token: Option<&str>, now: Mono) -> Option<String> {
        let place = self.position(now);
        let name: String = name.chars().take(64).collect();
        if let Some(token) = token {
            let known = self.presets.iter_mut().find(|(known, _, _)| known == token)?;
            (known.1, known.2) = (name, place);
            return Some(token.to_owned());
        }
        if self.presets.len() == PRESETS_MAX {
            return None;
        }
        self.next_preset += 1;
        let token = self.next_preset.to_string();
        self.presets.push((token.clone(), name, place));
        Some(token)
    }

    pub(super) fn forget(&mut self, token: &str) -> bool {
        let before = self.presets.len();
        self.presets.retain(|(known, _, _)| known != token);
        self.presets.len() < before
    }

    pub(super) fn recall(&mut self, token: &str, now: Mono) -> bool {
        let Some(place) = self.presets.iter().find(|(known, _, _)| known == token).map(|(_, _, place)| *place) else {
            return false;
        };
        self.go(place, now);
        true
    }
}

fn moved(from: Vector, way: Vector, times: f32) -> Vector {
    let add = |from: f32, way: f32| from + way * times;
    Vector { pan: add(from.pan, way.pan), tilt: add(from.tilt, way.tilt), zoom: add(from.zoom, way.zoom) }.clamped(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_with_time_and_stops_at_its_end_and_at_the_end_of_its_range() {
        let mut motion = Motion::default();
        let at = |ms: u64| Mono::from_micros(ms * 1000);
        let right = Vector { pan: 1.0, ..Vector::default() };
        motion.run(right, Duration::from_secs(1), at(0));
        assert_eq!((motion.position(at(500)).pan, motion.is_moving(at(500))), (0.25, true));
        assert_eq!((motion.position(at(9000)).pan, motion.is_moving(at(9000))), (0.5, false));
        motion.run(right, Duration::from_secs(60), at(9000));
        motion.stop(at(9100));
        assert!((motion.position(at(20000)).pan - 0.55).abs() < 1e-6);
        motion.step(right, at(20000));
        assert_eq!(motion.position(at(20000)).pan, 1.0);
        let token = motion.remember("edge", None, at(20000)).unwrap();
        motion.go_home(at(20000));
        assert_eq!(motion.position(at(20000)), Vector::default());
        assert!(motion.recall(&token, at(20000)) && motion.position(at(20000)).pan == 1.0);
        assert!(motion.forget(&token) && !motion.recall(&token, at(20000)));
    }
}
