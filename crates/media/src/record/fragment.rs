//! From access units to fragments: the atom of recording, playback, download and sealing.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::limits::FRAGMENT_TIME_MAX;
use domain::{Mono, Timestamp};

use super::wire::SAMPLES_BYTES_MAX;
use crate::au::{AccessUnit, AudioCodec, Format, Track, VIDEO_TIMESCALE};
use crate::mp4::Sample;

/// Duration of the only picture ever seen: 25 a second is what cameras are shipped with.
const PICTURE_TICKS: u32 = VIDEO_TIMESCALE / 25;

/// Samples in an AAC frame (ISO/IEC 14496-3, 4.5.2.1.1), nearly always.
const AAC_FRAME: u32 = 1024;

/// A sample followed by nothing for longer than this did not last: its track stalled. The slowest time-lapse setting
/// of common cameras is a picture in 10 s.
const SAMPLE_SECONDS_MAX: u32 = 10;

/// Samples of one track in a fragment.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// Decoding time of the first sample in track ticks.
    pub first_dts: i64,
    /// What the table says of each.
    pub samples: Vec<Sample>,
    /// The samples themselves, not copied.
    pub data: Vec<Bytes>,
}

impl Run {
    /// Sum of the samples' durations in track ticks.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.samples.iter().map(|sample| u64::from(sample.duration)).sum()
    }

    /// Sum of the samples' sizes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.data.iter().map(Bytes::len).sum()
    }
}

/// At most half a second of one stream.
///
/// Durations are exact within a run. The last one of a run is an estimate where its successor had not arrived yet;
/// readers take the next fragment's `first_dts` where the two join up.
#[derive(Debug, Clone)]
pub struct Fragment {
    /// What the stream carried throughout.
    pub format: Arc<Format>,
    /// Wall-clock time of the first picture, or first sound where there is no picture.
    pub wall: Timestamp,
    /// The first picture is a key picture. A key picture is always the first of its fragment.
    pub key: bool,
    /// What came before does not join up.
    pub discontinuity: bool,
    /// Pictures.
    pub video: Run,
    /// Sound.
    pub audio: Run,
}

impl Fragment {
    /// Media time in it: that of the pictures, or of the sound where there are none.
    #[must_use]
    pub fn duration(&self) -> Duration {
        let (run, track) = if self.video.samples.is_empty() { (&self.audio, Track::Audio) } else { (&self.video, Track::Video) };
        ticks_to_duration(run.ticks(), self.format.timescale(track))
    }

    /// Bytes of all samples.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.video.bytes() + self.audio.bytes()
    }
}

/// Rounds down to microseconds.
pub(crate) fn ticks_to_duration(ticks: u64, timescale: u32) -> Duration {
    let micros = u128::from(ticks) * 1_000_000 / u128::from(timescale.max(1));
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}

/// A fragment in the making.
#[derive(Debug)]
struct Open {
    fragment: Fragment,
    since: Mono,
    bytes: usize,
}

/// Cuts the access units of one stream into [`Fragment`]s.
///
/// The first fragment starts at a key picture; what came before it is dropped, for nothing could show it.
#[derive(Debug, Default)]
pub struct Fragmenter {
    open: Option<Open>,
    /// Decoding time of each track's newest sample, in whichever fragment it went.
    newest: [Option<i64>; 2],
    /// Duration of each track's sample before that: the best guess at the next.
    lasted: [Option<u32>; 2],
    /// The next fragment starts after a hole.
    broken: bool,
    started: bool,
}

impl Fragmenter {
    /// A fragmenter that waits for a key picture.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A fragmenter whose first unit goes on from footage elsewhere, and need not be a key picture.
    #[must_use]
    pub fn joining() -> Self {
        Self { started: true, ..Self::default() }
    }

    /// Takes the next unit. Returns the fragment before it where this one starts another: at a key picture, a new
    /// format, a discontinuity, or when [`FRAGMENT_TIME_MAX`] would be passed. A unit larger than a fragment may be is
    /// dropped, as if it had been lost.
    #[must_use]
    pub fn push(&mut self, au: &AccessUnit) -> Option<Fragment> {
        if au.data.len() > SAMPLES_BYTES_MAX as usize {
            return self.interrupt();
        }
        if !self.started && !au.starts_gop() {
            return None;
        }
        let lasted = self.learn(au);
        let ends = self.open.as_ref().is_some_and(|open| self.ends(open, au, lasted));
        let done = if ends { self.close(au.track, lasted) } else { None };
        self.append(au, lasted);
        done
    }

    /// Ends the open fragment. The stream may go on afterwards.
    #[must_use]
    pub fn flush(&mut self) -> Option<Fragment> {
        self.open.take().map(|open| open.fragment)
    }

