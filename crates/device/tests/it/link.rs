//! From an invitation to a link, and what becomes of that.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use device::onboarding::{keep, kept};
use device::{Config, Identity, LinkError, Onvif, Redial, Running, Standing};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::home::{Home, Linked, PATIENCE, Shown, Stream, request, respond};
use crate::{start, test_scene};

const OPTIONS: &str = "OPTIONS rtsp://camera/main RTSP/1.0\r\nCSeq: 1\r\n\r\n";

/// A camera of that folder, which calls again at once.
pub(crate) async fn camera(dir: &Path) -> Running {
    let redial = Redial { first: Duration::from_millis(1), most: Duration::from_millis(20) };
    let onvif = Some(Onvif::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
    start(Config { identity: Some(Identity::open(dir).unwrap()), redial, onvif, ..test_scene() }).await
}

/// Waits until it stands so, and says how exactly.
pub(crate) async fn stands(camera: &Running, so: impl Fn(&Standing) -> bool) -> Standing {
    let mut standing = camera.standing().unwrap();
    let found = timeout(PATIENCE, standing.wait_for(|standing| so(standing))).await;
    let found = found.map(|found| found.unwrap().clone());
    found.unwrap_or_else(|_| panic!("it stands otherwise: {:?}", camera.standing().unwrap().borrow().clone()))
}

fn is_linked(standing: &Standing) -> bool {
    matches!(standing, Standing::Linked(_))
}

/// A camera that belongs to a server, what it claimed with, and its link.
async fn linked(home: &Home, dir: &Path) -> (Running, Value, Linked) {
    keep(dir, &home.invitation(home.authority)).unwrap();
    let camera = camera(dir).await;
    let claimed = home.claim(home.authority).await;
    let link = home.link(home.authority, &claimed).await;
    stands(&camera, is_linked).await;
    (camera, claimed, link)
}

async fn hears(stream: &mut Stream, begins: &str) {
    let mut heard = vec![0; begins.len()];
    timeout(PATIENCE, stream.read_exact(&mut heard)).await.unwrap().unwrap();
    assert_eq!(String::from_utf8_lossy(&heard), begins);
}

/// A stream that the camera closed says nothing more.
async fn is_closed(stream: &mut Stream) {
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the stream goes on");
    assert!(rest.is_empty(), "{rest:?}");
}

#[tokio::test]
async fn an_invited_camera_claims_links_and_serves_through_its_link() {
    let (home, dir) = (Home::start(Shown::default()).await, tempfile::tempdir().unwrap());
    let (camera, claimed, link) = linked(&home, dir.path()).await;
    let identity = Identity::open(dir.path()).unwrap();
    let (user, password) = identity.credentials();
    assert_eq!((&claimed["username"], &claimed["password"]), (&user.into(), &password.expose().into()));
    assert_eq!((&claimed["main_path"], &claimed["sub_path"]), (&"/main".into(), &"/sub".into()));
    assert_eq!(claimed["onvif_path"], "/onvif/device_service");
    assert_eq!(kept(dir.path()).unwrap(), None, "the token is gone");

    let mut rtsp = link.open(1, OPTIONS).await;
    hears(&mut rtsp, "RTSP/1.0 200 OK\r\n").await;
    rtsp.write_all(b"DESCRIBE rtsp://camera/main RTSP/1.0\r\nCSeq: 2\r\n\r\n").await.unwrap();
    let mut answers = String::new();
    while !answers.contains("401 Unauthorized") {
        let mut some = [0; 256];
        let length = timeout(PATIENCE, rtsp.read(&mut some)).await.unwrap().unwrap();
        assert!(length > 0, "{answers}");
        answers.push_str(&String::from_utf8_lossy(&some[..length]));
    }
    let mut onvif = link.open(2, "GET /onvif/snapshot/main HTTP/1.1\r\nHost: camera\r\n\r\n").await;
    hears(&mut onvif, "HTTP/1.1 401 Unauthorized\r\n").await;
    is_closed(&mut link.open(9, "").await).await;
    camera.shutdown().await;
}

#[tokio::test]
async fn a_link_that_is_cut_is_made_again_also_by_a_camera_that_starts_anew() {
    let (home, dir) = (Home::start(Shown::default()).await, tempfile::tempdir().unwrap());
    let (camera, claimed, link) = linked(&home, dir.path()).await;
    drop(link);
    let link = home.link(home.authority, &claimed).await;
    hears(&mut link.open(1, OPTIONS).await, "RTSP/1.0 200 OK\r\n").await;
    stands(&camera, is_linked).await;
    camera.shutdown().await;
    link.ended().await;

    let camera = crate::link::camera(dir.path()).await;
    let link = home.link(home.authority, &claimed).await;
    hears(&mut link.open(1, OPTIONS).await, "RTSP/1.0 200 OK\r\n").await;
    assert!(camera.invite(home.invitation(home.leaf)).await.is_err_and(|error| error.code() == "device.owned"));
}

#[tokio::test]
async fn a_link_has_32_streams_at_most_and_one_too_many_harms_no_other() {
    let (home, dir) = (Home::start(Shown::default()).await, tempfile::tempdir().unwrap());
    let (_camera, _, link) = linked(&home, dir.path()).await;
    let mut streams = Vec::new();
    for _ in 0..32 {
        let mut stream = link.open(1, OPTIONS).await;
        hears(&mut stream, "RTSP/1.0 200 OK\r\n").await;
        streams.push(stream);
    }
    is_closed(&mut link.open(1, OPTIONS).await).await;
    streams.swap_remove(7).shutdown().await.unwrap();
    let mut free = false;
    while !free {
        let mut stream = link.open(1, OPTIONS).await;
        free = timeout(PATIENCE, stream.read_u8()).await.unwrap().is_ok();
    }
    streams[0].write_all(OPTIONS.as_bytes()).await.unwrap();
    assert!(timeout(PATIENCE, streams[0].read_u8()).await.unwrap().is_ok());
}

#[tokio::test]
async fn a_released_camera_forgets_its_owner_whichever_way_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::start(Shown::default()).await;
    let (camera, claimed, link) = linked(&home, dir.path()).await;
    let _control = link.open(0, "{\"hello\":1}\n{\"release\":true}\n").await;
    stands(&camera, |standing| matches!(standing, Standing::Released(_))).await;
    link.ended().await;
    assert!(!dir.path().join("owner.json").exists());

    camera.invite(home.invitation(home.authority)).await.unwrap();
    let again = home.claim(home.authority).await;
    assert_ne!(again["password"], claimed["password"], "who owned it plays it no more");
    assert_eq!(again["key"], claimed["key"]);
    stands(&camera, |standing| matches!(standing, Standing::Calling(_))).await;
    let mut wire = home.accept().await.unwrap();
    request(&mut wire).await;
    respond(&mut wire, "410 Gone", r#"{"code":"device.released"}"#).await;
    stands(&camera, |standing| matches!(standing, Standing::Released(_))).await;
    assert!(!dir.path().join("owner.json").exists());
}

#[tokio::test]
async fn an_invitation_ends_by_the_servers_word_and_by_nobody_elses() {
    let (home, dir) = (Home::start(Shown::default()).await, tempfile::tempdir().unwrap());
    let camera = camera(dir.path()).await;
    stands(&camera, |standing| *standing == Standing::Unowned).await;
    let invitation = home.invitation(home.authority);
    camera.invite(invitation.clone()).await.unwrap();
    for (status, body) in [("404 Not Found", "<html>"), ("503 Service Unavailable", "{}"), ("201 Created", "{}")] {
        let mut wire = home.accept().await.unwrap();
        request(&mut wire).await;
        respond(&mut wire, status, body).await;
        stands(&camera, |standing| matches!(standing, Standing::Unanswered(..) | Standing::Invited(_))).await;
        assert_eq!(kept(dir.path()).unwrap().as_ref(), Some(&invitation), "{status}");
    }
    let mut wire = home.accept().await.unwrap();
    request(&mut wire).await;
    respond(&mut wire, "404 Not Found", r#"{"code":"device.claim_unknown"}"#).await;
    let refused = stands(&camera, |standing| matches!(standing, Standing::Refused(..))).await;
    assert_eq!(refused, Standing::Refused(invitation.server, LinkError::Refused("device.claim_unknown".into())));
    timeout(PATIENCE, async {
        while kept(dir.path()).unwrap().is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_server_with_another_certificate_is_told_nothing() {
    let other = Home::start(Shown::default()).await;
    for (shown, pinned) in [
        (Shown::default(), None),
        (Shown { name: "127.0.0.2", ..Shown::default() }, Some(true)),
        (Shown { ended: true, ..Shown::default() }, Some(true)),
        (Shown { version: &rustls::version::TLS12, ..Shown::default() }, Some(false)),
    ] {
        let (home, dir) = (Home::start(shown).await, tempfile::tempdir().unwrap());
        let certificate = pinned.map_or(other.authority, |authority| if authority { home.authority } else { home.leaf });
        keep(dir.path(), &home.invitation(certificate)).unwrap();
        let camera = camera(dir.path()).await;
        assert!(home.accept().await.is_err(), "{pinned:?}");
        let standing = stands(&camera, |standing| matches!(standing, Standing::Unanswered(..))).await;
        let Standing::Unanswered(_, why) = standing else { unreachable!() };
        assert!(matches!(why, LinkError::OtherCertificate | LinkError::Tls(_)), "{why:?}");
        assert_eq!(why == LinkError::OtherCertificate, pinned != Some(false), "{why:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_named_itself_is_taken_as_it_is() {
    let home = Home::start(Shown { name: "somewhere.example.org", ended: true, ..Shown::default() }).await;
    let dir = tempfile::tempdir().unwrap();
    keep(dir.path(), &home.invitation(home.leaf)).unwrap();
    let camera = camera(dir.path()).await;
    let claimed = home.claim(home.leaf).await;
    let _link = home.link(home.leaf, &claimed).await;
    stands(&camera, is_linked).await;
}
