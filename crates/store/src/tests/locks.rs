use domain::TimeRange;
use policy::act::{ListLocks, LockFootage, RemoveCamera, UnlockFootage};

use super::*;
use crate::{FootageHead, LockDraft, ledger};

const REASON: &str = "canary-reason-8d11";
const HOUR: Duration = Duration::from_secs(3600);

fn range(rig: &Rig, from_h: u32, to_h: u32) -> TimeRange {
    let now = rig.clock.now();
    TimeRange::new(now - HOUR * from_h, now - HOUR * to_h).unwrap()
}

async fn lock(rig: &Rig, home: HomeId, cameras: &[CameraId], range: TimeRange, expires: Option<Timestamp>) -> crate::LockRow {
    let draft = LockDraft { cameras: cameras.to_vec(), range, reason: REASON.into(), expires };
    rig.store.add_lock(&permit::<LockFootage>(home, home), draft).await.unwrap()
}

#[tokio::test]
async fn locked_footage_is_known_until_it_is_unlocked_or_its_lock_ends_and_the_reason_is_sealed() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let (one, other) = (rig.add_camera(home).await.id, rig.add_camera(home).await.id);
    let expires = rig.clock.now() + HOUR;
    let both = lock(&rig, home, &[one, other], range(&rig, 5, 3), None).await;
    lock(&rig, home, &[one], range(&rig, 4, 2), Some(expires)).await;
    assert_eq!(rig.file_with(REASON.as_bytes()), None);
    let now = rig.clock.now();
    assert_eq!(rig.store.locked(one, now).await.unwrap(), [range(&rig, 5, 2)], "what overlaps is one");
    assert_eq!(rig.store.locked(other, now).await.unwrap(), [range(&rig, 5, 3)]);
    assert_eq!(rig.store.locked(one, expires).await.unwrap(), [range(&rig, 5, 3)], "the other has ended");
    assert_eq!(rig.store.locked(CameraId::random(), now).await.unwrap(), []);

    let list = permit::<ListLocks>(home, home);
    let rows = rig.store.locks(&list).await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rig.store.open_lock(&list, &rows[0]).await.unwrap(), REASON);
    let elsewhere = HomeId::random();
    assert_eq!(code(rig.store.open_lock(&permit::<ListLocks>(elsewhere, elsewhere), &rows[0]).await), "not_found");
    assert_eq!(code(rig.store.remove_lock(&permit::<UnlockFootage>(elsewhere, elsewhere), both.id).await), "not_found");
    rig.clock.advance(HOUR);
    assert_eq!(rig.store.locks(&list).await.unwrap().len(), 1);
    assert_eq!(rig.store.home_of_lock(both.id).await.unwrap(), Some(home));
    rig.store.remove_lock(&permit::<UnlockFootage>(home, home), both.id).await.unwrap();
    assert_eq!(rig.store.locked(other, now).await.unwrap(), []);
    assert_eq!(code(rig.store.remove_lock(&permit::<UnlockFootage>(home, home), both.id).await), "not_found");
}

#[tokio::test]
async fn a_lock_is_of_ones_own_cameras_and_goes_with_them() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await.id;
    for cameras in [vec![], vec![CameraId::random()], vec![camera, CameraId::random()]] {
        let draft = LockDraft { cameras, range: range(&rig, 2, 1), reason: REASON.into(), expires: None };
        assert_eq!(code(rig.store.add_lock(&permit::<LockFootage>(home, home), draft).await), "not_found");
    }
    lock(&rig, home, &[camera], range(&rig, 2, 1), None).await;
    rig.store.remove_camera(&permit::<RemoveCamera>(camera, home)).await.unwrap();
    assert_eq!(rig.store.locked(camera, rig.clock.now()).await.unwrap(), []);
    let rows = rig.store.locks(&permit::<ListLocks>(home, home)).await.unwrap();
    assert!(rows[0].cameras.is_empty(), "that there was a lock stays");
}

#[tokio::test]
async fn a_head_of_footage_has_a_receipt_that_anybody_can_check() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await.id;
    assert_eq!(rig.store.last_footage_head().await.unwrap(), None);
    let segment = domain::SegmentId::random();
    let bound = Some(ledger::Hash::from_bytes([7; 32]));
    let head = FootageHead { camera, segment, tail: Some([9; 16]), count: 3, bound };
    let receipt = rig.store.add_footage_head(&head).await.unwrap();
    let verified = ledger::verify_receipt_of(&receipt, &rig.store.log_key()).unwrap();
    assert_eq!((verified.kind.as_str(), verified.payload["count"].as_u64()), ("footage.head", Some(3)));
    assert_eq!(verified.payload["segment"], segment.to_string());
    assert_eq!(rig.store.last_footage_head().await.unwrap(), Some(rig.clock.now()));
    rig.store.add_footage_head(&FootageHead { segment: domain::SegmentId::random(), ..head }).await.unwrap();
    let found = rig.store.footage_heads(&[segment], Timestamp::from_micros(0)).await.unwrap();
    assert_eq!(found.len(), 1, "the one about that segment");
    assert!(ledger::verify_receipt(&found[0]).is_ok());
    assert_eq!(rig.faults().await, []);
}
