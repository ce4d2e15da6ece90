//! What types already forbid is refused at run time too: by messages that no type would let anybody build.

use std::time::Duration;

use domain::{SessionId, Timestamp};
use policy::act::ReadPrivacy;
use policy::purpose::NoticeRequired;
use policy::recipient::MailOperator;
use policy::{Ask, Facts, Principal, RecipientRule, SessionFacts, SubjectFacts, decide};
use store::{Agreement, NewAccount};
use testkit::{Listener, ManualClock, Seen};

use super::*;
use crate::Security;

/// Sends `fields` to `recipient`; what became of it, and what is noted.
async fn send(recipient: &'static RecipientRule, fields: &[&'static str]) -> (String, Outcome, Seen) {
    let (dir, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::default()));
    let store = Store::open(dir.path(), clock.clone()).await.unwrap();
    let subject = SubjectId::random();
    let agreement = Agreement { version: compiled::VERSION.into(), language: None };
    let account = NewAccount { subject, email: "her@home.example", password_hash: String::new(), adult: true, agreement };
    store.add_account(account).await.unwrap();
    let listener = Listener::start("220 hello\r\n").await.unwrap();
    let mail = MailServer {
        host: "127.0.0.1".into(),
        port: listener.port(),
        security: Security::Loopback,
        login: None,
        from: "camera@home.example".into(),
        ca: None,
        time_max: Duration::from_secs(2),
    };
    let gateway = Gateway::new(store.clone(), clock, Config { region: "CN".into(), mail: Some(mail) });
    let parts = Parts {
        act: "send required notice",
        principal: Principal::System,
        object: Object::Account(subject),
        subject: None,
        revision: 1,
        purpose: NoticeRequired::RULE,
        recipient,
        fields: fields.iter().map(|category| (*category, b"her@home.example".to_vec())).collect(),
        said: vec!["Hello".into()],
    };
    let said = match gateway.pass(parts).await {
        Ok(delivery) => format!("{delivery:?}"),
        Err(error) => error.to_string(),
    };
    let facts = Facts {
        revision: 1,
        session: Some(SessionFacts { subject, expires: Timestamp::from_micros(1) }),
        subject: Some(SubjectFacts::settled(subject)),
        home: None,
        region_ok: true,
        key: None,
    };
    let ask = Ask { principal: Principal::Session(SessionId::random()), object: subject, at: Timestamp::from_micros(0) };
    let row = store.disclosures(&decide::<ReadPrivacy>(&ask, &facts).unwrap(), None, 10).await.unwrap().remove(0);
    assert_eq!(row.fields, fields);
    (said, row.outcome.unwrap(), listener.seen().await.unwrap())
}

fn refused(reason: &str) -> (String, Outcome, Seen) {
    (format!("egress.refused: {reason}"), Outcome::Refused(reason.into()), Seen::default())
}

#[tokio::test]
async fn a_field_that_the_recipient_may_not_get_stops_the_whole_message() {
    let _proof = evidence::proves("C-2.2.0", "egress.allow_list");
    assert_eq!(send(MailOperator::RULE, &["account.email", "camera.access"]).await, refused("egress.field_not_allowed"));
    assert_eq!(send(MailOperator::RULE, &["access.history"]).await, refused("egress.field_not_allowed"));
}

#[tokio::test]
async fn nobody_gets_anything_without_agreement_function_and_channel() {
    let rule = |in_use, agreement, id| -> &'static RecipientRule {
        let RecipientRule { function, region, fields, clause, .. } = *MailOperator::RULE;
        Box::leak(Box::new(RecipientRule { id, function, in_use, region, agreement, fields, clause }))
    };
    let bound = MailOperator::RULE.agreement;
    assert_eq!(send(rule(true, None, "mail.operator"), &["account.email"]).await, refused("egress.no_agreement"));
    assert_eq!(send(rule(false, bound, "mail.operator"), &["account.email"]).await, refused("function.not_in_use"));
    assert_eq!(send(rule(true, bound, "push.nobody"), &["account.email"]).await, refused("egress.not_configured"));
}

#[tokio::test]
async fn what_is_allowed_reaches_the_same_listener() {
    let (said, outcome, seen) = send(MailOperator::RULE, &["account.email"]).await;
    assert_eq!((said.as_str(), outcome), ("Failed(\"mail.timeout\")", Outcome::Failed("mail.timeout".into())));
    assert!(seen.connections == 1 && seen.bytes > 0, "{seen:?}");
}
