use domain::{AudioMode, CameraId};
use policy::Purpose as _;
use policy::act::{
    AddCamera, Download, EditCamera, ListCameras, ListLocks, LockFootage, ReadCamera, RemoveCamera, UnlockFootage, ViewRecorded,
};
use policy::purpose::VideoSound;
use store::{CameraAccess, Change};

use super::*;
use crate::{Camera, CameraEdit, Footage, NewCamera, NewLock};

fn front_door() -> NewCamera {
    NewCamera {
        name: " Front door ".into(),
        main_url: "rtsp://admin:hunter2@192.0.2.7/main?channel=1".into(),
        sub_url: Some("rtsp://192.0.2.7/sub".into()),
        ..NewCamera::default()
    }
}

async fn add(rig: &Rig, who: &Person, new: NewCamera) -> Result<Camera> {
    let permit = rig.control.ask::<AddCamera>(who.principal(), who.home()).await.unwrap();
    rig.control.add_camera(permit, new).await
}

async fn edit(rig: &Rig, who: &Person, id: CameraId, edit: CameraEdit) -> Result<Camera> {
    let permit = rig.control.ask::<EditCamera>(who.principal(), id).await.unwrap();
    rig.control.edit_camera(permit, edit).await
}

/// What the server will connect with.
async fn access(rig: &Rig, who: &Person, id: CameraId) -> CameraAccess {
    let permit = rig.control.ask::<ReadCamera>(who.principal(), id).await.unwrap();
    let row = rig.store.camera(id).await.unwrap().unwrap();
    rig.store.open_access(&permit, &row).await.unwrap()
}

#[tokio::test]
async fn a_camera_is_added_read_listed_and_removed() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let mut changes = rig.store.bus().subscribe();
    let camera = add(&rig, &owner, front_door()).await.unwrap();
    let expected = Camera {
        id: camera.id,
        home: owner.home(),
        name: "Front door".into(),
        main_address: "rtsp://192.0.2.7/main?channel=…".into(),
        sub_address: Some("rtsp://192.0.2.7/sub".into()),
        username: Some("admin".into()),
        has_password: true,
        onvif: false,
        audio: AudioMode::Off,
        recording: true,
        device: None,
        created: rig.clock.now(),
        gone: None,
    };
    assert_eq!(camera, expected);
    let stored = access(&rig, &owner, camera.id).await;
    assert_eq!((stored.main_url.as_str(), stored.password.as_deref()), ("rtsp://192.0.2.7/main?channel=1", Some("hunter2")));

    let member = rig.member(owner.home()).await;
    let permit = rig.control.ask::<ReadCamera>(member.principal(), camera.id).await.unwrap();
    assert_eq!(rig.control.camera(permit).await.unwrap(), expected);
    let permit = rig.control.ask::<ListCameras>(member.principal(), owner.home()).await.unwrap();
    assert_eq!(rig.control.cameras(permit).await.unwrap(), [expected]);

    let remove = rig.control.ask::<RemoveCamera>(owner.principal(), camera.id).await.unwrap();
    let late = rig.control.ask::<ReadCamera>(owner.principal(), camera.id).await.unwrap();
    rig.control.remove_camera(remove, Footage::Erase { even_locked: false }).await.unwrap();
    assert_eq!(code(rig.control.camera(late).await), "not_found");
    let permit = rig.control.ask::<ListCameras>(owner.principal(), owner.home()).await.unwrap();
    assert_eq!(rig.control.cameras(permit).await.unwrap(), []);
    let mut told = 0;
    while let Ok(change) = changes.try_recv() {
        told += i32::from(change == Change::Camera(camera.id));
    }
    assert_eq!(told, 2, "added and removed");
}

