use aws_lc_rs::signature::KeyPair as _;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const VECTORS: &str = include_str!("../../../../docs/device-link-vectors.json");

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    hex(value).try_into().unwrap()
}

#[test]
fn what_is_signed_is_as_the_vectors_say() {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let key = Ed25519KeyPair::from_seed_unchecked(&hex(&vector["identity"]["seed"])).unwrap();
        assert_eq!(key.public_key().as_ref(), hex(&vector["identity"]["key"]));
        let claim = &vector["claim"];
        let (token, certificate) =
            (ClaimToken::from_bytes(array(&claim["claim"])), Fingerprint::from_bytes(array(&claim["certificate"])));
        let signed = claim_signed(&token, certificate);
        assert_eq!((&signed, sign(&key, &signed).to_vec()), (&hex(&claim["signed"]), hex(&claim["signature"])));
        let link = &vector["link"];
        let signed = link_signed(&array(&link["nonce"]), Fingerprint::from_bytes(array(&link["certificate"])));
        assert_eq!((&signed, sign(&key, &signed).to_vec()), (&hex(&link["signed"]), hex(&link["signature"])));
    }
}

#[test]
fn a_claim_says_what_the_server_needs_and_no_more_than_it_takes() {
    let key = Ed25519KeyPair::generate().unwrap();
    let card = Card { name: "门".repeat(100), model: "Virtual camera", serial: "S-1".into(), sub: false, onvif: true };
    let invitation = Invitation {
        server: ServerUrl::new("https://camera.example.org").unwrap(),
        certificate: Fingerprint::from_bytes([2; 32]),
        claim: ClaimToken::from_bytes([1; 16]),
    };
    let sign_in = ("atipcam".to_owned(), Secret::from("secret"));
    let body = claim_body(&card, Some(&sign_in), &invitation, &[3; 32], &key);
    let body: Value = serde_json::from_slice(&body).unwrap();
    let name = body["name"].as_str().unwrap();
    assert!(name.len() <= 64 && name.chars().all(|c| c == '门'), "{name}");
    assert_eq!((&body["username"], &body["password"]), (&"atipcam".into(), &"secret".into()));
    assert_eq!((&body["main_path"], &body["sub_path"]), (&"/main".into(), &Value::Null));
    assert_eq!(body["onvif_path"], "/onvif/device_service");
    assert_eq!(body.as_object().unwrap().len(), 11);
}

#[test]
fn only_our_own_answers_count() {
    let device = DeviceId::from_bytes([0xab; 16]);
    let answer = |device: &str, camera: &str| format!(r#"{{"device_id":"{device}","camera_id":"{camera}","more":1}}"#);
    let ours = device.to_string();
    assert_eq!(claimed(answer(&ours, "0f-1").as_bytes(), device).as_deref(), Some("0f-1"));
    let long = "0".repeat(65);
    for (id, camera) in [("00", "0f"), (ours.as_str(), ""), (ours.as_str(), "../x"), (ours.as_str(), long.as_str())] {
        assert_eq!(claimed(answer(id, camera).as_bytes(), device), None, "{id} {camera}");
    }
    assert_eq!(problem(br#"{"code":"device.owned","detail":"x"}"#).as_deref(), Some("device.owned"));
    for other in [r#"{"code":"not_found"}"#, r#"{"code":"device.\u001b[2J"}"#, "<html>", "{}"] {
        assert_eq!(problem(other.as_bytes()), None, "{other}");
    }
    for (line, releases) in
        [("{\"release\":true}\n", true), ("{\"release\":false}\n", false), ("{\"hello\":1}\n", false), ("release\n", false)]
    {
        assert_eq!(is_release(line.as_bytes()), releases, "{line}");
    }
}

#[test]
fn a_server_is_called_by_name_port_and_authority() {
    for (url, host, port, authority) in [
        ("https://camera.example.org", "camera.example.org", 443, "camera.example.org"),
        ("https://192.168.1.20:8443", "192.168.1.20", 8443, "192.168.1.20:8443"),
        ("https://[fd00::20]:8443", "fd00::20", 8443, "[fd00::20]:8443"),
        ("https://[fd00::20]", "fd00::20", 443, "[fd00::20]"),
    ] {
        assert_eq!(place(&ServerUrl::new(url).unwrap()), Some((host, port, authority)), "{url}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(bytes: Vec<u8>) {
        let _ = (claimed(&bytes, DeviceId::from_bytes([0; 16])), problem(&bytes), is_release(&bytes));
    }
}
