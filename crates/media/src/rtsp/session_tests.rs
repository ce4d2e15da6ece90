use base64::Engine;
use md5::{Digest, Md5};
use proptest::prelude::*;

use super::super::rtp::{Packetiser, Start};
use super::*;
use crate::au::{AudioCodec, AudioFormat, Format, VideoCodec, VideoFormat};

const T0: Mono = Mono::from_micros(1_000_000);

fn format() -> Arc<Format> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 320,
        height: 180,
        rfc6381: String::new(),
        parameter_sets: vec![Bytes::from_static(&[0x67, 0x4d, 0x00, 0x1f]), Bytes::from_static(&[0x68, 1])],
        sample_entry: Bytes::new(),
    };
    let audio = AudioFormat {
        codec: AudioCodec::Aac,
        sample_rate: 16_000,
        channels: 1,
        rfc6381: String::new(),
        config: Bytes::from_static(&[0x14, 0x08]),
        sample_entry: Bytes::new(),
    };
    Arc::new(Format { video, audio: Some(audio) })
}

fn config() -> Config {
    Config {
        access: Access::Anybody,
        realm: "cam".into(),
        nonce: "n0".into(),
        session_id: "S1".into(),
        peer: IpAddr::from([192, 0, 2, 7]),
        udp_ports: Some((6000, 6001)),
    }
}

/// A session with the caller's part played: paths /main, and tracks that stand at 7 and 70.
struct Rig {
    session: Session,
    actions: Vec<Action>,
}

impl Rig {
    fn new(config: Config) -> Self {
        Self { session: Session::new(config, T0), actions: Vec::new() }
    }

    /// Sends `head` with a blank line; returns the replies' text.
    fn say(&mut self, head: &str) -> String {
        self.session.receive(head.replace('\n', "\r\n").as_bytes(), T0);
        self.drain()
    }

