//! The end of an account, of its evidence, and what an old copy opens then.

use std::path::PathBuf;

use policy::act::{CancelAccount, ReadAccessHistory, ReadAccount, ReadCamera, ReadPrivacy};
use sea_orm::{EntityTrait, PaginatorTrait};

use super::*;
use crate::accounts::entity::{doomed, subject};
use crate::backup::{Backup, Restore, backup, restore, write_tombstones};
use crate::keyring::entity::key;
use crate::{Change, DisclosureDraft, How, NewSession, Outcome, Periods, ViewDraft};

const CANARY: &str = "canary-4d1e@example.com";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn read(subject: SubjectId) -> Permit<ReadPrivacy> {
    permit(subject, HomeId::random())
}

async fn cancel(rig: &Rig, subject: SubjectId) -> crate::Cancelled {
    rig.store.cancel(permit::<CancelAccount>(subject, HomeId::random())).await.unwrap()
}

fn private_draft() -> CameraDraft {
    let mut draft = draft();
    draft.access.name = "canary-name-4d1e".into();
    draft.access.password = Some("canary-pass-4d1e".into());
    draft
}

/// A person with everything: home, camera with footage key, session, consents, disclosure, view.
struct Person {
    id: SubjectId,
    home: HomeId,
    camera: CameraRow,
}

async fn person(rig: &Rig, email: &str) -> Person {
    let id = SubjectId::random();
    rig.store.add_account(account(id, email)).await.unwrap();
    let home = rig.store.add_home(id).await.unwrap();
    let camera = rig.store.add_camera(&permit::<AddCamera>(home, home), private_draft()).await.unwrap();
    rig.media_key(&camera, "2026-11-01T00:00:00Z").await.unwrap();
    let mut token_hash = [0; 32];
    token_hash[..16].copy_from_slice(&id.to_bytes());
    let expires = rig.clock.now() + DAY;
    rig.store.add_session(NewSession { id: SessionId::random(), token_hash, subject: id, expires }).await.unwrap();
    rig.consent(id, "notice.mail", ConsentKind::Given).await;
    let draft = DisclosureDraft {
        subject: id,
        recipient: "mail.operator",
        purpose: "notice.mail",
        fields: vec!["account.email"],
        basis: "consent",
        policy_version: "1".into(),
        host: "canary-host-4d1e".into(),
        region: "CN".into(),
        payload_hash: [1; 32],
    };
    let sent = rig.store.begin_disclosure(draft).await.unwrap();
    rig.store.end_disclosure(sent, Outcome::Sent).await.unwrap();
    let (from, to) = (rig.clock.now(), rig.clock.now() + Duration::from_secs(60));
    rig.store.add_view(ViewDraft { subject: id, home, camera: camera.id, how: How::Live, key: None, from, to }).await.unwrap();
    Person { id, home, camera }
}

async fn keys(rig: &Rig) -> Vec<key::Model> {
    key::Entity::find().all(rig.store.keyring().db().read()).await.unwrap()
}

