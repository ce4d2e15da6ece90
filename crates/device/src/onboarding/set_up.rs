use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::onboarding::{Refused, Ssid, WifiCode};
use domain::{Clock, Mono};

use super::{JoinError, Lens, Wireless, qr};

/// How often a picture is searched at most. A phone is held before a lens for seconds.
const LOOK_INTERVAL: Duration = Duration::from_millis(400);

/// What happens while a camera is set up, in words for its log. No password and no token is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It looks for a code.
    Looking,
    /// Its pictures cannot be searched.
    Blind(String),
    /// A code was read that is not acted on.
    Refused(Refused),
    /// A code was read, and its network is being joined.
    Joining(Ssid),
    /// That did not work; it looks on.
    Failed(Ssid, JoinError),
    /// The network is joined.
    Joined(Ssid),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Looking => f.write_str("hold the code before the lens"),
            Self::Blind(why) => write!(f, "these pictures cannot be searched: {why}"),
            Self::Refused(why) => write!(f, "a code that is not acted on: {why}"),
            Self::Joining(ssid) => write!(f, "joining the network {ssid:?}"),
            Self::Failed(ssid, why) => write!(f, "the network {ssid:?} could not be joined: {why}"),
            Self::Joined(ssid) => write!(f, "joined the network {ssid:?}"),
        }
    }
}

/// Looks until there is a code whose network can be joined, and joins it. Returns what the code said; `None` where the camera
/// stopped first. A code that failed is tried again after a while, one with a wrong password is not.
pub async fn set_up(mut lens: Lens, wireless: &Wireless, clock: Arc<dyn Clock>, mut tell: impl FnMut(Step)) -> Option<WifiCode> {
    let mut told = Step::Looking;
    tell(told.clone());
    // A thing is told once, as long as nothing else happens.
    let mut tell = |step: Step| {
        if step != told {
            told = step;
            tell(told.clone());
        }
    };
    let mut failed: Option<(WifiCode, Option<Mono>)> = None;
    loop {
        let began = clock.mono();
        let seen = match lens.next().await? {
            Ok(picture) => tokio::task::spawn_blocking(move || qr::codes(&picture)).await.unwrap_or_default(),
            Err(error) => {
                tell(Step::Blind(error.to_string()));
                Vec::new()
            }
        };
        for code in seen {
            let code = match WifiCode::parse(&code) {
                Ok(code) => code,
                Err(why) => {
                    tell(Step::Refused(why));
                    continue;
                }
            };
            let too_soon = |again: &Option<Mono>| again.is_none_or(|again| clock.mono() < again);
            if failed.as_ref().is_some_and(|(known, again)| *known == code && too_soon(again)) {
                continue;
            }
            let ssid = code.network.ssid().clone();
            tell(Step::Joining(ssid.clone()));
            match wireless.join(&code.network).await {
                Ok(()) => {
                    tell(Step::Joined(ssid));
                    return Some(code);
                }
                Err(error) => {
                    let hopeless = error == JoinError::WrongPassword;
                    let again = (!hopeless).then(|| clock.mono() + wireless.patience().again);
                    tell(Step::Failed(ssid, error));
                    failed = Some((code, again));
                }
            }
        }
        // The pictures of the time until then are passed over.
        tokio::time::sleep(LOOK_INTERVAL.saturating_sub(clock.mono().since(began))).await;
    }
}
