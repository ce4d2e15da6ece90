use policy::act::{RemoveCamera, ViewRecorded};
use sea_orm::EntityTrait;

use super::*;
use crate::keyring::entity::{key, tombstone};

async fn wrapped_keys(rig: &Rig) -> Vec<key::Model> {
    key::Entity::find().all(rig.store.keyring().db().read()).await.unwrap()
}

#[tokio::test]
async fn a_camera_has_one_media_key_a_utc_month() {
    let mut rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let (camera, other) = (rig.add_camera(home).await, rig.add_camera(home).await);
    let first = rig.media_key(&camera, "2026-11-01T00:00:00Z").await.unwrap();
    for (camera, at, same) in [
        (&camera, "2026-11-30T23:59:59.999999Z", true),
        (&camera, "2026-12-01T07:59:59+08:00", true),
        (&camera, "2026-12-01T00:00:00Z", false),
        (&camera, "2025-11-15T00:00:00Z", false),
        (&other, "2026-11-01T00:00:00Z", false),
    ] {
        let key = rig.media_key(camera, at).await.unwrap();
        assert_eq!(key.id() == first.id(), same, "{at}");
    }
    rig.restart().await;
    assert_eq!(rig.media_key(&camera, "2026-11-02T00:00:00Z").await.unwrap().id(), first.id());
}

#[tokio::test]
async fn a_media_key_opens_under_a_permit_for_its_own_camera_only() {
    let mut rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let (camera, other) = (rig.add_camera(home).await, rig.add_camera(home).await);
    let id = rig.media_key(&camera, "2026-11-01T00:00:00Z").await.unwrap().id();
    let (own, foreign) = (permit::<ViewRecorded>(camera.id, home), permit::<ViewRecorded>(other.id, home));
    for warm in [true, false] {
        assert!(rig.store.media_key_by_id(&foreign, id).await.unwrap().is_none(), "cached: {warm}");
        assert_eq!(rig.store.media_key_by_id(&own, id).await.unwrap().unwrap().id(), id);
        rig.restart().await;
    }
    let foreign = permit::<RecordCamera>(other.id, home);
    assert!(rig.store.media_key(&foreign, home, camera.id, Timestamp::default()).await.is_err());
}

#[tokio::test]
async fn the_keys_of_a_removed_camera_are_in_no_byte_and_never_come_back() {
    let _proof = evidence::proves("C-3.b.2", "key.destroy");
    let mut rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let (camera, kept) = (rig.add_camera(home).await, rig.add_camera(home).await);
    let mut ids = Vec::new();
    for at in ["2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"] {
        ids.push(rig.media_key(&camera, at).await.unwrap().id());
    }
    let kept_id = rig.media_key(&kept, "2026-11-01T00:00:00Z").await.unwrap().id();
    let owned_by = |owner: CameraId| move |row: &key::Model| row.owner.into_bytes() == owner.to_bytes();
    let dead: Vec<_> = wrapped_keys(&rig).await.into_iter().filter(owned_by(camera.id)).collect();
    assert_eq!(dead.len(), 3);
    for row in &dead {
        assert!(rig.file_with(&row.wrapped).is_some(), "the search must find a key that stands");
    }

    rig.store.remove_camera(&permit::<RemoveCamera>(camera.id, home)).await.unwrap();
    for row in &dead {
        assert_eq!(rig.file_with(&row.wrapped), None);
    }
    for restarted in [false, true] {
        let view = permit::<ViewRecorded>(camera.id, home);
        for id in &ids {
            assert!(rig.store.media_key_by_id(&view, *id).await.unwrap().is_none(), "restarted: {restarted}");
        }
        assert_eq!(code(rig.media_key(&camera, "2026-11-01T00:00:00Z").await), "recording.key_destroyed");
        assert_eq!(code(rig.media_key(&camera, "2027-01-01T00:00:00Z").await), "recording.key_destroyed");
        assert_eq!(rig.media_key(&kept, "2026-11-01T00:00:00Z").await.unwrap().id(), kept_id);
        rig.restart().await;
    }
    let stones = tombstone::Entity::find().all(rig.store.keyring().db().read()).await.unwrap();
    assert_eq!(stones.len(), 4, "three keys and the camera");
}

#[tokio::test]
async fn a_camera_without_footage_never_gets_a_key_after_its_removal() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await;
    rig.store.remove_camera(&permit::<RemoveCamera>(camera.id, home)).await.unwrap();
    assert_eq!(code(rig.media_key(&camera, "2026-11-01T00:00:00Z").await), "recording.key_destroyed");
}

#[tokio::test]
async fn a_home_without_a_key_opens_nothing() {
    let rig = Rig::new().await;
    let camera = unknown_camera(HomeId::random());
    assert_eq!(code(rig.media_key(&camera, "2026-11-01T00:00:00Z").await), "recording.key_destroyed");
}
