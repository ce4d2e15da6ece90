//! A viewer by RTSP over TCP (RFC 2326, 10.12) that shows nothing and counts what comes: as cheap as a viewer can be, so that many of
//! them leave a small machine to the server that is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use md5::{Digest as _, Md5};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::Result;
use crate::whep_viewer::KeyPicture;

/// Where video comes: the first pair of channels is asked for it.
const VIDEO_CHANNEL: u8 = 0;

/// Bytes of one read, at most.
const READ_MAX: usize = 256 * 1024;

/// An answer longer than this is none.
const ANSWER_MAX: usize = 64 * 1024;

/// A running view of a stream's picture track. Dropped, it closes its connection.
#[derive(Debug)]
pub struct RtspViewer {
    seen: Arc<Seen>,
    key_picture: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Seen {
    bytes: AtomicU64,
    ended: AtomicBool,
}

impl RtspViewer {
    /// Plays the picture track of `url`, as `sign_in` (user, password) where one is given, and begins to count.
    pub async fn play(url: &str, sign_in: Option<(&str, &str)>) -> Result<Self> {
        let at = Url::parse(url)?;
        let socket = TcpStream::connect((at.host_str().ok_or("no host")?, at.port().unwrap_or(554))).await?;
        socket.set_nodelay(true)?;
        let mut asking = Asking { socket, buffer: Vec::new(), sign_in, challenge: None, session: None, number: 0 };
        let described = asking.ask("DESCRIBE", url, "Accept: application/sdp\r\n").await?;
        let base = header(&described.head, "content-base").unwrap_or(url).to_owned();
        let track = video_track(&described.body, &base)?;
        let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
        let set_up = asking.ask("SETUP", &track, transport).await?;
        let session = header(&set_up.head, "session").ok_or("no session")?;
        asking.session = Some(session.split(';').next().unwrap_or(session).to_owned());
        asking.ask("PLAY", &base, "Range: npt=0.000-\r\n").await?;
        let (seen, (tell, key_picture)) = (Arc::<Seen>::default(), watch::channel(false));
        let task = tokio::spawn(count(asking.socket, asking.buffer, Arc::clone(&seen), tell));
        Ok(Self { seen, key_picture, task })
    }

    /// Waits for the last packet of the first key picture that came whole.
    pub async fn key_picture(&self) -> Result<()> {
        let mut seen = self.key_picture.clone();
        Ok(seen.wait_for(|seen| *seen).await.map(drop).map_err(|_| "the view ended before a key picture")?)
    }

    /// Bytes that came so far; a failure where nothing comes any more.
    pub fn still_plays(&self) -> Result<u64> {
        if self.seen.ended.load(Ordering::Relaxed) {
            return Err("an RTSP view ended by itself".into());
        }
        Ok(self.seen.bytes.load(Ordering::Relaxed))
    }
}

impl Drop for RtspViewer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A connection on which nothing is played yet.
struct Asking<'a> {
    socket: TcpStream,
    /// What came and was not looked at.
    buffer: Vec<u8>,
    sign_in: Option<(&'a str, &'a str)>,
    /// Realm and nonce.
    challenge: Option<(String, String)>,
    session: Option<String>,
    number: u32,
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Asking<'_> {
    /// The answer to a request, signed in where the server wants that.
    async fn ask(&mut self, method: &str, url: &str, more: &str) -> Result<Answer> {
        let mut answer = self.ask_once(method, url, more).await?;
        if answer.status == 401 && self.sign_in.is_some() {
            let challenges = answer.head.lines().filter_map(|line| line.split_once(": "));
            let digest = challenges.map(|(_, value)| value).find(|value| value.starts_with("Digest ")).ok_or("no digest")?;
            self.challenge = Some((quoted(digest, "realm").ok_or("no realm")?, quoted(digest, "nonce").ok_or("no nonce")?));
            answer = self.ask_once(method, url, more).await?;
        }
        if answer.status == 200 { Ok(answer) } else { Err(format!("{method} {url}: {}", answer.status).into()) }
    }

