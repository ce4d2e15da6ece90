//! A running subscription.

use std::time::Duration;

use domain::Mono;
use url::Url;

use super::call::{ANSWER_TIME_MAX, Call};
use super::wire::events::{self, Notice, Subscription};
use super::{Cause, OnvifError, Step};
use crate::discovery::fresh_id;

/// How long a subscription is asked to live: the camera forgets a client that went away that soon.
const LIFE: Duration = Duration::from_secs(60);

/// How long one question waits at the camera.
const PULL_TIME: Duration = Duration::from_secs(10);

/// Notices that one answer may hold.
const PULL_LIMIT: u32 = 64;

const PULL_POINT: &str = "http://www.onvif.org/ver10/events/wsdl";
const WSN: &str = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager";

/// What happens at a camera. Call [`Events::next`] again and again; it renews by itself. End it with [`Events::end`]; dropped,
/// the camera forgets it after a minute.
#[derive(Debug)]
pub struct Events<'a> {
    call: &'a Call,
    /// Where questions go: the subscription's own address, or the service's where that one is only a name.
    place: Url,
    subscription: Subscription,
    renewed: Mono,
    life: Duration,
}

impl<'a> Events<'a> {
    pub(super) async fn subscribe(call: &'a Call, service: &Url) -> Result<Self, OnvifError> {
        let header = events::addressed(
            &format!("{PULL_POINT}/EventPortType/CreatePullPointSubscriptionRequest"),
            service,
            &fresh_id(),
            "",
        );
        let name = "CreatePullPointSubscriptionResponse";
        let found = call.ask_with(Step::Events, service, &header, &events::create(LIFE), name, ANSWER_TIME_MAX).await?;
        let subscription = events::created(&found).map_err(|error| Cause::from_wire(error).at(Step::Events))?;
        let life = subscription.lives.unwrap_or(LIFE).clamp(Duration::from_secs(10), Duration::from_secs(3600));
        let named = call.at_host(&subscription.address, &["http", "https"]);
        let place = named.unwrap_or_else(|| service.clone());
        Ok(Self { call, place, subscription, renewed: call.mono(), life })
    }

    /// What happened since the last call; waits up to ten seconds where nothing did, and is then empty.
    ///
    /// # Errors
    /// [`Step::Events`]: the subscription is over, and a new one is to be made.
    pub async fn next(&mut self) -> Result<Vec<Notice>, OnvifError> {
        if self.call.mono().since(self.renewed) * 2 > self.life {
            self.renew().await?;
        }
        let action = format!("{PULL_POINT}/PullPointSubscription/PullMessagesRequest");
        let question = events::pull(PULL_TIME, PULL_LIMIT);
        let found = self.ask(&action, &question, "PullMessagesResponse", PULL_TIME + ANSWER_TIME_MAX).await?;
        Ok(events::notices(&found))
    }

    /// Ends the subscription.
    ///
    /// # Errors
    /// [`Step::Events`]; the camera forgets it anyway.
    pub async fn end(self) -> Result<(), OnvifError> {
        let action = format!("{WSN}/UnsubscribeRequest");
        self.ask(&action, events::UNSUBSCRIBE, "UnsubscribeResponse", ANSWER_TIME_MAX).await.map(drop)
    }

    /// Where a camera does not know `Renew`, its pulls keep the subscription alive (ONVIF Core, section 9.2).
    async fn renew(&mut self) -> Result<(), OnvifError> {
        let action = format!("{WSN}/RenewRequest");
        match self.ask(&action, &events::renew(LIFE), "RenewResponse", ANSWER_TIME_MAX).await {
            Ok(_) | Err(OnvifError { cause: Cause::Unsupported | Cause::Refused(_) | Cause::Status(_), .. }) => {
                self.renewed = self.call.mono();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn ask(
        &self,
        action: &str,
        question: &str,
        name: &'static str,
        patience: Duration,
    ) -> Result<crate::xml::Element, OnvifError> {
        let Subscription { address, parameters, .. } = &self.subscription;
        let header = events::addressed(action, address, &fresh_id(), parameters);
        self.call.ask_with(Step::Events, &self.place, &header, question, name, patience).await
    }
}
