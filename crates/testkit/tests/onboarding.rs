//! A camera that is set up: codes in its pictures, networks in its air.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;
use std::time::Duration;

use device::onboarding::{Asks, JoinError, Network, Patience, Step, WifiCode, Wireless, codes, set_up};
use device::{Camera, Config, Scene, Source};
use domain::onboarding::{Security, Ssid};
use domain::{StreamName, SystemClock};
use media::still::Luma;
use testkit::{Air, Held, NetworkManager};

/// The vectors of the form that our own page draws.
fn ours() -> Vec<(String, WifiCode)> {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../docs/onboarding-vectors.json")).unwrap();
    let uris = vectors["wifi"].as_array().unwrap().iter().map(|vector| vector["uri"].as_str().unwrap().to_owned());
    uris.map(|uri| (WifiCode::parse(uri.as_bytes()).unwrap(), uri)).map(|(code, uri)| (uri, code)).collect()
}

fn network(ssid: &[u8], security: Security, hidden: bool) -> Network {
    Network::new(Ssid::new(ssid).unwrap(), security, hidden).unwrap()
}

async fn wireless(manager: &NetworkManager) -> Wireless {
    let patience =
        Patience { scan: Duration::from_millis(500), join: Duration::from_millis(500), again: Duration::from_millis(1) };
    Wireless::connect(Some(manager.address()), patience).await.unwrap()
}

/// The access point that a code is for.
fn air_of(network: &Network) -> Air {
    let secured = match network.security() {
        Security::Open => None,
        Security::Wpa(password) => Some(("wpa-psk", password.expose())),
        Security::Sae(password) => Some(("sae", password.expose())),
    };
    Air { hidden: network.is_hidden(), ..Air::new(network.ssid().as_bytes(), secured) }
}

#[test]
fn a_code_is_read_in_pictures_of_every_size_turn_and_darkness() {
    let (uri, _) = &ours()[4];
    let says = uri.as_bytes();
    let upright = Held::new(says);
    for held in [
        upright,
        Held { picture: (640, 360), module: 4.0, ..upright },
        Held { picture: (1920, 1080), module: 9.0, turned: -20.0, ..upright },
        Held { module: 4.5, ..upright },
        Held { turned: 13.0, noise: 25, ..upright },
        Held { turned: 45.0, noise: 25, ..upright },
        Held { turned: 191.0, noise: 40, ..upright },
        Held { leaning: 0.3, turned: 30.0, noise: 20, ..upright },
        Held { leaning: 0.5, ..upright },
        Held { noise: 70, ..upright },
    ] {
        let read = codes(&held.seen().unwrap());
        assert_eq!(read, [says.to_vec()], "{held:?}");
    }
}

#[test]
fn every_code_of_ours_fits_a_small_picture() {
    for (uri, _) in ours() {
        let held = Held { picture: (640, 480), module: 4.0, turned: 5.0, noise: 15, ..Held::new(uri.as_bytes()) };
        assert_eq!(codes(&held.seen().unwrap()), [uri.into_bytes()]);
    }
}

#[test]
fn a_picture_without_a_code_has_none_and_a_wall_of_finder_patterns_costs_no_more() {
    let picture = |paint: &dyn Fn(usize, usize) -> u8| {
        let (width, height) = (1280, 720);
        Luma { width, height, samples: (0..width * height).map(|at| paint(at % width, at / width)).collect() }
    };
    let empty = Vec::<Vec<u8>>::new();
    assert_eq!(codes(&picture(&|_, _| 128)), empty, "grey");
    assert_eq!(codes(&picture(&|x, y| (((x * 7919 + y * 104_729) * 2_654_435_761) >> 13) as u8)), empty, "noise");
    let ring = ["#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"];
    let at = |x: usize, y: usize| ring.get(y % 9).and_then(|row| row.as_bytes().get(x % 9)) == Some(&b'#');
    // 11,360 of them: all pairs of these, each on a copy of the picture, would take hours.
    assert_eq!(codes(&picture(&|x, y| if at(x, y) { 20 } else { 230 })), empty, "wall");
    assert_eq!(codes(&Luma { width: 1280, height: 720, samples: vec![0; 3] }), empty, "not a picture");
}

