//! Footage for tests: 25 pictures a second and, where wanted, sound; each unit's bytes tell which it is.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{CameraId, FootageClass, Mono, Origin, SegmentId, StreamName, TimeRange, Timestamp};

use super::*;
use crate::au::{AccessUnit, AudioCodec, AudioFormat, Format, Track, VideoCodec, VideoFormat};

/// 2026-01-31T08:00:00Z.
pub(crate) const T0: Timestamp = Timestamp::from_micros(1_769_846_400_000_000);

/// Ticks of a picture.
pub(crate) const PICTURE: i64 = 3600;

/// A box of `kind` around `body`.
fn boxed(kind: &[u8; 4], body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, &body].concat()
}

/// Fields of each sample entry: reserved, the data reference.
const ENTRY: [u8; 8] = [0, 0, 0, 0, 0, 0, 0, 1];

/// An `avc1` box (ISO/IEC 14496-15, 5.4.2.1) for these parameter sets.
fn avc1(width: u16, height: u16, sps: &[u8], pps: &[u8]) -> Bytes {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let fixed = [&[0, 0x48, 0, 0, 0, 0x48, 0, 0, 0, 0, 0, 0, 0, 1][..], &[0; 32], &[0, 0x18, 0xff, 0xff]].concat();
    let avcc: &[&[u8]] = &[&[1, 0x42, 0xc0, 0x1e, 0xff, 0xe1, 0, sps.len() as u8], sps, &[1, 0, pps.len() as u8], pps];
    boxed(b"avc1", &[&ENTRY, &[0; 16], &size, &fixed, &boxed(b"avcC", avcc)]).into()
}

/// An audio sample entry of one channel (ISO/IEC 14496-12, 12.2.3); AAC with its `esds`.
fn audio_entry(codec: AudioCodec, rate: u32, config: &[u8]) -> Bytes {
    let fixed = [&ENTRY[..], &[0; 8], &[0, 1, 0, 16, 0, 0, 0, 0], &(rate << 16).to_be_bytes()].concat();
    // ES, decoder configuration, decoder specific information, SL configuration (ISO/IEC 14496-1, 7.2.6).
    let n = config.len() as u8;
    let decoder: &[u8] = &[0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, n];
    let es = [&[0, 0, 0, 0, 3, 23 + n, 0, 2, 0, 4, 15 + n][..], decoder, config, &[6, 1, 2]].concat();
    match codec {
        AudioCodec::Aac => boxed(b"mp4a", &[&fixed, &boxed(b"esds", &[&es])]).into(),
        AudioCodec::Pcmu => boxed(b"ulaw", &[&fixed]).into(),
        AudioCodec::Pcma => boxed(b"alaw", &[&fixed]).into(),
        AudioCodec::Opus => Bytes::new(),
    }
}

/// A format; another `version`, other parameters.
pub(crate) fn format(audio: Option<AudioCodec>, version: u8) -> Arc<Format> {
    let (sps, pps) = ([0x67, 0x42, 0xc0, 0x1e, version], [0x68, 0xce]);
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 640,
        height: 360,
        rfc6381: "avc1.42c01e".into(),
        parameter_sets: vec![Bytes::copy_from_slice(&sps), Bytes::copy_from_slice(&pps)],
        sample_entry: avc1(640, 360, &sps, &pps),
    };
    let audio = audio.map(|codec| {
        let aac = codec == AudioCodec::Aac;
        let (sample_rate, config) = if aac { (16_000, &[0x14, 0x08][..]) } else { (8_000, &[][..]) };
        AudioFormat {
            codec,
            sample_rate,
            channels: 1,
            rfc6381: if aac { "mp4a.40.2" } else { "ulaw" }.into(),
            config: Bytes::copy_from_slice(config),
            sample_entry: audio_entry(codec, sample_rate, config),
        }
    });
    Arc::new(Format { video, audio })
}

/// A camera whose units are made at wall-clock and arrival times that follow their decoding times.
#[derive(Debug, Clone)]
pub(crate) struct Camera {
    pub(crate) format: Arc<Format>,
    /// Pictures from key picture to key picture.
    pub(crate) gop: i64,
    /// Wall-clock time of decoding time 0.
    pub(crate) origin: Timestamp,
}

impl Camera {
    pub(crate) fn new(audio: Option<AudioCodec>) -> Self {
        Self { format: format(audio, 1), gop: 50, origin: T0 }
    }

