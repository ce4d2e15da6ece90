//! What an offer asks for and what the answer gives: H.264 with packetization-mode 1, G.711, Opus, nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::limits::SDP_BYTES_MAX;
use str0m::change::SdpOffer;
use str0m::config::{CryptoProvider, DtlsCert};
use str0m::format::{Codec, CodecConfig, CodecSpec, FormatParams, PayloadParams};
use str0m::media::{Frequency, MediaKind, Mid, Pt};
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{Candidate, IceCreds, Rtc, RtcConfig};

use super::handshake;
use super::source::Way;
use crate::au::{AudioCodec, VideoCodec, VideoFormat};

/// The stack reports on nothing, for it sends nothing.
const REPORT_INTERVAL: Duration = Duration::from_secs(24 * 3600);

/// Bytes of a name of a media section at most that are repeated in each packet.
const MID_BYTES_MAX: usize = 16;

/// Profiles of H.264 that browsers offer, with the payload types that they get unless the offer has its own:
/// baseline, constrained baseline, main, high.
const H264_PROFILES: [(u8, u8, u32); 4] =
    [(127, 121, 0x42_001f), (108, 109, 0x42_e01f), (123, 119, 0x4d_001f), (114, 115, 0x64_001f)];

/// What is wrong with an offer, or with the stream that it is for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// Not an SDP offer that can be answered.
    #[error("the offer cannot be used: {0}")]
    Invalid(String),
    /// An offer without H.264 in packetization-mode 1 that it wants to receive.
    #[error("the offer has no H.264 video with packetization-mode 1 to receive")]
    NoCommonCodec,
    /// The stream is H.265, which WebRTC viewers are not sent.
    #[error("the stream is H.265")]
    H265,
    /// No certificate could be made.
    #[error("no DTLS certificate could be made")]
    NoCertificate,
}

