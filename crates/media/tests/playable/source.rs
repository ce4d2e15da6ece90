//! Footage as access units, and the tools that judge what became of it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use domain::{CameraId, FootageClass, Mono, Origin, SegmentId, StreamName, TimeRange, Timestamp};
use media::au::{AccessUnit, AudioCodec, AudioFormat, Format, Track, VIDEO_TIMESCALE, VideoCodec, VideoFormat};
use media::record::{
    Cipher, Fragment, Fragmenter, IndexLoader, Loaded, MediaKey, MediaKeyId, RecordAt, SegmentParams, SegmentWriter,
};
use mp4_atom::{Codec, Decode, Encode, Moov, StszSamples, Trak};

/// 2026-01-31T08:00:00Z.
pub(crate) const T0: Timestamp = Timestamp::from_micros(1_769_846_400_000_000);

#[allow(clippy::disallowed_methods, reason = "tests may start programs")]
fn run(program: &str, args: &[&str]) -> (bool, String, String) {
    let output = Command::new(program).args(args).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// A clip of the folder of footage beside the checkout, or one drawn by ffmpeg where there is no such folder.
pub(crate) fn clip(dir: &Path, name: &str, drawn: &str) -> PathBuf {
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/media").join(name);
    if real.is_file() { real } else { draw(dir, name, drawn) }
}

/// A clip drawn by ffmpeg.
pub(crate) fn draw(dir: &Path, name: &str, drawn: &str) -> PathBuf {
    let file = dir.join(name);
    let args = ["-v", "error", "-y"].into_iter().chain(drawn.split_whitespace()).chain([file.to_str().unwrap()]);
    let (ok, _, error) = run("ffmpeg", &args.collect::<Vec<_>>());
    assert!(ok, "{error}");
    file
}

/// What ffmpeg has to say when it decodes everything in a file; nothing where all is well.
pub(crate) fn complaints(file: &Path) -> String {
    let (ok, _, error) = run("ffmpeg", &["-v", "warning", "-xerror", "-i", file.to_str().unwrap(), "-f", "null", "-"]);
    // A sample entry has no channel layout, only a count: with one channel there is nothing to guess wrongly.
    let lines: Vec<_> = error.lines().filter(|line| !line.starts_with("Guessed Channel Layout")).collect();
    if ok || !lines.is_empty() { lines.join("\n") } else { "it failed".into() }
}

/// Asks ffprobe for one value of the first stream of a kind (`v` or `a`) a line.
pub(crate) fn probe(file: &Path, kind: &str, entries: &str) -> Vec<String> {
    let args = ["-v", "error", "-select_streams", kind, "-show_entries", entries, "-of", "csv=p=0", file.to_str().unwrap()];
    let (ok, text, error) = run("ffprobe", &args);
    assert!(ok && error.is_empty(), "{error}");
    text.lines().map(|line| line.trim_end_matches(',').to_owned()).filter(|line| !line.is_empty()).collect()
}

fn moov(file: &Bytes) -> Moov {
    let mut at = 0;
    loop {
        let size = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        if &file[at + 4..at + 8] == b"moov" {
            return Moov::decode(&mut &file[at..at + size]).unwrap();
        }
        at += size;
    }
}

fn boxed(codec: &Codec) -> Bytes {
    let mut out = Vec::new();
    codec.encode(&mut out).unwrap();
    out.into()
}

fn format(moov: &Moov) -> Format {
    let entries: Vec<_> = moov.trak.iter().map(|trak| (trak, &trak.mdia.minf.stbl.stsd.codecs[0])).collect();
    let video = entries.iter().find_map(|(_, codec)| {
        let (kind, visual, rfc6381) = match codec {
            Codec::Avc1(avc1) => (VideoCodec::H264, &avc1.visual, "avc1.4d401f"),
            Codec::Hvc1(hvc1) => (VideoCodec::H265, &hvc1.visual, "hvc1.1.6.L93.B0"),
            _ => return None,
        };
        let (width, height) = (visual.width, visual.height);
        Some(VideoFormat {
            codec: kind,
            width,
            height,
            rfc6381: rfc6381.into(),
            parameter_sets: vec![],
            sample_entry: boxed(codec),
        })
    });
    let audio = entries.iter().find_map(|(trak, codec)| {
        let Codec::Mp4a(_) = codec else { return None };
        Some(AudioFormat {
            codec: AudioCodec::Aac,
            sample_rate: trak.mdia.mdhd.timescale,
            channels: 1,
            rfc6381: "mp4a.40.2".into(),
            config: Bytes::new(),
            sample_entry: boxed(codec),
        })
    });
    Format { video: video.unwrap(), audio }
}

/// Decoding time, composition offset, key, place in the file.
fn samples(trak: &Trak) -> Vec<(i64, i64, bool, std::ops::Range<usize>)> {
    let stbl = &trak.mdia.minf.stbl;
    let sizes = match &stbl.stsz.samples {
        StszSamples::Different { sizes } => sizes.clone(),
        StszSamples::Identical { count, size } => vec![*size; *count as usize],
    };
    let spread = |count: u32, value: i64| std::iter::repeat_n(value, count as usize);
    let mut durations = stbl.stts.entries.iter().flat_map(|entry| spread(entry.sample_count, entry.sample_delta.into()));
    let mut offsets =
        stbl.ctts.iter().flat_map(|ctts| &ctts.entries).flat_map(|entry| spread(entry.sample_count, entry.sample_offset));
    let chunks: Vec<u64> = stbl.stco.as_ref().unwrap().entries.iter().map(|&offset| offset.into()).collect();
    let (mut out, mut dts) = (Vec::new(), 0);
    for (n, &chunk) in chunks.iter().enumerate() {
        let run = stbl.stsc.entries.iter().rfind(|run| run.first_chunk <= n as u32 + 1).unwrap();
        let mut at = chunk as usize;
        for _ in 0..run.samples_per_chunk {
            let number = out.len() as u32 + 1;
            let size = sizes[out.len()] as usize;
            let key = stbl.stss.as_ref().is_none_or(|stss| stss.entries.contains(&number));
            out.push((dts, offsets.next().unwrap_or(0), key, at..at + size));
            dts += durations.next().unwrap();
            at += size;
        }
    }
    out
}

/// The access units of an .mp4, as ingest would give them, in order of arrival. Decoding time 0 is at [`T0`].
pub(crate) fn units(file: &Path) -> Vec<AccessUnit> {
    let file = Bytes::from(std::fs::read(file).unwrap());
    let moov = moov(&file);
    let format = Arc::new(format(&moov));
    let mut units = Vec::new();
    for trak in &moov.trak {
        let track = if trak.mdia.minf.vmhd.is_some() { Track::Video } else { Track::Audio };
        let timescale = i64::from(trak.mdia.mdhd.timescale);
        let ours = i64::from(if track == Track::Video { VIDEO_TIMESCALE } else { trak.mdia.mdhd.timescale });
        for (dts, cts, key, range) in samples(trak) {
            let (dts, cts) = (dts * ours / timescale, cts * ours / timescale);
            units.push(unit(&format, track, dts, cts as i32, key, file.slice(range)));
        }
    }
    units.sort_by_key(|unit| unit.arrived);
    units
}

pub(crate) fn unit(format: &Arc<Format>, track: Track, dts: i64, cts: i32, key: bool, data: Bytes) -> AccessUnit {
    let micros = |ticks: i64| ticks * 1_000_000 / i64::from(format.timescale(track));
    AccessUnit {
        track,
        format: Arc::clone(format),
        dts,
        cts,
        wall: Timestamp::from_micros(T0.micros() + micros(dts)),
        arrived: Mono::from_micros(micros(dts).unsigned_abs()),
        key,
        discontinuity: false,
        data,
    }
}

/// The same units at another time.
pub(crate) fn shifted(units: &[AccessUnit], seconds: i64) -> Vec<AccessUnit> {
    let shift = |one: &AccessUnit| {
        let dts = one.dts + seconds * i64::from(one.timescale());
        unit(&one.format, one.track, dts, one.cts, one.key, one.data.clone())
    };
    units.iter().map(shift).collect()
}

/// The range from one second after [`T0`] to another.
pub(crate) fn seconds(from: f64, to: f64) -> TimeRange {
    let at = |seconds: f64| Timestamp::from_micros(T0.micros() + (seconds * 1e6) as i64);
    TimeRange::new(at(from), at(to)).unwrap()
}

/// Recorded files, by what the recorder does: cut, roll, seal.
pub(crate) struct Recording {
    files: HashMap<SegmentId, (Vec<u8>, Loaded)>,
    /// In order of time.
    pub(crate) segments: Vec<SegmentId>,
}

impl Recording {
    pub(crate) fn of(units: &[AccessUnit]) -> Self {
        let mut fragmenter = Fragmenter::new();
        let mut fragments: Vec<_> = units.iter().filter_map(|unit| fragmenter.push(unit)).collect();
        fragments.extend(fragmenter.flush());
        let key = MediaKey::new(MediaKeyId::from_bytes([1; 16]), [2; 32]);
        let mut recording = Self { files: HashMap::new(), segments: Vec::new() };
        let mut open: Option<(SegmentWriter, Vec<u8>)> = None;
        for fragment in &fragments {
            if open.as_ref().is_some_and(|(writer, _)| writer.must_roll(fragment)) {
                recording.close(open.take(), &key);
            }
            let (writer, bytes) = open.get_or_insert_with(|| start(fragment, &key));
            writer.record(fragment, bytes).unwrap();
        }
        recording.close(open, &key);
        recording
    }

    fn close(&mut self, file: Option<(SegmentWriter, Vec<u8>)>, key: &MediaKey) {
        let (writer, mut bytes) = file.unwrap();
        let segment = writer.header().segment;
        writer.finish(&mut bytes).unwrap();
        let loaded = IndexLoader::load(&bytes, key).unwrap();
        assert!(loaded.clean);
        self.segments.push(segment);
        self.files.insert(segment, (bytes, loaded));
    }

    pub(crate) fn file(&self, segment: SegmentId) -> &Loaded {
        &self.files[&segment].1
    }

    pub(crate) fn samples(&self, segment: SegmentId, at: &RecordAt) -> Vec<u8> {
        let (bytes, loaded) = &self.files[&segment];
        let sealed = at.sealed();
        let mut sealed = bytes[sealed.start as usize..sealed.end as usize].to_vec();
        loaded.reader.open_samples(at, &mut sealed).unwrap().to_vec()
    }
}

fn start(fragment: &Fragment, key: &MediaKey) -> (SegmentWriter, Vec<u8>) {
    let format = Arc::clone(&fragment.format);
    let (camera, cipher) = (CameraId::random(), Cipher::fastest());
    let (class, origin) = (FootageClass::Continuous, Origin::Live);
    let params = SegmentParams { camera, stream: StreamName::Main, cipher, format, class, origin, previous: None };
    let (writer, header) = SegmentWriter::new(params, key, SegmentId::random()).unwrap();
    (writer, header.to_vec())
}
