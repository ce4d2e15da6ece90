//! For tests: somebody who may watch until the test says otherwise, units, and a browser made of str0m on real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::{CameraId, Clock, HomeId, Mono, Role, SessionId, SubjectId, SystemClock, Timestamp};
use media::au::{AccessUnit, AudioCodec, AudioFormat, Format, Track, VideoCodec, VideoFormat};
use policy::act::ViewLive;
use policy::{
    Ask, ConsentSet, Facts, FactsFuture, FactsSource, HomeFacts, Object, Principal, SessionFacts, SubjectFacts, decide,
};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use tokio::net::UdpSocket;
use tokio::sync::watch;

use super::hub::now;
use crate::pull::{Demand, Presence};
use crate::watch::Watch;

/// A signed-in person and the facts about them.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) principal: Principal,
    facts: Arc<PersonFacts>,
    revision: watch::Sender<u64>,
}

#[derive(Debug)]
struct PersonFacts {
    home: HomeId,
    subject: SubjectId,
    member: AtomicBool,
}

impl FactsSource for PersonFacts {
    fn facts(&self, _: Principal, _: Object) -> FactsFuture<'_> {
        let role = self.member.load(Ordering::SeqCst).then_some(Role::Member);
        let facts = Facts {
            revision: 0,
            session: Some(SessionFacts { subject: self.subject, expires: Timestamp::from_micros(i64::MAX) }),
            subject: Some(SubjectFacts::settled(self.subject)),
            home: Some(HomeFacts { home: self.home, role, agreed: true, consents: ConsentSet::NONE }),
            region_ok: true,
            key: None,
        };
        Box::pin(async move { Ok(facts) })
    }
}

impl Person {
    pub(super) fn new() -> Self {
        let facts = PersonFacts { home: HomeId::random(), subject: SubjectId::random(), member: AtomicBool::new(true) };
        Self { principal: Principal::Session(SessionId::random()), facts: Arc::new(facts), revision: watch::Sender::new(0) }
    }

    pub(super) async fn watch(&self) -> Watch<ViewLive> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ask = Ask::<ViewLive> { principal: self.principal, object: CameraId::random(), at: clock.now() };
        let facts = self.facts.facts(ask.principal, ask.object.into()).await.unwrap();
        let facts_source: Arc<dyn FactsSource> = Arc::clone(&self.facts) as _;
        Watch::new(decide(&ask, &facts).unwrap(), facts_source, clock, self.revision.subscribe())
    }

    /// The home no longer counts them a member.
    pub(super) fn removed(&self) {
        self.facts.member.store(false, Ordering::SeqCst);
        self.revision.send_modify(|revision| *revision += 1);
    }

    /// Facts moved that do not matter here.
    pub(super) fn something_else_changed(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }
}

pub(super) fn presence() -> Presence {
    Demand::new().presence()
}

/// A format of pictures alone; `width` tells it from others.
pub(super) fn format(codec: VideoCodec, width: u16) -> Arc<Format> {
    let video = VideoFormat {
        codec,
        width,
        height: 360,
        rfc6381: "avc1.42c01e".into(),
        parameter_sets: vec![Bytes::from_static(&[0x67, 0x42, 0xc0, 0x1e]), Bytes::from_static(&[0x68, 1])],
        sample_entry: Bytes::from_static(b"\0\0\0\x10avc1\0\0\0\0\0\0\0\0"),
    };
    Arc::new(Format { video, audio: None })
}

/// Picture `n` at 25 a second, every tenth a key picture; its width and number are in its bytes.
pub(super) fn picture(format: &Arc<Format>, n: u8) -> AccessUnit {
    let key = n.is_multiple_of(10);
    let [high, low] = format.video.width.to_be_bytes();
    AccessUnit {
        track: Track::Video,
        format: Arc::clone(format),
        dts: i64::from(n) * 3600,
        cts: 0,
        wall: Timestamp::default(),
        arrived: Mono::from_micros(u64::from(n) * 40_000),
        key,
        discontinuity: false,
        data: Bytes::copy_from_slice(&[0, 0, 0, 4, if key { 0x65 } else { 0x41 }, high, low, n]),
    }
}

