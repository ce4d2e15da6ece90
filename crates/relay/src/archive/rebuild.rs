//! The index from the files alone, the newest first, so that what happened lately can be watched while the rest is still read.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{CameraId, Error, Result, SegmentId, Timestamp};
use media::record::{FOOTER_LEN, MediaKey, SegmentError, SegmentHeader, SegmentScanner, TAG_LEN};
use store::{SEGMENT_SPAN_MAX, SegmentRow};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::walk::{Found, Listing, list};
use super::{Archive, Keys};
use crate::segment::{self, ReadError, read_at};

/// Files that are read for one transaction: little enough for a recorder to wait for, much more than a transaction costs.
const STEP: usize = 64;

/// Rows that are looked at together for a file that is gone.
const PAGE: u32 = 1024;

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Files that were read.
    pub files: u64,
    /// Files that there are.
    pub of_files: u64,
    /// Bytes of the files that were read.
    pub bytes: u64,
    /// Bytes of all.
    pub of_bytes: u64,
}

/// What a rebuild came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rebuilt {
    /// Segments that have a row from their file.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those of them whose key is not there: from their clear bytes.
    pub unopened: u64,
    /// Files without one whole record, or that are no segment of their folder's camera, or cannot be read: each with why.
    pub left_out: Vec<(PathBuf, String)>,
    /// Files of cameras that there are no more.
    pub of_nobody: u64,
    /// Rows that were taken out because there is no file.
    pub rows_removed: u64,
    /// How long it took.
    pub took: Duration,
}

impl Rebuilt {
    /// Seconds that 100 GB take at this rate.
    #[must_use]
    pub fn seconds_per_100_gb(&self) -> f64 {
        if self.bytes == 0 { 0.0 } else { self.took.as_secs_f64() * 100e9 / self.bytes as f64 }
    }
}

/// A rebuild that runs beside the server, for whoever wants to know how far it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rebuilding {
    now: Arc<Mutex<Option<Progress>>>,
    /// A permit a step, for tests that look at a server meanwhile.
    pace: Option<Arc<Semaphore>>,
}

impl Rebuilding {
    pub(crate) fn new(pace: Option<Arc<Semaphore>>) -> Self {
        Self { now: Arc::default(), pace }
    }

    /// How far it is; none while none runs.
    pub(crate) fn progress(&self) -> Option<Progress> {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, progress: Option<Progress>) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        let left = progress.map_or(0, |progress| progress.of_files.saturating_sub(progress.files));
        metrics::gauge!("atipcam_index_files_unread").set(left as f64);
    }

    /// Rebuilds an index that does not hold every file, until `cancel`.
    pub(crate) async fn run(&self, archive: &Archive, cancel: &CancellationToken) {
        match archive.store.index_is_complete().await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => return tracing::error!(%error, "the index cannot be read"),
        }
        self.set(Some(Progress::default()));
        let rebuilt = cancel.run_until_cancelled(archive.rebuild_beside(self)).await;
        self.set(None);
        match rebuilt {
            None => tracing::info!("the index is not complete yet: the next start goes on"),
            Some(Err(error)) => tracing::error!(%error, "the index could not be rebuilt; older footage may not be shown"),
            Some(Ok(Rebuilt { segments: 0, .. })) => {}
            Some(Ok(rebuilt)) => {
                let per_100_gb = rebuilt.seconds_per_100_gb();
                let left_out = rebuilt.left_out.len();
                tracing::info!(
                    segments = rebuilt.segments,
                    bytes = rebuilt.bytes,
                    seconds = rebuilt.took.as_secs_f64(),
                    seconds_per_100_gb = per_100_gb,
                    left_out,
                    "the index was rebuilt from the files"
                );
            }
        }
    }
}

impl Archive {
    /// Makes the index from the files alone: a row for each, and none without a file. Times without footage and their causes stay as
    /// they are, for no file tells them. No file is touched.
    pub async fn rebuild(&self, mut tell: impl FnMut(Progress) + Send) -> Result<Rebuilt> {
        self.store.mark_index(false).await?;
        let mut rebuilt = self.read_all(&mut tell, None).await?;
        rebuilt.rows_removed = self.remove_rows_without_files().await?;
        self.store.mark_index(true).await?;
        Ok(rebuilt)
    }

