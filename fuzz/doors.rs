//! The doors by which bytes from outside come in, one function each. A fuzzer pushes through them (`fuzz_targets/`), and
//! `cargo test -p testkit` replays what it once found (`corpus/`). Each must come back, whatever it was given.
#![allow(dead_code, reason = "each fuzz target uses one")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use domain::{Clock, Mono, SystemClock, Timestamp};
use media::au::{AccessUnit, AudioCodec, AudioFormat, Format, Track, VideoCodec, VideoFormat, nal_units};
use media::live::whep;
use media::record::{IndexLoader, MediaKey, MediaKeyId, SegmentScanner};
use media::rtsp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The name of a door's folder of seeds, and what their bytes are fed to.
type Door = (&'static str, fn(&[u8]));

/// Every door, for the replay.
pub(crate) const DOORS: &[Door] = &[
    ("aac_unit", aac_unit),
    ("access_unit", access_unit),
    ("byte_range", byte_range),
    ("camera_address", camera_address),
    ("camera_session", camera_session),
    ("discovery_datagram", discovery_datagram),
    ("onvif_answer", onvif_answer),
    ("pair_message", pair_message),
    ("replay_answer", replay_answer),
    ("rtsp_requests", rtsp_requests),
    ("segment_file", segment_file),
    ("setup_code", setup_code),
    ("whep_offer", whep_offer),
];

/// The stream that the pictures in the corpora come from: H.264, 160x90.
fn format() -> Format {
    let sps = b"\x67\x42\xd0\x0b\xda\x0a\x37\xe4\xc0\x44\0\0\x03\0\x04\0\0\x03\0\x50\x3c\x48\x9a\x80";
    let video = VideoFormat {
        codec: VideoCodec::H264,
        width: 160,
        height: 90,
        rfc6381: "avc1.42d00b".to_owned(),
        parameter_sets: vec![Bytes::from_static(sps), Bytes::from_static(b"\x68\xce\x3c\x80")],
        sample_entry: Bytes::new(),
    };
    Format { video, audio: None }
}

/// A picture's data, as a camera or a file has it: its NAL units, and a still of it.
pub(crate) fn access_unit(data: &[u8]) {
    let data = Bytes::copy_from_slice(data);
    let bytes: usize = nal_units(&data).map(|nal| nal.len() + 4).sum();
    assert!(bytes <= data.len());
    let _ = media::still::jpeg(&format().video, &data, u16::MAX);
}

/// A microphone's configuration, two bytes, and a unit of its AAC, twice: the second has a first to go on from.
pub(crate) fn aac_unit(data: &[u8]) {
    let Some((config, unit)) = data.split_at_checked(2) else { return };
    let audio = AudioFormat {
        codec: AudioCodec::Aac,
        sample_rate: 16_000,
        channels: 1,
        rfc6381: "mp4a.40.2".to_owned(),
        config: Bytes::copy_from_slice(config),
        sample_entry: Bytes::new(),
    };
    let format = Arc::new(Format { audio: Some(audio), ..format() });
    let Ok(mut transcoder) = sound::Transcoder::new(&format) else { return };
    for n in 0..2 {
        let unit = AccessUnit {
            track: Track::Audio,
            format: Arc::clone(&format),
            dts: n * 1024,
            cts: 0,
            wall: Timestamp::default(),
            arrived: Mono::default(),
            key: true,
            discontinuity: false,
            data: Bytes::copy_from_slice(unit),
        };
        let packets = transcoder.push(&unit).unwrap_or_default();
        assert!(packets.len() <= 40 && packets.iter().all(|packet| packet.data.len() <= 1276));
    }
}

/// A `Range` header.
pub(crate) fn byte_range(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for length in [0, 1, 1000, u64::MAX] {
        if let api::range::Answer::Part(range) = api::range::answer(Some(text), None, "\"a\"", length) {
            assert!(range.start < range.end && range.end <= length, "{text}: {range:?} of {length}");
        }
    }
}

/// A camera's address, as a person typed it.
pub(crate) fn camera_address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(target) = cameras::rtsp::Target::parse(text, None, None, true) {
        assert!(!target.address().is_empty() && !target.address().contains('@'), "{text}");
    }
}

/// All that a camera says in one connection, from the answer to DESCRIBE on: session description, RTP, RTCP.
pub(crate) fn camera_session(data: &[u8]) {
    let _ = units_of_session(data);
}

