//! WS-Discovery (April 2005, as the ONVIF Core Specification, section 7, profiles it).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use super::shown;
use crate::xml::{self, Element, XmlError, escape};

/// Where everybody listens.
pub const PORT: u16 = 3702;
/// The IPv4 group.
pub const GROUP_V4: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
/// The link-local IPv6 group.
pub const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xc);

/// Devices that one datagram may tell of.
const TARGETS_MAX: usize = 16;
/// Addresses of one device.
const ADDRESSES_MAX: usize = 8;
/// Scopes of one device.
const SCOPES_MAX: usize = 64;
/// Bytes of an endpoint reference; `urn:uuid:` with its UUID has 45.
const ENDPOINT_BYTES_MAX: usize = 128;

/// The ONVIF types that are looked for, with their prefix as it is declared in [`probe`].
pub const TYPES: [&str; 2] = ["dn:NetworkVideoTransmitter", "tds:Device"];

/// A device as it describes itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Endpoint reference: stable and the same over all of a device's addresses.
    pub endpoint: String,
    /// Local names of its types.
    pub types: Vec<String>,
    /// Where its device service is, as it says.
    pub addresses: Vec<Url>,
    /// `mfr` or `manufacturer` scope.
    pub make: Option<String>,
    /// `hardware` scope.
    pub model: Option<String>,
    /// `name` scope.
    pub name: Option<String>,
    /// `location` scope.
    pub location: Option<String>,
    /// `serial` scope, which some makers add.
    pub serial: Option<String>,
}

/// What a datagram says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Somebody looks for these types (local names; none: any).
    Probe {
        /// To be named in the answer.
        id: String,
        /// Local names of the types.
        types: Vec<String>,
    },
    /// Answers to a probe.
    Matches(Vec<Target>),
    /// A device came.
    Hello(Target),
    /// The device with this endpoint reference leaves.
    Bye(String),
}

/// Reads a datagram; `None` where it is XML and none of these messages.
///
/// # Errors
/// [`XmlError`].
pub fn parse(datagram: &[u8]) -> Result<Option<Message>, XmlError> {
    let root = xml::parse(datagram)?;
    let Some(body) = root.child("Body") else { return Ok(None) };
    Ok(match body.children.first().map(|first| (first.name.as_str(), first)) {
        Some(("Probe", probe)) => {
            let id = root.text_at("Header/MessageID").unwrap_or_default();
            Some(Message::Probe { id: id.chars().take(ENDPOINT_BYTES_MAX).collect(), types: types(probe) })
        }
        Some(("ProbeMatches", matches)) => {
            Some(Message::Matches(matches.all("ProbeMatch").take(TARGETS_MAX).filter_map(target).collect()))
        }
        Some(("Hello", hello)) => target(hello).map(Message::Hello),
        Some(("Bye", bye)) => endpoint(bye).map(Message::Bye),
        _ => None,
    })
}

fn endpoint(element: &Element) -> Option<String> {
    let text = element.text_at("EndpointReference/Address")?.trim();
    (text.len() <= ENDPOINT_BYTES_MAX && text.chars().all(|c| c.is_ascii_graphic())).then(|| text.to_ascii_lowercase())
}

fn types(element: &Element) -> Vec<String> {
    let words = element.text_at("Types").unwrap_or_default().split_whitespace().take(ADDRESSES_MAX);
    words.map(|word| word.rsplit(':').next().unwrap_or(word).to_owned()).collect()
}

fn target(element: &Element) -> Option<Target> {
    let addresses = element.text_at("XAddrs").unwrap_or_default().split_whitespace();
    let mut target = Target {
        endpoint: endpoint(element)?,
        types: types(element),
        addresses: addresses.filter_map(|text| Url::parse(text).ok()).filter(Url::has_host).take(ADDRESSES_MAX).collect(),
        ..Target::default()
    };
    for scope in element.text_at("Scopes").unwrap_or_default().split_whitespace().take(SCOPES_MAX) {
        let Some((kind, value)) = scope.split_once("onvif.org/").and_then(|(_, rest)| rest.split_once('/')) else { continue };
        let value = percent_decode_str(value).decode_utf8_lossy().replace(['_', '+'], " ");
        let place = match kind.to_ascii_lowercase().as_str() {
            "name" => &mut target.name,
            "hardware" => &mut target.model,
            "location" => &mut target.location,
            "mfr" | "manufacturer" => &mut target.make,
            "serial" | "serialnumber" => &mut target.serial,
            _ => continue,
        };
        // `location/country/china`: the last part says most.
        *place = place.take().or_else(|| shown(value.rsplit('/').next().unwrap_or(&value)));
    }
    Some(target)
}

/// A probe for one of [`TYPES`]. `id` is a fresh UUID.
#[must_use]
pub fn probe(id: &str, types: &str) -> String {
    envelope("Probe", id, None, &format!("<d:Probe><d:Types>{types}</d:Types></d:Probe>"))
}

