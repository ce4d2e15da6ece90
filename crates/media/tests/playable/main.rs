//! What is made from a recording plays: ffmpeg decodes every picture and sound of it without a complaint.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail them")]

mod source;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use domain::TimeRange;
use media::au::{AccessUnit, AudioCodec, AudioFormat, Format, Track};
use media::mp4::{TrackSet, init_segment, live_part};
use media::record::{DownloadBuilder, Piece, Playlist, VirtualMp4, media_part};

use source::{Recording, clip, complaints, draw, probe, seconds, shifted, unit, units};

const H264_AAC: &str = "-f lavfi -i testsrc2=size=1280x720:rate=25 -f lavfi -i sine=sample_rate=16000 -t 24 -c:v libx264 -preset ultrafast \
                        -profile:v main -bf 0 -g 50 -pix_fmt yuv420p -c:a aac -ac 1";
const H265: &str = "-f lavfi -i testsrc2=size=1280x720:rate=25 -t 16 -c:v libx265 -preset ultrafast \
                    -x265-params bframes=0:keyint=50:log-level=none -pix_fmt yuv420p -tag:v hvc1";

/// Drawn pictures with B-frames, `size` large.
fn with_b_frames(dir: &Path, name: &str, size: &str) -> Vec<AccessUnit> {
    let args =
        format!("-f lavfi -i testsrc2=size={size}:rate=25 -t 10 -c:v libx264 -preset veryfast -bf 2 -g 50 -pix_fmt yuv420p");
    units(&draw(dir, name, &args))
}

fn lay_out(recording: &Recording, range: TimeRange) -> VirtualMp4 {
    let mut builder = DownloadBuilder::new(range);
    recording.segments.iter().for_each(|&segment| builder.add(&recording.file(segment).index).unwrap());
    builder.finish().unwrap()
}

fn bytes(recording: &Recording, mp4: &VirtualMp4) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in mp4.pieces(0..mp4.len()) {
        match piece {
            Piece::Bytes(bytes) => out.extend_from_slice(&bytes),
            Piece::Samples { segment, at, bytes } => {
                out.extend_from_slice(&recording.samples(segment, &at)[bytes.start as usize..bytes.end as usize]);
            }
        }
    }
    assert_eq!(out.len() as u64, mp4.len());
    out
}

/// Writes a download into `dir`, lets ffmpeg judge it, and returns its place.
fn download(dir: &Path, recording: &Recording, range: TimeRange) -> std::path::PathBuf {
    let file = dir.join("download.mp4");
    std::fs::write(&file, bytes(recording, &lay_out(recording, range))).unwrap();
    assert_eq!(complaints(&file), "");
    file
}

/// Seconds that ffmpeg plays of a stream, by the presentation times of what it decodes.
fn shown(file: &Path, kind: &str) -> Vec<f64> {
    probe(file, kind, "frame=pts_time").iter().map(|time| time.parse().unwrap()).collect()
}

fn pictures(units: &[AccessUnit]) -> usize {
    units.iter().filter(|unit| unit.track == Track::Video).count()
}

#[test]
fn a_whole_recording_downloads() {
    let dir = tempfile::tempdir().unwrap();
    let units = units(&clip(dir.path(), "cam720.mp4", H264_AAC));
    let file = download(dir.path(), &Recording::of(&units), seconds(0.0, 60.0));
    assert_eq!(shown(&file, "v").len(), pictures(&units));
    assert_eq!(probe(&file, "a", "stream=codec_name,sample_rate"), ["aac,16000"]);
    let sounds = units.len() - pictures(&units);
    assert!(probe(&file, "a", "packet=size").len() + 1 >= sounds);
}

#[test]
fn h265_downloads_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let units = units(&clip(dir.path(), "cam720-h265.mp4", H265));
    let file = download(dir.path(), &Recording::of(&units), seconds(0.0, 60.0));
    assert_eq!(probe(&file, "v", "stream=codec_name"), ["hevc"]);
    assert_eq!(shown(&file, "v").len(), pictures(&units));
}

#[test]
fn a_part_of_a_recording_plays_from_its_start_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let recording = Recording::of(&units(&clip(dir.path(), "cam720.mp4", H264_AAC)));
    let file = download(dir.path(), &recording, seconds(5.0, 9.0));
    let (video, audio) = (shown(&file, "v"), shown(&file, "a"));
    // The edit list hides the second of pictures between the key picture at 4 s and the start.
    let visible: Vec<_> = video.iter().filter(|&&time| time >= 0.0).collect();
    assert_eq!(visible.len(), 100, "{video:?}");
    assert!((visible[0] - 0.0).abs() < 0.001);
    assert!(audio.iter().any(|time| time.abs() < 0.065) && audio.last().unwrap() < &4.0, "{audio:?}");
    let length: f64 = probe(&file, "v", "format=duration")[0].parse().unwrap();
    assert!((length - 4.0).abs() < 0.01, "{length}");
}

