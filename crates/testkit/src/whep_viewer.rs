//! A viewer by WebRTC that shows nothing and counts everything: packets, what is missing between them by sequence number, when the
//! first whole key picture was there, and how far apart sound and picture are by the sender's own reports.
//!
//! It is as cheap as a viewer can be, so that a hundred of them leave a small machine to the server that is measured: one
//! certificate for all, and packets are fetched in handfuls once the first picture has been seen.

mod count;

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::media::{Direction, MediaKind};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};
use tokio::net::UdpSocket;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) use self::count::KeyPicture;
pub use self::count::{Lane, Seen};
use crate::{Client, Result};

/// How long packets pile up in the socket once there is a picture: fewer wake-ups, and far less than a socket holds.
const HANDFUL: Duration = Duration::from_millis(4);

/// A session with nothing to do is looked at this often.
const IDLE: Duration = Duration::from_secs(5);

/// More than any datagram on loopback that a WebRTC sender makes.
const DATAGRAM_BYTES_MAX: usize = 2048;

/// A running view. Dropped without [`WhepViewer::leave`], it falls silent, as a browser that crashed.
#[derive(Debug)]
pub struct WhepViewer {
    client: Client,
    /// What ends the view, under the API's prefix.
    path: String,
    seen: Arc<Mutex<Seen>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl WhepViewer {
    /// Asks for a camera's main stream, H.264 with whatever sound the server has for browsers, and begins to count. Fails where the
    /// server refuses; whether the connection comes about is told by [`WhepViewer::seen`].
    pub async fn join(client: &Client, camera: &str) -> Result<Self> {
        let asked = now();
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let local = socket.local_addr()?;
        let (mut rtc, offer, pending) = offer(asked, local)?;
        let request = client.request(Method::POST, &format!("/cameras/{camera}/whep?stream=main"));
        let answer = request.header(CONTENT_TYPE, "application/sdp").body(offer).send().await?;
        let (status, location) = (answer.status(), answer.headers().get(LOCATION).cloned());
        let sdp = answer.text().await?;
        if !status.is_success() {
            return Err(format!("WHEP for camera {camera}: {status}: {sdp}").into());
        }
        let location = location.ok_or("a view without an address")?;
        let path = location.to_str()?.strip_prefix("/api/v1").ok_or("a view's address outside the API")?.to_owned();
        rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&on_loopback(&sdp)?)?)?;
        let seen: Arc<Mutex<Seen>> = Arc::default();
        let session = Session { rtc, socket, local, asked, seen: Arc::clone(&seen) };
        let (stop, stopped) = oneshot::channel();
        Ok(Self { client: client.clone(), path, seen, stop, task: tokio::spawn(session.run(stopped)) })
    }

    /// What came so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        locked(&self.seen).clone()
    }

    /// How much later sound comes than the picture it belongs to, in milliseconds: by the sender's reports, each packet has a
    /// moment at which it should be heard or seen, and comes so much after it; this is the difference between the two tracks'
    /// medians since the last call. `None` before both tracks had reports.
    pub fn sound_lag_ms(&self) -> Option<f64> {
        let mut seen = locked(&self.seen);
        let (video, audio) = (seen.video.take_delay_ms(), seen.audio.take_delay_ms());
        Some(audio? - video?)
    }

    /// Ends the view at the server; what came.
    pub async fn leave(self) -> Result<Seen> {
        self.client.delete(&self.path).await?;
        // Gone where the server said goodbye first.
        let _ = self.stop.send(());
        self.task.await?;
        Ok(locked(&self.seen).clone())
    }
}

