//! Units for tests: 25 pictures a second, numbered by their `dts`.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use domain::{Mono, Timestamp};

use super::Unit;
use crate::au::{AccessUnit, Format, Track, VideoCodec, VideoFormat};

static FORMAT: LazyLock<Arc<Format>> = LazyLock::new(|| {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 640,
        height: 360,
        rfc6381: "avc1.42c01e".into(),
        parameter_sets: vec![],
        sample_entry: Bytes::new(),
    };
    Arc::new(Format { video, audio: None })
});

fn unit(n: i64, key: bool, bytes: usize) -> Arc<Unit> {
    let micros = n * 40_000;
    let au = AccessUnit {
        track: Track::Video,
        format: Arc::clone(&FORMAT),
        dts: n,
        cts: 0,
        wall: Timestamp::from_micros(micros),
        arrived: Mono::from_micros(micros.unsigned_abs()),
        key,
        discontinuity: false,
        data: Bytes::from(vec![0; bytes]),
    };
    Unit::new(au, 1)
}

/// Picture number `n` that depends on others.
pub(crate) fn picture(n: i64, bytes: usize) -> Arc<Unit> {
    unit(n, false, bytes)
}

/// Picture number `n` that stands alone.
pub(crate) fn key(n: i64, bytes: usize) -> Arc<Unit> {
    unit(n, true, bytes)
}
