use std::num::NonZeroU32;
use std::time::Duration;

use device::{Config, Faults, SdpFault};
use domain::StreamName;

use crate::client::Client;
use crate::play::http;
use crate::{start, test_scene};

async fn with(faults: Faults) -> (device::Running, String) {
    let camera = start(Config { faults, ..test_scene() }).await;
    let url = camera.url(StreamName::Main);
    (camera, url)
}

#[tokio::test]
async fn packets_are_left_out_and_swapped() {
    let (_camera, url) =
        with(Faults { drop_every: NonZeroU32::new(4), reorder_every: NonZeroU32::new(5), ..Faults::default() }).await;
    let mut client = Client::playing(&url, 1).await;
    let mut steps = Vec::new();
    let mut last = client.packet(0).await.unwrap().sequence();
    for _ in 0..40 {
        let next = client.packet(0).await.unwrap().sequence();
        steps.push(next.wrapping_sub(last) as i16);
        last = next;
    }
    assert!(steps.iter().any(|step| *step < 0), "out of order: {steps:?}");
    assert!(steps.iter().any(|step| *step > 1), "with holes: {steps:?}");
}

#[tokio::test]
async fn it_stalls_with_the_connection_open() {
    let (_camera, url) = with(Faults { stall_after_s: Some(0.3), ..Faults::default() }).await;
    let mut client = Client::playing(&url, 1).await;
    client.pictures(3).await.unwrap();
    let endless = async { while client.frame().await.is_ok() {} };
    assert!(tokio::time::timeout(Duration::from_millis(900), endless).await.is_err(), "it must not close");
    assert!(tokio::time::timeout(Duration::from_millis(200), client.frame()).await.is_err(), "nothing comes");
    assert_eq!(client.ask("GET_PARAMETER", "", "").await.unwrap().status, 200);
}

#[tokio::test]
async fn it_dies_within_a_picture_and_comes_back() {
    let (_camera, url) = with(Faults { die_mid_gop: true, ..Faults::default() }).await;
    for _ in 0..2 {
        let mut client = Client::playing(&url, 1).await;
        let mut key_seen = false;
        let error = loop {
            match client.packet(0).await {
                Ok(packet) => key_seen |= packet.nal_type() == 5,
                Err(error) => break error,
            }
        };
        assert!(key_seen);
        assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
    }
}

#[tokio::test]
async fn it_flaps() {
    let (_camera, url) = with(Faults { flap_s: Some(0.2), ..Faults::default() }).await;
    for _ in 0..2 {
        let mut client = Client::playing(&url, 1).await;
        while client.frame().await.is_ok() {}
    }
}

#[tokio::test]
async fn it_describes_itself_wrongly() {
    let (camera, url) = with(Faults::default()).await;
    for (sdp, wrong) in
        [(SdpFault::None, false), (SdpFault::Garbage, true), (SdpFault::NoParameterSets, true), (SdpFault::UnknownCodec, true)]
    {
        camera.set_faults(Faults { sdp, ..Faults::default() });
        let body = Client::connect(&url).await.ask("DESCRIBE", "", "").await.unwrap().body;
        let right = body.starts_with("v=0\r\n") && body.contains("H264/90000") && body.contains("sprop-parameter-sets=");
        assert_eq!(!right, wrong, "{body}");
    }
    camera.set_faults(Faults { oversized_parameter_sets: true, ..Faults::default() });
    let body = Client::connect(&url).await.ask("DESCRIBE", "", "").await.unwrap().body;
    assert!(body.len() > 10_000_000);
}

#[tokio::test]
async fn it_refuses_every_password() {
    let (_camera, url) = with(Faults { refuse_password: true, ..Faults::default() }).await;
    assert_eq!(Client::connect(&url).await.ask("DESCRIBE", "", "").await.unwrap().status, 401);
}

#[tokio::test]
async fn time_jumps_when_told_over_http() {
    let (camera, url) = with(Faults::default()).await;
    let mut client = Client::playing(&url, 1).await;
    let before = client.pictures(1).await.unwrap()[0][0].timestamp();
    let body = r#"{"time_shift_ms":-60000}"#;
    let head = "POST /faults HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json";
    let (status, _) = http(&camera.stats_url(), &format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await;
    assert_eq!(status, 204);
    let mut jumped = false;
    for picture in client.pictures(20).await.unwrap() {
        jumped |= (picture[0].timestamp().wrapping_sub(before) as i32) < -50 * 90_000;
    }
    assert!(jumped);
    let unknown = r#"{"explode":true}"#;
    let (status, _) = http(&camera.stats_url(), &format!("{head}\r\nContent-Length: {}\r\n\r\n{unknown}", unknown.len())).await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn parameters_change_at_a_key_picture_and_time_goes_on() {
    let (camera, url) = with(Faults::default()).await;
    let mut client = Client::playing(&url, 1).await;
    let sps_of = |picture: &[crate::client::Frame]| picture.iter().find(|p| p.nal_type() == 7).map(|p| p.data[12..].to_vec());
    let mut seen = Vec::new();
    let mut last: Option<u32> = None;
    camera.set_faults(Faults { change_parameters: true, ..Faults::default() });
    while seen.len() < 2 {
        for picture in client.pictures(1).await.unwrap() {
            let now = picture[0].timestamp();
            assert!(last.is_none_or(|last| now.wrapping_sub(last) == 3600));
            last = Some(now);
            if let Some(sps) = sps_of(&picture).filter(|sps| !seen.contains(sps)) {
                seen.push(sps);
            }
        }
    }
    camera.set_faults(Faults::default());
    let back = async {
        loop {
            let pictures = client.pictures(1).await.unwrap();
            if sps_of(&pictures[0]).as_ref() == Some(&seen[0]) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.unwrap();
}

#[tokio::test]
async fn pictures_are_cut_reordered_or_never_key() {
    let (camera, url) = with(Faults { no_key_frames: true, ..Faults::default() }).await;
    let mut client = Client::playing(&url, 1).await;
    assert!(client.pictures(30).await.unwrap().iter().flatten().all(|packet| packet.nal_type() == 1));
    camera.set_faults(Faults { b_frames: true, ..Faults::default() });
    let times: Vec<_> = client.pictures(20).await.unwrap().iter().map(|picture| picture[0].timestamp()).collect();
    assert!(times.windows(2).any(|t| (t[1].wrapping_sub(t[0]) as i32) < 0), "{times:?}");
}
