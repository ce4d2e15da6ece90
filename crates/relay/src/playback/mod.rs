//! What was kept, shown again: timeline, playlist, parts, stills, downloads.
//!
//! Nothing is prepared in advance and nothing is written: everything is made from the segments' own tables when it is
//! asked for.

mod cache;
mod download;
mod still;

use std::sync::Arc;

use bytes::Bytes;
use domain::limits::{PLAYLIST_TIME_MAX, TIMELINE_TIME_MAX};
use domain::{CameraId, Error, Kind, Origin, Result, SegmentId, TimeRange, Timestamp};
use media::mp4::{TrackSet, init_segment};
use media::record::{Cause, Gap, Playlist, Record, Timeline as Spans, VirtualMp4, media_part};
use policy::act::{Download as DownloadAct, TakeSnapshot, ViewRecorded};
use policy::{Act, Permit};
use store::How;
use tokio::sync::mpsc;

pub use download::Download;
pub use still::Still;
pub(crate) use still::still_of;

/// What was recorded when, and why not.
pub type Timeline = Spans;

use crate::fleet::Shared;
use crate::record::OpenSegment;
use crate::segment::read_at;
use crate::{StorageHealth, Watch};
pub(crate) use cache::Cache;
use cache::Opened;

/// Bytes of one HLS media segment. A playlist's items are about 4 s; this much is 60 s of 8 Mbit/s, asked for by hand.
const PART_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Reads what the recorder wrote. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Playback {
    shared: Shared,
    stills: still::Stills,
}

/// A segment within a range: filed, or still being written.
#[derive(Debug, Clone, Copy)]
struct Span {
    segment: SegmentId,
    range: TimeRange,
}

