use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::Result;
use crate::fragment::Part;

/// A tool that uses the stable surface with a bearer token, as one outside would.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    /// `http://127.0.0.1:PORT`
    base: String,
    token: String,
}

impl Client {
    /// The owner's e-mail address.
    pub const EMAIL: &str = "owner@home.example";
    /// The owner's password.
    pub const PASSWORD: &str = "correct horse battery";

    /// First run: makes the owner's account.
    pub async fn set_up(base: &str) -> Result<Self> {
        Self::nobody(base)?.become_owner(None).await
    }

    /// First run by somebody who is not signed in; `code` where the server is not on loopback alone.
    pub async fn become_owner(self, code: Option<&str>) -> Result<Self> {
        let policy = self.get("/policy").await?;
        let form = json!({
            "email": Self::EMAIL, "password": Self::PASSWORD, "adult": true, "policy_version": policy["version"], "code": code,
        });
        let signed_in = self.post("/setup", &form).await?;
        Ok(Self { token: signed_in["token"].as_str().ok_or("the answer to set-up has no token")?.to_owned(), ..self })
    }

    /// The same person in a session of its own.
    pub async fn another_session(&self) -> Result<Self> {
        let form = json!({ "email": Self::EMAIL, "password": Self::PASSWORD });
        let signed_in = Self::nobody(&self.base)?.post("/session", &form).await?;
        Ok(Self { token: signed_in["token"].as_str().ok_or("the answer to sign-in has no token")?.to_owned(), ..self.clone() })
    }

    /// Somebody who is not signed in.
    pub fn nobody(base: &str) -> Result<Self> {
        // Fails where a test before has done it: then there is one already.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Self::anonymous(base, reqwest::Client::builder())
    }

    /// The same at a server that speaks TLS, whose authority's certificate (PEM) is trusted and no other.
    pub fn trusting(base: &str, authority: &[u8]) -> Result<Self> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Self::anonymous(base, reqwest::Client::builder().tls_certs_only([reqwest::Certificate::from_pem(authority)?]))
    }

    fn anonymous(base: &str, http: reqwest::ClientBuilder) -> Result<Self> {
        let http = http.timeout(Duration::from_secs(60)).build()?;
        Ok(Self { http, base: base.trim_end_matches('/').to_owned(), token: String::new() })
    }

    /// The same person at another address, as after a restart.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), ..self.clone() }
    }

    /// `path` under the API's prefix.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    /// What proves who asks, as the `Authorization` header wants it.
    #[must_use]
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// A request to a path under the API's prefix.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// GET; an answer other than 2xx is a failure with the problem in it.
    pub async fn get(&self, path: &str) -> Result<Value> {
        Ok(serde_json::from_slice(&self.bytes(path).await?)?)
    }

    /// GET of something that is no JSON.
    pub async fn bytes(&self, path: &str) -> Result<Bytes> {
        answered(path, self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        Ok(serde_json::from_slice(&answered(path, self.request(Method::POST, path).json(body)).await?)?)
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = answered(path, self.request(Method::PUT, path).json(body)).await?;
        Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer)? })
    }

    /// Gives or withdraws a consent, as a person does who read what it is for.
    pub async fn decide(&self, purpose: &str, given: bool) -> Result<Value> {
        let policy = self.get("/policy").await?;
        let decision = json!({ "given": given, "policy_version": policy["version"], "language": "en" });
        self.put(&format!("/privacy/consents/{purpose}"), &decision).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Result<()> {
        answered(path, self.request(Method::DELETE, path)).await.map(|_| ())
    }

    /// GET into a file.
    pub async fn save(&self, path: &str, to: &Path) -> Result<()> {
        Ok(std::fs::write(to, self.bytes(path).await?)?)
    }

    /// Adds a camera and returns its id.
    pub async fn add_camera(&self, camera: &Value) -> Result<String> {
        let added = self.post("/cameras", camera).await?;
        Ok(added["id"].as_str().ok_or("the new camera has no id")?.to_owned())
    }

    /// Waits until the camera's state is as `wanted` says, and returns it.
    pub async fn camera_state(&self, id: &str, within: Duration, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut last = Value::Null;
        let poll = async {
            let mut tick = tokio::time::interval(Duration::from_millis(100));
            loop {
                tick.tick().await;
                last = self.get(&format!("/cameras/{id}")).await?["state"].take();
                if wanted(&last) {
                    return Ok::<_, crate::Error>(());
                }
            }
        };
        match tokio::time::timeout(within, poll).await {
            Ok(Ok(())) => Ok(last),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(format!("camera {id} is still {last}").into()),
        }
    }

    /// Watches a camera by live parts.
    pub async fn watch(&self, camera: &str, stream: &str) -> Result<LiveView> {
        self.watch_with(camera, stream, None).await
    }

    /// Watches a camera over a connection that holds `buffer` bytes, so that a viewer who stops reading is soon felt.
    pub async fn watch_with(&self, camera: &str, stream: &str, buffer: Option<u32>) -> Result<LiveView> {
        let address: SocketAddr = self.base.trim_start_matches("http://").parse()?;
        let socket = TcpSocket::new_v4()?;
        if let Some(bytes) = buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        let url = self.url(&format!("/cameras/{camera}/live.ws?stream={stream}")).replacen("http", "ws", 1);
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("authorization", HeaderValue::from_str(&self.authorization())?);
        let (socket, _) = client_async(request, socket.connect(address).await?).await?;
        Ok(LiveView { socket })
    }
}

async fn answered(path: &str, request: RequestBuilder) -> Result<Bytes> {
    let answer = request.send().await?;
    let status = answer.status();
    let body = answer.bytes().await?;
    if status.is_success() { Ok(body) } else { Err(refused(path, status, &body)) }
}

fn refused(path: &str, status: StatusCode, body: &[u8]) -> crate::Error {
    format!("{path}: {status}: {}", String::from_utf8_lossy(body)).into()
}

/// A live view over WebSocket. What is not read stays in the sockets' buffers, as with a real viewer.
#[derive(Debug)]
pub struct LiveView {
    socket: WebSocketStream<TcpStream>,
}

/// What a live view is told.
#[derive(Debug, Clone)]
pub enum Told {
    /// What follows: `{"type":"format",..}`, or why it ends.
    Word(Value),
    /// An initialization segment.
    Init(Bytes),
    /// One access unit.
    Part(Part),
}

impl LiveView {
    /// The next message; `None` at the end. Cancel safe.
    pub async fn next(&mut self) -> Result<Option<Told>> {
        while let Some(message) = self.socket.next().await {
            return Ok(Some(match message? {
                Message::Text(text) => Told::Word(serde_json::from_str(&text)?),
                Message::Binary(bytes) if bytes.get(4..8) == Some(b"ftyp") => Told::Init(bytes),
                Message::Binary(bytes) => Told::Part(Part::read(&bytes)?),
                Message::Close(_) => return Ok(None),
                // Pings are answered by the library.
                _ => continue,
            }));
        }
        Ok(None)
    }
}
