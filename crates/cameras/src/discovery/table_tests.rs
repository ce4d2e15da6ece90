use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn onvif(endpoint: &str, sender: &str, addresses: &[&str]) -> Sighting {
    let target = wsd::Target {
        endpoint: endpoint.into(),
        types: vec!["NetworkVideoTransmitter".into()],
        addresses: addresses.iter().map(|a| format!("http://{a}/onvif/device_service").parse().unwrap()).collect(),
        ..wsd::Target::default()
    };
    Sighting::from_target(target, ip(sender), Source::WsDiscovery).unwrap()
}

fn rtsp(sender: &str, port: u16) -> Sighting {
    Sighting::from_sweep(Service::Rtsp(url_at("rtsp", ip(sender), port, "/").unwrap()), ip(sender))
}

fn keys(table: &Table) -> Vec<&str> {
    table.rows.iter().map(|row| row.found.key.as_str()).collect()
}

#[test]
fn several_addresses_of_one_camera_are_one_row() {
    let mut table = Table::default();
    let both = ["10.0.0.7", "[fd00::7]"];
    assert!(table.see(onvif("urn:a", "10.0.0.7", &both)).is_some());
    assert!(table.see(onvif("urn:a", "10.0.0.7", &both)).is_none(), "nothing new");
    let row = table.see(onvif("urn:a", "fd00::7", &both)).unwrap();
    assert_eq!((row.key.as_str(), row.addresses.len(), row.services.len()), ("urn:a", 2, 2));
    let row = table.see(onvif("urn:a", "fe80::7", &both)).unwrap();
    assert_eq!((row.addresses.len(), row.services.len()), (3, 2), "a link-local address brings no URL");
    assert_eq!(table.rows.len(), 1);
}

#[test]
fn the_link_local_address_may_speak_first() {
    let mut table = Table::default();
    table.see(onvif("urn:a", "fe80::7", &["10.0.0.7"]));
    let row = table.see(onvif("urn:a", "10.0.0.7", &["10.0.0.7"])).unwrap();
    assert_eq!((row.addresses.len(), row.services.len(), table.rows.len()), (2, 1, 1));
}

#[test]
fn a_copied_identity_is_a_second_row_and_takes_nothing_over() {
    let mut table = Table::default();
    let first = table.see(onvif("urn:a", "10.0.0.7", &["10.0.0.7"])).unwrap();
    // It claims the other's address; the other does not claim its.
    let copy = table.see(onvif("urn:a", "10.0.0.66", &["10.0.0.7", "10.0.0.66"])).unwrap();
    assert_eq!(copy.key, "urn:a#2");
    assert_eq!(table.rows[0].found, first);
    assert_eq!(table.bye("urn:a", ip("10.0.0.99")), None, "nobody else says farewell");
    assert_eq!(table.bye("urn:a", ip("10.0.0.66")), Some("urn:a#2".into()));
    assert_eq!(keys(&table), ["urn:a"]);
}

#[test]
fn an_address_of_another_host_is_not_believed() {
    for claimed in ["127.0.0.1", "169.254.169.254", "10.0.0.1:22", "evil.example"] {
        let sighting = onvif("urn:a", "10.0.0.66", &[claimed]);
        let [Service::Onvif(url)] = &sighting.found.services[..] else { panic!() };
        assert_eq!(url.host_str(), Some("10.0.0.66"), "{claimed}");
    }
}

#[test]
fn what_other_protocols_see_at_the_same_place_joins_the_row() {
    let mut table = Table::default();
    table.see(onvif("urn:a", "10.0.0.7", &["10.0.0.7:8000"]));
    let beacon = beacon::Beacon { serial: "S1".into(), model: "M".into(), rtsp_port: 554, onvif_port: 8000 };
    let row = table.see(Sighting::from_beacon(beacon::Verified { key_id: "k".into(), beacon }, ip("10.0.0.7"))).unwrap();
    assert_eq!((row.key.as_str(), row.serial.as_deref(), row.services.len()), ("urn:a", Some("S1"), 2));
    let instance =
        dns::Instance { service: dns::SERVICES[0], name: "door".into(), port: 554, path: Some("/main".into()), model: None };
    let row = table.see(Sighting::from_instance(instance, ip("10.0.0.7")).unwrap()).unwrap();
    assert_eq!(row.services[1], Service::Rtsp("rtsp://10.0.0.7:554/main".parse().unwrap()));
    assert_eq!((row.name.as_deref(), table.rows.len()), (Some("door"), 1));
}

