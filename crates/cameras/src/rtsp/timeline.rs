//! From RTP timestamps to one line of time a camera stream, which goes on across reconnections.
//!
//! A track is anchored where its first packet arrives: from there on its ticks are the camera's own, so that the network's
//! jitter does not show. The origin is that of the monotonic clock. Tracks are anchored anew, with a discontinuity, where
//! the camera's timestamps jump or leave the monotonic clock behind. Sender reports (RFC 3550, section 6.4.1) then
//! say how the tracks belong together; [`Wall`] knows what time it was.

use std::time::Duration;

use domain::{Mono, Timestamp};
use media::au::Track;

use super::wall::Wall;

/// Timestamps that move further than this are a jump, as is a line of time that left the monotonic clock this far behind.
const JUMP: Duration = Duration::from_secs(10);

/// Timestamps may go back this far: pictures come in decoding order.
const BACK: Duration = Duration::from_secs(1);

/// Sound that must catch up with the picture by more than this jumps there; less is slewed, ...
const SOUND_STEP: Duration = Duration::from_millis(500);

/// ... by at most a twentieth, which nobody hears as a gap.
const SOUND_SLEW: i64 = 20;

/// Where a unit stands on the line of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Presentation time in ticks of its track.
    pub(crate) pts: i64,
    /// It does not join up with what came before on this track.
    pub(crate) jumped: bool,
}

/// The line of time of one camera stream.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    video: Line,
    audio: Line,
    wall: Wall,
}

/// One track.
#[derive(Debug, Default)]
struct Line {
    anchor: Option<Anchor>,
    /// RTP timestamp of the newest unit.
    last: i64,
    /// The largest time given out; what is anchored later comes after it.
    newest: Option<i64>,
    report: Option<Report>,
}

/// An RTP timestamp whose place is known.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    rtp: i64,
    ticks: i64,
    arrived: Mono,
}

/// A sender report: at that RTP timestamp the camera's clock read so.
#[derive(Debug, Clone, Copy)]
struct Report {
    rtp: i64,
    camera: Timestamp,
}

impl Timeline {
    /// A new connection: RTP timestamps begin at random again.
    pub(crate) fn reconnect(&mut self) {
        for line in [&mut self.video, &mut self.audio] {
            (line.anchor, line.report) = (None, None);
        }
        self.wall.anchor();
    }

    /// The camera's clock was far from ours in its last sender report.
    pub(crate) fn clock_off(&self) -> bool {
        self.wall.camera_off()
    }

    /// Places a unit of `track`, whose RTP timestamps (unwrapped) count `rate` a second.
    pub(crate) fn place(&mut self, track: Track, rate: u32, rtp: i64, arrived: Mono) -> Place {
        let delta = rtp.saturating_sub(self.line(track).last);
        let (mut place, anchored) = self.line_mut(track).place(rate, rtp, arrived);
        if anchored && track == Track::Video {
            self.wall.anchor();
        }
        if track == Track::Audio {
            if !place.jumped {
                place.jumped = self.align(rate, rtp, delta);
                place.pts = self.audio.ticks(rtp).unwrap_or(place.pts);
            }
            // A packet of sound never comes before the one that came before it.
            place.pts = self.audio.newest.map_or(place.pts, |newest| place.pts.max(newest.saturating_add(1)));
        }
        let line = self.line_mut(track);
        line.newest = line.newest.max(Some(place.pts));
        place
    }

    /// Takes a sender report of `track`: at `rtp` the camera's clock read `camera`, and ours reads `now`.
    pub(crate) fn report(&mut self, track: Track, rtp: i64, camera: Timestamp, now: Timestamp) {
        if let (Track::Video, Some(at)) = (track, self.video.ticks(rtp)) {
            self.wall.report(micros(at, VIDEO_RATE), camera.micros(), now.micros());
        }
        self.line_mut(track).report = Some(Report { rtp, camera });
    }

    /// Wall-clock time of a picture at `pts` that arrived at `arrived`, when our clock read `now`.
    pub(crate) fn picture_wall(&mut self, rate: u32, pts: i64, arrived: Mono, now: Timestamp) -> Timestamp {
        let arrived = i64::try_from(arrived.micros()).unwrap_or(i64::MAX);
        let by_camera = self.reported_origin(rate);
        Timestamp::from_micros(self.wall.picture(micros(pts, rate), arrived, now.micros(), by_camera))
    }

    /// Wall-clock time of sound at `pts` that arrived at `now`.
    pub(crate) fn sound_wall(&self, rate: u32, pts: i64, now: Timestamp) -> Timestamp {
        self.wall.at(micros(pts, rate)).map_or(now, Timestamp::from_micros)
    }

