//! The last sign of life of each recorder: what a watchdog and people look at.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CameraId, Mono, Timestamp};
use media::live::Unit;

/// How one camera's recording goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Pulse {
    /// Its footage is to be kept since then.
    pub(crate) wanted: Option<Mono>,
    /// Units came last.
    pub(crate) arrived: Option<Mono>,
    /// A key picture came last, and when it was taken.
    pub(crate) key: Option<(Mono, Timestamp)>,
    /// A record became durable last, and how far it goes.
    pub(crate) durable: Option<(Mono, Timestamp)>,
    /// Units that the disk was too slow for, since the process began.
    pub(crate) lost: u64,
}

/// All cameras'. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulses(Arc<Mutex<HashMap<CameraId, Pulse>>>);

impl Pulses {
    pub(crate) fn update(&self, camera: CameraId, change: impl FnOnce(&mut Pulse)) {
        change(self.map().entry(camera).or_default());
    }

    /// Its footage is to be kept from now on, or no longer.
    pub(crate) fn want(&self, camera: CameraId, wanted: bool, now: Mono) {
        self.update(camera, |pulse| pulse.wanted = wanted.then(|| pulse.wanted.unwrap_or(now)));
    }

    /// Units came, after `missed` that did not fit.
    pub(crate) fn came(&self, camera: CameraId, missed: u64, units: &[Arc<Unit>], now: Mono) {
        self.update(camera, |pulse| {
            pulse.arrived = Some(now);
            pulse.lost += missed;
            let key = units.iter().rev().find(|unit| unit.au.starts_gop());
            pulse.key = key.map(|unit| (now, unit.au.wall)).or(pulse.key);
        });
    }

    /// A record that goes to `end` is durable.
    pub(crate) fn durable(&self, camera: CameraId, end: Timestamp, now: Mono) {
        self.update(camera, |pulse| pulse.durable = Some((now, end)));
    }

    pub(crate) fn get(&self, camera: CameraId) -> Pulse {
        self.map().get(&camera).copied().unwrap_or_default()
    }

    pub(crate) fn all(&self) -> Vec<(CameraId, Pulse)> {
        self.map().iter().map(|(camera, pulse)| (*camera, *pulse)).collect()
    }

    pub(crate) fn remove(&self, camera: CameraId) {
        self.map().remove(&camera);
    }

    fn map(&self) -> MutexGuard<'_, HashMap<CameraId, Pulse>> {
        // Closures given to `update` assign fields; one that panicked left a state that the next one overwrites.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
