//! Finding cameras for an owner who has the page for adding one open: bounded, one search a home, and nothing of it is kept.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cameras::discovery::{self, Event, Found, Options, Range, Service};
use domain::onboarding::{DeviceId, link};
use domain::{CameraId, Error, HomeId, Kind, Result};
use policy::Permit;
use policy::act::FindCameras;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::Relay;
use crate::fleet::Shared;
use crate::watch::Watch;

/// How long links are listened to: whoever switches a camera on with the page open sees it come.
const TIME: Duration = Duration::from_secs(45);

/// Lines that wait for a slow reader; the search waits with them.
const LINES_MAX: usize = 64;

/// What a search tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Searched {
    /// A camera, or more about one: replaces what was told under the same key.
    Found(Box<FoundCamera>),
    /// The camera of that key said that it leaves, or is one with another.
    Gone(String),
    /// The last line: the time is over, or another search of the home took its place.
    Ended,
}

/// A camera that answered, as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundCamera {
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
    /// Its ONVIF device service, at one of its own addresses.
    pub onvif_url: Option<String>,
    /// Its RTSP server, likewise; the path may be missing.
    pub rtsp_url: Option<String>,
    /// Serial number, where it tells one before it is asked.
    pub serial: Option<String>,
    /// Its ONVIF endpoint reference, by which it is known again at another address.
    pub endpoint: Option<String>,
    /// Which camera of the home it is, where it was added already.
    pub camera: Option<CameraId>,
}

/// Which searches run: one a home, the newest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Searches(Arc<Mutex<HashMap<HomeId, CancellationToken>>>);

impl Searches {
    /// Ends the home's former search and gives the new one's token.
    fn begin(&self, home: HomeId, parent: &CancellationToken) -> CancellationToken {
        let token = parent.child_token();
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|_, token| !token.is_cancelled());
        if let Some(former) = running.insert(home, token.clone()) {
            former.cancel();
        }
        token
    }
}

/// A camera of the home: what it is known by, and where it is.
struct Known {
    id: CameraId,
    /// Of one that calls in by itself, which has no address that one could find it at.
    device: Option<DeviceId>,
    endpoint: Option<String>,
    serial: Option<String>,
    urls: Vec<Url>,
}

impl Known {
    /// Whether a found one is this camera: by its key, by what it calls itself, or by where it is.
    fn is(&self, found: &Found) -> bool {
        let same = |mine: &Option<String>, its: &Option<String>| mine.is_some() && mine == its;
        let by_key = self.device.zip(found.device.as_ref()).is_some_and(|(mine, its)| mine.to_string().starts_with(its.as_str()));
        // A serial number is its maker's: two makers may give the same one, but not to cameras that both tell an endpoint.
        let named_apart = self.endpoint.is_some() && found.endpoint.is_some();
        let by_name = same(&self.endpoint, &found.endpoint) || !named_apart && same(&self.serial, &found.serial);
        by_key || by_name || self.is_at(found)
    }

    /// By host; on this machine, where each has a port of its own, by host and port.
    fn is_at(&self, found: &Found) -> bool {
        let services = || found.services.iter().map(|(Service::Onvif(url) | Service::Rtsp(url))| url);
        self.urls.iter().any(|mine| match address(mine) {
            Some(ip) if ip.is_loopback() => services().any(|url| address(url) == Some(ip) && port(url) == port(mine)),
            Some(ip) => found.addresses.contains(&ip),
            None => false,
        })
    }
}

