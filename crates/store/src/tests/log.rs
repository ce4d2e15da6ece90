//! The log: what is written is proven, and what somebody changes behind its back is found.

use policy::act::ReadPrivacy;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

use super::*;
use crate::accounts::entity::{checkpoint, event, leaf};
use crate::ledger::{Checkpoint, Hash, VerifierKey, verify_consistency, verify_receipt, verify_receipt_of};
use crate::{EventKind, PolicyVersion};

const EMAIL: &str = "owner@example.com";

fn read(subject: SubjectId) -> Permit<ReadPrivacy> {
    permit(subject, HomeId::random())
}

/// A log of 12 leaves: two people, and the server.
async fn log() -> (Rig, SubjectId, SubjectId) {
    let rig = Rig::new().await;
    let (owner, _) = rig.set_up(EMAIL).await;
    let other = SubjectId::random();
    rig.store.add_account(account(other, "other@example.com")).await.unwrap();
    for purpose in ["video.sound", "notice.mail"] {
        for subject in [owner, other] {
            rig.consent(subject, purpose, ConsentKind::Requested).await;
            rig.consent(subject, purpose, ConsentKind::Given).await;
        }
    }
    rig.clock.advance(Duration::from_secs(7200));
    let version = PolicyVersion { version: "1".into(), hash: "sha256:0".into(), class: "express".into() };
    rig.store.add_policy_version(version).await.unwrap().unwrap();
    rig.consent(owner, "video.sound", ConsentKind::Withdrawn).await;
    (rig, owner, other)
}

async fn head(rig: &Rig) -> Checkpoint {
    let key = VerifierKey::parse(&rig.store.log_key()).unwrap();
    Checkpoint::open(&rig.store.checkpoint().await.unwrap(), &key).unwrap()
}

#[tokio::test]
async fn an_event_has_a_receipt_that_proves_it_without_the_server() {
    let _proof = evidence::proves("C-4.4.3", "log.append");
    let (mut rig, owner, other) = log().await;
    let id = rig.consent(owner, "notice.mail", ConsentKind::Withdrawn).await;
    let text = rig.store.receipt(&read(owner), id).await.unwrap();
    let verified = verify_receipt(&text).unwrap();
    assert_eq!((verified.kind.as_str(), verified.leaf, verified.size, verified.seq), ("consent.withdrawn", 12, 13, 7));
    assert_eq!((&verified.payload["purpose"], &verified.payload["policy_version"]), (&"notice.mail".into(), &"1".into()));
    verify_receipt_of(&text, &rig.store.log_key()).unwrap();
    assert!(!text.contains(&owner.to_string()), "a receipt names no account");
    assert_eq!(code(rig.store.receipt(&read(other), id).await), "not_found", "another's");

    // Every event of everyone, after a restart too.
    let key = rig.store.log_key();
    rig.restart().await;
    for subject in [owner, other] {
        for event in rig.store.events(&read(subject), &[], None, 100).await.unwrap() {
            let text = rig.store.receipt(&read(subject), event.id).await.unwrap();
            assert_eq!(verify_receipt_of(&text, &key).unwrap().payload, event.payload);
        }
    }
}

#[tokio::test]
async fn events_are_read_newest_first_and_page_by_page() {
    let (rig, owner, _) = log().await;
    let all = rig.store.events(&read(owner), &[], None, 100).await.unwrap();
    assert_eq!(all.iter().map(|event| event.seq).collect::<Vec<_>>(), [6, 5, 4, 3, 2, 1]);
    assert_eq!(all[5].kind, EventKind::PolicyAgreed);
    assert_eq!(all[5].payload, serde_json::json!({"language": "zh-CN", "policy_version": "1"}));
    let page = rig.store.events(&read(owner), &[], Some(all[1].leaf), 2).await.unwrap();
    assert_eq!(page, all[2..4]);
    let given = rig.store.events(&read(owner), &[EventKind::ConsentGiven], None, 100).await.unwrap();
    assert_eq!(given.iter().map(|event| event.seq).collect::<Vec<_>>(), [5, 3]);
    assert!(rig.store.events(&read(owner), &[], Some(u64::MAX), 1).await.is_err(), "no such leaf");
}

