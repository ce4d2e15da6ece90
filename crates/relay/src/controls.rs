//! What a camera can do besides showing: it is asked anew each time, and does one thing at a time. Nothing of it is kept.

use std::sync::Arc;

use cameras::onvif::wire::imaging::{Imaging, IrCut, Options, Range};
use cameras::onvif::wire::media::Profile;
use cameras::onvif::wire::ptz::{Node, Preset, Vector};
use cameras::onvif::{Camera, Cause, OnvifError};
use domain::onboarding::link;
use domain::{CameraId, Error, Kind, Result, Secret};
use policy::act::{EditCamera, MoveCamera};
use policy::{Act, Permit, Uses, category};

use crate::Relay;
use crate::fleet::Shared;
use crate::link::{Forwarder, Service, no_link};

/// How much of a head's whole way one width of the picture is, at its widest: 60 of 360 degrees, and the way is 2 long. Few cameras
/// say what they see; a click brings what was clicked nearer to the middle, and a second one there.
const WIDTH: f32 = 2.0 / 6.0;
/// The same of the height: 34 of 180 degrees.
const HEIGHT: f32 = 2.0 * 34.0 / 180.0;
/// How much nearer it is seen at the end of the zoom.
const ZOOM: f32 = 9.0;

/// A camera that is spoken to by ONVIF, and the door to it for as long.
#[derive(Debug)]
pub(crate) struct Reached {
    camera: Camera,
    _door: Option<Forwarder>,
}

impl std::ops::Deref for Reached {
    type Target = Camera;

    fn deref(&self) -> &Camera {
        &self.camera
    }
}

/// What a camera can do. What it does not offer is missing.
#[derive(Debug, Clone, PartialEq)]
pub struct Controls {
    /// Who made it.
    pub make: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Version of its firmware.
    pub firmware: Option<String>,
    /// How far its clock is ahead of ours; negative: behind.
    pub clock_off_s: i64,
    /// Its head.
    pub moves: Option<Moves>,
    /// The look of the picture.
    pub look: Option<Look>,
    /// What can be switched.
    pub switches: Vec<Switch>,
}

/// What a camera's head can do.
#[derive(Debug, Clone, PartialEq)]
pub struct Moves {
    /// It turns.
    pub pan_tilt: bool,
    /// It zooms.
    pub zoom: bool,
    /// It turns to a point of the picture.
    pub point: bool,
    /// It has a home.
    pub home: bool,
    /// The places that it remembers; `None`: it remembers none.
    pub presets: Option<Vec<Preset>>,
    /// How many it can remember.
    pub presets_max: Option<u32>,
}

/// How the picture looks, and how it can.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Look {
    /// Brightness.
    pub brightness: Option<Dial>,
    /// Contrast.
    pub contrast: Option<Dial>,
    /// Colour saturation.
    pub saturation: Option<Dial>,
    /// Sharpness.
    pub sharpness: Option<Dial>,
    /// The infrared filter: how it stands, and how it can.
    pub ir_cut: Option<(IrCut, Vec<IrCut>)>,
}

/// A number in the camera's own range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dial {
    /// The least.
    pub min: f32,
    /// The most.
    pub max: f32,
    /// Where it stands.
    pub value: f32,
}

/// Something to switch on and off. No camera says whether it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// What [`Relay::switch`] knows it by.
    pub token: String,
    /// What it is.
    pub kind: SwitchKind,
    /// The camera's own word for it.
    pub name: String,
}

/// What a switch is about, as far as the camera's word for it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchKind {
    /// A light that people see.
    Light,
    /// One that they do not.
    Infrared,
    /// A siren.
    Siren,
    /// A wiper.
    Wiper,
    /// A relay output: a gate, a lamp, whatever somebody wired to it.
    Output,
    /// Something else.
    Other,
}