impl Playback {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared, stills: still::Stills::default() }
    }

    pub(crate) async fn timeline(&self, permit: Permit<ViewRecorded>, range: TimeRange) -> Result<Timeline> {
        self.survey(permit.object(), range).await
    }

    /// What was recorded of a camera, for whoever holds a permit.
    pub(crate) async fn survey(&self, camera: CameraId, range: TimeRange) -> Result<Timeline> {
        within(range, TIMELINE_TIME_MAX)?;
        let now = self.shared.clock.now();
        // The open ones first: one that is filed meanwhile is then seen twice rather than not at all.
        let open = self.shared.open.of(camera, range);
        let mut known = self.shared.store.gaps(camera, range, now).await?;
        let recorded = if self.shared.storages.all().iter().all(|storage| storage.is_there()) {
            let mut recorded = self.shared.store.recorded(camera, range).await?;
            let span = |open: &OpenSegment| TimeRange::new(open.index.start()?, open.index.end()?);
            recorded.extend(open.iter().filter_map(span));
            recorded
        } else {
            known.splice(0..0, self.out_of_reach(camera, range).await?);
            self.spans(camera, range).await?.into_iter().map(|span| span.range).collect()
        };
        let mut fetched = self.shared.store.fetched(camera, range).await?;
        let afterwards = open.iter().filter(|open| open.index.header().origin == Origin::Backfill);
        fetched.extend(afterwards.filter_map(|open| TimeRange::new(open.index.start()?, open.index.end()?)));
        let open = open.iter().any(OpenSegment::grows);
        Ok(Timeline::new(range, now, &recorded, &known, open).with_fetched(&fetched))
    }

    pub(crate) async fn playlist(&self, permit: Permit<ViewRecorded>, range: TimeRange) -> Result<String> {
        within(range, PLAYLIST_TIME_MAX)?;
        let mut playlist = Playlist::new(range);
        for span in self.spans_from_key(permit.object(), range).await? {
            if let Some(opened) = self.open_kept(&permit, span.segment).await? {
                playlist.add(&opened.index);
            }
        }
        match playlist.finish() {
            Some(playlist) => Ok(playlist),
            None => Err(self.nothing(permit.object(), range).await?),
        }
    }

    pub(crate) async fn init(&self, permit: Permit<ViewRecorded>, segment: SegmentId) -> Result<Bytes> {
        let opened = self.open(&permit, segment).await?;
        let format = opened.index.format();
        init_segment(format, TrackSet::for_browser(format)).map_err(Error::internal)
    }

    pub(crate) async fn part(&self, permit: Permit<ViewRecorded>, segment: SegmentId, first: u32, last: u32) -> Result<Bytes> {
        let opened = self.open(&permit, segment).await?;
        let records = opened.index.records().get(first as usize..=last as usize).filter(|records| !records.is_empty());
        let records: Vec<Record> = records.ok_or_else(none)?.to_vec();
        let part = move || part_of(&opened, &records);
        tokio::task::spawn_blocking(part).await.map_err(Error::internal)?
    }

    pub(crate) async fn download(&self, permit: Permit<DownloadAct>, range: TimeRange) -> Result<Download> {
        let file = self.layout(&permit, range).await?;
        let revision = self.shared.store.bus().revision();
        // Segments are opened with a permit of their own, for the one below goes on as the download's lease.
        let opener = self.opener::<DownloadAct>(&permit).await?;
        let visit = self.shared.witness.visit(&permit, How::Download);
        let watch = Watch::new(permit, Arc::clone(&self.shared.facts), Arc::clone(&self.shared.clock), revision).seen(visit);
        Ok(Download::new(file, range, self.clone(), opener, watch))
    }

    /// A range of the permit's camera as one file.
    pub(crate) async fn layout(&self, permit: &Permit<DownloadAct>, range: TimeRange) -> Result<VirtualMp4> {
        within(range, domain::limits::DOWNLOAD_TIME_MAX)?;
        let camera = permit.object();
        let mut builder = media::record::DownloadBuilder::new(range);
        for span in self.spans_from_key(camera, range).await? {
            if let Some(opened) = self.open_kept(permit, span.segment).await? {
                builder.add(&opened.index).map_err(Error::internal)?;
            }
        }
        match builder.finish() {
            Err(media::mp4::Mp4Error::Empty) => Err(self.nothing(camera, range).await?),
            file => file.map_err(Error::internal),
        }
    }

    /// Bytes of such a file, to whoever takes them. Ends without an error where nobody does any more.
    pub(crate) async fn send(
        &self,
        file: &VirtualMp4,
        bytes: std::ops::Range<u64>,
        permit: &Permit<DownloadAct>,
        chunks: &mpsc::Sender<Result<Bytes>>,
    ) -> Result<()> {
        download::pump(file, bytes, self, permit, chunks).await
    }

    /// SHA-256 of a range as one file, and its length.
    pub(crate) async fn download_hash(&self, permit: Permit<DownloadAct>, range: TimeRange) -> Result<(String, u64)> {
        let file = self.layout(&permit, range).await?;
        let mut watch = self.lease(&permit, false).await?;
        let (chunks, mut ready) = mpsc::channel(2);
        let sent = async {
            let outcome = self.send(&file, 0..file.len(), &permit, &chunks).await;
            drop(chunks);
            outcome
        };
        let hashed = async {
            let mut digest = store::case::FileDigest::default();
            while let Some(piece) = ready.recv().await {
                digest.update(&piece?);
            }
            Ok::<_, Error>(digest.finish())
        };
        let (sent, hash) = tokio::select! {
            () = watch.ended() => return Err(Error::new(Kind::Forbidden, "session.none", "the right to this download has ended")),
            both = async { tokio::join!(sent, hashed) } => both,
        };
        sent?;
        let hash = hash?;
        Ok((hash.sha256, hash.bytes))
    }

    /// The lease of whoever reads footage of the permit's camera for a while; noted as a visit where `seen`.
    pub(crate) async fn lease(&self, permit: &Permit<DownloadAct>, seen: bool) -> Result<Watch<DownloadAct>> {
        let revision = self.shared.store.bus().revision();
        let own = self.opener(permit).await?;
        let visit = self.shared.witness.visit(&own, How::Download).filter(|_| seen);
        Ok(Watch::new(own, Arc::clone(&self.shared.facts), Arc::clone(&self.shared.clock), revision).seen(visit))
    }

    /// SHA-256 of a sealed file as it lies on the disk.
    pub(crate) async fn sealed_hash(&self, permit: &Permit<DownloadAct>, segment: SegmentId) -> Result<String> {
        let opened = self.open(permit, segment).await?;
        let hash = move || {
            let mut file = opened.file.try_clone()?;
            std::io::Seek::rewind(&mut file)?;
            store::case::sha256_of(&mut file)
        };
        tokio::task::spawn_blocking(hash).await.map_err(Error::internal)?.map_err(Error::internal)
    }

    pub(crate) async fn still(&self, permit: Permit<TakeSnapshot>, at: Timestamp, width_max: u16) -> Result<Still> {
        let range = TimeRange::new(at, at + std::time::Duration::from_micros(1)).ok_or_else(none)?;
        // The key picture may be in the file before: a GOP is cut where it outlasts two files.
        let spans = self.spans_from_key(permit.object(), range).await?;
        if spans.iter().all(|span| !span.range.overlaps(range)) {
            return Err(self.nothing(permit.object(), range).await?);
        }
        for span in spans.into_iter().rev() {
            let Some(opened) = self.open_kept(&permit, span.segment).await? else { continue };
            let Some(record) = opened.index.key_before(at).and_then(|number| opened.index.records().get(number)) else {
                continue;
            };
            let record = record.clone();
            return self.stills.get(opened, record, width_max).await;
        }
        Err(none())
    }

    /// The same question asked again, so that a long answer has a permit to open segments with while its lease runs.
    async fn opener<A: Act<Object = CameraId>>(&self, permit: &Permit<A>) -> Result<Permit<A>> {
        let ask = policy::Ask::<A> { principal: permit.principal(), object: permit.object(), at: self.shared.clock.now() };
        let facts = self.shared.facts.facts(ask.principal, ask.object.into()).await?;
        Ok(policy::decide(&ask, &facts)?)
    }

    /// The spans of `range` and the one before it, where the range's first pictures may depend on it.
    async fn spans_from_key(&self, camera: CameraId, range: TimeRange) -> Result<Vec<Span>> {
        let earlier = range.from() - domain::limits::SEGMENT_TIME_MAX;
        let wider = TimeRange::new(earlier, range.to()).unwrap_or(range);
        self.spans(camera, wider).await
    }

    /// Everything kept of a camera within `range`, in order of time.
    async fn spans(&self, camera: CameraId, range: TimeRange) -> Result<Vec<Span>> {
        // The open ones first: one that is filed meanwhile is then seen twice rather than not at all.
        let storages = &self.shared.storages;
        let mut open = self.shared.open.of(camera, range);
        open.retain(|segment| storages.readable(segment.storage));
        let mut filed = self.shared.store.segments(camera, range).await?;
        filed.retain(|row| storages.readable(row.storage));
        let mut spans: Vec<Span> =
            filed.iter().filter_map(|row| Some(Span { segment: row.id, range: TimeRange::new(row.start, row.end)? })).collect();
        for segment in open {
            let id = segment.index.header().segment;
            let range = segment.index.start().zip(segment.index.end()).and_then(|(from, to)| TimeRange::new(from, to));
            if let Some(range) = range.filter(|_| spans.iter().all(|span| span.segment != id)) {
                spans.push(Span { segment: id, range });
            }
        }
        spans.sort_by_key(|span| (span.range.from(), span.range.to()));
        Ok(spans)
    }

    /// What was kept of a camera within `range` on storages that are not there now.
    async fn out_of_reach(&self, camera: CameraId, range: TimeRange) -> Result<Vec<Gap>> {
        let storages = &self.shared.storages;
        if storages.all().iter().all(|storage| storage.is_there()) {
            return Ok(Vec::new());
        }
        let rows = self.shared.store.segments(camera, range).await?;
        let gone = rows.into_iter().filter(|row| !storages.readable(row.storage));
        Ok(gone.filter_map(|row| Some(Gap { range: TimeRange::new(row.start, row.end)?, cause: Cause::Disk })).collect())
    }

    /// Why there is nothing of `range`: its disk is not there, or nothing was kept.
    async fn nothing(&self, camera: CameraId, range: TimeRange) -> Result<Error> {
        Ok(if self.out_of_reach(camera, range).await?.is_empty() { none() } else { StorageHealth::Missing.error() })
    }

    /// As [`Playback::open`]; `None` where retention took the segment meanwhile.
    async fn open_kept<A: Act<Object = CameraId>>(&self, permit: &Permit<A>, id: SegmentId) -> Result<Option<Arc<Opened>>> {
        match self.open(permit, id).await {
            Ok(opened) => Ok(Some(opened)),
            Err(error) if error.kind() == Kind::NotFound && error.code() == "recording.none" => Ok(None),
            // The timeline says where a disk is missing; what can be read is shown.
            Err(error) if error.code() == "storage.missing" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens a segment of the permit's camera. The key is asked for each time: a destroyed one opens nothing, cached or not.
    async fn open<A: Act<Object = CameraId>>(&self, permit: &Permit<A>, id: SegmentId) -> Result<Arc<Opened>> {
        match self.open_once(permit, id).await {
            // It may have been filed, or moved to another storage, between the look at where it is and the look there.
            Err(error) if error.code() == "recording.none" => self.open_once(permit, id).await,
            outcome => outcome,
        }
    }

    async fn open_once<A: Act<Object = CameraId>>(&self, permit: &Permit<A>, id: SegmentId) -> Result<Arc<Opened>> {
        let open = self.shared.open.get(id);
        let row = if open.is_none() { Some(self.shared.store.segment(id).await?.ok_or_else(none)?) } else { None };
        let whose = open.as_ref().map(|open| (open.index.header().camera, open.index.header().key));
        let (camera, key) = whose.or(row.as_ref().map(|row| (row.camera, row.key))).ok_or_else(none)?;
        if camera != permit.object() {
            return Err(none());
        }
        let key = self.shared.store.media_key_by_id(permit, key).await?;
        let key = key.ok_or_else(|| Error::new(Kind::NotFound, "recording.key_destroyed", "the footage's key was destroyed"))?;
        match (open, row) {
            (Some(open), _) => Opened::growing(open, key).await.map(Arc::new),
            (None, Some(row)) => {
                let path = self.shared.storages.segment_path(row.storage, camera, id)?;
                self.shared.opened.open(id, path, row.bytes, key).await
            }
            (None, None) => Err(none()),
        }
    }
}

fn part_of(opened: &Opened, records: &[Record]) -> Result<Bytes> {
    let (Some(first), Some(last)) = (records.first(), records.last()) else { return Err(none()) };
    let range = first.at().sealed().start..last.at().sealed().end;
    if range.end - range.start > PART_BYTES_MAX {
        return Err(Error::new(Kind::TooLarge, "range.too_long", format!("a part has at most {PART_BYTES_MAX} bytes")));
    }
    let tracks = TrackSet::for_browser(opened.index.format());
    let mut sealed = read_at(&opened.file, &range).map_err(Error::internal)?;
    let mut out = Vec::with_capacity(sealed.len() + 512 * records.len());
    for record in records {
        let at = record.at();
        let start = usize::try_from(at.sealed().start - range.start).map_err(Error::internal)?;
        let samples = opened.reader.open_samples(&at, sealed.get_mut(start..).unwrap_or_default()).map_err(Error::internal)?;
        media_part(record, tracks, samples, &mut out).map_err(Error::internal)?;
    }
    Ok(Bytes::from(out))
}

fn within(range: TimeRange, max: std::time::Duration) -> Result<()> {
    if range.length() > max {
        let detail = format!("the range may be {} h at most", max.as_secs() / 3600);
        return Err(Error::new(Kind::Invalid, "range.too_long", detail));
    }
    Ok(())
}

fn none() -> Error {
    Error::new(Kind::NotFound, "recording.none", "nothing was kept of that time")
}
