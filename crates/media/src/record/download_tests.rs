use std::sync::Arc;

use mp4_atom::{Any, Decode, Moov, StszSamples, Trak};
use proptest::prelude::*;

use super::*;
use crate::au::AudioCodec;
use crate::record::test_footage::{Camera, File, T0, file, format, media_key, open, range};
use crate::record::{IndexLoader, SegmentReader};

fn lay_out(range: TimeRange, files: &[&File]) -> Result<VirtualMp4, Mp4Error> {
    let mut builder = DownloadBuilder::new(range);
    files.iter().try_for_each(|file| builder.add(&file.index))?;
    builder.finish()
}

/// The bytes of a range of the file, as the relay would send them.
fn bytes(mp4: &VirtualMp4, files: &[&File], range: Range<u64>) -> Vec<u8> {
    let readers: Vec<SegmentReader> =
        files.iter().map(|file| IndexLoader::load(&file.bytes, &media_key(1)).unwrap().reader).collect();
    let mut out = Vec::new();
    for piece in mp4.pieces(range) {
        let before = out.len();
        let length = piece.len();
        match piece {
            Piece::Bytes(bytes) => out.extend_from_slice(&bytes),
            Piece::Samples { segment, at, bytes } => {
                let n = files.iter().position(|file| file.index.header().segment == segment).unwrap();
                let samples = open(&files[n].bytes, &readers[n], &at).unwrap();
                out.extend_from_slice(&samples[bytes.start as usize..bytes.end as usize]);
            }
        }
        assert_eq!((out.len() - before) as u64, length);
    }
    out
}

fn moov(file: &[u8]) -> Moov {
    let mut input = file;
    let Any::Ftyp(_) = Any::decode(&mut input).unwrap() else { panic!("ftyp comes first") };
    let Any::Moov(moov) = Any::decode(&mut input).unwrap() else { panic!("moov comes second") };
    moov
}

/// Each sample of a track: decoding time, composition offset, bytes, number of its sample entry.
fn samples<'a>(trak: &Trak, file: &'a [u8]) -> Vec<(i64, i64, &'a [u8], u32)> {
    let stbl = &trak.mdia.minf.stbl;
    let StszSamples::Different { sizes } = &stbl.stsz.samples else { panic!("each sample has its size") };
    let durations =
        stbl.stts.entries.iter().flat_map(|entry| std::iter::repeat_n(entry.sample_delta, entry.sample_count as usize));
    let offsets = stbl.ctts.iter().flat_map(|ctts| &ctts.entries);
    let offsets = offsets.flat_map(|entry| std::iter::repeat_n(entry.sample_offset, entry.sample_count as usize));
    let chunks: Vec<u64> = match (&stbl.stco, &stbl.co64) {
        (Some(stco), None) => stco.entries.iter().map(|&offset| offset.into()).collect(),
        (None, Some(co64)) => co64.entries.clone(),
        _ => panic!("one table of chunks"),
    };
    let mut places = Vec::new();
    for (n, &chunk) in chunks.iter().enumerate() {
        let run = stbl.stsc.entries.iter().rfind(|run| run.first_chunk <= n as u32 + 1).unwrap();
        let mut at = chunk as usize;
        for _ in 0..run.samples_per_chunk {
            let size = sizes[places.len()] as usize;
            places.push((&file[at..at + size], run.sample_description_index));
            at += size;
        }
    }
    assert_eq!((places.len(), durations.clone().count()), (sizes.len(), sizes.len()));
    let mut dts = 0;
    let offsets = offsets.chain(std::iter::repeat(0));
    let rows = places.iter().zip(durations).zip(offsets).map(|((&(bytes, entry), duration), offset)| {
        let row = (dts, offset, bytes, entry);
        dts += i64::from(duration);
        row
    });
    rows.collect()
}

