use std::borrow::Cow;

use policy::act::ReadAccount;
use sea_orm::{EntityTrait, PaginatorTrait};

use super::*;
use crate::keyring::entity::key;
use crate::{NewSession, VerdictRow};

const EMAIL: &str = "Owner@Example.com";

#[tokio::test]
async fn of_two_first_runs_at_once_exactly_one_wins_and_the_other_leaves_no_key() {
    let rig = Rig::new().await;
    assert!(!rig.store.is_set_up().await.unwrap());
    let run = |email| rig.store.set_up(account(SubjectId::random(), email));
    let (a, b) = tokio::join!(run("a@example.com"), run("b@example.com"));
    let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
    won.unwrap();
    assert_eq!(code(lost), "setup.done");
    assert_eq!(code(run("c@example.com").await), "setup.done");
    assert!(rig.store.is_set_up().await.unwrap());
    let keys = key::Entity::find().count(rig.store.keyring().db().read()).await.unwrap();
    assert_eq!(keys, 5, "index, log, one subject and the evidence of it, one home");
}

#[tokio::test]
async fn an_address_is_found_however_it_is_spelt_and_once() {
    let mut rig = Rig::new().await;
    let (subject, home) = rig.set_up(EMAIL).await;
    for restarted in [false, true] {
        for spelling in [EMAIL, "owner@example.com", "  OWNER@EXAMPLE.COM "] {
            let found = rig.store.credential(rig.store.email_index(spelling)).await.unwrap().unwrap();
            assert_eq!((found.subject, found.password_hash.as_str()), (subject, "$argon2id$"), "restarted: {restarted}");
        }
        rig.restart().await;
    }
    assert!(rig.store.credential(rig.store.email_index("other@example.com")).await.unwrap().is_none());
    assert_eq!(code(rig.store.add_account(account(SubjectId::random(), "OWNER@example.com")).await), "account.exists");
    let shown = rig.store.open_email(&permit::<ReadAccount>(subject, home)).await.unwrap();
    assert_eq!(shown.expose(), EMAIL.as_bytes(), "shown as it was written");
}

#[tokio::test]
async fn another_installation_finds_nothing_by_this_ones_index() {
    let (a, b) = (Rig::new().await, Rig::new().await);
    assert_ne!(a.store.email_index(EMAIL), b.store.email_index(EMAIL));
}

#[tokio::test]
async fn a_home_keeps_an_owner() {
    let rig = Rig::new().await;
    let (owner, home) = rig.set_up(EMAIL).await;
    let member = SubjectId::random();
    assert_eq!(code(rig.store.set_member(home, member, Role::Member).await), "not_found");
    rig.store.add_account(account(member, "member@example.com")).await.unwrap();
    assert_eq!(code(rig.store.set_member(HomeId::random(), member, Role::Member).await), "not_found");
    rig.store.set_member(home, member, Role::Member).await.unwrap();

    assert_eq!(code(rig.store.remove_member(home, owner).await), "home.last_owner");
    assert_eq!(code(rig.store.set_member(home, owner, Role::Member).await), "home.last_owner");
    rig.store.set_member(home, member, Role::Owner).await.unwrap();
    rig.store.remove_member(home, owner).await.unwrap();
    assert_eq!(code(rig.store.remove_member(home, owner).await), "not_found");

    let rows = rig.store.fact_rows("1").await.unwrap();
    assert_eq!(rows.homes, [home]);
    assert_eq!(rows.members, [crate::MemberRow { home, subject: member, role: Role::Owner }]);
}

#[tokio::test]
async fn facts_know_who_agreed_to_which_version() {
    let rig = Rig::new().await;
    let (owner, _) = rig.set_up(EMAIL).await;
    let minor = SubjectId::random();
    rig.store.add_account(NewAccount { adult: false, ..account(minor, "minor@example.com") }).await.unwrap();
    let agreed = async |version| {
        let mut people = rig.store.fact_rows(version).await.unwrap().people;
        people.sort_by_key(|person| person.subject != owner);
        people.iter().map(|person| (person.adult, person.agreed)).collect::<Vec<_>>()
    };
    assert_eq!(agreed("1").await, [(true, true), (false, true)]);
    assert_eq!(agreed("2").await, [(true, false), (false, false)]);
    let second = Agreement { version: "2".into(), language: None };
    rig.store.add_agreement(owner, second.clone()).await.unwrap();
    rig.store.add_agreement(owner, second).await.unwrap();
    assert_eq!(agreed("2").await, [(true, true), (false, false)]);
}