    /// Tells that units were lost: what comes next does not join up, and starts at a key picture.
    #[must_use]
    pub fn interrupt(&mut self) -> Option<Fragment> {
        let done = self.flush();
        (self.started, self.broken, self.newest) = (false, true, [None; 2]);
        done
    }

    /// How long the unit before this one of its track lasted, where the two join up.
    fn learn(&mut self, au: &AccessUnit) -> Option<u32> {
        let track = index(au.track);
        let before = self.newest[track].replace(au.dts).filter(|_| !au.discontinuity)?;
        // Time that runs backwards joins nothing.
        self.broken |= au.dts <= before;
        let limit = au.timescale().saturating_mul(SAMPLE_SECONDS_MAX);
        let ticks = u32::try_from(au.dts.checked_sub(before)?).ok().filter(|ticks| (1..=limit).contains(ticks))?;
        self.lasted[track] = Some(ticks);
        Some(ticks)
    }

    fn ends(&self, open: &Open, au: &AccessUnit, lasted: Option<u32>) -> bool {
        let format = &open.fragment.format;
        if self.broken
            || au.starts_gop() && !open.fragment.video.samples.is_empty()
            || au.discontinuity && au.track == Track::Video
            || !Arc::ptr_eq(format, &au.format) && *format != au.format
            || open.bytes + au.data.len() > SAMPLES_BYTES_MAX as usize
            || au.arrived.since(open.since) > FRAGMENT_TIME_MAX
        {
            return true;
        }
        let run = open.run(au.track);
        if run.samples.is_empty() {
            return false;
        }
        let span = au.dts.saturating_sub(run.first_dts).saturating_add(self.guess(au).into());
        let max = u128::from(au.timescale()) * FRAGMENT_TIME_MAX.as_millis() / 1000;
        lasted.is_none() || u128::from(span.unsigned_abs()) > max
    }

    fn append(&mut self, au: &AccessUnit, lasted: Option<u32>) {
        let duration = self.guess(au);
        let open = self.open.get_or_insert_with(|| Open {
            fragment: Fragment {
                format: Arc::clone(&au.format),
                wall: au.wall,
                key: false,
                discontinuity: self.broken || au.discontinuity && au.track == Track::Video,
                video: Run::default(),
                audio: Run::default(),
            },
            since: au.arrived,
            bytes: 0,
        });
        (self.started, self.broken) = (true, false);
        if au.track == Track::Video && open.fragment.video.samples.is_empty() {
            (open.fragment.wall, open.fragment.key) = (au.wall, au.key);
        }
        open.bytes += au.data.len();
        let run = open.run_mut(au.track);
        match run.samples.last_mut() {
            Some(last) => last.duration = lasted.unwrap_or(last.duration),
            None => run.first_dts = au.dts,
        }
        let size = u32::try_from(au.data.len()).unwrap_or(u32::MAX);
        run.samples.push(Sample { size, duration, cts: au.cts, key: au.key });
        run.data.push(au.data.clone());
    }

    /// Ends the open fragment; the last sample of the track that goes on may be known to have lasted this long.
    fn close(&mut self, track: Track, lasted: Option<u32>) -> Option<Fragment> {
        let mut open = self.open.take()?;
        if let Some(last) = open.run_mut(track).samples.last_mut() {
            last.duration = lasted.unwrap_or(last.duration);
        }
        Some(open.fragment)
    }

    /// How long a unit lasts that nothing follows yet.
    fn guess(&self, au: &AccessUnit) -> u32 {
        let audio = au.format.audio.as_ref().filter(|_| au.track == Track::Audio);
        match audio.map(|audio| (audio.codec, u32::from(audio.channels.max(1)))) {
            Some((AudioCodec::Pcmu | AudioCodec::Pcma, channels)) => u32::try_from(au.data.len()).unwrap_or(1) / channels,
            Some((AudioCodec::Aac | AudioCodec::Opus, _)) => self.lasted[1].unwrap_or(AAC_FRAME),
            None => self.lasted[0].unwrap_or(PICTURE_TICKS),
        }
    }
}

impl Open {
    fn run(&self, track: Track) -> &Run {
        match track {
            Track::Video => &self.fragment.video,
            Track::Audio => &self.fragment.audio,
        }
    }

    fn run_mut(&mut self, track: Track) -> &mut Run {
        match track {
            Track::Video => &mut self.fragment.video,
            Track::Audio => &mut self.fragment.audio,
        }
    }
}

const fn index(track: Track) -> usize {
    match track {
        Track::Video => 0,
        Track::Audio => 1,
    }
}

#[cfg(test)]
#[path = "fragment_tests.rs"]
mod tests;
