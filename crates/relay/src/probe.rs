//! Trying a camera before it is added: named steps and a real picture.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cameras::probe::{Event, Seen, Step, probe};
use domain::{Clock, Secret};
use policy::Permit;
use policy::act::TestCamera;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::playback::still_of;
use crate::pull::stream_state;
use crate::state::{Problem, StreamState};

mod ask;

pub use ask::{Offer, OfferedStream};

/// Steps that wait for a slow reader; there are about twelve in all.
const STEPS_MAX: usize = 32;

/// Width of the picture that a test shows.
const PICTURE_WIDTH_MAX: u16 = 960;

/// What to try.
#[derive(Debug)]
pub struct ProbeTarget {
    /// Address of the main stream; where there is none, the camera is asked at `onvif_url`.
    pub main_url: Option<Secret>,
    /// Address of the ONVIF device service.
    pub onvif_url: Option<Secret>,
    /// Address of the sub stream.
    pub sub_url: Option<Secret>,
    /// Whom to sign in as.
    pub username: Option<String>,
    /// With which password.
    pub password: Option<Secret>,
}

/// One line of a test's answer.
#[derive(Debug, Clone, Serialize)]
pub struct ProbeStep {
    /// `address`, `connect`, `sign_in`, `describe`, `picture`, `sub` or, as the last one, `done`. Where the camera is asked by
    /// ONVIF: `reach`, `sign_in`, `profiles`, `stream`, `picture`, `sub`, `done`.
    pub step: &'static str,
    /// How far it is.
    pub state: StepState,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// What the main stream carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main: Option<StreamState>,
    /// What the sub stream carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<StreamState>,
    /// The first key picture, as a `data:` URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// What the camera offers, with `stream`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// What works but deserves a look.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<&'static str>,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// Under way.
    Running,
    /// Done.
    Ok,
    /// Failed; `problem` says why.
    Failed,
}

impl ProbeStep {
    fn new(step: &'static str, state: StepState) -> Self {
        Self { step, state, ms: None, problem: None, main: None, sub: None, picture: None, offer: None, warnings: Vec::new() }
    }
}

/// Starts a test. It ends by itself, and when its receiver is dropped.
pub(crate) fn start(_permit: Permit<TestCamera>, target: ProbeTarget, clock: Arc<dyn Clock>) -> mpsc::Receiver<ProbeStep> {
    let (steps, receiver) = mpsc::channel(STEPS_MAX);
    tokio::spawn(async move {
        let mut target = target;
        let well = match &target.main_url {
            Some(_) => main_stream(&target, &clock, &steps, false).await,
            None => ask::run(&mut target, &clock, &steps).await && main_stream(&target, &clock, &steps, true).await,
        };
        if well && target.sub_url.is_some() {
            sub_stream(&target, &clock, &steps).await;
        }
        let state = if well { StepState::Ok } else { StepState::Failed };
        // Nobody listens any more: the test is over either way.
        let _ = steps.send(ProbeStep::new("done", state)).await;
    });
    receiver
}

/// Tries the main stream; whether pictures came. `whole`: as the one step `picture`, where the camera was asked before.
async fn main_stream(target: &ProbeTarget, clock: &Arc<dyn Clock>, steps: &mpsc::Sender<ProbeStep>, whole: bool) -> bool {
    let Some(url) = &target.main_url else { return false };
    let mut events = run(url.expose(), target, clock);
    let mut seen: Option<Box<Seen>> = None;
    let mut well = false;
    while let Some(event) = events.recv().await {
        let step = match event {
            Event::Running(step) if whole && step != Step::Address => continue,
            Event::Running(_) if whole => ProbeStep::new(Step::Picture.as_str(), StepState::Running),
            Event::Done(step, _) if whole && step != Step::Picture => continue,
            Event::Running(step) => ProbeStep::new(step.as_str(), StepState::Running),
            Event::Done(Step::Picture, took) => {
                well = true;
                let mut done = ProbeStep { ms: Some(millis(took)), ..ProbeStep::new(Step::Picture.as_str(), StepState::Ok) };
                if let Some(seen) = seen.take() {
                    picture_step(&mut done, *seen, target.sub_url.is_none()).await;
                }
                done
            }
            Event::Done(step, took) => ProbeStep { ms: Some(millis(took)), ..ProbeStep::new(step.as_str(), StepState::Ok) },
            Event::Failed(step, took, error) => ProbeStep {
                ms: Some(millis(took)),
                problem: Some(Problem { code: error.code(), detail: error.to_string() }),
                ..ProbeStep::new(if whole { Step::Picture } else { step }.as_str(), StepState::Failed)
            },
            Event::Seen(found) => {
                seen = Some(found);
                continue;
            }
        };
        if steps.send(step).await.is_err() {
            return false;
        }
    }
    well
}

async fn picture_step(step: &mut ProbeStep, seen: Seen, no_sub: bool) {
    let state = stream_state(&seen.facts, false);
    step.warnings = seen.warnings;
    if no_sub {
        step.warnings.push("no_sub");
    }
    step.main = Some(state);
    // An H.265 picture cannot be shown; its warning says so.
    if let Ok(still) = still_of(&seen.picture.format, &seen.picture.data, seen.picture.wall, PICTURE_WIDTH_MAX).await {
        step.picture = Some(format!("data:image/jpeg;base64,{}", STANDARD.encode(&still.jpeg)));
    }
}

/// Tries the sub stream, as one step. A camera is as good without.
async fn sub_stream(target: &ProbeTarget, clock: &Arc<dyn Clock>, steps: &mpsc::Sender<ProbeStep>) {
    let Some(url) = &target.sub_url else { return };
    if steps.send(ProbeStep::new("sub", StepState::Running)).await.is_err() {
        return;
    }
    let mut events = run(url.expose(), target, clock);
    let mut step = ProbeStep::new("sub", StepState::Failed);
    while let Some(event) = events.recv().await {
        match event {
            Event::Seen(seen) => step.sub = Some(stream_state(&seen.facts, false)),
            Event::Done(Step::Picture, took) => (step.state, step.ms) = (StepState::Ok, Some(millis(took))),
            Event::Failed(_, took, error) => {
                step.ms = Some(millis(took));
                step.problem = Some(Problem { code: error.code(), detail: error.to_string() });
            }
            Event::Running(_) | Event::Done(..) => {}
        }
    }
    let _ = steps.send(step).await;
}

/// Runs one probe beside; it ends when the receiver is dropped.
fn run(url: &str, target: &ProbeTarget, clock: &Arc<dyn Clock>) -> mpsc::Receiver<Event> {
    let (events, receiver) = mpsc::channel(STEPS_MAX);
    let (url, username, password) = (url.to_owned(), target.username.clone(), target.password.clone());
    let clock = Arc::clone(clock);
    tokio::spawn(async move { probe(&url, username.as_deref(), password.as_ref(), clock, &events).await });
    receiver
}

fn millis(took: std::time::Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
