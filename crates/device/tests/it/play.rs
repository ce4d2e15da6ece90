use std::collections::HashSet;
use std::time::Duration;

use device::{Audio, Config, Scene, Source};
use domain::{Clock, StreamName, SystemClock};

use crate::client::Client;
use crate::{start, test_scene};

#[tokio::test]
async fn all_clients_of_a_stream_get_the_same_packets() {
    let camera = start(test_scene()).await;
    let url = camera.url(StreamName::Main);
    let (mut a, mut b) = (Client::playing(&url, 1).await, Client::playing(&url, 1).await);
    let from_b = b.packet(0).await.unwrap();
    let from_a = loop {
        let packet = a.packet(0).await.unwrap();
        if packet.sequence() == from_b.sequence() {
            break packet;
        }
    };
    assert_eq!(from_a.data, from_b.data);
    assert_eq!(camera.clients(StreamName::Main), 2);
    assert_eq!(camera.clients(StreamName::Sub), 0);
    camera.shutdown().await;
    while a.frame().await.is_ok() {}
}

#[tokio::test]
async fn time_and_numbers_go_on_over_the_end_of_the_loop() {
    let camera = start(Config { audio: Audio::Pcmu, ..test_scene() }).await;
    let mut client = Client::playing(&camera.url(StreamName::Main), 2).await;
    let (mut pictures, mut sounds) = (Vec::new(), Vec::new());
    let (mut numbers, mut keys) = (Vec::new(), 0);
    // 70 pictures: a loop has 50.
    while pictures.len() < 70 {
        let frame = client.frame().await.unwrap();
        match frame.channel {
            0 => {
                numbers.push(frame.sequence());
                keys += usize::from(frame.nal_type() == 7);
                if frame.marker() {
                    pictures.push(frame.timestamp());
                }
            }
            2 => sounds.push(frame.timestamp()),
            _ => assert_eq!(frame.data[1], 200, "only sender reports besides"),
        }
    }
    assert!(numbers.windows(2).all(|n| n[1] == n[0].wrapping_add(1)));
    assert!(pictures.windows(2).all(|t| t[1].wrapping_sub(t[0]) == 3600));
    assert!(sounds.windows(2).all(|t| t[1].wrapping_sub(t[0]) == 160));
    assert!((keys as i32 - 70 / 25).abs() <= 1, "a key picture with its parameter sets a second: {keys}");
    let (video_s, audio_s) = (pictures.len() as f64 / 25.0, sounds.len() as f64 / 50.0);
    assert!((video_s - audio_s).abs() < 0.1, "{video_s} {audio_s}");
}

#[tokio::test]
async fn play_says_where_the_tracks_begin() {
    let camera = start(Config { audio: Audio::Pcma, ..test_scene() }).await;
    let mut client = Client::connect(&camera.url(StreamName::Main)).await;
    let sdp = client.ask("DESCRIBE", "", "").await.unwrap().body;
    assert!(sdp.contains("m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"), "{sdp}");
    for (track, channels) in [(0, "0-1"), (1, "2-3")] {
        let transport = format!("Transport: RTP/AVP/TCP;unicast;interleaved={channels}");
        client.ask("SETUP", &format!("/trackID={track}"), &transport).await.unwrap();
    }
    let play = client.ask("PLAY", "", "").await.unwrap();
    let value = |name: &str| -> Vec<u32> {
        let info = play.head.lines().find(|line| line.starts_with("RTP-Info")).unwrap();
        info.split(name).skip(1).map(|rest| rest.split([';', ',']).next().unwrap().parse().unwrap()).collect()
    };
    let (sequences, times) = (value(";seq="), value(";rtptime="));
    let report = client.packet(1).await.unwrap();
    assert_eq!(report.data[16..20], times[0].to_be_bytes(), "the first report ties the same moment to the wall clock");
    let (video, audio) = (client.packet(0).await.unwrap(), client.packet(2).await.unwrap());
    assert_eq!(u32::from(video.sequence()), sequences[0]);
    assert!(u32::from(audio.sequence()) <= sequences[1] + 3);
    assert!(video.timestamp().wrapping_sub(times[0]) <= 2 * 3600);
    assert!((audio.timestamp().wrapping_sub(times[1]) as i32).abs() <= 8 * 160);
}

