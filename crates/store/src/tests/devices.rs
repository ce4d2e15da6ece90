use domain::InvitationId;
use domain::onboarding::DeviceId;
use policy::act::{CancelAccount, RemoveCamera};

use super::*;
use crate::{DeviceDraft, DeviceRow, InvitationState, NewSession};

const NAME: &str = "canary-invited-4c1e";
const QUARTER: Duration = Duration::from_secs(900);

/// An owner of `home` who has a session.
async fn owner(rig: &Rig, subject: SubjectId, home: HomeId) -> Permit<AddCamera> {
    let id = SessionId::random();
    let expires = rig.clock.now() + Duration::from_secs(7 * 24 * 3600);
    let mut token_hash = [0; 32];
    token_hash[..16].copy_from_slice(&id.to_bytes());
    rig.store.add_session(NewSession { id, token_hash, subject, expires }).await.unwrap();
    let facts = Facts {
        revision: 1,
        session: Some(SessionFacts { subject, expires }),
        subject: Some(SubjectFacts::settled(subject)),
        home: Some(HomeFacts { home, role: Some(Role::Owner), agreed: true, consents: ConsentSet::NONE }),
        region_ok: true,
        key: None,
    };
    decide(&Ask { principal: Principal::Session(id), object: home, at: rig.clock.now() }, &facts).unwrap()
}

async fn invite(rig: &Rig, permit: &Permit<AddCamera>, claim: u8) -> InvitationId {
    rig.store.add_invitation(permit, [claim; 32], Some(NAME), rig.clock.now() + QUARTER).await.unwrap()
}

fn device(id: u8, invitation: InvitationId, claim: u8) -> DeviceDraft {
    DeviceDraft { id: DeviceId::from_bytes([id; 16]), key: [id; 32], invitation, claim_hash: [claim; 32] }
}

#[tokio::test]
async fn an_invitation_lets_one_camera_in_and_its_name_is_sealed() {
    let rig = Rig::new().await;
    let (subject, home) = rig.set_up("owner@example.com").await;
    let permit = owner(&rig, subject, home).await;
    let id = invite(&rig, &permit, 1).await;
    assert_eq!(rig.file_with(NAME.as_bytes()), None);
    assert_eq!(rig.store.invitation_state(&permit, id).await.unwrap(), InvitationState::Waiting);
    let row = rig.store.invitation_by_claim(&[1; 32]).await.unwrap().unwrap();
    assert_eq!(rig.store.open_invitation_name(&permit, &row).await.unwrap().as_deref(), Some(NAME));
    assert!(rig.store.invitation_by_claim(&[2; 32]).await.unwrap().is_none());

    let camera = rig.store.claim_device(&permit, device(7, id, 1), draft()).await.unwrap();
    assert_eq!(rig.store.invitation_state(&permit, id).await.unwrap(), InvitationState::Claimed(camera.id));
    let owned = DeviceRow::Owned { camera: camera.id, key: [7; 32], claim_hash: [1; 32] };
    assert_eq!(rig.store.device(DeviceId::from_bytes([7; 16])).await.unwrap(), Some(owned));
    assert_eq!(code(rig.store.claim_device(&permit, device(8, id, 1), draft()).await), "device.claim_unknown");
    let other = invite(&rig, &permit, 2).await;
    assert_eq!(code(rig.store.claim_device(&permit, device(7, other, 2), draft()).await), "device.owned");
    assert_eq!(rig.store.cameras().await.unwrap().len(), 1, "what was refused left nothing");
}

#[tokio::test]
async fn an_invitation_ends_by_time_by_hand_with_its_session_and_when_newer_ones_push_it_out() {
    let rig = Rig::new().await;
    let (subject, home) = rig.set_up("owner@example.com").await;
    let permit = owner(&rig, subject, home).await;
    let late = invite(&rig, &permit, 1).await;
    rig.clock.advance(QUARTER);
    assert_eq!(rig.store.invitation_state(&permit, late).await.unwrap(), InvitationState::Expired);
    assert_eq!(code(rig.store.claim_device(&permit, device(7, late, 1), draft()).await), "device.claim_unknown");
    let report = rig.store.apply_retention(rig.clock.now(), &crate::Periods::default()).await.unwrap();
    assert_eq!(report.classes[0].removed, 0, "who waits is told");
    let report = rig.store.apply_retention(rig.clock.now() + 100 * QUARTER, &crate::Periods::default()).await.unwrap();
    assert_eq!(report.classes[0].removed, 1);

    let withdrawn = invite(&rig, &permit, 2).await;
    rig.store.remove_invitation(&permit, withdrawn).await.unwrap();
    assert_eq!(code(rig.store.remove_invitation(&permit, withdrawn).await), "not_found");

    let oldest = invite(&rig, &permit, 3).await;
    for claim in 4..20 {
        rig.clock.advance(Duration::from_secs(1));
        invite(&rig, &permit, claim).await;
    }
    assert_eq!(code(rig.store.invitation_state(&permit, oldest).await), "not_found");

    let Principal::Session(session) = permit.principal() else { panic!("a session") };
    rig.store.remove_session(session).await.unwrap();
    assert!(rig.store.invitation_by_claim(&[19; 32]).await.unwrap().is_none());
}

#[tokio::test]
async fn of_a_device_that_was_removed_its_id_alone_is_left_and_it_may_come_again() {
    let rig = Rig::new().await;
    let (subject, home) = rig.set_up("owner@example.com").await;
    let permit = owner(&rig, subject, home).await;
    let id = invite(&rig, &permit, 1).await;
    let camera = rig.store.claim_device(&permit, device(7, id, 1), draft()).await.unwrap();
    rig.store.remove_camera(&self::permit::<RemoveCamera>(camera.id, home)).await.unwrap();
    assert_eq!(rig.store.device(DeviceId::from_bytes([7; 16])).await.unwrap(), Some(DeviceRow::Released));
    let left = "select count(*) from device where home is null and camera is null and public_key is null and claim_hash is null";
    assert_eq!(rig.count(left).await, 1);

    let again = invite(&rig, &permit, 2).await;
    rig.store.claim_device(&permit, device(7, again, 2), draft()).await.unwrap();

    // The home goes with its owner: its device is free, its invitations are gone.
    let open = invite(&rig, &permit, 3).await;
    rig.store.cancel(self::permit::<CancelAccount>(subject, home)).await.unwrap();
    assert_eq!(rig.store.device(DeviceId::from_bytes([7; 16])).await.unwrap(), Some(DeviceRow::Released));
    assert_eq!(rig.store.home_of_invitation(open).await.unwrap(), None);
    assert_eq!((rig.count(left).await, rig.count("select count(*) from invitation").await), (1, 0));
}
