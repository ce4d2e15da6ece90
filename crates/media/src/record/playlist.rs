//! HLS (RFC 8216) from indices: a VOD playlist of fragmented MP4, and its parts.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use domain::{TimeRange, Timestamp};

use super::fragment::ticks_to_duration;
use super::index::{Record, SegmentIndex};
use super::select::{Join, Selection};
use crate::au::{Format, Track, VIDEO_TIMESCALE};
use crate::mp4::{Mp4Error, RunHead, TrackSet, fragment_head};

/// An item ends at the first key picture after this much: few requests, yet a seek reads little.
const ITEM_TIME: Duration = Duration::from_secs(4);

/// Makes the playlist of a range from the indices of its files, in order of time.
#[derive(Debug)]
pub struct Playlist {
    selection: Selection,
    items: String,
    /// What the last `EXT-X-MAP` describes; it holds until another one.
    mapped: Option<Arc<Format>>,
    longest: Duration,
    independent: bool,
}

/// Consecutive records of one file.
#[derive(Debug)]
struct Item {
    first: u32,
    last: u32,
    start: Timestamp,
    /// Decoding time of its first picture.
    first_dts: Option<i64>,
    duration: Duration,
    key: bool,
    breaks: bool,
}

impl Item {
    /// By decoding times where there are any: wall-clock times are only as good as the camera's clock.
    fn until_end_of(&self, record: &Record) -> Duration {
        let video = record.run(Track::Video);
        let end = video.first_dts.saturating_add_unsigned(video.ticks);
        let ticks = self.first_dts.filter(|_| video.count > 0).and_then(|first| u64::try_from(end.checked_sub(first)?).ok());
        ticks.map_or(self.duration + record.duration(), |ticks| ticks_to_duration(ticks, VIDEO_TIMESCALE))
    }
}

impl Playlist {
    /// A playlist of `range` without items.
    #[must_use]
    pub fn new(range: TimeRange) -> Self {
        Self { selection: Selection::new(range), items: String::new(), mapped: None, longest: Duration::ZERO, independent: true }
    }

    /// Adds what the next file holds of the range.
    pub fn add(&mut self, index: &SegmentIndex) {
        if self.selection.restarts_at(index) {
            *self = Self::new(self.selection.range());
        }
        let mut items: Vec<Item> = Vec::new();
        self.selection.select(index, |record, join| {
            let number = record.header.number;
            let last = items.last_mut().filter(|item| join == Join::Continues && item.last + 1 == number);
            match last.filter(|item| !record.key() || item.duration < ITEM_TIME) {
                Some(item) => {
                    item.last = number;
                    item.duration = item.until_end_of(record);
                }
                None => items.push(Item {
                    first: number,
                    last: number,
                    start: record.start(),
                    first_dts: Some(record.run(Track::Video)).filter(|run| run.count > 0).map(|run| run.first_dts),
                    duration: record.duration(),
                    key: record.key(),
                    breaks: join == Join::Breaks,
                }),
            }
        });
        for (n, item) in items.iter().enumerate() {
            self.write(index, item, n == 0);
        }
    }

    fn write(&mut self, index: &SegmentIndex, item: &Item, new_file: bool) {
        let segment = index.header().segment;
        let out = &mut self.items;
        // Writing to a `String` cannot fail.
        if item.breaks && !out.is_empty() {
            out.push_str("#EXT-X-DISCONTINUITY\n");
        }
        if self.mapped.as_ref().is_none_or(|mapped| mapped != index.format()) {
            self.mapped = Some(Arc::clone(index.format()));
            let _ = writeln!(out, "#EXT-X-MAP:URI=\"playback/{segment}/init.mp4\"");
        }
        if new_file || item.breaks {
            let _ = writeln!(out, "#EXT-X-PROGRAM-DATE-TIME:{}", item.start);
        }
        let (first, last, duration) = (item.first, item.last, item.duration);
        let _ = writeln!(out, "#EXTINF:{}.{:06},", duration.as_secs(), duration.subsec_micros());
        let _ = writeln!(out, "playback/{segment}/{first}-{last}.m4s");
        self.longest = self.longest.max(duration);
        self.independent &= item.key;
    }

    /// The playlist; `None` where nothing in the range can be shown.
    #[must_use]
    pub fn finish(self) -> Option<String> {
        if self.items.is_empty() {
            return None;
        }
        // RFC 8216, 4.3.3.1: no item, rounded to seconds, may be longer.
        let target = (self.longest + Duration::from_millis(500)).as_secs().max(1);
        let mut out = format!("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-PLAYLIST-TYPE:VOD\n");
        if self.independent {
            out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
        }
        out.push_str(&self.items);
        out.push_str("#EXT-X-ENDLIST\n");
        Some(out)
    }
}

/// Appends one record as `moof` and `mdat`, with its recorded times. `samples` are its opened samples. A part of a playlist is its
/// records, one after the other.
///
/// # Errors
/// [`Mp4Error::Samples`] where `samples` are not this record's.
pub fn media_part(record: &Record, tracks: TrackSet, samples: &[u8], out: &mut Vec<u8>) -> Result<(), Mp4Error> {
    let chosen = [Track::Video, Track::Audio].into_iter().filter(|&track| tracks.has(track) && record.run(track).count > 0);
    let runs: Vec<_> =
        chosen.map(|track| RunHead { track, first_dts: record.run(track).first_dts, samples: record.samples(track) }).collect();
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return Ok(()) };
    let bytes = record.bytes_of(first.track).start..record.bytes_of(last.track).end;
    let samples = samples.get(bytes).ok_or(Mp4Error::Samples)?;
    out.reserve(256 + 16 * runs.iter().map(|run| record.run(run.track).count as usize).sum::<usize>() + samples.len());
    fragment_head(record.header.number + 1, &runs, out)?;
    out.extend_from_slice(samples);
    Ok(())
}

#[cfg(test)]
#[path = "playlist_tests.rs"]
mod tests;
