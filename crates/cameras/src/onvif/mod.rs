//! ONVIF (profiles S and T, as much as a household uses): one [`Camera`] a device, one HTTP connection a question.
//!
//! Everything a camera answers is bounded in bytes and time. Whatever addresses it names, packets go to the one host that a
//! person configured: a service, a stream or a picture elsewhere is looked for at the same path and port of that host.

pub mod auth;
pub mod backchannel;
mod call;
mod error;
mod events;
mod recordings;
pub mod vendors;
pub mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Secret, Timestamp};
use url::Url;

use self::call::Call;
pub use self::error::{Cause, OnvifError, Step};
pub use self::events::Events;
use self::wire::device::{self, Information, Services};
use self::wire::imaging::{self, Imaging};
use self::wire::media::{self, Profile};
use self::wire::ptz::{self, Node, Preset, Status, Vector};
use self::wire::{WireError, answer};

/// Clocks further apart than this many seconds make cameras refuse tokens.
pub const SKEW_MAX_S: i64 = 5;

/// Bytes of a still picture: an uncropped JPEG of 8K stays under it.
const PICTURE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A camera that was asked its time and its services.
#[derive(Debug)]
pub struct Camera {
    call: Call,
    services: Services,
}

impl Camera {
    /// Connects to the device service at `url` (`http://host[:port]/onvif/device_service`; without a path, that one), reads the
    /// camera's clock so that sign-ins carry its time, signs in and asks for its services. Takes at most about 40 s.
    ///
    /// # Errors
    /// The step that failed and the likely cause.
    pub async fn connect(url: &str, sign_in: Option<(&str, &Secret)>, clock: Arc<dyn Clock>) -> Result<Self, OnvifError> {
        Self::connect_by(Call::new(url, sign_in, clock).await?).await
    }

    /// The same through a door: whatever ports the camera names, its services are all behind the port of `url`.
    ///
    /// # Errors
    /// As [`Camera::connect`].
    pub async fn connect_through(url: &str, sign_in: Option<(&str, &Secret)>, clock: Arc<dyn Clock>) -> Result<Self, OnvifError> {
        Self::connect_by(Call::new(url, sign_in, clock).await?.through_a_door()).await
    }

    async fn connect_by(call: Call) -> Result<Self, OnvifError> {
        call.read_clock().await?;
        let device = call.device().clone();
        let found = call.ask(Step::Services, &device, device::GET_SERVICES, "GetServicesResponse").await;
        let services =
            match found.and_then(|found| device::services(&found).map_err(|error| Cause::from_wire(error).at(Step::Services))) {
                Ok(services) => services,
                Err(error) if matches!(error.cause, Cause::Camera(_) | Cause::SignInOrClock(_) | Cause::Redirected(_)) => {
                    return Err(error);
                }
                // Older cameras know only the old question; some know both and answer the new one with nothing.
                Err(_) => {
                    let found = call.ask(Step::Services, &device, device::GET_CAPABILITIES, "GetCapabilitiesResponse").await?;
                    device::capabilities(&found).map_err(|error| Cause::from_wire(error).at(Step::Services))?
                }
            };
        Ok(Self { call, services })
    }

    /// How far the camera's clock is ahead of ours, in microseconds; negative: behind.
    #[must_use]
    pub fn skew_us(&self) -> i64 {
        self.call.skew_us()
    }

    /// Whether it says that it can be moved.
    #[must_use]
    pub const fn has_ptz(&self) -> bool {
        self.services.ptz.is_some()
    }

    /// Whether it says that it has events.
    #[must_use]
    pub const fn has_events(&self) -> bool {
        self.services.events.is_some()
    }

    /// Who it is.
    ///
    /// # Errors
    /// [`Step::SignIn`]: this is the first question that every camera keeps from strangers.
    pub async fn information(&self) -> Result<Information, OnvifError> {
        let found = self.device(Step::SignIn, device::GET_INFORMATION, "GetDeviceInformationResponse").await?;
        Ok(device::information(&found))
    }

