use cameras::pair::wire::written;
use domain::onboarding::{ClaimToken, Fingerprint, Label, PairingSecret, ServerUrl};

use super::*;
use crate::ownership::Owner;

struct Rig {
    _dir: tempfile::TempDir,
    pairing: Pairing,
    ownership: Arc<Ownership>,
    now: Mono,
}

/// What a server has after the first step.
struct Begun {
    keys: Keys,
}

fn invitation() -> Invitation {
    Invitation {
        server: ServerUrl::new("https://192.168.1.20:8443").unwrap(),
        certificate: Fingerprint::from_bytes([7; 32]),
        claim: ClaimToken::from_bytes([9; 16]),
    }
}

impl Rig {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity::open(dir.path()).unwrap();
        let ownership = Arc::new(Ownership::open(identity.clone()).unwrap());
        Self { _dir: dir, pairing: Pairing::new(identity, Arc::clone(&ownership)), ownership, now: Mono::default() }
    }

    fn label(&self) -> &Label {
        self.pairing.identity().label()
    }

    fn begin(&self, secret: &PairingSecret) -> Result<Begun, Refusal> {
        let part = Part::new().unwrap();
        let (server_nonce, server_key) = (part.nonce, part.public);
        let welcome = self.pairing.begin(&written(&Hello::new(server_nonce, server_key)), self.now)?;
        let transcript = Transcript {
            device: self.label().device,
            server_nonce,
            device_nonce: welcome.device_nonce.0,
            server_key,
            device_key: welcome.device_key.0,
            identity: welcome.identity.0,
        };
        let keys = Keys::new(&transcript, secret, &part.agree(&welcome.device_key.0).unwrap()).unwrap();
        let knows = *secret == self.label().secret;
        assert_eq!(proves(&welcome.proof.0, &keys.device_proof()), knows, "the camera's proof");
        Ok(Begun { keys })
    }

    fn begin_right(&self) -> Result<Begun, Refusal> {
        self.begin(&self.label().secret.clone())
    }
}

impl Begun {
    fn finish(self) -> Vec<u8> {
        let proof = self.keys.server_proof();
        written(&Finish::new(proof, &self.keys.seal(&invitation()).unwrap()))
    }
}

#[tokio::test]
async fn the_labels_holder_hands_an_invitation_over_once() {
    let rig = Rig::new();
    let finish = rig.begin_right().unwrap().finish();
    assert_eq!(rig.pairing.finish(&finish, rig.now), Ok(invitation()));
    assert_eq!(rig.pairing.finish(&finish, rig.now), Err(Refusal::Expired), "said again");
    let other = rig.begin_right().unwrap();
    assert_eq!(rig.pairing.finish(&finish, rig.now), Err(Refusal::Proof), "said again in another pairing");
    assert_eq!(rig.pairing.finish(&other.finish(), rig.now), Err(Refusal::Expired), "and that one is over with it");
}

#[tokio::test]
async fn another_label_is_refused_and_five_of_them_in_a_minute_are_enough() {
    let mut rig = Rig::new();
    let wrong = PairingSecret::from_bytes([0; 16]);
    for _ in 0..FAILURES_MAX {
        let finish = rig.begin(&wrong).unwrap().finish();
        assert_eq!(rig.pairing.finish(&finish, rig.now), Err(Refusal::Proof));
        rig.now = rig.now + Duration::from_secs(1);
    }
    assert_eq!(rig.begin_right().err(), Some(Refusal::Busy));
    rig.now = rig.now + FAILURES_TIME;
    assert!(rig.begin_right().is_ok());
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_refused() {
    let mut rig = Rig::new();
    let length = rig.begin_right().unwrap().finish().len();
    for at in 0..length {
        rig.now = rig.now + FAILURES_TIME;
        let mut finish = rig.begin_right().unwrap().finish();
        finish[at] ^= 1;
        assert!(rig.pairing.finish(&finish, rig.now).is_err(), "byte {at} of {}", String::from_utf8_lossy(&finish));
    }
    rig.now = rig.now + FAILURES_TIME;
    let mut hello = written(&Hello::new([1; 32], [2; 32]));
    hello[3] ^= 1;
    assert_eq!(rig.pairing.begin(&hello, rig.now).err(), Some(Refusal::Invalid));
}

#[tokio::test]
async fn one_pairing_at_a_time_and_none_for_longer_than_half_a_minute() {
    let mut rig = Rig::new();
    let finish = rig.begin_right().unwrap().finish();
    assert_eq!(rig.begin_right().err(), Some(Refusal::Busy));
    rig.now = rig.now + LIFE;
    assert_eq!(rig.pairing.finish(&finish, rig.now), Err(Refusal::Expired));
    assert!(rig.begin_right().is_ok());
}

#[tokio::test]
async fn an_owned_camera_refuses_and_a_released_one_does_not() {
    let rig = Rig::new();
    rig.pairing.invited(invitation()).await.unwrap();
    let begun = rig.begin_right().unwrap();
    let Invitation { server, certificate, .. } = invitation();
    rig.ownership.take(Owner { server, certificate, camera_id: "1".into() }).await.unwrap();
    assert_eq!(rig.begin_right().err(), Some(Refusal::Owned));
    let late = rig.pairing.finish(&begun.finish(), rig.now).unwrap();
    assert_eq!(rig.pairing.invited(late).await, Err(Refusal::Owned), "begun before, finished after");
    rig.ownership.release().await.unwrap();
    assert!(rig.begin_right().is_ok());
}

#[tokio::test]
async fn whose_it_is_is_read_again_and_the_token_is_gone() {
    use crate::onboarding::kept;
    use crate::ownership::Whose;

    let rig = Rig::new();
    let identity = rig.pairing.identity();
    let read = || Ownership::open(identity.clone()).unwrap().watch().borrow().clone();
    assert_eq!(read(), Whose::Nobodys);
    rig.pairing.invited(invitation()).await.unwrap();
    assert_eq!(read(), Whose::Invited(invitation()));
    let Invitation { server, certificate, .. } = invitation();
    let owner = Owner { server, certificate, camera_id: "1".into() };
    rig.ownership.take(owner.clone()).await.unwrap();
    assert_eq!((read(), kept(identity.dir()).unwrap()), (Whose::Owned(owner), None));
    Identity::reset(identity.dir()).unwrap();
    assert_eq!(read(), Whose::Nobodys);
}
