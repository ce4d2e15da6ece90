use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use domain::onboarding::{ClaimToken, DeviceId, Fingerprint};
use policy::act::{AddCamera, EditCamera, ReadCamera, RemoveCamera};

use super::*;
use crate::{CameraEdit, Claim, Claimed, InvitationState, Invited};

const SERVER: Fingerprint = Fingerprint::from_bytes([9; 32]);

/// A device with a key of its own.
struct Device(Ed25519KeyPair);

impl Device {
    fn new() -> Self {
        Self(Ed25519KeyPair::generate().unwrap())
    }

    fn key(&self) -> [u8; 32] {
        self.0.public_key().as_ref().try_into().unwrap()
    }

    fn id(&self) -> DeviceId {
        DeviceId::from_bytes(digest(&SHA256, &self.key()).as_ref()[..16].try_into().unwrap())
    }

    fn sign(&self, parts: &[&[u8]]) -> [u8; 64] {
        self.0.sign(&parts.concat()).as_ref().try_into().unwrap()
    }

    fn claim(&self, token: &ClaimToken) -> Claim {
        Claim {
            claim: token.clone(),
            key: self.key(),
            signature: self.sign(&[b"atipcam claim v1\0", token.expose(), &SERVER.to_bytes()]),
            name: "ATIP-1".into(),
            username: "atipcam".into(),
            password: "not a default".into(),
            main_path: "/main".into(),
            sub_path: Some("/sub".into()),
            onvif_path: None,
        }
    }
}

async fn invite(rig: &Rig, who: &Person, name: Option<&str>) -> Invited {
    let permit = rig.control.ask::<AddCamera>(who.principal(), who.home()).await.unwrap();
    rig.control.invite_camera(permit, name).await.unwrap()
}

async fn claim(rig: &Rig, claim: Claim) -> Result<Claimed> {
    rig.control.claim_device(claim, SERVER, HERE).await
}

#[tokio::test]
async fn an_invited_device_becomes_a_camera_once_and_is_answered_again() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let (device, invited) = (Device::new(), invite(&rig, &owner, Some(" Gate ")).await);
    let claimed = claim(&rig, device.claim(&invited.claim)).await.unwrap();
    assert_eq!((claimed.device, claimed.new), (device.id(), true));
    let permit = rig.control.ask::<ReadCamera>(owner.principal(), claimed.camera).await.unwrap();
    let camera = rig.control.camera(permit).await.unwrap();
    assert_eq!((camera.name.as_str(), camera.device, camera.has_password), ("Gate", Some(device.id()), true));
    assert_eq!(camera.main_address, format!("atipcam+link://{}/main", device.id()));
    let permit = rig.control.ask::<AddCamera>(owner.principal(), owner.home()).await.unwrap();
    let state = rig.control.invitation(permit, invited.id).await.unwrap();
    assert_eq!(state, InvitationState::Claimed(claimed.camera));

    // The answer was lost. Even with the invitation gone.
    let permit = rig.control.ask::<AddCamera>(owner.principal(), owner.home()).await.unwrap();
    rig.control.withdraw_invitation(permit, invited.id).await.unwrap();
    assert_eq!(claim(&rig, device.claim(&invited.claim)).await.unwrap(), Claimed { new: false, ..claimed });
    assert_eq!(code(claim(&rig, Device::new().claim(&invited.claim)).await), "device.claim_unknown", "another key");

    // One owner at a time, until that one removes it.
    let second = invite(&rig, &owner, None).await;
    assert_eq!(code(claim(&rig, device.claim(&second.claim)).await), "device.owned");
    let permit = rig.control.ask::<RemoveCamera>(owner.principal(), claimed.camera).await.unwrap();
    rig.control.remove_camera(permit, crate::Footage::Erase { even_locked: false }).await.unwrap();
    assert_eq!(code(rig.control.call_of(device.id(), HERE).await), "device.released");
    assert_ne!(claim(&rig, device.claim(&second.claim)).await.unwrap().camera, claimed.camera);
}