#[tokio::test]
async fn each_kind_of_network_is_joined_with_the_right_name_and_password() {
    for (uri, WifiCode { network, .. }) in ours() {
        let manager = NetworkManager::start(vec![Air::new("Neighbour", None), air_of(&network)]).await.unwrap();
        assert_eq!(wireless(&manager).await.join(&network).await, Ok(()), "{uri}");
        let (management, password) = match network.security() {
            Security::Open => (None, None),
            Security::Wpa(password) => (Some("wpa-psk".to_owned()), Some(password.expose().to_owned())),
            Security::Sae(password) => (Some("sae".to_owned()), Some(password.expose().to_owned())),
        };
        assert_eq!(manager.value("802-11-wireless", "ssid"), Some(network.ssid().as_bytes().to_vec()), "{uri}");
        assert_eq!(manager.value("802-11-wireless", "hidden"), Some(network.is_hidden()));
        assert_eq!(manager.value("802-11-wireless-security", "key-mgmt"), management);
        assert_eq!(manager.value("802-11-wireless-security", "psk"), password);
        let (sections, device, point) = manager.newest().unwrap();
        assert_eq!(sections.contains(&"802-11-wireless-security".to_owned()), management.is_some(), "{sections:?}");
        assert!(device.ends_with("/Devices/2"), "the radio: {device}");
        assert_eq!(point.ends_with("/AccessPoint/1"), !network.is_hidden(), "{point}");
        assert_eq!(manager.profiles(), 1);
    }
}

#[tokio::test]
async fn what_a_phone_calls_wpa_is_joined_as_the_access_point_asks() {
    let password = || "correct horse".into();
    let plain = WifiCode::parse(b"WIFI:T:WPA;S:Home;P:correct horse;;").unwrap().network;
    for (management, joined) in [("sae", Ok(())), ("wpa-psk", Ok(())), ("wpa-eap", Err(JoinError::OtherSecurity))] {
        let manager = NetworkManager::start(vec![Air::new("Home", Some((management, "correct horse")))]).await.unwrap();
        assert_eq!(wireless(&manager).await.join(&plain).await, joined, "{management}");
        let shown = manager.value::<String>("802-11-wireless-security", "key-mgmt");
        assert_eq!(shown.as_deref(), joined.is_ok().then_some(management));
    }
    let open = NetworkManager::start(vec![Air::new("Home", None)]).await.unwrap();
    let joined = wireless(&open).await.join(&network(b"Home", Security::Sae(password()), false)).await;
    assert_eq!(joined, Err(JoinError::OtherSecurity), "a password is not shown to a network that asks for none");
    assert_eq!(open.newest(), None);
}

#[tokio::test]
async fn a_failure_has_its_cause_and_leaves_no_password_behind() {
    let air = vec![Air::new("Home", Some(("wpa-psk", "correct horse")))];
    let mut manager = NetworkManager::start(air).await.unwrap();
    let wireless = wireless(&manager).await;
    let home = |password: &str| network(b"Home", Security::Wpa(password.into()), false);
    assert_eq!(wireless.join(&home("battery staple")).await, Err(JoinError::WrongPassword));
    let hidden = network(b"Attic", Security::Open, true);
    assert_eq!(wireless.join(&hidden).await, Err(JoinError::NotFound));
    assert_eq!(wireless.join(&network(b"Attic", Security::Open, false)).await, Err(JoinError::NotFound));
    for (reason, error) in
        [(17, JoinError::NoAddress), (11, JoinError::TimedOut), (36, JoinError::GaveUp(36)), (0, JoinError::TimedOut)]
    {
        manager.doom(reason);
        assert_eq!(wireless.join(&home("correct horse")).await, Err(error));
    }
    assert_eq!(manager.profiles(), 0);
    assert_eq!(wireless.join(&home("correct horse")).await, Ok(()));
    assert_eq!(manager.profiles(), 1);

    manager.leave().await.unwrap();
    assert_eq!(wireless.join(&home("correct horse")).await, Err(JoinError::NoNetworkManager));
    let nowhere = Wireless::connect(Some("unix:path=/nonexistent"), Patience::default()).await;
    assert_eq!(nowhere.unwrap_err(), JoinError::NoNetworkManager);
}

