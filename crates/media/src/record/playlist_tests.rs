use std::sync::Arc;

use super::*;
use crate::au::AudioCodec;
use crate::record::test_footage::{Camera, File, T0, file, format, open, range};
use crate::record::{IndexLoader, SegmentIndex};

const A: &str = "0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a";
const B: &str = "0b0b0b0b-0b0b-0b0b-0b0b-0b0b0b0b0b0b";

fn playlist(range: TimeRange, files: &[&File]) -> Option<String> {
    let mut playlist = Playlist::new(range);
    files.iter().for_each(|file| playlist.add(&file.index));
    playlist.finish()
}

/// The lines between head and end, with the files' ids short.
fn items(range: TimeRange, files: &[&File]) -> Vec<String> {
    let text = playlist(range, files).unwrap().replace(A, "A").replace(B, "B");
    let kept = |line: &&str| {
        let head = ["#EXTM3U", "#EXT-X-VERSION", "#EXT-X-TARGET", "#EXT-X-PLAYLIST", "#EXT-X-INDEP", "#EXT-X-ENDLIST"];
        !head.iter().any(|head| line.starts_with(head))
    };
    text.lines().filter(kept).map(str::to_owned).collect()
}

#[test]
fn a_playlist_starts_at_the_key_picture_before_the_range_and_its_items_at_key_pictures() {
    // 10 s with a key picture each 2 s: five records of 12 pictures at most a GOP.
    let file = file(&Camera::new(None), 0, 250, 0xa);
    let expected = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n\
         #EXT-X-MAP:URI=\"playback/{A}/init.mp4\"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-31T08:00:02Z\n\
         #EXTINF:4.000000,\nplayback/{A}/5-14.m4s\n#EXTINF:3.440000,\nplayback/{A}/15-22.m4s\n#EXT-X-ENDLIST\n"
    );
    assert_eq!(playlist(range(3_000, 9_000), &[&file]).unwrap(), expected);
}

#[test]
fn files_of_one_run_join_up() {
    let camera = Camera::new(Some(AudioCodec::Aac));
    let (a, b) = (file(&camera, 0, 100, 0xa), file(&camera, 100, 200, 0xb));
    let rows = [
        "#EXT-X-MAP:URI=\"playback/A/init.mp4\"",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T08:00:00Z",
        "#EXTINF:4.000000,",
        "playback/A/0-9.m4s",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T08:00:04Z",
        "#EXTINF:4.000000,",
        "playback/B/0-9.m4s",
    ];
    assert_eq!(items(range(0, 60_000), &[&a, &b]), rows);
}

#[test]
fn a_hole_another_origin_and_another_format_are_discontinuities() {
    let camera = Camera::new(None);
    let a = file(&camera, 0, 100, 0xa);
    let hole = file(&camera, 150, 200, 0xb);
    // The same wall-clock time as if nothing had happened, but decoding times of a restarted process.
    let origin = file(&Camera { origin: T0 + Duration::from_secs(4), ..camera.clone() }, 0, 50, 0xb);
    let changed = file(&Camera { format: format(None, 2), ..camera.clone() }, 100, 150, 0xb);
    for (name, b) in [("hole", &hole), ("origin", &origin), ("format", &changed)] {
        let items = items(range(0, 60_000), &[&a, b]);
        assert_eq!(items.iter().filter(|line| *line == "#EXT-X-DISCONTINUITY").count(), 1, "{name}: {items:?}");
        assert_eq!(items[4], "#EXT-X-DISCONTINUITY", "{name}");
        let maps = items.iter().filter(|line| line.starts_with("#EXT-X-MAP")).count();
        assert_eq!(maps, if name == "format" { 2 } else { 1 }, "{name}");
    }
}

#[test]
fn pictures_that_nothing_can_decode_are_left_out() {
    let camera = Camera::new(None);
    let mut units = camera.units(0, 130);
    units[60].discontinuity = true;
    let lossy = crate::record::test_footage::file_of(
        &crate::record::test_footage::fragments(&units),
        0xa,
        crate::record::Cipher::fastest(),
    );
    let rows = [
        "#EXT-X-MAP:URI=\"playback/A/init.mp4\"",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T08:00:00Z",
        "#EXTINF:2.400000,",
        "playback/A/0-5.m4s",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T08:00:04Z",
        "#EXTINF:1.200000,",
        "playback/A/10-12.m4s",
    ];
    assert_eq!(items(range(0, 60_000), &[&lossy]), rows);
}

#[test]
fn a_range_without_a_picture_has_no_playlist() {
    let file = file(&Camera::new(None), 50, 100, 0xa);
    assert_eq!(playlist(range(0, 1_000), &[&file]), None);
    assert_eq!(playlist(range(0, 1_000), &[]), None);
    let empty = SegmentIndex::new(*file.index.header(), Arc::clone(file.index.format()));
    assert_eq!(playlist(range(0, 60_000), &[&File { bytes: vec![], index: empty }]), None);
}

#[test]
fn a_file_that_holds_the_key_picture_replaces_those_before_it() {
    let camera = Camera::new(None);
    let (a, b) = (file(&camera, 0, 100, 0xa), file(&camera, 100, 200, 0xb));
    let both = items(range(5_000, 6_000), &[&a, &b]);
    assert_eq!(both, items(range(5_000, 6_000), &[&b]));
}

#[test]
fn a_part_carries_recorded_times_and_exactly_the_chosen_tracks() {
    use mp4_atom::{Any, Decode};
    let camera = Camera::new(Some(AudioCodec::Aac));
    let file = file(&camera, 50, 100, 0xa);
    let key = crate::record::test_footage::media_key(1);
    let reader = IndexLoader::load(&file.bytes, &key).unwrap().reader;
    let record = &file.index.records()[1];
    let samples = open(&file.bytes, &reader, &record.at()).unwrap();
    for audio in [true, false] {
        let mut out = vec![];
        media_part(record, TrackSet { audio }, &samples, &mut out).unwrap();
        let mut input = &out[..];
        let Any::Moof(moof) = Any::decode(&mut input).unwrap() else { panic!("a moof first") };
        let moof_len = out.len() - input.len();
        let tfdt: Vec<_> =
            moof.traf.iter().map(|traf| (traf.tfhd.track_id, traf.tfdt.as_ref().unwrap().base_media_decode_time)).collect();
        let sound = record.run(Track::Audio).first_dts as u64;
        assert_eq!(tfdt, if audio { vec![(1, 62 * 3600), (2, sound)] } else { vec![(1, 62 * 3600)] });
        assert_eq!(moof.traf[0].trun[0].data_offset, Some(moof_len as i32 + 8));
        let chosen = if audio { &samples[..] } else { &samples[record.bytes_of(Track::Video)] };
        assert_eq!(&out[moof_len + 8..], chosen);
        assert_eq!(out[moof_len..moof_len + 4], (chosen.len() as u32 + 8).to_be_bytes());
    }
    assert_eq!(media_part(record, TrackSet { audio: true }, &samples[1..], &mut vec![]), Err(Mp4Error::Samples));
}
