//! One RTP source (RFC 3550, section 5.1): its header, how far it has come, and what of it can be sent again (RFC 4588).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::rtp::Ssrc;

use super::rtcp;
use super::srtp::Outgoing;
use super::time::RtpTime;

/// Packets kept for resending: the last 5 s at 2 Mbit/s, or 1.2 s at 8 Mbit/s. A cached GOP leaves within a tenth of a second, and what a
/// slow viewer lost of its key picture must still be there when it asks. 40 bytes each: viewers share the payloads.
const KEPT_MAX: usize = 1024;

/// How often one packet is sent again: a viewer that asks more often has no way to us that a copy could help.
const RESENDS_MAX: u8 = 4;

/// Header and sequence number that a resend carries before the payload.
const ORIGINAL_SEQUENCE: usize = 2;

/// Where a source's packets go.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) ssrc: u32,
    /// The source and payload type of resends, where the viewer knows of them.
    pub(super) resend: Option<(u32, u8)>,
    /// Header extensions (RFC 8285): the number of each, and what it says.
    pub(super) extensions: Vec<(u8, Vec<u8>)>,
}

/// One packet: what differs from the one before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    pub(super) payload_type: u8,
    pub(super) marker: bool,
    pub(super) timestamp: u32,
    pub(super) payload: &'a Arc<[u8]>,
}

#[derive(Debug)]
struct Kept {
    marker: bool,
    timestamp: u32,
    payload: Arc<[u8]>,
    resends: u8,
}

/// A source.
#[derive(Debug)]
pub(super) struct Source {
    ssrc: u32,
    /// All that follows the fixed header.
    extensions: Vec<u8>,
    sequence: u64,
    pub(super) time: RtpTime,
    /// A moment on the wall clock and on this source's.
    clock: Option<(Instant, u32)>,
    packets: u32,
    octets: u32,
    resend: Option<Resend>,
}

#[derive(Debug)]
struct Resend {
    ssrc: u32,
    payload_type: u8,
    sequence: u64,
    /// The newest packets, up to the source's sequence number.
    kept: VecDeque<Kept>,
    /// Numbers of those that are to be sent again.
    wanted: VecDeque<u64>,
}

/// Datagrams that leave in one call: of one size each, but for the last, which may be smaller.
#[derive(Debug)]
pub(super) struct Burst<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) segment: usize,
    pub(super) packets: usize,
    full: bool,
}

impl<'a> Burst<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        out.clear();
        Self { out, segment: 0, packets: 0, full: false }
    }

    /// Whether a datagram of this length can go along; it is then counted.
    fn takes(&mut self, length: usize) -> bool {
        if self.full || (self.packets > 0 && length > self.segment) {
            return false;
        }
        self.segment = self.segment.max(length);
        self.full = length < self.segment;
        self.packets += 1;
        true
    }
}

