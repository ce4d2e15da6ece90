//! How a stream describes itself, in the words of media 1, media 2 and PTZ.

use cameras::onvif::wire::ptz::Vector;
use media::au::VideoCodec;

use crate::stream::Stream;

/// The one video source.
pub(super) const SOURCE: &str = "source";

const PAN_TILT: &str = "http://www.onvif.org/ver10/tptz/PanTiltSpaces";
const ZOOM: &str = "http://www.onvif.org/ver10/tptz/ZoomSpaces";

/// What the head does besides moving.
pub(super) const AUXILIARIES: [&str; 4] = ["tt:WhiteLight|On", "tt:WhiteLight|Off", "tt:Siren|On", "tt:Siren|Off"];

/// The one relay output: it has a gate to open.
pub(super) const OUTPUT: &str = "gate";

struct Shape {
    name: &'static str,
    width: u16,
    height: u16,
    codec: &'static str,
    fps: u32,
    gop: usize,
}

fn shape(stream: &Stream) -> Shape {
    let video = &stream.clip.format.video;
    let samples = &stream.clip.video.samples;
    let ticks: i64 = samples.iter().map(|sample| sample.duration).sum();
    let fps = (samples.len() as i64 * i64::from(media::au::VIDEO_TIMESCALE)).checked_div(ticks.max(1)).unwrap_or(1);
    let keys = samples.iter().filter(|sample| sample.key).count().max(1);
    Shape {
        name: stream.name.as_str(),
        width: video.width,
        height: video.height,
        codec: if video.codec == VideoCodec::H264 { "H264" } else { "H265" },
        fps: u32::try_from(fps).unwrap_or(1).max(1),
        gop: samples.len() / keys,
    }
}

fn source_configuration(shape: &Shape, element: &str) -> String {
    let Shape { width, height, .. } = shape;
    format!(
        "<{element} token=\"source_configuration\"><tt:Name>Source</tt:Name><tt:UseCount>2</tt:UseCount>\
         <tt:SourceToken>{SOURCE}</tt:SourceToken><tt:Bounds x=\"0\" y=\"0\" width=\"{width}\" height=\"{height}\"/></{element}>"
    )
}

fn ptz_configuration(element: &str) -> String {
    format!(
        "<{element} token=\"ptz_configuration\"><tt:Name>Head</tt:Name><tt:UseCount>2</tt:UseCount><tt:NodeToken>ptz_node</tt:NodeToken>\
         <tt:DefaultContinuousPanTiltVelocitySpace>{PAN_TILT}/VelocityGenericSpace</tt:DefaultContinuousPanTiltVelocitySpace>\
         <tt:DefaultContinuousZoomVelocitySpace>{ZOOM}/VelocityGenericSpace</tt:DefaultContinuousZoomVelocitySpace>\
         <tt:DefaultPTZTimeout>PT10S</tt:DefaultPTZTimeout></{element}>"
    )
}

/// A profile of media 1, as an element of that name.
pub(super) fn one(stream: &Stream, element: &str) -> String {
    let shape = shape(stream);
    let Shape { name, width, height, codec, fps, gop } = &shape;
    format!(
        "<{element} token=\"{name}\" fixed=\"true\"><tt:Name>{name}</tt:Name>{}<tt:VideoEncoderConfiguration token=\"{name}_encoder\">\
         <tt:Name>{name}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{codec}</tt:Encoding><tt:Resolution>\
         <tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution><tt:Quality>5</tt:Quality><tt:RateControl>\
         <tt:FrameRateLimit>{fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>\
         <tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>{gop}</tt:GovLength>\
         <tt:H264Profile>Main</tt:H264Profile></tt:H264><tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type>\
         <tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port><tt:TTL>1</tt:TTL>\
         <tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>\
         </tt:VideoEncoderConfiguration>{}</{element}>",
        source_configuration(&shape, "tt:VideoSourceConfiguration"),
        ptz_configuration("tt:PTZConfiguration")
    )
}

