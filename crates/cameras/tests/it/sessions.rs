//! What is said to a camera, and how its answers are taken.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::script::{self, H264, Reply, header, packet, sdp, server};
use super::{pictures, source};

/// A key picture of four bytes.
const KEY: &[u8] = &[0x65, 0x88, 1, 2];

/// The requests that a camera heard.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn note(&self, request: &str) {
        self.0.lock().unwrap().push(request.to_owned());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn lines(&self) -> Vec<String> {
        self.all().iter().map(|request| request.lines().next().unwrap_or_default().to_owned()).collect()
    }
}

/// A camera that plays `packets`, whose answers `change` may change first.
async fn camera(
    packets: Vec<u8>,
    change: impl Fn(&str) -> Option<Reply> + Clone + Send + 'static,
) -> (std::net::SocketAddr, Heard) {
    let heard = Heard::default();
    let (log, mut plays) = (heard.clone(), script::playing(sdp(&[H264]), None, packets));
    let address = server(move |request| {
        log.note(request);
        change(request).unwrap_or_else(|| plays(request))
    })
    .await;
    (address, heard)
}

fn setup(session: &str) -> Option<Reply> {
    Some(Reply::Answer("200 OK", format!("Transport: RTP/AVP/TCP;interleaved=0-1\r\nSession: {session}\r\n"), String::new()))
}

#[tokio::test(start_paused = true)]
async fn a_session_is_kept_alive_as_its_camera_can_and_ended() {
    let (address, heard) = camera(packet(0, 96, 0, 0, KEY), |request| match request.split(' ').next() {
        Some("SETUP") => setup("ab12;timeout=5"),
        Some("OPTIONS") => Some(Reply::Answer("200 OK", "Public: PLAY, SET_PARAMETER,GET_PARAMETER\r\n".into(), String::new())),
        _ => None,
    })
    .await;
    let mut source = source(&format!("rtsp://{address}/"), None, false);
    let mut stream = source.open().await.unwrap();
    pictures(&mut stream, 1).await;
    assert_eq!(stream.next().await.unwrap_err().code(), "camera.stalled");
    drop(stream);
    source.close(Duration::from_secs(5)).await;
    let lines = heard.lines();
    let methods: Vec<_> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(methods[..4], ["DESCRIBE", "SETUP", "PLAY", "OPTIONS"], "{methods:?}");
    let last = methods.len() - 1;
    assert!(methods[4..last].contains(&"GET_PARAMETER"), "{methods:?}");
    assert_eq!(methods[last], "TEARDOWN");
    assert!(heard.all()[2..].iter().all(|request| header(request, "Session") == Some("ab12")));
}

