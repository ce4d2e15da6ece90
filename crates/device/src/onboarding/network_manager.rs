//! Wireless networks by NetworkManager's D-Bus interface, as its reference manual describes it.

use std::collections::{BTreeMap, HashMap};

use domain::onboarding::{Security, Ssid};
use tokio_stream::StreamExt as _;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, DynamicType, MatchRule, Message, MessageStream, ObjectPath, OwnedObjectPath, OwnedVariant, Variant};

use super::{Asks, JoinError, Network, Patience, Seen};

pub(super) const MANAGER: &str = "org.freedesktop.NetworkManager";
pub(super) const MANAGER_PATH: &str = "/org/freedesktop/NetworkManager";
pub(super) const DEVICE: &str = "org.freedesktop.NetworkManager.Device";
pub(super) const WIRELESS: &str = "org.freedesktop.NetworkManager.Device.Wireless";
const ACCESS_POINT: &str = "org.freedesktop.NetworkManager.AccessPoint";
const PROFILE: &str = "org.freedesktop.NetworkManager.Settings.Connection";

/// NMDeviceType: Wi-Fi.
const TYPE_WIFI: u32 = 2;
/// NMDeviceState: joined, with an address.
const STATE_ACTIVATED: u32 = 100;
/// NMDeviceState: gave up.
const STATE_FAILED: u32 = 120;
/// Access points that are asked for their names: more than there are channels to hear them on.
const ACCESS_POINTS_MAX: usize = 128;

/// The wireless networks that this machine can join.
#[derive(Debug)]
pub struct Wireless {
    bus: Connection,
    patience: Patience,
}

/// An access point as it describes itself.
struct AccessPoint {
    path: OwnedObjectPath,
    seen: Seen,
}

impl Wireless {
    /// Connects to the bus at a D-Bus address, or to the system's.
    pub async fn connect(bus: Option<&str>, patience: Patience) -> Result<Self, JoinError> {
        let builder = bus.map_or_else(Builder::system, Builder::address);
        let bus = builder.method_timeout(patience.scan).build().await.map_err(|error| {
            tracing::debug!(%error, "no bus");
            JoinError::NoNetworkManager
        })?;
        Ok(Self { bus, patience })
    }

    /// What is in reach, strongest first, each name once.
    pub async fn networks(&self) -> Result<Vec<Seen>, JoinError> {
        let device = self.device().await?;
        let mut by_name: BTreeMap<Vec<u8>, Seen> = BTreeMap::new();
        for AccessPoint { seen, .. } in self.access_points(&device).await? {
            let known = by_name.entry(seen.ssid.as_bytes().to_vec()).or_insert_with(|| seen.clone());
            if known.strength < seen.strength {
                *known = seen;
            }
        }
        let mut networks: Vec<Seen> = by_name.into_values().collect();
        networks.sort_by_key(|seen| std::cmp::Reverse(seen.strength));
        Ok(networks)
    }

    /// Joins, and returns once there is an address. A network that could not be joined is forgotten again, with its password.
    pub async fn join(&self, network: &Network) -> Result<(), JoinError> {
        let device = self.device().await?;
        let (security, access_point) = if network.is_hidden() {
            // No access point says its name: NetworkManager asks for it.
            (network.security().clone(), None)
        } else {
            let found = tokio::time::timeout(self.patience.scan, self.find(&device, network.ssid())).await;
            let found = found.map_err(|_| JoinError::NotFound)??;
            (agreed(network.security(), found.seen.asks)?, Some(found.path))
        };
        // Listened to from before the first change on.
        let states = self.signals(&device, DEVICE, "StateChanged").await?;
        let root = ObjectPath::try_from("/").map_err(refused)?;
        let point = access_point.as_ref().map_or(root, |path| path.as_ref());
        let body = (profile(network, &security), device.as_ref(), point);
        let answer = self.call(MANAGER_PATH, MANAGER, "AddAndActivateConnection", &body).await?;
        let (added, _): (OwnedObjectPath, OwnedObjectPath) = answer.body().deserialize().map_err(refused)?;
        let joined = tokio::time::timeout(self.patience.join, settled(states)).await.unwrap_or(Err(JoinError::TimedOut));
        if joined.is_err()
            && let Err(error) = self.call(added.as_str(), PROFILE, "Delete", &()).await
        {
            tracing::warn!(%error, "a network that could not be joined stays known");
        }
        joined
    }

    pub(super) fn patience(&self) -> Patience {
        self.patience
    }

    pub(super) fn bus(&self) -> &Connection {
        &self.bus
    }