    fn drain(&mut self) -> String {
        let mut text = String::new();
        while let Some(action) = self.session.poll() {
            match &action {
                Action::Send(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
                Action::Present { path } => {
                    let found = path == "/main";
                    self.session.present(found.then(|| Arc::new(Presentation::new("Yard", format()))), T0);
                }
                Action::Replay { what, .. } if what.to.is_some() => self.session.not_kept(T0),
                Action::Replay { what, .. } => {
                    let start = TrackStart { track: Track::Video, sequence: 7, rtptime: 70 };
                    self.session.replay(what.from.unwrap_or_default(), what.to, &[start], T0);
                }
                Action::Play { path } => {
                    assert_eq!(path, "/main");
                    let start = |track, sequence, rtptime| TrackStart { track, sequence, rtptime };
                    self.session.play(&[start(Track::Video, 7, 70), start(Track::Audio, 8, 80)], T0);
                }
                _ => {}
            }
            self.actions.push(action);
        }
        text
    }

    fn code(&mut self, head: &str) -> u16 {
        let reply = self.say(head);
        let code = reply.strip_prefix("RTSP/1.0 ").and_then(|rest| rest.get(..3));
        code.and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{head:?}: {reply:?}"))
    }

    fn play_over_tcp(&mut self) {
        assert_eq!(
            self.code("SETUP rtsp://h/main/trackID=0 RTSP/1.0\nCSeq: 1\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\n\n"),
            200
        );
        assert_eq!(self.code("PLAY rtsp://h/main RTSP/1.0\nCSeq: 2\nSession: S1\n\n"), 200);
    }
}

#[test]
fn a_client_describes_sets_up_plays_pauses_and_leaves() {
    let mut rig = Rig::new(config());
    assert!(rig.say("OPTIONS * RTSP/1.0\nCSeq: 1\n\n").contains("\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY"));
    let described = rig.say("DESCRIBE rtsp://u:secret@h:554/main?x=1 RTSP/1.0\nCSeq: 2\nAccept: application/sdp\n\n");
    let (head, sdp) = described.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("CSeq: 2\r\nContent-Base: rtsp://h:554/main/\r\n"), "{head}");
    assert!(head.ends_with(&format!("Content-Length: {}", sdp.len())));
    for line in [
        "s=Yard",
        "m=video 0 RTP/AVP 96",
        "a=fmtp:96 packetization-mode=1;profile-level-id=4D001F;sprop-parameter-sets=Z00AHw==,aAE=",
        "m=audio 0 RTP/AVP 97",
        "a=rtpmap:97 mpeg4-generic/16000/1",
        "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;config=1408;sizelength=13;indexlength=3;indexdeltalength=3",
        "a=control:trackID=1",
    ] {
        assert!(sdp.contains(&format!("{line}\r\n")), "{line} in {sdp}");
    }
    let set_up = rig.say("SETUP rtsp://h/main/trackID=0 RTSP/1.0\nCSeq: 3\nTransport: RTP/AVP/TCP;interleaved=4-5\n\n");
    assert!(set_up.contains("\r\nSession: S1;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=4-5\r\n"), "{set_up}");
    let set_up = rig.say(
        "SETUP rtsp://h/main/trackID=1 RTSP/1.0\nCSeq: 4\nSession: S1\nTransport: RTP/AVP;unicast;client_port=5000-5001\n\n",
    );
    assert!(set_up.contains("Transport: RTP/AVP;unicast;client_port=5000-5001;server_port=6000-6001\r\n"), "{set_up}");
    let play = rig.say("PLAY rtsp://h/main/ RTSP/1.0\nCSeq: 5\nSession: S1\nRange: npt=0.000-\n\n");
    assert!(
        play.contains("RTP-Info: url=rtsp://h/main/trackID=0;seq=7;rtptime=70,url=rtsp://h/main/trackID=1;seq=8;rtptime=80\r\n"),
        "{play}"
    );
    assert!(rig.session.playing());
    assert_eq!(rig.code("PLAY rtsp://h/main/ RTSP/1.0\nCSeq: 6\nSession: S1\n\n"), 200);
    assert_eq!(rig.code("GET_PARAMETER rtsp://h/main RTSP/1.0\nCSeq: 7\nSession: S1\n\n"), 200);
    assert_eq!(rig.code("PAUSE rtsp://h/main RTSP/1.0\nCSeq: 8\nSession: S1\n\n"), 200);
    assert!(!rig.session.playing());
    assert_eq!(rig.code("TEARDOWN rtsp://h/main RTSP/1.0\nCSeq: 9\nSession: S1\n\n"), 200);
    assert_eq!(rig.actions.iter().filter(|a| **a == Action::Stop).count(), 1);
    assert_eq!(rig.code("PLAY rtsp://h/main RTSP/1.0\nCSeq: 10\n\n"), 455);
}

#[test]
fn packets_go_where_the_set_up_said() {
    let format = format();
    let mut rig = Rig::new(config());
    rig.code("SETUP rtsp://h/main/trackID=0 RTSP/1.0\nCSeq: 1\nTransport: RTP/AVP/TCP;interleaved=4-5\n\n");
    rig.code("SETUP rtsp://h/main/trackID=1 RTSP/1.0\nCSeq: 2\nTransport: RTP/AVP;unicast;client_port=5000-5001\n\n");
    let start = Start { ssrc: 1, sequence: 7, timestamp: 0 };
    let video = Packetiser::new(&format, Track::Video, start).unwrap().report(0, domain::Timestamp::default());
    let audio = Packetiser::new(&format, Track::Audio, start).unwrap().report(0, domain::Timestamp::default());
    let media = Batch::of_packets(Track::Video, [&[0x80, 96, 0, 7][..], &[0x80, 96, 0, 8]]);

    rig.session.media(&media);
    assert_eq!(rig.session.poll(), None, "nobody plays yet");
    rig.code("PLAY rtsp://h/main RTSP/1.0\nCSeq: 3\n\n");
    rig.session.media(&media);
    assert_eq!(rig.session.poll(), Some(Action::Send(Bytes::from_static(b"$\x04\0\x04\x80\x60\0\x07$\x04\0\x04\x80\x60\0\x08"))));
    rig.session.media(&video);
    assert!(matches!(rig.session.poll(), Some(Action::Send(bytes)) if bytes[..2] == *b"$\x05"));
    rig.session.media(&audio);
    let to = SocketAddr::from(([192, 0, 2, 7], 5001));
    assert!(
        matches!(rig.session.poll(), Some(Action::Datagram { from: UdpPort::Rtcp, to: at, bytes }) if at == to && bytes[1] == 200)
    );
    assert_eq!(rig.session.poll(), None);
}

