//! Cameras that misbehave: what each must come to, on the disk and for who watches.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use device::{Audio, Config, Faults, Scene, SdpFault, Source};
use domain::{AudioMode, TimeRange};
use futures::{StreamExt, future};
use policy::act::{Download, ViewLive};
use relay::{LiveMessage, Status, StreamChoice};
use testkit::{command, output};
use tokio::time::{Instant, sleep, timeout};

use crate::rig::{Rig, last_minutes};

const SECOND: Duration = Duration::from_secs(1);

/// Footage that each row is judged by.
const FOOTAGE: Duration = Duration::from_secs(4);

/// How long that may take: a GOP must come to its end first.
const PATIENCE: Duration = Duration::from_secs(25);

/// How long a camera that gives nothing is looked at.
const SILENCE: Duration = Duration::from_secs(6);

/// Files may lie over each other by less than a picture.
const OVERLAP_MAX: Duration = Duration::from_millis(40);

/// What a row's footage must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// In one piece, and a decoder has nothing to say about it.
    Whole,
    /// In one piece; pictures of it are broken, as they came.
    Broken,
    /// In pieces, each of which decodes, with nothing recorded twice.
    Pieces,
    /// What came between the cuts, a fifth of a second each, and nothing twice.
    Scraps,
    /// There is none.
    Nothing,
}

/// What who watches must get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Live {
    /// Pictures.
    Moves,
    /// Some pictures, again and again.
    Begins,
    /// Pictures, after a second description.
    Changes,
    /// Nothing.
    Still,
}

