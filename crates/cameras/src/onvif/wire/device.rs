//! Device management (ONVIF Core, section 8).

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use domain::Timestamp;
use url::Url;

use super::WireError;
use crate::discovery::wire::shown;
use crate::xml::{Element, escape};

/// Asks for the camera's time; needs no sign-in.
pub const GET_TIME: &str = "<tds:GetSystemDateAndTime/>";
/// Asks who it is.
pub const GET_INFORMATION: &str = "<tds:GetDeviceInformation/>";
/// Asks for its services, in the new way.
pub const GET_SERVICES: &str = "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>";
/// Asks for its services, in the old way.
pub const GET_CAPABILITIES: &str = "<tds:GetCapabilities><tds:Category>All</tds:Category></tds:GetCapabilities>";
/// Asks for its relay outputs.
pub const GET_OUTPUTS: &str = "<tds:GetRelayOutputs/>";
/// Relay outputs that are read.
const OUTPUTS_MAX: usize = 16;
/// Asks it to start anew.
pub const REBOOT: &str = "<tds:SystemReboot/>";

/// Who a camera is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Information {
    /// Who made it.
    pub make: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Version of its firmware.
    pub firmware: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
}

/// Where its services are, as it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Services {
    /// Media, version 1 (profile S).
    pub media: Option<Url>,
    /// Media, version 2 (profile T).
    pub media2: Option<Url>,
    /// Pan, tilt, zoom.
    pub ptz: Option<Url>,
    /// Imaging.
    pub imaging: Option<Url>,
    /// Events.
    pub events: Option<Url>,
    /// Search in what it kept.
    pub search: Option<Url>,
    /// Replay of that.
    pub replay: Option<Url>,
}

/// The camera's UTC time; `None` where it does not tell, or tells no time that there is.
pub fn time(answer: &Element) -> Option<Timestamp> {
    let time = answer.child("SystemDateAndTime")?;
    // Some tell only their local time: better by hours wrong than by decades.
    let at = time.child("UTCDateTime").or_else(|| time.child("LocalDateTime"))?;
    let date = NaiveDate::from_ymd_opt(at.number_at("Date/Year")?, at.number_at("Date/Month")?, at.number_at("Date/Day")?)?;
    // Second 60 exists on some of them.
    let second = at.number_at::<u32>("Time/Second")?.min(59);
    let time = date.and_hms_opt(at.number_at("Time/Hour")?, at.number_at("Time/Minute")?, second)?;
    Some(Timestamp::from_micros(time.and_utc().timestamp_micros()))
}

/// Sets the camera's clock.
#[must_use]
pub fn set_time(now: Timestamp) -> Option<String> {
    let t = DateTime::from_timestamp_micros(now.micros())?;
    Some(format!(
        "<tds:SetSystemDateAndTime><tds:DateTimeType>Manual</tds:DateTimeType><tds:DaylightSavings>false</tds:DaylightSavings>\
         <tds:UTCDateTime><tt:Time><tt:Hour>{}</tt:Hour><tt:Minute>{}</tt:Minute><tt:Second>{}</tt:Second></tt:Time>\
         <tt:Date><tt:Year>{}</tt:Year><tt:Month>{}</tt:Month><tt:Day>{}</tt:Day></tt:Date></tds:UTCDateTime>\
         </tds:SetSystemDateAndTime>",
        t.hour(),
        t.minute(),
        t.second(),
        t.year(),
        t.month(),
        t.day()
    ))
}

/// Closes or opens a relay output.
#[must_use]
pub fn set_output(token: &str, on: bool) -> String {
    let state = if on { "active" } else { "inactive" };
    format!(
        "<tds:SetRelayOutputState><tds:RelayOutputToken>{}</tds:RelayOutputToken><tds:LogicalState>{state}</tds:LogicalState>\
         </tds:SetRelayOutputState>",
        escape(token)
    )
}

/// The tokens of its relay outputs.
#[must_use]
pub fn outputs(answer: &Element) -> Vec<String> {
    let token =
        |output: &Element| Some(output.attribute("token")?.to_owned()).filter(|token| !token.is_empty() && token.len() <= 64);
    answer.all("RelayOutputs").filter_map(token).take(OUTPUTS_MAX).collect()
}

/// Who it is.
#[must_use]
pub fn information(answer: &Element) -> Information {
    let text = |name| answer.text_at(name).and_then(shown);
    Information {
        make: text("Manufacturer"),
        model: text("Model"),
        firmware: text("FirmwareVersion"),
        serial: text("SerialNumber"),
    }
}

/// The answer to [`GET_SERVICES`].
///
/// # Errors
/// [`WireError::Lacks`] where it names no media service: then [`GET_CAPABILITIES`] may.
pub fn services(answer: &Element) -> Result<Services, WireError> {
    let mut services = Services::default();
    for service in answer.all("Service").take(64) {
        let Some(namespace) = service.text_at("Namespace") else { continue };
        let place = match namespace.trim_end_matches('/') {
            "http://www.onvif.org/ver10/media/wsdl" => &mut services.media,
            "http://www.onvif.org/ver20/media/wsdl" => &mut services.media2,
            "http://www.onvif.org/ver20/ptz/wsdl" => &mut services.ptz,
            "http://www.onvif.org/ver20/imaging/wsdl" => &mut services.imaging,
            "http://www.onvif.org/ver10/events/wsdl" => &mut services.events,
            "http://www.onvif.org/ver10/search/wsdl" => &mut services.search,
            "http://www.onvif.org/ver10/replay/wsdl" => &mut services.replay,
            _ => continue,
        };
        *place = place.take().or_else(|| url(service, "XAddr"));
    }
    with_media(services)
}

/// The answer to [`GET_CAPABILITIES`].
///
/// # Errors
/// [`WireError::Lacks`] where it names no media service.
pub fn capabilities(answer: &Element) -> Result<Services, WireError> {
    let at = |path| url(answer, path);
    with_media(Services {
        media: at("Capabilities/Media/XAddr"),
        media2: None,
        ptz: at("Capabilities/PTZ/XAddr"),
        imaging: at("Capabilities/Imaging/XAddr"),
        events: at("Capabilities/Events/XAddr"),
        search: at("Capabilities/Extension/Search/XAddr"),
        replay: at("Capabilities/Extension/Replay/XAddr"),
    })
}

fn with_media(services: Services) -> Result<Services, WireError> {
    if services.media.is_none() && services.media2.is_none() { Err(WireError::Lacks("a media service")) } else { Ok(services) }
}

fn url(element: &Element, path: &str) -> Option<Url> {
    // Some name two in one, with and without TLS.
    let mut words = element.text_at(path)?.split_whitespace();
    let plain = words.clone().find(|word| word.starts_with("http://"));
    Url::parse(plain.or_else(|| words.next())?).ok()
}
