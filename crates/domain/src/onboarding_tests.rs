use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::Secret;

const VECTORS: &str = include_str!("../../../docs/onboarding-vectors.json");

fn vectors(of: &str) -> Vec<Value> {
    let mut all: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors: Vec<Value> = serde_json::from_value(all[of].take()).unwrap();
    assert!(!vectors.is_empty(), "{of}");
    vectors
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    hex(value).try_into().unwrap()
}

fn network(vector: &Value) -> Network {
    let password = || Secret::from(vector["password"].as_str().unwrap());
    let security = match vector["security"].as_str().unwrap() {
        "open" => Security::Open,
        "wpa" => Security::Wpa(password()),
        "sae" => Security::Sae(password()),
        other => panic!("{other}"),
    };
    Network::new(Ssid::new(hex(&vector["ssid"])).unwrap(), security, vector["hidden"].as_bool().unwrap()).unwrap()
}

#[test]
fn a_wifi_uri_is_read_and_written_as_the_vectors_say() {
    for vector in vectors("wifi") {
        let uri = vector["uri"].as_str().unwrap();
        let invitation = Invitation {
            server: ServerUrl::new(vector["server"].as_str().unwrap()).unwrap(),
            certificate: Fingerprint::from_bytes(array(&vector["certificate"])),
            claim: ClaimToken::from_bytes(array(&vector["claim"])),
        };
        let code = WifiCode { network: network(&vector), invitation: Some(invitation) };
        assert_eq!(WifiCode::parse(uri.as_bytes()).as_ref(), Ok(&code), "{uri}");
        assert_eq!(code.to_uri(), uri);
    }
}

#[test]
fn the_codes_of_other_phones_and_routers_are_read() {
    for vector in vectors("plain") {
        let uri = vector["uri"].as_str().unwrap();
        let code = WifiCode { network: network(&vector), invitation: None };
        assert_eq!(WifiCode::parse(uri.as_bytes()).as_ref(), Ok(&code), "{uri}");
        assert_eq!(WifiCode::parse(code.to_uri().as_bytes()), Ok(code));
    }
}

#[test]
fn a_label_is_read_and_written_as_the_vectors_say() {
    for vector in vectors("label") {
        let uri = vector["uri"].as_str().unwrap();
        let label = Label {
            device: DeviceId::from_bytes(array(&vector["device"])),
            secret: PairingSecret::from_bytes(array(&vector["secret"])),
        };
        assert_eq!(Label::parse(uri.as_bytes()).as_ref(), Ok(&label));
        assert_eq!(label.to_uri(), uri);
    }
}

#[test]
fn everything_else_is_refused_with_its_reason() {
    for vector in vectors("refused") {
        let code = vector["code"].as_str().unwrap();
        let refused = WifiCode::parse(code.as_bytes()).unwrap_err();
        assert_eq!(format!("{refused:?}"), vector["why"].as_str().unwrap(), "{code}");
    }
    for vector in vectors("refused_labels") {
        let code = vector["code"].as_str().unwrap();
        let refused = Label::parse(code.as_bytes()).unwrap_err();
        assert_eq!(format!("{refused:?}"), vector["why"].as_str().unwrap(), "{code}");
    }
    assert_eq!(WifiCode::parse(b"WIFI:T:WPA;S:\xff\xfe;P:12345678;;"), Err(Refused::NotUtf8));
}

#[test]
fn secrets_do_not_print() {
    for vector in vectors("wifi") {
        let code = WifiCode::parse(vector["uri"].as_str().unwrap().as_bytes()).unwrap();
        let printed = format!("{code:?}");
        assert!(printed.contains("ClaimToken(..)"), "{printed}");
        if let Some(password) = vector["password"].as_str().filter(|password| password.len() > 1) {
            assert!(!printed.contains(password), "{printed}");
        }
    }
    let label = Label::parse(vectors("label")[0]["uri"].as_str().unwrap().as_bytes()).unwrap();
    assert!(format!("{label:?}").ends_with("PairingSecret(..) }"), "{label:?}");
}

fn any_network(octets: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Network> {
    let security = prop_oneof![
        Just(Security::Open),
        "[^\\p{Cc}]{8,15}".prop_map(|text| Security::Wpa(text.into())),
        "[0-9a-fA-F]{64}".prop_map(|text| Security::Wpa(text.into())),
        "[^\\p{Cc}]{1,32}".prop_map(|text| Security::Sae(text.into())),
    ];
    (octets, security, any::<bool>())
        .prop_filter_map("a name", |(octets, security, hidden)| Network::new(Ssid::new(octets).ok()?, security, hidden).ok())
}

fn any_invitation() -> impl Strategy<Value = Invitation> {
    let server = "https://([a-z][a-z0-9]{0,20}(\\.[a-z][a-z0-9]{0,9}){0,3}|10\\.[1-9]\\.[1-9]\\.[1-9])(:[1-9][0-9]{0,3})?";
    (server, any::<[u8; 32]>(), any::<[u8; 16]>()).prop_map(|(server, certificate, claim)| Invitation {
        server: ServerUrl::new(&server).unwrap(),
        certificate: Fingerprint::from_bytes(certificate),
        claim: ClaimToken::from_bytes(claim),
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        network in any_network(prop::collection::vec(prop_oneof![32u8..127, 128u8..], 1..=32)),
        invitation in any_invitation(),
    ) {
        let code = WifiCode { network, invitation: Some(invitation) };
        let uri = code.to_uri();
        prop_assert!(uri.len() <= CODE_BYTES_MAX && uri.is_ascii());
        prop_assert_eq!(WifiCode::parse(uri.as_bytes()), Ok(code));
    }

    #[test]
    fn what_is_written_for_others_is_read(network in any_network("[^\\p{Cc}]{1,8}".prop_map(String::into_bytes))) {
        let code = WifiCode { network, invitation: None };
        prop_assert_eq!(WifiCode::parse(code.to_uri().as_bytes()), Ok(code));
    }

    #[test]
    fn one_byte_changed_is_refused_or_means_another_thing(
        network in any_network("[a-z%&=]{1,8}".prop_map(String::into_bytes)),
        invitation in any_invitation(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let code = WifiCode { network, invitation: Some(invitation) };
        let mut uri = code.to_uri().into_bytes();
        let at = at.index(uri.len());
        prop_assume!(uri[at] != byte);
        uri[at] = byte;
        prop_assert_ne!(WifiCode::parse(&uri), Ok(code));
    }

    #[test]
    fn what_is_read_has_one_spelling(code in "(atipcam:(wifi|label)|WIFI:)[ -~]{0,200}") {
        if let Ok(label) = Label::parse(code.as_bytes()) {
            prop_assert_eq!(label.to_uri(), code);
        } else if let Ok(read) = WifiCode::parse(code.as_bytes()) && read.invitation.is_some() {
            prop_assert_eq!(read.to_uri(), code);
        }
    }
}
