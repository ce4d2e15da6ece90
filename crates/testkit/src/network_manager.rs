use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, Message, MessageStream, ObjectPath, OwnedObjectPath, OwnedVariant, Variant};

use crate::process::{Process, command};
use crate::{Error, Result};

const NAME: &str = "org.freedesktop.NetworkManager";
const CABLE: &str = "/org/freedesktop/NetworkManager/Devices/1";
const RADIO: &str = "/org/freedesktop/NetworkManager/Devices/2";
const POINTS: &str = "/org/freedesktop/NetworkManager/AccessPoint/";
const MANAGER: &str = "/org/freedesktop/NetworkManager";
const ACTIVE: &str = "/org/freedesktop/NetworkManager/ActiveConnection/3";
/// NMDeviceStateReason: another connection has the device.
const RADIO_BUSY: u32 = 42;
const PROFILE: &str = "/org/freedesktop/NetworkManager/Settings/7";

/// What stands in a profile: section, key, value.
type Profile = BTreeMap<String, BTreeMap<String, OwnedVariant>>;

/// An access point in reach of [`NetworkManager`].
#[derive(Debug, Clone)]
pub struct Air {
    /// Its name; what it sends is empty where it is hidden.
    pub ssid: Vec<u8>,
    /// Whether it does not send its name.
    pub hidden: bool,
    /// How it is entered: `key-mgmt` and password; `None`: by anybody.
    pub secured: Option<(&'static str, String)>,
    /// In percent.
    pub strength: u8,
    /// Whether it is there from the start, or only after a search.
    pub late: bool,
}

impl Air {
    /// One with a name and a password, there from the start.
    #[must_use]
    pub fn new(ssid: impl Into<Vec<u8>>, secured: Option<(&'static str, &str)>) -> Self {
        let secured = secured.map(|(management, password)| (management, password.to_owned()));
        Self { ssid: ssid.into(), hidden: false, secured, strength: 60, late: false }
    }

    /// NM80211ApSecurityFlags of its RSN element: pairwise and group CCMP, and the key management.
    fn flags(&self) -> u32 {
        match &self.secured {
            None => 0,
            Some(("sae", _)) => 0x8 | 0x80 | 0x400,
            Some(("wpa-eap", _)) => 0x8 | 0x80 | 0x200,
            Some(_) => 0x8 | 0x80 | 0x100,
        }
    }
}

/// A NetworkManager with one cable and one radio, on a bus of its own. Like the real one it takes a profile only where each
/// value has the right D-Bus type, and like an access point it lets in only who knows the password.
#[derive(Debug)]
pub struct NetworkManager {
    address: String,
    state: Arc<Mutex<State>>,
    connection: Option<Connection>,
    _bus: Process,
    _dir: tempfile::TempDir,
}

#[derive(Debug, Default)]
struct State {
    air: Vec<Air>,
    searched: bool,
    /// The next profile comes to this instead (NMDeviceStateReason; 0: to nothing at all).
    fate: Option<u32>,
    /// The networks of its own that were opened, the newest last.
    opened: Vec<Profile>,
    /// Whether one is open: its radio then joins no other.
    is_open: bool,
    /// Whether the machine has joined a network.
    online: bool,
    /// What was added, with the paths of device and access point.
    added: Vec<(Profile, String, String)>,
    deleted: usize,
}

impl NetworkManager {
    /// Starts a bus, and on it one who sees `air`.
    pub async fn start(air: Vec<Air>) -> Result<Self> {
        let (bus, dir, address) = tokio::task::spawn_blocking(bus).await??;
        let connection = Builder::address(address.as_str()).build().await?;
        let state = Arc::new(Mutex::new(State { air, ..State::default() }));
        let calls = MessageStream::from(&connection);
        connection.request_name(NAME).await?;
        tokio::spawn(serve(calls, connection.clone(), Arc::clone(&state)));
        Ok(Self { address, state, connection: Some(connection), _bus: bus, _dir: dir })
    }

    /// The D-Bus address of its bus.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The next profile fails with this reason, whatever it says; 0: nothing comes of it.
    pub fn doom(&self, reason: u32) {
        state(&self.state).fate = Some(reason);
    }

