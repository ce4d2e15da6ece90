//! Pairing by label, from the server's side to the camera's, over HTTP.

use std::net::{Ipv4Addr, SocketAddr};

use cameras::pair::{PairError, pair, wire};
use device::onboarding::{Invitation, kept};
use device::{Config, Identity, Onvif, Standing};
use domain::onboarding::{ClaimToken, Fingerprint, Label, PairingSecret, ServerUrl};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::home::{Home, Shown};
use crate::link::{camera, stands};
use crate::{start, test_scene};

/// A server that nobody answers at.
fn invitation() -> Invitation {
    Invitation {
        server: ServerUrl::new("https://127.0.0.1:1").unwrap(),
        certificate: Fingerprint::from_bytes([7; 32]),
        claim: ClaimToken::from_bytes([9; 16]),
    }
}

#[tokio::test]
async fn a_label_pairs_a_camera_until_it_has_an_owner() {
    let (home, dir) = (Home::start(Shown::default()).await, tempfile::tempdir().unwrap());
    let camera = camera(dir.path()).await;
    let (address, label) = (camera.onvif_addr().unwrap(), Identity::open(dir.path()).unwrap().label().clone());
    assert_eq!(pair(address, &label, &invitation()).await, Ok(()));
    assert_eq!(kept(dir.path()).unwrap(), Some(invitation()));
    // That server is not there: who holds the label may name another one.
    assert_eq!(pair(address, &label, &home.invitation(home.authority)).await, Ok(()));
    let claimed = home.claim(home.authority).await;
    let link = home.link(home.authority, &claimed).await;
    stands(&camera, |standing| matches!(standing, Standing::Linked(_))).await;
    assert_eq!(pair(address, &label, &invitation()).await, Err(PairError::Owned));
    let _control = link.open(0, "{\"release\":true}\n").await;
    stands(&camera, |standing| matches!(standing, Standing::Released(_))).await;
    assert_eq!(pair(address, &label, &invitation()).await, Ok(()));
}

#[tokio::test]
async fn another_label_is_refused_before_anything_is_handed_over() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let camera = camera(dir.path()).await;
    let address = camera.onvif_addr().unwrap();
    let label = Identity::open(dir.path()).unwrap().label().clone();
    let other = Identity::open(other.path()).unwrap().label().clone();
    let wrong = Label { secret: PairingSecret::from_bytes([0; 16]), ..label.clone() };
    assert_eq!(pair(address, &other, &invitation()).await, Err(PairError::ProofInvalid));
    assert_eq!(pair(address, &wrong, &invitation()).await, Err(PairError::Busy), "the first one is not over");
    assert_eq!(kept(dir.path()).unwrap(), None);
    assert_eq!(*camera.standing().unwrap().borrow(), Standing::Unowned);

    let wordless = start(Config { onvif: Some(Onvif::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))), ..test_scene() }).await;
    let answered = pair(wordless.onvif_addr().unwrap(), &label, &invitation()).await;
    assert_eq!(answered, Err(PairError::Unreachable("status 404".into())));
}

#[tokio::test]
async fn who_does_not_know_the_secret_gets_nothing_from_a_server() {
    let dir = tempfile::tempdir().unwrap();
    let label = Identity::open(dir.path()).unwrap().label().clone();
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../../../../docs/device-link-vectors.json")).unwrap();
    let own = Label::parse(vectors[0]["pair"]["label"].as_str().unwrap().as_bytes()).unwrap();
    let welcome = vectors[0]["pair"]["welcome"].as_str().unwrap().to_owned();
    // Another camera's words, and the right camera's from another day.
    for label in [label, own] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{welcome}", welcome.len());
        let liar = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let length = socket.read(&mut asked).await.unwrap();
            assert!(asked[..length].starts_with(b"POST /atipcam/pair HTTP/1.1\r\n"));
            socket.write_all(answer.as_bytes()).await.unwrap();
            listener
        });
        assert_eq!(pair(address, &label, &invitation()).await, Err(PairError::ProofInvalid));
        let listener = liar.await.unwrap();
        let again = tokio::time::timeout(std::time::Duration::from_millis(1), listener.accept()).await;
        assert!(again.is_err(), "it was asked once");
    }
    assert_eq!(wire::PATH, "/atipcam/pair");
}
