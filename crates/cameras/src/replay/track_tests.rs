use media::rtsp::replay::Mark;

use super::*;

/// An interleaved packet; with its extension where `wall` is given.
fn sent(marker: bool, sequence: u16, timestamp: u32, wall: Option<u32>, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![if wall.is_some() { 0x90 } else { 0x80 }, u8::from(marker) << 7 | 96];
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(&timestamp.to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 1]);
    if let Some(seconds) = wall {
        bytes.extend_from_slice(&[0xab, 0xac, 0, 3]);
        bytes.extend_from_slice(&(seconds + 2_208_988_800).to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 0, 0, 1, 0, 0]);
    }
    bytes.extend_from_slice(payload);
    bytes
}

#[test]
fn units_have_the_times_that_the_camera_tells() {
    let mut track = Track::new(0, 96, VideoCodec::H264);
    for data in [
        sent(false, 65_535, u32::MAX - 3599, Some(1), &[24, 0, 2, 0x67, 1, 0, 2, 0x68, 2]),
        sent(false, 0, u32::MAX - 3599, None, &[28, 0x80 | 5, 7]),
        sent(true, 1, u32::MAX - 3599, None, &[28, 0x40 | 5, 8]),
        // Without a marker, and without a time of its own.
        sent(false, 2, 0, None, &[0x41, 9]),
        sent(true, 3, 3600, Some(2), &[0x41, 10]),
        // Other tracks', and other types.
        sent(true, 4, 3600, None, &[0x41, 11]).into_iter().map(|byte| if byte == 0xe0 { 0xe1 } else { byte }).collect(),
    ] {
        track.take(0, &data);
        track.take(4, &data);
    }
    let units: Vec<_> = std::iter::from_fn(|| track.poll().unwrap()).collect();
    let told: Vec<_> = units.iter().map(|unit| (unit.pts, unit.wall.micros(), unit.data.to_vec())).collect();
    assert_eq!(
        told,
        [
            (0, 1_000_000, vec![0, 0, 0, 3, 5, 7, 8]),
            (3600, 1_040_000, vec![0, 0, 0, 2, 0x41, 9]),
            (7200, 2_000_000, vec![0, 0, 0, 2, 0x41, 10]),
        ]
    );
    assert_eq!(units[0].parameter_sets, [&[0x67, 1][..], &[0x68, 2]]);
    assert!(units.iter().all(|unit| !unit.discontinuity));
    track.take(0, &sent(true, 9, 7200, None, &[0x41, 1]));
    assert!(track.poll().unwrap().unwrap().discontinuity, "packets are missing before it");
}

#[test]
fn a_farewell_makes_the_open_unit_whole() {
    let mut track = Track::new(2, 96, VideoCodec::H264);
    track.take(2, &sent(false, 0, 0, Some(1), &[0x41, 9]));
    assert!(track.poll().unwrap().is_none() && !track.is_over());
    track.take(3, &[0x80, 201, 0, 1, 0, 0, 0, 1]);
    assert!(!track.is_over());
    track.take(3, &[0x81, 203, 0, 1, 0, 0, 0, 1]);
    assert!(track.poll().unwrap().is_some() && track.is_over());
}

#[test]
fn what_makes_no_sense_ends_a_replay_behind_what_was_good() {
    for (bad, error) in [
        (sent(true, 1, 1, None, &[30, 1]), ReplayError::Wire(WireError::Packets)),
        (vec![1, 2, 3], ReplayError::Wire(WireError::Packets)),
    ] {
        let mut track = Track::new(0, 96, VideoCodec::H264);
        track.take(0, &sent(true, 0, 0, Some(1), &[0x41, 9]));
        track.take(0, &bad);
        track.take(0, &sent(true, 2, 2, Some(1), &[0x41, 9]));
        assert!(track.poll().unwrap().is_some());
        assert_eq!(track.poll(), Err(error));
    }
    let mut track = Track::new(0, 96, VideoCodec::H264);
    track.take(0, &sent(true, 0, 0, None, &[0x41, 9]));
    assert_eq!(track.poll(), Err(ReplayError::NoTime));
    assert!(Mark::decode(0xabac, &[0; 12]).is_some(), "what the packets here have is what is read");
}
