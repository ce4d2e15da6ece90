use std::os::unix::fs::PermissionsExt as _;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn read(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).unwrap()
}

#[test]
fn a_certificate_is_kept_until_its_names_or_its_time_are_over() {
    let dir = tempfile::tempdir().unwrap();
    let first = own(dir.path(), &names(&["localhost", "192.168.1.5"]), NOW).unwrap();
    let (authority, server) = (read(dir.path(), "authority.pem"), read(dir.path(), "server.pem"));

    let again = own(dir.path(), &names(&["localhost", "192.168.1.5"]), NOW + DAY).unwrap();
    assert_eq!(read(dir.path(), "server.pem"), server);
    assert_eq!(first.fingerprint, again.fingerprint);

    for (names, now) in [(names(&["localhost"]), NOW), (names(&["localhost", "192.168.1.5"]), NOW + LIFE - RENEW_BEFORE + DAY)] {
        let before = read(dir.path(), "server.pem");
        let renewed = own(dir.path(), &names, now).unwrap();
        assert_ne!(read(dir.path(), "server.pem"), before);
        assert_eq!((read(dir.path(), "authority.pem"), renewed.fingerprint), (authority.clone(), first.fingerprint.clone()));
    }
}

#[test]
fn keys_are_for_us_alone() {
    let dir = tempfile::tempdir().unwrap();
    own(dir.path(), &names(&["localhost"]), NOW).unwrap();
    for file in ["authority.key", "server.pem"] {
        assert_eq!(dir.path().join(file).metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file}");
    }
}

#[test]
fn the_authority_vouches_for_private_networks_only() {
    for name in
        ["localhost", "nas.local", "a.b.lan", "127.0.0.1", "10.1.2.3", "172.31.0.1", "100.127.0.1", "::1", "fd12::1", "fe80::1"]
    {
        assert!(is_private(name), "{name}");
    }
    for name in ["example.org", "xlocal", "evil-lan", "8.8.8.8", "172.32.0.1", "11.0.0.1", "2001:db8::1", "::2", ""] {
        assert!(!is_private(name), "{name}");
    }
    let dir = tempfile::tempdir().unwrap();
    own(dir.path(), &names(&["nas.local", "example.org", "8.8.8.8"]), NOW).unwrap();
    assert!(read(dir.path(), "server.pem").starts_with("names: nas.local\n"));
}

#[test]
fn a_given_file_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    own(dir.path(), &names(&["localhost"]), NOW).unwrap();
    let (cert, key) = (dir.path().join("server.pem"), dir.path().join("authority.key"));
    assert!(given(&cert, &cert).is_ok());
    for (cert, key, named) in
        [(&cert, &dir.path().join("none.pem"), "none.pem"), (&cert, &key, "server.pem"), (&key, &key, "authority.key")]
    {
        let error = given(cert, key).unwrap_err();
        assert!(error.detail().contains(named), "{error}");
    }
}

#[test]
fn whatever_leaves_the_machine_is_encrypted() {
    let _proof = evidence::proves("C-3.a.3.b", "transport.tls");
    assert!(needed(Network::Lan));
    assert!(!needed(Network::Loopback));
}
