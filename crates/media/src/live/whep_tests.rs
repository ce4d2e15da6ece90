use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use domain::{Mono, Timestamp};
use proptest::prelude::*;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::crypto::from_feature_flags;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, MediaTime, Mid};
use str0m::rtp::{Extension, RtpPacket};
use str0m::{Candidate, RtcConfig};

use super::*;
use crate::au::{AccessUnit, AudioCodec, AudioFormat, Format, VideoCodec};

const MS: Duration = Duration::from_millis(1);
/// One way through the network.
const DELAY: Duration = Duration::from_millis(2);
const PICTURE_TICKS: i64 = 3600;

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn format() -> Arc<Format> {
    format_with(AudioCodec::Pcma, 8000)
}

fn format_with(codec: AudioCodec, sample_rate: u32) -> Arc<Format> {
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 1280,
        height: 720,
        rfc6381: "avc1.4d401f".into(),
        parameter_sets: vec![Bytes::from_static(&[0x67, 0x4d, 0x40, 0x1f, 1]), Bytes::from_static(&[0x68, 1])],
        sample_entry: Bytes::new(),
    };
    let audio =
        AudioFormat { codec, sample_rate, channels: 1, rfc6381: "alaw".into(), config: Bytes::new(), sample_entry: Bytes::new() };
    Arc::new(Format { video, audio: Some(audio) })
}

fn unit(format: &Arc<Format>, track: Track, dts: i64, key: bool, data: Vec<u8>) -> Arc<Unit> {
    let (wall, arrived) = (Timestamp::default(), Mono::default());
    let au = AccessUnit {
        track,
        format: Arc::clone(format),
        dts,
        cts: 0,
        wall,
        arrived,
        key,
        discontinuity: false,
        data: data.into(),
    };
    Unit::new(au, 1)
}

/// Picture `n` at 25 a second, every 50th a key picture; its number is in its bytes.
fn picture(format: &Arc<Format>, n: i64) -> Arc<Unit> {
    let key = n % 50 == 0;
    let size: u32 = if key { 40_000 } else { 4_000 };
    let mut data = size.to_be_bytes().to_vec();
    data.push(if key { 0x65 } else { 0x41 });
    data.extend_from_slice(&n.to_be_bytes());
    data.resize(size as usize + 4, 0xab);
    unit(format, Track::Video, n * PICTURE_TICKS, key, data)
}

fn sound(format: &Arc<Format>, n: i64) -> Arc<Unit> {
    let ticks = format.timescale(Track::Audio) / 50;
    unit(format, Track::Audio, n * i64::from(ticks), true, vec![n as u8; 160])
}

/// What the browser received.
#[derive(Debug)]
struct Got {
    at: Duration,
    packet: RtpPacket,
}

/// A session, a browser, and the network and clock between them.
struct Scene {
    start: Instant,
    now: Instant,
    session: Session,
    browser: Rtc,
    video: Mid,
    /// Datagrams on their way: when they arrive, whether to the browser, and what they are.
    wire: Vec<(Instant, bool, Vec<u8>)>,
    /// Datagrams to the browser that are lost: told how many came before and their length.
    lose: Box<dyn FnMut(usize, usize) -> bool>,
    /// What each datagram to the browser takes longer than `DELAY`, told how many came before.
    jitter: Box<dyn Fn(usize) -> Duration>,
    sent: usize,
    events: Vec<(Duration, Event)>,
    got: Vec<Got>,
    /// The newest sender report of each track: its section, wall-clock time and RTP time.
    reported: Vec<(Mid, SystemTime, MediaTime)>,
    gop: Vec<Arc<Unit>>,
}

struct Browser {
    rtc: Rtc,
    offer: String,
    pending: SdpPendingOffer,
    video: Mid,
}

fn browser(now: Instant, config: RtcConfig) -> Browser {
    let provider = Arc::new(from_feature_flags());
    let mut rtc = config.set_crypto_provider(provider).set_rtp_mode(true).build(now);
    rtc.add_local_candidate(Candidate::host(address(2000), "udp").unwrap());
    let mut api = rtc.sdp_api();
    let video = api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
    api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
    let (offer, pending) = api.apply().unwrap();
    let offer = offer.to_sdp_string();
    Browser { rtc, offer, pending, video }
}

