use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::*;

#[tokio::test]
async fn the_directory_is_for_the_server_alone() {
    let rig = Rig::new().await;
    rig.set_up("owner@example.com").await;
    let mode = |name: &str| fs::metadata(rig.dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    for (name, expected) in [
        ("keyring", 0o700),
        ("segments", 0o700),
        ("keyring/root.key", 0o600),
        ("keyring/keyring.db", 0o600),
        ("keyring/keyring.db-wal", 0o600),
        ("accounts.db", 0o600),
        ("accounts.db-wal", 0o600),
        ("index.db", 0o600),
        ("lock", 0o600),
    ] {
        assert_eq!(mode(name), expected, "{name}");
    }
}

#[tokio::test]
async fn a_missing_directory_is_made_private() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("a/b");
    Store::open(&dir, TestClock::at("2026-11-23T08:00:00Z")).await.unwrap();
    assert_eq!(fs::metadata(dir).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn a_root_key_that_cannot_be_right_is_refused() {
    type Spoil = fn(&std::path::Path);
    let rows: [(Spoil, &str); 6] = [
        (|key| fs::set_permissions(key, Permissions::from_mode(0o640)).unwrap(), "keyring.root_permissions"),
        (|key| fs::set_permissions(key, Permissions::from_mode(0o604)).unwrap(), "keyring.root_permissions"),
        (|key| fs::remove_file(key).unwrap(), "keyring.root_missing"),
        (|key| fs::write(key, [7; 31]).unwrap(), "keyring.root_invalid"),
        (|key| fs::write(key, [7; 33]).unwrap(), "keyring.root_invalid"),
        (|key| fs::write(key, [7; 32]).unwrap(), "keyring.root_wrong"),
    ];
    for (spoil, expected) in rows {
        let rig = Rig::new().await;
        rig.store.close().await.unwrap();
        spoil(&rig.dir.path().join("keyring/root.key"));
        assert_eq!(code(rig.open().await), expected);
    }
}

#[tokio::test]
async fn accounts_without_their_keyring_are_refused_and_get_no_new_one() {
    let rig = Rig::new().await;
    rig.store.close().await.unwrap();
    let keyring = rig.dir.path().join("keyring");
    fs::remove_dir_all(&keyring).unwrap();
    assert_eq!(code(rig.open().await), "keyring.missing");
    assert!(!keyring.join("root.key").exists());
}

#[tokio::test]
async fn a_start_that_was_cut_short_is_taken_up_again() {
    let rig = Rig::new().await;
    rig.store.close().await.unwrap();
    // As after a power cut between the root key and the first row: the key is there, and half of an earlier try.
    let keyring = rig.dir.path().join("keyring");
    let root = fs::read(keyring.join("root.key")).unwrap();
    for file in ["accounts.db", "keyring/keyring.db"] {
        fs::remove_file(rig.dir.path().join(file)).unwrap();
    }
    fs::write(keyring.join("root.key.new"), [1; 3]).unwrap();
    rig.open().await.unwrap();
    assert_eq!(fs::read(keyring.join("root.key")).unwrap(), root);
}

#[tokio::test]
async fn one_process_at_a_time() {
    let rig = Rig::new().await;
    assert_eq!(code(rig.open().await), "store.in_use");
    rig.store.close().await.unwrap();
    rig.open().await.unwrap();
}

#[tokio::test]
async fn an_index_that_is_no_database_any_more_is_made_anew() {
    let mut rig = Rig::new().await;
    assert!(rig.store.index_is_new());
    rig.restart().await;
    assert!(!rig.store.index_is_new());
    rig.store.close().await.unwrap();
    fs::write(rig.dir.path().join("index.db"), [b'x'; 8192]).unwrap();
    rig.store = rig.open().await.unwrap();
    assert!(rig.store.index_is_new());
    assert_eq!(rig.store.footage_bytes().await.unwrap(), 0);
}

#[tokio::test]
async fn accounts_that_are_no_database_any_more_are_never_replaced() {
    let rig = Rig::new().await;
    rig.store.close().await.unwrap();
    let file = rig.dir.path().join("accounts.db");
    fs::write(&file, [b'x'; 8192]).unwrap();
    assert_eq!(code(rig.open().await), "internal");
    assert_eq!(fs::read(&file).unwrap(), [b'x'; 8192]);
}

#[tokio::test]
async fn a_segment_has_one_place_and_its_disk_has_room() {
    let rig = Rig::new().await;
    let (camera, id) = (CameraId::random(), domain::SegmentId::random());
    assert_eq!(rig.store.segment_path(camera, id), rig.store.segments_dir().join(format!("{camera}/{id}.seg")));
    let space = rig.store.space().unwrap();
    assert!(space.free > 0 && space.free <= space.total);
}

#[tokio::test]
async fn the_revision_has_moved_when_a_change_is_heard() {
    let rig = Rig::new().await;
    let (mut changes, revision) = (rig.store.bus().subscribe(), rig.store.bus().revision());
    let before = *revision.borrow();
    rig.set_up("owner@example.com").await;
    assert_eq!(changes.recv().await, Ok(crate::Change::Facts));
    assert_eq!(*revision.borrow(), before + 1);
}

#[tokio::test]
async fn a_receiver_that_lags_learns_it() {
    let rig = Rig::new().await;
    let mut changes = rig.store.bus().subscribe();
    for _ in 0..5000 {
        rig.store.bus().publish(crate::Change::Facts);
    }
    assert!(matches!(changes.recv().await, Err(tokio::sync::broadcast::error::RecvError::Lagged(_))));
}
