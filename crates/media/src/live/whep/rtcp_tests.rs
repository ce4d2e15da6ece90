use proptest::prelude::*;

use super::*;

fn said(datagram: &[u8]) -> Vec<Feedback> {
    let mut all = Vec::new();
    read(datagram, |feedback| all.push(feedback));
    all
}

#[test]
fn a_browsers_feedback_is_understood() {
    // A receiver report with two blocks, then a request for packets, then both ways to ask for a key picture.
    let block =
        |ssrc: u8| [[0, 0, 0, ssrc].as_slice(), &[64, 0, 0, 9], &[0; 4], &[0, 0, 1, 0], &[1, 2, 3, 4], &[0, 1, 0, 0]].concat();
    let report = [&[0x82, 201, 0, 13, 0, 0, 0, 1][..], &block(7), &block(8)].concat();
    let nack = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 7, 0xff, 0xff, 0x80, 0x01];
    let loss = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7];
    let intra = [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0, 0];
    let of = |ssrc| Feedback::Report(Block { ssrc, lost: 64, jitter: 256, last_report: 0x0102_0304, delay: 65_536 });
    let missing = |sequence| Feedback::Missing { ssrc: 7, sequence };
    let wanted = Feedback::KeyWanted { ssrc: 7 };
    assert_eq!(
        said(&[&report[..], &nack, &loss, &intra].concat()),
        [of(7), of(8), missing(0xffff), missing(0), missing(15), wanted, wanted]
    );
}

#[test]
fn a_packet_longer_than_its_datagram_ends_it() {
    assert_eq!(said(&[0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7, 0x81, 206, 0, 9, 0, 0, 0, 1, 0, 0, 0, 7]).len(), 1);
    assert_eq!(said(&[0x81, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 7]), []);
}

#[test]
fn reports_are_whole_packets() {
    let source = |ssrc| Sent { ssrc, ntp: 0x0102_0304_0506_0708, rtp: 9, packets: 10, octets: 11 };
    let mut out = Vec::new();
    write(&[source(1), source(2)], &mut out);
    let mut rest = &out[..];
    let mut kinds = Vec::new();
    while let [_, kind, high, low, ..] = *rest {
        kinds.push(kind);
        rest = &rest[4 + 4 * usize::from(u16::from_be_bytes([high, low]))..];
    }
    assert_eq!((kinds, rest.len()), (vec![SENDER_REPORT, SENDER_REPORT, DESCRIPTION], 0));
    assert_eq!(out[8..16], 0x0102_0304_0506_0708_u64.to_be_bytes());
    // A sender's own report is no block about anybody.
    assert_eq!(said(&out), []);
}

proptest! {
    #[test]
    fn garbage_is_read_without_panic(datagram in prop::collection::vec(any::<u8>(), 0..300), kind in 200u8..207, first in 128u8..160) {
        said(&datagram);
        said(&[&[first, kind, 0, (datagram.len() / 4) as u8][..], &datagram].concat());
    }
}
