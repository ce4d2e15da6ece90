//! The gate keeps its clauses, one test each: the negative controls switch an enforcement point off and see the test fail.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use domain::{CameraId, HomeId, Role, SessionId, StreamKeyId, SubjectId, Timestamp};
use policy::act::{
    AddCamera, FindCameras, ListCameras, MakeStreamKey, MoveCamera, PullSound, ReadAccount, ReadPrivacy, SendNotice,
    TakeSnapshot, ViewByStreamKey, ViewLive,
};
use policy::recipient::{self, MailOperator};
use policy::{
    Act, Age, Agreed, Ask, ConsentSet, Facts, HomeFacts, KeyFacts, Permit, Principal, Reason, Recipient as _, SessionFacts,
    Standing, SubjectFacts, consent, decide, purpose,
};

const NOW: Timestamp = Timestamp::from_micros(1_000_000);

/// Somebody who may whatever an owner may, with every consent; a test takes one thing away.
struct Owner {
    principal: Principal,
    subject: SubjectId,
    home: HomeId,
    facts: Facts,
}

impl Owner {
    fn new() -> Self {
        let (subject, home) = (SubjectId::random(), HomeId::random());
        let consents = consent::ALL.iter().fold(ConsentSet::NONE, |set, consent| set.with(*consent));
        let facts = Facts {
            revision: 1,
            session: Some(SessionFacts { subject, expires: Timestamp::from_micros(2_000_000) }),
            subject: Some(SubjectFacts { consents, ..SubjectFacts::settled(subject) }),
            home: Some(HomeFacts { home, role: Some(Role::Owner), agreed: true, consents }),
            region_ok: true,
            key: None,
        };
        Self { principal: Principal::Session(SessionId::random()), subject, home, facts }
    }

    fn person(mut self, change: impl FnOnce(&mut SubjectFacts)) -> Self {
        change(self.facts.subject.as_mut().unwrap());
        self
    }

    fn house(mut self, change: impl FnOnce(&mut HomeFacts)) -> Self {
        change(self.facts.home.as_mut().unwrap());
        self
    }

    fn ask<A: Act>(&self, object: A::Object) -> Result<Permit<A>, Reason> {
        let ask = Ask { principal: self.principal, object, at: NOW };
        decide(&ask, &self.facts).map_err(|refusal| refusal.reason)
    }

    fn ask_as_server<A: Act>(&self, object: A::Object) -> Result<Permit<A>, Reason> {
        decide(&Ask { principal: Principal::System, object, at: NOW }, &self.facts).map_err(|refusal| refusal.reason)
    }
}

fn refused<A: Act>(answer: Result<Permit<A>, Reason>) -> Reason {
    answer.expect_err("refused")
}

#[test]
fn an_owner_with_everything_may() {
    let owner = Owner::new();
    assert!(owner.ask::<ViewLive>(CameraId::random()).is_ok());
    assert!(owner.ask::<ReadPrivacy>(owner.subject).is_ok());
    assert!(owner.ask_as_server::<SendNotice>(owner.subject).is_ok());
}

#[test]
fn before_an_agreement_there_is_nothing_but_the_policy_and_ones_own_privacy() {
    let _proof = evidence::proves("C-0.2", "gate.agreement");
    let _second = evidence::proves("C-0.8", "gate.agreement");
    let owner = Owner::new().person(|person| person.agreed = Agreed::None).house(|home| home.agreed = false);
    assert_eq!(refused(owner.ask::<ViewLive>(CameraId::random())), Reason::NotAgreed);
    assert_eq!(refused(owner.ask::<ReadAccount>(owner.subject)), Reason::NotAgreed);
    assert_eq!(refused(owner.ask_as_server::<SendNotice>(owner.subject)), Reason::NotAgreed, "no third party either");
    assert!(owner.ask::<ReadPrivacy>(owner.subject).is_ok());
}

#[test]
fn new_terms_that_take_express_consent_hold_for_nobody_who_did_not_agree() {
    let _proof = evidence::proves("C-5.1", "gate.agreement");
    // What control makes of an agreement to a version that differs in what needs express consent.
    let owner = Owner::new().person(|person| person.agreed = Agreed::None);
    assert_eq!(refused(owner.ask::<AddCamera>(owner.home)), Reason::NotAgreed);
    assert!(owner.ask_as_server::<policy::act::RecordCamera>(CameraId::random()).is_ok(), "the home goes on, on the old terms");
    let owner = Owner::new().person(|person| person.agreed = Agreed::Older);
    assert!(owner.ask::<AddCamera>(owner.home).is_ok());
}

#[test]
fn without_a_declaration_of_age_there_is_no_use_of_an_account() {
    let _proof = evidence::proves("C-0.9", "gate.adult");
    let owner = Owner::new().person(|person| person.age = Age::Undeclared);
    assert_eq!(refused(owner.ask::<ReadAccount>(owner.subject)), Reason::NotAdult);
}

