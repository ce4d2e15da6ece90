//! Cameras that play, and what they do to it.

use std::num::NonZeroU32;
use std::sync::Arc;

use cameras::CameraError;
use cameras::rtsp::{Arrival, RtspStream};
use device::{Faults, SdpFault};
use domain::StreamName;
use media::au::VideoCodec;

use super::script::{self, H264, H265, packet, sdp, server};
use super::{assert_in_order, camera, main_source, pictures, source};

/// Reads on until a unit pleases, and returns it with those before it.
async fn until(stream: &mut RtspStream<'_>, pleases: impl Fn(&Arrival) -> bool) -> (Vec<Arrival>, Arrival) {
    let mut before = Vec::new();
    loop {
        let arrival = stream.next().await.unwrap();
        if pleases(&arrival) {
            return (before, arrival);
        }
        before.push(arrival);
        assert!(before.len() < 500, "it never came");
    }
}

/// Reads to the end of a connection.
async fn to_the_end(stream: &mut RtspStream<'_>) -> (Vec<Arrival>, CameraError) {
    let mut all = Vec::new();
    loop {
        match stream.next().await {
            Ok(arrival) => all.push(arrival),
            Err(error) => return (all, error),
        }
    }
}

#[tokio::test]
async fn a_good_camera_plays_from_a_key_picture_on() {
    for parameters in [SdpFault::None, SdpFault::NoParameterSets] {
        let camera = camera(|config| config.faults.sdp = parameters).await;
        let mut source = main_source(&camera);
        let mut stream = source.open().await.unwrap();
        let seen = pictures(&mut stream, 30).await;
        let first = &seen[0].unit;
        assert!(first.key && first.discontinuity);
        let video = &first.format.video;
        assert_eq!((video.codec, video.width, video.height), (VideoCodec::H264, 320, 180));
        assert!(video.rfc6381.starts_with("avc1.") && video.sample_entry[4..8] == *b"avc1");
        assert_eq!(video.parameter_sets.len(), 2);
        assert_in_order(&seen);
        for arrival in &seen[1..] {
            assert!(!arrival.unit.discontinuity && Arc::ptr_eq(&arrival.unit.format, &first.format));
            assert_eq!((arrival.unit.cts, arrival.duration, arrival.lost), (0, 3600, 0));
        }
        assert!(seen.iter().skip(1).any(|arrival| arrival.unit.key));
        assert!(stream.audio_problem().is_none() && !stream.clock_off());
    }
}

#[tokio::test]
async fn wall_time_is_before_the_arrival_and_keeps_the_cameras_pace() {
    let camera = camera(|_| {}).await;
    let mut source = main_source(&camera);
    let mut stream = source.open().await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..30 {
        let unit = stream.next().await.unwrap().unit;
        let late = domain::Clock::now(&domain::SystemClock).micros() - unit.wall.micros();
        assert!((-20_000..5_000_000).contains(&late), "{late} us late");
        seen.push(unit);
    }
    let (first, last) = (&seen[10], &seen[29]);
    let by_wall = last.wall.micros() - first.wall.micros();
    assert!((by_wall - (last.dts - first.dts) * 100 / 9).abs() < 200_000, "{by_wall}");
}

#[tokio::test]
async fn a_camera_that_dies_and_comes_back_goes_on_on_the_same_line_of_time() {
    let camera = camera(|config| config.faults.die_mid_gop = true).await;
    let mut source = main_source(&camera);
    let mut all = Vec::new();
    for _ in 0..3 {
        let mut stream = source.open().await.unwrap();
        let (seen, error) = to_the_end(&mut stream).await;
        assert_eq!(error.code(), "camera.offline");
        assert!(!seen.is_empty() && seen[0].unit.key && seen[0].unit.discontinuity);
        assert!(seen[1..].iter().all(|arrival| !arrival.unit.discontinuity));
        all.extend(seen);
    }
    assert_in_order(&all);
    let (first, last) = (&all[0].unit, &all[all.len() - 1].unit);
    assert!(Arc::ptr_eq(&first.format, &last.format), "the format did not change");
    // The line keeps the pace of the clock while the camera is away.
    let by_clock = i64::try_from(last.arrived.since(first.arrived).as_millis()).unwrap();
    assert!(((last.dts - first.dts) / 90).abs_diff(by_clock) < 500);
}

#[tokio::test]
async fn a_flapping_camera_is_followed() {
    let camera = camera(|config| config.faults.flap_s = Some(1.5)).await;
    let mut source = main_source(&camera);
    let mut all = Vec::new();
    for _ in 0..3 {
        if let Ok(mut stream) = source.open().await {
            all.extend(to_the_end(&mut stream).await.0);
        }
    }
    assert!(all.len() > 10);
    assert_in_order(&all);
}

#[tokio::test]
async fn changed_parameters_are_a_new_format() {
    let camera = camera(|_| {}).await;
    let mut source = main_source(&camera);
    let mut stream = source.open().await.unwrap();
    let first = pictures(&mut stream, 3).await.remove(0).unit;
    camera.set_faults(Faults { change_parameters: true, ..Faults::default() });
    let (before, changed) = until(&mut stream, |arrival| !Arc::ptr_eq(&arrival.unit.format, &first.format)).await;
    assert!(changed.unit.key && changed.unit.discontinuity);
    assert_eq!((changed.unit.format.video.width, changed.unit.format.video.height), (160, 90));
    assert!(before.last().is_none_or(|last| last.unit.dts < changed.unit.dts));
    let after = pictures(&mut stream, 3).await;
    assert!(after.iter().all(|arrival| Arc::ptr_eq(&arrival.unit.format, &changed.unit.format) && !arrival.unit.discontinuity));
}

