//! What a checker says of whole, changed and cut files.

use super::super::test_footage::{Camera, File, file_under, fragments, header, media_key};
use super::super::{Cipher, IndexLoader, Previous, SegmentHeader, Version};
use super::*;

/// A closed file of four records.
fn file() -> File {
    let camera = Camera { gop: 12, ..Camera::new(None) };
    let after = Some(Previous { segment: domain::SegmentId::from_bytes([6; 16]), tail: [5; TAG_LEN] });
    let header = SegmentHeader { previous: after, ..header(7, Cipher::fastest(), Version::V2) };
    let file = file_under(header, &fragments(&camera.units(0, 48)));
    assert_eq!(file.index.records().len(), 4);
    file
}

fn check(bytes: &[u8], depth: Depth) -> Checked {
    SegmentChecker::check(bytes, &media_key(1), depth).unwrap()
}

fn end_of_records(file: &File) -> usize {
    file.index.records()[3].at().sealed().end as usize
}

#[test]
fn nothing_is_wrong_with_a_whole_file_of_either_version() {
    for version in [Version::V1, Version::V2] {
        let file = file_under(header(7, Cipher::fastest(), version), &fragments(&Camera::new(None).units(0, 60)));
        let loaded = IndexLoader::load(&file.bytes, &media_key(1)).unwrap();
        for depth in [Depth::Tables, Depth::Samples] {
            let checked = check(&file.bytes, depth);
            assert_eq!((&checked.faults[..], checked.ending), (&[][..], Ending::Closed));
            assert_eq!((checked.records.len(), checked.tail()), (file.index.records().len(), Some(loaded.tail)));
            let torn = &file.bytes[..checked.records[1].record.at().sealed().end as usize];
            let open = check(torn, depth);
            assert_eq!((&open.faults[..], open.ending, open.records.len()), (&[][..], Ending::Open, 2));
            assert_eq!(open.tail(), torn.last_chunk().copied());
        }
    }
}

/// Which part of the file a byte belongs to.
fn part_of(file: &File, at: usize) -> Fault {
    let records = file.index.records();
    let Some(record) = records.iter().rfind(|record| record.at().offset as usize <= at) else { return Fault::Header };
    let (number, within) = (record.at().number, at - record.at().offset as usize);
    if at >= end_of_records(file) {
        return if at < file.bytes.len() - FOOTER_LEN { Fault::Trailer } else { Fault::Footer };
    }
    match within.checked_sub(RECORD_HEADER_LEN) {
        None if (4..8).contains(&within) => Fault::Order { number, found: u32::MAX },
        None => Fault::RecordHeader(number),
        Some(within) if within < record.at().table_len as usize + TAG_LEN => Fault::Table(number),
        Some(_) => Fault::Samples(number),
    }
}

#[test]
fn one_flipped_bit_is_told_with_the_part_that_it_is_in_and_no_other() {
    let file = file();
    for at in 0..file.bytes.len() {
        let mut bytes = file.bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        let Ok(checked) = SegmentChecker::check(&bytes, &media_key(1), Depth::Samples) else {
            assert!(at < file.index.header().encoded_len(), "byte {at}");
            continue;
        };
        let faults = checked.faults.iter().map(|fault| match *fault {
            // Any number but the right one, where it is small enough to be one.
            Fault::Order { number, .. } => Fault::Order { number, found: u32::MAX },
            fault => fault,
        });
        let faults: Vec<_> = faults.collect();
        let expected = match part_of(&file, at) {
            // So large a number is no header's.
            Fault::Order { number, .. } if faults == [Fault::RecordHeader(number)] => Fault::RecordHeader(number),
            part => part,
        };
        assert_eq!(faults, [expected], "byte {at}");
        assert_eq!(checked.ending, Ending::Closed, "byte {at}");
    }
}

