//! A connection that plays.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{Clock, Mono, Timestamp};
use media::au::{AccessUnit, AudioCodec, AudioFormat, Format, Track, VIDEO_TIMESCALE, VideoCodec, VideoFormat};
use media::rtsp::replay::from_ntp;
use tokio::time::{Instant, timeout, timeout_at};

use super::picture::{Picture, picture};
use super::session::{Event, Session};
use super::sets::Sets;
use super::wire::{Frame, Unit, WireError};
use super::{ANSWER_TIME_MAX, Carry, Sound, format};
use crate::{CameraError, Phase};

/// An encoder that starts on demand has sent something by then.
const FIRST_PICTURE_TIME_MAX: Duration = Duration::from_secs(10);

/// The longest GOP that is waited out. Cameras let people choose up to about 400 pictures.
const FIRST_KEY_TIME_MAX: Duration = Duration::from_secs(60);

/// No picture for that long is a stall.
const STALL_TIME_MAX: Duration = Duration::from_secs(8);

/// Broken packets in a row that are skipped: those of one large picture whose first packet was broken.
const BROKEN_PACKETS_MAX: u32 = 4000;

/// Broken packets in a row after which sound is given up: a second of them.
const BROKEN_SOUND_MAX: u32 = 50;

/// Payload that a packet likely carries, to tell how many there were.
const PACKET_BYTES: usize = 1400;

/// How long a picture likely lasts before two were seen: 40 ms.
const FIRST_PICTURE_DURATION: u32 = VIDEO_TIMESCALE / 25;

/// Samples of an AAC frame (ISO/IEC 14496-3, 4.5.2.1.1), nearly always.
const AAC_FRAME: u32 = 1024;

/// How many packets of other sound a second likely has.
const SOUND_PACKETS_PER_SECOND: u32 = 50;

/// An access unit, with what is known of how it came.
#[derive(Debug)]
pub struct Arrival {
    /// The unit.
    pub unit: AccessUnit,
    /// Its likely duration in ticks of its track: what the one before it lasted.
    pub duration: u32,
    /// Packets that it likely came in.
    pub packets: u32,
    /// Packets lost just before it.
    pub lost: u32,
}

/// A camera that plays. Dropping it sends the camera a `TEARDOWN`.
pub struct RtspStream<'a> {
    session: Option<Session>,
    carry: &'a mut Carry,
    clock: &'a dyn Clock,
    address: String,
    video: VideoTrack,
    audio: Option<AudioTrack>,
    audio_problem: Option<CameraError>,
    /// Without a picture by then, the camera has stalled.
    deadline: Instant,
    /// When it began to play.
    since: Instant,
    /// When what is at hand was read: by the monotonic clock and by ours.
    read: (Mono, Timestamp),
    /// Broken packets of pictures since the last good one.
    broken: u32,
    /// Why nothing more comes.
    over: Option<CameraError>,
}

struct VideoTrack {
    codec: VideoCodec,
    sets: Sets,
    format: Option<VideoFormat>,
    /// A key picture with a format was seen.
    started: bool,
    /// Key pictures that nobody could decode.
    useless_keys: u32,
    line: Line,
}

struct AudioTrack {
    /// As the camera calls its coding.
    name: String,
    format: AudioFormat,
    /// Broken packets since the last good one.
    broken: u32,
    line: Line,
}

/// What both kinds of track keep.
struct Line {
    /// The next unit does not join up.
    breaks: bool,
    lost: u32,
    last: Option<i64>,
    duration: u32,
}

impl Line {
    fn new(duration: u32) -> Self {
        Self { breaks: true, lost: 0, last: None, duration }
    }

    fn note_loss(&mut self, packets: u32) {
        self.lost = self.lost.saturating_add(packets);
        self.breaks |= packets > 0;
    }

    /// Fills in what the line knows of a unit.
    fn arrival(&mut self, mut unit: AccessUnit) -> Arrival {
        unit.discontinuity = std::mem::take(&mut self.breaks);
        if let Some(last) = self.last.replace(unit.dts).filter(|_| !unit.discontinuity) {
            self.duration = u32::try_from(unit.dts - last).unwrap_or(u32::MAX).min(unit.timescale()).max(1);
        }
        let packets = u32::try_from(unit.data.len() / PACKET_BYTES + 1).unwrap_or(u32::MAX);
        Arrival { unit, duration: self.duration, packets, lost: std::mem::take(&mut self.lost) }
    }
}

impl fmt::Debug for RtspStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtspStream").field("address", &self.address).finish_non_exhaustive()
    }
}