#[test]
fn a_batch_on_its_usual_channel_is_not_copied() {
    let mut rig = Rig::new(config());
    rig.play_over_tcp();
    let batch = Batch::of_packets(Track::Video, [&[1u8; 40][..]]);
    rig.session.media(&batch);
    let Some(Action::Send(bytes)) = rig.session.poll() else { panic!() };
    assert_eq!(bytes[4..].as_ptr(), batch.packets().next().unwrap().as_ptr());
}

#[test]
fn wrong_requests_get_the_status_that_says_why() {
    let tcp = "Transport: RTP/AVP/TCP;interleaved=0-1\n";
    for (head, code) in [
        ("OPTIONS * RTSP/1.0\n\n".to_owned(), 400),
        ("OPTIONS * RTSP/1.0\nCSeq: x\n\n".into(), 400),
        ("OPTIONS * RTSP/1.0\nCSeq: -1\n\n".into(), 400),
        ("DESCRIBE * RTSP/1.0\nCSeq: 1\n\n".into(), 404),
        ("DESCRIBE rtsp://h/other RTSP/1.0\nCSeq: 1\n\n".into(), 404),
        ("DESCRIBE rtsp://h RTSP/1.0\nCSeq: 1\n\n".into(), 404),
        ("DESCRIBE rtsp://h/main RTSP/1.0\nCSeq: 1\nAccept: text/html\n\n".into(), 406),
        ("DESCRIBE rtsp://h/main RTSP/1.0\nCSeq: 1\nRequire: www.onvif.org/ver20/backchannel\n\n".into(), 551),
        (format!("SETUP rtsp://h/other/trackID=0 RTSP/1.0\nCSeq: 1\n{tcp}\n"), 404),
        (format!("SETUP rtsp://h/main RTSP/1.0\nCSeq: 1\n{tcp}\n"), 459),
        (format!("SETUP rtsp://h/main/trackID=0 RTSP/1.0\nCSeq: 1\nSession: S1\n{tcp}\n"), 454),
        ("SETUP rtsp://h/main/trackID=0 RTSP/1.0\nCSeq: 1\nTransport: RTP/AVP;multicast\n\n".into(), 461),
        ("SETUP rtsp://h/main/trackID=0 RTSP/1.0\nCSeq: 1\n\n".into(), 461),
        ("PLAY rtsp://h/main RTSP/1.0\nCSeq: 1\n\n".into(), 455),
        ("PAUSE rtsp://h/main RTSP/1.0\nCSeq: 1\n\n".into(), 455),
        ("TEARDOWN rtsp://h/main RTSP/1.0\nCSeq: 1\n\n".into(), 454),
        ("SET_PARAMETER rtsp://h/main RTSP/1.0\nCSeq: 1\nContent-Length: 1\n\nx".into(), 451),
        ("ANNOUNCE rtsp://h/main RTSP/1.0\nCSeq: 1\n\n".into(), 501),
        ("options * RTSP/1.0\nCSeq: 1\n\n".into(), 501),
        ("GET / HTTP/1.1\nHost: h\n\n".into(), 400),
        ("OPTIONS * RTSP/2.0\nCSeq: 1\n\n".into(), 505),
    ] {
        let mut rig = Rig::new(config());
        assert_eq!(rig.code(&head), code, "{head}");
        let closes = matches!(code, 505) || head.starts_with("GET ");
        assert_eq!(rig.actions.contains(&Action::Close), closes, "{head}");
    }
}