#[test]
fn b_frames_are_shown_at_their_own_times() {
    let dir = tempfile::tempdir().unwrap();
    let units = with_b_frames(dir.path(), "b.mp4", "640x360");
    assert!(units.iter().any(|unit| unit.cts != units[0].cts), "there are B-frames");
    let recording = Recording::of(&units);
    for (from, to, count) in [(0.0, 60.0, 250), (4.0, 60.0, 150), (3.0, 60.0, 175)] {
        let file = download(dir.path(), &recording, seconds(from, to));
        let times: Vec<_> = shown(&file, "v").into_iter().filter(|&time| time >= 0.0).collect();
        assert_eq!(times.len(), count, "from {from}");
        for (n, time) in times.iter().enumerate() {
            assert!((time - n as f64 * 0.04).abs() < 0.001, "from {from}: picture {n} at {time}");
        }
    }
}

#[test]
fn holes_are_closed_up_and_changed_parameters_decode() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = with_b_frames(dir.path(), "large.mp4", "640x360");
    let small = with_b_frames(dir.path(), "small.mp4", "320x240");
    // 10 s large, 20 s nothing, 10 s small, straight on with large again.
    all.extend(shifted(&small, 30));
    let again = shifted(&all[..250], 40);
    all.extend(again);
    let recording = Recording::of(&all);
    assert_eq!(recording.segments.len(), 3);
    let mp4 = lay_out(&recording, seconds(0.0, 100.0));
    assert_eq!(mp4.gaps().len(), 1);
    assert_eq!(mp4.gaps()[0].length().as_secs(), 20);
    let file = download(dir.path(), &recording, seconds(0.0, 100.0));
    let times = shown(&file, "v");
    assert_eq!(times.len(), 750);
    assert!((times.last().unwrap() - 29.96).abs() < 0.2, "{times:?}");
    let sizes = probe(&file, "v", "frame=width");
    assert_eq!((&sizes[0][..], &sizes[300][..], &sizes[600][..]), ("640", "320", "640"));
}

#[test]
fn g711_is_in_the_download_and_not_in_what_browsers_get() {
    let dir = tempfile::tempdir().unwrap();
    let mut units = units(&clip(dir.path(), "cam720.mp4", H264_AAC));
    units.retain(|unit| unit.track == Track::Video);
    let mut entry = [&[0, 0, 0, 36][..], b"ulaw", &[0, 0, 0, 0, 0, 0, 0, 1], &[0; 8], &[0, 1, 0, 16, 0, 0, 0, 0]].concat();
    entry.extend_from_slice(&(8000_u32 << 16).to_be_bytes());
    let audio = AudioFormat {
        codec: AudioCodec::Pcmu,
        sample_rate: 8000,
        channels: 1,
        rfc6381: "ulaw".into(),
        config: Bytes::new(),
        sample_entry: entry.into(),
    };
    let format = Arc::new(Format { audio: Some(audio), ..Format::clone(&units[0].format) });
    units.iter_mut().for_each(|unit| unit.format = Arc::clone(&format));
    units.extend((0..1200).map(|n| unit(&format, Track::Audio, n * 160, 0, true, Bytes::from(vec![0xd5; 160]))));
    units.sort_by_key(|unit| unit.arrived);
    let recording = Recording::of(&units);
    let file = download(dir.path(), &recording, seconds(3.0, 20.0));
    assert_eq!(probe(&file, "a", "stream=codec_name,sample_rate"), ["pcm_mulaw,8000"]);
    let length: f64 = probe(&file, "a", "stream=duration")[0].parse().unwrap();
    assert!((length - 17.0).abs() < 0.1, "{length}");
    let played = play(dir.path(), &recording, seconds(3.0, 20.0));
    assert_eq!(complaints(&played), "");
    assert_eq!(probe(&played, "a", "stream=codec_name"), [""; 0]);
}

/// Writes a range as HLS into a folder and returns the playlist's place.
fn play(dir: &Path, recording: &Recording, range: TimeRange) -> std::path::PathBuf {
    let mut playlist = Playlist::new(range);
    recording.segments.iter().for_each(|&segment| playlist.add(&recording.file(segment).index));
    let text = playlist.finish().unwrap();
    for uri in text.lines().filter(|line| line.ends_with(".m4s")) {
        let (segment, numbers) = uri.strip_prefix("playback/").unwrap().split_once('/').unwrap();
        let (first, last) = numbers.strip_suffix(".m4s").unwrap().split_once('-').unwrap();
        let segment = segment.parse().unwrap();
        let index = &recording.file(segment).index;
        let tracks = TrackSet::for_browser(index.format());
        let folder = dir.join("playback").join(segment.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("init.mp4"), init_segment(index.format(), tracks).unwrap()).unwrap();
        let mut part = Vec::new();
        for record in &index.records()[first.parse().unwrap()..=last.parse().unwrap()] {
            media_part(record, tracks, &recording.samples(segment, &record.at()), &mut part).unwrap();
        }
        std::fs::write(dir.join(uri), part).unwrap();
    }
    let file = dir.join("playback.m3u8");
    std::fs::write(&file, text).unwrap();
    file
}