#[tokio::test]
async fn an_account_that_is_cancelled_lets_nobody_in_and_holds_only_its_evidence() {
    let _proof = evidence::proves("C-3.a.1.2", "account.cancel");
    let _second = evidence::proves("C-4.6.1", "account.cancel");
    let _third = evidence::proves("C-4.6.3", "account.cancel");
    let _fourth = evidence::proves("C-4.6.4", "account.cancel");
    let mut rig = Rig::new().await;
    let (owner, shared) = rig.set_up("owner@example.com").await;
    let gone = person(&rig, CANARY).await;
    rig.store.set_member(gone.home, owner, Role::Member).await.unwrap();
    rig.store.set_member(shared, gone.id, Role::Owner).await.unwrap();
    let camera = rig.add_camera(shared).await;
    let dead: Vec<_> = keys(&rig)
        .await
        .into_iter()
        .filter(|row| {
            row.owner.into_bytes() == gone.id.to_bytes()
                || row.owner.into_bytes() == gone.home.to_bytes()
                || row.owner.into_bytes() == gone.camera.id.to_bytes()
        })
        .collect();
    assert_eq!(dead.len(), 3, "account, home, media");
    let mut changes = rig.store.bus().subscribe();

    let cancelled = cancel(&rig, gone.id).await;
    assert_eq!((cancelled.homes, cancelled.cameras), (vec![gone.home], vec![gone.camera.id]));
    assert_eq!(changes.recv().await, Ok(Change::Facts));
    assert_eq!(changes.recv().await, Ok(Change::Camera(gone.camera.id)));
    for restarted in [false, true] {
        assert!(rig.store.credential(rig.store.email_index(CANARY)).await.unwrap().is_none(), "restarted: {restarted}");
        assert_eq!(code(rig.store.open_email(&permit::<ReadAccount>(gone.id, gone.home)).await.map(|_| ())), "not_found");
        let opened = rig.store.open_access(&permit::<ReadCamera>(gone.camera.id, gone.home), &gone.camera).await;
        assert_eq!(code(opened), "recording.key_destroyed", "a row that somebody kept opens no more");
        assert_eq!(code(rig.media_key(&gone.camera, "2026-11-01T00:00:00Z").await), "recording.key_destroyed");
        for row in &dead {
            assert_eq!(rig.file_with(&row.wrapped), None);
        }
        let facts = rig.store.fact_rows("1").await.unwrap();
        assert_eq!(facts.homes, [shared]);
        assert_eq!(facts.members.iter().map(|row| row.subject).collect::<Vec<_>>(), [owner], "of the shared home too");
        assert_eq!((facts.sessions.len(), facts.consents.len()), (0, 0));
        assert_eq!(facts.cameras, [(camera.id, shared)]);
        let held: Vec<_> = facts.people.iter().filter(|person| person.held).map(|person| person.subject).collect();
        assert_eq!(held, [gone.id]);
        assert_eq!(facts.people.iter().filter(|person| person.agreed).count(), 1);
        // What the log says of the person stays, until its own time is over.
        let events = rig.store.events(&read(gone.id), &[], None, 100).await.unwrap();
        assert_eq!(events[0].kind.as_str(), "erasure");
        crate::ledger::verify_receipt(&rig.store.receipt(&read(gone.id), events[2].id).await.unwrap()).unwrap();
        assert_eq!(rig.faults().await, []);
        rig.restart().await;
    }
    for (what, result) in [
        ("consent", rig.store.add_consent(consent(gone.id, "notice.mail", ConsentKind::Given)).await.map(|_| ())),
        ("agreement", rig.store.add_agreement(gone.id, Agreement { version: "2".into(), language: None }).await),
        ("membership", rig.store.set_member(shared, gone.id, Role::Member).await),
        ("home", rig.store.add_home(gone.id).await.map(|_| ())),
        ("again", rig.store.cancel(permit::<CancelAccount>(gone.id, shared)).await.map(|_| ())),
        (
            "session",
            rig.store
                .add_session(NewSession {
                    id: SessionId::random(),
                    token_hash: [1; 32],
                    subject: gone.id,
                    expires: Timestamp::from_micros(i64::MAX),
                })
                .await,
        ),
    ] {
        assert_eq!(code(result), "account.held", "{what}");
    }
    // The address is free again, for a person who is another to us.
    rig.store.add_account(account(SubjectId::random(), CANARY)).await.unwrap();
}

#[tokio::test]
async fn the_last_one_to_go_leaves_a_server_that_is_new() {
    let rig = Rig::new().await;
    let (owner, home) = rig.set_up("owner@example.com").await;
    assert_eq!(cancel(&rig, owner).await.homes, [home]);
    assert!(!rig.store.is_set_up().await.unwrap());
    rig.set_up("next@example.com").await;
    assert_eq!(rig.faults().await, []);
}

