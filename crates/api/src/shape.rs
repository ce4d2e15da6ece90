//! JSON shapes that several routes answer with, and how the rooms below fill them.
//!
//! Each `From` names every field, so that a new one below does not go unnoticed here.

use domain::{AudioMode, CameraId, HomeId, TimeRange, Timestamp};
use media::record;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{Object, ObjectBuilder, Type};

/// A camera and how it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Camera {
    #[schema(value_type = Uuid)]
    id: CameraId,
    #[schema(value_type = Uuid)]
    home_id: HomeId,
    /// What people call it.
    name: String,
    /// URL of the main stream, without what is secret in it.
    main_address: String,
    /// URL of the sub stream, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_address: Option<String>,
    /// User name on the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// Whether a password is kept. It never leaves.
    has_password: bool,
    #[schema(schema_with = audio_mode)]
    audio: AudioMode,
    /// Whether the owner wants footage kept.
    recording: bool,
    /// Whether its ONVIF address is known, by which it may be moved.
    onvif: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    state: CameraState,
    /// Of a camera that calls in by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Link>,
    /// When it was removed and its footage kept. Such a camera is in no list but its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    gone_at: Option<Timestamp>,
}

/// Whether a camera that calls in by itself has done so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Link {
    #[schema(inline)]
    state: UpDown,
    /// Since when it is so, as far as this server's process knows.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum UpDown {
    Up,
    Down,
}

impl From<relay::LinkState> for Link {
    fn from(relay::LinkState { up, since }: relay::LinkState) -> Self {
        Self { state: if up { UpDown::Up } else { UpDown::Down }, since }
    }
}

impl Camera {
    pub(crate) fn new(camera: control::Camera, state: relay::CameraState, link: Option<relay::LinkState>) -> Self {
        let control::Camera {
            id,
            home,
            name,
            main_address,
            sub_address,
            username,
            has_password,
            onvif,
            audio,
            recording,
            device: _,
            created,
            gone,
        } = camera;
        Self {
            id,
            home_id: home,
            name,
            main_address,
            sub_address,
            username,
            has_password,
            audio,
            recording,
            onvif,
            created_at: created,
            state: state.into(),
            link: link.map(Into::into),
            gone_at: gone,
        }
    }
}

/// How a camera is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraState {
    #[schema(inline)]
    status: Status,
    /// Since when it is so.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Why it is not online.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<CameraProblem>,
    /// The full picture's stream, once seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    main: Option<StreamState>,
    /// The small picture's stream, once seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<StreamState>,
    #[schema(inline)]
    recording: Recording,
    /// Why footage is not kept although it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    recording_problem: Option<CameraProblem>,
    /// Why its events cannot be heard, where its plan needs them: until they can, everything is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    events_problem: Option<CameraProblem>,
    /// When privacy ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    private_until: Option<Timestamp>,
    /// What the camera kept while it could not be reached is being fetched.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    fetching: bool,
    /// When the newest still picture was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    still_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Connecting,
    Online,
    Offline,
    /// Nobody is to see it: it is not even connected.
    Private,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Recording {
    On,
    Off,
    Waiting,
    /// Kept around events, and none happens.
    Armed,
    Failed,
}

/// What is wrong with a camera.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraProblem {
    /// The stable code that the app has words for.
    code: &'static str,
    /// A sentence for people who look closer.
    detail: String,
}

/// What one stream carries, measured.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamState {
    /// `h264` or `h265`.
    codec: &'static str,
    width: u16,
    height: u16,
    /// Pictures a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bitrate_bps: Option<u64>,
    /// Seconds between the last two key pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    gop_s: Option<f32>,
    /// `aac`, `pcmu` or `pcma`.
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<&'static str>,
    /// Packets lost between camera and server.
    #[serde(skip_serializing_if = "Option::is_none")]
    loss_percent: Option<f32>,
    /// Key pictures are so far apart that a new viewer waits for the next one.
    long_gop: bool,
    playable: Playable,
    /// By which way the sound is heard: `webrtc`, `mse`, `both` or `none`.
    audio_in: &'static str,
}

/// By which way a browser may play a stream.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Playable {
    webrtc: bool,
    mse: bool,
}

impl From<relay::CameraState> for CameraState {
    fn from(state: relay::CameraState) -> Self {
        let relay::CameraState {
            status,
            since,
            problem,
            main,
            sub,
            recording,
            recording_problem,
            events_problem,
            private_until,
            fetching,
            still_at,
        } = state;
        Self {
            status: match status {
                relay::Status::Connecting => Status::Connecting,
                relay::Status::Online => Status::Online,
                relay::Status::Offline => Status::Offline,
                relay::Status::Private => Status::Private,
            },
            since,
            problem: problem.map(Into::into),
            main: main.map(Into::into),
            sub: sub.map(Into::into),
            recording: match recording {
                relay::RecordingStatus::On => Recording::On,
                relay::RecordingStatus::Off => Recording::Off,
                relay::RecordingStatus::Waiting => Recording::Waiting,
                relay::RecordingStatus::Armed => Recording::Armed,
                relay::RecordingStatus::Failed => Recording::Failed,
            },
            recording_problem: recording_problem.map(Into::into),
            events_problem: events_problem.map(Into::into),
            private_until,
            fetching,
            still_at,
        }
    }
}

impl From<relay::Problem> for CameraProblem {
    fn from(relay::Problem { code, detail }: relay::Problem) -> Self {
        Self { code, detail }
    }
}

