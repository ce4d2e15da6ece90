//! What each service answers.

use std::time::Duration;

use cameras::onvif::wire::imaging::{self, Imaging};
use cameras::onvif::wire::ptz::Vector;
use cameras::xml::escape;
use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use domain::Timestamp;

use super::{Answer, Ask, MAKE, MODEL, NO_PROFILE, NOT_SUPPORTED, Refusal, State, events, profile, recordings};

/// Longest movement that nobody renews.
const MOVE_TIME_MAX: Duration = Duration::from_secs(60);
const MOVE_TIME: Duration = Duration::from_secs(10);

const INVALID: Refusal = Refusal("InvalidArgVal", "A value is missing or not valid");
const NO_PRESET: Refusal = Refusal("NoToken", "There is no such preset, or no room for one");

/// The services: path, namespace, version.
const SERVICES: [(&str, &str, u32); 6] = [
    ("device_service", "http://www.onvif.org/ver10/device/wsdl", 2),
    ("media", "http://www.onvif.org/ver10/media/wsdl", 2),
    ("media2", "http://www.onvif.org/ver20/media/wsdl", 2),
    ("ptz", "http://www.onvif.org/ver20/ptz/wsdl", 2),
    ("imaging", "http://www.onvif.org/ver20/imaging/wsdl", 2),
    ("events", "http://www.onvif.org/ver10/events/wsdl", 2),
];

/// What a camera has besides that keeps what it saw.
const OF_A_RING: [(&str, &str, u32); 2] =
    [("search", "http://www.onvif.org/ver10/search/wsdl", 2), ("replay", "http://www.onvif.org/ver10/replay/wsdl", 2)];

/// What strangers may ask (ONVIF Core, section 5.9.4.3, `PRE_AUTH`).
pub(super) fn is_open(name: &str) -> bool {
    matches!(name, "GetSystemDateAndTime" | "GetServices" | "GetCapabilities" | "GetServiceCapabilities" | "GetHostname")
}

pub(super) fn answer(ask: &Ask<'_>, path: &str) -> Answer {
    match path {
        "device_service" => device(ask),
        "media" => media(ask),
        "media2" => media2(ask),
        "ptz" => ptz(ask),
        "imaging" => imaging(ask),
        "events" => events::answer(ask),
        "search" => recordings::search(ask),
        "replay" => recordings::replay(ask),
        _ => Err(NOT_SUPPORTED),
    }
}

fn url(ask: &Ask<'_>, path: &str) -> String {
    format!("http://{}/onvif/{path}", ask.local)
}

