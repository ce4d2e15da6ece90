use axum::extract::State;
use axum::http::StatusCode;
use domain::CameraId;
use policy::act::{EditCamera, MoveCamera};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::extract::{Json, Path};
use crate::problem::{Problem, Result};
use crate::routes::presets::Preset;
use crate::state::ApiState;

/// What a camera can do. What it does not offer is missing.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Controls {
    /// Whether it was asked: without its ONVIF address nothing else is known.
    onvif: bool,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    make: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// Version of its firmware.
    #[serde(skip_serializing_if = "Option::is_none")]
    firmware: Option<String>,
    /// Seconds by which its clock is ahead of the server's; negative: behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_off_s: Option<i64>,
    /// Its head.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<Head>,
    /// How its picture looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    imaging: Option<Imaging>,
    /// What can be switched on and off. No camera says whether it is on.
    switches: Vec<Switch>,
    /// Whether it can be restarted and have its clock set.
    restart: bool,
}

/// What a head can do.
#[derive(Debug, Serialize, ToSchema)]
struct Head {
    pan_tilt: bool,
    zoom: bool,
    /// It turns to a point of the picture.
    point: bool,
    home: bool,
    /// The places that it remembers; absent: it remembers none.
    #[serde(skip_serializing_if = "Option::is_none")]
    presets: Option<Vec<Preset>>,
    /// How many it can remember.
    #[serde(skip_serializing_if = "Option::is_none")]
    presets_max: Option<u32>,
}

/// How a picture looks, and how it can.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imaging {
    #[serde(skip_serializing_if = "Option::is_none")]
    brightness: Option<Dial>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contrast: Option<Dial>,
    /// Colour saturation.
    #[serde(skip_serializing_if = "Option::is_none")]
    saturation: Option<Dial>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sharpness: Option<Dial>,
    /// The infrared filter.
    #[serde(skip_serializing_if = "Option::is_none")]
    ir_cut: Option<Filter>,
}

/// A number in the camera's own range.
#[derive(Debug, Serialize, ToSchema)]
struct Dial {
    min: f32,
    max: f32,
    value: f32,
}

/// An infrared filter.
#[derive(Debug, Serialize, ToSchema)]
struct Filter {
    #[schema(inline)]
    mode: IrCut,
    #[schema(inline)]
    modes: Vec<IrCut>,
}

/// `on` is for days (colours), `off` for nights (infrared), `auto` as the camera sees fit.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum IrCut {
    On,
    Off,
    Auto,
}

/// Something to switch.
#[derive(Debug, Serialize, ToSchema)]
struct Switch {
    /// What it is switched by.
    token: String,
    #[schema(inline)]
    kind: SwitchKind,
    /// The camera's own word for it.
    name: String,
}

/// `output` is a relay: what hangs on it only people know.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum SwitchKind {
    Light,
    Infrared,
    Siren,
    Wiper,
    Output,
    Other,
}

/// Where a head shall look.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "to", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Aim {
    /// At a remembered place.
    Preset {
        preset: String,
    },
    Home,
    /// At a point of the picture, from 0 to 1 from its left and its top: it comes to the middle, as nearly as the camera says
    /// what it sees.
    Point {
        x: f32,
        y: f32,
    },
}

/// What of a picture's look to set; the rest stays. Numbers are in the camera's own ranges.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Look {
    brightness: Option<f32>,
    contrast: Option<f32>,
    saturation: Option<f32>,
    sharpness: Option<f32>,
    #[schema(inline)]
    ir_cut: Option<IrCut>,
}

/// What to switch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switched {
    token: String,
    on: bool,
}

/// How a camera's clock stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CameraClock {
    /// Seconds by which it is ahead of the server's; negative: behind.
    clock_off_s: i64,
}

/// Asks a camera what it can do. Nothing of that is kept.
#[utoipa::path(
    get, path = "/cameras/{id}/controls", operation_id = "readControls", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 200, body = Controls))
)]
pub(crate) async fn read(State(api): State<ApiState>, caller: Caller, Path(id): Path<CameraId>) -> Result<axum::Json<Controls>> {
    let permit = api.control.ask::<MoveCamera>(caller.principal(), id).await?;
    let controls = api.relay.controls(permit).await?;
    Ok(axum::Json(controls.map_or_else(Controls::default, Into::into)))
}

/// Turns a camera's head, which ends that by itself.
#[utoipa::path(
    post, path = "/cameras/{id}/aim", operation_id = "aimCamera", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = Aim, responses((status = 204, description = "It turns"))
)]
pub(crate) async fn aim(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Json(aim): Json<Aim>,
) -> Result<StatusCode> {
    let permit = api.control.ask::<MoveCamera>(caller.principal(), id).await?;
    let within = |name: &str, value: f32| {
        if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(Problem::invalid(Some(name.to_owned()), "from 0 to 1")) }
    };
    let aim = match aim {
        Aim::Preset { preset } => relay::Aim::Preset(preset),
        Aim::Home => relay::Aim::Home,
        Aim::Point { x, y } => relay::Aim::Point { x: within("x", x)?, y: within("y", y)? },
    };
    api.relay.aim(permit, aim).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets the look of a camera's picture, and says how it looks then.
