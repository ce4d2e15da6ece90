//! Files as a whole: sealed, opened, cut, damaged, forged.

use std::sync::Arc;

use bytes::Bytes;
use domain::limits::{SEGMENT_BYTES_MAX, SEGMENT_TIME_MAX};
use domain::{CameraId, FootageClass, Origin, SegmentId, StreamName};
use proptest::prelude::*;

use super::test_footage::{Camera, File, T0, file, file_under, format, fragments, header, media_key, open};
use super::wire::{RECORDS_MAX, SAMPLES_BYTES_MAX, TABLE_BYTES_MAX};
use super::*;
use crate::au::{AudioCodec, Track};

fn camera() -> Camera {
    Camera { gop: 20, ..Camera::new(Some(AudioCodec::Aac)) }
}

/// Everything a reader gets from a file: the index, the opened samples, and whether it was closed cleanly.
fn read(file: &[u8]) -> Result<(SegmentIndex, Vec<Vec<u8>>, bool), SegmentError> {
    let loaded = IndexLoader::load(file, &media_key(1))?;
    let records = loaded.index.records().iter();
    let samples = records.map(|record| open(file, &loaded.reader, &record.at())).collect::<Result<_, _>>()?;
    Ok((loaded.index, samples, loaded.clean))
}

#[test]
fn a_closed_file_comes_back_as_it_was_recorded_with_both_ciphers() {
    let fragments = fragments(&camera().units(0, 60));
    let ciphers = [Cipher::Aes256Gcm, Cipher::ChaCha20Poly1305];
    for (cipher, version) in ciphers.into_iter().flat_map(|cipher| [(cipher, Version::V1), (cipher, Version::V2)]) {
        let file = file_under(header(7, cipher, version), &fragments);
        let (index, samples, clean) = read(&file.bytes).unwrap();
        assert!(clean);
        assert_eq!(index, file.index);
        assert_eq!(index.format(), &fragments[0].format);
        assert_eq!((index.start(), index.has_audio()), (Some(T0), true));
        for ((record, fragment), bytes) in index.records().iter().zip(&fragments).zip(samples) {
            assert_eq!(record.samples(Track::Video).collect::<Vec<_>>(), fragment.video.samples);
            assert_eq!(record.samples(Track::Audio).collect::<Vec<_>>(), fragment.audio.samples);
            assert_eq!(bytes[record.bytes_of(Track::Video)], fragment.video.data.concat());
            assert_eq!(bytes[record.bytes_of(Track::Audio)], fragment.audio.data.concat());
            assert_eq!((record.start(), record.key(), record.duration()), (fragment.wall, fragment.key, fragment.duration()));
        }
    }
}

#[test]
fn nothing_but_times_lengths_and_flags_stands_in_clear() {
    let file = file(&camera(), 0, 60, 7);
    let has = |needle: &[u8]| file.bytes.windows(needle.len()).any(|window| window == needle);
    assert!(!has(b"picture 0000") && !has(b"sound 0000") && !has(b"avc1") && !has(&[0x67, 0x42, 0xc0, 0x1e]));
    // The control: what stands in clear is found so.
    assert!(has(b"ATIPSEG") && has(&[9; 16]));
}

#[test]
fn a_file_cut_anywhere_gives_its_whole_records_and_does_not_pass_for_closed() {
    let file = file(&camera(), 0, 60, 7);
    let ends: Vec<_> = file.index.records().iter().map(|record| record.at().sealed().end).collect();
    for cut in 0..file.bytes.len() {
        let bytes = &file.bytes[..cut];
        let whole = ends.iter().filter(|&&end| end <= cut as u64).count();
        match read(bytes) {
            Ok((index, _, clean)) => {
                assert!(!clean, "cut at {cut}");
                assert_eq!(index.records(), &file.index.records()[..whole], "cut at {cut}");
            }
            Err(error) => {
                let expected = if cut < HEADER_LEN { SegmentError::NotASegment } else { SegmentError::Empty };
                assert_eq!((error, whole), (expected, 0), "cut at {cut}");
            }
        }
        if let Ok(scanned) = SegmentScanner::walk(bytes) {
            assert_eq!(scanned.records().len(), whole, "cut at {cut}");
            assert_eq!(scanned.valid_len(), whole.checked_sub(1).map_or(HEADER_LEN as u64, |last| ends[last]));
            assert!(!scanned.closed_by(bytes));
        }
    }
}

