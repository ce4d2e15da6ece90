//! Hostile devices: each a row, each refused with its reason, within its bounds.

use std::net::SocketAddr;
use std::sync::Arc;

use cameras::onvif::{Camera, Cause, OnvifError};
use domain::SystemClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A device that answers every request by these bytes and then, for ever, by those.
async fn device(first: Vec<u8>, then: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (first, then) = (first.clone(), then.clone());
            tokio::spawn(async move {
                let mut buffer = [0; 8192];
                let _ = socket.read(&mut buffer).await;
                let mut more = socket.write_all(&first).await.is_ok();
                while more && !then.is_empty() {
                    more = socket.write_all(&then).await.is_ok();
                }
            });
        }
    });
    address
}

async fn refusal(first: &str, then: &str) -> OnvifError {
    let address = device(first.into(), then.into()).await;
    let url = format!("http://{address}/onvif/device_service");
    Camera::connect(&url, Some(("admin", &"hunter2".into())), Arc::new(SystemClock)).await.unwrap_err()
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn what_hostile_devices_answer_is_refused_with_its_reason() {
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    let rows: Vec<(&str, String, String, Cause)> = vec![
        (
            "XML bomb",
            ok(
                "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Envelope><Body>&b;</Body></Envelope>",
            ),
            String::new(),
            Cause::Answer("it declares a document type, which is never needed and not read".into()),
        ),
        (
            "elements in elements",
            ok(&format!("<?xml version=\"1.0\"?>{}", "<Envelope>".repeat(50_000))),
            String::new(),
            Cause::Answer("its elements lie more than 32 deep".into()),
        ),
        (
            "100 MB, as announced",
            "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n".into(),
            "x".repeat(65_536),
            Cause::TooLarge(1_048_576),
        ),
        (
            "more than there is",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n".into(),
            String::new(),
            Cause::NotOnvif,
        ),
        ("no end", "HTTP/1.1 200 OK\r\n\r\n".into(), "x".repeat(65_536), Cause::TooLarge(1_048_576)),
        ("endless chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".into(), chunk, Cause::TooLarge(1_048_576)),
        (
            "a chunk of 16 EB",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n".into(),
            String::new(),
            Cause::TooLarge(1_048_576),
        ),
        (
            "an endless chunk line",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".into(),
            "1".repeat(4096),
            Cause::NotOnvif,
        ),
        ("an endless head", "HTTP/1.1 200 OK\r\n".into(), format!("X: {}\r\n", "x".repeat(4096)), Cause::TooLarge(16_384)),
        ("interim answers for ever", String::new(), "HTTP/1.1 100 Continue\r\n\r\n".into(), Cause::TooLarge(1_048_576)),
        (
            "a redirect to another host",
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data\r\nContent-Length: 0\r\n\r\n".into(),
            String::new(),
            Cause::Redirected(302),
        ),
        ("a web page", ok("<!doctype html><p>hello"), String::new(), Cause::NotOnvif),
        ("a picture", ok("\u{7f}PNG\r\n"), String::new(), Cause::NotOnvif),
        ("RTSP", "RTSP/1.0 400 Bad Request\r\n\r\n".into(), String::new(), Cause::NotOnvif),
        ("somebody else's SOAP", ok("<Envelope><Body><Hello/></Body></Envelope>"), String::new(), Cause::NotOnvif),
    ];
    for (name, first, then, cause) in rows {
        assert_eq!(refusal(&first, &then).await.cause, cause, "{name}");
    }
}

#[tokio::test]
async fn silence_ends_in_time() {
    tokio::time::pause();
    let address = device(Vec::new(), Vec::new()).await;
    let closed = Camera::connect(&format!("http://{address}"), None, Arc::new(SystemClock)).await.unwrap_err();
    assert_eq!(closed.cause.code(), "camera.offline");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let silent = Camera::connect(&format!("http://{address}"), None, Arc::new(SystemClock)).await.unwrap_err();
    assert_eq!(silent.cause.code(), "camera.timeout");
}

#[tokio::test]
async fn addresses_that_no_camera_has_are_not_asked() {
    for (url, code) in [
        ("http://169.254.169.254/", "camera.url_invalid"),
        ("http://[fd00:ec2::254]/", "camera.url_invalid"),
        ("http://0.0.0.0/", "camera.url_invalid"),
        ("http://224.0.0.251/", "camera.url_invalid"),
        ("http://255.255.255.255/", "camera.url_invalid"),
        ("ftp://10.0.0.1/", "camera.url_invalid"),
        ("http://", "camera.url_invalid"),
        ("https://10.0.0.1/", "camera.tls_unsupported"),
    ] {
        let error = Camera::connect(url, None, Arc::new(SystemClock)).await.unwrap_err();
        assert_eq!(error.cause.code(), code, "{url}");
    }
}
