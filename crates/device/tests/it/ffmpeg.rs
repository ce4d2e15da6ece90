//! What ffmpeg, which is no relative of ours, makes of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use device::{Audio, Config, Source, marks};
use domain::StreamName;
use openh264::decoder::Decoder;
use openh264::formats::YUVSource;

use crate::{start, test_scene};

/// Runs a program and returns what it wrote; its complaints fail the test.
async fn run(program: &'static str, args: &[&str]) -> Vec<u8> {
    let args: Vec<_> = args.iter().map(|arg| (*arg).to_owned()).collect();
    #[allow(clippy::disallowed_methods, reason = "a test starts programs")]
    let run = move || Command::new(program).args(&args).stdin(Stdio::null()).output().map(|output| (args, output));
    let (args, output) = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.trim().is_empty(), "{program} {args:?}: {complaints}");
    output.stdout
}

/// Microseconds that ffmpeg waits for a packet before it gives up, as an argument.
const PATIENCE: [&str; 2] = ["-timeout", "10000000"];

/// The first bytes of a key picture's parameter sets, behind a start code: SPS of H.264, VPS of H.265.
const SPS: [u8; 5] = [0, 0, 0, 1, 0x67];
const VPS: [u8; 5] = [0, 0, 0, 1, 0x40];

/// Decodes the pictures from the first key picture on, without a complaint. A client comes in mid-GOP, and what it gets until
/// then depends on pictures that it never saw.
async fn decodes_pictures(url: &str, transport: &str, kind: &str, key: [u8; 5]) {
    let args = [
        "-v",
        "quiet",
        "-rtsp_transport",
        transport,
        "-i",
        url,
        "-map",
        "0:v",
        "-frames:v",
        "110",
        "-c",
        "copy",
        "-f",
        kind,
        "-",
    ];
    let coded = run("ffmpeg", &[&PATIENCE[..], &args].concat()).await;
    let start = coded.windows(5).position(|bytes| bytes == key).expect("a key picture");
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("from-key");
    std::fs::write(&whole, &coded[start..]).unwrap();
    run("ffmpeg", &["-v", "error", "-xerror", "-f", kind, "-i", whole.to_str().unwrap(), "-f", "null", "-"]).await;
}

/// Decodes some of the sound.
async fn decodes_sound(url: &str, transport: &str) {
    let args =
        ["-v", "fatal", "-xerror", "-rtsp_transport", transport, "-i", url, "-map", "0:a", "-frames:a", "40", "-f", "null", "-"];
    run("ffmpeg", &[&PATIENCE[..], &args].concat()).await;
}

async fn probe(url: &str) -> String {
    let args = ["-v", "fatal", "-rtsp_transport", "tcp", "-show_entries", "stream=codec_name,width", "-of", "csv=p=0", url];
    String::from_utf8(run("ffprobe", &[&PATIENCE[..], &args].concat()).await).unwrap()
}

/// A clip of the shared test media, else one like it made by ffmpeg.
async fn clip(shared: &str, dir: &Path, args: &[&str]) -> PathBuf {
    let given = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/media").join(shared);
    if given.exists() {
        return given;
    }
    let made = dir.join(shared);
    let source =
        ["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=3", "-f", "lavfi", "-i", "sine=duration=3"];
    run("ffmpeg", &[&source[..], args, &[made.to_str().unwrap()]].concat()).await;
    made
}

#[tokio::test]
async fn ffmpeg_signs_in_and_decodes_over_tcp_and_udp() {
    let credentials = Some(("admin".to_owned(), "p a$s".into()));
    let camera = start(Config { credentials, audio: Audio::Pcmu, ..test_scene() }).await;
    let url = camera.url_as(StreamName::Main, "admin", "p%20a%24s");
    for transport in ["tcp", "udp"] {
        decodes_pictures(&url, transport, "h264", SPS).await;
        decodes_sound(&url, transport).await;
    }
    assert_eq!(probe(&url).await, "h264,320\npcm_mulaw\n");
}

#[tokio::test]
async fn pictures_carry_their_index() {
    let camera = start(test_scene()).await;
    let url = camera.url(StreamName::Main);
    let args = ["-v", "fatal", "-rtsp_transport", "tcp", "-i", &url, "-frames:v", "70", "-c", "copy", "-f", "h264", "-"];
    let coded = run("ffmpeg", &[&PATIENCE[..], &args].concat()).await;
    let mut decoder = Decoder::new().unwrap();
    let mut indices = Vec::new();
    for unit in openh264::nal_units(&coded) {
        if let Ok(Some(picture)) = decoder.decode(unit) {
            indices.push(marks::read(picture.y(), picture.dimensions().0, picture.strides().0).expect("a strip"));
        }
    }
    assert!(indices.len() > 40, "{indices:?}");
    assert!(indices.windows(2).all(|i| i[1] == (i[0] + 1) % 50), "{indices:?}");
    let sent: Vec<_> = camera.sent(StreamName::Main).iter().map(|(index, _)| *index).collect();
    assert!(sent.contains(&indices[0]));
}

#[tokio::test]
async fn h264_with_aac_passes_through() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["-c:v", "libx264", "-g", "25", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ar", "16000"];
    let file = clip("cam720.mp4", dir.path(), &args).await;
    let camera = start(Config { audio: Audio::Own, ..Config::new(Source::File(file)) }).await;
    let url = camera.url(StreamName::Main);
    decodes_pictures(&url, "tcp", "h264", SPS).await;
    decodes_sound(&url, "tcp").await;
    assert!(probe(&url).await.contains("aac"));
}

#[tokio::test]
async fn h265_passes_through_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["-c:v", "libx265", "-x265-params", "keyint=25:log-level=error", "-pix_fmt", "yuv420p", "-tag:v", "hvc1", "-an"];
    let file = clip("cam720-h265.mp4", dir.path(), &args).await;
    let camera = start(Config::new(Source::File(file))).await;
    let url = camera.url(StreamName::Main);
    assert!(probe(&url).await.starts_with("hevc,"));
    decodes_pictures(&url, "tcp", "hevc", VPS).await;
}
