//! A server that cameras come home to, as small as can be: TLS, a claim, a link.

use std::future::poll_fn;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::onboarding::{ClaimToken, Fingerprint, Invitation, ServerUrl};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, SupportedProtocolVersion};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _};

pub(crate) const CLAIM: [u8; 16] = [9; 16];
/// What is waited for at most; a camera calls within milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type Wire = BufStream<TlsStream<TcpStream>>;
pub(crate) type Stream = Compat<yamux::Stream>;

/// How a server's certificate is.
pub(crate) struct Shown {
    pub(crate) name: &'static str,
    pub(crate) ended: bool,
    pub(crate) version: &'static SupportedProtocolVersion,
}

impl Default for Shown {
    fn default() -> Self {
        Self { name: "127.0.0.1", ended: false, version: &rustls::version::TLS13 }
    }
}

pub(crate) struct Home {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    pub(crate) leaf: Fingerprint,
    pub(crate) authority: Fingerprint,
}

fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    Fingerprint::from_bytes(digest(&SHA256, certificate).as_ref().try_into().unwrap())
}

impl Home {
    pub(crate) async fn start(shown: Shown) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let authority = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![shown.name.to_owned()]).unwrap();
        if shown.ended {
            params.not_after = date_time_ymd(2001, 1, 1);
        }
        let leaf = params.signed_by(&key, &issuer).unwrap();
        let chain = vec![leaf.der().clone(), authority.der().clone()];
        let (leaf, authority) = (fingerprint(leaf.der()), fingerprint(authority.der()));
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[shown.version]).unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)), leaf, authority }
    }

    pub(crate) fn invitation(&self, certificate: Fingerprint) -> Invitation {
        let port = self.listener.local_addr().unwrap().port();
        let server = ServerUrl::new(&format!("https://127.0.0.1:{port}")).unwrap();
        Invitation { server, certificate, claim: ClaimToken::from_bytes(CLAIM) }
    }

    /// The next connection; an error where the camera refused the certificate.
    pub(crate) async fn accept(&self) -> io::Result<Wire> {
        let (socket, _) = timeout(PATIENCE, self.listener.accept()).await.expect("nobody called")?;
        Ok(BufStream::new(self.acceptor.accept(socket).await?))
    }

    /// Takes a claim, and returns what it said.
    pub(crate) async fn claim(&self, certificate: Fingerprint) -> Value {
        let mut wire = self.accept().await.unwrap();
        let (head, body) = request(&mut wire).await;
        assert!(head.starts_with("POST /api/v1/devices HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("Content-Type: application/json"), "{head}");
        let body: Value = serde_json::from_slice(&body).unwrap();
        let signed = [b"atipcam claim v1\0".as_slice(), &CLAIM, &certificate.to_bytes()].concat();
        UnparsedPublicKey::new(&ED25519, bytes(&body["key"])).verify(&signed, &bytes(&body["signature"])).unwrap();
        assert_eq!(bytes(&body["claim"]), CLAIM);
        let answer = format!(r#"{{"device_id":"{}","camera_id":"0f0e0d0c-1"}}"#, device_of(&body));
        respond(&mut wire, "201 Created", &answer).await;
        body
    }

    /// Takes a link from the device with that key.
    pub(crate) async fn link(&self, certificate: Fingerprint, claimed: &Value) -> Linked {
        let mut wire = self.accept().await.unwrap();
        let (head, _) = request(&mut wire).await;
        assert!(head.starts_with(&format!("GET /api/v1/devices/{}/link HTTP/1.1\r\n", device_of(claimed))), "{head}");
        assert!(head.contains("Connection: Upgrade\r\nUpgrade: atipcam-link/1\r\n"), "{head}");
        wire.write_all(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: atipcam-link/1\r\n\r\n")
            .await
            .unwrap();
        let nonce = [5; 32];
        wire.write_all(&nonce).await.unwrap();
        wire.flush().await.unwrap();
        let mut signature = [0; 64];
        wire.read_exact(&mut signature).await.unwrap();
        let signed = [b"atipcam link v1\0".as_slice(), &nonce, &certificate.to_bytes()].concat();
        UnparsedPublicKey::new(&ED25519, bytes(&claimed["key"])).verify(&signed, &signature).unwrap();
        wire.write_all(&[1]).await.unwrap();
        wire.flush().await.unwrap();
        let (open, asked) = mpsc::channel(1);
        Linked { open, driver: tokio::spawn(drive(wire, asked)) }
    }
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

fn device_of(claimed: &Value) -> String {
    digest(&SHA256, &bytes(&claimed["key"])).as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Head and body of a request.
pub(crate) async fn request(wire: &mut Wire) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(wire.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    wire.read_exact(&mut body).await.unwrap();
    (head, body)
}

pub(crate) async fn respond(wire: &mut Wire, status: &str, body: &str) {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    wire.write_all(answer.as_bytes()).await.unwrap();
    wire.flush().await.unwrap();
}

/// The server's end of a link. It is cut when this is dropped.
pub(crate) struct Linked {
    open: mpsc::Sender<oneshot::Sender<yamux::Stream>>,
    driver: JoinHandle<()>,
}

impl Drop for Linked {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Linked {
    /// Opens a stream to a service, and says something there.
    pub(crate) async fn open(&self, service: u8, says: &str) -> Stream {
        let (give, take) = oneshot::channel();
        self.open.send(give).await.unwrap();
        let mut stream = take.await.unwrap().compat();
        stream.write_all(&[&[service], says.as_bytes()].concat()).await.unwrap();
        stream.flush().await.unwrap();
        stream
    }

    /// Returns when the camera ended the link.
    pub(crate) async fn ended(mut self) {
        timeout(PATIENCE, &mut self.driver).await.expect("the link goes on").unwrap();
    }
}

async fn drive(wire: Wire, mut asked: mpsc::Receiver<oneshot::Sender<yamux::Stream>>) {
    let mut link = yamux::Connection::new(wire.compat(), yamux::Config::default(), yamux::Mode::Client);
    loop {
        tokio::select! {
            Some(give) = asked.recv() => {
                let Ok(stream) = poll_fn(|cx| link.poll_new_outbound(cx)).await else { return };
                let _ = give.send(stream);
            }
            opened = poll_fn(|cx| link.poll_next_inbound(cx)) => match opened {
                Some(Ok(_)) => panic!("the camera opened a stream"),
                _ => return,
            },
        }
    }
}
