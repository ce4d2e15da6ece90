use proptest::prelude::*;

use super::*;

/// The example key and note of Go's `golang.org/x/mod/sumdb/note`.
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n\
                    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn signer() -> Signer {
    Signer::new("atipcam/test".into(), &[7; 32]).unwrap()
}

fn root() -> Hash {
    super::super::leaf_hash(b"x")
}

#[test]
fn a_note_that_another_implementation_signed_is_believed() {
    let key = VerifierKey::parse(KEY).unwrap();
    assert_eq!((key.name(), key.to_string().as_str()), ("PeterNeumann", KEY));
    assert!(open_note(NOTE, &key).unwrap().ends_with("what your problem is.\n"));
    assert_eq!(Checkpoint::open(NOTE, &key), Err(NoteError::Form), "a note, and no checkpoint");
    assert_eq!(open_note(&NOTE.replace("answer", "Answer"), &key), Err(NoteError::Signature));
}

#[test]
fn what_is_signed_is_read_back() {
    let note = signer().sign(42, root());
    let key = VerifierKey::parse(&signer().verifier().to_string()).unwrap();
    assert_eq!(note.lines().take(3).collect::<Vec<_>>(), ["atipcam/test", "42", root().to_string().as_str()]);
    let expected = Checkpoint { origin: "atipcam/test".into(), size: 42, root: root() };
    assert_eq!(Checkpoint::open(&note, &key), Ok(expected.clone()));
    // A witness signs below.
    let witness = Signer::new("witness.example".into(), &[8; 32]).unwrap();
    let more = witness.sign(1, root()).lines().last().map(|line| format!("{note}{line}\n")).unwrap();
    assert_eq!(Checkpoint::open(&more, &key), Ok(expected));
}

#[test]
fn what_is_not_of_this_log_is_refused() {
    let (note, key) = (signer().sign(42, root()), signer().verifier().clone());
    let other_key = Signer::new("atipcam/test".into(), &[8; 32]).unwrap();
    let other_name = Signer::new("atipcam/other".into(), &[7; 32]).unwrap();
    let line = note.lines().last().unwrap();
    for (name, note, expected) in [
        ("another key", other_key.sign(42, root()), NoteError::Unsigned),
        ("another name", other_name.sign(42, root()), NoteError::Unsigned),
        ("another size", note.replace("\n42\n", "\n43\n"), NoteError::Signature),
        ("a number in another spelling", note.replace("\n42\n", "\n042\n"), NoteError::Signature),
        ("no signature", note.replace(line, ""), NoteError::Form),
        ("two signatures", format!("{note}{line}\n"), NoteError::Form),
        ("no last newline", note.trim_end().to_owned(), NoteError::Form),
        ("a carriage return", note.replace("42\n", "42\r\n"), NoteError::Form),
        ("nothing", String::new(), NoteError::Form),
    ] {
        assert_eq!(Checkpoint::open(&note, &key), Err(expected), "{name}");
    }
    // Signed by the right key, and still no head of a tree.
    for text in
        ["", "atipcam/test\n42\n", "atipcam/test\n-1\nx\n", "atipcam/test\n042\n{root}\n", "atipcam/test\n42\n{root}\nmore\n"]
    {
        let text = text.replace("{root}", &root().to_string());
        let signature = signer().pair.sign(text.as_bytes());
        let line = STANDARD.encode([key.id().as_slice(), signature.as_ref()].concat());
        let note = format!("{text}\n{MARK}atipcam/test {line}\n");
        assert_eq!(Checkpoint::open(&note, &key), Err(NoteError::Form), "{text:?}");
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let wrong_hash = KEY.replace("c74f20a3", "c74f20a4");
    let wrong_type = KEY.replace("+ARpc", "+BRpc");
    for text in ["", "a", "a+b", "+c74f20a3+AR", "a+c74f20a3+", &KEY[1..], &KEY[..KEY.len() - 4], &wrong_hash, &wrong_type] {
        assert_eq!(VerifierKey::parse(text), Err(NoteError::Key), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_harm(note in ".{0,300}", key in ".{0,100}") {
        let _ = VerifierKey::parse(&key);
        prop_assert!(Checkpoint::open(&note, signer().verifier()).is_err());
    }
}
