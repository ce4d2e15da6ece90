//! Trying an address: the steps that a person sees.

use std::sync::Arc;

use cameras::probe::{Event, Seen, probe};
use domain::{StreamName, SystemClock};
use tokio::sync::mpsc;

use super::camera;
use super::script::{Reply, server};

/// The steps that ended, the last one's error, and what was seen.
async fn steps(url: &str) -> (Vec<&'static str>, Option<&'static str>, Option<Box<Seen>>) {
    let (sender, mut events) = mpsc::channel(32);
    let found = probe(url, None, None, Arc::new(SystemClock), &sender).await;
    drop(sender);
    let (mut steps, mut failure, mut found_seen) = (Vec::new(), None, None);
    let mut running = None;
    while let Some(event) = events.recv().await {
        match event {
            Event::Running(step) => running = Some(step),
            Event::Done(step, _) => {
                assert_eq!(running, Some(step));
                steps.push(step.as_str());
            }
            Event::Failed(step, _, error) => {
                assert_eq!(running, Some(step));
                steps.push(step.as_str());
                failure = Some(error.code());
            }
            Event::Seen(seen) => found_seen = Some(seen),
        }
    }
    assert_eq!(found, failure.is_none());
    (steps, failure, found_seen)
}

#[tokio::test]
async fn a_good_camera_passes_all_steps_and_is_measured() {
    let camera = camera(|config| config.audio = device::Audio::Pcmu).await;
    let (steps, failure, seen) = steps(&camera.url(StreamName::Main)).await;
    assert_eq!((steps, failure), (vec!["address", "connect", "sign_in", "describe", "picture"], None));
    let seen = seen.unwrap();
    assert!(seen.picture.key && seen.audio_problem.is_none());
    assert_eq!(seen.facts.gop_s, Some(1.0));
    assert!((24.0..26.0).contains(&seen.facts.fps.unwrap()));
    assert!(seen.warnings.is_empty(), "{:?}", seen.warnings);
}

#[tokio::test]
async fn a_failure_names_its_step_and_its_cause() {
    let wrong = camera(|config| config.credentials = Some(("admin".into(), "right".into()))).await;
    let garbage = camera(|config| config.faults.sdp = device::SdpFault::Garbage).await;
    let missing = server(|_| Reply::status("404 Not Found")).await;
    for (url, last, code) in [
        ("cam".to_owned(), "address", "camera.url_invalid"),
        ("rtsps://127.0.0.1/".to_owned(), "address", "camera.tls_unsupported"),
        ("rtsp://no-such-camera.invalid/".to_owned(), "address", "camera.unreachable"),
        ("rtsp://127.0.0.1:1/".to_owned(), "connect", "camera.refused"),
        (wrong.url(StreamName::Main), "sign_in", "camera.credentials_needed"),
        (wrong.url_as(StreamName::Main, "admin", "wrong"), "sign_in", "camera.credentials_wrong"),
        (garbage.url(StreamName::Main), "describe", "camera.sdp_invalid"),
        (format!("rtsp://{missing}/"), "describe", "camera.path_not_found"),
    ] {
        let (steps, failure, seen) = steps(&url).await;
        assert_eq!((steps.last().copied(), failure), (Some(last), Some(code)), "{url}");
        assert!(seen.is_none());
    }
}

#[tokio::test]
async fn a_probe_ends_when_nobody_listens() {
    let address = server(|_| Reply::Silence).await;
    let (sender, receiver) = mpsc::channel(32);
    drop(receiver);
    assert!(!probe(&format!("rtsp://{address}/"), None, None, Arc::new(SystemClock), &sender).await);
}