#[tokio::test]
async fn the_log_only_grows_and_proves_it() {
    let rig = Rig::new().await;
    let (owner, _) = rig.set_up(EMAIL).await;
    let mut roots = vec![Hash::empty(), head(&rig).await.root];
    for _ in 0..20 {
        rig.consent(owner, "video.sound", ConsentKind::Given).await;
        roots.push(head(&rig).await.root);
    }
    assert_eq!(head(&rig).await.size, 21);
    for to in 0..roots.len() {
        for from in 0..=to {
            let proof = rig.store.consistency(from as u64, to as u64).await.unwrap();
            assert!(verify_consistency(&proof, roots[from], roots[to]), "{from} to {to}");
            assert_eq!(proof.to_text().lines().count(), proof.hashes.len());
        }
    }
    assert_eq!(code(rig.store.consistency(1, 22).await), "request.invalid");
    assert_eq!(code(rig.store.consistency(3, 2).await), "request.invalid");
}

#[tokio::test]
async fn an_empty_log_has_a_head_and_no_fault() {
    let rig = Rig::new().await;
    let head = head(&rig).await;
    assert_eq!((head.size, head.root), (0, Hash::empty()));
    let report = rig.store.check_log().await.unwrap();
    assert_eq!((report.leaves, report.faults), (0, vec![]));
}

#[tokio::test]
async fn heads_are_kept_by_the_hour() {
    let (rig, _, _) = log().await;
    let sizes: Vec<i64> =
        checkpoint::Entity::find().all(rig.store.accounts().read()).await.unwrap().into_iter().map(|row| row.size).collect();
    assert_eq!(sizes, [10, 12]);
}

#[tokio::test]
async fn a_version_of_the_policy_is_noted_once() {
    let _proof = evidence::proves("C-0.1", "policy.version");
    let _second = evidence::proves("C-5.0", "policy.version");
    let rig = Rig::new().await;
    let version = |version: &str| PolicyVersion { version: version.into(), hash: "sha256:0".into(), class: "silent".into() };
    assert!(rig.store.add_policy_version(version("1")).await.unwrap().is_some());
    assert!(rig.store.add_policy_version(version("1")).await.unwrap().is_none());
    assert!(rig.store.add_policy_version(version("2")).await.unwrap().is_some());
    assert!(rig.store.add_policy_version(version("1")).await.unwrap().is_some(), "back to the first is a change");
    let known = rig.store.policy_versions().await.unwrap();
    assert_eq!(known.into_iter().map(|(_, known)| known).collect::<Vec<_>>(), [version("1"), version("2"), version("1")]);
}

#[tokio::test]
async fn what_a_transaction_takes_back_is_in_no_log() {
    let rig = Rig::new().await;
    rig.set_up(EMAIL).await;
    assert_eq!(code(rig.store.add_account(account(SubjectId::random(), EMAIL)).await), "account.exists");
    assert_eq!(code(rig.store.add_consent(consent(SubjectId::random(), "video.sound", ConsentKind::Given)).await), "not_found");
    assert_eq!(head(&rig).await.size, 1);
    assert_eq!(rig.faults().await, []);
}

