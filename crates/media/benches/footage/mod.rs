//! What the stages of the media path are measured on, for `benches/stages.rs` by the clock and `examples/stages.rs` by instructions:
//! one GOP of a camera of 720p25 with 2 Mbit/s.

use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use domain::{CameraId, FootageClass, Mono, Origin, SegmentId, StreamName, Timestamp};
use media::au::{AccessUnit, Format, Track, VideoCodec, VideoFormat};
use media::live::Unit;
use media::mp4::live_part;
use media::record::{
    Cipher, Fragment, Fragmenter, MediaKey, MediaKeyId, RecordAt, SegmentError, SegmentParams, SegmentReader, SegmentWriter,
};
use media::rtsp::{Packetiser, Start};

/// Pictures of the GOP: two seconds.
pub(crate) const UNITS: u32 = 50;

/// Ticks of a picture.
const PICTURE: u32 = 3600;

/// Bytes of the key picture and of each other one: 2 Mbit/s together.
const KEY_BYTES: usize = 60_000;
const DELTA_BYTES: usize = 9000;

/// A stage and what one turn of it does with the whole GOP. What it returns keeps the work from being optimised away.
pub(crate) type Stage = (&'static str, fn(&Footage) -> Result<usize, SegmentError>);

/// All of them.
pub(crate) const STAGES: &[Stage] = &[
    ("packetise for WebRTC", Footage::packetise),
    ("packetise for RTSP", Footage::packetise_rtsp),
    ("live part", Footage::live_parts),
    ("fragment and seal", Footage::seal),
    ("unseal", Footage::unseal),
];

/// The GOP, and what a recorder made of it.
#[derive(Debug)]
pub(crate) struct Footage {
    format: Arc<Format>,
    /// Bytes of the key picture and of each other one: noise, which is what coded pictures look like.
    key: Bytes,
    delta: Bytes,
    file: Vec<u8>,
    records: Vec<RecordAt>,
    reader: Option<SegmentReader>,
}

impl Footage {
    /// Made once, outside of what is measured.
    pub(crate) fn new() -> Result<Self, SegmentError> {
        let video = VideoFormat {
            codec: VideoCodec::H264,
            width: 1280,
            height: 720,
            rfc6381: "avc1.4d401f".into(),
            parameter_sets: vec![Bytes::from_static(&[0x67; 24]), Bytes::from_static(&[0x68; 4])],
            sample_entry: Bytes::from_static(&[0; 130]),
        };
        let (key, delta) = (nal(0x65, KEY_BYTES), nal(0x41, DELTA_BYTES));
        let format = Arc::new(Format { video, audio: None });
        let mut footage = Self { format, key, delta, file: Vec::new(), records: Vec::new(), reader: None };
        let (file, records) = footage.sealed()?;
        footage.reader = Some(SegmentReader::new(&file, &media_key())?);
        (footage.file, footage.records) = (file, records);
        Ok(footage)
    }

    /// The pictures, as ingest gives them.
    fn units(&self) -> impl Iterator<Item = AccessUnit> {
        (0..UNITS).map(|n| {
            let micros = u64::from(n) * 40_000;
            AccessUnit {
                track: Track::Video,
                format: Arc::clone(&self.format),
                dts: i64::from(n * PICTURE),
                cts: 0,
                wall: Timestamp::from_micros(1_769_846_400_000_000 + micros.cast_signed()),
                arrived: Mono::from_micros(micros),
                key: n == 0,
                discontinuity: false,
                data: if n == 0 { self.key.clone() } else { self.delta.clone() },
            }
        })
    }

    /// The payloads that all WebRTC viewers share.
    fn packetise(&self) -> Result<usize, SegmentError> {
        Ok(self.units().map(|unit| black_box(Unit::new(unit, PICTURE)).payloads().len()).sum())
    }

    /// The packets that all RTSP viewers share.
    fn packetise_rtsp(&self) -> Result<usize, SegmentError> {
        let start = Start { ssrc: 1, sequence: 2, timestamp: 3 };
        let Some(mut packetiser) = Packetiser::new(&self.format, Track::Video, start) else { return Ok(0) };
        Ok(self.units().map(|unit| black_box(packetiser.packetise(&unit)).bytes()).sum())
    }

    /// The parts that all viewers by Media Source Extensions share.
    fn live_parts(&self) -> Result<usize, SegmentError> {
        Ok(self.units().enumerate().map(|(n, unit)| black_box(live_part(n as u32, &unit, PICTURE)).len()).sum())
    }

    /// Fragments of half a second, sealed into a file.
    fn seal(&self) -> Result<usize, SegmentError> {
        Ok(black_box(self.sealed()?).0.len())
    }

    fn sealed(&self) -> Result<(Vec<u8>, Vec<RecordAt>), SegmentError> {
        let params = SegmentParams {
            camera: CameraId::from_bytes([9; 16]),
            stream: StreamName::Main,
            cipher: Cipher::Aes256Gcm,
            format: Arc::clone(&self.format),
            class: FootageClass::Continuous,
            origin: Origin::Live,
            previous: None,
        };
        let (mut writer, header) = SegmentWriter::new(params, &media_key(), SegmentId::from_bytes([3; 16]))?;
        let mut fragmenter = Fragmenter::new();
        let mut fragments: Vec<Fragment> = self.units().filter_map(|unit| fragmenter.push(&unit)).collect();
        fragments.extend(fragmenter.flush());
        let (mut file, mut records) = (header.to_vec(), Vec::new());
        for fragment in &fragments {
            records.push(writer.record(fragment, &mut file)?.at());
        }
        Ok((file, records))
    }

    /// Each record read from memory, as from the page cache, and opened where it lies.
    fn unseal(&self) -> Result<usize, SegmentError> {
        let (Some(reader), mut opened) = (&self.reader, 0) else { return Err(SegmentError::Empty) };
        for at in &self.records {
            let sealed = at.sealed();
            let range = usize::try_from(sealed.start).unwrap_or(0)..usize::try_from(sealed.end).unwrap_or(0);
            let mut read = self.file.get(range).unwrap_or_default().to_vec();
            opened += black_box(reader.open_samples(at, &mut read)?).len();
        }
        Ok(opened)
    }
}

fn media_key() -> MediaKey {
    MediaKey::new(MediaKeyId::from_bytes([1; 16]), [2; 32])
}

/// One NAL unit behind its length.
fn nal(head: u8, bytes: usize) -> Bytes {
    let mut noise = 0x9e37_79b9_u32;
    let mut out = Vec::with_capacity(bytes + 5);
    out.extend_from_slice(&(bytes as u32 + 1).to_be_bytes());
    out.push(head);
    out.extend((0..bytes).map(|_| {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        noise as u8
    }));
    out.into()
}