/// Where a head shall look.
#[derive(Debug, Clone, PartialEq)]
pub enum Aim {
    /// At a remembered place.
    Preset(String),
    /// Home.
    Home,
    /// At a point of the picture, from 0 to 1 from its left and its top.
    Point {
        /// From the left.
        x: f32,
        /// From the top.
        y: f32,
    },
}

impl Relay {
    /// What the permit's camera can do; `None` where its ONVIF address is not known.
    ///
    /// # Errors
    /// What the camera answers where it does not answer well.
    pub async fn controls(&self, permit: Permit<MoveCamera>) -> Result<Option<Controls>> {
        let Some(camera) = self.by_onvif(&permit).await? else { return Ok(None) };
        let information = camera.information().await.map_err(answer)?;
        let profiles = camera.profiles().await.map_err(answer)?;
        let head = profiles.iter().find(|profile| profile.ptz).filter(|_| camera.has_ptz());
        let mut switches = Vec::new();
        let moves = match head {
            Some(profile) => {
                let node = offered(camera.node().await)?.flatten();
                switches.extend(node.iter().flat_map(auxiliaries));
                Some(moves(&camera, &profile.token, node).await?)
            }
            None => None,
        };
        switches.extend(offered(camera.outputs().await)?.unwrap_or_default().into_iter().map(output));
        let look = match source(&profiles) {
            Some(source) => look(&camera, source).await?,
            None => None,
        };
        Ok(Some(Controls {
            make: information.make,
            model: information.model,
            firmware: information.firmware,
            clock_off_s: camera.skew_us() / 1_000_000,
            moves: moves.filter(|moves| moves.pan_tilt || moves.zoom || moves.presets.is_some()),
            look: look.filter(|look| *look != Look::default()),
            switches,
        }))
    }

    /// Turns the head to where it shall look. The camera ends that by itself.
    ///
    /// # Errors
    /// `camera.unsupported`, and what the camera answers.
    pub async fn aim(&self, permit: Permit<MoveCamera>, aim: Aim) -> Result<()> {
        let (camera, profile) = self.movable(&permit).await?;
        let done = match aim {
            Aim::Preset(token) => camera.goto_preset(&profile, &token).await,
            Aim::Home => camera.goto_home(&profile).await,
            Aim::Point { x, y } => {
                let (pan, tilt) = (2.0 * x - 1.0, 1.0 - 2.0 * y);
                match camera.node().await.map_err(answer)? {
                    Some(node) if node.by_picture => camera.move_within_picture(&profile, Vector { pan, tilt, zoom: 0.0 }).await,
                    Some(node) if node.by_way => {
                        let status = offered(camera.ptz_status(&profile).await)?;
                        let zoom = status.and_then(|status| status.position).map_or(0.0, |place| place.zoom);
                        camera.move_by(&profile, way(pan, tilt, zoom)).await
                    }
                    _ => return Err(unsupported()),
                }
            }
        };
        done.map_err(answer)
    }

    /// Remembers where it looks, under that name.
    ///
    /// # Errors
    /// `camera.unsupported`, and what the camera answers: `camera.declined` where it has no room.
    pub async fn save_preset(&self, permit: Permit<EditCamera>, name: &str) -> Result<Preset> {
        let (camera, profile) = self.movable(&permit).await?;
        let token = camera.set_preset(&profile, name, None).await.map_err(answer)?;
        Ok(Preset { token, name: Some(name.to_owned()) })
    }

    /// Forgets a remembered place.
    ///
    /// # Errors
    /// `camera.unsupported`, and what the camera answers.
    pub async fn remove_preset(&self, permit: Permit<EditCamera>, token: &str) -> Result<()> {
        let (camera, profile) = self.movable(&permit).await?;
        camera.remove_preset(&profile, token).await.map_err(answer)
    }

    /// Sets of the picture's look what is given, and says how it looks then.
    ///
    /// # Errors
    /// `camera.unsupported`, and what the camera answers.
    pub async fn set_look(&self, permit: Permit<EditCamera>, wish: Imaging) -> Result<Look> {
        let camera = self.by_onvif(&permit).await?.ok_or_else(unsupported)?;
        let profiles = camera.profiles().await.map_err(answer)?;
        let source = source(&profiles).ok_or_else(unsupported)?;
        camera.set_imaging(source, &wish).await.map_err(answer)?;
        look(&camera, source).await?.ok_or_else(unsupported)
    }