fn chromium() -> RtcConfig {
    RtcConfig::new().enable_pcmu(true, false).enable_pcma(true, false).set_extension(6, Extension::PlayoutDelay)
}

#[allow(clippy::disallowed_methods, reason = "an origin for the hand-moved clock")]
fn origin() -> Instant {
    Instant::now()
}

fn accept(now: Instant, offer: &str) -> Result<(Session, String), OfferError> {
    Session::accept(now, &Identity::generate().unwrap(), &[address(1000)], &format().video, offer)
}

impl Scene {
    fn new() -> Self {
        let start = origin();
        let Browser { mut rtc, offer, pending, video } = browser(start, chromium());
        let (session, answer) = accept(start, &offer).unwrap();
        rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer).unwrap()).unwrap();
        Self {
            start,
            now: start,
            session,
            browser: rtc,
            video,
            wire: Vec::new(),
            lose: Box::new(|_, _| false),
            jitter: Box::new(|_| Duration::ZERO),
            sent: 0,
            events: Vec::new(),
            got: Vec::new(),
            reported: Vec::new(),
            gop: Vec::new(),
        }
    }

    /// A scene that has connected, with these pictures cached.
    fn connected(gop: Vec<Arc<Unit>>) -> Self {
        let mut scene = Self { gop, ..Self::new() };
        scene.run(500 * MS, |scene| scene.events.iter().any(|(_, event)| *event == Event::Connected));
        assert_eq!(scene.events.first().map(|(_, event)| *event), Some(Event::Connected));
        scene
    }

    fn time(&self) -> Duration {
        self.now - self.start
    }

    fn poll_session(&mut self) {
        let mut out = Vec::new();
        loop {
            match self.session.poll(self.now, &mut out) {
                Output::Send(send) => {
                    assert_eq!((send.from, send.to), (address(1000), address(2000)));
                    for datagram in out.chunks(send.segment) {
                        if !(self.lose)(self.sent, datagram.len()) {
                            self.wire.push((self.now + DELAY + (self.jitter)(self.sent), true, datagram.to_vec()));
                        }
                        self.sent += 1;
                    }
                }
                Output::Event(event) => {
                    self.events.push((self.time(), event));
                    if matches!(event, Event::Connected | Event::ReplayWanted) {
                        self.session.replay(self.now, &self.gop);
                    }
                }
                Output::Wake(at) => {
                    assert!(at > self.now, "a session that wants to be called at once spins");
                    return;
                }
            }
        }
    }

    fn poll_browser(&mut self) {
        self.browser.handle_input(Input::Timeout(self.now)).unwrap();
        loop {
            match self.browser.poll_output().unwrap() {
                str0m::Output::Transmit(t) => self.wire.push((self.now + DELAY, false, t.contents.to_vec())),
                str0m::Output::Event(str0m::Event::RtpPacket(packet)) => self.got.push(Got { at: self.time(), packet }),
                str0m::Output::Event(str0m::Event::SenderFeedback(report)) => {
                    self.reported.retain(|(mid, ..)| *mid != report.mid);
                    self.reported.push((report.mid, report.sender_info.ntp_time, report.sender_info.rtp_time));
                }
                str0m::Output::Event(_) => {}
                str0m::Output::Timeout(_) => return,
            }
        }
    }

    /// Moves time in steps of a millisecond until `done`, for `most` at the longest.
    fn run(&mut self, most: Duration, done: impl Fn(&Self) -> bool) {
        let end = self.now + most;
        while self.now < end && !done(self) {
            self.poll_browser();
            self.poll_session();
            self.now += MS;
            let (due, later): (Vec<_>, _) = std::mem::take(&mut self.wire).into_iter().partition(|(at, ..)| *at <= self.now);
            self.wire = later;
            for (_, to_browser, bytes) in due {
                self.deliver(to_browser, &bytes);
            }
        }
    }

    fn deliver(&mut self, to_browser: bool, bytes: &[u8]) {
        if to_browser {
            let receive = Receive::new(Protocol::Udp, address(1000), address(2000), bytes).unwrap();
            self.browser.handle_input(Input::Receive(self.now, receive)).unwrap();
            self.poll_browser();
        } else {
            self.session.handle_datagram(self.now, address(2000), address(1000), bytes);
            self.poll_session();
        }
    }

    /// Pushes pictures `from..to` live, 40 ms apart, the last one's time included.
    fn live(&mut self, format: &Arc<Format>, from: i64, to: i64) {
        for n in from..to {
            let unit = picture(format, n);
            if unit.au.key {
                self.gop.clear();
            }
            self.gop.push(Arc::clone(&unit));
            self.session.push(&unit);
            self.run(40 * MS, |_| false);
        }
    }

    fn ask_for_key(&mut self) {
        let mut api = self.browser.direct_api();
        api.stream_rx_by_mid(self.video, None).unwrap().request_keyframe(KeyframeRequestKind::Pli);
    }

    fn of(&self, video: bool) -> Vec<&Got> {
        self.got.iter().filter(|got| [8, 111].contains(&*got.packet.header.payload_type) != video).collect()
    }

    /// The whole pictures received: when the last packet came, timestamp, and number.
    fn pictures(&self) -> Vec<(Duration, u32, i64)> {
        let mut packets = self.of(true);
        packets.sort_by_key(|got| *got.packet.seq_no);
        packets.dedup_by_key(|got| *got.packet.seq_no);
        let mut pictures = Vec::new();
        let mut parts: Vec<&Got> = Vec::new();
        for got in packets {
            if parts.last().is_some_and(|last| *last.packet.seq_no + 1 != *got.packet.seq_no) {
                parts.clear();
            }
            parts.push(got);
            if !got.packet.header.marker {
                continue;
            }
            let nals = crate::live::packetise::tests::reassemble(parts.iter().map(|got| &*got.packet.payload));
            let stamps: Vec<_> = parts.iter().map(|got| got.packet.header.timestamp).collect();
            assert!(stamps.iter().all(|stamp| *stamp == stamps[0]), "one picture, one timestamp");
            let slice = nals.last().unwrap();
            let key = slice[0] == 0x65;
            assert_eq!(nals.len(), if key { 3 } else { 1 }, "parameter sets before each key picture, and only there");
            let number = i64::from_be_bytes(slice[1..9].try_into().unwrap());
            let at = parts.iter().map(|got| got.at).max().unwrap();
            pictures.push((at, stamps[0], number));
            parts.clear();
        }
        pictures
    }
}