#[tokio::test]
async fn http_says_what_was_sent_when() {
    let camera = start(test_scene()).await;
    let before = SystemClock.now().micros() as f64 / 1e6;
    let mut client = Client::playing(&camera.url(StreamName::Sub), 1).await;
    client.pictures(10).await.unwrap();
    let sent: Vec<(u32, f64)> = serde_json::from_value(get(&camera.stats_url(), "/sent?path=sub").await).unwrap();
    assert!(sent.len() >= 10);
    assert!(sent.windows(2).all(|s| s[1].0 == (s[0].0 + 1) % 50 && s[1].1 >= s[0].1), "{sent:?}");
    assert!(sent[0].1 >= before && sent[9].1 <= SystemClock.now().micros() as f64 / 1e6);
    let stats = get(&camera.stats_url(), "/stats").await;
    assert_eq!(
        (stats["clients"].as_u64(), stats["playing"].as_u64(), stats["clip_frames"].as_u64()),
        (Some(1), Some(1), Some(50))
    );
    assert_eq!((stats["streams"][1]["path"].as_str(), stats["streams"][1]["width"].as_u64()), (Some("sub"), Some(160)));
    assert!(stats["wire"].as_u64() > stats["payload"].as_u64() && stats["video"].as_u64() > Some(0));
}

#[tokio::test]
async fn a_scene_is_encoded_once_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let told = std::sync::Arc::new(std::sync::Mutex::new(HashSet::new()));
    let teller = std::sync::Arc::clone(&told);
    let config = Config {
        cache_dir: Some(dir.path().join("scenes")),
        progress: Some(std::sync::Arc::new(move |p: device::Progress| {
            teller.lock().unwrap().insert((p.what, p.done));
        })),
        ..test_scene()
    };
    start(config.clone()).await.shutdown().await;
    assert!(told.lock().unwrap().contains(&("test 320x180".to_owned(), 50)));
    told.lock().unwrap().clear();
    start(config).await.shutdown().await;
    assert!(told.lock().unwrap().is_empty(), "the second start draws nothing");
    let mut kept: Vec<_> = std::fs::read_dir(dir.path().join("scenes")).unwrap().map(|e| e.unwrap().path()).collect();
    kept.sort();
    assert_eq!(kept.len(), 2);
    // What is kept is a file like any other.
    let camera = start(Config::new(Source::File(kept.pop().unwrap()))).await;
    Client::playing(&camera.url(StreamName::Main), 1).await.pictures(1).await.unwrap();
}

#[tokio::test]
async fn sources_that_cannot_be_played_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (text, missing) = (dir.path().join("text.mp4"), dir.path().join("none.mp4"));
    std::fs::write(&text, "no film").unwrap();
    for (path, code) in [(text, "device.file_unusable"), (missing, "device.file_missing")] {
        let clock = std::sync::Arc::new(SystemClock);
        let error = device::Camera::start(Config::new(Source::File(path)), clock).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
    assert_eq!("moon".parse::<Scene>().unwrap_err().code(), "device.scene_unknown");
}

/// A GET without an HTTP client: the answer's JSON.
async fn get(base: &str, path: &str) -> serde_json::Value {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    http(base, &request).await.1
}

/// Sends a whole request; the status and, where there is one, the JSON of the answer.
pub(crate) async fn http(base: &str, request: &str) -> (u16, serde_json::Value) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(base.trim_start_matches("http://")).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(10), socket.read_to_string(&mut answer)).await.unwrap().unwrap();
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    (answer[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
}