fn device(ask: &Ask<'_>) -> Answer {
    let state = ask.state;
    Ok(match ask.body.name.as_str() {
        "GetSystemDateAndTime" => time(state)?,
        "SetSystemDateAndTime" => {
            set_time(ask)?;
            "<tds:SetSystemDateAndTimeResponse/>".into()
        }
        "GetDeviceInformation" => format!(
            "<tds:GetDeviceInformationResponse><tds:Manufacturer>{MAKE}</tds:Manufacturer><tds:Model>{MODEL}</tds:Model>\
             <tds:FirmwareVersion>{}</tds:FirmwareVersion><tds:SerialNumber>{}</tds:SerialNumber>\
             <tds:HardwareId>{MODEL}</tds:HardwareId></tds:GetDeviceInformationResponse>",
            env!("CARGO_PKG_VERSION"),
            escape(&state.config.serial)
        ),
        "GetServices" => {
            let service = |(path, namespace, major): &(&str, &str, u32)| {
                format!(
                    "<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{}</tds:XAddr>\
                     <tds:Version><tt:Major>{major}</tt:Major><tt:Minor>0</tt:Minor></tds:Version></tds:Service>",
                    url(ask, path)
                )
            };
            let kept = OF_A_RING.iter().filter(|_| state.ring.is_some());
            let services: String = SERVICES.iter().chain(kept).map(service).collect();
            format!("<tds:GetServicesResponse>{services}</tds:GetServicesResponse>")
        }
        "GetCapabilities" => capabilities(ask),
        "GetServiceCapabilities" => "<tds:GetServiceCapabilitiesResponse><tds:Capabilities><tds:Network/>\
             <tds:Security HttpDigest=\"true\" UsernameToken=\"true\"/><tds:System DiscoveryResolve=\"false\" DiscoveryBye=\"true\"/>\
             </tds:Capabilities></tds:GetServiceCapabilitiesResponse>"
            .into(),
        "GetScopes" => {
            let scope = |text: &str| {
                format!(
                    "<tds:Scopes><tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>onvif://www.onvif.org/{text}</tt:ScopeItem></tds:Scopes>"
                )
            };
            let kept = state.ring.as_ref().map(|_| "Profile/G");
            let scopes: String =
                ["type/video_encoder", "Profile/Streaming", "Profile/T"].into_iter().chain(kept).map(scope).collect();
            format!("<tds:GetScopesResponse>{scopes}</tds:GetScopesResponse>")
        }
        "GetHostname" => format!(
            "<tds:GetHostnameResponse><tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>atipcam-{}</tt:Name>\
             </tds:HostnameInformation></tds:GetHostnameResponse>",
            escape(&state.config.serial)
        ),
        "GetRelayOutputs" => format!(
            "<tds:GetRelayOutputsResponse><tds:RelayOutputs token=\"{}\"><tt:Properties><tt:Mode>Bistable</tt:Mode>\
             <tt:DelayTime>PT0S</tt:DelayTime><tt:IdleState>open</tt:IdleState></tt:Properties></tds:RelayOutputs>\
             </tds:GetRelayOutputsResponse>",
            profile::OUTPUT
        ),
        "SetRelayOutputState" => {
            let on = match ask.body.text_at("LogicalState") {
                Some("active") => true,
                Some("inactive") => false,
                _ => return Err(INVALID),
            };
            let token = ask.body.text_at("RelayOutputToken").filter(|token| *token == profile::OUTPUT).ok_or(INVALID)?;
            state.inner().switch(token, on);
            "<tds:SetRelayOutputStateResponse/>".into()
        }
        "SystemReboot" => {
            state.inner().reboots += 1;
            "<tds:SystemRebootResponse><tds:Message>Starting anew</tds:Message></tds:SystemRebootResponse>".into()
        }
        _ => return Err(NOT_SUPPORTED),
    })
}

fn time(state: &State) -> Answer {
    let t = DateTime::from_timestamp_micros(state.now().micros()).ok_or(INVALID)?;
    Ok(format!(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>\
         <tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone><tt:UTCDateTime>\
         <tt:Time><tt:Hour>{}</tt:Hour><tt:Minute>{}</tt:Minute><tt:Second>{}</tt:Second></tt:Time>\
         <tt:Date><tt:Year>{}</tt:Year><tt:Month>{}</tt:Month><tt:Day>{}</tt:Day></tt:Date></tt:UTCDateTime>\
         </tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>",
        t.hour(),
        t.minute(),
        t.second(),
        t.year(),
        t.month(),
        t.day()
    ))
}

fn set_time(ask: &Ask<'_>) -> Result<(), Refusal> {
    let at = ask.body.child("UTCDateTime").ok_or(INVALID)?;
    let number = |path: &str| at.number_at::<u32>(path);
    let wished = || {
        let date = NaiveDate::from_ymd_opt(at.number_at("Date/Year")?, number("Date/Month")?, number("Date/Day")?)?;
        date.and_hms_opt(number("Time/Hour")?, number("Time/Minute")?, number("Time/Second")?)
    };
    let wished = Timestamp::from_micros(wished().ok_or(INVALID)?.and_utc().timestamp_micros());
    ask.state.clock_off.set_us(wished.micros().saturating_sub(ask.state.clock.now().micros()));
    Ok(())
}

fn capabilities(ask: &Ask<'_>) -> String {
    let at = |path| url(ask, path);
    format!(
        "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>{}</tt:XAddr></tt:Device>\
         <tt:Events><tt:XAddr>{}</tt:XAddr><tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>\
         <tt:WSPullPointSupport>true</tt:WSPullPointSupport><tt:WSPausableSubscriptionManagerInterfaceSupport>false\
         </tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events><tt:Imaging><tt:XAddr>{}</tt:XAddr></tt:Imaging>\
         <tt:Media><tt:XAddr>{}</tt:XAddr><tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast>\
         <tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>\
         <tt:PTZ><tt:XAddr>{}</tt:XAddr></tt:PTZ></tds:Capabilities></tds:GetCapabilitiesResponse>",
        at("device_service"),
        at("events"),
        at("imaging"),
        at("media"),
        at("ptz")
    )
}