#[test]
fn an_rtsp_server_joins_the_one_camera_at_its_address_and_none_of_several() {
    let mut table = Table::default();
    table.see(onvif("urn:a", "10.0.0.7", &["10.0.0.7:8000"]));
    assert_eq!(table.see(rtsp("10.0.0.7", 554)).unwrap().key, "urn:a");
    let mut table = Table::default();
    table.see(onvif("urn:a", "10.0.0.7", &["10.0.0.7:8000"]));
    table.see(onvif("urn:b", "10.0.0.7", &["10.0.0.7:8001"]));
    assert_eq!(table.see(rtsp("10.0.0.7", 554)).unwrap().key, "10.0.0.7:554");
}

#[test]
fn answers_in_any_order_come_to_the_same_row() {
    let answers = || {
        let rtsp =
            dns::Instance { service: dns::SERVICES[0], name: "S1".into(), port: 554, path: Some("/main".into()), model: None };
        let device = dns::Instance { service: dns::SERVICES[1], name: "S1".into(), port: 8000, path: None, model: None };
        let beacon = beacon::Beacon { serial: "S1".into(), model: "M".into(), rtsp_port: 554, onvif_port: 8000 };
        let here = ip("10.0.0.7");
        [
            onvif("urn:a", "10.0.0.7", &["10.0.0.7:8000"]),
            Sighting::from_instance(rtsp, here).unwrap(),
            Sighting::from_instance(device, here).unwrap(),
            Sighting::from_beacon(beacon::Verified { key_id: "k".into(), beacon }, here),
        ]
    };
    for order in 0..4_usize.pow(4) {
        let places: Vec<usize> = (0..4).map(|n| order / 4_usize.pow(n) % 4).collect();
        if (0..4).any(|n| !places.contains(&n)) {
            continue;
        }
        let mut table = Table::default();
        // Others at that address, so that nothing joins by being the only one.
        table.see(onvif("urn:b", "10.0.0.7", &["10.0.0.7:8001"]));
        table.see(onvif("urn:c", "10.0.0.7", &["10.0.0.7:8002"]));
        let (mut told, mut sightings) = (Vec::new(), answers().map(Some));
        for place in &places {
            told.extend(table.see(sightings[*place].take().unwrap()).map(|found| found.key));
            while let Some(key) = table.united() {
                told.retain(|known| *known != key);
            }
        }
        let [_, _, row] = &table.rows[..] else { panic!("{places:?}: {:?}", keys(&table)) };
        let paths: Vec<_> = row.found.services.iter().map(|service| service.url().path()).collect();
        assert!(paths.len() == 2 && paths.contains(&"/main"), "{places:?}: {paths:?}");
        assert_eq!((row.endpoint.as_deref(), row.found.serial.as_deref()), (Some("urn:a"), Some("S1")), "{places:?}");
        assert!(told.iter().all(|key| *key == row.found.key), "{places:?}: {told:?}");
    }
}

#[test]
fn rows_are_bounded() {
    let mut table = Table::default();
    for n in 0..ROWS_MAX + 10 {
        table.see(onvif(&format!("urn:{n}"), &format!("10.0.{}.{}", n / 256, n % 256), &["x.local"]));
    }
    assert_eq!(table.rows.len(), ROWS_MAX);
}

#[test]
fn a_printer_is_no_camera() {
    let target = wsd::Target { endpoint: "urn:p".into(), types: vec!["Device".into()], ..wsd::Target::default() };
    assert!(Sighting::from_target(target, ip("10.0.0.9"), Source::WsDiscovery).is_none());
}

#[test]
fn what_it_calls_itself_is_kept_beside_what_its_beacon_proves() {
    let mut table = Table::default();
    let first = table.see(onvif("urn:a", "10.0.0.7", &["10.0.0.7:8000"])).unwrap();
    assert_eq!((first.endpoint.as_deref(), first.device), (Some("urn:a"), None));
    let beacon = beacon::Beacon { serial: "S1".into(), model: "M".into(), rtsp_port: 8554, onvif_port: 8000 };
    let verified = beacon::Verified { key_id: "abababababababab".into(), beacon };
    let row = table.see(Sighting::from_beacon(verified, ip("10.0.0.7"))).unwrap();
    let told = (row.endpoint.as_deref(), row.serial.as_deref(), row.device.as_deref());
    assert_eq!(told, (Some("urn:a"), Some("S1"), Some("abababababababab")));
    assert_eq!(table.rows.len(), 1);
}