/// Length in movie ticks and media time of each edit.
fn edits(trak: &Trak) -> Vec<(u64, i64)> {
    let list = trak.edts.as_ref().unwrap().elst.as_ref().unwrap();
    list.entries.iter().map(|edit| (edit.segment_duration, edit.media_time.map_or(-1, u64::cast_signed))).collect()
}

#[test]
fn every_sample_is_where_the_tables_say() {
    let camera = Camera::new(Some(AudioCodec::Aac));
    let (a, b) = (file(&camera, 0, 100, 0xa), file(&camera, 100, 150, 0xb));
    let files = [&a, &b];
    let mp4 = lay_out(range(0, 60_000), &files).unwrap();
    let whole = bytes(&mp4, &files, 0..u64::MAX);
    assert_eq!(whole.len() as u64, mp4.len());
    assert!(mp4.gaps().is_empty());
    let moov = moov(&whole);
    assert_eq!(moov.trak.iter().map(|trak| trak.mdia.mdhd.timescale).collect::<Vec<_>>(), [90_000, 16_000]);
    let pictures = samples(&moov.trak[0], &whole);
    let expected: Vec<_> = (0..150).map(|n| camera.picture(n)).collect();
    assert_eq!(pictures, expected.iter().map(|unit| (unit.dts, 0, &unit.data[..], 1)).collect::<Vec<_>>());
    let sound: Vec<_> = camera.units(0, 150).into_iter().filter(|unit| unit.track == Track::Audio).collect();
    assert_eq!(samples(&moov.trak[1], &whole), sound.iter().map(|unit| (unit.dts, 0, &unit.data[..], 1)).collect::<Vec<_>>());
    assert_eq!(moov.trak[0].mdia.minf.stbl.stss.as_ref().unwrap().entries, [1, 51, 101]);
    assert!(moov.trak[1].mdia.minf.stbl.stss.is_none());
    let total = 150 * 3600;
    assert_eq!((edits(&moov.trak[0]), edits(&moov.trak[1])), (vec![(total, 0)], vec![(total, 0)]));
}

#[test]
fn play_starts_and_ends_with_the_range_although_samples_start_at_a_key_picture() {
    let camera = Camera::new(Some(AudioCodec::Aac));
    let a = file(&camera, 0, 250, 0xa);
    let mp4 = lay_out(range(5_500, 7_250), &[&a]).unwrap();
    let whole = bytes(&mp4, &[&a], 0..u64::MAX);
    let moov = moov(&whole);
    let pictures = samples(&moov.trak[0], &whole);
    assert_eq!(pictures[0].2, camera.picture(100).data);
    // 1.5 s after the key picture at 4 s, for 1.75 s.
    assert_eq!(edits(&moov.trak[0]), [(157_500, 135_000)]);
    // The first sound that starts at 4 s or later is number 63, at 4.032 s.
    assert_eq!(edits(&moov.trak[1]), [(157_500, 24_000 - 512)]);
    assert_eq!(moov.mvhd.duration, 157_500);
}

#[test]
fn sound_that_starts_later_waits_in_an_empty_edit() {
    let camera = Camera::new(Some(AudioCodec::Aac));
    let units: Vec<_> =
        camera.units(0, 50).into_iter().filter(|unit| unit.track == Track::Video || unit.dts >= 16 * 1024).collect();
    let file = crate::record::test_footage::file_of(
        &crate::record::test_footage::fragments(&units),
        0xa,
        crate::record::Cipher::fastest(),
    );
    let mp4 = lay_out(range(0, 60_000), &[&file]).unwrap();
    let moov = moov(&bytes(&mp4, &[&file], 0..u64::MAX));
    let wait = 16 * 1024 * 90_000 / 16_000;
    assert_eq!(edits(&moov.trak[1]), [(wait, -1), (180_000 - wait, 0)]);
}