#[tokio::test]
async fn frames_that_come_before_the_answer_count() {
    let (address, _) = camera(packet(0, 96, 1, 3600, &[0x41, 0x9a, 1]), |request| {
        let early = request.starts_with("PLAY").then(|| packet(0, 96, 0, 0, KEY))?;
        let answer = format!("RTSP/1.0 200 OK\r\nCSeq: {}\r\n\r\n", header(request, "CSeq")?);
        Some(Reply::Raw([early, answer.into_bytes(), packet(0, 96, 1, 3600, &[0x41, 0x9a, 1])].concat()))
    })
    .await;
    let mut source = source(&format!("rtsp://{address}/"), None, false);
    let mut stream = source.open().await.unwrap();
    let seen = pictures(&mut stream, 2).await;
    assert_eq!(seen.iter().map(|arrival| arrival.unit.key).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn requests_name_what_the_description_says() {
    let base = "10.9.9.9/live";
    let (address, heard) = camera(packet(0, 96, 0, 0, KEY), move |request| {
        let text = sdp(&[H264]).replace("t=0 0\r\n", "t=0 0\r\na=control:*\r\n");
        request
            .starts_with("DESCRIBE")
            .then(|| Reply::Answer("200 OK", format!("Content-Base: {base}\r\nContent-Type: application/sdp\r\n"), text))
    })
    .await;
    let mut source = source(&format!("rtsp://{address}/first?a=b"), None, false);
    pictures(&mut source.open().await.unwrap(), 1).await;
    let lines = heard.lines();
    assert_eq!(
        lines[..3],
        [
            format!("DESCRIBE rtsp://{address}/first?a=b RTSP/1.0"),
            "SETUP rtsp://10.9.9.9/live/track0 RTSP/1.0".to_owned(),
            "PLAY rtsp://10.9.9.9/live RTSP/1.0".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_sign_in_is_given_as_it_is_asked_for_and_anew_where_it_went_stale() {
    let challenge = |nonce: &str| {
        let asked = format!("Digest realm=\"cam\", nonce=\"{nonce}\", algorithm=SHA-256, qop=\"auth\", stale=true");
        let headers = format!("WWW-Authenticate: Basic realm=\"cam\"\r\nWWW-Authenticate: {asked}\r\n");
        Some(Reply::Answer("401 Unauthorized", headers, String::new()))
    };
    let (address, heard) = camera(packet(0, 96, 0, 0, KEY), move |request| {
        let (given, wanted) = (header(request, "Authorization"), if request.starts_with("PLAY") { "second" } else { "first" });
        if given.is_some_and(|given| given.contains(&format!("nonce=\"{wanted}\""))) { None } else { challenge(wanted) }
    })
    .await;
    let mut source = source(&format!("rtsp://{address}/"), Some(("admin", "hunter2")), false);
    pictures(&mut source.open().await.unwrap(), 1).await;
    let given: Vec<_> = heard.all().iter().filter_map(|request| header(request, "Authorization").map(str::to_owned)).collect();
    assert!(given.len() >= 4 && given.iter().all(|given| given.starts_with("Digest ") && given.contains("SHA-256")), "{given:?}");
    assert!(heard.all().iter().all(|request| !request.contains("hunter2")));
}

#[tokio::test]
async fn what_is_left_over_from_another_session_is_no_picture() {
    let other = |sequence, payload: &[u8]| {
        let mut bytes = packet(0, 96, sequence, 77, payload);
        bytes[12..16].copy_from_slice(&[9; 4]);
        bytes
    };
    let packets = [
        packet(0, 96, 7, 0, KEY),
        other(900, KEY),
        packet(0, 96, 8, 3600, &[0x41, 0x9a, 1]),
        // On a channel that nobody set up.
        packet(6, 96, 9, 3600, KEY),
        packet(0, 96, 9, 7200, &[0x41, 0x9a, 2]),
    ];
    let (address, _) = camera(packets.concat(), |_| None).await;
    let mut source = source(&format!("rtsp://{address}/"), None, false);
    let mut stream = source.open().await.unwrap();
    let seen = pictures(&mut stream, 3).await;
    assert_eq!(seen.iter().map(|arrival| arrival.unit.key).collect::<Vec<_>>(), [true, false, false]);
    assert!(seen[1..].iter().all(|arrival| !arrival.unit.discontinuity && arrival.lost == 0));
}

#[tokio::test]
async fn a_camera_that_begins_to_count_anew_goes_on_with_a_discontinuity() {
    let packets = [
        packet(0, 96, 5000, 0, KEY),
        packet(0, 96, 0, 3600, &[0x41, 0x9a, 1]),
        packet(0, 96, 1, 7200, KEY),
        packet(0, 96, 2, 10_800, &[0x41, 0x9a, 2]),
    ];
    let (address, _) = camera(packets.concat(), |_| None).await;
    let mut source = source(&format!("rtsp://{address}/"), None, false);
    let mut stream = source.open().await.unwrap();
    let seen = pictures(&mut stream, 3).await;
    assert_eq!(seen.iter().map(|arrival| arrival.unit.discontinuity).collect::<Vec<_>>(), [true, true, false]);
}
