use media::au::{AudioCodec, VideoCodec};
use proptest::prelude::*;

use super::*;

/// What comes out of bytes that come in pieces, as a connection reads them.
fn parsed(bytes: &[u8], piece: usize) -> Result<Vec<String>, WireError> {
    let (mut rest, mut all) = (Vec::new(), Vec::new());
    for bytes in bytes.chunks(piece) {
        rest.extend_from_slice(bytes);
        let mut at = 0;
        while let Some((message, length)) = cut(&rest[at..])? {
            assert!(length > 0 && at + length <= rest.len());
            at += length;
            match message {
                Message::Response(answer) => {
                    let cseq = answer.header("cseq").unwrap_or_default();
                    all.push(format!("{} {cseq} {}", answer.status, String::from_utf8_lossy(&answer.body)));
                }
                Message::Frame { channel, data } => all.push(format!("${channel} {}", String::from_utf8_lossy(data))),
                Message::Other => {}
            }
        }
        rest.drain(..at);
        assert!(rest.len() < MESSAGE_BYTES_MAX);
    }
    Ok(all)
}

#[test]
fn answers_and_frames_come_out_in_order_however_they_are_cut() {
    let bytes = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 3\r\n\r\nv=0$\x01\0\x02ab\r\nRTSP/1.0 401 No\r\nCSeq: 2\r\n\r\n\
        OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\nRTSP/1.0 200 OK\nCSeq: 3\n\n$\0\0\0";
    for piece in [1, 3, 1000] {
        assert_eq!(parsed(bytes, piece).unwrap(), ["200 1 v=0", "$1 ab", "401 2 ", "200 3 ", "$0 "]);
    }
}

#[test]
fn what_is_no_rtsp_and_what_has_no_end_is_refused() {
    for (bytes, error) in [
        (b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), WireError::NotRtsp),
        (b"RTSP/1.0 OK\r\n\r\n".to_vec(), WireError::NotRtsp),
        (b"RTSP/1.0 200 OK\r\nno colon\r\n\r\n".to_vec(), WireError::NotRtsp),
        (b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n".to_vec(), WireError::NotRtsp),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 70000\r\n\r\n".to_vec(), WireError::TooLarge),
        (format!("RTSP/1.0 200 OK\r\n{}\r\n", "A: b\r\n".repeat(HEADERS_MAX + 1)).into_bytes(), WireError::NotRtsp),
        (vec![b'a'; 20_000], WireError::NotRtsp),
    ] {
        assert_eq!(parsed(&bytes, usize::MAX), Err(error), "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(40)]));
    }
}

#[test]
fn an_answer_says_how_packets_travel_and_what_to_sign_in_with() {
    let bytes = b"RTSP/1.0 200 OK\r\nTransport: RTP/AVP/TCP;unicast; interleaved=4-5;ssrc=0x6f7c\r\nA: 1\r\na: 2\r\n\r\n";
    let Ok(Some((Message::Response(answer), _))) = cut(bytes) else { panic!("no answer") };
    assert_eq!((answer.transport("interleaved"), answer.transport("source")), (Some("4-5"), None));
    assert_eq!(answer.all("a").collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn every_track_of_a_description_is_read() {
    let sdp = "v=0\r\na=control:rtsp://cam/all\r\nm=audio 0 RTP/AVP 0\r\na=control:trackID=1\r\nm=video 0 RTP/AVP 26\r\na=control:jpeg\r\n\
        m=video 0 RTP/AVP 96\r\na=rtpmap:97 H265/90000\r\na=rtpmap:96 H264/90000 \r\na=fmtp:96 packetization-mode=1\r\na=fmtp:96\r\n\
        a=control:trackID=0\r\nm=application 0 TCP/RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n\
        m=audio 0 RTP/AVP 104\r\na=rtpmap:104 mpeg4-generic/48000/2\r\nm=text 0 UDP 5\r\na=control:other\r\nm=audio 0 RTP/AVP 200\r\n\r\n";
    let description = describe(sdp).unwrap();
    let told = description.media.iter().map(|media| {
        let at = media.control.as_ref().map(|control| control.at("rtsp://cam/base"));
        (media.kind.as_str(), media.payload_type, media.encoding.as_str(), media.clock_rate, media.channels, at)
    });
    let at = |name: &str| Some(format!("rtsp://cam/base/{name}"));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("audio", 0, "pcmu", 8000, None, at("trackID=1")),
            ("video", 26, "jpeg", 90_000, None, at("jpeg")),
            ("video", 96, "h264", 90_000, None, at("trackID=0")),
            ("application", 107, "vnd.onvif.metadata", 90_000, None, None),
            ("audio", 104, "mpeg4-generic", 48_000, Some(2), None),
        ]
    );
    assert_eq!(description.media[2].parameters, "packetization-mode=1", "an empty one says nothing");
    assert_eq!(description.control.unwrap().at("x"), "rtsp://cam/all");
}