#[tokio::test]
async fn the_cameras_own_search_lists_names_once_and_finds_who_came_late() {
    let strong = Air { strength: 80, ..Air::new("Home", Some(("wpa-psk", "12345678"))) };
    let weak = Air { strength: 20, ..strong.clone() };
    let hidden = Air { hidden: true, ..strong.clone() };
    let late = Air { late: true, strength: 90, ..Air::new("Upstairs", Some(("sae", "p"))) };
    let manager = NetworkManager::start(vec![weak, Air::new("Guest", None), strong, hidden, late]).await.unwrap();
    let wireless = wireless(&manager).await;
    let seen = wireless.networks().await.unwrap();
    let seen: Vec<_> = seen.iter().map(|seen| (seen.ssid.to_string(), seen.strength, seen.asks)).collect();
    assert_eq!(seen, [("Home".to_owned(), 80, Asks::Wpa), ("Guest".to_owned(), 60, Asks::Nothing)]);
    assert_eq!(wireless.join(&network(b"Home", Security::Wpa("12345678".into()), false)).await, Ok(()));
    assert!(manager.newest().unwrap().2.ends_with("/2"), "the stronger one");
    assert_eq!(wireless.join(&network(b"Upstairs", Security::Sae("p".into()), false)).await, Ok(()));
    assert_eq!(wireless.networks().await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_reads_its_own_pictures_until_a_code_leads_to_a_network() {
    let dir = tempfile::tempdir().unwrap();
    let (uri, code) = ours().swap_remove(4);
    let held = Held { turned: 9.0, noise: 20, ..Held::new(uri.as_bytes()) };
    let camera = Camera::start(Config::new(Source::File(held.film(dir.path()).unwrap())), Arc::new(SystemClock)).await.unwrap();
    let manager = NetworkManager::start(vec![air_of(&code.network)]).await.unwrap();
    let wireless = wireless(&manager).await;
    // The first time there is no address to be had.
    manager.doom(17);
    let mut steps = Vec::new();
    let lens = camera.lens(StreamName::Main).unwrap();
    let looking = set_up(lens, &wireless, Arc::new(SystemClock), |step| steps.push(step));
    let read = tokio::time::timeout(Duration::from_secs(30), looking).await.unwrap();
    assert_eq!(read.as_ref(), Some(&code));
    let ssid = || code.network.ssid().clone();
    let failed = Step::Failed(ssid(), JoinError::NoAddress);
    assert_eq!(steps, [Step::Looking, Step::Joining(ssid()), failed, Step::Joining(ssid()), Step::Joined(ssid())]);
    let log = steps.iter().map(|step| format!("{step} {step:?}")).collect::<String>();
    assert!(!log.contains("c;d,e:f") && !log.contains("psk"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_code_is_refused_once_and_a_wrong_password_is_not_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    let film = |says: &str| Held::new(says.as_bytes()).film(dir.path()).unwrap();
    for (says, last) in [
        ("https://example.org/<script>alert(1)</script>", Step::Refused(domain::onboarding::Refused::OtherPurpose)),
        ("WIFI:T:WPA;S:Home;P:battery staple;;", Step::Failed(Ssid::new("Home").unwrap(), JoinError::WrongPassword)),
    ] {
        let camera = Camera::start(Config::new(Source::File(film(says))), Arc::new(SystemClock)).await.unwrap();
        let manager = NetworkManager::start(vec![Air::new("Home", Some(("wpa-psk", "correct horse")))]).await.unwrap();
        let wireless = wireless(&manager).await;
        let (told, mut steps) = tokio::sync::mpsc::unbounded_channel();
        let lens = camera.lens(StreamName::Main).unwrap();
        let mut after = camera.lens(StreamName::Main).unwrap();
        let looking = set_up(lens, &wireless, Arc::new(SystemClock), move |step| told.send(step).unwrap());
        let watched = async {
            while steps.recv().await.unwrap() != last {}
            // Some more of the same pictures.
            for _ in 0..4 {
                after.next().await.unwrap().unwrap();
            }
            steps.try_recv()
        };
        tokio::select! {
            _ = looking => panic!("{says} led somewhere"),
            further = watched => assert!(further.is_err(), "{further:?}"),
        }
    }
}

#[tokio::test]
async fn a_camera_without_a_code_before_it_sees_none() {
    let camera = Camera::start(Config::scene(Scene::Test), Arc::new(SystemClock)).await.unwrap();
    let picture = camera.lens(StreamName::Main).unwrap().next().await.unwrap().unwrap();
    assert_eq!((picture.width, picture.height), (320, 180));
    assert_eq!(codes(&picture), Vec::<Vec<u8>>::new());
}
