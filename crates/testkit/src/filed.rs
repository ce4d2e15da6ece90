//! Footage on the disk as a recorder leaves it, made without a camera: sealed files, each after the one before, and their rows.

use std::fs::{self, File};
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use domain::{CameraId, FootageClass, HomeId, Mono, Origin, SegmentId, StreamName, Timestamp};
use media::au::{AccessUnit, Format, Track, VideoCodec, VideoFormat};
use media::record::{Cipher, Fragment, Fragmenter, Previous, SegmentParams, SegmentWriter};
use policy::Permit;
use policy::act::RecordCamera;
use store::{SegmentRow, Store};

use crate::Result;

/// Pictures of a record: half a second of 24 a second.
const PICTURES: i64 = 12;

/// What the files are like.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Records of a file, half a second each.
    pub records: i64,
    /// Bytes of a picture.
    pub picture_bytes: usize,
}

impl Shape {
    /// Two records of a few hundred bytes: for tests that need many files.
    pub const TINY: Self = Self { records: 2, picture_bytes: 32 };

    /// Media time of a file.
    #[must_use]
    pub const fn length(self) -> Duration {
        Duration::from_millis(500 * self.records as u64)
    }
}

/// One camera's chain of files, which grows.
#[derive(Debug)]
pub struct Filed<'a> {
    store: &'a Store,
    permit: &'a Permit<RecordCamera>,
    home: HomeId,
    camera: CameraId,
    shape: Shape,
    next: Timestamp,
    previous: Option<Previous>,
}

impl<'a> Filed<'a> {
    /// Footage of the permit's camera from `begin` on.
    pub fn new(store: &'a Store, permit: &'a Permit<RecordCamera>, begin: Timestamp, shape: Shape) -> Result<Self> {
        let home = permit.home().ok_or("a camera of no home")?;
        Ok(Self { store, permit, home, camera: permit.object(), shape, next: begin, previous: None })
    }

    /// Leaves a hole: what comes next begins so much later.
    pub fn pause(&mut self, hole: Duration) {
        self.next = self.next + hole;
    }

    /// Files `count` segments; the rows that they have in the index now.
    pub async fn add(&mut self, count: usize) -> Result<Vec<SegmentRow>> {
        let mut rows = Vec::with_capacity(count);
        for _ in 0..count {
            rows.push(self.one(true).await?);
        }
        Ok(rows)
    }

    /// Files one that was not closed, as a crash leaves it.
    pub async fn add_open(&mut self) -> Result<SegmentRow> {
        self.one(false).await
    }

    async fn one(&mut self, closed: bool) -> Result<SegmentRow> {
        let (camera, begin, id) = (self.camera, self.next, SegmentId::random());
        let key = self.store.media_key(self.permit, self.home, camera, begin).await?;
        let fragments = fragments(self.shape, begin);
        let first = fragments.first().ok_or("a file without records")?;
        let params = SegmentParams {
            camera,
            stream: StreamName::Main,
            cipher: Cipher::fastest(),
            format: Arc::clone(&first.format),
            class: FootageClass::Continuous,
            origin: Origin::Live,
            previous: self.previous,
        };
        let (mut writer, header) = SegmentWriter::new(params, &key, id)?;
        let mut bytes = header.to_vec();
        for fragment in &fragments {
            writer.record(fragment, &mut bytes)?;
        }
        let tail = writer.tail().ok_or("a file without a tail")?;
        if closed {
            writer.finish(&mut bytes)?;
        }
        let end = begin + self.shape.length();
        let path = self.store.segment_path(camera, id);
        fs::create_dir_all(path.parent().ok_or("a file without a folder")?)?;
        let mut file = File::create(&path)?;
        file.write_all(&bytes)?;
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_micros(end.micros().unsigned_abs()))?;
        let row = SegmentRow {
            id,
            camera,
            stream: StreamName::Main,
            key: key.id(),
            start: begin,
            end,
            bytes: bytes.len() as u64,
            has_audio: false,
            clean: closed,
            storage: None,
            class: FootageClass::Continuous,
            origin: Origin::Live,
            previous: self.previous.map(|previous| previous.segment),
            tail: Some(tail),
        };
        self.store.add_segment(row.clone()).await?;
        (self.next, self.previous) = (end, Some(Previous { segment: id, tail }));
        Ok(row)
    }
}

/// A file's fragments; each begins with a key picture.
fn fragments(shape: Shape, begin: Timestamp) -> Vec<Fragment> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 640,
        height: 360,
        rfc6381: "avc1.42c01e".into(),
        parameter_sets: vec![Bytes::from_static(&[0x67, 0x42, 0xc0, 0x1e]), Bytes::from_static(&[0x68, 0xce])],
        sample_entry: Bytes::from_static(b"\0\0\0\x10avc1\0\0\0\0\0\0\0\x01"),
    };
    let (format, data) = (Arc::new(Format { video, audio: None }), Bytes::from(vec![7; shape.picture_bytes]));
    let unit = |n: i64| AccessUnit {
        track: Track::Video,
        format: Arc::clone(&format),
        dts: n * 3750,
        cts: 0,
        wall: begin + Duration::from_micros(n.unsigned_abs() * 1_000_000 / 24),
        arrived: Mono::from_micros(10_000_000 + n.unsigned_abs() * 1_000_000 / 24),
        key: n % PICTURES == 0,
        discontinuity: false,
        data: data.clone(),
    };
    let mut fragmenter = Fragmenter::new();
    let mut fragments: Vec<Fragment> = (0..shape.records * PICTURES).filter_map(|n| fragmenter.push(&unit(n))).collect();
    fragments.extend(fragmenter.flush());
    fragments
}