impl<'a> RtspStream<'a> {
    pub(super) fn new(
        session: Session,
        carry: &'a mut Carry,
        clock: &'a dyn Clock,
        address: String,
        (codec, sets): (VideoCodec, Vec<Bytes>),
        sound: Sound,
    ) -> Self {
        carry.timeline.reconnect();
        carry.reorder.jump();
        let line = Line::new(FIRST_PICTURE_DURATION);
        let audio = sound.track.map(|(name, format)| {
            let line = Line::new(first_sound_duration(&format));
            AudioTrack { name, format, broken: 0, line }
        });
        let now = Instant::now();
        let mut stream = Self {
            session: Some(session),
            carry,
            clock,
            address,
            video: VideoTrack { codec, sets: Sets::new(codec), format: None, started: false, useless_keys: 0, line },
            audio,
            audio_problem: sound.problem,
            deadline: now + FIRST_PICTURE_TIME_MAX,
            since: now,
            read: (clock.mono(), clock.now()),
            broken: 0,
            over: None,
        };
        // Those of a description may be wrong; then those that come with the pictures count.
        let _ = stream.learn(&sets);
        stream
    }

    /// Why there is no sound although it was wanted.
    #[must_use]
    pub fn audio_problem(&self) -> Option<&CameraError> {
        self.audio_problem.as_ref()
    }

    /// The camera's clock is more than a second away from ours.
    #[must_use]
    pub fn clock_off(&self) -> bool {
        self.carry.timeline.clock_off()
    }

    /// The next unit; the first one is a key picture. Cancel safe.
    ///
    /// # Errors
    /// Why there will be no more. The connection is of no use afterwards.
    pub async fn next(&mut self) -> Result<Arrival, CameraError> {
        loop {
            while let Some(event) = self.session.as_mut().and_then(Session::take) {
                if let Some(arrival) = self.arrival(event)? {
                    return Ok(arrival);
                }
            }
            if let Some(error) = &self.over {
                return Err(error.clone());
            }
            let Some(session) = &mut self.session else { return Err(CameraError::Closed(Phase::Picture)) };
            match timeout_at(self.deadline, session.receive()).await {
                Ok(Ok(())) => self.read = (self.clock.mono(), self.clock.now()),
                // What came before it counts.
                Ok(Err(error)) => self.over = Some(error),
                Err(_) => return Err(self.stalled()),
            }
        }
    }

    fn arrival(&mut self, event: Event) -> Result<Option<Arrival>, CameraError> {
        match event {
            Event::Picture(unit) => self.picture(unit),
            Event::Sound(frame) => Ok(self.sound(frame)),
            Event::Report { track, time, ntp } => {
                self.carry.timeline.report(track, time, from_ntp(ntp), self.read.1);
                Ok(None)
            }
            Event::Broken(Track::Video, error) => self.skip_picture(error).map(|()| None),
            Event::Broken(Track::Audio, _) => {
                self.skip_sound();
                Ok(None)
            }
            Event::Anew(track) => {
                if let Some(line) = self.line(track) {
                    line.breaks = true;
                }
                Ok(None)
            }
        }
    }

    fn line(&mut self, track: Track) -> Option<&mut Line> {
        match track {
            Track::Video => Some(&mut self.video.line),
            Track::Audio => self.audio.as_mut().map(|audio| &mut audio.line),
        }
    }

    fn picture(&mut self, unit: Unit) -> Result<Option<Arrival>, CameraError> {
        let (arrived, now) = self.read;
        self.video.line.note_loss(unit.lost);
        self.video.line.breaks |= unit.gap;
        if !unit.parameter_sets.is_empty() {
            self.learn(&unit.parameter_sets)?;
        }
        let Some(kind) = picture(self.video.codec, &unit.data) else { return Ok(None) };
        let at = Instant::now();
        self.deadline = at + STALL_TIME_MAX;
        self.broken = 0;
        if !self.video.started && !self.starts_with(kind, at)? {
            return Ok(None);
        }
        let Some(format) = self.format() else { return Ok(None) };
        let place = self.carry.timeline.place(Track::Video, VIDEO_TIMESCALE, unit.time, arrived);
        if place.jumped {
            self.carry.reorder.jump();
            self.video.line.breaks = true;
        }
        let (dts, cts) = self.carry.reorder.place(place.pts);
        let wall = self.carry.timeline.picture_wall(VIDEO_TIMESCALE, place.pts, arrived, now);
        let key = kind == Picture::Key;
        let unit =
            AccessUnit { track: Track::Video, format, dts, cts, wall, arrived, key, discontinuity: false, data: unit.data };
        Ok(Some(self.video.line.arrival(unit)))
    }

    /// Whether a connection's first picture can be this one.
    fn starts_with(&mut self, kind: Picture, at: Instant) -> Result<bool, CameraError> {
        if kind == Picture::Key {
            self.video.started = self.video.format.is_some();
            self.video.useless_keys += u32::from(!self.video.started);
        }
        if self.video.format.is_none() && self.video.useless_keys > 1 {
            return Err(CameraError::ParametersInvalid("pictures come, and no parameter sets that fit them"));
        }
        if at > self.since + FIRST_KEY_TIME_MAX {
            return Err(CameraError::Stalled("no key picture came within a minute"));
        }
        Ok(self.video.started)
    }

