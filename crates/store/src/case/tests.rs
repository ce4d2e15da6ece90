//! A case of ten kilobytes, made from nothing but a key of zeros: also the vector on which the page's own verifier runs.

use std::io::Cursor;
use std::path::Path;

use domain::{CameraId, HomeId, SegmentId, SubjectId, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::accounts::hex;
use crate::ledger::{Entry as Leaf, Frontier, Hash, Receipt, Signer, commitment, leaf_hash};

const VECTOR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/verify/vector.zip");

fn t(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn signer() -> Signer {
    Signer::new("atipcam/test".into(), &[7; 32]).unwrap()
}

/// The receipt of a log with this one entry.
fn receipt(payload: String) -> String {
    let salt = [3; 32];
    let entry = Leaf {
        at: t("2026-11-30T09:00:00Z"),
        chain: "00000000-0000-0000-0000-000000000000".into(),
        commitment: commitment(&salt, payload.as_bytes()).to_string(),
        kind: "footage.head".into(),
        seq: 1,
        v: 1,
    };
    let entry = serde_json::to_string(&entry).unwrap();
    let mut tree = Frontier::new();
    tree.push(leaf_hash(entry.as_bytes()));
    let checkpoint = signer().sign(1, tree.root());
    let key = signer().verifier().clone();
    Receipt { payload, salt, entry, key, index: 0, proof: Vec::new(), checkpoint }.text().unwrap()
}

/// Bytes that look like nothing in particular.
fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

fn case() -> (Manifest, Vec<Vec<u8>>) {
    let (camera, other) = (CameraId::from_bytes([1; 16]), CameraId::from_bytes([2; 16]));
    let id = |n: u8| SegmentId::from_bytes([n; 16]);
    let link = |n: u8, previous: Option<u8>, start: &str, end: &str| Link {
        id: id(n),
        start: t(start),
        end: t(end),
        bytes: 5000,
        sha256: Some(hex(&[n; 32])),
        previous: previous.map(id),
        tail: Some(hex(&[n; 16])),
    };
    let segments = vec![
        link(3, None, "2026-11-30T08:00:00Z", "2026-11-30T08:01:00Z"),
        link(4, Some(3), "2026-11-30T08:01:00Z", "2026-11-30T08:02:00Z"),
        link(6, Some(5), "2026-11-30T08:03:00Z", "2026-11-30T08:04:00Z"),
    ];
    let bound = links_digest(&segments);
    let head = |bound: Option<Hash>, segment: u8| {
        let bound = bound.map_or("null".into(), |bound| format!("\"{bound}\""));
        receipt(format!(
            r#"{{"bound":{bound},"camera":"{camera}","count":9,"segment":"{}","tail":"{}"}}"#,
            id(segment),
            hex(&[segment; 16])
        ))
    };
    let part = CameraPart {
        id: camera,
        name: "门口 Door".into(),
        gaps: vec![FootageGap { from: t("2026-11-30T08:02:00Z"), to: t("2026-11-30T08:03:00Z"), cause: "offline".into() }],
        head: Some(head(Some(bound), 9)),
        heads: vec![head(None, 4)],
        segments,
    };
    let without = CameraPart { id: other, name: "Yard".into(), gaps: vec![], segments: vec![], head: None, heads: vec![] };
    let key = signer().verifier().to_string();
    let contents = vec![
        format!("{key}\n").into_bytes(),
        b"Read me.\n".to_vec(),
        b"<!doctype html>\n".to_vec(),
        noise(1, 3000),
        noise(2, 2000),
    ];
    let names = [KEY, README, PAGE, "1 门口 Door 2026-11-30 08-00-00.mp4", "1 门口 Door 2026-11-30 08-03-00.mp4"];
    let file = |(number, (name, bytes)): (usize, (&str, &Vec<u8>))| {
        let plain = FilePart::plain(name, FileDigest::of(bytes));
        if number < 3 {
            return plain;
        }
        let from = t(if number == 3 { "2026-11-30T08:00:00Z" } else { "2026-11-30T08:03:00Z" });
        let to = from + std::time::Duration::from_secs(60);
        FilePart { camera: Some(camera), from: Some(from), to: Some(to), times: vec![from], ..plain }
    };
    let files = names.into_iter().zip(&contents).enumerate().map(file).collect();
    let manifest = Manifest {
        format: FORMAT.into(),
        made_at: t("2026-11-30T09:00:00Z"),
        by: By { account: "owner@example.com".into(), id: SubjectId::from_bytes([8; 16]) },
        server: "0.0.0".into(),
        home: HomeId::from_bytes([9; 16]),
        reason: Some("A \"test\"".into()),
        from: t("2026-11-30T08:00:00Z"),
        to: t("2026-11-30T08:04:00Z"),
        key,
        chunk: CHUNK,
        cameras: vec![part, without],
        files,
    };
    (manifest, contents)
}

/// The zip's bytes.
fn zipped(manifest: &Manifest, contents: &[Vec<u8>], signer: &Signer) -> Vec<u8> {
    let text = manifest.text().unwrap();
    let note = signer.sign_case(Hash::from_digest(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes())));
    let layout = manifest.layout(&text, &note).unwrap();
    let own = [text.into_bytes(), note.into_bytes()];
    let mut out = Vec::new();
    for (number, content) in own.iter().chain(contents).enumerate() {
        assert_eq!(out.len() as u64, layout.header_at(number));
        out.extend(layout.header(number));
        assert_eq!(layout.content(number), out.len() as u64..(out.len() + content.len()) as u64);
        out.extend(content);
    }
    out.extend(layout.tail());
    assert_eq!(out.len() as u64, layout.len());
    out
}

fn report(bytes: &[u8]) -> Report {
    verify(&mut Cursor::new(bytes), |_, _| {}).unwrap()
}

#[test]
fn a_case_verifies_and_is_the_vector_of_the_page() {
    let (manifest, contents) = case();
    let bytes = zipped(&manifest, &contents, &signer());
    let found = report(&bytes);
    assert_eq!(found.faults, []);
    assert_eq!(found.breaks, [(CameraId::from_bytes([1; 16]), t("2026-11-30T08:03:00Z"))], "segment 5 is missing");
    assert_eq!(found.manifest, Some(manifest));
    assert_eq!(found.fingerprint.as_deref(), Some(signer().verifier().fingerprint().as_str()));
    if std::env::var_os("UPDATE_VECTOR").is_some() {
        std::fs::write(VECTOR, &bytes).unwrap();
    }
    assert!(std::fs::read(Path::new(VECTOR)).unwrap() == bytes, "run with UPDATE_VECTOR=1 where the form was meant to change");
}

/// The file or part that a place in the vector is of.
fn owner(layout: &Layout, at: u64) -> (Option<&str>, bool) {
    for (number, entry) in layout.entries().iter().enumerate() {
        if layout.content(number).contains(&at) {
            return (Some(&entry.name), true);
        }
        if (layout.header_at(number)..layout.content(number).start).contains(&at) {
            return (Some(&entry.name), false);
        }
    }
    (None, false)
}

#[test]
fn one_changed_byte_anywhere_is_named() {
    let (manifest, contents) = case();
    let bytes = zipped(&manifest, &contents, &signer());
    let text = manifest.text().unwrap();
    let note = signer().sign_case(Hash::from_digest(&aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes())));
    let layout = manifest.layout(&text, &note).unwrap();
    let mut changed = bytes.clone();
    // Every fifth byte, and each of the headers and the directory's end: the vector is small, and proofs take their time.
    let near = |at: usize| layout.entries().iter().enumerate().any(|(n, _)| layout.content(n).start.abs_diff(at as u64) < 40);
    for at in (0..bytes.len()).filter(|at| at % 5 == 0 || near(*at) || at + 30 > bytes.len()) {
        let flip = 1 << (at % 8);
        changed[at] ^= flip;
        let faults = report(&changed).faults;
        let [fault] = faults.as_slice() else { panic!("byte {at}: {faults:?}") };
        let (name, content) = owner(&layout, at as u64);
        assert_eq!(fault.file.as_deref(), name, "byte {at}: {fault:?}");
        let expected: &[FaultKind] = match (name, content) {
            (Some(MANIFEST), true) => &[FaultKind::Manifest, FaultKind::Unreadable],
            (Some(SIGNATURE), true) => &[FaultKind::Signature],
            (Some(_), true) => &[FaultKind::File],
            (Some(_), false) => &[FaultKind::Header],
            (None, _) => &[FaultKind::Directory],
        };
        assert!(expected.contains(&fault.kind), "byte {at}: {fault:?}");
        if fault.kind != FaultKind::Unreadable {
            assert!(fault.at.contains(&(at as u64)), "byte {at}: {fault:?}");
        }
        if name.is_some_and(|name| name.ends_with(".mp4")) && content {
            assert!(fault.camera.as_deref() == Some("门口 Door") && fault.time.is_some(), "byte {at}: {fault:?}");
        }
        changed[at] ^= flip;
    }
}

