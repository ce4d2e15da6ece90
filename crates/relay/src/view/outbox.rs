//! Datagrams that leave in one system call: those to one viewer, one after the other, of one size, the last perhaps smaller.

use std::net::SocketAddr;

use media::live::whep::Datagram;

/// Bytes of one call at most: what the length of an IP packet can say, less the headers.
const BYTES_MAX: usize = u16::MAX as usize - 128;

/// Datagrams on their way out. The system cuts them apart again ("generic segmentation offload").
#[derive(Debug)]
pub(super) struct Outbox {
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
    /// Bytes of each datagram but the last, which may have fewer.
    segment: usize,
    count: usize,
    /// The last one had fewer: nothing can follow it.
    closed: bool,
}

impl Outbox {
    pub(super) fn new() -> Self {
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        Self { from: nowhere, to: nowhere, bytes: Vec::with_capacity(BYTES_MAX), segment: 0, count: 0, closed: false }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Takes a datagram, unless those that wait must leave first. `segments_max`: how many the system takes in one call.
    pub(super) fn push(&mut self, datagram: &Datagram, segments_max: usize) -> bool {
        let length = datagram.bytes.len();
        if self.is_empty() {
            (self.from, self.to, self.segment) = (datagram.from, datagram.to, length);
        } else {
            let joins = (self.from, self.to) == (datagram.from, datagram.to) && !self.closed && length <= self.segment;
            if !joins || self.count >= segments_max || self.bytes.len() + length > BYTES_MAX {
                return false;
            }
        }
        self.closed = length < self.segment;
        self.bytes.extend_from_slice(&datagram.bytes);
        self.count += 1;
        true
    }

    /// What waits: from where, to where, the bytes, and how many of them each datagram has.
    pub(super) fn contents(&self) -> (SocketAddr, SocketAddr, &[u8], usize) {
        (self.from, self.to, &self.bytes, self.segment)
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
        self.closed = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datagram(port: u16, length: usize) -> Datagram {
        Datagram { from: ([127, 0, 0, 1], 1).into(), to: ([127, 0, 0, 1], port).into(), bytes: vec![7; length] }
    }

    /// How many of these datagrams to these ports go along with the first.
    fn taken(datagrams: &[(u16, usize)], segments_max: usize) -> usize {
        let mut outbox = Outbox::new();
        datagrams.iter().take_while(|(port, length)| outbox.push(&datagram(*port, *length), segments_max)).count()
    }

    #[test]
    fn datagrams_of_one_size_to_one_viewer_leave_together_and_a_smaller_one_is_the_last() {
        for (datagrams, together) in [
            (&[(2, 1200), (2, 1200), (2, 900), (2, 900)][..], 3),
            (&[(2, 100), (2, 1200)], 1),
            (&[(2, 1200), (3, 1200)], 1),
            (&[(2, 1200); 64], 54),
            (&[(2, 100); 70], 64),
        ] {
            assert_eq!(taken(datagrams, 64), together, "{datagrams:?}");
        }
        assert_eq!(taken(&[(2, 1200); 3], 1), 1, "a system without the offload gets them one by one");
    }

    #[test]
    fn a_cleared_outbox_is_as_new() {
        let mut outbox = Outbox::new();
        assert!(outbox.push(&datagram(2, 100), 64) && outbox.push(&datagram(2, 50), 64));
        outbox.clear();
        assert!(outbox.is_empty() && outbox.push(&datagram(3, 700), 64));
        let (_, to, bytes, segment) = outbox.contents();
        assert_eq!((to.port(), bytes.len(), segment), (3, 700, 700));
    }
}
