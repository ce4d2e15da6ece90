use super::*;

fn sent(marker: bool, payload: &[u8]) -> Packet<'_> {
    Packet { marker, payload_type: 97, sequence: 0, timestamp: 0, source: 1, mark: None, payload }
}

/// `AudioSpecificConfig` of AAC-LC at 16 kHz, one channel.
const CONFIG: [u8; 2] = [0x14, 0x08];

fn told(frames: &mut Frames) -> Vec<(i64, u32, Vec<u8>)> {
    std::iter::from_fn(|| frames.poll()).map(|frame| (frame.time, frame.lost, frame.data.to_vec())).collect()
}

#[test]
fn packets_of_g711_are_frames() {
    let mut frames = Frames::new(AudioCodec::Pcmu, &[]);
    frames.push(&sent(false, &[1, 2, 3]), 160, 0).unwrap();
    frames.push(&sent(true, &[4]), 320, 2).unwrap();
    assert_eq!(told(&mut frames), [(160, 0, vec![1, 2, 3]), (320, 2, vec![4])]);
    assert_eq!(frames.push(&sent(true, &[]), 480, 0), Err(WireError::Packets));
}

#[test]
fn frames_of_aac_share_packets_and_follow_each_other() {
    for (config, samples) in [(&CONFIG[..], 1024), (&[0x14, 0x0c], 960), (&[], 1024)] {
        let mut frames = Frames::new(AudioCodec::Aac, config);
        frames.push(&sent(true, &[0, 32, 0, 2 << 3, 0, 1 << 3, 1, 2, 3]), 100, 1).unwrap();
        frames.push(&sent(true, &[0, 16, 0, 1 << 3, 9]), 5000, 0).unwrap();
        assert_eq!(told(&mut frames), [(100, 1, vec![1, 2]), (100 + samples, 0, vec![3]), (5000, 0, vec![9])]);
    }
}

#[test]
fn a_frame_of_aac_goes_over_packets_and_is_left_out_where_one_is_lost() {
    let part = |size: u8, body: &[u8]| [&[0, 16, 0, size << 3][..], body].concat();
    let mut frames = Frames::new(AudioCodec::Aac, &CONFIG);
    frames.push(&sent(false, &part(5, &[1, 2])), 100, 0).unwrap();
    frames.push(&sent(false, &part(5, &[3, 4])), 100, 0).unwrap();
    frames.push(&sent(true, &part(5, &[5])), 100, 0).unwrap();
    assert_eq!(told(&mut frames), [(100, 0, vec![1, 2, 3, 4, 5])]);
    frames.push(&sent(false, &part(5, &[1, 2])), 200, 0).unwrap();
    frames.push(&sent(true, &part(1, &[7])), 300, 2).unwrap();
    assert_eq!(told(&mut frames), [(300, 2, vec![7])]);
    for (second, time) in [(part(4, &[3]), 400), (part(5, &[3]), 401), (part(5, &[3; 9]), 400), (part(5, &[3]), 400)] {
        frames.push(&sent(false, &part(5, &[1, 2])), 400, 0).unwrap();
        assert_eq!(frames.push(&sent(true, &second), time, 0), Err(WireError::Packets));
    }
    assert!(told(&mut frames).is_empty());
}

#[test]
fn packets_that_make_no_sense_are_refused() {
    let mut frames = Frames::new(AudioCodec::Aac, &CONFIG);
    for payload in [
        &[][..],
        &[0],
        &[0xff; 3],
        &[0, 0, 1],
        &[0, 8, 9],
        &[0, 15, 0, 8],
        &[0, 16, 0, 9, 1],
        &[0, 16, 0xff, 0xf8],
        &[0, 32, 0, 8, 0, 16, 1, 2],
    ] {
        assert_eq!(frames.push(&sent(true, payload), 0, 0), Err(WireError::Packets), "{payload:?}");
    }
}
