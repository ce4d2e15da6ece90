//! Which sightings are one camera.
//!
//! A device speaks for the address that it speaks from, and for no other: what it says about other addresses only joins rows
//! that say the same of it. So a copied identity makes a second row and never takes the first one over.

use std::net::IpAddr;

use url::Url;

use super::wire::{beacon, dns, wsd};

/// Rows of one search: more cameras than a server takes.
pub const ROWS_MAX: usize = 512;

/// Addresses and services of one row.
const PARTS_MAX: usize = 8;

/// How a camera was found first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// WS-Discovery on the link.
    WsDiscovery,
    /// DNS-SD on the link.
    Mdns,
    /// Our own signed beacon.
    Beacon,
    /// The sweep of a range.
    Sweep,
}

/// What a camera offers, at one of its own addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Service {
    /// ONVIF's device service.
    Onvif(Url),
    /// An RTSP server; the path may be empty.
    Rtsp(Url),
}

impl Service {
    fn url(&self) -> &Url {
        match self {
            Self::Onvif(url) | Self::Rtsp(url) => url,
        }
    }

    fn same_place(&self, other: &Self) -> bool {
        let place = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
        place(self.url()) == place(other.url())
    }

    const fn is_onvif(&self) -> bool {
        matches!(self, Self::Onvif(_))
    }
}

/// One camera, with all that was learned of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The same for every update of a row, and no other row's.
    pub key: String,
    /// Where it was heard from.
    pub addresses: Vec<IpAddr>,
    /// Who made it.
    pub make: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// The name that it was given.
    pub name: Option<String>,
    /// The place that it was given.
    pub location: Option<String>,
    /// Serial number, where it tells one before it is asked: in our own beacon, or in a scope.
    pub serial: Option<String>,
    /// Its ONVIF endpoint reference: the same at all of its addresses, and at the next ones.
    pub endpoint: Option<String>,
    /// Of a camera of ours: the first 16 hexadecimal digits of its device id, proven by its beacon.
    pub device: Option<String>,
    /// What it offers, at its own addresses.
    pub services: Vec<Service>,
    /// How it was found first.
    pub source: Source,
}

/// What one answer says.
#[derive(Debug, Clone)]
pub(super) struct Sighting {
    pub(super) sender: IpAddr,
    /// Its identity, as it says.
    pub(super) endpoint: Option<String>,
    /// Its addresses, as it says.
    pub(super) claims: Vec<IpAddr>,
    pub(super) found: Found,
}

#[derive(Debug)]
struct Row {
    endpoint: Option<String>,
    claims: Vec<IpAddr>,
    found: Found,
}

/// All rows of a search.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Row>,
    /// Keys of rows that turned out to be another one's.
    united: Vec<String>,
}

impl Table {
    /// Adds what was seen; the row where that is new or changed it.
    pub(super) fn see(&mut self, sighting: Sighting) -> Option<Found> {
        let at = match self.rows.iter().position(|row| row.is_sure(&sighting)).or_else(|| self.only_match(&sighting)) {
            Some(at) => at,
            None => return self.add(sighting),
        };
        let row = self.rows.get_mut(at)?;
        let before = row.found.clone();
        row.learn(sighting.endpoint, sighting.claims, sighting.found);
        self.unite(at);
        let row = self.rows.get(at)?;
        (row.found != before).then(|| row.found.clone())
    }

    /// The key of a row that is no more, as the row that was told last has taken it in; to be asked until `None`.
    pub(super) fn united(&mut self) -> Option<String> {
        self.united.pop()
    }

    /// Takes in the rows behind this one that are at the same place: protocols answer in any order, and what tells that two
    /// services are one camera's may come last.
    fn unite(&mut self, at: usize) {
        let same = |rows: &[Row]| {
            let (row, behind) = rows.get(at..)?.split_first()?;
            behind.iter().position(|other| row.shares_place(&other.found.services))
        };
        while let Some(other) = same(&self.rows) {
            let Row { endpoint, claims, found } = self.rows.swap_remove(at + 1 + other);
            self.united.push(found.key.clone());
            self.rows[at].learn(endpoint, claims, found);
        }
    }

