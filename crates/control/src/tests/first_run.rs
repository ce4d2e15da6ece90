use policy::act::ReadAccount;

use super::*;

#[tokio::test]
async fn first_run_makes_an_owner_who_is_signed_in() {
    let mut rig = Rig::new().await;
    assert!(rig.control.setup_state().await.unwrap().needed);
    let signed_in = rig.control.set_up(set_up()).await.unwrap();
    assert_eq!(signed_in.account.email, OWNER);
    assert_eq!(signed_in.account.homes.iter().map(|home| home.role).collect::<Vec<_>>(), [Role::Owner]);
    let owner = Person::of(signed_in);
    for restarted in [false, true] {
        assert!(!rig.control.setup_state().await.unwrap().needed);
        assert_eq!(rig.control.session(owner.token.expose()).await.unwrap(), Some(owner.session), "restarted: {restarted}");
        let permit = rig.control.ask::<ReadAccount>(owner.principal(), owner.subject).await.unwrap();
        let account = rig.control.account(permit).await.unwrap();
        assert_eq!((account.email.as_str(), account.homes[0].id), (OWNER, owner.home()));
        rig.restart().await;
    }
    assert_eq!(code(rig.control.set_up(set_up()).await), "setup.done");
}

#[tokio::test]
async fn of_two_first_runs_at_once_exactly_one_wins() {
    let rig = Rig::new().await;
    let other = SetUp { email: "other@example.com".into(), ..set_up() };
    let (a, b) = tokio::join!(rig.control.set_up(set_up()), rig.control.set_up(other));
    let (won, lost) = if a.is_ok() { (a, b) } else { (b, a) };
    assert_eq!(code(lost), "setup.done");
    let won = won.unwrap().account.email;
    for email in [OWNER, "other@example.com"] {
        assert_eq!(rig.sign_in(email, PASSWORD).await.is_ok(), email == won, "{email}");
    }
}

#[tokio::test]
async fn first_run_refuses_what_cannot_stand_and_stays_open() {
    let rig = Rig::new().await;
    let rows: [(SetUp, &str); 6] = [
        (SetUp { email: "owner".into(), ..set_up() }, "account.email_invalid"),
        (SetUp { password: "123456789".into(), ..set_up() }, "account.password_short"),
        (SetUp { adult: false, ..set_up() }, "account.not_adult"),
        (SetUp { policy_version: "0.0.1".into(), ..set_up() }, "policy.version_old"),
        (SetUp { policy_version: String::new(), ..set_up() }, "policy.version_old"),
        (SetUp { language: Some("tlh".into()), ..set_up() }, "request.invalid"),
    ];
    for (wrong, expected) in rows {
        assert_eq!(code(rig.control.set_up(wrong).await), expected);
    }
    assert!(rig.control.setup_state().await.unwrap().needed);
    rig.owner().await;
}

#[tokio::test]
async fn where_strangers_could_come_first_the_printed_code_is_asked_for() {
    let code_of = |text: &str| SetUp { code: Some(text.into()), ..set_up() };
    let rig = Rig::with(Config { setup_code: Some("K7Q2-M9XD".into()), ..Config::default() }).await;
    let state = rig.control.setup_state().await.unwrap();
    assert!(state.needed && state.code_needed);
    assert_eq!(code(rig.control.set_up(set_up()).await), "setup.code_wrong");
    for guess in ["", "K7Q2-M9X", "K7Q2-M9XE", "k7q2-m9xd"] {
        assert_eq!(code(rig.control.set_up(code_of(guess)).await), "setup.code_wrong", "{guess}");
    }
    assert_eq!(code(rig.control.set_up(code_of("K7Q2-M9XD")).await), "sign_in.too_many", "five guesses, then a wait");
    rig.clock.advance(Duration::from_secs(1));
    rig.control.set_up(code_of(" K7Q2-M9XD\n")).await.unwrap();
    assert!(!rig.control.setup_state().await.unwrap().code_needed);
    assert_eq!(code(rig.control.set_up(code_of("K7Q2-M9XD")).await), "setup.done");
}

#[test]
fn what_is_personal_does_not_print() {
    let printed = format!("{:?}", set_up());
    assert!(!printed.contains(OWNER) && !printed.contains(PASSWORD), "{printed}");
}