fn stream_url(ask: &Ask<'_>) -> Result<String, Refusal> {
    let stream = ask.state.stream(ask.body.text_at("ProfileToken"))?;
    Ok(format!("rtsp://{}/{}", std::net::SocketAddr::new(ask.local.ip(), ask.state.rtsp_port), stream.name.as_str()))
}

fn snapshot_url(ask: &Ask<'_>) -> Result<String, Refusal> {
    let stream = ask.state.stream(ask.body.text_at("ProfileToken"))?;
    Ok(url(ask, &format!("snapshot/{}", stream.name.as_str())))
}

fn media(ask: &Ask<'_>) -> Answer {
    let uri = |name: &str, uri: String| {
        format!(
            "<trt:{name}><trt:MediaUri><tt:Uri>{}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>\
             <tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:{name}>",
            escape(&uri)
        )
    };
    Ok(match ask.body.name.as_str() {
        "GetProfiles" => {
            let profiles: String = ask.state.streams.iter().map(|stream| profile::one(stream, "trt:Profiles")).collect();
            format!("<trt:GetProfilesResponse>{profiles}</trt:GetProfilesResponse>")
        }
        "GetProfile" => {
            let stream = ask.state.stream(ask.body.text_at("ProfileToken"))?;
            format!("<trt:GetProfileResponse>{}</trt:GetProfileResponse>", profile::one(stream, "trt:Profile"))
        }
        "GetVideoSources" => {
            let source = ask.state.streams.first().map(|stream| profile::source(stream)).ok_or(NO_PROFILE)?;
            format!("<trt:GetVideoSourcesResponse>{source}</trt:GetVideoSourcesResponse>")
        }
        "GetStreamUri" => uri("GetStreamUriResponse", stream_url(ask)?),
        "GetSnapshotUri" => uri("GetSnapshotUriResponse", snapshot_url(ask)?),
        "GetServiceCapabilities" => "<trt:GetServiceCapabilitiesResponse><trt:Capabilities SnapshotUri=\"true\">\
             <trt:ProfileCapabilities MaximumNumberOfProfiles=\"2\"/><trt:StreamingCapabilities RTP_RTSP_TCP=\"true\"/>\
             </trt:Capabilities></trt:GetServiceCapabilitiesResponse>"
            .into(),
        _ => return Err(NOT_SUPPORTED),
    })
}

fn media2(ask: &Ask<'_>) -> Answer {
    let uri = |name: &str, uri: String| format!("<tr2:{name}><tr2:Uri>{}</tr2:Uri></tr2:{name}>", escape(&uri));
    Ok(match ask.body.name.as_str() {
        "GetProfiles" => {
            let profiles: String = ask.state.streams.iter().map(|stream| profile::two(stream)).collect();
            format!("<tr2:GetProfilesResponse>{profiles}</tr2:GetProfilesResponse>")
        }
        "GetStreamUri" => uri("GetStreamUriResponse", stream_url(ask)?),
        "GetSnapshotUri" => uri("GetSnapshotUriResponse", snapshot_url(ask)?),
        _ => return Err(NOT_SUPPORTED),
    })
}

