//! The recorded pictures on both sides of what is missing.

use std::sync::Arc;
use std::time::Duration;

use domain::{Error, Kind, Result, SegmentId};
use media::au::{Format, Track, VIDEO_TIMESCALE};
use media::record::{Record, SegmentIndex};
use policy::Permit;
use policy::act::RecordCamera;

use super::missing::Missing;
use super::seam::{EDGE_MAX, Seen};
use crate::fleet::Shared;
use crate::segment;

/// What was recorded last before, and first after.
#[derive(Debug, Clone)]
pub(super) struct Around {
    /// What they carry before.
    pub(super) format: Arc<Format>,
    /// Oldest first.
    pub(super) before: Vec<Seen>,
    /// Oldest first.
    pub(super) after: Vec<Seen>,
}

pub(super) async fn of(shared: &Shared, permit: &Permit<RecordCamera>, missing: &Missing) -> Result<Around> {
    let after = index_of(shared, permit, missing.after).await?;
    let before = index_of(shared, permit, missing.before).await?;
    let mut last = Vec::new();
    for record in before.records().iter().rev() {
        drop(last.splice(0..0, pictures(record)));
        if last.len() >= EDGE_MAX {
            break;
        }
    }
    let last = last.split_off(last.len().saturating_sub(EDGE_MAX));
    let first = after.records().iter().flat_map(pictures).take(EDGE_MAX).collect();
    Ok(Around { format: Arc::clone(before.format()), before: last, after: first })
}

/// A segment's index: from memory where it is still written, else from its file.
async fn index_of(shared: &Shared, permit: &Permit<RecordCamera>, id: SegmentId) -> Result<SegmentIndex> {
    if let Some(open) = shared.open.get(id) {
        return Ok(open.index);
    }
    let gone = || Error::new(Kind::NotFound, "recording.none", "the footage beside it is no longer kept");
    let row = shared.store.segment(id).await?.ok_or_else(gone)?;
    let key = shared.store.media_key_by_id(permit, row.key).await?.ok_or_else(gone)?;
    let path = shared.storages.segment_path(row.storage, row.camera, id)?;
    let loaded =
        tokio::task::spawn_blocking(move || segment::load(&path, &key, Some(row.bytes))).await.map_err(Error::internal)?;
    Ok(loaded?.1.index)
}

/// The pictures of a record, as its table tells of them.
fn pictures(record: &Record) -> Vec<Seen> {
    let mut dts = record.run(Track::Video).first_dts;
    let mut origin = None;
    let mut seen = Vec::new();
    for sample in record.samples(Track::Video) {
        let pts = dts.saturating_add(sample.cts.into());
        let ticks = pts.saturating_sub(*origin.get_or_insert(pts));
        let moved = Duration::from_micros(ticks.unsigned_abs().saturating_mul(1_000_000) / u64::from(VIDEO_TIMESCALE));
        let wall = if ticks < 0 { record.start() - moved } else { record.start() + moved };
        seen.push(Seen { dts, wall, bytes: sample.size, key: sample.key });
        dts = dts.saturating_add(sample.duration.into());
    }
    seen
}