#[test]
fn a_minor_needs_a_guardian_first() {
    let _proof = evidence::proves("C-0.10", "gate.adult");
    let owner = Owner::new().person(|person| person.age = Age::Minor);
    assert_eq!(refused(owner.ask::<ViewLive>(CameraId::random())), Reason::GuardianNeeded);
    let owner = Owner::new().person(|person| person.age = Age::Guarded);
    assert!(owner.ask::<ViewLive>(CameraId::random()).is_ok());
}

#[test]
fn a_purpose_whose_function_is_not_built_is_refused_to_everybody() {
    let _proof = evidence::proves("C-1.1.0", "gate.function");
    let _second = evidence::proves("C-2.2.0", "gate.function");
    // No act of a function that is not built exists, so that none can be asked; the rules by which one would be refused do.
    let unbuilt: Vec<_> = purpose::ALL.iter().filter(|purpose| !purpose.in_use).collect();
    assert!(!unbuilt.is_empty());
    assert!(unbuilt.iter().all(|purpose| !purpose.allowed()), "a purpose of a function that is not built is not allowed");
    assert!(purpose::ALL.iter().filter(|purpose| purpose.in_use).all(|purpose| purpose.allowed()));
}

#[test]
fn a_refusal_disables_the_function_that_needs_the_consent_and_no_other() {
    let _proof = evidence::proves("C-1.1.6", "gate.consent");
    let _second = evidence::proves("C-4.4.1", "gate.consent");
    let owner = Owner::new().person(|person| person.consents = ConsentSet::NONE).house(|home| home.consents = ConsentSet::NONE);
    assert_eq!(refused(owner.ask_as_server::<PullSound>(CameraId::random())), Reason::ConsentNeeded);
    assert_eq!(refused(owner.ask_as_server::<SendNotice>(owner.subject)), Reason::ConsentNeeded);
    assert!(owner.ask::<ViewLive>(CameraId::random()).is_ok());
    assert!(owner.ask::<AddCamera>(owner.home).is_ok());
    assert!(owner.ask_as_server::<policy::act::RecordCamera>(CameraId::random()).is_ok());
}

#[test]
fn what_is_optional_starts_switched_off_one_at_a_time() {
    let _proof = evidence::proves("C-1.1.7", "gate.consent");
    let only = ConsentSet::NONE.with(consent::NOTICE_MAIL);
    let owner = Owner::new().person(|person| person.consents = only).house(|home| home.consents = only);
    assert!(owner.ask_as_server::<SendNotice>(owner.subject).is_ok());
    assert_eq!(refused(owner.ask_as_server::<PullSound>(CameraId::random())), Reason::ConsentNeeded, "one is not the other");
}

#[test]
fn sound_takes_a_consent_of_an_owner() {
    let _proof = evidence::proves("C-7.3", "gate.consent");
    let owner = Owner::new().house(|home| home.consents = ConsentSet::NONE);
    assert_eq!(refused(owner.ask_as_server::<PullSound>(CameraId::random())), Reason::ConsentNeeded);
}

#[test]
fn mail_that_is_not_required_takes_the_persons_own_consent() {
    let _proof = evidence::proves("C-2.2.1", "gate.consent");
    let _second = evidence::proves("C-7.9", "gate.consent");
    let owner = Owner::new().person(|person| person.consents = ConsentSet::NONE);
    assert_eq!(refused(owner.ask_as_server::<SendNotice>(owner.subject)), Reason::ConsentNeeded);
    assert!(owner.ask_as_server::<policy::act::SendRequiredNotice>(owner.subject).is_ok());
}

#[test]
fn a_consent_counts_from_the_moment_it_is_given_to_the_moment_it_is_withdrawn() {
    let _proof = evidence::proves("C-4.4.2", "gate.consent");
    let given = ConsentSet::NONE.with(consent::NOTICE_MAIL);
    let with = |consents| Owner::new().person(|person| person.consents = consents);
    let owner = with(given);
    assert!(owner.ask_as_server::<SendNotice>(owner.subject).is_ok());
    let owner = with(given.without(consent::NOTICE_MAIL));
    assert_eq!(refused(owner.ask_as_server::<SendNotice>(owner.subject)), Reason::ConsentNeeded);
}

#[test]
fn a_home_opens_by_role_and_to_nobody_else() {
    let _proof = evidence::proves("C-7.10", "gate.role");
    let _second = evidence::proves("C-1.3.6", "gate.role");
    let _third = evidence::proves("C-3.a.3.c", "gate.role");
    let _fourth = evidence::proves("C-1.3.5", "gate.role");
    let member = Owner::new().house(|home| home.role = Some(Role::Member));
    assert!(member.ask::<ViewLive>(CameraId::random()).is_ok());
    assert_eq!(refused(member.ask::<AddCamera>(member.home)), Reason::Role);
    assert_eq!(refused(member.ask::<FindCameras>(member.home)), Reason::Role);
    assert_eq!(refused(member.ask::<MoveCamera>(CameraId::random())), Reason::Role);
    let stranger = Owner::new().house(|home| home.role = None);
    assert_eq!(refused(stranger.ask::<ViewLive>(CameraId::random())), Reason::NotThere);
    assert_eq!(refused(stranger.ask::<ListCameras>(stranger.home)), Reason::NotThere);
}

