//! The matrix: every act x every kind of asker, as a table that people read in a diff.

use std::fmt::Write as _;

use domain::{CameraId, HomeId, Role, SessionId, StreamKeyId, SubjectId, Timestamp};

use super::*;
use crate::act::{self, ViewLive};
use crate::facts::{HomeFacts, KeyFacts, SessionFacts};
use crate::{Basis, ConsentSet, ObjectKind, consent};

const NOW: Timestamp = Timestamp::from_micros(1_000_000);

/// The camera of the matrix.
const CAMERA: CameraId = CameraId::from_bytes([7; 16]);

fn every_consent() -> ConsentSet {
    consent::ALL.iter().fold(ConsentSet::NONE, |set, consent| set.with(*consent))
}

/// Facts of somebody who may whatever an owner may: settled, with every consent.
fn owner(subject: SubjectId, home: HomeId) -> Facts {
    Facts {
        revision: 1,
        session: Some(SessionFacts { subject, expires: Timestamp::from_micros(2_000_000) }),
        subject: Some(SubjectFacts { consents: every_consent(), ..SubjectFacts::settled(subject) }),
        home: Some(HomeFacts { home, role: Some(Role::Owner), agreed: true, consents: every_consent() }),
        region_ok: true,
        key: None,
    }
}

/// The askers of the matrix, by name: principal and facts about an object of `home` and of `subject`.
fn askers(subject: SubjectId, home: HomeId) -> Vec<(&'static str, Principal, Facts)> {
    let session = Principal::Session(SessionId::random());
    let owner = || owner(subject, home);
    let person = |change: fn(&mut SubjectFacts)| {
        let mut facts = owner();
        facts.subject.as_mut().map(change).unwrap();
        facts
    };
    let house = |change: fn(&mut HomeFacts)| {
        let mut facts = owner();
        facts.home.as_mut().map(change).unwrap();
        facts
    };
    let server = || Facts { session: None, home: house(|home| home.role = None).home, ..owner() };
    let server_about = |change: fn(&mut SubjectFacts)| Facts { session: None, home: server().home, ..person(change) };
    let software = |camera| Facts { session: None, key: Some(KeyFacts { subject, camera }), ..owner() };
    let over = SessionFacts { subject, expires: NOW };
    vec![
        ("nobody", Principal::Nobody, Facts { session: None, subject: None, ..house(|home| home.role = None) }),
        ("nobody with an owner's facts", Principal::Nobody, owner()),
        ("other home", session, house(|home| home.role = None)),
        ("member", session, house(|home| home.role = Some(Role::Member))),
        ("owner", session, owner()),
        ("owner, session over", session, Facts { session: Some(over), ..owner() }),
        ("owner, facts of another", session, Facts { subject: Some(SubjectFacts::settled(SubjectId::random())), ..owner() }),
        ("owner, not agreed", session, person(|person| person.agreed = Agreed::None)),
        ("owner, older version agreed", session, person(|person| person.agreed = Agreed::Older)),
        ("owner, age undeclared", session, person(|person| person.age = Age::Undeclared)),
        ("owner, minor", session, person(|person| person.age = Age::Minor)),
        ("owner, minor with guardian", session, person(|person| person.age = Age::Guarded)),
        ("owner, account cancelled", session, person(|person| person.standing = Standing::Held)),
        ("owner, object gone", session, Facts { home: None, ..owner() }),
        (
            "owner, no consents",
            session,
            Facts {
                subject: person(|person| person.consents = ConsentSet::NONE).subject,
                ..house(|home| home.consents = ConsentSet::NONE)
            },
        ),
        ("owner, wrong region", session, Facts { region_ok: false, ..owner() }),
        ("stream key of another camera", Principal::StreamKey(StreamKeyId::random()), software(CameraId::random())),
        ("stream key of this camera", Principal::StreamKey(StreamKeyId::random()), software(CAMERA)),
        ("system", Principal::System, server()),
        ("system, object gone", Principal::System, Facts { home: None, subject: None, ..server() }),
        (
            "system, nobody agreed",
            Principal::System,
            Facts {
                session: None,
                subject: person(|person| person.agreed = Agreed::None).subject,
                ..house(|home| home.agreed = false)
            },
        ),
        ("system, account cancelled", Principal::System, server_about(|person| person.standing = Standing::Held)),
        (
            "system, no consents",
            Principal::System,
            Facts {
                session: None,
                subject: person(|person| person.consents = ConsentSet::NONE).subject,
                ..house(|home| home.consents = ConsentSet::NONE)
            },
        ),
        ("system, wrong region", Principal::System, Facts { region_ok: false, ..server() }),
    ]
}

fn verdict(rule: &ActRule, principal: Principal, object: Object, facts: &Facts) -> String {
    match judge(rule, principal, object, NOW, facts) {
        Ok(_) => "allowed".to_owned(),
        Err((reason, clauses)) => format!("refused: {reason:?} ({})", clauses.join(", ")),
    }
}