    /// A device said that it leaves: its key, where it speaks for itself.
    pub(super) fn bye(&mut self, endpoint: &str, sender: IpAddr) -> Option<String> {
        let is_it = |row: &Row| row.endpoint.as_deref() == Some(endpoint) && row.found.addresses.contains(&sender);
        let at = self.rows.iter().position(is_it)?;
        Some(self.rows.swap_remove(at).found.key)
    }

    /// The one row at the sighting's address that lacks just the kind of service that the sighting brings.
    fn only_match(&self, sighting: &Sighting) -> Option<usize> {
        let brings = sighting.found.services.first()?.is_onvif();
        let fits = |row: &Row| {
            row.found.addresses.contains(&sighting.sender)
                && (row.endpoint.is_none() || sighting.endpoint.is_none())
                && row.found.services.iter().all(|service| service.is_onvif() != brings)
        };
        let mut fitting = self.rows.iter().enumerate().filter(|(_, row)| fits(row)).map(|(at, _)| at);
        fitting.next().filter(|_| fitting.next().is_none())
    }

    fn add(&mut self, sighting: Sighting) -> Option<Found> {
        if self.rows.len() == ROWS_MAX {
            return None;
        }
        let Sighting { endpoint, claims, mut found, .. } = sighting;
        let first = found.key.clone();
        let mut copies = 1;
        while self.rows.iter().any(|row| row.found.key == found.key) {
            copies += 1;
            found.key = format!("{first}#{copies}");
        }
        self.rows.push(Row { endpoint, claims, found: found.clone() });
        Some(found)
    }
}

impl Row {
    /// Whether a sighting is this camera's without doubt.
    fn is_sure(&self, sighting: &Sighting) -> bool {
        if self.shares_place(&sighting.found.services) {
            return true;
        }
        if self.endpoint.is_none() || self.endpoint != sighting.endpoint {
            return false;
        }
        let claimed_here = self.claims.contains(&sighting.sender);
        let claimed_there = self.found.addresses.iter().any(|own| sighting.claims.contains(own));
        // Nobody names the link-local IPv6 address that answers come from, so there one side's word is enough: such an
        // address brings no service into the row, or has none of its own that could be taken over.
        let link_local = |address: &IpAddr| matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
        self.found.addresses.contains(&sighting.sender)
            || claimed_here && claimed_there
            || link_local(&sighting.sender) && claimed_there
            || self.found.addresses.iter().all(link_local) && claimed_here
    }

    fn shares_place(&self, services: &[Service]) -> bool {
        services.iter().any(|service| self.found.services.iter().any(|own| own.same_place(service)))
    }

    fn learn(&mut self, endpoint: Option<String>, claims: Vec<IpAddr>, found: Found) {
        let own = &mut self.found;
        for address in found.addresses {
            if !own.addresses.contains(&address) && own.addresses.len() < PARTS_MAX {
                own.addresses.push(address);
            }
        }
        for service in found.services {
            let is_same = |known: &Service| known.same_place(&service) && known.is_onvif() == service.is_onvif();
            match own.services.iter().position(is_same) {
                // A path is worth more than none.
                Some(at) if own.services[at].url().path().len() <= 1 => own.services[at] = service,
                None if own.services.len() < PARTS_MAX => own.services.push(service),
                _ => {}
            }
        }
        for (known, new) in [
            (&mut own.make, found.make),
            (&mut own.model, found.model),
            (&mut own.name, found.name),
            (&mut own.location, found.location),
            (&mut own.serial, found.serial),
            (&mut own.endpoint, found.endpoint),
            (&mut own.device, found.device),
        ] {
            *known = known.take().or(new);
        }
        self.endpoint = self.endpoint.take().or(endpoint);
        let room = PARTS_MAX.saturating_sub(self.claims.len());
        self.claims.extend(claims.into_iter().take(room));
    }
}

impl Sighting {
    fn new(sender: IpAddr, key: String, source: Source, services: Vec<Service>) -> Self {
        let found = Found {
            key,
            addresses: vec![sender],
            make: None,
            model: None,
            name: None,
            location: None,
            serial: None,
            endpoint: None,
            device: None,
            services,
            source,
        };
        Self { sender, endpoint: None, claims: Vec::new(), found }
    }

