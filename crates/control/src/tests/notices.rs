use egress::{Gateway, MailServer, Security};
use policy::act::ReadPrivacy;
use policyc::Deployment;
use store::{Actor, ConsentDraft, ConsentKind, Outcome};
use testkit::{Listener, Seen, Smtp, SmtpServer};

use super::*;
use crate::Notice;

const MEMBER: &str = "member@example.com";

/// A house whose letters go to a port of this machine.
async fn house(port: u16) -> (Rig, Person) {
    let (dir, clock) = (TempDir::new().unwrap(), Arc::new(TestClock::default()));
    let store = Store::open(dir.path(), clock.clone()).await.unwrap();
    let mail = MailServer {
        host: "127.0.0.1".into(),
        port,
        security: Security::Loopback,
        login: None,
        from: "camera@operator.example".into(),
        ca: None,
        time_max: MailServer::TIME_MAX,
    };
    let config = egress::Config { region: "CN".into(), mail: Some(mail) };
    let gateway = Some(Gateway::new(store.clone(), clock.clone(), config));
    let deployment =
        Deployment { operator: "张家".into(), contact: "zhang@home.example".into(), ..Config::default().deployment };
    let control = Control::new(store.clone(), clock.clone(), Config { deployment, gateway, setup_code: None });
    let rig = Rig { dir, clock, store, control };
    let owner = rig.owner().await;
    (rig, owner)
}

impl Rig {
    async fn say(&self, subject: SubjectId, kind: ConsentKind) {
        let draft = ConsentDraft {
            subject,
            purpose: "notice.mail",
            kind,
            policy_version: compiled::VERSION.into(),
            text_hash: [7; 32],
            language: Some("en".into()),
            method: "app",
            actor: Actor::Oneself,
        };
        self.store.add_consent(draft).await.unwrap();
    }

    /// Every letter that is queued or due was tried.
    async fn letters_tried(&self) {
        self.control.inner.notices.as_ref().unwrap().flush().await;
    }

    /// How each letter to a person ended, newest first.
    async fn outcomes(&self, person: &Person) -> Vec<Option<Outcome>> {
        let permit = self.control.ask::<ReadPrivacy>(person.principal(), person.subject).await.unwrap();
        self.store.disclosures(&permit, None, 100).await.unwrap().into_iter().map(|row| row.outcome).collect()
    }
}

fn changed() -> Notice {
    Notice::PolicyChanged { version: "1.2.0".into() }
}

fn failed(code: &str) -> Option<Outcome> {
    Some(Outcome::Failed(code.into()))
}

#[tokio::test]
async fn whoever_agreed_to_letters_gets_one_about_a_new_sign_in() {
    let server = SmtpServer::start(Smtp::default()).unwrap();
    let (rig, owner) = house(server.port()).await;
    rig.say(owner.subject, ConsentKind::Given).await;
    rig.person(MEMBER).await;
    rig.sign_in(OWNER, PASSWORD).await.unwrap();
    let letter = server.letter().await.unwrap();
    assert_eq!((letter.to, letter.from.as_str()), (vec![OWNER.to_owned()], "camera@operator.example"));
    let (chinese, english) =
        (letter.text.find("您的账号刚刚被登录").unwrap(), letter.text.find("Somebody has just signed in").unwrap());
    assert!(chinese < english && letter.text.contains("张家 (zhang@home.example)"), "{}", letter.text);
    rig.letters_tried().await;
    assert_eq!(rig.outcomes(&owner).await, [Some(Outcome::Sent)]);
    assert_eq!(server.letter_within(Duration::ZERO).await.unwrap(), None, "the member agreed to nothing and got nothing");

    // Of two letters in the queue the consent is asked for when each one's turn comes.
    rig.say(owner.subject, ConsentKind::Withdrawn).await;
    rig.sign_in(OWNER, PASSWORD).await.unwrap();
    rig.letters_tried().await;
    assert_eq!(server.letter_within(Duration::ZERO).await.unwrap(), None);
    assert_eq!(rig.outcomes(&owner).await.len(), 1);
}

#[tokio::test]
async fn without_consent_the_mail_server_hears_nothing_at_all() {
    let _proof = evidence::proves("C-2.2.1", "gate.consent");
    let listener = Listener::start("220 hello\r\n").await.unwrap();
    let (rig, owner) = house(listener.port()).await;
    for kind in [None, Some(ConsentKind::Refused), Some(ConsentKind::Withdrawn)] {
        if let Some(kind) = kind {
            rig.say(owner.subject, kind).await;
        }
        rig.sign_in(OWNER, PASSWORD).await.unwrap();
        rig.letters_tried().await;
    }
    assert_eq!(listener.seen().await.unwrap(), Seen::default());
    assert_eq!(rig.outcomes(&owner).await, []);
}

