//! Makes a case: looks which footage there is, reads it once, signs what was read.

use bytes::Bytes;
use domain::{CameraId, Error, HomeId, Kind, Result, SegmentId, StreamName, TimeRange};
use futures::future::select_all;
use policy::Permit;
use policy::act::Download as DownloadAct;
use store::FootageHead;
use store::case::{self, CHUNK, CameraPart, FileDigest, FileHash, FilePart, FootageGap, Link, Manifest, links_digest};
use tokio::sync::mpsc;

use super::{CaseOrder, Doing, Footage, Made, readme};
use crate::fleet::Shared;
use crate::playback::Playback;

/// Files of one case: a camera that drops out every two minutes of a day makes 720.
const FILES_MAX: usize = 2000;

/// How far the end of footage that is still being written is left alone: a fragment more may be on its way to the disk, and a file
/// must read the same twice.
const EDGE: std::time::Duration = std::time::Duration::from_millis(500);

/// Looks by how far the reading is; percents and words are told by this.
pub(super) type Tell<'a> = &'a (dyn Fn(u8, Doing) + Send + Sync);

/// What is to be read.
struct Plan {
    /// Which of the order's cameras.
    camera: usize,
    footage: Footage,
    bytes: u64,
    segments: Vec<SegmentId>,
}

/// What was read of what there is.
struct Progress<'a> {
    tell: Tell<'a>,
    doing: Doing,
    done: u64,
    all: u64,
}

impl Progress<'_> {
    fn add(&mut self, bytes: u64) {
        self.done = self.done.saturating_add(bytes);
        let percent = self.done.saturating_mul(100) / self.all.max(1);
        (self.tell)(percent.min(100) as u8, self.doing);
    }
}

pub(super) async fn make(shared: &Shared, playback: &Playback, home: HomeId, order: CaseOrder, tell: Tell<'_>) -> Result<Made> {
    let mut watches = Vec::new();
    for (permit, _) in &order.cameras {
        watches.push(playback.lease(permit, false).await?);
    }
    // Whoever may no longer download gets no case of it either.
    let ended = select_all(watches.iter_mut().map(|watch| Box::pin(watch.ended())));
    tokio::select! {
        _ = ended => Err(Error::new(Kind::Forbidden, "case.right_ended", "the right to this footage has ended")),
        made = made(shared, playback, home, &order, tell) => made,
    }
}

async fn made(shared: &Shared, playback: &Playback, home: HomeId, order: &CaseOrder, tell: Tell<'_>) -> Result<Made> {
    tell(0, Doing::Looking);
    let (mut plans, mut cameras) = (Vec::new(), Vec::new());
    for (number, (permit, name)) in order.cameras.iter().enumerate() {
        let (camera, found) = look(playback, number, permit, name, order.range).await?;
        cameras.push(camera);
        plans.extend(found);
        if plans.len() > FILES_MAX {
            return Err(Error::new(
                Kind::Invalid,
                "case.too_many_files",
                format!("more than {FILES_MAX} spans: ask for less time"),
            ));
        }
    }
    if plans.is_empty() {
        return Err(Error::new(Kind::NotFound, "recording.none", "nothing was kept of that time"));
    }
    let mut progress = Progress { tell, doing: Doing::Looking, done: 0, all: plans.iter().map(|plan| plan.bytes).sum() };
    let mut files = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        let Some((permit, name)) = order.cameras.get(plan.camera) else { continue };
        progress.doing = Doing::Reading(plan.camera + 1);
        let span = plans[..index].iter().filter(|before| before.camera == plan.camera).count() + 1;
        files.push(read(playback, permit, plan, &file_name(plan, span, name), &mut progress).await?);
    }
    for (number, ((permit, _), camera)) in order.cameras.iter().zip(&mut cameras).enumerate() {
        let segments = plans.iter().filter(|plan| plan.camera == number).flat_map(|plan| &plan.segments);
        prove(shared, playback, permit, camera, segments).await?;
    }
    tell(100, Doing::Signing);
    finish(shared, home, order, cameras, files, plans)
}

/// What was kept of a camera, and why the rest was not.
async fn look(
    playback: &Playback,
    number: usize,
    permit: &Permit<DownloadAct>,
    name: &str,
    range: TimeRange,
) -> Result<(CameraPart, Vec<Plan>)> {
    let id = permit.object();
    let timeline = playback.survey(id, range).await?;
    let gap = |gap: &media::record::Gap| FootageGap {
        from: gap.range.from(),
        to: gap.range.to(),
        cause: serde_json::to_value(gap.cause).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default(),
    };
    let gaps = timeline.gaps.iter().map(gap).collect();
    let camera = CameraPart { id, name: name.to_owned(), gaps, segments: Vec::new(), head: None, heads: Vec::new() };
    let (mut plans, last) = (Vec::new(), timeline.spans.len().saturating_sub(1));
    for (index, span) in timeline.spans.iter().enumerate() {
        let to = if timeline.open && index == last { span.to() - EDGE } else { span.to() };
        let Some(range) = TimeRange::new(span.from(), to) else { continue };
        let file = match playback.layout(permit, range).await {
            Ok(file) => file,
            // Nothing in it can be decoded, or retention was quicker.
            Err(error) if error.code() == "recording.none" => continue,
            Err(error) => return Err(error),
        };
        let footage = Footage { camera: id, range, etag: file.etag().to_owned() };
        plans.push(Plan { camera: number, footage, bytes: file.len(), segments: file.segments().to_vec() });
    }
    Ok((camera, plans))
}

