use domain::CameraId;
use policy::act::{AddCamera, ListCameras, PullCamera, ReadAccount, ViewLive};
use store::VerdictRow;

use super::*;

async fn log(rig: &Rig, object: [u8; 16]) -> Vec<(String, String, i64)> {
    rig.control.close().await;
    let row = |row: VerdictRow| (row.act.into_owned(), row.answer.into_owned(), row.times);
    let mut rows: Vec<_> = rig.store.verdicts(object, 100).await.unwrap().into_iter().map(row).collect();
    rows.sort();
    rows
}

fn line(act: &str, answer: &str, times: i64) -> (String, String, i64) {
    (act.into(), answer.into(), times)
}

#[tokio::test]
async fn what_people_ask_is_written_with_its_answer() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let member = rig.member(owner.home()).await;
    for _ in 0..3 {
        rig.control.ask::<ListCameras>(owner.principal(), owner.home()).await.unwrap();
    }
    rig.control.ask::<AddCamera>(member.principal(), owner.home()).await.unwrap_err();
    let expected = [line("add camera", "refused: Role", 1), line("list cameras", "allowed", 3)];
    assert_eq!(log(&rig, owner.home().to_bytes()).await, expected);

    rig.clock.advance(Duration::from_secs(60));
    rig.control.ask::<ListCameras>(owner.principal(), owner.home()).await.unwrap();
    assert_eq!(log(&rig, owner.home().to_bytes()).await.len(), 3, "another minute is another row");
    let newest = &rig.store.verdicts(owner.home().to_bytes(), 1).await.unwrap()[0];
    assert_eq!((newest.session, newest.subject, newest.first), (owner.session, Some(owner.subject), rig.clock.now()));
}

#[tokio::test]
async fn a_persons_own_account_is_an_object_like_any_other() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    rig.control.ask::<ReadAccount>(owner.principal(), owner.subject).await.unwrap();
    assert_eq!(log(&rig, owner.subject.to_bytes()).await, [line("read account", "allowed", 1)]);
}

#[tokio::test]
async fn nobody_and_the_server_itself_leave_no_line() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    rig.control.ask::<ListCameras>(Principal::Nobody, owner.home()).await.unwrap_err();
    rig.control.ask::<PullCamera>(Principal::System, CameraId::random()).await.unwrap_err();
    assert_eq!(log(&rig, owner.home().to_bytes()).await, []);
    assert_eq!(log(&rig, [0; 16]).await, []);
}

#[tokio::test]
async fn ids_that_name_nothing_share_one_line_a_minute() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    for _ in 0..50 {
        rig.control.ask::<ViewLive>(owner.principal(), CameraId::random()).await.unwrap_err();
    }
    rig.control.ask::<ReadAccount>(owner.principal(), SubjectId::random()).await.unwrap_err();
    let expected = [line("read account", "refused: NotThere", 1), line("view live", "refused: NotThere", 50)];
    assert_eq!(log(&rig, [0; 16]).await, expected);
}

#[tokio::test]
async fn what_is_queued_is_written_when_the_last_clone_goes() {
    let Rig { dir: _dir, clock: _, store, control } = Rig::new().await;
    let owner = Person::of(control.set_up(set_up()).await.unwrap());
    control.ask::<ListCameras>(owner.principal(), owner.home()).await.unwrap();
    drop(control);
    while store.verdicts(owner.home().to_bytes(), 1).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_past_its_time_is_gone_after_the_next_start() {
    let mut rig = Rig::new().await;
    let owner = rig.owner().await;
    rig.control.ask::<ListCameras>(owner.principal(), owner.home()).await.unwrap();
    rig.control.close().await;
    for (days, kept) in [(180, true), (1, false)] {
        rig.clock.advance(Duration::from_secs(days * 24 * 3600));
        rig.restart().await;
        // A flush waits behind the clearing.
        rig.control.close().await;
        assert_eq!(!rig.store.verdicts(owner.home().to_bytes(), 1).await.unwrap().is_empty(), kept, "{days}");
    }
}