#[test]
fn the_scanner_sees_without_a_key_what_the_recorder_wrote() {
    let file = file(&camera(), 0, 60, 7);
    let scanned = SegmentScanner::walk(&file.bytes).unwrap();
    assert_eq!(scanned.header(), Some(file.index.header()));
    let seen: Vec<_> = scanned.records().iter().map(|record| (record.at(), record.header)).collect();
    assert_eq!(seen, file.index.records().iter().map(|record| (record.at(), *record.header())).collect::<Vec<_>>());
    assert_eq!(scanned.span(), file.index.start().zip(file.index.end()));
    assert!(scanned.closed_by(&file.bytes));
}

#[test]
fn one_flipped_bit_anywhere_shows() {
    let file = file(&Camera { gop: 20, ..Camera::new(None) }, 0, 22, 7);
    let records = file.index.records();
    let end = records.last().unwrap().at().sealed().end as usize;
    let (closed, torn) = (read(&file.bytes).unwrap(), read(&file.bytes[..end]).unwrap());
    let in_table = |at: usize| {
        let tables = records.iter().map(|record| record.at().offset as usize + RECORD_HEADER_LEN).zip(records);
        tables.into_iter().any(|(start, record)| (start..start + record.at().table_len as usize).contains(&at))
    };
    for at in 0..file.bytes.len() {
        let mut bytes = file.bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        // The trailer repeats the tables: a damaged one is not missed in a closed file, but in a torn one.
        assert_eq!(read(&bytes).as_ref() == Ok(&closed), in_table(at), "byte {at}");
        assert!(
            at >= end || read(&bytes[..end]).as_ref() != Ok(&torn),
            "byte {at} of the torn file was changed and nobody noticed"
        );
    }
}

#[test]
fn swapped_removed_and_foreign_records_show() {
    // Records of one length each, so that nothing but the sealing can tell them apart.
    let camera = Camera { gop: 10, ..Camera::new(None) };
    let (own, other) = (file(&camera, 0, 50, 7), file(&camera, 0, 50, 8));
    let at: Vec<_> = own.index.records().iter().map(|record| record.at()).collect();
    let slot = |n: usize| at[n].sealed().start as usize..at[n].sealed().end as usize;
    assert_eq!((at[1].samples_len, at[1].table_len), (at[3].samples_len, at[3].table_len));

    let mut swapped = own.bytes.clone();
    swapped[slot(1)].copy_from_slice(&own.bytes[slot(3)]);
    swapped[slot(3)].copy_from_slice(&own.bytes[slot(1)]);
    let mut renumbered = swapped.clone();
    for n in [1_u32, 3] {
        let start = slot(n as usize).start;
        renumbered[start + 4..start + 8].copy_from_slice(&n.to_be_bytes());
    }
    let mut foreign = own.bytes.clone();
    foreign[slot(2)].copy_from_slice(&other.bytes[slot(2)]);
    for (name, bytes) in [("swapped", &swapped), ("renumbered", &renumbered), ("foreign", &foreign)] {
        assert_eq!(read(bytes).map(|_| ()), Err(SegmentError::Forged), "{name}");
        // Without the trailer the chain alone must show it: what follows the first wrong record is not served.
        let torn = &bytes[..at[4].sealed().end as usize];
        let (index, ..) = read(torn).unwrap();
        assert!(index.records().len() < 3, "{name}: {}", index.records().len());
    }

    let mut removed = own.bytes.clone();
    removed.drain(slot(2));
    let (index, _, clean) = read(&removed).unwrap();
    assert_eq!((index.records().len(), clean), (2, false));
}

#[test]
fn another_key_opens_nothing() {
    let file = file(&camera(), 0, 30, 7);
    let load = |key: &MediaKey| IndexLoader::load(&file.bytes, key).map(|_| ());
    assert_eq!(load(&media_key(2)), Err(SegmentError::WrongKey));
    let impostor = MediaKey::new(media_key(1).id(), [0; 32]);
    assert_eq!(load(&impostor), Err(SegmentError::Forged));
    assert_eq!(load(&media_key(1)), Ok(()));
}