#[tokio::test]
async fn a_mail_server_that_does_not_answer_delays_no_sign_in() {
    let silent = Listener::start("").await.unwrap();
    let (rig, owner) = house(silent.port()).await;
    rig.say(owner.subject, ConsentKind::Given).await;
    rig.sign_in(OWNER, PASSWORD).await.unwrap();
    // The first letter is under way for as long as the test runs. The queue fills, and then letters are dropped, not waited for.
    let many = async {
        for _ in 0..1000 {
            rig.control.notify(owner.subject, Notice::NewSignIn).await;
        }
        rig.sign_in(OWNER, PASSWORD).await
    };
    tokio::time::timeout(Duration::from_secs(10), many).await.expect("nobody waits for letters").unwrap();
    assert!(rig.outcomes(&owner).await.len() <= 1);
    // Nor does the end: what was under way is noted as interrupted by the next start.
    tokio::time::timeout(Duration::from_secs(10), rig.control.close()).await.expect("an end does not wait for letters");
}

#[tokio::test]
async fn a_required_letter_needs_no_consent_and_is_tried_again_three_times() {
    let server = SmtpServer::start(Smtp { refuse: Some(451), ..Smtp::default() }).unwrap();
    let (rig, owner) = house(server.port()).await;
    rig.control.notify(owner.subject, changed()).await;
    for (tries, wait) in [(1, 60), (2, 600), (3, 3600), (4, 0)] {
        rig.letters_tried().await;
        assert_eq!(rig.outcomes(&owner).await, vec![failed("mail.later"); tries]);
        // Not before its time.
        rig.clock.advance(Duration::from_secs(wait).saturating_sub(Duration::from_millis(1)));
        rig.letters_tried().await;
        assert_eq!(rig.outcomes(&owner).await.len(), tries);
        rig.clock.advance(Duration::from_millis(1));
    }
    rig.clock.advance(Duration::from_secs(24 * 3600));
    rig.letters_tried().await;
    assert_eq!(rig.outcomes(&owner).await.len(), 4, "and then no more");

    // What is not required is tried once.
    rig.say(owner.subject, ConsentKind::Given).await;
    rig.control.notify(owner.subject, Notice::NewSignIn).await;
    for _ in 0..2 {
        rig.letters_tried().await;
        rig.clock.advance(Duration::from_secs(24 * 3600));
    }
    assert_eq!(rig.outcomes(&owner).await.len(), 5);
}

#[tokio::test]
async fn a_required_letter_that_is_refused_for_ever_is_not_tried_again() {
    let server = SmtpServer::start(Smtp { refuse: Some(550), ..Smtp::default() }).unwrap();
    let (rig, owner) = house(server.port()).await;
    rig.control.notify(owner.subject, changed()).await;
    for _ in 0..2 {
        rig.letters_tried().await;
        rig.clock.advance(Duration::from_secs(24 * 3600));
    }
    assert_eq!(rig.outcomes(&owner).await, [failed("mail.refused")]);
}

#[tokio::test]
async fn a_change_of_the_policy_is_told_in_both_languages() {
    let server = SmtpServer::start(Smtp::default()).unwrap();
    let (rig, owner) = house(server.port()).await;
    rig.control.notify(owner.subject, changed()).await;
    let letter = server.letter().await.unwrap();
    assert_eq!(letter.header("subject"), "隐私政策已更新 / The privacy policy has changed");
    assert_eq!((letter.to, letter.text.matches("1.2.0").count()), (vec![OWNER.to_owned()], 2));
}

#[tokio::test]
async fn a_version_that_is_new_to_the_server_is_told_to_everybody_once() {
    let server = SmtpServer::start(Smtp::default()).unwrap();
    let (rig, owner) = house(server.port()).await;
    // As before an upgrade: the accounts are there, and another version was the newest.
    rig.control.close().await;
    let older = store::PolicyVersion { version: "0.9.0".into(), hash: "sha256:0".into(), class: "express".into() };
    rig.store.add_policy_version(older).await.unwrap();
    for letters in [1, 0] {
        let config = rig.control.inner.config.clone();
        let control = Control::new(rig.store.clone(), rig.clock.clone(), config);
        if letters == 1 {
            let letter = server.letter().await.unwrap();
            assert_eq!((letter.to, letter.text.contains(compiled::VERSION)), (vec![OWNER.to_owned()], true));
        }
        control.close().await;
    }
    assert_eq!(server.letter_within(Duration::from_millis(300)).await.unwrap(), None);
    assert_eq!(rig.outcomes(&owner).await, [Some(Outcome::Sent)], "neither by first run nor by the second start");
}

#[tokio::test]
async fn without_a_mail_server_there_is_nobody_to_tell() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    rig.say(owner.subject, ConsentKind::Given).await;
    rig.sign_in(OWNER, PASSWORD).await.unwrap();
    rig.control.notify(owner.subject, changed()).await;
    assert!(rig.control.inner.notices.is_none());
    assert_eq!(rig.outcomes(&owner).await, []);
}
