use media::au::VideoCodec;

use super::super::test_view::{Person, format, picture, presence};
use super::*;

async fn next(parts: &mut LiveParts) -> LiveMessage {
    tokio::time::timeout(std::time::Duration::from_secs(5), parts.next()).await.unwrap().unwrap()
}

fn kind(message: &LiveMessage) -> &str {
    match message {
        LiveMessage::Text(text) => text,
        LiveMessage::Binary(bytes) if bytes[4..8] == *b"ftyp" => "init",
        LiveMessage::Binary(bytes) => std::str::from_utf8(&bytes[4..8]).unwrap(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_viewer_is_told_the_format_then_gets_the_cached_gop_and_hears_when_it_ends() {
    let (feed, person) = (Feed::new(), Person::new());
    let small = format(VideoCodec::H264, 640);
    (5..13).for_each(|n| feed.push(picture(&small, n), 3600));
    let mut parts = LiveParts::new((StreamName::Sub, Arc::clone(&feed)), person.watch().await, presence());
    let told =
        r#"{"type":"format","mime":"video/mp4; codecs=\"avc1.42c01e\"","width":640,"height":360,"stream":"sub","audio":false}"#;
    for expected in [told, "init", "moof", "moof", "moof"] {
        assert_eq!(kind(&next(&mut parts).await), expected);
    }
    // The same format in another allocation is nothing new; another width is.
    feed.push(picture(&format(VideoCodec::H264, 640), 13), 3600);
    assert_eq!(kind(&next(&mut parts).await), "moof");
    feed.push(picture(&format(VideoCodec::H265, 800), 20), 3600);
    assert!(kind(&next(&mut parts).await).contains(r#""width":800"#));
    assert_eq!(kind(&next(&mut parts).await), "init");
    assert_eq!(kind(&next(&mut parts).await), "moof");
    person.removed();
    assert_eq!(kind(&next(&mut parts).await), r#"{"type":"ended","code":"live.ended"}"#);
    assert_eq!(parts.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_does_not_read_goes_on_at_a_key_picture() {
    let (feed, person) = (Feed::new(), Person::new());
    let wide = format(VideoCodec::H264, 1280);
    feed.push(picture(&wide, 0), 3600);
    let mut parts = LiveParts::new((StreamName::Main, Arc::clone(&feed)), person.watch().await, presence());
    for _ in 0..3 {
        next(&mut parts).await;
    }
    // 255 pictures are 10 s of media, more than the ring keeps beyond the running GOP.
    for round in 0..3 {
        for n in 1..=255 {
            let mut unit = picture(&wide, n);
            unit.arrived = unit.arrived + std::time::Duration::from_secs(11 * round);
            feed.push(unit, 3600);
        }
    }
    let LiveMessage::Binary(part) = next(&mut parts).await else { panic!("a part") };
    let nal = part[part.len() - 4..].to_vec();
    assert_eq!(nal[0], 0x65, "a key picture: {nal:?}");
}