#[tokio::test]
async fn keys_that_a_crash_left_are_destroyed_at_the_next_start() {
    let mut rig = Rig::new().await;
    rig.set_up("owner@example.com").await;
    let gone = person(&rig, CANARY).await;
    // As when the power went between the rows and the keys.
    rig.sql(&format!("insert into doomed values (x'{}', 1)", gone.home.to_string().replace('-', ""))).await;
    rig.restart().await;
    let rows = doomed::Entity::find().count(rig.store.accounts().read()).await.unwrap();
    assert_eq!(rows, 0);
    assert!(keys(&rig).await.iter().all(|row| row.owner.into_bytes() != gone.home.to_bytes()));
}

#[tokio::test]
async fn a_whole_life_ends_in_nothing() {
    let _proof = evidence::proves("C-3.a.1.1", "retention.run");
    let _second = evidence::proves("C-3.a.1.4", "retention.run");
    let _third = evidence::proves("C-7.7", "retention.run");
    let _fourth = evidence::proves("C-3.b.2", "retention.run");
    let mut rig = Rig::new().await;
    let (_, shared) = rig.set_up("owner@example.com").await;
    let gone = person(&rig, CANARY).await;
    let camera = rig.add_camera(shared).await;
    let (from, to) = (rig.clock.now(), rig.clock.now() + Duration::from_secs(60));
    rig.store
        .add_view(ViewDraft { subject: gone.id, home: shared, camera: camera.id, how: How::Live, key: None, from, to })
        .await
        .unwrap();
    let all: Vec<_> = keys(&rig).await;
    let periods = Periods::default();
    let run = async |rig: &Rig| rig.store.apply_retention(rig.clock.now(), &periods).await.unwrap();

    rig.clock.advance(DAY);
    cancel(&rig, gone.id).await;
    let report = run(&rig).await;
    assert!(report.root_rotated, "keys were destroyed since the root came");
    assert!(!run(&rig).await.root_rotated, "and none since");
    assert_eq!(
        report.classes.iter().map(|class| (class.class.as_str(), class.removed)).collect::<Vec<_>>(),
        [("session", 0), ("verdict", 0), ("access", 0), ("evidence", 0), ("key", 0)]
    );
    assert_eq!(rig.store.events(&read(gone.id), &[crate::EventKind::Access], None, 9).await.unwrap().len(), 2);

    // Who looked: half a year.
    rig.clock.advance(DAY * 181);
    let history = permit::<ReadAccessHistory>(shared, shared);
    assert_eq!(rig.store.access_history(&history, None, 9).await.unwrap().len(), 1);
    let report = run(&rig).await;
    assert_eq!((report.classes[2].removed, report.root_rotated), (2, false));
    assert_eq!(rig.store.access_history(&history, None, 9).await.unwrap(), []);
    let emptied = rig.store.events(&read(gone.id), &[crate::EventKind::Access], None, 9).await.unwrap();
    assert!(emptied.iter().all(|event| event.payload.is_null()));
    assert_eq!(code(rig.store.receipt(&read(gone.id), emptied[0].id).await), "not_found");
    assert_eq!(rig.faults().await, [], "that they are empty is said by an event");

    // What was agreed and disclosed: three years.
    rig.clock.advance(DAY * 3 * 365);
    rig.store.store_checked().await;
    let report = run(&rig).await;
    let evidence = report.classes.iter().find(|class| class.class == "evidence").unwrap();
    assert_eq!((evidence.scanned, evidence.removed, evidence.keys_destroyed, report.root_rotated), (1, 1, 1, true));
    assert_eq!(subject::Entity::find().count(rig.store.accounts().read()).await.unwrap(), 1);
    assert!(rig.store.events(&read(gone.id), &[], None, 9).await.unwrap().is_empty());
    assert_eq!(rig.faults().await, [], "the chain's leaves are there, and an event says why they are empty");
    assert_eq!(rig.store.retention_runs(5).await.unwrap()[1].1, *evidence);

    rig.restart().await;
    assert_eq!(rig.faults().await, []);
    let left: Vec<_> = keys(&rig).await;
    for row in all.iter().filter(|row| left.iter().all(|other| other.id != row.id)) {
        assert_eq!(rig.file_with(&row.wrapped), None, "{} of {}", row.kind, row.owner);
    }
    assert_eq!(
        all.len() - left.iter().filter(|row| all.iter().any(|old| old.id == row.id)).count(),
        4,
        "account, evidence, home, media"
    );
    for canary in [CANARY, "canary-name-4d1e", "canary-pass-4d1e", "canary-host-4d1e", "4d1e"] {
        assert_eq!(rig.file_with(canary.as_bytes()), None, "{canary}");
    }
    for id in [gone.id.to_bytes(), gone.home.to_bytes(), gone.camera.id.to_bytes()] {
        assert!(rig.file_with(&id).is_none_or(|file| file.contains("keyring.db")), "a random id stands on its tombstone alone");
    }
}

