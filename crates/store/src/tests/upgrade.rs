//! A directory of version 1, opened by this one.

use policy::act::{ReadAccount, ReadPrivacy};
use sea_orm::EntityTrait;
use sea_orm_migration::MigratorTrait;

use super::*;
use crate::accounts;
use crate::keyring::{self, entity::key};

/// A directory as version 1 wrote it: its tables, its rows, its keys.
async fn version_1() -> (Rig, SubjectId, HomeId, CameraRow) {
    let mut rig = Rig::new().await;
    let (owner, home) = rig.set_up("owner@example.com").await;
    let camera = rig.add_camera(home).await;
    rig.store.close().await.unwrap();
    for (file, tables, strip) in [
        (
            "accounts.db",
            &["subject", "setup", "identifier", "credential", "agreement", "session", "home", "member", "camera", "verdict"][..],
            "",
        ),
        ("keyring/keyring.db", &["key", "tombstone"][..], "delete from key where kind in ('key.log', 'key.evidence')"),
    ] {
        let (new, old) = (rig.dir.path().join(file), rig.dir.path().join(format!("{file}.v1")));
        fs::write(&old, b"").unwrap();
        let db = sea_orm::Database::connect(format!("sqlite://{}", old.display())).await.unwrap();
        if file == "accounts.db" {
            accounts::Migrator::up(&db, Some(1)).await.unwrap();
        } else {
            keyring::Migrator::up(&db, Some(1)).await.unwrap();
        }
        db.execute_unprepared(&format!("attach '{}' as now", new.display())).await.unwrap();
        for table in tables {
            let columns = match *table {
                "subject" => "id, created, adult_declared",
                "camera" => "id, home, sealed_access, audio, recording, created, revision",
                _ => "*",
            };
            db.execute_unprepared(&format!("insert into main.{table} select {columns} from now.{table}")).await.unwrap();
        }
        if !strip.is_empty() {
            db.execute_unprepared(strip).await.unwrap();
        }
        db.close().await.unwrap();
        fs::rename(old, new).unwrap();
    }
    rig.store = rig.open().await.unwrap();
    (rig, owner, home, camera)
}

#[tokio::test]
async fn a_directory_of_version_1_opens_and_gets_its_log() {
    let (mut rig, owner, home, camera) = version_1().await;
    rig.store.open_email(&permit::<ReadAccount>(owner, home)).await.unwrap();
    rig.store.open_access(&permit::<policy::act::ReadCamera>(camera.id, home), &camera).await.unwrap();
    let kinds = |keys: Vec<key::Model>| keys.into_iter().map(|row| row.kind).collect::<std::collections::BTreeSet<_>>();
    let keys = async |rig: &Rig| kinds(key::Entity::find().all(rig.store.keyring().db().read()).await.unwrap());
    assert!(!keys(&rig).await.contains("key.evidence"), "made with the first event");
    let facts = rig.store.fact_rows("1").await.unwrap();
    assert!(facts.people[0].agreed && !facts.people[0].held);
    assert_eq!(rig.faults().await, []);
    assert!(rig.store.events(&permit::<ReadPrivacy>(owner, home), &[], None, 9).await.unwrap().is_empty());

    let event = rig.consent(owner, "video.sound", ConsentKind::Given).await;
    assert!(keys(&rig).await.contains("key.evidence"));
    rig.restart().await;
    crate::ledger::verify_receipt(&rig.store.receipt(&permit::<ReadPrivacy>(owner, home), event).await.unwrap()).unwrap();
    assert_eq!(rig.faults().await, []);
    rig.store.rotate_root().await.unwrap();
    rig.restart().await;
    rig.store.cancel(permit::<policy::act::CancelAccount>(owner, home)).await.unwrap();
    assert_eq!(rig.faults().await, []);
}