/// What a player appends for each `EXT-X-MAP` of a playlist, as one file.
fn appended(dir: &Path, playlist: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<Vec<u8>> = Vec::new();
    for line in std::fs::read_to_string(playlist).unwrap().lines() {
        if let Some(uri) = line.strip_prefix("#EXT-X-MAP:URI=\"") {
            files.push(std::fs::read(dir.join(uri.trim_end_matches('"'))).unwrap());
        } else if !line.starts_with('#') {
            files.last_mut().unwrap().extend(std::fs::read(dir.join(line)).unwrap());
        }
    }
    let written = files.iter().enumerate().map(|(n, bytes)| {
        let file = dir.join(format!("appended-{n}.mp4"));
        std::fs::write(&file, bytes).unwrap();
        file
    });
    written.collect()
}

#[test]
fn a_playlist_plays() {
    let dir = tempfile::tempdir().unwrap();
    let units = units(&clip(dir.path(), "cam720.mp4", H264_AAC));
    let recording = Recording::of(&units);
    let file = play(dir.path(), &recording, seconds(0.0, 60.0));
    assert_eq!(complaints(&file), "");
    assert_eq!(shown(&file, "v").len(), pictures(&units));
    assert!(probe(&file, "a", "stream=codec_name").contains(&"aac".into()));
    let file = play(dir.path(), &recording, seconds(7.0, 13.0));
    assert_eq!(complaints(&file), "");
    // From the key picture at 6 s to the end of the last record.
    assert!((175..=187).contains(&shown(&file, "v").len()));
}

#[test]
fn a_playlist_over_files_and_holes_plays() {
    let dir = tempfile::tempdir().unwrap();
    let pictures = with_b_frames(dir.path(), "drawn.mp4", "640x360");
    let copies = [0, 10, 20, 30, 40, 50, 60, 90].map(|second| shifted(&pictures, second));
    let recording = Recording::of(&copies.into_iter().flatten().collect::<Vec<_>>());
    assert_eq!(recording.segments.len(), 3, "a minute, the rest of the run, what came after the hole");
    let file = play(dir.path(), &recording, seconds(0.0, 200.0));
    assert_eq!(complaints(&file), "");
    assert_eq!(shown(&file, "v").len(), 8 * 250);
}

#[test]
fn a_playlist_with_another_format_plays() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = with_b_frames(dir.path(), "large.mp4", "640x360");
    all.extend(shifted(&with_b_frames(dir.path(), "small.mp4", "320x240"), 10));
    let playlist = play(dir.path(), &Recording::of(&all), seconds(0.0, 100.0));
    // This ffmpeg reads only the first map of a playlist, so that each is judged on its own.
    let files = appended(dir.path(), &playlist);
    assert_eq!(files.len(), 2);
    for (file, width) in files.iter().zip(["640", "320"]) {
        assert_eq!(complaints(file), "");
        assert_eq!(probe(file, "v", "frame=width"), [width; 250]);
    }
}

#[test]
fn live_parts_play_from_any_key_picture_on() {
    let dir = tempfile::tempdir().unwrap();
    for (name, drawn) in [("cam720.mp4", H264_AAC), ("cam720-h265.mp4", H265)] {
        let units = units(&clip(dir.path(), name, drawn));
        let start = units.iter().rposition(|unit| unit.starts_gop() && unit.dts < 10 * 90_000).unwrap();
        let format = &units[0].format;
        let mut out = init_segment(format, TrackSet::for_browser(format)).unwrap().to_vec();
        for (n, unit) in units[start..].iter().enumerate() {
            let duration = if unit.track == Track::Video { 3600 } else { 1024 };
            out.extend_from_slice(&live_part(n as u32 + 1, unit, duration));
        }
        let file = dir.path().join("live.mp4");
        std::fs::write(&file, out).unwrap();
        assert_eq!(complaints(&file), "", "{name}");
        assert_eq!(shown(&file, "v").len(), pictures(&units[start..]), "{name}");
    }
}

#[test]
fn the_judge_complains_about_a_damaged_file() {
    let dir = tempfile::tempdir().unwrap();
    let recording = Recording::of(&units(&clip(dir.path(), "cam720.mp4", H264_AAC)));
    let mut damaged = bytes(&recording, &lay_out(&recording, seconds(0.0, 60.0)));
    let middle = damaged.len() / 2;
    damaged[middle..middle + 4096].fill(0);
    let file = dir.path().join("damaged.mp4");
    std::fs::write(&file, damaged).unwrap();
    assert_ne!(complaints(&file), "");
}
