//! A wireless network of this machine's own, by NetworkManager: for a camera that nobody has told a network yet.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use tokio_stream::StreamExt as _;
use zbus::{Connection, ObjectPath, OwnedObjectPath, Variant};

use super::wireless::{DEVICE, MANAGER, MANAGER_PATH, WIRELESS, Wireless, number, refused, settled};
use super::{JoinError, OwnNetwork, Seen};

/// NMState: there is an address, be it in this network alone.
const STATE_CONNECTED_LOCAL: u32 = 50;
/// NMState: something is being joined.
const STATE_CONNECTING: u32 = 40;
/// Bits of the network's mask: room for every phone of a household.
const PREFIX: u32 = 24;

type Section<'a> = HashMap<&'static str, Variant<'a>>;

/// A network of this machine's own that is open. It goes with [`Opened::close`], or when this process leaves the bus.
#[derive(Debug)]
pub struct Opened {
    bus: Connection,
    active: OwnedObjectPath,
}

impl Wireless {
    /// Whether this machine has joined a network, by air or by cable. Waits for what is being joined just now, and for
    /// NetworkManager's own start.
    pub async fn has_network(&self) -> Result<bool, JoinError> {
        let mut moves = self.properties_moved(MANAGER_PATH).await?;
        let wait = async {
            loop {
                let manager = self.properties(MANAGER_PATH, MANAGER).await?;
                let state = number(&manager, "State").unwrap_or_default();
                let starting = manager.get("Startup").is_some_and(|value| bool::try_from(value).unwrap_or_default());
                if state >= STATE_CONNECTED_LOCAL || !starting && state != STATE_CONNECTING {
                    return Ok(state >= STATE_CONNECTED_LOCAL);
                }
                if moves.next().await.is_none() {
                    return Err(JoinError::NoNetworkManager);
                }
            }
        };
        tokio::time::timeout(self.patience().join, wait).await.unwrap_or(Ok(false))
    }

    /// Looks anew for what is in reach: strongest first, each name once.
    pub async fn look(&self) -> Result<Vec<Seen>, JoinError> {
        let device = self.device().await?;
        let mut moves = self.properties_moved(device.as_str()).await?;
        let options: HashMap<&str, Variant<'_>> = HashMap::new();
        // It refuses where it has just searched: then what it knows is new.
        if self.call(device.as_str(), WIRELESS, "RequestScan", &(options,)).await.is_ok() {
            let searched = async {
                while let Some(Ok(message)) = moves.next().await {
                    let body = message.body();
                    let moved = body.deserialize::<(String, HashMap<String, Variant<'_>>, Vec<String>)>();
                    if moved.is_ok_and(|(_, values, _)| values.contains_key("LastScan")) {
                        return;
                    }
                }
            };
            let _ = tokio::time::timeout(self.patience().scan, searched).await;
        }
        self.networks().await
    }

    /// Opens a network of this machine's own, with this machine at `address`; returns once phones can join it. Nothing of it is
    /// kept by NetworkManager, and it ends with this process.
    pub async fn open(&self, own: &OwnNetwork, address: Ipv4Addr) -> Result<Opened, JoinError> {
        let device = self.device().await?;
        // Listened to from before the first change on.
        let states = self.signals(&device, DEVICE, "StateChanged").await?;
        let root = ObjectPath::try_from("/").map_err(refused)?;
        let options: Section<'_> =
            HashMap::from([("persist", Variant::from("volatile")), ("bind-activation", Variant::from("dbus-client"))]);
        let body = (profile(own, address), device.as_ref(), root, options);
        let answer = self.call(MANAGER_PATH, MANAGER, "AddAndActivateConnection2", &body).await?;
        let body = answer.body();
        let (_, active, _): (OwnedObjectPath, OwnedObjectPath, HashMap<String, Variant<'_>>) =
            body.deserialize().map_err(refused)?;
        let opened = Opened { bus: self.bus().clone(), active };
        match tokio::time::timeout(self.patience().join, settled(states)).await.unwrap_or(Err(JoinError::TimedOut)) {
            Ok(()) => Ok(opened),
            Err(error) => {
                opened.close().await;
                Err(error)
            }
        }
    }
}

impl Opened {
    /// Takes the network down: whoever was in it is out.
    pub async fn close(self) {
        let which = (&self.active,);
        let done = self.bus.call_method(Some(MANAGER), MANAGER_PATH, Some(MANAGER), "DeactivateConnection", &which);
        if let Err(error) = done.await {
            // Its text may hold values and stays out.
            tracing::warn!(error = %refused(error), "the camera's own network could not be taken down");
        }
    }
}

/// The settings of a network of one's own: WPA2 alone, addresses given by NetworkManager's DHCP.
fn profile(own: &OwnNetwork, address: Ipv4Addr) -> HashMap<&'static str, Section<'_>> {
    let words = |words: &[&str]| Variant::from(words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>());
    let connection = HashMap::from([
        ("type", Variant::from("802-11-wireless")),
        ("id", Variant::from(own.name.clone())),
        ("uuid", Variant::from(uuid::Uuid::new_v4().to_string())),
        ("autoconnect", Variant::from(false)),
    ]);
    let wireless = HashMap::from([("ssid", Variant::from(own.name.as_bytes().to_vec())), ("mode", Variant::from("ap"))]);
    let secured = HashMap::from([
        ("key-mgmt", Variant::from("wpa-psk")),
        ("psk", Variant::from(own.password.expose())),
        ("proto", words(&["rsn"])),
        ("pairwise", words(&["ccmp"])),
        ("group", words(&["ccmp"])),
    ]);
    let own_address = HashMap::from([("address", Variant::from(address.to_string())), ("prefix", Variant::from(PREFIX))]);
    let ipv4 = HashMap::from([("method", Variant::from("shared")), ("address-data", Variant::from(vec![own_address]))]);
    let ipv6 = HashMap::from([("method", Variant::from("disabled"))]);
    HashMap::from([
        ("connection", connection),
        ("802-11-wireless", wireless),
        ("802-11-wireless-security", secured),
        ("ipv4", ipv4),
        ("ipv6", ipv6),
    ])
}