/// How many access units a camera's side of a connection gives; `None` where there is no loopback to speak over.
pub(crate) fn units_of_session(data: &[u8]) -> Option<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.ok()?;
        let address = listener.local_addr().ok()?;
        let camera = async {
            if let Ok((mut connection, _)) = listener.accept().await {
                // Says all it has to say at once, and hangs up; a client that hung up first heard enough.
                let _ = connection.write_all(data).await;
                let _ = connection.shutdown().await;
                let mut heard = Vec::new();
                let _ = connection.read_to_end(&mut heard).await;
            }
            std::future::pending::<()>().await
        };
        let client = async {
            let target = cameras::rtsp::Target::parse(&format!("rtsp://{address}/stream"), None, None, true).ok()?;
            let clock: Arc<dyn Clock> = Arc::new(SystemClock);
            let mut source = cameras::rtsp::Source::new(target, clock);
            let mut units = 0;
            if let Ok(mut stream) = source.open().await {
                while stream.next().await.is_ok() {
                    units += 1;
                }
            }
            Some(units)
        };
        let ended = tokio::select! {
            () = camera => return None,
            ended = tokio::time::timeout(Duration::from_secs(20), client) => ended,
        };
        assert!(ended.is_ok(), "a connection that ended is still read");
        ended.ok().flatten()
    })
}

/// A datagram that comes in while somebody searches for cameras, or while a camera waits to be found.
pub(crate) fn discovery_datagram(data: &[u8]) {
    use cameras::discovery::wire::{beacon, dns, wsd};
    let _ = (beacon::verify(data, &[0; 16]), beacon::asked(data));
    if let Ok(dns::Message::Answer(instances)) = dns::parse(data) {
        assert!(instances.iter().all(|instance| !instance.name.is_empty() && instance.name.chars().count() <= 64));
    }
    if let Ok(Some(wsd::Message::Matches(targets))) = wsd::parse(data) {
        assert!(targets.iter().all(|target| !target.endpoint.is_empty() && target.addresses.len() <= 8));
    }
}

/// A camera's answer to each question that ONVIF knows, and a session description.
pub(crate) fn onvif_answer(data: &[u8]) {
    use cameras::onvif::wire::{answer, device, events, imaging, media, ptz};
    let any = |name| answer(data, name).ok();
    let _ = any("GetSystemDateAndTimeResponse").and_then(|a| device::time(&a));
    let _ = any("GetDeviceInformationResponse").map(|a| device::information(&a));
    let _ = any("GetServicesResponse").map(|a| device::services(&a));
    let _ = any("GetCapabilitiesResponse").map(|a| device::capabilities(&a));
    if let Some(Ok(profiles)) = any("GetProfilesResponse").map(|a| media::profiles(&a)) {
        assert!(profiles.iter().all(|profile| !profile.token.is_empty()));
    }
    let _ = any("GetStreamUriResponse").map(|a| media::uri(&a));
    let _ = any("GetPresetsResponse").map(|a| ptz::presets(&a));
    let _ = any("GetStatusResponse").map(|a| ptz::status(&a));
    let _ = any("GetNodesResponse").map(|a| ptz::node(&a));
    let _ = any("GetImagingSettingsResponse").map(|a| imaging::read(&a));
    let _ = any("GetOptionsResponse").map(|a| imaging::options(&a));
    let _ = any("GetRelayOutputsResponse").map(|a| device::outputs(&a));
    let _ = any("CreatePullPointSubscriptionResponse").map(|a| events::created(&a));
    let _ = any("PullMessagesResponse").map(|a| events::notices(&a));
    let _ = cameras::onvif::backchannel::in_description(&String::from_utf8_lossy(data));
}

/// All that a camera says while it replays what it kept: answers, a session description, RTP with its extension, RTCP.
pub(crate) fn replay_answer(data: &[u8]) {
    use cameras::rtsp::wire::{Assembler, Frames, Message, Order, cut, describe, is_farewell, packet, sender_report};

    for codec in [VideoCodec::H264, VideoCodec::H265] {
        let (mut rest, mut order, mut assembler) = (data, Order::default(), Assembler::new(codec));
        let mut sound = Frames::new(AudioCodec::Aac, &[0x14, 0x08]);
        while let Ok(Some((message, length))) = cut(rest) {
            rest = &rest[length..];
            match message {
                Message::Response(answer) => {
                    if let Ok(description) = describe(&String::from_utf8_lossy(&answer.body)) {
                        let controls = description.media.iter().filter_map(|media| media.control.as_ref());
                        assert!(controls.map(|control| control.at("rtsp://cam")).all(|url| !url.contains(char::is_whitespace)));
                    }
                }
                Message::Frame { data, .. } => {
                    let _ = (is_farewell(data), sender_report(data));
                    let Some(packet) = packet(data) else { continue };
                    if let Some(place) = order.take(&packet) {
                        let _ = assembler.push(&packet, place.time, place.lost);
                        let _ = sound.push(&packet, place.time, place.lost);
                    }
                }
                Message::Other => {}
            }
            while let Some(unit) = assembler.poll() {
                assert!(unit.data.len() <= domain::limits::ACCESS_UNIT_BYTES_MAX);
                let bytes: usize = nal_units(&unit.data).map(|nal| nal.len() + 4).sum();
                assert_eq!(bytes, unit.data.len(), "{codec:?}");
            }
            while sound.poll().is_some() {}
        }
        assembler.finish();
    }
}

