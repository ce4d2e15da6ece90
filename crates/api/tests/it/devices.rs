//! A device comes by an invitation, calls in, and is let go.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::compat::{FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _};
use yamux::{Config, Connection, Mode};

use crate::house::{Answer, CERTIFICATE, House};

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

struct Device(Ed25519KeyPair);

impl Device {
    fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    fn id(&self) -> String {
        digest(&SHA256, self.0.public_key().as_ref()).as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn sign(&self, parts: &[&[u8]]) -> Vec<u8> {
        self.0.sign(&parts.concat()).as_ref().to_vec()
    }

    fn claim(&self, invitation: &Value) -> Value {
        let claim = URL_SAFE_NO_PAD.decode(invitation["claim"].as_str().unwrap()).unwrap();
        let signature = self.sign(&[b"atipcam claim v1\0", &claim, &CERTIFICATE.to_bytes()]);
        json!({
            "claim": invitation["claim"], "key": URL_SAFE_NO_PAD.encode(self.0.public_key()),
            "signature": URL_SAFE_NO_PAD.encode(signature), "name": "ATIP-1", "model": "M", "serial": "S",
            "username": "atipcam", "password": "its own", "main_path": "/main", "sub_path": "/sub", "onvif_path": null,
        })
    }

    /// Asks for a link: the status, and the socket behind it.
    async fn dial(&self, server: SocketAddr) -> (String, TcpStream) {
        let mut socket = TcpStream::connect(server).await.unwrap();
        let id = self.id();
        let head = format!(
            "GET /api/v1/devices/{id}/link HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: atipcam-link/1\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(socket.read_u8().await.unwrap());
        }
        (String::from_utf8(answer).unwrap().split(' ').nth(1).unwrap().to_owned(), socket)
    }

    async fn link(&self, server: SocketAddr) -> Option<TcpStream> {
        let (status, mut socket) = self.dial(server).await;
        assert_eq!(status, "101");
        let mut nonce = [0; 32];
        socket.read_exact(&mut nonce).await.unwrap();
        socket.write_all(&self.sign(&[b"atipcam link v1\0", &nonce, &CERTIFICATE.to_bytes()])).await.unwrap();
        (socket.read_u8().await.ok()? == 1).then_some(socket)
    }
}

async fn invite(house: &House) -> Value {
    let answer = house.json(Some(&house.owner), Method::POST, "/cameras/invitations", &json!({"name": "Gate"})).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (201, "no-store"));
    answer.json()
}