/// Pictures `from..to` as a cache holds them.
fn cached(format: &Arc<Format>, from: i64, to: i64) -> Vec<Arc<Unit>> {
    (from..to).map(|n| picture(format, n)).collect()
}

#[test]
fn a_viewer_gets_the_cached_gop_at_once_and_then_what_comes() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 0, 45));
    let connected = scene.events[0].0;
    scene.run(30 * MS, |_| false);
    scene.live(&format, 45, 60);
    let pictures = scene.pictures();
    assert_eq!(
        pictures.iter().map(|p| p.2).collect::<Vec<_>>(),
        (0..60).collect::<Vec<_>>(),
        "all, in order, from the key picture on"
    );
    assert!(pictures[0].0 - connected < 15 * MS, "the key picture is there first: {:?}", pictures[0].0 - connected);
    assert!(pictures[44].0 - connected < 150 * MS, "the backlog ends soon: {:?}", pictures[44].0 - connected);
    for pair in pictures.windows(2) {
        let step = f64::from(pair[1].1.wrapping_sub(pair[0].1)) / 90.0;
        let arrival = (pair[1].0.as_secs_f64() - pair[0].0.as_secs_f64()) * 1000.0;
        assert!(step > 0.0 && (step - arrival).abs() < 12.0, "{pair:?}: stamped {step} ms apart, came {arrival} ms apart");
    }
    let live: Vec<_> = pictures[50..].windows(2).map(|pair| pair[1].1.wrapping_sub(pair[0].1)).collect();
    assert!(live.iter().all(|step| i64::from(*step) == PICTURE_TICKS), "live pictures keep the camera's spacing: {live:?}");
}

#[test]
fn without_a_cached_key_picture_a_viewer_waits_for_the_next_one() {
    let format = format();
    let mut scene = Scene::connected(vec![]);
    scene.live(&format, 45, 55);
    assert_eq!(scene.pictures().iter().map(|p| p.2).collect::<Vec<_>>(), (50..55).collect::<Vec<_>>());
}