    /// The same beside recorders that add rows of their own.
    async fn rebuild_beside(&self, state: &Rebuilding) -> Result<Rebuilt> {
        let rebuilt = self.read_all(&mut |progress| state.set(Some(progress)), state.pace.as_deref()).await?;
        self.store.mark_index(true).await?;
        Ok(rebuilt)
    }

    async fn read_all(&self, tell: &mut (dyn FnMut(Progress) + Send), pace: Option<&Semaphore>) -> Result<Rebuilt> {
        let begun = self.clock.mono();
        let roots = Arc::clone(&self.roots);
        let listed = tokio::task::spawn_blocking(move || {
            let mut listing = list(&roots)?;
            listing.files.sort_unstable_by_key(|found| std::cmp::Reverse((found.modified, found.segment)));
            Ok::<_, io::Error>(listing)
        });
        let Listing { files, .. } = listed.await.map_err(Error::internal)?.map_err(Error::internal)?;
        let of_bytes = files.iter().map(|found| found.bytes).sum();
        let mut progress = Progress { of_files: files.len() as u64, of_bytes, ..Progress::default() };
        let cameras: HashSet<CameraId> = self.store.footage_cameras().await?.into_iter().collect();
        let (mut rebuilt, mut keys) = (Rebuilt::default(), Keys::default());
        for found in files.chunks(STEP) {
            let known: Vec<Found> = found.iter().filter(|found| cameras.contains(&found.camera)).copied().collect();
            rebuilt.of_nobody += (found.len() - known.len()) as u64;
            self.read_some(&known, &mut keys, &mut rebuilt).await?;
            progress.files += found.len() as u64;
            progress.bytes += found.iter().map(|found| found.bytes).sum::<u64>();
            tell(progress);
            if let Some(pace) = pace
                && let Ok(permit) = pace.acquire().await
            {
                permit.forget();
            }
        }
        for &camera in &cameras {
            self.store.sum_days(camera).await?;
        }
        self.forget_removed(cameras).await?;
        rebuilt.took = self.clock.mono().since(begun);
        Ok(rebuilt)
    }

    async fn read_some(&self, found: &[Found], keys: &mut Keys, rebuilt: &mut Rebuilt) -> Result<()> {
        let (roots, files) = (Arc::clone(&self.roots), found.to_vec());
        let headers = move || {
            let of = |found: Found| (found, segment::header(&found.path(&roots)));
            files.into_iter().map(of).collect::<Vec<_>>()
        };
        let mut work = Vec::with_capacity(found.len());
        for (found, header) in tokio::task::spawn_blocking(headers).await.map_err(Error::internal)? {
            let key = match header {
                Ok(Some(header)) => keys.get(self, found.camera, header.key).await?,
                Ok(None) | Err(_) => None,
            };
            work.push((found, key));
        }
        let roots = Arc::clone(&self.roots);
        let read = move || {
            let of = |(found, key): (Found, Option<MediaKey>)| {
                let path = found.path(&roots);
                let row = describe(&found, &path, key.as_ref()).map(|row| {
                    let storage = roots.get(usize::from(found.root)).and_then(|root| root.storage);
                    SegmentRow { storage, ..row }
                });
                (path, key.is_some(), row)
            };
            work.into_iter().map(of).collect::<Vec<_>>()
        };
        let read = tokio::task::spawn_blocking(read).await.map_err(Error::internal)?;
        let mut rows = Vec::with_capacity(read.len());
        for (path, opened, row) in read {
            match row {
                Ok(row) => {
                    rebuilt.unopened += u64::from(!opened);
                    rebuilt.bytes += row.bytes;
                    rows.push(row);
                }
                // Retention took it meanwhile.
                Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => rebuilt.left_out.push((path, error.to_string())),
            }
        }
        rebuilt.segments += rows.len() as u64;
        self.store.restore_segments(&rows).await
    }

    /// A camera that was removed while its files were read must leave no rows.
    async fn forget_removed(&self, cameras: HashSet<CameraId>) -> Result<()> {
        let left: HashSet<CameraId> = self.store.footage_cameras().await?.into_iter().collect();
        for &camera in cameras.difference(&left) {
            self.store.remove_segments_of(camera).await?;
        }
        Ok(())
    }