    /// Moves the audio anchor towards where sender reports say that it belongs. True where that is a jump.
    fn align(&mut self, rate: u32, rtp: i64, delta: i64) -> bool {
        let Some(error) = self.sound_error(rate, rtp) else { return false };
        let Some(anchor) = &mut self.audio.anchor else { return false };
        if error > ticks(SOUND_STEP, rate) {
            anchor.ticks = anchor.ticks.saturating_add(error);
            return true;
        }
        let most = delta.max(0) / SOUND_SLEW;
        anchor.ticks = anchor.ticks.saturating_add(error.clamp(-most, most));
        false
    }

    /// By how many ticks sound comes earlier on the line than the picture of the same moment. `None` while that is not
    /// known, and where the reports contradict each other.
    fn sound_error(&self, rate: u32, rtp: i64) -> Option<i64> {
        let (report, of_video) = (self.audio.report?, self.video.report?);
        let at_video_report = micros(self.video.ticks(of_video.rtp)?, VIDEO_RATE);
        let heard = report.camera.micros().saturating_add(micros(rtp.saturating_sub(report.rtp), rate));
        let wanted = at_video_report.saturating_add(heard.saturating_sub(of_video.camera.micros()));
        let error = wanted.saturating_sub(micros(self.audio.ticks(rtp)?, rate));
        let sane = error.unsigned_abs() <= u64::try_from(JUMP.as_micros()).unwrap_or(u64::MAX);
        sane.then(|| scale(error, i64::from(rate), 1_000_000))
    }

    /// Which time it was at the origin, by the camera's clock.
    fn reported_origin(&self, rate: u32) -> Option<i64> {
        let report = self.video.report?;
        Some(report.camera.micros().saturating_sub(micros(self.video.ticks(report.rtp)?, rate)))
    }

    fn line(&self, track: Track) -> &Line {
        match track {
            Track::Video => &self.video,
            Track::Audio => &self.audio,
        }
    }

    fn line_mut(&mut self, track: Track) -> &mut Line {
        match track {
            Track::Video => &mut self.video,
            Track::Audio => &mut self.audio,
        }
    }
}

/// Ticks a second of every video track.
const VIDEO_RATE: u32 = media::au::VIDEO_TIMESCALE;

impl Line {
    /// The place of a unit, and whether the track had to be anchored for it.
    fn place(&mut self, rate: u32, rtp: i64, arrived: Mono) -> (Place, bool) {
        let moved = rtp.saturating_sub(self.last);
        self.last = rtp;
        let goes_on = moved <= ticks(JUMP, rate) && moved >= -ticks(BACK, rate);
        let kept = self.anchor.filter(|anchor| goes_on && !anchor.left_behind(rate, rtp, arrived));
        let jumped = kept.is_none();
        if jumped && self.anchor.is_some() {
            // It speaks of timestamps that no longer count.
            self.report = None;
        }
        let anchor = kept.unwrap_or_else(|| {
            let by_arrival = scale(i64::try_from(arrived.micros()).unwrap_or(i64::MAX), i64::from(rate), 1_000_000);
            // A millisecond after everything before it.
            let earliest = self.newest.map_or(0, |newest| newest.saturating_add(i64::from(rate / 1000)));
            Anchor { rtp, ticks: by_arrival.max(earliest), arrived }
        });
        self.anchor = Some(anchor);
        (Place { pts: anchor.at(rtp), jumped }, jumped)
    }

    fn ticks(&self, rtp: i64) -> Option<i64> {
        self.anchor.map(|anchor| anchor.at(rtp))
    }
}

impl Anchor {
    fn at(&self, rtp: i64) -> i64 {
        self.ticks.saturating_add(rtp.saturating_sub(self.rtp))
    }

    /// Whether the camera's timestamps and the monotonic clock have gone apart since the anchor.
    fn left_behind(&self, rate: u32, rtp: i64, arrived: Mono) -> bool {
        let by_camera = micros(rtp.saturating_sub(self.rtp), rate);
        let by_clock = i64::try_from(arrived.since(self.arrived).as_micros()).unwrap_or(i64::MAX);
        Duration::from_micros(by_camera.abs_diff(by_clock)) > JUMP
    }
}

/// `duration` in ticks.
fn ticks(duration: Duration, rate: u32) -> i64 {
    scale(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX), i64::from(rate), 1_000_000)
}

/// `ticks` in microseconds.
fn micros(ticks: i64, rate: u32) -> i64 {
    scale(ticks, 1_000_000, i64::from(rate.max(1)))
}

/// `value * by / over` without overflow on the way, rounded down.
fn scale(value: i64, by: i64, over: i64) -> i64 {
    let wide = (i128::from(value) * i128::from(by)).div_euclid(i128::from(over));
    i64::try_from(wide).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