struct Row {
    what: &'static str,
    plays: Plays,
    faults: Faults,
    /// From the fourth second on; those above before.
    later: Option<Faults>,
    kept: Kept,
    live: Live,
    /// Why the camera is said to be offline.
    code: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Plays {
    Scene,
    WithSound,
    /// Drawn by ffmpeg with these settings.
    Drawn(&'static str),
}

fn every(n: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(n)
}

const H264: &str = "-pix_fmt yuv420p -c:v libx264 -preset ultrafast";

fn rows() -> Vec<Row> {
    let row = |what, faults, kept, live| Row { what, plays: Plays::Scene, faults, later: None, kept, live, code: None };
    let drawn = |what, settings, kept| Row { plays: Plays::Drawn(settings), ..row(what, Faults::default(), kept, Live::Moves) };
    let later = |what, faults, kept, live| Row { later: Some(faults), ..row(what, Faults::default(), kept, live) };
    let sdp = |sdp| Faults { sdp, ..Faults::default() };
    vec![
        row("well behaved", Faults::default(), Kept::Whole, Live::Moves),
        row("no key pictures", Faults { no_key_frames: true, ..Faults::default() }, Kept::Nothing, Live::Still),
        drawn("a GOP of ten seconds", "-bf 0 -g 250 -keyint_min 250 -sc_threshold 0", Kept::Whole),
        drawn("two key pictures a GOP", "-bf 0 -g 50 -force_key_frames expr:eq(mod(n,50),20)", Kept::Whole),
        drawn("B-frames", "-bf 3 -g 50 -profile:v main -preset medium", Kept::Whole),
        drawn("pictures of 80 Mbit/s", "-vf noise=alls=100:allf=t -bf 0 -g 25 -qp 8", Kept::Whole),
        row("presentation times that jump to and fro", Faults { b_frames: true, ..Faults::default() }, Kept::Broken, Live::Moves),
        row("timestamps that wrap", Faults { wrap_after_s: Some(5.0), ..Faults::default() }, Kept::Whole, Live::Moves),
        later("timestamps that jump ahead", Faults { time_shift_ms: 7_200_000, ..Faults::default() }, Kept::Whole, Live::Moves),
        later("timestamps that jump back", Faults { time_shift_ms: -7_200_000, ..Faults::default() }, Kept::Whole, Live::Moves),
        row("lost packets", Faults { drop_every: every(20), ..Faults::default() }, Kept::Broken, Live::Moves),
        row("packets out of order", Faults { reorder_every: every(20), ..Faults::default() }, Kept::Broken, Live::Moves),
        row("pictures cut in half", Faults { truncate_every: every(10), ..Faults::default() }, Kept::Broken, Live::Moves),
        later("another size", Faults { change_parameters: true, ..Faults::default() }, Kept::Pieces, Live::Changes),
        Row {
            plays: Plays::WithSound,
            ..row("silence that was offered as sound", Faults { no_sound: true, ..Faults::default() }, Kept::Whole, Live::Moves)
        },
        Row {
            plays: Plays::WithSound,
            code: Some("camera.no_video"),
            ..row("sound alone", sdp(SdpFault::SoundOnly), Kept::Nothing, Live::Still)
        },
        Row {
            code: Some("camera.codec_unsupported"),
            ..row("a codec that nobody has", sdp(SdpFault::UnknownCodec), Kept::Nothing, Live::Still)
        },
        row("parameter sets in band alone", sdp(SdpFault::NoParameterSets), Kept::Whole, Live::Moves),
        Row {
            code: Some("camera.sdp_invalid"),
            ..row(
                "parameter sets of 10 MB",
                Faults { oversized_parameter_sets: true, ..Faults::default() },
                Kept::Nothing,
                Live::Still,
            )
        },
        row("slow answers", Faults { slow_answer_ms: 700, ..Faults::default() }, Kept::Whole, Live::Moves),
        row("a connection that flaps", Faults { flap_s: Some(2.5), ..Faults::default() }, Kept::Pieces, Live::Moves),
        row("a connection that dies in a picture", Faults { die_mid_gop: true, ..Faults::default() }, Kept::Scraps, Live::Begins),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_to_misbehave_comes_to_what_it_must() {
    let dir = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    // Several at a time: what they do is mostly to wait.
    let mut judged =
        futures::stream::iter(rows().into_iter().enumerate().map(|(n, row)| judge(dir.path(), n, row))).buffer_unordered(8);
    while let Some(verdict) = judged.next().await {
        failures.extend(verdict.err());
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

async fn judge(dir: &Path, n: usize, row: Row) -> Result<(), String> {
    let config = config(dir, n, &row).await;
    let audio = if matches!(row.plays, Plays::WithSound) { AudioMode::Recorded } else { AudioMode::Off };
    let rig = Rig::of(config, audio).await;
    let deed = async {
        if let Some(faults) = row.later.clone() {
            sleep(3 * SECOND).await;
            rig.device(|camera| camera.set_faults(faults));
        }
    };
    let (kept, live, ()) = future::join3(kept(&rig, &row), live(&rig, row.live), deed).await;
    let said = said(&rig, row.code).await;
    rig.relay.shutdown().await;
    let what = row.what;
    kept.map_err(|why| format!("{what}, recorded: {why}"))?;
    live.map_err(|why| format!("{what}, live: {why}"))?;
    said.map_err(|why| format!("{what} is told as {why}"))
}

/// Waits until the camera's problem has that code.
async fn said(rig: &Rig, code: Option<&str>) -> Result<(), String> {
    let Some(code) = code else { return Ok(()) };
    let mut last = String::new();
    let saying = async {
        loop {
            last = format!("{:?}", rig.relay.camera_state(rig.camera).problem);
            if last.contains(code) {
                return;
            }
            sleep(SECOND / 10).await;
        }
    };
    timeout(PATIENCE, saying).await.map_err(|_| format!("{last}, not as {code}"))
}

async fn config(dir: &Path, n: usize, row: &Row) -> Config {
    let base = match row.plays {
        Plays::Scene => Config::scene(Scene::Test),
        Plays::WithSound => Config { audio: Audio::Pcmu, ..Config::scene(Scene::Test) },
        Plays::Drawn(settings) => {
            let file = dir.join(format!("{n}.mp4"));
            draw(settings, &file).await;
            Config { sub: Some(Source::Scene(Scene::Test)), ..Config::new(Source::File(file)) }
        }
    };
    Config { faults: row.faults.clone(), ..base }
}

async fn draw(settings: &'static str, file: &Path) {
    let file = file.to_owned();
    let drawing = tokio::task::spawn_blocking(move || {
        let mut ffmpeg = command("ffmpeg");
        ffmpeg.args("-v error -f lavfi -i testsrc2=size=320x180:rate=25 -t 30".split(' '));
        ffmpeg.args(H264.split(' ')).args(settings.split(' ')).arg(&file);
        output(ffmpeg)
    });
    drawing.await.unwrap().unwrap();
}

/// Waits for the row's footage, and looks at it.
async fn kept(rig: &Rig, row: &Row) -> Result<(), String> {
    if row.kept == Kept::Nothing {
        sleep(SILENCE).await;
        let spans = rig.timeline().await.spans;
        let online = rig.relay.camera_state(rig.camera).status == Status::Online;
        return if spans.is_empty() && !online { Ok(()) } else { Err(format!("{spans:?}, online: {online}")) };
    }
    // What misbehaves later does so in the midst of it.
    let least = match row.kept {
        Kept::Scraps => FOOTAGE / 10,
        Kept::Pieces => FOOTAGE / 2,
        _ => FOOTAGE,
    };
    let wanted = least + if row.later.is_some() { FOOTAGE } else { Duration::ZERO };
    let spans = timeout(PATIENCE, async {
        loop {
            let spans = rig.timeline().await.spans;
            if spans.iter().map(|span| span.length()).sum::<Duration>() >= wanted {
                return spans;
            }
            sleep(SECOND / 10).await;
        }
    });
    let spans = spans.await.map_err(|_| format!("there is not {wanted:?} of it after {PATIENCE:?}"))?;
    if matches!(row.kept, Kept::Whole | Kept::Broken) && spans.len() != 1 {
        return Err(format!("it is in pieces: {spans:?}"));
    }
    nothing_twice(rig).await?;
    for span in spans.iter().filter(|span| span.length() > SECOND) {
        decodes(rig, *span, row.kept == Kept::Broken).await?;
    }
    Ok(())
}

/// No moment is in two files.
async fn nothing_twice(rig: &Rig) -> Result<(), String> {
    let files = rig.store.segments(rig.camera, last_minutes()).await.map_err(|error| error.to_string())?;
    let over = files.windows(2).find(|pair| pair[1].start + OVERLAP_MAX < pair[0].end);
    over.map_or(Ok(()), |pair| Err(format!("recorded twice: {} to {}", pair[1].start, pair[0].end)))
}

/// A download of the span decodes without a complaint, or at least decodes.
async fn decodes(rig: &Rig, span: TimeRange, broken: bool) -> Result<(), String> {
    let download = rig.relay.download(rig.permit::<Download>(rig.camera).await, span).await.map_err(|e| e.to_string())?;
    let length = download.len();
    let chunks: Vec<Bytes> = download.read(0, length).map(Result::unwrap).collect().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), chunks.concat()).unwrap();
    let path: PathBuf = file.path().to_owned();
    let told = tokio::task::spawn_blocking(move || {
        let mut ffmpeg = command("ffmpeg");
        ffmpeg.args(["-v", "error", "-i"]).arg(path).args(["-map", "0:v", "-f", "null", "-"]);
        ffmpeg.output()
    });
    let told = told.await.unwrap().unwrap();
    let words = String::from_utf8_lossy(&told.stderr);
    // Two pictures within a fortieth of a second, behind a jump, are none of the decoder's concern.
    let words: String = words.lines().filter(|line| !line.contains("to muxer") && !line.contains("repeated")).collect();
    if told.status.success() && (broken || words.trim().is_empty()) { Ok(()) } else { Err(words) }
}

/// Watches: so many descriptions and pictures come, or none.
async fn live(rig: &Rig, wanted: Live) -> Result<(), String> {
    let patience = if wanted == Live::Still { SILENCE } else { PATIENCE };
    let begun = timeout(patience, async {
        loop {
            let permit = rig.permit::<ViewLive>(rig.camera).await;
            match rig.relay.live_parts(permit, StreamChoice::Main) {
                Ok(parts) => return parts,
                Err(_) => sleep(SECOND / 10).await,
            }
        }
    });
    let mut parts = match begun.await {
        Ok(parts) => parts,
        Err(_) if wanted == Live::Still => return Ok(()),
        Err(_) => return Err("it never began".to_owned()),
    };
    let (mut formats, mut pictures) = (0, 0);
    let begun = Instant::now();
    let watching = async {
        while let Some(message) = parts.next().await {
            match message {
                LiveMessage::Text(text) => formats += u32::from(text.contains("\"format\"")),
                LiveMessage::Binary(_) => pictures += 1,
            }
            let enough = match wanted {
                Live::Moves => pictures > 50,
                Live::Begins => pictures > 8,
                Live::Changes => formats > 1 && pictures > 100,
                Live::Still => false,
            };
            if enough {
                break;
            }
        }
    };
    let _ = timeout(patience, watching).await;
    let right = match wanted {
        Live::Moves => pictures > 50,
        Live::Begins => pictures > 8,
        Live::Changes => formats > 1 && pictures > 100,
        Live::Still => pictures == 0,
    };
    if right { Ok(()) } else { Err(format!("{formats} descriptions and {pictures} pictures in {:?}", begun.elapsed())) }
}
