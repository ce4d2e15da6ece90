//! A camera that is being set up: it reads the code that a phone holds before its lens, or opens a network of its own with a page
//! in it; joins the network that it was told, and keeps whom it is to call (docs/onboarding.md).

#[cfg(feature = "wifi")]
mod access_point;
mod grid;
mod keep;
mod lens;
mod own_network;
mod page;
mod page_html;
mod page_words;
mod qr;
mod rings;
mod set_up;
#[cfg_attr(feature = "wifi", path = "network_manager.rs")]
#[cfg_attr(not(feature = "wifi"), path = "no_wireless.rs")]
mod wireless;

use std::time::Duration;

use domain::onboarding::Ssid;
pub use domain::onboarding::{Invitation, Network, Refused, WifiCode};

pub use keep::{forget, keep, kept};
pub use lens::Lens;
pub use own_network::{OWN_ADDRESS, OwnNetwork, PageStep, set_up_by_page};
pub use page::own_page;
pub use qr::codes;
pub use set_up::{Step, set_up};
pub use wireless::Wireless;

/// How long the joining of a network may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Until a network is seen.
    pub scan: Duration,
    /// Until it is joined and has given an address. Handing out an address alone may take 45 s.
    pub join: Duration,
    /// Until a network that could not be joined is tried again by the same code.
    pub again: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { scan: seconds(15), join: seconds(75), again: seconds(15) }
    }
}

/// A network that the camera itself sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name.
    pub ssid: Ssid,
    /// Of its strongest access point, in percent.
    pub strength: u8,
    /// What that one asks for.
    pub asks: Asks,
}

/// What an access point asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Nothing.
    Nothing,
    /// A password, by WPA2 or by WPA3 in its transition mode.
    Wpa,
    /// A password, by WPA3 alone.
    Sae,
    /// WEP, or a user name: not joined.
    Other,
}

/// Why a network was not joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// This binary was built without the means.
    #[error("this binary was built without wireless networks (cargo feature `wifi`)")]
    NotBuiltIn,
    /// There is no system bus, or nobody on it who manages networks.
    #[error("NetworkManager does not run on this machine")]
    NoNetworkManager,
    /// It does not let this user.
    #[error("NetworkManager does not let this user join networks (polkit)")]
    NotAllowed,
    /// It has no wireless device.
    #[error("this machine has no wireless device that NetworkManager manages")]
    NoDevice,
    /// No access point has that name.
    #[error("there is no network of that name in reach")]
    NotFound,
    /// The network asks for something else than the code says.
    #[error("the network is protected in another way than the code says")]
    OtherSecurity,
    /// It did not take the password.
    #[error("the network did not take the password")]
    WrongPassword,
    /// It let the camera in and gave no address.
    #[error("the network gave no address")]
    NoAddress,
    /// Nothing came of it in time.
    #[error("the network did not answer in time")]
    TimedOut,
    /// NetworkManager's reason, by its number (NMDeviceStateReason).
    #[error("NetworkManager gave up, reason {0}")]
    GaveUp(u32),
    /// The bus said no; the name of its error, which has no values in it.
    #[error("the bus refused: {0}")]
    Bus(String),
}
