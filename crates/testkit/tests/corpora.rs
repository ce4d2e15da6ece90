//! Replays what the fuzzers found, through the same doors.

#[path = "../../../fuzz/doors.rs"]
mod doors;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name)
}

#[test]
fn every_door_comes_back_from_everything_in_its_corpus() {
    for (name, door) in doors::DOORS {
        let mut files: Vec<PathBuf> = std::fs::read_dir(corpus(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{name} has no corpus");
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            // And what is left when networks and crashes cut it short.
            for length in [bytes.len(), bytes.len() / 2, bytes.len() / 7] {
                let back = std::panic::catch_unwind(|| door(&bytes[..length]));
                assert!(back.is_ok(), "{} is not survived in its first {length} bytes", file.display());
            }
        }
    }
}

#[test]
fn whole_transcripts_are_understood_so_that_the_broken_ones_try_what_lies_behind() {
    for name in ["h264-aac", "h265"] {
        let session = std::fs::read(corpus("camera_session").join(name)).unwrap();
        let units = doors::units_of_session(&session).unwrap();
        assert!(units > 2, "{name}: {units}");
    }
}

#[test]
fn every_fuzz_target_has_its_door() {
    let targets = std::fs::read_dir(corpus("../fuzz_targets")).unwrap();
    let targets: BTreeSet<String> =
        targets.map(|t| t.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let doors: BTreeSet<String> = doors::DOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets, doors);
}
