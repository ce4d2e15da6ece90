use super::*;

/// A packet, with the marker where it is the last of its unit.
fn sent(marker: bool, timestamp: u32, payload: &[u8]) -> Packet<'_> {
    Packet { marker, payload_type: 96, sequence: 0, timestamp, source: 1, mark: None, payload }
}

/// A packet: its marker, its time, what is lost before it, what it carries.
type Sent<'a> = (bool, u32, u16, &'a [u8]);

/// What packets make up, each with its time and what is lost before it: time, lost, gap, parameter sets, data.
type Told = (i64, u32, bool, Vec<Vec<u8>>, Vec<u8>);

fn told(assembler: &mut Assembler) -> Vec<Told> {
    let units = std::iter::from_fn(|| assembler.poll());
    units.map(|u| (u.time, u.lost, u.gap, u.parameter_sets.iter().map(|set| set.to_vec()).collect(), u.data.to_vec())).collect()
}

fn units(codec: VideoCodec, packets: &[Sent<'_>]) -> (Vec<Told>, Vec<WireError>) {
    let mut assembler = Assembler::new(codec);
    let pushed = packets
        .iter()
        .map(|(marker, time, lost, payload)| assembler.push(&sent(*marker, *time, payload), i64::from(*time), *lost));
    let errors = pushed.filter_map(Result::err).collect();
    (told(&mut assembler), errors)
}

/// Of packets that all make sense.
fn good(codec: VideoCodec, packets: &[Sent<'_>]) -> Vec<Told> {
    let (units, errors) = units(codec, packets);
    assert!(errors.is_empty(), "{errors:?}");
    units
}

fn unit(time: i64, data: &[u8]) -> Told {
    (time, 0, false, Vec::new(), data.to_vec())
}

use VideoCodec::{H264, H265};

#[test]
fn packets_of_each_kind_make_up_units() {
    let all = good(
        H264,
        &[
            (false, 0, 0, &[24, 0, 2, 0x67, 1, 0, 2, 0x68, 2]),
            (false, 0, 0, &[0x7c, 0x80 | 5, 7]),
            (false, 0, 0, &[0x7c, 5, 8]),
            (true, 0, 0, &[0x7c, 0x40 | 5, 9]),
            (true, 3600, 0, &[0x41, 9]),
        ],
    );
    let sets = vec![vec![0x67, 1], vec![0x68, 2]];
    assert_eq!(all, [(0, 0, false, sets, vec![0, 0, 0, 4, 0x65, 7, 8, 9]), unit(3600, &[0, 0, 0, 2, 0x41, 9])]);

    let all = good(
        H265,
        &[
            (false, 0, 0, &[0x60, 1, 0, 3, 0x40, 1, 5, 0, 3, 0x42, 1, 6]),
            (false, 0, 0, &[0x44, 1, 7]),
            (false, 0, 0, &[0x62, 1, 0x80 | 19, 8]),
            (true, 0, 0, &[0x62, 1, 0x40 | 19, 9]),
        ],
    );
    let sets = vec![vec![0x40, 1, 5], vec![0x42, 1, 6], vec![0x44, 1, 7]];
    assert_eq!(all, [(0, 0, false, sets, vec![0, 0, 0, 4, 0x26, 1, 8, 9])]);
}

#[test]
fn cameras_that_forget_the_marker_or_set_it_too_early_are_forgiven() {
    let all = good(H264, &[(false, 0, 0, &[0x41, 1]), (false, 9, 0, &[0x41, 2]), (true, 9, 0, &[0x41, 3])]);
    assert_eq!(all, [unit(0, &[0, 0, 0, 2, 0x41, 1]), unit(9, &[0, 0, 0, 2, 0x41, 2, 0, 0, 0, 2, 0x41, 3])]);
    // On parameter sets and what else comes before a picture; with other times than the picture's.
    let all =
        good(H264, &[(true, 1, 0, &[0x67, 1]), (true, 2, 0, &[0x68, 2]), (true, 3, 0, &[6, 3, 4]), (true, 4, 0, &[0x65, 5])]);
    let data = vec![0, 0, 0, 3, 6, 3, 4, 0, 0, 0, 2, 0x65, 5];
    assert_eq!(all, [(4, 0, false, vec![vec![0x67, 1], vec![0x68, 2]], data)]);
    let all = good(H265, &[(true, 1, 0, &[0x42, 1, 6]), (true, 1, 0, &[0x26, 1, 5])]);
    assert_eq!(all, [(1, 0, false, vec![vec![0x42, 1, 6]], vec![0, 0, 0, 3, 0x26, 1, 5])]);
}

#[test]
fn one_fragment_may_be_a_whole_and_headers_may_differ() {
    let all = good(
        H264,
        &[(true, 0, 0, &[0x7c, 0xc0 | 5, 7]), (false, 1, 0, &[0x7c, 0x80 | 1, 1]), (true, 1, 0, &[0x7c, 0x40 | 5, 2])],
    );
    assert_eq!(all, [unit(0, &[0, 0, 0, 2, 0x65, 7]), unit(1, &[0, 0, 0, 3, 0x61, 1, 2])]);
}

#[test]
fn start_codes_within_a_nal_unit_part_it() {
    let joined = [&[0x67, 1, 0, 0, 0, 1, 0x68, 2, 0, 0, 1, 0x65, 3, 0, 0, 3, 1, 0, 0, 0][..]].concat();
    let expected = [(0, 0, false, vec![vec![0x67, 1], vec![0x68, 2]], vec![0, 0, 0, 6, 0x65, 3, 0, 0, 3, 1])];
    assert_eq!(good(H264, &[(true, 0, 0, &joined)]), expected);
    // Before the first one, too, and at the end.
    for prefix in [&[0, 0, 1][..], &[0, 0, 0, 1]] {
        let more = [prefix, &joined, &[0, 0, 1]].concat();
        assert_eq!(good(H264, &[(true, 0, 0, &more)]), expected);
    }
    // In an aggregate, and cut in the midst of a start code.
    let aggregate = [&[24, 0, u8::try_from(joined.len()).unwrap()][..], &joined].concat();
    assert_eq!(good(H264, &[(true, 0, 0, &aggregate)]), expected);
    for at in 1..joined.len() {
        let first = [&[0x7c, 0x80 | 7][..], &joined[1..at]].concat();
        let second = [&[0x7c, 0x40 | 7][..], &joined[at..]].concat();
        assert_eq!(good(H264, &[(false, 0, 0, &first), (true, 0, 0, &second)]), expected, "cut at {at}");
    }
    // Slices, later than every NAL unit is searched from end to end, of a camera that did so before.
    let slices = [&[0x41][..], &[7; 2 * SEARCHED_BYTES], &[0, 0, 1, 0x41, 8]].concat();
    let mut assembler = Assembler::new(H264);
    for time in 0..2 * SEARCHED_UNITS {
        assembler.push(&sent(true, time, &slices), i64::from(time), 0).unwrap();
        let data = assembler.poll().unwrap().data;
        assert_eq!(data[data.len() - 6..], [0, 0, 0, 2, 0x41, 8]);
    }
    // Of one that did not, parameter sets before a picture are found all the same.
    let mut assembler = Assembler::new(H264);
    for time in 0..2 * SEARCHED_UNITS {
        assembler.push(&sent(true, time, &[0x41, 9]), i64::from(time), 0).unwrap();
    }
    let [(.., sets, data)] = expected;
    assembler.push(&sent(true, 9999, &joined), 9999, 0).unwrap();
    assert_eq!(told(&mut assembler).pop(), Some((9999, 0, false, sets, data)));
}

#[test]
fn what_is_lost_costs_its_picture_and_no_other() {
    let fragment = |head: u8| [0x7c, head | 5, 7];
    let (first, middle, last) = (fragment(0x80), fragment(0), fragment(0x40));
    // In the midst of one; what is left of it is passed over.
    let all = good(H264, &[(false, 0, 0, &first), (false, 0, 2, &middle), (true, 0, 0, &last), (true, 1, 0, &[0x41, 1])]);
    assert_eq!(all, [(1, 2, true, vec![], vec![0, 0, 0, 2, 0x41, 1])]);
    // The end of one, and the beginning of the next.
    let all = good(H264, &[(false, 0, 0, &first), (false, 1, 3, &middle), (true, 1, 0, &last), (true, 2, 0, &[0x41, 1])]);
    assert_eq!(all, [(2, 3, true, vec![], vec![0, 0, 0, 2, 0x41, 1])]);
    // The end of one alone.
    let all = good(H264, &[(false, 0, 0, &first), (true, 1, 1, &[0x41, 1])]);
    assert_eq!(all, [(1, 1, true, vec![], vec![0, 0, 0, 2, 0x41, 1])]);
    // With its marker, so that the same time is another unit.
    let all = good(H264, &[(false, 0, 0, &first), (true, 0, 1, &last), (true, 0, 0, &[0x41, 1])]);
    assert_eq!(all, [(0, 1, true, vec![], vec![0, 0, 0, 2, 0x41, 1])]);
    // Without a word of it: the time goes on in the midst of one.
    let all = good(H264, &[(false, 0, 0, &first), (true, 1, 0, &[0x41, 1])]);
    assert_eq!(all, [(1, 0, true, vec![], vec![0, 0, 0, 2, 0x41, 1])]);
}

#[test]
fn packets_that_make_no_sense_cost_their_picture_and_no_other() {
    let begun: Sent<'_> = (false, 0, 0, &[0x7c, 0x85, 1]);
    let h264: &[&[Sent<'_>]] = &[
        &[(true, 0, 0, &[])],
        &[(true, 0, 0, &[0xe5, 1])],
        &[(true, 0, 0, &[0x7c])],
        &[(true, 0, 0, &[0x7c, 0x05, 1])],
        &[begun, (true, 0, 0, &[0x7c, 0x85, 1])],
        &[begun, (true, 0, 0, &[0x41, 1])],
        &[begun, (true, 0, 0, &[24, 0, 2, 0x41, 1])],
        &[begun, (true, 0, 0, &[0x7c, 0x05, 1])],
        &[(true, 0, 0, &[24, 0, 9, 1])],
        &[(true, 0, 0, &[24, 0, 0])],
        &[(true, 0, 0, &[24, 1])],
        &[(true, 0, 0, &[30, 1])],
        &[(true, 0, 0, &[0, 0, 0, 2])],
        &[(true, 0, 0, &[0x1c, 0xc0, 7])],
    ];
    let h265: &[&[Sent<'_>]] = &[
        &[(true, 0, 0, &[2])],
        &[(true, 0, 0, &[0x64, 1, 1])],
        &[(true, 0, 0, &[0x62, 1])],
        &[(true, 0, 0, &[0x60, 1, 0, 1, 2])],
    ];
    for (codec, rows, next) in [(H264, h264, &[0x41, 9][..]), (H265, h265, &[2, 1, 9])] {
        for packets in rows {
            let (units, errors) = units(codec, &[packets, &[(true, 7, 0, next)][..]].concat());
            assert_eq!(errors, [WireError::Packets], "{packets:?}");
            let data = [&u32::try_from(next.len()).unwrap().to_be_bytes(), next].concat();
            assert_eq!(units, [(7, 0, true, vec![], data)], "{packets:?}");
        }
    }
}

#[test]
fn nothing_grows_beyond_its_bound() {
    let mut assembler = Assembler::new(H264);
    let refused = (0..1000).find_map(|n| {
        let payload = [&[0x7c, if n == 0 { 0x85 } else { 0x05 }][..], &[7; 60_000]].concat();
        assembler.push(&sent(false, 0, &payload), 0, 0).err()
    });
    assert_eq!(refused, Some(WireError::TooLarge));
    assembler.push(&sent(true, 0, &[0x41, 1]), 0, 0).unwrap();
    assert!(assembler.poll().is_none(), "the rest of it is passed over");
    let set = [&[0x67][..], &[7; 9000]].concat();
    let mut push = || assembler.push(&sent(false, 1, &set), 1, 0);
    assert_eq!((push(), push()), (Ok(()), Err(WireError::ParameterSets)));
}

#[test]
fn units_share_blocks_and_keep_what_they_have() {
    let mut assembler = Assembler::new(H264);
    let payload = |n: u8| [&[0x41][..], &[n | 1; 20_000]].concat();
    let mut kept = Vec::new();
    for n in 0..40 {
        assembler.push(&sent(true, n, &payload(n as u8)), i64::from(n), 0).unwrap();
        kept.extend(assembler.poll());
    }
    for (n, unit) in kept.iter().enumerate() {
        assert_eq!((unit.data.len(), unit.data[4..] == payload(n as u8)), (20_005, true), "{n}");
    }
    let near = kept.windows(2).filter(|two| two[1].data.as_ptr() as usize == two[0].data.as_ptr() as usize + 20_005).count();
    assert!(near >= 20, "{near} of 39 lie behind the one before");
}