/// `2.1 Door 2026-11-30 08-00-00.mp4`: the camera's number and the span's, its name and the time in UTC, as every system takes it.
fn file_name(plan: &Plan, span: usize, name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { ' ' }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let time: String = plan.footage.range.from().to_string().chars().take("2026-11-23T08:30:00".len()).collect();
    let time = time.replace('T', " ").replace(':', "-");
    format!("{}.{span} {plain} {time}.mp4", plan.camera + 1)
}

async fn read(
    playback: &Playback,
    permit: &Permit<DownloadAct>,
    plan: &Plan,
    name: &str,
    progress: &mut Progress<'_>,
) -> Result<FilePart> {
    let file = playback.layout(permit, plan.footage.range).await?;
    same(&file, &plan.footage)?;
    let (chunks, mut ready) = mpsc::channel(2);
    let sent = async {
        let outcome = playback.send(&file, 0..file.len(), permit, &chunks).await;
        drop(chunks);
        outcome
    };
    let hashed = async {
        let mut digest = FileDigest::default();
        while let Some(piece) = ready.recv().await {
            let piece = piece?;
            digest.update(&piece);
            progress.add(piece.len() as u64);
        }
        Ok::<FileHash, Error>(digest.finish())
    };
    let (sent, hash) = tokio::join!(sent, hashed);
    sent?;
    let hash = hash?;
    if hash.bytes != file.len() {
        return Err(Error::internal("footage was read short"));
    }
    let times = (0..hash.chunks.len() as u64).filter_map(|chunk| file.time_at(chunk * CHUNK)).collect();
    let range = plan.footage.range;
    let camera = Some(plan.footage.camera);
    Ok(FilePart { camera, from: Some(range.from()), to: Some(range.to()), times, ..FilePart::plain(name, hash) })
}

/// The file is the one that was looked at before: footage of it did not leave meanwhile.
pub(super) fn same(file: &media::record::VirtualMp4, footage: &Footage) -> Result<()> {
    if file.etag() == footage.etag {
        return Ok(());
    }
    Err(Error::new(Kind::Gone, "case.footage_gone", "footage of this case is no longer kept as it was: make it again"))
}

/// The sealed files behind a camera's footage, and what the log says of them.
async fn prove(
    shared: &Shared,
    playback: &Playback,
    permit: &Permit<DownloadAct>,
    camera: &mut CameraPart,
    segments: impl Iterator<Item = &SegmentId>,
) -> Result<()> {
    let mut ids: Vec<SegmentId> = Vec::new();
    for id in segments {
        // A span may begin in the file in which the one before it ended.
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    for id in &ids {
        // One that is still being written has neither end nor hash.
        let Some(row) = shared.store.segment(*id).await? else { continue };
        camera.segments.push(Link {
            id: *id,
            start: row.start,
            end: row.end,
            bytes: row.bytes,
            sha256: Some(playback.sealed_hash(permit, *id).await?),
            previous: row.previous,
            tail: row.tail.map(|tail| tail.iter().map(|byte| format!("{byte:02x}")).collect()),
        });
    }
    let id: CameraId = camera.id;
    let Some(newest) = shared.store.newest_segment(id, StreamName::Main).await? else { return Ok(()) };
    let (count, _) = shared.store.footage_of(&[id]).await?;
    let bound = Some(links_digest(&camera.segments));
    let head = FootageHead { camera: id, segment: newest.id, tail: newest.tail, count, bound };
    let Some(first) = camera.segments.first().map(|link| link.start) else { return Ok(()) };
    camera.heads = shared.store.footage_heads(&ids, first).await?;
    camera.head = Some(shared.store.add_footage_head(&head).await?);
    Ok(())
}

fn finish(
    shared: &Shared,
    home: HomeId,
    order: &CaseOrder,
    cameras: Vec<CameraPart>,
    footage: Vec<FilePart>,
    plans: Vec<Plan>,
) -> Result<Made> {
    let key = shared.store.log_key();
    let readme = readme::text(&order.by.account, shared.clock.now(), &cameras, &footage, &key);
    let plain = [
        (case::KEY, Bytes::from(format!("{key}\n"))),
        (case::README, Bytes::from(readme)),
        (case::PAGE, Bytes::from_static(case::PAGE_TEXT.as_bytes())),
    ];
    let files = plain.iter().map(|(name, bytes)| FilePart::plain(name, FileDigest::of(bytes))).chain(footage).collect();
    let manifest = Manifest {
        format: case::FORMAT.to_owned(),
        made_at: shared.clock.now(),
        by: order.by.clone(),
        server: order.server.to_owned(),
        home,
        reason: order.reason.clone(),
        from: order.range.from(),
        to: order.range.to(),
        key,
        chunk: CHUNK,
        cameras,
        files,
    };
    let text = manifest.text().map_err(Error::internal)?;
    let note = shared.store.sign_case(&text);
    let layout = manifest.layout(&text, &note).ok_or_else(|| Error::internal("a case without a form"))?;
    // Names the bytes: the manifest has the hash of all of them, and the note has the manifest's.
    let etag = FileDigest::of(note.as_bytes()).sha256;
    let plain = [Bytes::from(text), Bytes::from(note)].into_iter().chain(plain.into_iter().map(|(_, bytes)| bytes)).collect();
    Ok(Made { plain, footage: plans.into_iter().map(|plan| plan.footage).collect(), layout, etag })
}