    /// Its profiles, in its order: the main stream comes first with nearly all.
    ///
    /// # Errors
    /// [`Step::Profiles`].
    pub async fn profiles(&self) -> Result<Vec<Profile>, OnvifError> {
        let (service, two) = self.media()?;
        let question = if two { media::GET_PROFILES_2 } else { media::GET_PROFILES };
        let found = self.call.ask(Step::Profiles, service, question, "GetProfilesResponse").await?;
        media::profiles(&found).map_err(|error| Cause::from_wire(error).at(Step::Profiles))
    }

    /// Where a profile streams: `rtsp://` at the configured host, without user and password.
    ///
    /// # Errors
    /// [`Step::Stream`].
    pub async fn stream_url(&self, profile: &str) -> Result<Url, OnvifError> {
        let (service, two) = self.media()?;
        let question = if two { media::get_stream_2(profile) } else { media::get_stream(profile) };
        let found = self.call.ask(Step::Stream, service, &question, "GetStreamUriResponse").await?;
        let url = media::uri(&found).map_err(|error| Cause::from_wire(error).at(Step::Stream))?;
        self.call.at_host(&url, &["rtsp", "rtsps"]).ok_or_else(|| not_an_address().at(Step::Stream))
    }

    /// Where a profile's still picture is: at the configured host.
    ///
    /// # Errors
    /// [`Step::Snapshot`].
    pub async fn snapshot_url(&self, profile: &str) -> Result<Url, OnvifError> {
        let (service, two) = self.media()?;
        let found = self.call.ask(Step::Snapshot, service, &media::get_snapshot(profile, two), "GetSnapshotUriResponse").await?;
        let url = media::uri(&found).map_err(|error| Cause::from_wire(error).at(Step::Snapshot))?;
        self.call.at_host(&url, &["http", "https"]).ok_or_else(|| not_an_address().at(Step::Snapshot))
    }

    /// A profile's still picture as a JPEG of at most 16 MiB.
    ///
    /// # Errors
    /// [`Step::Snapshot`]; also where what comes is no JPEG.
    pub async fn snapshot(&self, profile: &str) -> Result<Vec<u8>, OnvifError> {
        let url = self.snapshot_url(profile).await?;
        let bytes = self.call.get(Step::Snapshot, &url, PICTURE_BYTES_MAX).await?;
        if bytes.starts_with(&[0xff, 0xd8]) {
            return Ok(bytes);
        }
        Err(Cause::Answer("it is no JPEG".into()).at(Step::Snapshot))
    }

    /// Whether a stream (from [`Camera::stream_url`]) takes sound.
    ///
    /// # Errors
    /// [`Step::Stream`].
    pub async fn backchannel(&self, stream: &Url) -> Result<Option<backchannel::Backchannel>, OnvifError> {
        // Whatever the URL says, the camera is where the camera is.
        let address = SocketAddr::new(self.call.ip(), stream.port().unwrap_or(554));
        backchannel::detect(address, stream, self.call.sign_in()).await.map_err(|error| Cause::from(error).at(Step::Stream))
    }

    /// Moves with a speed until stopped, at the latest after `time`.
    ///
    /// # Errors
    /// [`Step::Ptz`], as all that follow about movement.
    pub async fn move_on(&self, profile: &str, speed: Vector, time: Duration) -> Result<(), OnvifError> {
        self.ptz(&ptz::continuous(profile, speed, time), "ContinuousMoveResponse").await.map(drop)
    }

    /// Moves by a way.
    pub async fn move_by(&self, profile: &str, way: Vector) -> Result<(), OnvifError> {
        self.ptz(&ptz::relative(profile, way), "RelativeMoveResponse").await.map(drop)
    }

    /// Turns by a share of the picture, where [`Node::by_picture`].
    pub async fn move_within_picture(&self, profile: &str, way: Vector) -> Result<(), OnvifError> {
        self.ptz(&ptz::within_picture(profile, way), "RelativeMoveResponse").await.map(drop)
    }

