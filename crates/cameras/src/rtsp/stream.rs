//! A connection that plays.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::limits::ACCESS_UNIT_BYTES_MAX;
use domain::{Clock, Timestamp};
use futures::StreamExt;
use media::au::{AccessUnit, AudioCodec, AudioFormat, Format, Track, VIDEO_TIMESCALE, VideoCodec, VideoFormat};
use retina::client::Demuxed;
use retina::codec::{AudioFrame, CodecItem, VideoFrame};
use retina::rtcp::ReceivedCompoundPacket;
use retina::{NtpTimestamp, UNIX_EPOCH};
use tokio::time::{Instant, timeout_at};

use super::picture::{Picture, picture};
use super::{Carry, Sound, format, unpanicked};
use crate::{CameraError, Phase};

/// An encoder that starts on demand has sent something by then.
const FIRST_PICTURE_TIME_MAX: Duration = Duration::from_secs(10);

/// The longest GOP that is waited out. Cameras let people choose up to about 400 pictures.
const FIRST_KEY_TIME_MAX: Duration = Duration::from_secs(60);

/// No picture for that long is a stall.
const STALL_TIME_MAX: Duration = Duration::from_secs(8);

/// Broken packets in a row that are skipped: those of one large picture whose first packet was broken.
const BROKEN_PACKETS_MAX: u32 = 4000;

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
    session: Demuxed,
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
    /// Broken packets since the last good unit, and whose the last of them was.
    broken: u32,
    broken_audio: bool,
}

struct VideoTrack {
    index: usize,
    codec: VideoCodec,
    format: Option<VideoFormat>,
    /// A key picture with a format was seen.
    started: bool,
    /// Key pictures that nobody could decode.
    useless_keys: u32,
    line: Line,
}

struct AudioTrack {
    index: usize,
    format: AudioFormat,
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

