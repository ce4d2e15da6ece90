use std::fs;

use policy::Principal;
use policy::act::{CancelAccount, ReadPrivacy};
use testkit::Town;

use super::*;

/// A receipt of the owner, and the log's key.
async fn a_receipt(town: &Town) -> (String, String) {
    let who = Principal::Session(town.owner.session);
    let permit = town.control.ask::<ReadPrivacy>(who, town.owner.subject).await.unwrap();
    let event = town.store.events(&permit, &[], None, 1).await.unwrap().remove(0);
    (town.store.receipt(&permit, event.id).await.unwrap(), town.store.log_key())
}

async fn closed(town: &Town) {
    town.control.close().await;
    town.store.close().await.unwrap();
}

#[tokio::test]
async fn a_receipt_is_told_in_plain_words_with_what_it_does_not_prove() {
    let town = Town::build().await.unwrap();
    let (text, key) = a_receipt(&town).await;
    let said = receipt(&text, None).unwrap();
    for words in ["The receipt is genuine.", "a version of the policy was agreed to", &key, "Not verified: whose key"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains(town.owner.email) && !said.contains(&town.owner.subject.to_string()), "{said}");
    let said = receipt(&text, Some(&key)).unwrap();
    assert!(said.ends_with("The key is the one that you gave.\n"), "{said}");

    let other = Town::build().await.unwrap().store.log_key();
    assert_eq!(receipt(&text, Some(&other)).unwrap_err().to_string(), "a receipt of another log");
}

#[tokio::test]
async fn a_receipt_with_one_altered_byte_is_refused_whichever_it_is() {
    let town = Town::build().await.unwrap();
    let (text, _) = a_receipt(&town).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("receipt.txt");
    let arguments = ["atipcam", "verify", "receipt", file.to_str().unwrap()];
    let matches = crate::command().try_get_matches_from(arguments).unwrap();
    fs::write(&file, &text).unwrap();
    assert_eq!(crate::run(&matches).unwrap(), ExitCode::SUCCESS);
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        fs::write(&file, bytes).unwrap();
        let error = crate::run(&matches).unwrap_err().to_string();
        assert!(error.contains("receipt.txt: NOT a genuine receipt: ") || error.contains("not text"), "byte {at}: {error}");
    }
    fs::write(&file, &text[..text.len() - 1]).unwrap();
    assert!(crate::run(&matches).is_err(), "cut short");
}

#[tokio::test]
async fn a_key_is_given_as_it_is_or_in_a_file() {
    let town = Town::build().await.unwrap();
    let (_, key) = a_receipt(&town).await;
    let file = town.dir.path().join("key.txt");
    fs::write(&file, format!("{key}\n")).unwrap();
    assert_eq!(read_key(&key).unwrap(), key);
    assert_eq!(read_key(file.to_str().unwrap()).unwrap(), key);
    let error = read_key("my key").unwrap_err().to_string();
    assert!(error.starts_with("--key: \"my key\" is neither a key nor a file"), "{error}");
}

#[tokio::test]
async fn a_whole_log_is_told_with_its_head_and_not_while_the_server_runs() {
    let town = Town::build().await.unwrap();
    let dir = town.dir.path();
    let error = check(dir, &[]).await.unwrap_err().to_string();
    assert!(error.starts_with("store.in_use: ") && error.contains("Stop the server first"), "{error}");
    let kept = town.store.checkpoint().await.unwrap();
    closed(&town).await;
    let (key, report) = check(dir, std::slice::from_ref(&kept)).await.unwrap();
    let said = log_text(&key, &report, 1).unwrap();
    for words in ["The log is whole.", "each hashed again", "at the head that you gave", &key, &kept] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(log_text(&key, &report, 0).unwrap().contains("Not verified: that nobody put an older log"));
}

#[tokio::test]
async fn another_log_and_an_older_one_are_found_out() {
    let (town, other) = (Town::build().await.unwrap(), Town::build().await.unwrap());
    let older = tempfile::tempdir().unwrap();
    let (rows, keys) = (older.path().join("rows"), older.path().join("keys"));
    let plan = store::backup::Backup { dir: town.dir.path().to_owned(), out: rows.clone(), keyring_out: Some(keys.clone()) };
    store::backup::backup(&plan, domain::Timestamp::from_micros(1)).await.unwrap();
    let who = Principal::Session(town.neighbour.session);
    let permit = town.control.ask::<CancelAccount>(who, town.neighbour.subject).await.unwrap();
    town.store.cancel(permit).await.unwrap();
    let notes = [town.store.checkpoint().await.unwrap(), other.store.checkpoint().await.unwrap()];
    fs::create_dir(rows.join("keyring")).unwrap();
    fs::copy(keys.join("keyring.db"), rows.join("keyring/keyring.db")).unwrap();
    fs::copy(town.dir.path().join("keyring/root.key"), rows.join("keyring/root.key")).unwrap();
    let (key, report) = check(&rows, &notes).await.unwrap();
    let error = log_text(&key, &report, 2).unwrap_err().to_string();
    assert!(error.starts_with("the log is NOT what it says; 2 found:"), "{error}");
    let stands = format!("a head was signed for {} leaves, and only {} are there", report.leaves + 1, report.leaves);
    assert!(error.contains(&stands), "{error}");
    assert!(error.contains("a head of the log is not to be believed"), "{error}");
}

#[tokio::test]
async fn an_entry_that_somebody_changed_in_the_file_is_found() {
    let town = Town::build().await.unwrap();
    closed(&town).await;
    let file = town.dir.path().join("accounts.db");
    let mut bytes = fs::read(&file).unwrap();
    let entry = b"\"kind\":\"policy.agreed\",\"seq\":1";
    let at = bytes.windows(entry.len()).position(|window| window == entry).unwrap();
    bytes[at + entry.len() - 1] = b'7';
    fs::write(&file, bytes).unwrap();
    let arguments = ["atipcam", "verify", "log", "--data", town.dir.path().to_str().unwrap()];
    let matches = crate::command().try_get_matches_from(arguments).unwrap();
    let ran = tokio::task::spawn_blocking(move || crate::run(&matches).map_err(|error| error.to_string())).await.unwrap();
    let error = ran.unwrap_err();
    assert!(error.contains("the log is NOT what it says") && error.contains("\n  entry "), "{error}");
}

#[test]
fn every_kind_of_event_has_words() {
    for kind in EventKind::ALL {
        assert!(!in_words(kind.as_str()).contains("no words"), "{kind:?}");
    }
    assert!(in_words("consent.imagined").contains("no words"));
}
