use proptest::prelude::*;

use super::super::{Frontier, Node, Signer, fold, inclusion_ranges};
use super::*;

const PAYLOAD: &str = r#"{"method":"app","policy_version":"1.0.0","purpose":"video.sound"}"#;

fn signer() -> Signer {
    Signer::new("atipcam/test".into(), &[7; 32]).unwrap()
}

/// A receipt for leaf `index` of a log of `size` leaves.
fn receipt(index: u64, size: u64) -> Receipt {
    let salt = [3; SALT_LEN];
    let entry = Entry {
        at: Timestamp::parse("2026-11-23T08:00:00Z").unwrap(),
        chain: "6fa459ea-ee8a-4ca4-894e-db77e160355e".into(),
        commitment: commitment(&salt, PAYLOAD.as_bytes()).to_string(),
        kind: "consent.given".into(),
        seq: 3,
        v: 1,
    };
    let entry = serde_json::to_string(&entry).unwrap();
    let leaves: Vec<Hash> = (0..size).map(|i| leaf_hash(if i == index { entry.as_bytes() } else { b"another entry" })).collect();
    let mut frontier = Frontier::new();
    let mut nodes: Vec<(Node, Hash)> = Vec::new();
    for (number, leaf) in (0..).zip(&leaves) {
        nodes.push((Node { level: 0, number }, *leaf));
        nodes.extend(frontier.push(*leaf));
    }
    let hash = |node: Node| nodes.iter().find(|(other, _)| *other == node).map(|(_, hash)| *hash);
    let proof = inclusion_ranges(index, size).into_iter().map(|range| fold(range, hash).unwrap()).collect();
    let checkpoint = signer().sign(size, frontier.root());
    Receipt { payload: PAYLOAD.into(), salt, entry, key: signer().verifier().clone(), index, proof, checkpoint }
}

#[test]
fn a_receipt_says_what_it_proves() {
    let text = receipt(16, 18).text().unwrap();
    let verified = verify_receipt(&text).unwrap();
    assert_eq!((verified.kind.as_str(), verified.leaf, verified.size, verified.seq), ("consent.given", 16, 18, 3));
    assert_eq!(verified.payload["purpose"], "video.sound");
    assert_eq!(verified.at, Timestamp::parse("2026-11-23T08:00:00Z").unwrap());
    assert!(text.contains("Where: entry 17 of 18 of the log atipcam/test, event 3 of its chain\n"), "{text}");
    verify_receipt_of(&text, &signer().verifier().to_string()).unwrap();
    let other = Signer::new("atipcam/test".into(), &[8; 32]).unwrap();
    assert_eq!(verify_receipt_of(&text, &other.verifier().to_string()), Err(ReceiptError::OtherLog));
}

#[test]
fn the_form_of_a_receipt_is_as_committed() {
    insta::assert_snapshot!(receipt(2, 3).text().unwrap());
}

#[test]
fn a_receipt_that_was_altered_anywhere_is_refused() {
    let text = receipt(5, 11).text().unwrap();
    for at in 0..text.len() {
        for flip in [1_u8, 2, 0x20, 0x40] {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= flip;
            if let Ok(altered) = String::from_utf8(bytes) {
                assert!(verify_receipt(&altered).is_err(), "byte {at} of {altered}");
            }
        }
        if text.is_char_boundary(at) {
            assert!(verify_receipt(&text[..at]).is_err(), "cut at {at}");
            assert!(verify_receipt(&format!("{} {}", &text[..at], &text[at..])).is_err(), "a space at {at}");
            assert!(verify_receipt(&format!("{}\n{}", &text[..at], &text[at..])).is_err(), "a line at {at}");
        }
    }
    assert!(verify_receipt(&format!("{text}\n")).is_err());
    assert!(verify_receipt(&format!(" {text}")).is_err());
}

#[test]
fn a_forged_receipt_is_refused_for_what_is_wrong_with_it() {
    type Forge = fn(&mut Receipt);
    let rows: [(&str, Forge, ReceiptError); 7] = [
        ("another payload", |r| r.payload = r#"{"purpose":"ads"}"#.into(), ReceiptError::Commitment),
        ("another salt", |r| r.salt = [4; SALT_LEN], ReceiptError::Commitment),
        ("another entry", |r| r.entry = r.entry.replace("given", "refused"), ReceiptError::Inclusion),
        ("another place", |r| r.index = 4, ReceiptError::Inclusion),
        ("a proof of less", |r| r.proof.truncate(3), ReceiptError::Inclusion),
        (
            "a checkpoint of one's own",
            |r| r.checkpoint = Signer::new("atipcam/test".into(), &[8; 32]).unwrap().sign(11, leaf_hash(b"")),
            ReceiptError::Checkpoint(NoteError::Unsigned),
        ),
        ("a checkpoint of another tree", |r| r.checkpoint = signer().sign(11, leaf_hash(b"")), ReceiptError::Inclusion),
    ];
    for (name, forge, expected) in rows {
        let mut receipt = receipt(5, 11);
        forge(&mut receipt);
        assert_eq!(receipt.text(), Err(expected), "{name}");
    }
}

proptest! {
    #[test]
    fn any_leaf_of_any_log_has_a_receipt(size in 1_u64..130, pick in any::<prop::sample::Index>()) {
        let index = pick.index(size as usize) as u64;
        prop_assert_eq!(verify_receipt(&receipt(index, size).text().unwrap()).unwrap().leaf, index);
    }

    #[test]
    fn any_byte_of_any_receipt_put_otherwise_is_refused(size in 1_u64..20, at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut bytes = receipt(size - 1, size).text().unwrap().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert!(verify_receipt(&text).is_err(), "{}", text);
        }
    }

    #[test]
    fn any_text_is_read_without_harm(text in ".{0,400}", lines in prop::collection::vec("(payload|salt|entry|key|index)? ?.{0,40}", 0..20)) {
        prop_assert!(verify_receipt(&text).is_err());
        let text = format!("{TITLE}\n\n{}", lines.join("\n"));
        prop_assert!(verify_receipt(&text).is_err());
    }
}