    async fn ask_once(&mut self, method: &str, url: &str, more: &str) -> Result<Answer> {
        self.number += 1;
        let mut request = format!("{method} {url} RTSP/1.0\r\nCSeq: {}\r\n{more}", self.number);
        if let Some(session) = &self.session {
            request += &format!("Session: {session}\r\n");
        }
        if let (Some((user, password)), Some((realm, nonce))) = (self.sign_in, &self.challenge) {
            let (who, what) = (md5(&format!("{user}:{realm}:{password}")), md5(&format!("{method}:{url}")));
            let response = md5(&format!("{who}:{nonce}:{what}"));
            request += &format!(
                "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{url}\", response=\"{response}\"\r\n"
            );
        }
        self.socket.write_all((request + "\r\n").as_bytes()).await?;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer> {
        loop {
            // Pictures that came before the answer to PLAY.
            while let [b'$', _, high, low, ..] = self.buffer[..] {
                let whole = 4 + usize::from(u16::from_be_bytes([high, low]));
                if self.buffer.len() < whole {
                    break;
                }
                self.buffer.drain(..whole);
            }
            // The rest of one may still be to come.
            let searched = if self.buffer.starts_with(b"$") { &[][..] } else { &self.buffer[..] };
            if let Some(end) = searched.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
                let length = header(&head, "content-length").map_or(Ok(0), str::parse::<usize>)?;
                let whole = end + 4 + length;
                if self.buffer.len() >= whole {
                    let body = String::from_utf8_lossy(&self.buffer[end + 4..whole]).into_owned();
                    self.buffer.drain(..whole);
                    let status = head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
                    return Ok(Answer { status, head, body });
                }
            }
            if self.buffer.len() > ANSWER_MAX || self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err("no answer".into());
            }
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn quoted(challenge: &str, name: &str) -> Option<String> {
    let value = challenge.split_once(&format!("{name}=\""))?.1;
    Some(value.split_once('"')?.0.to_owned())
}

fn md5(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The control URL of the picture track in a description (RFC 2326, C.1.1).
fn video_track(sdp: &str, base: &str) -> Result<String> {
    let lines = sdp.lines().skip_while(|line| !line.starts_with("m=video"));
    let control = lines.filter_map(|line| line.strip_prefix("a=control:")).next().ok_or("no picture track")?.trim();
    let base = base.trim_end_matches('/');
    Ok(if control.starts_with("rtsp://") { control.to_owned() } else { format!("{base}/{control}") })
}

/// Reads frames (RFC 2326, 10.12) until the connection ends.
async fn count(mut socket: TcpStream, mut waiting: Vec<u8>, seen: Arc<Seen>, key: watch::Sender<bool>) {
    let (mut picture, mut sequence) = (KeyPicture::default(), None::<u64>);
    waiting.reserve(READ_MAX);
    loop {
        let mut at = 0;
        while let Some([b'$', channel, high, low]) = waiting.get(at..at + 4) {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(packet) = waiting.get(at + 4..at + 4 + length) else { break };
            if *channel == VIDEO_CHANNEL && !*key.borrow() && whole_key(&mut picture, &mut sequence, packet) {
                key.send_replace(true);
            }
            at += 4 + length;
        }
        waiting.drain(..at);
        match socket.read_buf(&mut waiting).await {
            Ok(0) | Err(_) => return seen.ended.store(true, Ordering::Relaxed),
            Ok(length) => seen.bytes.fetch_add(length as u64, Ordering::Relaxed),
        };
    }
}

/// Whether an RTP packet (RFC 3550, 5.1, without extensions) ends a whole key picture.
fn whole_key(picture: &mut KeyPicture, last: &mut Option<u64>, packet: &[u8]) -> bool {
    let [_, mark, high, low, t0, t1, t2, t3, _, _, _, _, payload @ ..] = packet else { return false };
    let number = u64::from(u16::from_be_bytes([*high, *low]));
    // Beyond 16 bits, as far as is needed for one GOP.
    let number = last.map_or(number, |last| last + (number.wrapping_sub(last) & 0xffff));
    *last = Some(number);
    picture.ends_whole_key(u32::from_be_bytes([*t0, *t1, *t2, *t3]), number, mark & 0x80 != 0, payload)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Clip, RtspServer};

    #[tokio::test]
    async fn it_plays_what_a_server_relays_and_sees_a_key_picture() {
        let dir = tempfile::tempdir().unwrap();
        let clip = Clip::h264_aac(dir.path(), 10).unwrap();
        let camera = RtspServer::start(&[("/front", &clip)]).unwrap();
        let sign_in = Some((RtspServer::USER, RtspServer::PASSWORD));
        RtspViewer::play(&camera.url("/front"), None).await.unwrap_err();
        let viewer = RtspViewer::play(&camera.url("/front"), sign_in).await.unwrap();
        tokio::time::timeout(Duration::from_secs(20), viewer.key_picture()).await.unwrap().unwrap();

        let known = camera.url("/front").replace("rtsp://", "rtsp://viewer:a%20b%2520c@");
        let relay = RtspServer::relay("/again", &known).unwrap();
        let viewer = RtspViewer::play(&relay.url("/again"), None).await.unwrap();
        tokio::time::timeout(Duration::from_secs(20), viewer.key_picture()).await.unwrap().unwrap();
        assert!(viewer.still_plays().unwrap() > 1000);
    }

    #[test]
    fn tracks_are_found_in_descriptions() {
        let sdp = "v=0\r\na=control:*\r\nm=audio 0 RTP/AVP 0\r\na=control:a\r\nm=video 0 RTP/AVP 96\r\na=control:v\r\n";
        assert_eq!(video_track(sdp, "rtsp://h/p/").unwrap(), "rtsp://h/p/v");
        assert_eq!(video_track("m=video 0 RTP/AVP 96\na=control:rtsp://h/x", "rtsp://h/p").unwrap(), "rtsp://h/x");
        video_track("m=audio 0 RTP/AVP 0\na=control:a", "rtsp://h/p").unwrap_err();
    }
}
