//! Pan, tilt, zoom (ONVIF PTZ), in the generic spaces: -1 to 1, zoom positions 0 to 1.

use std::time::Duration;

use crate::discovery::wire::shown;
use crate::xml::{Element, escape, is_true};

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

/// Auxiliary commands of one head that are read.
const AUXILIARIES_MAX: usize = 32;

/// Asks what a camera's heads can do.
pub const GET_NODES: &str = "<tptz:GetNodes/>";

/// A way as a share of the picture: from -1 to 1 across what is seen.
const PICTURE_SPACE: &str = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationSpaceFov";

/// What a head can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// Turns, for as long as it is told to.
    pub pan_tilt: bool,
    /// Zooms, likewise.
    pub zoom: bool,
    /// Turns by a way.
    pub by_way: bool,
    /// Turns by a share of the picture.
    pub by_picture: bool,
    /// Has a home.
    pub home: bool,
    /// How many places it remembers.
    pub presets_max: Option<u32>,
    /// What else it does, each as `name|On` and the like.
    pub auxiliaries: Vec<String>,
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

/// Moves by a way. What does not move is not named: a head without zoom refuses a zoom by nothing.
#[must_use]
pub fn relative(profile: &str, way: Vector) -> String {
    let Vector { pan, tilt, zoom } = way.clamped(-1.0);
    let mut parts = String::new();
    if pan != 0.0 || tilt != 0.0 {
        parts = format!("<tt:PanTilt x=\"{pan}\" y=\"{tilt}\"/>");
    }
    if zoom != 0.0 {
        parts.push_str(&format!("<tt:Zoom x=\"{zoom}\"/>"));
    }
    about("RelativeMove", profile, &format!("<tptz:Translation>{parts}</tptz:Translation>"))
}

/// Turns by a share of the picture: 1 to the right brings its right edge to the middle.
#[must_use]
pub fn within_picture(profile: &str, way: Vector) -> String {
    let Vector { pan, tilt, .. } = way.clamped(-1.0);
    let way = format!("<tt:PanTilt x=\"{pan}\" y=\"{tilt}\" space=\"{PICTURE_SPACE}\"/>");
    about("RelativeMove", profile, &format!("<tptz:Translation>{way}</tptz:Translation>"))
}

/// Does an auxiliary command.
#[must_use]
pub fn auxiliary(profile: &str, command: &str) -> String {
    about("SendAuxiliaryCommand", profile, &format!("<tptz:AuxiliaryData>{}</tptz:AuxiliaryData>", escape(command)))
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

/// The first head: a household's camera has one.
#[must_use]
pub fn node(answer: &Element) -> Option<Node> {
    let node = answer.child("PTZNode")?;
    let spaces = node.child("SupportedPTZSpaces");
    let has = |name: &str| spaces.is_some_and(|spaces| spaces.child(name).is_some());
    let by_way = |picture: bool| {
        let mut spaces = spaces.into_iter().flat_map(|spaces| spaces.all("RelativePanTiltTranslationSpace"));
        spaces.any(|space| (space.text_at("URI").map(str::trim) == Some(PICTURE_SPACE)) == picture)
    };
    let command = |element: &Element| Some(element.text.trim().to_owned()).filter(|text| !text.is_empty() && text.len() <= 64);
    Some(Node {
        pan_tilt: has("ContinuousPanTiltVelocitySpace"),
        zoom: has("ContinuousZoomVelocitySpace"),
        by_way: by_way(false),
        by_picture: by_way(true),
        home: node.text_at("HomeSupported").is_some_and(is_true),
        presets_max: node.number_at("MaximumNumberOfPresets"),
        auxiliaries: node.all("AuxiliaryCommands").filter_map(command).take(AUXILIARIES_MAX).collect(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_what_it_can_do() {
        let space = |name: &str, uri: &str| format!("<{name}><URI>{uri}</URI></{name}>");
        let relative = "RelativePanTiltTranslationSpace";
        let generic = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/TranslationGenericSpace";
        for (spaces, rest, expected) in [
            ("".to_owned(), "", Node::default()),
            (space(relative, generic), "", Node { by_way: true, ..Node::default() }),
            (
                space(relative, PICTURE_SPACE) + &space("ContinuousPanTiltVelocitySpace", "x"),
                "",
                Node { by_picture: true, pan_tilt: true, ..Node::default() },
            ),
            (
                space("ContinuousZoomVelocitySpace", "x"),
                "<MaximumNumberOfPresets>8</MaximumNumberOfPresets><HomeSupported>true</HomeSupported>\
                 <AuxiliaryCommands>tt:IRLamp|On</AuxiliaryCommands><AuxiliaryCommands> </AuxiliaryCommands>",
                Node {
                    zoom: true,
                    home: true,
                    presets_max: Some(8),
                    auxiliaries: vec!["tt:IRLamp|On".into()],
                    ..Node::default()
                },
            ),
        ] {
            let text = format!(
                "<GetNodesResponse><PTZNode><SupportedPTZSpaces>{spaces}</SupportedPTZSpaces>{rest}</PTZNode></GetNodesResponse>"
            );
            assert_eq!(node(&crate::xml::parse(text.as_bytes()).unwrap()), Some(expected), "{text}");
        }
    }
}