    fn unit(&self, track: Track, dts: i64, data: Vec<u8>) -> AccessUnit {
        let micros = dts * 1_000_000 / i64::from(self.format.timescale(track));
        AccessUnit {
            track,
            format: Arc::clone(&self.format),
            dts,
            cts: 0,
            wall: Timestamp::from_micros(self.origin.micros() + micros),
            arrived: Mono::from_micros((10_000_000 + micros).unsigned_abs()),
            key: true,
            discontinuity: false,
            data: data.into(),
        }
    }

    /// Picture number `n`: 30 bytes where it depends on others, else 90.
    pub(crate) fn picture(&self, n: i64) -> AccessUnit {
        let key = n % self.gop == 0;
        let mut data = format!("picture {n:06} v{}", self.format.video.parameter_sets[0][4]).into_bytes();
        data.resize(if key { 90 } else { 30 }, b'.');
        AccessUnit { key, ..self.unit(Track::Video, n * PICTURE, data) }
    }

    /// AAC frame number `n`: 64 ms.
    pub(crate) fn sound(&self, n: i64) -> AccessUnit {
        self.unit(Track::Audio, n * 1024, format!("sound {n:06}").into_bytes())
    }

    /// All units of the pictures `from..to` in order of time.
    pub(crate) fn units(&self, from: i64, to: i64) -> Vec<AccessUnit> {
        let mut units: Vec<_> = (from..to).map(|n| self.picture(n)).collect();
        if self.format.audio.is_some() {
            // 40 ms a picture, 64 ms a sound.
            units.extend(((from * 5 + 7) / 8..(to * 5 + 7) / 8).map(|n| self.sound(n)));
        }
        units.sort_by_key(|unit| (unit.arrived, unit.track == Track::Audio));
        units
    }
}

/// Cuts units into fragments, the last one flushed.
pub(crate) fn fragments(units: &[AccessUnit]) -> Vec<Fragment> {
    let mut fragmenter = Fragmenter::new();
    let mut out: Vec<_> = units.iter().filter_map(|unit| fragmenter.push(unit)).collect();
    out.extend(fragmenter.flush());
    out
}

/// A media key; another `n`, another key.
pub(crate) fn media_key(n: u8) -> MediaKey {
    MediaKey::new(MediaKeyId::from_bytes([n; 16]), [n ^ 0x5a; 32])
}

/// A sealed file and what the recorder knows of it.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) bytes: Vec<u8>,
    pub(crate) index: SegmentIndex,
}

/// The clear header of the file with the random id `[id; 16]`, in either version.
pub(crate) fn header(id: u8, cipher: Cipher, version: Version) -> SegmentHeader {
    SegmentHeader {
        segment: SegmentId::from_bytes([id; 16]),
        camera: CameraId::from_bytes([9; 16]),
        stream: StreamName::Main,
        key: media_key(1).id(),
        cipher,
        version,
        class: FootageClass::Continuous,
        origin: Origin::Live,
        previous: None,
    }
}

/// Seals fragments of one format into a cleanly closed file with the random id `[id; 16]`.
pub(crate) fn file_of(fragments: &[Fragment], id: u8, cipher: Cipher) -> File {
    file_under(header(id, cipher, Version::V2), fragments)
}

/// As [`file_of`], under a header of any kind.
pub(crate) fn file_under(header: SegmentHeader, fragments: &[Fragment]) -> File {
    let (mut writer, header) = SegmentWriter::begin(header, Arc::clone(&fragments[0].format), &media_key(1)).unwrap();
    let (mut bytes, mut index) = (header.to_vec(), writer.index());
    for fragment in fragments {
        index.push(writer.record(fragment, &mut bytes).unwrap());
        assert_eq!(writer.len(), bytes.len() as u64);
        assert_eq!(writer.tail(), bytes.last_chunk().copied());
    }
    assert_eq!(writer.finish(&mut bytes).unwrap(), bytes.len() as u64);
    File { bytes, index }
}

/// The sealed pictures `from..to` of a camera.
pub(crate) fn file(camera: &Camera, from: i64, to: i64, id: u8) -> File {
    file_of(&fragments(&camera.units(from, to)), id, Cipher::fastest())
}

/// Opens one record's samples.
pub(crate) fn open(file: &[u8], reader: &SegmentReader, at: &RecordAt) -> Result<Vec<u8>, SegmentError> {
    let mut sealed = scan::slice(file, &at.sealed()).to_vec();
    reader.open_samples(at, &mut sealed).map(|samples| samples.to_vec())
}

/// A range in milliseconds after [`T0`].
pub(crate) fn range(from: u64, to: u64) -> TimeRange {
    TimeRange::new(T0 + Duration::from_millis(from), T0 + Duration::from_millis(to)).unwrap()
}
