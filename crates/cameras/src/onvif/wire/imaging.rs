//! Imaging (ONVIF Imaging): what the picture looks like.

use crate::xml::{Element, escape};

/// Whether the infrared filter is in the way of the light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IrCut {
    /// Day: colours.
    On,
    /// Night: infrared.
    Off,
    /// As the camera sees fit.
    Auto,
}

impl IrCut {
    /// As ONVIF writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::On => "ON",
            Self::Off => "OFF",
            Self::Auto => "AUTO",
        }
    }

    /// From ONVIF's word.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        [Self::On, Self::Off, Self::Auto].into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// What can be set; `None`: the camera does not say, or it is left as it is. Numbers are in the camera's own ranges, often
/// 0 to 100.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Imaging {
    /// Brightness.
    pub brightness: Option<f32>,
    /// Colour saturation.
    pub saturation: Option<f32>,
    /// Contrast.
    pub contrast: Option<f32>,
    /// Sharpness.
    pub sharpness: Option<f32>,
    /// Infrared filter.
    pub ir_cut: Option<IrCut>,
}

/// The least and the most that a number may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The least.
    pub min: f32,
    /// The most.
    pub max: f32,
}

/// What can be set, and how far; `None` and empty: not at all, or it does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Brightness.
    pub brightness: Option<Range>,
    /// Colour saturation.
    pub saturation: Option<Range>,
    /// Contrast.
    pub contrast: Option<Range>,
    /// Sharpness.
    pub sharpness: Option<Range>,
    /// Infrared filter, each mode once.
    pub ir_cut: Vec<IrCut>,
}

/// Asks what can be set on a video source.
#[must_use]
pub fn get_options(source: &str) -> String {
    format!("<timg:GetOptions><timg:VideoSourceToken>{}</timg:VideoSourceToken></timg:GetOptions>", escape(source))
}

/// Reads the answer to [`get_options`]. A range without width can be left out: nothing is set by it.
#[must_use]
pub fn options(answer: &Element) -> Options {
    let Some(options) = answer.child("ImagingOptions") else { return Options::default() };
    let range = |name| {
        let (min, max) = (options.child(name)?.number_at::<f32>("Min")?, options.child(name)?.number_at::<f32>("Max")?);
        (min.is_finite() && max.is_finite() && min < max).then_some(Range { min, max })
    };
    let mut ir_cut = Vec::new();
    for mode in options.all("IrCutFilterModes").filter_map(|mode| IrCut::read(&mode.text)) {
        if !ir_cut.contains(&mode) {
            ir_cut.push(mode);
        }
    }
    Options {
        brightness: range("Brightness"),
        saturation: range("ColorSaturation"),
        contrast: range("Contrast"),
        sharpness: range("Sharpness"),
        ir_cut,
    }
}

/// Asks for the settings of a video source.
#[must_use]
pub fn get(source: &str) -> String {
    let source = escape(source);
    format!("<timg:GetImagingSettings><timg:VideoSourceToken>{source}</timg:VideoSourceToken></timg:GetImagingSettings>")
}

/// Sets those that are given.
#[must_use]
pub fn set(source: &str, settings: &Imaging) -> String {
    format!(
        "<timg:SetImagingSettings><timg:VideoSourceToken>{}</timg:VideoSourceToken><timg:ImagingSettings>{}</timg:ImagingSettings>\
         <timg:ForcePersistence>true</timg:ForcePersistence></timg:SetImagingSettings>",
        escape(source),
        written(settings)
    )
}

/// The elements of `ImagingSettings`, in the schema's order.
#[must_use]
pub fn written(settings: &Imaging) -> String {
    let number = |name: &str, value: Option<f32>| {
        value.filter(|v| v.is_finite()).map(|v| format!("<tt:{name}>{v}</tt:{name}>")).unwrap_or_default()
    };
    let ir_cut = settings.ir_cut.map(|cut| format!("<tt:IrCutFilter>{}</tt:IrCutFilter>", cut.as_str())).unwrap_or_default();
    [
        number("Brightness", settings.brightness),
        number("ColorSaturation", settings.saturation),
        number("Contrast", settings.contrast),
        ir_cut,
        number("Sharpness", settings.sharpness),
    ]
    .concat()
}

/// Reads `ImagingSettings` out of an answer, or a request.
#[must_use]
pub fn read(message: &Element) -> Imaging {
    let Some(settings) = message.child("ImagingSettings") else { return Imaging::default() };
    let number = |name| settings.number_at(name).filter(|v: &f32| v.is_finite());
    Imaging {
        brightness: number("Brightness"),
        saturation: number("ColorSaturation"),
        contrast: number("Contrast"),
        sharpness: number("Sharpness"),
        ir_cut: settings.text_at("IrCutFilter").and_then(IrCut::read),
    }
}