    /// The first wireless device.
    pub(super) async fn device(&self) -> Result<OwnedObjectPath, JoinError> {
        let answer = self.call(MANAGER_PATH, MANAGER, "GetDevices", &()).await?;
        let devices: Vec<OwnedObjectPath> = answer.body().deserialize().map_err(refused)?;
        for device in devices {
            if number(&self.properties(device.as_str(), DEVICE).await?, "DeviceType") == Some(TYPE_WIFI) {
                return Ok(device);
            }
        }
        Err(JoinError::NoDevice)
    }

    /// The strongest access point of that name; looks for more until there is one.
    async fn find(&self, device: &OwnedObjectPath, ssid: &Ssid) -> Result<AccessPoint, JoinError> {
        let mut added = self.signals(device, WIRELESS, "AccessPointAdded").await?;
        let mut asked = false;
        loop {
            let points = self.access_points(device).await?;
            let named = points.into_iter().filter(|point| point.seen.ssid == *ssid);
            if let Some(point) = named.max_by_key(|point| point.seen.strength) {
                return Ok(point);
            }
            if !asked {
                let options: HashMap<&str, Variant<'_>> = HashMap::new();
                // It refuses where it has just searched; what it finds later is told all the same.
                if let Err(error) = self.call(device.as_str(), WIRELESS, "RequestScan", &(options,)).await {
                    tracing::debug!(%error, "no further search");
                }
                asked = true;
            } else if added.next().await.is_none() {
                return Err(JoinError::NoNetworkManager);
            }
        }
    }

    async fn access_points(&self, device: &OwnedObjectPath) -> Result<Vec<AccessPoint>, JoinError> {
        let answer = self.call(device.as_str(), WIRELESS, "GetAllAccessPoints", &()).await?;
        let paths: Vec<OwnedObjectPath> = answer.body().deserialize().map_err(refused)?;
        let mut points = Vec::new();
        for path in paths.into_iter().take(ACCESS_POINTS_MAX) {
            // One that has just gone has no properties any more.
            let Ok(mut properties) = self.properties(path.as_str(), ACCESS_POINT).await else { continue };
            let octets = properties.remove("Ssid").and_then(|ssid| Vec::<u8>::try_from(ssid).ok());
            // Hidden ones have an empty name, and one with control characters is nobody's.
            let Some(ssid) = octets.and_then(|octets| Ssid::new(octets).ok()) else { continue };
            let flags = |name| number(&properties, name).unwrap_or_default();
            let asks = asks(flags("Flags"), flags("WpaFlags") | flags("RsnFlags"));
            let strength = properties.get("Strength").and_then(|value| u8::try_from(value).ok()).unwrap_or_default().min(100);
            points.push(AccessPoint { path, seen: Seen { ssid, strength, asks } });
        }
        Ok(points)
    }

    pub(super) async fn properties(&self, path: &str, interface: &str) -> Result<HashMap<String, OwnedVariant>, JoinError> {
        let answer = self.call(path, "org.freedesktop.DBus.Properties", "GetAll", &(interface,)).await?;
        answer.body().deserialize().map_err(refused)
    }

    pub(super) async fn call<B>(&self, path: &str, interface: &str, method: &str, body: &B) -> Result<Message, JoinError>
    where
        B: serde::Serialize + DynamicType,
    {
        self.bus.call_method(Some(MANAGER), path, Some(interface), method, body).await.map_err(refused)
    }

    pub(super) async fn signals(
        &self,
        path: &OwnedObjectPath,
        interface: &str,
        member: &str,
    ) -> Result<MessageStream, JoinError> {
        let rule = MatchRule::builder().msg_type(Type::Signal).sender(MANAGER).path(path.as_str());
        let rule = rule.interface(interface.to_owned()).member(member.to_owned()).build().map_err(refused)?;
        MessageStream::for_match_rule(rule, &self.bus, None).await.map_err(refused)
    }

    /// Whatever moves of what an object has.
    pub(super) async fn properties_moved(&self, path: &str) -> Result<MessageStream, JoinError> {
        let path = OwnedObjectPath::try_from(path).map_err(refused)?;
        self.signals(&path, "org.freedesktop.DBus.Properties", "PropertiesChanged").await
    }
}

/// Waits until the device has joined or given up.
pub(super) async fn settled(mut states: MessageStream) -> Result<(), JoinError> {
    while let Some(message) = states.next().await {
        let body = message.map_err(refused)?.body();
        let (state, _, reason): (u32, u32, u32) = body.deserialize().map_err(refused)?;
        match state {
            STATE_ACTIVATED => return Ok(()),
            STATE_FAILED => return Err(because(reason)),
            _ => {}
        }
    }
    Err(JoinError::NoNetworkManager)
}

