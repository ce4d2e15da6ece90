//! What was fetched, sealed and filed as segments of its own: never into a file that is written live.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use domain::{CameraId, Error, HomeId, Kind, Origin, Result, SegmentId, StreamName};
use media::au::AccessUnit;
use media::record::{Cipher, Fragment, Fragmenter, Record, SegmentParams, SegmentWriter};
use policy::act::RecordCamera;

use crate::fleet::Shared;
use crate::record::{OpenSegment, backfill_path, file_segment, outcome};

/// Bytes that are written and made durable together: a round of the disk for each half second would be hundreds a minute.
const WRITE_BYTES: usize = 1024 * 1024;

/// Takes pictures in order.
#[derive(Debug)]
pub(super) struct Sink {
    shared: Shared,
    camera: CameraId,
    home: HomeId,
    fragmenter: Fragmenter,
    segment: Option<Segment>,
    pictures: u64,
}

#[derive(Debug)]
struct Segment {
    id: SegmentId,
    path: PathBuf,
    writer: SegmentWriter,
    open: OpenSegment,
    /// Sealed and not written yet.
    bytes: Vec<u8>,
    records: Vec<Record>,
}

impl Sink {
    /// `joins`: what comes first goes on from what was recorded, and need not be a key picture.
    pub(super) fn new(shared: Shared, camera: CameraId, home: HomeId, joins: bool) -> Self {
        let fragmenter = if joins { Fragmenter::joining() } else { Fragmenter::new() };
        Self { shared, camera, home, fragmenter, segment: None, pictures: 0 }
    }

    /// Seals and writes.
    pub(super) async fn take(&mut self, units: &mut Vec<AccessUnit>) -> Result<()> {
        for unit in units.drain(..) {
            self.pictures += 1;
            if let Some(fragment) = self.fragmenter.push(&unit) {
                self.write(&fragment).await?;
            }
        }
        Ok(())
    }

    /// Files what there is; how many pictures that are.
    pub(super) async fn finish(mut self) -> Result<u64> {
        if let Some(fragment) = self.fragmenter.flush() {
            self.write(&fragment).await?;
        }
        self.close().await?;
        Ok(self.pictures)
    }

    async fn write(&mut self, fragment: &Fragment) -> Result<()> {
        if self.segment.as_ref().is_some_and(|segment| segment.writer.must_roll(fragment)) {
            self.close().await?;
        }
        let segment = match &mut self.segment {
            Some(segment) => segment,
            None => {
                let segment = self.open(fragment).await?;
                self.segment.insert(segment)
            }
        };
        let record = segment.writer.record(fragment, &mut segment.bytes).map_err(Error::internal)?;
        segment.records.push(record);
        if segment.bytes.len() >= WRITE_BYTES { self.flush().await } else { Ok(()) }
    }

    /// Whether it may be recorded is asked for each file anew, as for live ones.
    async fn open(&self, fragment: &Fragment) -> Result<Segment> {
        let permit = self.shared.permit::<RecordCamera>(self.camera).await?;
        let key = self.shared.store.media_key(&permit, self.home, self.camera, fragment.wall).await?;
        let id = SegmentId::random();
        let params = SegmentParams {
            camera: self.camera,
            stream: StreamName::Main,
            cipher: Cipher::fastest(),
            format: Arc::clone(&fragment.format),
        };
        let (writer, header) = SegmentWriter::new(params, &key, id).map_err(Error::internal)?;
        let path = backfill_path(&self.shared, id);
        outcome(&mut self.shared.disk.create(id, path.clone(), header.to_vec())).await.map_err(failed)?;
        let open = OpenSegment { index: writer.index(), path: path.clone(), bytes: 0 };
        Ok(Segment { id, path, writer, open, bytes: Vec::new(), records: Vec::new() })
    }

    async fn flush(&mut self) -> Result<()> {
        let Some(segment) = self.segment.as_mut().filter(|segment| !segment.records.is_empty()) else { return Ok(()) };
        let bytes = std::mem::take(&mut segment.bytes);
        outcome(&mut self.shared.disk.append(segment.id, bytes, None)).await.map_err(failed)?;
        segment.records.drain(..).for_each(|record| segment.open.index.push(record));
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        let flushed = self.flush().await;
        let Some(Segment { id, path, writer, open, .. }) = self.segment.take() else { return flushed };
        let mut trailer = Vec::new();
        let sealed = flushed.is_ok() && writer.finish(&mut trailer).is_ok();
        let closed = outcome(&mut self.shared.disk.close(id, trailer)).await;
        let clean = sealed && closed.is_ok();
        tracing::debug!(camera = %self.camera, segment = %id, file = ?path.file_name(), clean, "a backfilled segment");
        file_segment(&self.shared, &open, clean, Origin::Backfill).await?;
        flushed
    }
}

fn failed(error: io::Error) -> Error {
    Error::new(Kind::Unavailable, "storage.failed", "the disk does not take footage").with_source(error)
}