#[test]
fn what_is_missing_or_too_much_is_named() {
    let (manifest, contents) = case();
    let bytes = zipped(&manifest, &contents, &signer());
    let mut long = bytes.clone();
    long.push(0);
    let kinds = |bytes: &[u8]| report(bytes).faults.into_iter().map(|fault| fault.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&long), [FaultKind::Long]);
    assert_eq!(kinds(&bytes[..bytes.len() - 1]), [FaultKind::Short]);
    assert!(kinds(&bytes[..bytes.len() / 2]).contains(&FaultKind::Short));
    assert_eq!(kinds(&[]), [FaultKind::Unreadable]);
}

#[test]
fn what_another_key_signed_is_not_this_homes() {
    let (manifest, contents) = case();
    let other = Signer::new("atipcam/test".into(), &[8; 32]).unwrap();
    assert_eq!(report(&zipped(&manifest, &contents, &other)).faults[0].kind, FaultKind::Signature);
    // With its own key all is in order but for the log's entries, which another log signed; and the fingerprint is another.
    let mut contents = contents;
    contents[0] = format!("{}\n", other.verifier()).into_bytes();
    let mut forged = Manifest { key: other.verifier().to_string(), ..manifest };
    forged.files[0] = FilePart::plain(KEY, FileDigest::of(&contents[0]));
    let found = report(&zipped(&forged, &contents, &other));
    assert_eq!(found.faults.iter().map(|fault| fault.kind).collect::<Vec<_>>(), [FaultKind::Head]);
    assert_ne!(found.fingerprint.unwrap(), signer().verifier().fingerprint());
}

