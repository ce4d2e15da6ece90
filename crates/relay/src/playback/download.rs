//! A download: laid out at once, read and unsealed while it is sent, never written.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use domain::{Error, Kind, Result, SegmentId, TimeRange};
use futures::Stream;
use media::record::{Piece, RecordAt, VirtualMp4};
use policy::Permit;
use policy::act::Download as DownloadAct;
use tokio::sync::mpsc;

use super::Playback;
use super::cache::Opened;
use crate::Watch;
use crate::segment::read_at;

/// Bytes of records that are read and unsealed at a time: large enough that the disk streams, small enough for a hundred
/// downloads at once.
const CHUNK_BYTES: u64 = 2 * 1024 * 1024;

/// Chunks that are ready before the socket takes them: one is unsealed while another is sent.
const CHUNKS_AHEAD: usize = 2;

/// Footage as one progressive MP4 file.
#[derive(Debug)]
pub struct Download {
    file: Arc<VirtualMp4>,
    range: TimeRange,
    playback: Playback,
    permit: Permit<DownloadAct>,
    watch: Watch<DownloadAct>,
}

impl Download {
    pub(super) fn new(
        file: VirtualMp4,
        range: TimeRange,
        playback: Playback,
        permit: Permit<DownloadAct>,
        watch: Watch<DownloadAct>,
    ) -> Self {
        Self { file: Arc::new(file), range, playback, permit, watch }
    }

    /// Bytes of the whole file.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a file is never empty: it has a head")]
    pub fn len(&self) -> u64 {
        self.file.len()
    }

    /// A strong entity tag (RFC 9110, 8.8.3) without its quotes.
    #[must_use]
    pub fn etag(&self) -> &str {
        self.file.etag()
    }

    /// The time that was asked for.
    #[must_use]
    pub fn range(&self) -> TimeRange {
        self.range
    }

    /// Holes that were closed up.
    #[must_use]
    pub fn gaps(&self) -> &[TimeRange] {
        self.file.gaps()
    }

    /// The bytes `from..to` of the file. Ends with an error where the right to it is withdrawn meanwhile.
    pub fn read(self, from: u64, to: u64) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        let (chunks, mut ready) = mpsc::channel(CHUNKS_AHEAD);
        let Self { file, playback, permit, mut watch, .. } = self;
        tokio::spawn(async move {
            let outcome = tokio::select! {
                () = watch.ended() => Err(Error::new(Kind::Forbidden, "session.none", "the right to this download has ended")),
                outcome = pump(&file, from..to, &playback, &permit, &chunks) => outcome,
            };
            if let Err(error) = outcome {
                // A receiver that is gone has hung up: nobody is left to tell.
                let _ = chunks.send(Err(error)).await;
            }
        });
        futures::stream::poll_fn(move |cx| ready.poll_recv(cx))
    }
}

/// Records of one segment that lie one after the other there, and which of their samples are wanted.
struct Chunk {
    segment: SegmentId,
    records: Vec<(RecordAt, Range<u32>)>,
}

pub(super) async fn pump(
    file: &VirtualMp4,
    range: Range<u64>,
    playback: &Playback,
    permit: &Permit<DownloadAct>,
    chunks: &mpsc::Sender<Result<Bytes>>,
) -> Result<()> {
    let mut pieces = file.pieces(range).peekable();
    let mut opened: Option<(SegmentId, Arc<Opened>)> = None;
    while let Some(piece) = pieces.next() {
        let (segment, at, bytes) = match piece {
            Piece::Bytes(bytes) => {
                if chunks.send(Ok(bytes)).await.is_err() {
                    return Ok(());
                }
                continue;
            }
            Piece::Samples { segment, at, bytes } => (segment, at, bytes),
        };
        let mut chunk = Chunk { segment, records: vec![(at, bytes)] };
        while let Some(Piece::Samples { segment, at, bytes }) = pieces.next_if(|piece| chunk.takes(piece)) {
            debug_assert_eq!(segment, chunk.segment);
            chunk.records.push((at, bytes));
        }
        let source = match &opened {
            Some((id, opened)) if *id == segment => Arc::clone(opened),
            _ => playback.open(permit, segment).await?,
        };
        opened = Some((segment, Arc::clone(&source)));
        let bytes = tokio::task::spawn_blocking(move || chunk.read(&source)).await.map_err(Error::internal)??;
        if chunks.send(Ok(bytes)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

impl Chunk {
    /// Whether a piece lies right behind and still fits.
    fn takes(&self, piece: &Piece) -> bool {
        let (Some((first, _)), Some((last, _))) = (self.records.first(), self.records.last()) else { return false };
        match piece {
            Piece::Samples { segment, at, .. } => {
                let joins = *segment == self.segment && at.offset == last.sealed().end;
                joins && at.sealed().end - first.offset <= CHUNK_BYTES
            }
            Piece::Bytes(_) => false,
        }
    }

    /// Reads all of it at once, unseals each record where it lies, and moves the wanted samples together. Blocks.
    fn read(&self, opened: &Opened) -> Result<Bytes> {
        let (Some((first, _)), Some((last, _))) = (self.records.first(), self.records.last()) else { return Ok(Bytes::new()) };
        let mut sealed = read_at(&opened.file, &(first.offset..last.sealed().end)).map_err(Error::internal)?;
        let mut filled = 0;
        for (at, wanted) in &self.records {
            let start = usize::try_from(at.offset - first.offset).map_err(Error::internal)?;
            let record = sealed.get_mut(start..).unwrap_or_default();
            let base = record.as_ptr() as usize;
            let samples = opened.reader.open_samples(at, record).map_err(Error::internal)?;
            let samples_start = start + (samples.as_ptr() as usize - base);
            let (from, to) = (samples_start + wanted.start as usize, samples_start + wanted.end as usize);
            if to > samples_start + samples.len() {
                return Err(Error::internal("a layout names samples that its record does not have"));
            }
            sealed.copy_within(from..to, filled);
            filled += to - from;
        }
        sealed.truncate(filled);
        Ok(Bytes::from(sealed))
    }
}