#[test]
fn tables_alone_tell_what_they_can_of_a_flipped_bit() {
    let file = file();
    let mut missed = 0;
    for at in file.index.header().encoded_len()..file.bytes.len() {
        let mut bytes = file.bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        if check(&bytes, Depth::Tables).faults.is_empty() {
            assert!(matches!(part_of(&file, at), Fault::Samples(_)), "byte {at}");
            missed += 1;
        }
    }
    let samples: u32 = file.index.records().iter().map(|record| record.at().samples_len).sum();
    assert_eq!(missed, samples, "the samples themselves, and nothing else");
}

#[test]
fn a_cut_at_the_end_is_no_fault_of_what_is_left() {
    let file = file();
    let ends: Vec<_> = file.index.records().iter().map(|record| record.at().sealed().end as usize).collect();
    for cut in file.index.header().encoded_len()..file.bytes.len() {
        let checked = check(&file.bytes[..cut], Depth::Samples);
        let whole = ends.iter().filter(|&&end| end <= cut).count();
        assert_eq!(checked.records.len(), whole, "cut at {cut}");
        let at_an_end = cut == file.index.header().encoded_len() || ends.contains(&cut);
        let in_footer = cut >= file.bytes.len() - FOOTER_LEN;
        match checked.ending {
            Ending::Open => assert!(at_an_end, "cut at {cut}"),
            Ending::Torn => assert!(!at_an_end && !in_footer, "cut at {cut}"),
            Ending::Closed => assert!(cut >= ends[3] + RECORD_HEADER_LEN, "cut at {cut}"),
        }
        let expected: &[Fault] = match checked.ending {
            Ending::Closed if in_footer => &[Fault::Footer],
            Ending::Closed => &[Fault::Trailer],
            _ => &[],
        };
        assert_eq!(checked.faults, expected, "cut at {cut}");
    }
}

#[test]
fn a_last_record_whose_bytes_never_reached_the_disk_is_torn() {
    let file = file();
    let mut bytes = file.bytes[..end_of_records(&file)].to_vec();
    let from = bytes.len() - 100;
    bytes[from..].fill(0);
    let checked = check(&bytes, Depth::Samples);
    assert_eq!((checked.records.len(), checked.ending, &checked.faults[..]), (3, Ending::Torn, &[][..]));
}

#[test]
fn swapped_and_removed_records_are_told_by_their_numbers() {
    let file = file();
    let slot = |n: usize| {
        let sealed = file.index.records()[n].at().sealed();
        sealed.start as usize..sealed.end as usize
    };
    let mut swapped = file.bytes.clone();
    swapped[slot(1)].copy_from_slice(&file.bytes[slot(2)]);
    swapped[slot(2)].copy_from_slice(&file.bytes[slot(1)]);
    let order = |number, found| Fault::Order { number, found };
    assert_eq!(check(&swapped, Depth::Samples).faults, [order(1, 2), order(2, 1)]);
    let mut removed = file.bytes.clone();
    removed.drain(slot(1));
    assert_eq!(check(&removed, Depth::Samples).faults, [order(1, 2)]);
    // Closed anew by whoever has no key: the trailer's own numbers do not save it.
    let end = removed.len();
    let offset = (end_of_records(&file) - slot(1).len()) as u64;
    removed[end - FOOTER_LEN + 8..end - FOOTER_LEN + 16].copy_from_slice(&offset.to_be_bytes());
    assert_eq!(check(&removed, Depth::Samples).faults, [order(1, 2), Fault::Trailer]);
}

#[test]
fn a_file_of_which_nothing_opens_says_so_once() {
    let file = file();
    let mut bytes = file.bytes.clone();
    // Another link: what it follows is part of everything that is sealed.
    bytes[64] ^= 1;
    for depth in [Depth::Tables, Depth::Samples] {
        assert_eq!(check(&bytes, depth).faults, [Fault::Header]);
    }
    let impostor = MediaKey::new(media_key(1).id(), [0; 32]);
    assert_eq!(SegmentChecker::check(&file.bytes, &impostor, Depth::Tables).unwrap().faults, [Fault::Header]);
}