    /// What its head can do; `None` where it names none.
    pub async fn node(&self) -> Result<Option<Node>, OnvifError> {
        self.ptz(ptz::GET_NODES, "GetNodesResponse").await.map(|found| ptz::node(&found))
    }

    /// Does one of [`Node::auxiliaries`].
    pub async fn auxiliary(&self, profile: &str, command: &str) -> Result<(), OnvifError> {
        self.ptz(&ptz::auxiliary(profile, command), "SendAuxiliaryCommandResponse").await.map(drop)
    }

    /// Moves to a place.
    pub async fn move_to(&self, profile: &str, place: Vector) -> Result<(), OnvifError> {
        self.ptz(&ptz::absolute(profile, place), "AbsoluteMoveResponse").await.map(drop)
    }

    /// Stops all movement.
    pub async fn stop(&self, profile: &str) -> Result<(), OnvifError> {
        self.ptz(&ptz::stop(profile), "StopResponse").await.map(drop)
    }

    /// Where it looks, and whether it moves.
    pub async fn ptz_status(&self, profile: &str) -> Result<Status, OnvifError> {
        self.ptz(&ptz::get_status(profile), "GetStatusResponse").await.map(|found| ptz::status(&found))
    }

    /// The remembered places.
    pub async fn presets(&self, profile: &str) -> Result<Vec<Preset>, OnvifError> {
        self.ptz(&ptz::get_presets(profile), "GetPresetsResponse").await.map(|found| ptz::presets(&found))
    }

    /// Remembers where it looks, under a new token or the given one; the token.
    pub async fn set_preset(&self, profile: &str, name: &str, token: Option<&str>) -> Result<String, OnvifError> {
        let found = self.ptz(&ptz::set_preset(profile, name, token), "SetPresetResponse").await?;
        let token = found.text_at("PresetToken").map(str::to_owned);
        token.ok_or_else(|| Cause::from_wire(WireError::Lacks("a preset's token")).at(Step::Ptz))
    }

    /// Forgets a place.
    pub async fn remove_preset(&self, profile: &str, token: &str) -> Result<(), OnvifError> {
        self.ptz(&ptz::remove_preset(profile, token), "RemovePresetResponse").await.map(drop)
    }

    /// Moves to a remembered place.
    pub async fn goto_preset(&self, profile: &str, token: &str) -> Result<(), OnvifError> {
        self.ptz(&ptz::goto_preset(profile, token), "GotoPresetResponse").await.map(drop)
    }

    /// Moves home.
    pub async fn goto_home(&self, profile: &str) -> Result<(), OnvifError> {
        self.ptz(&ptz::goto_home(profile), "GotoHomePositionResponse").await.map(drop)
    }

    /// Makes where it looks home.
    pub async fn set_home(&self, profile: &str) -> Result<(), OnvifError> {
        self.ptz(&ptz::set_home(profile), "SetHomePositionResponse").await.map(drop)
    }

    /// How the picture of a video source ([`Profile::source`]) looks.
    ///
    /// # Errors
    /// [`Step::Imaging`].
    pub async fn imaging(&self, source: &str) -> Result<Imaging, OnvifError> {
        let service = self.services.imaging.as_ref().ok_or_else(|| Cause::Unsupported.at(Step::Imaging))?;
        let found = self.call.ask(Step::Imaging, service, &imaging::get(source), "GetImagingSettingsResponse").await?;
        Ok(imaging::read(&found))
    }

    /// What of it can be set, and how far.
    ///
    /// # Errors
    /// [`Step::Imaging`].
    pub async fn imaging_options(&self, source: &str) -> Result<imaging::Options, OnvifError> {
        let service = self.services.imaging.as_ref().ok_or_else(|| Cause::Unsupported.at(Step::Imaging))?;
        let found = self.call.ask(Step::Imaging, service, &imaging::get_options(source), "GetOptionsResponse").await?;
        Ok(imaging::options(&found))
    }

