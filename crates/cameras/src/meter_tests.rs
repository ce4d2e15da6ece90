use bytes::Bytes;
use domain::Timestamp;
use media::au::{AccessUnit, VideoCodec, VideoFormat};

use super::*;

fn format() -> Arc<Format> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 1280,
        height: 720,
        rfc6381: "avc1.64001f".into(),
        parameter_sets: vec![],
        sample_entry: Bytes::new(),
    };
    Arc::new(Format { video, audio: None })
}

fn arrival(format: &Arc<Format>, index: u32, gop: u32, lost: u32) -> Arrival {
    let unit = AccessUnit {
        track: Track::Video,
        format: Arc::clone(format),
        dts: i64::from(index) * 3600,
        cts: 0,
        wall: Timestamp::default(),
        arrived: Mono::from_micros(u64::from(index) * 40_000),
        key: index.is_multiple_of(gop),
        discontinuity: index == 0,
        data: Bytes::from_static(&[0; 10_000]),
    };
    Arrival { unit, duration: 3600, packets: 8, lost }
}

#[test]
fn a_steady_stream_is_measured_after_two_seconds() {
    let format = format();
    let mut meter = Meter::new(Arc::clone(&format), Mono::default());
    let mut changes = Vec::new();
    for index in 0..=50 {
        if meter.count(&arrival(&format, index, 25, u32::from(index == 7) * 8)) {
            changes.push(index);
        }
    }
    // The first GOP is told at once, the rest with the first window.
    assert_eq!(changes, [25, 50]);
    let facts = meter.facts();
    assert_eq!((facts.fps, facts.gop_s), (Some(25.0), Some(1.0)));
    assert_eq!(facts.bitrate_bps, Some(51 * 80_000 / 2));
    assert_eq!(facts.loss_percent, Some(1.9));
}

#[test]
fn later_windows_are_longer_and_forget_the_ones_before() {
    let format = format();
    let mut meter = Meter::new(Arc::clone(&format), Mono::default());
    let told = (0..=300).filter(|&index| meter.count(&arrival(&format, index, 500, u32::from(index < 50)))).collect::<Vec<_>>();
    assert_eq!(told, [50, 300]);
    assert_eq!(meter.facts().loss_percent, Some(0.0));
}

#[test]
fn a_new_format_is_told_at_once_and_a_gap_is_no_gop() {
    let (one, other) = (format(), format());
    let mut meter = Meter::new(Arc::clone(&one), Mono::default());
    meter.count(&arrival(&one, 0, 10, 0));
    let mut after = arrival(&other, 10, 10, 0);
    after.unit.discontinuity = true;
    assert!(meter.count(&after));
    assert!(Arc::ptr_eq(&meter.facts().format, &other));
    assert_eq!(meter.facts().gop_s, None);
}