    /// Profiles that are kept now.
    #[must_use]
    pub fn profiles(&self) -> usize {
        let state = state(&self.state);
        state.added.len() - state.deleted
    }

    /// A value of the newest profile.
    #[must_use]
    pub fn value<T: TryFrom<OwnedVariant>>(&self, section: &str, key: &str) -> Option<T> {
        let state = state(&self.state);
        state.added.last()?.0.get(section)?.get(key)?.try_clone().ok()?.try_into().ok()
    }

    /// The sections of the newest profile, and which device and access point it was for.
    #[must_use]
    pub fn newest(&self) -> Option<(Vec<String>, String, String)> {
        let state = state(&self.state);
        let (profile, device, point) = state.added.last()?;
        Some((profile.keys().cloned().collect(), device.clone(), point.clone()))
    }

    /// A value of the newest network of its own.
    #[must_use]
    pub fn opened<T: TryFrom<OwnedVariant>>(&self, section: &str, key: &str) -> Option<T> {
        let state = state(&self.state);
        state.opened.last()?.get(section)?.get(key)?.try_clone().ok()?.try_into().ok()
    }

    /// How many networks of its own were opened, and whether one is.
    #[must_use]
    pub fn own_networks(&self) -> (usize, bool) {
        let state = state(&self.state);
        (state.opened.len(), state.is_open)
    }