#[test]
fn names_of_tracks_follow_the_base_as_cameras_mean_it() {
    let named = |name: &str| describe(&format!("m=video 0 RTP/AVP 26\r\na=control:{name}\r\n")).unwrap().media.remove(0).control;
    for (base, name, url) in [
        ("rtsp://cam/s?a=b", "trackID=0", "rtsp://cam/s?a=b/trackID=0"),
        ("rtsp://cam/s/", "trackID=0", "rtsp://cam/s/trackID=0"),
        ("rtsp://cam/s/", "/trackID=0", "rtsp://cam/s/trackID=0"),
        ("rtsp://cam/s", "*", "rtsp://cam/s"),
        ("rtsp://cam/s", "rtsp://10.0.0.1/t", "rtsp://10.0.0.1/t"),
    ] {
        assert_eq!(named(name).unwrap().at(base), url);
    }
    assert_eq!((named(""), named("a b"), named(&"x".repeat(2000))), (None, None, None));
}

#[test]
fn what_describes_nothing_is_refused() {
    for sdp in [
        "",
        "<html>no</html>",
        "v=0\r\n",
        "m=video 0 RTP/AVP 96\r\n",
        "m=video 0 RTP/AVP \r\n",
        "m=video 0 RTP/AVP 999\r\n",
        "s-",
    ] {
        assert_eq!(describe(sdp), Err(WireError::Description), "{sdp}");
    }
    assert_eq!(describe(&"m=audio 0 RTP/AVP 0\r\n".repeat(MEDIA_TOO_MANY)), Err(WireError::TooLarge));
}

const MEDIA_TOO_MANY: usize = 33;

#[test]
fn packets_are_read_with_what_stands_before_and_after_their_payload() {
    let plain = [0x80, 0xe0, 1, 2, 0, 0, 0, 9, 0, 0, 0, 7, 1, 2, 3];
    let read = packet(&plain).unwrap();
    assert_eq!((read.marker, read.payload_type, read.sequence, read.timestamp, read.source), (true, 96, 258, 9, 7));
    assert_eq!(read.payload, [1, 2, 3]);
    // A contributing source, an extension of one word, two bytes of padding.
    let more = [0xb1, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 5, 5, 5, 5, 1, 0, 2];
    assert_eq!(packet(&more).unwrap().payload, [1]);
    for end in 0..plain.len() - 3 {
        assert_eq!(packet(&plain[..end]), None);
    }
    assert!(packet(&more[..18]).is_none() && packet(&[0x40; 20]).is_none());
    let padded = |padding: u8| [&[0xa0, 96, 0, 1, 0, 0, 0, 9, 0, 0, 0, 7, 1][..], &[padding]].concat();
    assert!(packet(&padded(0)).is_none() && packet(&padded(200)).is_none() && packet(&padded(2)).unwrap().payload.is_empty());
    assert!([50, 72, 76].iter().all(|kind| !packet(&[&[0x80, *kind][..], &[0; 10]].concat()).unwrap().is_media()));
}

