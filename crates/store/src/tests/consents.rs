use policy::act::ReadPrivacy;
use proptest::prelude::*;

use super::*;
use crate::LiveConsent;

const EMAIL: &str = "owner@example.com";

fn read(subject: SubjectId) -> Permit<ReadPrivacy> {
    permit(subject, HomeId::random())
}

async fn live(rig: &Rig) -> Vec<String> {
    rig.store.fact_rows("1").await.unwrap().consents.into_iter().map(|row| row.purpose).collect()
}

#[tokio::test]
async fn only_a_consent_that_was_given_and_not_taken_back_is_live() {
    let rig = Rig::new().await;
    let (owner, _) = rig.set_up(EMAIL).await;
    assert_eq!(rig.store.consents(&read(owner)).await.unwrap(), [], "nothing is agreed to by default");
    for (kind, is_live, stands) in [
        (ConsentKind::Requested, false, ConsentKind::Requested),
        (ConsentKind::Refused, false, ConsentKind::Refused),
        (ConsentKind::Given, true, ConsentKind::Given),
        (ConsentKind::Requested, true, ConsentKind::Given),
        (ConsentKind::Withdrawn, false, ConsentKind::Withdrawn),
        (ConsentKind::Requested, false, ConsentKind::Withdrawn),
        (ConsentKind::Given, true, ConsentKind::Given),
        (ConsentKind::Expired, false, ConsentKind::Expired),
    ] {
        rig.consent(owner, "video.sound", kind).await;
        assert_eq!(live(&rig).await.len(), usize::from(is_live), "{kind}");
        let rows = rig.store.consents(&read(owner)).await.unwrap();
        assert_eq!(rows.iter().map(|row| (row.purpose.as_str(), row.kind)).collect::<Vec<_>>(), [("video.sound", stands)]);
    }
    assert_eq!(rig.faults().await, []);
}

#[tokio::test]
async fn a_consent_says_under_which_version_it_was_given_and_whose_it_is() {
    let rig = Rig::new().await;
    let (owner, _) = rig.set_up(EMAIL).await;
    let mut draft = consent(owner, "video.sound", ConsentKind::Given);
    draft.policy_version = "1.4.0".into();
    let mut changes = rig.store.bus().subscribe();
    let event = rig.store.add_consent(draft).await.unwrap();
    assert_eq!(changes.recv().await, Ok(crate::Change::Facts));
    let expected = LiveConsent { subject: owner, purpose: "video.sound".into(), version: "1.4.0".into() };
    assert_eq!(rig.store.fact_rows("1").await.unwrap().consents, [expected]);
    assert_eq!(rig.store.consents(&read(owner)).await.unwrap()[0].event, event);
}

#[tokio::test]
async fn an_agreement_is_noted_once_and_taken_back_whole() {
    let _proof = evidence::proves("C-3.a.3.d", "log.append");
    let rig = Rig::new().await;
    let (owner, _) = rig.set_up(EMAIL).await;
    let second = Agreement { version: "2".into(), language: None };
    rig.store.add_agreement(owner, second.clone()).await.unwrap();
    rig.store.add_agreement(owner, second).await.unwrap();
    let versions = async || {
        let rows = rig.store.fact_rows("2").await.unwrap();
        (rows.people[0].agreed, rows.agreements.into_iter().map(|row| row.version).collect::<Vec<_>>())
    };
    assert_eq!(versions().await, (true, vec!["1".to_owned(), "2".to_owned()]));
    rig.store.withdraw_agreement(owner).await.unwrap();
    rig.store.withdraw_agreement(owner).await.unwrap();
    assert_eq!(versions().await, (false, vec![]));
    let kinds: Vec<_> = rig.store.events(&read(owner), &[], None, 10).await.unwrap().iter().map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds, ["policy.withdrawn", "policy.agreed", "policy.agreed"]);
    assert_eq!(rig.faults().await, []);
}

#[tokio::test]
async fn an_age_is_declared_once() {
    let rig = Rig::new().await;
    rig.set_up(EMAIL).await;
    let young = SubjectId::random();
    rig.store.add_account(NewAccount { adult: false, ..account(young, "young@example.com") }).await.unwrap();
    let adults = async || rig.store.fact_rows("1").await.unwrap().people.iter().filter(|person| person.adult).count();
    assert_eq!(adults().await, 1);
    rig.store.declare_adult(young).await.unwrap();
    assert_eq!(adults().await, 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is said in whatever order by whomever: the rows are the fold of the events, which the check folds by itself.
    #[test]
    fn consents_are_what_the_events_come_to(said in prop::collection::vec((0_usize..3, 0_usize..3, 0_usize..5), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let rig = Rig::new().await;
            let people = [SubjectId::random(), SubjectId::random(), SubjectId::random()];
            for (i, person) in people.iter().enumerate() {
                rig.store.add_account(account(*person, &format!("{i}@example.com"))).await.unwrap();
            }
            let mut expected = std::collections::BTreeMap::new();
            for (person, purpose, kind) in said {
                let purpose = ["video.sound", "notice.mail", "ads.deliver"][purpose];
                let kind = ConsentKind::ALL[kind];
                rig.consent(people[person], purpose, kind).await;
                if kind != ConsentKind::Requested {
                    expected.insert((people[person], purpose.to_owned()), kind);
                } else {
                    expected.entry((people[person], purpose.to_owned())).or_insert(kind);
                }
            }
            let mut stands = std::collections::BTreeMap::new();
            for person in people {
                for row in rig.store.consents(&read(person)).await.unwrap() {
                    stands.insert((person, row.purpose), row.kind);
                }
            }
            assert_eq!(stands, expected);
            assert_eq!(rig.faults().await, []);
        });
    }
}