#[test]
fn lost_packets_are_sent_again() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 0, 5));
    let media = |length| length > 500;
    scene.lose = Box::new(move |n, length| media(length) && n % 10 == 3);
    scene.live(&format, 5, 40);
    scene.lose = Box::new(|_, _| false);
    scene.live(&format, 40, 45);
    assert_eq!(scene.pictures().iter().map(|p| p.2).collect::<Vec<_>>(), (0..45).collect::<Vec<_>>());
}

#[test]
fn a_lost_picture_is_answered_by_a_replay_at_most_once_a_second() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 0, 10));
    scene.live(&format, 10, 30);
    for n in 30..60 {
        scene.ask_for_key();
        scene.live(&format, n, n + 1);
    }
    let replays: Vec<_> = scene.events.iter().filter(|(_, event)| *event == Event::ReplayWanted).map(|(at, _)| *at).collect();
    assert!(!replays.is_empty() && replays.windows(2).all(|pair| pair[1] - pair[0] >= 1000 * MS), "{replays:?}");
    assert!(replays.len() <= 2);
    let pictures = scene.pictures();
    let numbers: Vec<_> = pictures.iter().map(|p| p.2).collect();
    let again = numbers.iter().skip(1).position(|n| *n == 0).expect("the key picture came again") + 1;
    let newest = numbers[again - 1];
    assert_eq!(numbers[again..][..=newest as usize], (0..=newest).collect::<Vec<_>>(), "the whole GOP, as far as it had come");
    let sequence: Vec<_> = scene.of(true).iter().map(|got| *got.packet.seq_no).collect();
    assert!(sequence.windows(2).all(|pair| pair[1] == pair[0] + 1), "new sequence numbers");
    assert!(pictures.windows(2).all(|pair| pair[1].1.wrapping_sub(pair[0].1) as i32 > 0), "timestamps go on");
    let span = pictures.last().unwrap().1.wrapping_sub(pictures[0].1);
    let time = (pictures.last().unwrap().0 - pictures[0].0).as_secs_f64();
    assert!((f64::from(span) / 90_000.0 - time).abs() < 0.1, "and stay with the clock: {span} ticks in {time} s");
}

#[test]
fn a_natural_key_picture_answers_the_request_too() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 0, 48));
    scene.run(100 * MS, |_| false);
    scene.ask_for_key();
    scene.live(&format, 48, 80);
    assert!(scene.events.iter().all(|(_, event)| *event != Event::ReplayWanted), "{:?}", scene.events);
}

#[test]
fn sound_never_comes_before_the_picture_and_keeps_its_clock() {
    for (codec, rate, payload_type) in [(AudioCodec::Pcma, 8000, 8), (AudioCodec::Opus, 48_000, 111)] {
        keeps_its_clock(&format_with(codec, rate), rate / 50, payload_type);
    }
}

fn keeps_its_clock(format: &Arc<Format>, ticks: u32, payload_type: u8) {
    let mut scene = Scene::connected(vec![]);
    for n in 0..10 {
        scene.session.push(&sound(format, n));
        scene.run(20 * MS, |_| false);
    }
    assert!(scene.of(false).is_empty());
    for n in 10..40 {
        if n % 2 == 0 {
            scene.session.push(&picture(format, n / 2 + 45));
        }
        scene.session.push(&sound(format, n));
        scene.run(20 * MS, |_| false);
    }
    let sounds = scene.of(false);
    // 10 came together with the first key picture, and so before it left.
    assert_eq!(sounds.iter().map(|got| got.packet.payload[0]).collect::<Vec<_>>(), (11..40).collect::<Vec<_>>());
    assert!(sounds.windows(2).all(|pair| pair[1].packet.header.timestamp == pair[0].packet.header.timestamp + ticks));
    assert!(sounds.iter().all(|got| *got.packet.header.payload_type == payload_type));
    assert!(sounds[0].at >= scene.of(true)[0].at);
}

#[test]
fn lips_match_although_pictures_arrive_later_than_their_sound() {
    for (codec, rate) in [(AudioCodec::Pcma, 8000), (AudioCodec::Opus, 48_000)] {
        let apart = seconds_apart(&format_with(codec, rate));
        assert!(apart.abs() < 0.01, "{codec:?}: {apart} s apart");
    }
}