impl Store {
    /// A reader that is in no transaction, so that the write-ahead log can be emptied.
    async fn store_checked(&self) {
        assert_eq!(self.check_log().await.unwrap().faults, []);
    }
}

#[tokio::test]
async fn a_key_that_nobody_made_a_row_for_goes_after_a_month() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    rig.media_key(&rig.add_camera(home).await, "2026-11-01T00:00:00Z").await.unwrap();
    let stray = HomeId::random();
    rig.store.keyring().create_home_key(stray).await.unwrap();
    let run = async || rig.store.apply_retention(rig.clock.now(), &Periods::default()).await.unwrap().classes.remove(4);
    rig.clock.advance(DAY * 29);
    assert_eq!(run().await.removed, 0);
    rig.clock.advance(DAY * 2);
    let class = run().await;
    assert_eq!((class.scanned, class.removed, class.keys_destroyed), (5, 1, 1), "subject, evidence, home, camera, stray");
}

/// A folder as somebody copied it, without what never leaves.
fn copied(from: &Path, names: &[&str]) -> TempDir {
    let to = TempDir::new().unwrap();
    fs::create_dir(to.path().join("keyring")).unwrap();
    for name in names {
        fs::copy(from.join(name), to.path().join(name)).unwrap();
    }
    to
}

#[tokio::test]
async fn a_copy_of_data_and_root_key_from_before_opens_nothing() {
    let _proof = evidence::proves("C-4.6.4", "key.destroy");
    let rig = Rig::new().await;
    rig.set_up("owner@example.com").await;
    let gone = person(&rig, CANARY).await;
    rig.store.close().await.unwrap();
    let old = copied(rig.dir.path(), &["accounts.db", "index.db", "keyring/root.key"]);
    let old_keyring = copied(rig.dir.path(), &["accounts.db", "keyring/keyring.db"]);
    let store = rig.open().await.unwrap();
    store.cancel(permit::<CancelAccount>(gone.id, gone.home)).await.unwrap();
    let report = store.apply_retention(rig.clock.now(), &Periods::default()).await.unwrap();
    assert!(report.root_rotated);
    store.close().await.unwrap();

    assert_eq!(code(Store::open(old.path(), rig.clock.clone()).await), "keyring.missing");
    // The keyring of now beside the data of then: what was erased stays erased.
    fs::copy(rig.dir.path().join("keyring/keyring.db"), old.path().join("keyring/keyring.db")).unwrap();
    assert_eq!(code(Store::open(old.path(), rig.clock.clone()).await), "keyring.root_wrong", "the root of then");
    fs::copy(rig.dir.path().join("keyring/root.key"), old.path().join("keyring/root.key")).unwrap();
    let opened = Store::open(old.path(), rig.clock.clone()).await.unwrap();
    assert_eq!(code(opened.open_email(&permit::<ReadAccount>(gone.id, gone.home)).await.map(|_| ())), "recording.key_destroyed");
    // The keyring of then with the root of now opens nothing at all.
    fs::copy(rig.dir.path().join("keyring/root.key"), old_keyring.path().join("keyring/root.key")).unwrap();
    assert_eq!(code(Store::open(old_keyring.path(), rig.clock.clone()).await), "keyring.root_wrong");
}

struct Copies {
    apart: TempDir,
    plan: Backup,
}