#[utoipa::path(
    patch, path = "/cameras/{id}/imaging", operation_id = "setImaging", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = Look, responses((status = 200, body = Imaging))
)]
pub(crate) async fn set_imaging(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Json(look): Json<Look>,
) -> Result<axum::Json<Imaging>> {
    let permit = api.control.ask::<EditCamera>(caller.principal(), id).await?;
    let Look { brightness, contrast, saturation, sharpness, ir_cut } = look;
    let wish = relay::Imaging { brightness, contrast, saturation, sharpness, ir_cut: ir_cut.map(Into::into) };
    Ok(axum::Json(api.relay.set_look(permit, wish).await?.into()))
}

/// Switches a light, a siren or an output.
#[utoipa::path(
    post, path = "/cameras/{id}/switch", operation_id = "switchCamera", tag = "cameras",
    params(("id" = Uuid, Path)), request_body = Switched, responses((status = 204, description = "Switched"))
)]
pub(crate) async fn switch(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
    Json(Switched { token, on }): Json<Switched>,
) -> Result<StatusCode> {
    let permit = api.control.ask::<MoveCamera>(caller.principal(), id).await?;
    api.relay.switch(permit, &token, on).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restarts a camera: it is away for a minute or two.
#[utoipa::path(
    post, path = "/cameras/{id}/restart", operation_id = "restartCamera", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 202, description = "It starts anew"))
)]
pub(crate) async fn restart(State(api): State<ApiState>, caller: Caller, Path(id): Path<CameraId>) -> Result<StatusCode> {
    let permit = api.control.ask::<EditCamera>(caller.principal(), id).await?;
    api.relay.restart_camera(permit).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sets a camera's clock to the server's.
#[utoipa::path(
    post, path = "/cameras/{id}/clock", operation_id = "setCameraClock", tag = "cameras",
    params(("id" = Uuid, Path)), responses((status = 200, body = CameraClock))
)]
pub(crate) async fn set_clock(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<CameraId>,
) -> Result<axum::Json<CameraClock>> {
    let permit = api.control.ask::<EditCamera>(caller.principal(), id).await?;
    let clock_off_s = api.relay.set_camera_clock(permit).await?;
    Ok(axum::Json(CameraClock { clock_off_s }))
}

impl From<relay::Controls> for Controls {
    fn from(controls: relay::Controls) -> Self {
        let relay::Controls { make, model, firmware, clock_off_s, moves, look, switches } = controls;
        Self {
            onvif: true,
            make,
            model,
            firmware,
            clock_off_s: Some(clock_off_s),
            head: moves.map(Into::into),
            imaging: look.map(Into::into),
            switches: switches.into_iter().map(Into::into).collect(),
            restart: true,
        }
    }
}

impl From<relay::Moves> for Head {
    fn from(relay::Moves { pan_tilt, zoom, point, home, presets, presets_max }: relay::Moves) -> Self {
        let presets = presets.map(|presets| presets.into_iter().map(Into::into).collect());
        Self { pan_tilt, zoom, point, home, presets, presets_max }
    }
}

impl From<relay::Look> for Imaging {
    fn from(relay::Look { brightness, contrast, saturation, sharpness, ir_cut }: relay::Look) -> Self {
        let dial = |dial: Option<relay::Dial>| dial.map(|relay::Dial { min, max, value }| Dial { min, max, value });
        Self {
            brightness: dial(brightness),
            contrast: dial(contrast),
            saturation: dial(saturation),
            sharpness: dial(sharpness),
            ir_cut: ir_cut.map(|(mode, modes)| Filter { mode: mode.into(), modes: modes.into_iter().map(Into::into).collect() }),
        }
    }
}

impl From<relay::Switch> for Switch {
    fn from(relay::Switch { token, kind, name }: relay::Switch) -> Self {
        let kind = match kind {
            relay::SwitchKind::Light => SwitchKind::Light,
            relay::SwitchKind::Infrared => SwitchKind::Infrared,
            relay::SwitchKind::Siren => SwitchKind::Siren,
            relay::SwitchKind::Wiper => SwitchKind::Wiper,
            relay::SwitchKind::Output => SwitchKind::Output,
            relay::SwitchKind::Other => SwitchKind::Other,
        };
        Self { token, kind, name }
    }
}

impl From<relay::IrCut> for IrCut {
    fn from(mode: relay::IrCut) -> Self {
        match mode {
            relay::IrCut::On => Self::On,
            relay::IrCut::Off => Self::Off,
            relay::IrCut::Auto => Self::Auto,
        }
    }
}

impl From<IrCut> for relay::IrCut {
    fn from(mode: IrCut) -> Self {
        match mode {
            IrCut::On => Self::On,
            IrCut::Off => Self::Off,
            IrCut::Auto => Self::Auto,
        }
    }
}
