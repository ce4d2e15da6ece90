//! Events by PullPoint (ONVIF Core, section 9): what happened, as few words as a household needs.

use std::time::Duration;

use domain::Timestamp;
use url::Url;

use super::WireError;
use crate::xml::{Element, escape, is_true};

/// Notices in one answer that are read.
const NOTICES_MAX: usize = 256;
/// Reference parameters that are sent back.
const PARAMETERS_MAX: usize = 8;
/// Bytes of one of them.
const PARAMETER_BYTES_MAX: usize = 512;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Happening {
    /// Something moves, by whichever of the camera's detectors.
    Motion,
    /// A person or a vehicle was told apart, or a line was crossed.
    Object,
    /// A digital input changed.
    Input,
    /// The bell's button.
    Doorbell,
    /// Covered, turned away, blurred, opened.
    Tamper,
    /// Anything else; the topic says what.
    Other,
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What, in our words.
    pub happening: Happening,
    /// What, in the camera's: the topic without prefixes.
    pub topic: String,
    /// Whether it began (or goes on) rather than ended. True for what has no end.
    pub active: bool,
    /// The camera tells how things stood when the subscription began; nothing happened now.
    pub initial: bool,
    /// When, by the camera's clock.
    pub at: Option<Timestamp>,
}

/// Where notices are pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The address, as the camera says.
    pub address: Url,
    /// Header elements that every request must carry (WS-Addressing reference parameters), ready written.
    pub parameters: String,
    /// How long it lives from its creation, by the camera's own two times; `None` where it does not say.
    pub lives: Option<Duration>,
}

/// Subscribes.
#[must_use]
pub fn create(time: Duration) -> String {
    format!(
        "<tev:CreatePullPointSubscription><tev:InitialTerminationTime>PT{}S</tev:InitialTerminationTime>\
         </tev:CreatePullPointSubscription>",
        time.as_secs()
    )
}

/// Waits for notices, at most so long and so many.
#[must_use]
pub fn pull(time: Duration, limit: u32) -> String {
    let time = time.as_secs();
    format!(
        "<tev:PullMessages><tev:Timeout>PT{time}S</tev:Timeout><tev:MessageLimit>{limit}</tev:MessageLimit></tev:PullMessages>"
    )
}

/// Lets a subscription live on.
#[must_use]
pub fn renew(time: Duration) -> String {
    format!("<wsnt:Renew><wsnt:TerminationTime>PT{}S</wsnt:TerminationTime></wsnt:Renew>", time.as_secs())
}

/// Ends a subscription.
pub const UNSUBSCRIBE: &str = "<wsnt:Unsubscribe/>";

/// WS-Addressing headers of a request to a subscription. `action` is the whole URI.
#[must_use]
pub fn addressed(action: &str, to: &Url, id: &str, parameters: &str) -> String {
    format!(
        "<wsa:Action>{action}</wsa:Action><wsa:MessageID>urn:uuid:{id}</wsa:MessageID><wsa:To>{}</wsa:To>{parameters}",
        escape(to.as_str())
    )
}

/// The answer to [`create`].
///
/// # Errors
/// [`WireError::Lacks`] where it has no address.
pub fn created(answer: &Element) -> Result<Subscription, WireError> {
    let reference = answer.child("SubscriptionReference").ok_or(WireError::Lacks("a subscription"))?;
    let address = reference.text_at("Address").and_then(|text| Url::parse(text.trim()).ok());
    let parameters = reference.child("ReferenceParameters").map(|p| p.children.as_slice()).unwrap_or_default();
    let parameters = parameters.iter().filter(|p| is_name(&p.name) && p.text.len() <= PARAMETER_BYTES_MAX).take(PARAMETERS_MAX);
    let time = |name| Timestamp::parse(answer.text_at(name)?.trim()).ok();
    let lives = time("TerminationTime").zip(time("CurrentTime")).map(|(end, now)| end.since(now));
    Ok(Subscription {
        address: address.ok_or(WireError::Lacks("a subscription's address"))?,
        parameters: parameters
            .map(|p| {
                let (name, namespace, text) = (&p.name, escape(&p.namespace), escape(&p.text));
                format!("<r:{name} xmlns:r=\"{namespace}\" wsa:IsReferenceParameter=\"true\">{text}</r:{name}>")
            })
            .collect(),
        lives: lives.filter(|time| !time.is_zero()),
    })
}

fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The answer to [`pull`].
#[must_use]
pub fn notices(answer: &Element) -> Vec<Notice> {
    answer.all("NotificationMessage").take(NOTICES_MAX).filter_map(notice).collect()
}

fn notice(message: &Element) -> Option<Notice> {
    let topic = message.text_at("Topic")?;
    let topic: Vec<&str> = topic.split('/').map(|part| part.rsplit(':').next().unwrap_or(part).trim()).collect();
    let topic: String = topic.join("/").chars().filter(|c| !c.is_control()).take(128).collect();
    let inner = message.at("Message/Message")?;
    let items: Vec<(&str, &str)> = inner
        .child("Data")
        .map(|data| data.all("SimpleItem").filter_map(|i| Some((i.attribute("Name")?, i.attribute("Value")?))).collect())
        .unwrap_or_default();
    let source = inner.child("Source").and_then(|source| source.child("SimpleItem")?.attribute("Value"));
    let happening = happening(&topic, source.unwrap_or_default());
    // `State`, `IsMotion`, `LogicalState`: the one item that is a truth value says it.
    let truth = items.iter().find_map(|(_, value)| {
        let known = is_true(value) || *value == "0" || value.eq_ignore_ascii_case("false");
        let word = match value.to_ascii_lowercase().as_str() {
            "active" | "on" => Some(true),
            "inactive" | "off" => Some(false),
            _ => None,
        };
        if known { Some(is_true(value)) } else { word }
    });
    Some(Notice {
        happening,
        topic,
        active: truth.unwrap_or(true),
        initial: inner.attribute("PropertyOperation") == Some("Initialized"),
        at: inner.attribute("UtcTime").and_then(|text| Timestamp::parse(text).ok()),
    })
}

/// What a topic means. Cameras agree on few: the words are looked for anywhere in it, the more telling ones first.
fn happening(topic: &str, source: &str) -> Happening {
    let topic = topic.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| topic.contains(word));
    if has(&["doorbell", "visitor", "callbutton", "bellpress"]) || source.to_ascii_lowercase().contains("doorbell") {
        Happening::Doorbell
    } else if has(&["tamper", "globalscenechange", "imagetooblurry", "imagetoodark", "imagetoobright", "signalloss", "casing"]) {
        Happening::Tamper
    } else if has(&["digitalinput", "logicalstate", "alarmin"]) {
        Happening::Input
    } else if has(&["people", "human", "vehicle", "person", "face", "dogcat", "linedetector", "linecross", "crossed"]) {
        Happening::Object
    } else if has(&["motion", "fielddetector", "objectsinside"]) {
        Happening::Motion
    } else {
        Happening::Other
    }
}
