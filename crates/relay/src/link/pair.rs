//! Pairing a camera by its label: find it in the local network, let it prove itself, hand it an invitation, wait for its call.

use std::net::SocketAddr;
use std::time::Duration;

use cameras::discovery::{self, Event, Found, Options, Service as Offered};
use domain::CameraId;
use domain::onboarding::{DeviceId, Invitation, Label};
use policy::Permit;
use policy::act::FindCameras;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::no_link;
use crate::state::Problem;
use crate::{Relay, StepState};

/// How long the camera is looked for: it may be starting.
const FIND_TIME_MAX: Duration = Duration::from_secs(20);

/// How long it may take to call in: it joins nothing and only dials.
const CALL_TIME_MAX: Duration = Duration::from_secs(45);

/// Steps that wait for a slow reader: all there are.
const STEPS_MAX: usize = 8;

/// Who makes our cameras, as their beacons are shown.
const OURS: &str = "atipcam";

/// One line of a pairing's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairStep {
    /// `find`, `prove`, `invite`, `connect`.
    pub step: &'static str,
    /// How far it is.
    pub state: StepState,
    /// Why it failed.
    pub problem: Option<Problem>,
    /// The camera that it became, with the last step.
    pub camera: Option<CameraId>,
}

impl PairStep {
    fn new(step: &'static str, state: StepState) -> Self {
        Self { step, state, problem: None, camera: None }
    }

    /// A step that failed.
    #[must_use]
    pub fn failed(step: &'static str, problem: Problem) -> Self {
        Self { problem: Some(problem), ..Self::new(step, StepState::Failed) }
    }
}

impl Relay {
    /// Pairs the camera of a label with an invitation of the permit's home. Ends by itself within two minutes, and when its
    /// receiver is dropped; a camera that has taken the invitation by then still comes.
    pub fn pair(&self, _permit: Permit<FindCameras>, label: Label, invitation: Invitation) -> mpsc::Receiver<PairStep> {
        let (steps, told) = mpsc::channel(STEPS_MAX);
        let (relay, cancel) = (self.clone(), self.cancel.clone());
        self.tasks.spawn(async move {
            let work = async {
                if let Err(failed) = relay.run(&label, &invitation, &steps).await {
                    let _ = steps.send(failed).await;
                }
            };
            tokio::select! {
                () = work => {}
                () = steps.closed() => {}
                () = cancel.cancelled() => {}
            }
        });
        told
    }

    async fn run(&self, label: &Label, invitation: &Invitation, steps: &mpsc::Sender<PairStep>) -> Result<(), PairStep> {
        let tell = async |step| {
            // Nobody listens any more: the work ends with that.
            let _ = steps.send(step).await;
        };
        tell(PairStep::new("find", StepState::Running)).await;
        let options = Options { time: FIND_TIME_MAX, loopback: self.search_loopback, ..Options::default() };
        let mut events = discovery::search(options);
        let (mut last, mut asked) = (None, Vec::new());
        while let Some(event) = events.recv().await {
            let Event::Found(found) = event else { continue };
            let Some(candidate) = Candidate::of(&found, label.device).filter(|candidate| !asked.contains(candidate)) else {
                continue;
            };
            asked.push(candidate);
            match exchange(candidate.address, label, invitation).await {
                Ok(()) => {
                    for step in ["find", "prove", "invite"] {
                        tell(PairStep::new(step, StepState::Ok)).await;
                    }
                    return self.called(label.device, steps).await;
                }
                Err(problem) if candidate.sure => {
                    tell(PairStep::new("find", StepState::Ok)).await;
                    return Err(PairStep::failed("prove", problem));
                }
                Err(problem) => last = Some(problem).filter(|problem| problem.code != "device.proof_invalid").or(last),
            }
        }
        let nobody = || Problem { code: "device.not_found", detail: "no camera of this label answers in this network".into() };
        // One of ours that did not say who it is, and nothing else: it is most likely the one.
        Err(match (last, asked.len()) {
            (Some(problem), 1) => PairStep::failed("prove", problem),
            _ => PairStep::failed("find", nobody()),
        })
    }

    /// Waits until the device has called in.
    async fn called(&self, device: DeviceId, steps: &mpsc::Sender<PairStep>) -> Result<(), PairStep> {
        let _ = steps.send(PairStep::new("connect", StepState::Running)).await;
        let mut line = self.shared.links.line(device);
        let up = timeout(CALL_TIME_MAX, line.wait_for(super::Line::is_up)).await;
        let camera = up.ok().and_then(Result::ok).and_then(|line| line.up.as_ref().map(|up| up.camera));
        let camera = camera.ok_or_else(|| PairStep::failed("connect", no_link()))?;
        let _ = steps.send(PairStep { camera: Some(camera), ..PairStep::new("connect", StepState::Ok) }).await;
        Ok(())
    }
}

/// Where the label's camera may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Candidate {
    address: SocketAddr,
    /// Its beacon said so. What was heard of it by other protocols first is not known by its beacon's name any more, so every
    /// camera of ours is asked: it must prove itself before it is shown anything.
    sure: bool,
}

impl Candidate {
    fn of(found: &Found, device: DeviceId) -> Option<Self> {
        let beacon = format!("beacon:{}", device.to_string().get(..16)?);
        let sure = found.key == beacon;
        if !sure && found.make.as_deref() != Some(OURS) {
            return None;
        }
        found.services.iter().find_map(|service| match service {
            Offered::Onvif(url) => {
                let host = url.host_str()?.trim_matches(['[', ']']).parse().ok()?;
                Some(Self { address: SocketAddr::new(host, url.port_or_known_default()?), sure })
            }
            Offered::Rtsp(_) => None,
        })
    }
}

/// Proves and hands over, with the camera whose ONVIF listens at `address`.
async fn exchange(address: SocketAddr, label: &Label, invitation: &Invitation) -> Result<(), Problem> {
    let handed = cameras::pair::pair(address, label, invitation).await;
    handed.map_err(|error| Problem { code: error.code(), detail: error.to_string() })
}