#[tokio::test]
async fn writers_at_once_leave_no_gap() {
    let (rig, owner, other) = log().await;
    let writes = (0..40).map(|i| {
        let (store, subject) = (rig.store.clone(), if i % 2 == 0 { owner } else { other });
        tokio::spawn(async move { store.add_consent(consent(subject, "video.sound", ConsentKind::Given)).await.unwrap() })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap();
    }
    assert_eq!(head(&rig).await.size, 52);
    assert_eq!(rig.faults().await, []);
}

#[tokio::test]
async fn a_log_longer_than_one_batch_is_checked_to_its_end() {
    let (rig, owner, _) = log().await;
    for _ in 0..1100 {
        rig.consent(owner, "video.sound", ConsentKind::Given).await;
    }
    let report = rig.store.check_log().await.unwrap();
    assert_eq!((report.leaves, report.faults), (1112, vec![]));
    rig.sql("update leaf set entry = replace(entry, 'given', 'refused') where number = 1100").await;
    assert_eq!(rig.faults().await[0], (Some(1100), "the leaf was altered".to_owned()));
}

/// Each row: what somebody with the file does, and what the check says first.
#[tokio::test]
async fn what_is_changed_behind_the_logs_back_is_found() {
    let _proof = evidence::proves("C-3.a.0", "log.check");
    let _second = evidence::proves("C-3.a.3.d", "log.check");
    let rows: &[(&str, &str, Option<u64>, &str)] = &[
        (
            "an altered leaf",
            "update leaf set entry = replace(entry, 'given', 'refused') where number = 5",
            Some(5),
            "the leaf was altered",
        ),
        (
            "an altered leaf with its hash",
            "update leaf set hash = randomblob(32) where number = 5",
            Some(5),
            "the leaf was altered",
        ),
        ("a dropped leaf", "delete from leaf where number = 5", Some(5), "the leaf is missing"),
        ("a dropped event", "delete from event where leaf = 5", Some(5), "the event is missing"),
        (
            "a dropped last leaf",
            "delete from event where leaf = 11; delete from leaf where number = 11",
            None,
            "the log has 11 leaves, and its newest head says 12",
        ),
        (
            "two payloads swapped",
            "update event set sealed_payload = (select e.sealed_payload from event e where e.leaf = 17 - event.leaf) where leaf in (8, 9)",
            Some(8),
            "the payload does not open",
        ),
        ("a payload removed", "update event set sealed_payload = null where leaf = 5", Some(5), "the payload does not open"),
        (
            "an event of another kind",
            "update event set kind = 'consent.refused' where leaf = 5",
            Some(5),
            "the event is not the one of its leaf",
        ),
        (
            "an event at another time",
            "update event set at = at + 1 where leaf = 5",
            Some(5),
            "the event is not the one of its leaf",
        ),
        (
            "an event of another person",
            "update event set subject = (select e.subject from event e where e.leaf = 1) where leaf = 2",
            Some(2),
            "the event is not the one of its leaf",
        ),
        (
            "an altered node",
            "update node set hash = randomblob(32) where level = 2 and number = 0",
            Some(3),
            "node 0 of level 2 is not the hash of what is below it",
        ),
        (
            "a dropped node",
            "delete from node where level = 1 and number = 2",
            Some(5),
            "node 2 of level 1 is not the hash of what is below it",
        ),
        (
            "a forged head",
            "update checkpoint set note = replace(note, char(10) || '10' || char(10), char(10) || '09' || char(10)) where size = 10",
            None,
            "a head of the log is not to be believed: the signature does not fit the text",
        ),
        (
            "a consent that no event gave",
            "update consent set state = 'given' where state = 'withdrawn'",
            None,
            "the consents of {owner} are not what the events come to",
        ),
        (
            "all that is known of a person, dropped",
            "delete from subject where id = (select subject from event where leaf = 1)",
            Some(1),
            "5 events of one chain are missing, and no erasure says so",
        ),
        (
            "a person's chain, changed",
            "update subject set sealed_chain = randomblob(45) where id = (select subject from event where leaf = 1)",
            None,
            "the chain of {other} does not open",
        ),
        (
            "a clear payload, changed",
            "update event set clear_payload = replace(clear_payload, 'express', 'silent') where subject is null",
            Some(10),
            "the payload is not the one that was committed to",
        ),
    ];
    for (name, sql, leaf, what) in rows {
        let (rig, owner, other) = log().await;
        assert_eq!(rig.faults().await, [], "unharmed");
        assert!(rig.sql(sql).await > 0, "{name}");
        let what = what.replace("{owner}", &owner.to_string()).replace("{other}", &other.to_string());
        let faults = rig.faults().await;
        assert_eq!(faults.first(), Some(&(*leaf, what)), "{name}: {faults:?}");
    }
}

/// Whoever has the keys as well can make leaves, nodes and heads of their own; who kept a head knows.
#[tokio::test]
async fn a_log_written_anew_is_found_by_whoever_kept_a_head() {
    let (rig, owner, _) = log().await;
    let kept = rig.store.checkpoint().await.unwrap();
    for table in ["leaf", "node", "checkpoint"] {
        rig.sql(&format!("delete from {table}")).await;
    }
    rig.sql("delete from event").await;
    rig.sql("delete from consent").await;
    rig.sql("update subject set sealed_chain = null").await;
    for _ in 0..12 {
        rig.consent(owner, "video.sound", ConsentKind::Given).await;
    }
    assert_eq!(rig.faults().await, [], "in itself it is in order");
    let report = rig.store.check_log_against(&[kept]).await.unwrap();
    assert_eq!(report.faults[0].what, "the head of 12 leaves is not that of this tree");
}

#[tokio::test]
async fn a_log_put_back_to_an_earlier_state_is_found_by_whoever_kept_a_head() {
    let (rig, owner, _) = log().await;
    let dir = TempDir::new().unwrap();
    rig.sql(&format!("vacuum into '{}'", dir.path().join("old.db").display())).await;
    rig.consent(owner, "video.sound", ConsentKind::Given).await;
    let kept = rig.store.checkpoint().await.unwrap();
    rig.store.close().await.unwrap();
    fs::copy(dir.path().join("old.db"), rig.dir.path().join("accounts.db")).unwrap();
    let store = rig.open().await.unwrap();
    assert_eq!(store.check_log().await.unwrap().faults, []);
    let report = store.check_log_against(&[kept]).await.unwrap();
    assert_eq!(report.faults[0].what, "a head was signed for 13 leaves, and only 12 are there");
}

/// A payload of one's own under the right key and in the right place still is not what was committed to.
#[tokio::test]
async fn a_payload_sealed_anew_is_not_the_one_that_was_committed_to() {
    let (rig, owner, _) = log().await;
    let row = event::Entity::find().filter(event::Column::Leaf.eq(11)).one(rig.store.accounts().read()).await.unwrap().unwrap();
    let key = rig.store.keyring().evidence_key(owner).await.unwrap();
    let place = crate::seal::Place { category: "evidence.event", owner: owner.to_bytes(), row: row.id.into_bytes() };
    let mut plain = key.open(place, row.sealed_payload.as_deref().unwrap()).unwrap().to_vec();
    let sealed = key.seal(place, &plain).unwrap();
    let put = async |sealed: &[u8]| {
        let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
        rig.sql(&format!("update event set sealed_payload = x'{hex}' where leaf = 11")).await;
    };
    put(&sealed).await;
    assert_eq!(rig.faults().await, [], "the same again is no harm");
    let last = plain.len() - 3;
    plain[last] ^= 1;
    put(&key.seal(place, &plain).unwrap()).await;
    assert_eq!(rig.faults().await, [(Some(11), "the payload is not the one that was committed to".to_owned())]);
}

#[tokio::test]
async fn a_log_without_people_in_it_names_nobody() {
    let (rig, owner, other) = log().await;
    let leaves = leaf::Entity::find().all(rig.store.accounts().read()).await.unwrap();
    assert_eq!(leaves.len(), 12);
    for row in leaves {
        for secret in [&owner.to_string(), &other.to_string(), "video.sound"] {
            assert!(!row.entry.contains(secret), "{}", row.entry);
        }
    }
    let clear = event::Entity::find().filter(event::Column::ClearPayload.is_not_null()).count(rig.store.accounts().read());
    assert_eq!(clear.await.unwrap(), 1, "the policy's version alone");
}