#[test]
fn holes_are_closed_up_and_listed_and_the_sound_stays_with_the_picture() {
    let camera = Camera::new(Some(AudioCodec::Aac));
    let (a, b) = (file(&camera, 0, 60, 0xa), file(&camera, 300, 350, 0xb));
    let mp4 = lay_out(range(0, 60_000), &[&a, &b]).unwrap();
    assert_eq!(mp4.gaps(), [range(2_400, 12_000)]);
    let whole = bytes(&mp4, &[&a, &b], 0..u64::MAX);
    let moov = moov(&whole);
    let find = |track: usize, data: &[u8]| samples(&moov.trak[track], &whole).iter().find(|sample| sample.2 == data).unwrap().0;
    assert_eq!(find(0, &camera.picture(300).data), 60 * 3600);
    // Sound 188 was heard 32 ms after picture 300.
    assert_eq!(find(1, &camera.sound(188).data), (60 * 3600 * 16_000 / 90_000) + 512);
}

#[test]
fn changed_parameters_get_a_sample_entry_of_their_own() {
    let camera = Camera::new(None);
    let other = Camera { format: format(None, 2), ..camera.clone() };
    let files = [file(&camera, 0, 50, 0xa), file(&other, 50, 100, 0xb), file(&camera, 100, 150, 0xc)];
    let files: Vec<_> = files.iter().collect();
    let mp4 = lay_out(range(0, 60_000), &files).unwrap();
    let whole = bytes(&mp4, &files, 0..u64::MAX);
    let entries: Vec<_> = samples(&moov_of(&whole).trak[0], &whole).iter().map(|sample| sample.3).collect();
    assert_eq!(entries, [[1; 50], [2; 50], [1; 50]].concat());
    assert_eq!(whole.windows(4).filter(|window| window == b"avc1").count(), 3, "a brand and two entries");
}

fn moov_of(file: &[u8]) -> Moov {
    moov(file)
}

#[test]
fn b_frames_keep_their_composition_offsets() {
    let camera = Camera::new(None);
    let mut units = camera.units(0, 50);
    let offsets = [3600, 10_800, 0, 0, 3600];
    units.iter_mut().zip(offsets.iter().cycle()).for_each(|(unit, &cts)| unit.cts = cts);
    let file = crate::record::test_footage::file_of(
        &crate::record::test_footage::fragments(&units),
        0xa,
        crate::record::Cipher::fastest(),
    );
    let mp4 = lay_out(range(0, 60_000), &[&file]).unwrap();
    let whole = bytes(&mp4, &[&file], 0..u64::MAX);
    let moov = moov(&whole);
    let seen: Vec<_> = samples(&moov.trak[0], &whole).iter().map(|sample| sample.1).collect();
    assert_eq!(seen, offsets.iter().map(|&cts| i64::from(cts)).cycle().take(50).collect::<Vec<_>>());
    assert_eq!(edits(&moov.trak[0]), [(180_000, 3600)], "play starts with the first picture shown");
}

#[test]
fn more_than_four_gibibytes_have_wide_offsets() {
    let camera = Camera::new(None);
    let mut builder = DownloadBuilder::new(range(0, 60_000));
    builder.add(&file(&camera, 0, 50, 0xa).index).unwrap();
    let (head, samples) = (builder.payload, builder.entries.len());
    // As if 5 GiB lay between the two files' samples.
    builder.payload += 5 << 30;
    builder.add(&file(&camera, 50, 100, 0xb).index).unwrap();
    let mp4 = builder.finish().unwrap();
    let moov = moov(&mp4.head);
    let stbl = &moov.trak[0].mdia.minf.stbl;
    let chunks = &stbl.co64.as_ref().unwrap().entries;
    assert_eq!(chunks[0], mp4.head.len() as u64);
    assert_eq!(chunks[samples], mp4.head.len() as u64 + head + (5 << 30));
    assert_eq!(mp4.head[mp4.head.len() - 16..][..8], [0, 0, 0, 1, b'm', b'd', b'a', b't']);
    assert_eq!(mp4.head[mp4.head.len() - 8..], (mp4.len() - mp4.head.len() as u64 + 16).to_be_bytes());
}

