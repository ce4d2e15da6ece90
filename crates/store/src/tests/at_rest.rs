//! Nothing personal in clear, in any file, at any moment.

use policy::act::{EditCamera, ReadAccount, ReadCamera};

use super::*;

const EMAIL: &str = "canary-7f3a@example.com";
const CANARIES: [&str; 7] =
    [EMAIL, "canary-7f3a", "Canary-Name-91c2", "canary-host-55d0", "canary-path-08e1", "canary-user-3b77", "canary-pass-c64f"];

fn canary_draft() -> CameraDraft {
    let access = CameraAccess {
        name: "Canary-Name-91c2".into(),
        main_url: "rtsp://canary-host-55d0:554/canary-path-08e1".into(),
        sub_url: Some("rtsp://canary-host-55d0:554/canary-path-08e1/sub".into()),
        username: Some("canary-user-3b77".into()),
        password: Some("canary-pass-c64f".into()),
        ..CameraAccess::default()
    };
    CameraDraft { access, ..draft() }
}

fn assert_no_canary(rig: &Rig, when: &str) {
    for canary in CANARIES {
        assert_eq!(rig.file_with(canary.as_bytes()), None, "{canary} {when}");
    }
}

#[tokio::test]
async fn no_byte_of_the_directory_shows_a_canary() {
    let _proof = evidence::proves("C-1.1.5", "seal.columns");
    let _second = evidence::proves("C-7.10", "seal.columns");
    let _third = evidence::proves("C-3.a.3.0", "seal.columns");
    let _fourth = evidence::proves("C-3.a.3.a", "seal.columns");
    let mut rig = Rig::new().await;
    let (subject, home) = rig.set_up(EMAIL).await;
    let camera = rig.store.add_camera(&permit::<AddCamera>(home, home), canary_draft()).await.unwrap();
    assert_no_canary(&rig, "while the log is not yet in the file");

    let edit = permit::<EditCamera>(camera.id, home);
    rig.store
        .edit_camera(&edit, |draft| {
            draft.access.sub_url = None;
            Ok(())
        })
        .await
        .unwrap();
    assert_no_canary(&rig, "after an edit");

    rig.restart().await;
    assert_no_canary(&rig, "after a restart");
    let camera = rig.store.camera(camera.id).await.unwrap().unwrap();
    let opened = rig.store.open_access(&permit::<ReadCamera>(camera.id, home), &camera).await.unwrap();
    assert_eq!((opened.password.as_deref(), opened.sub_url), (Some("canary-pass-c64f"), None));
    let email = rig.store.open_email(&permit::<ReadAccount>(subject, home)).await.unwrap();
    assert_eq!(email.expose(), EMAIL.as_bytes());
    assert_no_canary(&rig, "after it was opened");
}

/// The search itself can fail: what is written in clear, it finds, while it is in the log and once it is in the file.
#[tokio::test]
async fn the_search_finds_a_canary_that_is_written_in_clear() {
    let rig = Rig::new().await;
    let agreement = Agreement { version: "canary-in-clear-2d90".into(), language: None };
    rig.store.set_up(NewAccount { agreement, ..account(SubjectId::random(), EMAIL) }).await.unwrap();
    let found = rig.file_with(b"canary-in-clear-2d90").unwrap();
    assert!(found.ends_with("accounts.db-wal"), "{found}");
    rig.store.close().await.unwrap();
    let found = rig.file_with(b"canary-in-clear-2d90").unwrap();
    assert!(found.ends_with("accounts.db"), "{found}");
}

#[test]
fn what_is_personal_does_not_print() {
    let printed = format!("{:?}", canary_draft());
    for canary in CANARIES {
        assert!(!printed.contains(canary), "{printed}");
    }
}

#[tokio::test]
async fn a_sealed_column_moved_to_another_camera_does_not_open() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up(EMAIL).await;
    let (a, b) = (rig.add_camera(home).await, rig.add_camera(home).await);
    let swapped = CameraRow { access: a.access.clone(), ..b.clone() };
    assert_eq!(code(rig.store.open_access(&permit::<ReadCamera>(b.id, home), &swapped).await), "internal");
    rig.store.open_access(&permit::<ReadCamera>(b.id, home), &b).await.unwrap();
}