    /// Switches something of [`Controls::switches`].
    ///
    /// # Errors
    /// `camera.unsupported` where it has no such switch, and what the camera answers.
    pub async fn switch(&self, permit: Permit<MoveCamera>, token: &str, on: bool) -> Result<()> {
        match token.split_once('/') {
            Some(("output", output)) => {
                let camera = self.by_onvif(&permit).await?.ok_or_else(unsupported)?;
                camera.set_output(output, on).await.map_err(answer)
            }
            Some(("auxiliary", name)) => {
                let (camera, profile) = self.movable(&permit).await?;
                let command = format!("{name}|{}", if on { "On" } else { "Off" });
                // Only what it says that it does: other commands may do anything.
                let node = camera.node().await.map_err(answer)?.unwrap_or_default();
                let command =
                    node.auxiliaries.iter().find(|known| known.eq_ignore_ascii_case(&command)).ok_or_else(unsupported)?;
                camera.auxiliary(&profile, command).await.map_err(answer)
            }
            _ => Err(unsupported()),
        }
    }

    /// Lets the camera start anew: it is away for a minute or two.
    ///
    /// # Errors
    /// `camera.unsupported`, and what the camera answers.
    pub async fn restart_camera(&self, permit: Permit<EditCamera>) -> Result<()> {
        let camera = self.by_onvif(&permit).await?.ok_or_else(unsupported)?;
        camera.reboot().await.map_err(answer)
    }

    /// Sets the camera's clock to ours; how far it is ahead then, in seconds.
    ///
    /// # Errors
    /// `camera.unsupported`, and what the camera answers.
    pub async fn set_camera_clock(&self, permit: Permit<EditCamera>) -> Result<i64> {
        let camera = self.by_onvif(&permit).await?.ok_or_else(unsupported)?;
        camera.set_time().await.map_err(answer)?;
        Ok(camera.skew_us() / 1_000_000)
    }

    /// The permit's camera by ONVIF; `None` where its address is not known.
    pub(crate) async fn by_onvif<A: Act<Object = CameraId>>(&self, permit: &Permit<A>) -> Result<Option<Reached>>
    where
        A::Purpose: Uses<category::CameraAccess>,
    {
        reach(&self.shared, permit).await
    }

    /// The camera by ONVIF, and the profile by which it moves.
    pub(crate) async fn movable<A: Act<Object = CameraId>>(&self, permit: &Permit<A>) -> Result<(Reached, String)>
    where
        A::Purpose: Uses<category::CameraAccess>,
    {
        let camera = self.by_onvif(permit).await?.filter(|camera| camera.has_ptz()).ok_or_else(unsupported)?;
        let profiles = camera.profiles().await.map_err(answer)?;
        let profile = profiles.into_iter().find(|profile| profile.ptz).ok_or_else(unsupported)?;
        Ok((camera, profile.token))
    }
}

/// The permit's camera by ONVIF; `None` where its address is not known.
///
/// # Errors
/// `camera.private` where nobody is to see it, and what the camera answers.
pub(crate) async fn reach<A: Act<Object = CameraId>>(shared: &Shared, permit: &Permit<A>) -> Result<Option<Reached>>
where
    A::Purpose: Uses<category::CameraAccess>,
{
    let row = shared.store.camera(permit.object()).await?;
    let row = row.ok_or_else(|| Error::new(Kind::NotFound, "not_found", "no such camera"))?;
    if shared.store.privacy(row.home, row.id, shared.clock.now()).await?.is_some() {
        return Err(crate::private());
    }
    let access = shared.store.open_access(permit, &row).await?;
    let Some(url) = access.onvif_url else { return Ok(None) };
    let (door, url) = onvif_door(shared, url)?;
    let password = Secret::new(access.password.unwrap_or_default());
    let sign_in = access.username.as_deref().map(|user| (user, &password));
    let clock = Arc::clone(&shared.clock);
    let camera = match door {
        Some(_) => Camera::connect_through(&url, sign_in, clock).await,
        None => Camera::connect(&url, sign_in, clock).await,
    };
    let camera = camera.map_err(answer)?;
    Ok(Some(Reached { camera, _door: door }))
}