#[test]
fn the_same_range_of_the_same_files_has_the_same_tag_and_no_other() {
    let camera = Camera::new(None);
    let (a, b) = (file(&camera, 0, 50, 0xa), file(&camera, 50, 100, 0xb));
    let tag = |range, files: &[&File]| lay_out(range, files).unwrap().etag().to_owned();
    let first = tag(range(0, 4_000), &[&a, &b]);
    assert_eq!(first, tag(range(0, 4_000), &[&a, &b]));
    assert_ne!(first, tag(range(0, 3_999), &[&a, &b]));
    assert_ne!(first, tag(range(0, 4_000), &[&a]));
    assert_ne!(tag(range(0, 1_000), &[&a]), tag(range(0, 1_000), &[&file(&camera, 0, 50, 0xc)]));
}

#[test]
fn nothing_to_show_and_broken_sample_entries_are_refused() {
    let a = file(&Camera::new(None), 50, 100, 0xa);
    assert_eq!(lay_out(range(0, 1_000), &[&a]).unwrap_err(), Mp4Error::Empty);
    let mut broken = Format::clone(&format(None, 1));
    broken.video.sample_entry = broken.video.sample_entry.slice(1..);
    let b = file(&Camera { format: Arc::new(broken), ..Camera::new(None) }, 0, 50, 0xb);
    assert_eq!(lay_out(range(0, 1_000), &[&b]).unwrap_err(), Mp4Error::SampleEntry(format(None, 1).video.sample_entry.len() - 1));
}

#[test]
fn a_day_is_laid_out_in_little_memory() {
    // One record's footage, claimed by as many files as a day has minutes.
    let camera = Camera::new(Some(AudioCodec::Aac));
    let minute = file(&camera, 0, 1500, 0xa);
    let mut builder = DownloadBuilder::new(range(0, 24 * 3600 * 1000));
    for _ in 0..24 * 60 {
        builder.selection = Selection::new(range(0, 24 * 3600 * 1000));
        builder.add(&minute.index).unwrap();
    }
    let mp4 = builder.finish().unwrap();
    let memory = mp4.head.len() + mp4.entries.len() * size_of::<Entry>() + mp4.segments.len() * size_of::<SegmentId>();
    assert!(memory < 32 << 20, "{memory} bytes");
    assert_eq!(mp4.piece_at(mp4.len()..mp4.len() + 1), None);
    assert!(matches!(mp4.piece_at(mp4.len() - 1..mp4.len()), Some(Piece::Samples { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_range_of_the_file_is_that_range_of_the_whole(from in 0_u64..12_000, length in 0_u64..12_000, start in 0_u64..3_000) {
        let camera = Camera { gop: 20, ..Camera::new(Some(AudioCodec::Aac)) };
        let (a, b) = (file(&camera, 0, 40, 0xa), file(&camera, 60, 90, 0xb));
        let mp4 = lay_out(range(start, 60_000), &[&a, &b]).unwrap();
        let whole = bytes(&mp4, &[&a, &b], 0..mp4.len());
        let part = bytes(&mp4, &[&a, &b], from..from + length);
        let clip = |at: u64| usize::try_from(at.min(mp4.len())).unwrap();
        prop_assert_eq!(&part[..], &whole[clip(from)..clip(from + length)]);
    }
}

#[test]
fn a_range_before_and_after_its_footage_plays_what_there_is() {
    let a = file(&Camera::new(None), 100, 150, 0xa);
    let mp4 = lay_out(TimeRange::new(T0, range(0, 60_000).to()).unwrap(), &[&a]).unwrap();
    assert_eq!(edits(&moov(&bytes(&mp4, &[&a], 0..u64::MAX)).trak[0]), [(180_000, 0)]);
}
