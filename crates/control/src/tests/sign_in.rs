use domain::limits::SESSION_IDLE_MAX;
use domain::{Error, Kind};
use policy::act::ListCameras;
use store::Change;

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_right_password_signs_in_and_nothing_else_tells_why_not() {
    let rig = Rig::new().await;
    rig.owner().await;
    let signed_in = rig.sign_in("  OWNER@example.com ", PASSWORD).await.unwrap();
    assert_eq!((signed_in.expires, signed_in.token.expose().len()), (rig.clock.now() + SESSION_IDLE_MAX, 43));
    let told = |e: Error| (e.kind(), e.code(), e.detail().to_owned());
    let wrong = told(rig.sign_in(OWNER, "correct horsf").await.unwrap_err());
    assert_eq!((wrong.0, wrong.1), (Kind::Unauthenticated, "sign_in.wrong"));
    for (email, password) in [("stranger@example.com", PASSWORD), ("", ""), (OWNER, "x".repeat(5000).as_str())] {
        assert_eq!(told(rig.sign_in(email, password).await.unwrap_err()), wrong, "{email}");
    }
}

#[tokio::test]
async fn guessing_slows_down_and_the_owner_is_let_in_again() {
    let rig = Rig::new().await;
    rig.owner().await;
    for _ in 0..5 {
        assert_eq!(code(rig.sign_in(OWNER, "wrong password").await), "sign_in.wrong");
    }
    let refused = rig.sign_in(OWNER, PASSWORD).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (Kind::TooMany, "sign_in.too_many"));
    assert_eq!(refused.detail(), "1 seconds until the next try");
    rig.clock.advance(Duration::from_millis(1));
    assert!(rig.sign_in(OWNER, PASSWORD).await.unwrap_err().detail().starts_with("1 "), "never told to come too early");
    rig.clock.advance(Duration::from_secs(1));
    rig.sign_in(OWNER, PASSWORD).await.unwrap();
    for _ in 0..5 {
        assert_eq!(code(rig.sign_in(OWNER, "wrong password").await), "sign_in.wrong", "success starts the count afresh");
    }
}

#[tokio::test]
async fn tries_at_once_are_each_counted() {
    let rig = Rig::new().await;
    rig.owner().await;
    let tries: Vec<_> = (0..12)
        .map(|_| {
            let control = rig.control.clone();
            tokio::spawn(async move { control.sign_in(OWNER, &"wrong password".into(), HERE).await })
        })
        .collect();
    let mut codes = Vec::new();
    for one in tries {
        codes.push(code(one.await.unwrap()));
    }
    codes.sort_unstable();
    assert_eq!(codes, [["sign_in.too_many"; 7].as_slice(), &["sign_in.wrong"; 5]].concat());
}

#[tokio::test]
async fn a_session_lives_by_use_and_ends_a_month_after_the_last() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let proves = async || rig.control.session(owner.token.expose()).await.unwrap();
    for _ in 0..3 {
        rig.clock.advance(SESSION_IDLE_MAX - HOUR);
        assert_eq!(proves().await, Some(owner.session));
        assert_eq!(rig.control.expires(owner.session).await.unwrap(), Some(rig.clock.now() + SESSION_IDLE_MAX));
    }
    rig.clock.advance(SESSION_IDLE_MAX);
    assert_eq!(proves().await, None);
    assert_eq!(rig.control.subject_of(owner.session).await.unwrap(), None);
    assert_eq!(rig.control.expires(owner.session).await.unwrap(), None);
    assert!(rig.control.homes_of(owner.session).await.unwrap().is_empty());
    assert_eq!(code(rig.control.ask::<ListCameras>(owner.principal(), owner.home()).await), "session.none");
}

#[tokio::test]
async fn use_is_noted_at_most_once_an_hour() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let mut changes = rig.store.bus().subscribe();
    let expires = rig.control.expires(owner.session).await.unwrap();
    for _ in 0..59 {
        rig.clock.advance(Duration::from_secs(60));
        rig.control.session(owner.token.expose()).await.unwrap();
    }
    assert!(changes.try_recv().is_err());
    assert_eq!(rig.control.expires(owner.session).await.unwrap(), expires);
    rig.clock.advance(Duration::from_secs(60));
    rig.control.session(owner.token.expose()).await.unwrap();
    assert_eq!(changes.try_recv(), Ok(Change::Facts));
    assert_eq!(rig.control.expires(owner.session).await.unwrap(), expires.map(|at| at + HOUR));
}

#[tokio::test]
async fn only_the_token_itself_proves_a_session() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let token = owner.token.expose();
    for other in
        ["", "x", &token[1..], &token.to_lowercase(), &format!("{token}="), &owner.session.to_string(), &"A".repeat(100_000)]
    {
        assert_eq!(rig.control.session(other).await.unwrap(), None);
    }
    assert_eq!(rig.control.session(token).await.unwrap(), Some(owner.session));
}

#[tokio::test]
async fn signing_out_ends_this_session_and_no_other() {
    let rig = Rig::new().await;
    let (a, b) = (rig.owner().await, Person::of(rig.sign_in(OWNER, PASSWORD).await.unwrap()));
    let mut changes = rig.store.bus().subscribe();
    rig.control.sign_out(a.session).await.unwrap();
    assert_eq!(changes.try_recv(), Ok(Change::Facts));
    assert_eq!(rig.control.session(a.token.expose()).await.unwrap(), None);
    assert_eq!(rig.control.session(b.token.expose()).await.unwrap(), Some(b.session));
    assert_eq!(rig.control.homes_of(b.session).await.unwrap(), [b.home()]);
}

#[tokio::test]
async fn recovery_gives_an_owner_a_new_password_and_ends_every_session() {
    let rig = Rig::new().await;
    let recover = async |email: &str, password: &str| rig.control.recover_owner(email, &password.into()).await;
    assert_eq!(code(recover(OWNER, "new password").await), "setup.needed");
    let owner = rig.owner().await;
    rig.member(owner.home()).await;
    assert_eq!(code(recover("stranger@example.com", "new password").await), "not_found");
    assert_eq!(code(recover("member@example.com", "new password").await), "not_found");
    assert_eq!(code(recover(OWNER, "short").await), "account.password_short");
    assert_eq!(rig.control.session(owner.token.expose()).await.unwrap(), Some(owner.session));

    recover(OWNER, "new password").await.unwrap();
    assert_eq!(rig.control.session(owner.token.expose()).await.unwrap(), None);
    assert_eq!(code(rig.sign_in(OWNER, PASSWORD).await), "sign_in.wrong");
    rig.sign_in(OWNER, "new password").await.unwrap();
}

#[tokio::test]
async fn nothing_that_signs_in_stands_in_clear() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    for canary in [OWNER, PASSWORD, owner.token.expose()] {
        for entry in std::fs::read_dir(rig.dir.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let bytes = std::fs::read(&entry).unwrap();
            assert!(!bytes.windows(canary.len()).any(|window| window == canary.as_bytes()), "{}", entry.display());
        }
    }
}
