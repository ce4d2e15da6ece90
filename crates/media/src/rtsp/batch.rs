use bytes::{BufMut, Bytes, BytesMut};

use crate::au::Track;

/// Bytes before each packet: `$`, channel, length (RFC 2326 10.12).
pub(super) const FRAME_HEAD: usize = 4;

/// Packets of one track that belong together, framed for interleaved transport in one piece of memory. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Batch {
    pub(super) track: Track,
    pub(super) rtcp: bool,
    framed: Bytes,
    /// Where each packet ends in `framed`.
    ends: Box<[u32]>,
}

impl Batch {
    /// Frames whole RTP packets, for instance those of another batch in another order.
    pub fn of_packets<'a>(track: Track, packets: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut builder = Builder::new(track, false, 0);
        for packet in packets {
            builder.begin();
            builder.out.put_slice(packet);
        }
        builder.finish(false)
    }

    /// Which track.
    #[must_use]
    pub fn track(&self) -> Track {
        self.track
    }

    /// The packets, without their frames.
    pub fn packets(&self) -> impl ExactSizeIterator<Item = Bytes> + '_ {
        (0..self.ends.len()).map(|i| {
            let start = if i == 0 { 0 } else { self.ends[i - 1] as usize };
            self.framed.slice(start + FRAME_HEAD..self.ends[i] as usize)
        })
    }

    /// Bytes with frames: what a client over TCP gets.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.framed.len()
    }

    /// Whether these are reports.
    #[must_use]
    pub fn is_rtcp(&self) -> bool {
        self.rtcp
    }

    /// The channel written into the frames. RTCP goes on the next one (RFC 2326 10.12).
    pub(super) const fn default_channel(track: Track) -> u8 {
        match track {
            Track::Video => 0,
            Track::Audio => 2,
        }
    }

    /// All frames, for RTP channel `channel`; copies only where that is not the default one.
    #[must_use]
    pub fn framed(&self, channel: u8) -> Bytes {
        if channel == Self::default_channel(self.track) {
            return self.framed.clone();
        }
        let mut copy = BytesMut::from(&self.framed[..]);
        let mut start = 0;
        for end in &self.ends {
            copy[start + 1] = channel + u8::from(self.rtcp);
            start = *end as usize;
        }
        copy.freeze()
    }
}

/// Writes a batch packet by packet.
#[derive(Debug)]
pub(super) struct Builder {
    track: Track,
    rtcp: bool,
    pub(super) out: BytesMut,
    start: Option<usize>,
    ends: Vec<u32>,
}

impl Builder {
    pub(super) fn new(track: Track, rtcp: bool, capacity: usize) -> Self {
        Self { track, rtcp, out: BytesMut::with_capacity(capacity), start: None, ends: Vec::new() }
    }

    /// Ends the packet before and begins one; what is put into `out` from here on is the packet.
    pub(super) fn begin(&mut self) {
        self.end();
        self.start = Some(self.out.len());
        self.out.put_slice(&[b'$', Batch::default_channel(self.track) + u8::from(self.rtcp), 0, 0]);
    }

    fn end(&mut self) {
        let Some(start) = self.start.take() else { return };
        // Packets are cut to an MTU; a caller's own longer than a frame can say would be cut short on the wire.
        let length = u16::try_from(self.out.len() - start - FRAME_HEAD).unwrap_or(u16::MAX);
        self.out.truncate(start + FRAME_HEAD + usize::from(length));
        self.out[start + 2..start + FRAME_HEAD].copy_from_slice(&length.to_be_bytes());
        self.ends.push(u32::try_from(self.out.len()).unwrap_or(u32::MAX));
    }

    /// The batch; `mark` sets the RTP marker of its last packet.
    pub(super) fn finish(mut self, mark: bool) -> Batch {
        if let Some(start) = self.start.filter(|_| mark) {
            self.out[start + FRAME_HEAD + 1] |= 0x80;
        }
        self.end();
        Batch { track: self.track, rtcp: self.rtcp, framed: self.out.freeze(), ends: self.ends.into_boxed_slice() }
    }
}
