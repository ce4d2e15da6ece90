//! The root key: changed, cut short, and given from elsewhere.

use policy::act::{ReadAccount, RemoveCamera};

use super::*;
use crate::RootKey;

/// The keyring's files by name.
type Files = Vec<(&'static str, Option<Vec<u8>>)>;

fn files(rig: &Rig) -> Files {
    ["keyring.db", "root.key", "root.key.next"]
        .map(|name| (name, fs::read(rig.dir.path().join("keyring").join(name)).ok()))
        .into()
}

fn put(rig: &Rig, files: &[(&str, Option<&Vec<u8>>)]) {
    use std::os::unix::fs::PermissionsExt;
    for name in ["keyring.db", "keyring.db-wal", "keyring.db-shm", "root.key", "root.key.next"] {
        let path = rig.dir.path().join("keyring").join(name);
        let _ = fs::remove_file(&path);
        if let Some((_, Some(bytes))) = files.iter().find(|(other, _)| *other == name) {
            fs::write(&path, bytes).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}

async fn opens_everything(store: &Store, subject: SubjectId, camera: &CameraRow) {
    store.open_email(&permit::<ReadAccount>(subject, camera.home)).await.unwrap();
    store.open_access(&permit::<policy::act::ReadCamera>(camera.id, camera.home), camera).await.unwrap();
    let at = Timestamp::parse("2026-11-01T00:00:00Z").unwrap();
    store.media_key(&permit(camera.id, camera.home), camera.home, camera.id, at).await.unwrap();
    assert_eq!(store.check_log().await.unwrap().faults, []);
}

#[tokio::test]
async fn a_new_root_opens_everything_and_the_old_one_nothing() {
    let mut rig = Rig::new().await;
    let (subject, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await;
    rig.media_key(&camera, "2026-11-01T00:00:00Z").await.unwrap();
    let log_key = rig.store.log_key();
    let root = rig.dir.path().join("keyring/root.key");
    let old = fs::read(&root).unwrap();
    rig.store.rotate_root().await.unwrap();
    assert_eq!(rig.file_with(&old), None, "the old root is in no file");
    for round in 0..3 {
        opens_everything(&rig.store, subject, &camera).await;
        assert_eq!(rig.store.log_key(), log_key, "the log is the same");
        if round == 1 {
            rig.store.rotate_root().await.unwrap();
        }
        rig.restart().await;
    }
    rig.store.close().await.unwrap();
    fs::write(&root, old).unwrap();
    assert_eq!(code(rig.open().await), "keyring.root_wrong");
}

#[tokio::test]
async fn a_power_cut_at_any_step_leaves_a_keyring_that_opens() {
    let rig = Rig::new().await;
    let (subject, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await;
    rig.store.close().await.unwrap();
    let before = files(&rig);
    let store = rig.open().await.unwrap();
    store.rotate_root().await.unwrap();
    store.close().await.unwrap();
    let after = files(&rig);
    let (old_db, old_root) = (before[0].1.as_ref(), before[1].1.as_ref());
    let (new_db, new_root) = (after[0].1.as_ref(), after[1].1.as_ref());
    assert_eq!((&before[2].1, &after[2].1), (&None, &None));
    assert!(old_root != new_root && old_db != new_db);
    let (half, zeros, short) = (vec![1; 3], vec![0; 32], vec![0; 7]);
    for (name, db, root, next) in [
        ("before anything", old_db, old_root, None),
        ("the next root half written", old_db, old_root, Some(&half)),
        ("the next root written", old_db, old_root, new_root),
        ("the rows wrapped", new_db, old_root, new_root),
        ("the old root half overwritten", new_db, Some(&short), new_root),
        ("the old root overwritten", new_db, Some(&zeros), new_root),
        ("the old root gone", new_db, None, new_root),
        ("renamed", new_db, new_root, None),
        ("renamed, and half of the next rotation", new_db, new_root, Some(&half)),
    ] {
        put(&rig, &[("keyring.db", db), ("root.key", root), ("root.key.next", next)]);
        let store = rig.open().await.unwrap_or_else(|e| panic!("{name}: {e}"));
        opens_everything(&store, subject, &camera).await;
        assert!(!rig.dir.path().join("keyring/root.key.next").exists(), "{name}");
        store.rotate_root().await.unwrap();
        opens_everything(&store, subject, &camera).await;
        store.close().await.unwrap();
        rig.open().await.unwrap().close().await.unwrap();
    }
    // Without either file it stays shut.
    put(&rig, &[("keyring.db", new_db), ("root.key", old_root)]);
    assert_eq!(code(rig.open().await), "keyring.root_wrong");
}

#[tokio::test]
async fn a_root_key_from_elsewhere_is_used_and_never_written() {
    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let (dir, clock) = (TempDir::new().unwrap(), TestClock::at("2026-11-23T08:00:00Z"));
    let open =
        async |key: Option<&str>| Store::open_with(dir.path(), clock.clone(), key.map(|key| RootKey::parse(key).unwrap())).await;
    let store = open(Some(KEY)).await.unwrap();
    let rig = Rig { dir: TempDir::new().unwrap(), clock: clock.clone(), store };
    let (_, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await;
    assert!(!dir.path().join("keyring/root.key").exists());
    assert_eq!(file_with(dir.path(), &(0..32).collect::<Vec<u8>>()), None);
    assert_eq!(code(rig.store.rotate_root().await), "keyring.root_given");
    rig.store.remove_camera(&permit::<RemoveCamera>(camera.id, home)).await.unwrap();
    let report = rig.store.apply_retention(clock.now(), &crate::Periods::default()).await.unwrap();
    assert!(!report.root_rotated);
    rig.store.close().await.unwrap();
    assert_eq!(code(open(None).await), "keyring.root_missing");
    assert_eq!(code(open(Some(&KEY.replace("00", "ff"))).await), "keyring.root_wrong");
    open(Some(&KEY.to_uppercase())).await.unwrap().close().await.unwrap();
    open(Some("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")).await.unwrap();
}

#[test]
fn what_is_no_root_key_is_refused_and_never_shown() {
    for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="] {
        assert_eq!(code(RootKey::parse(text)), "keyring.root_invalid", "{text}");
    }
    assert_eq!(format!("{:?}", RootKey::parse(&"ab".repeat(32)).unwrap()), "RootKey(..)");
}

#[tokio::test]
async fn tombstones_are_listed_oldest_first() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        let camera = rig.add_camera(home).await;
        rig.clock.advance(Duration::from_secs(1));
        rig.store.remove_camera(&permit::<RemoveCamera>(camera.id, home)).await.unwrap();
        expected.push((camera.id.to_string(), rig.clock.now()));
    }
    assert_eq!(rig.store.tombstones().await.unwrap(), expected);
}
