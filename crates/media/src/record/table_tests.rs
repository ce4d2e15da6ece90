use domain::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::record::test_footage::format;

fn run(first_dts: i64, samples: Vec<Sample>) -> Run {
    let data = samples.iter().map(|_| Bytes::new()).collect();
    Run { first_dts, samples, data }
}

fn fragment(video: Run, audio: Run) -> Fragment {
    let format = format(Some(AudioCodec::Aac), 3);
    Fragment { format, wall: Timestamp::from_micros(0), key: true, discontinuity: false, video, audio }
}

fn encoded(fragment: &Fragment, with_format: bool) -> (Bytes, u32) {
    let mut out = Vec::new();
    encode(&mut out, fragment, with_format);
    let sizes = fragment.video.samples.iter().chain(&fragment.audio.samples).map(|sample| sample.size);
    (out.into(), sizes.sum())
}

prop_compose! {
    fn samples()(list in prop::collection::vec((0_u32..1 << 20, any::<u32>(), any::<i32>(), any::<bool>()), 0..40)) -> Vec<Sample> {
        list.into_iter().map(|(size, duration, cts, key)| Sample { size, duration, cts, key }).collect()
    }
}

proptest! {
    #[test]
    fn a_table_comes_back_as_it_was(video in samples(), audio in samples(), first: i64, with_format: bool) {
        let fragment = fragment(run(first, video.clone()), run(first ^ 77, audio.clone()));
        let (bytes, samples_len) = encoded(&fragment, with_format);
        let (table, format) = Table::decode(bytes, with_format, samples_len).unwrap();
        prop_assert_eq!(table.samples(&table.video).collect::<Vec<_>>(), video.clone());
        prop_assert_eq!(table.samples(&table.audio).collect::<Vec<_>>(), audio);
        prop_assert_eq!(table.video.first_dts, if video.is_empty() { 0 } else { first });
        prop_assert_eq!(table.video.ticks, fragment.video.ticks());
        prop_assert_eq!(format, with_format.then_some(fragment.format));
    }

    #[test]
    fn hostile_tables_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), with_format: bool) {
        if let Some((table, _)) = Table::decode(bytes.into(), with_format, 1000) {
            prop_assert_eq!(table.video.bytes + table.audio.bytes, 1000);
        }
    }
}

#[test]
fn a_table_that_is_cut_padded_or_speaks_of_other_bytes_is_refused() {
    let sample = Sample { size: 500, duration: 3600, cts: -7200, key: true };
    let (bytes, samples_len) = encoded(&fragment(run(5, vec![sample; 3]), run(9, vec![sample])), true);
    assert!(Table::decode(bytes.clone(), true, samples_len).is_some());
    assert!(Table::decode(bytes.clone(), true, samples_len - 1).is_none());
    assert!((0..bytes.len()).all(|end| Table::decode(bytes.slice(..end), true, samples_len).is_none()));
    let padded = [&bytes[..], &[0]].concat();
    assert!(Table::decode(padded.into(), true, samples_len).is_none());
}

#[test]
fn a_count_that_no_table_could_hold_is_refused_before_anything_is_reserved() {
    let mut bytes = Vec::new();
    put(&mut bytes, u32::MAX.into());
    put_signed(&mut bytes, 0);
    bytes.extend_from_slice(&[0; 64]);
    assert!(Table::decode(bytes.into(), false, 0).is_none());
}

#[test]
fn numbers_have_one_length_and_do_not_overflow() {
    for value in [0, 1, 127, 128, u64::MAX] {
        let mut out = Vec::new();
        put(&mut out, value);
        assert_eq!(Reader { bytes: &out }.unsigned(), Some(value));
    }
    for value in [0, -1, i64::MIN, i64::MAX] {
        let mut out = Vec::new();
        put_signed(&mut out, value);
        assert_eq!(Reader { bytes: &out }.signed(), Some(value));
    }
    assert_eq!(Reader { bytes: &[0xff; 11] }.unsigned(), None);
    assert_eq!(Reader { bytes: &[0x80; 3] }.unsigned(), None);
}