fn ptz(ask: &Ask<'_>) -> Answer {
    let name = ask.body.name.as_str();
    match name {
        "GetNodes" | "GetConfigurations" | "GetServiceCapabilities" => return Ok(profile::ptz(name)),
        _ => {}
    }
    ask.state.stream(ask.body.text_at("ProfileToken"))?;
    let now = ask.state.clock.mono();
    let vector = |name: &str| ask.body.child(name).map(Vector::read).ok_or(INVALID);
    let token = ask.body.text_at("PresetToken");
    let mut inner = ask.state.inner();
    let motion = &mut inner.motion;
    match name {
        "ContinuousMove" => {
            let time = ask.body.text_at("Timeout").and_then(events::duration).unwrap_or(MOVE_TIME);
            motion.run(vector("Velocity")?, time.min(MOVE_TIME_MAX), now);
        }
        "RelativeMove" => motion.step(vector("Translation")?, now),
        "AbsoluteMove" => motion.go(vector("Position")?, now),
        "Stop" => {
            motion.stop(now);
            inner.stops += 1;
        }
        "GotoHomePosition" => motion.go_home(now),
        "SetHomePosition" => motion.set_home(now),
        "GotoPreset" if !motion.recall(token.unwrap_or_default(), now) => return Err(NO_PRESET),
        "RemovePreset" if !motion.forget(token.unwrap_or_default()) => return Err(NO_PRESET),
        "GotoPreset" | "RemovePreset" => {}
        "SendAuxiliaryCommand" => {
            let command = ask.body.text_at("AuxiliaryData").filter(|command| profile::AUXILIARIES.contains(command));
            let (name, state) = command.and_then(|command| command.split_once('|')).ok_or(INVALID)?;
            inner.switch(name, state == "On");
            return Ok("<tptz:SendAuxiliaryCommandResponse><tptz:AuxiliaryResponse>Done</tptz:AuxiliaryResponse>\
                       </tptz:SendAuxiliaryCommandResponse>"
                .into());
        }
        "SetPreset" => {
            let name = ask.body.text_at("PresetName").unwrap_or("Preset");
            let token = motion.remember(name, token, now).ok_or(NO_PRESET)?;
            return Ok(format!(
                "<tptz:SetPresetResponse><tptz:PresetToken>{}</tptz:PresetToken></tptz:SetPresetResponse>",
                escape(&token)
            ));
        }
        "GetPresets" => {
            let preset = |(token, name, place): &(String, String, Vector)| {
                let (token, name, place) = (escape(token), escape(name), profile::place(*place));
                format!(
                    "<tptz:Preset token=\"{token}\"><tt:Name>{name}</tt:Name><tt:PTZPosition>{place}</tt:PTZPosition></tptz:Preset>"
                )
            };
            let presets: String = motion.presets().iter().map(preset).collect();
            return Ok(format!("<tptz:GetPresetsResponse>{presets}</tptz:GetPresetsResponse>"));
        }
        "GetStatus" => {
            let place = profile::place(motion.position(now));
            let word = if motion.is_moving(now) { "MOVING" } else { "IDLE" };
            drop(inner);
            return Ok(format!(
                "<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position>{place}</tt:Position><tt:MoveStatus>\
                 <tt:PanTilt>{word}</tt:PanTilt><tt:Zoom>{word}</tt:Zoom></tt:MoveStatus><tt:UtcTime>{}</tt:UtcTime>\
                 </tptz:PTZStatus></tptz:GetStatusResponse>",
                ask.state.now()
            ));
        }
        _ => return Err(NOT_SUPPORTED),
    }
    Ok(format!("<tptz:{name}Response/>"))
}

fn imaging(ask: &Ask<'_>) -> Answer {
    if ask.body.text_at("VideoSourceToken") != Some(profile::SOURCE) {
        return Err(Refusal("InvalidArgVal", "There is no such video source"));
    }
    let mut inner = ask.state.inner();
    match ask.body.name.as_str() {
        "GetImagingSettings" => Ok(format!(
            "<timg:GetImagingSettingsResponse><timg:ImagingSettings>{}</timg:ImagingSettings></timg:GetImagingSettingsResponse>",
            imaging::written(&inner.imaging)
        )),
        "GetOptions" => {
            let range = |name: &str| format!("<tt:{name}><tt:Min>0</tt:Min><tt:Max>100</tt:Max></tt:{name}>");
            let modes = ["ON", "OFF", "AUTO"].map(|mode| format!("<tt:IrCutFilterModes>{mode}</tt:IrCutFilterModes>")).concat();
            Ok(format!(
                "<timg:GetOptionsResponse><timg:ImagingOptions>{}{}{}{modes}{}</timg:ImagingOptions></timg:GetOptionsResponse>",
                range("Brightness"),
                range("ColorSaturation"),
                range("Contrast"),
                range("Sharpness")
            ))
        }
        "SetImagingSettings" => {
            let Imaging { brightness, saturation, contrast, sharpness, ir_cut } = imaging::read(ask.body);
            if [brightness, saturation, contrast, sharpness].iter().flatten().any(|v| !(0.0..=100.0).contains(v)) {
                return Err(Refusal("SettingsInvalid", "Settings go from 0 to 100"));
            }
            let now = &mut inner.imaging;
            now.brightness = brightness.or(now.brightness);
            now.saturation = saturation.or(now.saturation);
            now.contrast = contrast.or(now.contrast);
            now.sharpness = sharpness.or(now.sharpness);
            now.ir_cut = ir_cut.or(now.ir_cut);
            Ok("<timg:SetImagingSettingsResponse/>".into())
        }
        _ => Err(NOT_SUPPORTED),
    }
}