#[test]
fn nobody_sees_what_is_kept_about_another() {
    let _proof = evidence::proves("C-4.1.1", "gate.role");
    let owner = Owner::new();
    assert_eq!(refused(owner.ask::<ReadPrivacy>(SubjectId::random())), Reason::NotThere);
}

#[test]
fn whoever_is_not_signed_in_gets_nothing_not_even_a_frame() {
    let _proof = evidence::proves("C-1.3.4", "gate.session");
    let _second = evidence::proves("C-2.4.0", "gate.session");
    let _third = evidence::proves("C-3.a.0", "gate.session");
    let mut over = Owner::new();
    over.facts.session = over.facts.session.map(|session| SessionFacts { expires: NOW, ..session });
    assert_eq!(refused(over.ask::<TakeSnapshot>(CameraId::random())), Reason::NoSession);
    let nobody = Owner { principal: Principal::Nobody, ..Owner::new() };
    assert_eq!(refused(nobody.ask::<TakeSnapshot>(CameraId::random())), Reason::NoSession);
    assert_eq!(refused(nobody.ask::<ReadAccount>(nobody.subject)), Reason::NoSession);
}

#[test]
fn what_is_left_of_a_cancelled_account_serves_nothing() {
    let _proof = evidence::proves("C-3.a.1.3", "gate.standing");
    let held = Owner::new().person(|person| person.standing = Standing::Held);
    assert_eq!(refused(held.ask_as_server::<SendNotice>(held.subject)), Reason::Held);
    assert_eq!(refused(held.ask_as_server::<policy::act::SendRequiredNotice>(held.subject)), Reason::Held);
    assert_eq!(refused(held.ask::<ReadAccount>(held.subject)), Reason::Held);
}

#[test]
fn a_server_outside_the_region_uses_nothing() {
    let _proof = evidence::proves("C-3.a.2.1", "egress.region");
    let _second = evidence::proves("C-3.a.2.2", "egress.region");
    let mut elsewhere = Owner::new();
    elsewhere.facts.region_ok = false;
    assert_eq!(refused(elsewhere.ask::<ViewLive>(CameraId::random())), Reason::Region);
    assert_eq!(refused(elsewhere.ask_as_server::<SendNotice>(elsewhere.subject)), Reason::Region);
}

#[test]
fn a_recipient_may_get_what_its_list_has_and_nothing_else() {
    let _proof = evidence::proves("C-2.2.0", "egress.allow_list");
    assert!(MailOperator::RULE.may_get("account.email", "notice.mail"));
    for rule in recipient::ALL {
        for purpose in purpose::ALL {
            for category in purpose.uses {
                let listed = rule.fields.iter().any(|field| field.category == *category && field.purpose == purpose.id);
                assert_eq!(rule.may_get(category, purpose.id), listed, "{} of {category} for {}", rule.id, purpose.id);
            }
        }
    }
}

#[test]
fn a_stream_key_opens_one_camera_while_its_maker_is_an_owner_and_does_nothing_else() {
    let _proof = evidence::proves("C-7.11", "gate.role");
    let (camera, other) = (CameraId::random(), CameraId::random());
    let software = || {
        let mut owner = Owner::new();
        owner.principal = Principal::StreamKey(StreamKeyId::random());
        owner.facts.session = None;
        owner.facts.key = Some(KeyFacts { subject: owner.subject, camera });
        owner
    };
    let permit = software().ask::<ViewByStreamKey>(camera).expect("its camera");
    assert_eq!((permit.object(), permit.subject().is_some(), permit.home().is_some()), (camera, true, true));
    assert_eq!(refused(software().ask::<ViewByStreamKey>(other)), Reason::NotThere);
    assert_eq!(refused(software().house(|home| home.role = Some(Role::Member)).ask::<ViewByStreamKey>(camera)), Reason::Role);
    assert_eq!(refused(software().house(|home| home.role = None).ask::<ViewByStreamKey>(camera)), Reason::NotThere);
    assert_eq!(
        refused(software().person(|person| person.agreed = Agreed::None).ask::<ViewByStreamKey>(camera)),
        Reason::NotAgreed
    );
    assert_eq!(
        refused(software().person(|person| person.standing = Standing::Held).ask::<ViewByStreamKey>(camera)),
        Reason::Held
    );
    assert_eq!(refused(software().ask::<ViewLive>(camera)), Reason::NoSession);
    assert_eq!(refused(software().ask::<MakeStreamKey>(camera)), Reason::NoSession);
    // An owner's own session is no key.
    assert_eq!(refused(Owner::new().ask::<ViewByStreamKey>(camera)), Reason::NotThere);
}
