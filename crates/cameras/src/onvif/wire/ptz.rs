//! Pan, tilt, zoom (ONVIF PTZ), in the generic spaces: -1 to 1, zoom positions 0 to 1.

use std::time::Duration;

use crate::discovery::wire::shown;
use crate::xml::{Element, escape};

/// Presets of one profile that are read: cameras have up to 300.
const PRESETS_MAX: usize = 512;

/// Pan, tilt and zoom: a place, a way, or a speed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Vector {
    /// To the right.
    pub pan: f32,
    /// Upwards.
    pub tilt: f32,
    /// Closer.
    pub zoom: f32,
}

/// A remembered place.
#[derive(Debug, Clone, PartialEq)]
pub struct Preset {
    /// Its token.
    pub token: String,
    /// Its name.
    pub name: Option<String>,
}

/// A profile's movement and place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Status {
    /// Where it looks; `None` where it does not say.
    pub position: Option<Vector>,
    /// Whether it moves.
    pub moving: bool,
}

impl Vector {
    /// Within the generic spaces; what is no number is 0.
    #[must_use]
    pub fn clamped(self, zoom_min: f32) -> Self {
        let clamp = |v: f32, min: f32| if v.is_finite() { v.clamp(min, 1.0) } else { 0.0 };
        Self { pan: clamp(self.pan, -1.0), tilt: clamp(self.tilt, -1.0), zoom: clamp(self.zoom, zoom_min) }
    }

    fn written(self) -> String {
        let Self { pan, tilt, zoom } = self;
        format!("<tt:PanTilt x=\"{pan}\" y=\"{tilt}\"/><tt:Zoom x=\"{zoom}\"/>")
    }

    /// From an element that holds `PanTilt` and `Zoom`; what is missing is 0.
    #[must_use]
    pub fn read(element: &Element) -> Self {
        let number = |child: &str, axis: &str| -> f32 {
            let value = element.child(child).and_then(|child| child.attribute(axis)?.trim().parse().ok());
            value.filter(|value: &f32| value.is_finite()).unwrap_or(0.0)
        };
        Self { pan: number("PanTilt", "x"), tilt: number("PanTilt", "y"), zoom: number("Zoom", "x") }
    }
}

fn about(name: &str, profile: &str, rest: &str) -> String {
    format!("<tptz:{name}><tptz:ProfileToken>{}</tptz:ProfileToken>{rest}</tptz:{name}>", escape(profile))
}

/// Moves with a speed, until stopped or for `time`.
#[must_use]
pub fn continuous(profile: &str, speed: Vector, time: Duration) -> String {
    let speed = speed.clamped(-1.0).written();
    let time = time.as_secs_f32();
    about("ContinuousMove", profile, &format!("<tptz:Velocity>{speed}</tptz:Velocity><tptz:Timeout>PT{time}S</tptz:Timeout>"))
}

/// Moves by a way.
#[must_use]
pub fn relative(profile: &str, way: Vector) -> String {
    about("RelativeMove", profile, &format!("<tptz:Translation>{}</tptz:Translation>", way.clamped(-1.0).written()))
}

/// Moves to a place.
#[must_use]
pub fn absolute(profile: &str, place: Vector) -> String {
    about("AbsoluteMove", profile, &format!("<tptz:Position>{}</tptz:Position>", place.clamped(0.0).written()))
}

/// Stops all movement.
#[must_use]
pub fn stop(profile: &str) -> String {
    about("Stop", profile, "<tptz:PanTilt>true</tptz:PanTilt><tptz:Zoom>true</tptz:Zoom>")
}

/// Asks where it looks.
#[must_use]
pub fn get_status(profile: &str) -> String {
    about("GetStatus", profile, "")
}

/// Asks for the presets.
#[must_use]
pub fn get_presets(profile: &str) -> String {
    about("GetPresets", profile, "")
}

/// Remembers the place under a name, or again under a token.
#[must_use]
pub fn set_preset(profile: &str, name: &str, token: Option<&str>) -> String {
    let token = token.map(|t| format!("<tptz:PresetToken>{}</tptz:PresetToken>", escape(t))).unwrap_or_default();
    about("SetPreset", profile, &format!("<tptz:PresetName>{}</tptz:PresetName>{token}", escape(name)))
}

/// Forgets a place.
#[must_use]
pub fn remove_preset(profile: &str, token: &str) -> String {
    about("RemovePreset", profile, &format!("<tptz:PresetToken>{}</tptz:PresetToken>", escape(token)))
}

/// Moves to a remembered place.
#[must_use]
pub fn goto_preset(profile: &str, token: &str) -> String {
    about("GotoPreset", profile, &format!("<tptz:PresetToken>{}</tptz:PresetToken>", escape(token)))
}

/// Moves home.
#[must_use]
pub fn goto_home(profile: &str) -> String {
    about("GotoHomePosition", profile, "")
}

/// Makes where it looks home.
#[must_use]
pub fn set_home(profile: &str) -> String {
    about("SetHomePosition", profile, "")
}

/// The presets.
#[must_use]
pub fn presets(answer: &Element) -> Vec<Preset> {
    let preset = |preset: &Element| {
        let token = preset.attribute("token").filter(|token| token.len() <= 128)?.to_owned();
        Some(Preset { token, name: preset.text_at("Name").and_then(shown) })
    };
    answer.all("Preset").take(PRESETS_MAX).filter_map(preset).collect()
}

/// The status.
#[must_use]
pub fn status(answer: &Element) -> Status {
    let Some(status) = answer.child("PTZStatus") else { return Status::default() };
    let moves = |path| status.text_at(path) == Some("MOVING");
    Status {
        position: status.child("Position").map(Vector::read),
        moving: moves("MoveStatus/PanTilt") || moves("MoveStatus/Zoom"),
    }
}
