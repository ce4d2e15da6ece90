//! The matrix: every act x every kind of asker, as a table that people read in a diff.

use std::fmt::Write as _;

use domain::{CameraId, HomeId, Role, SessionId, SubjectId, Timestamp};

use super::*;
use crate::act::{self, ViewLive};
use crate::facts::{HomeFacts, SessionFacts};

const NOW: Timestamp = Timestamp::from_micros(1_000_000);

fn session(subject: SubjectId) -> SessionFacts {
    SessionFacts { subject, expires: Timestamp::from_micros(2_000_000), agreed: true, adult: true }
}

/// The askers of the matrix, by name: principal and facts about a camera of `home`.
fn askers(subject: SubjectId, home: HomeId) -> Vec<(&'static str, Principal, Facts)> {
    let principal = Principal::Session(SessionId::random());
    let of = |role| Facts { revision: 1, session: Some(session(subject)), home: Some(HomeFacts { home, role }) };
    let with = |change: fn(&mut SessionFacts)| {
        let mut facts = of(Some(Role::Owner));
        facts.session.as_mut().map(change).unwrap();
        facts
    };
    vec![
        ("nobody", Principal::Nobody, Facts { session: None, ..of(None) }),
        ("other home", principal, of(None)),
        ("member", principal, of(Some(Role::Member))),
        ("owner", principal, of(Some(Role::Owner))),
        ("owner, session over", principal, with(|s| s.expires = NOW)),
        ("owner, not agreed", principal, with(|s| s.agreed = false)),
        ("owner, not adult", principal, with(|s| s.adult = false)),
        ("owner, object gone", principal, Facts { home: None, ..of(None) }),
        ("nobody with an owner's facts", Principal::Nobody, of(Some(Role::Owner))),
        ("system", Principal::System, Facts { session: None, ..of(None) }),
        ("system, object gone", Principal::System, Facts { session: None, home: None, ..of(None) }),
    ]
}

#[test]
fn the_matrix_is_as_committed() {
    let (subject, home) = (SubjectId::random(), HomeId::random());
    let mut table = String::new();
    for (name, who) in act::ALL {
        for (asker, principal, facts) in askers(subject, home) {
            let object = match who {
                Who::Oneself => Object::Account(subject),
                _ => Object::Camera(CameraId::random()),
            };
            let verdict = match judge(*who, principal, object, NOW, &facts) {
                Ok(_) => "allowed".to_owned(),
                Err(reason) => format!("refused: {reason:?}"),
            };
            writeln!(table, "{name:<15} | {asker:<28} | {verdict}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn another_persons_account_is_not_there() {
    let (subject, home) = (SubjectId::random(), HomeId::random());
    let facts = Facts { revision: 1, session: Some(session(subject)), home: Some(HomeFacts { home, role: Some(Role::Owner) }) };
    let other = Object::Account(SubjectId::random());
    let verdict = judge(Who::Oneself, Principal::Session(SessionId::random()), other, NOW, &facts);
    assert_eq!(verdict, Err(Reason::NotThere));
}

#[test]
fn a_permit_says_what_it_was_decided_on() {
    let (subject, home, camera) = (SubjectId::random(), HomeId::random(), CameraId::random());
    let ask = Ask::<ViewLive> { principal: Principal::Session(SessionId::random()), object: camera, at: NOW };
    let facts = Facts { revision: 7, session: Some(session(subject)), home: Some(HomeFacts { home, role: Some(Role::Member) }) };
    let permit = decide(&ask, &facts).unwrap();
    assert_eq!((permit.object(), permit.home(), permit.subject(), permit.revision()), (camera, Some(home), Some(subject), 7));
    let refusal = decide(&ask, &Facts { home: None, ..facts }).unwrap_err();
    assert_eq!((refusal.act, refusal.reason), ("view live", Reason::NotThere));
    assert!(refusal.clauses.contains(&"C-1.3.6"));
}
