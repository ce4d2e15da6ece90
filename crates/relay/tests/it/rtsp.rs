//! Other software plays a camera of the server: ffmpeg over TCP and UDP, and a client of our own that looks at the packets.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use domain::CameraId;
use md5::{Digest, Md5};
use policy::act::{MakeStreamKey, RevokeStreamKey};
use store::{StreamKeyRow, StreamKeySecret};
use testkit::{Process, command, output};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::rig::Rig;

const PASSWORD: &str = "a-long-random-text";
const SECOND: Duration = Duration::from_secs(1);

struct House {
    rig: Rig,
    rtsp: SocketAddr,
    key: StreamKeyRow,
}

impl House {
    async fn start(rig: Rig) -> Self {
        rig.recorded(SECOND).await;
        let secret = StreamKeySecret { name: "NVR".into(), password: PASSWORD.into() };
        let key = rig.store.add_stream_key(&rig.permit::<MakeStreamKey>(rig.camera).await, &secret).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let rtsp = rig.relay.serve_rtsp(listener, None).await.unwrap();
        Self { rig, rtsp, key }
    }

    fn user(&self) -> String {
        self.key.id.to_string().replace('-', "")
    }

    fn url_as(&self, user: &str, password: &str, camera: CameraId) -> String {
        format!("rtsp://{user}:{password}@{}/cameras/{camera}", self.rtsp)
    }

    fn url(&self) -> String {
        self.url_as(&self.user(), PASSWORD, self.rig.camera)
    }

    async fn revoke(&self) {
        let permit = self.rig.permit::<RevokeStreamKey>(self.rig.camera).await;
        self.rig.store.remove_stream_key(&permit, self.key.id).await.unwrap();
    }
}

/// Runs ffmpeg's tools off the runtime's threads; what went wrong is said in the error.
async fn run(program: &'static str, arguments: Vec<String>) -> Result<String, String> {
    let running = tokio::task::spawn_blocking(move || {
        let mut command = command(program);
        command.args(arguments);
        output(command).map_err(|error| error.to_string())
    });
    timeout(30 * SECOND, running).await.expect("it ends").unwrap()
}

