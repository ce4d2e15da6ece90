use std::sync::Arc;

use domain::Mono;
use proptest::prelude::*;

use super::*;
use crate::au::{AudioFormat, VideoFormat};

const START: Start = Start { ssrc: 0x1122_3344, sequence: 65_535, timestamp: u32::MAX };

fn format(video: VideoCodec, audio: Option<(AudioCodec, u32)>) -> Arc<Format> {
    let sets: Vec<Bytes> = match video {
        VideoCodec::H264 => vec![Bytes::from_static(&[0x67, 77, 0, 31]), Bytes::from_static(&[0x68, 1])],
        VideoCodec::H265 => {
            vec![Bytes::from_static(&[0x40, 1, 0]), Bytes::from_static(&[0x42, 1, 0]), Bytes::from_static(&[0x44, 1, 0])]
        }
    };
    let video = VideoFormat {
        codec: video,
        width: 320,
        height: 180,
        rfc6381: String::new(),
        parameter_sets: sets,
        sample_entry: Bytes::new(),
    };
    let audio = audio.map(|(codec, sample_rate)| AudioFormat {
        codec,
        sample_rate,
        channels: 1,
        rfc6381: String::new(),
        config: Bytes::from_static(&[0x14, 0x08]),
        sample_entry: Bytes::new(),
    });
    Arc::new(Format { video, audio })
}

fn unit(format: &Arc<Format>, track: Track, key: bool, data: Vec<u8>) -> AccessUnit {
    AccessUnit {
        track,
        format: Arc::clone(format),
        dts: 1,
        cts: 0,
        wall: Timestamp::default(),
        arrived: Mono::default(),
        key,
        discontinuity: false,
        data: data.into(),
    }
}

fn sample(nals: &[Vec<u8>]) -> Vec<u8> {
    nals.iter().flat_map(|nal| [&(nal.len() as u32).to_be_bytes()[..], nal].concat()).collect()
}

/// What a receiver makes of the packets: the NAL units, put together again.
fn reassemble(codec: VideoCodec, batch: &Batch) -> Vec<Vec<u8>> {
    let mut nals: Vec<Vec<u8>> = Vec::new();
    let head = if codec == VideoCodec::H265 { 2 } else { 1 };
    for packet in batch.packets() {
        let payload = &packet[RTP_HEAD..];
        let fragment = match codec {
            VideoCodec::H264 => payload[0] & 0x1f == 28,
            VideoCodec::H265 => payload[0] >> 1 & 0x3f == 49,
        };
        if !fragment {
            nals.push(payload.to_vec());
            continue;
        }
        let fu = payload[head];
        if fu & 0x80 != 0 {
            nals.push(match codec {
                VideoCodec::H264 => vec![payload[0] & 0xe0 | fu & 0x1f],
                VideoCodec::H265 => vec![payload[0] & 0x81 | (fu & 0x3f) << 1, payload[1]],
            });
        }
        nals.last_mut().unwrap().extend_from_slice(&payload[head + 1..]);
    }
    nals
}

proptest! {
    #[test]
    fn what_is_cut_can_be_put_together(
        h265: bool,
        key: bool,
        lengths in proptest::collection::vec(prop_oneof![2usize..40, 1380..1400usize, 2770..2790usize, 2..20_000usize], 1..5),
    ) {
        let codec = if h265 { VideoCodec::H265 } else { VideoCodec::H264 };
        let format = format(codec, None);
        // Bytes that are told apart, under a NAL header that is no fragment's.
        let nals: Vec<Vec<u8>> = lengths.iter().map(|n| [&[if h265 { 0x02 } else { 0x41 }, 1], &(2..*n).map(|i| i as u8).collect::<Vec<_>>()[..]].concat()).collect();
        let mut packetiser = Packetiser::new(&format, Track::Video, START).unwrap();
        let batch = packetiser.packetise(&unit(&format, Track::Video, key, sample(&nals)));

        let sets = if key { format.video.parameter_sets.iter().map(|s| s.to_vec()).collect() } else { Vec::new() };
        prop_assert_eq!(reassemble(codec, &batch), [sets, nals].concat());
        let last = batch.packets().len() - 1;
        for (i, packet) in batch.packets().enumerate() {
            prop_assert!(packet.len() <= RTP_HEAD + PAYLOAD_MAX);
            prop_assert_eq!(packet[1], 96 | if i == last { 0x80 } else { 0 });
            prop_assert_eq!(u16::from_be_bytes([packet[2], packet[3]]), 65_535u16.wrapping_add(i as u16));
            prop_assert_eq!(&packet[4..8], &[0, 0, 0, 0], "the time wraps");
        }
    }
}