/// Where a camera's ONVIF is to be asked, and the door to it where the camera calls in by itself.
fn onvif_door(shared: &Shared, url: String) -> Result<(Option<Forwarder>, String)> {
    let Some((device, path)) = link::parse(&url) else { return Ok((None, url)) };
    if !shared.links.state(device).up {
        let down = no_link();
        return Err(Error::new(Kind::Unavailable, down.code, down.detail));
    }
    let door = Forwarder::start(shared.links.clone(), device, Service::Onvif).map_err(Error::internal)?;
    let url = door.url("http", path);
    Ok((Some(door), url))
}

fn unsupported() -> Error {
    Error::new(Kind::Unsupported, "camera.unsupported", "this camera does not do that")
}

/// What the camera said, as its fault and never as the asker's: a wrong password on a camera is nobody's session.
pub(crate) fn answer(error: OnvifError) -> Error {
    let code = match error.cause {
        Cause::Refused(_) => "camera.declined",
        _ => error.cause.code(),
    };
    let kind = if code == "camera.unsupported" { Kind::Unsupported } else { Kind::Unavailable };
    Error::new(kind, code, error.to_string())
}

/// What a camera does not have is no failure; that it does not answer is one.
fn offered<T>(found: Result<T, OnvifError>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(OnvifError {
            cause: Cause::Unsupported | Cause::Refused(_) | Cause::Answer(_) | Cause::NotOnvif | Cause::Status(_),
            ..
        }) => Ok(None),
        Err(error) => Err(answer(error)),
    }
}

/// The video source of the main stream.
fn source(profiles: &[Profile]) -> Option<&str> {
    profiles.iter().find_map(|profile| profile.source.as_deref())
}

async fn moves(camera: &Camera, profile: &str, node: Option<Node>) -> Result<Moves> {
    // Who says nothing of its head is taken to have a whole one: a button that does nothing is told from one that is missing.
    let node = node.unwrap_or_else(|| Node { pan_tilt: true, zoom: true, ..Node::default() });
    let presets = if node.presets_max == Some(0) { None } else { offered(camera.presets(profile).await)? };
    Ok(Moves {
        pan_tilt: node.pan_tilt,
        zoom: node.zoom,
        point: node.by_picture || node.by_way,
        home: node.home,
        presets,
        presets_max: node.presets_max,
    })
}

async fn look(camera: &Camera, source: &str) -> Result<Option<Look>> {
    let Some(options) = offered(camera.imaging_options(source).await)? else { return Ok(None) };
    let Some(now) = offered(camera.imaging(source).await)? else { return Ok(None) };
    Ok(Some(look_of(&now, options)))
}

fn look_of(now: &Imaging, options: Options) -> Look {
    let dial = |range: Option<Range>, value: Option<f32>| {
        let (Range { min, max }, value) = range.zip(value)?;
        Some(Dial { min, max, value: value.clamp(min, max) })
    };
    Look {
        brightness: dial(options.brightness, now.brightness),
        contrast: dial(options.contrast, now.contrast),
        saturation: dial(options.saturation, now.saturation),
        sharpness: dial(options.sharpness, now.sharpness),
        ir_cut: now.ir_cut.filter(|_| options.ir_cut.len() > 1).map(|mode| (mode, options.ir_cut)),
    }
}

