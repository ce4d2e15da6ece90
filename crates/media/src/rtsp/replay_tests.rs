use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The layout of section 6.3, written out: what the extension says, and its bytes.
#[test]
fn the_extension_has_the_specifications_layout() {
    let plain =
        Mark { wall: at("2026-11-30T10:15:00Z"), clean: false, end: false, discontinuity: false, terminal: false, cseq: 0 };
    for (mark, bytes) in [
        // 2026-11-30T10:15:00Z is 4005022500 s after 1900: 0xeeb7_cb24.
        (plain, *b"\xab\xac\0\x03\xee\xb7\xcb\x24\0\0\0\0\0\0\0\0"),
        (Mark { clean: true, cseq: 7, ..plain }, *b"\xab\xac\0\x03\xee\xb7\xcb\x24\0\0\0\0\x80\x07\0\0"),
        (Mark { end: true, ..plain }, *b"\xab\xac\0\x03\xee\xb7\xcb\x24\0\0\0\0\x40\0\0\0"),
        (Mark { discontinuity: true, ..plain }, *b"\xab\xac\0\x03\xee\xb7\xcb\x24\0\0\0\0\x20\0\0\0"),
        (Mark { terminal: true, ..plain }, *b"\xab\xac\0\x03\xee\xb7\xcb\x24\0\0\0\0\x10\0\0\0"),
        (
            Mark { wall: at("2026-11-30T10:15:00.500Z"), clean: true, discontinuity: true, ..plain },
            *b"\xab\xac\0\x03\xee\xb7\xcb\x24\x80\0\0\0\xa0\0\0\0",
        ),
    ] {
        assert_eq!(mark.encode(), bytes, "{mark:?}");
        assert_eq!(Mark::decode(0xabac, &bytes[4..]), Some(mark));
        assert_eq!(Mark::decode(0xabad, &bytes[4..]), None, "another profile");
        assert_eq!(Mark::decode(0xabac, &bytes[4..15]), None, "too short");
    }
}

#[test]
fn ranges_are_read_as_the_specification_spells_them() {
    let whole = |text: &str| clock_range(text).map(|(from, to)| (from.to_string(), to.map(|to| to.to_string())));
    for (text, from, to) in [
        ("clock=20090615T114900.440Z-", "2009-06-15T11:49:00.440Z", None),
        ("clock=20090615T114900Z-20090615T115000Z", "2009-06-15T11:49:00Z", Some("2009-06-15T11:50:00Z")),
        (" clock=20090615T114900.440Z-20090615T115000Z;time=1", "2009-06-15T11:49:00.440Z", Some("2009-06-15T11:50:00Z")),
    ] {
        assert_eq!(whole(text), Some((from.to_owned(), to.map(str::to_owned))), "{text}");
    }
    for text in
        ["", "npt=0-", "clock=", "clock=-", "clock=20090615T114900Z", "clock=2009-06-15T11:49:00Z-", "clock=20091315T114900Z-"]
    {
        assert_eq!(clock_range(text), None, "{text}");
    }
}

fn play(headers: &[(&str, &str)]) -> Request {
    let headers =
        [("cseq", "260")].iter().chain(headers).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Request { method: "PLAY".into(), uri: "rtsp://h/replay".into(), headers, body: Bytes::new() }
}

#[test]
fn what_a_play_asks_for_is_read_and_what_is_not_done_is_refused() {
    let replay = Replay::read(&play(&[("range", "clock=20090615T114900Z-"), ("rate-control", "no")]));
    assert_eq!(replay, Ok(Replay { from: Some(at("2009-06-15T11:49:00Z")), to: None, paced: false, cseq: 4 }));
    assert_eq!(Replay::read(&play(&[])), Ok(Replay { from: None, to: None, paced: true, cseq: 4 }));
    for (headers, refused) in [
        ([("range", "npt=0-")], NoReplay::Range),
        ([("range", "clock=20090615T114900Z-20090615T114900Z")], NoReplay::Range),
        ([("scale", "-1.0")], NoReplay::Unsupported),
        ([("frames", "intra")], NoReplay::Unsupported),
    ] {
        assert_eq!(Replay::read(&play(&headers)), Err(refused), "{headers:?}");
    }
}

proptest! {
    #[test]
    fn every_microsecond_comes_back(micros in 0_i64..4_000_000_000_000_000, flags: u8, cseq: u8) {
        let wall = Timestamp::from_micros(micros);
        let flag = |place: u8| flags >> place & 1 == 1;
        let mark = Mark { wall, clean: flag(0), end: flag(1), discontinuity: flag(2), terminal: flag(3), cseq };
        prop_assert_eq!(Mark::decode(EXTENSION, &mark.encode()[4..]), Some(mark));
        prop_assert_eq!(clock_range(&clock_range_text(wall, Some(wall))), Some((wall, Some(wall))));
    }

    #[test]
    fn any_text_is_read_to_an_end(text: String, body: Vec<u8>) {
        let _ = (clock_range(&text), clock_range(&format!("clock={text}-{text}")), Mark::decode(EXTENSION, &body));
    }
}

#[test]
fn network_time_is_read_in_both_eras() {
    for (ntp, text) in [
        (0x83aa_7e80 << 32, "1970-01-01T00:00:00Z"),
        (0xe436_2f99_8000_0000, "2021-04-30T07:26:17.500Z"),
        // 2036-02-07T06:28:16Z, when the first era ends.
        (0, "2036-02-07T06:28:16Z"),
    ] {
        assert_eq!(from_ntp(ntp).to_string(), text);
    }
}