impl Source {
    pub(super) fn new(way: &Way, rate: u32) -> Self {
        // Sequence numbers begin in the lower half, which leaves no doubt about the rollover counter (RFC 3711, section 3.3.1).
        // Timestamps begin far from 0, which RTCP reports until the first packet: receivers take that report for an outlier.
        let (first, start) = (|| u64::from(*Ssrc::new() & 0x7fff), *Ssrc::new() & 0x3fff_ffff | 0x4000_0000);
        let resend = way.resend.map(|(ssrc, payload_type)| {
            let (kept, wanted) = (VecDeque::new(), VecDeque::new());
            Resend { ssrc, payload_type, sequence: first(), kept, wanted }
        });
        let (ssrc, sequence) = (way.ssrc, first());
        let (time, extensions) = (RtpTime::new(rate, start), extensions(&way.extensions));
        Self { ssrc, extensions, sequence, time, clock: None, packets: 0, octets: 0, resend }
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// From here on packets say something else in their extensions.
    pub(super) fn say(&mut self, all: &[(u8, Vec<u8>)]) {
        self.extensions = extensions(all);
    }

    /// `timestamp` is what the wall clock showed at `wall`.
    pub(super) fn set_clock(&mut self, wall: Instant, timestamp: u32) {
        self.clock = Some((wall, timestamp));
    }

    /// Adds the next packet. False if it cannot go along.
    pub(super) fn add(&mut self, keys: &Outgoing, packet: Packet<'_>, burst: &mut Burst<'_>) -> bool {
        let header = FIXED_HEADER + self.extensions.len();
        if !burst.takes(header + packet.payload.len() + keys.tag_bytes()) {
            return false;
        }
        self.sequence += 1;
        let start = burst.out.len();
        self.header(packet.payload_type, packet.marker, self.sequence, packet.timestamp, self.ssrc, burst.out);
        burst.out.extend_from_slice(packet.payload);
        if keys.seal_rtp(burst.out, start, header, self.sequence).is_err() {
            // A key that is used up: nothing leaves in clear.
            burst.out.truncate(start);
        }
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(packet.payload.len() as u32);
        if let Some(resend) = &mut self.resend {
            if resend.kept.len() >= KEPT_MAX {
                resend.kept.pop_front();
            }
            let (marker, timestamp, payload) = (packet.marker, packet.timestamp, Arc::clone(packet.payload));
            resend.kept.push_back(Kept { marker, timestamp, payload, resends: 0 });
        }
        true
    }

    /// The viewer has not got this packet.
    pub(super) fn missing(&mut self, sequence: u16) {
        let Some(resend) = &mut self.resend else { return };
        let behind = u64::from((self.sequence as u16).wrapping_sub(sequence));
        let Some(place) = resend.kept.len().checked_sub(behind as usize + 1) else { return };
        let Some(kept) = resend.kept.get_mut(place).filter(|kept| kept.resends < RESENDS_MAX) else { return };
        kept.resends += 1;
        // Bounded by what is kept, times how often each is sent again.
        resend.wanted.push_back(self.sequence - behind);
    }

    /// Whether something is to be sent again.
    pub(super) fn is_wanted(&self) -> bool {
        self.resend.as_ref().is_some_and(|resend| !resend.wanted.is_empty())
    }

    /// Adds what is to be sent again, `most` packets at most.
    pub(super) fn add_wanted(&mut self, keys: &Outgoing, burst: &mut Burst<'_>, most: usize) {
        let Some(mut resend) = self.resend.take() else { return };
        let header = FIXED_HEADER + self.extensions.len();
        while burst.packets < most
            && let Some(&number) = resend.wanted.front()
        {
            let place = resend.kept.len().checked_sub((self.sequence - number) as usize + 1);
            let Some(kept) = place.and_then(|place| resend.kept.get(place)) else {
                resend.wanted.pop_front();
                continue;
            };
            if !burst.takes(header + ORIGINAL_SEQUENCE + kept.payload.len() + keys.tag_bytes()) {
                break;
            }
            resend.wanted.pop_front();
            resend.sequence += 1;
            let start = burst.out.len();
            self.header(resend.payload_type, kept.marker, resend.sequence, kept.timestamp, resend.ssrc, burst.out);
            burst.out.extend_from_slice(&(number as u16).to_be_bytes());
            burst.out.extend_from_slice(&kept.payload);
            if keys.seal_rtp(burst.out, start, header, resend.sequence).is_err() {
                burst.out.truncate(start);
            }
        }
        self.resend = Some(resend);
    }

    /// What has left so far, for a sender report at `now`, whose wall-clock time is `ntp`. None before the first packet.
    pub(super) fn sent(&self, now: Instant, ntp: u64) -> Option<rtcp::Sent> {
        let (wall, timestamp) = self.clock?;
        let since = self.time.ticks(now.saturating_duration_since(wall)) as u32;
        let (ssrc, packets, octets) = (self.ssrc, self.packets, self.octets);
        (packets > 0).then_some(rtcp::Sent { ssrc, ntp, rtp: timestamp.wrapping_add(since), packets, octets })
    }

    fn header(&self, payload_type: u8, marker: bool, sequence: u64, timestamp: u32, ssrc: u32, out: &mut Vec<u8>) {
        let mut fixed = [0; FIXED_HEADER];
        fixed[0] = 0x80 | if self.extensions.is_empty() { 0 } else { 0x10 };
        fixed[1] = payload_type & 0x7f | if marker { 0x80 } else { 0 };
        fixed[2..4].copy_from_slice(&(sequence as u16).to_be_bytes());
        fixed[4..8].copy_from_slice(&timestamp.to_be_bytes());
        fixed[8..].copy_from_slice(&ssrc.to_be_bytes());
        out.extend_from_slice(&fixed);
        out.extend_from_slice(&self.extensions);
    }
}

/// Bytes of an RTP header without extensions.
const FIXED_HEADER: usize = 12;

/// One-byte headers (RFC 8285, section 4.2): number and length less one, then what it says; none longer than 16 bytes.
fn extensions(all: &[(u8, Vec<u8>)]) -> Vec<u8> {
    if all.is_empty() {
        return Vec::new();
    }
    let mut bytes = vec![0xbe, 0xde, 0, 0];
    for (number, says) in all.iter().filter(|(number, says)| (1..15).contains(number) && (1..=16).contains(&says.len())) {
        bytes.push(number << 4 | (says.len() - 1) as u8);
        bytes.extend_from_slice(says);
    }
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes[3] = (bytes.len() / 4 - 1) as u8;
    bytes
}

/// A wall clock that all sources of a session are stamped by (RFC 3550, section 4): seconds in the upper half. It counts from
/// the session's start, for a viewer compares its moments with each other alone.
#[derive(Debug, Clone, Copy)]
pub(super) struct WallClock(Instant);

impl WallClock {
    /// Where it begins: in 2024, for receivers that take earlier times for unset.
    const EPOCH: u64 = 0xea00_0000;

    pub(super) fn new(now: Instant) -> Self {
        Self(now)
    }

    pub(super) fn at(self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.0);
        ((Self::EPOCH + since.as_secs()) << 32) + (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000
    }

    /// The round trip that a report block tells (RFC 3550, section 6.4.1), if it saw a report of ours.
    pub(super) fn round_trip(self, now: Instant, block: &rtcp::Block) -> Option<Duration> {
        let middle = (self.at(now) >> 16) as u32;
        let took = middle.wrapping_sub(block.last_report).checked_sub(block.delay)?;
        // Beyond a minute it is a report about nothing of ours.
        let micros = (u64::from(took) * 1_000_000) >> 16;
        (block.last_report != 0 && micros < 60_000_000).then_some(Duration::from_micros(micros))
    }
}