    /// Sets what is given, and leaves the rest.
    ///
    /// # Errors
    /// [`Step::Imaging`].
    pub async fn set_imaging(&self, source: &str, settings: &Imaging) -> Result<(), OnvifError> {
        let service = self.services.imaging.as_ref().ok_or_else(|| Cause::Unsupported.at(Step::Imaging))?;
        self.call.ask(Step::Imaging, service, &imaging::set(source, settings), "SetImagingSettingsResponse").await.map(drop)
    }

    /// Listens to what happens; see [`Events`].
    ///
    /// # Errors
    /// [`Step::Events`].
    pub async fn events(&self) -> Result<Events<'_>, OnvifError> {
        let service = self.services.events.as_ref().ok_or_else(|| Cause::Unsupported.at(Step::Events))?;
        Events::subscribe(&self.call, service).await
    }

    /// Sets the camera's clock to ours. It takes whole seconds, so this waits for the next one to begin.
    ///
    /// # Errors
    /// [`Step::Maintenance`].
    pub async fn set_time(&self) -> Result<(), OnvifError> {
        let (next, wait) = next_second(self.call.now());
        let question = device::set_time(next).ok_or_else(|| Cause::Unsupported.at(Step::Maintenance))?;
        tokio::time::sleep(wait).await;
        self.device(Step::Maintenance, &question, "SetSystemDateAndTimeResponse").await?;
        self.call.read_clock().await
    }

    /// The tokens of its relay outputs: what is wired to them, only people know.
    ///
    /// # Errors
    /// [`Step::Maintenance`].
    pub async fn outputs(&self) -> Result<Vec<String>, OnvifError> {
        let found = self.device(Step::Maintenance, device::GET_OUTPUTS, "GetRelayOutputsResponse").await?;
        Ok(device::outputs(&found))
    }

    /// Closes or opens a relay output.
    ///
    /// # Errors
    /// [`Step::Maintenance`].
    pub async fn set_output(&self, token: &str, on: bool) -> Result<(), OnvifError> {
        self.device(Step::Maintenance, &device::set_output(token, on), "SetRelayOutputStateResponse").await.map(drop)
    }

    /// Lets it start anew: it is away for a minute or two.
    ///
    /// # Errors
    /// [`Step::Maintenance`].
    pub async fn reboot(&self) -> Result<(), OnvifError> {
        self.device(Step::Maintenance, device::REBOOT, "SystemRebootResponse").await.map(drop)
    }

    async fn device(&self, step: Step, question: &str, name: &'static str) -> Result<crate::xml::Element, OnvifError> {
        self.call.ask(step, self.call.device(), question, name).await
    }

    async fn ptz(&self, question: &str, name: &'static str) -> Result<crate::xml::Element, OnvifError> {
        let service = self.services.ptz.as_ref().ok_or_else(|| Cause::Unsupported.at(Step::Ptz))?;
        self.call.ask(Step::Ptz, service, question, name).await
    }

    /// Version 1 where it is there, as more cameras get that one right; true: version 2.
    fn media(&self) -> Result<(&Url, bool), OnvifError> {
        let one = self.services.media.as_ref().map(|url| (url, false));
        one.or_else(|| Some((self.services.media2.as_ref()?, true))).ok_or_else(|| Cause::Unsupported.at(Step::Profiles))
    }
}

/// The whole second that begins next, and how long until then.
fn next_second(now: Timestamp) -> (Timestamp, Duration) {
    const SECOND_US: u64 = 1_000_000;
    let wait = Duration::from_micros(SECOND_US - now.micros().rem_euclid(1_000_000).unsigned_abs());
    (now + wait, wait)
}

fn not_an_address() -> Cause {
    Cause::Answer("it names no address of that kind".into())
}

/// The element of an answer, or the cause.
fn read(bytes: &[u8], name: &'static str) -> Result<crate::xml::Element, WireError> {
    answer(bytes, name)
}
