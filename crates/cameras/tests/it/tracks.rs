//! Sound: never at the cost of the picture.

use device::Audio;
use domain::StreamName;
use media::au::{AudioCodec, Track};

use super::script::{self, H264, packet, sdp, server};
use super::{camera, pictures, source};

const OPUS: &str = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 opus/48000/2\r\n";
const PCMU: &str = "m=audio 0 RTP/AVP 0\r\n";
const BROKEN_AAC: &str = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000\r\na=fmtp:97 mode=AAC-hbr;config=zz\r\n";
const AAC: &str = "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 mpeg4-generic/16000/1\r\n\
    a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408\r\n";

/// Key pictures of four bytes.
fn key_pictures(count: u16) -> Vec<u8> {
    (0..count).flat_map(|index| packet(0, 96, index, u32::from(index) * 3600, &[0x65, 0x88, 1, 2])).collect()
}

#[tokio::test]
async fn g711_comes_with_the_picture_and_on_its_line_of_time() {
    for (audio, codec, name) in [(Audio::Pcmu, AudioCodec::Pcmu, *b"ulaw"), (Audio::Pcma, AudioCodec::Pcma, *b"alaw")] {
        let camera = camera(|config| config.audio = audio).await;
        let mut source = source(&camera.url(StreamName::Main), None, true);
        let mut stream = source.open().await.unwrap();
        let (mut last, mut heard) = ([None::<f64>; 2], 0);
        while heard < 60 {
            let unit = stream.next().await.unwrap().unit;
            let format = unit.format.audio.as_ref().unwrap();
            assert_eq!((format.codec, format.sample_rate, format.channels), (codec, 8000, 1));
            assert_eq!(format.sample_entry[4..8], name);
            let seconds = unit.dts as f64 / f64::from(unit.timescale());
            last[usize::from(unit.track == Track::Audio)] = Some(seconds);
            heard += usize::from(unit.track == Track::Audio);
            if let [Some(seen), Some(heard)] = last {
                assert!((seen - heard).abs() < 0.3, "picture at {seen}, sound at {heard}");
            }
        }
    }
}

#[tokio::test]
async fn sound_that_is_not_wanted_is_not_even_set_up() {
    let camera = camera(|config| config.audio = Audio::Pcmu).await;
    let mut source = source(&camera.url(StreamName::Main), None, false);
    let mut stream = source.open().await.unwrap();
    for _ in 0..20 {
        let unit = stream.next().await.unwrap().unit;
        assert!(unit.track == Track::Video && unit.format.audio.is_none());
    }
}

#[tokio::test]
async fn sound_that_is_not_understood_or_not_to_be_had_costs_no_picture() {
    for (what, audio, refused) in
        [("unknown codec", OPUS, None), ("bad configuration", BROKEN_AAC, None), ("refused", PCMU, Some("track1"))]
    {
        let address = server(script::playing(sdp(&[H264, audio]), refused, key_pictures(3))).await;
        let mut source = source(&format!("rtsp://{address}/"), None, true);
        let mut stream = source.open().await.unwrap();
        assert_eq!(stream.audio_problem().map(cameras::CameraError::code), Some("camera.audio_unsupported"), "{what}");
        assert_eq!(pictures(&mut stream, 3).await.len(), 3, "{what}");
    }
}

#[tokio::test]
async fn sound_whose_packets_make_no_sense_is_left_out() {
    let mut packets = key_pictures(1);
    // No header at all; more headers than bytes; an interleaved frame.
    let nonsense: [&[u8]; 3] = [&[], &[0xff; 3], &[0, 16, 0xff, 0xff, 1, 2]];
    for (sequence, payload) in (0..60).zip(nonsense.into_iter().cycle()) {
        packets.extend(packet(2, 97, sequence, 1024 * u32::from(sequence), payload));
    }
    packets.extend(packet(0, 96, 1, 3600, &[0x41, 0x9a, 1, 2]));
    let address = server(script::playing(sdp(&[H264, AAC]), None, packets)).await;
    let mut source = source(&format!("rtsp://{address}/"), None, true);
    {
        let mut stream = source.open().await.unwrap();
        assert!(stream.audio_problem().is_none());
        let seen = pictures(&mut stream, 2).await;
        assert!(seen[0].unit.format.audio.is_some() && seen[1].unit.format.audio.is_none());
        assert_eq!(stream.audio_problem().map(cameras::CameraError::code), Some("camera.audio_unsupported"));
    }
    let mut stream = source.open().await.unwrap();
    assert_eq!(stream.audio_problem().map(cameras::CameraError::code), Some("camera.audio_unsupported"));
    assert_eq!(pictures(&mut stream, 2).await.len(), 2);
}