#[test]
fn reports_and_farewells_are_found_in_compound_packets() {
    assert!(is_farewell(&[0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 203, 0, 1, 0, 0, 0, 1]));
    for not in [&[][..], &[0x80, 201, 0, 1, 0, 0, 0, 1], &[0x80, 201, 0xff, 0xff], &[0, 203, 0, 0]] {
        assert!(!is_farewell(not), "{not:?}");
    }
    let report = [0x80, 200, 0, 6, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5];
    assert_eq!(sender_report(&report), Some(SenderReport { source: 7, ntp: 1 << 32 | 2, timestamp: 3 }));
    assert_eq!(sender_report(&[&[0x81, 202, 0, 1, 0, 0, 0, 1][..], &report].concat()), sender_report(&report));
    assert_eq!(sender_report(&report[..18]), None);
}

/// A packet of the picture track, without a payload.
fn numbered(sequence: u16, timestamp: u32, source: u32) -> Packet<'static> {
    Packet { marker: false, payload_type: 96, sequence, timestamp, source, mark: None, payload: &[] }
}

#[test]
fn the_order_of_packets_tells_what_is_lost_late_or_anothers() {
    let mut order = Order::default();
    let mut take = |sequence, timestamp, source| order.take(&numbered(sequence, timestamp, source));
    let place = |lost, anew, time| Some(Place { lost, anew, time });
    assert_eq!(take(65_535, u32::MAX, 1), place(0, false, i64::from(u32::MAX)));
    assert_eq!(take(0, 0, 1), place(0, false, 1 << 32), "numbers and times wrap");
    assert_eq!(take(3, 10, 1), place(2, false, (1 << 32) + 10));
    assert_eq!((take(2, 5, 1), take(3, 10, 1)), (None, None), "late, and once more");
    // From somebody else: a leftover, until nothing else comes.
    assert_eq!(take(900, 77, 2), None);
    assert_eq!(take(4, 20, 1), place(0, false, (1 << 32) + 20));
    for sequence in 0..99 {
        assert_eq!(take(sequence, 77, 2), None);
    }
    assert_eq!(take(99, 77, 2), place(0, true, (1 << 32) + 77));
    // Far behind, and on from there.
    assert_eq!(take(60_000, 90, 2), None);
    assert_eq!(take(60_001, 90, 2), place(0, true, (1 << 32) + 90));
    assert_eq!(take(60_003, 80, 2), place(1, false, (1 << 32) + 80));
    assert!(order.is_from(2) && !order.is_from(1) && Order::default().is_from(1));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(bytes: Vec<u8>, payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
        let _ = parsed(&bytes, 7);
        let _ = describe(&String::from_utf8_lossy(&bytes));
        let _ = (packet(&bytes), sender_report(&bytes), is_farewell(&bytes));
        let mut order = Order::default();
        for codec in [VideoCodec::H264, VideoCodec::H265] {
            let mut assembler = Assembler::new(codec);
            let mut sound = [Frames::new(AudioCodec::Aac, &bytes), Frames::new(AudioCodec::Pcma, &[])];
            for (n, payload) in payloads.iter().enumerate() {
                let mut packet = numbered(n as u16, n as u32 / 2, 1);
                (packet.marker, packet.payload) = (n % 3 == 0, payload);
                if let Some(place) = order.take(&packet) {
                    let _ = assembler.push(&packet, place.time, place.lost);
                    for frames in &mut sound {
                        let _ = frames.push(&packet, place.time, place.lost);
                    }
                }
            }
            assembler.finish();
            while let Some(unit) = assembler.poll() {
                let mut rest = &unit.data[..];
                while let Some((length, more)) = rest.split_first_chunk::<4>() {
                    let length = u32::from_be_bytes(*length) as usize;
                    prop_assert!(length > 0 && length <= more.len());
                    rest = &more[length..];
                }
                prop_assert!(rest.is_empty());
            }
        }
    }
}
