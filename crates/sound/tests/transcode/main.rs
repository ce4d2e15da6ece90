//! Sound that goes in as a camera's AAC comes out as the same sound, at the same time, whatever the camera does.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests may fail them; a figure is worth a line")]

mod rig;

use std::sync::Arc;

use bytes::Bytes;
use media::au::{AccessUnit, AudioCodec, Format, Track};
use proptest::prelude::*;
use sound::{PACKET_TICKS, Transcoder, Unsupported};

use rig::{FRAME, T0, aac, format, he_aac, heard, share, unit};

const PACKET: i64 = PACKET_TICKS as i64;

/// Pushes units one after the other, from `at` on, and gives what comes out.
fn push(transcoder: &mut Transcoder, format: &Arc<Format>, at: i64, units: &[Bytes]) -> Vec<AccessUnit> {
    let times = (0..).map(|n| at + n * FRAME);
    times.zip(units).flat_map(|(at, data)| transcoder.push(&unit(format, at, data)).unwrap_or_default()).collect()
}

#[test]
fn a_tone_is_the_same_tone_for_as_long() {
    for (rate, channels) in [(8_000, 1), (16_000, 1), (22_050, 1), (32_000, 1), (44_100, 2), (48_000, 2)] {
        let format = format(rate, channels);
        let units = aac("sine=frequency=440:sample_rate=48000", rate, channels, 3);
        let mut transcoder = Transcoder::new(&format).unwrap();
        let packets = push(&mut transcoder, &format, 0, &units);
        let pcm = heard(&packets.iter().map(|packet| packet.data.clone()).collect::<Vec<_>>());

        let lasts = units.len() as i64 * FRAME * 48_000 / i64::from(rate);
        let missing = lasts - packets.len() as i64 * PACKET;
        assert!((0..PACKET + 48).contains(&missing), "{rate}: {missing} ticks are missing");
        let middle = &pcm[48_000..96_000];
        assert!(share(middle, 440.0) > 0.98, "{rate}: {} of the power at 440 Hz", share(middle, 440.0));
        assert!(share(middle, 452.0) < 0.01, "{rate}: {} of the power at 452 Hz", share(middle, 452.0));

        for packet in &packets {
            let audio = packet.format.audio.as_ref().unwrap();
            assert_eq!((packet.track, audio.codec, packet.timescale()), (Track::Audio, AudioCodec::Opus, 48_000));
            assert!(packet.data.len() < 400);
        }
        let steps: Vec<_> = packets.windows(2).map(|pair| pair[1].dts - pair[0].dts).collect();
        assert!(steps.iter().all(|step| *step == PACKET), "{rate}: {steps:?}");
        assert_eq!(packets.iter().filter(|packet| packet.discontinuity).count(), 1, "the first");
        for packet in &packets {
            let wall = T0 + packet.dts * 125 / 6;
            assert!((packet.wall.micros() - wall).abs() < 100, "{rate}: {} at {}", packet.wall, packet.dts);
        }
    }
}

#[test]
fn he_aac_is_heard_at_its_full_rate() {
    // As cameras do: the configuration names the lower rate, the stream says the rest, and times are of the full rate.
    let mut format = Format::clone(&format(16_000, 1));
    format.audio.as_mut().unwrap().sample_rate = 32_000;
    let format = Arc::new(format);
    let units = he_aac(440.0, 32_000, 3);
    let mut transcoder = Transcoder::new(&format).unwrap();
    let times = (0..).map(|n| n * 2 * FRAME);
    let packets: Vec<_> = times.zip(&units).flat_map(|(at, data)| transcoder.push(&unit(&format, at, data)).unwrap()).collect();
    let steps = packets.windows(2).map(|pair| pair[1].dts - pair[0].dts);
    assert!(steps.skip(10).all(|step| step == PACKET));
    let missing = units.len() as i64 * 2 * FRAME * 3 / 2 - packets.len() as i64 * PACKET;
    assert!((0..4 * PACKET).contains(&missing), "{missing} ticks are missing");
    let pcm = heard(&packets.iter().map(|packet| packet.data.clone()).collect::<Vec<_>>());
    assert!(share(&pcm[48_000..96_000], 440.0) > 0.98, "{}", share(&pcm[48_000..96_000], 440.0));
}

#[test]
fn a_sound_is_heard_when_the_camera_heard_it() {
    // Silence, then a tone from the second second on.
    let source = "aevalsrc='if(gt(t,1),0.5*sin(2*PI*1000*t),0)':s=48000";
    for rate in [16_000, 44_100, 48_000] {
        let format = format(rate, 1);
        let units = aac(source, rate, 1, 2);
        let mut transcoder = Transcoder::new(&format).unwrap();
        let packets = push(&mut transcoder, &format, 0, &units);
        let pcm = heard(&packets.iter().map(|packet| packet.data.clone()).collect::<Vec<_>>());
        let began = pcm.iter().position(|sample| sample.abs() > 0.2).unwrap() as i64 + packets[0].dts;
        // An AAC encoder puts one frame before the first sample; a decoder that knows of no edit list plays it.
        let wanted = 48_000 + FRAME * 48_000 / i64::from(rate);
        assert!((began - wanted).abs() < 240, "{rate}: {} ms off", (began - wanted) / 48);
    }
}