fn arguments(text: &str, url: &str) -> Vec<String> {
    text.split(' ').map(|word| if word == "URL" { url.to_owned() } else { word.to_owned() }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ffmpeg_plays_picture_and_sound_over_tcp_and_udp() {
    let house = House::start(Rig::with_sound().await).await;
    for transport in ["tcp", "udp"] {
        let ask = format!("-v error -rtsp_transport {transport} -show_entries stream=codec_name -of csv=p=0 URL");
        let streams = run("ffprobe", arguments(&ask, &house.url())).await.unwrap();
        assert_eq!(streams.split_whitespace().collect::<Vec<_>>(), ["h264", "pcm_mulaw"], "{transport}");
        let play = format!("-v error -xerror -rtsp_transport {transport} -i URL -map 0:v -frames:v 20 -f null -");
        run("ffmpeg", arguments(&play, &house.url())).await.unwrap_or_else(|error| panic!("{transport}: {error}"));
    }
    let sub = format!("{}/sub", house.url());
    run("ffmpeg", arguments("-v error -xerror -rtsp_transport tcp -i URL -map 0:v -frames:v 5 -f null -", &sub)).await.unwrap();
    house.rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_cuts_a_running_player_within_a_second() {
    let _proof = evidence::proves("C-7.11", "watch.cut");
    let house = House::start(Rig::start().await).await;
    let mut player = Player::connect(&house).await;
    player.play().await;
    player.frame().await.expect("it plays");
    house.revoke().await;
    let revoked = Instant::now();
    while timeout(2 * SECOND, player.frame()).await.expect("the view has no end").is_some() {}
    assert!(revoked.elapsed() < SECOND, "{:?}", revoked.elapsed());

    let again = run("ffprobe", arguments("-v error -rtsp_transport tcp URL", &house.url())).await.unwrap_err();
    assert!(again.contains("401"), "{again}");
    house.rig.relay.shutdown().await;
    house.rig.relay.flush().await;
    assert_eq!(house.rig.accesses().await, [(house.rig.camera, store::How::Stream)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ffmpeg_ends_when_the_maker_is_no_longer_of_the_home() {
    let house = House::start(Rig::start().await).await;
    let play = "-v error -nostats -progress pipe:1 -stats_period 0.1 -rtsp_transport tcp -i URL -c copy -f null -";
    let mut ffmpeg = command("ffmpeg");
    ffmpeg.args(arguments(play, &house.url()));
    let ffmpeg = Process::start(ffmpeg).unwrap();
    let playing = tokio::task::spawn_blocking(move || {
        ffmpeg.line(20 * SECOND, |line| line.strip_prefix("frame=").filter(|n| n.trim() != "0").map(drop)).unwrap();
        ffmpeg
    });
    let ffmpeg = playing.await.unwrap();
    house.rig.withdraw();
    let withdrawn = Instant::now();
    let ended = move || ffmpeg.line(5 * SECOND, |line| (line == "progress=end").then_some(())).unwrap();
    tokio::task::spawn_blocking(ended).await.unwrap();
    assert!(withdrawn.elapsed() < 2 * SECOND, "ffmpeg needs a moment to close: {:?}", withdrawn.elapsed());
    house.rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_another_camera_and_no_camera_look_alike() {
    let house = House::start(Rig::start().await).await;
    let other = house.rig.add_another().await;
    let nobody = domain::StreamKeyId::random().to_string().replace('-', "");
    let mut answers = Vec::new();
    for (user, password, camera) in [
        (house.user(), "wrong", house.rig.camera),
        (house.user(), PASSWORD, other),
        (house.user(), PASSWORD, CameraId::random()),
        (nobody, PASSWORD, house.rig.camera),
        ("admin".into(), PASSWORD, house.rig.camera),
    ] {
        let mut player = Player::connect(&house).await;
        (player.user, player.password, player.camera) = (user, password, camera);
        let answer = player.ask("DESCRIBE", "", "").await.0;
        answers.push(answer.lines().filter(|line| !line.starts_with("WWW-Authenticate")).map(str::to_owned).collect::<Vec<_>>());
    }
    assert!(answers[0][0].contains("401"), "{answers:?}");
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    house.rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_packets_are_a_whole_key_picture() {
    let house = House::start(Rig::start().await).await;
    for _ in 0..3 {
        let mut player = Player::connect(&house).await;
        let info = player.play().await;
        let start = Instant::now();
        let mut kinds = Vec::new();
        let mut first = None;
        loop {
            let (channel, packet) = player.frame().await.unwrap();
            if channel != 0 {
                continue;
            }
            first.get_or_insert(u16::from_be_bytes([packet[2], packet[3]]));
            kinds.push(if packet[12] & 0x1f == 28 { packet[13] & 0x1f } else { packet[12] & 0x1f });
            if packet[1] & 0x80 != 0 {
                break;
            }
        }
        assert_eq!(kinds[0], 7, "parameter sets come along: {kinds:?}");
        assert!(kinds.contains(&5), "{kinds:?}");
        assert!(info.contains(&format!("trackID=0;seq={}", first.unwrap())), "{info}");
        assert!(start.elapsed() < SECOND / 2, "the running GOP is not waited for: {:?}", start.elapsed());
    }
    house.rig.relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_player_that_pauses_is_answered_and_plays_again_from_a_key_picture() {
    let house = House::start(Rig::start().await).await;
    let mut player = Player::connect(&house).await;
    player.play().await;
    for _ in 0..2 {
        player.frame().await.expect("it plays");
        assert!(player.in_session("PAUSE").await.starts_with("RTSP/1.0 200"));
        // What was on its way is all that comes: the camera has 25 pictures a second.
        let quiet = async { while timeout(SECOND, player.frame()).await.is_ok_and(|frame| frame.is_some()) {} };
        timeout(5 * SECOND, quiet).await.expect("it pauses");
        assert!(player.in_session("PLAY").await.starts_with("RTSP/1.0 200"));
        let begin = timeout(2 * SECOND, player.key_picture()).await.expect("it plays on");
        assert!(begin, "what comes first is a key picture");
    }
    assert!(player.in_session("TEARDOWN").await.starts_with("RTSP/1.0 200"));
    house.rig.relay.shutdown().await;
}

/// A client of our own.
struct Player {
    socket: TcpStream,
    url: String,
    user: String,
    password: &'static str,
    camera: CameraId,
    session: String,
    cseq: u32,
    buffer: Vec<u8>,
}

impl Player {
    async fn connect(house: &House) -> Self {
        let socket = TcpStream::connect(house.rtsp).await.unwrap();
        let (url, camera) = (format!("rtsp://{}/cameras/", house.rtsp), house.rig.camera);
        Self { socket, url, user: house.user(), password: PASSWORD, camera, session: String::new(), cseq: 0, buffer: Vec::new() }
    }

    /// Sets the pictures up and plays; what `PLAY` was answered.
    async fn play(&mut self) -> String {
        let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
        assert!(self.ask("DESCRIBE", "", "").await.1.contains("m=video"));
        let answer = self.ask("SETUP", "/trackID=0", transport).await.0;
        let session = answer.lines().find_map(|line| line.strip_prefix("Session: ")).expect(&answer);
        self.session = format!("Session: {}\r\n", session.split(';').next().unwrap());
        let answer = self.in_session("PLAY").await;
        assert!(answer.starts_with("RTSP/1.0 200"), "{answer}");
        answer
    }

    /// What a request is answered that belongs to what was set up.
    async fn in_session(&mut self, method: &str) -> String {
        let session = self.session.clone();
        self.ask(method, "", &session).await.0
    }

    /// Whether the next picture is a key picture: its first packet has parameter sets in it.
    async fn key_picture(&mut self) -> bool {
        loop {
            let (channel, packet) = self.frame().await.expect("it plays");
            if channel == 0 {
                // STAP-A, SPS, PPS or IDR, or the first FU-A of an IDR.
                let kinds = (packet[12] & 31, packet[13] & 31);
                return matches!(kinds, (24 | 7 | 8 | 5, _) | (28, 5));
            }
        }
    }

    /// Asks, and again with proof: head and body of the last answer.
    async fn ask(&mut self, method: &str, track: &str, headers: &str) -> (String, String) {
        let url = format!("{}{}{track}", self.url, self.camera);
        let (head, _) = self.send(method, &url, headers).await;
        let nonce = head.split_once("nonce=\"").and_then(|(_, rest)| rest.split_once('"')).expect(&head).0.to_owned();
        let hash = |text: String| Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let secret = hash(format!("{}:atipcam:{}", self.user, self.password));
        let response = hash(format!("{secret}:{nonce}:{}", hash(format!("{method}:{url}"))));
        let proof = format!(
            "Authorization: Digest username=\"{}\", realm=\"atipcam\", nonce=\"{nonce}\", uri=\"{url}\", response=\"{response}\"\r\n{headers}",
            self.user
        );
        self.send(method, &url, &proof).await
    }

    async fn send(&mut self, method: &str, url: &str, headers: &str) -> (String, String) {
        self.cseq += 1;
        let request = format!("{method} {url} RTSP/1.0\r\nCSeq: {}\r\n{headers}\r\n", self.cseq);
        self.socket.write_all(request.as_bytes()).await.unwrap();
        let end = loop {
            while self.buffer.first() == Some(&b'$') {
                self.frame().await.expect("what was on its way");
            }
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            assert!(self.more().await, "an answer to {method}");
        };
        let head = String::from_utf8(self.buffer.drain(..end).collect()).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or(0);
        while self.buffer.len() < length {
            assert!(self.more().await, "the body of an answer to {method}");
        }
        (head, String::from_utf8(self.buffer.drain(..length).collect()).unwrap())
    }

    /// The next interleaved frame: channel and packet; `None` at the end.
    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let [b'$', channel, high, low, rest @ ..] = self.buffer.as_slice() {
                let (channel, length) = (*channel, usize::from(u16::from_be_bytes([*high, *low])));
                if rest.len() >= length {
                    let packet = rest[..length].to_vec();
                    self.buffer.drain(..4 + length);
                    return Some((channel, packet));
                }
            }
            if !self.more().await {
                return None;
            }
        }
    }

    async fn more(&mut self) -> bool {
        self.socket.read_buf(&mut self.buffer).await.is_ok_and(|read| read > 0)
    }
}
