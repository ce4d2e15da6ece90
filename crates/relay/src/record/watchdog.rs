//! Says within half a minute that a camera that should be recorded is not, and why; and when it is again.

use std::collections::HashMap;
use std::time::Duration;

use domain::{CameraId, Mono, Timestamp};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::pulse::Pulse;
use crate::fleet::Shared;
use crate::state::{CameraState, Problem, RecordingStatus, Status};

/// How often it looks.
const ROUND: Duration = Duration::from_secs(1);

/// Nothing durable for so long means: not recording. A disk that spins up takes ten seconds and loses nothing; with the round
/// above, whoever looks knows within 21 s, where 30 are promised.
const QUIET_MAX: Duration = Duration::from_secs(20);

/// Units that came within this time came just now.
const JUST_NOW: Duration = Duration::from_secs(5);

/// A camera that came back is given so long to send a key picture, and its recorder to make that durable.
const SETTLE: Duration = Duration::from_secs(10);

/// A picture that says to be further from now was timed by a clock that is wrong.
const CLOCK_OFF_MAX: Duration = Duration::from_secs(600);

/// Why nothing is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Cause {
    Offline,
    SignIn,
    Disk,
    Clock,
    NoKey,
    Stalled,
}

impl Cause {
    const fn code(self) -> &'static str {
        match self {
            Self::Offline => "recording.offline",
            Self::SignIn => "recording.sign_in",
            Self::Disk => "recording.disk",
            Self::Clock => "recording.clock",
            Self::NoKey => "recording.no_key",
            Self::Stalled => "recording.stalled",
        }
    }

    const fn detail(self) -> &'static str {
        match self {
            Self::Offline => "the camera cannot be reached",
            Self::SignIn => "the camera refuses user name and password",
            Self::Disk => "the disk does not take footage",
            Self::Clock => "the times of its pictures make no sense",
            Self::NoKey => "no key picture comes, and nothing can be shown without one",
            Self::Stalled => "the camera is connected and sends nothing",
        }
    }
}

/// Watches all recorders of the process.
#[derive(Debug)]
pub(crate) struct Watchdog {
    shared: Shared,
    /// What was told, and not taken back.
    told: HashMap<CameraId, Cause>,
}

impl Watchdog {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared, told: HashMap::new() }
    }

    /// Looks again and again until `cancel`.
    pub(crate) async fn run(mut self, cancel: CancellationToken) {
        let mut round = interval(ROUND);
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while cancel.run_until_cancelled(round.tick()).await.is_some() {
            self.look();
        }
    }

    pub(super) fn look(&mut self) {
        let (now, wall) = (self.shared.clock.mono(), self.shared.clock.now());
        let all = self.shared.pulses.all();
        self.told.retain(|camera, _| all.iter().any(|(known, _)| known == camera));
        for (camera, pulse) in all {
            let state = self.shared.board.get(camera, wall);
            match verdict(&pulse, &state, self.told.get(&camera).copied(), (now, wall)) {
                Some(cause) => self.bark(camera, cause, wall),
                None => self.calm(camera, &pulse, wall),
            }
            numbers(camera, &pulse, &state, now, self.told.contains_key(&camera));
        }
        metrics::gauge!("atipcam_cameras_not_recording").set(self.told.len() as f64);
    }

    fn bark(&mut self, camera: CameraId, cause: Cause, wall: Timestamp) {
        if self.told.insert(camera, cause) != Some(cause) {
            tracing::error!(%camera, code = cause.code(), "a camera that should be recorded is not: {}", cause.detail());
        }
        self.shared.board.update(camera, wall, |state| {
            state.recording = RecordingStatus::Failed;
            // What the disk itself said is more than we know here.
            let known = state.recording_problem.as_ref().is_some_and(|problem| problem.code.starts_with("storage."));
            if cause != Cause::Disk || !known {
                state.recording_problem = Some(Problem { code: cause.code(), detail: cause.detail().to_owned() });
            }
        });
    }

    fn calm(&mut self, camera: CameraId, pulse: &Pulse, wall: Timestamp) {
        if self.told.remove(&camera).is_none() {
            return;
        }
        tracing::info!(%camera, "the camera is recorded again, or no longer to be");
        self.shared.board.update(camera, wall, |state| {
            state.recording_problem = None;
            if state.recording == RecordingStatus::Failed {
                state.recording = if pulse.wanted.is_some() { RecordingStatus::On } else { RecordingStatus::Off };
            }
        });
    }
}

/// Why nothing is kept of a camera; `None` where something is, or nothing is to be, or it is too early to say. `told` is what was
/// told of it last.
fn verdict(pulse: &Pulse, state: &CameraState, told: Option<Cause>, (now, wall): (Mono, Timestamp)) -> Option<Cause> {
    let wanted = pulse.wanted?;
    let good = pulse.durable.map_or(wanted, |(at, _)| at.max(wanted));
    if now.since(good) < QUIET_MAX {
        return None;
    }
    if state.status == Status::Online && wall.since(state.since) < SETTLE {
        return told;
    }
    let recent = |at: Option<Mono>| at.is_some_and(|at| now.since(at) < JUST_NOW);
    let code = state.problem.as_ref().map(|problem| problem.code);
    let disk = state.recording_problem.as_ref().is_some_and(|problem| problem.code.starts_with("storage."));
    let off = |taken: Timestamp| taken.since(wall).max(wall.since(taken)) > CLOCK_OFF_MAX;
    Some(match (state.status, code) {
        (Status::Offline, Some("camera.credentials_needed" | "camera.credentials_wrong")) => Cause::SignIn,
        (Status::Offline, Some("camera.stalled")) => Cause::Stalled,
        (Status::Offline | Status::Private | Status::Connecting, _) => Cause::Offline,
        _ if disk => Cause::Disk,
        _ if !recent(pulse.arrived) => Cause::Stalled,
        _ if pulse.key.is_none_or(|(at, _)| at <= good || now.since(at) >= QUIET_MAX) => Cause::NoKey,
        _ if pulse.key.is_some_and(|(_, taken)| off(taken)) => Cause::Clock,
        _ => Cause::Disk,
    })
}

/// What a monitoring system sees of a camera.
fn numbers(camera: CameraId, pulse: &Pulse, state: &CameraState, now: Mono, quiet: bool) {
    let id = camera.to_string();
    let gauge = |name: &'static str, value: f64| metrics::gauge!(name, "camera" => id.clone()).set(value);
    let recorded = pulse.wanted.is_some() && !quiet;
    gauge("atipcam_camera_recorded", f64::from(u8::from(recorded)));
    gauge("atipcam_camera_recording_wanted", f64::from(u8::from(pulse.wanted.is_some())));
    gauge("atipcam_camera_units_lost", pulse.lost as f64);
    if let Some((at, _)) = pulse.key {
        gauge("atipcam_camera_key_picture_age_seconds", now.since(at).as_secs_f64());
    }
    let main = state.main.as_ref();
    gauge("atipcam_camera_fps", main.and_then(|main| main.fps).map_or(0.0, f64::from));
    gauge("atipcam_camera_bitrate_bps", main.and_then(|main| main.bitrate_bps).map_or(0.0, |rate| rate as f64));
    gauge("atipcam_camera_loss_percent", main.and_then(|main| main.loss_percent).map_or(0.0, f64::from));
}

#[cfg(test)]
#[path = "watchdog_tests.rs"]
mod tests;