fn seconds_apart(format: &Arc<Format>) -> f64 {
    let mut scene = Scene::connected(cached(format, 0, 10));
    scene.run(50 * MS, |_| false);
    for n in 10..120 {
        scene.session.push(&picture(format, n));
        // 200 ms of media ahead of the picture that leaves at the same moment.
        scene.session.push(&sound(format, 2 * n + 10));
        scene.run(20 * MS, |_| false);
        scene.session.push(&sound(format, 2 * n + 11));
        scene.run(20 * MS, |_| false);
    }
    // Picture 100 and sound 200 were taken at the same moment.
    let wall_clock = |video: bool, timestamp: u32| {
        let (_, at, rtp) = scene.reported.iter().find(|(mid, ..)| (*mid == scene.video) == video).unwrap();
        let ticks = timestamp.wrapping_sub(rtp.numer() as u32) as i32;
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
        since + f64::from(ticks) / f64::from(rtp.denom())
    };
    let picture = scene.pictures().iter().find(|p| p.2 == 100).unwrap().1;
    let sound = scene.of(false).iter().find(|got| got.packet.payload[0] == 200).unwrap().packet.header.timestamp;
    wall_clock(true, picture) - wall_clock(false, sound)
}

#[test]
fn timestamps_go_on_when_the_cameras_clock_starts_again() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 1000, 1005));
    scene.live(&format, 1005, 1010);
    scene.live(&format, 0, 5);
    let pictures = scene.pictures();
    assert_eq!(pictures[9..].iter().map(|p| p.2).collect::<Vec<_>>(), [1009, 0, 1, 2, 3, 4]);
    let step = pictures[10].1.wrapping_sub(pictures[9].1);
    assert!((3000..4200).contains(&step), "bridged by the wall clock: {step}");
}

#[test]
fn reports_tell_loss_and_round_trip() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 0, 5));
    // So much that resending does not hide it.
    scene.lose = Box::new(|n, length| length > 500 && n % 4 != 0);
    scene.live(&format, 5, 200);
    let reports = scene.events.iter().filter_map(|(_, event)| match event {
        Event::Report(report) => Some(*report),
        _ => None,
    });
    let reports: Vec<_> = reports.collect();
    let report = *reports.last().expect("a report every two seconds");
    assert!(reports.iter().any(|report| report.loss > 0.03), "{reports:?}");
    let round_trip = report.round_trip.unwrap();
    // RTCP counts in 1/65536 s.
    assert!((DELAY * 2 - MS..DELAY * 2 + 10 * MS).contains(&round_trip), "{report:?}");
}

#[test]
fn pictures_are_shown_as_they_come_unless_the_network_is_uneven() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 0, 5));
    let asked = |scene: &Scene| scene.of(true).last().unwrap().packet.header.ext_vals.play_delay_max;
    scene.live(&format, 5, 130);
    assert_eq!(asked(&scene), Some(MediaTime::ZERO));
    scene.jitter = Box::new(|n| (n % 7) as u32 * 30 * MS);
    scene.live(&format, 130, 260);
    assert!(asked(&scene) > Some(MediaTime::from_secs(10)), "{:?}", asked(&scene));
    scene.jitter = Box::new(|_| Duration::ZERO);
    scene.live(&format, 260, 390);
    assert_eq!(asked(&scene), Some(MediaTime::ZERO));
}

#[test]
fn goodbye_ends_both_sides() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 0, 5));
    scene.live(&format, 5, 10);
    scene.session.close();
    scene.run(100 * MS, |_| false);
    assert_eq!(scene.events.last().map(|(_, event)| *event), Some(Event::Closed));
    assert_eq!(scene.events.iter().filter(|(_, event)| *event == Event::Closed).count(), 1);
    assert!(!scene.browser.is_connected() || !scene.browser.is_alive());
}

#[test]
fn a_viewer_that_fell_silent_is_given_up() {
    let format = format();
    let mut scene = Scene::connected(cached(&format, 0, 5));
    scene.browser.disconnect();
    let mut at = scene.now;
    for _ in 0..600 {
        at += 100 * MS;
        scene.now = at;
        scene.poll_session();
    }
    assert_eq!(scene.events.last().map(|(_, event)| *event), Some(Event::Closed));
}

#[path = "whep_offer_tests.rs"]
mod offers;
