//! SOAP 1.2 as ONVIF speaks it: requests as text, answers as values. Pure, bounded, fuzzed.

pub mod device;
pub mod events;
pub mod imaging;
pub mod media;
pub mod ptz;
pub mod recordings;

use std::borrow::Cow;

use crate::xml::{self, Element, XmlError};

/// The namespaces that requests use, declared once.
const NAMESPACES: &str = "xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
    xmlns:wsa=\"http://www.w3.org/2005/08/addressing\" xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\" \
    xmlns:tt=\"http://www.onvif.org/ver10/schema\" xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" \
    xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\" xmlns:tr2=\"http://www.onvif.org/ver20/media/wsdl\" \
    xmlns:tptz=\"http://www.onvif.org/ver20/ptz/wsdl\" xmlns:timg=\"http://www.onvif.org/ver20/imaging/wsdl\" \
    xmlns:tev=\"http://www.onvif.org/ver10/events/wsdl\" xmlns:tse=\"http://www.onvif.org/ver10/search/wsdl\" \
    xmlns:trp=\"http://www.onvif.org/ver10/replay/wsdl\"";

/// Characters of a fault's reason that are kept.
const REASON_CHARS_MAX: usize = 200;

/// A camera's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The innermost subcode without its prefix, as `NotAuthorized` or `ActionNotSupported`; empty where there is none.
    pub code: String,
    /// Its words, bounded and on one line.
    pub reason: String,
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is no XML that is read here.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// It is no SOAP envelope.
    #[error("the answer is no SOAP envelope")]
    NotSoap,
    /// It refuses.
    #[error("refused: {} {}", .0.code, .0.reason)]
    Fault(Fault),
    /// It is another answer than the one to the question.
    #[error("the answer lacks {0}")]
    Lacks(&'static str),
}

/// An envelope around a body and, where there are any, header elements.
#[must_use]
pub fn envelope(header: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope {NAMESPACES}><s:Header>{header}</s:Header>\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
}

/// What a request does, as SOAP 1.2 names it in its content type (RFC 3902): by its WS-Addressing header where it has one. Some
/// servers look at nothing else.
#[must_use]
pub fn action<'a>(header: &'a str, question: &'a str) -> Cow<'a, str> {
    if let Some((action, _)) = header.strip_prefix("<wsa:Action>").and_then(|rest| rest.split_once('<')) {
        return action.into();
    }
    let name = question.trim_start_matches('<').split(['>', ' ', '/']).next().unwrap_or_default();
    let Some((prefix, name)) = name.split_once(':') else { return "".into() };
    let declared = format!("xmlns:{prefix}=\"");
    let namespace = NAMESPACES.split_once(declared.as_str()).and_then(|(_, rest)| rest.split_once('"'));
    namespace.map(|(namespace, _)| format!("{namespace}/{name}")).unwrap_or_default().into()
}

/// The first element of an answer's body, which must be `name`.
///
/// # Errors
/// [`WireError`].
pub fn answer(bytes: &[u8], name: &'static str) -> Result<Element, WireError> {
    let root = xml::parse(bytes)?;
    let mut body = if root.name == "Envelope" { root.children.into_iter().find(|child| child.name == "Body") } else { None }
        .ok_or(WireError::NotSoap)?;
    if let Some(fault) = body.child("Fault") {
        return Err(WireError::Fault(read_fault(fault)));
    }
    let at = body.children.iter().position(|child| child.name == name).ok_or(WireError::Lacks(name))?;
    Ok(body.children.swap_remove(at))
}

/// SOAP 1.2 (section 5.4), and 1.1 for the cameras that answer so.
fn read_fault(fault: &Element) -> Fault {
    let mut code = fault.text_at("Code/Value").or_else(|| fault.text_at("faultcode")).unwrap_or_default();
    let mut inner = fault.at("Code/Subcode");
    while let Some(subcode) = inner {
        code = subcode.text_at("Value").unwrap_or(code);
        inner = subcode.child("Subcode");
    }
    let reason = fault.text_at("Reason/Text").or_else(|| fault.text_at("faultstring")).unwrap_or_default();
    let words = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_CHARS_MAX).collect();
    Fault { code: words(code.rsplit(':').next().unwrap_or(code)), reason: words(reason) }
}

impl Fault {
    /// Whether it is about the sign-in. Cameras word this in many ways.
    #[must_use]
    pub fn is_sign_in(&self) -> bool {
        let has = |text: &str, word: &str| text.to_ascii_lowercase().contains(word);
        ["notauthorized", "failedauthentication", "failedcheck", "unauthorized"].iter().any(|word| has(&self.code, word))
            || ["not authorized", "authority failure", "unauthorized"].iter().any(|word| has(&self.reason, word))
    }

    /// Whether the camera does not have what was asked for.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        ["ActionNotSupported", "OptionalActionNotImplemented", "NotImplemented"].iter().any(|c| self.code.contains(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_name_what_they_do() {
        let url = "http://10.0.0.7/x".parse().unwrap();
        let header = events::addressed("urn:a", &url, "1", "");
        for (header, question, expected) in [
            ("", device::GET_INFORMATION, "http://www.onvif.org/ver10/device/wsdl/GetDeviceInformation"),
            ("", device::GET_SERVICES, "http://www.onvif.org/ver10/device/wsdl/GetServices"),
            ("", ptz::stop("p").as_str(), "http://www.onvif.org/ver20/ptz/wsdl/Stop"),
            (header.as_str(), events::UNSUBSCRIBE, "urn:a"),
        ] {
            assert_eq!(action(header, question), expected);
        }
    }
}