/// A profile of media 2.
pub(super) fn two(stream: &Stream) -> String {
    let shape = shape(stream);
    let Shape { name, width, height, codec, fps, gop } = &shape;
    format!(
        "<tr2:Profiles token=\"{name}\" fixed=\"true\"><tr2:Name>{name}</tr2:Name><tr2:Configurations>{}\
         <tr2:VideoEncoder token=\"{name}_encoder\" GovLength=\"{gop}\" Profile=\"Main\"><tt:Name>{name}</tt:Name>\
         <tt:UseCount>1</tt:UseCount><tt:Encoding>{codec}</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width>\
         <tt:Height>{height}</tt:Height></tt:Resolution><tt:RateControl><tt:FrameRateLimit>{fps}</tt:FrameRateLimit>\
         <tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:Quality>5</tt:Quality></tr2:VideoEncoder>{}\
         </tr2:Configurations></tr2:Profiles>",
        source_configuration(&shape, "tr2:VideoSource"),
        ptz_configuration("tr2:PTZ")
    )
}

/// The video source of media 1.
pub(super) fn source(stream: &Stream) -> String {
    let Shape { width, height, fps, .. } = shape(stream);
    format!(
        "<trt:VideoSources token=\"{SOURCE}\"><tt:Framerate>{fps}</tt:Framerate><tt:Resolution><tt:Width>{width}</tt:Width>\
         <tt:Height>{height}</tt:Height></tt:Resolution></trt:VideoSources>"
    )
}

/// A place in the generic spaces.
pub(super) fn place(Vector { pan, tilt, zoom }: Vector) -> String {
    format!(
        "<tt:PanTilt x=\"{pan}\" y=\"{tilt}\" space=\"{PAN_TILT}/PositionGenericSpace\"/>\
         <tt:Zoom x=\"{zoom}\" space=\"{ZOOM}/PositionGenericSpace\"/>"
    )
}

/// The PTZ service's answers that never change.
pub(super) fn ptz(name: &str) -> String {
    let range = |axis: &str, min: i32| format!("<tt:{axis}><tt:Min>{min}</tt:Min><tt:Max>1</tt:Max></tt:{axis}>");
    let plane = |element: &str, space: &str| {
        let (x, y) = (range("XRange", -1), range("YRange", -1));
        format!("<tt:{element}><tt:URI>{PAN_TILT}/{space}</tt:URI>{x}{y}</tt:{element}>")
    };
    let line = |element: &str, space: &str, min: i32| {
        format!("<tt:{element}><tt:URI>{ZOOM}/{space}</tt:URI>{}</tt:{element}>", range("XRange", min))
    };
    let content = match name {
        "GetConfigurations" => ptz_configuration("tptz:PTZConfiguration"),
        "GetNodes" => format!(
            "<tptz:PTZNode token=\"ptz_node\"><tt:Name>Head</tt:Name><tt:SupportedPTZSpaces>{}{}{}{}{}{}</tt:SupportedPTZSpaces>\
             <tt:MaximumNumberOfPresets>32</tt:MaximumNumberOfPresets><tt:HomeSupported>true</tt:HomeSupported>{}</tptz:PTZNode>",
            plane("AbsolutePanTiltPositionSpace", "PositionGenericSpace"),
            line("AbsoluteZoomPositionSpace", "PositionGenericSpace", 0),
            plane("RelativePanTiltTranslationSpace", "TranslationGenericSpace"),
            line("RelativeZoomTranslationSpace", "TranslationGenericSpace", -1),
            plane("ContinuousPanTiltVelocitySpace", "VelocityGenericSpace"),
            line("ContinuousZoomVelocitySpace", "VelocityGenericSpace", -1),
            AUXILIARIES.map(|command| format!("<tt:AuxiliaryCommands>{command}</tt:AuxiliaryCommands>")).concat()
        ),
        _ => "<tptz:Capabilities MoveStatus=\"true\" StatusPosition=\"true\"/>".into(),
    };
    format!("<tptz:{name}Response>{content}</tptz:{name}Response>")
}