    async fn remove_rows_without_files(&self) -> Result<u64> {
        let (mut removed, mut after) = (0, None);
        loop {
            let rows = self.store.segments_behind(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(removed) };
            after = Some(last.id);
            for id in self.without_file(rows).await? {
                self.store.remove_segment(id).await?;
                removed += 1;
            }
        }
    }

    /// Which of these have no file in any root, of those whose storage is one of them: a disk that is not there lost nothing.
    pub(super) async fn without_file(&self, rows: Vec<SegmentRow>) -> Result<Vec<SegmentId>> {
        let roots = Arc::clone(&self.roots);
        let missing = move || -> Vec<SegmentId> {
            let here = |row: &SegmentRow| roots.iter().any(|root| root.storage == row.storage);
            let name = |row: &SegmentRow| format!("{}/{}.seg", row.camera, row.id);
            let open = |row: &SegmentRow| format!("{}/{}.seg", crate::record::OPEN_FOLDER, row.id);
            let there = |row: &SegmentRow| {
                roots.iter().any(|root| root.dir.join(name(row)).exists() || root.dir.join(open(row)).exists())
            };
            rows.iter().filter(|row| here(row) && !there(row)).map(|row| row.id).collect()
        };
        tokio::task::spawn_blocking(missing).await.map_err(Error::internal)
    }
}

/// A file's row, as its recorder wrote it. Without the key from its clear bytes. Blocks.
fn describe(found: &Found, path: &Path, key: Option<&MediaKey>) -> std::result::Result<SegmentRow, ReadError> {
    let loaded = key.map(|key| segment::load(path, key, None));
    let row = match loaded {
        Some(Ok((file, loaded))) => {
            let bytes = file.metadata()?.len();
            let (start, end) = loaded.index.start().zip(loaded.index.end()).ok_or(SegmentError::Empty)?;
            let what = (loaded.index.has_audio(), loaded.clean, loaded.tail);
            row_of(loaded.index.header(), bytes, (start, end), what)
        }
        Some(Err(error @ (ReadError::Io(_) | ReadError::Segment(SegmentError::Empty)))) => return Err(error),
        // What does not open is kept in the index all the same: a file without a row would stay for ever.
        None | Some(Err(_)) => scan(path)?,
    };
    if row.camera != found.camera || row.id != found.segment {
        return Err(io::Error::other(format!("it is segment {} of camera {}", row.id, row.camera)).into());
    }
    if row.end < row.start || row.end.since(row.start) > SEGMENT_SPAN_MAX {
        return Err(io::Error::other(format!("{} to {} is no span of one segment", row.start, row.end)).into());
    }
    Ok(row)
}

fn scan(path: &Path) -> std::result::Result<SegmentRow, ReadError> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut scanner = SegmentScanner::new(bytes);
    while let Some(range) = scanner.wants() {
        scanner.feed(&read_at(&file, &range)?)?;
    }
    let header = *scanner.header().ok_or(SegmentError::NotASegment)?;
    let (span, tail) = scanner.span().zip(scanner.tail()).ok_or(SegmentError::Empty)?;
    let tail: [u8; TAG_LEN] = read_at(&file, &tail)?.try_into().map_err(|_| SegmentError::Torn)?;
    let clean = scanner.closed_by(&read_at(&file, &(bytes.saturating_sub(FOOTER_LEN as u64)..bytes))?);
    let has_audio = scanner.records().iter().any(|record| record.header.flags.audio);
    Ok(row_of(&header, bytes, span, (has_audio, clean, tail)))
}

/// The row of a file with this header, in the data directory's own folder.
pub(super) fn row_of(
    header: &SegmentHeader,
    bytes: u64,
    (start, end): (Timestamp, Timestamp),
    (has_audio, clean, tail): (bool, bool, [u8; TAG_LEN]),
) -> SegmentRow {
    SegmentRow {
        id: header.segment,
        camera: header.camera,
        stream: header.stream,
        key: header.key,
        start,
        end,
        bytes,
        has_audio,
        clean,
        storage: None,
        class: header.class,
        origin: header.origin,
        previous: header.previous.map(|previous| previous.segment),
        tail: Some(tail),
    }
}
