use proptest::prelude::*;

use super::*;

const ETAG: &str = "\"a\"";

fn check(range: &str, expected: Answer) {
    assert_eq!(answer(Some(range), None, ETAG, 1000), expected, "{range}");
}

#[test]
fn ranges_of_the_standard() {
    check("bytes=0-499", Answer::Part(0..500));
    check("bytes=500-999", Answer::Part(500..1000));
    check("bytes=-500", Answer::Part(500..1000));
    check("bytes=9-", Answer::Part(9..1000));
    check("bytes=0-0", Answer::Part(0..1));
    check("bytes=-1", Answer::Part(999..1000));
    check("Bytes= 0-0", Answer::Part(0..1));
}

#[test]
fn ends_beyond_the_end_are_cut() {
    check("bytes=900-5000", Answer::Part(900..1000));
    check("bytes=-5000", Answer::Part(0..1000));
    check("bytes=0-99999999999999999999999", Answer::Part(0..1000));
    check("bytes=0-18446744073709551615", Answer::Part(0..1000));
}

#[test]
fn what_does_not_exist_is_unsatisfiable() {
    check("bytes=1000-", Answer::Unsatisfiable);
    check("bytes=99999999999999999999999-", Answer::Unsatisfiable);
    check("bytes=-0", Answer::Unsatisfiable);
    assert_eq!(answer(Some("bytes=0-"), None, ETAG, 0), Answer::Unsatisfiable);
}

#[test]
fn what_is_no_single_byte_range_is_ignored() {
    for range in
        ["", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "seconds=0-1", "bytes=a-b", "bytes=+1-2", "bytes=1--2"]
    {
        check(range, Answer::Whole);
    }
    assert_eq!(answer(None, None, ETAG, 10), Answer::Whole);
}

#[test]
fn if_range_holds_only_for_the_same_strong_tag() {
    for (tag, expected) in [
        ("\"a\"", Answer::Part(0..1)),
        ("\"b\"", Answer::Whole),
        ("W/\"a\"", Answer::Whole),
        ("Mon, 23 Nov 2026 08:30:00 GMT", Answer::Whole),
    ] {
        assert_eq!(answer(Some("bytes=0-0"), Some(tag), ETAG, 10), expected, "{tag}");
    }
    assert_eq!(answer(Some("bytes=0-0"), Some("W/\"a\""), "W/\"a\"", 10), Answer::Whole);
}

proptest! {
    #[test]
    fn a_part_is_never_empty_nor_beyond_the_end(range in ".{0,40}", length in any::<u64>()) {
        if let Answer::Part(part) = answer(Some(&range), None, ETAG, length) {
            prop_assert!(part.start < part.end && part.end <= length);
        }
    }

    #[test]
    fn what_was_asked_for_is_what_is_answered(first in any::<u64>(), last in any::<u64>(), length in any::<u64>()) {
        let expected = match (first <= last, first < length) {
            (false, _) => Answer::Whole,
            (true, false) => Answer::Unsatisfiable,
            (true, true) => Answer::Part(first..last.saturating_add(1).min(length)),
        };
        prop_assert_eq!(answer(Some(&format!("bytes={first}-{last}")), None, ETAG, length), expected);
    }

    #[test]
    fn a_suffix_is_what_is_left(count in 1..u64::MAX, length in 1..u64::MAX) {
        let expected = Answer::Part(length.saturating_sub(count)..length);
        prop_assert_eq!(answer(Some(&format!("bytes=-{count}")), None, ETAG, length), expected);
    }
}