async fn session(rig: &Rig, subject: SubjectId, lives: Duration) -> SessionId {
    let id = SessionId::random();
    let mut token_hash = [0; 32];
    token_hash[..16].copy_from_slice(&id.to_bytes());
    rig.store.add_session(NewSession { id, token_hash, subject, expires: rig.clock.now() + lives }).await.unwrap();
    id
}

async fn sessions(rig: &Rig) -> Vec<SessionId> {
    rig.store.fact_rows("1").await.unwrap().sessions.iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn a_session_ends_by_time_by_use_of_the_exit_and_by_a_new_password() {
    const HOUR: Duration = Duration::from_secs(3600);
    let rig = Rig::new().await;
    let (subject, _) = rig.set_up(EMAIL).await;
    let (a, b) = (session(&rig, subject, HOUR).await, session(&rig, subject, 3 * HOUR).await);
    rig.clock.advance(HOUR);
    assert_eq!(sessions(&rig).await, [b], "over, though its row still stands");
    assert_eq!(rig.store.purge_sessions(rig.clock.now()).await.unwrap(), 1);
    rig.store.touch_session(a, rig.clock.now(), rig.clock.now() + HOUR).await.unwrap();
    assert_eq!(sessions(&rig).await, [b], "use does not bring a session back");

    rig.clock.advance(HOUR);
    rig.store.touch_session(b, rig.clock.now(), rig.clock.now() + 3 * HOUR).await.unwrap();
    rig.clock.advance(2 * HOUR);
    assert_eq!(sessions(&rig).await, [b]);

    let c = session(&rig, subject, HOUR).await;
    rig.store.remove_session(b).await.unwrap();
    rig.store.remove_session(b).await.unwrap();
    assert_eq!(sessions(&rig).await, [c]);
    rig.store.set_password(subject, "$argon2id$new".into()).await.unwrap();
    assert!(sessions(&rig).await.is_empty());
    let credential = rig.store.credential(rig.store.email_index(EMAIL)).await.unwrap().unwrap();
    assert_eq!(credential.password_hash, "$argon2id$new");
}

#[tokio::test]
async fn the_65th_session_ends_the_one_that_was_used_longest_ago() {
    let rig = Rig::new().await;
    let (subject, _) = rig.set_up(EMAIL).await;
    let mut all = Vec::new();
    for _ in 0..65 {
        rig.clock.advance(Duration::from_secs(1));
        all.push(session(&rig, subject, Duration::from_secs(3600)).await);
    }
    let mut left = sessions(&rig).await;
    left.sort_by_key(|id| all.iter().position(|other| other == id));
    assert_eq!(left, all[1..]);
}

#[tokio::test]
async fn equal_verdicts_of_a_minute_are_one_row_and_old_ones_go() {
    let rig = Rig::new().await;
    let (session, camera) = (SessionId::random(), CameraId::random().to_bytes());
    let row = |at: &str, times| {
        let at = Timestamp::parse(at).unwrap();
        let (act, answer) = (Cow::Borrowed("view live"), Cow::Borrowed("allowed"));
        VerdictRow { session, subject: None, act, object: Some(camera), answer, first: at, last: at, times }
    };
    rig.store.add_verdicts(&[]).await.unwrap();
    rig.store.add_verdicts(&[row("2026-11-23T08:00:01Z", 2), row("2026-11-23T08:01:00Z", 1)]).await.unwrap();
    rig.store.add_verdicts(&[row("2026-11-23T08:00:59Z", 3)]).await.unwrap();
    let merged = VerdictRow { last: Timestamp::parse("2026-11-23T08:00:59Z").unwrap(), ..row("2026-11-23T08:00:01Z", 5) };
    assert_eq!(rig.store.verdicts(camera, 10).await.unwrap(), [row("2026-11-23T08:01:00Z", 1), merged]);
    assert_eq!(rig.store.purge_verdicts(Timestamp::parse("2026-11-23T08:01:30Z").unwrap()).await.unwrap(), 1);
    assert_eq!(rig.store.verdicts(camera, 10).await.unwrap(), [row("2026-11-23T08:01:00Z", 1)]);
}