#[tokio::test]
async fn a_claim_is_refused_where_it_is_forged_late_or_by_an_inviter_who_is_gone() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let device = Device::new();
    let unknown = ClaimToken::from_bytes([1; 16]);
    assert_eq!(code(claim(&rig, device.claim(&unknown)).await), "device.claim_unknown");

    let invited = invite(&rig, &owner, None).await;
    let forged = Claim { key: Device::new().key(), ..device.claim(&invited.claim) };
    assert_eq!(code(claim(&rig, forged).await), "device.signature_invalid");
    let elsewhere = rig.control.claim_device(device.claim(&invited.claim), Fingerprint::from_bytes([8; 32]), HERE).await;
    assert_eq!(code(elsewhere), "device.signature_invalid", "signed for another server");
    let odd = Claim { main_path: "/main?x=//y".into(), ..device.claim(&invited.claim) };
    assert_eq!(code(claim(&rig, odd).await), "request.invalid");
    rig.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(code(claim(&rig, device.claim(&invited.claim)).await), "device.claim_unknown", "late");

    // The inviter is an owner no more, and signs out.
    let second = rig.person("second@example.com").await;
    rig.control.add_member(owner.home(), second.subject, Role::Owner).await.unwrap();
    let second = Person { home: owner.home, ..second };
    let invited = invite(&rig, &second, None).await;
    rig.store.set_member(owner.home(), second.subject, Role::Member).await.unwrap();
    assert_eq!(code(claim(&rig, device.claim(&invited.claim)).await), "device.claim_unknown");
    let invited = invite(&rig, &owner, None).await;
    rig.control.sign_out(owner.session).await.unwrap();
    assert_eq!(code(claim(&rig, device.claim(&invited.claim)).await), "device.claim_unknown");
}

#[tokio::test]
async fn a_call_is_proven_by_the_key_that_claimed_to_this_server_and_this_call_alone() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let (device, invited) = (Device::new(), invite(&rig, &owner, None).await);
    assert_eq!(code(rig.control.call_of(device.id(), HERE).await), "device.unknown");
    claim(&rig, device.claim(&invited.claim)).await.unwrap();
    let caller = rig.control.call_of(device.id(), HERE).await.unwrap();
    let sign = |device: &Device, nonce: &[u8; 32]| device.sign(&[b"atipcam link v1\0", nonce, &SERVER.to_bytes()]);
    assert!(caller.proves(&sign(&device, caller.nonce()), SERVER));
    assert!(!caller.proves(&sign(&device, caller.nonce()), Fingerprint::from_bytes([8; 32])));
    assert!(!caller.proves(&sign(&Device::new(), caller.nonce()), SERVER));
    let other = rig.control.call_of(device.id(), HERE).await.unwrap();
    assert!(!caller.proves(&sign(&device, other.nonce()), SERVER));

    // Nobody is kept out for having asked often and rightly; who asks for what is not there waits.
    for _ in 0..20 {
        let _ = rig.control.call_of(DeviceId::from_bytes([0; 16]), HERE).await;
    }
    assert_eq!(code(rig.control.call_of(device.id(), HERE).await), "device.too_many");
}

#[tokio::test]
async fn the_address_of_a_linked_camera_is_nobodys_to_type() {
    let rig = Rig::new().await;
    let owner = rig.owner().await;
    let (device, invited) = (Device::new(), invite(&rig, &owner, None).await);
    let camera = claim(&rig, device.claim(&invited.claim)).await.unwrap().camera;
    let edit = async |edit: CameraEdit| {
        let permit = rig.control.ask::<EditCamera>(owner.principal(), camera).await.unwrap();
        rig.control.edit_camera(permit, edit).await
    };
    let elsewhere = CameraEdit { main_url: Some("rtsp://192.0.2.7/main".into()), ..CameraEdit::default() };
    assert_eq!(code(edit(elsewhere).await), "camera.url_invalid");
    let named = edit(CameraEdit { name: Some("Yard".into()), ..CameraEdit::default() }).await.unwrap();
    assert_eq!((named.name.as_str(), named.device), ("Yard", Some(device.id())));

    let typed = crate::NewCamera {
        name: "Mine".into(),
        main_url: format!("atipcam+link://{}/main", device.id()).into(),
        ..crate::NewCamera::default()
    };
    let permit = rig.control.ask::<AddCamera>(owner.principal(), owner.home()).await.unwrap();
    assert_eq!(code(rig.control.add_camera(permit, typed).await), "camera.scheme_unsupported");
}
