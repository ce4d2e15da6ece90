//! The `Transport` header of `SETUP` (RFC 2326 12.39).

use super::wire::number;

/// How one track's packets reach the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// Inside the RTSP connection: RTP on channel `rtp`, RTCP on the next.
    Interleaved { rtp: u8 },
    /// To two UDP ports of the client.
    Udp { rtp: u16, rtcp: u16 },
}

/// What a client proposes, one entry an alternative, best first: `None` where this server has no such thing.
pub(super) fn proposals(header: &str, default_channel: u8) -> impl Iterator<Item = Transport> {
    header.split(',').filter_map(move |one| proposal(one.trim(), default_channel))
}

fn proposal(text: &str, default_channel: u8) -> Option<Transport> {
    let mut parts = text.split(';').map(str::trim);
    let profile = parts.next()?.to_ascii_uppercase();
    let (mut channels, mut ports, mut multicast) = (None, None, false);
    for part in parts {
        match part.split_once('=') {
            Some(("interleaved", value)) => channels = Some(pair::<u8>(value)?),
            Some(("client_port", value)) => ports = Some(pair::<u16>(value)?),
            Some(("mode", value)) if !value.trim_matches('"').eq_ignore_ascii_case("play") => return None,
            None if part.eq_ignore_ascii_case("multicast") => multicast = true,
            // `destination` above all: packets go to who asked, or the server is a weapon.
            _ => {}
        }
    }
    match profile.as_str() {
        _ if multicast => None,
        "RTP/AVP/TCP" => {
            let rtp = channels.map_or(default_channel, |(rtp, _)| rtp);
            (rtp < u8::MAX).then_some(Transport::Interleaved { rtp })
        }
        "RTP/AVP" | "RTP/AVP/UDP" => {
            let (rtp, rtcp) = ports?;
            let rtcp = rtcp.or(rtp.checked_add(1))?;
            (rtp != 0).then_some(Transport::Udp { rtp, rtcp })
        }
        _ => None,
    }
}

/// `a-b` or `a`.
fn pair<T: std::str::FromStr>(text: &str) -> Option<(T, Option<T>)> {
    match text.split_once('-') {
        Some((a, b)) => Some((number(a)?, Some(number(b)?))),
        None => Some((number(text)?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proposals_are_read_or_passed_over() {
        let tcp = |rtp| Some(Transport::Interleaved { rtp });
        let udp = |rtp, rtcp| Some(Transport::Udp { rtp, rtcp });
        for (text, expected) in [
            ("RTP/AVP/TCP;unicast;interleaved=4-5", tcp(4)),
            ("RTP/AVP/TCP;interleaved=6", tcp(6)),
            ("RTP/AVP/TCP;unicast;mode=\"PLAY\"", tcp(2)),
            ("RTP/AVP;unicast;client_port=5000-5001", udp(5000, 5001)),
            ("RTP/AVP/UDP;unicast;client_port=5000;destination=10.0.0.1", udp(5000, 5001)),
            ("RTP/AVP;multicast, RTP/SAVP;unicast;client_port=1-2, RTP/AVP/TCP;unicast", tcp(2)),
            ("RTP/AVP;unicast;client_port=65535", None),
            ("RTP/AVP;unicast;client_port=0-1", None),
            ("RTP/AVP;unicast", None),
            ("RTP/AVP/TCP;interleaved=255-256", None),
            ("RTP/AVP/TCP;interleaved=+1-2", None),
            ("RTP/AVP/TCP;mode=record", None),
            ("", None),
        ] {
            assert_eq!(proposals(text, 2).next(), expected, "{text}");
        }
    }
}