/// A microphone's AAC at 16 kHz beside these pictures.
pub(super) fn with_aac(pictures: &Arc<Format>) -> Arc<Format> {
    let audio = AudioFormat {
        codec: AudioCodec::Aac,
        sample_rate: 16_000,
        channels: 1,
        rfc6381: "mp4a.40.2".into(),
        config: Bytes::from_static(&[0x14, 0x08]),
        sample_entry: Bytes::new(),
    };
    Arc::new(Format { video: pictures.video.clone(), audio: Some(audio) })
}

/// Sound `n`, 64 ms of silence.
pub(super) fn silence(format: &Arc<Format>, n: u8) -> AccessUnit {
    AccessUnit {
        track: Track::Audio,
        format: Arc::clone(format),
        dts: i64::from(n) * 1024,
        cts: 0,
        wall: Timestamp::default(),
        arrived: Mono::from_micros(u64::from(n) * 64_000),
        key: true,
        discontinuity: false,
        data: Bytes::from_static(&[0x00, 0xc8, 0x00, 0x80, 0x23, 0x80]),
    }
}

/// A browser: offers, then receives pictures.
pub(super) struct Browser {
    rtc: Box<Rtc>,
    socket: UdpSocket,
    pending: Option<SdpPendingOffer>,
    pub(super) offer: String,
    /// Width and number of each picture received.
    pub(super) pictures: Vec<(u16, u8)>,
    /// The time of each sound received, in 1/48000 s.
    pub(super) sounds: Vec<u32>,
    pub(super) closed: bool,
}

/// What browsers call Opus.
const OPUS: u8 = 111;

impl Browser {
    pub(super) async fn new() -> Self {
        Self::offering(false).await
    }

    /// One that takes sound as Opus.
    pub(super) async fn listening() -> Self {
        Self::offering(true).await
    }

    async fn offering(sound: bool) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let provider = Arc::new(str0m::crypto::from_feature_flags());
        let mut rtc = RtcConfig::new().set_crypto_provider(provider).set_rtp_mode(true).build(now());
        rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
        let mut api = rtc.sdp_api();
        api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        if sound {
            api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = api.apply().unwrap();
        let offer = offer.to_sdp_string();
        let (pictures, sounds) = (Vec::new(), Vec::new());
        Self { rtc: Box::new(rtc), socket, pending: Some(pending), offer, pictures, sounds, closed: false }
    }

    pub(super) fn take_answer(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
    }

    /// Runs until `done`. Panics where that takes longer than any machine needs.
    pub(super) async fn until(&mut self, done: impl Fn(&Self) -> bool) {
        let work = async {
            while !done(self) {
                self.step().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), work).await.expect("the browser got what it waited for");
    }

    async fn step(&mut self) {
        let wake = loop {
            match self.rtc.poll_output().unwrap() {
                Output::Transmit(t) => drop(self.socket.send_to(&t.contents, t.destination).await),
                Output::Event(Event::RtpPacket(packet)) if *packet.header.payload_type == OPUS => {
                    self.sounds.push(packet.header.timestamp);
                }
                Output::Event(Event::RtpPacket(packet)) => match &*packet.payload {
                    [0x65 | 0x41, high, low, n] => self.pictures.push((u16::from_be_bytes([*high, *low]), *n)),
                    parameter_sets => assert_eq!(parameter_sets[0] & 0x1f, 24),
                },
                Output::Event(Event::Closed) => self.closed = true,
                Output::Event(_) => {}
                Output::Timeout(at) => break at,
            }
        };
        let mut buffer = [0; 2048];
        // A closed `Rtc` asks for nothing any more.
        let wake = wake.min(now() + Duration::from_millis(50));
        tokio::select! {
            got = self.socket.recv_from(&mut buffer) => {
                let (length, from) = got.unwrap();
                self.receive(from, &buffer[..length]);
            }
            () = tokio::time::sleep_until(wake.into()) => self.rtc.handle_input(Input::Timeout(now())).unwrap(),
        }
    }

    fn receive(&mut self, from: SocketAddr, datagram: &[u8]) {
        let to = self.socket.local_addr().unwrap();
        let receive = Receive::new(Protocol::Udp, from, to, datagram).unwrap();
        self.rtc.handle_input(Input::Receive(now(), receive)).unwrap();
    }
}