    /// Leaves the bus, which stays.
    pub async fn leave(&mut self) -> Result<()> {
        if let Some(connection) = self.connection.take() {
            connection.release_name(NAME).await?;
        }
        Ok(())
    }
}

fn state(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A bus for this test alone, and its address.
fn bus() -> Result<(Process, tempfile::TempDir, String)> {
    let dir = tempfile::tempdir()?;
    let config = dir.path().join("bus.conf");
    std::fs::write(&config, bus_config(dir.path()))?;
    let mut daemon = command("dbus-daemon");
    daemon.args(["--nofork", "--nopidfile", "--nosyslog", "--print-address"]).arg("--config-file").arg(&config);
    let bus = Process::start(daemon).map_err(|e| format!("{e}: is the package dbus-daemon there? run scripts/setup test"))?;
    let address = bus.line(Duration::from_secs(20), |line| line.starts_with("unix:").then(|| line.to_owned()))?;
    Ok((bus, dir, address))
}

fn bus_config(dir: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#,
        dir.display()
    )
}

async fn serve(mut calls: MessageStream, connection: Connection, shared: Arc<Mutex<State>>) {
    while let Some(Ok(call)) = calls.next().await {
        if call.message_type() != Type::MethodCall {
            continue;
        }
        if let Err(error) = answer(&call, &connection, &shared).await {
            let name = error.to_string();
            let name = name.split_whitespace().next().unwrap_or_default();
            let refusal = connection.reply_error(&call.header(), name, &("it does not look as it should",)).await;
            assert!(refusal.is_ok(), "{name}: {refusal:?}");
        }
    }
}

/// Answers a call; an error begins with its D-Bus name.
async fn answer(call: &Message, connection: &Connection, shared: &Mutex<State>) -> Result<()> {
    let header = call.header();
    let text = |part: Option<String>| part.unwrap_or_default();
    let path = text(header.path().map(ToString::to_string));
    let method = text(header.member().map(ToString::to_string));
    let owned = |path: &str| OwnedObjectPath::try_from(path);
    match method.as_str() {
        "GetDevices" => connection.reply(&header, &vec![owned(CABLE)?, owned(RADIO)?]).await?,
        "GetAllAccessPoints" => {
            let points: Vec<usize> = {
                let state = state(shared);
                (0..state.air.len()).filter(|at| state.searched || !state.air[*at].late).collect()
            };
            let points: Vec<OwnedObjectPath> =
                points.into_iter().map(|at| owned(&format!("{POINTS}{at}"))).collect::<Result<_, _>>()?;
            connection.reply(&header, &points).await?;
        }
        "RequestScan" => {
            expect_signature(call, "a{sv}")?;
            let first = !std::mem::replace(&mut state(shared).searched, true);
            connection.reply(&header, &()).await?;
            let moved = HashMap::from([("LastScan", Variant::from(1_i64))]);
            let moved = ("org.freedesktop.NetworkManager.Device.Wireless", moved, Vec::<String>::new());
            let properties = "org.freedesktop.DBus.Properties";
            connection.emit_signal(None::<&str>, RADIO, properties, "PropertiesChanged", &moved).await?;
            let late = state(shared).air.iter().position(|point| point.late);
            if let Some(at) = late.filter(|_| first) {
                let point = owned(&format!("{POINTS}{at}"))?;
                let wireless = "org.freedesktop.NetworkManager.Device.Wireless";
                connection.emit_signal(None::<&str>, RADIO, wireless, "AccessPointAdded", &(point,)).await?;
            }
        }
        "GetAll" => {
            let properties = properties(&path, &state(shared)).ok_or("org.freedesktop.DBus.Error.UnknownObject")?;
            connection.reply(&header, &properties).await?;
        }
        "AddAndActivateConnection" => {
            expect_signature(call, "a{sa{sv}}oo")?;
            let body = call.body();
            let (profile, device, point): (Profile, OwnedObjectPath, OwnedObjectPath) = body.deserialize()?;
            check(&profile)?;
            let reason = {
                let mut state = state(shared);
                let busy = state.is_open.then_some(RADIO_BUSY);
                let reason = state.fate.take().or(busy).unwrap_or_else(|| outcome(&profile, point.as_str(), &state.air));
                state.online |= reason >= 100;
                state.added.push((profile, device.to_string(), point.to_string()));
                reason
            };
            connection.reply(&header, &(owned(PROFILE)?, owned(ACTIVE)?)).await?;
            tell(connection, reason).await?;
        }
        "AddAndActivateConnection2" => {
            expect_signature(call, "a{sa{sv}}ooa{sv}")?;
            let body = call.body();
            let (profile, _, _, options): (Profile, OwnedObjectPath, OwnedObjectPath, BTreeMap<String, OwnedVariant>) =
                body.deserialize()?;
            check(&profile)?;
            if self::text(&options, "persist").as_deref() != Some("volatile") || self::text(&options, "bind-activation").is_none()
            {
                return Err("org.freedesktop.DBus.Error.InvalidArgs it would outlive who opened it".into());
            }
            {
                let mut state = state(shared);
                state.is_open = true;
                state.opened.push(profile);
            }
            let none: HashMap<&str, Variant<'_>> = HashMap::new();
            connection.reply(&header, &(owned(PROFILE)?, owned(ACTIVE)?, none)).await?;
            tell(connection, 100).await?;
        }
        "DeactivateConnection" => {
            expect_signature(call, "o")?;
            state(shared).is_open = false;
            connection.reply(&header, &()).await?;
        }
        "Delete" if path == PROFILE => {
            state(shared).deleted += 1;
            connection.reply(&header, &()).await?;
        }
        _ => return Err("org.freedesktop.DBus.Error.UnknownMethod".into()),
    }
    Ok(())
}

fn expect_signature(call: &Message, signature: &str) -> Result<()> {
    let found = call.body().signature().to_string();
    let found = found.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(&found);
    if found == signature { Ok(()) } else { Err(format!("org.freedesktop.DBus.Error.InvalidArgs {found}").into()) }
}

fn properties(path: &str, state: &State) -> Option<HashMap<&'static str, Variant<'static>>> {
    let device = |kind: u32| HashMap::from([("DeviceType", Variant::from(kind)), ("State", Variant::from(30u32))]);
    match path {
        CABLE => Some(device(1)),
        RADIO => Some(device(2)),
        MANAGER => Some(HashMap::from([
            ("State", Variant::from(if state.online { 70u32 } else { 20 })),
            ("Startup", Variant::from(false)),
        ])),
        _ => {
            let point = state.air.get(path.strip_prefix(POINTS)?.parse::<usize>().ok()?)?;
            let sent = if point.hidden { Vec::new() } else { point.ssid.clone() };
            Some(HashMap::from([
                ("Ssid", Variant::from(sent)),
                ("Flags", Variant::from(u32::from(point.secured.is_some()))),
                ("WpaFlags", Variant::from(0u32)),
                ("RsnFlags", Variant::from(point.flags())),
                ("Strength", Variant::from(point.strength)),
                ("Frequency", Variant::from(2412u32)),
            ]))
        }
    }
}

/// Each value has the type that the settings' reference gives it, and none is unknown.
fn check(profile: &Profile) -> Result<()> {
    const KNOWN: &[(&str, &str, &str)] = &[
        ("connection", "type", "s"),
        ("connection", "id", "s"),
        ("connection", "uuid", "s"),
        ("connection", "autoconnect", "b"),
        ("802-11-wireless", "ssid", "ay"),
        ("802-11-wireless", "mode", "s"),
        ("802-11-wireless", "hidden", "b"),
        ("802-11-wireless-security", "key-mgmt", "s"),
        ("802-11-wireless-security", "psk", "s"),
        ("802-11-wireless-security", "proto", "as"),
        ("802-11-wireless-security", "pairwise", "as"),
        ("802-11-wireless-security", "group", "as"),
        ("ipv4", "address-data", "aa{sv}"),
        ("ipv4", "method", "s"),
        ("ipv6", "method", "s"),
    ];
    for (section, values) in profile {
        for (key, value) in values {
            let signature = value.value_signature().to_string();
            if !KNOWN.contains(&(section, key, &signature)) {
                return Err(format!("{NAME}.Settings.Connection.InvalidProperty {section}.{key}: {signature}").into());
            }
        }
    }
    let kind = profile.get("connection").and_then(|section| text(section, "type"));
    let named = profile.get("802-11-wireless").is_some_and(|section| section.contains_key("ssid"));
    let whole = kind.as_deref() == Some("802-11-wireless") && named;
    if whole { Ok(()) } else { Err(format!("{NAME}.Settings.Connection.MissingProperty").into()) }
}

fn text(section: &BTreeMap<String, OwnedVariant>, key: &str) -> Option<String> {
    String::try_from(section.get(key)?.try_clone().ok()?).ok()
}

/// What becomes of a profile, as a reason; 100 and more: it is joined.
fn outcome(profile: &Profile, point: &str, air: &[Air]) -> u32 {
    const JOINED: u32 = 100;
    let wireless = profile.get("802-11-wireless");
    let ssid = wireless.and_then(|w| Vec::<u8>::try_from(w.get("ssid")?.try_clone().ok()?).ok()).unwrap_or_default();
    let asks_by_name = wireless.and_then(|w| bool::try_from(w.get("hidden")?).ok()).unwrap_or_default();
    let by_path = |at: usize| point == "/" || point == format!("{POINTS}{at}");
    let heard = |(at, air): &(usize, &Air)| air.ssid == ssid && by_path(*at) && (asks_by_name || !air.hidden);
    let Some((_, found)) = air.iter().enumerate().find(heard) else { return 53 };
    let secured = profile.get("802-11-wireless-security");
    let shown = secured.and_then(|s| Some((text(s, "key-mgmt")?, text(s, "psk")?)));
    match (&found.secured, shown) {
        (None, None) => JOINED,
        (Some((management, password)), Some((shown, psk))) if *management == shown && *password == psk => JOINED,
        (Some(_), Some(_)) => 7,
        _ => 9,
    }
}

/// The radio's states on its way: prepare, config, need-auth, and where it ends.
async fn tell(connection: &Connection, reason: u32) -> Result<(), Error> {
    let path = ObjectPath::try_from(RADIO)?;
    let (end, reason) = match reason {
        0 => return Ok(()),
        100.. => (100u32, 0),
        reason => (120, reason),
    };
    let mut old = 30u32;
    for (state, reason) in [(40, 0), (50, 0), (60, 0), (end, reason)] {
        let device = "org.freedesktop.NetworkManager.Device";
        connection.emit_signal(None::<&str>, &path, device, "StateChanged", &(state, old, reason)).await?;
        old = state;
    }
    Ok(())
}
