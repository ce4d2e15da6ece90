//! Who got what, and who looked.

use policy::act::{ReadAccessHistory, ReadPrivacy};

use super::*;
use crate::{DisclosureDraft, How, Outcome, VerdictRow, ViewDraft};

const EMAIL: &str = "owner@example.com";

fn read(subject: SubjectId) -> Permit<ReadPrivacy> {
    permit(subject, HomeId::random())
}

fn mail(subject: SubjectId, basis: &'static str) -> DisclosureDraft {
    DisclosureDraft {
        subject,
        recipient: "mail.operator",
        purpose: "notice.mail",
        fields: vec!["account.email"],
        basis,
        policy_version: "1".into(),
        host: "smtp.example.com".into(),
        region: "CN".into(),
        payload_hash: [9; 32],
    }
}

#[tokio::test]
async fn a_disclosure_is_there_before_it_is_sent_and_ends_once() {
    let mut rig = Rig::new().await;
    let (owner, _) = rig.set_up(EMAIL).await;
    let consent = rig.consent(owner, "notice.mail", ConsentKind::Given).await;
    let sent = rig.store.begin_disclosure(mail(owner, "consent")).await.unwrap();
    let row = rig.store.disclosures(&read(owner), None, 10).await.unwrap().remove(0);
    assert_eq!((row.id, row.consent, row.outcome), (sent, Some(consent), None));
    assert_eq!(
        (row.recipient.as_str(), row.fields, row.host.as_str()),
        ("mail.operator", vec!["account.email".to_owned()], "smtp.example.com")
    );
    rig.store.end_disclosure(sent, Outcome::Sent).await.unwrap();
    assert_eq!(code(rig.store.end_disclosure(sent, Outcome::Failed("smtp.550".into())).await), "disclosure.ended");

    let failed = rig.store.begin_disclosure(mail(owner, "contract")).await.unwrap();
    rig.store.end_disclosure(failed, Outcome::Failed("smtp.550".into())).await.unwrap();
    let refused = rig.store.refuse_disclosure(mail(owner, "consent"), "agreement.expired").await.unwrap();
    let interrupted = rig.store.begin_disclosure(mail(owner, "contract")).await.unwrap();
    rig.restart().await;
    let rows = rig.store.disclosures(&read(owner), None, 10).await.unwrap();
    let ends: Vec<_> = rows.iter().map(|row| (row.id, row.outcome.clone().unwrap())).collect();
    assert_eq!(
        ends,
        [
            (interrupted, Outcome::Failed("interrupted".into())),
            (refused, Outcome::Refused("agreement.expired".into())),
            (failed, Outcome::Failed("smtp.550".into())),
            (sent, Outcome::Sent),
        ]
    );
    assert_eq!(rig.store.disclosures(&read(owner), Some(rows[1].leaf), 1).await.unwrap(), rows[2..3]);
    assert_eq!(rig.faults().await, []);
    let kinds: Vec<_> = rig.store.events(&read(owner), &[], None, 3).await.unwrap().iter().map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds, ["disclosure.result", "disclosure", "disclosure"]);
}

#[tokio::test]
async fn nothing_begins_on_a_consent_that_is_not_live() {
    let rig = Rig::new().await;
    let (owner, _) = rig.set_up(EMAIL).await;
    for said in
        [None, Some(ConsentKind::Requested), Some(ConsentKind::Refused), Some(ConsentKind::Withdrawn), Some(ConsentKind::Expired)]
    {
        if let Some(said) = said {
            rig.consent(owner, "notice.mail", said).await;
        }
        rig.consent(owner, "video.sound", ConsentKind::Given).await;
        assert_eq!(code(rig.store.begin_disclosure(mail(owner, "consent")).await), "consent.needed", "{said:?}");
    }
    assert_eq!(rig.store.disclosures(&read(owner), None, 10).await.unwrap(), []);
    rig.consent(owner, "notice.mail", ConsentKind::Given).await;
    rig.store.begin_disclosure(mail(owner, "consent")).await.unwrap();
}

#[tokio::test]
async fn the_owner_sees_who_looked_and_the_one_who_looked_has_it_too() {
    let _proof = evidence::proves("C-7.7", "log.append");
    let rig = Rig::new().await;
    let (owner, home) = rig.set_up(EMAIL).await;
    let mum = SubjectId::random();
    rig.store.add_account(account(mum, "mum@example.com")).await.unwrap();
    let camera = rig.add_camera(home).await;
    let now = rig.clock.now();
    let view = |subject, how, minutes: u64| {
        let from = now + Duration::from_secs(60 * minutes);
        ViewDraft { subject, home, camera: camera.id, how, key: None, from, to: from + Duration::from_secs(180) }
    };
    let mut events = Vec::new();
    for (subject, how) in [(owner, How::Live), (mum, How::Playback), (mum, How::Download), (mum, How::Snapshot)] {
        events.push(rig.store.add_view(view(subject, how, events.len() as u64)).await.unwrap());
    }
    let seen = rig.store.access_history(&permit::<ReadAccessHistory>(home, home), None, 10).await.unwrap();
    assert_eq!(
        seen.iter().map(|row| (row.subject, row.how, row.camera)).collect::<Vec<_>>(),
        [
            (mum, How::Snapshot, camera.id),
            (mum, How::Download, camera.id),
            (mum, How::Playback, camera.id),
            (owner, How::Live, camera.id)
        ]
    );
    assert_eq!(seen[3].until.since(seen[3].at), Duration::from_secs(180));
    let page = rig.store.access_history(&permit::<ReadAccessHistory>(home, home), Some(seen[0].leaf), 2).await.unwrap();
    assert_eq!(page, seen[1..3]);
    let other = HomeId::random();
    assert_eq!(rig.store.access_history(&permit::<ReadAccessHistory>(other, other), None, 10).await.unwrap(), []);
    let own = rig.store.events(&read(mum), &[crate::EventKind::Access], None, 10).await.unwrap();
    assert_eq!((own.len(), &own[0].payload["how"], own[0].id), (3, &"snapshot".into(), events[3]));
    crate::ledger::verify_receipt(&rig.store.receipt(&read(mum), events[1]).await.unwrap()).unwrap();
    assert_eq!(rig.faults().await, []);
}

#[tokio::test]
async fn the_owner_sees_what_was_asked_of_the_home_and_its_cameras() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up(EMAIL).await;
    let camera = rig.add_camera(home).await;
    let row = |at: &str, object: [u8; 16]| {
        let at = Timestamp::parse(at).unwrap();
        let answer = "refused: Role".into();
        VerdictRow {
            session: SessionId::random(),
            subject: None,
            act: "edit camera".into(),
            object: Some(object),
            answer,
            first: at,
            last: at,
            times: 1,
        }
    };
    let rows = [
        row("2026-11-23T08:00:01Z", camera.id.to_bytes()),
        row("2026-11-23T08:01:01Z", home.to_bytes()),
        row("2026-11-23T08:02:01Z", HomeId::random().to_bytes()),
    ];
    rig.store.add_verdicts(&rows).await.unwrap();
    let read = permit::<ReadAccessHistory>(home, home);
    assert_eq!(rig.store.home_verdicts(&read, None, 10).await.unwrap(), [rows[1].clone(), rows[0].clone()]);
    let before = Some(Timestamp::parse("2026-11-23T08:01:30Z").unwrap());
    assert_eq!(rig.store.home_verdicts(&read, before, 10).await.unwrap(), rows[..1]);
}
