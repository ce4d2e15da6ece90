//! The RTCP that a sender writes and reads: sender reports, receiver reports (RFC 3550, section 6.4), and feedback that asks for
//! packets (RFC 4585, section 6.2.1) or a key picture (section 6.3.1; RFC 5104, section 4.3.1).

/// Packet types.
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;

/// Formats of feedback.
const GENERIC_NACK: u8 = 1;
const PICTURE_LOSS: u8 = 1;
const FULL_INTRA: u8 = 4;

/// The name of all our sources together: it says that they belong to one clock, and nothing of whose they are.
const CNAME: &[u8] = b"atipcam";

/// What a viewer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feedback {
    /// How this source arrives.
    Report(Block),
    /// This packet did not arrive.
    Missing { ssrc: u32, sequence: u16 },
    /// A key picture is needed.
    KeyWanted { ssrc: u32 },
}

/// A report block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) ssrc: u32,
    /// Packets lost since the last report, in 256ths.
    pub(super) lost: u8,
    /// In ticks of the source.
    pub(super) jitter: u32,
    /// The middle of the newest sender report's time, and how long ago that came, in 65536ths of a second. 0: none came.
    pub(super) last_report: u32,
    pub(super) delay: u32,
}

/// What a source has sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) ssrc: u32,
    /// The same moment on the wall clock, in seconds and 2^-32 of one, and on the source's.
    pub(super) ntp: u64,
    pub(super) rtp: u32,
    pub(super) packets: u32,
    pub(super) octets: u32,
}

/// Whether a datagram is RTP or RTCP (RFC 7983).
pub(super) fn is_rtp(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| (128..192).contains(first))
}

/// Whether one that is either is RTCP (RFC 5761, section 4).
pub(super) fn is_rtcp(datagram: &[u8]) -> bool {
    datagram.get(1).is_some_and(|second| (192..224).contains(second))
}

/// Reads the packets of one datagram; what makes no sense ends it.
pub(super) fn read(mut datagram: &[u8], mut say: impl FnMut(Feedback)) {
    while let Some((&[first, kind, high, low], rest)) = datagram.split_first_chunk::<4>() {
        let words = usize::from(u16::from_be_bytes([high, low]));
        let Some((body, next)) = rest.split_at_checked(4 * words) else { return };
        datagram = next;
        let count = first & 0x1f;
        match kind {
            // A sender's own report lies between its name and the blocks.
            SENDER_REPORT => blocks(body.get(24..), count, &mut say),
            RECEIVER_REPORT => blocks(body.get(4..), count, &mut say),
            TRANSPORT_FEEDBACK if count == GENERIC_NACK => missing(body, &mut say),
            PAYLOAD_FEEDBACK if count == PICTURE_LOSS => {
                word(body, 4).into_iter().for_each(|ssrc| say(Feedback::KeyWanted { ssrc }));
            }
            PAYLOAD_FEEDBACK if count == FULL_INTRA => {
                body.get(8..).unwrap_or_default().chunks_exact(8).filter_map(|entry| word(entry, 0)).for_each(|ssrc| {
                    say(Feedback::KeyWanted { ssrc });
                });
            }
            _ => {}
        }
    }
}

fn blocks(body: Option<&[u8]>, count: u8, say: &mut impl FnMut(Feedback)) {
    for block in body.unwrap_or_default().chunks_exact(24).take(count.into()) {
        let (Some(ssrc), Some(&lost), Some(jitter), Some(last_report), Some(delay)) =
            (word(block, 0), block.get(4), word(block, 12), word(block, 16), word(block, 20))
        else {
            return;
        };
        say(Feedback::Report(Block { ssrc, lost, jitter, last_report, delay }));
    }
}

/// Each entry names a packet, and by a bit each of the 16 that follow it.
fn missing(body: &[u8], say: &mut impl FnMut(Feedback)) {
    let Some(ssrc) = word(body, 4) else { return };
    for entry in body.get(8..).unwrap_or_default().chunks_exact(4).filter_map(|entry| word(entry, 0)) {
        let (first, more) = ((entry >> 16) as u16, entry as u16);
        say(Feedback::Missing { ssrc, sequence: first });
        for bit in (0..16).filter(|bit| more & (1 << bit) != 0) {
            say(Feedback::Missing { ssrc, sequence: first.wrapping_add(bit + 1) });
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)
}

/// Writes a report a source, and their name.
pub(super) fn write(sources: &[Sent], out: &mut Vec<u8>) {
    for Sent { ssrc, ntp, rtp, packets, octets } in sources {
        out.extend_from_slice(&[0x80, SENDER_REPORT, 0, 6]);
        out.extend_from_slice(&ssrc.to_be_bytes());
        out.extend_from_slice(&ntp.to_be_bytes());
        [rtp, packets, octets].into_iter().for_each(|field| out.extend_from_slice(&field.to_be_bytes()));
    }
    // A chunk a source: its name, item CNAME, and at least one zero up to the next word.
    let chunk = (4 + 2 + CNAME.len() + 1).next_multiple_of(4);
    let count = sources.len().min(0x1f);
    let words = (count * chunk / 4) as u16;
    out.extend_from_slice(&[0x80 | count as u8, DESCRIPTION]);
    out.extend_from_slice(&words.to_be_bytes());
    for source in sources.iter().take(count) {
        let end = out.len() + chunk;
        out.extend_from_slice(&source.ssrc.to_be_bytes());
        out.extend_from_slice(&[1, CNAME.len() as u8]);
        out.extend_from_slice(CNAME);
        out.resize(end, 0);
    }
}

#[cfg(test)]
#[path = "rtcp_tests.rs"]
mod tests;
