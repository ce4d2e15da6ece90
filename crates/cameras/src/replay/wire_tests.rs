use media::au::VideoCodec;
use media::rtsp::replay::Mark;
use proptest::prelude::*;

use super::*;

fn parsed(bytes: &[u8], piece: usize) -> Result<Vec<Incoming>, WireError> {
    let (mut parser, mut all) = (Parser::default(), Vec::new());
    for bytes in bytes.chunks(piece) {
        parser.push(bytes)?;
        while let Some(incoming) = parser.poll()? {
            all.push(incoming);
        }
    }
    Ok(all)
}

#[test]
fn answers_and_frames_come_out_in_order_however_they_are_cut() {
    let bytes = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nv=0$\x01\0\x02ab\r\nRTSP/1.0 401 No\r\nCSeq: 2\r\n\r\n";
    for piece in [1, 3, 1000] {
        let all = parsed(bytes, piece).unwrap();
        let [Incoming::Response(first), Incoming::Interleaved { channel: 1, data }, Incoming::Response(second)] = &all[..] else {
            panic!("{all:?}");
        };
        assert_eq!((first.status, first.header("cseq"), &first.body[..]), (200, Some("1"), &b"v=0"[..]));
        assert_eq!((&data[..], second.status), (&b"ab"[..], 401));
    }
}

#[test]
fn what_is_no_rtsp_and_what_has_no_end_is_refused() {
    for (bytes, error) in [
        (b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), WireError::NotRtsp),
        (b"RTSP/1.0 OK\r\n\r\n".to_vec(), WireError::NotRtsp),
        (b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n".to_vec(), WireError::NotRtsp),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 70000\r\n\r\n".to_vec(), WireError::TooLarge),
        (vec![b'a'; 20_000], WireError::TooLarge),
        (vec![b'$'; 300_000], WireError::TooLarge),
    ] {
        assert_eq!(parsed(&bytes, usize::MAX), Err(error), "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
    }
}

#[test]
fn the_first_picture_track_that_is_understood_is_read() {
    let sdp = "v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:trackID=1\r\nm=video 0 RTP/AVP 26\r\na=control:jpeg\r\n\
               m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z00AHw==,aAE=\r\n\
               a=control:trackID=0\r\nm=video 0 RTP/AVP 97\r\na=rtpmap:97 H265/90000\r\n";
    let description = describe(sdp).unwrap();
    assert_eq!((description.control.as_str(), description.payload_type), ("trackID=0", 96));
    assert_eq!(description.parameter_sets, [&b"\x67\x4d\0\x1f"[..], b"\x68\x01"]);
    for sdp in ["", "m=video 0 RTP/AVP 96\r\n", "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/8000\r\n", "m=video 0 RTP/AVP 999\r\n"]
    {
        assert_eq!(describe(sdp), Err(WireError::NoVideo), "{sdp}");
    }
}

/// A packet with its extension, where `wall` is given.
fn sent(marker: bool, sequence: u16, timestamp: u32, wall: Option<i64>, payload: &[u8]) -> Packet {
    let mark = wall.map(|micros| Mark {
        wall: domain::Timestamp::from_micros(micros),
        clean: false,
        end: false,
        discontinuity: false,
        terminal: false,
        cseq: 1,
    });
    Packet { marker, payload_type: 96, sequence, timestamp, mark, payload: Bytes::copy_from_slice(payload) }
}

#[test]
fn packets_make_up_units_with_their_times() {
    let mut assembler = Assembler::new(VideoCodec::H264);
    for packet in [
        sent(false, 65_535, u32::MAX - 3599, Some(1_000_000), &[24, 0, 2, 0x67, 1, 0, 2, 0x68, 2]),
        sent(false, 0, u32::MAX - 3599, None, &[28, 0x80 | 5, 7]),
        sent(true, 1, u32::MAX - 3599, None, &[28, 0x40 | 5, 8]),
        // Without a marker, and without a time of its own.
        sent(false, 2, 0, None, &[0x41, 9]),
        sent(true, 3, 3600, Some(1_080_000), &[0x41, 10]),
    ] {
        assembler.push(packet).unwrap();
    }
    let units: Vec<_> = std::iter::from_fn(|| assembler.poll()).collect();
    let told: Vec<_> = units.iter().map(|unit| (unit.pts, unit.wall.micros(), unit.data.to_vec())).collect();
    assert_eq!(
        told,
        [
            (0, 1_000_000, vec![0, 0, 0, 3, 5, 7, 8]),
            (3600, 1_040_000, vec![0, 0, 0, 2, 0x41, 9]),
            (7200, 1_080_000, vec![0, 0, 0, 2, 0x41, 10]),
        ]
    );
    assert_eq!(units[0].parameter_sets, [&[0x67, 1][..], &[0x68, 2]]);
    assert!(units.iter().all(|unit| !unit.discontinuity));
    assembler.push(sent(true, 9, 7200, None, &[0x41, 1])).unwrap();
    assert!(assembler.poll().unwrap().discontinuity, "packets are missing before it");
}

#[test]
fn packets_that_make_no_sense_are_refused() {
    let refused = |packets: &[Packet]| {
        let mut assembler = Assembler::new(VideoCodec::H264);
        packets.iter().cloned().find_map(|packet| assembler.push(packet).err())
    };
    let begun = sent(false, 0, 0, Some(0), &[28, 0x85, 1]);
    for (packets, error) in [
        (vec![sent(true, 0, 0, Some(0), &[])], WireError::Packets),
        (vec![sent(true, 0, 0, Some(0), &[28, 0x05, 1])], WireError::Packets),
        (vec![begun.clone(), sent(false, 1, 0, None, &[28, 0x85, 1])], WireError::Packets),
        (vec![begun.clone(), sent(false, 1, 0, None, &[0x41, 1])], WireError::Packets),
        (vec![begun, sent(true, 1, 0, None, &[28, 0x05, 1])], WireError::Packets),
        (vec![sent(true, 0, 0, Some(0), &[24, 0, 9, 1])], WireError::Packets),
        (vec![sent(true, 0, 0, Some(0), &[30, 1])], WireError::Packets),
        (vec![sent(true, 0, 0, None, &[0x41])], WireError::NoTime),
    ] {
        assert_eq!(refused(&packets), Some(error), "{packets:?}");
    }
    let mut assembler = Assembler::new(VideoCodec::H264);
    let endless = (0..1000_u16).find_map(|n| {
        let payload = [&[28, if n == 0 { 0x85 } else { 0x05 }][..], &[0; 60_000]].concat();
        assembler.push(sent(false, n, 0, Some(0), &payload)).err()
    });
    assert_eq!(endless, Some(WireError::TooLarge));
}

#[test]
fn farewells_are_found_in_compound_reports() {
    assert!(is_farewell(&[0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 203, 0, 1, 0, 0, 0, 1]));
    for not in [&[][..], &[0x80, 201, 0, 1, 0, 0, 0, 1], &[0x80, 201, 0xff, 0xff], &[0, 203, 0, 0]] {
        assert!(!is_farewell(not), "{not:?}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(bytes: Vec<u8>, payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
        let _ = parsed(&bytes, 7);
        let _ = describe(&String::from_utf8_lossy(&bytes));
        let _ = (packet(Bytes::copy_from_slice(&bytes)), is_farewell(&bytes));
        for codec in [VideoCodec::H264, VideoCodec::H265] {
            let mut assembler = Assembler::new(codec);
            for (n, payload) in payloads.iter().enumerate() {
                let _ = assembler.push(sent(n % 3 == 0, n as u16, n as u32 / 2, Some(0), payload));
            }
        }
    }
}