#[test]
fn the_matrix_is_as_committed() {
    let (subject, home) = (SubjectId::random(), HomeId::random());
    let mut table = String::new();
    for rule in act::ALL {
        let object = match rule.object {
            ObjectKind::Home => Object::Home(home),
            ObjectKind::Camera => Object::Camera(CAMERA),
            ObjectKind::Account => Object::Account(subject),
        };
        for (asker, principal, facts) in askers(subject, home) {
            writeln!(table, "{:<20} | {asker:<28} | {}", rule.name, verdict(rule, principal, object, &facts)).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

/// Purposes that no act asks for yet, and states that no act's purpose has: what the gate says to each combination.
#[test]
fn each_rule_of_a_purpose_is_judged_by_itself() {
    let (subject, home) = (SubjectId::random(), HomeId::random());
    let (session, account) = (Principal::Session(SessionId::random()), Object::Account(subject));
    let judged = |change: fn(&mut PurposeRule), facts: &Facts| {
        let mut purpose = PurposeRule {
            id: "test",
            function: "test",
            in_use: true,
            basis: Basis::Contract,
            consent: None,
            sensitive: false,
            minors: Minors::Guardian,
            commercial: false,
            without_agreement: false,
            while_held: false,
            uses: &[],
            clauses: &[],
        };
        change(&mut purpose);
        let purpose = Box::leak(Box::new(purpose));
        let rule = ActRule { name: "test", who: Who::Oneself, object: ObjectKind::Account, purpose, clauses: &[] };
        judge(&rule, session, account, NOW, facts).map_err(|(reason, _)| reason)
    };
    let mut facts = owner(subject, home);
    assert_eq!(judged(|_| {}, &facts), Ok(Some(subject)));
    assert_eq!(judged(|p| p.in_use = false, &facts), Err(Reason::NotInUse));

    facts.subject.as_mut().unwrap().age = Age::Guarded;
    assert_eq!(judged(|p| p.minors = Minors::Forbidden, &facts), Err(Reason::NotAdult));
    assert_eq!(judged(|p| p.minors = Minors::Guardian, &facts), Ok(Some(subject)));
    facts.subject.as_mut().unwrap().age = Age::Minor;
    assert_eq!(judged(|p| p.minors = Minors::Guardian, &facts), Err(Reason::GuardianNeeded));
    assert_eq!(judged(|p| p.minors = Minors::Allowed, &facts), Ok(Some(subject)));

    let mut facts = owner(subject, home);
    facts.subject.as_mut().unwrap().standing = Standing::Held;
    assert_eq!(judged(|_| {}, &facts), Err(Reason::Held));
    assert_eq!(judged(|p| p.while_held = true, &facts), Ok(Some(subject)));

    let mut facts = owner(subject, home);
    facts.subject.as_mut().unwrap().agreed = Agreed::None;
    assert_eq!(judged(|_| {}, &facts), Err(Reason::NotAgreed));
    assert_eq!(judged(|p| p.without_agreement = true, &facts), Ok(Some(subject)));

    let mut facts = owner(subject, home);
    facts.subject.as_mut().unwrap().consents = every_consent().without(consent::VIDEO_SOUND);
    assert_eq!(
        judged(|p| p.consent = Some(consent::VIDEO_SOUND), &facts),
        Err(Reason::ConsentNeeded),
        "an account's is the person's own"
    );
    assert_eq!(judged(|p| p.consent = Some(consent::NOTICE_MAIL), &facts), Ok(Some(subject)));

    let refused = judged(|p| (p.in_use, p.minors) = (false, Minors::Forbidden), &Facts { session: None, ..owner(subject, home) });
    assert_eq!(refused, Err(Reason::NoSession), "the strongest reason comes first");
}

#[test]
fn another_persons_account_is_not_there() {
    let (subject, home) = (SubjectId::random(), HomeId::random());
    let other = Object::Account(SubjectId::random());
    for rule in act::ALL.iter().filter(|rule| rule.who == Who::Oneself) {
        let verdict = judge(rule, Principal::Session(SessionId::random()), other, NOW, &owner(subject, home));
        assert_eq!(verdict.map_err(|(reason, _)| reason), Err(Reason::NotThere), "{}", rule.name);
    }
}

#[test]
fn a_permit_says_what_it_was_decided_on() {
    let (subject, home, camera) = (SubjectId::random(), HomeId::random(), CameraId::random());
    let ask = Ask::<ViewLive> { principal: Principal::Session(SessionId::random()), object: camera, at: NOW };
    let mut facts = Facts { revision: 7, ..owner(subject, home) };
    let permit = decide(&ask, &facts).unwrap();
    assert_eq!((permit.object(), permit.home(), permit.subject(), permit.revision()), (camera, Some(home), Some(subject), 7));
    facts.home = None;
    let refusal = decide(&ask, &facts).unwrap_err();
    assert_eq!((refusal.act, refusal.purpose, refusal.reason), ("view live", "video.live", Reason::NotThere));
    assert!(refusal.clauses.contains(&"C-1.3.6"));
}

#[test]
fn every_refusal_names_a_clause() {
    let (subject, home) = (SubjectId::random(), HomeId::random());
    for rule in act::ALL {
        for (asker, principal, facts) in askers(subject, home) {
            for object in [Object::Home(home), Object::Camera(CameraId::random()), Object::Account(subject)] {
                if let Err((_, clauses)) = judge(rule, principal, object, NOW, &facts) {
                    assert!(!clauses.is_empty(), "{}, {asker}", rule.name);
                }
            }
        }
    }
}