#[test]
fn a_head_that_binds_other_segments_is_found() {
    let (mut manifest, contents) = case();
    manifest.cameras[0].segments[1].bytes = 1;
    assert_eq!(report(&zipped(&manifest, &contents, &signer())).faults, [], "lengths are not bound");
    manifest.cameras[0].segments[0].tail = Some(hex(&[0; 16]));
    let faults = report(&zipped(&manifest, &contents, &signer())).faults;
    assert_eq!((faults.len(), faults[0].kind), (1, FaultKind::Head));
}

#[test]
fn a_zip_of_more_than_four_gigabytes_says_so() {
    let entry = |bytes| Entry { name: "a.mp4".into(), bytes, crc32: 1 };
    let small = Layout::new(vec![entry(10), entry(10)]);
    assert_eq!((small.header(0).len(), small.tail().len()), (35, 2 * 51 + 22));
    let wide = Layout::new(vec![entry(5 << 30), entry(10)]);
    assert_eq!((wide.header(0).len(), wide.header(1).len()), (55, 35));
    assert_eq!(wide.tail().len(), 51 + 20 + 51 + 12 + 56 + 20 + 22);
    assert_eq!(wide.content(0), 55..55 + (5 << 30));
    assert_eq!(wide.directory_at(), 55 + (5 << 30) + 35 + 10);
}

#[test]
fn a_crc_is_the_one_of_zips() {
    assert_eq!(Crc32::of(b"123456789"), 0xcbf4_3926);
    assert_eq!(Crc32::of(b""), 0);
}

proptest! {
    #[test]
    fn pieces_add_up_however_they_are_cut(bytes in prop::collection::vec(any::<u8>(), 0..300), cut in 0_usize..300) {
        let cut = cut.min(bytes.len());
        let mut digest = FileDigest::default();
        digest.update(&bytes[..cut]);
        digest.update(&bytes[cut..]);
        prop_assert_eq!(digest.finish(), FileDigest::of(&bytes));
    }

    #[test]
    fn no_text_ends_it(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(!report(&bytes).faults.is_empty());
    }
}
