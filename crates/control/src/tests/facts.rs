use domain::CameraId;
use policy::act::{AddCamera, ListCameras, PullCamera, ReadAccount, RemoveCamera, ViewLive};
use policy::{Act, Facts, Object};

use super::*;
use crate::NewCamera;

async fn add_camera(rig: &Rig, person: &Person) -> CameraId {
    let permit = rig.control.ask::<AddCamera>(person.principal(), person.home()).await.unwrap();
    let new = NewCamera { name: "Front door".into(), main_url: "rtsp://192.0.2.7/main".into(), ..NewCamera::default() };
    rig.control.add_camera(permit, new).await.unwrap().id
}

async fn asked<A: Act>(rig: &Rig, principal: Principal, object: A::Object) -> &'static str {
    rig.control.ask::<A>(principal, object).await.map_or_else(|e| e.code(), |_| "allowed")
}

#[tokio::test]
async fn who_may_see_a_camera() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let camera = add_camera(&rig, &owner).await;
    let member = rig.member(owner.home()).await;
    let neighbour = rig.person("neighbour@example.com").await;
    rig.control.create_home(neighbour.subject).await.unwrap();
    for (who, principal, view, add, remove) in [
        ("owner", owner.principal(), "allowed", "allowed", "allowed"),
        ("member", member.principal(), "allowed", "role.too_low", "role.too_low"),
        ("neighbour", neighbour.principal(), "not_found", "not_found", "not_found"),
        ("unknown session", Principal::Session(SessionId::random()), "session.none", "session.none", "session.none"),
        ("nobody", Principal::Nobody, "session.none", "session.none", "session.none"),
    ] {
        assert_eq!(asked::<ViewLive>(&rig, principal, camera).await, view, "{who}");
        assert_eq!(asked::<AddCamera>(&rig, principal, owner.home()).await, add, "{who}");
        assert_eq!(asked::<RemoveCamera>(&rig, principal, camera).await, remove, "{who}");
        assert_eq!(asked::<PullCamera>(&rig, principal, camera).await, "system.only", "{who}");
        assert_ne!(asked::<ViewLive>(&rig, principal, CameraId::random()).await, "allowed", "{who}");
    }
    assert_eq!(asked::<PullCamera>(&rig, Principal::System, camera).await, "allowed");
    assert_eq!(asked::<PullCamera>(&rig, Principal::System, CameraId::random()).await, "not_found");
    assert_eq!(asked::<ReadAccount>(&rig, member.principal(), member.subject).await, "allowed");
    assert_eq!(asked::<ReadAccount>(&rig, owner.principal(), member.subject).await, "not_found");
}

#[tokio::test]
async fn every_change_moves_the_facts_that_a_running_view_asks_again() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let camera = add_camera(&rig, &owner).await;
    let member = rig.member(owner.home()).await;
    let (facts, mut revision) = (rig.control.facts(), rig.store.bus().revision());
    let ask = async || facts.facts(member.principal(), Object::Camera(camera)).await.unwrap();
    let seen = |facts: &Facts| (facts.session.is_some(), facts.home.map(|home| home.role));

    let before = ask().await;
    assert_eq!(before.home.map(|home| (home.home, home.role)), Some((owner.home(), Some(Role::Member))));
    assert!(!revision.has_changed().unwrap(), "asking changes nothing");

    rig.control.remove_member(owner.home(), member.subject).await.unwrap();
    assert!(revision.has_changed().unwrap());
    let removed = ask().await;
    assert_eq!(seen(&removed), (true, Some(None)));
    assert!(removed.revision > before.revision && removed.revision == *revision.borrow_and_update());

    rig.control.add_member(owner.home(), member.subject, Role::Owner).await.unwrap();
    assert_eq!(seen(&ask().await), (true, Some(Some(Role::Owner))));

    rig.control.sign_out(member.session).await.unwrap();
    assert_eq!(seen(&ask().await), (false, Some(None)));

    let permit = rig.control.ask::<RemoveCamera>(owner.principal(), camera).await.unwrap();
    rig.control.remove_camera(permit, crate::Footage::Erase { even_locked: false }).await.unwrap();
    assert_eq!(seen(&ask().await), (false, None));
}

#[tokio::test]
async fn whoever_has_not_agreed_to_the_policy_in_force_agrees_first() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    // As after an upgrade that brought a new version: an account that agreed to another one.
    let subject = SubjectId::random();
    let agreement = store::Agreement { version: "0.0.1".into(), language: None };
    let row = store::NewAccount { subject, email: "late@example.com", password_hash: String::new(), adult: true, agreement };
    rig.store.add_account(row).await.unwrap();
    rig.control.add_member(owner.home(), subject, Role::Member).await.unwrap();
    let session = SessionId::random();
    let expires = rig.clock.now() + Duration::from_secs(60);
    rig.store.add_session(store::NewSession { id: session, token_hash: [7; 32], subject, expires }).await.unwrap();

    let late = Principal::Session(session);
    assert_eq!(asked::<ListCameras>(&rig, late, owner.home()).await, "policy.not_agreed");
    assert_eq!(code(rig.control.agree(subject, "0.0.1".into(), None).await), "policy.version_old");
    rig.control.agree(subject, compiled::VERSION.into(), Some("en".into())).await.unwrap();
    assert_eq!(asked::<ListCameras>(&rig, late, owner.home()).await, "allowed");
}