#[tokio::test]
async fn an_edit_changes_what_it_names_and_nothing_else() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let id = add(&rig, &owner, front_door()).await.unwrap().id;
    let before = access(&rig, &owner, id).await;
    assert_eq!(edit(&rig, &owner, id, CameraEdit::default()).await.unwrap().name, "Front door");
    assert_eq!(access(&rig, &owner, id).await, before);

    type Row = (CameraEdit, fn(CameraAccess) -> CameraAccess);
    let rows: [Row; 7] = [
        (CameraEdit { name: Some("后门".into()), ..CameraEdit::default() }, |a| CameraAccess { name: "后门".into(), ..a }),
        (CameraEdit { sub_url: Some(None), ..CameraEdit::default() }, |a| CameraAccess { sub_url: None, ..a }),
        (CameraEdit { main_url: Some("rtsp://192.0.2.8/new".into()), ..CameraEdit::default() }, |a| CameraAccess {
            main_url: "rtsp://192.0.2.8/new".into(),
            ..a
        }),
        (CameraEdit { password: Some(Some("hunter3".into())), ..CameraEdit::default() }, |a| CameraAccess {
            password: Some("hunter3".into()),
            ..a
        }),
        (CameraEdit { main_url: Some("rtsp://bob:builder@192.0.2.9/".into()), ..CameraEdit::default() }, |a| CameraAccess {
            main_url: "rtsp://192.0.2.9/".into(),
            username: Some("bob".into()),
            password: Some("builder".into()),
            ..a
        }),
        (
            CameraEdit {
                sub_url: Some(Some("rtsp://bob:wrong@192.0.2.9/sub".into())),
                password: Some(Some("right".into())),
                ..CameraEdit::default()
            },
            |a| CameraAccess { sub_url: Some("rtsp://192.0.2.9/sub".into()), password: Some("right".into()), ..a },
        ),
        (CameraEdit { username: Some(None), password: Some(Some("".into())), ..CameraEdit::default() }, |a| CameraAccess {
            username: None,
            password: None,
            ..a
        }),
    ];
    let mut expected = before;
    for (change, effect) in rows {
        expected = effect(expected);
        edit(&rig, &owner, id, change).await.unwrap();
        let now = access(&rig, &owner, id).await;
        assert_eq!(values(&now), values(&expected));
    }
    let change = CameraEdit { audio: Some(AudioMode::Recorded), recording: Some(false), ..CameraEdit::default() };
    assert_eq!(code(edit(&rig, &owner, id, change.clone()).await), "consent.needed", "sound takes a consent of its own");
    rig.consents(&owner, VideoSound::ID).await;
    let camera = edit(&rig, &owner, id, change).await.unwrap();
    assert_eq!((camera.audio, camera.recording, camera.has_password), (AudioMode::Recorded, false, false));
}

/// The values themselves: `CameraAccess` prints none, and a failing row should say which.
fn values(access: &CameraAccess) -> (&str, &str, Option<&str>, Option<&str>, Option<&str>) {
    let CameraAccess { name, main_url, sub_url, username, password, .. } = access;
    (name, main_url, sub_url.as_deref(), username.as_deref(), password.as_deref())
}

#[tokio::test]
async fn what_cannot_be_a_camera_is_refused_and_nothing_is_kept() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let id = add(&rig, &owner, front_door()).await.unwrap().id;
    let before = rig.store.camera(id).await.unwrap().unwrap();
    for (new, expected) in [
        (NewCamera { name: String::new(), ..front_door() }, "request.invalid"),
        (NewCamera { main_url: "192.0.2.7".into(), ..front_door() }, "camera.url_invalid"),
        (NewCamera { main_url: "http://192.0.2.7/".into(), ..front_door() }, "camera.scheme_unsupported"),
        (NewCamera { sub_url: Some("onvif://192.0.2.7/".into()), ..front_door() }, "camera.scheme_unsupported"),
        (NewCamera { username: Some("a\nb".into()), ..front_door() }, "request.invalid"),
        (NewCamera { password: Some("x".repeat(257).as_str().into()), ..front_door() }, "request.invalid"),
    ] {
        let change = CameraEdit {
            name: Some(new.name.clone()),
            main_url: Some(new.main_url.clone()),
            sub_url: Some(new.sub_url.clone()),
            username: Some(new.username.clone()),
            password: Some(new.password.clone()),
            ..CameraEdit::default()
        };
        assert_eq!(code(add(&rig, &owner, new).await), expected);
        assert_eq!(code(edit(&rig, &owner, id, change).await), expected);
    }
    assert_eq!(rig.store.cameras().await.unwrap().len(), 1);
    assert_eq!(rig.store.camera(id).await.unwrap().unwrap().revision, before.revision);
}

#[tokio::test]
async fn a_camera_whose_footage_is_locked_is_removed_only_when_that_was_said() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let camera = add(&rig, &owner, front_door()).await.unwrap().id;
    let range = domain::TimeRange::new(rig.clock.now() - std::time::Duration::from_secs(60), rig.clock.now()).unwrap();
    let member = rig.member(owner.home()).await;
    let lock = async |reason: &str, expires| {
        let permit = rig.control.ask::<LockFootage>(member.principal(), owner.home()).await.unwrap();
        let new = NewLock { cameras: vec![camera, camera], range, reason: reason.into(), expires };
        rig.control.lock_footage(permit, new).await
    };
    for (reason, expires) in [(" ", None), ("a\nb", None), ("x", Some(rig.clock.now()))] {
        assert_eq!(code(lock(reason, expires).await), "request.invalid");
    }
    let locked = lock(" A thief ", None).await.unwrap();
    assert_eq!((locked.reason.as_str(), locked.cameras.as_slice()), ("A thief", [camera].as_slice()));
    let list = rig.control.ask::<ListLocks>(owner.principal(), owner.home()).await.unwrap();
    assert_eq!(rig.control.locks(list).await.unwrap(), std::slice::from_ref(&locked));
    assert_eq!(code(rig.control.ask::<UnlockFootage>(member.principal(), owner.home()).await), "role.too_low");

    let remove = async |even| {
        let permit = rig.control.ask::<RemoveCamera>(owner.principal(), camera).await.unwrap();
        rig.control.remove_camera(permit, Footage::Erase { even_locked: even }).await
    };
    assert_eq!(code(remove(false).await), "camera.locked");
    let unlock = rig.control.ask::<UnlockFootage>(owner.principal(), owner.home()).await.unwrap();
    rig.control.unlock_footage(unlock, locked.id).await.unwrap();
    lock("Another", None).await.unwrap();
    remove(true).await.unwrap();
}