/// The answer to the probe `relates_to`.
#[must_use]
pub fn matches(id: &str, relates_to: &str, target: &Target) -> String {
    let body = format!("<d:ProbeMatches><d:ProbeMatch>{}</d:ProbeMatch></d:ProbeMatches>", described(target));
    envelope("ProbeMatches", id, Some(relates_to), &body)
}

/// A device comes.
#[must_use]
pub fn hello(id: &str, target: &Target) -> String {
    envelope("Hello", id, None, &format!("<d:Hello>{}</d:Hello>", described(target)))
}

/// A device leaves.
#[must_use]
pub fn bye(id: &str, endpoint: &str) -> String {
    let body = format!("<d:Bye><a:EndpointReference><a:Address>{}</a:Address></a:EndpointReference></d:Bye>", escape(endpoint));
    envelope("Bye", id, None, &body)
}

fn described(target: &Target) -> String {
    let scope = |kind: &str, value: &Option<String>| {
        let value = value.as_ref().map(|value| utf8_percent_encode(value, NON_ALPHANUMERIC).to_string());
        value.map(|value| format!(" onvif://www.onvif.org/{kind}/{value}")).unwrap_or_default()
    };
    let addresses: Vec<&str> = target.addresses.iter().map(Url::as_str).collect();
    format!(
        "<a:EndpointReference><a:Address>{}</a:Address></a:EndpointReference>\
         <d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>\
         <d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/Profile/Streaming \
         onvif://www.onvif.org/Profile/T{}{}{}{}{}</d:Scopes><d:XAddrs>{}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>",
        escape(&target.endpoint),
        scope("name", &target.name),
        scope("hardware", &target.model),
        scope("mfr", &target.make),
        scope("location", &target.location),
        scope("serial", &target.serial),
        escape(&addresses.join(" ")),
    )
}

fn envelope(action: &str, id: &str, relates_to: Option<&str>, body: &str) -> String {
    let relates = relates_to.map(|id| format!("<a:RelatesTo>{}</a:RelatesTo>", escape(id))).unwrap_or_default();
    let to = match relates_to {
        Some(_) => "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous",
        None => "urn:schemas-xmlsoap-org:ws:2005:04:discovery",
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" \
         xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\" xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\"><s:Header>\
         <a:MessageID>urn:uuid:{id}</a:MessageID>{relates}<a:To>{to}</a:To>\
         <a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/{action}</a:Action></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
}

impl Target {
    /// The addresses (not names) that it says it has.
    pub fn claims(&self) -> impl Iterator<Item = IpAddr> {
        self.addresses.iter().filter_map(|url| match url.host()? {
            url::Host::Ipv4(v4) => Some(IpAddr::V4(v4)),
            url::Host::Ipv6(v6) => Some(IpAddr::V6(v6)),
            url::Host::Domain(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target_of_tests() -> Target {
        Target {
            endpoint: "urn:uuid:0".into(),
            types: vec!["NetworkVideoTransmitter".into(), "Device".into()],
            addresses: vec!["http://10.0.0.7/onvif/device_service".parse().unwrap(), "http://[fe80::7]/x".parse().unwrap()],
            make: Some("atipcam".into()),
            model: Some("Virtual 1".into()),
            name: Some("门 <& \"door\"".into()),
            location: Some("yard".into()),
            serial: Some("S1".into()),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let target = target_of_tests();
        assert_eq!(parse(matches("1", "2", &target).as_bytes()), Ok(Some(Message::Matches(vec![target.clone()]))));
        assert_eq!(parse(hello("1", &target).as_bytes()), Ok(Some(Message::Hello(target))));
        assert_eq!(parse(bye("1", "urn:uuid:0").as_bytes()), Ok(Some(Message::Bye("urn:uuid:0".into()))));
        let types = vec!["NetworkVideoTransmitter".into()];
        assert_eq!(parse(probe("7", TYPES[0]).as_bytes()), Ok(Some(Message::Probe { id: "urn:uuid:7".into(), types })));
    }

    #[test]
    fn a_device_without_an_endpoint_or_with_an_endless_one_is_left_out() {
        for endpoint in [String::new(), "x".repeat(ENDPOINT_BYTES_MAX + 1), "urn:a b".into()] {
            let target = Target { endpoint, ..target_of_tests() };
            assert_eq!(parse(matches("1", "2", &target).as_bytes()), Ok(Some(Message::Matches(Vec::new()))));
        }
    }

    #[test]
    fn names_are_bounded_and_printable() {
        let target = Target { name: Some(format!("a\u{7}{}", "b".repeat(500))), ..target_of_tests() };
        let Ok(Some(Message::Hello(read))) = parse(hello("1", &target).as_bytes()) else { panic!() };
        assert_eq!(read.name.unwrap().len(), 64);
    }
}