/// A backup with a copy of the keyring, and the root key as its keeper has it.
async fn copies(rig: &Rig) -> Copies {
    let apart = TempDir::new().unwrap();
    let plan = Backup {
        dir: rig.dir.path().to_owned(),
        out: apart.path().join("backup"),
        keyring_out: Some(apart.path().join("keyring")),
    };
    backup(&plan, rig.clock.now()).await.unwrap();
    fs::copy(rig.dir.path().join("keyring/root.key"), apart.path().join("root.key")).unwrap();
    Copies { apart, plan }
}

impl Copies {
    fn path(&self, name: &str) -> PathBuf {
        self.apart.path().join(name)
    }

    fn plan(&self, into: &Path, tombstones: Option<PathBuf>) -> Restore {
        Restore {
            backup: self.plan.out.clone(),
            keyring: Some(self.path("keyring/keyring.db")),
            tombstones,
            into: into.to_owned(),
        }
    }
}

#[tokio::test]
async fn a_backup_brings_nobody_back_who_was_erased_since() {
    let _proof = evidence::proves("C-3.a.1.4", "key.destroy");
    let _second = evidence::proves("C-4.3.7", "key.destroy");
    for evidence_too in [false, true] {
        let rig = Rig::new().await;
        let (owner, home) = rig.set_up("owner@example.com").await;
        let kept = rig.add_camera(home).await;
        let gone = person(&rig, CANARY).await;
        let copies = copies(&rig).await;
        for name in [&copies.plan.out, &copies.path("keyring")] {
            assert_eq!(file_with(name, &fs::read(copies.path("root.key")).unwrap()), None, "the root key is in no copy");
        }
        assert!(!copies.plan.out.join("keyring.db").exists());

        cancel(&rig, gone.id).await;
        if evidence_too {
            rig.clock.advance(DAY * 1200);
            rig.store.apply_retention(rig.clock.now(), &Periods::default()).await.unwrap();
        }
        let stones = copies.path("stones-of-today.txt");
        write_tombstones(rig.dir.path(), &stones, rig.clock.now()).await.unwrap();

        let into = TempDir::new().unwrap();
        let plan = copies.plan(into.path(), Some(stones));
        let restored = restore(&plan, rig.clock.now()).await.unwrap();
        assert_eq!((restored.keys_destroyed, restored.rows_removed), (if evidence_too { 4 } else { 3 }, 3 - u64::from(true)));
        fs::copy(copies.path("root.key"), into.path().join("keyring/root.key")).unwrap();
        let store = Store::open(into.path(), rig.clock.clone()).await.unwrap();

        let opened = store.open_access(&permit::<ReadCamera>(kept.id, home), &kept).await.unwrap();
        assert_eq!(opened.name, "Front door", "what was not erased is back");
        assert!(store.credential(store.email_index("owner@example.com")).await.unwrap().is_some());
        assert!(store.credential(store.email_index(CANARY)).await.unwrap().is_none());
        assert_eq!(store.camera(gone.camera.id).await.unwrap().map(|row| row.id), None);
        assert_eq!(
            code(store.open_access(&permit::<ReadCamera>(gone.camera.id, gone.home), &gone.camera).await),
            "recording.key_destroyed"
        );
        assert_eq!(
            code(store.media_key(&permit(gone.camera.id, gone.home), gone.home, gone.camera.id, rig.clock.now()).await),
            "recording.key_destroyed"
        );
        let facts = store.fact_rows("1").await.unwrap();
        assert_eq!(facts.homes, [home]);
        assert_eq!(facts.people.iter().filter(|person| !person.held).map(|person| person.subject).collect::<Vec<_>>(), [owner]);
        assert_eq!(facts.people.len(), if evidence_too { 1 } else { 2 });
        let events = store.events(&read(gone.id), &[], None, 99).await;
        if evidence_too {
            assert!(events.unwrap().is_empty());
        } else {
            assert_eq!(events.unwrap()[0].payload["restored"], true);
        }
        assert_eq!(store.check_log().await.unwrap().faults, []);
        assert!(store.apply_retention(rig.clock.now(), &Periods::default()).await.unwrap().root_rotated);
        for canary in ["canary", "4d1e"] {
            assert_eq!(file_with(into.path(), canary.as_bytes()), None);
        }
    }
}

