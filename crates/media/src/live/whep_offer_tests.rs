//! What is agreed: offers, answers, and who is believed.

use super::*;

#[test]
fn the_answer_has_what_was_agreed_and_nothing_else() {
    let now = origin();
    let offer = browser(now, chromium()).offer;
    let (session, answer) = accept(now, &offer).unwrap();
    for line in [
        "a=ice-lite",
        "a=setup:passive",
        "a=sendonly",
        "127.0.0.1 1000 typ host",
        "PCMU/8000",
        "PCMA/8000",
        "a=rtpmap:111 opus/48000/2",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "packetization-mode=1",
    ] {
        assert!(answer.contains(line), "{line} in {answer}");
    }
    for line in ["VP8", "telephone-event", "transport-cc", "goog-remb", "packetization-mode=0"] {
        assert!(!answer.contains(line), "{line} in {answer}");
    }
    assert!(answer.contains(&format!("a=ice-ufrag:{}", session.ufrag())));
    assert!([AudioCodec::Pcmu, AudioCodec::Pcma, AudioCodec::Opus].into_iter().all(|codec| session.takes(codec)));
    assert!(!session.takes(AudioCodec::Aac));
    let (without, _) = accept(now, &browser(now, chromium().enable_opus(false, false)).offer).unwrap();
    assert!(without.takes(AudioCodec::Pcma) && !without.takes(AudioCodec::Opus));
    // Main is what the stream's parameter sets say.
    let main = offer.lines().find(|line| line.contains("4d001f") && line.contains("packetization-mode=1")).unwrap();
    assert!(
        main.starts_with(&format!("a=fmtp:{} ", session.pictures.payload_type())),
        "{main} but {:?}",
        session.pictures.payload_type()
    );
}

#[test]
fn offers_that_cannot_be_answered_are_refused_with_the_reason() {
    let now = origin();
    let no_h264 = browser(now, RtcConfig::new().enable_h264(false)).offer;
    assert_eq!(accept(now, &no_h264).unwrap_err(), OfferError::NoCommonCodec);
    let good = browser(now, chromium()).offer;
    let sending = good.replace("a=recvonly", "a=sendonly");
    assert_eq!(accept(now, &sending).unwrap_err(), OfferError::NoCommonCodec);
    let no_video = good.replace("m=video", "m=audio");
    let without_fingerprint: String =
        good.lines().filter(|line| !line.contains("fingerprint")).map(|line| format!("{line}\r\n")).collect();
    let long = format!("{good}{}", "a=x\r\n".repeat(20_000));
    for offer in ["", "hello", "v=0\r\n", &good[..good.len() / 2], &no_video, &without_fingerprint, &long, "{\"type\":\"offer\"}"]
    {
        let error = accept(now, offer).unwrap_err();
        assert!(matches!(error, OfferError::Invalid(_) | OfferError::NoCommonCodec), "{error}");
    }
    let h265 = VideoFormat { codec: VideoCodec::H265, ..format().video.clone() };
    let refused = Session::accept(now, &Identity::generate().unwrap(), &[address(1000)], &h265, &good);
    assert_eq!(refused.unwrap_err(), OfferError::H265);
}

#[test]
fn stun_tells_whose_it_is_and_only_the_right_password_is_accepted() {
    let mut scene = Scene::new();
    scene.poll_browser();
    let (_, _, request) =
        scene.wire.iter().find(|(_, to_browser, bytes)| !to_browser && is_stun(bytes)).expect("a binding request");
    assert_eq!(stun_ufrag(request), Some(scene.session.ufrag()));
    assert!(scene.session.accepts(scene.now, address(2000), address(1000), request));
    let other = accept(scene.now, &browser(scene.now, chromium()).offer).unwrap().0;
    assert!(!other.accepts(scene.now, address(2000), address(1000), request));
    let mut forged = request.clone();
    // MESSAGE-INTEGRITY ends where FINGERPRINT, 8 bytes, begins.
    let integrity = forged.len() - 9;
    forged[integrity] ^= 1;
    assert!(!scene.session.accepts(scene.now, address(2000), address(1000), &forged));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn datagrams_from_strangers_do_no_harm(noise in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)), 1..20)) {
        let format = format();
        let mut scene = Scene::connected(cached(&format, 0, 3));
        for (first, rest) in &noise {
            let datagram: Vec<_> = std::iter::once(*first).chain(rest.iter().copied()).collect();
            let _ = stun_ufrag(&datagram);
            let _ = scene.session.accepts(scene.now, address(2000), address(1000), &datagram);
            scene.session.handle_datagram(scene.now, address(2000), address(1000), &datagram);
            scene.poll_session();
        }
        scene.live(&format, 3, 6);
        prop_assert_eq!(scene.pictures().iter().map(|p| p.2).collect::<Vec<_>>(), (0..6).collect::<Vec<_>>());
    }

    #[test]
    fn offers_with_random_damage_are_answered_or_refused(cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let now = origin();
        let mut offer = browser(now, chromium()).offer.into_bytes();
        for (at, byte) in cuts {
            let at = at.index(offer.len());
            offer[at] = byte & 0x7f;
        }
        let _ = accept(now, &String::from_utf8(offer).unwrap());
    }
}

#[test]
fn sequence_numbers_have_no_holes() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 0, 45));
    scene.run(30 * MS, |_| false);
    for n in 45..260 {
        scene.session.push(&picture(&format, n));
        scene.run(10 * MS, |_| false);
        scene.session.push(&sound(&format, 2 * n));
        scene.run(20 * MS, |_| false);
        scene.session.push(&sound(&format, 2 * n + 1));
        scene.run(10 * MS, |_| false);
    }
    for video in [true, false] {
        let mut numbers: Vec<u64> = scene.of(video).iter().map(|got| *got.packet.seq_no).collect();
        let all = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        let holes: Vec<_> = numbers.windows(2).filter(|pair| pair[1] != pair[0] + 1).collect();
        assert!(
            holes.is_empty() && all == numbers.len(),
            "video {video}: {holes:?} of {}..{:?}, {all}",
            numbers[0],
            numbers.last()
        );
    }
}