fn locked(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time as the runtime has it.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Made once: a certificate takes longer than the rest of a handshake.
static IDENTITY: LazyLock<(Arc<CryptoProvider>, Option<DtlsCert>)> = LazyLock::new(|| {
    let provider = Arc::new(str0m::crypto::from_feature_flags());
    let certificate = provider.dtls_provider.generate_certificate();
    (provider, certificate)
});

fn offer(now: Instant, local: SocketAddr) -> Result<(Box<Rtc>, String, SdpPendingOffer)> {
    let (provider, certificate) = &*IDENTITY;
    let certificate = certificate.clone().ok_or("no certificate")?;
    let config = RtcConfig::new().set_crypto_provider(Arc::clone(provider)).set_dtls_cert(certificate).set_rtp_mode(true);
    // As browsers offer, as far as the server has a choice: H.264, then Opus before G.711.
    let config =
        config.clear_codecs().enable_h264(true).enable_opus(true, false).enable_pcmu(true, false).enable_pcma(true, false);
    let mut rtc = Box::new(config.build(now));
    rtc.add_local_candidate(Candidate::host(local, "udp")?);
    let mut api = rtc.sdp_api();
    api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
    api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
    let (offer, pending) = api.apply().ok_or("no offer")?;
    Ok((rtc, offer.to_sdp_string(), pending))
}

/// The answer with the candidates on loopback alone, so that all viewers take the same way.
fn on_loopback(sdp: &str) -> Result<String> {
    let foreign = |line: &&str| line.starts_with("a=candidate:") && !line.contains(" 127.0.0.1 ");
    let kept: String = sdp.lines().filter(|line| !foreign(line)).flat_map(|line| [line, "\r\n"]).collect();
    if kept.contains("a=candidate:") { Ok(kept) } else { Err("the answer has no candidate on loopback".into()) }
}

struct Session {
    rtc: Box<Rtc>,
    socket: UdpSocket,
    local: SocketAddr,
    asked: Instant,
    seen: Arc<Mutex<Seen>>,
}

impl Session {
    async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        let mut showing = false;
        loop {
            let Some(wake) = self.drain() else { return };
            tokio::select! {
                _ = &mut stop => {
                    // The datagrams that say so are all that is left to do.
                    let _ = self.rtc.close();
                    self.drain();
                    return;
                }
                ready = self.socket.readable() => {
                    if ready.is_err() {
                        return self.ended("its socket failed");
                    }
                    if showing {
                        tokio::time::sleep(HANDFUL).await;
                    }
                    self.receive(&mut buffer);
                    showing = showing || locked(&self.seen).key_picture.is_some();
                }
                () = tokio::time::sleep_until(wake.min(now() + IDLE).into()) => {
                    if self.rtc.handle_input(Input::Timeout(now())).is_err() {
                        return self.ended("its session failed");
                    }
                }
            }
        }
    }

    /// Takes all that waits in the socket.
    fn receive(&mut self, buffer: &mut [u8]) {
        while let Ok((length, from)) = self.socket.try_recv_from(buffer) {
            locked(&self.seen).datagram_bytes += length as u64;
            let Ok(receive) = Receive::new(Protocol::Udp, from, self.local, &buffer[..length]) else { continue };
            // What makes no sense is dropped; a session that it broke is found dead by `drain`.
            let _ = self.rtc.handle_input(Input::Receive(now(), receive));
            if self.drain().is_none() {
                return;
            }
        }
    }

    /// Does what the session wants done; when it wants to be told the time again, `None` at its end.
    fn drain(&mut self) -> Option<Instant> {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) if self.rtc.is_alive() => return Some(at),
                Ok(Output::Transmit(transmit)) => {
                    // Lost, as datagrams may be: ICE and RTCP say it again.
                    let _ = self.socket.try_send_to(&transmit.contents, transmit.destination);
                }
                Ok(Output::Event(Event::RtpPacket(packet))) => {
                    locked(&self.seen).take(&packet, now().saturating_duration_since(self.asked));
                }
                Ok(Output::Event(Event::Connected)) => {
                    locked(&self.seen).connected = Some(now().saturating_duration_since(self.asked));
                }
                Ok(Output::Event(Event::IceConnectionStateChange(IceConnectionState::Disconnected))) => self.rtc.disconnect(),
                Ok(Output::Event(_)) => {}
                Ok(Output::Timeout(_)) | Err(_) => {
                    self.ended("the connection ended");
                    return None;
                }
            }
        }
    }

    fn ended(&self, why: &'static str) {
        locked(&self.seen).ended.get_or_insert(why);
    }
}

#[cfg(test)]
mod tests {
    use super::on_loopback;

    #[test]
    fn candidates_elsewhere_are_left_out_and_one_on_loopback_is_needed() {
        let elsewhere = "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host";
        let here = "a=candidate:2 1 udp 2130706431 127.0.0.1 5000 typ host";
        assert_eq!(on_loopback(&format!("v=0\r\n{elsewhere}\r\n{here}\r\n")).unwrap(), format!("v=0\r\n{here}\r\n"));
        on_loopback(&format!("v=0\r\n{elsewhere}\r\n")).unwrap_err();
    }
}
