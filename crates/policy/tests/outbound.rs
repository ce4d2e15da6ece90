//! A message to a recipient carries what was put and said, and prints none of it; the policy as data agrees with the types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests may fail them")]

use domain::{SubjectId, Timestamp};
use policy::act::SendNotice;
use policy::category::AccountEmail;
use policy::purpose::NoticeMail;
use policy::recipient::MailOperator;
use policy::{
    Ask, ConsentSet, Facts, Outbound, Permit, Principal, Purpose as _, Recipient as _, Sealed, SubjectFacts, compiled, consent,
    decide, recipient,
};

fn permit(subject: SubjectId) -> Permit<SendNotice> {
    let consents = ConsentSet::NONE.with(consent::NOTICE_MAIL);
    let facts = Facts {
        revision: 3,
        session: None,
        subject: Some(SubjectFacts { consents, ..SubjectFacts::settled(subject) }),
        home: None,
        region_ok: true,
        key: None,
    };
    let ask = Ask::<SendNotice> { principal: Principal::System, object: subject, at: Timestamp::from_micros(0) };
    decide(&ask, &facts).unwrap()
}

#[test]
fn a_message_carries_what_was_put_and_said() {
    let subject = SubjectId::random();
    let permit = permit(subject);
    let email = Sealed::<AccountEmail>::from_ciphertext(b"canary@example.com".to_vec());
    let email = email.open(&permit, |bytes| Ok::<_, ()>(bytes.to_vec())).unwrap();
    let message = Outbound::<MailOperator, _>::new(permit).put::<AccountEmail>(email).say("Subject").say("Text");
    assert!(!format!("{message:?}").contains("canary"), "{message:?}");

    let parts = message.into_parts();
    assert_eq!((parts.act, parts.object, parts.revision), ("send notice", subject.into(), 3));
    assert_eq!((parts.purpose.id, parts.recipient.id), (NoticeMail::ID, MailOperator::ID));
    assert_eq!(parts.fields, [("account.email", b"canary@example.com".to_vec())]);
    assert_eq!(parts.said, ["Subject", "Text"]);
}

#[test]
fn a_recipient_without_agreement_has_an_empty_list() {
    let now = Timestamp::from_micros(0);
    for rule in recipient::ALL {
        assert!(rule.is_bound(now) || rule.fields.is_empty(), "{}", rule.id);
    }
    assert!(MailOperator::RULE.may_get("account.email", "notice.mail"));
    assert!(!MailOperator::RULE.may_get("camera.access", "notice.mail"));
    let last = MailOperator::RULE.agreement.unwrap().until;
    assert!(!MailOperator::RULE.is_bound(last), "its last day is over");
}

#[test]
fn the_hash_is_of_the_text_that_is_shipped() {
    assert!(compiled::HASH.starts_with("sha256:") && compiled::JSON.contains(compiled::VERSION));
    assert_eq!(compiled::TEXTS.iter().map(|(language, _)| *language).collect::<Vec<_>>(), ["zh-CN", "en"]);
    for (language, text) in compiled::TEXTS {
        assert!(text.contains("C-0.2") && text.contains(compiled::HASH), "{language}");
    }
}
