//! Which records show a range of time, and where they do not join up: shared by playlists and downloads.

use std::sync::Arc;
use std::time::Duration;

use domain::{TimeRange, Timestamp};

use super::JOIN_MAX;
use super::fragment::ticks_to_duration;
use super::index::{Record, SegmentIndex};
use crate::au::{Format, Track, VIDEO_TIMESCALE};

/// How a record follows the one chosen before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Join {
    /// In the same run: timestamps go on.
    Continues,
    /// After a hole, a step of the clock, or in another format: a new run, which starts at a key picture.
    Breaks,
}

/// The end of what was chosen last.
#[derive(Debug)]
struct Tail {
    format: Arc<Format>,
    wall: Timestamp,
    /// Decoding time and wall-clock time at the end of the last record with pictures.
    video: (i64, Timestamp),
}

/// Chooses records from indices in order of time.
#[derive(Debug)]
pub(crate) struct Selection {
    range: TimeRange,
    tail: Option<Tail>,
    needs_key: bool,
}

impl Selection {
    pub(crate) fn new(range: TimeRange) -> Self {
        Self { range, tail: None, needs_key: true }
    }

    pub(crate) fn range(&self) -> TimeRange {
        self.range
    }

    /// Whether what was chosen so far is of no use, for this file has a key picture nearer to the range's start.
    pub(crate) fn restarts_at(&self, index: &SegmentIndex) -> bool {
        self.tail.is_some() && index.key_before(self.range.from()).is_some()
    }

    /// Calls `take` with each record of the next file that shows the range: from the last key picture before it on. What
    /// nothing can decode is left out: pictures after a loss, up to the next key picture.
    pub(crate) fn select<'a>(&mut self, index: &'a SegmentIndex, mut take: impl FnMut(&'a Record, Join)) {
        let first = if self.tail.is_none() { index.key_before(self.range.from()).unwrap_or(0) } else { 0 };
        for record in &index.records()[first..] {
            if record.start() >= self.range.to() {
                break;
            }
            self.needs_key |= record.header.flags.discontinuity;
            let continues = self.tail.as_ref().is_some_and(|tail| tail.continues(index.format(), record));
            if (self.needs_key || !continues) && !record.key() {
                self.needs_key = true;
                continue;
            }
            self.needs_key = false;
            take(record, if continues { Join::Continues } else { Join::Breaks });
            let video = record.run(Track::Video);
            let before = self.tail.as_ref().map(|tail| tail.video);
            let end = (video.first_dts.saturating_add_unsigned(video.ticks), record.end());
            let video = before.filter(|_| video.count == 0).unwrap_or(end);
            self.tail = Some(Tail { format: Arc::clone(index.format()), wall: record.end(), video });
        }
    }
}

impl Tail {
    fn continues(&self, format: &Arc<Format>, record: &Record) -> bool {
        let same = Arc::ptr_eq(&self.format, format) || self.format == *format;
        if !same || apart(self.wall, record.start()) > JOIN_MAX {
            return false;
        }
        let video = record.run(Track::Video);
        let (dts, wall) = self.video;
        let ahead = video.first_dts.saturating_sub(dts);
        let moved = ticks_to_duration(ahead.unsigned_abs(), VIDEO_TIMESCALE);
        // Decoding time must have moved as wall-clock time did: else its origin is another.
        let expected = if ahead < 0 { wall - moved } else { wall + moved };
        video.count == 0 || apart(expected, record.start()) <= JOIN_MAX
    }
}

fn apart(a: Timestamp, b: Timestamp) -> Duration {
    a.since(b).max(b.since(a))
}