#[test]
fn aac_frames_say_their_size_and_mark_their_end() {
    let format = format(VideoCodec::H264, Some((AudioCodec::Aac, 16_000)));
    let mut packetiser = Packetiser::new(&format, Track::Audio, START).unwrap();
    let batch = packetiser.packetise(&unit(&format, Track::Audio, true, vec![7; 300]));
    let packets: Vec<_> = batch.packets().collect();
    assert_eq!((packets.len(), packets[0][1]), (1, 97 | 0x80));
    assert_eq!(&packets[0][RTP_HEAD..RTP_HEAD + 4], &[0, 16, (300u16 << 3 >> 8) as u8, (300u16 << 3) as u8]);

    let long = packetiser.packetise(&unit(&format, Track::Audio, true, vec![7; 2000]));
    let packets: Vec<_> = long.packets().collect();
    assert_eq!(packets.iter().map(|p| (p.len() - RTP_HEAD - 4, p[1] >> 7)).collect::<Vec<_>>(), [(1384, 0), (616, 1)]);
    assert_eq!(packetiser.packetise(&unit(&format, Track::Audio, true, vec![7; 8192])).packets().len(), 0);
}

#[test]
fn g711_time_goes_on_within_a_long_unit() {
    let format = format(VideoCodec::H264, Some((AudioCodec::Pcmu, 8000)));
    let mut packetiser = Packetiser::new(&format, Track::Audio, START).unwrap();
    let batch = packetiser.packetise(&unit(&format, Track::Audio, true, vec![7; 2000]));
    let times: Vec<_> = batch.packets().map(|p| (p[1], u32::from_be_bytes([p[4], p[5], p[6], p[7]]))).collect();
    assert_eq!(times, [(0, 0), (0, 1388)]);
}

#[test]
fn static_payload_types_are_for_their_one_sound() {
    for (codec, rate, expected) in
        [(AudioCodec::Pcmu, 8000, 0), (AudioCodec::Pcma, 8000, 8), (AudioCodec::Pcma, 16_000, 97), (AudioCodec::Aac, 8000, 97)]
    {
        assert_eq!(payload_type(&format(VideoCodec::H264, Some((codec, rate))), Track::Audio), expected);
    }
    assert!(Packetiser::new(&format(VideoCodec::H264, None), Track::Audio, START).is_none());
}

#[test]
fn a_report_ties_rtp_time_to_wall_time_and_counts() {
    let format = format(VideoCodec::H264, None);
    let mut packetiser = Packetiser::new(&format, Track::Video, START).unwrap();
    packetiser.packetise(&unit(&format, Track::Video, false, sample(&[vec![0x41; 100], vec![0x41; 50]])));
    let report = packetiser.report(90_000, Timestamp::parse("2026-01-31T00:30:00.5Z").unwrap());
    let packets: Vec<_> = report.packets().collect();
    let word = |at: usize| u32::from_be_bytes(packets[0][at..at + 4].try_into().unwrap());
    assert_eq!((packets.len(), packets[0].len() % 4), (1, 0));
    assert_eq!(packets[0][..4], [0x80, 200, 0, 6]);
    assert_eq!(word(4), START.ssrc);
    assert_eq!((word(8), word(12)), (1_769_819_400 + 2_208_988_800, 1 << 31));
    assert_eq!((word(16), word(20), word(24)), (89_999, 2, 150));
    assert_eq!(packets[0][28..32], [0x81, 202, 0, 4]);
    assert_eq!(packets[0].len(), 28 + 4 * 5);
}

#[test]
fn a_replayed_unit_says_its_time_in_its_first_packet_alone_and_a_farewell_ends_it() {
    let format = format(VideoCodec::H264, None);
    let mut packetiser = Packetiser::new(&format, Track::Video, START).unwrap();
    let mark = Mark {
        wall: Timestamp::parse("2026-11-30T10:15:00.5Z").unwrap(),
        clean: true,
        end: false,
        discontinuity: false,
        terminal: true,
        cseq: 9,
    };
    let batch = packetiser.replay(&unit(&format, Track::Video, false, sample(&[vec![0x41; 3000]])), &mark);
    let packets: Vec<_> = batch.packets().collect();
    let extended: Vec<_> = packets.iter().map(|packet| packet[0] == 0x90).collect();
    assert_eq!(extended, [true, false, false]);
    assert_eq!(Mark::decode(u16::from_be_bytes([packets[0][12], packets[0][13]]), &packets[0][16..28]), Some(mark));
    assert_eq!(packets[0][28] & 0x1f, 28, "the payload follows the extension");
    let farewell = packetiser.farewell();
    assert!(farewell.is_rtcp());
    assert_eq!(farewell.packets().next().unwrap()[8..], [0x81, 203, 0, 1, 0x11, 0x22, 0x33, 0x44]);
}