#[tokio::test]
async fn a_restore_that_could_bring_somebody_back_is_refused() {
    let rig = Rig::new().await;
    rig.set_up("owner@example.com").await;
    let copies = copies(&rig).await;
    let old = copies.path("old.txt");
    write_tombstones(rig.dir.path(), &old, rig.clock.now() - DAY).await.unwrap();
    let cut = copies.path("cut.txt");
    fs::write(&cut, "atipcam tombstones v1 2027-11-23T08:00:00Z\nnot a stone\n").unwrap();
    let good = copies.path("good.txt");
    write_tombstones(rig.dir.path(), &good, rig.clock.now()).await.unwrap();
    let into = TempDir::new().unwrap();
    for (stones, expected) in
        [(None, "restore.tombstones_missing"), (Some(old), "restore.tombstones_old"), (Some(cut), "restore.tombstones_invalid")]
    {
        assert_eq!(code(restore(&copies.plan(into.path(), stones), rig.clock.now()).await), expected);
        assert!(!into.path().join("accounts.db").exists() && !into.path().join("keyring/keyring.db").exists());
    }
    let without = Restore { keyring: None, ..copies.plan(into.path(), Some(good.clone())) };
    assert_eq!(code(restore(&without, rig.clock.now()).await), "restore.keyring_missing");
    assert_eq!(code(restore(&copies.plan(rig.dir.path(), Some(good.clone())), rig.clock.now()).await), "store.in_use");
    rig.store.close().await.unwrap();
    assert_eq!(code(restore(&copies.plan(rig.dir.path(), Some(good.clone())), rig.clock.now()).await), "restore.not_empty");
    let file = copies.plan.out.join("accounts.db");
    let mut bytes = fs::read(&file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert_eq!(code(restore(&copies.plan(into.path(), Some(good)), rig.clock.now()).await), "restore.damaged");
}

#[tokio::test]
async fn rows_alone_go_back_to_a_keyring_that_stands() {
    let rig = Rig::new().await;
    let (_, home) = rig.set_up("owner@example.com").await;
    let gone = person(&rig, CANARY).await;
    let copies = copies(&rig).await;
    let later = rig.add_camera(home).await;
    cancel(&rig, gone.id).await;
    rig.store.close().await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(rig.dir.path().join(format!("accounts.db{suffix}")));
    }
    let plan = Restore { keyring: None, tombstones: None, ..copies.plan(rig.dir.path(), None) };
    let restored = restore(&plan, rig.clock.now()).await.unwrap();
    assert_eq!((restored.keys_destroyed, restored.rows_removed, restored.erased_until), (0, 2, None));
    let store = rig.open().await.unwrap();
    assert!(store.credential(store.email_index(CANARY)).await.unwrap().is_none());
    assert!(store.camera(later.id).await.unwrap().is_none(), "what came after the backup is lost");
    assert_eq!(store.check_log().await.unwrap().faults, []);
}

#[tokio::test]
async fn a_backup_is_whole_and_apart() {
    let rig = Rig::new().await;
    rig.set_up("owner@example.com").await;
    let copies = copies(&rig).await;
    assert_eq!(code(backup(&copies.plan, rig.clock.now()).await), "backup.not_empty");
    let inside = Backup { out: copies.path("x"), keyring_out: Some(copies.path("x/keyring")), ..copies.plan.clone() };
    assert_eq!(code(backup(&inside, rig.clock.now()).await), "backup.not_apart");
    let text = fs::read_to_string(copies.plan.out.join("manifest.json")).unwrap();
    let manifest: crate::backup::Manifest = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest.checkpoint, Some(rig.store.checkpoint().await.unwrap()));
    assert_eq!(manifest.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["accounts.db", "index.db"]);
    let stones = fs::read_to_string(copies.path("keyring/tombstones.txt")).unwrap();
    assert_eq!(stones, "atipcam tombstones v1 2026-11-23T08:00:00Z\n");
}
