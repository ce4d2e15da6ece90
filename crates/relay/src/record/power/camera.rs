//! A camera that keeps a log of what it sent, and knows its pictures again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{CameraId, Clock, Timestamp};
use media::au::{AccessUnit, Format, Track, VideoCodec, VideoFormat};
use testkit::ManualClock;

use super::random::Random;
use crate::feed::Feed;

/// Between two pictures, on the clock and in ticks.
pub(super) const PICTURE: Duration = Duration::from_millis(40);
pub(super) const PICTURE_TICKS: u32 = 3600;

/// Pictures from one key picture to the next.
const GOP: usize = 25;

#[derive(Debug)]
pub(super) struct Camera {
    pub(super) id: CameraId,
    pub(super) feed: Arc<Feed>,
    seed: u64,
    random: Random,
    format: Arc<Format>,
    /// When each picture was sent; its place is its number.
    pub(super) log: Vec<Timestamp>,
    /// The first picture since the server last started.
    pub(super) first: usize,
}

impl Camera {
    pub(super) fn new(seed: u64) -> Self {
        let (id, feed, random) = (CameraId::random(), Feed::new(), Random::new(seed));
        Self { id, feed, seed, random, format: format(640), log: Vec::new(), first: 0 }
    }

    /// A server connects anew: from here on the camera begins with a key picture.
    pub(super) fn connect(&mut self) {
        (self.feed, self.first) = (Feed::new(), self.log.len());
    }

    /// The next picture. Once in six seconds the camera is set to another size, which takes a new file.
    pub(super) fn send(&mut self, clock: &ManualClock) {
        let n = self.log.len();
        let key = (n - self.first).is_multiple_of(GOP);
        if key && self.random.chance(160) {
            self.format = format(if self.format.video.width == 640 { 1280 } else { 640 });
        }
        self.log.push(clock.now());
        let au = AccessUnit {
            track: Track::Video,
            format: Arc::clone(&self.format),
            dts: n as i64 * i64::from(PICTURE_TICKS),
            cts: 0,
            wall: clock.now(),
            arrived: clock.mono(),
            key,
            discontinuity: false,
            data: self.picture(n).into(),
        };
        self.feed.push(au, PICTURE_TICKS);
    }

    /// The bytes of picture number `n`, which no other has. Some are a few sectors long, so that a tear goes through them.
    pub(super) fn picture(&self, n: usize) -> Vec<u8> {
        let mut random = Random::new(self.seed ^ (n as u64).rotate_left(32));
        let length = if random.chance(100) { random.within(3000..12_000) } else { random.within(40..2000) };
        (0..length).map(|_| random.next() as u8).collect()
    }
}

fn format(width: u16) -> Arc<Format> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width,
        height: 360,
        rfc6381: "avc1.42c01e".into(),
        parameter_sets: vec![Bytes::from_static(&[0x67, 0x42, 0xc0, 0x1e]), Bytes::from_static(&[0x68, 0xce])],
        sample_entry: Bytes::from_static(b"\0\0\0\x10avc1\0\0\0\0\0\0\0\0"),
    };
    Arc::new(Format { video, audio: None })
}