impl From<relay::StreamState> for StreamState {
    fn from(stream: relay::StreamState) -> Self {
        let relay::StreamState {
            codec,
            width,
            height,
            fps,
            bitrate_bps,
            gop_s,
            audio,
            loss_percent,
            long_gop,
            playable: relay::Playable { webrtc, mse },
            audio_in,
        } = stream;
        let playable = Playable { webrtc, mse };
        Self { codec, width, height, fps, bitrate_bps, gop_s, audio, loss_percent, long_gop, playable, audio_in }
    }
}

/// What was kept of a camera within a range.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Timeline {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    /// Footage, in order, apart from each other.
    spans: Vec<Span>,
    /// What lies between, with its cause.
    gaps: Vec<Gap>,
    /// What of the footage was fetched from the camera after it could be reached again, in order.
    fetched: Vec<Span>,
    /// The last span is still growing.
    open: bool,
}

/// A stretch of footage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Span {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
}

/// A stretch without footage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Gap {
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    to: Timestamp,
    #[schema(inline)]
    cause: Cause,
}

/// Why nothing was kept: the camera was offline, recording was off, somebody asked for privacy, it is no longer kept, there was no time to
/// take it, the disk did not take it, or nobody knows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Cause {
    Offline,
    Off,
    Privacy,
    NotKept,
    Quiet,
    Lost,
    Disk,
    Unknown,
}

/// A step of a camera test.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestStep {
    /// `address`, `connect`, `sign_in`, `describe`, `picture`, `sub`; by ONVIF `reach`, `sign_in`, `profiles`, `stream`,
    /// `picture`, `sub`; `done` is the last.
    step: &'static str,
    #[schema(inline)]
    state: StepState,
    /// How long it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<CameraProblem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    main: Option<StreamState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<StreamState>,
    /// A real picture, as a `data:` URL of a JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
    /// What the camera offers, with `stream`.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<Offer>,
    /// Codes of what works, and could work better.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'static str>,
}

/// What a camera offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Offer {
    #[serde(skip_serializing_if = "Option::is_none")]
    make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// The largest picture first.
    streams: Vec<OfferedStream>,
    /// The place of the best main stream among them.
    main: usize,
    /// The place of the best sub stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<usize>,
    /// Whether the camera says that it can be moved.
    moves: bool,
}

/// A stream as the camera describes it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferedStream {
    /// Without user name and password.
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `h264`, `h265`, or what else the camera says.
    codec: String,
    width: u32,
    height: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    fps: Option<f32>,
    /// Seconds between key pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    gop_s: Option<f32>,
    /// Codes of what could work better.
    warnings: Vec<&'static str>,
}

impl From<relay::Offer> for Offer {
    fn from(offer: relay::Offer) -> Self {
        let relay::Offer { make, model, streams, main, sub, moves } = offer;
        let stream = |stream: relay::OfferedStream| {
            let relay::OfferedStream { url, name, codec, width, height, fps, gop_s, warnings } = stream;
            OfferedStream { url, name, codec, width, height, fps, gop_s, warnings }
        };
        Self { make, model, streams: streams.into_iter().map(stream).collect(), main, sub, moves }
    }
}

/// How far a step is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StepState {
    Running,
    Ok,
    Failed,
}

impl From<relay::ProbeStep> for TestStep {
    fn from(step: relay::ProbeStep) -> Self {
        let relay::ProbeStep { step, state, ms, problem, main, sub, picture, offer, warnings } = step;
        let state = match state {
            relay::StepState::Running => StepState::Running,
            relay::StepState::Ok => StepState::Ok,
            relay::StepState::Failed => StepState::Failed,
        };
        let (problem, main, sub) = (problem.map(Into::into), main.map(Into::into), sub.map(Into::into));
        Self { step, state, ms, problem, main, sub, picture, offer: offer.map(Into::into), warnings }
    }
}

impl From<relay::Timeline> for Timeline {
    fn from(timeline: relay::Timeline) -> Self {
        let span = |span: TimeRange| Span { from: span.from(), to: span.to() };
        let relay::Timeline { range, spans, gaps, fetched, open } = timeline;
        Self {
            from: range.from(),
            to: range.to(),
            spans: spans.into_iter().map(span).collect(),
            gaps: gaps.into_iter().map(Into::into).collect(),
            fetched: fetched.into_iter().map(span).collect(),
            open,
        }
    }
}

impl From<record::Gap> for Gap {
    fn from(record::Gap { range, cause }: record::Gap) -> Self {
        let cause = match cause {
            record::Cause::Offline => Cause::Offline,
            record::Cause::Off => Cause::Off,
            record::Cause::Privacy => Cause::Privacy,
            record::Cause::NotKept => Cause::NotKept,
            record::Cause::Quiet => Cause::Quiet,
            record::Cause::Lost => Cause::Lost,
            record::Cause::Disk => Cause::Disk,
            record::Cause::Unknown => Cause::Unknown,
        };
        Self { from: range.from(), to: range.to(), cause }
    }
}

/// The schema of [`AudioMode`].
pub(crate) fn audio_mode() -> Object {
    names(["off", "live", "recorded"])
}

/// The schema of [`domain::Role`].
pub(crate) fn role() -> Object {
    names(["member", "owner"])
}

fn names<const N: usize>(names: [&str; N]) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}