/// The server's side of every DTLS handshake; made once, for a key takes longer than the rest of an answer.
#[derive(Clone)]
pub struct Identity {
    provider: Arc<CryptoProvider>,
    certificate: DtlsCert,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl Identity {
    /// A new self-signed certificate, which the answers vouch for by its fingerprint.
    ///
    /// # Errors
    /// [`OfferError::NoCertificate`] where the machine has no randomness or memory for one.
    pub fn generate() -> Result<Self, OfferError> {
        let provider = Arc::new(handshake::provider());
        let certificate = provider.dtls_provider.generate_certificate().ok_or(OfferError::NoCertificate)?;
        Ok(Self { provider, certificate })
    }
}

/// An offer answered.
pub(super) struct Agreed {
    pub(super) rtc: Rtc,
    pub(super) ufrag: String,
    pub(super) answer: String,
    pub(super) keys: handshake::Agreed,
    pub(super) video: AgreedVideo,
    pub(super) audio: Option<AgreedAudio>,
}

/// The section for pictures.
#[derive(Debug)]
pub(super) struct AgreedVideo {
    pub(super) payload_type: u8,
    way: Way,
    /// The number of the header extension by which a viewer is told how long to hold pictures back.
    playout_delay: Option<u8>,
}

impl AgreedVideo {
    /// Asks the browser to show pictures as soon as they are decoded, or, where they come unevenly, leaves it to buffer.
    pub(super) fn way(&self, uneven: bool) -> Way {
        let mut way = self.way.clone();
        // 12 bits each: at least 0, and at most 0 or the largest that can be said.
        let delay = if uneven { [0, 0x0f, 0xff] } else { [0; 3] };
        way.extensions.extend(self.playout_delay.map(|number| (number, delay.to_vec())));
        way
    }
}

/// The section for sound, and what may be sent there.
#[derive(Debug)]
pub(super) struct AgreedAudio {
    pub(super) way: Way,
    pcmu: Option<u8>,
    pcma: Option<u8>,
    opus: Option<u8>,
}

impl AgreedAudio {
    pub(super) fn payload_type(&self, codec: AudioCodec) -> Option<u8> {
        match codec {
            AudioCodec::Pcmu => self.pcmu,
            AudioCodec::Pcma => self.pcma,
            AudioCodec::Opus => self.opus,
            AudioCodec::Aac => None,
        }
    }
}

pub(super) fn answer(
    now: Instant,
    identity: &Identity,
    local: &[SocketAddr],
    video: &VideoFormat,
    offer: &str,
) -> Result<Agreed, OfferError> {
    if video.codec != VideoCodec::H264 {
        return Err(OfferError::H265);
    }
    if offer.len() > SDP_BYTES_MAX {
        return Err(OfferError::Invalid(format!("longer than {SDP_BYTES_MAX} bytes")));
    }
    let invalid = |error: &dyn std::fmt::Display| OfferError::Invalid(error.to_string());
    let sections = sections(offer);
    let parsed = SdpOffer::from_sdp_string(offer).map_err(|error| invalid(&error))?;
    let credentials = IceCreds::new();
    let (keys, mut rtc) = handshake::Agreed::of(|| config(identity, credentials.clone()).build(now));
    for address in local {
        rtc.add_local_candidate(Candidate::host(*address, "udp").map_err(|error| invalid(&error))?);
    }
    let answer = rtc.sdp_api().accept_offer(parsed).map_err(|error| invalid(&error))?;

    let profile = video.parameter_sets.iter().find(|set| set.first().is_some_and(|nal| nal & 0x1f == 7));
    let profile = profile.and_then(|sps| sps.get(1).copied());
    let video = sections.iter().find_map(|mid| pictures(&mut rtc, *mid, profile)).ok_or(OfferError::NoCommonCodec)?;
    let audio = sections.iter().find_map(|mid| sound(&mut rtc, *mid));
    Ok(Agreed { rtc, ufrag: credentials.ufrag, answer: answer.to_sdp_string(), keys, video, audio })
}

fn config(identity: &Identity, credentials: IceCreds) -> RtcConfig {
    let mut config = RtcConfig::new()
        .set_crypto_provider(Arc::clone(&identity.provider))
        .set_dtls_cert(identity.certificate.clone())
        .set_local_ice_credentials(credentials)
        .set_ice_lite(true)
        .set_rtp_mode(true)
        .set_extension_map(extensions())
        .set_stats_interval(None)
        .set_rtcp_report_interval_audio(REPORT_INTERVAL)
        .set_rtcp_report_interval_video(REPORT_INTERVAL);
    *config.codec_config() = codecs();
    config
}

/// No transport-wide sequence numbers: nothing here estimates bandwidth, and their feedback would cost more than the media.
fn extensions() -> ExtensionMap {
    let mut map = ExtensionMap::empty();
    map.set(4, Extension::RtpMid);
    map.set(6, Extension::PlayoutDelay);
    map
}

fn codecs() -> CodecConfig {
    let h264 = H264_PROFILES.map(|(pt, resend, profile_level_id)| {
        let format = FormatParams {
            level_asymmetry_allowed: Some(true),
            packetization_mode: Some(1),
            profile_level_id: Some(profile_level_id),
            ..FormatParams::default()
        };
        let spec = CodecSpec { codec: Codec::H264, clock_rate: Frequency::NINETY_KHZ, channels: None, format };
        PayloadParams::new(pt.into(), Some(resend.into()), spec)
    });
    let g711 = [(0_u8, Codec::PCMU), (8, Codec::PCMA)].map(|(pt, codec)| {
        let format = FormatParams::default();
        let spec = CodecSpec { codec, clock_rate: Frequency::EIGHT_KHZ, channels: None, format };
        PayloadParams::new(pt.into(), None, spec)
    });
    // Always two channels there, whatever is sent (RFC 7587, section 7).
    let format = FormatParams { min_p_time: Some(10), use_inband_fec: Some(true), ..FormatParams::default() };
    let spec = CodecSpec { codec: Codec::Opus, clock_rate: Frequency::FORTY_EIGHT_KHZ, channels: Some(2), format };
    let opus = PayloadParams::new(111.into(), None, spec);
    let mut all: Vec<_> = h264.into_iter().chain(g711).chain([opus]).collect();
    for params in &mut all {
        params.set_fb_transport_cc(false);
        params.set_fb_remb(false);
    }
    CodecConfig::new_from_payload_params(all)
}

/// The `mid` of each media section, in the offer's order. The offer itself is parsed, and refused, elsewhere.
fn sections(offer: &str) -> Vec<Mid> {
    offer.lines().filter_map(|line| line.trim_end().strip_prefix("a=mid:")).map(Mid::from).collect()
}

/// The payload types of one codec that both sides agreed on in a section where we send.
fn agreed(rtc: &Rtc, mid: Mid, kind: MediaKind, codec: Codec) -> impl Iterator<Item = &PayloadParams> {
    let media = rtc.media(mid).filter(|media| media.kind() == kind && media.direction().is_sending() && !media.disabled());
    let types = media.map_or(&[][..], |media| media.remote_pts());
    rtc.codec_config().params().iter().filter(move |params| params.spec().codec == codec && types.contains(&params.pt()))
}

/// Where a section's packets go, as the answer says.
fn way(rtc: &mut Rtc, mid: Mid, resend: Option<Pt>) -> Option<Way> {
    let mut extensions = Vec::new();
    let number = rtc.media(mid)?.remote_extmap().id_of(Extension::RtpMid);
    let name: &str = &mid;
    if let Some(number) = number.filter(|_| name.len() <= MID_BYTES_MAX) {
        extensions.push((number, name.as_bytes().to_vec()));
    }
    let mut api = rtc.direct_api();
    let stream = api.stream_tx_by_mid(mid, None)?;
    let resend = stream.rtx().zip(resend).map(|(ssrc, payload_type)| (*ssrc, *payload_type));
    Some(Way { ssrc: *stream.ssrc(), resend, extensions })
}

/// The payload type whose profile is the stream's, else any: decoders follow the parameter sets in the stream.
fn pictures(rtc: &mut Rtc, mid: Mid, profile: Option<u8>) -> Option<AgreedVideo> {
    let matches = |params: &&PayloadParams| {
        let offered = params.spec().format.profile_level_id.map(|id| (id >> 16) as u8);
        offered.is_some() && offered == profile
    };
    let mut all = agreed(rtc, mid, MediaKind::Video, Codec::H264).filter(|p| p.spec().format.packetization_mode == Some(1));
    let any = all.next()?;
    let best = std::iter::once(any).chain(all).find(matches).unwrap_or(any);
    let (payload_type, resend) = (*best.pt(), best.resend());
    let playout_delay = rtc.media(mid)?.remote_extmap().id_of(Extension::PlayoutDelay);
    Some(AgreedVideo { payload_type, way: way(rtc, mid, resend)?, playout_delay })
}

fn sound(rtc: &mut Rtc, mid: Mid) -> Option<AgreedAudio> {
    let payload_type = |codec| agreed(rtc, mid, MediaKind::Audio, codec).next().map(|params| *params.pt());
    let (pcmu, pcma, opus) = (payload_type(Codec::PCMU), payload_type(Codec::PCMA), payload_type(Codec::Opus));
    [pcmu, pcma, opus].iter().any(Option::is_some).then_some(())?;
    Some(AgreedAudio { way: way(rtc, mid, None)?, pcmu, pcma, opus })
}