#[test]
fn a_running_session_cannot_be_set_up_anew_or_moved() {
    let mut rig = Rig::new(config());
    rig.play_over_tcp();
    let tcp = "Transport: RTP/AVP/TCP;interleaved=2-3\n";
    assert_eq!(rig.code(&format!("SETUP rtsp://h/main/trackID=1 RTSP/1.0\nCSeq: 3\nSession: S1\n{tcp}\n")), 455);
    assert_eq!(rig.code("PAUSE rtsp://h/main RTSP/1.0\nCSeq: 4\nSession: S1\n\n"), 200);
    assert_eq!(rig.code(&format!("SETUP rtsp://h/sub/trackID=1 RTSP/1.0\nCSeq: 5\nSession: S1\n{tcp}\n")), 459);
    assert_eq!(
        rig.code("SETUP rtsp://h/main/trackID=1 RTSP/1.0\nCSeq: 6\nTransport: RTP/AVP/TCP;interleaved=1-2\n\n"),
        461,
        "channels overlap"
    );
    assert_eq!(rig.code("GET_PARAMETER rtsp://h/main RTSP/1.0\nCSeq: 7\nSession: S2\n\n"), 454);
}

#[test]
fn without_the_password_nothing_is_told() {
    let credentials = Credentials { user: "admin".into(), password: "hunter2".into(), basic: true };
    let mut rig = Rig::new(Config { access: Access::Only(credentials), udp_ports: None, ..config() });
    assert_eq!(rig.code("OPTIONS * RTSP/1.0\nCSeq: 1\n\n"), 200);
    for method in ["DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER", "NONSENSE"] {
        let reply = rig.say(&format!("{method} rtsp://h/main RTSP/1.0\nCSeq: 2\n\n"));
        assert!(reply.starts_with("RTSP/1.0 401 "), "{reply}");
        assert!(
            reply.contains("WWW-Authenticate: Digest realm=\"cam\", nonce=\"n0\"\r\nWWW-Authenticate: Basic realm=\"cam\"\r\n")
        );
    }
    assert!(rig.actions.iter().all(|action| matches!(action, Action::Send(_))));

    let hex = |text: String| Md5::digest(text).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let secret = hex("admin:cam:hunter2".into());
    let response = hex(format!("{secret}:n0:{}", hex("DESCRIBE:rtsp://h/main".into())));
    let fields = format!("username=\"admin\", realm=\"cam\", nonce=\"n0\", uri=\"rtsp://h/main\", response=\"{response}\"");
    assert_eq!(rig.code(&format!("DESCRIBE rtsp://h/main RTSP/1.0\nCSeq: 3\nAuthorization: Digest {fields}\n\n")), 200);
    let basic = base64::engine::general_purpose::STANDARD.encode("admin:hunter2");
    let udp = "Transport: RTP/AVP;unicast;client_port=5000-5001\n";
    let set_up = format!("SETUP rtsp://h/main/trackID=0 RTSP/1.0\nCSeq: 4\nAuthorization: Basic {basic}\n{udp}\n");
    assert_eq!(rig.code(&set_up), 461, "UDP is off");
}

#[test]
fn who_is_silent_for_too_long_is_left() {
    let mut rig = Rig::new(config());
    rig.play_over_tcp();
    let second = Duration::from_secs(1);
    rig.session.receive(b"$\x01\0\x01x", T0 + 40 * second);
    rig.session.receive(b"OPTIONS * RTSP/1.0\r\n", T0 + 90 * second);
    rig.session.tick(T0 + 104 * second);
    assert!(rig.session.playing(), "an interleaved report counts");
    rig.session.tick(T0 + 105 * second);
    rig.drain();
    assert!(rig.actions.ends_with(&[Action::Stop, Action::Close]), "half a request does not");
    rig.session.receive(b"\r\n\r\n", T0 + 106 * second);
    assert_eq!(rig.session.poll(), None);
}