    fn sound(&mut self, frame: Frame) -> Option<Arrival> {
        let (arrived, now) = self.read;
        let audio = self.audio.as_mut()?;
        audio.line.note_loss(frame.lost);
        audio.broken = 0;
        if !self.video.started {
            return None;
        }
        let rate = audio.format.sample_rate;
        let place = self.carry.timeline.place(Track::Audio, rate, frame.time, arrived);
        audio.line.breaks |= place.jumped;
        let wall = self.carry.timeline.sound_wall(rate, place.pts, now);
        let unit = AccessUnit {
            track: Track::Audio,
            format: Arc::clone(self.carry.format.as_ref()?),
            dts: place.pts,
            cts: 0,
            wall,
            arrived,
            key: true,
            discontinuity: false,
            data: frame.data,
        };
        Some(audio.line.arrival(unit))
    }

    /// Takes parameter sets; those of a kind take the place of older ones.
    fn learn(&mut self, sets: &[Bytes]) -> Result<(), CameraError> {
        let VideoTrack { codec, sets: known, format, line, .. } = &mut self.video;
        let Some(all) = known.take(sets).then(|| known.all()).flatten() else { return Ok(()) };
        let new = Some(format::video(*codec, &all)?);
        if *format != new {
            *format = new;
            line.breaks = true;
        }
        Ok(())
    }

    /// The format that goes with the next picture: the same `Arc` as long as nothing changed, also across connections.
    fn format(&mut self) -> Option<Arc<Format>> {
        let video = self.video.format.as_ref()?;
        let audio = self.audio.as_ref().map(|audio| &audio.format);
        if let Some(carried) = &self.carry.format
            && (&carried.video, carried.audio.as_ref()) == (video, audio)
        {
            return Some(Arc::clone(carried));
        }
        if self.carry.format.as_ref().is_none_or(|carried| carried.video != *video) {
            self.carry.reorder.restart(format::reorder_depth(video));
        }
        if let Some(audio) = &mut self.audio {
            audio.line.breaks = true;
        }
        let audio = self.audio.as_ref().map(|audio| audio.format.clone());
        let format = Arc::new(Format { video: video.clone(), audio });
        Some(Arc::clone(self.carry.format.insert(format)))
    }

    /// Goes on after a packet that made no sense, as long as it was only that.
    fn skip_picture(&mut self, error: WireError) -> Result<(), CameraError> {
        match error {
            WireError::ParameterSets => return Err(CameraError::ParametersInvalid("they are larger than 16 KiB")),
            WireError::TooLarge => tracing::warn!(address = %self.address, "a picture is too large and is left out"),
            _ => {}
        }
        self.broken += 1;
        self.video.line.breaks = true;
        if self.broken > BROKEN_PACKETS_MAX { Err(Self::senseless()) } else { Ok(()) }
    }

    /// Sound never costs the picture: where none of it makes sense, it goes on without.
    fn skip_sound(&mut self) {
        let Some(audio) = &mut self.audio else { return };
        audio.broken += 1;
        audio.line.breaks = true;
        if audio.broken < BROKEN_SOUND_MAX {
            return;
        }
        tracing::warn!(address = %self.address, "the sound makes no sense and is left out");
        self.carry.audio_broken = true;
        self.audio_problem = Some(CameraError::AudioUnsupported(std::mem::take(&mut audio.name)));
        self.audio = None;
        if let Some(session) = &mut self.session {
            session.mute();
        }
    }

    fn senseless() -> CameraError {
        CameraError::Protocol { phase: Phase::Picture, cause: "its packets make no sense".into() }
    }

    fn stalled(&self) -> CameraError {
        match (self.video.started, self.broken > 0) {
            (_, true) => Self::senseless(),
            (true, false) => CameraError::Stalled("no picture came for 8 s"),
            (false, false) => CameraError::Stalled("no picture came within 10 s"),
        }
    }
}

impl Drop for RtspStream<'_> {
    fn drop(&mut self) {
        let Some(session) = self.session.take().filter(|_| self.over.is_none()) else { return };
        self.carry.farewell = tokio::runtime::Handle::try_current().ok().map(|runtime| {
            let farewell = session.into_connection().farewell();
            runtime.spawn(async move { drop(timeout(ANSWER_TIME_MAX, farewell).await) })
        });
    }
}

/// How long sound likely lasts before two units were seen. Were it told too short, players would find a hole behind the first.
fn first_sound_duration(format: &AudioFormat) -> u32 {
    match format.codec {
        AudioCodec::Aac => AAC_FRAME,
        AudioCodec::Pcmu | AudioCodec::Pcma | AudioCodec::Opus => format.sample_rate / SOUND_PACKETS_PER_SECOND,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sound_lasts_as_long_as_its_codec_says() {
        for (codec, sample_rate, ticks) in [
            (AudioCodec::Aac, 16_000, 1024),
            (AudioCodec::Aac, 48_000, 1024),
            (AudioCodec::Pcmu, 8000, 160),
            (AudioCodec::Pcma, 16_000, 320),
        ] {
            let (rfc6381, config, sample_entry) = (String::new(), Bytes::new(), Bytes::new());
            let format = AudioFormat { codec, sample_rate, channels: 1, rfc6381, config, sample_entry };
            assert_eq!(first_sound_duration(&format), ticks, "{codec:?} at {sample_rate}");
        }
    }
}