/// What goes on and off among a head's auxiliary commands.
fn auxiliaries(node: &Node) -> Vec<Switch> {
    let has = |command: String| node.auxiliaries.iter().any(|known| known.eq_ignore_ascii_case(&command));
    let on = node.auxiliaries.iter().filter_map(|command| command.split_once('|'));
    let on = on.filter(|(name, state)| state.eq_ignore_ascii_case("on") && has(format!("{name}|Off")));
    let switch = |(token, _): (&str, &str)| {
        let name = token.rsplit(':').next().unwrap_or(token).to_owned();
        Switch { token: format!("auxiliary/{token}"), kind: kind(&name), name }
    };
    on.map(switch).collect()
}

fn kind(name: &str) -> SwitchKind {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["irlamp", "irlight", "infrared"]) {
        SwitchKind::Infrared
    } else if has(&["light", "lamp", "led"]) {
        SwitchKind::Light
    } else if has(&["siren", "alarm", "horn"]) {
        SwitchKind::Siren
    } else if has(&["wiper"]) {
        SwitchKind::Wiper
    } else {
        SwitchKind::Other
    }
}

fn output(token: String) -> Switch {
    Switch { token: format!("output/{token}"), kind: SwitchKind::Output, name: token }
}

/// The way to a point, from -1 to 1 from the middle, at that zoom: the nearer, the shorter.
fn way(pan: f32, tilt: f32, zoom: f32) -> Vector {
    let near = 1.0 + zoom.clamp(0.0, 1.0) * ZOOM;
    Vector { pan: pan / 2.0 * WIDTH / near, tilt: tilt / 2.0 * HEIGHT / near, zoom: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_point_has_its_direction_and_is_shorter_where_it_is_nearer() {
        for (name, (pan, tilt, zoom), (right, up)) in [
            ("the middle", (0.0, 0.0, 0.0), (0.0, 0.0)),
            ("the right edge", (1.0, 0.0, 0.0), (30.0 / 180.0, 0.0)),
            ("the lower left corner", (-1.0, -1.0, 0.0), (-30.0 / 180.0, -17.0 / 90.0)),
            ("the right edge, ten times as near", (1.0, 0.0, 1.0), (3.0 / 180.0, 0.0)),
            ("a zoom beyond its end", (1.0, 0.0, 7.0), (3.0 / 180.0, 0.0)),
        ] {
            let way = way(pan, tilt, zoom);
            assert!((way.pan - right).abs() < 1e-5 && (way.tilt - up).abs() < 1e-5 && way.zoom == 0.0, "{name}: {way:?}");
        }
    }

    #[test]
    fn what_goes_on_and_off_is_a_switch_and_named_by_what_it_is() {
        let commands =
            ["tt:IRLamp|On", "tt:IRLamp|Off", "tt:IRLamp|Auto", "WhiteLight|on", "WhiteLight|off", "tt:Wiper|On", "Siren|Off"];
        let node = Node { auxiliaries: commands.map(str::to_owned).to_vec(), ..Node::default() };
        let found: Vec<_> = auxiliaries(&node).into_iter().map(|switch| (switch.token, switch.kind, switch.name)).collect();
        assert_eq!(
            found,
            [
                ("auxiliary/tt:IRLamp".into(), SwitchKind::Infrared, "IRLamp".into()),
                ("auxiliary/WhiteLight".into(), SwitchKind::Light, "WhiteLight".into()),
            ]
        );
        assert_eq!((kind("Siren"), kind("Heater")), (SwitchKind::Siren, SwitchKind::Other));
    }

    #[test]
    fn a_number_without_a_range_and_a_filter_without_a_choice_cannot_be_set() {
        let range = Some(Range { min: 0.0, max: 10.0 });
        let now = Imaging { brightness: Some(70.0), contrast: Some(5.0), ir_cut: Some(IrCut::On), ..Imaging::default() };
        let options = Options { brightness: range, sharpness: range, ir_cut: vec![IrCut::On], ..Options::default() };
        let dial = Dial { min: 0.0, max: 10.0, value: 10.0 };
        assert_eq!(look_of(&now, options), Look { brightness: Some(dial), ..Look::default() });
    }
}