fn address(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

fn port(url: &Url) -> Option<u16> {
    url.port_or_known_default().or_else(|| url.scheme().starts_with("rtsp").then_some(554))
}

impl Relay {
    /// Looks for cameras in this machine's networks, and in `sweep` (a local range, as [`Range`] reads it) where one is given.
    /// Ends by itself within a minute, when the receiver is dropped, when the home begins another, and when the asker may no
    /// longer look.
    ///
    /// # Errors
    /// `discovery.range_invalid` where the range is none, too large, or not local.
    pub async fn search(&self, permit: Permit<FindCameras>, sweep: Option<&str>) -> Result<mpsc::Receiver<Searched>> {
        let sweep = sweep.map(str::parse::<Range>).transpose();
        let sweep = sweep.map_err(|error| Error::new(Kind::Invalid, "discovery.range_invalid", error.to_string()))?;
        let known = known(&self.shared, &permit).await?;
        let options = Options { time: TIME, sweep, loopback: self.search_loopback, ..Options::default() };
        let cancel = self.searches.begin(permit.object(), &self.cancel);
        let revision = self.shared.store.bus().revision();
        let watch = Watch::new(permit, Arc::clone(&self.shared.facts), Arc::clone(&self.shared.clock), revision);
        let (lines, told) = mpsc::channel(LINES_MAX);
        self.tasks.spawn(async move {
            run(options, &known, watch, &cancel, &lines).await;
            cancel.cancel();
        });
        Ok(told)
    }
}

async fn run(
    options: Options,
    known: &[Known],
    mut watch: Watch<FindCameras>,
    cancel: &CancellationToken,
    lines: &mpsc::Sender<Searched>,
) {
    let mut events = discovery::search(options);
    loop {
        let event = tokio::select! {
            () = cancel.cancelled() => None,
            () = lines.closed() => return,
            () = watch.ended() => None,
            event = events.recv() => event,
        };
        let line = match event {
            Some(Event::Found(found)) => Searched::Found(Box::new(shown(*found, known))),
            Some(Event::Gone(key)) => Searched::Gone(key),
            None => Searched::Ended,
        };
        let over = line == Searched::Ended;
        if lines.send(line).await.is_err() || over {
            return;
        }
    }
}

/// Where the home's cameras are, so that nobody adds one twice.
async fn known(shared: &Shared, permit: &Permit<FindCameras>) -> Result<Vec<Known>> {
    let mut known = Vec::new();
    for row in shared.store.cameras_of(permit.object()).await? {
        let access = shared.store.open_access(permit, &row).await?;
        let device = link::parse(&access.main_url).map(|(device, _)| device);
        let (endpoint, serial) = (access.endpoint, access.serial);
        let urls = [Some(access.main_url), access.onvif_url].into_iter().flatten();
        let urls = urls.filter_map(|url| Url::parse(&url).ok()).collect();
        known.push(Known { id: row.id, device, endpoint, serial, urls });
    }
    Ok(known)
}

fn shown(found: Found, known: &[Known]) -> FoundCamera {
    let camera = known.iter().find(|known| known.is(&found)).map(|known| known.id);
    let first = |wanted: fn(&Service) -> Option<&Url>| found.services.iter().find_map(wanted).map(Url::to_string);
    let onvif_url = first(|service| match service {
        Service::Onvif(url) => Some(url),
        Service::Rtsp(_) => None,
    });
    let rtsp_url = first(|service| match service {
        Service::Rtsp(url) => Some(url),
        Service::Onvif(_) => None,
    });
    let Found { key, addresses, make, model, name, serial, endpoint, .. } = found;
    FoundCamera { key, addresses, make, model, name, onvif_url, rtsp_url, serial, endpoint, camera }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(address: &str, of: impl FnOnce(&mut Found)) -> Found {
        let mut found = Found {
            key: "k".into(),
            addresses: vec![address.parse().unwrap()],
            make: None,
            model: None,
            name: None,
            location: None,
            serial: None,
            endpoint: None,
            device: None,
            services: Vec::new(),
            source: discovery::Source::WsDiscovery,
        };
        of(&mut found);
        found
    }

    fn known(of: impl FnOnce(&mut Known)) -> Known {
        let mut known = Known { id: CameraId::random(), device: None, endpoint: None, serial: None, urls: Vec::new() };
        of(&mut known);
        known
    }

    #[test]
    fn an_added_camera_is_known_by_its_key_its_name_and_its_place() {
        let device = DeviceId::from_bytes([0xab; 16]);
        let linked = known(|known| known.device = Some(device));
        assert!(linked.is(&found("10.0.0.9", |f| f.device = Some("abababababababab".into()))));
        assert!(!linked.is(&found("10.0.0.9", |f| f.device = Some("abababababababac".into()))));
        assert!(!linked.is(&found("10.0.0.9", |_| {})), "nobody is everybody");

        let named = known(|known| {
            known.endpoint = Some("urn:uuid:a".into());
            known.serial = Some("S1".into());
            known.urls = vec!["rtsp://10.0.0.7/main".parse().unwrap()];
        });
        for (address, endpoint, serial, is) in [
            ("10.0.0.7", None, None, true),
            ("10.0.0.8", None, None, false),
            ("10.0.0.8", Some("urn:uuid:a"), None, true),
            ("10.0.0.8", Some("urn:uuid:b"), None, false),
            ("10.0.0.8", None, Some("S1"), true),
            // Another maker's camera of the same number.
            ("10.0.0.8", Some("urn:uuid:b"), Some("S1"), false),
        ] {
            let row = found(address, |f| (f.endpoint, f.serial) = (endpoint.map(Into::into), serial.map(Into::into)));
            assert_eq!(named.is(&row), is, "{row:?}");
        }
        let typed = known(|known| known.urls = vec!["rtsp://10.0.0.7/main".parse().unwrap()]);
        assert!(!typed.is(&found("10.0.0.8", |_| {})), "what neither has is nothing that they share");
    }
}