#[test]
fn times_hold_for_long_and_follow_the_camera_where_it_leaves_something_out() {
    let (rate, lost) = (8_000, 50 * FRAME);
    let format = format(rate, 1);
    let units = aac("anullsrc=r=8000:cl=mono", rate, 1, 60);
    let mut transcoder = Transcoder::new(&format).unwrap();
    let first = 1 << 40;
    let mut at = first;
    let mut last = i64::MIN;
    for minute in 0..5 {
        let packets = push(&mut transcoder, &format, at, &units);
        let begin = at * 6;
        at += units.len() as i64 * FRAME;
        assert!(packets[0].dts >= last);
        assert!((packets[0].dts - begin).abs() < 2 * PACKET, "minute {minute} begins {} off", packets[0].dts - begin);
        let end = packets.last().unwrap().dts + PACKET;
        assert!((0..3 * PACKET).contains(&(at * 6 - end)), "minute {minute} ends {} before its time", at * 6 - end);
        last = end;
    }
    let packets = push(&mut transcoder, &format, at + lost, &units[..4]);
    assert!(packets[0].discontinuity && (packets[0].dts - (at + lost) * 6).abs() < PACKET);
}

#[test]
fn a_reconnection_begins_anew() {
    let format = format(16_000, 1);
    let units = aac("sine=frequency=440:sample_rate=16000", 16_000, 1, 1);
    let mut transcoder = Transcoder::new(&format).unwrap();
    push(&mut transcoder, &format, 0, &units);
    let mut again = unit(&format, 1_000_000, &units[3]);
    again.discontinuity = true;
    let packets = transcoder.push(&again).unwrap();
    assert_eq!(packets.iter().map(|packet| packet.discontinuity).collect::<Vec<_>>(), [true, false, false]);
    assert!((packets[0].dts - 3_000_000).abs() < PACKET);
}

#[test]
fn what_is_not_aac_is_refused() {
    let changed = |change: fn(&mut media::au::AudioFormat)| {
        let mut format = Format::clone(&format(16_000, 1));
        change(format.audio.as_mut().unwrap());
        Transcoder::new(&format).unwrap_err()
    };
    assert_eq!(changed(|audio| audio.codec = AudioCodec::Pcma), Unsupported::Codec);
    assert_eq!(changed(|audio| audio.config = Bytes::new()), Unsupported::Config);
    assert_eq!(Transcoder::new(&Format { audio: None, ..Format::clone(&format(16_000, 1)) }).unwrap_err(), Unsupported::Codec);
}

#[test]
fn a_minute_costs_little() {
    let format = format(16_000, 1);
    let units = aac("anoisesrc=r=16000:a=0.2:c=pink", 16_000, 1, 20);
    let mut transcoder = Transcoder::new(&format).unwrap();
    let spent = || {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        stat.split(' ').next().unwrap().parse::<u64>().unwrap() / 1_000_000
    };
    let before = spent();
    let packets = push(&mut transcoder, &format, 0, &units);
    let minute = (spent() - before) * 3;
    assert!(packets.len() > 990);
    println!("{minute} ms of a core for a minute of sound");
    // In the profile that tests are built with; a release takes about half.
    assert!(minute < 1200, "{minute} ms of a core for a minute of sound");
}

fn hostile() -> impl Strategy<Value = (usize, Vec<(prop::sample::Index, u8)>, Vec<u8>)> {
    let flips = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8);
    (0_usize..40, flips, prop::collection::vec(any::<u8>(), 0..600))
}

#[test]
fn hostile_units_cost_themselves_alone() {
    // A tone and noise in stereo: the units use most of what the decoder knows.
    let units = aac("anoisesrc=r=44100:a=0.2", 44_100, 2, 1);
    let formats = [format(44_100, 2), format(44_100, 1), format(8_000, 6), format(96_000, 7)];
    proptest!(ProptestConfig::with_cases(300), |(broken in prop::collection::vec(hostile(), 1..6), which in 0_usize..4)| {
        let format = &formats[which];
        let mut transcoder = Transcoder::new(format).unwrap();
        let (mut at, mut last) = (0, i64::MIN);
        for (n, flips, noise) in broken {
            let mut data = units[n % units.len()].to_vec();
            flips.iter().for_each(|(index, byte)| { let n = index.index(data.len()); data[n] = *byte; });
            for data in [data, noise] {
                at += FRAME;
                for packet in transcoder.push(&unit(format, at, &data.into())).unwrap_or_default() {
                    prop_assert!(packet.dts > last && packet.data.len() <= 1276);
                    last = packet.dts;
                }
            }
        }
        if which == 0 {
            prop_assert!(push(&mut transcoder, format, at + FRAME, &units[..8]).len() >= 6, "what follows is heard");
        }
    });
}

#[test]
fn hostile_configurations_are_refused_or_made_nothing_of() {
    let units = aac("anoisesrc=r=44100:a=0.2", 44_100, 2, 1);
    proptest!(ProptestConfig::with_cases(300), |(config in prop::collection::vec(any::<u8>(), 0..12), n in 0_usize..40)| {
        let mut format = Format::clone(&format(44_100, 2));
        format.audio.as_mut().unwrap().config = config.into();
        let format = Arc::new(format);
        if let Ok(mut transcoder) = Transcoder::new(&format) {
            let _ = transcoder.push(&unit(&format, 0, &units[n % units.len()]));
        }
    });
}