#[test]
fn a_last_record_whose_bytes_never_reached_the_disk_is_left_out() {
    let file = file(&camera(), 0, 60, 7);
    let last = file.index.records().last().unwrap().at().sealed();
    let mut bytes = file.bytes[..last.end as usize].to_vec();
    let from = bytes.len() - 100;
    bytes[from..].fill(0);
    let (index, ..) = read(&bytes).unwrap();
    assert_eq!(index.records().len(), file.index.records().len() - 1);
}

#[test]
fn a_file_without_records_is_empty_and_other_files_are_not_segments() {
    let params = params(format(None, 1));
    let (writer, header) = SegmentWriter::new(params, &media_key(1), SegmentId::from_bytes([7; 16])).unwrap();
    assert!(writer.is_empty());
    let mut closed = header.to_vec();
    writer.finish(&mut closed).unwrap();
    for bytes in [&header[..], &closed] {
        assert_eq!(read(bytes).map(|_| ()), Err(SegmentError::Empty));
    }
    for bytes in [&b""[..], b"ATIPSEG", &[0; 64], &[0xff; 200]] {
        assert_eq!(read(bytes).map(|_| ()), Err(SegmentError::NotASegment));
        assert!(SegmentScanner::walk(bytes).is_err());
    }
}

fn params(format: Arc<crate::au::Format>) -> SegmentParams {
    let (camera, cipher) = (CameraId::from_bytes([9; 16]), Cipher::fastest());
    let (class, origin) = (FootageClass::Continuous, Origin::Live);
    SegmentParams { camera, stream: StreamName::Sub, cipher, format, class, origin, previous: None }
}

fn writer(camera: &Camera) -> SegmentWriter {
    SegmentWriter::new(params(Arc::clone(&camera.format)), &media_key(1), SegmentId::from_bytes([7; 16])).unwrap().0
}

#[test]
fn a_new_file_is_due_at_a_key_picture_after_a_minute_a_hole_or_another_format() {
    let camera = Camera::new(None);
    let parts = fragments(&camera.units(0, 1700));
    let mut writer = writer(&camera);
    let mut out = Vec::new();
    let rolled = parts.iter().position(|fragment| {
        let roll = writer.must_roll(fragment);
        writer.record(fragment, &mut out).unwrap();
        out.clear();
        roll
    });
    let rolled = &parts[rolled.unwrap()];
    assert_eq!((rolled.key, rolled.wall), (true, T0 + SEGMENT_TIME_MAX));

    let mut writer = self::writer(&camera);
    writer.record(&parts[0], &mut out).unwrap();
    let next = &parts[1];
    assert!(!writer.must_roll(next));
    assert!(writer.must_roll(&Fragment { format: format(None, 2), ..next.clone() }));
    assert!(writer.must_roll(&Fragment { wall: next.wall + 2 * JOIN_MAX, ..next.clone() }));
    assert!(writer.must_roll(&Fragment { wall: next.wall - 2 * JOIN_MAX, ..next.clone() }));
    assert!(!writer.must_roll(&Fragment { wall: next.wall + JOIN_MAX / 2, ..next.clone() }));
}

#[test]
fn a_refused_fragment_leaves_the_file_as_it_was() {
    let camera = Camera::new(None);
    let parts = fragments(&camera.units(0, 26));
    let mut writer = writer(&camera);
    let mut out = b"before".to_vec();
    let other = Fragment { format: format(None, 2), ..parts[0].clone() };
    assert_eq!(writer.record(&other, &mut out).unwrap_err(), SegmentError::Format);
    let mut huge = parts[0].clone();
    huge.video.data[0] = vec![0; SAMPLES_BYTES_MAX as usize + 1].into();
    assert_eq!(writer.record(&huge, &mut out).unwrap_err(), SegmentError::TooLarge);
    assert_eq!((&out[..], writer.len()), (&b"before"[..], HEADER_LEN as u64));
    assert_eq!(writer.record(&parts[0], &mut out).unwrap().at().number, 0);
}