async fn claim(house: &House, form: &Value) -> Answer {
    house.json(None, Method::POST, "/devices", form).await
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invited_device_is_claimed_once_and_answered_the_same_again() {
    let house = House::new().await;
    let (invitation, device) = (invite(&house).await, Device::new());
    assert_eq!(invitation["server"], "https://127.0.0.1:8480");
    assert_eq!(invitation["certificate"], URL_SAFE_NO_PAD.encode(CERTIFICATE.to_bytes()));
    let path = format!("/cameras/invitations/{}", invitation["id"].as_str().unwrap());
    assert_eq!(house.get(&house.owner, &path).await.json(), json!({"state": "waiting"}));
    assert_eq!(house.get(&house.member, &path).await.status, 403);
    assert_eq!(house.get(&house.stranger, &path).await.status, 404);

    let unknown = json!({"claim": URL_SAFE_NO_PAD.encode([1; 16])});
    assert_eq!(code(&claim(&house, &device.claim(&unknown)).await), (404, "device.claim_unknown".into()));
    let mut forged = device.claim(&invitation);
    forged["key"] = URL_SAFE_NO_PAD.encode(Device::new().0.public_key()).into();
    assert_eq!(code(&claim(&house, &forged).await), (403, "device.signature_invalid".into()));
    let mut odd = device.claim(&invitation);
    odd["firmware"] = "1".into();
    assert_eq!(code(&claim(&house, &odd).await), (400, "request.invalid".into()));
    odd["firmware"] = "x".repeat(8 * 1024).into();
    assert_eq!(code(&claim(&house, &odd).await), (413, "request.too_large".into()));

    let first = claim(&house, &device.claim(&invitation)).await;
    assert_eq!((first.status.as_u16(), &first.json()["device_id"]), (201, &json!(device.id())));
    let again = claim(&house, &device.claim(&invitation)).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, first.json()));
    assert_eq!(code(&claim(&house, &Device::new().claim(&invitation)).await), (404, "device.claim_unknown".into()));
    let camera = first.json()["camera_id"].clone();
    assert_eq!(house.get(&house.owner, &path).await.json(), json!({"state": "claimed", "camera_id": camera}));
    let second = invite(&house).await;
    assert_eq!(code(&claim(&house, &device.claim(&second)).await), (409, "device.owned".into()));
    let path = format!("/cameras/invitations/{}", second["id"].as_str().unwrap());
    assert_eq!(house.json(Some(&house.owner), Method::DELETE, &path, &json!(null)).await.status, 204);
    assert_eq!(house.get(&house.owner, &path).await.status, 404);

    house.without_tls();
    let answer = house.json(Some(&house.owner), Method::POST, "/cameras/invitations", &json!({})).await;
    assert_eq!(code(&answer), (409, "device.needs_tls".into()));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_proves_itself_is_linked_and_is_told_when_its_owner_lets_it_go() {
    let house = House::new().await;
    let server = house.listen().await;
    let (invitation, device) = (invite(&house).await, Device::new());
    assert_eq!(device.dial(server).await.0, "404");
    let claimed = claim(&house, &device.claim(&invitation)).await.json();
    let path = format!("/cameras/{}", claimed["camera_id"].as_str().unwrap());
    let camera = house.get(&house.owner, &path).await.json();
    assert_eq!((&camera["link"]["state"], &camera["name"]), (&json!("down"), &json!("Gate")));

    // Another key: closed without a word.
    let (status, mut socket) = device.dial(server).await;
    assert_eq!(status, "101");
    let mut nonce = [0; 32];
    socket.read_exact(&mut nonce).await.unwrap();
    let forged = Device::new().sign(&[b"atipcam link v1\0", &nonce, &CERTIFICATE.to_bytes()]);
    socket.write_all(&forged).await.unwrap();
    assert_eq!(timeout(LONG, socket.read(&mut [0])).await.unwrap().unwrap_or(0), 0);

    let socket = device.link(server).await.unwrap();
    let told = tokio::spawn(async move {
        let mut connection = Connection::new(socket.compat(), Config::default(), Mode::Server);
        let (tell, mut told) = tokio::sync::mpsc::channel(1);
        loop {
            let stream = tokio::select! {
                line = told.recv() => return line,
                stream = poll_fn(|cx| connection.poll_next_inbound(cx)) => stream,
            };
            let Some(Ok(stream)) = stream else { return told.try_recv().ok() };
            let tell = tell.clone();
            tokio::spawn(async move {
                let mut stream = stream.compat();
                // The pull of its camera asks for RTSP, and finds none here.
                if stream.read_u8().await.unwrap() == 0 {
                    let mut line = String::new();
                    let _ = stream.read_to_string(&mut line).await;
                    let _ = tell.send(line).await;
                }
            });
        }
    });
    let up = async {
        while house.get(&house.owner, &path).await.json()["link"]["state"] != "up" {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, up).await.unwrap();

    let keep = format!("{path}?footage=keep");
    assert_eq!(house.json(Some(&house.owner), Method::DELETE, &path, &json!(null)).await.status, 400, "nothing was said");
    assert_eq!(house.json(Some(&house.owner), Method::DELETE, &keep, &json!(null)).await.status, 204);
    assert_eq!(timeout(LONG, told).await.unwrap().unwrap().as_deref(), Some("{\"release\":true}\n"));
    assert_eq!(device.dial(server).await.0, "410");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_that_is_no_label_is_said_as_the_first_step() {
    let house = House::new().await;
    let answer = house.json(Some(&house.owner), Method::POST, "/cameras/pair", &json!({"code": "https://example.org"})).await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let step = answer.json();
    assert_eq!((&step["step"], &step["state"], &step["code"]), (&json!("find"), &json!("failed"), &json!("device.code_invalid")));
    house.close().await;
}
