use domain::limits::CAMERAS_MAX;
use policy::act::{EditCamera, ListCameras, MakeStreamKey, ReadCamera, RemoveCamera};

use super::*;
use crate::{Change, StreamKeySecret};

#[tokio::test]
async fn a_camera_lives_and_each_step_is_told() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let mut changes = rig.store.bus().subscribe();
    let camera = rig.add_camera(home).await;
    assert_eq!((camera.revision, camera.created), (1, rig.clock.now()));
    let as_text = rig.file_with(camera.id.to_string().as_bytes());
    assert!(rig.file_with(&camera.id.to_bytes()).is_some() && as_text.is_none(), "an id takes 16 bytes in a row");

    let edit = permit::<EditCamera>(camera.id, home);
    let edited = rig
        .store
        .edit_camera(&edit, |draft| {
            draft.access.name = "Back door".into();
            draft.audio = AudioMode::Live;
            draft.recording = false;
            Ok(())
        })
        .await
        .unwrap();
    let read = rig.store.camera(camera.id).await.unwrap().unwrap();
    assert_eq!((read.revision, read.audio, read.recording), (2, AudioMode::Live, false));
    assert_eq!(read.access.ciphertext(), edited.access.ciphertext());
    let access = rig.store.open_access(&permit::<ListCameras>(home, home), &read).await.unwrap();
    assert_eq!((access.name.as_str(), access.password.as_deref()), ("Back door", Some("hunter2")));

    rig.store.remove_camera(&permit::<RemoveCamera>(camera.id, home)).await.unwrap();
    assert!(rig.store.camera(camera.id).await.unwrap().is_none());
    for _ in 0..3 {
        assert_eq!(changes.try_recv(), Ok(Change::Camera(camera.id)));
    }
    assert!(changes.try_recv().is_err());
}

#[tokio::test]
async fn a_refused_edit_changes_nothing_and_tells_nobody() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await;
    let mut changes = rig.store.bus().subscribe();
    let refuse = |draft: &mut CameraDraft| {
        draft.recording = false;
        Err(domain::Error::new(domain::Kind::Invalid, "request.invalid", "no"))
    };
    let edit = permit::<EditCamera>(camera.id, home);
    assert_eq!(code(rig.store.edit_camera(&edit, refuse).await), "request.invalid");
    assert!(rig.store.camera(camera.id).await.unwrap().unwrap().recording);
    assert!(changes.try_recv().is_err());
}

#[tokio::test]
async fn two_edits_at_once_both_count() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await;
    let edit = async |change: fn(&mut CameraDraft)| {
        let permit = permit::<EditCamera>(camera.id, home);
        let change = |draft: &mut CameraDraft| {
            change(draft);
            Ok(())
        };
        rig.store.edit_camera(&permit, change).await.unwrap();
    };
    tokio::join!(edit(|draft| draft.recording = false), edit(|draft| draft.audio = AudioMode::Live));
    let read = rig.store.camera(camera.id).await.unwrap().unwrap();
    assert_eq!((read.revision, read.recording, read.audio), (3, false, AudioMode::Live));
}

#[tokio::test]
async fn a_permit_covers_its_own_camera_and_home_only() {
    let rig = Rig::new().await;
    let (owner, home) = rig.set_up("owner@example.com").await;
    let other_home = rig.store.add_home(owner).await.unwrap();
    let (camera, neighbour) = (rig.add_camera(home).await, rig.add_camera(other_home).await);
    let open = async |permit: Permit<ReadCamera>, row| rig.store.open_access(&permit, row).await;
    assert_eq!(code(open(permit(neighbour.id, other_home), &camera).await), "not_found");
    open(permit(neighbour.id, other_home), &neighbour).await.unwrap();
    let of_home = permit::<ListCameras>(home, home);
    assert_eq!(code(rig.store.open_access(&of_home, &neighbour).await), "not_found");

    let wrong = permit::<EditCamera>(camera.id, other_home);
    assert_eq!(code(rig.store.edit_camera(&wrong, |_| Ok(())).await), "not_found");
    let gone = permit::<EditCamera>(CameraId::random(), home);
    assert_eq!(code(rig.store.edit_camera(&gone, |_| Ok(())).await), "not_found");
    let gone = permit::<RemoveCamera>(CameraId::random(), home);
    assert_eq!(code(rig.store.remove_camera(&gone).await), "not_found");
    let nowhere = HomeId::random();
    assert!(rig.store.add_camera(&permit::<AddCamera>(nowhere, nowhere), draft()).await.is_err());
}