    /// An answer of WS-Discovery; `None` where it is no camera's.
    pub(super) fn from_target(target: wsd::Target, sender: IpAddr, source: Source) -> Option<Self> {
        let is_camera =
            target.types.iter().any(|t| t == "NetworkVideoTransmitter") || target.name.is_some() || target.model.is_some();
        if !is_camera {
            return None;
        }
        let claims: Vec<IpAddr> = target.claims().collect();
        let own = target.addresses.iter().find(|url| at(url) == Some(sender) && url.scheme() == "http");
        // One that names only other addresses is believed in port and path.
        let url = own.or_else(|| target.addresses.iter().find(|url| matches!(url.scheme(), "http" | "https")));
        let services = url.and_then(|url| moved(url, sender)).map(Service::Onvif).into_iter().collect();
        let mut sighting = Self::new(sender, target.endpoint.clone(), source, services);
        (sighting.endpoint, sighting.claims) = (Some(target.endpoint), claims);
        let found = &mut sighting.found;
        (found.make, found.model, found.name, found.location) = (target.make, target.model, target.name, target.location);
        (found.serial, found.endpoint) = (target.serial, sighting.endpoint.clone());
        Some(sighting)
    }

    /// An answer of DNS-SD; `None` where it does not say where the service is.
    pub(super) fn from_instance(instance: dns::Instance, sender: IpAddr) -> Option<Self> {
        let (scheme, path) =
            if instance.service.starts_with("_rtsp") { ("rtsp", "/") } else { ("http", "/onvif/device_service") };
        let path = instance.path.as_deref().filter(|path| path.starts_with('/')).unwrap_or(path);
        let url = url_at(scheme, sender, instance.port, path)?;
        let service = if scheme == "rtsp" { Service::Rtsp(url) } else { Service::Onvif(url) };
        let key = format!("{sender}:{}", instance.port);
        let mut sighting = Self::new(sender, key, Source::Mdns, vec![service]);
        (sighting.found.name, sighting.found.model) = (Some(instance.name), instance.model);
        Some(sighting)
    }

    /// A verified beacon.
    pub(super) fn from_beacon(verified: beacon::Verified, sender: IpAddr) -> Self {
        let beacon::Verified { key_id, beacon } = verified;
        let onvif = url_at("http", sender, beacon.onvif_port, "/onvif/device_service").map(Service::Onvif);
        let rtsp = url_at("rtsp", sender, beacon.rtsp_port, "/").map(Service::Rtsp);
        let key = format!("beacon:{key_id}");
        let mut sighting = Self::new(sender, key, Source::Beacon, onvif.into_iter().chain(rtsp).collect());
        let found = &mut sighting.found;
        (found.make, found.model) = (Some("atipcam".into()), Some(beacon.model).filter(|model| !model.is_empty()));
        found.serial = Some(beacon.serial).filter(|serial| !serial.is_empty());
        found.device = Some(key_id);
        sighting
    }

    /// What the sweep met.
    pub(super) fn from_sweep(service: Service, sender: IpAddr) -> Self {
        let key = format!("{sender}:{}", service.url().port_or_known_default().unwrap_or_default());
        Self::new(sender, key, Source::Sweep, vec![service])
    }
}

fn at(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        url::Host::Ipv4(v4) => Some(v4.into()),
        url::Host::Ipv6(v6) => Some(v6.into()),
        url::Host::Domain(_) => None,
    }
}

/// The same URL at the sender's own address, without user and password. A link-local IPv6 address cannot stand in a URL
/// (it needs its interface), so there is none.
fn moved(url: &Url, to: IpAddr) -> Option<Url> {
    let mut url = url.clone();
    if matches!(to, IpAddr::V6(v6) if v6.is_unicast_link_local()) {
        return None;
    }
    url.set_ip_host(to).ok()?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_fragment(None);
    Some(url)
}

pub(super) fn url_at(scheme: &str, address: IpAddr, port: u16, path: &str) -> Option<Url> {
    if port == 0 {
        return None;
    }
    let mut url = Url::parse(&format!("{scheme}://localhost:{port}{path}")).ok()?;
    if scheme == "rtsp" {
        // The host of a scheme that is not special cannot be set to an address.
        let host = if address.is_ipv6() { format!("[{address}]") } else { address.to_string() };
        url.set_host(Some(&host)).ok()?;
        return (!matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())).then_some(url);
    }
    moved(&url, address)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
