//! Files to units again, in order of time.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Mono, Timestamp};
use media::au::{AccessUnit, Format, Track, VIDEO_TIMESCALE};
use media::record::{IndexLoader, JOIN_MAX, Loaded, Record};
use tokio::sync::mpsc;

use super::Ring;
use super::files::{Kept, read_at};

/// A picture that was kept, with its place among the others.
#[derive(Debug)]
pub(crate) struct Recalled {
    pub(crate) unit: AccessUnit,
    /// The last before a hole, or before the end.
    pub(crate) end: bool,
    /// What came before does not join up.
    pub(crate) discontinuity: bool,
    /// The last of what was asked for.
    pub(crate) terminal: bool,
}

/// Gives units out one behind, for the last one says that it is.
struct Outlet {
    out: mpsc::Sender<Recalled>,
    held: Option<Recalled>,
}

/// Nobody listens any more.
struct Gone;

impl Ring {
    /// Gives out what was kept from the key picture at or before `from` on, up to `to`. Blocks.
    pub(crate) fn read(&self, from: Option<Timestamp>, to: Option<Timestamp>, out: mpsc::Sender<Recalled>) {
        let mut outlet = Outlet { out, held: None };
        let mut file = self.first(from);
        let mut until = None;
        while let Some(kept) = file {
            if to.is_some_and(|to| kept.start >= to) {
                break;
            }
            let begin = from.filter(|_| until.is_none());
            match self.read_file(&kept, begin, to, &mut until, &mut outlet) {
                Ok(Ok(())) => {}
                Ok(Err(Gone)) => return,
                // It made room meanwhile, or the disk is damaged: what follows is worth as much as ever.
                Err(error) => tracing::debug!(file = ?kept.path.file_name(), %error, "what was kept was not read"),
            }
            file = self.after(&kept);
        }
        if let Some(last) = outlet.held.take() {
            let _ = outlet.out.blocking_send(Recalled { end: true, terminal: true, ..last });
        }
    }

    /// The file that shows `from`, or else the first after it.
    fn first(&self, from: Option<Timestamp>) -> Option<Kept> {
        let files = self.files();
        let Some(from) = from else { return files.front().cloned() };
        let before = files.iter().rfind(|file| file.start <= from && file.end > from);
        before.or_else(|| files.iter().find(|file| file.start > from)).cloned()
    }

    fn after(&self, kept: &Kept) -> Option<Kept> {
        self.files().iter().find(|file| file.start > kept.start).cloned()
    }

    fn read_file(
        &self,
        kept: &Kept,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        until: &mut Option<Timestamp>,
        outlet: &mut Outlet,
    ) -> io::Result<Result<(), Gone>> {
        let file = File::open(&kept.path)?;
        let key = self.key();
        let mut loader = IndexLoader::new(file.metadata()?.len(), &key);
        while let Some(range) = loader.wants() {
            loader.feed(read_at(&file, &range)?).map_err(io::Error::other)?;
        }
        let Loaded { reader, index, .. } = loader.finish().map_err(io::Error::other)?;
        let first = from.and_then(|from| index.key_before(from)).unwrap_or(0);
        for record in index.records().iter().skip(first).take_while(|record| to.is_none_or(|to| record.start() < to)) {
            let mut sealed = read_at(&file, &record.at().sealed())?;
            let samples = Bytes::copy_from_slice(reader.open_samples(&record.at(), &mut sealed).map_err(io::Error::other)?);
            let hole = until.is_none_or(|until| apart(until, record.start()) > JOIN_MAX) || record.header().flags.discontinuity;
            *until = Some(record.end());
            for (n, unit) in units(record, index.format(), &samples).enumerate() {
                if outlet.push(unit, hole && n == 0).is_err() {
                    return Ok(Err(Gone));
                }
            }
        }
        Ok(Ok(()))
    }
}

impl Outlet {
    fn push(&mut self, unit: AccessUnit, hole: bool) -> Result<(), Gone> {
        let before = self.held.replace(Recalled { unit, end: false, discontinuity: hole, terminal: false });
        let Some(before) = before else { return Ok(()) };
        self.out.blocking_send(Recalled { end: hole, ..before }).map_err(|_| Gone)
    }
}

/// The pictures of a record.
fn units<'a>(record: &'a Record, format: &'a Arc<Format>, samples: &Bytes) -> impl Iterator<Item = AccessUnit> + use<'a> {
    let run = record.run(Track::Video);
    let mut rest = samples.slice(record.bytes_of(Track::Video).start..record.bytes_of(Track::Video).end.min(samples.len()));
    let (first, mut dts) = (run.first_dts, run.first_dts);
    record.samples(Track::Video).map(move |sample| {
        let data = rest.split_to((sample.size as usize).min(rest.len()));
        let shown = dts.saturating_add(sample.cts.into()).saturating_sub(first);
        let moved = Duration::from_micros(shown.unsigned_abs().saturating_mul(1_000_000) / u64::from(VIDEO_TIMESCALE));
        let unit = AccessUnit {
            track: Track::Video,
            format: Arc::clone(format),
            dts,
            cts: sample.cts,
            wall: if shown < 0 { record.start() - moved } else { record.start() + moved },
            arrived: Mono::default(),
            key: sample.key,
            discontinuity: false,
            data,
        };
        dts = dts.saturating_add(sample.duration.into());
        unit
    })
}

fn apart(a: Timestamp, b: Timestamp) -> Duration {
    a.since(b).max(b.since(a))
}