#[tokio::test]
async fn a_description_of_ten_megabytes_is_refused() {
    let camera = camera(|config| config.faults.oversized_parameter_sets = true).await;
    let mut source = main_source(&camera);
    assert_eq!(source.open().await.map(drop).unwrap_err().code(), "camera.sdp_invalid");
}

#[tokio::test]
async fn a_stalled_camera_is_given_up() {
    let camera = camera(|config| config.faults.stall_after_s = Some(1.2)).await;
    let mut source = main_source(&camera);
    let mut stream = source.open().await.unwrap();
    pictures(&mut stream, 3).await;
    let (_, error) = to_the_end(&mut stream).await;
    assert_eq!(error, CameraError::Stalled("no picture came for 8 s"));
}

#[tokio::test]
async fn a_jump_of_the_cameras_time_is_a_discontinuity_and_not_a_jump_of_ours() {
    let camera = camera(|_| {}).await;
    let mut source = main_source(&camera);
    let mut stream = source.open().await.unwrap();
    let before = pictures(&mut stream, 5).await;
    for time_shift_ms in [3_600_000, -3_600_000] {
        camera.set_faults(Faults { time_shift_ms, ..Faults::default() });
        let (before_jump, jumped) = until(&mut stream, |arrival| arrival.unit.discontinuity).await;
        let last = before_jump.last().unwrap_or(&before[4]);
        let step = jumped.unit.dts - last.unit.dts;
        assert!((1..90_000).contains(&step), "{step} ticks");
    }
}

#[tokio::test]
async fn lost_packets_are_counted_and_truncated_pictures_cost_no_others() {
    let every = NonZeroU32::new;
    let faults = [
        Faults { drop_every: every(61), ..Faults::default() },
        Faults { truncate_every: every(5), ..Faults::default() },
        Faults { reorder_every: every(9), ..Faults::default() },
    ];
    let cases = faults.iter().flat_map(|faults| ["rtsp:", "rtspu:"].map(|scheme| (faults, scheme)));
    futures::future::join_all(cases.map(async |(faults, scheme)| {
        let camera = camera(|config| config.faults = faults.clone()).await;
        let mut source = source(&camera.url(StreamName::Main).replace("rtsp:", scheme), None, false);
        let mut stream = source.open().await.unwrap();
        let seen = pictures(&mut stream, 60).await;
        assert_in_order(&seen);
        if faults.drop_every.is_some() {
            let lost: u32 = seen.iter().map(|arrival| arrival.lost).sum();
            assert!(lost > 0 && seen.iter().skip(1).any(|arrival| arrival.unit.discontinuity), "{scheme}");
        }
    }))
    .await;
}

#[tokio::test]
async fn pictures_out_of_order_get_decoding_times_in_order() {
    let camera = camera(|config| config.faults.b_frames = true).await;
    let mut source = main_source(&camera);
    let mut stream = source.open().await.unwrap();
    let seen = pictures(&mut stream, 40).await;
    assert_in_order(&seen);
    assert!(seen.iter().all(|arrival| arrival.unit.cts >= 0));
    assert!(seen.iter().any(|arrival| arrival.unit.cts > 0));
}

#[tokio::test(start_paused = true)]
async fn a_camera_that_never_sends_a_key_picture_is_given_up_after_a_minute() {
    let mut packets = Vec::new();
    for index in 0..4u16 {
        packets.extend(packet(0, 96, index, u32::from(index) * 3600, &[0x41, 0x9a, 1, 2, 3]));
    }
    let address = server(script::playing(sdp(&[H264]), None, packets)).await;
    let mut source = source(&format!("rtsp://{address}/"), None, false);
    let mut stream = source.open().await.unwrap();
    let error = to_the_end(&mut stream).await.1;
    assert_eq!(error.code(), "camera.stalled");
}

#[tokio::test]
async fn open_gops_of_h265_begin_at_cra_pictures() {
    let mut packets = Vec::new();
    // TRAIL_R, CRA, TRAIL_R, BLA_W_LP.
    for (index, header) in [0x02, 0x2a, 0x02, 0x20].into_iter().enumerate() {
        let index = u16::try_from(index).unwrap();
        packets.extend(packet(0, 96, index, u32::from(index) * 3600, &[header, 0x01, 0xaf, 1, 2, 3]));
    }
    let address = server(script::playing(sdp(&[H265]), None, packets)).await;
    let mut source = source(&format!("rtsp://{address}/"), None, false);
    let mut stream = source.open().await.unwrap();
    let seen = pictures(&mut stream, 3).await;
    assert_eq!(seen.iter().map(|arrival| arrival.unit.key).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(seen[0].unit.format.video.parameter_sets.len(), 3);
    assert_eq!(seen[0].unit.format.video.sample_entry[4..8], *b"hvc1");
}
