//! Addresses at which there is no picture: each has a cause of its own.

use cameras::rtsp::Source;
use device::SdpFault;
use domain::StreamName;

use super::script::{self, H264, Reply, header, sdp, server};
use super::{camera, main_source, source};

const SECRET: (&str, &str) = ("admin", "hunter2");

/// Why a source does not open. Neither the user's name, the password nor the path may be in it.
async fn refusal(mut source: Source) -> &'static str {
    let error = source.open().await.map(drop).unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(SECRET.1) && !text.contains("s3cr3t"), "{text}");
    }
    error.code()
}

#[tokio::test]
async fn a_wrong_or_missing_password_is_told_apart() {
    let camera = camera(|config| config.credentials = Some(("admin".into(), "right".into()))).await;
    let url = camera.url(StreamName::Main);
    assert_eq!(refusal(source(&url, None, false)).await, "camera.credentials_needed");
    assert_eq!(refusal(source(&url, Some(SECRET), false)).await, "camera.credentials_wrong");
    let mut right = source(&url, Some(("admin", "right")), false);
    right.open().await.unwrap().next().await.unwrap();
    let mut in_the_address = source(&camera.url_as(StreamName::Main, "admin", "right"), None, false);
    in_the_address.open().await.unwrap().next().await.unwrap();
}

#[tokio::test]
async fn basic_sign_in_is_given_where_it_is_asked_for() {
    let address = server(|request| match header(request, "Authorization") {
        None => Reply::Answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"cam\"\r\n".into(), String::new()),
        Some("Basic YWRtaW46aHVudGVyMg==") => Reply::status("404 Not Found"),
        Some(_) => Reply::status("403 Forbidden"),
    })
    .await;
    let url = format!("rtsp://{address}/s3cr3t");
    assert_eq!(refusal(source(&url, Some(SECRET), false)).await, "camera.path_not_found");
    assert_eq!(refusal(source(&url, Some(("admin", "other")), false)).await, "camera.credentials_wrong");
}

#[tokio::test]
async fn a_port_on_which_nobody_listens_is_refused() {
    // One that no program gets by chance (tcpmux).
    assert_eq!(refusal(source("rtsp://127.0.0.1:1/s3cr3t", Some(SECRET), false)).await, "camera.refused");
}

#[tokio::test]
async fn a_name_that_nobody_has_is_unreachable() {
    assert_eq!(refusal(source("rtsp://no-such-camera.invalid/s3cr3t", Some(SECRET), false)).await, "camera.unreachable");
}

#[tokio::test]
async fn what_does_not_speak_rtsp_is_told_so() {
    for bytes in [&b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"[..], b"SSH-2.0-OpenSSH_9.2\r\n\r\n", &[0xff; 100_000]]
    {
        let address = server(move |_| Reply::Raw(bytes.to_vec())).await;
        assert_eq!(refusal(source(&format!("rtsp://{address}/"), Some(SECRET), false)).await, "camera.not_rtsp");
    }
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_says_nothing_times_out() {
    let address = server(|_| Reply::Silence).await;
    assert_eq!(refusal(source(&format!("rtsp://{address}/"), None, false)).await, "camera.timeout");
}

#[tokio::test]
async fn answers_that_cannot_be_used_have_causes_of_their_own() {
    for (status, code) in [
        ("404 Not Found", "camera.path_not_found"),
        ("302 Moved Temporarily", "camera.protocol"),
        ("503 Service Unavailable", "camera.protocol"),
    ] {
        let address = server(move |_| Reply::Answer(status, "Location: rtsp://127.0.0.1:1/\r\n".into(), String::new())).await;
        assert_eq!(refusal(source(&format!("rtsp://{address}/"), None, false)).await, code, "{status}");
    }
}

#[tokio::test]
async fn descriptions_without_a_picture_are_told_apart() {
    let (opus, vp8) = ("m=audio 0 RTP/AVP 97\r\na=rtpmap:97 opus/48000\r\n", "m=video 0 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\n");
    for (text, code) in [
        (String::new(), "camera.sdp_invalid"),
        ("<html>no</html>".to_owned(), "camera.sdp_invalid"),
        (sdp(&[]), "camera.sdp_invalid"),
        (sdp(&[vp8]).replace("s=-", "s-"), "camera.sdp_invalid"),
        (sdp(&[vp8]).replace(" 98\r", " \r"), "camera.sdp_invalid"),
        (sdp(&[opus]), "camera.no_video"),
        (sdp(&[opus, vp8]), "camera.codec_unsupported"),
    ] {
        let address = server(script::playing(text.clone(), None, Vec::new())).await;
        assert_eq!(refusal(source(&format!("rtsp://{address}/"), None, false)).await, code, "{text}");
    }
    for (fault, code) in [(SdpFault::Garbage, "camera.sdp_invalid"), (SdpFault::UnknownCodec, "camera.codec_unsupported")] {
        let camera = camera(|config| config.faults.sdp = fault).await;
        assert_eq!(refusal(main_source(&camera)).await, code, "{fault:?}");
    }
}

#[tokio::test]
async fn a_refused_picture_track_is_no_picture() {
    let address = server(script::playing(sdp(&[H264]), Some("track0"), Vec::new())).await;
    assert_eq!(refusal(source(&format!("rtsp://{address}/"), None, false)).await, "camera.protocol");
}