#[test]
fn hostile_lengths_end_the_walk() {
    let header = &file(&camera(), 0, 30, 7).bytes[..HEADER_LEN];
    let record = |number: u32, table: u32, samples: u32| {
        let words = [number, 0b100, table, samples, 0].map(u32::to_be_bytes).concat();
        [header, b"ATRE", &words, &[0; 8], &[0; 4096]].concat()
    };
    let cases = [(0, u32::MAX, 0), (0, 0, u32::MAX), (0, TABLE_BYTES_MAX + 1, 0), (1, 0, 0), (RECORDS_MAX, 0, 0), (0, 8192, 0)];
    for (number, table, samples) in cases {
        let scanned = SegmentScanner::walk(&record(number, table, samples)).unwrap();
        assert_eq!((scanned.records().len(), scanned.valid_len()), (0, HEADER_LEN as u64));
    }
    assert_eq!(SegmentScanner::walk(&record(0, 8, 8)).unwrap().records().len(), 1);
}

#[test]
fn bytes_of_a_whole_segment_stay_under_its_limit() {
    let camera = Camera::new(None);
    let mut parts = fragments(&camera.units(0, 26));
    let mut writer = writer(&camera);
    writer.record(&parts[0], &mut Vec::new()).unwrap();
    // Sixteen records of 16 MiB would pass it; only their lengths are looked at.
    let block = Bytes::from(vec![0; 1024 * 1024]);
    parts[1].video.data = vec![block; (SEGMENT_BYTES_MAX / (1024 * 1024)) as usize];
    assert!(writer.must_roll(&parts[1]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_of_any_kind_never_panics_and_never_yields_other_samples(
        from in 0_usize..2000, bytes in prop::collection::vec(any::<u8>(), 0..80), cut in 0_usize..4000,
    ) {
        let whole = file(&Camera { gop: 20, ..Camera::new(None) }, 0, 45, 7);
        let expected = read(&whole.bytes).unwrap();
        let mut damaged = whole.bytes.clone();
        let from = from.min(damaged.len());
        let end = (from + bytes.len()).min(damaged.len());
        damaged.splice(from..end, bytes);
        damaged.truncate(cut);
        let _ = SegmentScanner::walk(&damaged);
        if let Ok(loaded) = IndexLoader::load(&damaged, &media_key(1)) {
            for record in loaded.index.records() {
                if let Ok(samples) = open(&damaged, &loaded.reader, &record.at()) {
                    prop_assert_eq!(&samples, &expected.1[record.at().number as usize]);
                }
            }
        }
    }
}

/// Everything that is done with a file, on what fuzzers found and on well-sealed files that no recorder of ours would write.
#[test]
fn the_corpus_of_damaged_files_is_survived_and_what_loads_is_served() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/segment_file");
    let key = MediaKey::new(MediaKeyId::from_bytes([1; 16]), [2; 32]);
    let mut served = 0;
    for entry in std::fs::read_dir(corpus).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let _ = SegmentScanner::walk(&bytes);
        let Ok(loaded) = IndexLoader::load(&bytes, &key) else { continue };
        let range = domain::TimeRange::new(loaded.index.start().unwrap(), T0 + 1000 * SEGMENT_TIME_MAX).unwrap();
        let (mut playlist, mut download) = (Playlist::new(range), DownloadBuilder::new(range));
        playlist.add(&loaded.index);
        let added = download.add(&loaded.index).is_ok();
        served += usize::from(playlist.finish().is_some() && added && download.finish().is_ok());
        for record in loaded.index.records() {
            let Ok(samples) = open(&bytes, &loaded.reader, &record.at()) else { continue };
            let tracks = crate::mp4::TrackSet::all(loaded.index.format());
            media_part(record, tracks, &samples, &mut Vec::new()).unwrap();
        }
    }
    assert!(served > 2, "the corpus has files that load");
}

/// The vectors of docs/segment-format.md.
mod vectors {
    use super::*;

    const DOC: &str = include_str!("../../../../docs/segment-format.md");