#[tokio::test]
async fn a_camera_that_is_let_go_leaves_its_footage_to_those_who_may_see_it() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let member = rig.member(owner.home()).await;
    let camera = add(&rig, &owner, front_door()).await.unwrap().id;
    let range = domain::TimeRange::new(rig.clock.now() - std::time::Duration::from_secs(60), rig.clock.now()).unwrap();
    let lock = rig.control.ask::<LockFootage>(member.principal(), owner.home()).await.unwrap();
    let new = NewLock { cameras: vec![camera], range, reason: "A thief".into(), expires: None };
    rig.control.lock_footage(lock, new).await.unwrap();
    assert_eq!(code(rig.control.ask::<RemoveCamera>(member.principal(), camera).await), "role.too_low");

    // What is locked is no reason not to let a camera go: nothing of it is lost.
    for _again in 0..2 {
        let permit = rig.control.ask::<RemoveCamera>(owner.principal(), camera).await.unwrap();
        rig.control.remove_camera(permit, Footage::Keep).await.unwrap();
    }
    let list = rig.control.ask::<ListCameras>(member.principal(), owner.home()).await.unwrap();
    assert_eq!(rig.control.cameras(list).await.unwrap(), []);
    let list = rig.control.ask::<ListCameras>(member.principal(), owner.home()).await.unwrap();
    let gone = rig.control.gone_cameras(list).await.unwrap();
    assert_eq!(gone.len(), 1);
    assert_eq!((gone[0].name.as_str(), gone[0].gone, gone[0].locked), ("Front door", rig.clock.now(), true));
    for who in [&owner, &member] {
        rig.control.ask::<ViewRecorded>(who.principal(), camera).await.unwrap();
        rig.control.ask::<Download>(who.principal(), camera).await.unwrap();
    }
    let read = rig.control.ask::<ReadCamera>(member.principal(), camera).await.unwrap();
    let read = rig.control.camera(read).await.unwrap();
    assert_eq!((read.name.as_str(), read.main_address.as_str(), read.username), ("Front door", "", None));
    let again = CameraEdit { name: Some("Back door".into()), ..CameraEdit::default() };
    assert_eq!(code(edit(&rig, &owner, camera, again).await), "not_found");

    let erase = async |even_locked| {
        let permit = rig.control.ask::<RemoveCamera>(owner.principal(), camera).await.unwrap();
        rig.control.remove_camera(permit, Footage::Erase { even_locked }).await
    };
    assert_eq!(code(erase(false).await), "camera.locked");
    erase(true).await.unwrap();
    assert_eq!(code(rig.control.ask::<ViewRecorded>(owner.principal(), camera).await), "not_found");
}

#[tokio::test]
async fn what_a_found_camera_calls_itself_is_kept_until_another_may_be_there() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let long = NewCamera { endpoint: Some("x".repeat(129)), ..front_door() };
    assert_eq!(code(add(&rig, &owner, long).await), "request.invalid");
    let found = NewCamera { endpoint: Some("urn:uuid:a".into()), serial: Some(" S1 ".into()), ..front_door() };
    let id = add(&rig, &owner, found).await.unwrap().id;
    let kept = async || {
        let access = access(&rig, &owner, id).await;
        (access.endpoint, access.serial)
    };
    assert_eq!(kept().await, (Some("urn:uuid:a".into()), Some("S1".into())));
    let address = |url: &str| CameraEdit { main_url: Some(url.into()), ..CameraEdit::default() };
    edit(&rig, &owner, id, address("rtsp://192.0.2.7/other")).await.unwrap();
    assert!(kept().await.0.is_some(), "the same host");
    edit(&rig, &owner, id, address("rtsp://192.0.2.8/other")).await.unwrap();
    assert_eq!(kept().await, (None, None));
}