    fn note_loss(&mut self, packets: u16) {
        self.lost = self.lost.saturating_add(u32::from(packets));
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
        session: Demuxed,
        carry: &'a mut Carry,
        clock: &'a dyn Clock,
        address: String,
        (index, codec): (usize, VideoCodec),
        sound: Sound,
    ) -> Result<Self, CameraError> {
        let format = match session.streams().get(index) {
            Some(stream) => format::video(stream)?,
            None => None,
        };
        carry.timeline.reconnect();
        carry.reorder.jump();
        let line = Line::new(FIRST_PICTURE_DURATION);
        let audio = sound.track.map(|(index, format)| {
            let line = Line::new(first_sound_duration(&format));
            AudioTrack { index, format, line }
        });
        let now = Instant::now();
        Ok(Self {
            session,
            carry,
            clock,
            address,
            video: VideoTrack { index, codec, format, started: false, useless_keys: 0, line },
            audio,
            audio_problem: sound.problem,
            deadline: now + FIRST_PICTURE_TIME_MAX,
            since: now,
            broken: 0,
            broken_audio: false,
        })
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
            let item = match timeout_at(self.deadline, unpanicked(self.session.next())).await {
                Ok(Err(_)) => return Err(Self::senseless()),
                Ok(Ok(Some(Ok(item)))) => item,
                Ok(Ok(Some(Err(error)))) => {
                    self.skip_broken(&error)?;
                    continue;
                }
                Ok(Ok(None)) => return Err(self.closed()),
                Err(_) => return Err(self.stalled()),
            };
            let arrival = match item {
                CodecItem::VideoFrame(frame) => self.picture(frame)?,
                CodecItem::AudioFrame(frame) => self.sound(&frame),
                CodecItem::Rtcp(packet) => {
                    self.report(&packet);
                    None
                }
                _ => None,
            };
            if let Some(arrival) = arrival {
                self.broken = 0;
                return Ok(arrival);
            }
        }
    }

    fn picture(&mut self, frame: VideoFrame) -> Result<Option<Arrival>, CameraError> {
        let (arrived, now) = (self.clock.mono(), self.clock.now());
        self.video.line.note_loss(frame.loss());
        if frame.has_new_parameters() {
            self.read_parameters()?;
        }
        let rtp = frame.timestamp().timestamp();
        let data = Bytes::from(frame.into_data());
        let Some(kind) = picture(self.video.codec, &data) else { return Ok(None) };
        let at = Instant::now();
        self.deadline = at + STALL_TIME_MAX;
        if data.len() > ACCESS_UNIT_BYTES_MAX {
            tracing::warn!(address = %self.address, bytes = data.len(), "a picture is too large and is left out");
            self.video.line.breaks = true;
            return Ok(None);
        }
        if !self.video.started && !self.starts_with(kind, at)? {
            return Ok(None);
        }
        let Some(format) = self.format() else { return Ok(None) };
        let place = self.carry.timeline.place(Track::Video, VIDEO_TIMESCALE, rtp, arrived);
        if place.jumped {
            self.carry.reorder.jump();
            self.video.line.breaks = true;
        }
        let (dts, cts) = self.carry.reorder.place(place.pts);
        let wall = self.carry.timeline.picture_wall(VIDEO_TIMESCALE, place.pts, arrived, now);
        let key = kind == Picture::Key;
        let unit = AccessUnit { track: Track::Video, format, dts, cts, wall, arrived, key, discontinuity: false, data };
        Ok(Some(self.video.line.arrival(unit)))
    }

    /// Whether a connection's first picture can be this one.
    fn starts_with(&mut self, kind: Picture, at: Instant) -> Result<bool, CameraError> {
        if kind == Picture::Key {
            self.video.started = self.video.format.is_some();
            self.video.useless_keys += u32::from(!self.video.started);
        }
        // Parameter sets that cannot be read break the packets of their pictures; so does coming in the midst of one, once.
        let unreadable = self.broken > 0 && at > self.since + FIRST_PICTURE_TIME_MAX;
        if self.video.format.is_none() && (self.video.useless_keys > 1 || unreadable) {
            return Err(CameraError::ParametersInvalid("pictures come, and no parameter sets that fit them"));
        }
        if at > self.since + FIRST_KEY_TIME_MAX {
            return Err(CameraError::Stalled("no key picture came within a minute"));
        }
        Ok(self.video.started)
    }

    fn sound(&mut self, frame: &AudioFrame) -> Option<Arrival> {
        let (arrived, now) = (self.clock.mono(), self.clock.now());
        let audio = self.audio.as_mut()?;
        audio.line.note_loss(frame.loss());
        if !self.video.started || frame.data().len() > ACCESS_UNIT_BYTES_MAX {
            return None;
        }
        let rate = audio.format.sample_rate;
        let place = self.carry.timeline.place(Track::Audio, rate, frame.timestamp().timestamp(), arrived);
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
            data: Bytes::copy_from_slice(frame.data()),
        };
        Some(audio.line.arrival(unit))
    }

    /// A sender report: which time it was, by the camera's clock.
    fn report(&mut self, packet: &ReceivedCompoundPacket) {
        let track = match packet.stream_id() {
            index if index == self.video.index => Track::Video,
            index if self.audio.as_ref().is_some_and(|audio| audio.index == index) => Track::Audio,
            _ => return,
        };
        let (Some(rtp), Some(first)) = (packet.rtp_timestamp(), packet.pkts().next()) else { return };
        if let Ok(Some(report)) = first.as_sender_report() {
            let camera = wall_clock(report.ntp_timestamp());
            self.carry.timeline.report(track, rtp.timestamp(), camera, self.clock.now());
        }
    }

    /// New parameter sets came with the picture at hand.
    fn read_parameters(&mut self) -> Result<(), CameraError> {
        let Some(stream) = self.session.streams().get(self.video.index) else { return Ok(()) };
        let format = format::video(stream)?;
        if format != self.video.format {
            self.video.format = format;
            self.video.line.breaks = true;
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
    fn skip_broken(&mut self, error: &retina::Error) -> Result<(), CameraError> {
        let text = error.to_string();
        // What retina writes about a packet names the stream and the packet, as nothing else does.
        let Some((_, context)) = text.split_once("\nstream: ").filter(|(_, context)| context.contains("\npkt: ")) else {
            return Err(CameraError::from_retina(error, Phase::Picture, &self.address, false));
        };
        self.broken += 1;
        if self.broken > BROKEN_PACKETS_MAX {
            return Err(Self::senseless());
        }
        let index = self.audio.as_ref().map(|audio| audio.index);
        let channel = index.and_then(|index| self.session.streams().get(index)?.ctx()).map(ToString::to_string);
        self.broken_audio = channel.is_some_and(|channel| context.starts_with(&channel));
        match &mut self.audio {
            Some(audio) if self.broken_audio => audio.line.breaks = true,
            _ => self.video.line.breaks = true,
        }
        Ok(())
    }

    fn closed(&mut self) -> CameraError {
        if self.broken > 0 && self.broken_audio {
            // retina does not go on after some of them. The next connection does without the sound.
            self.carry.audio_broken = true;
        }
        CameraError::Closed(Phase::Picture)
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

/// A time of the Network Time Protocol (RFC 5905, section 6), in the era that began in 1900 or, after 2036, the next one.
fn wall_clock(ntp: NtpTimestamp) -> Timestamp {
    let since_unix = i128::from(ntp.0) - i128::from(UNIX_EPOCH.0);
    let since_unix = if since_unix < 0 { since_unix + (1 << 64) } else { since_unix };
    Timestamp::from_micros(i64::try_from((since_unix * 1_000_000) >> 32).unwrap_or(i64::MAX))
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

    #[test]
    fn network_time_is_read_in_both_eras() {
        for (ntp, text) in [
            (UNIX_EPOCH.0, "1970-01-01T00:00:00Z"),
            (0xe436_2f99_8000_0000, "2021-04-30T07:26:17.500Z"),
            // 2036-02-07T06:28:16Z, when the first era ends.
            (0, "2036-02-07T06:28:16Z"),
        ] {
            assert_eq!(wall_clock(NtpTimestamp(ntp)).to_string(), text);
        }
    }
}