#[test]
fn requests_wait_for_the_one_before() {
    let mut session = Session::new(config(), T0);
    session.receive(b"DESCRIBE rtsp://h/main RTSP/1.0\r\nCSeq: 1\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n", T0);
    assert_eq!(session.poll(), Some(Action::Present { path: "/main".into() }));
    assert_eq!(session.poll(), None);
    session.present(None, T0);
    for expected in ["RTSP/1.0 404 Not Found\r\nServer: atipcam\r\nCSeq: 1", "RTSP/1.0 200 OK\r\nServer: atipcam\r\nCSeq: 2"] {
        let Some(Action::Send(bytes)) = session.poll() else { panic!() };
        assert!(bytes.starts_with(expected.as_bytes()), "{bytes:?}");
    }
}

proptest! {
    #[test]
    fn no_conversation_makes_it_panic_or_grow(
        requests in proptest::collection::vec(
            (
                prop_oneof!["DESCRIBE|SETUP|PLAY|PAUSE|TEARDOWN|GET_PARAMETER", "[A-Z]{1,6}"],
                prop_oneof!["(rtsp://h)?/main(/trackID=[01])?", "[!-~]{1,20}"],
                prop_oneof!["RTP/AVP(/TCP)?;(interleaved|client_port)=[0-9]{1,5}(-[0-9]{1,5})?", "[ -~]{0,30}"],
                prop_oneof![Just("S1".to_owned()), "[ -~]{0,4}"],
            ),
            0..20,
        ),
    ) {
        let mut rig = Rig::new(config());
        for (i, (method, uri, transport, id)) in requests.iter().enumerate() {
            rig.say(&format!("{method} {uri} RTSP/1.0\nCSeq: {i}\nTransport: {transport}\nSession: {id}\n\n"));
        }
        prop_assert!(rig.actions.len() <= 4 * requests.len() + 4);
    }
}

const SET_UP_REPLAY: &str =
    "SETUP rtsp://h/main/trackID=0 RTSP/1.0\nCSeq: 1\nRequire: onvif-replay\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\n\n";

fn play_from(cseq: u32, more: &str) -> String {
    format!("PLAY rtsp://h/main RTSP/1.0\nCSeq: {cseq}\nSession: S1\nRequire: onvif-replay\n{more}\n")
}

#[test]
fn what_was_kept_is_replayed_by_its_time_and_another_range_takes_its_place() {
    let mut rig = Rig { session: Session::new(config(), T0).offering_replay(), actions: Vec::new() };
    assert_eq!(rig.code(SET_UP_REPLAY), 200);
    let answer = rig.say(&play_from(2, "Range: clock=20261130T101500Z-\nRate-Control: no\n"));
    assert!(answer.contains("200 OK") && answer.contains("\r\nRange: clock=20261130T101500Z-\r\n"), "{answer}");
    assert!(rig.session.playing());
    assert_eq!(rig.code(&play_from(259, "Range: clock=20261130T111500Z-\nImmediate: yes\n")), 200);
    let asked: Vec<_> =
        rig.actions.iter().filter_map(|a| if let Action::Replay { what, .. } = a { Some(*what) } else { None }).collect();
    assert_eq!(asked.iter().map(|what| (what.paced, what.cseq)).collect::<Vec<_>>(), [(false, 2), (true, 3)]);
    for (more, code) in
        [("Range: npt=0-\n", 457), ("Scale: -1.0\n", 501), ("Range: clock=20261130T111500Z-20261130T111600Z\n", 457)]
    {
        assert_eq!(rig.code(&play_from(4, more)), code, "{more}");
    }
    assert!(!rig.session.playing(), "nothing was kept of what was asked for last");
}

#[test]
fn replay_is_asked_of_those_who_offer_it_and_never_in_datagrams() {
    let mut rig = Rig::new(config());
    assert_eq!(rig.code(SET_UP_REPLAY), 551);
    let mut rig = Rig { session: Session::new(config(), T0).offering_replay(), actions: Vec::new() };
    assert_eq!(rig.code(&play_from(1, "")), 454);
    assert_eq!(
        rig.code(&SET_UP_REPLAY.replace("RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP;unicast;client_port=5000-5001")),
        461
    );
    assert_eq!(rig.code(&SET_UP_REPLAY.replace("onvif-replay", "onvif-replay, more")), 551);
}