/// What a reason (NMDeviceStateReason) means to whoever typed the password.
fn because(reason: u32) -> JoinError {
    match reason {
        // No secrets: those that there were, were not taken. The others come from the supplicant while it signs in.
        7..=10 => JoinError::WrongPassword,
        11 => JoinError::TimedOut,
        // No address configuration, one that expired, DHCP.
        5 | 6 | 15..=17 => JoinError::NoAddress,
        53 => JoinError::NotFound,
        other => JoinError::GaveUp(other),
    }
}

/// What flags (NM80211ApFlags, NM80211ApSecurityFlags) ask for.
fn asks(flags: u32, security: u32) -> Asks {
    const PRIVACY: u32 = 0x1;
    const PSK: u32 = 0x100;
    const SAE: u32 = 0x400;
    /// Opportunistic encryption in its transition mode: for who knows it, and open to the rest.
    const OWE_TRANSITION: u32 = 0x1000;
    match security & !OWE_TRANSITION {
        0 if flags & PRIVACY == 0 => Asks::Nothing,
        mixed if mixed & PSK != 0 => Asks::Wpa,
        sae if sae & SAE != 0 => Asks::Sae,
        _ => Asks::Other,
    }
}

/// How a network is entered, by what the code says and what the access point asks for. Phones write `WPA` for WPA3 too.
fn agreed(code: &Security, asks: Asks) -> Result<Security, JoinError> {
    match (code, asks) {
        (Security::Open, Asks::Nothing) => Ok(Security::Open),
        (Security::Wpa(password), Asks::Wpa) => Ok(Security::Wpa(password.clone())),
        (Security::Wpa(password) | Security::Sae(password), Asks::Sae) => Ok(Security::Sae(password.clone())),
        // In the transition mode both are offered.
        (Security::Sae(password), Asks::Wpa) => Ok(Security::Sae(password.clone())),
        _ => Err(JoinError::OtherSecurity),
    }
}

/// The settings of a new profile: `a{sa{sv}}`.
fn profile<'a>(network: &'a Network, security: &'a Security) -> HashMap<&'static str, HashMap<&'static str, Variant<'a>>> {
    let ssid = network.ssid();
    let connection = HashMap::from([
        ("type", Variant::from("802-11-wireless")),
        ("id", Variant::from(ssid.to_string())),
        ("uuid", Variant::from(uuid::Uuid::new_v4().to_string())),
        ("autoconnect", Variant::from(true)),
    ]);
    let wireless = HashMap::from([
        ("ssid", Variant::from(ssid.as_bytes().to_vec())),
        ("mode", Variant::from("infrastructure")),
        ("hidden", Variant::from(network.is_hidden())),
    ]);
    let automatic = || HashMap::from([("method", Variant::from("auto"))]);
    let mut profile =
        HashMap::from([("connection", connection), ("802-11-wireless", wireless), ("ipv4", automatic()), ("ipv6", automatic())]);
    let (management, password) = match security {
        Security::Open => return profile,
        Security::Wpa(password) => ("wpa-psk", password),
        Security::Sae(password) => ("sae", password),
    };
    let secured = HashMap::from([("key-mgmt", Variant::from(management)), ("psk", Variant::from(password.expose()))]);
    profile.insert("802-11-wireless-security", secured);
    profile
}

pub(super) fn number(properties: &HashMap<String, OwnedVariant>, name: &str) -> Option<u32> {
    properties.get(name).and_then(|value| u32::try_from(value).ok())
}

/// What an error of the bus means. Its text may hold values and stays out.
pub(super) fn refused(error: impl Into<zbus::Error>) -> JoinError {
    use zbus::fdo;
    let name = match error.into() {
        zbus::Error::MethodError(name, ..) => name.to_string(),
        zbus::Error::FDO(error) => match *error {
            fdo::Error::ServiceUnknown(_) | fdo::Error::NameHasNoOwner(_) | fdo::Error::NoServer(_) => {
                return JoinError::NoNetworkManager;
            }
            fdo::Error::AccessDenied(_) | fdo::Error::AuthFailed(_) => return JoinError::NotAllowed,
            fdo::Error::NoReply(_) | fdo::Error::Timeout(_) | fdo::Error::TimedOut(_) => return JoinError::TimedOut,
            _ => "org.freedesktop.DBus.Error".to_owned(),
        },
        zbus::Error::InputOutput(error) if error.kind() == std::io::ErrorKind::TimedOut => return JoinError::TimedOut,
        zbus::Error::InputOutput(_) => return JoinError::NoNetworkManager,
        _ => "a message that is not as documented".to_owned(),
    };
    if name.ends_with(".PermissionDenied") { JoinError::NotAllowed } else { JoinError::Bus(name) }
}
