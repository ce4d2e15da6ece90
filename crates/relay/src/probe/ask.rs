//! Asking a camera by ONVIF what it streams: reach, sign in, profiles, stream.

use std::sync::Arc;

use cameras::onvif::wire::media::Profile;
use cameras::onvif::{Camera, OnvifError, Step};
use domain::{Clock, Mono, Secret};
use serde::Serialize;
use tokio::sync::mpsc;

use super::{ProbeStep, ProbeTarget, StepState, millis};
use crate::state::Problem;

/// Profiles that are asked for their address: real cameras have up to five for each lens.
const PROFILES_MAX: usize = 8;

/// Sub streams are for grids and thin lines: the widest that is still one.
const SUB_WIDTH_MAX: u32 = 1280;

/// Key pictures further apart than that make every start slow.
const GOP_LONG_S: f32 = 4.0;

/// What a camera offers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Offer {
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub make: Option<String>,
    /// Model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The streams, the largest picture first.
    pub streams: Vec<OfferedStream>,
    /// Which of them is the best main stream, by its place.
    pub main: usize,
    /// And which the best sub stream, where another one will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<usize>,
    /// Whether the camera says that it can be moved.
    pub moves: bool,
}

/// One stream, as the camera describes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OfferedStream {
    /// Where it is, without user name and password.
    pub url: String,
    /// What the camera calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `h264`, `h265` or what else the camera says.
    pub codec: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Pictures a second at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fps: Option<f32>,
    /// Seconds between key pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gop_s: Option<f32>,
    /// `gop_long`, `h265`.
    pub warnings: Vec<&'static str>,
}

/// Asks; where all went well, the target has the addresses of its streams.
pub(super) async fn run(target: &mut ProbeTarget, clock: &Arc<dyn Clock>, steps: &mpsc::Sender<ProbeStep>) -> bool {
    let mut asking = Asking { steps, clock, step: "reach", since: clock.mono() };
    let work = asking.all(target);
    let asked = tokio::select! {
        asked = work => asked,
        () = steps.closed() => return false,
    };
    match asked {
        Ok(offer) => {
            let url = |at: usize| offer.streams.get(at).map(|stream| Secret::new(stream.url.clone()));
            (target.main_url, target.sub_url) = (url(offer.main), offer.sub.and_then(url));
            let done = ProbeStep { offer: Some(offer), ..asking.step(StepState::Ok) };
            steps.send(done).await.is_ok()
        }
        Err(error) => {
            let problem = Problem { code: error.cause.code(), detail: error.to_string() };
            let failed = ProbeStep { problem: Some(problem), ..asking.step(StepState::Failed) };
            // Nobody listens any more: the test is over either way.
            let _ = steps.send(failed).await;
            false
        }
    }
}

struct Asking<'a> {
    steps: &'a mpsc::Sender<ProbeStep>,
    clock: &'a Arc<dyn Clock>,
    step: &'static str,
    since: Mono,
}

impl Asking<'_> {
    async fn all(&mut self, target: &ProbeTarget) -> Result<Offer, OnvifError> {
        self.begin("reach").await;
        let none = Secret::default();
        let sign_in = target.username.as_deref().map(|user| (user, target.password.as_ref().unwrap_or(&none)));
        let url = target.onvif_url.as_ref().unwrap_or(&none);
        let camera = match Camera::connect(url.expose(), sign_in, Arc::clone(self.clock)).await {
            Err(error) if !matches!(error.step, Step::Address | Step::Time) => {
                self.next("sign_in").await;
                return Err(error);
            }
            connected => connected?,
        };
        self.next("sign_in").await;
        let information = camera.information().await?;
        self.next("profiles").await;
        let profiles = camera.profiles().await?;
        self.next("stream").await;
        let mut streams = Vec::new();
        let mut moves = false;
        for profile in profiles.into_iter().take(PROFILES_MAX) {
            moves |= profile.ptz && camera.has_ptz();
            // A profile without a picture is for sound or metadata alone.
            if profile.video.is_some() {
                let url = camera.stream_url(&profile.token).await?.to_string();
                streams.extend(offered(profile, url));
            }
        }
        streams.sort_by_key(|stream| std::cmp::Reverse(u64::from(stream.width) * u64::from(stream.height)));
        if streams.is_empty() {
            return Err(OnvifError { step: Step::Profiles, cause: cameras::CameraError::NoVideo.into() });
        }
        let sub = best_sub(&streams);
        Ok(Offer { make: information.make, model: information.model, streams, main: 0, sub, moves })
    }

    async fn begin(&mut self, step: &'static str) {
        (self.step, self.since) = (step, self.clock.mono());
        let _ = self.steps.send(ProbeStep::new(step, StepState::Running)).await;
    }

    async fn next(&mut self, step: &'static str) {
        let _ = self.steps.send(self.step(StepState::Ok)).await;
        self.begin(step).await;
    }

    fn step(&self, state: StepState) -> ProbeStep {
        ProbeStep { ms: Some(millis(self.clock.mono().since(self.since))), ..ProbeStep::new(self.step, state) }
    }
}