    fn vector(name: &str) -> Vec<u8> {
        let start = DOC.find(&format!("```hex {name}\n")).unwrap_or_else(|| panic!("no vector {name}"));
        let text = DOC[start..].split("```").nth(1).unwrap().split_once('\n').unwrap().1;
        let digits: Vec<_> = text.chars().filter(char::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect()
    }

    /// The footage that the document describes.
    fn footage() -> Vec<Fragment> {
        let camera = Camera { gop: 2, ..Camera::new(Some(AudioCodec::Pcmu)) };
        let mut units = vec![camera.picture(0), camera.sound(0), camera.picture(1), camera.picture(2)];
        units[0].data = Bytes::from_static(b"\0\0\0\x02\x65\xaa");
        units[0].cts = 3600;
        units[1].data = Bytes::from_static(&[0xff; 4]);
        units[2].data = Bytes::from_static(b"\0\0\0\x02\x41\xbb");
        units[3].data = Bytes::from_static(b"\0\0\0\x02\x65\xcc");
        fragments(&units)
    }

    fn key() -> MediaKey {
        MediaKey::new(MediaKeyId::from_bytes([0x33; 16]), std::array::from_fn(|n| n as u8))
    }

    fn sealed(version: Version, cipher: Cipher) -> File {
        let second = version == Version::V2;
        let header = SegmentHeader {
            segment: SegmentId::from_bytes([0x11; 16]),
            camera: CameraId::from_bytes([0x22; 16]),
            stream: StreamName::Main,
            key: key().id(),
            cipher,
            version,
            class: if second { FootageClass::Event } else { FootageClass::Continuous },
            origin: if second { Origin::Backfill } else { Origin::Live },
            previous: second.then_some(Previous { segment: SegmentId::from_bytes([0x44; 16]), tail: [0x55; TAG_LEN] }),
        };
        let (mut writer, header) = SegmentWriter::begin(header, Arc::clone(&footage()[0].format), &key()).unwrap();
        let (mut bytes, mut index) = (header.to_vec(), writer.index());
        for fragment in footage() {
            index.push(writer.record(&fragment, &mut bytes).unwrap());
        }
        writer.finish(&mut bytes).unwrap();
        File { bytes, index }
    }

    const FILES: [(&str, Version, Cipher); 4] = [
        ("1-aes-256-gcm", Version::V1, Cipher::Aes256Gcm),
        ("1-chacha20-poly1305", Version::V1, Cipher::ChaCha20Poly1305),
        ("2-aes-256-gcm", Version::V2, Cipher::Aes256Gcm),
        ("2-chacha20-poly1305", Version::V2, Cipher::ChaCha20Poly1305),
    ];

    #[test]
    fn the_documented_files_of_both_versions_are_read() {
        for (name, version, cipher) in FILES {
            let (bytes, sealed) = (vector(name), sealed(version, cipher));
            let loaded = IndexLoader::load(&bytes, &key()).unwrap();
            assert_eq!((loaded.index, loaded.clean), (sealed.index, true), "{name}");
            let checked = SegmentChecker::check(&bytes, &key(), Depth::Samples).unwrap();
            assert_eq!((&checked.faults[..], checked.tail()), (&[][..], Some(loaded.tail)), "{name}");
            assert_eq!(checked.header.previous.map(|previous| previous.tail), (version == Version::V2).then_some([0x55; 16]));
        }
    }

    #[test]
    fn the_writer_makes_the_documented_files() {
        let mut now = String::new();
        for (name, version, cipher) in FILES {
            let bytes = sealed(version, cipher).bytes;
            if vector(name) != bytes {
                let hex = bytes.chunks(32).map(|row| row.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n");
                now += &format!("{name} is now:\n{}\n", hex.collect::<String>());
            }
        }
        assert!(now.is_empty(), "{now}");
    }

    #[test]
    fn the_documented_tables_are_what_is_sealed() {
        let file = sealed(Version::V2, Cipher::Aes256Gcm);
        let mut tables = Vec::new();
        for (fragment, first) in footage().iter().zip([true, false]) {
            tables.push(Vec::new());
            table::encode(tables.last_mut().unwrap(), fragment, first);
        }
        for (n, table) in tables.iter().enumerate() {
            let hex: String = table.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(vector(&format!("table-{n}")) == *table, "table {n} is now {hex}");
            assert_eq!(file.index.records()[n].at().table_len as usize, table.len());
        }
    }
}