#[tokio::test]
async fn cameras_are_listed_by_home_oldest_first() {
    let rig = Rig::new().await;
    let (owner, home) = rig.set_up("owner@example.com").await;
    let other_home = rig.store.add_home(owner).await.unwrap();
    let mut ids = Vec::new();
    for home in [home, other_home, home] {
        ids.push(rig.add_camera(home).await.id);
        rig.clock.advance(Duration::from_secs(1));
    }
    let listed = |rows: Vec<CameraRow>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(listed(rig.store.cameras().await.unwrap()), ids);
    assert_eq!(listed(rig.store.cameras_of(home).await.unwrap()), [ids[0], ids[2]]);
    assert_eq!(rig.store.fact_rows("1").await.unwrap().cameras.len(), 3);
}

#[tokio::test]
async fn a_server_keeps_so_many_cameras_and_no_more() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    for _ in 0..CAMERAS_MAX {
        rig.add_camera(home).await;
    }
    assert_eq!(code(rig.store.add_camera(&permit::<AddCamera>(home, home), draft()).await), "camera.limit");
    assert_eq!(rig.store.cameras().await.unwrap().len(), CAMERAS_MAX);
}

#[tokio::test]
async fn a_camera_that_is_let_go_keeps_its_keys_and_loses_how_it_was_reached() {
    let rig = Rig::new().await;
    let (owner, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await;
    let at = "2026-11-01T00:00:00Z";
    rig.media_key(&camera, at).await.unwrap();
    let hex = |id: String| id.replace('-', "");
    let [of, by] = [hex(camera.id.to_string()), hex(owner.to_string())];
    let key = format!("insert into stream_key values (x'{}', x'{of}', x'{by}', x'00', 1, null)", "01".repeat(16));
    rig.sql(&key).await;
    assert_eq!(rig.store.fact_rows("1").await.unwrap().stream_keys.len(), 1);

    let before = rig.store.camera(camera.id).await.unwrap().unwrap();
    rig.store.let_camera_go(&permit::<RemoveCamera>(camera.id, home)).await.unwrap();
    assert!(rig.store.camera(camera.id).await.unwrap().is_none());
    assert_eq!((rig.store.cameras().await.unwrap().len(), rig.store.cameras_of(home).await.unwrap().len()), (0, 0));
    assert_eq!(rig.store.footage_cameras().await.unwrap(), [camera.id]);
    assert_eq!(rig.store.fact_rows("1").await.unwrap().cameras, [(camera.id, home)]);
    let gone = rig.store.gone_cameras_of(home).await.unwrap();
    let access = rig.store.open_access(&permit::<ReadCamera>(camera.id, home), &gone[0]).await.unwrap();
    assert_eq!((access.name.as_str(), access.main_url.as_str(), access.password), ("Front door", "", None));
    assert_eq!(rig.file_with(before.access.ciphertext()), None, "what it was is in no file, not even the log of writes");
    rig.media_key(&camera, at).await.unwrap();
    assert_eq!(rig.store.fact_rows("1").await.unwrap().stream_keys, []);
    let (make, secret) = (permit::<MakeStreamKey>(camera.id, home), StreamKeySecret { name: "x".into(), password: "y".into() });
    assert_eq!(code(rig.store.add_stream_key(&make, &secret).await), "not_found");

    // Only the camera's end is the end of its keys: then nothing of it is left.
    let there = rig.add_camera(home).await;
    assert!(!rig.store.forget_gone(there.id).await.unwrap(), "a camera that is there is nobody's to forget");
    assert!(rig.store.forget_gone(camera.id).await.unwrap());
    assert_eq!(code(rig.media_key(&camera, at).await), "recording.key_destroyed");
    assert_eq!(rig.store.gone_cameras().await.unwrap().len(), 0);
}