/// All that a client of our RTSP server sends in one connection, in pieces of every size.
pub(crate) fn rtsp_requests(data: &[u8]) {
    let presentation = Arc::new(rtsp::Presentation::new("camera", Arc::new(format())));
    for piece in [1, 7, usize::MAX] {
        let mut session = rtsp::Session::new(
            rtsp::Config {
                access: rtsp::Access::Anybody,
                realm: "camera".into(),
                nonce: "nonce".into(),
                session_id: "session".into(),
                peer: Ipv4Addr::LOCALHOST.into(),
                udp_ports: Some((5000, 5001)),
            },
            Mono::default(),
        );
        for bytes in data.chunks(piece) {
            session.receive(bytes, Mono::default());
            while let Some(action) = session.poll() {
                if matches!(action, rtsp::Action::Present { .. }) {
                    session.present(Some(Arc::clone(&presentation)), Mono::default());
                }
            }
        }
    }
}

/// A segment file, as a disk gives it back: with the key, and without.
pub(crate) fn segment_file(data: &[u8]) {
    if let Ok(scanned) = SegmentScanner::walk(data) {
        assert!(scanned.valid_len() <= data.len() as u64);
    }
    let key = MediaKey::new(MediaKeyId::from_bytes([1; 16]), [2; 32]);
    let _ = IndexLoader::load(data, &key);
}

/// A code that somebody holds before a camera, or before a phone that looks for a camera's label.
pub(crate) fn setup_code(data: &[u8]) {
    use domain::onboarding::{Label, WifiCode};
    if let Ok(label) = Label::parse(data) {
        assert_eq!(label.to_uri().as_bytes(), data);
    }
    if let Ok(code) = WifiCode::parse(data) {
        assert!(!code.network.ssid().as_bytes().iter().any(u8::is_ascii_control));
        // Ours has one spelling; the other form is read again as what it was.
        let again = code.to_uri();
        assert!(code.invitation.is_none() || again.as_bytes() == data);
        assert_eq!(WifiCode::parse(again.as_bytes()), Ok(code));
    }
}

/// A WHEP offer.
#[allow(
    clippy::disallowed_methods,
    reason = "the WebRTC library wants a moment of the machine's clock; which one does not matter"
)]
pub(crate) fn whep_offer(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    static IDENTITY: OnceLock<Option<whep::Identity>> = OnceLock::new();
    let Some(identity) = IDENTITY.get_or_init(|| whep::Identity::generate().ok()) else { return };
    let local = [SocketAddr::from((Ipv4Addr::LOCALHOST, 5000))];
    if let Ok((session, answer)) = whep::Session::accept(std::time::Instant::now(), identity, &local, &format().video, text) {
        assert!(!session.ufrag().is_empty() && answer.starts_with("v=0"));
    }
}

/// What a server and a camera say while they pair: what is read has one meaning, and is written as that.
pub(crate) fn pair_message(data: &[u8]) {
    use cameras::pair::wire::{Finish, Hello, Welcome, invitation_from_json, invitation_to_json, written};

    if let Some(hello) = Hello::parse(data) {
        assert_eq!(Hello::parse(&written(&hello)), Some(hello));
    }
    if let Some(welcome) = Welcome::parse(data) {
        assert_eq!(Welcome::parse(&written(&welcome)), Some(welcome));
    }
    if let Some(finish) = Finish::parse(data) {
        let _ = finish.sealed();
        assert_eq!(Finish::parse(&written(&finish)), Some(finish));
    }
    if let Some(invitation) = invitation_from_json(data) {
        assert_eq!(invitation_from_json(&invitation_to_json(&invitation)), Some(invitation));
    }
}
