//! The other way to give a camera its Wi-Fi: it opens a network of its own, which the label names, and serves one page there.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use aws_lc_rs::digest::{SHA256, digest};
use domain::onboarding::{Label, Network, Security, Ssid, WifiCode};
use domain::{Error, Kind, Result, Secret};

use super::page::Page;
use super::{JoinError, Wireless};

/// Where the camera is in its own network: an address that few home networks use.
pub const OWN_ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 42, 77, 1);

/// What the password is made for: the same secret, hashed for another purpose, is another password.
const PURPOSE: &[u8] = b"atipcam set-up network v1\0";
/// Letters that nobody takes for others (RFC 4648, 6, in lower case).
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// 80 bits: who records how a phone joins would try passwords for ages.
const PASSWORD_LETTERS: usize = 16;

/// A camera's own network: what it is called and how it is entered. Both follow from the label, so that only who holds that
/// can set the camera up.
#[derive(Debug, Clone)]
pub struct OwnNetwork {
    /// Its name.
    pub name: String,
    /// Its password: four groups of four letters.
    pub password: Secret,
}

impl OwnNetwork {
    /// That of the camera with this label. The password is made of the label's secret and does not tell it: phones keep the
    /// passwords of networks, and share them.
    #[must_use]
    pub fn of(label: &Label) -> Self {
        let hash = digest(&SHA256, &[PURPOSE, label.secret.expose().as_slice()].concat());
        let mut password = String::new();
        for (at, byte) in hash.as_ref().iter().take(PASSWORD_LETTERS).enumerate() {
            if at > 0 && at % 4 == 0 {
                password.push('-');
            }
            password.push(char::from(LETTERS[usize::from(byte % 32)]));
        }
        let id: String = label.device.to_string().chars().take(6).collect();
        Self { name: format!("atipcam-{id}"), password: Secret::new(password) }
    }

    /// The code by which phones join it, in the form that their cameras read. A secret, as the label's other code.
    pub fn to_code(&self) -> Result<String> {
        let refused = |why| Error::internal(format!("a name or password of one's own: {why}"));
        let ssid = Ssid::new(self.name.as_bytes()).map_err(refused)?;
        let network = Network::new(ssid, Security::Wpa(self.password.clone()), false).map_err(refused)?;
        Ok(WifiCode { network, invitation: None }.to_uri())
    }
}

/// What happens meanwhile, in words for the camera's log. No password and no token is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageStep {
    /// The machine has a network, and needs none.
    HasNetwork,
    /// Its own network is open, and the page is there.
    Open(String, String),
    /// What was chosen is being joined; its own network is closed.
    Joining(Ssid),
    /// That did not work: the page is there again, and says so.
    Failed(Ssid, JoinError),
    /// The network is joined.
    Joined(Ssid),
}

impl fmt::Display for PageStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HasNetwork => f.write_str("this machine has a network already"),
            Self::Open(name, host) => write!(f, "join the network {name:?} and open http://{host}/"),
            Self::Joining(ssid) => write!(f, "joining the network {ssid:?}"),
            Self::Failed(ssid, why) => write!(f, "the network {ssid:?} could not be joined: {why}"),
            Self::Joined(ssid) => write!(f, "joined the network {ssid:?}"),
        }
    }
}

/// Opens the camera's own network until somebody has told it another on its page, which it then joins. `None` where the machine
/// has a network already. The page listens at `listen`, which is in the camera's own network unless this is a test.
///
/// # Errors
/// What keeps a network from being opened, and a page from being served.
pub async fn set_up_by_page(
    own: &OwnNetwork,
    wireless: &Wireless,
    listen: SocketAddr,
    mut tell: impl FnMut(PageStep),
) -> Result<Option<WifiCode>> {
    if wireless.has_network().await.map_err(failed)? {
        tell(PageStep::HasNetwork);
        return Ok(None);
    }
    let mut trouble = None;
    loop {
        // Before its own network is there: most radios cannot look around while they are an access point.
        let networks = wireless.look().await.map_err(failed)?;
        let opened = wireless.open(own, OWN_ADDRESS).await.map_err(failed)?;
        let page = Page::serve(listen, &own.name, networks, trouble.take()).await;
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                opened.close().await;
                return Err(Error::new(Kind::Unavailable, "device.port_taken", format!("no port for the set-up page: {error}")));
            }
        };
        tell(PageStep::Open(own.name.clone(), page.host().to_owned()));
        let code = page.chosen().await;
        opened.close().await;
        let Some(code) = code else { return Err(Error::internal("the set-up page ended")) };
        let ssid = code.network.ssid().clone();
        tell(PageStep::Joining(ssid.clone()));
        match wireless.join(&code.network).await {
            Ok(()) => {
                tell(PageStep::Joined(ssid));
                return Ok(Some(code));
            }
            Err(error) => {
                tell(PageStep::Failed(ssid.clone(), error.clone()));
                trouble = Some((ssid, error));
            }
        }
    }
}

fn failed(error: JoinError) -> Error {
    Error::new(Kind::Unavailable, "device.no_wireless", error.to_string())
}

#[cfg(test)]
mod tests {
    use domain::onboarding::{DeviceId, PairingSecret};

    use super::*;

    #[test]
    fn name_and_password_follow_from_the_label_and_do_not_tell_its_secret() {
        let label = Label { device: DeviceId::from_bytes([0xab; 16]), secret: PairingSecret::from_bytes([7; 16]) };
        let own = OwnNetwork::of(&label);
        assert_eq!(own.name, "atipcam-ababab");
        let letters = own.password.expose().replace('-', "");
        assert_eq!((own.password.expose().len(), letters.len()), (19, 16));
        assert_eq!(OwnNetwork::of(&label).password.expose(), own.password.expose(), "the same at every start");
        let other = Label { secret: PairingSecret::from_bytes([8; 16]), ..label.clone() };
        assert_ne!(OwnNetwork::of(&other).password.expose(), own.password.expose());
        let code = own.to_code().unwrap();
        let read = WifiCode::parse(code.as_bytes()).unwrap();
        assert!(code.starts_with("WIFI:") && read.network.ssid().as_bytes() == b"atipcam-ababab", "{code}");
        assert!(!format!("{own:?}").contains(own.password.expose()));
    }
}
