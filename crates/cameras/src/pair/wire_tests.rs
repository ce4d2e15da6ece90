use aws_lc_rs::agreement::{PrivateKey, agree};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

const VECTORS: &str = include_str!("../../../../docs/device-link-vectors.json");

fn vectors() -> Vec<Value> {
    let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    assert!(!vectors.is_empty());
    vectors
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    hex(value).try_into().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn transcript(vector: &Value) -> Transcript {
    let pair = &vector["pair"];
    Transcript {
        device: DeviceId::from_bytes(array(&vector["identity"]["device_id"])),
        server_nonce: array(&pair["server_nonce"]),
        device_nonce: array(&pair["device_nonce"]),
        server_key: array(&pair["server_key"]),
        device_key: array(&pair["device_key"]),
        identity: array(&vector["identity"]["key"]),
    }
}

fn keys(vector: &Value) -> Keys {
    let pair = &vector["pair"];
    let secret = PairingSecret::from_bytes(array(&pair["secret"]));
    Keys::new(&transcript(vector), &secret, &array(&pair["shared"])).unwrap()
}

#[test]
fn a_pairing_is_as_the_vectors_say() {
    for vector in vectors() {
        let pair = &vector["pair"];
        assert_eq!(device_id(&array(&vector["identity"]["key"])), transcript(&vector).device);
        assert_eq!(transcript(&vector).hash(), array(&pair["transcript"]));
        for (private, theirs) in [("server_private", "device_key"), ("device_private", "server_key")] {
            let private = PrivateKey::from_private_key(&X25519, &hex(&pair[private])).unwrap();
            let theirs = UnparsedPublicKey::new(&X25519, hex(&pair[theirs]));
            let shared = agree(&private, theirs, (), |shared| Ok(shared.to_vec())).unwrap();
            assert_eq!(shared, hex(&pair["shared"]));
        }
        assert_eq!(keys(&vector).device_proof(), array(&pair["device_proof"]));
        assert_eq!(keys(&vector).server_proof(), array(&pair["server_proof"]));
        let invitation = invitation_from_json(text(&pair["invitation"]).as_bytes()).unwrap();
        assert_eq!(invitation_to_json(&invitation), text(&pair["invitation"]).as_bytes());
        assert_eq!(keys(&vector).seal(&invitation).unwrap(), hex(&pair["sealed"]));
        assert_eq!(keys(&vector).open(hex(&pair["sealed"])), Some(invitation));
    }
}

#[test]
fn messages_are_read_and_written_as_the_vectors_say() {
    for vector in vectors() {
        let pair = &vector["pair"];
        let hello = Hello::new(array(&pair["server_nonce"]), array(&pair["server_key"]));
        assert_eq!(written(&hello), text(&pair["hello"]).as_bytes());
        assert_eq!(Hello::parse(text(&pair["hello"]).as_bytes()), Some(hello));
        let welcome = Welcome::parse(text(&pair["welcome"]).as_bytes()).unwrap();
        assert_eq!(welcome.identity.0, array(&vector["identity"]["key"]));
        assert_eq!(written(&welcome), text(&pair["welcome"]).as_bytes());
        let finish = Finish::parse(text(&pair["finish"]).as_bytes()).unwrap();
        assert_eq!(finish, Finish::new(array(&pair["server_proof"]), &hex(&pair["sealed"])));
        assert_eq!(finish.sealed(), Some(hex(&pair["sealed"])));
    }
}

#[test]
fn other_versions_further_fields_and_other_sizes_are_no_messages() {
    let hello = text(&vectors()[0]["pair"]["hello"]).to_owned();
    for (from, to) in [("\"v\":1", "\"v\":2"), ("\"v\":1", "\"v\":1,\"w\":1"), ("\"server_nonce\":\"", "\"server_nonce\":\"AAAA")]
    {
        assert_eq!(Hello::parse(hello.replace(from, to).as_bytes()), None, "{to}");
    }
    let long = format!("{hello}{}", " ".repeat(MESSAGE_BYTES_MAX));
    assert_eq!(Hello::parse(long.as_bytes()), None);
    let sealed = vec![0; SEALED_BYTES_MAX + 1];
    assert_eq!(Finish::new([0; 32], &sealed).sealed(), None);
    let invitation = text(&vectors()[0]["pair"]["invitation"]).replace("https", "http");
    assert_eq!(invitation_from_json(invitation.as_bytes()), None);
}

#[test]
fn a_flipped_bit_of_what_was_said_changes_every_key() {
    let vector = &vectors()[0];
    let right = transcript(vector);
    let secret = PairingSecret::from_bytes(array(&vector["pair"]["secret"]));
    let shared: [u8; 32] = array(&vector["pair"]["shared"]);
    let (device, server) = (keys(vector).device_proof(), keys(vector).server_proof());
    let mut flipped = vec![right; 6];
    flipped[0].device = DeviceId::from_bytes([0; 16]);
    flipped[1].server_nonce[0] ^= 1;
    flipped[2].device_nonce[31] ^= 128;
    flipped[3].server_key[7] ^= 1;
    flipped[4].device_key[7] ^= 1;
    flipped[5].identity[0] ^= 1;
    for transcript in flipped {
        let other = Keys::new(&transcript, &secret, &shared).unwrap();
        assert!(!proves(&other.device_proof(), &device) && !proves(&other.server_proof(), &server), "{transcript:?}");
        assert_eq!(other.open(hex(&vector["pair"]["sealed"])), None);
    }
    let mut other = *secret.expose();
    other[15] ^= 1;
    let other = Keys::new(&right, &PairingSecret::from_bytes(other), &shared).unwrap();
    assert!(!proves(&other.device_proof(), &device));
    for at in 0..hex(&vector["pair"]["sealed"]).len() {
        let mut sealed = hex(&vector["pair"]["sealed"]);
        sealed[at] ^= 1;
        assert_eq!(keys(vector).open(sealed), None, "byte {at}");
    }
}

#[test]
fn keys_that_agree_on_nothing_are_refused() {
    let part = || Part::new().unwrap();
    let (a, b) = (part(), part());
    let (of_a, of_b) = (a.public, b.public);
    assert_ne!(a.nonce, b.nonce);
    assert_eq!(a.agree(&of_b).unwrap(), b.agree(&of_a).unwrap());
    // Points of small order (RFC 7748, section 6.1): what is agreed on with them is nothing but zeros.
    let mut one = [0; 32];
    one[0] = 1;
    assert_eq!(part().agree(&[0; 32]), None);
    assert_eq!(part().agree(&one), None);
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(json in "(\\{|\"|v|:|1|,|[a-zA-Z_]|\\}){0,64}", bytes: Vec<u8>) {
        for json in [json.as_bytes(), &bytes] {
            let _ = (Hello::parse(json), Welcome::parse(json), Finish::parse(json), invitation_from_json(json));
        }
        prop_assert_eq!(keys(&vectors()[0]).open(bytes), None);
    }
}