fn offered(profile: Profile, url: String) -> Option<OfferedStream> {
    let video = profile.video?;
    let codec = video.codec.to_ascii_lowercase().replace('.', "");
    let codec = if codec == "hevc" { "h265".to_owned() } else { codec };
    let gop_s = video.gop.zip(video.fps).filter(|(_, fps)| *fps > 0.0).map(|(pictures, fps)| pictures as f32 / fps);
    let warnings = [("gop_long", gop_s.is_some_and(|gop| gop > GOP_LONG_S)), ("h265", codec == "h265")];
    let warnings = warnings.into_iter().filter_map(|(code, applies)| applies.then_some(code)).collect();
    let (width, height, fps) = (video.width, video.height, video.fps);
    Some(OfferedStream { url, name: profile.name, codec, width, height, fps, gop_s, warnings })
}

/// The widest small one that every browser plays; else the smallest.
fn best_sub(streams: &[OfferedStream]) -> Option<usize> {
    let main = streams.first()?;
    let small = |stream: &OfferedStream| stream.width <= SUB_WIDTH_MAX && stream.codec == "h264";
    let other = || streams.iter().enumerate().skip(1).filter(|(_, stream)| stream.url != main.url);
    other().find(|(_, stream)| small(stream)).or_else(|| other().next_back()).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(codec: &str, width: u32) -> OfferedStream {
        let url = format!("rtsp://192.0.2.1/{codec}{width}");
        let (name, fps, gop_s, warnings) = (None, None, None, Vec::new());
        OfferedStream { url, name, codec: codec.into(), width, height: width * 9 / 16, fps, gop_s, warnings }
    }

    #[test]
    fn the_sub_stream_is_the_widest_small_one_that_browsers_play() {
        type Row<'a> = (&'a [(&'a str, u32)], Option<usize>);
        let rows: [Row<'_>; 5] = [
            (&[("h264", 1920)], None),
            (&[("h264", 3840), ("h264", 1920), ("h264", 640), ("h264", 320)], Some(2)),
            (&[("h265", 3840), ("h265", 1280), ("h264", 640)], Some(2)),
            (&[("h265", 3840), ("h265", 1280)], Some(1)),
            (&[("h264", 640), ("h264", 640)], None),
        ];
        for (streams, expected) in rows {
            let streams: Vec<_> = streams.iter().map(|(codec, width)| stream(codec, *width)).collect();
            assert_eq!(best_sub(&streams), expected, "{streams:?}");
        }
    }

    #[test]
    fn what_a_stream_is_warned_of_follows_from_its_gop_and_codec() {
        let of = |codec: &str, gop, fps| {
            let video = cameras::onvif::wire::media::Video {
                codec: codec.into(),
                width: 1920,
                height: 1080,
                fps,
                bitrate_kbps: None,
                gop,
            };
            let profile = Profile { token: "a".into(), name: None, video: Some(video), source: None, audio: false, ptz: false };
            offered(profile, String::new()).unwrap().warnings
        };
        assert_eq!(of("H264", Some(50), Some(25.0)), [""; 0]);
        assert_eq!(of("H264", Some(125), Some(25.0)), ["gop_long"]);
        assert_eq!(of("H265", None, Some(25.0)), ["h265"]);
        assert_eq!(of("HEVC", Some(250), Some(25.0)), ["gop_long", "h265"]);
    }
}
