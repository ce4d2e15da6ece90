use testkit::ManualClock;

use super::*;

fn storages(dir: &Path, more: &[&str], clock: &ManualClock) -> Storages {
    let more: Vec<_> = more.iter().map(|name| StorageConfig { path: dir.join(name), quota_bytes: None }).collect();
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    std::fs::create_dir_all(dir.join("data/segments")).unwrap();
    Storages::start(&dir.join("data/segments"), &more, None, &clock).unwrap()
}

#[tokio::test]
async fn footage_goes_to_the_first_that_takes_it_and_ids_stay() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), ManualClock::default());
    let all = storages(dir.path(), &["a", "b"], &clock);
    let taker = |all: &Storages| all.taker().map(|storage| storage.name());
    let mut moves = all.moves();
    assert_eq!(taker(&all).as_deref(), Some("segments"));
    assert!(all.all()[0].found(Health::Full, &clock) && !all.all()[0].found(Health::Full, &clock));
    assert_eq!((taker(&all).as_deref(), moves.has_changed().unwrap()), (Some("a"), true));
    moves.mark_unchanged();
    let ids: Vec<_> = all.all().iter().map(|storage| storage.id()).collect();
    assert!(ids[0].is_none() && ids[1].is_some() && ids[1] != ids[2]);

    // After a restart without one of its disks.
    std::fs::rename(dir.path().join("a"), dir.path().join("gone")).unwrap();
    let again = storages(dir.path(), &["a", "b"], &clock);
    assert_eq!(again.all().iter().map(|storage| storage.id()).collect::<Vec<_>>(), ids);
    assert_eq!(again.all().iter().map(|storage| storage.health()).collect::<Vec<_>>(), [Health::Ok, Health::Missing, Health::Ok]);
    let (camera, segment) = (CameraId::random(), SegmentId::random());
    assert_eq!(again.segment_path(ids[1], camera, segment).unwrap_err().code(), "storage.missing");
    assert!(again.readable(ids[2]) && !again.readable(ids[1]) && !again.readable(Some(StorageId::random())));
    assert!(!dir.path().join("a").exists());
}

#[tokio::test]
async fn another_disk_in_a_disks_place_is_not_it() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), ManualClock::default());
    let all = storages(dir.path(), &["a"], &clock);
    let marker = dir.path().join("a").join(marker::MARKER);
    all.all()[1].recognize().unwrap();
    std::fs::write(&marker, format!("{}\n", StorageId::random())).unwrap();
    assert_eq!(all.all()[1].recognized().await.unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[tokio::test]
async fn one_that_keeps_failing_rests_longer_and_longer() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), ManualClock::default());
    let all = storages(dir.path(), &[], &clock);
    let own = &all.all()[0];
    let mut rests = Vec::new();
    own.found(Health::Failing, &clock);
    for _ in 0..8 {
        let begun = clock.mono();
        while !own.may_try(clock.mono()) {
            clock.advance(Duration::from_secs(1));
        }
        rests.push(clock.mono().since(begun).as_secs());
        own.failed_again(clock.mono());
    }
    assert_eq!(rests, [2, 4, 8, 16, 32, 60, 60, 60]);
    own.found(Health::Ok, &clock);
    clock.advance(FORGIVEN);
    own.found(Health::Full, &clock);
    clock.advance(REST);
    assert!(own.may_try(clock.mono()));
}

#[test]
fn an_error_says_how_the_storage_is() {
    for (errno, health) in
        [(28, Health::Full), (122, Health::Full), (30, Health::ReadOnly), (5, Health::Failing), (2, Health::Missing)]
    {
        assert_eq!(Health::of(&io::Error::from_raw_os_error(errno)), health);
        assert!(health.error().code().starts_with("storage."));
    }
}
