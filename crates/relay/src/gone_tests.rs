use std::sync::Arc;

use domain::{AudioMode, Clock, HomeId, SubjectId, Timestamp};
use policy::act::{AddCamera, RemoveCamera};
use policy::{Act, Ask, ConsentSet, Facts, HomeFacts, Permit, Principal, SessionFacts, SubjectFacts};
use store::{CameraAccess, CameraDraft, NewAccount, Store};
use testkit::ManualClock;

use super::*;
use crate::record::Storages;
use crate::state::Board;
use crate::witness::Witness;

/// A permit of the home's owner.
fn permit<A: Act>(object: A::Object, home: HomeId) -> Permit<A> {
    let subject = SubjectId::random();
    let session = SessionFacts { subject, expires: Timestamp::from_micros(1) };
    let facts = Facts {
        revision: 0,
        session: Some(session),
        subject: Some(SubjectFacts::settled(subject)),
        home: Some(HomeFacts { home, role: Some(domain::Role::Owner), agreed: true, consents: ConsentSet::NONE }),
        region_ok: true,
        key: None,
    };
    let principal = Principal::Session(domain::SessionId::random());
    policy::decide(&Ask { principal, object, at: Timestamp::from_micros(0) }, &facts).unwrap()
}

#[tokio::test]
async fn a_camera_that_is_gone_is_forgotten_a_day_later_once_neither_row_nor_file_is_left() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), ManualClock::default());
    let time: Arc<dyn Clock> = Arc::new(clock.clone());
    let store = Store::open(folder.path(), Arc::clone(&time)).await.unwrap();
    let agreement = store::Agreement { version: policy::compiled::VERSION.into(), language: None };
    let subject = SubjectId::random();
    let owner = NewAccount { subject, email: "owner@example.org", password_hash: String::new(), adult: true, agreement };
    let home = store.set_up(owner).await.unwrap();
    let shared = Shared {
        links: crate::link::Links::new(Arc::clone(&time)),
        witness: Witness::start(store.clone(), Arc::clone(&time)),
        facts: testkit::facts_of(&store),
        board: Board::new(),
        demand: crate::pull::Demand::new(),
        opened: crate::playback::Cache::default(),
        pulses: crate::record::Pulses::default(),
        turns: crate::backfill::Turns::default(),
        storages: Storages::start(store.segments_dir(), &[], None, &time).unwrap(),
        open: crate::record::OpenSegments::default(),
        clock: time,
        store,
    };
    let store = &shared.store;
    let draft = || CameraDraft { access: CameraAccess::default(), audio: AudioMode::Off, recording: true };
    let there = store.add_camera(&permit::<AddCamera>(home, home), draft()).await.unwrap().id;
    let camera = store.add_camera(&permit::<AddCamera>(home, home), draft()).await.unwrap().id;
    let dir = store.segments_dir().join(camera.to_string());
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("left.seg"), b"x").unwrap();
    store.let_camera_go(&permit::<RemoveCamera>(camera, home)).await.unwrap();

    clock.advance(LEAST);
    assert_eq!(forget_emptied(&shared).await.unwrap(), 0, "a file whose row is missing is footage all the same");
    std::fs::remove_file(dir.join("left.seg")).unwrap();
    assert_eq!(forget_emptied(&shared).await.unwrap(), 1);
    assert_eq!(store.gone_cameras().await.unwrap().len(), 0);
    assert!(store.camera(there).await.unwrap().is_some(), "one that is there and has no footage stays");

    store.let_camera_go(&permit::<RemoveCamera>(there, home)).await.unwrap();
    assert_eq!(forget_emptied(&shared).await.unwrap(), 0, "it has just gone");
}
