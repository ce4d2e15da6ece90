//! PullPoint subscriptions: a bounded queue a client, which lives while it is pulled.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Mono, Timestamp};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::{Answer, Ask, NOT_SUPPORTED, Refusal};

/// Clients at a time.
const SUBSCRIPTIONS_MAX: usize = 16;
/// Notices that wait for one; the oldest go.
const NOTICES_MAX: usize = 64;
const LIFE_MIN: Duration = Duration::from_secs(10);
const LIFE_MAX: Duration = Duration::from_secs(600);
const PULL_TIME_MAX: Duration = Duration::from_secs(60);

const GONE: Refusal = Refusal("InvalidArgVal", "There is no such subscription");
const FULL: Refusal = Refusal("InvalidArgVal", "There are too many subscriptions");

/// What can happen in front of a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// Something moves.
    Motion,
    /// Its digital input closes.
    Input,
    /// The bell's button.
    Doorbell,
    /// It is covered.
    Tamper,
}

impl Trigger {
    const ALL: [Self; 4] = [Self::Motion, Self::Input, Self::Doorbell, Self::Tamper];

    /// Topic, and the name of the truth value.
    const fn topic(self) -> (&'static str, &'static str) {
        match self {
            Self::Motion => ("tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion"),
            Self::Input => ("tns1:Device/Trigger/DigitalInput", "LogicalState"),
            Self::Doorbell => ("tns1:RuleEngine/MyRuleDetector/Visitor", "State"),
            Self::Tamper => ("tns1:RuleEngine/TamperDetector/Tamper", "IsTamper"),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Hub {
    inner: Mutex<Inner>,
    happened: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Inner {
    active: HashMap<Trigger, bool>,
    subscriptions: HashMap<String, Subscription>,
}

#[derive(Debug)]
struct Subscription {
    until: Mono,
    queue: VecDeque<String>,
}

impl Hub {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn happen(&self, trigger: Trigger, active: bool, at: Timestamp) {
        let mut inner = self.inner();
        inner.active.insert(trigger, active);
        let notice = notice(trigger, active, "Changed", at);
        for subscription in inner.subscriptions.values_mut() {
            if subscription.queue.len() == NOTICES_MAX {
                subscription.queue.pop_front();
            }
            subscription.queue.push_back(notice.clone());
        }
        drop(inner);
        self.happened.notify_waiters();
    }

    /// Takes what waits, and lets the subscription live on.
    fn take(&self, id: &str, limit: usize, now: Mono) -> Result<Vec<String>, Refusal> {
        let mut inner = self.inner();
        let subscription = inner.subscriptions.get_mut(id).filter(|s| s.until > now).ok_or(GONE)?;
        let count = subscription.queue.len().min(limit);
        subscription.until = subscription.until.max(now + LIFE_MIN);
        Ok(subscription.queue.drain(..count).collect())
    }
}

fn notice(trigger: Trigger, active: bool, operation: &str, at: Timestamp) -> String {
    let (topic, item) = trigger.topic();
    format!(
        "<wsnt:NotificationMessage><wsnt:Topic Dialect=\"http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet\" \
         xmlns:tns1=\"http://www.onvif.org/ver10/topics\">{topic}</wsnt:Topic><wsnt:Message>\
         <tt:Message UtcTime=\"{at}\" PropertyOperation=\"{operation}\"><tt:Source>\
         <tt:SimpleItem Name=\"VideoSourceConfigurationToken\" Value=\"source\"/></tt:Source>\
         <tt:Data><tt:SimpleItem Name=\"{item}\" Value=\"{active}\"/></tt:Data></tt:Message></wsnt:Message>\
         </wsnt:NotificationMessage>"
    )
}

/// The event service itself.
pub(super) fn answer(ask: &Ask<'_>) -> Answer {
    match ask.body.name.as_str() {
        "CreatePullPointSubscription" => create(ask),
        "GetServiceCapabilities" => Ok("<tev:GetServiceCapabilitiesResponse><tev:Capabilities WSPullPointSupport=\"true\" \
             MaxPullPoints=\"16\"/></tev:GetServiceCapabilitiesResponse>"
            .into()),
        "GetEventProperties" => Ok("<tev:GetEventPropertiesResponse><tev:TopicNamespaceLocation>\
             http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>\
             <wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet xmlns:wstop=\"http://docs.oasis-open.org/wsn/t-1\"/>\
             <wsnt:TopicExpressionDialect>http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet\
             </wsnt:TopicExpressionDialect><tev:MessageContentFilterDialect>\
             http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter</tev:MessageContentFilterDialect>\
             <tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd\
             </tev:MessageContentSchemaLocation></tev:GetEventPropertiesResponse>"
            .into()),
        _ => Err(NOT_SUPPORTED),
    }
}

fn create(ask: &Ask<'_>) -> Answer {
    let state = ask.state;
    let (now, mono) = (state.now(), state.clock.mono());
    let life = life(ask.body.text_at("InitialTerminationTime"), now);
    let mut inner = state.hub.inner();
    inner.subscriptions.retain(|_, subscription| subscription.until > mono);
    if inner.subscriptions.len() == SUBSCRIPTIONS_MAX {
        return Err(FULL);
    }
    // How things stand is told first.
    let is_active = |trigger: &Trigger| inner.active.get(trigger).copied().unwrap_or(false);
    let queue = Trigger::ALL.iter().map(|t| notice(*t, is_active(t), "Initialized", now)).collect();
    let id = uuid::Uuid::new_v4().simple().to_string();
    inner.subscriptions.insert(id.clone(), Subscription { until: mono + life, queue });
    let address = format!("http://{}/onvif/subscription/{id}", ask.local);
    Ok(format!(
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>{address}</wsa:Address>\
         </tev:SubscriptionReference><wsnt:CurrentTime>{now}</wsnt:CurrentTime><wsnt:TerminationTime>{}</wsnt:TerminationTime>\
         </tev:CreatePullPointSubscriptionResponse>",
        now + life
    ))
}

/// Requests to one subscription.
pub(super) async fn subscription(ask: &Ask<'_>, id: &str) -> Answer {
    let (hub, clock) = (&ask.state.hub, &ask.state.clock);
    match ask.body.name.as_str() {
        "PullMessages" => {
            let limit = ask.body.number_at("MessageLimit").unwrap_or(NOTICES_MAX).clamp(1, NOTICES_MAX);
            let patience = ask.body.text_at("Timeout").and_then(duration).unwrap_or_default().min(PULL_TIME_MAX);
            let wait = async {
                loop {
                    let happened = hub.happened.notified();
                    let taken = hub.take(id, limit, clock.mono())?;
                    if !taken.is_empty() {
                        return Ok(taken);
                    }
                    happened.await;
                }
            };
            let taken = timeout(patience, wait).await.unwrap_or_else(|_| hub.take(id, limit, clock.mono()))?;
            let now = ask.state.now();
            Ok(format!(
                "<tev:PullMessagesResponse><tev:CurrentTime>{now}</tev:CurrentTime><tev:TerminationTime>{}</tev:TerminationTime>\
                 {}</tev:PullMessagesResponse>",
                now + LIFE_MIN,
                taken.concat()
            ))
        }
        "Renew" => {
            let now = ask.state.now();
            let life = life(ask.body.text_at("TerminationTime"), now);
            let mut inner = hub.inner();
            let subscription = inner.subscriptions.get_mut(id).filter(|s| s.until > clock.mono()).ok_or(GONE)?;
            subscription.until = clock.mono() + life;
            Ok(format!(
                "<wsnt:RenewResponse><wsnt:TerminationTime>{}</wsnt:TerminationTime><wsnt:CurrentTime>{now}</wsnt:CurrentTime>\
                 </wsnt:RenewResponse>",
                now + life
            ))
        }
        "Unsubscribe" => match hub.inner().subscriptions.remove(id) {
            Some(_) => Ok("<wsnt:UnsubscribeResponse/>".into()),
            None => Err(GONE),
        },
        "SetSynchronizationPoint" => Ok("<tev:SetSynchronizationPointResponse/>".into()),
        _ => Err(NOT_SUPPORTED),
    }
}

/// A wished life: a duration, or a moment.
fn life(text: Option<&str>, now: Timestamp) -> Duration {
    let wished = text.and_then(|text| duration(text).or_else(|| Some(Timestamp::parse(text).ok()?.since(now))));
    wished.unwrap_or(Duration::from_secs(60)).clamp(LIFE_MIN, LIFE_MAX)
}

/// `PT1H2M3.5S` (XML Schema), hours, minutes and seconds alone.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim().strip_prefix("PT")?;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest.get(..end)?.parse().ok()?;
        seconds += number
            * match rest.as_bytes().get(end)? {
                b'H' => 3600.0,
                b'M' => 60.0,
                b'S' => 1.0,
                _ => return None,
            };
        rest = rest.get(end + 1..)?;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in
            [("PT60S", Some(60.0)), ("PT1H1M0.5S", Some(3660.5)), ("PT", Some(0.0)), ("60", None), ("PT5", None), ("PT5X", None)]
        {
            assert_eq!(duration(text).map(|d| d.as_secs_f64()), seconds, "{text}");
        }
        assert_eq!(duration(&format!("PT{}S", "9".repeat(400))), None);
    }
}
